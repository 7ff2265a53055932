//! What a plan is made from beside its file.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use crate::{ci::Ci, template::FileReader};

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
}
