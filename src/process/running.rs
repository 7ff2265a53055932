//! A program that runs, and all that it started.

use std::os::unix::process::ExitStatusExt;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};

use super::ProcessError;

/// A started program. Dropped before its end, it is killed with its whole process group, or,
/// [if told so](Self::terminate_on_drop), it alone, and the others told to end.
#[derive(Debug)]
pub struct Running {
    /// Its stdin, until taken; dropping it is the end of file.
    pub stdin: Option<ChildStdin>,
    /// Its stdout, until taken.
    pub stdout: Option<ChildStdout>,
    /// Its stderr, until taken.
    pub stderr: Option<ChildStderr>,
    program: String,
    child: Child,
    group: Option<Pid>,
    last_signal: Signal,
}

impl Running {
    pub(super) fn new(program: String, mut child: Child) -> Self {
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        Self {
            stdin: child.stdin.take(),
            stdout: child.stdout.take(),
            stderr: child.stderr.take(),
            program,
            child,
            group,
            last_signal: Signal::KILL,
        }
    }

    /// The program as it was started, for messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.program
    }

    /// Its process id, which is its group's too; nothing once it has been waited for.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits for its end: the exit code, 128 + n for a signal n.
    ///
    /// Its stdin stays open: whoever holds it decides on the end of file. Cancel safe.
    ///
    /// # Errors
    ///
    /// [`ProcessError::Follow`] when the system cannot say.
    pub async fn wait(&mut self) -> Result<i32, ProcessError> {
        // Child::wait would close a stdin that it still held; ours was taken at the start.
        let status = self
            .child
            .wait()
            .await
            .map_err(|source| ProcessError::Follow { program: self.program.clone(), source })?;
        self.group = None;
        Ok(status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)))
    }

    /// Tells it and all of its group to end (SIGTERM); without effect after its end.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Kills it and all of its group (SIGKILL); without effect after its end.
    pub fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// From here on, when this is dropped, the program itself is killed and the rest of its
    /// group gets SIGTERM only, so that whoever cleans up there can.
    pub fn terminate_on_drop(&mut self) {
        self.last_signal = Signal::TERM;
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // The group can be gone already, which is what was wanted.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The program itself is killed by tokio, whatever the signal here.
        self.signal(self.last_signal);
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::super::Command;

    #[tokio::test]
    async fn the_exit_code_is_the_programs() {
        let mut running = Command::new("sh").arguments(["-c", "exit 7"]).start().unwrap();
        assert_eq!(running.wait().await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_signal_is_128_and_its_number() {
        let mut running = Command::new("sh").arguments(["-c", "kill -9 $$"]).start().unwrap();
        assert_eq!(running.wait().await.unwrap(), 137);
    }

    #[tokio::test]
    async fn what_it_started_is_killed_with_it() {
        // The grandchild holds stdout: end of file there means that it is gone too.
        let mut running =
            Command::new("sh").arguments(["-c", "sleep 1000 & echo up; wait"]).start().unwrap();
        let mut stdout = running.stdout.take().unwrap();
        let mut up = [0; 3];
        stdout.read_exact(&mut up).await.unwrap();

        drop(running);

        let mut rest = Vec::new();
        stdout.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"");
    }

    #[tokio::test]
    async fn what_it_started_may_clean_up_where_it_was_told_so() {
        // No child of its own: between fork and exec a shell's child would lose the signal.
        let script = "(trap 'echo cleaned; exit' TERM; echo up; while :; do :; done) & wait";
        let mut running = Command::new("sh").arguments(["-c", script]).start().unwrap();
        let mut stdout = running.stdout.take().unwrap();
        let mut up = [0; 3];
        stdout.read_exact(&mut up).await.unwrap();

        running.terminate_on_drop();
        drop(running);

        let mut rest = Vec::new();
        stdout.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"cleaned\n");
    }
}
