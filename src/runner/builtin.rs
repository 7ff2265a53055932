//! An attempt at a build that needs no executor: made here, written, loaded and pushed by us.

mod load;
mod problem;

use std::{
    collections::BTreeMap,
    error::Error,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::error::Elapsed,
};

use crate::{
    builtin::{self, Bases, BuildError, Recipe, Told},
    context::Extent,
    event::{Event, Stage, What},
    oci::{self, Format, Image, Layer, OciError, Platform, Registries},
    outcome::{End, Pushed, chain},
    plan::{self, Build},
    registry::Reference,
    template::{LateValue, Rendered},
    transport::OutputKind,
};

use self::{load::load, problem::Problem};
use super::{
    Run,
    attempt::{Attempt, spec},
    with_digest,
};

/// The image's time, by the variable that reproducible builds have agreed on.
const EPOCH: &str = "SOURCE_DATE_EPOCH";

/// How far the pushes of an attempt have come, destination by destination.
#[derive(Default)]
struct Pushes {
    ended: Vec<Pushed>,
    /// Whether the next has the image is not known.
    in_doubt: bool,
    /// Of base images, as each is asked for.
    digests: Arc<Mutex<Vec<(Reference, String)>>>,
}

impl Pushes {
    /// The next has another image, and keeps it.
    fn kept_out(&mut self) {
        let doubt = std::mem::take(&mut self.in_doubt);
        self.ended.push(if doubt { Pushed::Unknown } else { Pushed::No });
    }

    fn of(&self, build: &Build) -> Vec<Pushed> {
        let mut pushed = self.ended.clone();
        pushed.extend(self.in_doubt.then_some(Pushed::Unknown));
        pushed.resize(build.destinations.len(), Pushed::No);
        pushed
    }

    fn digests(&self) -> Vec<(Reference, String)> {
        self.digests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Those that have it.
    fn done<'b>(&self, build: &'b Build) -> impl Iterator<Item = &'b Reference> {
        let each = build.destinations.iter().zip(&self.ended);
        each.filter(|(_, pushed)| **pushed == Pushed::Yes).map(|(destination, _)| destination)
    }
}

/// Builds once, and pushes.
pub(super) async fn attempt(
    run: &Run<'_>,
    build: &Build,
    (registries, bases): (&Registries, &Bases),
    late: impl Fn(&LateValue) -> Option<String>,
) -> Attempt {
    let mut progress = Pushes::default();
    let mut cancelled = run.hands.cancelled.clone();
    let result = tokio::select! {
        result = tokio::time::timeout(
            build.timeout,
            done(run, build, (registries, bases), late, &mut progress),
        ) => Some(result),
        Ok(_) = cancelled.wait_for(|cancelled| *cancelled) => None,
    };
    // What was on its way to a registry when it ended is not left there.
    registries.clean_up().await;
    let (end, transient) = end(build, result, &progress);
    let digests = progress.digests();
    Attempt { pushed: progress.of(build), digests, ..ended(end, transient) }
}

/// The end, and whether it is worth repeating; none of `result` is an interruption.
fn end(
    build: &Build,
    result: Option<Result<Result<String, Problem>, Elapsed>>,
    progress: &Pushes,
) -> (End, bool) {
    let Some(result) = result else { return (End::Interrupted, false) };
    let pushed = || progress.done(build);
    match result {
        Ok(Ok(digest)) => {
            let images = pushed().filter_map(|one| with_digest(one, &digest)).collect();
            (End::Built { digest, images }, false)
        }
        Ok(Err(problem)) if problem.is_of_context() => {
            let cause = problem.told(&build.dockerfile_label);
            (End::Unpacked { cause, hint: problem.hint() }, false)
        }
        Ok(Err(problem)) => {
            let mut cause = problem.told(&build.dockerfile_label);
            if let Some(hint) = problem.hint() {
                cause = format!("{cause}; {hint}");
            }
            let pushed: Vec<_> = pushed().map(ToString::to_string).collect();
            if !pushed.is_empty() {
                cause = format!("{cause} (pushed before that: {})", pushed.join(", "));
            }
            (End::Failed { exit_code: 1, cause }, problem.is_transient())
        }
        Err(_) => {
            let limit = humantime::format_duration(build.timeout);
            let cause = format!("it did not end within {limit} and was stopped");
            (End::Failed { exit_code: 124, cause }, true)
        }
    }
}

