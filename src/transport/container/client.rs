//! Calls of the engine's client, each with a limit.

use std::{path::Path, time::Duration};

use super::{
    Settings,
    failure::{Step, explain, unstartable},
    rule,
};
use crate::{
    process::{Captured, Command, Limits, Running},
    transport::TransportError,
};

/// How much of an answer is kept; `--help` of an executor has some 10 kB.
const BYTES: usize = 256 * 1024;

/// How long a call may take that has nothing to wait for but the engine itself.
pub(super) const QUICK: Duration = Duration::from_mins(1);

/// How long a call may take that moves much on the disk.
pub(super) const PATIENT: Duration = Duration::from_mins(5);

/// The client of one engine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Client<'a> {
    pub(super) settings: &'a Settings,
    /// Where it keeps temporary files, if not where it likes.
    pub(super) scratch: Option<&'a Path>,
}

impl Client<'_> {
    /// The command with `arguments`.
    pub(super) fn command(self, arguments: Vec<String>) -> Command {
        let command = Command::new(&self.settings.program).arguments(arguments);
        match self.scratch {
            Some(scratch) => command.set("TMPDIR", scratch),
            None => command,
        }
    }

    /// Calls it and takes whatever exit code comes.
    pub(super) async fn call(
        self,
        arguments: Vec<String>,
        time: Duration,
    ) -> Result<Captured, TransportError> {
        self.call_with(&self.command(arguments), b"", time).await
    }

    /// Runs `command` with `stdin` and takes whatever exit code comes.
    pub(super) async fn call_with(
        self,
        command: &Command,
        stdin: &[u8],
        time: Duration,
    ) -> Result<Captured, TransportError> {
        command
            .capture(stdin, Limits { bytes: BYTES, time })
            .await
            .map_err(|error| unstartable(self.settings, error))
    }

    /// Calls it and takes an exit code other than 0 for a failure of `step`.
    pub(super) async fn ask(
        self,
        step: Step,
        arguments: Vec<String>,
        time: Duration,
    ) -> Result<Captured, TransportError> {
        let subcommand = subcommand(&arguments);
        let captured = self.call(arguments, time).await?;
        if captured.code == 0 {
            Ok(captured)
        } else {
            Err(explain(self.settings, step, &subcommand, &captured))
        }
    }

    /// Starts it, to be followed.
    pub(super) fn start(self, arguments: Vec<String>) -> Result<Running, TransportError> {
        self.command(arguments).start().map_err(|error| unstartable(self.settings, error))
    }

    /// Kills what runs in a container, where something does.
    pub(super) async fn kill(self, name: &str) {
        let _ = self.call(rule::kill(name), QUICK).await;
    }

    /// Removes a container; one that is not there is removed already.
    pub(super) async fn remove(self, name: &str) -> Result<(), TransportError> {
        match self.ask(Step::Ask, rule::remove(name), PATIENT).await {
            Err(error) if error.to_string().to_lowercase().contains("no such container") => Ok(()),
            other => other.map(|_| ()),
        }
    }
}

/// The words of `arguments` that name what is done.
fn subcommand(arguments: &[String]) -> String {
    let words = match arguments.first().map(String::as_str) {
        Some("container" | "image") => 2,
        _ => 1,
    };
    arguments.iter().take(words).map(String::as_str).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_named_by_its_subcommand() {
        assert_eq!(subcommand(&rule::state("n")), "container inspect");
        assert_eq!(subcommand(&rule::remove("n")), "rm");
    }
}
