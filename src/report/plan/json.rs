//! A plan for programs: versioned, and what has a name there keeps it.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    io::{self, BufWriter, Write},
};

use foldhash::HashMap;
use serde::{
    Serialize, Serializer,
    ser::{SerializeSeq as _, SerializeStruct as _},
};

use crate::{
    config::{self, Config, Data, Entry, Said, Section},
    plan::{Base, Build, ExecutorKind, Printed, Slim, Taken, arguments, cores, shown_late},
    report::{
        redacted,
        serialized::{List, Sorted, Text},
    },
    secret::Redactor,
    template::Rendered,
};

use super::{Shown, dockerfile};

#[derive(Serialize)]
struct PlanJson<'a> {
    version: u32,
    program: &'static str,
    file: Option<String>,
    overrides: &'a [String],
    built_before: Vec<TakenJson<'a>>,
    layers: OfNoBuild<'a>,
    /// Last; they are written part by part.
    builds: [BuildJson<'a>; 0],
}

/// One build.
struct BuildJson<'a> {
    from: Shown<'a>,
    build: &'a Build,
    /// What is written of it.
    section: Option<&'a Section>,
}

#[derive(Serialize)]
struct TakenJson<'a> {
    build: &'a str,
    image: Option<&'a str>,
    report: &'a str,
}

#[derive(Serialize)]
struct ExecutorJson<'a> {
    name: &'a str,
    r#type: &'static str,
    chosen: Option<&'a str>,
}

#[derive(Serialize)]
struct BaseJson<'a> {
    reference: &'a str,
    line: usize,
}

#[derive(Serialize)]
struct SentJson<'a> {
    whole: bool,
    line: Option<usize>,
    why: Option<&'a str>,
    sources: Vec<SourceJson<'a>>,
    unless_onbuild: Vec<BaseJson<'a>>,
}

#[derive(Serialize)]
struct SourceJson<'a> {
    source: &'a str,
    line: usize,
}

/// About what a build takes, in bytes.
const LENGTH: usize = 4096;

/// About as many values has a build.
const VALUES: usize = 32;

/// So much is written at a time, in bytes.
const WRITTEN: usize = 1 << 16;

/// How deep a build stands in the document: in it, and in the list of builds.
const DEPTH: usize = 2;

/// The whole plan as one JSON document, without what `redactor` knows, and without an end of line.
///
/// # Errors
///
/// Those of `out`.
pub fn json(from: Shown<'_>, redactor: &Redactor, out: &mut impl Write) -> io::Result<()> {
    let sections = from.config.builds.iter();
    let sections: HashMap<_, _> = sections.map(|one| (one.name.as_str(), one)).collect();
    let plan = PlanJson {
        version: 1,
        program: env!("CARGO_PKG_VERSION"),
        file: from.plan.file.as_ref().map(|file| file.display().to_string()),
        overrides: &from.plan.overrides,
        built_before: from.plan.taken.iter().map(of_taken).collect(),
        layers: OfNoBuild(from.config),
        builds: [],
    };
    let document = redacted::document(&plan, redactor);
    let Some(before) = document.strip_suffix("]\n}").filter(|_| !from.plan.builds.is_empty())
    else {
        return out.write_all(document.as_bytes());
    };
    let mut out = BufWriter::with_capacity(WRITTEN, out);
    out.write_all(before.as_bytes())?;
    let make = |build: &Build| {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend_from_slice(b"\n    ");
        let section = sections.get(&*build.name).copied();
        redacted::append(&mut bytes, DEPTH, &BuildJson { from, build, section }, redactor);
        bytes
    };
    let mut is_first = true;
    cores::in_turn(&from.plan.builds, make, |bytes| {
        let before: &[u8] = if std::mem::take(&mut is_first) { b"" } else { b"," };
        out.write_all(before).and_then(|()| out.write_all(&bytes))
    })?;
    out.write_all(b"\n  ]\n}")?;
    out.flush()
}

fn of_taken(taken: &Taken) -> TakenJson<'_> {
    // No `..` here: a new field does not compile until it is shown.
    let Taken { build, image, report } = taken;
    TakenJson { build, image: image.as_deref(), report }
}

impl Serialize for BuildJson<'_> {
    /// Nothing is made beforehand that can be written where it goes: plans have many builds.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { from, build, section } = *self;
        let mut fields = serializer.serialize_struct("Build", 20)?;
        fields.serialize_field("name", &*build.name)?;
        fields.serialize_field("executor", &executor(build))?;
        fields.serialize_field("context", &Text(build.context.display()))?;
        fields.serialize_field("dockerfile", &dockerfile(build))?;
        fields.serialize_field("sent", &sent(&build.slim))?;
        fields.serialize_field("target", &build.target)?;
        fields.serialize_field("destinations", &List(|| build.destinations.iter().map(Text)))?;
        fields.serialize_field("push", &build.push)?;
        fields.serialize_field("build_args", &texts(&build.build_args))?;
        fields.serialize_field("labels", &texts(&build.labels))?;
        fields.serialize_field("annotations", &texts(&build.annotations))?;
        let secrets = build.secrets.iter().map(|(id, from)| (id.as_str(), Text(from)));
        fields.serialize_field("secrets", &Sorted::of(secrets))?;
        let outputs = || build.outputs.iter().map(|output| Text(output.local.display()));
        fields.serialize_field("outputs", &List(outputs))?;
        let bases = || build.bases.iter().map(of_base);
        fields.serialize_field("bases", &List(bases))?;
        let needed = build.registries.iter();
        let credentials =
            needed.map(|needed| (needed.host.as_str(), from.credentials(&needed.host)));
        fields.serialize_field("credentials", &Sorted::of(credentials))?;
        fields.serialize_field("needs", &List(|| build.after.iter().map(|name| &**name)))?;
        fields.serialize_field("retry", &build.retry)?;
        fields.serialize_field("timeout_seconds", &build.timeout.as_secs())?;
        let arguments = match build.executor.kind {
            ExecutorKind::Builtin => Vec::new(),
            _ => arguments(build, |late| Some(shown_late(late))).unwrap_or_default(),
        };
        fields.serialize_field("arguments", &arguments)?;
        fields.serialize_field("layers", &Layers { config: from.config, build, section })?;
        fields.end()
    }
}

