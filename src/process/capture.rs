//! Short commands whose whole answer is wanted.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use zeroize::Zeroizing;

use super::{Command, ProcessError, Running};

/// How much of a command's output is kept, and how long it may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes kept of stdout and of stderr each, the first ones; the rest is read and dropped.
    pub bytes: usize,
    /// Then it is killed.
    pub time: Duration,
}

/// The answer of a command that has ended.
///
/// `Debug` shows no byte of it: a credential helper's answer is a secret.
#[derive(Clone)]
pub struct Captured {
    /// The exit code, 128 + n for a signal n.
    pub code: i32,
    /// The beginning of its stdout, wiped when dropped.
    pub stdout: Zeroizing<Vec<u8>>,
    /// The beginning of its stderr, wiped when dropped.
    pub stderr: Zeroizing<Vec<u8>>,
    /// One of them was longer than the limit.
    pub cut: bool,
}

impl Captured {
    /// Stderr as text, for a message; without white space at its ends.
    #[must_use]
    pub fn stderr_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).trim().to_owned()
    }

    /// Stdout as text; without white space at its ends.
    #[must_use]
    pub fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim().to_owned()
    }
}

impl std::fmt::Debug for Captured {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "Captured {{ code: {}, stdout: {} bytes, stderr: {} bytes }}",
            self.code,
            self.stdout.len(),
            self.stderr.len()
        )
    }
}

impl Command {
    /// Runs it with `stdin` as its whole input and waits for its end.
    ///
    /// A command that stops reading early is no error: its exit code says how it went.
    ///
    /// # Errors
    ///
    /// [`ProcessError::Start`]; [`ProcessError::Follow`] when its output cannot be read;
    /// [`ProcessError::TooLong`] after [`Limits::time`]. In the last two cases it has been
    /// killed with all that it started.
    pub async fn capture(&self, stdin: &[u8], limits: Limits) -> Result<Captured, ProcessError> {
        let running = self.start()?;
        tokio::time::timeout(limits.time, answer(running, stdin, limits.bytes))
            .await
            .unwrap_or_else(|_| {
                Err(ProcessError::TooLong { program: self.name(), limit: limits.time })
            })
    }
}

async fn answer(
    mut running: Running,
    input: &[u8],
    limit: usize,
) -> Result<Captured, ProcessError> {
    let stdin = running.stdin.take();
    let stdout = running.stdout.take();
    let stderr = running.stderr.take();
    let feed = async {
        if let Some(mut stdin) = stdin {
            // It need not read all, or anything.
            let _ = stdin.write_all(input).await;
            let _ = stdin.shutdown().await;
        }
    };
    let program = running.name().to_owned();
    let follow = |source| ProcessError::Follow { program: program.clone(), source };
    let ((), stdout, stderr, code) =
        tokio::join!(feed, beginning(stdout, limit), beginning(stderr, limit), running.wait());
    let (stdout, stdout_cut) = stdout.map_err(&follow)?;
    let (stderr, stderr_cut) = stderr.map_err(&follow)?;
    Ok(Captured { code: code?, stdout, stderr, cut: stdout_cut || stderr_cut })
}

/// The first `limit` bytes of `pipe`, which is read to its end, and whether there were more.
async fn beginning(
    pipe: Option<impl AsyncRead + Unpin>,
    limit: usize,
) -> std::io::Result<(Zeroizing<Vec<u8>>, bool)> {
    let mut kept = Zeroizing::new(Vec::new());
    let mut cut = false;
    let Some(mut pipe) = pipe else { return Ok((kept, cut)) };
    let mut buffer = Zeroizing::new(vec![0; 8192]);
    loop {
        let read = pipe.read(&mut buffer).await?;
        if read == 0 {
            return Ok((kept, cut));
        }
        let room = read.min(limit - kept.len());
        kept.extend_from_slice(&buffer[..room]);
        cut |= room < read;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { bytes: 64, time: Duration::from_secs(20) };

    fn sh(script: &str) -> Command {
        Command::new("sh").arguments(["-c", script])
    }

    #[tokio::test]
    async fn stdin_goes_in_and_both_outputs_and_the_code_come_out() {
        let captured = sh("cat; echo oops >&2; exit 3").capture(b"hello", LIMITS).await.unwrap();
        assert_eq!(captured.code, 3);
        assert_eq!(captured.stdout_text(), "hello");
        assert_eq!(captured.stderr_text(), "oops");
        assert!(!captured.cut);
    }

    #[tokio::test]
    async fn only_the_beginning_of_a_long_output_is_kept() {
        let captured = sh("yes | head -c 100000").capture(b"", LIMITS).await.unwrap();
        assert_eq!(captured.stdout.len(), 64);
        assert!(captured.cut);
    }

    #[tokio::test]
    async fn a_command_that_reads_nothing_is_judged_by_its_exit_code() {
        let captured = sh("exit 0").capture(&vec![b'x'; 1 << 20], LIMITS).await.unwrap();
        assert_eq!(captured.code, 0);
    }

    #[tokio::test]
    async fn a_command_that_does_not_end_is_killed() {
        let limits = Limits { time: Duration::from_millis(50), ..LIMITS };
        let error = sh("sleep 1000").capture(b"", limits).await.unwrap_err();
        assert_eq!(error.to_string(), "`sh` did not end within 50ms");
    }

    #[tokio::test]
    async fn the_environment_is_what_it_was_told_to_be() {
        let command = Command::new("/usr/bin/env").clear_environment().set("A", "1").unset("B");
        let captured = command.capture(b"", LIMITS).await.unwrap();
        assert_eq!(captured.stdout_text(), "A=1");
    }
}
