//! Which paths of the context a target takes.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashSet;
use serde::Deserialize;

use super::{
    Command, Copy, Dockerfile, Instruction, Mount, Run, What,
    images::Reach,
    told,
    variables::{Variables, World},
};

/// What one instruction takes from the context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Where it stands, from 1; of an `ONBUILD` of a base image, where its `FROM` does.
    pub line: usize,
    /// Relative to the context's root, without `.` and `..` in them; `.` is all of it. What is
    /// named is taken with everything below. A link in a source's path, and one that it is itself,
    /// is followed by `BuildKit`: what it leads to belongs to it.
    pub sources: Vec<String>,
    /// `*`, `?` and `[…]` in the sources are wildcards, in the manner of Go's `filepath.Match`:
    /// none of them matches a `/`.
    pub wildcards: bool,
    /// The values of `--exclude`, which Kaniko does not know: it takes these paths too.
    pub excludes: Vec<String>,
    /// `--parents`.
    pub parents: bool,
    /// No variable stands in the sources: no base image can make them others.
    pub fixed: bool,
    /// Whether its stage is built.
    pub built: Built,
}

/// Whether a stage is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Built {
    /// The target needs it.
    Always,
    /// It does not, and some executors build it all the same.
    BySome,
}

/// Why it cannot be told which paths are taken: all of them may be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct WholeContext {
    /// Where, from 1.
    pub line: usize,
    /// Why, a lowercase fragment.
    pub why: String,
}

/// What is known of an image that a stage is built from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BaseImage {
    /// Its `Env`. None where it is not known: then every variable is unknown that this file does
    /// not set by `ENV`.
    pub environment: Option<BTreeMap<String, String>>,
    /// Its `OnBuild`.
    pub triggers: Vec<String>,
}

/// The part of an image's config that is read here.
#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    config: Option<Defaults>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Defaults {
    #[serde(default)]
    env: Option<Vec<String>>,
    #[serde(default)]
    on_build: Option<Vec<String>>,
}

impl BaseImage {
    /// What is taken of a base image's config, as registries have it.
    ///
    /// # Errors
    ///
    /// What is no config.
    ///
    /// Source: the OCI image specification, "Image Configuration"; Docker's, for `OnBuild`.
    pub fn read(config: &[u8]) -> Result<Self, serde_json::Error> {
        let Config { config } = serde_json::from_slice(config)?;
        let (environment, triggers) = match config {
            Some(defaults) => (defaults.env, defaults.on_build),
            None => (None, None),
        };
        let pair = |text: String| match text.split_once('=') {
            Some((name, value)) => (name.to_owned(), value.to_owned()),
            None => (text, String::new()),
        };
        Ok(Self {
            environment: Some(environment.unwrap_or_default().into_iter().map(pair).collect()),
            triggers: triggers.unwrap_or_default(),
        })
    }
}

/// An image that a stage is built from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// As [`Given::bases`] knows it: with its variables replaced, if it is no reference as well.
    pub reference: String,
    /// Where its `FROM` stands, from 1.
    pub line: usize,
}

/// What [`Dockerfile::taken`] has to know.
#[derive(Debug)]
pub struct Given<'g> {
    /// Build args with their values.
    pub build_args: &'g BTreeMap<String, String>,
    /// Names of build args whose values are not known yet.
    pub late: &'g BTreeSet<String>,
    /// Base images by what [`super::Image::reference`] says.
    pub bases: &'g BTreeMap<String, BaseImage>,
    /// Stages before the target are built even where it does not need them, as the original
    /// Kaniko does without `skip-unused-stages`.
    pub unused: bool,
}

/// How much is looked at before it is simpler to take everything; roughly, in bytes.
const BUDGET: usize = 32 << 20;

/// What an instruction costs of it, beside the texts that it makes.
const EACH: usize = 64;

