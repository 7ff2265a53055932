//! Declarative, config-driven runner for Kaniko image builds.

pub mod ci;
pub mod config;
pub mod context;
pub mod dockerfile;
pub mod event;
pub mod guard;
pub mod kaniko;
pub mod outcome;
pub mod process;
pub mod registry;
pub mod report;
pub mod secret;
pub mod shell;
pub mod plan;
pub mod template;
pub mod transport;
