//! One entry of `auths`.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::Deserialize;

use crate::{
    registry::Credential,
    secret::{Secret, cut_newline},
};

/// Takes base64 with and without its padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The fields of an entry that log in; others are nobody's concern here.
#[derive(Deserialize)]
pub(super) struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
    registrytoken: Option<String>,
}

/// What is wrong with an entry, as the end of a sentence.
pub(super) type Mistake = &'static str;

impl Entry {
    /// The credential, tokens first; `None` for the empty entry of a config with a store.
    pub(super) fn credential(&self) -> Result<Option<Credential>, Mistake> {
        let Self { auth, username, password, identitytoken, registrytoken } = self;
        if let Some(token) = filled(registrytoken.as_ref()) {
            return Ok(Some(Credential::RegistryToken(token.into())));
        }
        if let Some(token) = filled(identitytoken.as_ref()) {
            return Ok(Some(Credential::IdentityToken(token.into())));
        }
        let (username, password) =
            match (filled(auth.as_ref()), filled(username.as_ref()), filled(password.as_ref())) {
                (Some(auth), ..) => decoded(auth)?,
                (None, None, None) => return Ok(None),
                (None, username, password) => (
                    username.unwrap_or_default().to_owned(),
                    password.unwrap_or_default().as_bytes().to_vec(),
                ),
            };
        if username.is_empty() {
            return Err("has no user");
        }
        if password.is_empty() {
            return Err("has no password");
        }
        Ok(Some(Credential::Password { username, password: Secret::new(password) }))
    }
}

fn filled(field: Option<&String>) -> Option<&str> {
    field.map(String::as_str).filter(|value| !value.is_empty())
}

/// User and password of an `auth`.
///
/// The newline of an `echo user:password | base64` is cut, and so are the NULs that docker
/// cuts.
fn decoded(auth: &str) -> Result<(String, Vec<u8>), Mistake> {
    let compact: String = auth.split_ascii_whitespace().collect();
    let login = BASE64.decode(compact).map_err(|_| "has an `auth` that is no base64")?;
    let colon = login
        .iter()
        .position(|byte| *byte == b':')
        .ok_or("has an `auth` that is no base64 of `user:password`")?;
    let username = std::str::from_utf8(&login[..colon])
        .map_err(|_| "has an `auth` whose user is no text")?
        .to_owned();
    let mut password = login[colon + 1..].to_vec();
    cut_newline(&mut password);
    while password.pop_if(|last| *last == 0).is_some() {}
    Ok((username, password))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(text: &str) -> Result<Option<Credential>, Mistake> {
        serde_json::from_str::<Entry>(text).unwrap().credential()
    }

    fn password(username: &str, password: &str) -> Credential {
        Credential::Password { username: username.to_owned(), password: password.into() }
    }

    #[test]
    fn a_password_may_hold_colons_and_letters_of_any_kind() {
        assert_eq!(credential(r#"{"auth":"Y2k6cDrDpA=="}"#), Ok(Some(password("ci", "p:ä"))));
        assert_eq!(credential(r#"{"auth":"Y2k6cDrDpA"}"#), Ok(Some(password("ci", "p:ä"))));
        assert_eq!(
            credential(r#"{"username":"ci","password":"p:ä"}"#),
            Ok(Some(password("ci", "p:ä")))
        );
    }

    #[test]
    fn the_newline_of_an_echo_is_cut() {
        // base64 of "ci:hunter2\n".
        assert_eq!(
            credential(r#"{"auth":"Y2k6aHVudGVyMgo="}"#),
            Ok(Some(password("ci", "hunter2")))
        );
    }

    #[test]
    fn tokens_go_before_passwords() {
        assert_eq!(
            credential(r#"{"auth":"MDAwMDA6","identitytoken":"refresh"}"#),
            Ok(Some(Credential::IdentityToken("refresh".into())))
        );
        assert_eq!(
            credential(r#"{"registrytoken":"bearer","identitytoken":"refresh"}"#),
            Ok(Some(Credential::RegistryToken("bearer".into())))
        );
    }

    #[test]
    fn an_empty_entry_is_none() {
        assert_eq!(credential("{}"), Ok(None));
        assert_eq!(credential(r#"{"auth":"","email":"x"}"#), Ok(None));
    }

    #[test]
    fn what_is_missing_is_told() {
        assert_eq!(credential(r#"{"auth":"Og=="}"#), Err("has no user"));
        assert_eq!(credential(r#"{"auth":"Y2k6"}"#), Err("has no password"));
        assert_eq!(credential(r#"{"username":"ci"}"#), Err("has no password"));
        assert_eq!(
            credential(r#"{"auth":"Y2k="}"#),
            Err("has an `auth` that is no base64 of `user:password`")
        );
        assert_eq!(credential(r#"{"auth":"%%"}"#), Err("has an `auth` that is no base64"));
    }
}
