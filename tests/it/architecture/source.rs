//! The program's source as text, and the paths that it names.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// One file.
#[derive(Debug)]
pub(super) struct Source {
    /// Relative to `src`.
    pub(super) path: String,
    /// Without comments and tests.
    pub(super) text: String,
    /// Of the whole file.
    pub(super) lines: usize,
}

/// Every file below `src`.
pub(super) fn all() -> Vec<Source> {
    below(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")))
}

/// Every file below `tests`.
pub(super) fn tests() -> Vec<Source> {
    below(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests")))
}

fn below(top: &Path) -> Vec<Source> {
    let mut files = Vec::new();
    gather(top, &mut files);
    files.sort();
    let read = |path: &PathBuf| {
        let whole = fs::read_to_string(path).expect("a source is text");
        let relative = path.strip_prefix(top).expect("it is below");
        Source {
            path: relative.display().to_string(),
            text: product_of(&whole),
            lines: whole.lines().count(),
        }
    };
    files.iter().map(read).collect()
}

/// The files that are no tests, without their unit tests.
pub(super) fn product() -> Vec<Source> {
    let files = all();
    let tests: Vec<String> = files.iter().flat_map(Source::test_modules).collect();
    let is_test = |file: &Source| {
        tests.iter().any(|test| {
            file.path == format!("{test}.rs") || file.path.starts_with(&format!("{test}/"))
        })
    };
    files.into_iter().filter(|file| !is_test(file)).collect()
}

fn gather(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("it is there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            gather(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// A file up to the tests at its foot, without lines of comment.
fn product_of(whole: &str) -> String {
    let foot = whole.find("#[cfg(test)]\nmod tests {").unwrap_or(whole.len());
    let lines = whole[..foot].lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

impl Source {
    /// The top-level module that it is of; none for `lib.rs` and `main.rs`.
    pub(super) fn module(&self) -> Option<&str> {
        let first = self.path.split('/').next()?.trim_end_matches(".rs");
        (!["lib", "main"].contains(&first)).then_some(first)
    }

    /// Modules of this file that are compiled for tests alone, as paths without `.rs`.
    fn test_modules(&self) -> Vec<String> {
        let stem = self.path.trim_end_matches(".rs");
        let directory = match stem.strip_suffix("mod") {
            Some(directory) if directory.is_empty() || directory.ends_with('/') => {
                directory.to_owned()
            }
            _ => format!("{stem}/"),
        };
        let marked = self.text.split("#[cfg(test)]\nmod ").skip(1);
        marked.filter_map(|rest| Some(format!("{directory}{}", rest.split_once(';')?.0))).collect()
    }

    /// The first names below `root::`.
    pub(super) fn names_below(&self, root: &str) -> BTreeSet<String> {
        let first = |path: String| path.split("::").nth(1).map(str::to_owned);
        self.paths(root).into_iter().filter_map(first).collect()
    }

    /// Whether it names anything of an outside package.
    pub(super) fn names_package(&self, package: &str) -> bool {
        !self.paths(package).is_empty()
    }

    /// Whether it names `path` or anything below it, at once or by way of an import.
    pub(super) fn names_path(&self, path: &str) -> bool {
        let root = path.split("::").next().unwrap_or_default();
        let is_it = |named: &String| named == path || named.starts_with(&format!("{path}::"));
        let named = self.paths(root);
        if named.iter().any(is_it) {
            return true;
        }
        // `use std::io;` and then `io::stdout()`.
        let Some((parent, _)) = path.rsplit_once("::") else { return false };
        let (Some((_, name)), true) = (parent.rsplit_once("::"), named.iter().any(|n| n == parent))
        else {
            return false;
        };
        let rest = path.strip_prefix(parent).unwrap_or_default();
        starts(&self.text, &format!("{name}{rest}")).next().is_some()
    }

    /// All paths that begin with `root::`, groups of imports taken apart.
    fn paths(&self, root: &str) -> Vec<String> {
        let mut paths = Vec::new();
        for at in starts(&self.text, &format!("{root}::")) {
            expand(&self.text[at + root.len() + 2..], root, &mut paths);
        }
        paths
    }
}

/// Where `path` begins as a path of its own, not as the end of another.
fn starts<'a>(text: &'a str, path: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(path).map(|(at, _)| at).filter(|at| {
        !text[..*at]
            .ends_with(|before: char| before.is_alphanumeric() || matches!(before, '_' | ':' | '$'))
    })
}

/// Adds the paths that `text`, which stands behind `above::`, begins with; returns their length.
fn expand(text: &str, above: &str, paths: &mut Vec<String>) -> usize {
    if !text.starts_with('{') {
        let length = text
            .find(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .unwrap_or(text.len());
        let path = format!("{above}::{}", &text[..length]);
        if let Some(below) = text[length..].strip_prefix("::") {
            return length + 2 + expand(below, &path, paths);
        }
        paths.push(path);
        return length;
    }
    let mut at = 1;
    loop {
        let rest = &text[at..];
        at += rest.len() - rest.trim_start_matches([',', ' ', '\n']).len();
        let rest = &text[at..];
        match rest.chars().next() {
            None => return at,
            Some('}') => return at + 1,
            Some(_) => {
                let length = expand(rest, above, paths);
                // ` as name`, `*` and whatever else belongs to no path.
                let tail = rest[length..].find([',', '}']).unwrap_or(rest.len() - length);
                at += length + tail;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str, root: &str) -> Vec<String> {
        Source { path: "a/b.rs".into(), text: text.into(), lines: 1 }.paths(root)
    }

    #[test]
    fn groups_of_imports_are_taken_apart() {
        assert_eq!(
            paths("use crate::{\n    a::{B, c::D},\n    e as f,\n    g,\n};", "crate"),
            ["crate::a::B", "crate::a::c::D", "crate::e", "crate::g"]
        );
    }

    #[test]
    fn the_end_of_another_path_is_none() {
        assert_eq!(paths("my_toml::X; crate::toml::Y; toml::Z", "toml"), ["toml::Z"]);
    }

    #[test]
    fn a_name_is_found_through_its_import() {
        let source =
            Source { path: "a.rs".into(), text: "use std::io;\nio::stdout()".into(), lines: 2 };

        assert!(source.names_path("std::io::stdout"));
        assert!(!source.names_path("std::io::stderr"));
    }
}
