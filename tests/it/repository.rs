//! Files of this repository that users read or copy, and the commands in them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::sandbox::Sandbox;

/// A file or directory of the repository, by its path from the top.
pub(crate) fn path(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The text of a file of the repository.
pub(crate) fn text(file: &str) -> String {
    fs::read_to_string(path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Every `kaniko.toml` of the examples, those that are included too, and the example file.
pub(crate) fn configs() -> Vec<String> {
    let mut configs = vec!["kaniko.toml.example".to_owned()];
    let mut directories = vec!["examples".to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(path(&directory)).expect("it is there") {
            let entry = entry.expect("an entry");
            let name = format!("{directory}/{}", entry.file_name().display());
            if entry.path().is_dir() {
                directories.push(name);
            } else if name.ends_with("/kaniko.toml") {
                configs.push(name);
            }
        }
    }
    configs.sort();
    configs
}

/// The project with a copy of a directory of the repository at its top.
pub(crate) fn with(sandbox: Sandbox, directory: &str) -> Sandbox {
    copy(&path(directory), &sandbox.path(""));
    sandbox
}

/// Copies a file, or a directory with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        fs::copy(from, to).expect("a file can be copied");
        return;
    }
    fs::create_dir_all(to).expect("a directory can be made");
    for entry in fs::read_dir(from).expect("it is there") {
        let entry = entry.expect("an entry");
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}

/// The lines `NAME=VALUE` of a file of the repository.
pub(crate) fn variables(file: &str) -> Vec<(String, String)> {
    let pair = |line: &str| line.split_once('=').map(|(name, value)| (name.into(), value.into()));
    text(file).lines().filter_map(pair).collect()
}

/// The words of a line of shell, without quotes, up to what is for the shell alone.
pub(crate) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for letter in line.chars() {
        if quote == Some(letter) {
            quote = None;
        } else if quote.is_none() && matches!(letter, '\'' | '"') {
            quote = Some(letter);
            word.get_or_insert_default();
        } else if quote.is_some() || !" |>;&#".contains(letter) || (letter == '#' && word.is_some())
        {
            word.get_or_insert_default().push(letter);
        } else if letter == ' ' {
            words.extend(word.take());
        } else {
            break;
        }
    }
    words.extend(word);
    words
}

/// Command lines of kaniko-build in a text: those that stand alone between backticks, and those
/// that begin a line or an entry of a list.
pub(crate) fn commands(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        let spans = line.split('`').skip(1).step_by(2).map(str::to_owned);
        let begun = ["#", "- ", "run: ", "$ ", "Example: "]
            .iter()
            .fold(line, |line, mark| line.strip_prefix(mark).map_or(line, str::trim_start));
        // What a line of shell sets before it.
        let begun = match begun.split_once(") kaniko-build ") {
            Some((before, rest)) if before.starts_with("env ") => format!("kaniko-build {rest}"),
            _ => begun.to_owned(),
        };
        let whole = (!line.contains('`')).then_some(begun);
        let is_command = |text: &String| text.starts_with("kaniko-build ");
        found.extend(spans.chain(whole).filter(is_command).map(|text| words(&text)));
    }
    found
}

#[test]
fn words_lose_their_quotes_and_end_at_a_pipe() {
    assert_eq!(
        words(r#"kaniko-build run 'web-*' --set "a b"=c | tee log"#),
        ["kaniko-build", "run", "web-*", "--set", "a b=c"]
    );
}

#[test]
fn commands_are_found_in_prose_in_lists_and_behind_variables() {
    let text = "The job is `kaniko-build run`, as kaniko-build says.\n\
                script:\n  - kaniko-build run --push\n\
                env -i $(cat ci.env) kaniko-build plan # anywhere\n\
                cp x kaniko-build\n";
    assert_eq!(
        commands(text),
        [
            vec!["kaniko-build", "run"],
            vec!["kaniko-build", "run", "--push"],
            vec!["kaniko-build", "plan"]
        ]
    );
}
