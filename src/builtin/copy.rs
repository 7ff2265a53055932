//! `COPY` from one file system model to another.
//!
//! Source: `BuildKit`'s solver/llbsolver/file/backend.go and fsutil's copy/copy.go, whose order
//! of decisions this follows: directories give their contents, those that are missing are made
//! 0755, one that was already there keeps owner and mode if it is the destination itself, and
//! gets the source's if it is below it. A file never replaces a directory; links below the
//! destination are replaced, never written through.
//!
//! Three things are as with Kaniko: a directory of the source replaces what is no directory below
//! the destination, a link to one as well, which `BuildKit` refuses; `--chmod` leaves directories
//! that are made on the way to the destination, and the destination itself, at 0755 (`BuildKit`
//! would make a `0644` one, which nobody can enter); and `--link` makes no difference, so that
//! links in the destination are followed.

use std::collections::HashMap;

use super::{
    chmod::Chmod,
    glob,
    owner::Owner,
    tree::{Id, Kind, Meta, Name, Place, ROOT, Tree, Unresolved, clean, parts},
};
use crate::{
    context::ignore::{Matched, Rules},
    oci::Stop,
};

/// How something is copied.
#[derive(Debug, Default)]
pub(super) struct How {
    pub(super) owner: Option<Owner>,
    pub(super) chmod: Option<Chmod>,
    /// What is left out of directories.
    pub(super) excludes: Option<Rules>,
    /// When directories were changed that are made on the way.
    pub(super) made: i64,
    /// The latest time that anything has.
    pub(super) latest: Option<i64>,
    /// Whether anybody still waits for it.
    pub(super) stop: Stop,
}

/// Why something cannot be copied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("there is no `{}`", String::from_utf8_lossy(.0))]
    Missing(Vec<u8>),
    #[error("`{}`: {why}", String::from_utf8_lossy(path))]
    Source { path: Vec<u8>, why: Unresolved },
    #[error("`{}`: {why}", String::from_utf8_lossy(path))]
    Destination { path: Vec<u8>, why: Unresolved },
    #[error("a file cannot replace the directory `/{}`", String::from_utf8_lossy(.0))]
    OntoDirectory(Vec<u8>),
    #[error("a directory cannot replace `/{}`", String::from_utf8_lossy(.0))]
    OntoOther(Vec<u8>),
    #[error("no layer can hold the name `{}`: it means that something is removed", String::from_utf8_lossy(.0))]
    Whiteout(Vec<u8>),
    #[error("the pattern `{0}` is damaged")]
    Pattern(String),
    #[error("nobody waits for it any more")]
    Stopped,
}

impl How {
    fn meta(&self, source: &Meta, directory: bool) -> Meta {
        let mut meta = source.clone();
        if let Some(Owner { uid, gid }) = self.owner {
            (meta.uid, meta.gid) = (uid, gid);
        }
        if let Some(chmod) = &self.chmod {
            meta.mode = chmod.apply(meta.mode, directory);
        }
        meta.modified = self.latest.map_or(meta.modified, |latest| meta.modified.min(latest));
        meta
    }

    /// Of directories that are made on the way.
    pub(super) fn implied(&self) -> Meta {
        let Owner { uid, gid } = self.owner.unwrap_or_default();
        Meta { uid, gid, ..Meta::implied(self.made) }
    }
}

/// What a source means in a tree: paths from the root; none where a wildcard matches nothing.
///
/// Whether it holds wildcards is told as well.
pub(super) fn sources(tree: &Tree, source: &[u8]) -> Result<(Vec<Vec<u8>>, bool), Refused> {
    let path = clean(source);
    let components: Vec<&[u8]> = parts(&path).collect();
    let Some(first) = components.iter().position(|part| glob::is_pattern(part)) else {
        return Ok((vec![unescaped(&path)], false));
    };
    let base = unescaped(&components[..first].join(&b'/'));
    let start = found(tree, &base)?;
    let mut matched = vec![(start, base)];
    for part in &components[first..] {
        let mut next = Vec::new();
        for (id, path) in matched {
            if let Kind::Directory(children) = &tree.node(id).kind {
                for (name, child) in children {
                    if glob::matches(part, name) {
                        next.push((*child, [&path[..], b"/", name].concat()));
                    }
                }
            }
        }
        matched = next;
    }
    Ok((matched.into_iter().map(|(_, path)| path).collect(), true))
}

