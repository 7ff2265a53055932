//! Declarative, config-driven runner for Kaniko image builds.

pub mod context;
pub mod event;
pub mod outcome;
pub mod process;
pub mod registry;
pub mod secret;
pub mod transport;
