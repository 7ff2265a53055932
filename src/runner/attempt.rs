//! One attempt at one build: what a transport answers, as an end.

use crate::{
    context::{self, ContextError, Dockerfile, Extent},
    kaniko::{
        cause::{Asked, Cause},
        log::without_colours,
    },
    outcome::{End, Pushed, chain},
    plan::Build,
    registry::Reference,
    transport::{Bundle, Job, Ran, TransportError},
};

use super::{Run, reach::Reach, with_digest};

/// How an attempt ended.
pub(super) struct Attempt {
    pub(super) end: End,
    pub(super) worth_repeating: bool,
    pub(super) bundle: Option<context::Packed>,
    pub(super) version: Option<String>,
    /// The digests of base images, by the name that the Dockerfile has for them.
    pub(super) digests: Vec<(Reference, String)>,
    /// For each destination; none where no destination was reached.
    pub(super) pushed: Vec<Pushed>,
}

impl Attempt {
    /// An attempt that came to nothing before anything was built.
    pub(super) fn unstarted(end: End) -> Self {
        Self {
            end,
            worth_repeating: false,
            bundle: None,
            version: None,
            digests: Vec::new(),
            pushed: Vec::new(),
        }
    }
}

/// An attempt whose context cannot be sent.
pub(super) fn unpacked(error: &ContextError) -> Attempt {
    let hint = error.hint().map(str::to_owned);
    Attempt::unstarted(End::Unpacked { cause: chain(error), hint })
}

/// Sends, builds and brings back once.
pub(super) async fn attempt(
    run: &Run<'_>,
    build: &Build,
    job: &Job,
    bundle: Bundle,
    reach: &Reach,
    seat: usize,
) -> Attempt {
    let result = reach.run(run, build, job, bundle, seat).await;
    match result {
        Ok(ran) => ran_to_end(run, build, ran),
        Err(error) => not_run(build, error),
    }
}

/// What is sent of a build.
#[must_use]
pub(crate) fn spec(build: &Build, extent: Extent) -> context::Spec {
    context::Spec {
        root: build.context.clone(),
        dockerfile: build.dockerfile.clone(),
        extent,
        modes: build.modes,
        timestamps: build.timestamps,
    }
}

fn ran_to_end(run: &Run<'_>, build: &Build, ran: Ran) -> Attempt {
    let (end, worth_repeating, pushed) = if ran.timed_out {
        let limit = humantime::format_duration(build.timeout);
        let cause = format!("it did not end within {limit} and was stopped");
        // When it was stopped it may have been pushing, or done with it.
        (End::Failed { exit_code: 124, cause }, true, Pushed::Unknown)
    } else if ran.exit_code == 0 {
        if let Some(digest) = ran.digest {
            let pushed = build.destinations.iter().filter(|_| build.push);
            let images = pushed.filter_map(|one| with_digest(one, &digest)).collect();
            (End::Built { digest, images }, false, Pushed::Yes)
        } else {
            let cause = "the executor ended well and told no digest".to_owned();
            (End::Failed { exit_code: 0, cause }, false, Pushed::Unknown)
        }
    } else {
        let tail: Vec<_> = ran.tail.iter().map(|line| without_colours(line).into_owned()).collect();
        let cause = Cause::find(ran.exit_code, &tail);
        let transient = cause.is_transient();
        let end = End::Failed { exit_code: ran.exit_code, cause: in_words(run, build, &cause) };
        (end, transient, pushed_by_failed(build, &cause))
    };
    Attempt {
        end,
        worth_repeating,
        bundle: Some(ran.bundle),
        version: Some(ran.version).filter(|version| !version.is_empty()),
        digests: Vec::new(),
        pushed: all(build, pushed),
    }
}

/// The same for all destinations; where nothing is to be pushed, nothing is.
fn all(build: &Build, pushed: Pushed) -> Vec<Pushed> {
    let pushed = if build.push { pushed } else { Pushed::No };
    vec![pushed; build.destinations.len()]
}

/// What may have been pushed by an executor that failed for this cause.
fn pushed_by_failed(build: &Build, cause: &Cause) -> Pushed {
    let lost = matches!(
        cause,
        Cause::RegistryBusy { asked: Asked::Destination(_), .. }
            | Cause::Network { asked: Asked::Destination(_), .. }
    );
    // Kaniko pushes in order and stops at the first that fails: which were done is not told.
    if lost || build.destinations.len() > 1 { Pushed::Unknown } else { Pushed::No }
}

fn pushes(build: &Build) -> bool {
    build.push && !build.destinations.is_empty()
}

/// What is asked where a login is refused.
const LOGIN: &str = "is the password right, and has it not run out?";

