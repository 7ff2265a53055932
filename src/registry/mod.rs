//! Registries: how images are named, who may log in, and how an executor reaches them.
//!
//! [`mod@reference`] parses image references, [`credentials`] finds out who logs in, for which
//! [`docker_config`] reads what docker and podman know, and [`executor_config`] writes what an
//! executor gets; [`access()`] says by which flags it reaches them. Nothing here talks to a
//! registry or starts a program.

mod access;
mod credential;
mod credential_helper;
pub mod credentials;
mod declared;
pub mod docker_config;
mod executor_config;
mod grammar;
mod host;
mod mirror;
pub mod reference;

pub use access::{Access, AccessError, AccessFile, AccessFlag, PemKind, access};
pub use credential::Credential;
pub use credential_helper::{CredentialHelper, HelperError, NoHelperName};
pub use declared::Registry;
pub use executor_config::executor_config;
pub use host::{DOCKER_HUB, auth_key, canonical_host, check_host, same_host};
pub use mirror::{Mirror, MirrorError, with_mirrors};
pub use reference::{Reference, ReferenceError};
