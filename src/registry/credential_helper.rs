//! Docker's credential helpers: programs that know who logs in where.
//!
//! They are run on this machine, so that an executor needs none.
//!
//! Source: docker-credential-helpers, "Development": `docker-credential-NAME get`, the
//! registry's key on stdin, JSON on stdout.

use std::fmt;

use serde::Deserialize;

use super::{Credential, auth_key};
use crate::secret::{Answer, NoAnswer, Programs, Secret, colon};

/// What `get` prints, with exit code 1, where there is nothing for a registry.
///
/// Source: docker-credential-helpers, credentials/error.go.
const NOT_FOUND: &str = "credentials not found in native keychain";

/// The user of an identity token.
///
/// Source: docker's CLI, `cli/config/credentials/native_store.go`.
const TOKEN_USER: &str = "<token>";

/// `credential-helper` of a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialHelper {
    /// `"executor"`: Kaniko finds its own credentials, and none are sent for this host.
    Executor,
    /// The NAME of `docker-credential-NAME`, a program on this machine.
    Program(String),
}

impl CredentialHelper {
    /// Reads the value of `credential-helper`.
    ///
    /// # Errors
    ///
    /// [`NoHelperName`] for what can't be the end of a program's name.
    pub fn parse(text: &str) -> Result<Self, NoHelperName> {
        match text {
            "executor" => Ok(Self::Executor),
            name if is_name(name) => Ok(Self::Program(name.to_owned())),
            _ => Err(NoHelperName),
        }
    }
}

/// A helper's name that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be `executor`, or the NAME of a program `docker-credential-NAME`: letters, digits, `.`, `_` and `-`"
)]
pub struct NoHelperName;

/// Why a helper gave no credential.
#[derive(Debug, thiserror::Error)]
pub enum HelperError {
    /// It gave no answer at all.
    #[error("`docker-credential-{helper}` gave no answer")]
    Program {
        /// Its name.
        helper: String,
        /// Why.
        source: NoAnswer,
    },
    /// It ended with an error.
    #[error("`docker-credential-{helper} get` ended with exit code {code}{}", colon(.complaint))]
    Failed {
        /// Its name.
        helper: String,
        /// Its exit code.
        code: i32,
        /// The last line of its stderr, cut at 200 characters; not redacted.
        complaint: String,
    },
    /// What it wrote is no credential.
    #[error("`docker-credential-{helper} get` answered with something that is no credential")]
    Answer {
        /// Its name.
        helper: String,
    },
    /// It was named for this host and has nothing for it.
    #[error("`docker-credential-{helper}` has no credential")]
    Unknown {
        /// Its name.
        helper: String,
    },
}

/// Whether `name` can be the NAME of `docker-credential-NAME`; a path can't.
pub(super) fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !name.is_empty() && name.bytes().all(allowed)
}

/// Asks `helper` for the credential of `host`; `None` where it knows none.
pub(super) async fn ask<P: Programs>(
    helper: &str,
    host: &str,
    programs: &P,
) -> Result<Option<Credential>, HelperError> {
    let key = auth_key(host);
    let answer = programs
        .run(&format!("docker-credential-{helper}"), &["get".to_owned()], key.as_bytes())
        .await
        .map_err(|source| HelperError::Program { helper: helper.to_owned(), source })?;
    credential(helper, &answer)
}

fn credential(helper: &str, answer: &Answer) -> Result<Option<Credential>, HelperError> {
    let helper = || helper.to_owned();
    if answer.code != 0 {
        if answer.stdout.trim_ascii() == NOT_FOUND.as_bytes() {
            return Ok(None);
        }
        let (code, complaint) = (answer.code, answer.complaint());
        return Err(HelperError::Failed { helper: helper(), code, complaint });
    }
    let Login { username, secret } = serde_json::from_slice(&answer.stdout)
        .map_err(|_| HelperError::Answer { helper: helper() })?;
    if secret.expose().is_empty() {
        return Ok(None);
    }
    Ok(Some(if username == TOKEN_USER {
        Credential::IdentityToken(secret)
    } else {
        Credential::Password { username, password: secret }
    }))
}

#[derive(Deserialize)]
struct Login {
    #[serde(rename = "Username")]
    username: String,
    #[serde(rename = "Secret", deserialize_with = "secret")]
    secret: Secret,
}

fn secret<'a, D: serde::Deserializer<'a>>(input: D) -> Result<Secret, D::Error> {
    String::deserialize(input).map(|text| Secret::new(text.into_bytes()))
}

impl fmt::Display for CredentialHelper {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Executor => formatter.write_str("the executor"),
            Self::Program(name) => write!(formatter, "docker-credential-{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::FakePrograms;

    async fn asked(code: i32, stdout: &'static str) -> Result<Option<Credential>, HelperError> {
        let programs =
            FakePrograms::default().answers("docker-credential-x", code, stdout, "no session");
        ask("x", "ghcr.io", &programs).await
    }

    #[tokio::test]
    async fn a_helper_gets_the_key_of_the_registry_on_stdin() {
        let answer = r#"{"ServerURL":"","Username":"ci","Secret":"hunter2"}"#;
        let programs = FakePrograms::default().answers("docker-credential-x", 0, answer, "");

        let found = ask("x", "index.docker.io", &programs).await.unwrap();

        assert_eq!(
            found,
            Some(Credential::Password { username: "ci".to_owned(), password: "hunter2".into() })
        );
        assert_eq!(programs.asked(), ["docker-credential-x get < https://index.docker.io/v1/"]);
    }

    #[tokio::test]
    async fn a_token_is_told_by_its_user() {
        let found = asked(0, r#"{"Username":"<token>","Secret":"refresh"}"#).await.unwrap();
        assert_eq!(found, Some(Credential::IdentityToken("refresh".into())));
    }

    #[tokio::test]
    async fn a_helper_may_know_nothing() {
        let found = asked(1, "credentials not found in native keychain\n").await.unwrap();
        assert_eq!(found, None);
    }

    #[tokio::test]
    async fn a_failing_helper_is_named_without_its_answer() {
        let error = asked(1, "hunter2").await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "`docker-credential-x get` ended with exit code 1: no session"
        );
        let error = asked(0, r#"{"Username":"ci","Secret":["hunter2"]}"#).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "`docker-credential-x get` answered with something that is no credential"
        );
        assert!(std::error::Error::source(&error).is_none());
    }

    #[test]
    fn a_helper_is_a_name_or_the_executor() {
        assert_eq!(CredentialHelper::parse("executor"), Ok(CredentialHelper::Executor));
        assert_eq!(
            CredentialHelper::parse("ecr-login"),
            Ok(CredentialHelper::Program("ecr-login".to_owned()))
        );
        assert_eq!(CredentialHelper::parse("../x"), Err(NoHelperName));
    }
}
