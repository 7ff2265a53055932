//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Builds container images with Kaniko, from a `kaniko.toml` in the repository.
#[derive(Debug, Parser)]
#[command(name = "kaniko-build", version, max_term_width = 100)]
#[command(after_help = "Example: kaniko-build run --report json=build.json")]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
    /// When to colour what is written to a terminal
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub(super) color: Colour,
    /// Tell only results, warnings and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Tell what is decided and started as well
    #[arg(short, long, global = true)]
    pub(super) verbose: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Colour {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Build and push images
    #[command(
        after_help = "Examples:\n  kaniko-build run\n  kaniko-build run api 'web-*' --keep-going --report json=build.json"
    )]
    Run(Run),
    /// Show what would be done, without doing any of it
    #[command(
        after_help = "Examples:\n  kaniko-build plan\n  kaniko-build plan api --format shell > build-api.sh"
    )]
    Plan(Plan),
    /// Find the mistakes in the file
    #[command(after_help = "Example: kaniko-build check --file ci/kaniko.toml")]
    Check(Common),
    /// List the builds of the file
    #[command(after_help = "Example: kaniko-build list")]
    List(Common),
    /// Look at a build's context, or write it to a file
    #[command(subcommand, after_help = "Example: kaniko-build context ls api")]
    Context(Context),
    /// Write the docker config that a build's executor would get
    #[command(
        after_help = "Examples:\n  kaniko-build auth api -o config.json\n  kaniko-build auth api -o - | jq '.auths | keys'"
    )]
    Auth(Auth),
    /// Print the completions of a shell
    #[command(
        after_help = "Example: kaniko-build completions bash > /etc/bash_completion.d/kaniko-build"
    )]
    Completions {
        /// Whose completions
        shell: clap_complete::Shell,
    },
    /// Remove what a killed run has left; started by `run` itself
    #[command(hide = true)]
    Guard,
}

/// What every command takes that reads the file.
#[derive(Debug, Args)]
pub(super) struct Common {
    /// The file; else the nearest kaniko.toml upwards, not above the repository
    #[arg(short, long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// Override a key: `defaults.push-retry=5`, `builds.api.target=debug`
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(super) sets: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct Run {
    /// Names or globs of builds; all builds where none is given
    #[arg(value_name = "BUILD")]
    pub(super) builds: Vec<String>,
    #[command(flatten)]
    pub(super) common: Common,
    /// Go on with other builds after one has failed
    #[arg(short, long)]
    pub(super) keep_going: bool,
    /// Push also outside of CI
    #[arg(long)]
    pub(super) push: bool,
    /// Write a report: `json=PATH`
    #[arg(long = "report", value_name = "FORMAT=PATH")]
    pub(super) reports: Vec<String>,
    /// What stdout gets: a line for each image pushed, or one JSON document
    #[arg(long, value_enum, default_value_t = Output::Text, value_name = "FORMAT")]
    pub(super) output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    Text,
    Json,
}

#[derive(Debug, Args)]
pub(super) struct Plan {
    /// Names or globs of builds; all builds where none is given
    #[arg(value_name = "BUILD")]
    pub(super) builds: Vec<String>,
    #[command(flatten)]
    pub(super) common: Common,
    /// Text to read, JSON for programs, or a script that does the same by hand
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub(super) format: Format,
    /// Push also outside of CI
    #[arg(long)]
    pub(super) push: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
    Shell,
}

#[derive(Debug, Subcommand)]
pub(super) enum Context {
    /// List what would be sent, with sizes
    #[command(after_help = "Example: kaniko-build context ls api")]
    Ls {
        /// The build
        build: String,
        #[command(flatten)]
        common: Common,
    },
    /// Write the bundle that would be sent
    #[command(after_help = "Example: kaniko-build context pack api -o - | tar -tz")]
    Pack {
        /// The build
        build: String,
        /// The file to write, `-` for stdout
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, Args)]
pub(super) struct Auth {
    /// The build
    pub(super) build: String,
    /// The file to write, only for its owner to read; `-` for stdout
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: PathBuf,
    #[command(flatten)]
    pub(super) common: Common,
}
