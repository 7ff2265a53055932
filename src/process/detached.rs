//! A program that outlives this one.

use std::{fs::File, process::Stdio};

use tokio::process::{Child, ChildStdout};

use super::{Command, ProcessError};

/// A started program that is neither killed nor waited for when it is dropped.
#[derive(Debug)]
pub struct Detached {
    /// Its stdin, written to without a runtime; dropping it is the end of file.
    pub stdin: File,
    /// Its stdout.
    pub stdout: ChildStdout,
    program: String,
    child: Child,
}

impl Command {
    /// Starts it with pipes for stdin and stdout, without stderr, in this program's process
    /// group, so that it can make a session of its own.
    ///
    /// # Errors
    ///
    /// [`ProcessError::Start`] when there is no such program or it cannot be executed.
    pub fn start_detached(&self) -> Result<Detached, ProcessError> {
        let start = |source| ProcessError::Start { program: self.name(), source };
        let mut command = self.prepare();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(start)?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(start(std::io::ErrorKind::BrokenPipe.into()));
        };
        let stdin = File::from(stdin.into_owned_fd().map_err(start)?);
        Ok(Detached { stdin, stdout, program: self.name(), child })
    }
}

impl Detached {
    /// Closes its stdin and waits for its end.
    ///
    /// # Errors
    ///
    /// [`ProcessError::Follow`] when the system cannot say.
    pub async fn finish(self) -> Result<(), ProcessError> {
        let Self { stdin, stdout, program, mut child } = self;
        drop((stdin, stdout));
        child.wait().await.map_err(|source| ProcessError::Follow { program, source })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use tokio::io::AsyncReadExt;

    use super::super::Command;

    #[tokio::test]
    async fn it_lives_on_when_it_is_dropped_and_sees_the_end_of_its_stdin() {
        let mut detached = Command::new("sh")
            .arguments(["-c", "read line; cat; echo $line"])
            .start_detached()
            .unwrap();
        detached.stdin.write_all(b"hello\n").unwrap();
        let super::Detached { stdin, mut stdout, child, .. } = detached;
        drop((stdin, child));

        let mut said = String::new();
        stdout.read_to_string(&mut said).await.unwrap();
        assert_eq!(said, "hello\n");
    }
}
