//! What a Dockerfile needs from elsewhere: images, stages, files of the context, mounts.
//!
//! Reads as far as that and no further: it executes nothing, knows no image and is no judge of
//! Dockerfiles. Where it differs from the executors it says so, since they decide.

mod heredoc;
mod images;
mod read;
mod substitute;
mod words;

pub use images::{Image, UnknownTarget};
pub use substitute::{Substituted, substitute};

/// A Dockerfile, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dockerfile {
    /// The escape character: `\`, or what the `escape` directive says.
    pub escape: char,
    /// `ARG`s before the first `FROM`, each name with its default, in order.
    pub arguments: Vec<Argument>,
    /// At least one, in order; a stage's index is its place here.
    pub stages: Vec<Stage>,
}

/// An `ARG` that a `FROM` can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// Its default as it is written, quotes and variables in it.
    pub default: Option<String>,
    /// From 1.
    pub line: usize,
}

/// A `FROM` with all up to the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// As after `AS`; compared without regard to case.
    pub name: Option<String>,
    /// What it is built from, as it is written: an image, a stage's name, `scratch`, variables.
    pub base: String,
    /// The value of `--platform`, as it is written.
    pub platform: Option<String>,
    /// Where its `FROM` stands, from 1.
    pub line: usize,
    /// What it does.
    pub steps: Steps,
    /// What its `ONBUILD`s leave to stages and images that are built from it.
    pub onbuild: Steps,
}

/// Instructions, by kind, each in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Steps {
    /// `COPY` and `ADD`.
    pub copies: Vec<Copy>,
    /// Lines of `RUN`, from 1.
    pub runs: Vec<usize>,
    /// `RUN --mount`.
    pub mounts: Vec<Mount>,
    /// Here-documents of `RUN`, `COPY` and `ADD`.
    pub heredocs: Vec<Heredoc>,
    /// `USER`.
    pub users: Vec<User>,
}

/// A `COPY` or an `ADD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// From 1.
    pub line: usize,
    /// `ADD`: sources can be addresses, and archives are unpacked.
    pub add: bool,
    /// The value of `--from`: a stage's name or index, or an image. Variables are not replaced
    /// in it. None: the context.
    pub from: Option<String>,
    /// As they are written, without here-documents; wildcards and variables in them.
    pub sources: Vec<String>,
    /// The values of `--exclude`.
    pub excludes: Vec<String>,
}

impl Copy {
    /// Sources that are fetched from elsewhere: `http://`, `https://` and Git addresses of `ADD`.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(String::as_str).filter(|source| self.add && is_address(source))
    }
}

/// A `RUN --mount`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Where its `RUN` stands, from 1.
    pub line: usize,
    /// `bind` where none is named; `cache`, `secret`, `ssh`, `tmpfs`, or what is written.
    pub kind: String,
    /// `from=`: a stage's name or index, or an image. None: the context.
    pub from: Option<String>,
    /// `source=` or `src=`.
    pub source: Option<String>,
    /// `target=`, `dst=` or `destination=`.
    pub target: Option<String>,
    /// `id=`.
    pub id: Option<String>,
    /// `required`: without the secret the build fails.
    pub required: bool,
}

/// A here-document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heredoc {
    /// Where its instruction stands, from 1.
    pub line: usize,
    /// What it ends with, `EOF`.
    pub name: String,
    /// It is `RUN`'s; else it is a source of `COPY` or `ADD`.
    pub run: bool,
}

/// A `USER`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// From 1.
    pub line: usize,
    /// As it is written: `name`, `uid:gid`, variables.
    pub user: String,
}

/// Why a text is no Dockerfile, as far as we read it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct DockerfileError {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is wrong, a lowercase fragment.
    pub message: String,
}

impl Dockerfile {
    /// Reads `text`; a byte order mark and Windows' line ends are as good as none.
    ///
    /// Here-documents are read by `BuildKit`'s rules wherever they stand. Time and memory grow
    /// with the length of `text` and no faster.
    ///
    /// # Errors
    ///
    /// The first mistake, with its place; an empty file and one without `FROM` among them.
    ///
    /// Source: Dockerfile reference; `BuildKit`'s frontend/dockerfile/parser/parser.go.
    pub fn parse(text: &str) -> Result<Self, DockerfileError> {
        read::read(text.strip_prefix('\u{feff}').unwrap_or(text))
    }

    /// All `RUN --mount`s, those of `ONBUILD` too.
    pub fn mounts(&self) -> impl Iterator<Item = &Mount> {
        self.steps().flat_map(|steps| &steps.mounts)
    }

    /// All here-documents, those of `ONBUILD` too.
    pub fn heredocs(&self) -> impl Iterator<Item = &Heredoc> {
        self.steps().flat_map(|steps| &steps.heredocs)
    }

    fn steps(&self) -> impl Iterator<Item = &Steps> {
        self.stages.iter().flat_map(|stage| [&stage.steps, &stage.onbuild])
    }
}

fn is_address(source: &str) -> bool {
    let lower = source.get(..8).unwrap_or(source).to_ascii_lowercase();
    ["http://", "https://", "git@", "git://", "ssh://"].iter().any(|start| lower.starts_with(start))
}
