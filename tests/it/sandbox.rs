//! A place to run the program in: a directory, an environment made from nothing, and fakes.
//!
//! Nothing of the machine gets in but what a test asks for: `PATH` holds fakes alone, `HOME`
//! and `TMPDIR` are directories of the sandbox, and no variable of the caller is passed on.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fs,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    rc::Rc,
    time::{Duration, Instant},
};

use crate::{
    fake::Fake,
    machine,
    ran::{Calls, Ran},
};

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_kaniko-build");

/// A user with no rights of its own.
const NOBODY: u32 = 65534;

/// How long anything may take before a test gives up, far beyond what it needs.
const PATIENCE: Duration = Duration::from_mins(2);

/// A directory with a project, a home and fakes; removed with the last that holds it.
#[derive(Debug, Clone)]
pub(crate) struct Sandbox {
    root: Rc<tempfile::TempDir>,
    variables: BTreeMap<OsString, OsString>,
    /// The user to run as, where it is another.
    user: Option<u32>,
    /// The threads that this user may have.
    threads: Option<u32>,
}

impl Sandbox {
    /// Empty: no config, no file, no fake.
    pub(crate) fn new() -> Self {
        let root = tempfile::Builder::new().prefix("kb").tempdir().expect("a directory");
        for name in ["work", "home", "bin", "tmp", "calls", "state"] {
            fs::create_dir(root.path().join(name)).expect("a directory in it");
        }
        let at = |name: &str| root.path().join(name).into_os_string();
        let variables =
            [("PATH".into(), at("bin")), ("HOME".into(), at("home")), ("TMPDIR".into(), at("tmp"))];
        Self {
            variables: BTreeMap::from(variables),
            root: Rc::new(root),
            user: None,
            threads: None,
        }
    }

    /// `kaniko.toml` of the project.
    pub(crate) fn config(self, text: &str) -> Self {
        self.file("kaniko.toml", text)
    }

    /// A file of the project, with the directories above it.
    pub(crate) fn file(self, path: impl AsRef<OsStr>, content: impl AsRef<[u8]>) -> Self {
        let path = self.path(path.as_ref());
        fs::create_dir_all(path.parent().expect("it is in a directory")).expect("its directory");
        fs::write(path, content).expect("the file");
        self
    }

    /// An empty directory of the project.
    pub(crate) fn directory(self, path: &str) -> Self {
        fs::create_dir_all(self.path(path)).expect("the directory");
        self
    }

    /// A variable of the program's environment.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.variables.insert(name.into(), value.as_ref().to_owned());
        self
    }

    /// A program on `PATH` that plays its part and keeps what it was called with.
    pub(crate) fn fake(self, name: &str, fake: Fake) -> Self {
        let calls = self.root.path().join("calls").join(name);
        fs::create_dir(&calls).expect("a directory for its calls");
        let path = self.root.path().join("bin").join(name);
        fs::write(&path, fake.script(&calls, &self.state())).expect("its script");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("its mode");
        self
    }

    /// The machine's own programs too, behind the fakes.
    pub(crate) fn with_the_machines_programs(self) -> Self {
        let mut path = self.variables[OsStr::new("PATH")].clone();
        path.push(":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        self.env("PATH", path)
    }

    /// Runs the program as a user to whom permissions mean something, which root is not.
    pub(crate) fn with_an_ordinary_user(self) -> Self {
        if machine::is_root() { self.with_user(NOBODY) } else { self }
    }

    /// Runs the program as a user of its own who may have so many threads; only root may ask that.
    pub(crate) fn with_few_threads(self, user: u32, threads: u32) -> Self {
        Self { threads: Some(threads), ..self.with_user(user) }
    }

    fn with_user(self, user: u32) -> Self {
        own(self.root.path(), user);
        let program = self.root.path().join("program");
        // The program itself may be where only root can go. Whoever copies it starts nothing
        // meanwhile: what is open for writing in any program can't be started.
        let made = if is_for_all(Path::new(PROGRAM)) {
            std::os::unix::fs::symlink(PROGRAM, program).is_ok()
        } else {
            let copied = Command::new("cp").arg(PROGRAM).arg(program).status();
            copied.is_ok_and(|status| status.success())
        };
        assert!(made, "a copy of the program");
        Self { user: Some(user), ..self }
    }

    /// `path` of the project, absolute.
    pub(crate) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.path().join("work").join(path)
    }

    /// A fake, by its path.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.root.path().join("bin").join(name)
    }

    /// As if the fake `name` had not been called yet.
    pub(crate) fn forget_calls(&self, name: &str) {
        let calls = self.root.path().join("calls").join(name);
        fs::remove_dir_all(&calls).expect("they are there");
        fs::create_dir(&calls).expect("a directory for its calls");
    }

    /// Waits until `it` is so.
    pub(crate) fn patiently(&self, what: &str, it: impl Fn() -> bool) {
        let start = Instant::now();
        while !it() {
            assert!(
                start.elapsed() < PATIENCE,
                "in vain: {what}, in {}",
                self.root.path().display()
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// The directory in which fakes keep what they have been told.
    pub(crate) fn state(&self) -> PathBuf {
        self.root.path().join("state")
    }

    /// Another program, to be run in the project with the environment of the one under test.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.path("")).env_clear().envs(&self.variables);
        command.stdin(Stdio::null());
        command
    }

    /// Runs the program in the project, to its end.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Ran {
        self.start(arguments).end()
    }

    /// Runs a script in the project, with the program under test and the machine's behind the
    /// fakes.
    pub(crate) fn sh(&self, script: &str) -> Ran {
        self.start_sh(script).end()
    }

    /// Starts a script as [`Self::sh`] runs it.
    pub(crate) fn start_sh(&self, script: &str) -> Started {
        let path = self.root.path().join("script");
        fs::write(&path, script).expect("a file for the script");
        let programs = Path::new(PROGRAM).parent().expect("it is in a directory").display();
        let with = self.clone().with_the_machines_programs();
        let behind = with.variables[OsStr::new("PATH")].to_string_lossy().into_owned();
        // Before the machine's, which may have a kaniko-build of its own.
        let fakes = self.root.path().join("bin").display().to_string();
        let with = with.env("PATH", format!("{fakes}:{programs}:{behind}"));
        let mut command = Command::new("/bin/sh");
        command.arg(path);
        with.launch(command)
    }

    /// Starts the program in the project.
    pub(crate) fn start<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Started {
        let mut command = match self.user {
            Some(user) => {
                let program = self.root.path().join("program");
                let mut command = match self.threads {
                    Some(threads) => {
                        let script = format!("ulimit -p {threads} && exec \"$0\" \"$@\"");
                        let mut command = Command::new("/bin/sh");
                        command.arg("-c").arg(script).arg(program);
                        command
                    }
                    None => Command::new(program),
                };
                command.uid(user).gid(user);
                command
            }
            None => Command::new(PROGRAM),
        };
        command.args(arguments);
        self.launch(command)
    }

    fn launch(&self, mut command: Command) -> Started {
        let output = |name: &str| {
            let file = fs::File::create(self.root.path().join(name)).expect("a file for output");
            Stdio::from(file)
        };
        let child = command
            .current_dir(self.path(""))
            .env_clear()
            .envs(&self.variables)
            .stdin(Stdio::null())
            .stdout(output("stdout"))
            .stderr(output("stderr"))
            .process_group(0)
            .spawn()
            .expect("the program under test starts");
        Started { child, root: Rc::clone(&self.root) }
    }
}

