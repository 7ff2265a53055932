//! Containers of the tests' own, through a real podman, with a stand-in for the executor.
//!
//! Images and containers are kept below the sandbox, apart from those of the machine.

use crate::{fake::Fake, machine, sandbox::Sandbox};
use std::{
    fs,
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

/// The stand-in's image.
pub(crate) const IMAGE: &str = "localhost/stand-in:1";

/// Limits that podman would raise where it may, and fail to where it may not.
pub(crate) const ENGINE_ARGS: &str =
    "engine-args = [\"--ulimit=nofile=1024:1024\", \"--ulimit=nproc=1024:1024\"]";

/// A podman on the sandbox's `PATH` that has the stand-in's image; none where this machine can
/// run no container, which is told.
pub(crate) fn podman(sandbox: Sandbox) -> Option<Sandbox> {
    let busybox = ["/bin/busybox", "/usr/bin/busybox"].map(Path::new);
    let busybox = busybox.into_iter().find(|path| path.exists());
    let (Some(busybox), true) = (busybox, Path::new("/usr/bin/podman").exists()) else {
        machine::left_out("there is no busybox or no podman");
        return None;
    };
    if !machine::is_root() {
        machine::left_out("podman is tried as root alone");
        return None;
    }
    let top = sandbox.state();
    let top = top.display();
    // The simplest storage and cgroups that there are: they work within containers too.
    let sandbox = sandbox.with_the_machines_programs().fake(
        "podman",
        Fake::new().hears_nothing().does(&format!(
            "PATH=$PATH:/usr/sbin:/sbin\n\
             exec /usr/bin/podman --root '{top}/images' --runroot '{top}/running' \
             --storage-driver vfs --runtime runc --cgroup-manager cgroupfs --events-backend file \
             \"$@\"\n"
        )),
    );
    let ask = |arguments: &[&str], stdin: &[u8]| ask(&sandbox, arguments, stdin);
    let works = ask(&["import", "-", IMAGE], &root_of(busybox)).and_then(|_| {
        let limits = ["--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024", "--network=none"];
        let run = [&["run", "--rm"], &limits[..], &[IMAGE, "/kaniko/executor", "version"]];
        ask(&run.concat(), b"")
    });
    match works {
        Ok(_) => {
            sandbox.forget_calls("podman");
            Some(sandbox)
        }
        Err(why) => {
            machine::left_out(&format!("podman runs no container here: {why}"));
            None
        }
    }
}

/// Names of the containers that there are, by a podman of [`podman`].
pub(crate) fn containers(sandbox: &Sandbox) -> Vec<String> {
    let names = ask(sandbox, &["ps", "--all", "--format={{.Names}}"], b"").expect("it answers");
    names.lines().map(str::to_owned).collect()
}

/// A container that lives on, with a shell, as a Kaniko app does; removed when dropped.
#[derive(Debug)]
pub(crate) struct Far {
    sandbox: Sandbox,
}

/// Such a container called `far`, by a podman of [`podman`].
pub(crate) fn far(sandbox: &Sandbox) -> Far {
    let rest = "trap 'exit 0' TERM; while :; do /busybox/sleep 1000 & wait $!; done";
    let run = ["run", "--detach", "--name=far", "--network=none", "--volume=/busybox"];
    let limits = ["--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024"];
    let program = [IMAGE, "/busybox/sh", "-c", rest];
    ask(sandbox, &[&run[..], &limits, &program].concat(), b"").expect("it starts");
    sandbox.forget_calls("podman");
    Far { sandbox: sandbox.clone() }
}

impl Far {
    /// What a line of shell prints there.
    pub(crate) fn ask(&self, shell: &str) -> String {
        let exec = ["exec", "-w", "/", "far", "/kaniko/stand-in/busybox", "sh", "-c"];
        ask(&self.sandbox, &[&exec[..], &[shell]].concat(), b"").expect("it answers")
    }

    /// Every file there that is no mount, without what is ours below `/kaniko`.
    pub(crate) fn files(&self) -> String {
        self.ask(
            "cd /; export PATH=/kaniko/stand-in; \
             find / -xdev ! -path '/kaniko/.kaniko-build*' ! -path '/run*' ! -type d | sort",
        )
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        let _ = ask(&self.sandbox, &["rm", "--force", "--time=0", "--volumes", "far"], b"");
    }
}

/// What podman prints, or why it failed.
pub(crate) fn ask(sandbox: &Sandbox, arguments: &[&str], stdin: &[u8]) -> Result<String, String> {
    let mut command = Command::new(sandbox.program("podman"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // Another test that starts a program has the wrapper open for writing until that has begun.
    let mut child = loop {
        match command.spawn() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(Duration::from_millis(10));
            }
            started => break started.expect("the wrapper starts"),
        }
    };
    let written = child.stdin.take().expect("it is piped").write_all(stdin);
    let output = child.wait_with_output().expect("it ends");
    if output.status.success() && written.is_ok() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().replace('\n', "; "))
    }
}

/// The image's files as a tar: a stand-in for the executor with the tools that it needs, and a
/// shell as a debug image has one.
fn root_of(busybox: &Path) -> Vec<u8> {
    let executor: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "tests", "stand-in", "executor"].iter().collect();
    let listed = Command::new(busybox).arg("--list").output().expect("busybox lists its tools");
    let tools = String::from_utf8_lossy(&listed.stdout).into_owned();
    let mut archive = tar::Builder::new(Vec::new());
    for (path, from) in [
        ("kaniko/executor", &*executor),
        ("kaniko/stand-in/busybox", busybox),
        ("busybox/busybox", busybox),
    ] {
        let content = fs::read(from).expect("it can be read");
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o755);
        header.set_size(content.len() as u64);
        archive.append_data(&mut header, path, content.as_slice()).expect(TAKES);
    }
    let mut link = |path: String, target: &str| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        archive.append_link(&mut header, path, target).expect(TAKES);
    };
    link("bin/sh".to_owned(), "/busybox/sh");
    for tool in tools.lines().filter(|tool| *tool != "busybox") {
        link(format!("busybox/{tool}"), "busybox");
        link(format!("kaniko/stand-in/{tool}"), "busybox");
    }
    for directory in ["kaniko/.docker/", "kaniko/ssl/certs/", "workspace/", "tmp/"] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Directory);
        header.set_mode(0o755);
        header.set_size(0);
        archive.append_data(&mut header, directory, std::io::empty()).expect(TAKES);
    }
    archive.into_inner().expect(TAKES)
}

const TAKES: &str = "a vector takes all";
