//! Builds in a container of their own, through the client of docker or podman.
//!
//! The container is created with the executor as its program, fed while it stands still,
//! started, and removed, whatever happens; the image needs no shell. What to say to the client
//! are pure rules (`rule`, `environment`); the rest here runs them. It starts nothing but
//! that client, and removes no container but its own and those of ours that have expired.
//!
//! Promises: the executor starts only after the whole bundle has been copied back and compared
//! in length and SHA-256. No secret of a job is on a command line, in a file of ours, or in the
//! engine's log, which is switched off; the engine itself keeps the job's environment and files
//! until the container is removed, and shows them to whoever may use it.

mod attach;
mod build;
mod client;
mod environment;
mod expired;
mod failure;
mod far;
mod feed;
mod label;
mod lines;
mod output;
mod prepare;
mod probe;
#[cfg(test)]
mod rehearsal;
mod rule;
mod spool;
mod state;
mod stream;
mod teller;

use std::path::PathBuf;

use tokio::sync::OnceCell;

use super::{Bundle, Hands, Job, Probed, Ran, TransportError};
use crate::guard::Guard;

/// The engines, by the program that speaks to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Docker.
    Docker,
    /// Podman.
    Podman,
}

impl Kind {
    /// As it is called in the file, and its program.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
        }
    }
}

/// When the executor's image is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pull {
    /// Where the engine does not have it.
    #[default]
    Missing,
    /// Once a run.
    Always,
    /// Not at all.
    Never,
}

/// What the file says of an executor of this kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Which engine. A `docker` that turns out to be podman's is treated as podman.
    pub kind: Kind,
    /// Its client, looked up in `PATH` where it has no `/`.
    pub program: PathBuf,
    /// The executor's image, as the engine takes it.
    pub image: String,
    /// When it is fetched.
    pub pull: Pull,
    /// As `--network` takes it.
    pub network: Option<String>,
    /// As `--memory` takes it, `2g`.
    pub memory: Option<String>,
    /// As `--cpus` takes it, `1.5`.
    pub cpus: Option<String>,
    /// As `--volume` takes it each.
    pub volumes: Vec<String>,
    /// Arguments of the engine's `create`, added as they are, `--ulimit=nofile=1024:1024`.
    pub engine_args: Vec<String>,
}

impl Settings {
    /// `image` on `kind`, and nothing else said.
    #[must_use]
    pub fn new(kind: Kind, image: impl Into<String>) -> Self {
        Self {
            kind,
            program: kind.name().into(),
            image: image.into(),
            pull: Pull::default(),
            network: None,
            memory: None,
            cpus: None,
            volumes: Vec::new(),
            engine_args: Vec::new(),
        }
    }
}

/// An engine during one run of ours: what was asked of it once need not be asked again.
#[derive(Debug)]
pub struct Engine {
    settings: Settings,
    guard: Guard,
    prepared: OnceCell<prepare::Prepared>,
    help: OnceCell<String>,
}

impl Engine {
    /// Asks nothing yet.
    #[must_use]
    pub fn new(settings: Settings, guard: Guard) -> Self {
        Self { settings, guard, prepared: OnceCell::new(), help: OnceCell::new() }
    }
}

/// Runs one build in a container of its own.
///
/// The first build of an engine removes expired containers of ours and fetches the image.
///
/// # Errors
///
/// Any of [`TransportError`] but `Busy`. The container is removed in every case; where that
/// fails there is a warning, and a later run removes it once it has expired.
pub async fn run(
    engine: &Engine,
    job: &Job,
    bundle: Bundle,
    hands: &Hands,
) -> Result<Ran, TransportError> {
    build::run(engine, job, bundle, hands).await
}

/// How the engine, its image and the executor in it are, without a build.
///
/// The image is fetched as for a build; what else is made is removed.
pub async fn probe(engine: &Engine, job: &Job, hands: &Hands) -> Probed {
    probe::probe(engine, job, hands).await
}
