//! An instruction of a Dockerfile, typed; its values as they are written.
//!
//! Variables, quotes and escapes stand in the values as in the file: [`super::expand()`] replaces
//! and removes them, when the values of variables are known.

use std::time::Duration;

use super::{Argument, DockerfileError};

/// An instruction with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instruction {
    /// Where it begins, from 1.
    pub line: usize,
    /// Where it begins, in characters from 1.
    pub column: usize,
    /// As it is written, on one line: continuations joined, comments left out, blanks at both ends
    /// removed. Of what stands behind `ONBUILD`, here-documents follow, as in an image's config.
    pub original: String,
    /// What it does.
    pub what: What,
}

/// What an instruction does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// `ADD`.
    Add(Box<Copy>),
    /// `ARG`; at least one.
    Arg(Vec<Argument>),
    /// `CMD`.
    Cmd(Command),
    /// `COPY`.
    Copy(Box<Copy>),
    /// `ENTRYPOINT`.
    Entrypoint(Command),
    /// `ENV`, of either form: names and values, at least one. Names can hold variables too.
    Env(Vec<(String, String)>),
    /// `EXPOSE`: words, sorted, each of which can become several ([`super::expand_words`]).
    Expose(Vec<String>),
    /// `HEALTHCHECK`.
    Healthcheck(Box<Healthcheck>),
    /// `LABEL`, of either form: names and values, at least one. Names can hold variables too.
    Label(Vec<(String, String)>),
    /// `MAINTAINER`.
    Maintainer(String),
    /// `ONBUILD`: what runs where the image is a base. Never another one, `FROM` or `MAINTAINER`.
    Onbuild(Box<Instruction>),
    /// `RUN`.
    Run(Box<Run>),
    /// `SHELL`; at least one word.
    Shell(Vec<String>),
    /// `STOPSIGNAL`.
    Stopsignal(String),
    /// `USER`.
    User(String),
    /// `VOLUME`; at least one, none of them empty.
    Volume(Vec<String>),
    /// `WORKDIR`.
    Workdir(String),
}

/// A command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// For the shell of `SHELL`; can be empty. Variables in it are the shell's.
    Shell(String),
    /// A program with its arguments, from a JSON list; can be empty. Nothing is replaced in it.
    Exec(Vec<String>),
}

/// A `COPY` or an `ADD`.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the instruction's own")]
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Copy {
    /// From 1.
    pub line: usize,
    /// `ADD`: sources can be addresses, and archives are unpacked.
    pub add: bool,
    /// `--from`: a stage's name or index, or an image. None: the context. Variables are not
    /// replaced in it.
    pub from: Option<String>,
    /// Without here-documents; wildcards and variables in them.
    pub sources: Vec<String>,
    /// Here-documents that are sources, in order; they are written after `sources`.
    pub inline: Vec<Inline>,
    /// Where to.
    pub destination: String,
    /// `--chown`.
    pub chown: Option<String>,
    /// `--chmod`.
    pub chmod: Option<String>,
    /// `--link`.
    pub link: bool,
    /// `--parents`: sources keep their directories.
    pub parents: bool,
    /// The values of `--exclude`. Variables are not replaced in them.
    pub excludes: Vec<String>,
    /// `--checksum` of an address.
    pub checksum: Option<String>,
    /// `--keep-git-dir`.
    pub keep_git_dir: bool,
    /// `--unpack`; none where it is not said.
    pub unpack: Option<bool>,
}

/// A here-document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inline {
    /// What it ends with, `EOF`; the file's name where it is a source.
    pub name: String,
    /// Variables in it are replaced ([`super::expand_document`]): its name is not quoted.
    pub expand: bool,
    /// Each line with its end; leading tabs are removed where `<<-` says so.
    pub content: String,
}

