//! Which stages a target is made of, and which images those are made of.
//!
//! Source: `BuildKit`'s dockerfile2llb/convert.go: `FROM` means the last stage of a name before
//! it, `--from` the last of all, which must come before; triggers of `ONBUILD` come first, and
//! are gone then.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{
    BuildError, Recipe, Unsupported,
    scope::{Scope, at},
};
use crate::{
    dockerfile::{Instruction, What},
    oci::Platform,
    registry::Reference,
};

/// An image that is needed.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// Where it is first named.
    pub(super) line: usize,
    pub(super) reference: Reference,
    pub(super) platform: Platform,
    /// What asks for that platform where an image of another may not do: the base of a stage.
    pub(super) asked_by: Option<&'static str>,
    /// Its files are looked at, not its config alone.
    pub(super) files: bool,
}

/// Where something comes from; images by their place in [`Plan::images`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Context,
    Scratch,
    Stage(usize),
    Image(usize),
}

/// A stage that is needed.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    pub(super) line: usize,
    pub(super) base: Origin,
    /// What it does; triggers of its base first, with the line of its `FROM`.
    pub(super) steps: Vec<Step>,
    /// The triggers of its base image are known.
    triggered: bool,
}

/// An instruction of a stage.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) line: usize,
    pub(super) instruction: Instruction,
    /// Of `COPY` and `ADD`.
    pub(super) from: Origin,
}

/// What stages are needed for.
#[derive(Debug, Default)]
pub(super) struct Uses {
    /// How many stages each is the base of; none of those that are not there.
    pub(super) bases: BTreeMap<usize, usize>,
    /// Those that are copied from.
    pub(super) copied: BTreeSet<usize>,
}

/// All that is needed.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) target: usize,
    pub(super) global: Scope,
    /// By their index in the Dockerfile.
    pub(super) stages: BTreeMap<usize, Planned>,
    pub(super) images: Vec<Wanted>,
    /// The stages of each name, in order.
    named: HashMap<String, Vec<usize>>,
}

impl Plan {
    /// What is needed as far as the Dockerfile alone tells.
    pub(super) fn new(recipe: &Recipe) -> Result<Self, BuildError> {
        let target = recipe.dockerfile.target(recipe.target.as_deref())?;
        let global = Scope::global(recipe)?;
        let (stages, images) = (BTreeMap::new(), Vec::new());
        let mut named: HashMap<_, Vec<_>> = HashMap::new();
        for (index, stage) in recipe.dockerfile.stages.iter().enumerate() {
            let Some(name) = &stage.name else { continue };
            named.entry(name.clone()).or_default().push(index);
        }
        let mut plan = Self { target, global, stages, images, named };
        plan.need(recipe, target)?;
        Ok(plan)
    }

    /// Puts what a base image leaves to those who build from it before what they do.
    pub(super) fn trigger(
        &mut self,
        recipe: &Recipe,
        image: usize,
        triggers: &[String],
    ) -> Result<(), BuildError> {
        let here: Vec<usize> = self
            .stages
            .iter()
            .filter(|(_, stage)| stage.base == Origin::Image(image) && !stage.triggered)
            .map(|(index, _)| *index)
            .collect();
        for index in here {
            let line = self.stages[&index].line;
            let mut steps = Vec::new();
            for trigger in triggers {
                let instruction = Instruction::parse(trigger).map_err(|source| {
                    BuildError::Trigger { line, trigger: trigger.clone(), source }
                })?;
                steps.push(self.step(recipe, index, line, instruction)?);
            }
            if let Some(stage) = self.stages.get_mut(&index) {
                stage.triggered = true;
                stage.steps.splice(..0, steps);
            }
        }
        self.mark_files();
        Ok(())
    }

    /// A stage with all that it needs; without recursion, since chains may be long.
    fn need(&mut self, recipe: &Recipe, index: usize) -> Result<(), BuildError> {
        let mut waiting = vec![index];
        while let Some(index) = waiting.pop() {
            if self.stages.contains_key(&index) {
                continue;
            }
            let stage = self.stage(recipe, index)?;
            let named = stage.steps.iter().map(|step| step.from).chain([stage.base]);
            waiting.extend(named.filter_map(|origin| match origin {
                Origin::Stage(index) => Some(index),
                _ => None,
            }));
            self.stages.insert(index, stage);
        }
        self.mark_files();
        Ok(())
    }

