//! Registries: how images are named, who may log in, and how an executor reaches them.
//!
//! [`reference`] parses image references, [`docker_config`] reads what docker and podman know,
//! and [`executor_config`] writes what an executor gets. Nothing here talks to a registry or
//! starts a program.

mod credential;
pub mod docker_config;
mod executor_config;
mod grammar;
mod helper;
mod host;
pub mod reference;

pub use credential::Credential;
pub use executor_config::executor_config;
pub use helper::{CredentialHelper, HelperError, NoHelperName};
pub use host::{DOCKER_HUB, auth_key, canonical_host, same_host};
pub use reference::{Reference, ReferenceError};
