//! Wrong files, each with all that is told of it: `tests/corpus/wrong`, which its README explains,
//! and doubtful ones, of which only is warned: `tests/corpus/doubtful`.
//!
//! `KANIKO_BUILD_WRITE=1 cargo test --test it wrong::` writes what is told now: read it then.

use std::{fmt::Write as _, fs, path::PathBuf};

use crate::{ran::Ran, reference::writes, repository, sandbox::Sandbox, schemas};

/// A file with its settings, and what is told.
struct Case {
    path: PathBuf,
    /// The file.
    text: String,
    /// What stands before what is told: `#$ ` and a setting each.
    settings: Vec<String>,
    told: String,
}

/// What begins a line that sets something, and one of what is told.
const MARKS: [&str; 2] = ["#$", "#>"];

impl Case {
    fn read(path: PathBuf) -> Self {
        let whole = fs::read_to_string(&path).expect("a case");
        let of = |mark: &str| -> Vec<String> {
            let lines = whole.lines().filter_map(|line| line.strip_prefix(mark));
            lines.map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned()).collect()
        };
        let [settings, told] = MARKS.map(of);
        let is_marked = |line: &&str| MARKS.iter().any(|mark| line.starts_with(mark));
        let text: String =
            whole.split_inclusive('\n').take_while(|line| !is_marked(line)).collect();
        Self { path, text, settings, told: told.join("\n") }
    }

    fn all() -> Vec<Self> {
        Self::below("tests/corpus/wrong")
    }

    fn below(directory: &str) -> Vec<Self> {
        let directory = repository::path(directory);
        let entries = fs::read_dir(directory).expect("the cases are there");
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        paths.sort();
        paths.into_iter().map(Self::read).collect()
    }

    /// What the program tells of it, which ends with 2 and has no result.
    fn tells(&self) -> String {
        let run = self.run();
        match run.succeeded() {
            Ok(()) => "no mistakes at all".to_owned(),
            Err(_) => run.code(2).stdout("").tells(),
        }
    }

    /// What the program warns of, which ends with 0.
    fn warns(&self) -> String {
        self.run().code(0).tells()
    }

    fn run(&self) -> Ran {
        let mut sandbox = Sandbox::new().file("Dockerfile", "FROM scratch\n");
        if !self.text.is_empty() {
            sandbox = sandbox.config(&self.text);
        }
        let mut arguments = vec!["check".to_owned()];
        for setting in &self.settings {
            let (word, rest) = setting.split_once(' ').unwrap_or((setting, ""));
            match word {
                "set" => arguments.extend(["--set".to_owned(), rest.to_owned()]),
                "run" => arguments = repository::words(rest),
                "with" => arguments.extend(repository::words(rest)),
                "env" => {
                    let (name, value) = rest.split_once('=').expect("NAME=VALUE");
                    sandbox = sandbox.env(name, value);
                }
                "file" => {
                    let (path, content) = rest.split_once(": ").unwrap_or((rest, ""));
                    sandbox = sandbox.file(path, content.replace("\\n", "\n"));
                }
                "schema" => {}
                other => panic!("{}: `{other}` is no setting", self.path.display()),
            }
        }
        sandbox.run(arguments)
    }

    /// Whether the schema of the file finds it wrong as well.
    fn is_refused_by_the_schema(&self) -> bool {
        self.settings.iter().any(|setting| setting == "schema refuses")
    }

    fn write(&self, told: &str) {
        let mut text = self.text.clone();
        for setting in &self.settings {
            let _ = writeln!(text, "#$ {setting}");
        }
        for line in told.lines() {
            text.push_str(format!("#> {line}").trim_end());
            text.push('\n');
        }
        fs::write(&self.path, text).expect("the case can be written");
    }

    /// What is wrong with what is `told`.
    fn judged(&self, told: &str) -> Option<String> {
        if writes() {
            self.write(told);
            return None;
        }
        let is_wrong = told != self.told;
        is_wrong.then(|| format!("== {}: told is\n{told}\nnot\n{}\n", self.name(), self.told))
    }

    fn name(&self) -> String {
        self.path.file_stem().expect("a name").to_string_lossy().into_owned()
    }
}

#[test]
fn of_every_wrong_file_exactly_what_helps_is_told() {
    let cases = Case::all();
    assert!(cases.len() >= 150, "there are {}", cases.len());
    let judge = |cases: &[Case]| -> Vec<String> {
        cases.iter().filter_map(|case| case.judged(&case.tells())).collect()
    };
    let (one, other) = cases.split_at(cases.len() / 2);
    let wrong = std::thread::scope(|scope| {
        let one = scope.spawn(|| judge(one));
        let other = judge(other);
        [one.join().expect("its half"), other].concat()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn of_every_doubtful_file_exactly_what_helps_is_told() {
    let cases = Case::below("tests/corpus/doubtful");
    assert!(!cases.is_empty(), "there are none");
    let wrong: Vec<_> = cases.iter().filter_map(|case| case.judged(&case.warns())).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_mistake_has_a_place_and_none_speaks_of_our_own_affairs() {
    const OURS: [&str; 14] = [
        "Option<",
        "Some(",
        "None",
        "Err(",
        "::",
        "usize",
        "u64",
        "i64",
        "Vec<",
        "toml::",
        "minijinja",
        "panicked",
        "unwrap",
        "os error",
    ];
    for case in Case::all() {
        let name = case.name();
        for mistake in case.told.split("error: ").skip(1) {
            let is_of_the_command_line = case.settings.iter().any(|it| it.starts_with("run "));
            assert!(mistake.contains("--> ") || is_of_the_command_line, "{name}: {mistake}");
        }
        assert!(!case.told.contains("hunter2"), "{name}: a secret in {}", case.told);
        // What stands before a second file.
        let told = case.told.replace(" ::: ", " --> ");
        for word in OURS {
            assert!(!told.contains(word), "{name}: `{word}` in {told}");
        }
    }
}

/// The name and text of each wrong file, and whether it is wrong in its form: what the schema
/// refuses, or no TOML.
pub(crate) fn forms() -> Vec<(String, String, bool)> {
    let form = |case: Case| {
        let is_toml = toml::from_str::<toml::Table>(&case.text).is_ok();
        (case.name(), case.text.clone(), !is_toml || case.is_refused_by_the_schema())
    };
    Case::all().into_iter().map(form).collect()
}

#[test]
fn the_schema_refuses_what_is_wrong_in_its_form_and_takes_the_rest() {
    let Some(judge) = schemas::Judge::open("kaniko") else { return };
    let (mut cases, mut files) = (Vec::new(), Vec::new());
    for case in Case::all() {
        // What is no TOML has no form yet.
        if let Ok(file) = toml::from_str(&case.text) {
            files.push(file);
            cases.push(case);
        }
    }
    let mut wrong = Vec::new();
    for (case, said) in cases.iter().zip(judge.says_of_each(&files)) {
        if said.is_empty() == case.is_refused_by_the_schema() {
            wrong.push(format!("{}: {said:?}", case.name()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
