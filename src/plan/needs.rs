//! `needs`: which builds are built before another, though it takes nothing of theirs.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::config::{Mistake, Place};

use super::{
    earlier::Taking,
    known::{Known, Meaning},
    reader::Reader,
};

/// The key.
pub(super) const KEY: &str = "needs";

/// So often builds may need one another: what is a graph of more is no file of a person's.
const MOST: usize = 1_000_000;

/// How often builds have needed one another so far.
#[derive(Debug, Default)]
pub(super) struct Needed(AtomicUsize);

impl Needed {
    /// Counts `more`; beyond [`MOST`] there is no room, which is told once.
    fn has_room_for(&self, more: usize, keys: &mut Reader<'_>) -> bool {
        let before = self.0.fetch_add(more, Ordering::Relaxed);
        if before <= MOST && before + more > MOST {
            let message = format!("builds need one another more than {MOST} times");
            let hint = "let them need one build that needs the others: order is passed on";
            keys.wrong(KEY, message, "up to here", hint);
        }
        before + more <= MOST
    }
}

/// The builds that one needs by its `needs`.
#[derive(Debug, Default)]
pub(super) struct Needs {
    /// By name, and where: they are built.
    pub(super) named: BTreeMap<Arc<str>, Place>,
    /// By a group, a glob or a matrix: those of them that are built.
    pub(super) loose: Vec<Arc<str>>,
}

/// Reads `needs` of the build at `index`.
pub(super) fn needs(
    keys: &mut Reader<'_>,
    index: usize,
    known: &Known<'_>,
    taking: &Taking<'_>,
    needed: &Needed,
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
        for one in found {
            let name = known.names[one];
            if taking.is_taken(name) {
                if !loose {
                    taking.after(name, keys, who, &place);
                }
                continue;
            }
            let shared = Arc::clone(&known.shared[one]);
            if loose {
                // These may be thousands, for each of thousands of builds.
                needs.loose.push(shared);
            } else {
                needs.named.entry(shared).or_insert_with(|| place.clone());
            }
        }
    }
    if !needed.has_room_for(needs.named.len() + needs.loose.len(), keys) {
        return Needs::default();
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
    /// Those that it needs by their names, and where it says so.
    pub(super) named: BTreeMap<Arc<str>, Place>,
}

impl Needs {
    /// Those that are needed, with those whose images are `taken`.
    pub(super) fn with<'t>(self, taken: impl Iterator<Item = &'t str>) -> After {
        let Self { named, mut loose } = self;
        let mut all: Vec<Arc<str>> = taken.map(Arc::from).chain(named.keys().cloned()).collect();
        loose.retain(|name| !all.contains(name));
        all.extend(loose.iter().cloned());
        all.sort_unstable();
        all.dedup();
        After { all, loose, named }
    }
}
