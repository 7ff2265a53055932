//! Logins: by password and by token, and to nobody else.

use super::{
    fake::{Asked, Fake, Reply, holding},
    *,
};
use crate::registry::Credential;

fn password() -> Credential {
    Credential::Password { username: "bob".to_owned(), password: "hunter2".into() }
}

fn logged_in(fake: &Fake, credential: Credential) -> Registries {
    registries(vec![Host { credential: Some(credential), ..Host::new(&fake.host) }])
}

/// A registry with an image, that wants the header `login`, and says so as `challenge`.
fn guarded(
    image: &Image,
    login: &'static str,
    challenge: &'static str,
    beside: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static,
) -> Fake {
    let answers = holding(&[("1", &image.manifest())], &[&image.config, b"one"]);
    Fake::new(move |asked| {
        if let Some(reply) = beside(asked) {
            return reply;
        }
        if asked.header("authorization") == Some(login) {
            return answers(asked).unwrap_or_else(|| Reply::new(404));
        }
        Reply::new(401)
            .header("WWW-Authenticate", challenge)
            .body(r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}"#)
    })
}

const BEARER: &str = r#"Bearer realm="/token",service="a registry""#;

#[tokio::test]
async fn a_password_goes_with_every_request() {
    let image = image(&["one"]);
    let fake = guarded(&image, "Basic Ym9iOmh1bnRlcjI=", "Basic realm=\"x\"", |_| None);
    let named = reference(&fake.host, "x/y:1");
    logged_in(&fake, password()).pull(&named, &here()).await.unwrap();

    let wrong = Credential::Password { username: "eve".to_owned(), password: "hunter3".into() };
    let error = logged_in(&fake, wrong).pull(&named, &here()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`{}` refuses the login of `eve`: authentication required", fake.host)
    );
    let error = registries(Vec::new()).pull(&named, &here()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`{}` wants a login: authentication required", fake.host)
    );
    assert!(error.hint().unwrap().contains("`username` and `password`"));
}

