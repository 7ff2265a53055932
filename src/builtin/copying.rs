//! `COPY` and `ADD` as a Dockerfile has them: sources, flags, destination.

use std::{fs::File, sync::Arc};

use super::{
    BuildError, Unsupported,
    chmod::Chmod,
    content::Content,
    copy::{self, How, Refused},
    local::Files,
    missing::{missing, place},
    plan::Origin,
    scope::at,
    stage::Stage,
    tree::{Id, Kind, Meta, Place as Found, ROOT, Tree, parts},
    unpack::{is_archive, unpack},
};
use crate::{context::ignore::Rules, dockerfile::Copy};

/// A path in the image, for errors with the line.
pub(super) struct Place<'p> {
    line: usize,
    path: &'p [u8],
}

impl<'p> Place<'p> {
    pub(super) fn new(line: usize, path: &'p [u8]) -> Self {
        Self { line, path }
    }

    pub(super) fn resolve(&self, tree: &Tree) -> Result<Found, BuildError> {
        tree.resolve(ROOT, self.path).map_err(|why| self.refused(why))
    }

    pub(super) fn make(
        &self,
        tree: &mut Tree,
        place: Found,
        meta: &Meta,
    ) -> Result<Id, BuildError> {
        tree.make(place, meta).map_err(|why| self.refused(why))
    }

    fn refused(&self, why: super::tree::Unresolved) -> BuildError {
        let refused = Refused::Destination { path: self.path.to_owned(), why };
        BuildError::Copy { line: self.line, source: refused.into() }
    }
}

/// Something that is copied.
struct Taken {
    /// From the root of its tree.
    path: Vec<u8>,
    /// Only what these match, for `--parents`.
    includes: Option<Rules>,
}

/// Does what a `COPY` or `ADD` says.
pub(super) fn copy(
    stage: &mut Stage<'_>,
    line: usize,
    instruction: &Copy,
    from: Origin,
) -> Result<(), BuildError> {
    let refused = |refused: Refused| BuildError::Copy { line, source: refused.into() };
    let expand = |text: &String| stage.scope.expand(text).map_err(at(line));
    let sources: Vec<String> = instruction.sources.iter().map(expand).collect::<Result<_, _>>()?;
    if instruction.add
        && let Some(unsupported) = Unsupported::address(line, &sources)
    {
        return Err(BuildError::Unsupported(unsupported));
    }
    let destination = destination(stage, &expand(&instruction.destination)?);
    let chmod = instruction.chmod.as_ref().map(expand).transpose()?;
    let chown = instruction.chown.as_ref().map(expand).transpose()?;
    let how = How {
        owner: chown.map(|owner| stage.owner(line, &owner)).transpose()?,
        chmod: chmod.map(|text| chmod_of(line, &text)).transpose()?,
        excludes: rules(&instruction.excludes).map_err(refused)?,
        made: stage.around.made(),
        latest: stage.around.epoch,
        stop: stage.around.stop.clone(),
    };

    let nothing = Tree::new();
    let tree = stage.source(from).unwrap_or(&nothing);
    let mut taken = Vec::new();
    for (source, written) in sources.iter().zip(&instruction.sources) {
        let took = take(tree, source, instruction.parents, &how, &mut taken);
        took.map_err(|why| match why {
            Refused::Missing(path) => {
                missing(stage.around, (line, written, source), (from, tree), &path)
            }
            other => refused(other),
        })?;
    }
    if taken.is_empty() && instruction.inline.is_empty() {
        let place = place(stage.around, from);
        let of_context = from == Origin::Context;
        return Err(BuildError::Nothing { line, sources, place, of_context });
    }
    if taken.len() + instruction.inline.len() > 1 && !is_directory(stage, line, &destination)? {
        let destination = String::from_utf8_lossy(&destination).into_owned();
        return Err(BuildError::Several { line, destination });
    }

    for Taken { path, includes } in taken {
        let unpacks = instruction.unpack.unwrap_or(instruction.add) && from == Origin::Context;
        if unpacks && add_archive(stage, line, tree, &path, &destination, &how)? {
            continue;
        }
        let image = Arc::make_mut(&mut stage.state.tree);
        copy::copy(image, tree, &path, &destination, includes.as_ref(), &how).map_err(refused)?;
    }
    for inline in &instruction.inline {
        named(line, &inline.name)?;
        let content = if inline.expand {
            stage.scope.expand_document(&inline.content).map_err(at(line))?
        } else {
            inline.content.clone()
        };
        let mut document = Tree::new();
        let size = content.len() as u64;
        let kind = document.file(size, Content::Memory(content.into_bytes().into()));
        let meta = Meta { mode: 0o644, modified: how.made, ..Meta::default() };
        document.insert(ROOT, inline.name.as_bytes(), meta, kind);
        let image = Arc::make_mut(&mut stage.state.tree);
        copy::copy(image, &document, inline.name.as_bytes(), &destination, None, &how)
            .map_err(refused)?;
    }
    Ok(())
}

/// Whether a here-document's name can be a file's.
fn named(line: usize, name: &str) -> Result<(), BuildError> {
    if parts(name.as_bytes()).eq([name.as_bytes()]) && name != ".." {
        return Ok(());
    }
    let message = format!(
        "the here-document `<<\"{name}\"` is copied as a file of that name, and no file can have \
         it: choose one without `/`, such as `EOF`"
    );
    Err(BuildError::Value { line, message })
}

