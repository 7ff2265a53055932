//! `run`: plan, prepare, build, tell, report.

use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{mpsc, oneshot, watch},
};

use crate::{
    ci::{Ci, Fact, FactValue, Field},
    event::{Event, What},
    outcome::{End, Outcome, chain},
    plan::{Build, Plan, Wanted, leaks},
    report::{self, Live, Printer, snippet},
    runner::{Prepared, Run},
    secret::Redactor,
    transport::Hands,
};

use super::{
    BUILD_FAILED, INTERRUPTED, OK, Surroundings, UNREACHED, USAGE,
    args::{self, Output},
    load, runtime,
};

/// Events that may wait for the printer; then the executor's log waits.
const EVENTS: usize = 1024;

/// `run`.
pub(super) fn run(
    args: &args::Run,
    surroundings: &Surroundings,
    printer: &Printer,
    redactor: &Redactor,
) -> u8 {
    let Some(reports) = reports(args, surroundings, printer) else { return USAGE };
    let Some(loaded) = load::config(&args.common, surroundings, printer) else { return USAGE };
    let wanted = Wanted { builds: &args.builds, push: args.push };
    let Some(plan) = load::plan(&loaded, wanted, surroundings, printer, redactor) else {
        return USAGE;
    };
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            printer.error(&error, None);
            return UNREACHED;
        }
    };
    let started = SystemTime::now();
    let told = Told { surroundings, printer, redactor, ci: &loaded.ci, args };
    let (cancel, cancelled) = watch::channel(false);
    let run = runtime.block_on(async {
        tokio::select! {
            outcomes = told.run(&plan, cancelled) => Some(outcomes),
            // Whatever is under way: the far side's own switch and the guard clean up.
            () = interrupts(cancel) => None,
        }
    });
    let Some(run) = run else {
        runtime.shutdown_background();
        return INTERRUPTED;
    };
    let (outcomes, refused) = match run {
        Ok(outcomes) => (outcomes, false),
        Err(cause) => (unstarted(&plan, &cause), true),
    };
    runtime.shutdown_background();
    if !refused {
        told.end(&plan, &outcomes);
    }
    let document = report::run::json(&plan, &outcomes, &loaded.ci, started);
    let mut written = true;
    for path in &reports {
        if let Err(error) = report::write(path, &redactor.text(&document)) {
            printer.error(&error, Some("the builds have ended all the same: see above"));
            written = false;
        }
    }
    if args.output == Output::Json {
        written &= printer.result(document.trim_end()).is_ok();
    }
    match (refused, written) {
        (true, true) => USAGE,
        (true, false) => BUILD_FAILED,
        (false, written) => code(&outcomes, written),
    }
}

/// An outcome for each build of a run that could not begin, for its report.
fn unstarted(plan: &Plan, cause: &str) -> Vec<Outcome> {
    let skipped = |build: &Build| ended(build, End::Skipped { cause: cause.to_owned() });
    plan.builds.iter().map(skipped).collect()
}

fn ended(build: &Build, end: End) -> Outcome {
    Outcome {
        build: build.name.clone(),
        end,
        duration: Duration::ZERO,
        attempts: 0,
        bundle: None,
        executor_version: None,
    }
}

/// The paths of `--report json=PATH`, absolute.
fn reports(
    args: &args::Run,
    surroundings: &Surroundings,
    printer: &Printer,
) -> Option<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for report in &args.reports {
        match report.split_once('=') {
            Some(("json", path)) if !path.is_empty() => {
                let path = surroundings.current.join(path);
                if !path.parent().is_some_and(std::path::Path::is_dir) {
                    let parent = path.parent().unwrap_or(&path).display().to_string();
                    printer.tell(&format!("error: the report's directory `{parent}` is not there"));
                    printer.tell("hint: make it first: reports make no directories");
                    return None;
                }
                paths.push(path);
            }
            _ => {
                printer.tell(&format!("error: `--report {report}` is no report"));
                printer.tell("hint: write `--report json=PATH`");
                return None;
            }
        }
    }
    Some(paths)
}

struct Told<'a> {
    surroundings: &'a Surroundings,
    printer: &'a Printer,
    redactor: &'a Redactor,
    ci: &'a Ci,
    args: &'a args::Run,
}

