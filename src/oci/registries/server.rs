//! One registry: how it is spoken to, and who we are there.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use hyper::{Method, StatusCode, header};
use tokio::sync::OnceCell;

use super::{
    Inner,
    challenge::{self, Challenge},
    locked,
    patience::Trouble,
    real_host, refusal,
    token::Token,
};
use crate::{
    oci::{
        Host, OciError,
        http::{Address, Answer, Call, Outgoing, Trust},
    },
    registry::Credential,
};

/// One registry.
#[derive(Debug)]
pub(super) struct Server {
    /// As references name it.
    pub(super) host: String,
    pub(super) declared: Host,
    pub(super) trust: Arc<Trust>,
    /// Where it is, with HTTPS or without: found out once.
    met: OnceCell<Address>,
    /// Held by who looks for it.
    meeting: tokio::sync::Mutex<()>,
    /// How it was looked for in vain, and how often.
    vain: Mutex<Vain>,
    /// How it wants to know who we are.
    challenge: Mutex<Option<Challenge>>,
    /// By scopes. Held while one is had: others wait for it.
    pub(super) tokens: tokio::sync::Mutex<HashMap<String, Token>>,
}

/// Looks at a registry that came to nothing.
#[derive(Debug, Clone, Copy, Default)]
struct Vain {
    times: u64,
    /// How long it was silent the last time, if that was why.
    silent: Option<Duration>,
}

impl Server {
    pub(super) fn new(host: &str, declared: Host, trust: Arc<Trust>) -> Self {
        Self {
            host: host.to_owned(),
            declared,
            trust,
            met: OnceCell::new(),
            meeting: tokio::sync::Mutex::default(),
            vain: Mutex::default(),
            challenge: Mutex::default(),
            tokens: tokio::sync::Mutex::default(),
        }
    }

    /// Who logs in, in words; a token has no name.
    pub(super) fn user(&self) -> Option<String> {
        let credential = self.declared.credential.as_ref()?;
        let named = credential.username().map(str::to_owned);
        named.or_else(|| {
            matches!(credential, Credential::IdentityToken(_) | Credential::RegistryToken(_))
                .then(|| "a token".to_owned())
        })
    }

    pub(super) fn challenge(&self) -> Option<Challenge> {
        locked(&self.challenge).clone()
    }

    /// Takes in how an answer wants to know who we are; false if it does not say.
    pub(super) fn heed(&self, address: &Address, answer: &Answer) -> bool {
        let values = answer.headers.get_all(header::WWW_AUTHENTICATE);
        let values = values.iter().filter_map(|value| value.to_str().ok());
        let asked = answer.status == StatusCode::UNAUTHORIZED;
        match challenge::read(values, address).filter(|_| asked) {
            Some(challenge) => {
                *locked(&self.challenge) = Some(challenge);
                true
            }
            None => false,
        }
    }

    /// Whether it may be spoken to over plain HTTP: as declared, or as it is this machine.
    ///
    /// Source: docker and Kaniko, which both take loopback for insecure.
    fn may_be_plain(&self) -> bool {
        self.declared.insecure
            || Address::at(false, &self.host).is_some_and(|address| address.is_loopback())
    }
}

impl Inner {
    /// Where `server` is; at first contact it is asked whether it speaks HTTPS, and whether it
    /// wants a login.
    ///
    /// A silence is the same for all who have waited for its end: one after the other they would
    /// each wait for as long.
    pub(super) async fn meet<'a>(&self, server: &'a Server) -> Result<&'a Address, Trouble> {
        if let Some(met) = server.met.get() {
            return Ok(met);
        }
        let before = locked(&server.vain).times;
        let _meeting = server.meeting.lock().await;
        let vain = *locked(&server.vain);
        if let Some(limit) = vain.silent.filter(|_| vain.times != before) {
            return Err(OciError::Silent { host: server.host.clone(), limit }.into());
        }
        let met = server.met.get_or_try_init(|| self.find(server)).await;
        if let Err(trouble) = &met {
            let silent = match &trouble.error {
                OciError::Silent { limit, .. } => Some(*limit),
                _ => None,
            };
            *locked(&server.vain) = Vain { times: vain.times + 1, silent };
        }
        met
    }

    async fn find(&self, server: &Server) -> Result<Address, Trouble> {
        let over_tls = match self.knock(server, true).await {
            Ok(address) => return Ok(address),
            Err(trouble) => trouble,
        };
        // What answers over TLS, and fails, is there.
        let answered =
            over_tls.is_an_answer() || matches!(over_tls.error, OciError::Setting { .. });
        if answered || !server.may_be_plain() {
            return Err(over_tls);
        }
        match self.knock(server, false).await {
            Ok(address) => Ok(address),
            // Of two failures that is told which leads further.
            Err(plain) if matches!(over_tls.error, OciError::PlainHttp { .. }) => Err(plain),
            Err(plain) if plain.is_an_answer() => Err(plain),
            Err(plain) => match (over_tls.error, plain.error) {
                (OciError::Silent { host, limit }, OciError::Silent { limit: more, .. }) => {
                    Err(OciError::Silent { host, limit: limit + more }.into())
                }
                (error, _) => Err(Trouble { error, ..over_tls }),
            },
        }
    }

    async fn knock(&self, server: &Server, https: bool) -> Result<Address, Trouble> {
        let address = Address::at(https, real_host(&server.host)).ok_or_else(|| {
            let why = "it is no address".to_owned();
            OciError::Setting { host: server.host.clone(), what: "the host", why }
        })?;
        let call = Call {
            method: Method::GET,
            url: address.path("/v2/"),
            headers: Vec::new(),
            body: Outgoing::nothing(),
        };
        let mut answer = self.http.send(&call, &server.trust, &self.listener).await?;
        // What speaks TLS says so to plain HTTP.
        if !https && answer.status == StatusCode::BAD_REQUEST {
            return Err(OciError::Tls {
                host: server.host.clone(),
                why: "it wants TLS after all".to_owned(),
            }
            .into());
        }
        if answer.status == StatusCode::TOO_MANY_REQUESTS || answer.status.is_server_error() {
            return Err(refusal::plain(&mut answer, "the question whether it is a registry").await);
        }
        server.heed(&address, &answer);
        // A connection whose answer is read to the end is used again.
        let _ = answer.whole(refusal::MOST_SAID).await;
        Ok(address)
    }
}
