//! Tokens: who we are, in exchange for what we may do for a minute.
//!
//! Source: distribution's "Token Authentication Specification" and "`OAuth2` Token
//! Authentication".

use std::time::{Duration, Instant};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hyper::{
    Method,
    header::{self, HeaderValue},
};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{Inner, challenge::Challenge, patience::Trouble, refusal, server::Server};
use crate::{
    oci::{
        OciError,
        http::{Call, Outgoing, Url, encoded},
    },
    registry::Credential,
    secret::Secret,
};

/// How long a token counts that does not say it.
const USUAL_LIFE: u64 = 60;

/// How long before its end a token is not used any more: a request takes a while.
const MARGIN: Duration = Duration::from_secs(10);

/// The most that a token service may answer.
const MOST_TOKEN: usize = 1 << 20;

/// A token, and until when it counts.
#[derive(Debug)]
pub(super) struct Token {
    value: HeaderValue,
    until: Instant,
}

#[derive(Deserialize)]
struct Given {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    access_token: Option<String>,
    #[serde(default)]
    expires_in: Option<u64>,
}

impl Inner {
    /// The value of `Authorization` for what `scopes` allow; none for anybody.
    pub(super) async fn login(
        &self,
        server: &Server,
        scopes: &[String],
    ) -> Result<Option<HeaderValue>, Trouble> {
        let credential = server.declared.credential.as_ref();
        match server.challenge() {
            None => Ok(None),
            Some(Challenge::Basic) => Ok(credential.and_then(basic)),
            Some(Challenge::Bearer { realm, service, scope }) => {
                if let Some(Credential::RegistryToken(token)) = credential {
                    return Ok(bearer(token.expose()));
                }
                let mut scopes = scopes.to_vec();
                if scopes.is_empty() {
                    scopes.extend(scope);
                }
                let key = scopes.join(" ");
                let mut tokens = server.tokens.lock().await;
                if let Some(token) = tokens.get(&key).filter(|it| Instant::now() < it.until) {
                    return Ok(Some(token.value.clone()));
                }
                let token = self.token(server, &realm, service.as_deref(), &scopes).await?;
                let value = token.value.clone();
                tokens.insert(key, token);
                Ok(Some(value))
            }
        }
    }

    /// Gets a token at `realm`.
    async fn token(
        &self,
        server: &Server,
        realm: &Url,
        service: Option<&str>,
        scopes: &[String],
    ) -> Result<Token, Trouble> {
        let address = self.meet(server).await?;
        let credential = server.declared.credential.as_ref();
        if credential.is_some() && address.https && !realm.address.https {
            let why = "it sends a login over plain HTTP".to_owned();
            let what = "the login".to_owned();
            return Err(OciError::Nonsense { host: server.host.clone(), what, why }.into());
        }
        let call = match credential {
            Some(Credential::IdentityToken(token)) => {
                refreshing(realm, service, scopes, token.expose())
            }
            _ => asking(realm, service, scopes, credential.and_then(basic)),
        };
        let trust = self.trust(&realm.address, server);
        let mut answer = self.http.send(&call, trust, &self.listener).await?;
        if !answer.status.is_success() {
            return Err(refusal::of_token(&mut answer, server).await);
        }
        let host = answer.host().to_owned();
        let nonsense = |why: &str| OciError::Nonsense {
            host: host.clone(),
            what: "the login".to_owned(),
            why: why.to_owned(),
        };
        let text = answer.whole(MOST_TOKEN).await?.ok_or_else(|| nonsense("it has no end"))?;
        let text = Zeroizing::new(text);
        // What is wrong with it is not said: the token might be told with it.
        let given: Given = serde_json::from_slice(&text).map_err(|_| nonsense("it is no token"))?;
        let Given { token, access_token, expires_in } = given;
        let token = token.filter(|it| !it.is_empty()).or(access_token);
        let token = Secret::from(Zeroizing::new(token.unwrap_or_default()).as_str());
        let value = bearer(token.expose()).filter(|_| !token.expose().is_empty());
        let life = Duration::from_secs(expires_in.unwrap_or(USUAL_LIFE).min(24 * 60 * 60));
        Ok(Token {
            value: value.ok_or_else(|| nonsense("there is no token in it"))?,
            until: Instant::now() + life.saturating_sub(MARGIN),
        })
    }
}

fn asking(
    realm: &Url,
    service: Option<&str>,
    scopes: &[String],
    login: Option<HeaderValue>,
) -> Call {
    let mut url = realm.clone();
    if let Some(service) = service {
        url = url.with("service", service);
    }
    for scope in scopes {
        url = url.with("scope", scope);
    }
    let headers = login.map(|login| (header::AUTHORIZATION, login)).into_iter().collect();
    Call { method: Method::GET, url, headers, body: Outgoing::nothing() }
}

fn refreshing(realm: &Url, service: Option<&str>, scopes: &[String], token: &[u8]) -> Call {
    let token = String::from_utf8_lossy(token);
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", "kaniko-build"),
        ("service", service.unwrap_or_default()),
        ("scope", &scopes.join(" ")),
        ("refresh_token", token.trim()),
    ];
    let form: Vec<_> =
        form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    Call {
        method: Method::POST,
        url: realm.clone(),
        headers: vec![(header::CONTENT_TYPE, kind)],
        body: Outgoing::bytes(form.join("&")),
    }
}

fn basic(credential: &Credential) -> Option<HeaderValue> {
    let Credential::Password { username, password } = credential else { return None };
    let pair = Zeroizing::new([username.as_bytes(), b":", password.expose()].concat());
    sensitive(&format!("Basic {}", BASE64_STANDARD.encode(&*pair)))
}

fn bearer(token: &[u8]) -> Option<HeaderValue> {
    sensitive(&format!("Bearer {}", std::str::from_utf8(token).ok()?))
}

/// A header that is not shown; none if it can't be sent.
fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
