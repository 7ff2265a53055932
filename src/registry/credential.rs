//! What is shown to a registry to log in.

use crate::secret::Secret;

/// One way to log in to one registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A user and a password, or a token in the password's place.
    Password {
        /// The user's name; no secret.
        username: String,
        /// The password.
        password: Secret,
    },
    /// An `OAuth2` refresh token, traded for access at the registry's token service.
    IdentityToken(Secret),
    /// A bearer token that is sent as it is.
    RegistryToken(Secret),
}

impl Credential {
    /// The part that nobody may see.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        match self {
            Self::Password { password: secret, .. }
            | Self::IdentityToken(secret)
            | Self::RegistryToken(secret) => secret,
        }
    }

    /// Who logs in, where that has a name.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        match self {
            Self::Password { username, .. } => Some(username),
            Self::IdentityToken(_) | Self::RegistryToken(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_user_and_no_password() {
        let credential =
            Credential::Password { username: "ci".to_owned(), password: "hunter2".into() };
        assert_eq!(format!("{credential:?}"), "Password { username: \"ci\", password: [secret] }");
    }
}
