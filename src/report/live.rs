//! What is told while builds run: from events to lines, bars and the CI's own sections.

use std::{
    cell::Cell,
    collections::BTreeMap,
    time::{Duration, Instant},
};

use indicatif::{HumanBytes, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
    ci::Provider,
    event::{Event, Stage, What},
    kaniko::log::without_colours,
    outcome::{End, Outcome},
};

use super::{
    printer::{Level, Printer},
    sections::Sections,
};

/// How often a plain line tells of an upload.
const INTERVAL: Duration = Duration::from_secs(10);

/// A build of which nothing was told for so long is told of: jobs that are silent are taken for
/// dead.
const SILENCE: Duration = Duration::from_mins(1);

/// Colours of builds that run side by side, as a terminal numbers them; the first for all where
/// one runs at a time.
const COLOURS: [&str; 6] = ["36", "33", "35", "32", "34", "31"];

/// Turns events into what is seen.
pub struct Live {
    printer: Printer,
    /// One for each build that sends.
    bars: MultiProgress,
    /// Those that run.
    running: BTreeMap<String, Running>,
    /// None where builds run side by side.
    sections: Option<Sections>,
    /// How many have been started.
    started: usize,
    /// How long the longest name is, where lines of several builds stand below each other.
    width: usize,
}

/// What is kept of a build while it runs.
struct Running {
    bar: Option<ProgressBar>,
    colour: &'static str,
    /// When a plain line last told of its upload.
    told: Instant,
    begun: Instant,
    /// When a line last told of it at all.
    heard: Cell<Instant>,
}

impl Live {
    /// Tells through `printer`; in sections where the provider folds them and builds run one
    /// after the other, else, where `side_by_side` has their names, each line with its build's
    /// name in a column of its own.
    #[must_use]
    pub fn new(printer: Printer, provider: Provider, side_by_side: Option<&[&str]>) -> Self {
        let is_shown = printer.style.terminal && printer.talks();
        let target =
            if is_shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let names = side_by_side.unwrap_or_default();
        Self {
            printer,
            bars: MultiProgress::with_draw_target(target),
            running: BTreeMap::new(),
            sections: side_by_side.is_none().then(|| Sections::new(provider)),
            started: 0,
            width: names.iter().map(|name| name.chars().count()).max().unwrap_or_default(),
        }
    }

    /// Does what writes elsewhere to the terminal, between the bars.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bars.suspend(write)
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
                self.aside(|| self.printer.warning(&format!("{build}: {text}")));
            }
            What::Silent { host, lasting } => {
                if self.printer.talks() {
                    let lasting = lasting.as_secs();
                    self.line(build, &format!("waiting for `{host}`: no answer for {lasting} s"));
                }
            }
            What::AskingAgain { after, cause } => {
                if self.printer.talks() {
                    let after = humantime::format_duration(*after);
                    self.line(build, &format!("asking again in {after}: {cause}"));
                }
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
            if let Some(sections) = &mut self.sections {
                sections.begin(build, &self.printer);
            }
            let colour = if self.sections.is_some() { 0 } else { self.started % COLOURS.len() };
            self.started += 1;
            let (now, colour) = (Instant::now(), COLOURS[colour]);
            let running = Running { bar: None, colour, told: now, begun: now, heard: now.into() };
            self.running.insert(build.to_owned(), running);
        }
        if self.printer.talks() {
            let again = if attempt == 1 { String::new() } else { format!(" (attempt {attempt})") };
            self.line(build, &format!("building with {executor}{again}"));
        }
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
        if let Some(running) = self.running.get_mut(build) {
            running.told = Instant::now();
            if *stage == Stage::Building {
                clear(&mut running.bar);
            }
        }
        if self.printer.talks() && (always || self.printer.style.level == Level::Verbose) {
            self.line(build, &text);
        }
    }

    fn sent(&mut self, build: &str, bytes: u64) {
        let text = format!("{} sent", HumanBytes(bytes));
        let prefix = self.prefix(build);
        let Some(running) = self.running.get_mut(build) else { return };
        if !self.bars.is_hidden() {
            let bar = running.bar.get_or_insert_with(|| {
                let bar = self.bars.add(ProgressBar::new_spinner());
                if let Ok(style) = ProgressStyle::with_template("{prefix}{spinner} {msg}") {
                    bar.set_style(style);
                }
                bar.with_prefix(prefix)
            });
            bar.set_message(text);
            bar.tick();
        } else if running.told.elapsed() >= INTERVAL && self.printer.talks() {
            running.told = Instant::now();
            self.line(build, &text);
        }
    }

    fn ended(&mut self, outcome: &Outcome) {
        let build = &*outcome.build;
        if let Some(running) = self.running.get_mut(build) {
            clear(&mut running.bar);
        }
        match &outcome.end {
            End::Built { .. } => {}
            End::Failed { cause, .. } => self.problem(build, cause, None),
            End::Unreached { cause, hint } | End::Unpacked { cause, hint } => {
                self.problem(build, cause, hint.as_deref());
            }
            End::Skipped { cause } => {
                self.line(build, &format!("skipped: {cause}"));
            }
            End::Interrupted if outcome.attempts == 0 => {
                self.line(build, &outcome.interruption(None));
            }
            End::Interrupted => self.problem(build, &outcome.interruption(None), None),
        }
        self.running.remove(build);
        if let Some(sections) = &mut self.sections {
            sections.end(&self.printer);
        }
    }

    fn problem(&self, build: &str, cause: &str, hint: Option<&str>) {
        self.aside(|| self.printer.problem(&format!("{build}: {cause}"), hint));
    }

    /// Tells of each build that has been silent for a minute that it goes on.
    pub fn tick(&self) {
        if !self.printer.talks() {
            return;
        }
        let now = Instant::now();
        for (build, running) in &self.running {
            let text = goes_on(running.begun, running.heard.get(), now);
            if let (Some(text), None) = (text, &running.bar) {
                self.line(build, &text);
            }
        }
    }

    fn line(&self, build: &str, text: &str) {
        if let Some(running) = self.running.get(build) {
            running.heard.set(Instant::now());
        }
        let line = format!("{}{text}", self.prefix(build));
        self.aside(|| self.printer.tell(&line));
    }

    /// The build's name, as wide as the longest and in its colour.
    fn prefix(&self, build: &str) -> String {
        if build.is_empty() {
            return String::new();
        }
        let colour = self.running.get(build).map_or(COLOURS[0], |running| running.colour);
        self.printer.paint(&format!("{build:<width$} | ", width = self.width), colour)
    }
}

/// What is told `now` of a build, if it is time to, where nothing else was told since `heard`.
fn goes_on(begun: Instant, heard: Instant, now: Instant) -> Option<String> {
    let minutes = now.duration_since(begun).as_secs() / 60;
    (now.duration_since(heard) >= SILENCE).then(|| format!("still at it, for {minutes}m now"))
}

fn clear(bar: &mut Option<ProgressBar>) {
    if let Some(bar) = bar.take() {
        bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_is_told_of_when_it_was_silent_for_a_minute() {
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);

        assert_eq!(goes_on(begun, begun, at(59)), None);
        assert_eq!(goes_on(begun, begun, at(60)).as_deref(), Some("still at it, for 1m now"));
        assert_eq!(goes_on(begun, at(100), at(150)), None);
        assert_eq!(goes_on(begun, at(100), at(181)).as_deref(), Some("still at it, for 3m now"));
    }
}