/// A `RUN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// What runs, with `<<EOF` in it where here-documents are.
    pub command: Command,
    /// Its here-documents, in order.
    pub inline: Vec<Inline>,
    /// The values of `--mount`.
    pub mounts: Vec<Mount>,
    /// `--network`: `default`, `none` or `host`.
    pub network: Option<String>,
    /// `--security`: `sandbox` or `insecure`.
    pub security: Option<String>,
    /// The values of `--device`.
    pub devices: Vec<String>,
}

/// A `RUN --mount`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Where its `RUN` stands, from 1.
    pub line: usize,
    /// `bind` where none is named; `cache`, `secret`, `ssh`, `tmpfs`, or variables.
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

/// A `HEALTHCHECK`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Healthcheck {
    /// That of the base image no longer counts.
    None,
    /// A command; what is not said is left to the engine, and to it alone.
    Test {
        /// `--interval`; never shorter than a millisecond.
        interval: Option<Duration>,
        /// `--timeout`; never shorter than a millisecond.
        timeout: Option<Duration>,
        /// `--start-period`; never shorter than a millisecond.
        start_period: Option<Duration>,
        /// `--start-interval`; never shorter than a millisecond.
        start_interval: Option<Duration>,
        /// `--retries`; never 0.
        retries: Option<u32>,
        /// What runs; not empty.
        test: Command,
    },
}

impl Instruction {
    /// Reads one instruction with its here-documents, such as an image's config has under
    /// `OnBuild`.
    ///
    /// # Errors
    ///
    /// The first mistake; `FROM`, and more or less than one instruction, among them.
    ///
    /// Source: `BuildKit`'s frontend/dockerfile/dockerfile2llb/convert.go,
    /// `dispatchOnBuildTriggers`.
    pub fn parse(text: &str) -> Result<Self, DockerfileError> {
        super::read::instruction(text)
    }
}

impl Instruction {
    /// What it does, or what is done because of it where it is an `ONBUILD`.
    #[must_use]
    pub fn plain(&self) -> &What {
        match &self.what {
            What::Onbuild(inner) => &inner.what,
            what => what,
        }
    }
}

impl Run {
    /// Whether the command is nothing but a here-document, which then is what is run.
    ///
    /// Source: `BuildKit`'s frontend/dockerfile/dockerfile2llb/convert.go, `dispatchRun`.
    #[must_use]
    pub fn is_script(&self) -> bool {
        let Command::Shell(command) = &self.command else { return false };
        !self.inline.is_empty() && super::heredoc::opened(command).is_ok_and(|one| one.is_some())
    }
}

impl Copy {
    /// Sources that are fetched from elsewhere: `http://`, `https://` and Git addresses of `ADD`.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        let sources = self.sources.iter().map(String::as_str);
        sources.filter(|source| self.add && Self::is_address(source))
    }

    /// Whether a source, its variables replaced, leads out of what it is taken from, as `../x`
    /// does. One that begins with a `/` does not: above the top there is the top.
    #[must_use]
    pub fn leads_out(source: &str) -> bool {
        let mut depth = 0_usize;
        let rooted = source.starts_with('/');
        !rooted
            && source.split('/').any(|part| match part {
                "" | "." => false,
                ".." if depth == 0 => true,
                ".." => {
                    depth -= 1;
                    false
                }
                _ => {
                    depth += 1;
                    false
                }
            })
    }

    /// Whether `ADD` fetches a source, its variables replaced, from elsewhere.
    #[must_use]
    pub fn is_address(source: &str) -> bool {
        let lower = source.get(..8).unwrap_or(source).to_ascii_lowercase();
        let starts = ["http://", "https://", "git@", "git://", "ssh://"];
        starts.iter().any(|start| lower.starts_with(start))
    }

    /// Whether it is the address of a Git repository, of which a checkout is fetched.
    #[must_use]
    pub fn is_repository(source: &str) -> bool {
        let lower = source.to_ascii_lowercase();
        let http = lower.starts_with("http://") || lower.starts_with("https://");
        let path = lower.split(['#', '?']).next().unwrap_or_default();
        Self::is_address(source) && (!http || path.strip_suffix(".git").is_some())
    }
}
