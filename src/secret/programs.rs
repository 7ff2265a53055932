//! What credential commands and helpers are run by, as this part of the program sees it.
//!
//! Nothing here starts a program: whoever resolves secrets passes in something that does.

use std::{fmt, io, time::Duration};

use zeroize::Zeroizing;

/// How long a credential command or helper may take.
pub const PROGRAM_LIMIT: Duration = Duration::from_secs(30);

/// Runs short programs of this machine, without a shell.
pub trait Programs: Sync {
    /// Runs `program` with `arguments`, writes `stdin` to it, closes it, and waits for the end,
    /// [`PROGRAM_LIMIT`] at most.
    ///
    /// A program that ran has an answer whatever its exit code.
    fn run(
        &self,
        program: &str,
        arguments: &[String],
        stdin: &[u8],
    ) -> impl Future<Output = Result<Answer, NoAnswer>> + Send;
}

/// How a program ended, and what it wrote.
///
/// `Debug` shows the exit code alone.
pub struct Answer {
    /// The exit code; 128 + n for a signal.
    pub code: i32,
    /// Its stdout, which is the secret.
    pub stdout: Zeroizing<Vec<u8>>,
    /// Its stderr, which is for people.
    pub stderr: String,
}

impl Answer {
    /// The last line for people, cut at 200 characters; empty where there is none.
    pub(crate) fn complaint(&self) -> String {
        let last = self.stderr.lines().map(str::trim).rfind(|line| !line.is_empty());
        last.unwrap_or_default().chars().take(200).collect()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Answer {{ code: {} }}", self.code)
    }
}

/// Why a program gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// There is no such program.
    #[error("it is not installed")]
    Missing,
    /// It did not end in time and was killed.
    #[error("it did not end within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// It could not be started, or what it wrote could not be read.
    #[error("it could not be run")]
    Failed(#[source] io::Error),
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Answers as told, and remembers what it was asked.
    #[derive(Default)]
    pub(crate) struct Fake {
        answers: Vec<(&'static str, i32, &'static str, &'static str)>,
        pub(crate) asked: Mutex<Vec<String>>,
    }

    impl Fake {
        pub(crate) fn answers(
            mut self,
            program: &'static str,
            code: i32,
            stdout: &'static str,
            stderr: &'static str,
        ) -> Self {
            self.answers.push((program, code, stdout, stderr));
            self
        }

        pub(crate) fn asked(&self) -> Vec<String> {
            self.asked.lock().unwrap().clone()
        }
    }

    impl Programs for Fake {
        async fn run(
            &self,
            program: &str,
            arguments: &[String],
            stdin: &[u8],
        ) -> Result<Answer, NoAnswer> {
            let stdin = String::from_utf8_lossy(stdin);
            self.asked.lock().unwrap().push(format!("{program} {} < {stdin}", arguments.join(" ")));
            let (_, code, stdout, stderr) =
                self.answers.iter().find(|(name, ..)| *name == program).ok_or(NoAnswer::Missing)?;
            Ok(Answer {
                code: *code,
                stdout: Zeroizing::new(stdout.as_bytes().to_vec()),
                stderr: (*stderr).to_owned(),
            })
        }
    }

    #[test]
    fn an_answer_complains_in_its_last_line() {
        let stderr = "first\nlogin expired  \n\n".to_owned();
        let answer = Answer { code: 1, stdout: Zeroizing::default(), stderr };
        assert_eq!(answer.complaint(), "login expired");
    }

    #[test]
    fn debug_shows_nothing_that_was_written() {
        let stdout = Zeroizing::new(b"hunter2".to_vec());
        let answer = Answer { code: 0, stdout, stderr: "hunter2".to_owned() };
        assert_eq!(format!("{answer:?}"), "Answer { code: 0 }");
    }
}
