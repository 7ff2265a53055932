//! Where credentials would come from; nothing is run.

use std::collections::BTreeMap;

use super::{Candidate, CredentialHelper, CredentialsError, How, Located, Needed, ci};
use crate::registry::{
    Registry,
    docker_config::{DockerConfig, DockerConfigError, Entries, Place, places},
};

/// All places that may have credentials.
///
/// Not `Debug`: the environment is full of secrets.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// The `[registries]` of the config; the first at a host counts.
    pub registries: &'a [Registry],
    /// The environment, of which `HOME` and `DOCKER_CONFIG` tell where config files are.
    pub env: &'a BTreeMap<String, String>,
}

/// Says for each host where its credential would come from.
///
/// In order: the registry in the config, GitLab's variables for its registry and its
/// dependency proxy, `DOCKER_AUTH_CONFIG`, GitHub's token, docker's and podman's files. A
/// place is looked at only for hosts that no earlier one has.
///
/// # Errors
///
/// [`CredentialsError::Half`] and [`CredentialsError::DockerConfig`].
pub fn locate<'n>(
    needed: impl IntoIterator<Item = &'n Needed>,
    sources: Sources<'_>,
) -> Result<Vec<Located>, CredentialsError> {
    let mut configs = Configs::new(sources.env);
    needed
        .into_iter()
        .map(|needed| {
            let candidates = candidates(needed, sources, &mut configs)?;
            Ok(Located { host: needed.host.clone(), candidates })
        })
        .collect()
}

fn candidates(
    needed: &Needed,
    sources: Sources<'_>,
    configs: &mut Configs<'_>,
) -> Result<Vec<Candidate>, CredentialsError> {
    let host = needed.host.as_str();
    if let Some(candidate) = declared(host, sources.registries)? {
        return Ok(vec![candidate]);
    }
    if let Some(candidate) = ci::candidate(host, sources.env) {
        return Ok(vec![candidate]);
    }
    let wrong = |source| CredentialsError::DockerConfig { host: host.to_owned(), source };
    let mut candidates = Vec::new();
    if let Some(config) = configs.of_ci().map_err(wrong)? {
        push(&mut candidates, config, needed).map_err(wrong)?;
    }
    candidates.extend(ci::github(host, sources.env));
    let mut next = 0;
    while !candidates.last().is_some_and(|candidate: &Candidate| candidate.how.is_last())
        && let Some(config) = configs.file(next).map_err(wrong)?
    {
        push(&mut candidates, config, needed).map_err(wrong)?;
        next += 1;
    }
    let last = candidates.iter().position(|candidate| candidate.how.is_last());
    candidates.truncate(last.map_or(candidates.len(), |last| last + 1));
    Ok(candidates)
}

/// What the config says about a host; a registry that is silent about it says nothing.
fn declared(host: &str, registries: &[Registry]) -> Result<Option<Candidate>, CredentialsError> {
    for registry in registries.iter().filter(|registry| registry.is_at(host)) {
        let half = |given, missing| CredentialsError::Half {
            section: registry.section(),
            host: host.to_owned(),
            given,
            missing,
        };
        let how = match (&registry.credential_helper, &registry.username, &registry.password) {
            (Some(CredentialHelper::Executor), ..) => How::Executor,
            (Some(CredentialHelper::Program(name)), ..) => {
                How::Helper { name: name.clone(), required: true }
            }
            (None, Some(username), Some(source)) => {
                How::Password { username: username.clone(), source: source.clone() }
            }
            (None, Some(_), None) => return Err(half("username", "password")),
            (None, None, Some(_)) => return Err(half("password", "username")),
            (None, None, None) => continue,
        };
        return Ok(Some(Candidate { origin: registry.section(), how }));
    }
    Ok(None)
}

fn push(
    candidates: &mut Vec<Candidate>,
    config: &DockerConfig,
    needed: &Needed,
) -> Result<(), DockerConfigError> {
    let Entries { helper, credential } = config.entries(&needed.host, &needed.repositories)?;
    let hows =
        [helper.map(|name| How::Helper { name, required: false }), credential.map(How::Known)];
    candidates.extend(
        hows.into_iter().flatten().map(|how| Candidate { origin: config.name().to_owned(), how }),
    );
    Ok(())
}

/// The docker configs, each read when it is first needed.
struct Configs<'a> {
    ci: Option<&'a String>,
    of_ci: Option<DockerConfig>,
    places: std::vec::IntoIter<Place>,
    files: Vec<DockerConfig>,
}

impl<'a> Configs<'a> {
    fn new(env: &'a BTreeMap<String, String>) -> Self {
        Self {
            ci: env.get("DOCKER_AUTH_CONFIG"),
            of_ci: None,
            places: places(env).into_iter(),
            files: Vec::new(),
        }
    }

    /// GitLab's variable with a docker config in it.
    fn of_ci(&mut self) -> Result<Option<&DockerConfig>, DockerConfigError> {
        if let Some(text) = self.ci.take() {
            self.of_ci = Some(DockerConfig::parse("DOCKER_AUTH_CONFIG", text.as_bytes())?);
        }
        Ok(self.of_ci.as_ref())
    }

