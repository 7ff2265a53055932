//! Connections that wait for their next request.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use hyper::client::conn::http1::SendRequest;

use super::{Address, Outgoing, Trust};

/// One end of a connection, over which one request at a time goes.
pub(super) type Sender = SendRequest<Outgoing>;

/// Which connections are alike: those to one server under the same trust.
pub(super) type Key = (usize, Address);

/// Connections that wait for one server.
const MOST: usize = 4;

/// The connections of a client; clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Pool(Arc<Mutex<HashMap<Key, Vec<Sender>>>>);

/// The key of connections to `address` under `trust`, which outlives the pool.
pub(super) fn key(trust: &Arc<Trust>, address: &Address) -> Key {
    (Arc::as_ptr(trust).addr(), address.clone())
}

impl Pool {
    /// A connection that seems to live.
    pub(super) async fn take(&self, key: &Key) -> Option<Sender> {
        loop {
            let mut sender = {
                let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                waiting.get_mut(key)?.pop()?
            };
            if !sender.is_closed() && sender.ready().await.is_ok() {
                return Some(sender);
            }
        }
    }

    /// Keeps a connection whose last answer has been read to its end.
    pub(super) fn put(&self, key: Key, sender: Sender) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = waiting.entry(key).or_default();
        waiting.retain(|other| !other.is_closed());
        if waiting.len() < MOST && !sender.is_closed() {
            waiting.push(sender);
        }
    }
}
