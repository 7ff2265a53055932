//! What must be at hand before anything starts: secrets, credentials, certificates.
//!
//! Everything secret of a run is had here, once, and made known to the redactor. What cannot
//! be had ends the run before it began, all of it told at once.

mod tried;

pub use tried::Tried;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use crate::{
    plan::{Build, Executor, ExecutorKind, Plan, Value},
    registry::{
        self, Credential, Reference,
        credentials::{self, CredentialsError, Located, Login, Needed, Sources},
        executor_config,
    },
    secret::{Purpose, Redactor, Secret, Source, SourceError},
};

use super::programs::LocalPrograms;

/// Secrets by where they come from, and credentials by host.
#[derive(Debug, Default)]
pub struct Prepared {
    /// For logging in.
    passwords: BTreeMap<Source, Secret>,
    /// For `RUN`.
    build_secrets: BTreeMap<Source, Secret>,
    /// For registries, by what a build needs there: a docker config may have another for another
    /// repository of the host. Needs without one are met anonymously.
    credentials: Vec<(Needed, Login)>,
    /// What is odd and stops nothing.
    pub warnings: Vec<String>,
}

/// Why a run cannot start.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// A secret cannot be had.
    #[error("{of}")]
    Secret {
        /// What it is for.
        of: String,
        /// Why.
        source: SourceError,
    },
    /// Credentials of a registry cannot be had.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// A file that must travel cannot be read.
    #[error("`{}` cannot be read", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A certificate's file holds none, which Kaniko would pass over without a word.
    #[error("`{}`, named in `{section}`, holds no PEM of the kind it should", path.display())]
    NoPem {
        /// The file.
        path: PathBuf,
        /// `[registries.NAME]`.
        section: String,
    },
}

impl PrepareError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Secret { source, .. } => source.hint().map(str::to_owned),
            Self::Credentials(error) => error.hint().map(str::to_owned),
            Self::File { .. } => Some("is the path right, and may this user read it?".to_owned()),
            Self::NoPem { .. } => Some(
                "a certificate begins with `-----BEGIN CERTIFICATE-----`, a key with \
                 `-----BEGIN PRIVATE KEY-----` or the like"
                    .to_owned(),
            ),
        }
    }
}

impl Prepared {
    /// Has every secret of `plan`, running credential commands and helpers.
    ///
    /// # Errors
    ///
    /// [`PrepareError`]: each source that has no secret, with the first that it is for, and each
    /// registry without the credentials that it should have.
    pub async fn new(
        plan: &Plan,
        environment: &BTreeMap<String, String>,
        redactor: &Redactor,
    ) -> Result<Self, Vec<PrepareError>> {
        let (mut prepared, mut errors) = (Self::default(), Vec::new());
        let (mut for_run, mut for_login) = (BTreeSet::new(), BTreeSet::new());
        for build in &plan.builds {
            for (id, source) in &build.secrets {
                if for_run.insert(source) {
                    let of = format!("secret `{id}` of `{}`", build.name);
                    errors.extend(prepared.build_secret(&of, source, environment).await.err());
                }
            }
            for (of, source) in of_executor(&build.executor) {
                if for_login.insert(source) {
                    let of = format!("executor `{}`, {of}", build.executor.name);
                    errors.extend(prepared.password(&of, source, environment).await.err());
                }
            }
        }
        let needed: Vec<_> =
            plan.builds.iter().flat_map(|build| build.registries.iter().cloned()).collect();
        let sources = Sources { registries: &plan.registries, env: environment };
        if let Err(wrong) = prepared.log_in(needed, sources, environment).await {
            errors.extend(wrong.into_iter().map(PrepareError::from));
        }
        prepared.tell(redactor);
        if errors.is_empty() { Ok(prepared) } else { Err(errors) }
    }

    /// Has the credentials of the registries of `plan`, and no other secret.
    ///
    /// # Errors
    ///
    /// [`PrepareError::Credentials`], for each registry without them.
    pub async fn logins(
        plan: &Plan,
        environment: &BTreeMap<String, String>,
        redactor: &Redactor,
    ) -> Result<Self, Vec<PrepareError>> {
        let registries = plan.builds.iter().flat_map(|build| build.registries.iter().cloned());
        Self::of(registries.collect(), plan, environment, redactor).await
    }

