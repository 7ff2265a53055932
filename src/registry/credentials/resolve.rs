//! The credentials themselves; helpers and commands are run for them.

use std::collections::BTreeMap;

use super::{Candidate, Credential, CredentialsError, How, Located};
use crate::{
    registry::{HelperError, credential_helper},
    secret::{Programs, Purpose, Secret, Source, SourceWarning, Sourced, TooShort},
};

/// The credential of one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// As the build names it.
    pub host: String,
    /// Where it is from, as [`Candidate::origin`].
    pub origin: String,
    /// The credential.
    pub credential: Credential,
}

/// What has been found out about all hosts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resolved {
    /// The hosts with a credential.
    pub logins: Vec<Login>,
    /// The hosts that are left to the executor's own helpers.
    pub executors_own: Vec<String>,
    /// The hosts that nobody knows a credential for.
    pub anonymous: Vec<String>,
    /// What is worth telling.
    pub warnings: Vec<SourceWarning>,
}

/// Gets the credentials, one host after the other.
///
/// A helper that only a docker config names may fail where that config has an entry as well.
/// Within one call a command is run once, and so is a helper for a host: call it once a run,
/// for all hosts of all builds.
///
/// # Errors
///
/// [`CredentialsError::Password`], [`CredentialsError::Helper`] and
/// [`CredentialsError::Short`], for each host that fails; a password that several hosts have in
/// common counts once.
pub async fn resolve<P: Programs>(
    located: &[Located],
    env: &BTreeMap<String, String>,
    programs: &P,
) -> Result<Resolved, Vec<CredentialsError>> {
    let mut resolved = Resolved::default();
    let mut passwords = BTreeMap::new();
    let mut errors = Vec::new();
    for (number, host) in located.iter().enumerate() {
        if located[..number].contains(host) {
            continue;
        }
        // A command that has been run for another host is not run again.
        for (origin, source) in host.sources() {
            if passwords.contains_key(source) {
                continue;
            }
            let secret = match source.resolve(Purpose::Password, env, programs).await {
                Ok(Sourced { secret, warning }) => {
                    resolved.warnings.extend(warning);
                    Some(secret)
                }
                Err(source) => {
                    let (host, origin) = (host.host.clone(), origin.to_owned());
                    errors.push(CredentialsError::Password { host, origin, source });
                    None
                }
            };
            passwords.insert(source, secret);
        }
        errors.extend(of_host(host, &passwords, programs, &mut resolved).await.err());
    }
    if errors.is_empty() { Ok(resolved) } else { Err(errors) }
}

impl Located {
    /// The passwords that have still to be had, with their places.
    fn sources(&self) -> impl Iterator<Item = (&str, &Source)> {
        self.candidates.iter().filter_map(|candidate| match &candidate.how {
            How::Password { source, .. } => Some((candidate.origin.as_str(), source)),
            How::Known(_) | How::Helper { .. } | How::Executor => None,
        })
    }
}

