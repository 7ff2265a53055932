//! `run`: plan, prepare, build, tell, report.

use std::{
    cell::OnceCell,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::sync::{mpsc, oneshot, watch};

use crate::{
    ci::Ci,
    config::Mistakes,
    context::ContextError,
    event::{Event, What},
    outcome::{End, Outcome, chain},
    plan::{self, Build, ExecutorKind, Plan, Wanted, leaks},
    report::{self, Ended, Format, Live, Printer, Tails, snippet},
    runner::{Prepared, Run, Standing},
    secret::Redactor,
    threads,
    transport::{Hands, container},
};

use super::{
    BUILD_FAILED, INTERRUPTED, OK, Surroundings, UNREACHED, USAGE,
    args::{self, Engine, Output},
    earlier, load,
    machine::machine,
    owner::owner,
    reports, runtime,
    signals::{Signal, interrupts},
    trouble::unprepared,
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
    let Some(asked) = reports::asked(&args.reports, surroundings, printer) else { return USAGE };
    let earlier = earlier::earlier(&args.from_reports, surroundings, printer);
    let Ok(earlier) = earlier else { return USAGE };
    let wanted = Wanted {
        builds: &args.builds,
        push: args.push,
        earlier: earlier.as_ref(),
        ..Wanted::default()
    };
    let Some(loaded) = load::config(&args.common, wanted, surroundings, printer) else {
        return USAGE;
    };
    let Some(plan) = load::plan(&loaded, wanted, surroundings, printer, redactor) else {
        return USAGE;
    };
    if let Some(mistakes) = plan::withheld(&plan) {
        printer.tell(&snippet::mistakes(&mistakes, printer.style.colour));
        return USAGE;
    }
    let reports = reports::all(asked, &plan, &loaded, surroundings, printer);
    let Some(reports) = reports.filter(|reports| reports::have_places(reports, &plan, printer))
    else {
        return USAGE;
    };
    let Ok(into) = loading(args, &plan, surroundings, printer) else { return USAGE };
    let Some(runtime) = runtime(printer) else { return UNREACHED };
    let started = SystemTime::now();
    let tails = Tails::default();
    let (ci, tails, standing) = (&*loaded.ci, &tails, &Standing::new(&plan));
    let lost = Arc::default();
    let told = Told { surroundings, printer, redactor, ci, args, into, tails, standing, lost };
    let (cancel, cancelled) = watch::channel(false);
    let signal = OnceCell::new();
    let plan = &plan;
    let begun = Ended { plan, outcomes: &[], ci, started, signal: None, tails, redactor };
    let interrupted = |first: Signal| {
        let (signal, outcomes) = (signal.get_or_init(|| first.name()), &standing.outcomes()[..]);
        reports::write_meanwhile(&reports, &Ended { outcomes, signal: Some(signal), ..begun });
    };
    let run = runtime.block_on(async {
        tokio::select! {
            outcomes = told.run(plan, cancelled) => Some(outcomes),
            // Whatever is under way: the far side's own switch and the guard clean up.
            () = interrupts(cancel, interrupted) => None,
        }
    });
    runtime.shutdown_background();
    let cut_short = run.is_none();
    let (outcomes, refused) = match run {
        Some(Ok(outcomes)) => (outcomes, false),
        Some(Err(cause)) => (unstarted(plan, &cause), true),
        None => (standing.outcomes(), false),
    };
    let signal = signal.into_inner();
    if !refused && !cut_short {
        told.end(plan, &outcomes, signal);
    }
    let ended = Ended { outcomes: &outcomes, signal, ..begun };
    let mut result =
        told.lost.lock().unwrap_or_else(PoisonError::into_inner).take().map_or(Ok(()), Err);
    if args.output == Output::Json {
        result = printer.document(Format::Json.document(&ended).trim_end());
    }
    let written =
        reports::write(&reports, &ended, printer) & (super::written(result, printer) == OK);
    match (refused, written) {
        _ if cut_short => INTERRUPTED,
        (true, true) => USAGE,
        (true, false) => BUILD_FAILED,
        (false, written) => code(&outcomes, written),
    }
}

/// The engine of `--load`; what stands against it was told.
fn loading(
    args: &args::Run,
    plan: &Plan,
    surroundings: &Surroundings,
    printer: &Printer,
) -> Result<Option<container::Kind>, ()> {
    let Some(wanted) = args.load else { return Ok(None) };
    let other = plan.builds.iter().find(|build| build.executor.kind != ExecutorKind::Builtin);
    if let Some(build) = other {
        let (name, executor) = (&build.name, &build.executor.name);
        printer.tell(&format!("error: `--load` of `{name}`, which `{executor}` builds"));
        printer.tell("hint: only `builtin` loads; `tar-path` gives a file for `docker load`");
        return Err(());
    }
    match wanted {
        Engine::Docker => Ok(Some(container::Kind::Docker)),
        Engine::Podman => Ok(Some(container::Kind::Podman)),
        Engine::Any => {
            let engine = machine(&surroundings.environment).engine;
            if engine.is_none() {
                printer.tell("error: `--load` finds neither docker nor podman here");
                printer.tell("hint: start docker, or install podman; `tar-path` gives a file");
            }
            engine.map(Some).ok_or(())
        }
    }
}

/// An outcome for each build of a run that could not begin, for its report.
fn unstarted(plan: &Plan, cause: &str) -> Vec<Outcome> {
    let skipped = |build: &Build| {
        let end = End::Skipped { cause: cause.to_owned() };
        Outcome::unstarted(build.name.clone(), end, build.destinations.len())
    };
    plan.builds.iter().map(skipped).collect()
}

struct Told<'a> {
    surroundings: &'a Surroundings,
    printer: &'a Printer,
    redactor: &'a Redactor,
    ci: &'a Ci,
    args: &'a args::Run,
    into: Option<container::Kind>,
    tails: &'a Tails,
    standing: &'a Standing,
    /// Why stdout has not taken the images.
    lost: Arc<Mutex<Option<io::Error>>>,
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
            return Ok(self.standing.outcomes());
        };
        let prepared = prepared.map_err(|errors| unprepared(&errors, self.printer))?;
        for warning in &prepared.warnings {
            self.printer.warning(warning);
        }
        if let Some(mistakes) = Mistakes::any(leaks(plan, self.redactor), &plan.sources) {
            self.printer.tell(&snippet::mistakes(&mistakes, self.printer.style.colour));
            return Err("a build holds a secret where others can read it".to_owned());
        }

        let (events, heard) = mpsc::channel(EVENTS);
        let (done, ended) = oneshot::channel();
        let run = Run {
            plan,
            prepared: &prepared,
            environment,
            jobs: self.args.jobs.into(),
            keep_going: self.args.keep_going,
            hands: Hands { events, cancelled },
            owner: owner(self.ci, self.surroundings),
            standing: self.standing,
            load: self.into,
            program: self.surroundings.program.clone(),
        };
        let text = self.args.output == Output::Text;
        let (printer, provider) = (self.printer.clone(), self.ci.provider());
        let (tails, lost) = (self.tails.clone(), Arc::clone(&self.lost));
        let together = self.args.jobs > 1 && plan.builds.len() > 1;
        let names: Vec<String> = plan.builds.iter().map(|build| build.name.to_string()).collect();
        let (ready, begun) = oneshot::channel();
        let mut listening = threads::start(move || {
            let _ = ready.send(());
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            let together = together.then_some(&names[..]);
            let mut live = Live::new(printer.clone(), provider, together);
            listen(heard, ended, |event| {
                let Some(event) = event else { return live.tick() };
                live.event(event);
                tails.hear(event);
                if let (What::Ended(outcome), true) = (&event.what, text)
                    && let End::Built { images, .. } = &outcome.end
                {
                    for image in images {
                        // The builds go on: what they have made is told in reports as well.
                        if let Err(error) = live.aside(|| printer.result(image)) {
                            *lost.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                        }
                    }
                }
            });
        });
        // What nobody tells is not done either.
        if begun.await.is_err()
            && let Err(source) = (&mut listening).await
        {
            let error = ContextError::Threads(source);
            self.printer.error(&error, error.hint());
            return Err(chain(&error));
        }
        let outcomes = run.run().await;
        drop(run);
        let _ = done.send(());
        let _ = listening.await;
        outcomes.map_err(|error| {
            self.printer.error(&error, error.hint().as_deref());
            chain(&error)
        })
    }

    fn end(&self, plan: &Plan, outcomes: &[Outcome], signal: Option<&str>) {
        if outcomes.is_empty() && !plan.left_out.is_empty() {
            let left_out = plan.left_out.iter().map(|name| format!("`{name}`"));
            let left_out = left_out.collect::<Vec<_>>().join(", ");
            self.printer
                .warning(&format!("nothing was built: the `when` of {left_out} does not hold"));
        } else if self.printer.talks() {
            self.printer.tell("");
            self.printer.tell(&report::table(outcomes, self.printer.columns(), signal));
        }
        // What was not built would not have been pushed either.
        let built = |name: &str| {
            let of_build = |one: &&Outcome| &*one.build == name;
            let outcome = outcomes.iter().find(of_build);
            outcome.is_some_and(|one| matches!(one.end, End::Built { .. }))
        };
        let mut built_now = plan.builds.iter().filter(|build| built(&build.name)).peekable();
        match self.into {
            Some(engine) if built_now.peek().is_some() => {
                let names: Vec<_> = built_now.map(|build| format!("`{}`", build.name)).collect();
                if self.printer.talks() {
                    let names = names.join(", ");
                    self.printer.tell(&format!("{} has now: {names}", engine.name()));
                }
            }
            _ if built_now.any(|build| build.push_withheld) => {
                self.printer.warning("nothing was pushed: outside of CI add `--push`");
            }
            _ => {}
        }
    }
}

