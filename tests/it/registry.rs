//! A real registry, `docker-registry`, for one test.

#![expect(
    clippy::unwrap_used,
    reason = "a part of tests: what fails here is told by where it panics"
)]

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use kaniko_build::registry::Reference;

use crate::machine;

const PROGRAM: &str = "/usr/bin/docker-registry";
const OPENSSL: &str = "/usr/bin/openssl";

/// A registry that goes when the test ends.
pub(crate) struct Registry {
    program: Child,
    port: u16,
    directory: tempfile::TempDir,
}

/// How a registry is set up beside its storage and its address.
#[derive(Default)]
pub(crate) struct Setup {
    /// `bob` with `s3cret-Pa55` alone may do anything.
    pub(crate) login: bool,
    /// HTTPS, with this certificate of its directory: `server`, which `ca.pem` has signed, or
    /// `alone`, which nobody has.
    pub(crate) tls: Option<&'static str>,
    /// Clients show a certificate that `ca.pem` has signed: `server` does.
    pub(crate) mutual: bool,
    /// No pushes.
    pub(crate) read_only: bool,
}

/// Of the user `bob`.
pub(crate) const PASSWORD: &str = "s3cret-Pa55";

/// `bob` with [`PASSWORD`], by bcrypt.
const HTPASSWD: &str = "bob:$2y$04$LMNlZCnCMdRmmwW9NPTPf.EacbnHgeqPHCho4H3yI5iHgVkGjcba2\n";

impl Setup {
    /// Starts it; none, and the test is left out, where there is no such program.
    pub(crate) fn start(self) -> Option<Registry> {
        if !machine::has(Path::new(PROGRAM), "docker-registry") {
            return None;
        }
        if self.tls.is_some() && !machine::has(Path::new(OPENSSL), "openssl") {
            return None;
        }
        // A free port may be another's by the time that it is taken.
        let registry = (0..5).find_map(|_| self.at_a_free_port());
        Some(registry.expect("docker-registry starts"))
    }

    fn at_a_free_port(&self) -> Option<Registry> {
        let directory = tempfile::tempdir().unwrap();
        let top = directory.path();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut config = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage:\n  filesystem: {{rootdirectory: {top}/storage}}\n  \
             maintenance: {{readonly: {{enabled: {}}}}}\nhttp:\n  addr: 127.0.0.1:{port}\n",
            self.read_only,
            top = top.display(),
        );
        if let Some(name) = self.tls {
            certificates(top);
            let top = top.display();
            let clients =
                if self.mutual { format!(", clientcas: [{top}/ca.pem]") } else { String::new() };
            let tls = format!(
                "  tls: {{certificate: {top}/{name}.pem, key: {top}/{name}.key{clients}}}\n",
            );
            config.push_str(&tls);
        }
        if self.login {
            fs::write(top.join("htpasswd"), HTPASSWD).unwrap();
            let file = top.join("htpasswd");
            let file = file.display();
            let auth = format!("auth:\n  htpasswd: {{realm: test, path: {file}}}\n");
            config.push_str(&auth);
        }
        fs::write(top.join("config.yml"), config).unwrap();
        let program = Command::new(PROGRAM)
            .arg("serve")
            .arg(top.join("config.yml"))
            .env("OTEL_TRACES_EXPORTER", "none")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut registry = Registry { program, port, directory };
        for _ in 0..1000 {
            if registry.program.try_wait().unwrap().is_some() {
                return None;
            }
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(registry);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }
}

/// An authority and what it vouches for.
fn certificates(top: &Path) {
    fs::write(
        top.join("extensions"),
        "subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n",
    )
    .unwrap();
    let steps = [
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem",
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server -keyout server.key -out server.csr",
        "x509 -req -days 2 -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile extensions -out server.pem",
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=alone -addext subjectAltName=IP:127.0.0.1 -keyout alone.key -out alone.pem",
    ];
    for step in steps {
        let made = Command::new(OPENSSL)
            .args(step.split(' '))
            .current_dir(top)
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(made.success(), "openssl {step}");
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

impl Registry {
    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn reference(&self, rest: &str) -> Reference {
        Reference::parse(&format!("{}/{rest}", self.host())).unwrap()
    }

    /// Where it keeps all that it has.
    pub(crate) fn storage(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn file(&self, name: &str) -> Vec<u8> {
        fs::read(self.directory.path().join(name)).unwrap()
    }
}

/// What skopeo prints; none, and that is left out, where there is no such program.
pub(crate) fn skopeo(arguments: &[&str]) -> Option<String> {
    let program = Path::new("/usr/bin/skopeo");
    if !machine::has(program, "skopeo") {
        return None;
    }
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}
