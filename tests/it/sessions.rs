//! One executor that lives on, reached through `command`, `cloudfoundry` and a real sshd.
//!
//! The executor is a stand-in in a container of podman's; the far side's shell is busybox.

use std::{
    fs,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use crate::{
    container::{self, Far},
    fake::Fake,
    machine,
    ran::Ran,
    sandbox::Sandbox,
};

const INTO: &str = "exec podman exec -i -w / far /bin/sh -c";

/// Two images in sequence, each with a file of its own, on the executor that `lines` describe.
fn project(lines: &str) -> Sandbox {
    Sandbox::new()
        .config(&format!(
            "version = 1\n[registries.r]\nhost = \"r.example.com\"\nusername = \"bob\"\n\
             password = {{ env = \"PW\" }}\n[executors.far]\n{lines}\n[defaults]\n\
             context = \"{{{{ build.name }}}}\"\nimage = \"r.example.com/{{{{ build.name }}}}\"\n\
             tags = [\"1\"]\n[builds.api]\ntar-path = \"api.tar\"\n[builds.web]\n\
             tar-path = \"web.tar\"\n"
        ))
        .file(
            "api/Dockerfile",
            "FROM scratch\nCOPY only-api /srv\nFROM scratch\nCOPY only-api /srv\n",
        )
        .file("api/only-api", "api\n")
        .file("web/Dockerfile", "FROM scratch\nCOPY only-web /srv\nRUN cat /srv/only-web\n")
        .file("web/only-web", "web\n")
        .env("PW", "canary-password")
}

/// Both images are built, neither holds a file of the other, and the executor is as it was.
#[track_caller]
fn both_are_built_apart(run: &Ran, sandbox: &Sandbox, far: &Far, before: &str) {
    run.code(0).never_tells("canary").stderr_contains("web | web\n");
    let pushed: Vec<_> = run.results().iter().filter_map(|line| line.split('@').next()).collect();
    assert_eq!(pushed, ["r.example.com/api:1", "r.example.com/web:1"]);
    for (image, other) in [("api", "only-web"), ("web", "only-api")] {
        let names = names(&sandbox.path(format!("{image}.tar")));
        assert!(names.contains(&format!("srv/only-{image}")), "{names:?}");
        assert!(!names.iter().any(|name| name.ends_with(other)), "{names:?}");
    }
    assert_eq!(far.files(), before);
    let ours = far.ask("cat /kaniko/.kaniko-build/run/docker/config.json 2>&1; true");
    assert!(ours.contains("No such file"), "{ours}");
    assert_eq!(run.left_behind(), Vec::<PathBuf>::new());
}

fn names(path: &std::path::Path) -> Vec<String> {
    let mut archive = tar::Archive::new(fs::File::open(path).expect("the image is there"));
    let entries = archive.entries().expect("it is a tar");
    let name = |entry: std::io::Result<tar::Entry<'_, _>>| {
        entry.expect("a whole entry").path().expect("a path").display().to_string()
    };
    entries.map(name).collect()
}

#[test]
fn two_images_in_sequence_through_a_command() {
    let project = project(
        "type = \"command\"\ncommand = [\"podman\", \"exec\", \"-i\", \"-w\", \"/\", \"far\", \
         \"/bin/sh\", \"-c\"]",
    );
    let Some(sandbox) = container::podman(project) else { return };
    let far = container::far(&sandbox);
    let before = far.files();
    sandbox.forget_calls("podman");

    let run = sandbox.run(["run", "--push"]);

    assert_eq!(run.sent_to("podman").verbs(), ["exec", "exec"], "one connection a build");
    both_are_built_apart(&run, &sandbox, &far, &before);
}

#[test]
fn two_images_in_sequence_through_cf_take_one_login_and_a_connection_each() {
    let project = project(
        "type = \"cloudfoundry\"\napi = \"https://api.example.com\"\norg = \"acme\"\n\
         space = \"dev\"\napp = \"kaniko\"\nusername = \"ci\"\npassword = { env = \"PW\" }",
    );
    let Some(sandbox) = container::podman(project) else { return };
    let bin = sandbox.program("");
    let ssh = format!("PATH={}:$PATH; {INTO} \"$5\"", bin.display());
    let sandbox =
        sandbox.fake("cf", Fake::new().when("'ssh '*", Fake::new().hears_nothing().does(&ssh)));
    let far = container::far(&sandbox);
    let before = far.files();

    let run = sandbox.run(["run", "--push"]);

    both_are_built_apart(&run, &sandbox, &far, &before);
    assert_eq!(run.sent_to("cf").verbs(), ["api", "auth", "target", "ssh", "ssh"]);
}

