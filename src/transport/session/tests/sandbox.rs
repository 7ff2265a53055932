//! Containers of the tests' own: namespaces, an overlay, a busybox and a stand-in executor.
//!
//! Everything on the root of such a container is in memory and goes with its first process.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::process;

/// How a sandbox differs from the usual one.
#[derive(Default)]
pub(super) struct Shape {
    /// `/busybox` is a part of the root, and no mount.
    pub(super) busybox_on_root: bool,
    /// Bytes that `/` can hold, where it is not just as many as there are.
    pub(super) room: Option<u64>,
    /// Shell commands that are run on the root before it is entered, in it.
    pub(super) before: &'static str,
    /// What process 1 does, a shell command.
    pub(super) first: Option<&'static str>,
    /// It has this machine's processes; for proofs alone.
    pub(super) machines_processes: bool,
}

/// A container; dropped, all of it is killed.
pub(super) struct Sandbox {
    holder: Child,
    pid: u32,
    _template: tempfile::TempDir,
}

/// A step that says `running` and ends when the sandbox is told to [`go_on`](Sandbox::go_on).
pub(super) const STAYS: &str = "echo running; until [ -e /dev/shm/go-on ]; do sleep 0.05; done";

/// The static busybox of this machine, or the one that the environment names.
fn busybox() -> Option<PathBuf> {
    let named = std::env::var_os("KANIKO_BUILD_TEST_BUSYBOX").map(PathBuf::from);
    let places = ["/bin/busybox", "/usr/bin/busybox"].map(PathBuf::from);
    named.into_iter().chain(places).find(|path| {
        fs::read(path).is_ok_and(|bytes| {
            let head = &bytes[..bytes.len().min(4096)];
            !head.windows(4).any(|window| window == b"/ld-")
        })
    })
}

impl Sandbox {
    /// The usual one, or nothing where this machine cannot have any; the reason is printed.
    /// `KANIKO_BUILD_TEST_SANDBOX` in the environment makes a failure of that.
    pub(super) fn new() -> Option<Self> {
        Self::shaped(&Shape::default())
    }

    pub(super) fn shaped(shape: &Shape) -> Option<Self> {
        let skipped = |why: &str| {
            let must = std::env::var_os("KANIKO_BUILD_TEST_SANDBOX").is_some();
            assert!(!must, "there is no sandbox here: {why}");
            // Past the test harness, which shows nothing of a test that passes.
            let test = std::thread::current().name().unwrap_or("a test").to_owned();
            let _ = writeln!(std::io::stderr(), "left out: {test}: {}", why.trim());
            None
        };
        let Some(busybox) = busybox() else { return skipped("there is no static busybox") };
        let template = tempfile::tempdir().unwrap();
        lay_out(template.path(), &busybox);
        let script = format!(
            r#"set -e
read -r pid rest </proc/self/stat
mount -t tmpfs{room} none "$1/memory"
cd "$1/memory" && mkdir upper work root
mount -t overlay overlay -o "lowerdir=$1/lower,upperdir=upper,workdir=work" root
cd root && mkdir -p proc dev .old
mount -t proc proc proc
mount -t tmpfs none dev
for node in null zero full random urandom; do : >dev/$node; mount --bind /dev/$node dev/$node; done
mkdir dev/shm && mount -t tmpfs none dev/shm
{volume}
{before}
echo "$pid"
pivot_root . .old
cd / && exec /busybox/sh -c '/busybox/umount -l /.old; /busybox/rmdir /.old; echo ready; {first}' </dev/null 2>/dev/null"#,
            room = shape.room.map(|room| format!(" -o size={room}")).unwrap_or_default(),
            volume = if shape.busybox_on_root {
                ""
            } else {
                "mkdir ../volume && cp -a busybox/. ../volume/ && mount --bind ../volume busybox"
            },
            before = shape.before,
            first = shape
                .first
                .unwrap_or("trap \"exit 0\" TERM; while :; do /busybox/sleep 1000 & wait $!; done"),
        );
        let mut holder = Command::new("unshare")
            .args(["--mount", "--ipc", "--uts", "--fork", "--kill-child=KILL"])
            .args((!shape.machines_processes).then_some("--pid"))
            .args(["sh", "-c", &script, "sandbox"])
            .arg(template.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines();
        let pid = lines.next().and_then(Result::ok);
        let ready = lines.next().and_then(Result::ok);
        if ready.as_deref() != Some("ready") {
            let _ = holder.kill();
            let output = holder.wait_with_output().unwrap();
            return skipped(&String::from_utf8_lossy(&output.stderr));
        }
        let pid = pid.unwrap().parse().unwrap();
        Some(Self { holder, pid, _template: template })
    }

    /// The command of a transport: a shell in the sandbox, as `cf ssh` starts it.
    pub(super) fn command(&self) -> process::Command {
        self.shell("/bin/sh")
    }

    /// The same with `filter`, a shell command, between us and the sandbox's input.
    pub(super) fn behind(&self, filter: &str) -> process::Command {
        process::Command::new("sh").arguments(["-c", &self.behind_script(filter)])
    }

    /// A script for `sh -c` that does so with its first argument as the command.
    pub(super) fn behind_script(&self, filter: &str) -> String {
        let pid = self.pid;
        format!(
            "{filter} | env -i PATH=/bin:/usr/bin nsenter -t {pid} -m -p -i -u -r -w/ -- \
             /bin/sh -c \"$0\""
        )
    }

    pub(super) fn shell(&self, shell: &str) -> process::Command {
        let pid = self.pid.to_string();
        process::Command::new("nsenter")
            .arguments(["-t", &pid, "-m", "-p", "-i", "-u", "-r", "-w/", "--", shell, "-c"])
            .clear_environment()
            .set("PATH", "/bin:/usr/bin:/usr/sbin")
    }

    /// What a shell command in the sandbox prints, its error output included.
    pub(super) fn ask(&self, script: &str) -> String {
        self.ask_with(script, &[])
    }

    /// The same with arguments, from `$0` on.
    pub(super) fn ask_with(&self, script: &str, arguments: &[&str]) -> String {
        let pid = self.pid.to_string();
        let output = Command::new("nsenter")
            .args(["-t", &pid, "-m", "-p", "-i", "-u", "-r", "-w/", "--"])
            .args(["/kaniko/stand-in/busybox", "sh", "-c", script])
            .args(arguments)
            .env_clear()
            .env("PATH", "/kaniko/stand-in:/usr/bin")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr)
    }