#[tokio::test]
async fn a_token_is_had_for_what_is_done_and_had_again_when_it_has_run_out() {
    let image = image(&["one"]);
    let fake = guarded(&image, "Bearer second", BEARER, |asked| {
        let token = if asked.before == 0 { "first" } else { "second" };
        asked.is("GET /token").then(|| Reply::ok(format!(r#"{{"token":"{token}"}}"#)))
    });
    let named = reference(&fake.host, "x/y:1");
    logged_in(&fake, password()).pull(&named, &here()).await.unwrap();

    let tokens = fake.asked_for("GET /token");
    assert_eq!(tokens.len(), 2);
    assert_eq!(tokens[0].line, "GET /token?service=a%20registry&scope=repository%3Ax%2Fy%3Apull");
    assert_eq!(tokens[0].header("authorization"), Some("Basic Ym9iOmh1bnRlcjI="));
}

#[tokio::test]
async fn a_refresh_token_is_posted_and_a_registry_token_is_sent_as_it_is() {
    let image = image(&["one"]);
    let fake = guarded(&image, "Bearer t0ken", BEARER, |asked| {
        let given = r#"{"access_token":"t0ken","expires_in":300}"#;
        asked.is("POST /token").then(|| Reply::ok(given))
    });
    let named = reference(&fake.host, "x/y:1");
    let identity = logged_in(&fake, Credential::IdentityToken("refre/sh".into()));
    identity.pull(&named, &here()).await.unwrap();
    let asked = fake.asked_for("POST /token").pop().unwrap();
    assert_eq!(
        String::from_utf8(asked.body).unwrap(),
        "grant_type=refresh_token&client_id=kaniko-build&service=a%20registry&scope=repository%3Ax%2Fy%3Apull&refresh_token=refre%2Fsh"
    );
    let registry = logged_in(&fake, Credential::RegistryToken("t0ken".into()));
    registry.pull(&named, &here()).await.unwrap();
    assert_eq!(fake.asked_for("POST /token").len(), 1);
}

#[tokio::test]
async fn a_login_that_the_token_service_refuses_is_named_without_its_password() {
    let fake = guarded(&image(&["one"]), "Bearer none", BEARER, |asked| {
        let refused = Reply::new(401).body(r#"{"details":"incorrect username or password"}"#);
        asked.is("GET /token").then_some(refused)
    });
    let registries = logged_in(&fake, password());
    let error = registries.pull(&reference(&fake.host, "x/y:1"), &here()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`{}` refuses the login of `bob`: incorrect username or password", fake.host)
    );
    assert!(!format!("{error:?} {registries:?}").contains("hunter2"));
    assert!(!format!("{error:?} {registries:?}").contains("Ym9iOmh1bnRlcjI"));
}

#[tokio::test]
async fn a_token_that_does_not_do_is_a_denial() {
    let fake = guarded(&image(&["one"]), "Bearer another", BEARER, |asked| {
        asked.is("GET /token").then(|| Reply::ok(r#"{"token":"mine"}"#))
    });
    let registries = logged_in(&fake, password());
    let error = registries.pull(&reference(&fake.host, "x/y:1"), &here()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("`{}` denies `bob` to pull from `x/y`: authentication required", fake.host)
    );
}

#[tokio::test]
async fn who_we_are_sent_to_does_not_get_our_login() {
    let image = image(&["one"]);
    let store = Fake::new(|_| Reply::ok("one"));
    let elsewhere = format!("http://{}/store?signature=s", store.host);
    let fake = guarded(&image, "Basic Ym9iOmh1bnRlcjI=", "Basic realm=\"x\"", move |asked| {
        let is_layer = asked.line.ends_with(&digest(b"one"));
        is_layer.then(|| Reply::new(307).header("Location", elsewhere.clone()))
    });
    let registries = logged_in(&fake, password());
    let base = registries.pull(&reference(&fake.host, "x/y:1"), &here()).await.unwrap();
    assert_eq!(text(&registries.fetch(&base.layers[0]).await.unwrap()), "one");

    assert_eq!(store.lines(), ["GET /store?signature=s"]);
    assert_eq!(store.asked()[0].header("authorization"), None);
}

#[tokio::test]
async fn who_we_are_sent_to_can_not_ask_for_our_login() {
    let image = image(&["one"]);
    let store = Fake::new(|asked| {
        let realm = format!("Bearer realm=\"http://{}/token\"", asked.header("host").unwrap());
        Reply::new(401).header("WWW-Authenticate", realm)
    });
    let elsewhere = format!("http://{}/store", store.host);
    let fake = guarded(&image, "Basic Ym9iOmh1bnRlcjI=", "Basic realm=\"x\"", move |asked| {
        let is_layer = asked.line.ends_with(&digest(b"one"));
        is_layer.then(|| Reply::new(307).header("Location", elsewhere.clone()))
    });
    let registries = logged_in(&fake, password());
    let base = registries.pull(&reference(&fake.host, "x/y:1"), &here()).await.unwrap();
    registries.fetch(&base.layers[0]).await.unwrap_err();

    assert_eq!(store.lines(), ["GET /store"]);
    assert_eq!(store.asked()[0].header("authorization"), None);
}

#[tokio::test]
async fn an_upload_elsewhere_gets_the_bytes_and_no_login() {
    let store = Fake::new(|_| Reply::new(201));
    let elsewhere = format!("http://{}/upload?signature=s", store.host);
    let image = image(&["one"]);
    let fake = guarded(&image, "Basic Ym9iOmh1bnRlcjI=", "Basic realm=\"x\"", move |asked| {
        let logged_in = asked.header("authorization").is_some();
        match asked.line.split(' ').next() {
            _ if !logged_in => None,
            Some("HEAD") => Some(Reply::new(404)),
            Some("POST") => Some(Reply::new(202).header("Location", elsewhere.clone())),
            Some("PUT") => Some(Reply::new(201)),
            _ => None,
        }
    });
    logged_in(&fake, password())
        .push(&image, &reference(&fake.host, "x/y:1"), &mut false)
        .await
        .unwrap();

    let uploads = store.asked();
    assert_eq!(uploads.len(), 2);
    assert!(uploads.iter().any(|upload| upload.body == b"one"));
    for upload in uploads {
        assert!(upload.is("PUT /upload?signature=s&digest=sha256%3A"), "{}", upload.line);
        assert_eq!(upload.header("authorization"), None);
    }
}

#[tokio::test]
async fn an_upload_to_what_is_no_web_address_is_refused() {
    for elsewhere in ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://", "http://a b/"] {
        let image = image(&["one"]);
        let fake = Fake::new(move |asked| match asked.line.split(' ').next() {
            Some("HEAD") => Reply::new(404),
            Some("POST") => Reply::new(202).header("Location", elsewhere),
            _ => Reply::ok(""),
        });
        let error = registries(Vec::new())
            .push(&image, &reference(&fake.host, "x/y:1"), &mut false)
            .await
            .unwrap_err();
        assert!(error.to_string().contains("it does not say where to"), "{error}");
        assert_eq!(fake.asked_for("PUT ").len(), 0);
    }
}

#[tokio::test]
async fn a_mount_asks_for_both_repositories_and_does_without_where_that_is_refused() {
    let image = image(&["one"]);
    let mut pushed = image.clone();
    let fake = guarded(&image, "Bearer t", BEARER, |asked| {
        let both = asked.line.contains("base%2Fa");
        match asked.line.split(' ').next() {
            Some("GET") if asked.is("GET /token") && both => Some(Reply::new(403)),
            Some("GET") if asked.is("GET /token") => Some(Reply::ok(r#"{"token":"t"}"#)),
            Some("HEAD") => Some(Reply::new(404)),
            Some("POST") => Some(Reply::new(202).header("Location", "/upload")),
            Some("PUT") => Some(Reply::new(201)),
            _ => None,
        }
    });
    pushed.layers[0].blob.content = crate::oci::Content::Remote(reference(&fake.host, "base/a:1"));
    // The layer is fetched with a token for its repository alone, which is refused here too.
    let error = logged_in(&fake, password())
        .push(&pushed, &reference(&fake.host, "x/y:1"), &mut false)
        .await
        .unwrap_err();
    assert!(matches!(error, OciError::Unauthorized { .. }), "{error}");
    assert_eq!(
        fake.asked_for("GET /token")[1].line,
        "GET /token?service=a%20registry&scope=repository%3Ax%2Fy%3Apull%2Cpush&scope=repository%3Abase%2Fa%3Apull"
    );
}
