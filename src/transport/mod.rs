//! Ways to reach an executor and to run one build there.
//!
//! What a build needs on the far side is a [`Job`], the same for every transport: files and
//! the bundle below [`FAR_DIR`], and the executor's whole command line. How it gets there is
//! the transport's affair: [`session`] speaks our protocol through one command with a shell at
//! its far end (Cloud Foundry, `command`, `local`), [`container`] creates, feeds and removes a
//! container (docker, podman).

pub mod cloudfoundry;
pub mod container;
mod room;
pub mod session;
mod staged;

pub use room::room;

use std::{io::Write, path::PathBuf, sync::Arc, time::Duration};

use crate::{
    context::{ContextError, Packed},
    event::Events,
    kaniko::version::{Ability, Executor},
    secret::Secret,
};

/// The directory of the running build on the far side.
///
/// Below `/kaniko`, which the executor neither deletes nor puts into an image.
/// Source: executor-facts, "Repeated builds in one container".
pub const FAR_DIR: &str = "/kaniko/.kaniko-build/run";

/// The bundle's name below [`FAR_DIR`].
pub const BUNDLE: &str = "bundle.tgz";

/// One build as an executor gets it.
#[derive(Debug)]
pub struct Job {
    /// The build's name, for messages and for the lock's owner.
    pub build: Arc<str>,
    /// Who builds, for those who wait meanwhile: a job's address, or a user and a machine.
    pub owner: String,
    /// The executor's arguments, each `--flag=value`, whole: context, Dockerfile, outputs and
    /// the digest file are in it as absolute paths below [`FAR_DIR`].
    pub arguments: Vec<String>,
    /// The executor's whole environment.
    pub environment: Vec<(String, Secret)>,
    /// What lies below [`FAR_DIR`] beside the bundle: docker config, certificates, secrets, a
    /// Dockerfile from outside of the context.
    pub files: Vec<FarFile>,
    /// What the executor writes below [`FAR_DIR`] and where it goes here.
    pub outputs: Vec<Output>,
    /// What the executor must be able to do, with the reason to show when it is not.
    pub needs: Vec<Need>,
    /// How long the executor may run.
    pub timeout: Duration,
    /// How long a connection may take, up to the far side's first word.
    pub connect_timeout: Duration,
    /// How long another run may hold the executor before we give up.
    pub lock_timeout: Duration,
}

/// A small file of a job.
#[derive(Debug)]
pub struct FarFile {
    /// Relative to [`FAR_DIR`], `/`-separated, no `..`.
    pub path: String,
    /// Its bytes; each is treated as a secret.
    pub content: Secret,
}

/// Something that is brought back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Relative to [`FAR_DIR`].
    pub far: String,
    /// Absolute path here; its parent exists. Written whole or not at all.
    pub local: PathBuf,
    /// A file, or a directory with all that is in it.
    pub kind: OutputKind,
}

/// The form of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputKind {
    /// One file.
    File,
    /// A directory tree.
    Directory,
}

/// What a build cannot do without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// What the executor must be able to do.
    pub ability: Ability,
    /// What asks for it, with its place: `` `secrets` (kaniko.toml:12) ``.
    pub reason: String,
}

impl Job {
    /// Refuses an executor that lacks what the build needs; warns of what it lacks beside that.
    ///
    /// # Errors
    ///
    /// [`TransportError::Lacks`], for the first need that is not met.
    pub fn check(&self, executor: &Executor) -> Result<Vec<String>, TransportError> {
        let mut warnings = Vec::new();
        let has_variable = |name: &str| {
            let same = |(known, value): &(String, Secret)| known == name && value.expose() == b"1";
            self.environment.iter().any(same)
        };
        for Need { ability, reason } in &self.needs {
            if let Some(lacking) = executor.lacks(ability, has_variable) {
                let (version, reason) = (executor.version.clone(), reason.clone());
                if ability.is_a_wish() {
                    warnings.push(format!("{reason}: the executor ({version}) {lacking}"));
                    continue;
                }
                return Err(TransportError::Lacks { version, lacking, reason });
            }
        }
        Ok(warnings)
    }
}

