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

use std::{
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use hyper::{
    HeaderMap, Request, StatusCode,
    body::{Body as _, Bytes, Incoming},
    header::{self, HeaderName, HeaderValue},
};
use tokio::time::timeout;

pub(super) use self::{
    address::{Address, Url, encoded},
    body::Outgoing,
    roots::Usual,
    tls::Trust,
};
use self::{
    connect::Connector,
    pool::{Connection, Pool},
};
use super::{Network, OciError};

/// How long we wait for others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// For a connection, TLS included.
    pub(super) connect: Duration,
    /// For the next bytes, in either direction, and for an answer.
    pub(super) silence: Duration,
    /// For the answer to an upload that has wholly been sent: it may be copied there.
    pub(super) finish: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(30),
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
    /// A kept connection may have died in the meantime: then a new one is made at once.
    pub(super) async fn send(&self, call: &Call, trust: &Arc<Trust>) -> Result<Answer, OciError> {
        let address = &call.url.address;
        if let Some(kept) = self.pool.take(&pool::key(trust, address)).await {
            match self.exchange(call, trust, kept).await {
                Err(OciError::Lost { .. }) => call.body.lose(),
                other => return other,
            }
        }
        let making = self.connector.connect(address, trust);
        let made = timeout(self.limits.connect, making).await.map_err(|_| OciError::Silent {
            host: address.to_string(),
            limit: self.limits.connect,
        })??;
        self.exchange(call, trust, made).await
    }

    async fn exchange(
        &self,
        call: &Call,
        trust: &Arc<Trust>,
        mut connection: Connection,
    ) -> Result<Answer, OciError> {
        let address = &call.url.address;
        let host = address.to_string();
        let sending = call.body.again();
        let request = self.request(call, sending.clone())?;
        let mut answering = pin!(connection.sender.send_request(request));
        let response = loop {
            let (before, whole) = (sending.sent(), sending.is_sent());
            let limit =
                if whole && sending.is_long() { self.limits.finish } else { self.limits.silence };
            match timeout(limit, &mut answering).await {
                Ok(response) => break response.map_err(|source| tls::lost(&host, &source))?,
                Err(_) if sending.sent() != before || sending.is_sent() != whole => {}
                Err(_) => return Err(OciError::Silent { host, limit }),
            }
        };
        let (head, body) = response.into_parts();
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            host,
            body,
            silence: self.limits.silence,
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
            let frame = timeout(self.silence, frame)
                .await
                .map_err(|_| OciError::Silent { host: self.host.clone(), limit: self.silence })?;
            match frame {
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
