//! The schema of `kaniko.toml` in a real language server for TOML, which is what editors ask.
//!
//! `KANIKO_BUILD_TEST_TOMBI` names the program of tombi, which `PyPI` and npm have.

use std::{collections::BTreeSet, fs, process::Command};

use serde_json::Value;

use crate::{repository, wrong};

/// The names of those among files, each with its text, in which it finds a mistake.
fn refused(files: impl IntoIterator<Item = (String, String)>) -> BTreeSet<String> {
    let project = tempfile::tempdir().expect("a directory");
    let project = project.path();
    fs::create_dir(project.join("files")).expect("a directory");
    for (name, text) in files {
        fs::write(project.join("files").join(name), text).expect("a file");
    }
    let program = std::env::var_os("KANIKO_BUILD_TEST_TOMBI").expect("it is named");
    let schema = repository::path("schemas/kaniko.schema.json");
    let settings =
        format!("[[schemas]]\npath = \"{}\"\ninclude = [\"files/*.toml\"]\n", schema.display());
    fs::write(project.join("tombi.toml"), settings).expect("a file");
    let told = project.join("told");
    Command::new(program)
        .args(["lint", "--offline", "--diagnostics-format=json-lines", "--diagnostics-file"])
        .arg(&told)
        .arg("files")
        .current_dir(project)
        .output()
        .expect("it starts");
    let told = fs::read_to_string(told).expect("what it has found");
    let found = told.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let errors = found.filter(|one| one["level"] == "error");
    let name = |one: Value| one["path"].as_str()?.strip_prefix("files/").map(str::to_owned);
    errors.map(|one| name(one).expect("a file's path")).collect()
}

#[test]
#[ignore = "needs tombi"]
fn a_language_server_refuses_what_is_wrong_in_its_form_and_takes_the_rest() {
    let forms = || {
        wrong::forms().into_iter().map(|(name, text, is_wrong)| (name + ".toml", text, is_wrong))
    };
    let expected: BTreeSet<String> =
        forms().filter(|(_, _, is_wrong)| *is_wrong).map(|(name, ..)| name).collect();
    assert!(expected.len() > 100, "{}", expected.len());

    assert_eq!(refused(forms().map(|(name, text, _)| (name, text))), expected);
}

#[test]
#[ignore = "needs tombi"]
fn a_language_server_takes_every_file_of_the_repository() {
    let files = repository::configs().into_iter();
    let named = files.map(|file| (file.replace('/', "-") + ".toml", repository::text(&file)));

    assert_eq!(refused(named), BTreeSet::new());
}
