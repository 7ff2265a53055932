//! From what is written of builds to one section a build: presets, defaults, matrices.
//!
//! A build's own keys lie over its presets, later ones over earlier ones, and these over
//! `defaults`; tables merge, everything else replaces. A build with a `matrix` becomes one for
//! each of its combinations, under a name of its own.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use super::{
    Section,
    check::is_name,
    matrix,
    mistake::{Mistake, nearest},
    node::{Data, Entry, Table},
    source::Place,
    wildcard::wildcard,
};

/// The key that makes several builds of one.
const MATRIX: &str = "matrix";

/// Keys that count before the names of all builds are known.
const TOO_LATE: [&str; 2] = [MATRIX, "presets"];

/// More builds than this are taken for a mistake.
const MOST: usize = 20_000;

/// What lies under builds of some files, and over builds of some names.
pub(super) struct Laid<'a> {
    /// `[defaults]` of included files, by source.
    pub(super) inherited: &'a BTreeMap<usize, Table>,
    /// `defaults` of all that lies over the files, which lie over those of included ones too.
    pub(super) defaults: &'a Table,
    /// `--set`s of builds that are known only now, in order.
    pub(super) sets: &'a [Set],
}

/// A `--set` of builds.
#[derive(Debug)]
pub(super) struct Set {
    /// A name or a glob of builds.
    pub(super) pattern: String,
    /// Where it stands.
    pub(super) key: Place,
    /// Keys of a build.
    pub(super) table: Table,
}

/// What builds are made from.
pub(super) struct Given<'a> {
    /// `[defaults]`.
    pub(super) defaults: &'a Table,
    /// `[presets]`.
    pub(super) presets: &'a [Section],
    /// What belongs to some builds.
    pub(super) laid: &'a Laid<'a>,
    /// Where globs of a value that stands at this place start from.
    pub(super) base: &'a dyn Fn(&Place) -> std::path::PathBuf,
}

/// The builds of `written`, in order; what is wrong goes to `mistakes`, and `lacks` says whether
/// some are missing for it.
pub(super) fn builds(
    written: Vec<Section>,
    given: &Given<'_>,
    mistakes: &mut Vec<Mistake>,
    lacks: &mut bool,
) -> Vec<Section> {
    let mut builds: Vec<Section> = Vec::new();
    for build in written {
        let table = build.table.over(under(&build, given, mistakes));
        let matrix = table.entry(MATRIX).cloned();
        let build = Section { table: Arc::new(table), ..build };
        let variants = match matrix {
            Some(matrix) => variants(&build, &matrix, given).unwrap_or_else(|mistake| {
                mistakes.push(mistake);
                *lacks = true;
                Vec::new()
            }),
            None => vec![build],
        };
        builds.extend(variants);
        if builds.len() > MOST {
            let message = format!("more than {MOST} builds");
            let at = &builds[builds.len() - 1].key;
            mistakes.push(Mistake::at(at, message, "up to here"));
            *lacks = true;
            return Vec::new();
        }
    }
    unique(&builds, mistakes);
    for set in given.laid.sets {
        lay(set, &mut builds, mistakes);
    }
    builds
}

/// Lays a `--set` over the builds that it names.
fn lay(set: &Set, builds: &mut [Section], mistakes: &mut Vec<Mistake>) {
    mistakes.extend(too_late(set, builds));
    let mut any = false;
    for build in builds.iter_mut().filter(|build| wildcard(&set.pattern, &build.name)) {
        let table = Arc::unwrap_or_clone(std::mem::take(&mut build.table));
        build.table = Arc::new(set.table.over(table));
        any = true;
    }
    if !any {
        let message = format!("there is no build `{}` to set", set.pattern);
        let mistake = Mistake::at(&set.key, message, "no build");
        let near = nearest(&set.pattern, builds.iter().map(|build| build.name.as_str()));
        mistakes.push(match near {
            Some(near) => mistake.hint(format!("did you mean `{near}`?")),
            None => mistake.hint("`kaniko-build list` has the names"),
        });
    }
}

