//! All decisions of a run, made before anything starts; printing it is the dry run.
//!
//! No default, no relative path and no template is left in a [`Plan`]. What only another
//! build's end can tell is late in a [`Rendered`]. Secrets are where they come from, never what
//! they are. Making a plan reads files (the Dockerfile, the ignore file, certificates' names)
//! and starts nothing.

mod arguments;
mod auto;
mod bases;
mod blame;
mod build;
mod builtin;
pub(crate) mod cores;
mod deep;
mod destinations;
mod dockerfile;
mod earlier;
mod environment;
mod executor;
mod explain;
mod facts;
mod flags;
mod known;
mod labels;
mod leaks;
mod make;
mod misnamed;
mod needs;
mod order;
mod outputs;
mod reach;
mod reader;
mod registries;
mod select;
mod slim;
mod structure;
mod tokens;
mod unexpanded;
mod unused;
mod values;

pub(crate) use arguments::{DOCKERFILE, SECRETS, far_output};
pub use arguments::{Printed, arguments, resolve, shown, shown_late};
pub(crate) use build::TIMEOUT;
pub(crate) use builtin::{Meaning, meaning};
pub use dockerfile::taken_bases;
pub use earlier::{Earlier, Taken};
pub(crate) use environment::{ENVIRONMENT, PROXIES};
pub(crate) use executor::{CONNECT_TIMEOUT, IMAGE, LOCK_TIMEOUT};
pub use explain::{Asked, ExplainError, Explained, Layer, explain, explain_section, explained};
pub use facts::{Facts, Machine};
pub use leaks::{leaks, sources};
pub use make::{Draft, Wanted, draft};
pub use misnamed::misnamed;
pub use order::withheld;
pub use outputs::{Kept, real};
pub use select::{SelectError, only};
pub use slim::{Slim, parents, sources as extent, taken};

use std::{collections::BTreeMap, fmt, path::PathBuf, sync::Arc, time::Duration};

use crate::{
    config::{Mistake, Place, Sources, Table},
    context::{Dockerfile as DockerfileAt, Modes, Timestamps},
    dockerfile::Dockerfile,
    registry::{Access, Reference, Registry, credentials::Needed},
    secret::Source,
    template::Rendered,
    transport::{Need, OutputKind, container},
};

/// The builds, wholly decided, in the order in which they run.
#[derive(Debug)]
pub struct Plan {
    /// The file that it was made from, absolute; none where the command line said all.
    pub file: Option<PathBuf>,
    /// The texts that places are in.
    pub sources: Sources,
    /// The builds that were chosen, each after those that it needs.
    pub builds: Vec<Build>,
    /// Registries of the file, for credentials, certificates and mirrors.
    pub registries: Vec<Registry>,
    /// Reports that the file asks for: the format's name, and an absolute path.
    pub reports: Vec<(String, PathBuf)>,
    /// What the environment and the command line override: a variable's name, `--set KEY`.
    pub overrides: Vec<String>,
    /// Options of the command line that lay something over the file, each word by itself.
    pub laid_over: Vec<String>,
    /// Builds that were chosen and whose `when` does not hold now.
    pub left_out: Vec<String>,
    /// Needed builds that an earlier job has built, by name.
    pub taken: Vec<Taken>,
    /// What the user should know and that stops nothing.
    pub warnings: Vec<Mistake>,
}

