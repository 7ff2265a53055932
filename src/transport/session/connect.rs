//! From a command to a far side that has greeted.

use std::time::Duration;

use tokio::{process::ChildStdout, time::timeout};
use zeroize::Zeroizing;

use super::{
    Pace,
    bootstrap::{self, Purpose},
    ear::{Deaf, Ear},
    early::{self, Early},
    log::Log,
    mouth::Mouth,
    refusal,
    word::Word,
};
use crate::{
    process::{Command, ProcessError, Running},
    transport::{Hands, Job, TransportError},
};

/// Lines that a login shell may print before our program starts.
const NOISE: usize = 200;

/// A far side that has greeted; dropped, the program that carries us is killed.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) mouth: Mouth,
    pub(super) ear: Ear<ChildStdout>,
    pub(super) log: Log,
    pub(super) running: Running,
    /// As `executor version` says.
    pub(super) version: String,
    /// The executor's flags, each with its `--`.
    pub(super) flags: Vec<String>,
    /// Room at `/kaniko`, in KiB, where that could be told.
    pub(super) room: Option<u64>,
}

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum NoConnection {
    /// There is no shell there now; what was seen.
    NoShell(String),
    /// Another attempt at once would not help.
    Failed(TransportError),
}

impl Connection {
    /// Starts `command` with our program at its end, until that has greeted.
    pub(super) async fn open(
        command: &Command,
        job: &Job,
        purpose: Purpose,
        hands: &Hands,
        pace: Pace,
    ) -> Result<Self, NoConnection> {
        let mut running = command
            .clone()
            .argument(bootstrap::COMMAND)
            .start()
            .map_err(|error| NoConnection::Failed(not_started(&error)))?;
        // For `local` that group is the far side itself, which cleans up when it is told to end.
        running.terminate_on_drop();
        let pipes = (running.stdin.take(), running.stdout.take(), running.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            unreachable!("a program is started with three pipes, taken once");
        };
        let mut connection = Self {
            mouth: Mouth::open(stdin, pace),
            ear: Ear::new(stdout, pace.silence),
            log: Log::follow(stderr, job.build.clone(), hands.events.clone()),
            running,
            version: String::new(),
            flags: Vec::new(),
            room: None,
        };
        let opening = bootstrap::opening(pace, &job.build, &job.owner, purpose);
        connection.mouth.say(Zeroizing::new(opening)).await;
        match timeout(job.connect_timeout, connection.greeting()).await {
            Ok(Ok(())) => Ok(connection),
            Ok(Err(NotGreeted::Refused { code, why })) => {
                Err(NoConnection::Failed(refusal::refused(&code, &why)))
            }
            Ok(Err(NotGreeted::Changed(line))) => {
                Err(NoConnection::Failed(connection.changed(&line).await))
            }
            Ok(Err(NotGreeted::Ended(noise))) => Err(connection.early_end(noise).await),
            Ok(Err(NotGreeted::Silent)) | Err(_) => {
                Err(NoConnection::Failed(connection.unanswered(job.connect_timeout)))
            }
        }
    }

    /// Reads all up to the end of the greeting.
    async fn greeting(&mut self) -> Result<(), NotGreeted> {
        let mut noise = Vec::new();
        loop {
            let line = match self.ear.line().await {
                Ok(line) => line,
                Err(Deaf::Silent) => return Err(NotGreeted::Silent),
                Err(Deaf::Ended | Deaf::Broken(_)) => return Err(NotGreeted::Ended(noise)),
            };
            match Word::parse(&line) {
                Some(Word::Refused { code, why }) => return Err(NotGreeted::Refused { code, why }),
                Some(Word::Hello(bootstrap::PROTOCOL)) => break,
                _ if noise.len() < NOISE => noise.push(line),
                _ => return Err(NotGreeted::Ended(noise)),
            }
        }
        loop {
            let line = match self.ear.line().await {
                Ok(line) => line,
                Err(Deaf::Silent) => return Err(NotGreeted::Silent),
                Err(Deaf::Ended | Deaf::Broken(_)) => return Err(NotGreeted::Ended(noise)),
            };
            match Word::parse(&line) {
                Some(Word::Version(version)) => self.version = version,
                Some(Word::Flags(flags)) => self.flags = flags,
                Some(Word::Room { kib }) => self.room = Some(kib),
                Some(Word::Greeted) => return Ok(()),
                Some(_) => {}
                None => return Err(NotGreeted::Changed(line)),
            }
        }
    }

    async fn early_end(mut self, noise: Vec<String>) -> NoConnection {
        // Its output has ended; its exit code and last words are a moment away, if any.
        let code = timeout(Duration::from_secs(5), self.running.wait()).await;
        let code = code.ok().and_then(Result::ok);
        let _ = timeout(Duration::from_secs(2), self.log.ended()).await;
        let said: Vec<String> = noise.into_iter().chain(self.log.last()).collect();
        match early::judge(self.running.name(), code, &said) {
            Early::NoShell { what } => NoConnection::NoShell(what),
            Early::Unreachable { what, hint, transient } => {
                let hint = hint.to_owned();
                NoConnection::Failed(TransportError::Unreachable { what, hint, transient })
            }
        }
    }

    async fn changed(mut self, line: &str) -> TransportError {
        // A program that is killed may leave the far side's input open for a while.
        self.mouth.line("stop").await;
        self.mouth.close();
        let _ = timeout(Duration::from_secs(5), self.running.wait()).await;
        let line: String = line.chars().take(80).collect();
        TransportError::Unreachable {
            what: format!("`{}` brought `{line}` amid the greeting", self.running.name()),
            hint: "the connection cuts or changes what is sent through it".to_owned(),
            transient: true,
        }
    }

    fn unanswered(self, limit: Duration) -> TransportError {
        let said = self.log.last();
        let last = said.last().map(|line| format!("; it said: {line}")).unwrap_or_default();
        TransportError::Unreachable {
            what: format!(
                "`{}` brought no answer within {}{last}",
                self.running.name(),
                humantime::format_duration(limit)
            ),
            hint: "does it wait for a password, or is the machine down?".to_owned(),
            transient: true,
        }
    }
}

enum NotGreeted {
    Refused {
        code: String,
        why: String,
    },
    Ended(Vec<String>),
    /// A line that is not the far side's, or not as it was said.
    Changed(String),
    Silent,
}

fn not_started(error: &ProcessError) -> TransportError {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    TransportError::Unreachable {
        what: format!("{error}{}", cause.unwrap_or_default()),
        hint: "is it installed, and in `PATH`?".to_owned(),
        transient: false,
    }
}
