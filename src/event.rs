//! What happens while builds run, told to whoever prints it.
//!
//! The runner and the transports print nothing: they send these, in order, through a bounded
//! channel, so that a slow terminal slows the executor's log and nothing is dropped.

use std::{sync::Arc, time::Duration};

use crate::outcome::Outcome;

/// Where events go; a full channel makes the sender wait.
pub type Events = tokio::sync::mpsc::Sender<Event>;

/// One thing that happened.
#[derive(Debug, Clone)]
pub struct Event {
    /// The build that it happened to; none for the run as a whole.
    pub build: Option<Arc<str>>,
    /// What happened.
    pub what: What,
}

/// What can happen.
#[derive(Debug, Clone)]
pub enum What {
    /// A build starts, for the `attempt`th time (from 1), through this executor.
    Started {
        /// From 1.
        attempt: u32,
        /// The executor's name, with its type where that is another word, and why it was chosen.
        executor: String,
    },
    /// The next part of a build begins: a sentence fragment such as `waiting for the lock`.
    Stage(Stage),
    /// So much of the bundle has left, after compression.
    Sent {
        /// Bytes of the compressed bundle so far.
        bytes: u64,
    },
    /// A line of the executor's or a carrying program's output, without its end.
    Log {
        /// The line, as bytes from outside decoded with replacement characters; not yet redacted.
        line: String,
    },
    /// Something that the user should know and that stops nothing.
    Warning(String),
    /// A registry has not answered for so long, and is waited for.
    Silent {
        /// The registry.
        host: String,
        /// How long, up to now.
        lasting: Duration,
    },
    /// Something that a registry was asked for will be asked again after this pause.
    AskingAgain {
        /// The pause.
        after: Duration,
        /// Why the last time did not do.
        cause: String,
    },
    /// The build will be tried again after this pause.
    Retrying {
        /// The pause.
        after: Duration,
        /// Why the last attempt did not do.
        cause: String,
    },
    /// A build has ended.
    Ended(Box<Outcome>),
}

/// The parts of a build, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Logging in, once a run.
    Login,
    /// Reaching the executor.
    Connecting,
    /// Another run holds the executor; who and since when, as its lock says.
    Waiting(String),
    /// Connected: the executor's version as it tells it.
    Connected(String),
    /// The bundle is on its way.
    Sending,
    /// The executor runs.
    Building,
    /// The image goes to this reference, by ourselves.
    Pushing(String),
    /// Outputs come back.
    Receiving,
    /// The far side is being cleaned.
    Cleaning,
}
