//! Images to and from a real registry, held against what skopeo makes of them.
//!
//! Each test has a registry of its own on a free port, with a storage that goes with it.

#![expect(
    clippy::unwrap_used,
    reason = "a part of tests: what fails here is told by where it panics"
)]

use std::{io::Write as _, path::Path, process::Command, sync::Arc};

use kaniko_build::{
    oci::{
        self, Base, Blob, Content, Format, Host, Image, Layer, Network, Platform, Proxies,
        Registries, Roots, digest,
    },
    registry::{Credential, Reference},
    secret::Secret,
};

use crate::{
    machine,
    registry::{Setup, skopeo},
};

fn registries(hosts: Vec<Host>) -> Registries {
    let network = Network {
        proxies: Proxies::default(),
        roots: Roots::default(),
        temporary: std::env::temp_dir(),
    };
    Registries::new(hosts, &network).unwrap()
}

/// A file, gzip'd, in a tar.
fn layer(format: Format, name: &str, content: &[u8]) -> Layer {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_mode(0o644);
    header.set_size(content.len() as u64);
    tar.append_data(&mut header, name, content).unwrap();
    let tar = tar.into_inner().unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&tar).unwrap();
    let bytes = gzip.finish().unwrap();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    let blob = Blob {
        digest: digest(&bytes),
        size: bytes.len() as u64,
        media_type: format.layer().to_owned(),
        content: Content::File(Arc::new(file)),
    };
    Layer { blob, diff_id: digest(&tar) }
}

fn image(format: Format, layers: Vec<Layer>) -> Image {
    let ids: Vec<_> = layers.iter().map(|layer| format!("{:?}", layer.diff_id)).collect();
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","config":{{"Env":["A=b"]}},"rootfs":{{"type":"layers","diff_ids":[{}]}}}}"#,
        ids.join(",")
    );
    Image { config: config.into_bytes(), layers, format, annotations: Vec::new() }
}

fn on(base: Base, layer: Layer) -> Image {
    let mut layers = base.layers;
    layers.push(layer);
    image(base.format, layers)
}

fn here() -> Platform {
    Platform::parse("linux/amd64").unwrap()
}

#[tokio::test]
async fn what_is_pushed_is_what_skopeo_sees_and_what_is_pulled() {
    let Some(registry) = Setup::default().start() else { return };
    let registries = registries(Vec::new());
    let image = Image {
        annotations: vec![("org.opencontainers.image.title".to_owned(), "x".to_owned())],
        ..image(Format::Oci, vec![layer(Format::Oci, "one", b"1"), layer(Format::Oci, "two", b"2")])
    };
    let to = registry.reference("shop/api:1");
    let pushed = registries.push(&image, &to, &mut false).await.unwrap();

    let base = registries.pull(&to, &here()).await.unwrap();
    assert_eq!(base.digest, pushed.digest);
    assert_eq!(base.config, image.config);
    assert_eq!(base.reference.to_string(), format!("{to}@{}", pushed.digest));
    assert_eq!(base.format, Format::Oci);
    let file = registries.fetch(&base.layers[1]).await.unwrap();
    assert_eq!(file.metadata().unwrap().len(), image.layers[1].blob.size);
    let seen = skopeo(&["inspect", "--raw", "--tls-verify=false", &format!("docker://{to}")]);
    if let Some(seen) = seen {
        assert_eq!(seen.into_bytes(), image.manifest());
    }
}

#[tokio::test]
async fn a_base_is_built_upon_in_its_own_format_and_its_layers_are_mounted() {
    let Some(registry) = Setup::default().start() else { return };
    let registries = registries(Vec::new());
    let first = image(Format::Docker, vec![layer(Format::Docker, "one", b"1")]);
    registries.push(&first, &registry.reference("base/a:1"), &mut false).await.unwrap();

    // As another run, which knows nothing of the first.
    let registries = self::registries(Vec::new());
    let base = registries.pull(&registry.reference("base/a:1"), &here()).await.unwrap();
    assert_eq!(base.format, Format::Docker);
    let second = on(base, layer(Format::Docker, "two", b"2"));
    let to = registry.reference("shop/api:1");
    let pushed = registries.push(&second, &to, &mut false).await.unwrap();

    assert_eq!(pushed.sent, second.layers[1].blob.size + second.config.len() as u64);
    assert_eq!(registries.pull(&to, &here()).await.unwrap().digest, second.digest());
}

#[tokio::test]
async fn a_registry_with_a_certificate_of_its_own_and_a_login() {
    let Some(registry) = (Setup { login: true, tls: Some("server"), ..Setup::default() }).start()
    else {
        return;
    };
    let bob = Credential::Password { username: "bob".to_owned(), password: "s3cret-Pa55".into() };
    let trusted = Host { ca: Some(registry.file("ca.pem")), ..Host::new(&registry.host()) };
    let to = registry.reference("shop/api:1");
    let image = image(Format::Oci, vec![layer(Format::Oci, "one", b"1")]);

    let error = registries(Vec::new()).push(&image, &to, &mut false).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the certificate of `{}` is not to be trusted: somebody unknown has signed it",
            registry.host()
        )
    );
    assert!(error.hint().unwrap().starts_with("`ca-file`"));
    let error = registries(vec![trusted.clone()]).push(&image, &to, &mut false).await.unwrap_err();
    assert!(error.to_string().starts_with(&format!("`{}` wants a login", registry.host())));
    let eve = Credential::Password { username: "eve".to_owned(), password: "letmein".into() };
    let eve = Host { credential: Some(eve), ..trusted.clone() };
    let error = registries(vec![eve]).push(&image, &to, &mut false).await.unwrap_err();
    assert!(error.to_string().contains("refuses the login of `eve`"), "{error}");

    let bob = Host { credential: Some(bob), ..trusted };
    registries(vec![bob.clone()]).push(&image, &to, &mut false).await.unwrap();
    let base = registries(vec![bob.clone()]).pull(&to, &here()).await.unwrap();
    assert_eq!(base.digest, image.digest());
    let unseen = Host { ca: None, skip_tls_verify: true, ..bob };
    registries(vec![unseen]).pull(&to, &here()).await.unwrap();
}