impl Told<'_> {
    /// The outcomes; or why nothing was started, which was told.
    async fn run(
        &self,
        plan: &Plan,
        cancelled: watch::Receiver<bool>,
    ) -> Result<Vec<Outcome>, String> {
        let environment = &self.surroundings.environment;
        let mut interrupted = cancelled.clone();
        let prepared = tokio::select! {
            // An interrupt reaches credential programs too: their failure is not the cause then.
            biased;
            Ok(_) = interrupted.wait_for(|cancelled| *cancelled) => None,
            prepared = Prepared::new(plan, environment, self.redactor) => Some(prepared),
        };
        let Some(prepared) = prepared else {
            return Ok(plan.builds.iter().map(|build| ended(build, End::Interrupted)).collect());
        };
        let prepared = prepared.map_err(|error| {
            self.printer.error(&error, error.hint().as_deref());
            chain(&error)
        })?;
        for warning in &prepared.warnings {
            self.printer.warning(warning);
        }
        if let Some(mistakes) = leaks(plan, self.redactor) {
            self.printer.tell(&snippet::mistakes(&mistakes, self.printer.style.colour));
            return Err("a build holds a secret where others can read it".to_owned());
        }

        let (events, heard) = mpsc::channel(EVENTS);
        let (done, ended) = oneshot::channel();
        let run = Run {
            plan,
            prepared: &prepared,
            environment,
            keep_going: self.args.keep_going,
            hands: Hands { events, cancelled },
            owner: self.owner(),
            program: self.surroundings.program.clone(),
        };
        let text = self.args.output == Output::Text;
        let (printer, provider) = (self.printer.clone(), self.ci.provider());
        let listening = tokio::task::spawn_blocking(move || {
            let mut live = Live::new(printer.clone(), provider);
            listen(heard, ended, |event| {
                live.event(event);
                if let (What::Ended(outcome), true) = (&event.what, text)
                    && let End::Built { images, .. } = &outcome.end
                {
                    for image in images {
                        // A full disk under stdout: the report and the exit code still tell.
                        let _ = printer.result(image);
                    }
                }
            });
        });
        let outcomes = run.run().await;
        drop(run);
        let _ = done.send(());
        let _ = listening.await;
        outcomes.map_err(|error| {
            self.printer.error(&error, error.hint().as_deref());
            chain(&error)
        })
    }

    /// The job's address, or a user and a machine.
    fn owner(&self) -> String {
        if let Fact::Known(FactValue::Text(url)) = self.ci.fact(Field::JobUrl) {
            return url;
        }
        let named = |name: &str| self.surroundings.environment.get(name).map(String::as_str);
        let user = named("USER").or(named("LOGNAME")).unwrap_or("somebody");
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        format!("{user} on {host}")
    }

    fn end(&self, plan: &Plan, outcomes: &[Outcome]) {
        if self.printer.talks() {
            self.printer.tell("");
            self.printer.tell(&report::table(outcomes));
        }
        let unpushed = plan.builds.iter().any(|build| {
            // A build that asks for no push gets what it asks for.
            let asked = build.origins.contains_key("no-push");
            !build.push && !asked && !build.destinations.is_empty()
        });
        if unpushed && !self.args.push {
            self.printer.warning("nothing was pushed: outside of CI add `--push`");
        }
    }
}

/// Hears events up to `ended`, and what was sent before it; a sender that is left in a task
/// that does not end holds nobody up.
fn listen(
    mut heard: mpsc::Receiver<Event>,
    mut ended: oneshot::Receiver<()>,
    mut hear: impl FnMut(&Event),
) {
    let waiting = tokio::runtime::Handle::current();
    let mut open = true;
    loop {
        let next = waiting.block_on(async {
            tokio::select! {
                event = heard.recv() => Some(event),
                _ = &mut ended, if open => None,
            }
        });
        match next {
            Some(Some(event)) => hear(&event),
            Some(None) => return,
            None => {
                heard.close();
                open = false;
            }
        }
    }
}

/// The first SIGINT or SIGTERM cancels; ends with the second, at which all does.
async fn interrupts(cancel: watch::Sender<bool>) {
    let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    let (Ok(mut interrupt), Ok(mut terminate)) = signals else {
        return std::future::pending().await;
    };
    for _ in 0..2 {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        // Nobody listens any more where the run has just ended.
        let _ = cancel.send(true);
    }
}

/// The first that applies.
fn code(outcomes: &[Outcome], reported: bool) -> u8 {
    let any = |of: fn(&End) -> bool| outcomes.iter().any(|outcome| of(&outcome.end));
    if any(|end| matches!(end, End::Interrupted)) {
        INTERRUPTED
    } else if any(|end| matches!(end, End::Failed { .. })) || !reported {
        BUILD_FAILED
    } else if any(|end| matches!(end, End::Unreached { .. })) {
        UNREACHED
    } else if any(|end| matches!(end, End::Skipped { .. })) {
        BUILD_FAILED
    } else {
        OK
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_sender_that_is_left_behind_holds_nobody_up_and_nothing_is_lost() {
        let (events, heard) = mpsc::channel(8);
        let (done, ended) = oneshot::channel();
        for text in ["one", "two"] {
            let what = What::Warning(text.into());
            events.send(Event { build: None, what }).await.unwrap();
        }
        done.send(()).unwrap();

        let count = tokio::task::spawn_blocking(move || {
            let mut count = 0;
            listen(heard, ended, |_| count += 1);
            count
        });

        assert_eq!(count.await.unwrap(), 2);
        drop(events);
    }
}