    /// Has what pulling `references` takes, and no more.
    ///
    /// # Errors
    ///
    /// [`PrepareError::Credentials`], for each registry without them.
    pub(super) async fn to_pull(
        plan: &Plan,
        build: &Build,
        references: &[Reference],
        environment: &BTreeMap<String, String>,
        redactor: &Redactor,
    ) -> Result<Self, Vec<PrepareError>> {
        // The plan has read the mirrors once: they are mirrors.
        let hosts = registry::with_mirrors(&Needed::by(references), &plan.registries);
        let hosts = hosts.unwrap_or_default();
        let asked = |needed: &&Needed| hosts.iter().any(|host| host.host == needed.host);
        let needed = build.registries.iter().filter(asked).cloned().collect();
        Self::of(needed, plan, environment, redactor).await
    }

    async fn of(
        needed: Vec<Needed>,
        plan: &Plan,
        environment: &BTreeMap<String, String>,
        redactor: &Redactor,
    ) -> Result<Self, Vec<PrepareError>> {
        let mut prepared = Self::default();
        let sources = Sources { registries: &plan.registries, env: environment };
        let logged_in = prepared.log_in(needed, sources, environment).await;
        prepared.tell(redactor);
        match logged_in {
            Ok(()) => Ok(prepared),
            Err(errors) => Err(errors.into_iter().map(PrepareError::from).collect()),
        }
    }

    /// Asks each place once, all hosts together, and again only where two builds find different
    /// credentials for one host. What is wrong is at least one thing.
    async fn log_in(
        &mut self,
        needed: Vec<Needed>,
        sources: Sources<'_>,
        environment: &BTreeMap<String, String>,
    ) -> Result<(), Vec<CredentialsError>> {
        let located = located(&needed, sources)?;
        let mut left: Vec<(Needed, Located)> = needed.into_iter().zip(located).collect();
        while !left.is_empty() {
            let mut asked: Vec<Located> = Vec::new();
            for (_, located) in &left {
                if !asked.iter().any(|known| known.host == located.host) {
                    asked.push(located.clone());
                }
            }
            let found = credentials::resolve(&asked, environment, &LocalPrograms).await?;
            for warning in found.warnings.iter().map(ToString::to_string) {
                if !self.warnings.contains(&warning) {
                    self.warnings.push(warning);
                }
            }
            let (met, rest): (Vec<_>, Vec<_>) =
                left.into_iter().partition(|(_, located)| asked.contains(located));
            for (need, located) in met {
                let login = found.logins.iter().find(|login| login.host == located.host);
                self.credentials.extend(login.map(|login| (need, login.clone())));
            }
            left = rest;
        }
        Ok(())
    }

    pub(super) fn credential(&self, build: &Build, host: &str) -> Option<&Credential> {
        let needed = build.registries.iter().find(|needed| needed.host == host)?;
        let found = self.credentials.iter().find(|(known, _)| known == needed);
        found.map(|(_, login)| &login.credential)
    }

    fn tell(&self, redactor: &Redactor) {
        let secrets = self.passwords.values().chain(self.build_secrets.values());
        let registries = self.credentials.iter().map(|(_, login)| login.credential.secret());
        for secret in secrets.chain(registries) {
            // Too short a secret was refused where it came from.
            let _ = redactor.add(secret);
        }
    }

    async fn password(
        &mut self,
        of: &str,
        source: &Source,
        environment: &BTreeMap<String, String>,
    ) -> Result<(), PrepareError> {
        if !self.passwords.contains_key(source) {
            let secret = self.have(of, source, Purpose::Password, environment).await?;
            self.passwords.insert(source.clone(), secret);
        }
        Ok(())
    }

