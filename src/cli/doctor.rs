//! `doctor`: whether a run would find what it needs, and what to do where not.
//!
//! As a run, it runs credential commands and helpers; it builds, sends and pushes nothing.

use std::{path::Path, time::Duration};

use tokio::sync::{mpsc, watch};

use crate::{
    ci::Ci,
    config::Mistakes,
    doctor::{Fault, State, Topic},
    event::{Event, What},
    plan::{Plan, Wanted, leaks},
    report::{self, Printer, snippet},
    runner::{Prepared, Run, Standing},
    secret::Redactor,
    transport::Hands,
};

use super::{
    BUILD_FAILED, INTERRUPTED, OK, Surroundings, UNREACHED, USAGE,
    args::{self, Shown},
    earlier, load,
    owner::owner,
    runtime,
    signals::interrupts,
    written,
};

/// How long a last warning may take to be heard.
const LINGER: Duration = Duration::from_secs(1);

/// `doctor`.
pub(super) fn doctor(
    args: &args::Doctor,
    surroundings: &Surroundings,
    printer: &Printer,
    redactor: &Redactor,
) -> u8 {
    let earlier = earlier::earlier(&args.from_reports, surroundings, printer);
    let Ok(earlier) = earlier else { return USAGE };
    // What a laptop would push only when asked to is looked at as well.
    let wanted =
        Wanted { builds: &args.builds, push: true, earlier: earlier.as_ref(), ..Wanted::default() };
    let Some(loaded) = load::config(&args.common, wanted, surroundings, printer) else {
        return USAGE;
    };
    let Some(plan) = load::plan(&loaded, wanted, surroundings, printer, redactor) else {
        return USAGE;
    };
    let Some(runtime) = runtime(printer) else { return UNREACHED };
    let (cancel, cancelled) = watch::channel(false);
    let visit = Visit { args, surroundings, printer, redactor, plan: &plan, ci: &loaded.ci };
    let code = runtime.block_on(async {
        tokio::select! {
            code = visit.run(cancelled) => code,
            // Whatever is under way: the guard cleans up.
            () = interrupts(cancel, |_| {}) => INTERRUPTED,
        }
    });
    runtime.shutdown_background();
    code
}

struct Visit<'a> {
    args: &'a args::Doctor,
    surroundings: &'a Surroundings,
    printer: &'a Printer,
    redactor: &'a Redactor,
    plan: &'a Plan,
    ci: &'a Ci,
}

impl Visit<'_> {
    async fn run(&self, cancelled: watch::Receiver<bool>) -> u8 {
        let (plan, environment) = (self.plan, &self.surroundings.environment);
        let mut interrupted = cancelled.clone();
        let tried = tokio::select! {
            // An interrupt reaches credential programs too: their failure is not the cause then.
            biased;
            Ok(_) = interrupted.wait_for(|cancelled| *cancelled) => None,
            tried = Prepared::tried(plan, environment, self.redactor) => Some(tried),
        };
        let Some((prepared, tried)) = tried else { return INTERRUPTED };
        for warning in &prepared.warnings {
            self.printer.warning(warning);
        }
        if let Some(mistakes) = Mistakes::any(leaks(plan, self.redactor), &plan.sources) {
            self.printer.tell(&snippet::mistakes(&mistakes, self.printer.style.colour));
            return USAGE;
        }
        let (events, mut heard) = mpsc::channel::<Event>(64);
        let printer = self.printer.clone();
        let listening = tokio::spawn(async move {
            while let Some(event) = heard.recv().await {
                if let What::Warning(text) = &event.what {
                    printer.warning(text);
                }
            }
        });
        let run = Run {
            plan,
            prepared: &prepared,
            environment,
            jobs: 1,
            keep_going: true,
            hands: Hands { events, cancelled: cancelled.clone() },
            owner: owner(self.ci, self.surroundings),
            standing: &Standing::new(plan),
            load: None,
            program: self.surroundings.program.clone(),
        };
        let text = self.args.format == Shown::Text;
        let (mut topics, mut told): (Vec<Topic>, _) = (Vec::new(), Ok(()));
        run.examine(
            &tried,
            |path| self.label(path),
            |topic| {
                if text && told.is_ok() {
                    told = self.printer.result(&report::doctor::text(&topic));
                }
                topics.push(topic);
            },
        )
        .await;
        drop(run);
        // What speaks to nobody any more may hold on to the line.
        let _ = tokio::time::timeout(LINGER, listening).await;
        if *cancelled.borrow() {
            return INTERRUPTED;
        }
        if !text {
            told = self.printer.document(&report::doctor::json(&topics, self.redactor));
        }
        if self.printer.talks() {
            self.printer.tell(&report::doctor::summary(&topics));
        }
        match written(told, self.printer) {
            OK => code(&topics),
            failed => failed,
        }
    }

    /// A path as the user would type it.
    fn label(&self, path: &Path) -> String {
        let below = path.strip_prefix(&self.surroundings.current).unwrap_or(path);
        if below.as_os_str().is_empty() { ".".to_owned() } else { below.display().to_string() }
    }
}

/// The first that applies, as of a run.
fn code(topics: &[Topic]) -> u8 {
    let has = |fault| {
        let findings = topics.iter().flat_map(|topic| &topic.findings);
        findings.into_iter().any(|finding| finding.state == State::Failed(fault))
    };
    if has(Fault::Other) {
        BUILD_FAILED
    } else if has(Fault::Unreached) {
        UNREACHED
    } else if has(Fault::Input) {
        USAGE
    } else {
        OK
    }
}
