//! Pushing to registries that fail: what is sent, in which order, and what is never tagged.

use std::sync::{Arc, Mutex};

use super::{
    fake::{Asked, Fake, Reply},
    *,
};
use crate::oci::Content;

/// A registry that takes what it is given, where `odd` answers nothing else.
pub(super) fn taking(odd: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static) -> Fake {
    taking_early(|_| None, odd)
}

/// The same, but `early` answers before it reads what is sent.
pub(super) fn taking_early(
    early: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static,
    odd: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static,
) -> Fake {
    let there = Mutex::new(BTreeSet::new());
    Fake::early(early, move |asked| {
        if let Some(reply) = odd(asked) {
            return reply;
        }
        let digest_of = |path: &str| path.rsplit(['/', '=']).next().unwrap().replace("%3A", ":");
        match asked.line.split_once(' ').unwrap() {
            ("HEAD", path) if there.lock().unwrap().contains(&digest_of(path)) => Reply::ok(""),
            ("POST", _) => Reply::new(202).header("Location", "/upload?state=s"),
            ("PUT", path) if path.starts_with("/upload") => {
                assert_eq!(digest(&asked.body), digest_of(path));
                there.lock().unwrap().insert(digest_of(path));
                Reply::new(201)
            }
            ("PUT", _) => Reply::new(201),
            ("GET", "/v2/") => Reply::ok(""),
            _ => Reply::new(404),
        }
    })
}

pub(super) async fn push(fake: &Fake, image: &Image) -> Result<Pushed, OciError> {
    registries(Vec::new()).push(image, &reference(&fake.host, "x/y:1"), &mut false).await
}

#[tokio::test]
async fn the_manifest_goes_last_and_what_is_there_is_not_sent() {
    let image = image(&["one", "two", "one"]);
    let fake = taking(|asked| {
        asked.is(&format!("HEAD /v2/x/y/blobs/{}", digest(b"two"))).then(|| Reply::ok(""))
    });
    let pushed = push(&fake, &image).await.unwrap();

    let sent = 3 + image.config.len() as u64;
    assert_eq!(pushed, Pushed { digest: image.digest(), sent });
    assert_eq!(fake.asked_for("PUT /upload").len(), 2);
    let last = fake.asked().pop().unwrap();
    assert_eq!(last.line, "PUT /v2/x/y/manifests/1");
    assert_eq!(last.body, image.manifest());
    assert_eq!(last.header("content-type"), Some("application/vnd.oci.image.manifest.v1+json"));
}

#[tokio::test]
async fn a_second_tag_sends_its_manifest_alone_and_another_repository_mounts() {
    let image = image(&["one"]);
    let fake = taking(|asked| match asked.line.split_once(' ') {
        Some(("HEAD", path)) if path.starts_with("/v2/other/") => Some(Reply::new(404)),
        Some((_, path)) if path.contains("?mount=") => Some(Reply::new(201)),
        _ => None,
    });
    let registries = registries(Vec::new());
    registries.push(&image, &reference(&fake.host, "x/y:1"), &mut false).await.unwrap();
    let before = fake.asked().len();
    registries.push(&image, &reference(&fake.host, "x/y:2"), &mut false).await.unwrap();
    assert_eq!(fake.lines()[before..], ["PUT /v2/x/y/manifests/2"]);

    let pushed =
        registries.push(&image, &reference(&fake.host, "other/z:1"), &mut false).await.unwrap();
    assert_eq!(pushed.sent, 0);
    let mount = format!("POST /v2/other/z/blobs/uploads/?mount={}&from=x%2Fy", digest(b"one"));
    assert!(fake.lines().contains(&mount), "{:?}", fake.lines());
}

#[tokio::test]
async fn a_layer_of_the_base_is_mounted_or_fetched_and_sent() {
    let base = image(&["one"]);
    for mounts in [true, false] {
        let mut image = base.clone();
        let held = fake::holding(&[], &[b"one"]);
        let fake = taking(move |asked| match asked.line.split_once(' ') {
            Some(("POST", path)) if path.contains("?mount=") && mounts => Some(Reply::new(201)),
            Some(("GET", path)) if path.starts_with("/v2/base/a/") => held(asked),
            _ => None,
        });
        let place = reference(&fake.host, "base/a:1");
        image.layers[0].blob.content = Content::Remote(place);
        let pushed = push(&fake, &image).await.unwrap();

        let config = image.config.len() as u64;
        assert_eq!(pushed.sent, if mounts { config } else { config + 3 });
        assert_eq!(fake.asked_for("GET /v2/base/a/blobs/").len(), usize::from(!mounts));
        // What was begun for the mount is what the layer is sent to.
        assert_eq!(fake.asked_for("POST").len(), 2);
    }
}

