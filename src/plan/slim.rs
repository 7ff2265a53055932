//! How much of a context a build sends: what its Dockerfile takes, where that can be told.
//!
//! A plan asks no registry, so what an `ONBUILD` of a base image takes is left open in it:
//! [`Slim::Taken`] says of which images. [`taken`] closes it once their configs are known.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use crate::{
    context::{Extent, Taken as Source},
    dockerfile::{BaseImage, Given, Parent, Taken, WholeContext},
    template::{LateValue, Part, Rendered},
};

use super::{
    Build, Executor, ExecutorKind,
    arguments::{resolve, shown},
    dockerfile::Read,
    executor::IMAGE,
};

/// How much of its context a build sends, after the ignore file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slim {
    /// All of it: the file says so.
    Off,
    /// All of it: a line may take what cannot be told.
    Whole(WholeContext),
    /// What these lines take, if nothing of `unless` takes more.
    Taken {
        /// By line, in order.
        taken: Vec<Taken>,
        /// Base images whose `ONBUILD` and environment are not known; none where no base can
        /// change it.
        unless: Vec<Parent>,
    },
}

impl Slim {
    /// What is sent if no base image takes more.
    #[must_use]
    pub fn extent(&self) -> Extent {
        match self {
            Self::Off | Self::Whole(_) => Extent::Whole,
            Self::Taken { taken, .. } => sources(taken),
        }
    }

    /// The line that takes the whole context.
    #[must_use]
    pub fn all(taken: &[Taken]) -> Option<usize> {
        let all = |one: &&Taken| one.sources.iter().any(|source| source == ".");
        taken.iter().find(all).map(|one| one.line)
    }
}

/// Decides it for a Dockerfile.
pub(super) fn slim(read: &Read, build_args: &[(String, Rendered)], unused: bool) -> Slim {
    let late = |(name, text): &(String, Rendered)| {
        text.parts.iter().any(|part| matches!(part, Part::Late(_))).then(|| name.clone())
    };
    let late: BTreeSet<String> = build_args.iter().filter_map(late).collect();
    let Read { file, reach, values, .. } = read;
    let unless = file.parents(reach, unused);
    let nothing = BaseImage { environment: Some(BTreeMap::new()), triggers: Vec::new() };
    let bases = unless.iter().map(|one| (one.reference.clone(), nothing.clone())).collect();
    let given = Given { build_args: values, late: &late, bases: &bases, unused };
    match file.taken(&given, reach) {
        // No trigger can take more than all.
        Ok(taken) if Slim::all(&taken).is_some() => Slim::Taken { taken, unless: Vec::new() },
        Ok(taken) => Slim::Taken { taken, unless },
        Err(whole) => Slim::Whole(whole),
    }
}

/// Whether stages that the target does not need are built all the same, as by the original
/// Kaniko; which one runs is known of our own image alone.
pub(super) fn builds_unused(executor: &Executor, flags: &[String]) -> bool {
    let skips = match &executor.kind {
        ExecutorKind::Container(settings) => settings.image == IMAGE,
        ExecutorKind::Builtin => true,
        ExecutorKind::CloudFoundry(_) | ExecutorKind::Command(_) | ExecutorKind::Local => false,
    };
    !skips && !flags.iter().any(|flag| flag == "--skip-unused-stages=true")
}

/// The base images that must be known before [`taken`] can tell, as `late` values make them; a
/// value that is not known stands in them as the template that it is.
#[must_use]
pub fn parents(build: &Build, late: impl FnMut(&LateValue) -> Option<String>) -> Vec<Parent> {
    match &build.slim {
        Slim::Taken { unless, .. } if !unless.is_empty() => {
            let (build_args, _) = known(build, late);
            let unused = builds_unused(&build.executor, &build.flags);
            // The plan has found the target.
            let reach = build.instructions.reach(&build_args, build.target.as_deref());
            reach.map_or_else(|_| Vec::new(), |reach| build.instructions.parents(&reach, unused))
        }
        Slim::Off | Slim::Whole(_) | Slim::Taken { .. } => Vec::new(),
    }
}

