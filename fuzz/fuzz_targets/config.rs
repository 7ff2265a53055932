//! Anything at all as a file with its settings: see `case.rs` for the form.

#![no_main]

#[path = "../case.rs"]
mod case;

use std::sync::OnceLock;

use case::Project;

/// One for all inputs of a process.
static PROJECT: OnceLock<Project> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|input: &str| {
    PROJECT.get_or_init(Project::new).takes(input);
});
