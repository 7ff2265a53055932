//! Which stages a target needs, and which images they are built from.

use std::{cell::LazyCell, collections::BTreeMap};

use foldhash::HashMap;

use super::{Dockerfile, Instruction, Mount, Stage, What, expand::expansion, nearest::nearest};

/// An image that a Dockerfile names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// As the executor resolves it; none where that cannot be told or is no reference.
    pub reference: Option<String>,
    /// As it is written.
    pub written: String,
    /// Where it stands, from 1.
    pub line: usize,
    /// The target needs it. The original executor pulls what stands before the target and is not
    /// needed as well, unless `skip-unused-stages` is set.
    pub needed: bool,
    /// Variables in it that have neither a value nor a default: empty for the executor.
    pub unset: Vec<String>,
}

/// What a `FROM` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<'d> {
    /// As it is written.
    pub written: &'d str,
    /// With its variables replaced; nothing for those that have no value.
    pub text: String,
    /// Where it stands, from 1.
    pub line: usize,
    /// Variables in it that have neither a value nor a default.
    pub unset: Vec<String>,
}

/// A target that the Dockerfile does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the Dockerfile has no stage `{target}`")]
pub struct UnknownTarget {
    /// As it was asked for.
    pub target: String,
    /// The stage of the most similar name.
    pub nearest: Option<String>,
}

impl Dockerfile {
    /// The index of the stage that is built: the named one, or the last.
    ///
    /// # Errors
    ///
    /// [`UnknownTarget`]. A number is none: unlike Docker's, Kaniko's stages are known by name.
    ///
    /// Source: Kaniko's pkg/dockerfile/dockerfile.go, `targetStage`.
    pub fn target(&self, target: Option<&str>) -> Result<usize, UnknownTarget> {
        let Some(target) = target else { return Ok(self.stages.len() - 1) };
        let is_named = |stage: &Stage| {
            stage.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(target))
        };
        self.stages.iter().position(is_named).ok_or_else(|| UnknownTarget {
            target: target.to_owned(),
            nearest: {
                let names = self.stages.iter().filter_map(|stage| stage.name.as_deref());
                nearest(target, &names.collect::<Vec<_>>()).map(str::to_owned)
            },
        })
    }

    /// What a target reaches.
    ///
    /// Build args override defaults unless they are empty, and reach `FROM` undeclared, as with
    /// Kaniko.
    ///
    /// # Errors
    ///
    /// [`UnknownTarget`].
    ///
    /// Source: Kaniko's pkg/dockerfile/dockerfile.go, `unifyArgs`.
    pub fn reach(
        &self,
        build_args: &BTreeMap<String, String>,
        target: Option<&str>,
    ) -> Result<Reach, UnknownTarget> {
        Ok(Reach::new(self, build_args, self.target(target)?))
    }

    /// Images of all stages up to the target: of `FROM`, `COPY --from` and `RUN --mount=…,from=`,
    /// without `scratch` and stages, in the order of their lines. What an image's own `ONBUILD`
    /// names cannot be known here.
    #[must_use]
    pub fn images(&self, reach: &Reach) -> Vec<Image> {
        let stages = &self.stages[..reach.bases.len()];
        let names = Names::new(stages);
        let mut images = Vec::new();
        for (index, stage) in stages.iter().enumerate() {
            let base = &reach.bases[index];
            if base.stage.is_none() && base.text != "scratch" {
                images.push(Image {
                    reference: Some(&base.text)
                        .filter(|text| !base.unread && is_reference(text))
                        .cloned(),
                    written: stage.base.clone(),
                    line: stage.line,
                    needed: reach.needed[index],
                    unset: base.unset.clone(),
                });
            }
            for instruction in &stage.instructions {
                let needed = match &instruction.what {
                    What::Onbuild(_) if !reach.inherited[index].0 => continue,
                    What::Onbuild(_) => reach.inherited[index].1,
                    _ => reach.needed[index],
                };
                for from in froms(instruction) {
                    if names.named_or_numbered(from).is_some() || from == "scratch" {
                        continue;
                    }
                    images.push(Image {
                        // Nothing is replaced here: a variable leaves no reference.
                        reference: Some(from.to_owned()).filter(|text| is_reference(text)),
                        written: from.to_owned(),
                        line: instruction.line,
                        needed,
                        unset: Vec::new(),
                    });
                }
            }
        }
        images
    }

    /// What the `FROM`s of the stages that a target is made of name, their variables replaced,
    /// where that is neither a stage nor `scratch` and can be told.
    pub fn named(&self, reach: &Reach) -> impl Iterator<Item = Named<'_>> {
        let stages = self.stages.iter().zip(&reach.bases).zip(&reach.needed);
        stages.filter_map(|((stage, base), needed)| {
            let is_image = base.stage.is_none() && base.text != "scratch" && !base.unread;
            let From { text, unset, .. } = base;
            let (text, unset) = (text.clone(), unset.clone());
            let named = Named { written: &stage.base, line: stage.line, text, unset };
            (*needed && is_image).then_some(named)
        })
    }

    /// The stages that a target is made of, the target among them; in order.
    pub fn needed(&self, reach: &Reach) -> impl Iterator<Item = &Stage> {
        let needed = self.stages.iter().zip(&reach.needed);
        needed.filter(|(_, needed)| **needed).map(|(stage, _)| stage)
    }

    /// The instructions that run for a target: those of the stages that it needs, and what their
    /// `ONBUILD`s let run in others of them, each once.
    pub fn executed(&self, reach: &Reach) -> impl Iterator<Item = &Instruction> {
        let reached = reach.needed.iter().zip(&reach.inherited);
        self.stages.iter().zip(reached).flat_map(|(stage, (needed, (_, inherited)))| {
            stage.instructions.iter().filter_map(|instruction| match &instruction.what {
                What::Onbuild(inner) => inherited.then_some(&**inner),
                _ => needed.then_some(instruction),
            })
        })
    }

    /// The values of variables in `FROM`.
    fn values(&self, build_args: &BTreeMap<String, String>) -> HashMap<String, String> {
        let mut values: HashMap<String, String> = build_args
            .iter()
            .filter(|(_, value)| !value.is_empty() && value.len() <= LONGEST)
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let mut room = ROOM;
        for argument in &self.arguments {
            let Some(default) = &argument.default else { continue };
            if build_args.get(&argument.name).is_none_or(String::is_empty) {
                let value_of = |name: &str| values.get(name).map(String::as_str);
                let value = expansion(default, self.escape, &value_of).map(|done| done.text);
                // What is no value at all stands as it is written; no reference is that long.
                let value = value.unwrap_or_else(|_| default.clone());
                room = room.saturating_sub(value.len());
                if value.len() <= LONGEST && room > 0 {
                    values.insert(argument.name.clone(), value);
                } else {
                    values.remove(&argument.name);
                }
            }
            if room == 0 {
                // Those that follow would be made of what is not followed any more.
                values.clear();
            }
        }
        values
    }
}