fn ended(end: End, worth_repeating: bool) -> Attempt {
    let version = Some(concat!("kaniko-build ", env!("CARGO_PKG_VERSION")).to_owned());
    let (digests, pushed) = (Vec::new(), Vec::new());
    Attempt { end, worth_repeating, bundle: None, version, digests, pushed }
}

/// The image's digest; `pushes` grows by each destination that has it, or has refused it.
async fn done(
    run: &Run<'_>,
    build: &Build,
    (registries, bases): (&Registries, &Bases),
    late: impl Fn(&LateValue) -> Option<String>,
    pushes: &mut Pushes,
) -> Result<String, Problem> {
    tell(run, build, What::Stage(Stage::Building)).await;
    let (made, layers) = unbounded_channel();
    let (events, name) = (run.hands.events.clone(), Arc::clone(&build.name));
    let dockerfile = build.dockerfile_label.clone();
    let digests = Arc::clone(&pushes.digests);
    let hear = move |told: Told<'_>| match told {
        Told::Base(base, digest) => {
            let mut digests = digests.lock().unwrap_or_else(PoisonError::into_inner);
            digests.push((base.clone(), digest.to_owned()));
        }
        // Whoever sends layers ahead ends with the first that can't be sent.
        Told::Layer(layer) => drop(made.send(layer.clone())),
        Told::Warning { line, text } => {
            let what = What::Warning(format!("{dockerfile}:{line}: {text}"));
            // Behind a full channel there is more to be told than this.
            let _ = events.try_send(Event { build: Some(Arc::clone(&name)), what });
        }
    };
    let making = image(run, build, (registries, bases), &late, hear);
    let sending = ahead(build, registries, layers);
    let (image, ()) = tokio::try_join!(making, sending)?;
    let mut staged = Vec::new();
    for output in &build.outputs {
        let to = output.local.as_path();
        staged.push(match output.kind {
            OutputKind::Directory => oci::layout(&image, registries, to).await?,
            OutputKind::File => oci::archive(&image, registries, &build.destinations, to).await?,
        });
    }
    if let Some(engine) = run.load {
        load(build, &image, registries, engine).await?;
    }
    for destination in build.destinations.iter().filter(|_| build.push) {
        tell(run, build, What::Stage(Stage::Pushing(destination.to_string()))).await;
        match push(run, build, (registries, &image), destination, &mut pushes.in_doubt).await {
            Ok(()) => pushes.ended.push(Pushed::Yes),
            // Another image has the tag, and keeps it: that was to be taken for done.
            Err(error) if ignores_immutable(build) && is_immutable(&error) => pushes.kept_out(),
            Err(error) => return Err(error.into()),
        }
    }
    // A build that has failed replaces nothing.
    for output in staged {
        output.place().await?;
    }
    Ok(image.digest())
}

/// Pushes to one destination, as often as `push-retry` says; the first pause is a second, each
/// next twice as long.
///
/// Source: Kaniko's pkg/util/util.go, `Retry`. What failed is repeated whatever it was, as there.
async fn push(
    run: &Run<'_>,
    build: &Build,
    (registries, image): (&Registries, &Image),
    destination: &Reference,
    in_doubt: &mut bool,
) -> Result<(), OciError> {
    let mut left = retries(build, "--push-retry=");
    let mut pause = Duration::from_secs(1);
    loop {
        match registries.push(image, destination, in_doubt).await {
            Ok(_) => return Ok(()),
            Err(error) if left == 0 => return Err(error),
            Err(error) => again(run, build, pause, &error).await,
        }
        left -= 1;
        pause = (pause * 2).min(Duration::from_mins(1));
    }
}

/// The value of a flag of the build.
fn flag<'b>(build: &'b Build, name: &str) -> Option<&'b str> {
    build.flags.iter().find_map(|flag| flag.strip_prefix(name))
}

