//! What `doctor` takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Common;

#[derive(Debug, Args)]
pub(in crate::cli) struct Doctor {
    /// Names or globs of builds; without any all, beside an included file those of that file
    #[arg(value_name = "BUILD")]
    pub(in crate::cli) builds: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) common: Common,
    /// Take builds that are needed and not named from an earlier job's `--report json=PATH`
    #[arg(long = "from-report", value_name = "PATH")]
    pub(in crate::cli) from_reports: Vec<PathBuf>,
    /// Lines to read, or a document as `kaniko-build schema doctor` describes it
    #[arg(long, value_enum, default_value_t = Shown::Text, value_name = "FORMAT")]
    pub(in crate::cli) format: Shown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Shown {
    Text,
    Json,
}
