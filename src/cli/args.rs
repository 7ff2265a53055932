//! What can be typed.

mod doctor;
mod typed;

pub(super) use doctor::{Doctor, Shown};

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::ci::{Event, Provider};

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
        after_help = "Examples:\n  kaniko-build run\n  kaniko-build run api 'web-*' --keep-going --report json=build.json\n  kaniko-build run -d registry.example.com/shop/api:1 --push"
    )]
    Run(Run),
    /// Show what would be done, without doing any of it
    #[command(
        after_help = "Examples:\n  kaniko-build plan\n  kaniko-build plan api --format shell > build-api.sh\n  kaniko-build plan --ci gitlab --tag v1.2.3\n  kaniko-build plan --ci gitlab --branch main --diff tag=v1.2.3\n  kaniko-build plan --explain api.target"
    )]
    Plan(Plan),
    /// Find the mistakes in the file
    #[command(
        after_help = "Examples:\n  kaniko-build check --file ci/kaniko.toml\n  kaniko-build check --format gitlab > gl-code-quality-report.json"
    )]
    Check(Check),
    /// List the builds of the file
    #[command(after_help = "Example: kaniko-build list")]
    List(Read),
    /// Show which builds need which
    #[command(
        after_help = "Examples:\n  kaniko-build graph\n  kaniko-build graph --format dot | dot -Tsvg -o builds.svg"
    )]
    Graph(Graph),
    /// Look at a build's context, or write it to a file
    #[command(subcommand, after_help = "Example: kaniko-build context ls api")]
    Context(Context),
    /// Write the docker config that a build's executor would get
    #[command(
        after_help = "Examples:\n  kaniko-build auth api -o config.json\n  kaniko-build auth api -o - | jq '.auths | keys'"
    )]
    Auth(Auth),
    /// Look whether a run would find what it needs: executors, logins, room
    ///
    /// Executors are asked how they are, and registries whether they let us push and pull what the
    /// builds want; nothing is built, sent or pushed. The exit code is 0 where no check has failed,
    /// else the first that applies: 1 for a refused login, a missing flag and the like, 3 for an
    /// executor that cannot be reached, 2 for a file or a secret.
    #[command(
        after_help = "Examples:\n  kaniko-build doctor\n  kaniko-build doctor api 'web-*' --profile release\n  kaniko-build doctor --format json | jq '.topics[].checks[] | select(.result == \"failed\")'"
    )]
    Doctor(Doctor),
    /// Write a first file, from the Dockerfiles below this directory
    #[command(after_help = "Examples:\n  kaniko-build init\n  kaniko-build init -o -")]
    Init(Init),
    /// Print the JSON schema of the file, for editors, or of what is written
    #[command(
        after_help = "Examples:\n  kaniko-build schema > kaniko.schema.json\n  kaniko-build schema report\n\nAn editor with a language server for TOML takes it by a first line of the kaniko.toml:\n  #:schema ./kaniko.schema.json"
    )]
    Schema {
        /// Of what
        #[arg(value_enum, default_value_t = Schema::File, value_name = "WHICH")]
        which: Schema,
    },
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
#[derive(Debug, Clone, Args)]
pub(super) struct Common {
    /// The file; else the nearest kaniko.toml upwards, not above the repository
    #[arg(long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    /// Override a key: `defaults.push-retry=5`, `builds.api.target=debug`
    ///
    /// The value is text, which the key makes a number, a list or yes and no of; it is no
    /// template. For a table, `builds.api.labels={ tier = "web", stage = false }` sets the entries
    /// that are named, and `false` removes one.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(super) sets: Vec<String>,
    /// Lay `[profiles.NAME]` over the file
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,
    #[command(flatten)]
    pub(super) given: Given,
}

/// One build where there is no `kaniko.toml`, as for Kaniko and docker.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Without a kaniko.toml")]
pub(super) struct Given {
    /// Push to this reference; in CI else its image and its tag or commit
    #[arg(short, long = "destination", value_name = "REFERENCE", conflicts_with = "file")]
    pub(super) destinations: Vec<String>,
    /// The directory that is sent; else the current one
    #[arg(short, long, value_name = "DIRECTORY", conflicts_with = "file")]
    pub(super) context: Option<String>,
    /// The Dockerfile
    #[arg(short = 'f', long, value_name = "FILE", conflicts_with = "file")]
    pub(super) dockerfile: Option<String>,
    /// The stage to build; else the last
    #[arg(long, value_name = "STAGE", conflicts_with = "file")]
    pub(super) target: Option<String>,
    /// The value of an `ARG`; without a value that of the variable of its name
    #[arg(long = "build-arg", value_name = "NAME=VALUE", conflicts_with = "file")]
    pub(super) build_args: Vec<String>,
    /// Where to build: auto, builtin, podman, docker, local, cloudfoundry
    #[arg(long, value_name = "EXECUTOR", conflicts_with = "file")]
    pub(super) executor: Option<String>,
}

impl Given {
    /// The first option that was given.
    pub(super) fn first(&self) -> Option<&'static str> {
        // No `..` here: a new option does not compile until it counts.
        let Self { destinations, context, dockerfile, target, build_args, executor } = self;
        let given = [
            ("--destination", !destinations.is_empty()),
            ("--context", context.is_some()),
            ("--dockerfile", dockerfile.is_some()),
            ("--target", target.is_some()),
            ("--build-arg", !build_args.is_empty()),
            ("--executor", executor.is_some()),
        ];
        given.into_iter().find(|(_, given)| *given).map(|(name, _)| name)
    }
}

/// What the commands take that start nothing.
#[derive(Debug, Args)]
pub(super) struct Read {
    #[command(flatten)]
    pub(super) common: Common,
    #[command(flatten)]
    pub(super) imagined: Imagined,
}

