//! Mirrors and proxies.

use super::{
    fake::{Fake, Reply},
    *,
};
use crate::registry::Mirror;

fn holding(image: &Image) -> Fake {
    Fake::with(&[("1", &image.manifest())], &[&image.config, b"one"])
}

fn mirrored(registry: &Fake, mirrors: &[&Fake], fallback: bool) -> Registries {
    let mirrors = mirrors.iter().map(|it| Mirror::parse(&format!("{}/hub", it.host)).unwrap());
    registries(vec![Host {
        mirrors: mirrors.collect(),
        mirror_fallback: fallback,
        ..Host::new(&registry.host)
    }])
}

#[tokio::test]
async fn the_first_mirror_that_has_it_gives_image_and_layers() {
    let image = image(&["one"]);
    let (empty, full) = (Fake::with(&[], &[]), holding(&image));
    let registry = Fake::with(&[], &[]);
    let named = reference(&registry.host, "x/y:1");
    let registries = mirrored(&registry, &[&empty, &full], true);
    let base = registries.pull(&named, &here()).await.unwrap();

    assert_eq!(base.reference.to_string(), format!("{named}@{}", image.digest()));
    assert_eq!(base.passed_over, [format!("{0}/hub: there is no `{0}/hub/x/y:1`", empty.host)]);
    assert_eq!(text(&registries.fetch(&base.layers[0]).await.unwrap()), "one");
    assert_eq!(registry.lines(), [""; 0]);
    assert!(full.lines().contains(&"GET /v2/hub/x/y/manifests/1".to_owned()));
}

#[tokio::test]
async fn the_registry_itself_is_the_last_that_is_asked() {
    let image = image(&["one"]);
    let (empty, registry) = (Fake::new(|_| Reply::new(403)), holding(&image));
    let named = reference(&registry.host, "x/y:1");
    let base = mirrored(&registry, &[&empty], true).pull(&named, &here()).await.unwrap();
    assert_eq!(base.digest, image.digest());
    assert_eq!(base.passed_over.len(), 1);

    let missing = reference(&registry.host, "x/y:2");
    let error = mirrored(&registry, &[&empty], true).pull(&missing, &here()).await.unwrap_err();
    assert!(error.told().ends_with(&format!(": there is no `{missing}`")), "{}", error.told());
}

#[tokio::test]
async fn without_fallback_the_registry_itself_is_never_asked() {
    let registry = holding(&image(&["one"]));
    let empty = Fake::with(&[], &[]);
    let named = reference(&registry.host, "x/y:1");
    let error = mirrored(&registry, &[&empty], false).pull(&named, &here()).await.unwrap_err();

    assert_eq!(
        error.to_string(),
        format!(
            "no mirror has `{named}`, and `mirror-fallback = false` keeps us from asking `{}`: {1}/hub: there is no `{1}/hub/x/y:1`",
            registry.host, empty.host
        )
    );
    assert_eq!(registry.lines(), [""; 0]);
}

#[tokio::test]
async fn a_proxy_is_asked_for_whole_addresses_with_its_login() {
    let image = image(&["one"]);
    let proxy = {
        let held = fake::holding(&[("1", &image.manifest())], &[&image.config]);
        Fake::new(move |asked| held(asked).unwrap_or_else(|| Reply::new(403)))
    };
    let url = format!("http://me:hunter2@{}", proxy.host);
    let proxies =
        Proxies { http: Some((&*url).into()), https: Some((&*url).into()), no: String::new() };
    let host = Host { insecure: true, ..Host::new("registry.example.com") };
    let registries = through(proxies, vec![host]);
    let named = reference("registry.example.com", "x/y:1");
    registries.pull(&named, &here()).await.unwrap();

    let lines = proxy.lines();
    assert_eq!(
        lines[..3],
        [
            "CONNECT registry.example.com:443",
            "GET http://registry.example.com/v2/",
            "GET http://registry.example.com/v2/x/y/manifests/1"
        ]
    );
    let asked = proxy.asked();
    assert_eq!(asked[0].header("proxy-authorization"), Some("Basic bWU6aHVudGVyMg=="));
    assert_eq!(asked[1].header("proxy-authorization"), Some("Basic bWU6aHVudGVyMg=="));
}