/// Wildcards that were escaped mean themselves.
fn unescaped(path: &[u8]) -> Vec<u8> {
    let mut bytes = path.iter();
    let mut plain = Vec::with_capacity(path.len());
    while let Some(byte) = bytes.next() {
        plain.extend(if *byte == b'\\' { bytes.next() } else { Some(byte) });
    }
    plain
}

fn found(tree: &Tree, path: &[u8]) -> Result<Id, Refused> {
    let place =
        tree.resolve(ROOT, path).map_err(|why| Refused::Source { path: path.to_owned(), why })?;
    place.found().ok_or_else(|| Refused::Missing(path.to_owned()))
}

/// Copies what is at `path` in `source` to `destination`, a path from the root in `tree` with a
/// `/` at its end where it must be a directory.
///
/// With `includes`, only what they match is copied, each below its own directories.
pub(super) fn copy(
    tree: &mut Tree,
    source: &Tree,
    path: &[u8],
    destination: &[u8],
    includes: Option<&Rules>,
    how: &How,
) -> Result<(), Refused> {
    let start = found(source, path)?;
    let is_directory = source.is_directory(start);
    ensure(tree, destination, how)?;
    let mut place = resolve(tree, destination)?;

    if !is_directory {
        if place.found().is_some_and(|there| tree.is_directory(there)) {
            let name: Name = parts(path).last().unwrap_or_default().into();
            let at = place.at;
            return file(tree, source, start, at, &name, how, &mut HashMap::new());
        }
        let (directory, name) = match place.missing.pop() {
            Some(name) => (make(tree, place, destination, how)?, name),
            None => (tree.node(place.at).parent, tree.node(place.at).name.clone()),
        };
        return file(tree, source, start, directory, &name, how, &mut HashMap::new());
    }

    let target = match place.found() {
        Some(there) if !tree.is_directory(there) => {
            return Err(Refused::OntoOther(tree.path(there)));
        }
        _ => make(tree, place, destination, how)?,
    };
    if target != ROOT {
        // It keeps its owner and mode, and gets the time of what is copied into it.
        let time = how.meta(&source.node(start).meta, true).modified;
        let meta = Meta { modified: time, ..tree.node(target).meta.clone() };
        tree.set_meta(target, meta);
    }
    contents(tree, source, start, target, includes, how)
}

/// Copies what is in a directory.
fn contents(
    tree: &mut Tree,
    source: &Tree,
    start: Id,
    target: Id,
    includes: Option<&Rules>,
    how: &How,
) -> Result<(), Refused> {
    struct Level {
        id: Id,
        /// Where it is copied to, once something in it is.
        target: Option<Id>,
        /// Of its path, relative to the start.
        length: usize,
        included: Option<Matched>,
        excluded: Option<Matched>,
    }
    let mut inodes = HashMap::new();
    let mut path: Vec<u8> = Vec::new();
    let mut levels = vec![Level {
        id: start,
        target: Some(target),
        length: 0,
        included: includes.map(Rules::top),
        excluded: how.excludes.as_ref().map(Rules::top),
    }];
    let mut walk = source.walk(start);
    while let Some((depth, id)) = walk.next() {
        if how.stop.is_set() {
            return Err(Refused::Stopped);
        }
        let node = source.node(id);
        levels.truncate(depth);
        let level = &levels[depth - 1];
        path.truncate(level.length);
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(&node.name);

        let matches = |rules: Option<&Rules>, parent: Option<&Matched>| {
            rules.zip(parent).map(|(rules, parent)| rules.ignores_in(&path, parent))
        };
        let within = |rules: Option<&Rules>, parent: Option<&Matched>| {
            rules.zip(parent).map(|(rules, parent)| rules.within(&path, parent))
        };
        let excluded = matches(how.excludes.as_ref(), level.excluded.as_ref()) == Some(true);
        let is_taken = matches(includes, level.included.as_ref()) != Some(false) && !excluded;
        let is_directory = source.is_directory(id);
        if is_directory {
            let next = Level {
                id,
                target: None,
                length: path.len(),
                included: within(includes, level.included.as_ref()),
                excluded: within(how.excludes.as_ref(), level.excluded.as_ref()),
            };
            if excluded && !reaches(how.excludes.as_ref(), &path, next.excluded.as_ref()) {
                walk.leave_out();
            }
            levels.push(next);
        }
        if !is_taken {
            continue;
        }
        // Directories above it that were not yet needed.
        let last = levels.len();
        for place in 1..last {
            if levels[place].target.is_none() {
                let parent = levels[place - 1].target.unwrap_or(target);
                let from = levels[place].id;
                let whole = from == id;
                levels[place].target = Some(directory(tree, source, from, parent, whole, how)?);
            }
        }
        if !is_directory {
            let parent = levels[last - 1].target.unwrap_or(target);
            file(tree, source, id, parent, &node.name.clone(), how, &mut inodes)?;
        }
    }
    Ok(())
}

