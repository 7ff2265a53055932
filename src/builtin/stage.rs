//! A stage: its instructions, one after the other, on a file system model and a config.
//!
//! Source: `BuildKit`'s dockerfile2llb/convert.go, `dispatch`. Where it differs: `WORKDIR` of a
//! directory that is there makes no layer (as with Kaniko; `BuildKit` makes an empty one), and
//! the history has instructions as they are written, so that no value of a build arg is in it
//! that the image itself does not hold.

use std::sync::Arc;

use super::{
    BuildError, Recipe, Unsupported,
    config::{Config, Healthcheck, ImageConfig, empty},
    copying::{Place, copy},
    expose::ports,
    owner::{Owner, Unknown, owner},
    plan::{Origin, Plan, Planned, Step},
    reading::read,
    scope::{Scope, at},
    tree::{Meta, Tree, changes::Entry, clean},
};
use crate::{
    context::MODIFIED,
    dockerfile::{Command, Healthcheck as Check, What},
    oci::{Format, Layer, Stop},
};

/// As many directories as overlayfs puts over each other: nobody could run an image of more.
///
/// Source: the kernel's fs/overlayfs/params.c, `OVL_MAX_STACK`.
const MOST_LAYERS: usize = 500;

/// Bytes of a config, of which history is a part: as much as podman, buildah and skopeo take.
///
/// Source: containers/image, internal/iolimits, `MaxConfigBodySize`.
pub(super) const MOST_CONFIG: usize = 4 << 20;

/// An image as far as it is built.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) tree: Arc<Tree>,
    pub(super) config: ImageConfig,
    pub(super) layers: Vec<Made>,
    pub(super) format: Format,
    /// The variables at its end, for the stages from it; none of an image.
    pub(super) scope: Option<Scope>,
}

/// A layer: a base's, or one that is to be made of entries.
#[derive(Debug, Clone)]
pub(super) enum Made {
    Base(Layer),
    Own(Arc<Own>),
}

/// A layer that is to be made.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) line: usize,
    pub(super) entries: Vec<Entry>,
}

/// What all stages share.
pub(super) struct Surroundings<'a> {
    pub(super) recipe: &'a Recipe,
    pub(super) plan: &'a Plan,
    /// As `created` says it.
    pub(super) created: String,
    /// `SOURCE_DATE_EPOCH`.
    pub(super) epoch: Option<i64>,
    pub(super) context: &'a Tree,
    pub(super) images: &'a [State],
    pub(super) stop: &'a Stop,
}

impl Surroundings<'_> {
    /// When directories were changed that nobody described.
    pub(super) fn made(&self) -> i64 {
        self.epoch.map_or(MODIFIED, |epoch| epoch.min(MODIFIED))
    }
}

/// A stage that is being built.
pub(super) struct Stage<'a> {
    pub(super) around: &'a Surroundings<'a>,
    /// The files of those that are done and are copied from.
    pub(super) done: &'a [Option<Arc<Tree>>],
    pub(super) state: State,
    pub(super) scope: Scope,
    /// `CMD` was said in this stage.
    has_cmd: bool,
}

/// Builds a stage upon those that are done.
pub(super) fn build(
    around: &Surroundings<'_>,
    planned: &Planned,
    base: State,
    done: &[Option<Arc<Tree>>],
) -> Result<State, BuildError> {
    let mut state = base;
    state.config.config.on_build.clear();
    state.config.set_path();
    let inherited = state.scope.take();
    let scope =
        inherited.unwrap_or_else(|| Scope::of_image(around.recipe, &state.config.config.env));
    let mut building = Stage { around, done, state, scope, has_cmd: false };
    for step in &planned.steps {
        building.step(step)?;
    }
    let Stage { mut state, scope, .. } = building;
    state.scope = Some(scope);
    Ok(state)
}

