//! A real registry that wants a login, and the credentials that executors are given for it.

use std::{fmt::Write as _, fs, io::Write as _, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    fake::Fake,
    machine,
    registry::{PASSWORD, Registry, Setup},
    sandbox::Sandbox,
};

/// Where bob alone may push; none where this machine has no registry or no skopeo, which is told.
fn registry() -> Option<Registry> {
    if !machine::has(Path::new("/usr/bin/skopeo"), "skopeo") {
        return None;
    }
    Setup { login: true, ..Setup::default() }.start()
}

impl Registry {
    /// A project with one build that is pushed there.
    fn project(&self, registries: &str) -> Sandbox {
        Sandbox::new()
            .config(&format!(
                "version = 1\n{registries}[builds.web]\nexecutor = \"docker\"\n\
                 destinations = [\"{}/shop/web:1\"]\n",
                self.host()
            ))
            .file("Dockerfile", "FROM scratch\n")
    }

    /// What skopeo says when it pushes an image with the credentials that the build would get.
    fn push(&self, project: Sandbox) -> Result<(), String> {
        let project = project.with_the_machines_programs();
        project.run(["auth", "web", "-o", "config.json"]).code(0);
        let image = tempfile::tempdir().expect("a directory");
        write_image(image.path());
        let output = project
            .command("/usr/bin/skopeo")
            .args(["--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false"])
            .args(["--dest-authfile", "config.json", &format!("oci:{}", image.path().display())])
            .arg(format!("docker://{}/shop/web:1", self.host()))
            .output()
            .expect("skopeo starts");
        if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }
}

/// An OCI layout of an image with one layer that is empty.
fn write_image(at: &Path) {
    fs::create_dir_all(at.join("blobs/sha256")).expect("a directory");
    let blob = |kind: &str, content: &[u8]| {
        let mut digest = String::new();
        for byte in Sha256::digest(content) {
            write!(digest, "{byte:02x}").expect("a text takes all");
        }
        fs::write(at.join("blobs/sha256").join(&digest), content).expect("a blob");
        json!({
            "mediaType": format!("application/vnd.oci.image.{kind}"),
            "digest": format!("sha256:{digest}"),
            "size": content.len()
        })
    };
    let tar = [0; 1024];
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&tar).expect("a vector takes all");
    let layer = blob("layer.v1.tar+gzip", &gzip.finish().expect("a vector takes all"));
    let diff = blob("layer.v1.tar", &tar);
    let config = json!({
        "architecture": "amd64", "os": "linux", "config": {},
        "rootfs": { "type": "layers", "diff_ids": [diff["digest"]] }
    });
    let manifest = json!({
        "schemaVersion": 2,
        "config": blob("config.v1+json", config.to_string().as_bytes()),
        "layers": [layer]
    });
    let manifest = blob("manifest.v1+json", manifest.to_string().as_bytes());
    let write = |name: &str, content: Value| {
        fs::write(at.join(name), content.to_string()).expect("a file");
    };
    write("index.json", json!({ "schemaVersion": 2, "manifests": [manifest] }));
    write("oci-layout", json!({ "imageLayoutVersion": "1.0.0" }));
}

/// A docker config with bob's login.
pub(crate) fn docker_config(host: &str, password: &str) -> String {
    let auth = STANDARD.encode(format!("bob:{password}"));
    json!({ "auths": { host: { "auth": auth } } }).to_string()
}

#[test]
fn a_login_of_the_file_is_accepted_and_a_wrong_one_is_not() {
    let Some(registry) = registry() else { return };
    let login = format!(
        "[registries.r]\nhost = \"{}\"\ninsecure = true\nusername = \"bob\"\n\
         password = {{ env = \"PW\" }}\n",
        registry.host()
    );

    assert_eq!(registry.push(registry.project(&login).env("PW", PASSWORD)), Ok(()));
    let refused = registry.push(registry.project(&login).env("PW", "another-password"));
    assert!(refused.as_ref().is_err_and(|why| why.contains("unauthorized")), "{refused:?}");
    let refused = registry.push(registry.project(""));
    assert!(refused.as_ref().is_err_and(|why| why.contains("unauthorized")), "{refused:?}");
}

#[test]
fn a_login_that_a_command_prints_is_accepted() {
    let Some(registry) = registry() else { return };
    let login = format!(
        "[registries.r]\nhost = \"{}\"\nusername = \"bob\"\n\
         password = {{ command = [\"vault\", \"read\"] }}\n",
        registry.host()
    );
    let project = registry.project(&login).fake("vault", Fake::new().prints(PASSWORD));

    assert_eq!(registry.push(project), Ok(()));
}

#[test]
fn a_login_of_docker_or_of_the_ci_is_accepted() {
    let Some(registry) = registry() else { return };
    let config = docker_config(&registry.host(), PASSWORD);

    let of_docker = registry.project("").file("../home/.docker/config.json", &config);
    assert_eq!(registry.push(of_docker), Ok(()));
    assert_eq!(registry.push(registry.project("").env("DOCKER_AUTH_CONFIG", &config)), Ok(()));
    let of_gitlab = registry
        .project("")
        .env("GITLAB_CI", "true")
        .env("CI_REGISTRY", registry.host())
        .env("CI_REGISTRY_USER", "bob")
        .env("CI_REGISTRY_PASSWORD", PASSWORD);
    assert_eq!(registry.push(of_gitlab), Ok(()));
}

#[test]
fn a_login_that_a_helper_has_is_accepted() {
    let Some(registry) = registry() else { return };
    let config = json!({ "credHelpers": { registry.host(): "safe" } }).to_string();
    let helper = json!({ "ServerURL": registry.host(), "Username": "bob", "Secret": PASSWORD });
    let project = registry
        .project("")
        .file("../home/.docker/config.json", config)
        .fake("docker-credential-safe", Fake::new().prints(&helper.to_string()));

    assert_eq!(registry.push(project), Ok(()));
}