/// In bytes: more than any reference, or part of one, has.
const LONGEST: usize = 4096;

/// Bytes of values that are looked at: made of one another they grow without end.
const ROOM: usize = 8 << 20;

/// What a target reaches: of each stage up to it.
#[derive(Debug)]
pub struct Reach {
    /// What each stage is built from.
    pub(super) bases: Vec<From>,
    /// Whether the target needs a stage.
    pub(super) needed: Vec<bool>,
    /// Whether the `ONBUILD`s of a stage run in another one, and in one that is needed.
    pub(super) inherited: Vec<(bool, bool)>,
}

/// What a stage is built from.
#[derive(Debug)]
pub(super) struct From {
    /// With its variables replaced.
    pub(super) text: String,
    /// The stage that it is.
    pub(super) stage: Option<usize>,
    unset: Vec<String>,
    unread: bool,
}

impl Reach {
    /// Whether the target is made of this stage, or is it.
    pub(crate) fn needs(&self, stage: usize) -> bool {
        self.needed.get(stage) == Some(&true)
    }

    /// Without recursion: chains of stages may be long.
    fn new(file: &Dockerfile, build_args: &BTreeMap<String, String>, target: usize) -> Self {
        let stages = &file.stages[..=target];
        let names = Names::new(stages);
        let values = LazyCell::new(|| file.values(build_args));
        let value_of = |name: &str| values.get(name).map(String::as_str);
        let bases: Vec<_> = stages
            .iter()
            .enumerate()
            .map(|(index, stage)| {
                let (text, unset, unread) = if is_plain(&stage.base) {
                    (stage.base.clone(), Vec::new(), stage.base.len() > LONGEST)
                } else {
                    match expansion(&stage.base, file.escape, &value_of) {
                        Ok(done) if done.text.len() <= LONGEST => {
                            let missed = done.missed.into_iter();
                            let unset = missed.filter(|missed| !missed.foreseen);
                            (done.text, unset.map(|missed| missed.name).collect(), false)
                        }
                        _ => (stage.base.clone(), Vec::new(), true),
                    }
                };
                From { stage: names.before(&text, index), text, unset, unread }
            })
            .collect();

        let mut inherited = vec![(false, false); stages.len()];
        for base in bases.iter().filter_map(|base| base.stage) {
            inherited[base].0 = true;
        }
        let mut needed = vec![false; stages.len()];
        let mut waiting = vec![target];
        while let Some(index) = waiting.pop() {
            if std::mem::replace(&mut needed[index], true) {
                continue;
            }
            let own = stages[index].instructions.iter();
            let own = own.filter(|own| !matches!(own.what, What::Onbuild(_)));
            let own = own.flat_map(froms).filter_map(|from| names.named_or_numbered(from));
            waiting.extend(own);
            let Some(base) = bases[index].stage else { continue };
            waiting.push(base);
            // An `ONBUILD` runs in stages that are built from this one: theirs, then.
            if !std::mem::replace(&mut inherited[base].1, true) {
                let triggers = stages[base].instructions.iter();
                let triggers = triggers.filter(|own| matches!(own.what, What::Onbuild(_)));
                let triggers = triggers.flat_map(froms);
                waiting.extend(triggers.filter_map(|from| names.named_or_numbered(from)));
            }
        }
        Self { bases, needed, inherited }
    }
}

