//! Docker's and podman's `config.json`, as far as it says who logs in where.
//!
//! Read only, and only what is asked for: an entry that nobody needs may be broken. What an
//! executor gets is written by [`executor_config`](super::executor_config). Errors name the
//! file, the key and the place in the file, and never a value.
//!
//! Source: docker's CLI, cli/config; containers-auth.json(5).

mod entry;
mod error;
mod places;

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;

use self::entry::Entry;
pub use self::{
    error::DockerConfigError,
    places::{Place, places},
};
use super::{Credential, auth_key, host::split_key, same_host};

/// One config, with the name that it has in messages.
pub struct DockerConfig {
    name: String,
    auths: BTreeMap<String, Option<Entry>>,
    helpers: BTreeMap<String, String>,
    store: Option<String>,
}

/// What a config has for a host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entries {
    /// The credential helper to ask first, as in `docker-credential-NAME`.
    pub helper: Option<String>,
    /// What stands in the config itself.
    pub credential: Option<Credential>,
}

#[derive(Deserialize, Default)]
struct Raw {
    auths: Option<BTreeMap<String, Option<Entry>>>,
    #[serde(rename = "credHelpers")]
    helpers: Option<BTreeMap<String, String>>,
    #[serde(rename = "credsStore")]
    store: Option<String>,
}

impl DockerConfig {
    /// Parses `text`, which is called `name` in messages; nothing but white space is empty.
    ///
    /// # Errors
    ///
    /// [`DockerConfigError::Json`].
    pub fn parse(name: impl Into<String>, text: &[u8]) -> Result<Self, DockerConfigError> {
        let name = name.into();
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let raw = if text.trim_ascii().is_empty() {
            Raw::default()
        } else {
            // The message of serde quotes values, so only the place of the mistake is kept.
            serde_json::from_slice(text).map_err(|error| DockerConfigError::Json {
                name: name.clone(),
                line: error.line(),
                column: error.column(),
                is_path: Path::new(&*String::from_utf8_lossy(text)).is_absolute(),
            })?
        };
        let Raw { auths, helpers, store } = raw;
        Ok(Self {
            name,
            auths: auths.unwrap_or_default(),
            helpers: helpers.unwrap_or_default(),
            store: store.filter(|store| !store.is_empty()),
        })
    }

    /// Reads the file at `place`; a file that is not there is none.
    ///
    /// # Errors
    ///
    /// [`DockerConfigError::Read`] and [`DockerConfigError::Json`].
    pub fn read(place: &Place) -> Result<Option<Self>, DockerConfigError> {
        use std::io::ErrorKind::{IsADirectory, NotADirectory, NotFound};
        match std::fs::read(&place.path) {
            Ok(text) => Self::parse(&place.name, &text).map(Some),
            Err(error) if matches!(error.kind(), NotFound | NotADirectory | IsADirectory) => {
                Ok(None)
            }
            Err(source) => Err(DockerConfigError::Read { name: place.name.clone(), source }),
        }
    }

    /// The name in messages: `~/.docker/config.json`, `DOCKER_AUTH_CONFIG`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the config has for `host`, of which the build uses `repositories`.
    ///
    /// A helper of the host goes before the store for all. A key may carry a path
    /// (`quay.io/team`): it counts where the host has no key of its own, for the repositories
    /// below it, the longest path first.
    ///
    /// # Errors
    ///
    /// [`DockerConfigError::Entry`] and [`DockerConfigError::Helper`] for what is broken;
    /// [`DockerConfigError::Ambiguous`] where the repositories have different credentials: an
    /// executor can tell only hosts apart.
    pub fn entries(
        &self,
        host: &str,
        repositories: &[String],
    ) -> Result<Entries, DockerConfigError> {
        let helper = self
            .helpers
            .iter()
            .find(|(key, _)| same_host(&split_key(key).0, host) && split_key(key).1.is_empty())
            .map(|(_, helper)| helper)
            .filter(|helper| !helper.is_empty())
            .or(self.store.as_ref());
        if let Some(helper) = helper
            && !super::credential_helper::is_name(helper)
        {
            let (name, helper) = (self.name.clone(), helper.clone());
            return Err(DockerConfigError::Helper { name, helper });
        }
        let credential = match self.of_host(host)? {
            Some(credential) => Some(credential),
            None => self.of_repositories(host, repositories)?,
        };
        Ok(Entries { helper: helper.cloned(), credential })
    }

