//! HTTP as registries need it: one request, one answer, bodies that stream.
//!
//! Connections are kept and used again, one request at a time on each. Nothing here follows a
//! redirect, repeats what failed for long, or knows what a registry is. Every wait has a limit,
//! and no limit is on the whole of a transfer that moves.

mod address;
mod body;
mod connect;
mod pool;
mod proxy;
mod roots;
mod tls;
mod waiting;

use std::{
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

pub(super) use self::{
    address::{Address, Url, encoded},
    body::Outgoing,
    roots::Usual,
    tls::Trust,
};
use self::{
    connect::Connector,
    pool::{Connection, Pool},
    waiting::Waiting,
};
use super::{Network, OciError, notice::Listener};
use hyper::{
    HeaderMap, Request, StatusCode,
    body::{Body as _, Bytes, Incoming},
    header::{self, HeaderName, HeaderValue},
};
use tokio::time::timeout;

/// How long we wait for others.
///
/// Source: containerd's core/remotes/docker/registry.go, `DefaultHTTPTransport`, with 30 s for a
/// connection, 10 s for TLS and 30 s for an answer; docker and go-containerregistry have the first
/// two, and wait for an answer for ever. Beyond a minute a proxy before the registry has given up:
/// nginx's `proxy_read_timeout` and the idle timeout of Amazon's balancers are 60 s.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// For a connection, TLS included.
    pub(super) connect: Duration,
    /// For TLS alone.
    pub(super) tls: Duration,
    /// For the answer to a question that brings nothing.
    pub(super) answer: Duration,
    /// For the next bytes, in either direction, and for an answer to what is small.
    pub(super) silence: Duration,
    /// For the answer to an upload that has wholly been sent: it may be copied there.
    pub(super) finish: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
            tls: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            silence: Duration::from_secs(90),
            finish: Duration::from_mins(10),
        }
    }
}

/// A client for all hosts.
#[derive(Debug)]
pub(super) struct Http {
    connector: Connector,
    pool: Pool,
    limits: Limits,
}

/// What is asked.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) method: hyper::Method,
    pub(super) url: Url,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Outgoing,
}

/// What is answered; the body is still to come.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    host: String,
    body: Incoming,
    silence: Duration,
    listener: Listener,
    /// What it answers; it may still be under way.
    sending: Outgoing,
    /// Where the connection goes when the body is at its end.
    home: Option<(Pool, pool::Key, Connection)>,
}

impl Http {
    pub(super) fn new(network: &Network, limits: Limits) -> Self {
        Self { connector: Connector::new(&network.proxies), pool: Pool::default(), limits }
    }

    /// Sends a call, with `trust` where it goes over TLS.
    ///
    /// A kept connection may have died in the meantime: then a new one is made at once. What is
    /// long in coming is told to `listener`.
    pub(super) async fn send(
        &self,
        call: &Call,
        trust: &Arc<Trust>,
        listener: &Listener,
    ) -> Result<Answer, OciError> {
        let address = &call.url.address;
        if let Some(kept) = self.pool.take(&pool::key(trust, address)).await {
            match self.exchange(call, (trust, listener), kept).await {
                Err(OciError::Lost { .. }) => call.body.lose(),
                other => return other,
            }
        }
        let host = address.to_string();
        let making = self.connector.connect(address, trust, self.limits.tls);
        let made = Waiting::new(&host, listener).within(self.limits.connect, making).await??;
        self.exchange(call, (trust, listener), made).await
    }

    async fn exchange(
        &self,
        call: &Call,
        (trust, listener): (&Arc<Trust>, &Listener),
        mut connection: Connection,
    ) -> Result<Answer, OciError> {
        let address = &call.url.address;
        let host = address.to_string();
        let sending = call.body.again();
        let request = self.request(call, sending.clone())?;
        let mut answering = pin!(connection.sender.send_request(request));
        let mut waiting = Waiting::new(&host, listener);
        let response = loop {
            let (before, whole) = (sending.sent(), sending.is_sent());
            let limit = match (sending.is_nothing(), whole && sending.is_long()) {
                (true, _) => self.limits.answer,
                (false, true) => self.limits.finish,
                (false, false) => self.limits.silence,
            };
            match timeout(waiting.step(limit), &mut answering).await {
                Ok(response) => break response.map_err(|source| tls::lost(&host, &source))?,
                Err(_) if sending.sent() != before || sending.is_sent() != whole => {
                    waiting.goes_on();
                }
                Err(_) => waiting.nothing_came(limit)?,
            }
        };
        let (head, body) = response.into_parts();
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            host,
            body,
            silence: self.limits.silence,
            listener: listener.clone(),
            sending,
            home: Some((self.pool.clone(), pool::key(trust, address), connection)),
        })
    }

    fn request(&self, call: &Call, body: Outgoing) -> Result<Request<Outgoing>, OciError> {
        let Call { method, url, headers, body: _ } = call;
        let host = url.address.to_string();
        let mut request = Request::builder()
            .method(method)
            .uri(self.connector.target(url))
            .header(header::HOST, &host)
            .header(header::USER_AGENT, concat!("kaniko-build/", env!("CARGO_PKG_VERSION")));
        if let Some(login) = self.connector.proxy_login(url) {
            request = request.header(header::PROXY_AUTHORIZATION, login);
        }
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.body(body).map_err(|why| OciError::Nonsense {
            host,
            what: "a request".to_owned(),
            why: why.to_string(),
        })
    }
}

impl Answer {
    /// Who answered.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// A header as text.
    pub(super) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The next bytes of the body; none at its end, and the connection can be used again.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, OciError> {
        loop {
            let body = &mut self.body;
            let frame = std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context));
            let mut waiting = Waiting::new(&self.host, &self.listener);
            match waiting.within(self.silence, frame).await? {
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Ok(Some(bytes));
                    }
                }
                Some(Err(source)) => return Err(tls::lost(&self.host, &source)),
                None => {
                    // What nobody wants any more of is not sent to its end.
                    if let Some((pool, key, connection)) = self.home.take()
                        && self.sending.is_sent()
                    {
                        pool.put(key, connection);
                    }
                    return Ok(None);
                }
            }
        }
    }

    /// The whole body; none if it has more than `most` bytes.
    pub(super) async fn whole(&mut self, most: usize) -> Result<Option<Vec<u8>>, OciError> {
        let mut whole = Vec::new();
        while let Some(bytes) = self.next().await? {
            if whole.len() + bytes.len() > most {
                return Ok(None);
            }
            whole.extend_from_slice(&bytes);
        }
        Ok(Some(whole))
    }
}