impl<'a> Stage<'a> {
    fn step(&mut self, step: &Step) -> Result<(), BuildError> {
        self.around.stop.check().map_err(|error| BuildError::Stopped(error.into()))?;
        let line = step.line;
        match &step.instruction.what {
            What::Copy(instruction) | What::Add(instruction) => {
                Arc::make_mut(&mut self.state.tree).start_layer();
                copy(self, line, instruction, step.from)?;
                return self.commit(step, true);
            }
            What::Workdir(path) => {
                let path = self.scope.expand(path).map_err(at(line))?;
                let layer = self.workdir(line, &path)?;
                return self.commit(step, layer);
            }
            What::Run(_) => return Err(BuildError::Unsupported(Unsupported::run(line))),
            What::Arg(arguments) => {
                for argument in arguments {
                    let recipe = self.around.recipe;
                    self.scope.declare(argument, &recipe.build_args, &self.around.plan.global)?;
                }
            }
            What::Env(variables) => {
                // Those of one line do not see each other.
                let expand = |text: &String| self.scope.expand(text).map_err(at(line));
                let expanded: Vec<_> = variables
                    .iter()
                    .map(|(name, value)| Ok((expand(name)?, expand(value)?)))
                    .collect::<Result<_, BuildError>>()?;
                for (name, value) in expanded {
                    self.scope.set(&name, &value);
                    self.state.config.set_variable(&name, &value);
                }
            }
            What::Label(labels) => {
                for (name, value) in labels {
                    let name = self.scope.expand(name).map_err(at(line))?;
                    let value = self.scope.expand(value).map_err(at(line))?;
                    self.state.config.set_label(name, value);
                }
            }
            What::Expose(words) => {
                for word in words {
                    for word in self.scope.expand_words(word).map_err(at(line))? {
                        let wrong = || {
                            let message = format!(
                                "`{word}` is no port: those are like `80`, `53/udp` and `8000-8010`"
                            );
                            BuildError::Value { line, message }
                        };
                        for port in ports(&word).ok_or_else(wrong)? {
                            self.config().exposed_ports.insert(port, empty());
                        }
                    }
                }
            }
            What::Volume(volumes) => {
                for volume in volumes {
                    let volume = self.scope.expand(volume).map_err(at(line))?;
                    if volume.is_empty() {
                        let message = "a volume has no path".to_owned();
                        return Err(BuildError::Value { line, message });
                    }
                    self.state.config.add_volume(volume);
                }
            }
            What::User(user) => {
                let user = self.scope.expand(user).map_err(at(line))?;
                self.config().user = user;
            }
            What::Stopsignal(signal) => {
                let signal = self.scope.expand(signal).map_err(at(line))?;
                self.config().stop_signal = signal;
            }
            What::Cmd(command) => {
                self.has_cmd = true;
                self.config().cmd = Some(self.words(command));
            }
            What::Entrypoint(command) => {
                self.config().entrypoint = Some(self.words(command));
                if !self.has_cmd {
                    // That of the base image was for its own program.
                    self.config().cmd = None;
                }
            }
            What::Shell(words) => self.config().shell.clone_from(words),
            What::Healthcheck(check) => self.config().healthcheck = Some(healthcheck(check)),
            What::Maintainer(name) => self.state.config.author = Some(name.clone()),
            What::Onbuild(trigger) => {
                self.config().on_build.push(trigger.original.clone());
                // As with `BuildKit`, it has no line in the history.
                return Ok(());
            }
        }
        self.commit(step, false)
    }

    fn config(&mut self) -> &mut Config {
        &mut self.state.config.config
    }

    fn words(&self, command: &Command) -> Vec<String> {
        match command {
            Command::Exec(words) => words.clone(),
            Command::Shell(line) => self.state.config.with_shell(line),
        }
    }