    /// The entry under a key without a path; docker's own spelling first.
    fn of_host(&self, host: &str) -> Result<Option<Credential>, DockerConfigError> {
        let mut keys: Vec<_> = self
            .auths
            .keys()
            .filter(|key| same_host(&split_key(key).0, host) && split_key(key).1.is_empty())
            .collect();
        keys.sort_by_key(|key| **key != auth_key(host));
        for key in keys {
            if let Some(credential) = self.credential(key)? {
                return Ok(Some(credential));
            }
        }
        Ok(None)
    }

    fn of_repositories(
        &self,
        host: &str,
        repositories: &[String],
    ) -> Result<Option<Credential>, DockerConfigError> {
        let mut found: Option<(&String, Credential)> = None;
        for key in repositories.iter().filter_map(|repository| self.longest(host, repository)) {
            let Some(credential) = self.credential(key)? else { continue };
            match &found {
                Some((first, other)) if *other != credential => {
                    return Err(DockerConfigError::Ambiguous {
                        name: self.name.clone(),
                        host: host.to_owned(),
                        keys: [(*first).clone(), key.clone()],
                    });
                }
                _ => found = Some((key, credential)),
            }
        }
        Ok(found.map(|(_, credential)| credential))
    }

    /// The key of `host` with the longest path that `repository` is below.
    fn longest(&self, host: &str, repository: &str) -> Option<&String> {
        let path = |key: &str| {
            let (of, path) = split_key(key);
            let below = repository
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            (!path.is_empty() && below && same_host(&of, host)).then_some(path.len())
        };
        self.auths
            .keys()
            .filter_map(|key| Some((path(key)?, key)))
            .max_by_key(|(length, _)| *length)
            .map(|(_, key)| key)
    }

    fn credential(&self, key: &str) -> Result<Option<Credential>, DockerConfigError> {
        let entry = self.auths.get(key).and_then(Option::as_ref);
        entry.map_or(Ok(None), Entry::credential).map_err(|mistake| DockerConfigError::Entry {
            name: self.name.clone(),
            key: key.to_owned(),
            mistake,
        })
    }
}

impl std::fmt::Debug for DockerConfig {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let keys: Vec<_> = self.auths.keys().collect();
        write!(formatter, "DockerConfig {{ name: {:?}, auths: {keys:?} }}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> DockerConfig {
        DockerConfig::parse("config.json", text.as_bytes()).unwrap()
    }

    fn password(username: &str, password: &str) -> Credential {
        Credential::Password { username: username.to_owned(), password: password.into() }
    }

    fn credential(text: &str, host: &str, repositories: &[&str]) -> Option<Credential> {
        let repositories: Vec<_> = repositories.iter().map(|name| (*name).to_owned()).collect();
        config(text).entries(host, &repositories).unwrap().credential
    }

