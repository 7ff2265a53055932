//! What a registry's refusal means.
//!
//! Source: the OCI distribution specification, "Error Codes"; `Retry-After` of RFC 9110.

use std::time::Duration;

use hyper::{StatusCode, header};
use serde::Deserialize;

use super::{challenge::Challenge, patience::Trouble, server::Server};
use crate::oci::{OciError, http::Answer};

/// The most that is read of what a registry says for itself, in bytes.
pub(super) const MOST_SAID: usize = 64 * 1024;

/// The most of it that is told, in characters.
const MOST_TOLD: usize = 300;

/// What was being done when it refused.
#[derive(Debug, Clone, Copy)]
pub(super) enum Doing<'a> {
    /// Pulling the manifest of this image.
    Manifest(&'a str),
    /// Pulling this layer or config.
    Blob(&'a str),
    /// Pushing; of it, this.
    Push(&'a str),
}

#[derive(Deserialize, Default)]
struct Said {
    #[serde(default)]
    errors: Vec<One>,
    /// Of token services, and of those who answer for a registry.
    #[serde(default)]
    details: Option<String>,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    error_description: Option<String>,
}

#[derive(Deserialize)]
struct One {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

/// What was said: its code, and a line.
struct Heard {
    code: String,
    line: String,
}

/// The trouble that `answer`, which is no success, stands for.
pub(super) async fn of(
    answer: &mut Answer,
    server: &Server,
    repository: &str,
    doing: Doing<'_>,
) -> Trouble {
    let heard = hear(answer).await;
    let (host, status) = (answer.host().to_owned(), answer.status);
    // A token was had, and does not do: it is not the login that is wrong.
    let known = matches!(server.challenge(), Some(Challenge::Bearer { .. }));
    let Heard { code, line: message } = heard;
    let at_home = host.clone();
    let error = match (status.as_u16(), doing) {
        (401, _) if !known => {
            OciError::Unauthorized { host: server.host.clone(), user: server.user(), message }
        }
        (401 | 403, _) if code != "TOOMANYREQUESTS" => OciError::Denied {
            host: server.host.clone(),
            repository: repository.to_owned(),
            action: if matches!(doing, Doing::Push(_)) { "to push to" } else { "to pull from" },
            user: server.user(),
            message,
        },
        (404, Doing::Manifest(reference)) => {
            OciError::NoImage { reference: reference.to_owned(), message }
        }
        (404, Doing::Blob(what)) => {
            OciError::NotFound { host, what: format!("{what} in `{repository}`"), message }
        }
        (404, Doing::Push(_)) => {
            OciError::NotFound { host, what: format!("`{repository}` to push to"), message }
        }
        (405, Doing::Push(_)) => OciError::ReadOnly { host: server.host.clone(), message },
        (_, Doing::Push(_)) if code == "UNSUPPORTED" => {
            OciError::ReadOnly { host: server.host.clone(), message }
        }
        (_, Doing::Manifest(what) | Doing::Blob(what) | Doing::Push(what)) => {
            let what = if matches!(doing, Doing::Manifest(_)) {
                format!("the manifest of `{what}`")
            } else {
                what.to_owned()
            };
            general(status, at_home, what, message)
        }
    };
    Trouble { error, after: after(answer), answered: true }
}

/// The trouble that an answer stands for where nothing but its status counts.
pub(super) async fn plain(answer: &mut Answer, what: &str) -> Trouble {
    let message = hear(answer).await.line;
    let error = general(answer.status, answer.host().to_owned(), what.to_owned(), message);
    Trouble { error, after: after(answer), answered: true }
}

/// The trouble that the answer of a token service stands for.
pub(super) async fn of_token(answer: &mut Answer, server: &Server) -> Trouble {
    if !matches!(answer.status.as_u16(), 400 | 401 | 403) {
        return plain(answer, "the login").await;
    }
    let message = hear(answer).await.line;
    let host = if answer.host() == server.host {
        server.host.clone()
    } else {
        format!("{}` (at `{}", server.host, answer.host())
    };
    let error = OciError::Unauthorized { host, user: server.user(), message };
    Trouble { error, after: None, answered: true }
}

fn general(status: StatusCode, host: String, what: String, message: String) -> OciError {
    match status.as_u16() {
        403 | 429 => OciError::TooMany { host, message },
        501 | 505 => OciError::Refused { host, what, status: status.as_u16(), message },
        408 | 425 | 500.. => OciError::Server { host, status: status.as_u16(), message },
        status => OciError::Refused { host, what, status, message },
    }
}

/// How long it wants us to wait; a date is not read, our own pauses do.
fn after(answer: &Answer) -> Option<Duration> {
    answer.header(&header::RETRY_AFTER)?.trim().parse().ok().map(Duration::from_secs)
}

async fn hear(answer: &mut Answer) -> Heard {
    let nothing = || Heard { code: String::new(), line: String::new() };
    let Ok(Some(text)) = answer.whole(MOST_SAID).await else { return nothing() };
    let Ok(said) = serde_json::from_slice::<Said>(&text) else { return nothing() };
    let Said { errors, details, message, error_description } = said;
    let (code, line) = match errors.into_iter().next() {
        Some(One { code, message }) => (code, message),
        None => (None, details.or(error_description).or(message)),
    };
    let (code, line) = (code.unwrap_or_default(), line.unwrap_or_default());
    let line = if line.is_empty() { code.to_ascii_lowercase().replace('_', " ") } else { line };
    Heard { code, line: cut(&line) }
}

/// A line of printable characters.
fn cut(text: &str) -> String {
    let line = text.trim().chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    line.take(MOST_TOLD).collect()
}
