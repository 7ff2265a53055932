//! How a run of the program ended, and what its fakes were sent.

use std::{
    fs,
    io::Read,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::ExitStatus,
    rc::Rc,
};

use crate::sandbox;

/// A run that has ended.
#[derive(Debug)]
pub(crate) struct Ran {
    root: Rc<tempfile::TempDir>,
    status: ExitStatus,
    stdout: String,
    stdout_bytes: Vec<u8>,
    stderr: String,
}

impl Ran {
    pub(crate) fn new(root: Rc<tempfile::TempDir>, status: ExitStatus) -> Self {
        let read = |name: &str| fs::read(root.path().join(name)).expect("its output");
        let stdout_bytes = read("stdout");
        let stdout = String::from_utf8_lossy(&stdout_bytes).into_owned();
        let stderr = String::from_utf8_lossy(&read("stderr")).into_owned();
        Self { root, status, stdout, stdout_bytes, stderr }
    }

    /// It ended with this exit code.
    #[track_caller]
    pub(crate) fn code(&self, code: i32) -> &Self {
        assert_eq!(
            self.status.code(),
            Some(code),
            "signal {:?}\n--- stdout\n{}--- stderr\n{}",
            self.status.signal(),
            self.stdout,
            self.stderr
        );
        self
    }

    /// Its exit code; 128 + n for a signal.
    pub(crate) fn ended_with(&self) -> i32 {
        let signal = self.status.signal().map_or(0, |signal| 128 + signal);
        self.status.code().unwrap_or(signal)
    }

    /// Whether it ended with 0; what it told on stderr where not.
    pub(crate) fn succeeded(&self) -> Result<(), &str> {
        if self.status.success() { Ok(()) } else { Err(&self.stderr) }
    }

    /// This is all of its stdout, but for the end of the last line.
    #[track_caller]
    pub(crate) fn stdout(&self, text: &str) -> &Self {
        let told = whole(self.shown(&self.stdout));
        assert!(told == text, "stdout is\n{told}\nnot\n{text}\n--- stderr\n{}", self.stderr);
        self
    }

    /// This is all of its stderr, but for the end of the last line, with `[DIR]` for the project's
    /// directory, `[TMP]` for the one of temporary files, `[TIME]` and `[SIZE]` for what the
    /// closing table measures.
    #[track_caller]
    pub(crate) fn stderr(&self, text: &str) -> &Self {
        let told = whole(self.shown(&self.stderr));
        assert!(told == text, "stderr is\n{told}\nnot\n{text}");
        self
    }

    /// This is somewhere in its stdout.
    #[track_caller]
    pub(crate) fn stdout_contains(&self, text: &str) -> &Self {
        let told = self.shown(&self.stdout);
        assert!(told.contains(text), "stdout is\n{told}\nand does not hold\n{text}");
        self
    }

    /// This is somewhere in its stderr.
    #[track_caller]
    pub(crate) fn stderr_contains(&self, text: &str) -> &Self {
        let told = self.shown(&self.stderr);
        assert!(told.contains(text), "stderr is\n{told}\nand does not hold\n{text}");
        self
    }

    /// This is nowhere, neither on stdout nor on stderr.
    #[track_caller]
    pub(crate) fn never_tells(&self, text: &str) -> &Self {
        let told = format!("--- stdout\n{}--- stderr\n{}", self.stdout, self.stderr);
        assert!(!told.contains(text), "`{text}` is in\n{told}");
        self
    }

    /// Its stderr, as [`Self::stderr`] compares it.
    pub(crate) fn tells(&self) -> String {
        whole(self.shown(&self.stderr))
    }

    /// Its stdout, which need not be text.
    pub(crate) fn told_bytes(&self) -> &Vec<u8> {
        &self.stdout_bytes
    }

    /// Its stdout.
    pub(crate) fn told(&self) -> &str {
        &self.stdout
    }

    /// The lines of its stdout.
    pub(crate) fn results(&self) -> Vec<&str> {
        self.stdout.lines().collect()
    }

    /// What the fake `name` was called with.
    #[track_caller]
    pub(crate) fn sent_to(&self, name: &str) -> Calls {
        sandbox::calls(self.root.path(), name)
    }

    /// Paths of what is left in `TMPDIR`, relative to it and sorted.
    pub(crate) fn left_behind(&self) -> Vec<PathBuf> {
        let top = self.root.path().join("tmp");
        let mut left: Vec<_> = fs::read_dir(&top)
            .expect("it is there")
            .map(|entry| entry.expect("an entry").file_name().into())
            .collect();
        left.sort();
        left
    }