/// One image build.
#[derive(Debug)]
pub struct Build {
    /// Its name in the file.
    pub name: Arc<str>,
    /// Where its name stands.
    pub place: Place,
    /// Where it is built.
    pub executor: Arc<Executor>,
    /// Why there, where `auto` has chosen.
    pub chosen: Option<String>,
    /// The directory that is sent, absolute.
    pub context: PathBuf,
    /// The Dockerfile.
    pub dockerfile: DockerfileAt,
    /// As messages name it: from the current directory where it is below that.
    pub dockerfile_label: String,
    /// What stands in it.
    pub instructions: Arc<Dockerfile>,
    /// How much of the context is sent.
    pub slim: Slim,
    /// Which permissions are sent.
    pub modes: Modes,
    /// Which times are sent.
    pub timestamps: Timestamps,
    /// The stage that is built; none for the last.
    pub target: Option<String>,
    /// What is pushed, or named in an output; unique and in order.
    pub destinations: Vec<Reference>,
    /// Whether it is pushed.
    pub push: bool,
    /// It is not pushed for the sole reason that this is no CI and nobody asked for it.
    pub push_withheld: bool,
    /// Values of `ARG`s.
    pub build_args: Vec<(String, Rendered)>,
    /// Labels of the image.
    pub labels: Vec<(String, Rendered)>,
    /// It has none that tell the commit, for the sole reason that files have changed since.
    pub labels_withheld: bool,
    /// Annotations of the manifest.
    pub annotations: Vec<(String, Rendered)>,
    /// Secrets of `RUN --mount=type=secret`, by id.
    pub secrets: Vec<(String, Source)>,
    /// Build args that may hold a secret.
    pub allow_secret_args: Vec<String>,
    /// What is brought back.
    pub outputs: Vec<OutputAt>,
    /// Flags of Kaniko that are handed on, each whole.
    pub flags: Vec<String>,
    /// Registries that it speaks to: of destinations, cache, base images and their mirrors.
    pub registries: Vec<Needed>,
    /// How its executor reaches them: flags, and files that travel.
    pub access: Access,
    /// The `FROM`s and `COPY --from`s that it takes, with their lines.
    pub bases: Vec<Base>,
    /// What the executor must be able to do.
    pub needs: Vec<Need>,
    /// Builds that end before it begins: those whose images it takes, and those of `needs`.
    pub after: Vec<Arc<str>>,
    /// How often it is repeated when it is worth it.
    pub retry: u32,
    /// How long an attempt may take.
    pub timeout: Duration,
    /// Where it names those that it needs.
    pub needed_at: BTreeMap<Arc<str>, Place>,
    /// What is written of it, in all layers.
    pub written: Arc<Table>,
}

/// An image that a Dockerfile takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// As it is written there, with its args filled in.
    pub reference: String,
    /// The line of the Dockerfile, from 1.
    pub line: usize,
}

/// Something that comes back from the executor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputAt {
    /// Its flag, `--tar-path` or `--oci-layout-path`.
    pub flag: &'static str,
    /// Where it goes, absolute.
    pub local: PathBuf,
    /// Its form.
    pub kind: OutputKind,
}

/// Where builds run.
#[derive(Debug, PartialEq)]
pub struct Executor {
    /// Its name in the file, or its type where it needed no declaration.
    pub name: String,
    /// How it is reached.
    pub kind: ExecutorKind,
    /// Variables added to the executor's.
    pub environment: Vec<(String, Value)>,
    /// How long another run may hold it.
    pub lock_timeout: Duration,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// Whether this job's proxy variables are passed on.
    pub proxy: bool,
}

impl fmt::Display for Executor {
    /// Its name, with its type where that is another word.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)?;
        match self.kind.name() {
            kind if kind == self.name => Ok(()),
            kind => write!(formatter, " ({kind})"),
        }
    }
}

/// A value that may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// In plain sight.
    Plain(String),
    /// A secret, by where it comes from.
    Secret(Source),
}

/// The ways to reach an executor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExecutorKind {
    /// An app of Cloud Foundry, through `cf ssh`.
    CloudFoundry(CloudFoundry),
    /// A container of our own.
    Container(container::Settings),
    /// A program that runs a shell command elsewhere.
    Command(Vec<String>),
    /// The container that we are in.
    Local,
    /// No Kaniko at all: we build it ourselves.
    Builtin,
}

/// A Kaniko app and the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudFoundry {
    /// The API's URL; none where the cf CLI is logged in already.
    pub api: Option<String>,
    /// The organisation.
    pub org: Option<String>,
    /// The space.
    pub space: Option<String>,
    /// The app.
    pub app: String,
    /// Who logs in; none where the cf CLI is logged in already.
    pub login: Option<(Value, Source)>,
    /// The identity provider.
    pub origin: Option<String>,
    /// How many instances the app has, at least one: so many builds run there at a time.
    pub instances: usize,
}

impl ExecutorKind {
    /// The type, as in the file.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::CloudFoundry(_) => "cloudfoundry",
            Self::Container(settings) => settings.kind.name(),
            Self::Command(_) => "command",
            Self::Local => "local",
            Self::Builtin => "builtin",
        }
    }
}