    /// The config file with this number, of those that are there.
    fn file(&mut self, number: usize) -> Result<Option<&DockerConfig>, DockerConfigError> {
        while self.files.len() <= number
            && let Some(place) = self.places.next()
        {
            self.files.extend(DockerConfig::read(&place)?);
        }
        Ok(self.files.get(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Source;

    fn env(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn needed(host: &str) -> Needed {
        Needed { host: host.to_owned(), repositories: Vec::new() }
    }

    fn described(host: &str, registries: &[Registry], env: &BTreeMap<String, String>) -> String {
        locate(&[needed(host)], Sources { registries, env }).unwrap()[0].described()
    }

    fn home(config: &str) -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".docker")).unwrap();
        std::fs::write(home.path().join(".docker/config.json"), config).unwrap();
        home
    }

    #[test]
    fn the_first_place_that_has_a_host_counts() {
        let home = home(
            r#"{"auths":{"a.io":{"auth":"Y2k6aHVudGVyMg=="},"b.io":{"auth":"Y2k6aHVudGVyMg=="},"c.io":{"auth":"Y2k6aHVudGVyMg=="},"ghcr.io":{"auth":"Y2k6aHVudGVyMg=="},"d.io":{"auth":"Y2k6aHVudGVyMg=="}}}"#,
        );
        let env = env(&[
            ("HOME", home.path().to_str().unwrap()),
            ("CI_REGISTRY", "b.io"),
            ("CI_JOB_TOKEN", "token"),
            (
                "DOCKER_AUTH_CONFIG",
                r#"{"auths":{"b.io":{"auth":"Y2k6aHVudGVyMg=="},"c.io":{"auth":"Y2k6aHVudGVyMg=="}}}"#,
            ),
            ("GITHUB_TOKEN", "token"),
            ("GITHUB_ACTOR", "octocat"),
        ]);
        let registries = [Registry {
            username: Some("ci".to_owned()),
            password: Some(Source::Env("A_PASSWORD".to_owned())),
            ..Registry::new("a", "a.io")
        }];
        let described = |host| described(host, &registries, &env);

        assert_eq!(described("a.io"), "[registries.a] (the variable `A_PASSWORD`)");
        assert_eq!(described("b.io"), "CI_JOB_TOKEN");
        assert_eq!(described("c.io"), "DOCKER_AUTH_CONFIG");
        assert_eq!(described("ghcr.io"), "GITHUB_TOKEN");
        assert_eq!(described("d.io"), "~/.docker/config.json");
        assert_eq!(described("e.io"), "anonymous");
    }

    #[test]
    fn a_helper_of_a_file_is_asked_before_the_file_itself() {
        let home = home(r#"{"credsStore":"desktop","auths":{"a.io":{"auth":"Y2k6aHVudGVyMg=="}}}"#);
        let env = env(&[("HOME", home.path().to_str().unwrap())]);
        assert_eq!(
            described("a.io", &[], &env),
            "~/.docker/config.json (docker-credential-desktop), else ~/.docker/config.json"
        );
    }

    #[test]
    fn a_helper_of_a_registry_is_the_only_place() {
        let env = env(&[("CI_REGISTRY", "a.io"), ("CI_JOB_TOKEN", "token")]);
        let with =
            |helper| Registry { credential_helper: Some(helper), ..Registry::new("a", "a.io") };
        let helper = CredentialHelper::Program("ecr-login".to_owned());
        assert_eq!(
            described("a.io", &[with(helper)], &env),
            "[registries.a] (docker-credential-ecr-login)"
        );
        assert_eq!(
            described("a.io", &[with(CredentialHelper::Executor)], &env),
            "[registries.a] (the executor's own)"
        );
        assert_eq!(described("a.io", &[Registry::new("a", "a.io")], &env), "CI_JOB_TOKEN");
    }

    #[test]
    fn half_a_login_is_an_error() {
        let registry =
            Registry { username: Some("ci".to_owned()), ..Registry::new("harbor", "h.io") };
        let env = env(&[]);
        let error =
            locate(&[needed("h.io")], Sources { registries: &[registry], env: &env }).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`[registries.harbor]` has a `username` and no `password` for `h.io`"
        );
    }

    #[test]
    fn a_broken_config_matters_only_for_hosts_that_it_is_asked_for() {
        let env = env(&[
            ("CI_REGISTRY", "b.io"),
            ("CI_JOB_TOKEN", "token"),
            ("DOCKER_AUTH_CONFIG", "hunter2"),
        ]);
        assert_eq!(described("b.io", &[], &env), "CI_JOB_TOKEN");
        let error = locate(&[needed("c.io")], Sources { registries: &[], env: &env }).unwrap_err();
        assert_eq!(error.to_string(), "no credentials for `c.io`");
        assert_eq!(
            std::error::Error::source(&error).unwrap().to_string(),
            "`DOCKER_AUTH_CONFIG` is no docker config: wrong JSON in line 1, column 1"
        );
    }

    #[test]
    fn what_is_known_can_be_redacted_before_anything_runs() {
        let env = env(&[("CI_REGISTRY", "b.io"), ("CI_JOB_TOKEN", "glcbt-64")]);
        let located = locate(&[needed("b.io")], Sources { registries: &[], env: &env }).unwrap();
        assert_eq!(located[0].known_secrets().next().unwrap().expose(), b"glcbt-64");
        assert!(!format!("{located:?}").contains("glcbt"));
    }
}
