//! Credential commands and helpers, run as programs of this machine.

use crate::{
    process::{Command, Limits, ProcessError},
    secret::{Answer, NoAnswer, PROGRAM_LIMIT, Programs},
};

/// The most that is kept of what such a program writes.
const MOST_BYTES: usize = 1 << 20;

/// Runs them through [`crate::process`].
#[derive(Debug, Clone, Copy)]
pub struct LocalPrograms;

impl Programs for LocalPrograms {
    async fn run(
        &self,
        program: &str,
        arguments: &[String],
        stdin: &[u8],
    ) -> Result<Answer, NoAnswer> {
        let limits = Limits { bytes: MOST_BYTES, time: PROGRAM_LIMIT };
        let command = Command::new(program).arguments(arguments.iter().cloned());
        match command.capture(stdin, limits).await {
            Ok(captured) => Ok(Answer {
                code: captured.code,
                stderr: captured.stderr_text(),
                stdout: captured.stdout,
            }),
            Err(ProcessError::Start { source, .. })
                if source.kind() == std::io::ErrorKind::NotFound =>
            {
                Err(NoAnswer::Missing)
            }
            Err(ProcessError::Start { source, .. } | ProcessError::Follow { source, .. }) => {
                Err(NoAnswer::Failed(source))
            }
            Err(ProcessError::TooLong { limit, .. }) => Err(NoAnswer::TimedOut(limit)),
        }
    }
}