#[tokio::test]
async fn a_certificate_that_nobody_has_signed_counts_as_the_ca_file() {
    let Some(registry) = (Setup { tls: Some("alone"), ..Setup::default() }).start() else {
        return;
    };
    let image = image(Format::Oci, Vec::new());
    let to = registry.reference("shop/api:1");
    let error = registries(Vec::new()).push(&image, &to, &mut false).await.unwrap_err();
    assert!(error.hint().unwrap().starts_with("`ca-file`"), "{error}");
    let trusted = Host { ca: Some(registry.file("alone.pem")), ..Host::new(&registry.host()) };
    registries(vec![trusted]).push(&image, &to, &mut false).await.unwrap();
}

#[tokio::test]
async fn a_registry_may_want_to_see_our_certificate() {
    let Some(registry) = (Setup { tls: Some("server"), mutual: true, ..Setup::default() }).start()
    else {
        return;
    };
    let image = image(Format::Oci, Vec::new());
    let to = registry.reference("shop/api:1");
    let nobody = Host { ca: Some(registry.file("ca.pem")), ..Host::new(&registry.host()) };
    let error = registries(vec![nobody.clone()]).push(&image, &to, &mut false).await.unwrap_err();
    let begins = format!("no TLS with `{}`: ", registry.host());
    assert!(error.to_string().starts_with(&begins), "{error}");

    let key = Secret::new(registry.file("server.key"));
    let me = Host { client: Some((registry.file("server.pem"), key)), ..nobody };
    registries(vec![me]).push(&image, &to, &mut false).await.unwrap();
}

#[tokio::test]
async fn a_registry_that_is_read_only_says_so() {
    let Some(registry) = (Setup { read_only: true, ..Setup::default() }).start() else { return };
    let image = image(Format::Oci, Vec::new());
    let error = registries(Vec::new())
        .push(&image, &registry.reference("shop/api:1"), &mut false)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("takes no pushes: it is read-only"), "{error}");
}

#[tokio::test]
async fn an_archive_is_taken_by_skopeo_and_podman_and_has_the_same_bytes_each_time() {
    let Some(registry) = Setup::default().start() else { return };
    let top = tempfile::tempdir().unwrap();
    let registries = registries(Vec::new());
    let first = image(Format::Docker, vec![layer(Format::Docker, "one", b"1")]);
    registries.push(&first, &registry.reference("base/a:1"), &mut false).await.unwrap();
    let base =
        self::registries(Vec::new()).pull(&registry.reference("base/a:1"), &here()).await.unwrap();
    let image = on(base, layer(Format::Docker, "two", b"2"));
    let names = ["kaniko-build-test/archive:1"].map(|it| Reference::parse(it).unwrap());
    let (path, again) = (top.path().join("image.tar"), top.path().join("again.tar"));
    for path in [&path, &again] {
        let staged = oci::archive(&image, &registries, &names, path).await.unwrap();
        staged.place().await.unwrap();
    }
    assert!(std::fs::read(&path).unwrap() == std::fs::read(&again).unwrap());

    let archive = format!("docker-archive:{}", path.display());
    let copied = registry.reference("copied/a:1");
    let docker = format!("docker://{copied}");
    if skopeo(&["copy", "--dest-tls-verify=false", &archive, &docker]).is_some() {
        let base = registries.pull(&copied, &here()).await.unwrap();
        assert_eq!(base.config, image.config);
    }
    let podman = Path::new("/usr/bin/podman");
    if machine::is_root() && machine::has(podman, "podman") {
        let loaded = Command::new(podman).arg("load").arg("-i").arg(&path).output().unwrap();
        let said = String::from_utf8(loaded.stdout).unwrap();
        let name = "docker.io/kaniko-build-test/archive:1";
        assert!(said.contains(name), "{said}{}", String::from_utf8_lossy(&loaded.stderr));
        assert!(Command::new(podman).args(["rmi", name]).output().unwrap().status.success());
    }
}

#[tokio::test]
async fn a_layout_is_taken_by_skopeo_in_either_format() {
    let top = tempfile::tempdir().unwrap();
    let registries = registries(Vec::new());
    for format in [Format::Oci, Format::Docker] {
        let image = image(format, vec![layer(format, "one", b"1")]);
        let path = top.path().join("layout");
        oci::layout(&image, &registries, &path).await.unwrap().place().await.unwrap();
        let layout = format!("oci:{}", path.display());
        if let Some(seen) = skopeo(&["inspect", "--raw", &layout]) {
            assert_eq!(seen.into_bytes(), image.manifest());
        }
    }
}