    #[test]
    fn docker_hub_is_found_under_any_of_its_keys_the_true_one_first() {
        for key in
            ["https://index.docker.io/v1/", "docker.io", "index.docker.io", "https://docker.io"]
        {
            let text = format!(r#"{{"auths":{{"{key}":{{"auth":"Y2k6aHVudGVyMg=="}}}}}}"#);
            assert_eq!(
                credential(&text, "index.docker.io", &[]),
                Some(password("ci", "hunter2")),
                "{key}"
            );
        }
        let both = r#"{"auths":{
            "docker.io":{"username":"wrong","password":"wrong"},
            "https://index.docker.io/v1/":{"auth":"Y2k6aHVudGVyMg=="}}}"#;
        assert_eq!(credential(both, "index.docker.io", &[]), Some(password("ci", "hunter2")));
    }

    #[test]
    fn other_hosts_are_found_with_and_without_scheme_and_path() {
        for key in ["reg:5000", "https://reg:5000", "http://reg:5000/v2/", "reg:5000/"] {
            let text = format!(r#"{{"auths":{{"{key}":{{"auth":"Y2k6aHVudGVyMg=="}}}}}}"#);
            assert_eq!(
                credential(&text, "reg:5000", &[]),
                Some(password("ci", "hunter2")),
                "{key}"
            );
        }
        let other = r#"{"auths":{"reg":{"auth":"Y2k6aHVudGVyMg=="}}}"#;
        assert_eq!(credential(other, "reg:5000", &[]), None);
    }

    const SCOPED: &str = r#"{"auths":{
        "quay.io/team":{"username":"t","password":"team"},
        "quay.io/team/app":{"username":"a","password":"app"},
        "quay.io/same":{"username":"t","password":"team"}}}"#;

    #[test]
    fn a_key_with_a_path_counts_for_what_is_below_it() {
        assert_eq!(credential(SCOPED, "quay.io", &["team/x"]), Some(password("t", "team")));
        assert_eq!(credential(SCOPED, "quay.io", &["team/app"]), Some(password("a", "app")));
        assert_eq!(
            credential(SCOPED, "quay.io", &["team/x", "same/y"]),
            Some(password("t", "team"))
        );
        assert_eq!(credential(SCOPED, "quay.io", &["teams/x"]), None);
        let with_host = SCOPED.replace("quay.io/same", "quay.io").replace("\"t\"", "\"h\"");
        assert_eq!(credential(&with_host, "quay.io", &["team/app"]), Some(password("h", "team")));
    }

    #[test]
    fn two_credentials_for_one_host_are_an_error() {
        let error = config(SCOPED)
            .entries("quay.io", &["team/x".to_owned(), "team/app".to_owned()])
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "`config.json` has different credentials for `quay.io/team` and `quay.io/team/app`, and a build can use one for `quay.io`"
        );
    }

    #[test]
    fn a_helper_of_the_host_goes_before_the_store() {
        let text = r#"{"credsStore":"desktop","credHelpers":{"gcr.io":"gcloud"},
            "auths":{"ghcr.io":{"auth":"Y2k6aHVudGVyMg=="},"gcr.io":{}}}"#;
        let entries = |host| config(text).entries(host, &[]).unwrap();
        assert_eq!(
            entries("gcr.io"),
            Entries { helper: Some("gcloud".to_owned()), credential: None }
        );
        assert_eq!(
            entries("ghcr.io"),
            Entries {
                helper: Some("desktop".to_owned()),
                credential: Some(password("ci", "hunter2"))
            }
        );
    }

    #[test]
    fn a_helper_is_a_name_and_no_path() {
        let error = config(r#"{"credsStore":"../../tmp/x"}"#).entries("a.io", &[]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`config.json` names the credential helper `../../tmp/x`, which is no helper's name"
        );
    }

    #[test]
    fn broken_entries_matter_only_where_they_are_needed() {
        let text = r#"{"auths":{"a.io":{"auth":"?"},"b.io":{"auth":"Y2k6aHVudGVyMg=="}}}"#;
        assert_eq!(credential(text, "b.io", &[]), Some(password("ci", "hunter2")));
        let error = config(text).entries("a.io", &[]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the entry `a.io` in `config.json` has an `auth` that is no base64"
        );
    }

    #[test]
    fn bad_json_is_told_by_its_place_and_without_its_values() {
        let text = b"{\"auths\": {\n  \"a.io\": \"hunter2\"}}";
        let error = DockerConfig::parse("DOCKER_AUTH_CONFIG", text).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`DOCKER_AUTH_CONFIG` is no docker config: wrong JSON in line 2, column 19"
        );
        assert!(std::error::Error::source(&error).is_none());
    }

    #[test]
    fn an_empty_file_a_byte_order_mark_and_nulls_are_taken() {
        assert_eq!(credential(" \n", "a.io", &[]), None);
        assert_eq!(credential("\u{feff}{\"auths\":null}", "a.io", &[]), None);
        assert_eq!(credential(r#"{"auths":{"a.io":null},"x":1}"#, "a.io", &[]), None);
    }

    #[test]
    fn a_file_that_is_not_there_is_none() {
        let place = Place { path: "/no/such/config.json".into(), name: "x".to_owned() };
        assert!(DockerConfig::read(&place).unwrap().is_none());
    }
}
