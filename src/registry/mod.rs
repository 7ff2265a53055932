//! Registries: how images are named, who may log in, and how an executor reaches them.
//!
//! [`reference`] parses image references. Nothing here talks to a registry.

mod grammar;
mod host;
pub mod reference;

pub use host::{DOCKER_HUB, auth_key, canonical_host, same_host};
pub use reference::{Reference, ReferenceError};
