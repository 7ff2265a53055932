//! Where a secret comes from: a variable, a file, or a command's output.
//!
//! A [`Source`] is what plans carry; its value is had as late as can be. Errors and warnings
//! name the variable, file or program, and never a value or a command's arguments.

use std::{
    collections::BTreeMap,
    fmt,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use super::{NoAnswer, Programs, Secret, TooShort, forms};

/// The most that is read of a secret file.
const MOST_BYTES: u64 = 1 << 20;

/// Where a secret comes from, without its value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// `{ env = "X" }`: the value of a variable.
    Env(String),
    /// `{ file = "…" }`: all bytes of a file, by its absolute path.
    File(PathBuf),
    /// `{ command = ["…"] }`: the stdout of a program, started without a shell.
    Command(Vec<String>),
}

/// What a secret is for, which decides about its last newline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To log in with: one newline at its end is cut, and it must not be empty.
    Password,
    /// For a `RUN`: every byte counts.
    BuildSecret,
}

/// A secret, and what is odd about where it is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced {
    /// The value.
    pub secret: Secret,
    /// Worth telling, no reason to stop.
    pub warning: Option<SourceWarning>,
}

/// What may be wrong with a source that has a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceWarning {
    /// The variable's value is the path of a file that exists.
    NamesAFile {
        /// The variable.
        variable: String,
    },
}

impl fmt::Display for SourceWarning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::NamesAFile { variable } = self;
        write!(
            formatter,
            "the value of `{variable}` is the path of a file, and the path is taken as the secret; for a GitLab variable of type File write `{{ file = \"{{{{ env.{variable} }}}}\" }}`"
        )
    }
}

/// Why a secret could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The variable is not there, or has no value.
    #[error("the variable `{variable}` is {}", if *.empty { "empty" } else { "not set" })]
    Unset {
        /// The variable.
        variable: String,
        /// It is set to nothing.
        empty: bool,
    },
    /// The file can't be read.
    #[error("the file `{}` can't be read", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is no secret, by its size.
    #[error("the file `{}` has more than 1 MiB", .path.display())]
    Huge {
        /// The file.
        path: PathBuf,
    },
    /// `command` is an empty list.
    #[error("the command is empty")]
    NoCommand,
    /// The command gave no answer.
    #[error("the command `{program}` gave no secret")]
    Program {
        /// The program, without its arguments.
        program: String,
        /// Why.
        source: NoAnswer,
    },
    /// The command ended with an error.
    #[error("the command `{program}` ended with exit code {code}{}", colon(.complaint))]
    Failed {
        /// The program, without its arguments.
        program: String,
        /// Its exit code.
        code: i32,
        /// The last line of its stderr, cut at 200 characters; not redacted.
        complaint: String,
    },
    /// There is a value, and it can't be kept secret.
    #[error("{origin} has {length} bytes")]
    Short {
        /// The source in words.
        origin: String,
        /// How long the value is, line ends at its end not counted.
        length: usize,
        /// The rule.
        source: TooShort,
    },
}

impl SourceError {
    /// What to do about it, in a sentence, where there is something to say.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Unset { .. } => Some(
                "is it misspelt, or a protected variable in a pipeline of an unprotected branch or tag?",
            ),
            Self::File { .. } => Some(
                "is the path right, and may this user read it? It is relative to the file that names it",
            ),
            Self::Huge { .. } => Some("name the file that holds the secret alone"),
            Self::Failed { .. } => Some("run the command by hand in this job to see what it lacks"),
            Self::Program { source: NoAnswer::Missing, .. } => {
                Some("commands run without a shell: the first item is the program alone")
            }
            _ => None,
        }
    }
}

/// `: text`, or nothing for nothing.
pub(crate) fn colon(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(variable) => write!(formatter, "the variable `{variable}`"),
            Self::File(path) => write!(formatter, "the file `{}`", path.display()),
            Self::Command(words) => {
                let program = words.first().map_or("", String::as_str);
                write!(formatter, "the command `{program}`")
            }
        }
    }
}

impl Source {
    /// The value, if no program has to be run for it: `None` for a command.
    ///
    /// # Errors
    ///
    /// [`SourceError`], as [`resolve`](Self::resolve).
    pub fn read(
        &self,
        purpose: Purpose,
        env: &BTreeMap<String, String>,
    ) -> Result<Option<Sourced>, SourceError> {
        let (value, warning) = match self {
            Self::Env(variable) => {
                let value =
                    env.get(variable).filter(|value| !value.is_empty()).ok_or_else(|| {
                        SourceError::Unset {
                            variable: variable.clone(),
                            empty: env.contains_key(variable),
                        }
                    })?;
                let path = Path::new(value);
                let warning = (path.is_absolute() && path.is_file())
                    .then(|| SourceWarning::NamesAFile { variable: variable.clone() });
                (value.clone().into_bytes(), warning)
            }
            Self::File(path) => (read_file(path)?, None),
            Self::Command(_) => return Ok(None),
        };
        let secret = self.finished(value, purpose)?;
        Ok(Some(Sourced { secret, warning }))
    }

    /// The value, for which a command is run; the caller keeps it, to run a command once.
    ///
    /// # Errors
    ///
    /// [`SourceError`]: no such variable or an empty one, an unreadable file, a command that
    /// is missing, fails or takes too long, a value of fewer than 4 bytes.
    pub async fn resolve<P: Programs>(
        &self,
        purpose: Purpose,
        env: &BTreeMap<String, String>,
        programs: &P,
    ) -> Result<Sourced, SourceError> {
        if let Some(sourced) = self.read(purpose, env)? {
            return Ok(sourced);
        }
        let words = if let Self::Command(words) = self { words.as_slice() } else { &[] };
        let (program, arguments) = words.split_first().ok_or(SourceError::NoCommand)?;
        let mut answer = programs
            .run(program, arguments, b"")
            .await
            .map_err(|source| SourceError::Program { program: program.clone(), source })?;
        if answer.code != 0 {
            return Err(SourceError::Failed {
                program: program.clone(),
                code: answer.code,
                complaint: answer.complaint(),
            });
        }
        let secret = self.finished(std::mem::take(&mut *answer.stdout), purpose)?;
        Ok(Sourced { secret, warning: None })
    }

