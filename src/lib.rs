//! Declarative, config-driven runner for Kaniko image builds.

pub mod builtin;
pub mod ci;
pub mod cli;
pub mod config;
pub mod context;
pub mod dockerfile;
pub mod doctor;
pub mod event;
pub mod guard;
mod hex;
pub mod init;
pub mod kaniko;
pub mod oci;
pub mod outcome;
pub mod plan;
pub mod process;
pub mod reference;
pub mod registry;
pub mod report;
pub mod runner;
pub mod secret;
pub mod shell;
pub mod template;
mod threads;
pub mod transport;
mod whole;