#[tokio::test]
async fn an_upload_that_fails_is_done_again_from_its_start() {
    let image = image(&["one"]);
    let fake = taking(|asked| match (asked.is("PUT /upload"), asked.before) {
        (true, 0 | 1) => Some(Reply::none()),
        (true, 2) => Some(Reply::new(503).header("Retry-After", "0")),
        _ => None,
    });
    push(&fake, &image).await.unwrap();
    let uploads = fake.asked_for("PUT /upload");
    assert_eq!(uploads.iter().filter(|asked| asked.body == b"one").count(), 4);
    assert_eq!(fake.asked_for("PUT /v2/x/y/manifests/1").len(), 1);
}

#[tokio::test]
async fn nothing_is_tagged_when_a_layer_does_not_arrive() {
    let image = image(&["one", "two"]);
    let fake = taking(|asked| {
        asked.is("PUT /upload").then(|| {
            if asked.body != b"one" {
                return Reply::new(201);
            }
            Reply::new(400).body(r#"{"errors":[{"code":"DIGEST_INVALID","message":"no"}]}"#)
        })
    });
    let error = push(&fake, &image).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`{}` refuses the layer {} with 400: no", fake.host, digest(b"one"))
    );
    assert_eq!(fake.asked_for("PUT /v2/").len(), 0);
}

#[tokio::test]
async fn nothing_is_tagged_when_a_push_is_dropped() {
    let image = image(&["one"]);
    let (tell, told) = tokio::sync::oneshot::channel();
    let (let_go, wait) = std::sync::mpsc::channel::<()>();
    let (tell, wait) = (Mutex::new(Some(tell)), Mutex::new(wait));
    let fake = taking(move |asked| {
        if asked.is("PUT /upload")
            && let Some(tell) = tell.lock().unwrap().take()
        {
            tell.send(()).unwrap();
            let _ = wait.lock().unwrap().recv();
        }
        None
    });
    tokio::select! {
        pushed = push(&fake, &image) => panic!("it should wait: {pushed:?}"),
        _ = told => {}
    }
    drop(let_go);
    assert_eq!(fake.asked_for("PUT /v2/").len(), 0);
}

#[tokio::test]
async fn refusals_are_told_in_words() {
    let said = |status: u16, code: &'static str| {
        let body = format!(r#"{{"errors":[{{"code":"{code}","message":"m"}}]}}"#);
        taking(move |asked| asked.is("POST").then(|| Reply::new(status).body(&body)))
    };
    let image = image(&["one"]);
    let denied = said(403, "DENIED");
    let error = push(&denied, &image).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`{}` denies a user without a login to push to `x/y`: m", denied.host)
    );
    for fake in [said(405, "UNSUPPORTED"), said(400, "UNSUPPORTED")] {
        assert_eq!(
            push(&fake, &image).await.unwrap_err().to_string(),
            format!("`{}` takes no pushes: it is read-only: m", fake.host)
        );
    }
    let missing = said(404, "NAME_UNKNOWN");
    assert_eq!(
        push(&missing, &image).await.unwrap_err().to_string(),
        format!("`{}` has no `x/y` to push to: m", missing.host)
    );
}

#[tokio::test]
async fn a_layer_in_a_file_is_streamed() {
    use std::io::Write as _;

    let mut image = image(&["one"]);
    let bytes: Vec<u8> = (0..1_000_000_u32).map(|number| number.to_le_bytes()[1]).collect();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    let blob = &mut image.layers[0].blob;
    (blob.digest, blob.size) = (digest(&bytes), bytes.len() as u64);
    blob.content = Content::File(Arc::new(file));
    let fake = taking(|_| None);
    push(&fake, &image).await.unwrap();

    assert!(fake.asked_for("PUT /upload").iter().any(|asked| asked.body == bytes));
}

/// Whether it is in doubt that the manifest is there, when it is answered so, in turn.
async fn in_doubt(replies: Vec<Reply>) -> bool {
    let fake = taking(move |asked| {
        asked.is("PUT /v2/").then(|| replies[asked.before.min(replies.len() - 1)].clone())
    });
    let mut in_doubt = false;
    let (image, to) = (image(&["one"]), reference(&fake.host, "x/y:1"));
    let _ = registries(Vec::new()).push(&image, &to, &mut in_doubt).await;
    in_doubt
}

#[tokio::test]
async fn a_manifest_is_in_doubt_where_no_answer_says_what_became_of_it() {
    assert!(in_doubt(vec![Reply::none()]).await);
    assert!(in_doubt(vec![Reply::new(504)]).await);
    assert!(in_doubt(vec![Reply::none(), Reply::new(403)]).await);
    assert!(!in_doubt(vec![Reply::new(403)]).await);
    assert!(!in_doubt(vec![Reply::new(429)]).await);
    assert!(!in_doubt(vec![Reply::none(), Reply::new(201)]).await);
}