/// The cause with what only we know: who logs in, and the line of a base image.
fn in_words(run: &Run<'_>, build: &Build, cause: &Cause) -> String {
    let sentence = cause.sentence();
    match cause {
        Cause::BaseMissing { reference: Some(base) }
        | Cause::BaseUnauthorized { reference: Some(base) } => {
            let Some(line) = line_of(build, base) else { return sentence };
            let path = match &build.dockerfile {
                Dockerfile::Inside(path) => build.context.join(path),
                Dockerfile::Outside(path) => path.clone(),
            };
            let sentence = format!("{sentence} ({}:{line})", path.display());
            let host = Reference::parse(base).map(|one| one.host().to_owned());
            let user = host.ok().and_then(|host| run.prepared.username(build, &host));
            match (cause, user) {
                (Cause::BaseUnauthorized { .. }, Some(user)) => {
                    format!("{sentence}; `{user}` asked for it: {LOGIN}")
                }
                _ => sentence,
            }
        }
        Cause::PushDenied { destination, unknown } => {
            let host = Reference::parse(destination).map(|one| one.host().to_owned());
            let Ok(host) = host else { return sentence };
            match run.prepared.username(build, &host) {
                Some(user) if *unknown => format!(
                    "`{host}` refuses the login of `{user}`, or that it pushes to `{destination}`; \
                     {LOGIN}"
                ),
                Some(user) => format!("{sentence}; logged in to `{host}` as `{user}`"),
                None => format!("{sentence}; there are no credentials for `{host}`"),
            }
        }
        _ => sentence,
    }
}

fn line_of(build: &Build, reference: &str) -> Option<usize> {
    let same = |base: &&crate::plan::Base| match (
        Reference::parse(&base.reference),
        Reference::parse(reference),
    ) {
        (Ok(one), Ok(other)) => {
            one.host() == other.host() && one.repository() == other.repository()
        }
        _ => base.reference == reference,
    };
    build.bases.iter().find(same).map(|base| base.line)
}

fn not_run(build: &Build, error: TransportError) -> Attempt {
    let (end, worth_repeating, pushed) = not_run_end(error, pushes(build));
    let pushed = all(build, pushed);
    Attempt { end, worth_repeating, bundle: None, version: None, digests: Vec::new(), pushed }
}

/// The end, whether it is worth repeating, and what became of the destinations.
fn not_run_end(error: TransportError, pushes: bool) -> (End, bool, Pushed) {
    let text = chain(&error);
    match error {
        // The executor was stopped where it was: it may have been pushing.
        TransportError::Interrupted => (End::Interrupted, false, Pushed::Unknown),
        TransportError::Unreachable { hint, transient, .. } => {
            let hint = Some(hint).filter(|hint| !hint.is_empty());
            (End::Unreached { cause: text, hint }, transient, Pushed::No)
        }
        TransportError::Refused { hint, .. } => {
            (End::Unreached { cause: text, hint: Some(hint) }, false, Pushed::No)
        }
        TransportError::Lacks { .. } => {
            let cause = format!("{text}; the maintained fork's current version can more");
            (End::Failed { exit_code: 1, cause }, false, Pushed::No)
        }
        TransportError::Busy { .. }
        | TransportError::Context(ContextError::Sink(_) | ContextError::Threads(_)) => {
            (End::Unreached { cause: text, hint: None }, false, Pushed::No)
        }
        TransportError::Context(error) => (unpacked(&error).end, false, Pushed::No),
        TransportError::Lost { started, .. } => {
            let hint = (started && pushes).then(|| {
                "the executor may have gone on by itself: look whether the image was pushed".into()
            });
            let doubt = if started { Pushed::Unknown } else { Pushed::No };
            (End::Unreached { cause: text, hint }, true, doubt)
        }
        TransportError::Feed { .. } => {
            (End::Unreached { cause: text, hint: None }, true, Pushed::No)
        }
        TransportError::Output { .. } => {
            // The executor has ended well by then, so it has pushed what it was to push.
            (End::Failed { exit_code: 0, cause: text }, false, Pushed::Unknown)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_that_is_lost_after_the_push_leaves_the_push_unknown() {
        let error = TransportError::Output { what: "cut".into() };

        let (end, _, pushed) = not_run_end(error, true);

        assert_eq!(pushed, Pushed::Unknown, "{end:?}");
    }

    #[test]
    fn a_connection_that_is_lost_before_the_executor_starts_leaves_no_doubt() {
        let lost = |started| TransportError::Lost { what: "cut".into(), started };

        assert_eq!(not_run_end(lost(false), true).2, Pushed::No);
        assert_eq!(not_run_end(lost(true), true).2, Pushed::Unknown);
    }
}
