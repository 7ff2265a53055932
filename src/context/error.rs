//! Why a context could not be sent.

use std::{io, path::PathBuf};

use super::Absent;

/// Why a context could not be packed.
#[derive(Debug, thiserror::Error)]
pub enum ContextError {
    /// There is nothing at the context's path.
    #[error("there is no context at `{}`", path.display())]
    Missing {
        /// The context.
        path: PathBuf,
    },
    /// The context is a file, or something else that holds none.
    #[error("the context `{}` is not a directory", path.display())]
    NotADirectory {
        /// The context.
        path: PathBuf,
    },
    /// The context does not hold the Dockerfile that is to be sent in it.
    #[error("there is no Dockerfile at `{}`", path.display())]
    NoDockerfile {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A source that the Dockerfile names is not in what is sent.
    #[error("{}:{line}: {}", dockerfile.display(), absent.told(source_path, root))]
    NoSource {
        /// The Dockerfile, as messages name it.
        dockerfile: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// The source, relative to the context.
        source_path: String,
        /// The context, as messages name it.
        root: PathBuf,
        /// Why.
        absent: Absent,
    },
    /// The Dockerfile or the ignore file is a link, or a path, that leads out of the context.
    #[error("`{}` leads out of the context `{}`", path.display(), root.display())]
    Outside {
        /// The path, or the link on it that leads out.
        path: PathBuf,
        /// The context.
        root: PathBuf,
    },
    /// An ignore file has a pattern that Docker refuses.
    #[error("`{}` has a bad pattern in line {line}: `{pattern}`", path.display())]
    Pattern {
        /// The ignore file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// The line.
        pattern: String,
    },
    /// A file or directory could not be read.
    #[error("`{}` cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something that no image can hold and executors drop in silence.
    #[error("`{}` is {kind}, which cannot be sent", path.display())]
    Refused {
        /// The path.
        path: PathBuf,
        /// What it is, with its article: `a socket`.
        kind: &'static str,
    },
    /// A file or directory became another while it was read.
    #[error("`{}` {how} while it was read", path.display())]
    Changed {
        /// The path.
        path: PathBuf,
        /// What it did: `grew`, `shrank`.
        how: &'static str,
    },
    /// The system has no room for a thread.
    #[error("no thread could be started")]
    Threads(#[source] io::Error),
    /// The sink takes no more.
    #[error("the bundle could not be written")]
    Sink(#[source] io::Error),
}

impl ContextError {
    /// What the user can do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Missing { .. } => Some("`context` is relative to the file that it stands in"),
            Self::NotADirectory { .. } => Some("name the directory that holds the Dockerfile"),
            Self::NoDockerfile { .. } => Some("name it with `dockerfile`"),
            Self::NoSource { absent: Absent::Missing, .. } => Some(
                "sources are relative to the context; what an earlier job makes must be there \
                 before the run",
            ),
            Self::NoSource { absent: Absent::Ignored { .. }, .. } => {
                Some("take it back in with a last line `!PATH` there")
            }
            Self::Outside { .. } => {
                Some("replace the link by the file, or name a context that holds both")
            }
            Self::Pattern { .. } => {
                Some("write `\\` before a `[`, `]` or `-` that stands for itself")
            }
            Self::Read { .. } => {
                Some("make it readable, or leave it out with a last line in .dockerignore")
            }
            Self::Refused { .. } => Some("remove it, or leave it out with .dockerignore"),
            Self::Changed { .. } => Some(
                "let nothing write to the context now, or leave the path out with .dockerignore",
            ),
            Self::Threads(_) => Some("raise the limit on processes of this user or container"),
            Self::Sink(_) => None,
        }
    }
}