    fn stage(&mut self, recipe: &Recipe, index: usize) -> Result<Planned, BuildError> {
        let stages = &recipe.dockerfile.stages;
        let stage = &stages[index];
        let line = stage.line;
        let name = self.global.expand(&stage.base).map_err(at(line))?;
        if name.is_empty() {
            let message = format!("`FROM {}` names nothing", stage.base);
            return Err(BuildError::Value { line, message });
        }
        let platform = match &stage.platform {
            Some(platform) => {
                let platform = self.global.expand(platform).map_err(at(line))?;
                Platform::parse(&platform)
                    .map_err(|source| BuildError::Platform { line, source })?
            }
            None => recipe.platform.clone().unwrap_or_else(Platform::here),
        };
        let named = self.named(&name);
        let earlier = named[..named.partition_point(|named| *named < index)].last().copied();
        let (base, triggered) = match earlier {
            Some(earlier) => (Origin::Stage(earlier), true),
            None if name == "scratch" => (Origin::Scratch, true),
            None => {
                let image = self.image(line, (&name, stage.base.contains('$')), platform)?;
                let by_recipe = recipe.platform.as_ref().map(|_| "custom-platform");
                let asked_by = stage.platform.as_ref().map(|_| "--platform").or(by_recipe);
                self.images[image].asked_by = self.images[image].asked_by.or(asked_by);
                (Origin::Image(image), false)
            }
        };
        let inherited = match base {
            Origin::Stage(base) => stages[base].instructions.as_slice(),
            _ => &[],
        };
        let triggers = inherited.iter().filter_map(|instruction| match &instruction.what {
            What::Onbuild(trigger) => Some((line, (**trigger).clone())),
            _ => None,
        });
        let own =
            stage.instructions.iter().map(|instruction| (instruction.line, instruction.clone()));
        let mut steps = Vec::new();
        for (line, instruction) in triggers.chain(own) {
            steps.push(self.step(recipe, index, line, instruction)?);
        }
        Ok(Planned { line, base, steps, triggered })
    }

    fn step(
        &mut self,
        recipe: &Recipe,
        stage: usize,
        line: usize,
        instruction: Instruction,
    ) -> Result<Step, BuildError> {
        if matches!(instruction.what, What::Run(_)) {
            return Err(BuildError::Unsupported(Unsupported::run(line)));
        }
        let from = match &instruction.what {
            What::Copy(copy) => copy.from.as_deref().filter(|from| !from.is_empty()),
            _ => None,
        };
        let Some(name) = from else {
            return Ok(Step { line, instruction, from: Origin::Context });
        };
        if name.contains('$') {
            let message = format!("variables are not replaced in `--from={name}`");
            return Err(BuildError::Value { line, message });
        }
        let named = self.named(name).last().copied();
        let from = match named.or_else(|| name.parse().ok()) {
            Some(found) if found < stage => Origin::Stage(found),
            Some(_) => return Err(BuildError::Stage { line, name: name.to_owned() }),
            None if name == "scratch" => Origin::Scratch,
            // The maintained Kaniko's name of the context.
            None if name == "context" => Origin::Context,
            None => {
                let platform = recipe.platform.clone().unwrap_or_else(Platform::here);
                Origin::Image(self.image(line, (name, false), platform)?)
            }
        };
        if let Origin::Stage(found) = from
            && self.stages.contains_key(&stage)
        {
            // A trigger of a base image names a stage that was not needed so far.
            self.need(recipe, found)?;
        }
        Ok(Step { line, instruction, from })
    }

    /// The place of an image, whose name is made of variables or as it is written.
    fn image(
        &mut self,
        line: usize,
        (name, variable): (&str, bool),
        platform: Platform,
    ) -> Result<usize, BuildError> {
        let reference = Reference::parse(name).map_err(|source| BuildError::Reference {
            line,
            source,
            variable,
        })?;
        let known = self
            .images
            .iter()
            .position(|image| image.reference == reference && image.platform == platform);
        Ok(known.unwrap_or_else(|| {
            self.images.push(Wanted { line, reference, platform, asked_by: None, files: false });
            self.images.len() - 1
        }))
    }

    /// The stages of this name, however it is spelt.
    fn named(&self, name: &str) -> &[usize] {
        self.named.get(&*name.to_ascii_lowercase()).map_or(&[], Vec::as_slice)
    }

    /// What the stages are to each other.
    pub(super) fn uses(&self) -> Uses {
        let mut uses = Uses::default();
        for stage in self.stages.values() {
            if let Origin::Stage(base) = stage.base {
                *uses.bases.entry(base).or_default() += 1;
            }
            uses.copied.extend(stage.steps.iter().filter_map(|step| match step.from {
                Origin::Stage(copied) => Some(copied),
                _ => None,
            }));
        }
        uses
    }

    /// Whether anything is taken from the context.
    pub(super) fn needs_context(&self) -> bool {
        let mut steps = self.stages.values().flat_map(|stage| &stage.steps);
        steps.any(|step| match &step.instruction.what {
            What::Copy(copy) | What::Add(copy) => {
                step.from == Origin::Context && !copy.sources.is_empty()
            }
            _ => false,
        })
    }

    /// Marks the images whose files are looked at: what is copied from, and what is below a
    /// stage that writes or is copied from.
    fn mark_files(&mut self) {
        let mut looked_at: Vec<Origin> = Vec::new();
        for (index, stage) in &self.stages {
            for step in &stage.steps {
                match &step.instruction.what {
                    What::Copy(_) | What::Add(_) => {
                        looked_at.extend([step.from, Origin::Stage(*index)]);
                    }
                    What::Workdir(_) => looked_at.push(Origin::Stage(*index)),
                    _ => {}
                }
            }
        }
        let mut done = BTreeSet::new();
        while let Some(origin) = looked_at.pop() {
            match origin {
                Origin::Image(image) => self.images[image].files = true,
                Origin::Stage(stage) if done.insert(stage) => {
                    looked_at.extend(self.stages.get(&stage).map(|stage| stage.base));
                }
                _ => {}
            }
        }
    }
}