#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    pub(super) read: Read,
    /// What stdout gets: nothing, JSON, a Code Quality report, or annotations of a workflow
    ///
    /// Stderr tells people whatever the format is.
    #[arg(long, value_enum, default_value_t = Findings::Text, value_name = "FORMAT")]
    pub(super) format: Findings,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Findings {
    /// Nothing beside what stderr tells
    Text,
    /// A document as `kaniko-build schema check` describes it
    Json,
    /// GitLab's Code Quality report
    Gitlab,
    /// Annotations of a GitHub workflow
    Github,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Schema {
    /// kaniko.toml
    File,
    /// What `plan --format json` prints
    Plan,
    /// What `run --report json=PATH` writes
    Report,
    /// What `check --format json` prints
    Check,
    /// What `doctor --format json` prints
    Doctor,
}

/// A pipeline that is only imagined.
#[derive(Debug, Clone, Args)]
pub(super) struct Imagined {
    /// Take for granted a pipeline of this CI, with sample values; this job is not looked at
    #[arg(long, value_name = "NAME", value_parser = typed::provider())]
    pub(super) ci: Option<Provider>,
    /// … that runs for this branch; for `main` where nothing is said
    #[arg(long, requires = "ci", conflicts_with_all = ["tag", "pull_request"], value_name = "NAME")]
    pub(super) branch: Option<String>,
    /// … that runs for this tag
    #[arg(long, requires = "ci", conflicts_with = "pull_request", value_name = "NAME")]
    pub(super) tag: Option<String>,
    /// … that runs for this pull or merge request
    #[arg(long, requires = "ci", value_name = "NUMBER", value_parser = typed::pull_request)]
    pub(super) pull_request: Option<u64>,
    /// … and is set off so
    #[arg(long, requires = "ci", value_name = "EVENT", value_parser = typed::event())]
    pub(super) event: Option<Event>,
    /// A variable of its jobs
    #[arg(long = "env", requires = "ci", value_name = "NAME=VALUE")]
    pub(super) variables: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct Run {
    /// Names or globs of builds; without any all, beside an included file those of that file
    #[arg(value_name = "BUILD")]
    pub(super) builds: Vec<String>,
    #[command(flatten)]
    pub(super) common: Common,
    /// How many builds run at a time, as far as their executors have room
    #[arg(short, long, value_name = "N", default_value_t = 1, value_parser = typed::jobs)]
    pub(super) jobs: u16,
    /// Go on with other builds after one has failed
    #[arg(short, long)]
    pub(super) keep_going: bool,
    /// Push also outside of CI
    #[arg(long)]
    pub(super) push: bool,
    /// Take builds that are needed and not named from an earlier job's `--report json=PATH`
    #[arg(long = "from-report", value_name = "PATH")]
    pub(super) from_reports: Vec<PathBuf>,
    /// Put images that need no executor into docker or podman, whichever is here
    #[arg(
        long,
        value_enum,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "any",
        value_name = "ENGINE"
    )]
    pub(super) load: Option<Engine>,
    /// Write a report: json, dotenv, junit, markdown or github-output, as `json=PATH`
    #[arg(long = "report", value_name = "FORMAT=PATH")]
    pub(super) reports: Vec<String>,
    /// What stdout gets: a line for each image pushed, or one JSON document
    #[arg(long, value_enum, default_value_t = Output::Text, value_name = "FORMAT")]
    pub(super) output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Engine {
    /// Whichever is here
    Any,
    Docker,
    Podman,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    Text,
    Json,
}

#[derive(Debug, Clone, Args)]
pub(super) struct Plan {
    /// Names or globs of builds; without any all, beside an included file those of that file
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
    /// Take builds that are needed and not named from an earlier job's `--report json=PATH`
    #[arg(long = "from-report", value_name = "PATH")]
    pub(super) from_reports: Vec<PathBuf>,
    /// Tell of a value where it comes from and what it overrides: `api.target`, `api.labels`,
    /// `api`, `vars.flavour`, `executors.engine.memory`, `registries.harbor`, `reports.json`
    #[arg(long, value_name = "BUILD.KEY", conflicts_with_all = ["builds", "diff"])]
    pub(super) explain: Option<String>,
    /// Show what differs in another pipeline: `tag=v1.2.3`, `profile=release`
    ///
    /// It is the one that the other options describe, with these changes: branch=NAME, tag=NAME,
    /// pull-request=NUMBER, event=EVENT, ci=NAME, env=NAME=VALUE, profile=NAME, set=KEY=VALUE.
    #[arg(long, value_name = "CHANGE")]
    pub(super) diff: Vec<String>,
    #[command(flatten)]
    pub(super) imagined: Imagined,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
    Shell,
}

#[derive(Debug, Args)]
pub(super) struct Graph {
    /// Names or globs of builds; without any all, beside an included file those of that file
    #[arg(value_name = "BUILD")]
    pub(super) builds: Vec<String>,
    #[command(flatten)]
    pub(super) common: Common,
    /// Text to read, or what Graphviz or Mermaid draws
    #[arg(long, value_enum, default_value_t = Drawing::Text, value_name = "FORMAT")]
    pub(super) format: Drawing,
    #[command(flatten)]
    pub(super) imagined: Imagined,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Drawing {
    Text,
    Dot,
    Mermaid,
}

#[derive(Debug, Subcommand)]
pub(super) enum Context {
    /// List what would be sent, with sizes, and what is left out and why
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

#[derive(Debug, Args)]
pub(super) struct Init {
    /// Write over a file that is there
    #[arg(long)]
    pub(super) force: bool,
    /// The file, in this directory; `-` prints it
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}