fn reaches(rules: Option<&Rules>, path: &[u8], matched: Option<&Matched>) -> bool {
    rules.zip(matched).is_some_and(|(rules, matched)| rules.reaches_into(path, matched))
}

/// Makes a directory like the source's, or gives one that is there its owner, mode and time;
/// where it is only on the way to something, just its mode.
fn directory(
    tree: &mut Tree,
    source: &Tree,
    id: Id,
    parent: Id,
    whole: bool,
    how: &How,
) -> Result<Id, Refused> {
    let node = source.node(id);
    check(tree, parent, &node.name)?;
    let meta = how.meta(&node.meta, true);
    match tree.child(parent, &node.name) {
        Some(there) if tree.is_directory(there) => {
            let mode = node.meta.mode;
            let meta = if whole { meta } else { Meta { mode, ..tree.node(there).meta.clone() } };
            tree.set_meta(there, meta);
            Ok(there)
        }
        _ => Ok(tree.insert(parent, &node.name, meta, Kind::directory())),
    }
}

/// Copies what is no directory.
fn file(
    tree: &mut Tree,
    source: &Tree,
    id: Id,
    parent: Id,
    name: &[u8],
    how: &How,
    inodes: &mut HashMap<u32, Kind>,
) -> Result<(), Refused> {
    check(tree, parent, name)?;
    if let Some(there) = tree.child(parent, name).filter(|there| tree.is_directory(*there)) {
        return Err(Refused::OntoDirectory(tree.path(there)));
    }
    let node = source.node(id);
    let is_link = matches!(node.kind, Kind::Symlink(_));
    let mut meta = how.meta(&node.meta, false);
    if is_link {
        meta.mode = node.meta.mode;
    }
    let kind = match &node.kind {
        Kind::File(file) => inodes
            .entry(file.inode)
            .or_insert_with(|| tree.file(file.size, file.content.clone()))
            .clone(),
        other => other.clone(),
    };
    tree.insert(parent, name, meta, kind);
    Ok(())
}

/// Refuses names by which a layer says that something is gone.
pub(super) fn check(tree: &Tree, parent: Id, name: &[u8]) -> Result<(), Refused> {
    if name.starts_with(b".wh.") {
        return Err(Refused::Whiteout([&tree.path(parent)[..], b"/", name].concat()));
    }
    Ok(())
}

/// Makes the directories that a destination names.
fn ensure(tree: &mut Tree, destination: &[u8], how: &How) -> Result<(), Refused> {
    let slash = destination.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    let last = &destination[slash..];
    let ensured = if last.is_empty() || last == b"." { destination } else { &destination[..slash] };
    let place = resolve(tree, ensured)?;
    make(tree, place, destination, how).map(drop)
}

fn resolve(tree: &Tree, path: &[u8]) -> Result<Place, Refused> {
    tree.resolve(ROOT, path).map_err(|why| Refused::Destination { path: path.to_owned(), why })
}

fn make(tree: &mut Tree, place: Place, path: &[u8], how: &How) -> Result<Id, Refused> {
    for name in &place.missing {
        check(tree, place.at, name)?;
    }
    tree.make(place, &how.implied())
        .map_err(|why| Refused::Destination { path: path.to_owned(), why })
}
