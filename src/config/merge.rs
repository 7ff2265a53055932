//! What comes to a file before its layers are merged: builds of included files, a profile, and
//! what of the command line has to wait until all builds are known.

use std::collections::BTreeMap;

use super::{
    builds,
    check::is_name,
    include,
    mistake::{Mistake, nearest},
    node::{Data, Entry, Node, Table},
    over,
    source::{Origin, Place, Source, Sources},
};

/// The section of the profiles.
pub(super) const PROFILES: &str = "profiles";

/// Adds the builds of an included file to those of `file`, and keeps its defaults apart.
pub(super) fn join(
    file: &mut Table,
    fragment: include::Fragment,
    inherited: &mut BTreeMap<usize, Table>,
    mistakes: &mut Vec<Mistake>,
) {
    let include::Fragment { source, mut table } = fragment;
    if let Some(Entry { node: Node { data: Data::Table(defaults), .. }, .. }) =
        table.remove("defaults")
    {
        inherited.insert(source, defaults);
    }
    let Some(theirs) = table.remove("builds") else { return };
    let Some(ours) = file.0.iter_mut().find(|entry| entry.name == "builds") else {
        file.0.push(theirs);
        return;
    };
    let (Data::Table(ours), Data::Table(theirs)) = (&mut ours.node.data, theirs.node.data) else {
        return;
    };
    for build in theirs.0 {
        if ours.get(&build.name).is_some() {
            let message = format!("two builds are called `{}`", build.name);
            let mistake = Mistake::at(&build.key, message, "the second");
            mistakes.push(mistake.hint("names are unique over all files: rename one"));
        } else {
            ours.0.push(build);
        }
    }
}

/// The profile called `name`.
pub(super) fn profile<'t>(
    file: &'t Table,
    name: &str,
    sources: &mut Sources,
) -> Result<&'t Table, Mistake> {
    let profiles = over::sections(file, PROFILES).flat_map(|node| match &node.data {
        Data::Table(Table(profiles)) => profiles.as_slice(),
        _ => &[],
    });
    let profiles: Vec<&Entry> = profiles.collect();
    let chosen = profiles.iter().find(|entry| entry.name == name);
    if let Some(Data::Table(table)) = chosen.map(|entry| &entry.node.data) {
        return Ok(table);
    }
    let (label, text) = ("--profile".to_owned(), name.to_owned());
    let source = sources.add(Source { label, text, origin: Origin::Given });
    let place = Place { source, span: 0..name.len() };
    let message = format!("there is no profile `{name}`");
    let mistake = Mistake::at(&place, message, "unknown profile");
    let known = profiles.iter().map(|entry| entry.name.as_str());
    Err(mistake.hint(match nearest(name, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if profiles.is_empty() && is_name(name) => {
            format!("declare it as `[profiles.{name}]`")
        }
        None if profiles.is_empty() => "the file has no `[profiles.NAME]`".to_owned(),
        None => match &known.map(|name| format!("`{name}`")).collect::<Vec<_>>()[..] {
            [only] => format!("there is only {only}"),
            all => format!("there are {}", all.join(", ")),
        },
    }))
}

/// A `--set` of builds that are not written by this name, of a matrix or of a glob: laid over
/// each when all are known. Everything else is a layer as others are.
pub(super) fn late(table: Table, file: &Table) -> Result<builds::Set, Table> {
    let written = |name: &str| match file.get("builds").map(|node| &node.data) {
        Some(Data::Table(builds)) => builds.get(name).is_some(),
        _ => false,
    };
    match table.0.as_slice() {
        [Entry { name, node: Node { data: Data::Table(inner), .. }, .. }] if name == "builds" => {
            match inner.0.as_slice() {
                [Entry { name, key, node: Node { data: Data::Table(table), .. } }]
                    if !written(name) =>
                {
                    let (pattern, key) = (name.clone(), key.clone());
                    Ok(builds::Set { pattern, key, table: table.clone() })
                }
                _ => Err(table),
            }
        }
        _ => Err(table),
    }
}