#[test]
fn a_build_that_fails_leaves_the_executor_to_the_next() {
    let project = project(
        "type = \"command\"\ncommand = [\"podman\", \"exec\", \"-i\", \"-w\", \"/\", \"far\", \
         \"/bin/sh\", \"-c\"]",
    )
    .file("api/Dockerfile", "FROM scratch\nCOPY only-api /srv\nRUN exit 9\n");
    let Some(sandbox) = container::podman(project) else { return };
    let far = container::far(&sandbox);
    let before = far.files();

    let run = sandbox.run(["run", "--push", "--keep-going"]);

    run.code(1).stderr_contains("error: api: `RUN` ended with 9\n");
    assert!(!names(&sandbox.path("web.tar")).iter().any(|name| name.ends_with("only-api")));
    assert_eq!(far.files(), before);
}

#[test]
fn two_images_in_sequence_through_a_real_sshd() {
    let there = ["/usr/sbin/sshd", "/usr/bin/ssh", "/usr/bin/ssh-keygen"];
    if !there.iter().all(|path| machine::has(path.as_ref(), "ssh")) {
        return;
    }
    let Some(sandbox) = container::podman(Sandbox::new()) else { return };
    let far = container::far(&sandbox);
    let before = far.files();
    let Some(sshd) = Sshd::start(&sandbox) else { return };
    let words: Vec<_> = sshd.client.iter().map(|word| format!("\"{word}\"")).collect();
    let project = project(&format!("type = \"command\"\ncommand = [{}]", words.join(", ")));
    let project = project.with_the_machines_programs();

    let run = project.run(["run", "--push"]);

    both_are_built_apart(&run, &project, &far, &before);
}

/// An sshd on loopback that leads into the container `far`, whatever is asked of it.
struct Sshd {
    server: Child,
    /// The client's command line, but for the command.
    client: Vec<String>,
}

impl Sshd {
    fn start(sandbox: &Sandbox) -> Option<Self> {
        let top = sandbox.state();
        let key = |name: &str| {
            let path = top.join(name);
            let made = Command::new("/usr/bin/ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(&path)
                .stdin(Stdio::null())
                .status();
            assert!(made.expect("ssh-keygen starts").success());
            path.display().to_string()
        };
        let (host, user) = (key("host"), key("user"));
        let port = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr());
        let port = port.expect("a free port").port();
        let read = |path: String| fs::read_to_string(path).expect("a public key");
        let known = format!("[127.0.0.1]:{port} {}", read(format!("{host}.pub")));
        fs::write(top.join("known"), known).expect("known hosts");
        fs::write(top.join("keys"), read(format!("{user}.pub"))).expect("authorized keys");
        let into = top.join("into");
        let bin = sandbox.program("").display().to_string();
        let script = format!("#!/bin/sh\nPATH={bin}:$PATH\n{INTO} \"$SSH_ORIGINAL_COMMAND\"\n");
        fs::write(&into, script).expect("a script");
        let top = top.display();
        let config = format!(
            "HostKey {host}\nAuthorizedKeysFile {top}/keys\nPidFile none\nUsePAM no\n\
             StrictModes no\nPermitRootLogin yes\nPasswordAuthentication no\n\
             ListenAddress 127.0.0.1:{port}\nForceCommand /bin/sh {top}/into\n"
        );
        fs::write(sandbox.state().join("config"), config).expect("a config");
        // Where sshd parts with its rights.
        let _ = fs::create_dir_all("/run/sshd");
        let log = fs::File::create(sandbox.state().join("log")).expect("a log");
        let server = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f", &format!("{top}/config")])
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("sshd starts");
        let client = format!(
            "ssh -T -F none -i {user} -p {port} -l root -o BatchMode=yes -o \
             UserKnownHostsFile={top}/known -o IdentitiesOnly=yes 127.0.0.1"
        );
        let client: Vec<_> = client.split(' ').map(str::to_owned).collect();
        let sshd = Self { server, client };
        sandbox.patiently("sshd listens", || {
            std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        let tried = Command::new(&sshd.client[0]).args(&sshd.client[1..]).arg("echo in").output();
        let tried = tried.expect("ssh starts");
        if tried.stdout == b"in\n" {
            return Some(sshd);
        }
        let log = fs::read_to_string(sandbox.state().join("log")).unwrap_or_default();
        machine::left_out(&format!("sshd lets nobody in here: {}", log.replace('\n', "; ")));
        None
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