    /// Sets the directory and makes it where it is not there; true if it was not.
    fn workdir(&mut self, line: usize, path: &str) -> Result<bool, BuildError> {
        // A `/` at the end stays, as with Kaniko and buildah.
        let slash = path.starts_with('/') && path.ends_with('/');
        let path = self.absolute(path);
        let end = if slash && path.len() > 1 { "/" } else { "" };
        self.config().working_dir = String::from_utf8_lossy(&path).into_owned() + end;
        Arc::make_mut(&mut self.state.tree).start_layer();
        let place = Place::new(line, &path);
        let there = place.resolve(&self.state.tree)?;
        if there.found().is_some_and(|there| self.state.tree.is_directory(there)) {
            return Ok(false);
        }
        let user = self.config().user.clone();
        let Owner { uid, gid } = self.owner(line, &user)?;
        let meta = Meta { uid, gid, ..Meta::implied(self.around.made()) };
        place.make(Arc::make_mut(&mut self.state.tree), there, &meta)?;
        Ok(true)
    }

    /// A path from the root; a relative one is the working directory's.
    pub(super) fn absolute(&self, path: &str) -> Vec<u8> {
        if path.starts_with('/') {
            return clean(path.as_bytes());
        }
        clean(format!("{}/{path}", self.state.config.config.working_dir).as_bytes())
    }

    /// The numbers of `user[:group]` in the image as it is now.
    pub(super) fn owner(&self, line: usize, text: &str) -> Result<Owner, BuildError> {
        let mut file = |path: &'static str| read(self.around, &self.state.tree, path.as_bytes());
        owner(text, &mut file).map_err(|unknown| match unknown {
            Unknown::User(name) => BuildError::Owner { line, kind: "user", name },
            Unknown::Group(name) => BuildError::Owner { line, kind: "group", name },
            Unknown::File(error) => BuildError::Layer { line, source: error.into() },
        })
    }

    /// What something is copied from.
    pub(super) fn source(&self, origin: Origin) -> Option<&'a Tree> {
        match origin {
            Origin::Context => Some(self.around.context),
            Origin::Scratch => None,
            Origin::Stage(stage) => self.done[stage].as_deref(),
            Origin::Image(image) => Some(&self.around.images[image].tree),
        }
    }

    /// Ends an instruction: what it wrote is a layer, if it wrote anything.
    fn commit(&mut self, step: &Step, layer: bool) -> Result<(), BuildError> {
        let entries = if layer { self.state.tree.changes() } else { Vec::new() };
        let empty = entries.is_empty();
        if !empty {
            if self.state.layers.len() >= MOST_LAYERS {
                let message = format!("an image has at most {MOST_LAYERS} layers");
                return Err(BuildError::Value { line: step.line, message });
            }
            let own = Own { line: step.line, entries };
            self.state.layers.push(Made::Own(Arc::new(own)));
        }
        let created_by = &step.instruction.original;
        self.state.config.add_history(&self.around.created, created_by, empty);
        if self.state.config.written > MOST_CONFIG {
            let message = "with this line the image's config has more than 4 MiB, and no engine \
                           takes so much"
                .to_owned();
            return Err(BuildError::Value { line: step.line, message });
        }
        Ok(())
    }
}

/// A `HEALTHCHECK` as a config has it.
fn healthcheck(check: &Check) -> Healthcheck {
    let Check::Test { interval, timeout, start_period, start_interval, retries, test } = check
    else {
        return Healthcheck { test: vec!["NONE".to_owned()], ..Healthcheck::default() };
    };
    let (first, words) = match test {
        Command::Exec(words) => ("CMD", words.clone()),
        Command::Shell(line) => ("CMD-SHELL", vec![line.clone()]),
    };
    let nanoseconds = |time: &Option<std::time::Duration>| {
        time.map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
    };
    Healthcheck {
        test: [vec![first.to_owned()], words].concat(),
        interval: nanoseconds(interval),
        timeout: nanoseconds(timeout),
        start_period: nanoseconds(start_period),
        start_interval: nanoseconds(start_interval),
        retries: retries.unwrap_or(0).into(),
    }
}
