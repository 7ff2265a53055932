//! What may be done, asked and not done.

use super::{
    fake::{Fake, Reply, holding},
    *,
};
use crate::registry::Credential;

#[tokio::test]
async fn an_upload_is_begun_and_called_off() {
    let fake = Fake::new(|asked| {
        let begun = Reply::new(202).header("Location", "/v2/x/y/blobs/uploads/7?state=a");
        if asked.is("POST ") {
            begun
        } else if asked.is("DELETE ") {
            Reply::new(204)
        } else {
            Reply::ok("")
        }
    });

    registries(Vec::new()).may_push(&reference(&fake.host, "x/y:1")).await.unwrap();

    assert_eq!(
        fake.lines(),
        ["GET /v2/", "POST /v2/x/y/blobs/uploads/", "DELETE /v2/x/y/blobs/uploads/7?state=a"]
    );
}

#[tokio::test]
async fn an_upload_that_cannot_be_called_off_is_left_to_the_registry() {
    let fake = Fake::new(|asked| {
        let begun = Reply::new(202).header("Location", "/v2/x/y/blobs/uploads/7");
        let answer = if asked.is("DELETE ") { Reply::new(405) } else { Reply::ok("") };
        if asked.is("POST ") { begun } else { answer }
    });

    registries(Vec::new()).may_push(&reference(&fake.host, "x/y:1")).await.unwrap();
}

#[tokio::test]
async fn an_upload_is_called_off_with_a_token_that_may_delete() {
    let fake = Fake::new(|asked| {
        if asked.is("GET /token") {
            return Reply::ok(r#"{"token":"mine"}"#);
        }
        if asked.header("authorization").is_none() {
            return Reply::new(401).header("WWW-Authenticate", r#"Bearer realm="/token""#);
        }
        Reply::new(202).header("Location", "/v2/x/y/blobs/uploads/7")
    });
    let credential = Credential::Password { username: "bob".into(), password: "hunter2".into() };
    let host = Host { credential: Some(credential), ..Host::new(&fake.host) };

    registries(vec![host]).may_push(&reference(&fake.host, "x/y:1")).await.unwrap();

    let tokens: Vec<_> = fake.asked_for("GET /token").into_iter().map(|it| it.line).collect();
    assert_eq!(
        tokens,
        [
            "GET /token?scope=repository%3Ax%2Fy%3Apull%2Cpush",
            "GET /token?scope=repository%3Ax%2Fy%3Apull%2Cpush%2Cdelete"
        ]
    );
}

#[tokio::test]
async fn who_may_not_push_is_told_as_when_pushing() {
    let fake = Fake::new(|asked| if asked.is("POST ") { Reply::new(403) } else { Reply::ok("") });

    let error = registries(Vec::new()).may_push(&reference(&fake.host, "x/y:1")).await.unwrap_err();

    assert_eq!(
        error.to_string(),
        format!("`{}` denies a user without a login to push to `x/y`", fake.host)
    );
}

#[tokio::test]
async fn an_image_is_looked_for_without_pulling_it() {
    let answers = holding(&[("1", b"{}")], &[]);
    let fake = Fake::new(move |asked| answers(asked).unwrap_or_else(|| Reply::new(404)));
    let registries = registries(Vec::new());

    registries.has(&reference(&fake.host, "x/y:1")).await.unwrap();
    let error = registries.has(&reference(&fake.host, "x/y:2")).await.unwrap_err();

    assert_eq!(error.to_string(), format!("there is no `{}/x/y:2`", fake.host));
    assert_eq!(fake.lines(), ["GET /v2/", "HEAD /v2/x/y/manifests/1", "HEAD /v2/x/y/manifests/2"]);
}

#[tokio::test]
async fn those_who_wait_for_a_silent_registry_wait_together() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = silent.local_addr().unwrap().to_string();
    let (tell, told) = std::sync::mpsc::channel();
    // The connections are kept, and nothing is ever said.
    std::thread::spawn(move || silent.incoming().for_each(|one| tell.send(one).unwrap()));
    let short = Duration::from_millis(300);
    let limits = Limits { tls: short, answer: short, ..Limits::default() };
    let pace = Pace { tries: 1, pause: short, most: short };
    let (proxies, roots) = (Proxies::default(), Roots::default());
    let network = Network { proxies, roots, temporary: std::env::temp_dir() };
    let registries = Registries::with(Vec::new(), &network, limits, pace).unwrap();

    let (one, other) = (reference(&host, "x/y:1"), reference(&host, "x/z:1"));
    let ended = tokio::join!(registries.has(&one), registries.has(&other));

    for ended in [ended.0, ended.1] {
        let error = ended.unwrap_err();
        assert!(matches!(error, OciError::Silent { limit, .. } if limit == short * 2), "{error}");
    }
    // One for TLS, one without it.
    assert_eq!(told.try_iter().count(), 2);
}
