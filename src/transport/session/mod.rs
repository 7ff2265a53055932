//! One build through one command that has a shell at its far end.
//!
//! [`run`] starts a program on this machine (`cf ssh`, `ssh`, `kubectl exec -i`, …) with one
//! argument more, a short shell command, and speaks with what that command starts: a program of
//! ours, sent through stdin, that proves that it is in a container for Kaniko, takes a lock,
//! cleans, receives and checks the bundle, runs the executor and cleans again. Its output
//! carries lines of the protocol alone, its error output the executor's.
//!
//! Both sides beat. When either is gone or silent, the other stops, and the far side takes care
//! that nothing of the build is left: no process, no credential, no file.

mod bootstrap;
mod build;
mod connect;
mod ear;
mod early;
mod feed;
mod log;
mod mouth;
mod output;
mod pace;
mod probe;
mod refusal;
mod script;
mod word;

#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio::time::{Instant, sleep};

pub use self::probe::probe;
use self::{
    bootstrap::Purpose,
    build::Build,
    connect::{Connection, NoConnection},
    pace::Pace,
};
use super::{Bundle, Hands, Job, Ran, TransportError};
use crate::{
    event::{Event, Stage, What},
    process::Command,
};

/// The longest pause between two attempts to find a shell.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Runs `job` at the far end of `command`, a program that runs the shell command which it gets
/// as its last argument, with our stdin.
///
/// Nothing of the job but its name and owner is sent before the far side has greeted and is
/// locked. Files and bundle are checked there, by length and SHA-256, before the executor
/// starts. However this ends, also when the future is dropped, the far side stops what it has
/// started, cleans and lets its lock go, by itself if need be.
///
/// # Errors
///
/// [`TransportError`], each as described there. [`TransportError::Busy`] also where no shell
/// can be started until [`Job::lock_timeout`]: while a build of several stages runs there may
/// be none.
pub async fn run(
    command: Command,
    job: &Job,
    bundle: Bundle,
    hands: &Hands,
) -> Result<Ran, TransportError> {
    run_at(Pace::USUAL, command, job, bundle, hands).await
}

async fn run_at(
    pace: Pace,
    command: Command,
    job: &Job,
    bundle: Bundle,
    hands: &Hands,
) -> Result<Ran, TransportError> {
    let deadline = Instant::now() + job.lock_timeout;
    let tell = |what| async {
        let event = Event { build: Some(job.build.clone()), what };
        // Nobody listens any more: the build goes on.
        let _ = hands.events.send(event).await;
    };
    tell(What::Stage(Stage::Connecting)).await;
    let mut pause = pace.retry;
    let mut told = false;
    loop {
        let mut cancelled = hands.cancelled.clone();
        let cancelled = async {
            // A sender that is gone cancels nothing.
            if cancelled.wait_for(|&cancelled| cancelled).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let attempt = async {
            match Connection::open(&command, job, Purpose::Build, hands, pace).await {
                Ok(connection) => Ok(Some(connection)),
                Err(NoConnection::Failed(error)) => Err(error),
                Err(NoConnection::NoShell(what)) if Instant::now() + pause > deadline => {
                    Err(no_shell(job, &what))
                }
                Err(NoConnection::NoShell(what)) => {
                    if !told {
                        let what = format!("a shell at the far side ({what})");
                        tell(What::Stage(Stage::Waiting(what))).await;
                    }
                    sleep(pause).await;
                    Ok(None)
                }
            }
        };
        let connection = tokio::select! {
            biased;
            () = cancelled => return Err(TransportError::Interrupted),
            connection = attempt => connection?,
        };
        if let Some(connection) = connection {
            return Build::new(connection, job, hands, pace).run(bundle, deadline).await;
        }
        told = true;
        pause = (pause * 2).min(LONGEST_PAUSE.max(pace.retry));
    }
}

fn no_shell(job: &Job, what: &str) -> TransportError {
    TransportError::Busy {
        what: format!(
            "no shell could be started at the far side within {}: either a build of another run \
             uses it, or one was killed there with all that watched over it and it must be \
             restarted, or its image has none and its `debug` form is needed; {what}",
            humantime::format_duration(job.lock_timeout)
        ),
    }
}