    /// Lets the step [`STAYS`] end.
    pub(super) fn go_on(&self) {
        self.ask(": >/dev/shm/go-on");
    }

    /// Starts a process whose program is /kaniko/executor, as somebody may do by hand, and
    /// returns as soon as it runs; [`Self::end_by_hand`] ends it.
    pub(super) fn start_by_hand(&self) {
        self.ask(
            "cd /kaniko; mv executor real; cp stand-in/busybox executor
             (setsid sh -c 'echo $$ >/dev/shm/by-hand; exec -a busybox /kaniko/executor sleep 1000' \
               >/dev/null 2>&1 &)
             until readlink /proc/$(cat /dev/shm/by-hand)/exe | grep -q /kaniko/executor; do sleep 0.05; done
             mv real executor",
        );
    }

    pub(super) fn end_by_hand(&self) {
        self.ask("kill $(cat /dev/shm/by-hand)");
    }

    /// Every file in it but those on mounts that are not its root: kind, mode, owner, size or
    /// target, name, and a checksum. Without what is ours in /kaniko, and the stand-in's tools.
    pub(super) fn listing(&self) -> String {
        self.ask(
            "find / -xdev ! -path '/kaniko/.kaniko-build*' ! -path '/kaniko/stand-in/*' | sort | while read -r f; do \
             [ -L \"$f\" ] && t=$(readlink \"$f\") || t=$([ -f \"$f\" ] && sha256sum <\"$f\"); \
             echo \"$(stat -c '%A %u:%g' \"$f\") $f $t\"; done; ls -A /dev/shm",
        )
    }

    /// The processes in it but its first, that one's pause and the one that asks: the
    /// beginnings of their command lines, sorted.
    pub(super) fn processes(&self) -> Vec<String> {
        let lines = self.ask(
            "for p in /proc/[0-9]*; do case $p in /proc/1 | /proc/$$) continue ;; esac; \
             c=$(tr '\\0\\n' '  ' <$p/cmdline | cut -c 1-80); [ -z \"$c\" ] || echo \"$c\"; done 2>/dev/null",
        );
        let mut lines: Vec<String> = lines.lines().map(|line| line.trim_end().to_owned()).collect();
        lines.retain(|line| line != "/busybox/sleep 1000");
        lines.sort();
        lines
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// The root of Kaniko's debug image, with a stand-in for the executor.
fn lay_out(template: &Path, busybox: &Path) {
    let lower = template.join("lower");
    for dir in [
        "busybox",
        "bin",
        "etc",
        "workspace",
        "kaniko/stand-in",
        "kaniko/.docker",
        "kaniko/ssl/certs",
    ] {
        fs::create_dir_all(lower.join(dir)).unwrap();
    }
    fs::create_dir(template.join("memory")).unwrap();
    fs::set_permissions(lower.join("kaniko"), PermissionsExt::from_mode(0o777)).unwrap();
    fs::write(lower.join("etc/nsswitch.conf"), "hosts: files dns\n").unwrap();
    fs::write(lower.join("etc/group"), "root:x:0:\n").unwrap();
    fs::write(lower.join("kaniko/ssl/certs/ca-certificates.crt"), "certificates\n").unwrap();
    symlink("/busybox/sh", lower.join("bin/sh")).unwrap();
    for place in ["busybox", "kaniko/stand-in"] {
        fs::copy(busybox, lower.join(place).join("busybox")).unwrap();
        let tools = Command::new(busybox).arg("--list").output().unwrap();
        for tool in
            String::from_utf8(tools.stdout).unwrap().lines().filter(|tool| *tool != "busybox")
        {
            symlink("busybox", lower.join(place).join(tool)).unwrap();
        }
    }
    let executor = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stand-in/executor");
    fs::copy(executor, lower.join("kaniko/executor")).unwrap();
}
