//! What is told while builds run: from events to lines, bars and the CI's own sections.

use std::{
    io::Write,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
    ci::Provider,
    event::{Event, Stage, What},
    kaniko::log::without_colours,
    outcome::{End, Outcome},
};

use super::printer::{Level, Printer};

/// How often a plain line tells of an upload.
const INTERVAL: Duration = Duration::from_secs(10);

/// Turns events into what is seen.
pub struct Live {
    printer: Printer,
    provider: Provider,
    bar: ProgressBar,
    /// When a plain line last told of an upload.
    told: Instant,
    section: Option<String>,
}

impl Live {
    /// Tells through `printer`, in sections where the provider folds them.
    #[must_use]
    pub fn new(printer: Printer, provider: Provider) -> Self {
        let bar = if printer.style.terminal && printer.talks() {
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
        } else {
            ProgressBar::hidden()
        };
        if let Ok(style) = ProgressStyle::with_template("{prefix} | {spinner} {msg}") {
            bar.set_style(style);
        }
        Self { printer, provider, bar, told: Instant::now(), section: None }
    }

    /// Tells one event.
    pub fn event(&mut self, event: &Event) {
        let build = event.build.as_deref().unwrap_or("");
        match &event.what {
            What::Started { attempt, executor } => self.started(build, *attempt, executor),
            What::Stage(stage) => self.stage(build, stage),
            What::Sent { bytes } => self.sent(build, *bytes),
            What::Log { line } => {
                if self.printer.talks() {
                    let coloured = self.printer.style.colour;
                    let line = if coloured { line.as_str().into() } else { without_colours(line) };
                    self.line(build, line.trim_end());
                }
            }
            What::Warning(text) => {
                self.bar.suspend(|| self.printer.warning(&format!("{build}: {text}")));
            }
            What::Retrying { after, cause } => {
                let after = humantime::format_duration(*after);
                self.line(build, &format!("trying again in {after}: {cause}"));
            }
            What::Ended(outcome) => self.ended(outcome),
        }
    }

    fn started(&mut self, build: &str, attempt: u32, executor: &str) {
        if attempt == 1 {
            self.open_section(build);
        }
        if self.printer.talks() {
            let again = if attempt == 1 { String::new() } else { format!(" (attempt {attempt})") };
            self.line(build, &format!("building with {executor}{again}"));
        }
        self.bar.set_prefix(build.to_owned());
    }

    fn stage(&mut self, build: &str, stage: &Stage) {
        let (text, always) = match stage {
            Stage::Login => ("logging in".to_owned(), false),
            Stage::Connecting => ("connecting".to_owned(), false),
            Stage::Waiting(who) => (format!("waiting for the executor: {who}"), true),
            Stage::Connected(version) => (format!("executor {version}"), false),
            Stage::Sending => ("sending the context".to_owned(), true),
            Stage::Building => ("building".to_owned(), true),
            Stage::Pushing(reference) => (format!("pushing {reference}"), true),
            Stage::Receiving => ("receiving outputs".to_owned(), true),
            Stage::Cleaning => ("cleaning".to_owned(), false),
        };
        self.told = Instant::now();
        if *stage == Stage::Building {
            self.bar.finish_and_clear();
        }
        if self.printer.talks() && (always || self.printer.style.level == Level::Verbose) {
            self.line(build, &text);
        }
    }

    fn sent(&mut self, build: &str, bytes: u64) {
        let text = format!("{} sent", HumanBytes(bytes));
        if !self.bar.is_hidden() {
            self.bar.set_message(text);
            self.bar.tick();
        } else if self.told.elapsed() >= INTERVAL && self.printer.talks() {
            self.told = Instant::now();
            self.line(build, &text);
        }
    }

    fn ended(&mut self, outcome: &Outcome) {
        self.bar.finish_and_clear();
        let build = &*outcome.build;
        match &outcome.end {
            End::Built { .. } => {}
            End::Failed { cause, .. } => self.problem(build, cause, None),
            End::Unreached { cause, hint } | End::Unpacked { cause, hint } => {
                self.problem(build, cause, hint.as_deref());
            }
            End::Skipped { cause } => {
                self.printer.tell(&format!("{build} | skipped: {cause}"));
            }
            End::Interrupted => self.problem(build, "interrupted", None),
        }
        self.close_section();
    }

    fn problem(&self, build: &str, cause: &str, hint: Option<&str>) {
        let error = self.printer.paint("error", "1;31");
        self.printer.tell(&format!("{error}: {build}: {cause}"));
        if let Some(hint) = hint {
            self.printer.tell(&format!("hint: {hint}"));
        }
    }

    fn line(&self, build: &str, text: &str) {
        let prefix = if build.is_empty() { String::new() } else { format!("{build} | ") };
        let line = format!("{}{text}", self.printer.paint(&prefix, "36"));
        self.bar.suspend(|| self.printer.tell(&line));
    }

    /// Source: GitLab's documentation of collapsible sections in job logs; GitHub's of workflow
    /// commands; Azure's of formatting commands; Buildkite's of managing log output.
    fn open_section(&mut self, build: &str) {
        self.close_section();
        if !self.printer.talks() {
            return;
        }
        match self.provider {
            Provider::GitLab => {
                let id: String = build
                    .chars()
                    .map(|one| if one.is_ascii_alphanumeric() { one } else { '_' })
                    .collect();
                let start = format!("\u{1b}[0Ksection_start:{}:build_{id}\r\u{1b}[0K", seconds());
                self.printer.tell(&format!("{start}image {build}"));
                self.section = Some(id);
            }
            Provider::GitHub => {
                self.printer.tell(&format!("::group::image {build}"));
                self.section = Some(build.to_owned());
            }
            Provider::Azure => {
                self.printer.tell(&format!("##[group]image {build}"));
                self.section = Some(build.to_owned());
            }
            // A group ends where the next begins.
            Provider::Buildkite => self.printer.tell(&format!("--- image {build}")),
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

    fn close_section(&mut self) {
        let Some(id) = self.section.take() else { return };
        match self.provider {
            Provider::GitLab => {
                let end = format!("\u{1b}[0Ksection_end:{}:build_{id}\r\u{1b}[0K", seconds());
                self.printer.tell(&end);
            }
            Provider::Azure => self.printer.tell("##[endgroup]"),
            _ => self.printer.tell("::endgroup::"),
        }
        let _ = std::io::stderr().flush();
    }
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
