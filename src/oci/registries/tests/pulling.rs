//! Pulling from registries that lie and fail.

use super::{
    fake::{Fake, Reply, holding},
    *,
};

/// A registry with an image of `layer`, whose manifest has been changed.
fn lying(layer: &str, change: impl Fn(String) -> String) -> Fake {
    let image = image(&[layer]);
    let manifest = change(String::from_utf8(image.manifest()).unwrap());
    Fake::with(&[("1", manifest.as_bytes())], &[&image.config, layer.as_bytes()])
}

async fn pull(fake: &Fake) -> Result<Base, OciError> {
    registries(Vec::new()).pull(&reference(&fake.host, "x/y:1"), &here()).await
}

/// The first layer, as `fake` gives it.
async fn fetch(fake: &Fake) -> Result<String, OciError> {
    let registries = registries(Vec::new());
    let base = registries.pull(&reference(&fake.host, "x/y:1"), &here()).await?;
    registries.fetch(&base.layers[0]).await.map(|file| text(&file))
}

#[tokio::test]
async fn what_is_pulled_is_pinned_and_its_layers_are_fetched_once() {
    let image = image(&["one", "two"]);
    let fake = Fake::with(&[("1", &image.manifest())], &[&image.config, b"one", b"two"]);
    let registries = registries(Vec::new());
    let named = reference(&fake.host, "x/y:1");
    let base = registries.pull(&named, &here()).await.unwrap();

    assert_eq!(base.reference.to_string(), format!("{named}@{}", image.digest()));
    assert_eq!(base.config, image.config);
    assert_eq!(fake.asked_for("GET /v2/x/y/blobs/").len(), 1);
    for _ in 0..2 {
        assert_eq!(text(&registries.fetch(&base.layers[1]).await.unwrap()), "two");
    }
    assert_eq!(fake.asked_for("GET /v2/x/y/blobs/").len(), 2);
}

#[tokio::test]
async fn too_many_requests_and_failures_are_waited_for() {
    let image = image(&["one"]);
    let answers = holding(&[("1", &image.manifest())], &[&image.config]);
    let fake = Fake::new(move |asked| match (asked.is("GET /v2/x/y/manifests/"), asked.before) {
        (true, 0) => Reply::new(429).header("Retry-After", "0"),
        (true, 1) => Reply::new(503),
        _ => answers(asked).unwrap_or_else(|| Reply::new(404)),
    });
    assert_eq!(pull(&fake).await.unwrap().digest, image.digest());
    assert_eq!(fake.asked_for("GET /v2/x/y/manifests/1").len(), 3);
}

#[tokio::test]
async fn a_failure_that_lasts_is_told_after_some_tries() {
    let fake = Fake::new(|asked| {
        if asked.is("GET /v2/x") { Reply::new(502).body("<html>") } else { Reply::ok("") }
    });
    let error = pull(&fake).await.unwrap_err();
    assert_eq!(error.to_string(), format!("`{}` fails with 502", fake.host));
    assert!(error.is_transient());
    assert_eq!(fake.asked_for("GET /v2/x/y/manifests/1").len(), 3);
}