impl Dockerfile {
    /// Which paths of the context the stages take that are needed for `target`: sources of `COPY`
    /// and `ADD` without `--from`, and of `RUN --mount=type=bind` without `from`.
    ///
    /// The Dockerfile and the ignore file are not among them; what the ignore file takes out
    /// counts here as well. An executor that is given these paths alone builds the same image.
    ///
    /// An `ONBUILD` of a base image takes files as well, `ONBUILD COPY . .` everything, and it is
    /// nowhere in this file. `BuildKit` and Kaniko read the images' configs before they look at
    /// the context. So must the caller: a base image that is not in [`Given::bases`] makes it the
    /// whole context. An entry of [`BaseImage::default`] says that it has no `ONBUILD`, and nothing
    /// of its environment; where that is wrong, a source that is named is missed by the build,
    /// which fails, but a directory or a wildcard is silently smaller.
    ///
    /// # Errors
    ///
    /// [`WholeContext`] with the first line that may take what cannot be told, such as a variable
    /// whose value executors do not agree on.
    ///
    /// Source: Kaniko's `ResolveEnvAndWildcards`; `BuildKit`'s
    /// frontend/dockerfile/dockerfile2llb/convert.go, `dispatch` and `dispatchOnBuildTriggers`.
    pub fn taken(&self, given: &Given<'_>, reach: &Reach) -> Result<Vec<Taken>, WholeContext> {
        let runs = |index: &usize| given.unused || reach.needed[*index];
        let mut triggers = BTreeMap::new();
        for index in (0..reach.bases.len()).filter(runs) {
            triggers.insert(index, self.triggers(index, reach, given)?);
        }
        let all = || {
            let foreign = triggers.values().flatten();
            foreign.chain(
                self.stages[..reach.bases.len()].iter().flat_map(|stage| &stage.instructions),
            )
        };
        // Variables are followed only where a source needs them.
        let follow = all().any(|one| sources(one.plain()).any(|source| source.contains('$')));
        let world = World::new(self, given.build_args, given.late, all());

        let mut budget = BUDGET;
        let mut variables: BTreeMap<usize, Variables> = BTreeMap::new();
        let mut taken = Vec::new();
        for (&index, foreign) in &triggers {
            let stage = &self.stages[index];
            let base = &reach.bases[index];
            let mut own = match base.stage {
                Some(base) => variables.get(&base).map(|base| base.inherited(&world)),
                None => given
                    .bases
                    .get(&base.text)
                    .map(|base| Variables::new(base.environment.as_ref())),
            }
            .unwrap_or_else(|| Variables::new(Some(&BTreeMap::new())));
            let inherited = base.stage.map(|base| self.stages[base].instructions.iter());
            let inherited = inherited.into_iter().flatten().filter_map(|one| match &one.what {
                What::Onbuild(inner) => Some(&**inner),
                _ => None,
            });
            let mut cost = own.size();
            for instruction in foreign.iter().chain(inherited).chain(&stage.instructions) {
                let line = instruction.line;
                cost += EACH;
                if cost > budget {
                    return Err(whole(line, "there is too much of it to be followed"));
                }
                if follow {
                    own.take(&instruction.what, &world)
                        .map_err(|error| whole(line, error.to_string()))?;
                }
                let each = one(instruction, &own, &world).map_err(|why| whole(line, why))?;
                cost += each.iter().flat_map(|one| &one.sources).map(String::len).sum::<usize>();
                let built = if reach.needed[index] { Built::Always } else { Built::BySome };
                taken.extend(each.into_iter().map(|one| Taken { built, ..one }));
            }
            budget = budget.saturating_sub(cost + own.size());
            if follow {
                variables.insert(index, own);
            }
        }
        Ok(taken)
    }

    /// The images that [`Dockerfile::taken`] asks [`Given::bases`] for, each once, with its first
    /// line.
    #[must_use]
    pub fn parents(&self, reach: &Reach, unused: bool) -> Vec<Parent> {
        let mut known = HashSet::default();
        let mut parents = Vec::new();
        for (index, base) in reach.bases.iter().enumerate() {
            if (unused || reach.needed[index])
                && base.stage.is_none()
                && base.text != "scratch"
                && known.insert(&base.text)
            {
                parents
                    .push(Parent { reference: base.text.clone(), line: self.stages[index].line });
            }
        }
        parents
    }

    /// What the image that a stage is built from lets run there.
    fn triggers(
        &self,
        index: usize,
        reach: &Reach,
        given: &Given<'_>,
    ) -> Result<Vec<Instruction>, WholeContext> {
        let base = &reach.bases[index];
        let line = self.stages[index].line;
        if base.stage.is_some() || base.text == "scratch" {
            return Ok(Vec::new());
        }
        let Some(image) = given.bases.get(&base.text) else {
            let why = format!(
                "it is not known whether `{}` has an `ONBUILD` that takes files",
                self.stages[index].base
            );
            return Err(whole(line, why));
        };
        let read = |text: &String| {
            let read = Instruction::parse(text).map_err(|error| {
                whole(line, format!("an `ONBUILD` of `{}`: {error}", base.text))
            })?;
            Ok(Instruction { line, ..read })
        };
        image.triggers.iter().map(read).collect()
    }
}

fn whole(line: usize, why: impl Into<String>) -> WholeContext {
    WholeContext { line, why: told(why.into()) }
}

