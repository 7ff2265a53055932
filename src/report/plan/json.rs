//! A plan for programs: versioned, and what has a name there keeps it.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
};

use serde::Serialize;

use crate::{
    config::{self, Config, Data, Section},
    plan::{Build, ExecutorKind, Slim, Taken, arguments, cores, shown, shown_late},
    report::redacted,
    secret::Redactor,
};

use super::{Shown, dockerfile};

#[derive(Serialize)]
struct PlanJson<'a> {
    version: u32,
    program: &'static str,
    file: Option<String>,
    overrides: &'a [String],
    built_before: Vec<TakenJson<'a>>,
    /// Last; they are written part by part.
    builds: [BuildJson<'a>; 0],
}

#[derive(Serialize)]
struct BuildJson<'a> {
    name: &'a str,
    executor: ExecutorJson<'a>,
    context: String,
    dockerfile: String,
    sent: SentJson<'a>,
    target: Option<&'a str>,
    destinations: Vec<String>,
    push: bool,
    build_args: BTreeMap<&'a str, String>,
    labels: BTreeMap<&'a str, String>,
    annotations: BTreeMap<&'a str, String>,
    secrets: BTreeMap<&'a str, String>,
    outputs: Vec<String>,
    bases: Vec<BaseJson<'a>>,
    credentials: BTreeMap<&'a str, String>,
    needs: Vec<&'a str>,
    retry: u32,
    timeout_seconds: u64,
    arguments: Vec<String>,
    origins: BTreeMap<&'a str, String>,
    layers: Layers<'a>,
}

/// What says something of each value, by its name.
type Layers<'a> = BTreeMap<Cow<'a, str>, Cow<'static, [Cow<'static, str>]>>;

/// What says it where no layer does.
const DEFAULT: &[Cow<'static, str>] = &[Cow::Borrowed("default")];

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

/// So many builds are written at a time.
const AT_A_TIME: usize = 8;

/// The whole plan as one JSON document, without what `redactor` knows.
#[must_use]
pub fn json(from: Shown<'_>, redactor: &Redactor) -> String {
    let sections = from.config.builds.iter();
    let sections: HashMap<_, _> = sections.map(|one| (one.name.as_str(), one)).collect();
    let plan = PlanJson {
        version: 1,
        program: env!("CARGO_PKG_VERSION"),
        file: from.plan.file.as_ref().map(|file| file.display().to_string()),
        overrides: &from.plan.overrides,
        built_before: from.plan.taken.iter().map(of_taken).collect(),
        builds: [],
    };
    let document = redacted::document(&plan, redactor);
    let parts = from.plan.builds.chunks(AT_A_TIME).collect();
    let parts = cores::each(parts, |builds| {
        let section = |build: &Build| sections.get(&*build.name).copied();
        let builds = builds.iter().map(|build| of_build(from, build, section(build)));
        // In two lists they stand as far from the left as in the document.
        let text = redacted::document(&[builds.collect::<Vec<_>>()], redactor);
        let inner = text.strip_prefix("[\n  [\n").and_then(|text| text.strip_suffix("\n  ]\n]"));
        inner.unwrap_or_default().to_owned()
    });
    match document.strip_suffix("[]\n}") {
        Some(before) if !parts.is_empty() => {
            [before, "[\n", &parts.join(",\n"), "\n  ]\n}"].concat()
        }
        _ => document,
    }
}

fn of_taken(taken: &Taken) -> TakenJson<'_> {
    // No `..` here: a new field does not compile until it is shown.
    let Taken { build, image, report } = taken;
    TakenJson { build, image: image.as_deref(), report }
}

fn of_build<'a>(from: Shown<'a>, build: &'a Build, section: Option<&'a Section>) -> BuildJson<'a> {
    let map = |entries: &'a [(String, crate::template::Rendered)]| {
        entries.iter().map(|(name, text)| (name.as_str(), shown(text))).collect()
    };
    BuildJson {
        name: &build.name,
        executor: ExecutorJson {
            name: &build.executor.name,
            r#type: build.executor.kind.name(),
            chosen: build.chosen.as_deref(),
        },
        context: build.context.display().to_string(),
        dockerfile: dockerfile(build),
        sent: sent(&build.slim),
        target: build.target.as_deref(),
        destinations: build.destinations.iter().map(ToString::to_string).collect(),
        push: build.push,
        build_args: map(&build.build_args),
        labels: map(&build.labels),
        annotations: map(&build.annotations),
        secrets: build.secrets.iter().map(|(id, from)| (id.as_str(), from.to_string())).collect(),
        outputs: build.outputs.iter().map(|output| output.local.display().to_string()).collect(),
        bases: build
            .bases
            .iter()
            .map(|base| BaseJson { reference: &base.reference, line: base.line })
            .collect(),
        credentials: build
            .registries
            .iter()
            .map(|needed| (needed.host.as_str(), from.credentials(&needed.host)))
            .collect(),
        needs: build.after.iter().map(|name| &**name).collect(),
        retry: build.retry,
        timeout_seconds: build.timeout.as_secs(),
        arguments: match build.executor.kind {
            ExecutorKind::Builtin => Vec::new(),
            _ => arguments(build, |late| Some(shown_late(late))).unwrap_or_default(),
        },
        origins: build
            .origins
            .iter()
            .map(|(key, place)| (key.as_str(), from.plan.sources.show(place)))
            .collect(),
        layers: section.map(|section| layers(from.config, section)).unwrap_or_default(),
    }
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

/// The layers that say something of each value, the one that holds first.
fn layers<'a>(file: &Config, section: &'a Section) -> Layers<'a> {
    let said = file.said(section);
    let of = |path: &[&str]| {
        said.of(path).iter().rev().map(|step| file.described(step).into()).collect()
    };
    let mut layers = BTreeMap::new();
    for entry in &section.table.0 {
        if let Data::Table(table) = &entry.node.data {
            for inner in &table.0 {
                let name = format!("{}.{}", entry.name, inner.name);
                layers.insert(name.into(), of(&[&entry.name, &inner.name]));
            }
        } else {
            layers.insert(entry.name.as_str().into(), of(&[&entry.name]));
        }
    }
    for (key, _) in config::build_defaults() {
        layers.entry(key.into()).or_insert(DEFAULT.into());
    }
    layers
}
