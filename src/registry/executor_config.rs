//! The docker config that an executor gets.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::{Credential, auth_key};
use crate::secret::Secret;

/// A `config.json` with exactly one key a registry, and no helper that an executor might run.
///
/// Hosts are as the build names them. Of two spellings of Docker Hub the first one counts.
/// Executors refuse to build when a helper that is named is missing, and with several keys of
/// one host they take any: hence no more than this.
///
/// Source: executor-facts, "Keys in `auths`".
#[must_use]
pub fn executor_config<'a>(
    credentials: impl IntoIterator<Item = (&'a str, &'a Credential)>,
) -> Secret {
    let mut auths = BTreeMap::new();
    for (host, credential) in credentials {
        auths.entry(auth_key(host)).or_insert_with(|| entry(credential));
    }
    Secret::new(json!({ "auths": auths }).to_string().into_bytes())
}

fn entry(credential: &Credential) -> Value {
    let text = |secret: &Secret| String::from_utf8_lossy(secret.expose()).into_owned();
    let fields = match credential {
        // A colon ends the user's name in `auth`, so such a name can't be written there.
        Credential::Password { username, password } if username.contains(':') => {
            vec![("username", username.clone()), ("password", text(password))]
        }
        Credential::Password { username, password } => {
            let login = [username.as_bytes(), b":", password.expose()].concat();
            vec![("auth", STANDARD.encode(login))]
        }
        Credential::IdentityToken(token) => vec![("identitytoken", text(token))],
        Credential::RegistryToken(token) => vec![("registrytoken", text(token))],
    };
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect::<Map<_, _>>()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(username: &str, password: &str) -> Credential {
        Credential::Password { username: username.to_owned(), password: password.into() }
    }

    fn written(credentials: &[(&str, Credential)]) -> String {
        let config = executor_config(credentials.iter().map(|(host, login)| (*host, login)));
        String::from_utf8(config.expose().to_vec()).unwrap()
    }

    #[test]
    fn each_registry_has_one_key_and_docker_hub_its_own() {
        assert_eq!(
            written(&[
                ("index.docker.io", password("hub", "hunter2")),
                ("docker.io", password("hub", "other")),
                ("ghcr.io", password("ci", "p:ä")),
            ]),
            r#"{"auths":{"ghcr.io":{"auth":"Y2k6cDrDpA=="},"https://index.docker.io/v1/":{"auth":"aHViOmh1bnRlcjI="}}}"#
        );
    }

    #[test]
    fn tokens_keep_their_kind() {
        assert_eq!(
            written(&[
                ("a.io", Credential::IdentityToken("refresh".into())),
                ("b.io", Credential::RegistryToken("bearer".into())),
            ]),
            r#"{"auths":{"a.io":{"identitytoken":"refresh"},"b.io":{"registrytoken":"bearer"}}}"#
        );
    }

    #[test]
    fn a_user_with_a_colon_is_not_cut() {
        assert_eq!(
            written(&[("a.io", password("a:b", "hunter2"))]),
            r#"{"auths":{"a.io":{"username":"a:b","password":"hunter2"}}}"#
        );
    }

    #[test]
    fn no_credentials_are_an_empty_config() {
        assert_eq!(written(&[]), r#"{"auths":{}}"#);
    }
}
