//! What builds write on this machine: where it goes, and that it takes nothing else away.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use foldhash::HashMap;

use crate::{
    config::{Mistake, Place, Sources},
    context::Dockerfile,
    transport::OutputKind,
};

use super::{Build, OutputAt, reader::Reader};

/// The two outputs that Kaniko can write.
const OUTPUTS: [(&str, &str, OutputKind); 2] = [
    ("tar-path", "--tar-path", OutputKind::File),
    ("oci-layout-path", "--oci-layout-path", OutputKind::Directory),
];

impl OutputAt {
    /// Its key in the file.
    #[must_use]
    pub fn key(&self) -> &'static str {
        self.flag.trim_start_matches('-')
    }
}

/// The outputs of a build, each where there is room for it.
pub(super) fn read(keys: &mut Reader<'_>) -> Vec<OutputAt> {
    let output = |(key, flag, kind)| {
        let local = keys.path(key)?;
        if let Some(parent) = local.parent().filter(|parent| !parent.is_dir()) {
            let message = format!("the directory `{}` is not there", parent.display());
            keys.wrong(key, message, "goes there", "make it first: outputs make no directories");
        } else if let Some((what, hint)) = taken(&local, kind) {
            let message = format!("`{}` is {what}", local.display());
            keys.wrong(key, message, "is there already", hint);
        }
        Some(OutputAt { flag, local, kind })
    };
    OUTPUTS.into_iter().filter_map(output).collect()
}

/// What is there that no output replaces, and what to do.
fn taken(local: &Path, kind: OutputKind) -> Option<(&'static str, &'static str)> {
    match kind {
        OutputKind::File if local.is_dir() => {
            Some(("a directory, and the archive is a file", "name a file in it"))
        }
        OutputKind::File => None,
        OutputKind::Directory => match fs::read_dir(local).map(|mut entries| entries.next()) {
            Ok(Some(_)) if !local.join("oci-layout").is_file() => Some((
                "a directory that holds something else, which a layout does not replace",
                "name a directory that is not there yet, or is empty",
            )),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                Some(("a file, and a layout is a directory", "name a directory"))
            }
            Ok(_) | Err(_) => None,
        },
    }
}

/// Tells outputs that would take each other away, or what the plan is made from.
pub(super) fn tell(
    builds: &BTreeMap<usize, Box<Build>>,
    sources: &Sources,
    mistakes: &mut Vec<Mistake>,
) {
    let outputs = builds.values().flat_map(|build| build.outputs.iter().map(move |it| (build, it)));
    let outputs: Vec<Output<'_>> =
        outputs.map(|(build, at)| Output { build, at, path: real(&at.local) }).collect();
    // What is not there replaces no source; plans of many builds have many.
    let is_any_there = outputs.iter().any(|output| output.at.local.exists());
    let kept = is_any_there.then(|| Kept::of(sources, builds.values().map(|build| &**build)));
    let mut known: HashMap<&Path, &Output<'_>> = HashMap::default();
    for output in &outputs {
        if let Some(what) =
            kept.as_ref().and_then(|kept| kept.taken_by(&output.path, output.at.kind))
        {
            let message = format!("{output} would replace {what}");
            let mistake = Mistake::at(output.place(), message, "is there already");
            mistakes.push(mistake.hint("give it a place of its own").may_follow());
        }
        if let Some(other) = known.insert(&output.path, output) {
            mistakes.push(output.beside(other));
        }
    }
    for output in &outputs {
        let above = output.path.ancestors().skip(1).find_map(|above| known.get(above));
        if let Some(other) = above.filter(|other| other.at.kind == OutputKind::Directory) {
            mistakes.push(output.within(other));
        }
    }
}

struct Output<'b> {
    build: &'b Build,
    at: &'b OutputAt,
    /// Where it is without links.
    path: PathBuf,
}

impl Output<'_> {
    fn place(&self) -> &Place {
        self.build.origin(self.at.key()).unwrap_or(&self.build.place)
    }

    /// The mistake with the place of `other`, where that is not its own.
    fn with(&self, mistake: Mistake, other: &Self, label: &str) -> Mistake {
        match other.place() {
            place if place == self.place() => mistake,
            place => mistake.also(place, label),
        }
    }

    /// The mistake that it goes where `other` goes.
    fn beside(&self, other: &Self) -> Mistake {
        let message = format!("{other} and {self} are one place, and one would be lost");
        let mistake = Mistake::at(self.place(), message, "the same for both").may_follow();
        let mistake = self.with(mistake, other, "goes there too");
        mistake.hint(
            "give each a place of its own; those of a matrix differ by `{{ matrix.NAME }}`, those \
             of `defaults` by `{{ build.name }}`",
        )
    }

    /// The mistake that it goes into the directory of `other`.
    fn within(&self, other: &Self) -> Mistake {
        let message = format!("{self} would stand within {other}, which is replaced whole");
        let mistake = Mistake::at(self.place(), message, "goes into that").may_follow();
        let mistake = self.with(mistake, other, "the directory");
        mistake.hint("give each a place of its own")
    }
}

impl fmt::Display for Output<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the `{}` of `{}`", self.at.key(), self.build.name)
    }
}

/// What a plan is made from, and nothing of a run may replace: each without links in its path,
/// with what it is.
#[derive(Debug, Default)]
pub struct Kept(HashMap<PathBuf, String>);

impl Kept {
    /// The files of the configuration, and the Dockerfiles and ignore files of `builds`.
    pub fn of<'b>(sources: &Sources, builds: impl Iterator<Item = &'b Build>) -> Self {
        let mut kept = HashMap::default();
        for (label, path) in sources.files() {
            kept.insert(real(path), format!("`{label}`, a file of the configuration"));
        }
        for build in builds {
            let (Dockerfile::Inside(path) | Dockerfile::Outside(path)) = &build.dockerfile;
            let path = build.context.join(path);
            let what = format!("`{}`, the Dockerfile of `{}`", build.dockerfile_label, build.name);
            kept.entry(real(&path)).or_insert(what);
            let mut own = path.clone().into_os_string();
            own.push(".dockerignore");
            for ignore in [PathBuf::from(own), build.context.join(".dockerignore")] {
                let name = ignore.file_name().unwrap_or_default().display().to_string();
                kept.entry(real(&ignore))
                    .or_insert_with(|| format!("`{name}`, the ignore file of `{}`", build.name));
            }
        }
        Self(kept)
    }

    /// What stands at `path`, which is without links.
    #[must_use]
    pub fn at(&self, path: &Path) -> Option<&str> {
        let what = self.0.get(path)?;
        // A build need not have an ignore file.
        path.exists().then_some(what)
    }

    /// What an output at `path` would take away.
    fn taken_by(&self, path: &Path, kind: OutputKind) -> Option<&str> {
        match kind {
            OutputKind::File => self.at(path),
            OutputKind::Directory => {
                let below = self.0.keys().filter(|kept| kept.starts_with(path));
                below.filter_map(|kept| self.at(kept)).min()
            }
        }
    }
}

/// The path without links; of a file that is not there its directory's.
#[must_use]
pub fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| {
        let directory = path.parent().and_then(|parent| parent.canonicalize().ok());
        match (directory, path.file_name()) {
            (Some(directory), Some(name)) => directory.join(name),
            _ => path.to_owned(),
        }
    })
}