    fn finished(&self, mut value: Vec<u8>, purpose: Purpose) -> Result<Secret, SourceError> {
        if purpose == Purpose::Password {
            cut_newline(&mut value);
        }
        let length = forms::length(&value);
        if length < forms::SHORTEST {
            return Err(SourceError::Short { origin: self.to_string(), length, source: TooShort });
        }
        Ok(Secret::new(value))
    }
}

/// Cuts one newline off the end, with the carriage return before it.
pub(crate) fn cut_newline(value: &mut Vec<u8>) {
    if value.pop_if(|last| *last == b'\n').is_some() {
        value.pop_if(|last| *last == b'\r');
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, SourceError> {
    let mut value = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut value))
        .map_err(|source| SourceError::File { path: path.to_owned(), source })?;
    if value.len() as u64 > MOST_BYTES {
        return Err(SourceError::Huge { path: path.to_owned() });
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::programs::tests::Fake;

    fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn read(source: &Source, purpose: Purpose, pairs: &[(&str, &str)]) -> Sourced {
        source.read(purpose, &env(pairs)).unwrap().unwrap()
    }

    fn command() -> Source {
        Source::Command(vec!["vault".to_owned(), "read".to_owned(), "x".to_owned()])
    }

    #[test]
    fn a_password_loses_one_newline_and_a_build_secret_none() {
        let source = Source::Env("X".to_owned());
        let pairs = [("X", "hunter2\n\n")];
        assert_eq!(read(&source, Purpose::Password, &pairs).secret.expose(), b"hunter2\n");
        assert_eq!(read(&source, Purpose::BuildSecret, &pairs).secret.expose(), b"hunter2\n\n");
        let pairs = [("X", "hunter2\r\n")];
        assert_eq!(read(&source, Purpose::Password, &pairs).secret.expose(), b"hunter2");
    }

    #[test]
    fn an_unset_or_empty_variable_may_be_a_protected_one() {
        let source = Source::Env("HARBOR_PASSWORD".to_owned());
        let error = source.read(Purpose::Password, &env(&[])).unwrap_err();
        assert_eq!(error.to_string(), "the variable `HARBOR_PASSWORD` is not set");
        assert!(error.hint().unwrap().contains("protected variable"));
        let error = source.read(Purpose::Password, &env(&[("HARBOR_PASSWORD", "")])).unwrap_err();
        assert_eq!(error.to_string(), "the variable `HARBOR_PASSWORD` is empty");
    }

    #[test]
    fn a_variable_that_names_a_file_is_warned_about() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let source = Source::Env("KEY".to_owned());
        let path = file.path().to_str().unwrap();
        let warning = read(&source, Purpose::Password, &[("KEY", path)]).warning.unwrap();
        assert_eq!(
            warning.to_string(),
            "the value of `KEY` is the path of a file, and the path is taken as the secret; for a GitLab variable of type File write `{ file = \"{{ env.KEY }}\" }`"
        );
        let gone = read(&source, Purpose::Password, &[("KEY", "/no/such/file")]);
        assert_eq!(gone.warning, None);
    }

    #[test]
    fn a_file_is_taken_byte_for_byte_as_a_build_secret() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"a\xff\n\nb\n").unwrap();
        let source = Source::File(file.path().to_owned());
        assert_eq!(read(&source, Purpose::BuildSecret, &[]).secret.expose(), b"a\xff\n\nb\n");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error =
            Source::File("/no/such/file".into()).read(Purpose::Password, &env(&[])).unwrap_err();
        assert_eq!(error.to_string(), "the file `/no/such/file` can't be read");
    }

    #[test]
    fn a_short_value_is_refused_without_being_shown() {
        let error =
            Source::Env("X".to_owned()).read(Purpose::Password, &env(&[("X", "abc")])).unwrap_err();
        assert_eq!(error.to_string(), "the variable `X` has 3 bytes");
    }

    #[tokio::test]
    async fn a_command_is_run_with_its_arguments_and_gives_its_stdout() {
        let programs = Fake::default().answers("vault", 0, "hunter2\n", "warning");
        assert!(command().read(Purpose::Password, &env(&[])).unwrap().is_none());
        let sourced = command().resolve(Purpose::Password, &env(&[]), &programs).await.unwrap();
        assert_eq!(sourced.secret.expose(), b"hunter2");
        assert_eq!(programs.asked(), ["vault read x < "]);
    }

    #[tokio::test]
    async fn a_failing_command_is_named_with_its_complaint_alone() {
        let programs = Fake::default().answers("vault", 2, "hunter2", "usage\nno token\n");
        let error = command().resolve(Purpose::Password, &env(&[]), &programs).await.unwrap_err();
        assert_eq!(error.to_string(), "the command `vault` ended with exit code 2: no token");
    }

    #[tokio::test]
    async fn a_missing_command_has_a_hint_about_shells() {
        let error =
            command().resolve(Purpose::Password, &env(&[]), &Fake::default()).await.unwrap_err();
        assert_eq!(error.to_string(), "the command `vault` gave no secret");
        assert!(error.hint().unwrap().contains("without a shell"));
    }
}