/// Whether anybody may go there.
fn is_for_all(path: &Path) -> bool {
    let open = |path: &Path| fs::metadata(path).is_ok_and(|it| it.permissions().mode() & 1 == 1);
    path.ancestors().all(open)
}

/// Gives all of a tree to a user.
fn own(path: &Path, user: u32) {
    std::os::unix::fs::lchown(path, Some(user), Some(user)).expect("root may");
    if path.is_dir() && !path.is_symlink() {
        for entry in fs::read_dir(path).expect("root may read it") {
            own(&entry.expect("an entry").path(), user);
        }
    }
}

/// A program that runs.
#[derive(Debug)]
pub(crate) struct Started {
    child: Child,
    root: Rc<tempfile::TempDir>,
}

impl Started {
    /// Waits until there is a file of this name among the fakes' state.
    pub(crate) fn until(&mut self, name: &str) -> &mut Self {
        let path = self.root.path().join("state").join(name);
        let start = Instant::now();
        while !path.exists() {
            let ended = self.child.try_wait().expect("it can be asked");
            assert!(ended.is_none(), "it ended before there was `{name}`: {}", self.told());
            assert!(start.elapsed() < PATIENCE, "there is no `{name}`: {}", self.told());
            std::thread::sleep(Duration::from_millis(20));
        }
        self
    }

    /// Waits until it has told this on stderr.
    pub(crate) fn until_told(&mut self, text: &str) -> &mut Self {
        let start = Instant::now();
        while !self.told().contains(text) {
            let ended = self.child.try_wait().expect("it can be asked");
            assert!(ended.is_none(), "it ended before it told `{text}`: {}", self.told());
            assert!(start.elapsed() < PATIENCE, "it never told `{text}`: {}", self.told());
            std::thread::sleep(Duration::from_millis(20));
        }
        self
    }

    /// Kills it, and it alone, without a warning.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it still runs");
        self.child.wait().expect("it ends");
    }

    /// Sends it SIGTERM.
    pub(crate) fn terminate(&mut self) -> &mut Self {
        self.signal(rustix::process::Signal::TERM)
    }

    /// Sends it this signal, and it alone.
    pub(crate) fn signal(&mut self, signal: rustix::process::Signal) -> &mut Self {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, signal).expect("it still runs");
        self
    }

    /// Waits for its end.
    pub(crate) fn end(&mut self) -> Ran {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it can be asked") {
                break status;
            }
            if start.elapsed() > PATIENCE {
                let _ = self.child.kill();
                panic!("it does not end: {}", self.told());
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        Ran::new(Rc::clone(&self.root), status)
    }

    fn told(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.root.path().join("stderr")).unwrap_or_default())
            .into_owned()
    }
}

/// What was sent to a fake, by the sandbox's directory.
pub(crate) fn calls(root: &Path, name: &str) -> Calls {
    let directory = root.join("calls").join(name);
    let mut numbers: Vec<u32> = fs::read_dir(&directory)
        .unwrap_or_else(|_| panic!("there is no fake `{name}`"))
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| String::from_utf8_lossy(name.as_bytes()).parse().expect("a number"))
        .collect();
    numbers.sort_unstable();
    Calls::read(numbers.into_iter().map(|number| directory.join(number.to_string())))
}