/// What an instruction takes from images and stages, as it is written.
fn froms(instruction: &Instruction) -> impl Iterator<Item = &str> {
    let (copy, mounts): (_, &[Mount]) = match instruction.plain() {
        What::Add(copy) | What::Copy(copy) => (copy.from.as_deref(), &[]),
        What::Run(run) => (None, &run.mounts),
        _ => (None, &[]),
    };
    let mounts = mounts.iter().filter_map(|mount| mount.from.as_deref());
    // `context` is the fork's name of the context.
    copy.into_iter().chain(mounts).filter(|from| *from != "context")
}

/// Stages by name in lower case: the first and the last of each.
struct Names<'d> {
    count: usize,
    first_and_last: BTreeMap<&'d str, (usize, usize)>,
}

impl<'d> Names<'d> {
    fn new(stages: &'d [Stage]) -> Self {
        let mut first_and_last = BTreeMap::new();
        for (index, stage) in stages.iter().enumerate() {
            if let Some(name) = &stage.name {
                first_and_last
                    .entry(name.as_str())
                    .and_modify(|(_, last)| *last = index)
                    .or_insert((index, index));
            }
        }
        Self { count: stages.len(), first_and_last }
    }

    fn named(&self, name: &str) -> Option<&(usize, usize)> {
        match self.first_and_last.get(name) {
            None if name.contains(|letter: char| letter.is_ascii_uppercase()) => {
                self.first_and_last.get(&*name.to_ascii_lowercase())
            }
            found => found,
        }
    }

    /// The stage that `FROM name` of the stage `index` means: the first of that name before it.
    fn before(&self, name: &str, index: usize) -> Option<usize> {
        let (first, _) = self.named(name)?;
        Some(*first).filter(|first| *first < index)
    }

    /// The stage that `--from=name` means: the last of that name, or a number.
    fn named_or_numbered(&self, name: &str) -> Option<usize> {
        let named = self.named(name).map(|(_, last)| *last);
        named.or_else(|| name.parse().ok().filter(|number| *number < self.count))
    }
}

/// Whether nothing in it is replaced or taken away: no variable, quote, escape or blank.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/.:@-_+".contains(&byte))
}

/// Rough, to tell what an empty variable leaves from a reference; no judge of references.
fn is_reference(text: &str) -> bool {
    let ends = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.ends_with(|c: char| ends(c) || c == '-' || c == '.')
        && !text
            .as_bytes()
            .windows(2)
            .any(|pair| matches!(pair, b"//" | b":/" | b":@" | b"/:" | b"/@" | b"::"))
        && !text.chars().any(|c| c.is_whitespace() || c == '$')
}

#[cfg(test)]
mod tests;
