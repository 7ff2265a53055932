//! The real programs that the tests which are ignored by default build with.
//!
//! Variables name them, as in [`crate::engines`]: an engine, an executor's image, and for cases
//! with a `RUN` a base image that has a shell. The engine's containers must reach this machine's
//! loopback, where the tests' own registry is: with podman and docker by their network `host`.
//!
//! ```text
//! KANIKO_BUILD_TEST_ENGINE=podman KANIKO_BUILD_TEST_IMAGE=ghcr.io/osscontainertools/kaniko \
//! KANIKO_BUILD_TEST_REGISTRY=127.0.0.1:5000 KANIKO_BUILD_TEST_BASE=127.0.0.1:5000/base/busybox:1 \
//! KANIKO_BUILD_TEST_NETWORK=host cargo test --test it slimmed -- --ignored
//! ```
//!
//! `compared` takes the same, and a part of the cases' names as `KANIKO_BUILD_TEST_CASE`.

use std::{
    fmt::Write,
    io::{self, Write as _},
};

use crate::sandbox::Sandbox;

/// `KANIKO_BUILD_TEST_` and `name`; empty where that is not set.
pub(crate) fn variable(name: &str) -> String {
    std::env::var(format!("KANIKO_BUILD_TEST_{name}")).unwrap_or_default()
}

/// An executor in an engine, as a section `executors.real` of a config.
pub(crate) fn executor() -> String {
    let quoted = |name: &str| format!("{:?}", variable(name));
    let mut config =
        format!("[executors.real]\ntype = {}\nimage = {}\n", quoted("ENGINE"), quoted("IMAGE"));
    if !variable("NETWORK").is_empty() {
        writeln!(config, "network = {}", quoted("NETWORK")).expect(TAKES);
    }
    let arguments = variable("ENGINE_ARGS");
    let arguments: Vec<_> = arguments.split_whitespace().collect();
    if !arguments.is_empty() {
        writeln!(config, "engine-args = {arguments:?}").expect(TAKES);
    }
    config
}

/// The registry of the base image with a shell, as a section of a config.
pub(crate) fn registry_of_the_base() -> String {
    format!("[registries.base]\nhost = {:?}\ninsecure = true\n", variable("REGISTRY"))
}

/// Says how far a test that takes minutes has come, past the test harness.
pub(crate) fn tell(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Leaves a sandbox what the engine needs of the machine.
pub(crate) fn with_the_engine(sandbox: Sandbox) -> Sandbox {
    sandbox.with_the_machines_programs()
}

const TAKES: &str = "a string takes all";
