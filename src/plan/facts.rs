//! What a plan is made from beside its file.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use crate::{ci::Ci, template::FileReader, transport::container};

/// What is known of the job, gathered by the caller.
pub struct Facts<'a> {
    /// The environment.
    pub environment: Arc<BTreeMap<String, String>>,
    /// The directory that paths of the environment and the command line start from; absolute.
    pub current: &'a Path,
    /// The pipeline.
    pub ci: Arc<Ci>,
    /// What `file("…")` reads with.
    pub read_file: Option<FileReader>,
    /// What this machine can build with; asked only where no executor is named.
    pub machine: &'a (dyn Fn() -> Machine + Sync),
}

/// What a machine can build with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Machine {
    /// There is a `/kaniko/executor`.
    pub kaniko: bool,
    /// An engine that answers.
    pub engine: Option<container::Kind>,
}
