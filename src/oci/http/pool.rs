//! Connections that wait for their next request.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hyper::client::conn::http1::SendRequest;
use tokio::{task::AbortHandle, time::timeout};

use super::{Address, Outgoing, Trust};

/// A connection, over which one request at a time goes. Dropped, it is closed at once, also where
/// the other side takes no more of what is still being sent.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) sender: SendRequest<Outgoing>,
    /// What reads and writes.
    pub(super) task: AbortHandle,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Which connections are alike: those to one server under the same trust.
pub(super) type Key = (usize, Address);

/// For a connection whose last request is over: it has at most its end to write. A new one is made
/// sooner than an other side that reads no more can be waited for.
const READY: Duration = Duration::from_millis(200);

/// Connections that wait for one server.
const MOST: usize = 4;

/// The connections of a client; clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Pool(Arc<Mutex<HashMap<Key, Vec<Connection>>>>);

/// The key of connections to `address` under `trust`, which outlives the pool.
pub(super) fn key(trust: &Arc<Trust>, address: &Address) -> Key {
    (Arc::as_ptr(trust).addr(), address.clone())
}

impl Pool {
    /// A connection that seems to live.
    pub(super) async fn take(&self, key: &Key) -> Option<Connection> {
        loop {
            let mut connection = {
                let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                waiting.get_mut(key)?.pop()?
            };
            if !connection.sender.is_closed()
                && matches!(timeout(READY, connection.sender.ready()).await, Ok(Ok(())))
            {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection whose last request has been sent, and the answer read, to the end.
    pub(super) fn put(&self, key: Key, connection: Connection) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = waiting.entry(key).or_default();
        waiting.retain(|other| !other.sender.is_closed());
        if waiting.len() < MOST && !connection.sender.is_closed() {
            waiting.push(connection);
        }
    }
}
