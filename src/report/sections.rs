//! The CI's own sections of a job's log, one for each build.
//!
//! A log has one section open at a time: where builds run side by side there are none, and each
//! line says whose it is.

use std::{
    io::Write,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::ci::Provider;

use super::printer::Printer;

/// The section that is open.
pub(super) struct Sections {
    provider: Provider,
    open: Option<String>,
}

impl Sections {
    /// None is open.
    pub(super) fn new(provider: Provider) -> Self {
        Self { provider, open: None }
    }

    /// Opens one for `build`, and closes the one before it.
    ///
    /// Source: GitLab's documentation of collapsible sections in job logs; GitHub's of workflow
    /// commands; Azure's of formatting commands; Buildkite's of managing log output.
    pub(super) fn begin(&mut self, build: &str, printer: &Printer) {
        self.end(printer);
        if !printer.talks() {
            return;
        }
        match self.provider {
            Provider::GitLab => {
                let id: String = build
                    .chars()
                    .map(|one| if one.is_ascii_alphanumeric() { one } else { '_' })
                    .collect();
                let start = format!("\u{1b}[0Ksection_start:{}:build_{id}\r\u{1b}[0K", seconds());
                printer.tell(&format!("{start}image {build}"));
                self.open = Some(id);
            }
            Provider::GitHub => {
                printer.tell(&format!("::group::image {build}"));
                self.open = Some(build.to_owned());
            }
            Provider::Azure => {
                printer.tell(&format!("##[group]image {build}"));
                self.open = Some(build.to_owned());
            }
            // A group ends where the next begins.
            Provider::Buildkite => printer.tell(&format!("--- image {build}")),
            Provider::Bitbucket
            | Provider::CircleCi
            | Provider::Travis
            | Provider::Woodpecker
            | Provider::Drone
            | Provider::TeamCity
            | Provider::Jenkins
            | Provider::Git => {}
        }
    }

    /// Closes the one that is open.
    pub(super) fn end(&mut self, printer: &Printer) {
        let Some(id) = self.open.take() else { return };
        match self.provider {
            Provider::GitLab => {
                let end = format!("\u{1b}[0Ksection_end:{}:build_{id}\r\u{1b}[0K", seconds());
                printer.tell(&end);
            }
            Provider::Azure => printer.tell("##[endgroup]"),
            _ => printer.tell("::endgroup::"),
        }
        let _ = std::io::stderr().flush();
    }
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
