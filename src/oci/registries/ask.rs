//! One question to a registry: logged in, redirected, asked again when a token has run out.

use std::sync::Arc;

use hyper::{
    Method, StatusCode,
    header::{self, HeaderName, HeaderValue},
};

use super::{Inner, patience::Trouble, refusal, server::Server};
use crate::oci::{
    OciError,
    http::{Address, Answer, Call, Outgoing, Trust, Url},
};

/// How often we let ourselves be sent elsewhere.
const MOST_REDIRECTS: usize = 10;

/// A question.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) method: Method,
    /// Where; relative to the registry if it has no server of its own.
    pub(super) at: At,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Outgoing,
}

/// Where a question goes.
#[derive(Debug, Clone)]
pub(super) enum At {
    /// A path of the registry.
    Path(String),
    /// Where the registry has sent us.
    Url(Url),
}

impl Question {
    pub(super) fn new(method: Method, path: String) -> Self {
        Self { method, at: At::Path(path), headers: Vec::new(), body: Outgoing::nothing() }
    }

    pub(super) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    pub(super) fn body(self, body: Outgoing) -> Self {
        Self { body, ..self }
    }
}

/// What a token must allow in `repository`.
pub(super) fn scope(repository: &str, actions: &str) -> String {
    format!("repository:{repository}:{actions}")
}

impl Inner {
    /// Whom to trust at `address`, to which `server` has sent us: as it is declared, else as
    /// that registry, whose token service and store are most often signed by the same.
    pub(super) fn trust<'a>(&'a self, address: &Address, server: &'a Server) -> &'a Arc<Trust> {
        let declared = self.declared_at(&address.to_string());
        declared.map_or(&server.trust, |(_, trust)| trust)
    }

    /// Asks; any status is an answer.
    pub(super) async fn ask(
        &self,
        server: &Server,
        scopes: &[String],
        question: &Question,
    ) -> Result<Answer, Trouble> {
        let home = self.meet(server).await?;
        let url = match &question.at {
            At::Path(path) => home.path(path.clone()),
            At::Url(url) => url.clone(),
        };
        let login = self.login(server, scopes).await?;
        let (mut answer, from) = self.follow(server, home, &url, login.as_ref(), question).await?;
        // Who we are sent to must not say where our login goes.
        let refused = answer.status == StatusCode::UNAUTHORIZED && from == *home;
        if !refused || !server.heed(home, &answer) {
            return Ok(answer);
        }
        // The token has run out, or only here it is said that one is needed.
        server.tokens.lock().await.remove(&scopes.join(" "));
        let renewed = self.login(server, scopes).await?;
        if renewed == login {
            return Ok(answer);
        }
        let _ = answer.whole(refusal::MOST_SAID).await;
        let (answer, _) = self.follow(server, home, &url, renewed.as_ref(), question).await?;
        Ok(answer)
    }

    /// Sends a question to where it is sent on; the login goes to the registry alone. The answer,
    /// and who gives it.
    async fn follow(
        &self,
        server: &Server,
        home: &Address,
        url: &Url,
        login: Option<&HeaderValue>,
        question: &Question,
    ) -> Result<(Answer, Address), Trouble> {
        let mut url = url.clone();
        for _ in 0..MOST_REDIRECTS {
            let mut headers = question.headers.clone();
            if let Some(login) = login.filter(|_| url.address == *home) {
                headers.push((header::AUTHORIZATION, login.clone()));
            }
            let (method, body) = (question.method.clone(), question.body.clone());
            let trust = self.trust(&url.address, server);
            let call = Call { method, url: url.clone(), headers, body };
            let mut answer = self.http.send(&call, trust, &self.listener).await?;
            let reads = matches!(question.method, Method::GET | Method::HEAD);
            let sends_on = match answer.status.as_u16() {
                301..=303 => reads,
                307 | 308 => true,
                _ => false,
            };
            let next = answer.header(&header::LOCATION).and_then(|location| url.join(location));
            match next.filter(|_| sends_on) {
                None => return Ok((answer, url.address)),
                Some(next) => url = next,
            }
            let _ = answer.whole(refusal::MOST_SAID).await;
        }
        Err(OciError::Nonsense {
            host: server.host.clone(),
            what: "a request".to_owned(),
            why: "it sends us on and on".to_owned(),
        }
        .into())
    }
}