fn chmod_of(line: usize, text: &str) -> Result<Chmod, BuildError> {
    Chmod::parse(text).ok_or_else(|| BuildError::Value {
        line,
        message: format!("`--chmod={text}` is neither octal, as `755`, nor like `u=rwX,go=rX`"),
    })
}

/// The patterns of `--exclude`.
fn rules(patterns: &[String]) -> Result<Option<Rules>, Refused> {
    if patterns.is_empty() {
        return Ok(None);
    }
    // One that begins with `#` is no comment here.
    let line = |pattern: &String| {
        if pattern.starts_with('#') { format!("./{pattern}") } else { pattern.clone() }
    };
    let lines: Vec<String> = patterns.iter().map(line).collect();
    Rules::parse(lines.join("\n").as_bytes()).map(Some).map_err(|bad| Refused::Pattern(bad.pattern))
}

/// What a source means.
///
/// Source: `BuildKit`'s `dockerfile2llb/convert_copy.go`, for `--parents` and its `/./`.
fn take(
    tree: &Tree,
    source: &str,
    parents: bool,
    how: &How,
    taken: &mut Vec<Taken>,
) -> Result<(), Refused> {
    if parents {
        let (pivot, pattern) = source.split_once("/./").unwrap_or(("", source));
        let pattern = super::tree::clean(pattern.as_bytes());
        let pattern = String::from_utf8_lossy(&pattern[1..]).into_owned();
        let (starts, wild) = copy::sources(tree, pivot.as_bytes())?;
        let plain = !wild && !parts(pattern.as_bytes()).any(super::glob::is_pattern);
        if plain {
            let required = format!("{pivot}/{pattern}");
            let there = tree.resolve(ROOT, required.as_bytes());
            if !there.is_ok_and(|there| there.found().is_some()) {
                return Err(Refused::Missing(required.into_bytes()));
            }
        }
        for path in starts {
            let includes =
                if pattern.is_empty() { None } else { rules(std::slice::from_ref(&pattern))? };
            taken.push(Taken { path, includes });
        }
        return Ok(());
    }
    let (paths, wild) = copy::sources(tree, source.as_bytes())?;
    for path in paths {
        let there = tree.resolve(ROOT, &path).ok().and_then(|there| there.found());
        let Some(there) = there else {
            if wild {
                // A link to nowhere that a wildcard happens to match.
                continue;
            }
            return Err(Refused::Missing(path));
        };
        // What a wildcard matches is left out like what is in a directory, as Docker says.
        let name = parts(&path).last().unwrap_or_default();
        let excluded = wild
            && !matches!(tree.node(there).kind, Kind::Directory(_))
            && how.excludes.as_ref().is_some_and(|rules| rules.ignores(name));
        if !excluded {
            taken.push(Taken { path, includes: None });
        }
    }
    Ok(())
}

/// Where to, from the root; with a `/` at its end where that is said.
///
/// Source: `BuildKit`'s dockerfile2llb/convert.go, `pathRelativeToWorkingDir`.
fn destination(stage: &Stage<'_>, text: &str) -> Vec<u8> {
    let mut path = stage.absolute(text);
    let directory = text.is_empty()
        || text == "."
        || text == ".."
        || text.ends_with('/')
        || text.ends_with("/.")
        || text.ends_with("/..");
    if directory && !path.ends_with(b"/") {
        path.push(b'/');
    }
    path
}

/// Whether several things can go there.
fn is_directory(stage: &Stage<'_>, line: usize, destination: &[u8]) -> Result<bool, BuildError> {
    if destination.ends_with(b"/") {
        return Ok(true);
    }
    let tree = &stage.state.tree;
    let place = Place::new(line, destination).resolve(tree)?;
    Ok(place.found().is_some_and(|there| tree.is_directory(there)))
}

/// Unpacks a file of the context, if it is an archive; tells whether it is one.
fn add_archive(
    stage: &mut Stage<'_>,
    line: usize,
    tree: &Tree,
    path: &[u8],
    destination: &[u8],
    how: &How,
) -> Result<bool, BuildError> {
    let there = tree.resolve(ROOT, path).ok().and_then(|there| there.found());
    let Some(Kind::File(file)) = there.map(|there| &tree.node(there).kind) else {
        return Ok(false);
    };
    let Content::Context(path) = &file.content else { return Ok(false) };
    let mut files = Files::new(&stage.around.recipe.context.root);
    if !is_archive(File::from(files.open(path)?)) {
        return Ok(false);
    }
    let target = Place::new(line, destination);
    let image = Arc::make_mut(&mut stage.state.tree);
    let found = target.resolve(image)?;
    let root = target.make(image, found, &how.implied())?;
    let archive = how.stop.reading(File::from(files.open(path)?));
    unpack(image, root, (archive, file.size), how).map_err(|source| BuildError::Copy {
        line,
        source: Box::new(Archive { name: String::from_utf8_lossy(path).into(), source }),
    })?;
    Ok(true)
}

/// An archive that cannot be unpacked, by its name.
#[derive(Debug, thiserror::Error)]
#[error("the archive `{name}` cannot be unpacked")]
struct Archive {
    name: String,
    source: super::unpack::UnpackError,
}