fn retries(build: &Build, name: &str) -> u32 {
    flag(build, name).and_then(|times| times.parse().ok()).unwrap_or(0)
}

fn ignores_immutable(build: &Build) -> bool {
    flag(build, "--push-ignore-immutable-tag-errors=") == Some("true")
}

/// Whether a registry refuses to give a tag to another image.
///
/// Source: Kaniko's pkg/executor/push.go, `errTagImmutable`: Google's and Amazon's words.
fn is_immutable(error: &OciError) -> bool {
    let told = error.to_string();
    ["enabled tag immutability", "the tag is immutable"].iter().any(|words| told.contains(words))
}

/// Sends the layers of an image on while those above are still being made, so that its push
/// finds them there. Nothing has the image's name before that.
async fn ahead(
    build: &Build,
    registries: &Registries,
    layers: UnboundedReceiver<Layer>,
) -> Result<(), Problem> {
    let Some(destination) = build.destinations.first().filter(|_| build.push) else {
        return Ok(());
    };
    let layers = stream::unfold(layers, async |mut layers| Some((layers.recv().await?, layers)));
    let sent = layers.map(|layer| async move { registries.send(&layer, destination).await });
    match sent.buffer_unordered(oci::AT_ONCE).try_collect::<()>().await {
        // The push tries again.
        Err(_) if retries(build, "--push-retry=") > 0 => Ok(()),
        sent => Ok(sent?),
    }
}

/// Waits before the same is done again.
async fn again(run: &Run<'_>, build: &Build, after: Duration, error: &dyn Error) {
    tell(run, build, What::AskingAgain { after, cause: chain(error) }).await;
    tokio::time::sleep(after).await;
}

async fn tell(run: &Run<'_>, build: &Build, what: What) {
    // Nobody listens any more when the printer has gone, and then nobody needs to be told.
    let _ = run.hands.events.send(Event { build: Some(build.name.clone()), what }).await;
}

async fn image(
    run: &Run<'_>,
    build: &Build,
    (registries, bases): (&Registries, &Bases),
    late: &impl Fn(&LateValue) -> Option<String>,
    hear: impl Fn(Told<'_>) + Clone + Send + 'static,
) -> Result<Image, Problem> {
    let known = |entries: &[(String, Rendered)]| {
        let value = |(name, text): &(String, Rendered)| {
            Some((name.clone(), plan::resolve(text, &mut |value: &LateValue| late(value))?))
        };
        entries.iter().map(value).collect::<Option<Vec<_>>>().ok_or(Problem::Late)
    };
    let mut build_args: BTreeMap<_, _> = known(&build.build_args)?.into_iter().collect();
    // As buildx does, so that one variable of the job is enough.
    if let Some(epoch) = run.environment.get(EPOCH).filter(|epoch| !epoch.is_empty()) {
        build_args.entry(EPOCH.to_owned()).or_insert_with(|| epoch.clone());
    }
    let recipe = Recipe {
        // It reads from the directory what it takes.
        context: spec(build, Extent::Whole),
        dockerfile: (*build.instructions).clone(),
        target: build.target.clone(),
        build_args,
        labels: known(&build.labels)?,
        annotations: known(&build.annotations)?,
        platform: flag(build, "--custom-platform=").map(Platform::parse).transpose()?,
        created: None,
        // -1 leaves it to us, as everything that is no level does.
        level: flag(build, "--compression-level=").and_then(|level| level.parse().ok()),
    };
    let mut left = retries(build, "--image-download-retry=");
    let mut pause = Duration::from_secs(1);
    let image = loop {
        match builtin::build(recipe.clone(), registries, bases, hear.clone()).await {
            // No layer has been made yet.
            Err(error @ BuildError::Image { .. }) if left > 0 && error.is_transient() => {
                again(run, build, pause, &error).await;
                left -= 1;
                pause = (pause * 2).min(Duration::from_mins(1));
            }
            ended => break ended?,
        }
    };
    Ok(match flag(build, "--image-format=") {
        Some("oci") => image.in_format(Format::Oci),
        Some("docker") => image.in_format(Format::Docker),
        _ => image,
    })
}
