//! The variables of a stage, as far as every executor gives them the same value.
//!
//! Executors differ: for the original Kaniko an `ENV`, of the base image too, wins over an `ARG`
//! of its name, for `BuildKit` and the fork the later one; the original lets an `ARG` reach all
//! stages after its own, `BuildKit` those that are built from it. What depends on such a
//! difference is unknown here.
//!
//! Source: Kaniko's pkg/dockerfile/buildargs.go, pkg/commands/arg.go and pkg/executor/build.go of
//! both; `BuildKit`'s frontend/dockerfile/dockerfile2llb/convert.go.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::{HashMap, HashSet};

use super::{
    Argument, Dockerfile, ExpandError, Instruction, PLATFORM_ARGUMENTS, What, expand::expansion,
};

/// Whether executors set a variable of this name; which of them and how is their affair.
fn is_predefined(name: &str) -> bool {
    matches!(name, "PATH" | "HOME" | "PWD" | "SOURCE_DATE_EPOCH" | "HOSTNAME" | "TERM")
        || PLATFORM_ARGUMENTS.contains(&name)
}

/// The value of a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Known(String),
    /// It is certain that it has none.
    Unset,
    /// Executors differ, or it cannot be seen.
    Unknown,
}

/// In bytes: longer than any path. What is longer is as good as unknown.
const LONGEST: usize = 4096;

/// Bytes of values of `ARG`s before the first `FROM`; more are as good as unknown.
const ROOM: usize = 8 << 20;

fn known(value: String) -> Value {
    if value.len() > LONGEST { Value::Unknown } else { Value::Known(value) }
}

/// What holds for all stages.
pub(super) struct World<'g> {
    build_args: &'g BTreeMap<String, String>,
    /// Names of build args whose values are not known yet.
    late: &'g BTreeSet<String>,
    escape: char,
    globals: HashMap<String, Value>,
    /// Names of `ARG`s of any stage, and of `ENV`s.
    arguments: HashSet<String>,
    environment: HashSet<String>,
}

impl<'g> World<'g> {
    /// `instructions` are all that may run.
    pub(super) fn new<'i>(
        file: &Dockerfile,
        build_args: &'g BTreeMap<String, String>,
        late: &'g BTreeSet<String>,
        instructions: impl Iterator<Item = &'i Instruction>,
    ) -> Self {
        let mut world = Self {
            build_args,
            late,
            escape: file.escape,
            globals: HashMap::default(),
            arguments: HashSet::default(),
            environment: HashSet::default(),
        };
        for instruction in instructions {
            match instruction.plain() {
                What::Arg(declared) => {
                    world.arguments.extend(declared.iter().map(|one| one.name.clone()));
                }
                What::Env(pairs) => {
                    world.environment.extend(pairs.iter().map(|(name, _)| name.clone()));
                }
                _ => {}
            }
        }
        let mut room = ROOM;
        for argument in &file.arguments {
            let value = if room > 0 { world.global(argument) } else { Value::Unknown };
            if let Value::Known(text) = &value {
                room = room.saturating_sub(text.len());
            }
            world.globals.insert(argument.name.clone(), value);
        }
        world
    }

    fn given(&self, name: &str) -> Option<Value> {
        if self.late.contains(name) {
            return Some(Value::Unknown);
        }
        self.build_args.get(name).map(|value| known(value.clone()))
    }

    /// An `ARG` before the first `FROM`.
    fn global(&self, argument: &Argument) -> Value {
        if let Some(given) = self.given(&argument.name) {
            return given;
        }
        let Some(default) = &argument.default else { return Value::Unset };
        // Kaniko removes quotes around it before it replaces variables.
        let inner = default.strip_prefix('"').and_then(|inner| inner.strip_suffix('"'));
        if inner.unwrap_or(default).contains(['\'', '"', '\\', '`']) {
            return Value::Unknown;
        }
        let value_of = |name: &str| match self.globals.get(name) {
            Some(Value::Known(value)) => Some(value.as_str()),
            _ => None,
        };
        match expansion(default, '\\', &value_of) {
            // Kaniko lets a build arg in that is not declared.
            Ok(done) if done.missed.is_empty() => known(done.text),
            _ => Value::Unknown,
        }
    }
}

