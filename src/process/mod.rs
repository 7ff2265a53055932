//! The only place that starts programs.
//!
//! A [`Command`] says what to start; [`Command::start`] starts it in a process group of its
//! own, so that a Ctrl-C at the terminal reaches this program alone and a kill reaches all
//! that the started program started. [`Command::capture`] is for short commands whose whole
//! answer is wanted.

mod capture;
mod detached;
mod running;

use std::{ffi::OsString, fmt, path::PathBuf, process::Stdio};

pub use capture::{Captured, Limits};
pub use detached::Detached;
pub use running::Running;

/// A program on this machine, with what it is started with.
///
/// It starts nothing until told so. `Debug` shows program and arguments, of the environment
/// the names alone: passwords travel there, and never in arguments.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    /// The program, looked up in `PATH` where it has no `/`.
    pub program: OsString,
    /// Its arguments, without the program's name.
    pub arguments: Vec<OsString>,
    /// Variables set (`Some`) or removed (`None`), in this order.
    pub environment: Vec<(OsString, Option<OsString>)>,
    /// Start from an empty environment instead of this program's own.
    pub clear_environment: bool,
    /// Where it starts; this program's own directory where it is none.
    pub directory: Option<PathBuf>,
}

impl Command {
    /// `program` without arguments, in the environment and the directory of this program.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            clear_environment: false,
            directory: None,
        }
    }

    /// With one more argument.
    #[must_use]
    pub fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// With more arguments.
    #[must_use]
    pub fn arguments<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// With `name` set to `value` in its environment.
    #[must_use]
    pub fn set(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), Some(value.into())));
        self
    }

    /// Without `name` in its environment.
    #[must_use]
    pub fn unset(mut self, name: impl Into<OsString>) -> Self {
        self.environment.push((name.into(), None));
        self
    }

    /// With nothing in its environment but what is [`set`](Self::set).
    #[must_use]
    pub fn clear_environment(mut self) -> Self {
        self.clear_environment = true;
        self
    }

    /// Started in `directory`.
    #[must_use]
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// The program's name for messages.
    #[must_use]
    pub fn name(&self) -> String {
        self.program.to_string_lossy().into_owned()
    }

    /// Starts it with pipes for stdin, stdout and stderr.
    ///
    /// # Errors
    ///
    /// [`ProcessError::Start`] when there is no such program or it cannot be executed.
    pub fn start(&self) -> Result<Running, ProcessError> {
        let mut command = self.prepare();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(0).kill_on_drop(true);
        let child = command
            .spawn()
            .map_err(|source| ProcessError::Start { program: self.name(), source })?;
        Ok(Running::new(self.name(), child))
    }

    fn prepare(&self) -> tokio::process::Command {
        let mut command = tokio::process::Command::new(&self.program);
        command.args(&self.arguments);
        if self.clear_environment {
            command.env_clear();
        }
        for (name, value) in &self.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        command
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.environment.iter().map(|(name, _)| name).collect();
        formatter
            .debug_struct("Command")
            .field("program", &self.program)
            .field("arguments", &self.arguments)
            .field("environment", &names)
            .field("clear_environment", &self.clear_environment)
            .field("directory", &self.directory)
            .finish()
    }
}

/// Why a program did not do what it was started for.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// It could not be started.
    #[error("`{program}` could not be started")]
    Start {
        /// As it was to be started.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// It was started, and its pipes or its end could not be had.
    #[error("`{program}` could not be followed")]
    Follow {
        /// As it was started.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// It did not end in time and was killed.
    #[error("`{program}` did not end within {}", humantime::format_duration(*limit))]
    TooLong {
        /// As it was started.
        program: String,
        /// The time it had.
        limit: std::time::Duration,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_value_of_the_environment() {
        let command = Command::new("cf").argument("auth").set("CF_PASSWORD", "hunter2");
        assert_eq!(
            format!("{command:?}"),
            "Command { program: \"cf\", arguments: [\"auth\"], environment: [\"CF_PASSWORD\"], \
             clear_environment: false, directory: None }"
        );
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_named() {
        let error = Command::new("/no/such/program").start().unwrap_err();
        assert_eq!(error.to_string(), "`/no/such/program` could not be started");
    }
}
