//! The context of a Dockerfile: the nearest directory that has what it takes.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::{
    config::wildcard,
    dockerfile::{BaseImage, Copy, Dockerfile, Given, What},
};

use super::file_name::{Kind, kind};

/// So many entries of a directory are compared with a wildcard.
const MOST: usize = 10_000;
/// So deep is looked whether there is anything but Dockerfiles.
const DEEPEST: usize = 4;

/// A source, relative to the context, with the line that takes it.
type Source = (String, usize);

/// A context, and what is not in it.
pub(super) struct Context {
    /// Relative to the top; empty for the top.
    pub(super) directory: PathBuf,
    pub(super) missing: Vec<Source>,
}

/// Chooses among the directories from that of the Dockerfile at `path` up to `root`: the nearest
/// that has all of its sources, else the one that has the most of them and of the way to them.
pub(super) fn context(file: &Dockerfile, path: &Path, root: &Path) -> Context {
    let sources = sources(file);
    let own = path.parent().unwrap_or(Path::new(""));
    let mut best: Option<((usize, usize), Context)> = None;
    for directory in own.ancestors() {
        let at = root.join(directory);
        let mut missing = Vec::new();
        let (mut whole, mut parts) = (0, 0);
        for source in &sources {
            let (there, of) = there(&at, &source.0);
            parts += there;
            if there < of {
                missing.push(source.clone());
            } else {
                whole += 1;
            }
        }
        let all = missing.is_empty();
        let score = (whole, parts);
        if best.as_ref().is_none_or(|(known, _)| score > *known) {
            best = Some((score, Context { directory: directory.to_owned(), missing }));
        }
        if all {
            break;
        }
    }
    let none = || Context { directory: own.to_owned(), missing: Vec::new() };
    best.map_or_else(none, |(_, context)| context)
}

/// What is taken of the context, as far as it can be told; all stages have the same one.
fn sources(file: &Dockerfile) -> Vec<Source> {
    let none = BTreeMap::new();
    let Ok(reach) = file.reach(&none, None) else { return plain_sources(file) };
    let parents = file.parents(&reach, true);
    let bases = parents.into_iter().map(|one| (one.reference, BaseImage::default())).collect();
    let late = std::collections::BTreeSet::new();
    let given = Given { build_args: &none, late: &late, bases: &bases, unused: true };
    match file.taken(&given, &reach) {
        Ok(taken) => {
            let each = |one: crate::dockerfile::Taken| {
                let line = one.line;
                one.sources.into_iter().map(move |source| (source, line))
            };
            taken.into_iter().flat_map(each).collect()
        }
        Err(_) => plain_sources(file),
    }
}

/// Sources that are the same for every executor and every value.
fn plain_sources(file: &Dockerfile) -> Vec<Source> {
    let mut sources = Vec::new();
    for instruction in file.stages.iter().flat_map(|stage| &stage.instructions) {
        let (What::Copy(copy) | What::Add(copy)) = &instruction.what else { continue };
        if copy.from.is_some() {
            continue;
        }
        for source in &copy.sources {
            let address = copy.add && Copy::is_address(source);
            let odd = source.contains(['$', '\\']) || source.contains("://");
            if !address && !odd && !source.split('/').any(|part| part == "..") {
                let parts = source.split('/').filter(|part| !matches!(*part, "" | "."));
                let clean = parts.collect::<Vec<_>>().join("/");
                let clean = if clean.is_empty() { ".".to_owned() } else { clean };
                sources.push((clean, instruction.line));
            }
        }
    }
    sources
}

/// How many parts of the way to `source` are in `directory`, and how many there are.
fn there(directory: &Path, source: &str) -> (usize, usize) {
    // All of a directory is something only where more than Dockerfiles is in it.
    if source == "." {
        return (usize::from(!is_bare(directory, DEEPEST)), 1);
    }
    let parts: Vec<_> = source.split('/').collect();
    (way(directory, &parts), parts.len())
}

fn way(directory: &Path, parts: &[&str]) -> usize {
    let Some((first, rest)) = parts.split_first() else { return 0 };
    if first.contains(['*', '?', '[']) {
        let pattern = without_classes(first);
        let names = std::fs::read_dir(directory).into_iter().flatten().take(MOST);
        let names = names.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let matched = names.filter(|name| wildcard(&pattern, name));
        let reached = matched.map(|name| 1 + way(&directory.join(name), rest));
        return reached.max().unwrap_or_default();
    }
    let next = directory.join(first);
    if next.symlink_metadata().is_ok() { 1 + way(&next, rest) } else { 0 }
}

/// `[…]` is any one character: that a file is there is all that is asked.
fn without_classes(pattern: &str) -> String {
    let mut plain = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('[') {
        plain.push_str(before);
        plain.push('?');
        rest = after.split_once(']').map_or("", |(_, after)| after);
    }
    plain + rest
}

/// Whether there is nothing but Dockerfiles and ignore files in `directory`.
fn is_bare(directory: &Path, deep: usize) -> bool {
    let Ok(entries) = std::fs::read_dir(directory) else { return true };
    entries.filter_map(Result::ok).all(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => deep > 0 && is_bare(&entry.path(), deep - 1),
            _ => kind(&name) != Kind::Other || name.ends_with("ignore") || &*name == ".git",
        }
    })
}