/// A key that has made builds what they are when a `--set` reaches them by this name.
fn too_late(set: &Set, builds: &[Section]) -> Option<Mistake> {
    let entry = TOO_LATE.iter().find_map(|key| set.table.entry(key))?;
    let (pattern, key) = (&set.pattern, &entry.name);
    let named = || builds.iter().filter(|build| wildcard(pattern, &build.name));
    let build = named().find(|build| !build.matrix.is_empty()).or_else(|| named().next())?;
    let written = &build.written;
    let message = format!("`{key}` of `{pattern}` is set too late");
    let first = match key.as_str() {
        MATRIX => "the builds of a matrix are made",
        _ => "presets are laid under builds",
    };
    let hint = format!("{first} before this is looked at: set `builds.{written}.{key}`");
    Some(Mistake::at(&entry.key, message, "has no effect").hint(hint))
}

/// What a build's own keys lie over: its presets over the defaults.
fn under(build: &Section, given: &Given<'_>, mistakes: &mut Vec<Mistake>) -> Table {
    let mut under = match given.laid.inherited.get(&build.key.source) {
        Some(inherited) => given.laid.defaults.over(inherited.over(given.defaults.clone())),
        None => given.defaults.clone(),
    };
    let chosen = build.table.get("presets").or_else(|| under.get("presets")).cloned();
    let Some(Data::List(items)) = chosen.as_ref().map(|node| &node.data) else { return under };
    for item in items {
        let Data::Text(name) = &item.data else { continue };
        // A template was told already.
        if name.contains("{{") {
            continue;
        }
        if let Some(preset) = given.presets.iter().find(|preset| preset.name == *name) {
            under = preset.table.over(under);
            continue;
        }
        let known = given.presets.iter().map(|preset| preset.name.as_str());
        let hint = match nearest(name, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None if is_name(name) => format!("declare it as `[presets.{name}]`"),
            None => "write the name of a `[presets.NAME]`".to_owned(),
        };
        let message = format!("there is no preset `{name}`");
        mistakes.push(Mistake::at(&item.place, message, "unknown preset").hint(hint));
    }
    under
}

/// One build for each combination of `matrix`.
fn variants(build: &Section, matrix: &Entry, given: &Given<'_>) -> Result<Vec<Section>, Mistake> {
    let base = (given.base)(&matrix.node.place);
    let combinations = matrix::combinations(matrix, Path::new(&base), MOST)?;
    let mut variants = Vec::new();
    for values in combinations {
        let mut name = build.name.clone();
        for (_, value) in &values {
            name.push('-');
            name.extend(value.to_lowercase().chars().map(|c| {
                let kept = c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
                if kept { c } else { '-' }
            }));
        }
        debug_assert!(is_name(&name), "`{name}`");
        variants.push(Section { name, matrix: values, ..build.clone() });
    }
    Ok(variants)
}

fn unique(builds: &[Section], mistakes: &mut Vec<Mistake>) {
    let mut seen: BTreeMap<&str, &Section> = BTreeMap::new();
    for build in builds {
        let Some(other) = seen.insert(&build.name, build) else { continue };
        let message = format!("two builds are called `{}`", build.name);
        let made = !build.matrix.is_empty() || !other.matrix.is_empty();
        let matrix = build.table.get(MATRIX).map(|matrix| &matrix.place);
        let mistake = match matrix {
            Some(place) => Mistake::at(place, message, "makes two of this name"),
            None => Mistake::at(&build.key, message, "the second"),
        };
        mistakes.push(mistake.hint(if made {
            "a matrix makes one name for each combination: its values must differ in letters, \
             digits, `.`, `_` and `-`"
        } else {
            "names are unique over all files: rename one"
        }));
    }
}