/// How long it may be before silence is noticed.
const LULL: Duration = Duration::from_secs(5);

/// What comes while builds run.
enum Next {
    Event(Option<Event>),
    Nothing,
    End,
}

/// Hears events up to `ended`, and what was sent before it; a sender that is left in a task
/// that does not end holds nobody up. Now and then, where there are none, it hears nothing.
fn listen(
    mut heard: mpsc::Receiver<Event>,
    mut ended: oneshot::Receiver<()>,
    mut hear: impl FnMut(Option<&Event>),
) {
    let waiting = tokio::runtime::Handle::current();
    let mut open = true;
    loop {
        let next = waiting.block_on(async {
            tokio::select! {
                event = heard.recv() => Next::Event(event),
                () = tokio::time::sleep(LULL) => Next::Nothing,
                _ = &mut ended, if open => Next::End,
            }
        });
        match next {
            Next::Event(Some(event)) => hear(Some(&event)),
            Next::Event(None) => return,
            Next::Nothing => hear(None),
            Next::End => {
                heard.close();
                open = false;
            }
        }
    }
}

/// The first that applies.
fn code(outcomes: &[Outcome], reported: bool) -> u8 {
    let any = |of: fn(&End) -> bool| outcomes.iter().any(|outcome| of(&outcome.end));
    let unpacked = any(|end| matches!(end, End::Unpacked { .. }));
    // As with any other file that is wrong; but a run that has built something was started.
    let unpacked_late = unpacked && any(|end| matches!(end, End::Built { .. }));
    if any(|end| matches!(end, End::Interrupted)) {
        INTERRUPTED
    } else if any(|end| matches!(end, End::Failed { .. })) || unpacked_late || !reported {
        BUILD_FAILED
    } else if any(|end| matches!(end, End::Unreached { .. })) {
        UNREACHED
    } else if unpacked {
        USAGE
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

        let count = threads::start(move || {
            let mut count = 0;
            listen(heard, ended, |_| count += 1);
            count
        });

        assert_eq!(count.await.unwrap(), 2);
        drop(events);
    }
}