/// What lines take of a context, with all [`parents`] in `bases`; none where that was not asked
/// for, or could not be told when planning.
///
/// # Errors
///
/// [`WholeContext`] where a base image takes what cannot be told.
pub fn taken<'b>(
    build: &'b Build,
    bases: &BTreeMap<String, BaseImage>,
    late: impl FnMut(&LateValue) -> Option<String>,
) -> Result<Option<Cow<'b, [Taken]>>, WholeContext> {
    match &build.slim {
        Slim::Taken { unless, .. } if !unless.is_empty() => {
            let (build_args, late) = known(build, late);
            let unused = builds_unused(&build.executor, &build.flags);
            let given = Given { build_args: &build_args, late: &late, bases, unused };
            let reach = build.instructions.reach(&build_args, build.target.as_deref());
            let reach = reach.map_err(|error| WholeContext { line: 1, why: error.to_string() })?;
            let taken = build.instructions.taken(&given, &reach)?;
            Ok(Some(Cow::Owned(taken)))
        }
        Slim::Taken { taken, .. } => Ok(Some(Cow::Borrowed(taken))),
        Slim::Off | Slim::Whole(_) => Ok(None),
    }
}

/// Build args with their values, and the names of those that have none yet.
fn known(
    build: &Build,
    mut late: impl FnMut(&LateValue) -> Option<String>,
) -> (BTreeMap<String, String>, BTreeSet<String>) {
    let mut unknown = BTreeSet::new();
    let mut value = |(name, text): &(String, Rendered)| {
        let value = resolve(text, &mut late).unwrap_or_else(|| {
            unknown.insert(name.clone());
            shown(text)
        });
        (name.clone(), value)
    };
    let build_args = build.build_args.iter().map(&mut value).collect();
    (build_args, unknown)
}

/// What `taken` is of a context.
#[must_use]
pub fn sources(taken: &[Taken]) -> Extent {
    if Slim::all(taken).is_some() {
        return Extent::Whole;
    }
    let sources = taken.iter().flat_map(|one| {
        let wildcards = one.wildcards;
        one.sources.iter().map(move |source| Source { source: source.clone(), wildcards })
    });
    // Sorted, so that builds that take the same are seen to.
    let sources: BTreeSet<_> = sources.map(|one| (one.source, one.wildcards)).collect();
    Extent::Taken(
        sources.into_iter().map(|(source, wildcards)| Source { source, wildcards }).collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dockerfile::Dockerfile;

    fn of(text: &str) -> Slim {
        let file = Dockerfile::parse(text).unwrap();
        let reach = file.reach(&BTreeMap::new(), None).unwrap();
        let read = Read {
            at: crate::context::Dockerfile::Inside("Dockerfile".into()),
            bases: Vec::new(),
            file: file.into(),
            reach,
            values: BTreeMap::new(),
            label: String::new(),
        };
        slim(&read, &[], false)
    }

    fn lines(slim: &Slim) -> (Vec<usize>, Vec<usize>) {
        let Slim::Taken { taken, unless } = slim else { panic!("{slim:?}") };
        let parents = unless.iter().map(|one| one.line);
        (taken.iter().map(|one| one.line).collect(), parents.collect())
    }

    #[test]
    fn what_is_taken_is_open_until_the_base_images_are_known() {
        let open = of("FROM a AS b\nCOPY x /\nFROM scratch\nCOPY --from=b / /\nCOPY y /\n");
        assert_eq!(lines(&open), (vec![2, 5], vec![1]));
        assert_eq!(lines(&of("FROM scratch\nCOPY x /\n")), (vec![2], vec![]));
    }

    #[test]
    fn no_base_image_can_take_more_than_all() {
        let all = of("FROM a\nCOPY x /\nCOPY . /\n");
        assert_eq!(lines(&all), (vec![2, 3], vec![]));
        let Slim::Taken { taken, .. } = all else { panic!() };
        assert_eq!(Slim::all(&taken), Some(3));
        assert_eq!(sources(&taken), Extent::Whole);
    }

    #[test]
    fn a_line_that_cannot_be_told_makes_it_the_whole_context() {
        let Slim::Whole(why) = of("FROM a\nCOPY ../x /\n") else { panic!() };
        assert_eq!(why.to_string(), "line 2: executors do not agree on the `..` in `../x`");
    }

    #[test]
    fn sources_are_sorted_and_each_is_there_once() {
        let taken = of("FROM scratch\nCOPY b a /\nCOPY a /\n");
        let Slim::Taken { taken, .. } = taken else { panic!() };
        let source = |name: &str| Source { source: name.into(), wildcards: true };
        assert_eq!(sources(&taken), Extent::Taken(vec![source("a"), source("b")]));
    }
}
