//! `needs`: which builds are built before another, though it takes nothing of theirs.

use std::sync::Arc;

use crate::config::Mistake;

use super::{
    earlier::Taking,
    known::{Known, Meaning},
    reader::Reader,
};

/// What stands before a build's name among the places of a build's values.
pub(super) const KEY: &str = "needs";

/// The builds that one needs by its `needs`.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// By name: they are built.
    pub(super) named: Vec<Arc<str>>,
    /// By a group, a glob or a matrix: those of them that are built.
    pub(super) loose: Vec<Arc<str>>,
}

/// Reads `needs` of the build at `index`. Where each stands is kept with the places of its values.
pub(super) fn needs(
    keys: &mut Reader<'_>,
    index: usize,
    known: &Known<'_>,
    taking: &Taking<'_>,
) -> Needs {
    let mut needs = Needs::default();
    let who = known.names[index];
    for (place, word) in keys.list(KEY) {
        let (found, loose) = match known.meaning(&word) {
            Meaning::One(one) => (vec![one], false),
            // A group can name the build itself: it means the others.
            Meaning::Several(several) => {
                (several.into_iter().filter(|one| *one != index).collect(), true)
            }
            Meaning::Nothing if word.is_empty() => continue,
            Meaning::Nothing => {
                let message = format!("`{who}` needs `{word}`, and there is no such build");
                let mut mistake = Mistake::at(&place, message, "no such build");
                mistake.may_follow = keys.config.lacks_builds;
                keys.mistakes.push(mistake.hint(known.hint(&word)));
                continue;
            }
        };
        for name in found.into_iter().map(|one| known.names[one]) {
            if taking.is_taken(name) {
                if !loose {
                    taking.after(name, keys, who, &place);
                }
                continue;
            }
            keys.origins.entry(format!("{KEY}.{name}")).or_insert_with(|| place.clone());
            if loose { &mut needs.loose } else { &mut needs.named }.push(name.into());
        }
    }
    needs
}

/// The builds that end before one begins.
#[derive(Debug)]
pub(super) struct After {
    /// Each once, in order.
    pub(super) all: Vec<Arc<str>>,
    /// Those of them that it does not need by their names, nor by taking their images.
    pub(super) loose: Vec<Arc<str>>,
}

impl Needs {
    /// Those that are needed, with those whose images are `taken`.
    pub(super) fn with<'t>(self, taken: impl Iterator<Item = &'t str>) -> After {
        let Self { named, mut loose } = self;
        let mut all: Vec<Arc<str>> = taken.map(Arc::from).chain(named).collect();
        loose.retain(|name| !all.contains(name));
        all.extend(loose.iter().cloned());
        all.sort_unstable();
        all.dedup();
        After { all, loose }
    }
}
