//! What is told of a source that is not there: where it was looked for, what is nearest, and
//! whether the ignore file is why.

use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt as _};

use super::{
    BuildError,
    plan::Origin,
    stage::Surroundings,
    tree::{Kind, ROOT, Tree, parts},
};
use crate::{
    context::{Dockerfile, ignore_file},
    dockerfile::{Copy, nearest},
};

/// Names of a directory that are compared, at most.
const MOST_NAMES: usize = 10_000;

/// Lines of an instruction that are searched, at most.
const MOST_LINES: usize = 200;

/// The error of `path`, which an instruction in `line` takes from `tree`; `written` is how the
/// Dockerfile has it, and `source` the same with its variables replaced.
pub(super) fn missing(
    around: &Surroundings<'_>,
    (line, written, source): (usize, &str, &str),
    (from, tree): (Origin, &Tree),
    path: &[u8],
) -> BuildError {
    let shown = String::from_utf8_lossy(path.strip_prefix(b"/").unwrap_or(path));
    let place = place(around, from);
    let message = match (link(tree, path), ignored(around, from, path)) {
        (Some(target), _) => {
            format!("`{shown}` {place} is a link to `{target}`, which is not there")
        }
        (None, Some(ignore)) => format!("`{shown}` is not {place}: `{ignore}` leaves it out"),
        // As with BuildKit: above the top there is the top.
        (None, None) if Copy::leads_out(source) => {
            format!("there is no `{shown}` {place}, and `{source}` leads no further out")
        }
        (None, None) => {
            let near = near(tree, path).map(|near| format!("; did you mean `{near}`?"));
            format!("there is no `{shown}` {place}{}", near.unwrap_or_default())
        }
    };
    let (line, column) = match find(around, line, written) {
        Some((line, column)) => (line, Some(column)),
        None => (line, None),
    };
    BuildError::Missing { line, column, message, of_context: from == Origin::Context }
}

/// Where it was looked for, in words.
pub(super) fn place(around: &Surroundings<'_>, from: Origin) -> String {
    match from {
        Origin::Context => "in the context".to_owned(),
        Origin::Scratch => "in `scratch`, which is empty".to_owned(),
        Origin::Stage(stage) => match &around.recipe.dockerfile.stages[stage].name {
            Some(name) => format!("in the stage `{name}`"),
            None => format!("in the stage {stage}"),
        },
        Origin::Image(image) => format!("in the image `{}`", around.plan.images[image].reference),
    }
}

/// Where a link that leads nowhere points.
fn link(tree: &Tree, path: &[u8]) -> Option<String> {
    let slash = path.iter().rposition(|byte| *byte == b'/')?;
    let parent = tree.resolve(ROOT, &path[..slash]).ok()?.found()?;
    match &tree.node(tree.child(parent, &path[slash + 1..])?).kind {
        Kind::Symlink(target) => Some(String::from_utf8_lossy(target).into_owned()),
        _ => None,
    }
}

/// The ignore file, where only because of it the context does not hold what is there.
fn ignored(around: &Surroundings<'_>, from: Origin, path: &[u8]) -> Option<String> {
    let context = &around.recipe.context;
    let there = context.root.join(OsStr::from_bytes(path.strip_prefix(b"/")?));
    if from != Origin::Context || fs::symlink_metadata(&there).is_err() {
        return None;
    }
    // Behind a link that leads out of the context there is nothing of it.
    let (root, parent) = (context.root.canonicalize().ok()?, there.parent()?.canonicalize().ok()?);
    if !parent.starts_with(root) {
        return None;
    }
    let ignore = ignore_file(context).ok()??;
    Some(ignore.strip_prefix(&context.root).unwrap_or(&ignore).display().to_string())
}

/// What is spelt nearly so, in the same directory.
fn near(tree: &Tree, path: &[u8]) -> Option<String> {
    let path = std::str::from_utf8(path).ok()?;
    let (parent, name) = path.rsplit_once('/')?;
    let directory = tree.resolve(ROOT, parent.as_bytes()).ok()?.found()?;
    let Kind::Directory(children) = &tree.node(directory).kind else { return None };
    let names: Vec<&str> = children
        .keys()
        .take(MOST_NAMES)
        .filter_map(|name| std::str::from_utf8(name).ok())
        .collect();
    let near = nearest(name, &names)?;
    let parents: Vec<_> = parts(parent.as_bytes()).map(String::from_utf8_lossy).collect();
    Some([&parents[..], &[near.into()]].concat().join("/"))
}

/// Line and column of a word of the instruction that begins in `line`, both from 1.
fn find(around: &Surroundings<'_>, line: usize, word: &str) -> Option<(usize, usize)> {
    let context = &around.recipe.context;
    let path = match &context.dockerfile {
        Dockerfile::Inside(path) => context.root.join(path),
        Dockerfile::Outside(path) => path.clone(),
    };
    let text = fs::read_to_string(path).ok()?;
    let lines = text.lines().enumerate().skip(line - 1).take(MOST_LINES);
    for (index, text) in lines {
        // A word by itself, not a part of another.
        let ends = |at: usize| {
            let (before, after) =
                (text[..at].chars().last(), text[at + word.len()..].chars().next());
            let parts = |one: Option<char>| one.is_none_or(|one| " \t\"',[]".contains(one));
            parts(before) && parts(after)
        };
        if let Some((at, _)) = text.match_indices(word).find(|(at, _)| ends(*at)) {
            return Some((index + 1, text[..at].chars().count() + 1));
        }
        if !text.trim_end().ends_with(around.recipe.dockerfile.escape) {
            return None;
        }
    }
    None
}
