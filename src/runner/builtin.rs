//! An attempt at a build that needs no executor: made here, written, loaded and pushed by us.

use std::{collections::BTreeMap, io, path::Path, time::Duration};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::{
    builtin::{self, Bases, BuildError, Recipe},
    context::Extent,
    event::{Event, Stage, What},
    oci::{self, Format, Image, Layer, OciError, Platform, Registries},
    outcome::{End, chain},
    plan::{self, Build},
    process::{Command, Limits, ProcessError},
    registry::Reference,
    template::{LateValue, Rendered},
    transport::{OutputKind, container},
};

use super::{
    Run,
    attempt::{Attempt, spec},
    with_digest,
};

/// The image's time, by the variable that reproducible builds have agreed on.
const EPOCH: &str = "SOURCE_DATE_EPOCH";

/// What loading an image may take and say.
const LOADING: Limits = Limits { bytes: 64 << 10, time: Duration::from_mins(10) };

/// Why there is no image, or why it is not where it should be.
#[derive(Debug, thiserror::Error)]
enum Problem {
    /// A value that another build should have told.
    #[error("a build that it takes the image of pushed none")]
    Late,
    /// A platform that is none.
    #[error(transparent)]
    Platform(#[from] oci::NoPlatform),
    /// The Dockerfile, the context or a base image.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// A registry, or a file that the image is written to.
    #[error(transparent)]
    Oci(#[from] OciError),
    /// The engine does not take it.
    #[error("`{program} load` {why}")]
    Load {
        /// `docker` or `podman`.
        program: &'static str,
        /// As the end of a sentence.
        why: String,
    },
    /// No room for the archive that an engine loads.
    #[error("the image can't be written for loading")]
    Temporary(#[from] io::Error),
}

impl Problem {
    fn is_transient(&self) -> bool {
        match self {
            Self::Build(error) => error.is_transient(),
            Self::Oci(error) => error.is_transient(),
            Self::Late | Self::Platform(_) | Self::Load { .. } | Self::Temporary(_) => false,
        }
    }

    /// With what is behind it, and before it where in the Dockerfile it is.
    fn told(&self, dockerfile: &str) -> String {
        match self {
            Self::Build(error) => match error.line() {
                Some(line) => {
                    let column = error.column().map(|column| format!(":{column}"));
                    format!("{dockerfile}:{line}{}: {}", column.unwrap_or_default(), chain(error))
                }
                None => chain(error),
            },
            _ => chain(self),
        }
    }

    fn is_of_context(&self) -> bool {
        matches!(self, Self::Build(error) if error.is_of_context())
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Build(error) => error.hint().map(str::to_owned),
            Self::Oci(error) => error.hint().map(str::to_owned),
            Self::Late | Self::Platform(_) | Self::Load { .. } | Self::Temporary(_) => None,
        }
    }
}

/// Builds once, and pushes.
pub(super) async fn attempt(
    run: &Run<'_>,
    build: &Build,
    (registries, bases): (&Registries, &Bases),
    late: impl Fn(&LateValue) -> Option<String>,
) -> Attempt {
    let mut pushed = Vec::new();
    let mut cancelled = run.hands.cancelled.clone();
    let result = tokio::select! {
        result = tokio::time::timeout(
            build.timeout,
            done(run, build, (registries, bases), late, &mut pushed),
        ) => Some(result),
        Ok(_) = cancelled.wait_for(|cancelled| *cancelled) => None,
    };
    // What was on its way to a registry when it ended is not left there.
    registries.clean_up().await;
    let Some(result) = result else { return ended(End::Interrupted, false) };
    match result {
        Ok(Ok(digest)) => {
            let images = pushed.iter().filter_map(|one| with_digest(one, &digest)).collect();
            ended(End::Built { digest, images }, false)
        }
        Ok(Err(problem)) if problem.is_of_context() => {
            let cause = problem.told(&build.dockerfile_label);
            ended(End::Unpacked { cause, hint: problem.hint() }, false)
        }
        Ok(Err(problem)) => {
            let mut cause = problem.told(&build.dockerfile_label);
            if let Some(hint) = problem.hint() {
                cause = format!("{cause}; {hint}");
            }
            if !pushed.is_empty() {
                let pushed: Vec<_> = pushed.iter().map(ToString::to_string).collect();
                cause = format!("{cause} (pushed before that: {})", pushed.join(", "));
            }
            let transient = problem.is_transient();
            let pushed_unknown = !pushed.is_empty();
            ended(End::Failed { exit_code: 1, cause, pushed_unknown }, transient)
        }
        Err(_) => {
            let limit = humantime::format_duration(build.timeout);
            let cause = format!("it did not end within {limit} and was stopped");
            ended(End::Failed { exit_code: 124, cause, pushed_unknown: build.push }, true)
        }
    }
}

fn ended(end: End, worth_repeating: bool) -> Attempt {
    let version = Some(concat!("kaniko-build ", env!("CARGO_PKG_VERSION")).to_owned());
    Attempt { end, worth_repeating, bundle: None, version }
}

/// The image's digest; `pushed` grows by each destination that has it.
async fn done(
    run: &Run<'_>,
    build: &Build,
    (registries, bases): (&Registries, &Bases),
    late: impl Fn(&LateValue) -> Option<String>,
    pushed: &mut Vec<Reference>,
) -> Result<String, Problem> {
    tell(run, build, What::Stage(Stage::Building)).await;
    let (made, layers) = unbounded_channel();
    let made = move |layer: &Layer| {
        // Whoever sends layers ahead ends with the first that can't be sent.
        let _ = made.send(layer.clone());
    };
    let making = image(run, build, (registries, bases), &late, made);
    let sending = ahead(build, registries, layers);
    let (image, ()) = tokio::try_join!(making, sending)?;
    for output in &build.outputs {
        match output.kind {
            OutputKind::Directory => oci::write_layout(&image, registries, &output.local).await?,
            OutputKind::File => {
                oci::write_archive(&image, registries, &build.destinations, &output.local).await?;
            }
        }
    }
    if let Some(engine) = run.load {
        load(build, &image, registries, engine).await?;
    }
    for destination in build.destinations.iter().filter(|_| build.push) {
        tell(run, build, What::Stage(Stage::Pushing(destination.to_string()))).await;
        match push(build, registries, &image, destination).await {
            Ok(()) => pushed.push(destination.clone()),
            // Another image has the tag, and keeps it: that was to be taken for done.
            Err(error) if ignores_immutable(build) && is_immutable(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(image.digest())
}

/// Pushes to one destination, as often as `push-retry` says; the first pause is a second, each
/// next twice as long.
///
/// Source: Kaniko's pkg/util/util.go, `Retry`. What failed is repeated whatever it was, as there.
async fn push(
    build: &Build,
    registries: &Registries,
    image: &Image,
    destination: &Reference,
) -> Result<(), OciError> {
    let mut left = retries(build, "--push-retry=");
    let mut pause = Duration::from_secs(1);
    loop {
        match registries.push(image, destination).await {
            Ok(_) => return Ok(()),
            Err(error) if left == 0 => return Err(error),
            Err(_) => tokio::time::sleep(pause).await,
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

async fn tell(run: &Run<'_>, build: &Build, what: What) {
    // Nobody listens any more when the printer has gone, and then nobody needs to be told.
    let _ = run.hands.events.send(Event { build: Some(build.name.clone()), what }).await;
}

async fn image(
    run: &Run<'_>,
    build: &Build,
    (registries, bases): (&Registries, &Bases),
    late: &impl Fn(&LateValue) -> Option<String>,
    made: impl Fn(&Layer) + Clone + Send + 'static,
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
        match builtin::build(recipe.clone(), registries, bases, made.clone()).await {
            // No layer has been made yet.
            Err(error @ BuildError::Image { .. }) if left > 0 && error.is_transient() => {
                tokio::time::sleep(pause).await;
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

/// Hands the image to an engine of this machine.
async fn load(
    build: &Build,
    image: &Image,
    registries: &Registries,
    engine: container::Kind,
) -> Result<(), Problem> {
    let directory = tempfile::Builder::new().prefix("kaniko-build-load-").tempdir()?;
    let archive = directory.path().join("image.tar");
    let mut names = build.destinations.clone();
    if names.is_empty() {
        names.extend(Reference::parse(&build.name));
    }
    oci::write_archive(image, registries, &names, &archive).await?;
    loaded(engine.name(), &archive).await
}

async fn loaded(program: &'static str, archive: &Path) -> Result<(), Problem> {
    let command = Command::new(program).argument("load").argument("--input").argument(archive);
    let why = match command.capture(b"", LOADING).await {
        Ok(answer) if answer.code == 0 => return Ok(()),
        Ok(answer) => {
            let words = answer.stderr_text().trim().replace('\n', "; ");
            format!("ended with {}: {words}", answer.code)
        }
        Err(ProcessError::Start { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            "can't be run: it is not on PATH".to_owned()
        }
        Err(error) => format!("can't be run: {error}"),
    };
    Err(Problem::Load { program, why })
}
