//! `init`: a first `kaniko.toml` from what a repository holds.
//!
//! [`look`] goes through the repository once and reads its Dockerfiles, [`signs`] tells which CI
//! it is made for, and [`text`] makes the file of both. Nothing is written and nothing started
//! here, no link is followed, and what is not understood is left out and told: the file says
//! nothing that was only guessed but names.

mod context;
mod file_name;
mod look;
mod names;
mod quoted;
mod sign;
mod text;
mod walk;
mod words;

pub use look::look;
pub use names::repository_name;
pub use sign::{CloudFoundry, Signs, signs};
pub use text::text;

use std::path::Path;

/// Where to look.
pub struct Repository<'a> {
    /// Its top directory, absolute.
    pub root: &'a Path,
    /// What a Dockerfile at the top is called after.
    pub name: &'a str,
    /// Whether git leaves this path out; relative to the top.
    pub ignored: &'a dyn Fn(&Path) -> bool,
}

/// What a repository holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// In the order of their paths.
    pub images: Vec<Image>,
    /// What looks like a Dockerfile and is not used.
    pub left_out: Vec<LeftOut>,
}

/// A Dockerfile that can be built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The name of its build: unique, and good for a part of an image's name.
    pub name: String,
    /// Where it is: relative to the top, `/` between.
    pub path: String,
    /// Its context, relative to the top; `.` is the top.
    pub context: String,
    /// What it says that needs an executor; none where it runs nothing.
    pub needs: Option<String>,
    /// Sources that are not in its context, each with the line that takes it.
    pub missing: Vec<(String, usize)>,
}

/// What is not used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// As it is shown.
    pub path: String,
    /// From 1, where one line is the cause.
    pub line: Option<usize>,
    /// Why, a lowercase fragment on one line.
    pub why: String,
}

impl LeftOut {
    fn new(path: &Path, line: Option<usize>, why: impl AsRef<str>) -> Self {
        let plain = |text: &str| -> String {
            text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
        };
        Self { path: plain(&path.to_string_lossy()), line, why: plain(why.as_ref()) }
    }

    /// `path:line: why`.
    #[must_use]
    pub fn shown(&self) -> String {
        match self.line {
            Some(line) => format!("{}:{line}: {}", self.path, self.why),
            None => format!("{}: {}", self.path, self.why),
        }
    }
}