    async fn build_secret(
        &mut self,
        of: &str,
        source: &Source,
        environment: &BTreeMap<String, String>,
    ) -> Result<(), PrepareError> {
        if !self.build_secrets.contains_key(source) {
            let secret = self.have(of, source, Purpose::BuildSecret, environment).await?;
            self.build_secrets.insert(source.clone(), secret);
        }
        Ok(())
    }

    async fn have(
        &mut self,
        of: &str,
        source: &Source,
        purpose: Purpose,
        environment: &BTreeMap<String, String>,
    ) -> Result<Secret, PrepareError> {
        let found = source.resolve(purpose, environment, &LocalPrograms).await;
        let found = found.map_err(|source| PrepareError::Secret { of: of.to_owned(), source })?;
        self.warnings.extend(found.warning.map(|warning| warning.to_string()));
        Ok(found.secret)
    }

    /// A value that may be a secret.
    #[must_use]
    pub fn value(&self, value: &Value) -> Option<Secret> {
        match value {
            Value::Plain(text) => Some(Secret::from(text.as_str())),
            Value::Secret(source) => self.passwords.get(source).cloned(),
        }
    }

    /// A password.
    #[must_use]
    pub fn password_of(&self, source: &Source) -> Option<Secret> {
        self.passwords.get(source).cloned()
    }

    /// A secret for `RUN`.
    #[must_use]
    pub fn build_secret_of(&self, source: &Source) -> Option<Secret> {
        self.build_secrets.get(source).cloned()
    }

    /// The docker config of a build: its hosts and no others.
    #[must_use]
    pub fn docker_config(&self, build: &Build) -> Secret {
        let hosts = build.registries.iter().map(|needed| needed.host.as_str());
        executor_config(hosts.filter_map(|host| Some((host, self.credential(build, host)?))))
    }

    /// Who logs in to `host`, for messages.
    #[must_use]
    pub fn username(&self, build: &Build, host: &str) -> Option<&str> {
        self.credential(build, host)?.username()
    }
}

/// The secrets of an executor, with the keys that they stand at.
fn of_executor(executor: &Executor) -> Vec<(String, &Source)> {
    let mut sources = Vec::new();
    for (name, value) in &executor.environment {
        if let Value::Secret(source) = value {
            sources.push((format!("env.{name}"), source));
        }
    }
    if let ExecutorKind::CloudFoundry(app) = &executor.kind
        && let Some((username, password)) = &app.login
    {
        if let Value::Secret(source) = username {
            sources.push(("username".to_owned(), source));
        }
        sources.push(("password".to_owned(), password));
    }
    sources
}

/// Where the credentials of each would come from; what is wrong is told of each host once.
fn located(needed: &[Needed], sources: Sources<'_>) -> Result<Vec<Located>, Vec<CredentialsError>> {
    credentials::locate(needed, sources).map_err(|first| {
        let mut hosts = BTreeSet::new();
        let one_by_one = needed.iter().filter(|needed| hosts.insert(&needed.host));
        let errors = one_by_one.filter_map(|needed| credentials::locate([needed], sources).err());
        let errors: Vec<_> = errors.collect();
        if errors.is_empty() { vec![first] } else { errors }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn two_builds_have_the_credentials_of_their_own_repositories_at_one_host() {
        // `a:one-pass` and `b:two-pass`.
        let config = r#"{"auths": {"r.example.com/one": {"auth": "YTpvbmUtcGFzcw=="},
            "r.example.com/two": {"auth": "Yjp0d28tcGFzcw=="}}}"#;
        let environment = BTreeMap::from([("DOCKER_AUTH_CONFIG".to_owned(), config.to_owned())]);
        let need = |repository: &str| Needed {
            host: "r.example.com".into(),
            repositories: vec![repository.into()],
        };
        let mut prepared = Prepared::default();

        let sources = Sources { registries: &[], env: &environment };
        let needed = vec![need("one/x"), need("two/x")];
        prepared.log_in(needed, sources, &environment).await.unwrap();

        let users: Vec<_> =
            prepared.credentials.iter().map(|(_, login)| login.credential.username()).collect();
        assert_eq!(users, [Some("a"), Some("b")]);
    }
}
