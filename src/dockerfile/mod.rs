//! Dockerfiles, read whole and by `BuildKit`'s rules, and what they need from elsewhere: images,
//! stages, files of the context.
//!
//! It executes nothing and knows no image. Where executors differ it says so, since they decide.

mod directives;
mod expand;
mod flags;
mod healthcheck;
mod heredoc;
mod images;
mod instruction;
mod lexer;
mod lines;
mod mount;
mod nearest;
mod pattern;
mod platform;
mod read;
mod taken;
mod typed;
mod variables;
mod words;

pub use expand::{ExpandError, expand, expand_document, expand_words};
pub use images::{Image, Named, Reach, UnknownTarget};
pub use instruction::{Command, Copy, Healthcheck, Inline, Instruction, Mount, Run, What};
pub(crate) use nearest::nearest;
pub use platform::{PLATFORM_ARGUMENTS, is_never_empty};
pub use taken::{BaseImage, Built, Given, Parent, Taken, WholeContext};

/// A Dockerfile, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dockerfile {
    /// The escape character: `\`, or what the `escape` directive says.
    pub escape: char,
    /// `ARG`s before the first `FROM`, each name with its default, in order.
    pub arguments: Vec<Argument>,
    /// At least one, in order; a stage's index is its place here.
    pub stages: Vec<Stage>,
    /// The image that the `syntax` directive names.
    pub frontend: Option<String>,
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
    /// As after `AS`, in lower case.
    pub name: Option<String>,
    /// What it is built from, as it is written: an image, a stage's name, `scratch`, variables.
    pub base: String,
    /// The value of `--platform`, as it is written.
    pub platform: Option<String>,
    /// Where its `FROM` stands, from 1.
    pub line: usize,
    /// Its `FROM` as it is written, on one line.
    pub original: String,
    /// What it does, in order.
    pub instructions: Vec<Instruction>,
}

/// Why a text is no Dockerfile.
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
    /// Time and memory grow with the length of `text` and no faster. What stands behind `ONBUILD`
    /// and in `RUN --mount` is checked at once, unlike by `BuildKit`, which finds mistakes there
    /// when it runs them; lines may be longer than its 64 KiB.
    ///
    /// # Errors
    ///
    /// The first mistake, with the place of the word that it is about; an empty file and one
    /// without `FROM` among them.
    ///
    /// Source: Dockerfile reference; `BuildKit`'s frontend/dockerfile/parser and instructions.
    pub fn parse(text: &str) -> Result<Self, DockerfileError> {
        read::read(text.strip_prefix('\u{feff}').unwrap_or(text))
    }

    /// The image that is to read this file in another way than Docker's own does, wherever that
    /// is mirrored.
    ///
    /// Source: `BuildKit`'s documentation of frontends: `docker/dockerfile` is its own, and
    /// `docker/dockerfile-upstream` what it will be.
    #[must_use]
    pub fn foreign_frontend(&self) -> Option<&str> {
        let image = self.frontend.as_deref()?;
        let name = image.split('@').next()?;
        let mut parts = name.rsplit('/');
        // Only behind the last slash is a colon no port's.
        let last = parts.next()?.split(':').next()?;
        let is_own =
            parts.next() == Some("docker") && ["dockerfile", "dockerfile-upstream"].contains(&last);
        (!is_own).then_some(image)
    }
}

/// A message that quotes a word as long as a whole file, cut to what can be read.
fn told(mut message: String) -> String {
    if let Some((end, _)) = message.char_indices().nth(400) {
        message.truncate(end);
        message.push('…');
    }
    message
}
