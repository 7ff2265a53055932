//! What a far side says of itself when nothing is to be built there.

use std::time::Duration;

use tokio::time::timeout;

use super::{
    Pace,
    bootstrap::Purpose,
    connect::{Connection, NoConnection},
    ear::Deaf,
    output, refusal,
    word::{self, Word},
};
use crate::{
    kaniko::version::Executor,
    process::Command,
    transport::{Found, Hands, Job, TransportError},
};

/// How the executor at the far end of `command` is; see [`super::run`] for what that is.
///
/// Nothing is made or changed there, and nobody is waited for: an executor in use is found in use.
/// Of `job` its name, its owner and its time for connecting count.
///
/// # Errors
///
/// [`TransportError`]: the reason for which no build could run there.
pub async fn probe(command: Command, job: &Job, hands: &Hands) -> Result<Found, TransportError> {
    let mut cancelled = hands.cancelled.clone();
    let cancelled = async {
        // A sender that is gone cancels nothing.
        if cancelled.wait_for(|&cancelled| cancelled).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let asked = async {
        match Connection::open(&command, job, Purpose::Probe, hands, Pace::USUAL).await {
            Ok(connection) => listen(connection, job.connect_timeout).await,
            Err(NoConnection::Failed(error)) => Err(error),
            Err(NoConnection::NoShell(what)) => Err(TransportError::Unreachable {
                what: format!("no shell could be started at the far side: {what}"),
                hint:
                    "either a build of another run uses it: try again later; or its image has no \
                       shell: use one with `debug` in its tag; or a killed build has left none: \
                       restart it"
                        .to_owned(),
                transient: true,
            }),
        }
    };
    tokio::select! {
        biased;
        () = cancelled => Err(TransportError::Interrupted),
        found = asked => found,
    }
}

/// What comes after the greeting.
async fn listen(mut connection: Connection, limit: Duration) -> Result<Found, TransportError> {
    let flags = connection.flags.iter().cloned().collect();
    let mut found = Found {
        executor: Executor::of(&connection.version, flags),
        in_use: None,
        room: connection.room.map(|kib| kib.saturating_mul(1024)),
    };
    let mut problem = None;
    let talking = async {
        loop {
            match connection.ear.line().await {
                Ok(line) => match Word::parse(&line) {
                    Some(Word::Waiting { since, holder }) => {
                        found.in_use = Some(word::who(since, holder.as_ref()));
                    }
                    Some(Word::Error { class, why }) => {
                        problem = Some(refusal::failed(&class, &why));
                    }
                    Some(Word::Bye) => return None,
                    Some(Word::Beat) => {}
                    _ => {
                        let line: String = line.chars().take(80).collect();
                        return Some(format!("it brought `{line}`"));
                    }
                },
                Err(Deaf::Ended) => return Some("its end was reached".to_owned()),
                Err(Deaf::Silent) => return Some("nothing was heard any more".to_owned()),
                Err(Deaf::Broken(error)) => return Some(error.to_string()),
            }
        }
    };
    let broken = match timeout(limit, talking).await {
        Ok(broken) => broken,
        Err(_) => Some(format!("not all came within {}", humantime::format_duration(limit))),
    };
    // Some programs that carry us end only with their input.
    connection.mouth.close();
    let _ = timeout(output::AFTER, connection.running.wait()).await;
    match (problem, broken) {
        (Some(error), _) => Err(error),
        (None, Some(why)) => Err(TransportError::Lost {
            what: format!("the connection broke off after the greeting: {why}"),
            started: false,
        }),
        (None, None) => Ok(found),
    }
}