async fn of_host<P: Programs>(
    located: &Located,
    passwords: &BTreeMap<&Source, Option<Secret>>,
    programs: &P,
    resolved: &mut Resolved,
) -> Result<(), CredentialsError> {
    let Located { host, candidates } = located;
    let mut failure = None;
    for Candidate { origin, how } in candidates {
        let failed = |source| CredentialsError::Helper {
            host: host.clone(),
            origin: origin.clone(),
            source,
        };
        let credential = match how {
            How::Executor => {
                resolved.executors_own.push(host.clone());
                return Ok(());
            }
            How::Known(credential) => credential.clone(),
            How::Password { username, source } => {
                // That it can't be had has been told.
                let Some(password) = passwords[source].clone() else { return Ok(()) };
                Credential::Password { username: username.clone(), password }
            }
            How::Helper { name, required } => {
                match credential_helper::ask(name, host, programs).await {
                    Ok(Some(credential)) => credential,
                    Ok(None) if *required => {
                        return Err(failed(HelperError::Unknown { helper: name.clone() }));
                    }
                    Ok(None) => continue,
                    Err(error) if *required => return Err(failed(error)),
                    Err(error) => {
                        failure.get_or_insert_with(|| failed(error));
                        continue;
                    }
                }
            }
        };
        if credential.secret().is_short() {
            let (host, origin) = (host.clone(), origin.clone());
            return Err(CredentialsError::Short { host, origin, source: TooShort });
        }
        resolved.logins.push(Login { host: host.clone(), origin: origin.clone(), credential });
        return Ok(());
    }
    if let Some(failure) = failure {
        return Err(failure);
    }
    resolved.anonymous.push(host.clone());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::FakePrograms;

    fn located(candidates: &[(&str, How)]) -> Vec<Located> {
        let candidates = candidates
            .iter()
            .map(|(origin, how)| Candidate { origin: (*origin).to_owned(), how: how.clone() })
            .collect();
        vec![Located { host: "a.io".to_owned(), candidates }]
    }

    fn password(password: &str) -> Credential {
        Credential::Password { username: "ci".to_owned(), password: password.into() }
    }

    fn helper(required: bool) -> How {
        How::Helper { name: "x".to_owned(), required }
    }

    async fn resolved(
        candidates: &[(&str, How)],
        programs: &FakePrograms,
    ) -> Result<Resolved, CredentialsError> {
        let resolved = resolve(&located(candidates), &BTreeMap::new(), programs).await;
        resolved.map_err(|mut errors| errors.remove(0))
    }

    const ANSWER: &str = r#"{"Username":"ci","Secret":"from-helper"}"#;

    #[tokio::test]
    async fn a_login_says_where_it_is_from() {
        let programs = FakePrograms::default().answers("pass", 0, "hunter2\n", "");
        let source = Source::Command(vec!["pass".to_owned()]);
        let how = How::Password { username: "ci".to_owned(), source };
        let found = resolved(&[("[registries.a]", how)], &programs).await.unwrap();
        assert_eq!(
            found.logins,
            [Login {
                host: "a.io".to_owned(),
                origin: "[registries.a]".to_owned(),
                credential: password("hunter2"),
            }]
        );
    }

    #[tokio::test]
    async fn a_command_is_run_once_for_two_hosts_and_a_helper_once_for_a_host() {
        let programs = FakePrograms::default().answers("pass", 0, "hunter2\n", "").answers(
            "docker-credential-x",
            0,
            ANSWER,
            "",
        );
        let source = Source::Command(vec!["pass".to_owned()]);
        let how = How::Password { username: "ci".to_owned(), source };
        let mut all = located(&[("[registries.a]", how.clone())]);
        all.push(Located { host: "b.io".to_owned(), ..all[0].clone() });
        all.extend(located(&[("file", helper(false))]));
        all.extend(located(&[("file", helper(false))]));

        let found = resolve(&all, &BTreeMap::new(), &programs).await.unwrap();

        assert_eq!(programs.asked(), ["pass  < ", "docker-credential-x get < a.io"]);
        let hosts: Vec<_> = found.logins.iter().map(|login| login.host.as_str()).collect();
        assert_eq!(hosts, ["a.io", "b.io", "a.io"]);
    }

    #[tokio::test]
    async fn a_file_counts_where_its_helper_knows_nothing_or_is_missing() {
        let known = How::Known(password("from-file"));
        let candidates = [("file", helper(false)), ("file", known)];
        let nothing = FakePrograms::default().answers(
            "docker-credential-x",
            1,
            "credentials not found in native keychain",
            "",
        );
        for programs in [nothing, FakePrograms::default()] {
            let found = resolved(&candidates, &programs).await.unwrap();
            assert_eq!(found.logins[0].credential, password("from-file"));
        }
        let programs = FakePrograms::default().answers("docker-credential-x", 0, ANSWER, "");
        let found = resolved(&candidates, &programs).await.unwrap();
        assert_eq!(found.logins[0].credential, password("from-helper"));
    }

    #[tokio::test]
    async fn a_missing_helper_is_an_error_where_nothing_else_has_the_host() {
        let error =
            resolved(&[("file", helper(false))], &FakePrograms::default()).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "no credentials for `a.io`, for which `file` names a credential helper"
        );
        assert_eq!(
            std::error::Error::source(&error).unwrap().to_string(),
            "`docker-credential-x` gave no answer"
        );
    }

    #[tokio::test]
    async fn a_helper_that_was_asked_for_must_know_its_host() {
        let programs = FakePrograms::default().answers(
            "docker-credential-x",
            1,
            "credentials not found in native keychain",
            "",
        );
        let error = resolved(&[("[registries.a]", helper(true))], &programs).await.unwrap_err();
        assert_eq!(
            std::error::Error::source(&error).unwrap().to_string(),
            "`docker-credential-x` has no credential"
        );
        let found = resolved(&[("file", helper(false))], &programs).await.unwrap();
        assert_eq!(found.anonymous, ["a.io"]);
    }

    #[tokio::test]
    async fn a_host_can_be_left_to_the_executor() {
        let found =
            resolved(&[("[registries.a]", How::Executor)], &FakePrograms::default()).await.unwrap();
        assert_eq!(found.executors_own, ["a.io"]);
        assert_eq!(found.logins, []);
    }

    #[tokio::test]
    async fn a_short_password_is_refused() {
        let error = resolved(&[("file", How::Known(password("abc")))], &FakePrograms::default())
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "the password for `a.io` from `file` is too short");
    }
}
