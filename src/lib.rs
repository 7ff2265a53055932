//! Declarative, config-driven runner for Kaniko image builds.

pub mod context;
pub mod dockerfile;
pub mod event;
pub mod kaniko;
pub mod outcome;
pub mod process;
pub mod secret;
pub mod transport;