/// The sources of an instruction as they are written.
fn sources(what: &What) -> impl Iterator<Item = &str> {
    let (copied, mounts): (&[String], &[Mount]) = match what {
        What::Add(copy) | What::Copy(copy) => (&copy.sources, &[]),
        What::Run(run) => (&[], &run.mounts),
        _ => (&[], &[]),
    };
    let mounted = mounts.iter().filter_map(|mount| mount.source.as_deref());
    copied.iter().map(String::as_str).chain(mounted)
}

/// What one instruction takes.
fn one(
    instruction: &Instruction,
    variables: &Variables,
    world: &World<'_>,
) -> Result<Vec<Taken>, String> {
    let expand = |text: &str| match variables.expand(text, world) {
        Ok(Some(text)) => Ok(text),
        Ok(None) => {
            let shown: String = text.chars().take(60).collect();
            Err(format!("`{shown}` depends on what only the executor can tell"))
        }
        Err(error) => Err(error.to_string()),
    };
    match &instruction.what {
        What::Add(copy) | What::Copy(copy) => copied(instruction.line, copy, expand),
        What::Run(run) => mounted(instruction.line, run, expand),
        _ => Ok(Vec::new()),
    }
}

fn copied(
    line: usize,
    copy: &Copy,
    expand: impl Fn(&str) -> Result<String, String>,
) -> Result<Vec<Taken>, String> {
    if copy.from.is_some() {
        return Ok(Vec::new());
    }
    let mut sources = Vec::new();
    for source in &copy.sources {
        let source = expand(source)?;
        if copy.add && Copy::is_address(&source) {
            continue;
        }
        if source.contains("://") {
            return Err(format!("`{source}` is an address for some executors"));
        }
        let clean = clean(&source)?;
        if clean.contains("**") || !is_pattern(&clean) {
            return Err(format!("`{source}` is no pattern for every executor"));
        }
        sources.push(clean);
    }
    if sources.is_empty() {
        return Ok(Vec::new());
    }
    let excludes = copy.excludes.clone();
    let fixed = !copy.sources.iter().any(|source| source.contains('$'));
    let (parents, built) = (copy.parents, Built::Always);
    Ok(vec![Taken { line, sources, wildcards: true, excludes, parents, fixed, built }])
}

fn mounted(
    line: usize,
    run: &Run,
    expand: impl Fn(&str) -> Result<String, String>,
) -> Result<Vec<Taken>, String> {
    let commands = match &run.command {
        Command::Shell(command) => std::slice::from_ref(command),
        Command::Exec(words) => words,
    };
    let documents = run.inline.iter().map(|document| &document.content);
    if commands.iter().chain(documents).any(|text| text.contains("/kaniko")) {
        return Err("the command may look at the context where Kaniko keeps it".to_owned());
    }
    let mut sources = Vec::new();
    for mount in &run.mounts {
        let kind = expand(&mount.kind)?;
        // `context` is the fork's name of the context.
        let from = mount.from.as_deref().filter(|from| *from != "context");
        if kind.to_lowercase() != "bind" || from.is_some() {
            continue;
        }
        let source = expand(mount.source.as_deref().unwrap_or_default())?;
        sources.push(clean(&source)?);
    }
    if sources.is_empty() {
        return Ok(Vec::new());
    }
    // Nobody asks: what is mounted may be made by the time that it is looked at.
    let (excludes, parents, fixed, built) = (Vec::new(), false, false, Built::Always);
    Ok(vec![Taken { line, sources, wildcards: false, excludes, parents, fixed, built }])
}

/// The path from the context's root on, without what does not lead anywhere.
fn clean(source: &str) -> Result<String, String> {
    if source.contains('\\') {
        return Err(format!("executors do not agree on the `\\` in `{source}`"));
    }
    let mut parts = Vec::new();
    for part in source.split('/') {
        match part {
            "" | "." => {}
            // Through a link it could lead anywhere, and before the root executors differ.
            ".." => return Err(format!("executors do not agree on the `..` in `{source}`")),
            part => parts.push(part),
        }
    }
    Ok(if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
}

/// Whether every `[` has its `]`, with something between them, on the same level.
fn is_pattern(source: &str) -> bool {
    source.split('/').all(|part| {
        let mut rest = part;
        while let Some((_, after)) = rest.split_once('[') {
            let class = after.strip_prefix('^').unwrap_or(after);
            let Some((class, after)) = class.split_once(']') else { return false };
            if class.is_empty() || class.starts_with('-') || class.ends_with('-') {
                return false;
            }
            rest = after;
        }
        true
    })
}

#[cfg(test)]
mod tests;