#[tokio::test]
async fn who_wants_us_to_wait_for_long_is_not_waited_for() {
    let fake = Fake::new(|asked| {
        if asked.is("GET /v2/x") {
            Reply::new(429)
                .header("Retry-After", "3600")
                .body(r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"pull limit\nreached"}]}"#)
        } else {
            Reply::ok("")
        }
    });
    let error = pull(&fake).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` has had too many requests: pull limit reached; it asks to wait for 3600 s",
            fake.host
        )
    );
    assert_eq!(fake.asked_for("GET /v2/x/y/manifests/1").len(), 1);
}

#[tokio::test]
async fn a_layer_is_continued_where_the_connection_was_lost() {
    let image = image(&["a layer of 21 bytes.."]);
    let answers = holding(&[("1", &image.manifest())], &[&image.config]);
    let fake = Fake::new(move |asked| match (answers(asked), asked.header("range")) {
        (Some(reply), _) => reply,
        (None, None) => Reply::ok("a layer of 21 bytes..").cut(8),
        (None, Some("bytes=8-")) => {
            let rest = Reply::new(206).header("Content-Range", "bytes 8-20/21");
            rest.body("of 21 bytes..").cut(3)
        }
        (None, Some(_)) => {
            let rest = Reply::new(206).header("Content-Range", "bytes 11-20/21");
            rest.body("21 bytes..")
        }
    });
    assert_eq!(fetch(&fake).await.unwrap(), "a layer of 21 bytes..");
}

#[tokio::test]
async fn a_layer_begins_anew_where_it_can_not_be_continued() {
    let image = image(&["one layer"]);
    let answers = holding(&[("1", &image.manifest())], &[&image.config]);
    let fake = Fake::new(move |asked| match (answers(asked), asked.header("range")) {
        (Some(reply), _) => reply,
        (None, None) => Reply::ok("one layer").cut(4),
        (None, Some(_)) => Reply::ok("one layer"),
    });
    assert_eq!(fetch(&fake).await.unwrap(), "one layer");
}

#[tokio::test]
async fn a_layer_with_other_bytes_is_no_layer() {
    let image = image(&["one"]);
    let answers = holding(&[("1", &image.manifest())], &[&image.config]);
    let fake = Fake::new(move |asked| answers(asked).unwrap_or_else(|| Reply::ok("eno")));
    let error = fetch(&fake).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the layer {} is not what `{}` promised: it is {}",
            digest(b"one"),
            fake.host,
            digest(b"eno")
        )
    );
    assert!(!error.is_transient());
}

#[tokio::test]
async fn a_layer_has_as_many_bytes_as_its_manifest_says() {
    let small = lying("one", |manifest| manifest.replace(r#""size":3"#, r#""size":2"#));
    let error = fetch(&small).await.unwrap_err().to_string();
    assert!(error.ends_with("it has at least 3 bytes, not 2"), "{error}");
    let large = lying("one", |manifest| manifest.replace(r#""size":3"#, r#""size":4"#));
    let error = fetch(&large).await.unwrap_err().to_string();
    assert!(error.ends_with("it has 3 bytes, not 4"), "{error}");
}

#[tokio::test]
async fn a_config_has_the_size_and_the_digest_of_its_manifest() {
    let config = image(&["one"]).config.len();
    let change =
        move |manifest: String| manifest.replace(&format!(r#""size":{config}"#), r#""size":1000"#);
    let error = pull(&lying("one", change)).await.unwrap_err().to_string();
    assert!(error.ends_with(&format!("it has {config} bytes, not 1000")), "{error}");
    let huge = move |manifest: String| {
        manifest.replace(&format!(r#""size":{config}"#), r#""size":99999999999"#)
    };
    let error = pull(&lying("one", huge)).await.unwrap_err().to_string();
    assert!(error.ends_with("has a config of 99999999999 bytes"), "{error}");
}

#[tokio::test]
async fn a_manifest_is_held_against_what_was_asked_and_promised() {
    let image = image(&["one"]);
    let manifest = image.manifest();
    let fake = Fake::new(move |asked| {
        if asked.is("GET /v2/x") {
            Reply::ok(manifest.clone()).header("Docker-Content-Digest", digest(b"other"))
        } else {
            Reply::ok("")
        }
    });
    let error = pull(&fake).await.unwrap_err().to_string();
    assert!(error.ends_with(&format!("not {}", digest(b"other"))), "{error}");
    let asked = reference(&fake.host, &format!("x/y@{}", digest(b"mine")));
    let error = registries(Vec::new()).pull(&asked, &here()).await.unwrap_err();
    assert!(matches!(error, OciError::Corrupt { .. }), "{error}");
}

#[tokio::test]
async fn an_index_leads_to_the_image_of_the_platform() {
    let image = image(&["one"]);
    let index = |architecture: &str| {
        format!(
            r#"{{"schemaVersion":2,"manifests":[{{"digest":"{}","size":1,"platform":{{"os":"linux","architecture":"{architecture}"}}}}]}}"#,
            image.digest()
        )
    };
    let manifest = image.manifest();
    let held =
        |index: &str| Fake::with(&[("1", index.as_bytes()), ("2", &manifest)], &[&image.config]);
    assert_eq!(pull(&held(&index("amd64"))).await.unwrap().digest, image.digest());
    let fake = held(&index("s390x"));
    assert_eq!(
        pull(&fake).await.unwrap_err().to_string(),
        format!("`{}/x/y:1` has no image for linux/amd64, only for linux/s390x", fake.host)
    );
}

#[tokio::test]
async fn an_image_that_is_not_there_is_named() {
    let fake = Fake::new(|asked| {
        if asked.is("GET /v2/x") {
            Reply::new(404)
                .body(r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#)
        } else {
            Reply::ok("")
        }
    });
    assert_eq!(
        pull(&fake).await.unwrap_err().to_string(),
        format!("there is no `{}/x/y:1`: manifest unknown", fake.host)
    );
}

#[tokio::test]
async fn schema_1_is_refused_by_name() {
    let fake = Fake::with(&[("1", br#"{"schemaVersion":1,"fsLayers":[]}"#)], &[]);
    let error = pull(&fake).await.unwrap_err().to_string();
    assert!(error.contains("has a manifest of Docker's schema 1"), "{error}");
}
