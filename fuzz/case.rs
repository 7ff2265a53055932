//! One input of the fuzzer: a file, and what is laid over it.
//!
//! As in `tests/corpus/wrong`: up to the first line that begins with `#$` the input is the file.
//! After it each such line is a setting: `#$ set KEY=VALUE`, `#$ env NAME=VALUE`,
//! `#$ with --profile NAME`. The tests replay the corpus with the same code.

use std::{path::PathBuf, sync::Arc};

use kaniko_build::{
    ci::{Imagined, Provider, RunsFor},
    config::{Config, Layers, Mistakes},
    plan::{self, Draft, Facts, Machine, Wanted},
    report::{self, snippet},
    secret::Redactor,
    transport::container,
};

/// What begins a line that sets something.
const MARK: &str = "#$ ";

/// A repository that every input is read in.
pub(crate) struct Project {
    directory: tempfile::TempDir,
}

impl Project {
    /// With a Dockerfile, a directory of services with one that can be included, and a text.
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        for (path, text) in [
            (".git/HEAD", "ref: refs/heads/main\n"),
            ("Dockerfile", "ARG BASE=alpine\nFROM ${BASE} AS run\nCOPY . /\n"),
            ("name.txt", "api\n"),
            ("services/api/Dockerfile", "FROM scratch\n"),
            ("services/api/kaniko.toml", "version = 1\n[defaults]\nretry = 1\n[builds.api]\n"),
            ("services/web/kaniko.toml", "[builds.web]\nlabels = { a = 1 }\n"),
        ] {
            let path = directory.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            std::fs::write(path, text).expect("a file");
        }
        Self { directory }
    }

    /// The program's whole way from `input` to what it shows: whether there is a plan.
    pub(crate) fn takes(&self, input: &str) -> bool {
        let start = if input.starts_with(MARK) {
            0
        } else {
            input.find("\n#$ ").map_or(input.len(), |end| end + 1)
        };
        let (text, settings) = input.split_at(start);
        let runs_for = Some(RunsFor::Branch("main".to_owned()));
        let imagined = Imagined::new(Provider::GitLab, runs_for, None).expect("a pipeline");
        let mut environment = imagined.environment();
        let (mut sets, mut profile) = (Vec::new(), None);
        for line in settings.lines().filter_map(|line| line.strip_prefix(MARK)) {
            match line.split_once(' ') {
                Some(("set", set)) => sets.push(set.to_owned()),
                Some(("with", option)) => profile = option.strip_prefix("--profile "),
                Some(("env", variable)) => {
                    if let Some((name, value)) = variable.split_once('=') {
                        environment.insert(name.to_owned(), value.to_owned());
                    }
                }
                _ => {}
            }
        }
        let path: PathBuf = self.directory.path().join("kaniko.toml");
        let layers = Layers {
            path: Some(&path),
            label: "kaniko.toml",
            text,
            environment: &environment,
            sets: &sets,
            profile,
            member: None,
        };
        let facts = Facts {
            environment: Arc::new(environment.clone()),
            current: self.directory.path(),
            ci: Arc::new(imagined.ci(environment.clone())),
            read_file: Some(Arc::new(|name: &str, _| Ok(name.as_bytes().to_vec()))),
            machine: &|| Machine { kaniko: false, engine: Some(container::Kind::Docker) },
        };
        let drafted = |config: &Config| match plan::draft(config, &facts, Wanted::default()) {
            Ok(draft) => draft.mistakes,
            Err(_) => Vec::new(),
        };
        match Config::load_with(layers, drafted) {
            Ok(config) => planned(&config, &facts),
            Err(mistakes) => {
                told(&mistakes);
                false
            }
        }
    }
}

/// Whether there is a plan; it is shown in each way that there is.
fn planned(config: &Config, facts: &Facts<'_>) -> bool {
    let wanted = Wanted { push: true, ..Wanted::default() };
    let Ok(Draft { plan, mistakes }) = plan::draft(config, facts, wanted) else { return false };
    let redactor = Redactor::default();
    if let Some(mistakes) = Mistakes::any(mistakes, &plan.sources) {
        told(&mistakes);
        let _ = plan::leaks(&plan, &redactor);
        return false;
    }
    let shown = report::plan::Shown { plan: &plan, located: &[], config };
    let _ = report::plan::text(shown);
    let _ = report::plan::graph(&plan);
    let _ = report::plan::dot(&plan);
    let _ = report::plan::mermaid(&plan);
    let _ = report::plan::json(shown, &redactor, &mut std::io::sink());
    let _ = report::plan::shell(&plan);
    let _ = plan::leaks(&plan, &redactor);
    true
}

/// Each mistake says something, at a place that there is.
fn told(mistakes: &Mistakes) {
    assert!(!mistakes.mistakes.is_empty(), "refused for no reason");
    for mistake in &mistakes.mistakes {
        assert!(!mistake.message.is_empty());
        if let Some(place) = &mistake.place {
            let text = &mistakes.sources.of(place).text;
            assert!(text.get(place.span.clone()).is_some(), "no place: {mistake:?}");
        }
    }
    for colour in [false, true] {
        assert!(!snippet::mistakes(mistakes, colour).is_empty());
    }
}