/// The variables of a stage at one of its instructions.
#[derive(Debug, Clone)]
pub(super) struct Variables {
    values: HashMap<String, Value>,
    /// What was not mentioned may have a value.
    open: bool,
}

impl Variables {
    /// Of a stage from an image; its environment, where it is known.
    pub(super) fn new(environment: Option<&BTreeMap<String, String>>) -> Self {
        let values = environment.into_iter().flatten();
        let values = values.map(|(name, value)| (name.clone(), Value::Known(value.clone())));
        Self { values: values.collect(), open: environment.is_none() }
    }

    /// Of a stage that is built from the one that these are of.
    pub(super) fn inherited(&self, world: &World<'_>) -> Self {
        let mut inherited = self.clone();
        inherited.values.retain(|name, _| !world.arguments.contains(name));
        inherited
    }

    /// Roughly, in bytes.
    pub(super) fn size(&self) -> usize {
        let size = |value: &Value| match value {
            Value::Known(value) => value.len(),
            _ => 0,
        };
        self.values.iter().map(|(name, value)| 32 + name.len() + size(value)).sum()
    }

    /// Takes an `ARG` or `ENV` in; others change nothing.
    ///
    /// # Errors
    ///
    /// A value that no executor can replace.
    pub(super) fn take(&mut self, what: &What, world: &World<'_>) -> Result<(), ExpandError> {
        match what {
            What::Arg(declared) => {
                for argument in declared {
                    let value = self.declared(argument, world)?;
                    self.set(&argument.name, value);
                }
            }
            What::Env(pairs) => {
                let pairs: Result<Vec<_>, _> = pairs
                    .iter()
                    .map(|(name, value)| Ok((name, self.expand(value, world)?)))
                    .collect();
                for (name, value) in pairs? {
                    self.set(name, value.map_or(Value::Unknown, Value::Known));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// `text` with its variables replaced; none where it depends on what is unknown.
    ///
    /// # Errors
    ///
    /// What no executor can replace.
    pub(super) fn expand(
        &self,
        text: &str,
        world: &World<'_>,
    ) -> Result<Option<String>, ExpandError> {
        // Kaniko escapes with `\` whatever the directive says.
        if world.escape != '\\' && text.contains(['\\', '`']) {
            return Ok(None);
        }
        let value_of = |name: &str| match self.value(name, world) {
            Some(Value::Known(value)) => Some(value.as_str()),
            _ => None,
        };
        let done = match expansion(text, '\\', &value_of) {
            Ok(done) => done,
            // It may be for what is unknown that it cannot be replaced.
            Err(_) if self.open => return Ok(None),
            Err(error) => return Err(error),
        };
        let certain = |name: &str| self.value(name, world) == Some(&Value::Unset);
        let all = done.missed.iter().all(|missed| certain(&missed.name));
        Ok(Some(done.text).filter(|text| all && text.len() <= LONGEST))
    }

    fn value<'v>(&'v self, name: &str, world: &World<'_>) -> Option<&'v Value> {
        if world.arguments.contains(name) && world.environment.contains(name) {
            return None;
        }
        if let Some(value) = self.values.get(name) {
            return Some(value);
        }
        let foreign = self.open
            || world.arguments.contains(name)
            || is_predefined(name)
            || name.to_ascii_lowercase().ends_with("_proxy");
        (!foreign).then_some(&Value::Unset)
    }

    fn declared(&self, argument: &Argument, world: &World<'_>) -> Result<Value, ExpandError> {
        let name = &argument.name;
        // The base image may have it in its environment, or has.
        if self.open || self.values.contains_key(name) {
            return Ok(Value::Unknown);
        }
        if let Some(given) = world.given(name) {
            return Ok(given);
        }
        if let Some(default) = &argument.default {
            return Ok(self.expand(default, world)?.map_or(Value::Unknown, Value::Known));
        }
        if is_predefined(name) {
            return Ok(Value::Unknown);
        }
        Ok(world.globals.get(name).cloned().unwrap_or(Value::Unset))
    }

    fn set(&mut self, name: &str, value: Value) {
        // Names can hold variables and quotes: then it is unknown which one it is.
        if name.contains(['$', '\'', '"', '\\', '`', '<']) {
            self.values.clear();
            self.open = true;
        } else {
            self.values.insert(name.to_owned(), value);
        }
    }
}