fn executor(build: &Build) -> ExecutorJson<'_> {
    ExecutorJson {
        name: &build.executor.name,
        r#type: build.executor.kind.name(),
        chosen: build.chosen.as_deref(),
    }
}

fn of_base(base: &Base) -> BaseJson<'_> {
    BaseJson { reference: &base.reference, line: base.line }
}

fn texts(entries: &[(String, Rendered)]) -> Sorted<&str, Text<Printed<'_>>> {
    Sorted::of(entries.iter().map(|(name, text)| (name.as_str(), Text(Printed(text)))))
}

fn sent(slim: &Slim) -> SentJson<'_> {
    let whole = |line, why| {
        let (sources, unless_onbuild) = (Vec::new(), Vec::new());
        SentJson { whole: true, line, why, sources, unless_onbuild }
    };
    match slim {
        Slim::Off => whole(None, None),
        Slim::Whole(why) => whole(Some(why.line), Some(&why.why)),
        Slim::Taken { taken, unless } => {
            if let Some(line) = Slim::all(taken) {
                return whole(Some(line), Some("it is taken"));
            }
            let sources = taken.iter().flat_map(|one| {
                one.sources.iter().map(|source| SourceJson { source, line: one.line })
            });
            let unless = unless.iter();
            SentJson {
                whole: false,
                line: None,
                why: None,
                sources: sources.collect(),
                unless_onbuild: unless
                    .map(|one| BaseJson { reference: &one.reference, line: one.line })
                    .collect(),
            }
        }
    }
}

/// The layers of each value that belongs to no build.
struct OfNoBuild<'a>(&'a Config);

impl Serialize for OfNoBuild<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(config) = *self;
        let sections = [("vars", &config.vars), ("reports", &config.reports)];
        let sections = sections.map(|(section, table)| (section, None, table));
        let named = [("registries", &config.registries), ("executors", &config.executors)];
        let named = named.into_iter().flat_map(|(section, all)| {
            all.iter().map(move |one| (section, Some(one.name.as_str()), &*one.table))
        });
        let mut values = BTreeMap::new();
        for (section, name, table) in sections.into_iter().chain(named) {
            let said = config.said_of(section, name);
            for Entry { name: key, .. } in &table.0 {
                let shown = [Some(section), name, Some(key)];
                let shown = shown.into_iter().flatten().collect::<Vec<_>>().join(".");
                let path = [key.as_str()];
                let steps = said.of(&path).rev();
                let steps: Vec<_> = steps.map(|it| config.described(&it).to_string()).collect();
                values.insert(shown, steps);
            }
        }
        values.serialize(serializer)
    }
}

/// The layers that say something of each value, the one that holds first.
struct Layers<'a> {
    config: &'a Config,
    build: &'a Build,
    section: Option<&'a Section>,
}

impl Serialize for Layers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some(section) = self.section else { return serializer.collect_map([("", ""); 0]) };
        let said = self.config.said(section);
        let mut values: Vec<(Cow<'_, str>, Option<Path<'_>>)> = Vec::with_capacity(VALUES);
        for Entry { name, node, .. } in &section.table.0 {
            if let Data::Table(table) = &node.data {
                values.extend(table.0.iter().map(|inner| {
                    let key = [name, ".", &inner.name].concat();
                    (key.into(), Some((name.as_str(), Some(inner.name.as_str()))))
                }));
            } else {
                values.push((name.into(), Some((name, None))));
            }
        }
        let labels = match section.table.get("labels").map(|node| &node.data) {
            Some(Data::Table(table)) => &table.0[..],
            _ => &[],
        };
        let is_default = |(name, _): &&(String, _)| labels.iter().all(|entry| entry.name != *name);
        let labels = self.build.labels.iter().filter(is_default);
        values.extend(labels.map(|(name, _)| (["labels.", name].concat().into(), None)));
        let written = |key: &str| {
            section.table.get(key).is_some_and(|node| !matches!(node.data, Data::Table(_)))
        };
        let defaults = config::build_defaults().filter(|(key, _)| !written(key));
        values.extend(defaults.map(|(key, _)| (key.into(), None)));
        values.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        let layered = |path| Layered { config: self.config, said: &said, path };
        serializer.collect_map(values.iter().map(|(key, path)| (key, layered(*path))))
    }
}

/// A key, and an entry of its table.
type Path<'a> = (&'a str, Option<&'a str>);

/// The layers of one value.
struct Layered<'a> {
    config: &'a Config,
    said: &'a Said<'a>,
    /// None where no layer says anything.
    path: Option<Path<'a>>,
}

impl Serialize for Layered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Some((key, entry)) = self.path else { return ["default"].serialize(serializer) };
        let path = [key, entry.unwrap_or_default()];
        let path = if entry.is_some() { &path[..] } else { &path[..1] };
        let mut list = serializer.serialize_seq(None)?;
        for step in self.said.of(path).rev() {
            list.serialize_element(&Text(self.config.described(&step)))?;
        }
        list.end()
    }
}
