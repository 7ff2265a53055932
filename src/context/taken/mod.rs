//! What of a context a build takes, where that is known: nothing else has to be sent.
//!
//! A source names a path with all that is below it, as `COPY` does. What is chosen is never less
//! than an executor takes; where it can't be told, more: excludes of a `COPY` change nothing.
//! Which sources there are is the caller's to know.

mod links;
mod part;

use super::{ContextError, ignore::Rules};
use part::Part;

/// How much of a context is sent, after its ignore file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    #[default]
    Whole,
    /// What these take, with the Dockerfile and the ignore file.
    ///
    /// Of a directory that is on the way to something taken, itself alone is sent beside that.
    /// What a link leads to that is named, or is on a source's way, is sent with it.
    Taken(Vec<Taken>),
}

/// A source of a `COPY`, an `ADD`, or a `RUN --mount=type=bind`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Relative to the context, `/`-separated; a `/` before it changes nothing, and `.` is all.
    /// With everything below it.
    pub source: String,
    /// Whether `*`, `?` and `[…]` stand for other characters, as in Go's `filepath.Match`.
    pub wildcards: bool,
}

/// Sources, as paths and patterns that a walk can follow.
#[derive(Debug)]
pub(super) struct Chosen {
    /// None where everything is.
    sources: Option<Vec<Vec<Part>>>,
}

/// What is chosen in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reach {
    /// All.
    All,
    /// What these sources name further down; nothing, without any.
    Below(Vec<usize>),
}

impl Chosen {
    pub(super) const EVERYTHING: Self = Self { sources: None };

    /// What `extent` takes of the context `root`, and what `rules` keep.
    pub(super) fn new(
        extent: &Extent,
        root: &std::path::Path,
        rules: &Rules,
    ) -> Result<Self, ContextError> {
        let Extent::Taken(taken) = extent else { return Ok(Self::EVERYTHING) };
        let Some(sources) = taken.iter().map(parts).collect::<Option<Vec<_>>>() else {
            return Ok(Self::EVERYTHING);
        };
        let mut all = links::follow(root, rules, sources)?;
        all.extend(rules.kept().map(names));
        let everything = all.iter().any(Vec::is_empty);
        Ok(Self { sources: (!everything).then(|| all.into_iter().collect()) })
    }

    /// What is chosen in the context itself.
    pub(super) fn top(&self) -> Reach {
        match &self.sources {
            None => Reach::All,
            Some(sources) => Reach::Below((0..sources.len()).collect()),
        }
    }

    /// What is chosen at `name` in a directory that is `depth` below the context.
    pub(super) fn within(&self, name: &[u8], depth: usize, directory: &Reach) -> Reach {
        let (Some(sources), Reach::Below(reaching)) = (&self.sources, directory) else {
            return Reach::All;
        };
        let mut below = Vec::new();
        for &index in reaching {
            let source = &sources[index];
            if source[depth].takes(name) {
                if source.len() == depth + 1 {
                    return Reach::All;
                }
                below.push(index);
            }
        }
        Reach::Below(below)
    }
}

impl Reach {
    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Self::Below(sources) if sources.is_empty())
    }
}

/// The parts of a path without patterns.
fn names(path: &[u8]) -> Vec<Part> {
    path.split(|byte| *byte == b'/').map(Part::name).collect()
}

/// The parts of a source; none where it can't be told what it takes.
fn parts(taken: &Taken) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    for part in taken.source.split('/') {
        match part {
            "" | "." => {}
            ".." => return None,
            // Any depth for some: from here on all.
            part if taken.wildcards && part.contains("**") => break,
            part if taken.wildcards => parts.push(Part::pattern(part)?),
            part => parts.push(Part::name(part.as_bytes())),
        }
    }
    Some(parts)
}