    /// A file of the project.
    pub(crate) fn file(&self, path: &str) -> String {
        let path = self.root.path().join("work").join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Each build's name, result and cause, as the JSON report `build.json` has them.
    pub(crate) fn reported(&self) -> Vec<String> {
        let json: serde_json::Value = serde_json::from_str(&self.file("build.json")).expect("JSON");
        let builds = json["builds"].as_array().expect("builds").iter();
        let line = |build: &serde_json::Value| {
            let text = |key: &str| build[key].as_str().unwrap_or("-").to_owned();
            format!("{}: {}: {}", text("name"), text("result"), text("cause"))
        };
        builds.map(line).collect()
    }

    /// Permission bits of a file of the project.
    pub(crate) fn mode(&self, path: &str) -> u32 {
        use std::os::unix::fs::PermissionsExt;
        let path = self.root.path().join("work").join(path);
        fs::metadata(path).expect("it is there").permissions().mode() & 0o7777
    }

    fn shown(&self, text: &str) -> String {
        let root = self.root.path().display().to_string();
        let text =
            text.replace(&format!("{root}/work"), "[DIR]").replace(&format!("{root}/tmp"), "[TMP]");
        let mut lines: Vec<String> = Vec::new();
        let mut table = false;
        for line in text.split('\n') {
            table |= line.starts_with("build ") && line.contains("digest or cause");
            lines.push(if table { cells(line) } else { line.to_owned() });
        }
        lines.join("\n")
    }
}

/// Without the end of the last line, which must be there.
fn whole(text: String) -> String {
    match text.strip_suffix('\n') {
        Some(text) => text.to_owned(),
        None if text.is_empty() => text,
        None => format!("{text}[no end of line]"),
    }
}

/// A row of the closing table with two spaces between its cells, times and sizes by name.
fn cells(line: &str) -> String {
    let is_time = |word: &str| {
        word.strip_suffix(['s', 'm', 'h']).is_some_and(|number| number.parse::<f64>().is_ok())
    };
    let cell = |cell: &str| match cell.trim().split_once(' ') {
        _ if cell.split_whitespace().all(is_time) => "[TIME]".to_owned(),
        Some((number, "B" | "KiB" | "MiB")) if number.parse::<f64>().is_ok() => "[SIZE]".to_owned(),
        _ => cell.trim().to_owned(),
    };
    line.split("  ").filter(|part| !part.trim().is_empty()).map(cell).collect::<Vec<_>>().join("  ")
}

/// One call of a fake.
#[derive(Debug)]
pub(crate) struct Call {
    /// Its arguments.
    pub(crate) argv: Vec<String>,
    /// Names of the variables it had.
    pub(crate) names: Vec<String>,
    /// All that it was sent.
    pub(crate) stdin: Vec<u8>,
}

/// All calls of a fake, in order.
#[derive(Debug)]
pub(crate) struct Calls(Vec<Call>);

impl Calls {
    pub(crate) fn read(directories: impl Iterator<Item = PathBuf>) -> Self {
        Self(directories.map(|directory| call(&directory)).collect())
    }

    /// Each call's arguments, joined by spaces.
    pub(crate) fn argvs(&self) -> Vec<String> {
        self.0.iter().map(|call| call.argv.join(" ")).collect()
    }

    /// The first word of each call.
    pub(crate) fn verbs(&self) -> Vec<&str> {
        self.0.iter().map(|call| call.argv.first().map_or("", String::as_str)).collect()
    }

    /// The calls whose first word this is.
    pub(crate) fn of(&self, verb: &str) -> Vec<&Call> {
        self.0.iter().filter(|call| call.argv.first().is_some_and(|word| word == verb)).collect()
    }

    /// Entries of the bundle that the first `cp - NAME:PATH` brought.
    pub(crate) fn entries(&self) -> Vec<String> {
        let far = self.far_files();
        let (_, bundle) = far
            .iter()
            .find(|(path, _)| path.ends_with("bundle.tgz"))
            .expect("a bundle is among what was copied in");
        let mut archive = tar::Archive::new(flate2::read::MultiGzDecoder::new(bundle.as_slice()));
        let entries = archive.entries().expect("the bundle is an archive");
        entries
            .map(|entry| {
                let entry = entry.expect("a whole entry");
                String::from_utf8_lossy(&entry.path_bytes()).into_owned()
            })
            .collect()
    }

    /// Files of the first archive that was copied in, by path below `/kaniko`.
    pub(crate) fn far_files(&self) -> Vec<(String, Vec<u8>)> {
        let copied = self
            .0
            .iter()
            .find(|call| call.argv.first().is_some_and(|word| word == "cp") && call.argv[1] == "-");
        let copied = copied.expect("something was copied in");
        let mut archive = tar::Archive::new(copied.stdin.as_slice());
        let mut files = Vec::new();
        for entry in archive.entries().expect("it is an archive") {
            let mut entry = entry.expect("a whole entry");
            if entry.header().entry_type().is_file() {
                let path = entry.path().expect("a path").display().to_string();
                let mut content = Vec::new();
                entry.read_to_end(&mut content).expect("its content");
                files.push((path, content));
            }
        }
        files
    }
}

fn call(directory: &Path) -> Call {
    let read = |name: &str| fs::read(directory.join(name)).unwrap_or_default();
    let argv = read("argv");
    let mut argv: Vec<_> =
        argv.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into()).collect();
    argv.pop();
    let names = String::from_utf8_lossy(&read("names")).lines().map(str::to_owned).collect();
    Call { argv, names, stdin: read("stdin") }
}
