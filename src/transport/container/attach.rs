//! Following the executor's output to its end.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::io::{AsyncRead, AsyncReadExt};

use super::{
    client::{Client, QUICK},
    failure::unstartable,
    lines::Lines,
    rule,
    teller::Teller,
};
use crate::{event::What, kaniko::log::UsageFilter, transport::TransportError};

/// How many of the last lines are kept.
const TAIL: usize = 100;

/// What was seen of an executor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    /// The last lines, oldest first.
    pub(super) tail: Vec<String>,
    /// It was killed because its time was over.
    pub(super) timed_out: bool,
}

/// Starts the container and tells its output, until it ends or `limit` is over; then it is
/// killed.
pub(super) async fn attach(
    client: Client<'_>,
    name: &str,
    limit: Duration,
    teller: &Teller,
) -> Result<Seen, TransportError> {
    let mut running = client.start(rule::start(name))?;
    drop(running.stdin.take());
    let (stdout, stderr) = (running.stdout.take(), running.stderr.take());
    let shown = Shown { teller, tail: Mutex::new(VecDeque::with_capacity(TAIL)) };
    let follow =
        async { tokio::join!(shown.follow(stdout), shown.follow(stderr), running.wait()).2 };
    let timed_out = {
        let mut follow = std::pin::pin!(follow);
        // The client's exit code says nothing that the engine does not say better.
        if let Ok(ended) = tokio::time::timeout(limit, &mut follow).await {
            ended.map_err(|error| unstartable(client.settings, error))?;
            false
        } else {
            client.kill(name).await;
            // What it still has to say; a client that says it without end is killed.
            let _ = tokio::time::timeout(QUICK, &mut follow).await;
            true
        }
    };
    let tail = shown.tail.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Seen { tail: tail.into(), timed_out })
}

struct Shown<'a> {
    teller: &'a Teller,
    tail: Mutex<VecDeque<String>>,
}

impl Shown<'_> {
    async fn follow(&self, pipe: Option<impl AsyncRead + Unpin>) {
        let Some(mut pipe) = pipe else { return };
        let (mut lines, mut filter) = (Lines::default(), UsageFilter::default());
        let mut buffer = vec![0; 16 * 1024];
        // A pipe that cannot be read has ended.
        while let Ok(read @ 1..) = pipe.read(&mut buffer).await {
            for line in lines.push(&buffer[..read]) {
                self.show(filter.push(line)).await;
            }
        }
        if let Some(line) = lines.finish() {
            self.show(filter.push(line)).await;
        }
        self.show(filter.finish()).await;
    }

    async fn show(&self, lines: impl IntoIterator<Item = String>) {
        for line in lines {
            self.keep(line.clone());
            self.teller.tell(What::Log { line }).await;
        }
    }

    fn keep(&self, line: String) {
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        if tail.len() == TAIL {
            tail.pop_front();
        }
        tail.push_back(line);
    }
}