/// An executor that was only asked how it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// As it describes itself.
    pub executor: Executor,
    /// Who builds there now; none where nobody does.
    pub in_use: Option<String>,
    /// Bytes that it has room for, where that can be told.
    pub room: Option<u64>,
}

/// What was looked at of an executor, in order, up to the first that failed.
#[derive(Debug, Default)]
pub struct Probed {
    /// Each with its name, and what there is to say of it.
    pub steps: Vec<(&'static str, Result<String, TransportError>)>,
    /// What the executor says; none where a step failed.
    pub found: Option<Found>,
}

impl Probed {
    /// `step` is as it should be.
    pub fn passes(&mut self, step: &'static str, text: String) {
        self.steps.push((step, Ok(text)));
    }

    /// `step` is not.
    pub fn fails(&mut self, step: &'static str, error: TransportError) {
        self.steps.push((step, Err(error)));
    }
}

/// Writes the bundle to a sink, once a call, the same bytes each time.
pub type Bundle = Arc<dyn Fn(&mut dyn Write) -> Result<Packed, ContextError> + Send + Sync>;

/// How an executor ended that was reached, fed and run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// The executor's exit code; 128 + n for a signal.
    pub exit_code: i32,
    /// The image's digest, `sha256:…`; only where `exit_code` is 0.
    pub digest: Option<String>,
    /// The last lines of its output, oldest first, at most 100, not redacted.
    pub tail: Vec<String>,
    /// What `executor version` says, or nothing.
    pub version: String,
    /// Bundle as it was sent and verified.
    pub bundle: Packed,
    /// It was stopped because its time was over.
    pub timed_out: bool,
}

/// Why an executor did not run, or why how it ended is unknown.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// No connection, no login, no program: the message says what was tried and what to do.
    #[error("{what}")]
    Unreachable {
        /// What was tried and how it answered.
        what: String,
        /// What to do about it.
        hint: String,
        /// Worth another attempt.
        transient: bool,
    },
    /// Another run, or a shell that could not be started, until the limit.
    #[error("{what}")]
    Busy {
        /// Who holds it, or both causes there can be.
        what: String,
    },
    /// The far side is no place to build in: no container, no executor, used before.
    #[error("{what}")]
    Refused {
        /// Why.
        what: String,
        /// What to do about it.
        hint: String,
    },
    /// The executor lacks what the build needs; told before the bundle is sent.
    #[error("the executor ({version}) {lacking}, and {reason} needs it")]
    Lacks {
        /// As `executor version` says.
        version: String,
        /// From [`Executor::lacks`].
        lacking: String,
        /// From [`Need::reason`].
        reason: String,
    },
    /// The bundle could not be made.
    #[error("the context could not be packed")]
    Context(#[from] ContextError),
    /// It could not be sent whole: full disk, wrong checksum.
    #[error("{what}")]
    Feed {
        /// What went wrong, in the far side's words.
        what: String,
    },
    /// The connection ended before the far side said how the build did.
    #[error("{what}")]
    Lost {
        /// What was seen last.
        what: String,
        /// The executor was started, or may have been: destinations may have been pushed.
        started: bool,
    },
    /// An output could not be brought back or written.
    #[error("{what}")]
    Output {
        /// Which, and why.
        what: String,
    },
    /// The run was interrupted; the far side was told.
    #[error("interrupted")]
    Interrupted,
}

/// What every transport gets beside its job.
#[derive(Clone)]
pub struct Hands {
    /// Where to tell what happens.
    pub events: Events,
    /// Turns true when the run is to end: stop the executor, clean, return `Interrupted`.
    pub cancelled: tokio::sync::watch::Receiver<bool>,
}
