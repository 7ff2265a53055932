//! Dockerfiles that run no program, built by ourselves to an image.
//!
//! A Dockerfile without `RUN` says which files an image has and what its config holds: that needs
//! neither an engine nor root, and nothing is unpacked. Base images are file system models made
//! of the headers of their layers (`index`); `COPY`, `ADD` and `WORKDIR` write to such a model
//! (`tree`); what they wrote becomes a layer, compressed on all cores (`layer`). The layers of
//! the base are passed on as they are, and are only downloaded where files are looked at.
//!
//! Equal inputs give an equal digest, on any machine: nothing depends on the clock, the cores or
//! the order in which a directory is read.
//!
//! # Where executors differ
//!
//! The context is as the bundle that executors get: owner 0:0, modes and times as its
//! [`Spec`] says. Else this follows `BuildKit`, but for:
//!
//! | | here, as with | elsewhere |
//! |---|---|---|
//! | `COPY` after `USER` | `BuildKit`, buildah: 0:0 | Kaniko: the user's (unless `FF_KANIKO_COPY_AS_ROOT`) |
//! | `WORKDIR` after `USER`, directories on the way to it | `BuildKit`, buildah: the user's | Kaniko: 0:0 (unless `FF_KANIKO_CHOWN_ON_IMPLICIT_DIRS`), and the user's number as the group |
//! | `--chown=NAME` | `BuildKit`, buildah: with the group of its line | Kaniko: with its own number as the group |
//! | a source that is a link | `BuildKit`, buildah: what it points to | Kaniko: the link |
//! | a directory that is copied, where it is new | `BuildKit`, buildah: 0:0, or `--chown`'s | Kaniko: the source's owner |
//! | the same where it is there | `BuildKit`, buildah: it keeps its owner, those below get the source's | Kaniko: 0:0 |
//! | directories made on the way, `--chmod` | Kaniko, buildah: 0755 | `BuildKit`: the octal mode |
//! | a directory where the image has a link or a file, below the destination | Kaniko, buildah: replaces it | `BuildKit`: an error |
//! | a file where the image has a directory, below the destination | Kaniko, `BuildKit`: an error | buildah: replaces it |
//! | a link as the destination itself | `BuildKit`, Kaniko: followed | buildah: replaced |
//! | a destination or `WORKDIR` behind a link | `BuildKit`, buildah: followed | Kaniko: `WORKDIR` replaces it; files of its own container get in |
//! | setuid and setgid of the context | `BuildKit`, Kaniko: kept | buildah: gone |
//! | files that the base removed, for `--from` | `BuildKit`, buildah: gone | Kaniko: there |
//! | `ADD --chown` of an archive | Kaniko, buildah: what is in it keeps its owners | `BuildKit`: all the same owner |
//! | that archive's destination, where it is made | `BuildKit`, buildah: `--chown`'s | Kaniko: 0:0 |
//! | an archive's entry for its own top | `BuildKit`, Kaniko from 1.29: nothing | before, and buildah: mode and owner of the destination |
//! | an archive's links | `BuildKit`, buildah: owners as in it | Kaniko: a group of its own |
//! | a hard link to a link in an archive | `BuildKit`, Kaniko with `FF_KANIKO_SECUREJOIN_EXTRACTION=false`: that link | Kaniko, buildah: what it leads to; an error if that is a directory |
//! | what is compressed, and no tar | `BuildKit`, buildah: copied | Kaniko: an error |
//! | archives of bzip2 and xz | `BuildKit`, buildah: unpacked | Kaniko: an error |
//! | `--exclude`, `--parents` | `BuildKit`: as they say | Kaniko: passed over; buildah: an error |
//! | `--link` | Kaniko: no difference | `BuildKit`: links in the destination are not followed; buildah: an error |
//! | `COPY ../x` | `BuildKit`: `x` of the context | Kaniko: what stands beside the context |
//! | `FROM --platform` | `BuildKit`, buildah: that platform | Kaniko: passed over |
//! | `$HTTP_PROXY` and the like without `ARG` | Kaniko, buildah: the build arg | `BuildKit`: only in `RUN` |
//! | `ARG`s of the stage that a stage is made from | `BuildKit`, Kaniko: known | buildah: unknown |
//! | `ARG` after `ENV` of its name | `BuildKit`, Kaniko: the last one wins | buildah: `ENV` |
//! | the escape directive in values | `BuildKit`: escapes there as well | Kaniko, buildah: `\` does |
//! | quotes within a variable's value, `'$A'` in a label | `BuildKit`, buildah: kept | Kaniko: removed, replaced |
//! | `\$` in a here-document | `BuildKit`, Kaniko from 1.29: a `$` | before: both; buildah knows no here-documents |
//! | `ENTRYPOINT` in a stage from a stage with `CMD` | `BuildKit`, buildah: no `CMD` | Kaniko: kept |
//! | `ENTRYPOINT ["a"] # b` | `BuildKit`, Kaniko: a shell's line | buildah: the list |
//! | `CMD` after `SHELL` | `BuildKit`, Kaniko: that shell | buildah: `/bin/sh` |
//! | `EXPOSE 90-92 83/TCP` | `BuildKit`: four ports | Kaniko: an error; buildah: as it is written |
//! | `WORKDIR /a/` | Kaniko, buildah: the `/` stays | `BuildKit`: cut |
//! | `FROM scratch` | Kaniko, buildah: no working directory | `BuildKit`: `/` |
//! | wildcards that match nothing at all | Kaniko, buildah: an error | `BuildKit`: no error |
//! | several sources, destination without `/` | Kaniko, buildah: an error | `BuildKit`: the last wins |
//! | a name that the image does not know | Kaniko: an error | `BuildKit`: root |
//! | `WORKDIR` of what is there, `COPY` of nothing | Kaniko: no layer | `BuildKit`: an empty layer |
//! | history | Kaniko: as it is written | `BuildKit`: variables replaced |
//! | empty build arg of an `ARG` before `FROM` | Kaniko: the default | `BuildKit`: empty |
//! | files called `.wh.…` | nobody: refused | they remove files of lower layers |
//!
//! Source: moby/buildkit, frontend/dockerfile/dockerfile2llb and solver/llbsolver/file; fsutil,
//! copy/copy.go; osscontainertools/kaniko, pkg/commands and pkg/util.

mod archive;
mod bases;
mod check;
mod chmod;
mod config;
mod content;
mod copy;
mod copying;
mod error;
mod expose;
mod glob;
mod images;
mod index;
mod layer;
mod local;
mod missing;
mod named;
mod owner;
mod plan;
mod reading;
mod scope;
mod stage;
mod tree;
mod unpack;

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc};

pub use bases::Bases;
pub use check::{Unsupported, check};
pub use error::{BuildError, Cause};
pub use named::{NoImage, no_images};

use config::ImageConfig;
use plan::{Origin, Plan, Uses};
use stage::{MOST_CONFIG, Made, State, Surroundings};
use tree::Tree;

use crate::{
    context::{ContextError, Spec},
    dockerfile::Dockerfile,
    oci::{Format, Image, Layer, Platform, Registries, Stop},
    registry::Reference,
    threads,
};

/// What is to be built.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// The context, its Dockerfile among it.
    pub context: Spec,
    /// The Dockerfile, read.
    pub dockerfile: Dockerfile,
    /// The stage; none: the last.
    pub target: Option<String>,
    /// Values of `ARG`s. `SOURCE_DATE_EPOCH` among them is the image's time, and the latest that
    /// anything in its new layers has.
    pub build_args: BTreeMap<String, String>,
    /// Added to those of the Dockerfile, or in their place.
    pub labels: Vec<(String, String)>,
    /// Of the manifest.
    pub annotations: Vec<(String, String)>,
    /// What the image runs on; none: this machine, or what a base image of one platform has.
    pub platform: Option<Platform>,
    /// The image's time, in seconds since 1970, where there is no `SOURCE_DATE_EPOCH`; none: 1970.
    /// Layers do not depend on it.
    pub created: Option<i64>,
    /// How hard layers are compressed, as zlib counts, up to 9; none: as is soonest done.
    pub level: Option<u32>,
}

/// Whether `text` is a platform.
///
/// # Errors
///
/// Why it is none.
pub fn platform(text: &str) -> Result<(), String> {
    Platform::parse(text).map(drop).map_err(|error| error.to_string())
}

/// What is told while an image is built.
#[derive(Debug)]
pub enum Told<'a> {
    /// A layer of the image, from the lowest on, as soon as it is there.
    Layer(&'a Layer),
    /// A base image, as the Dockerfile names it, with the digest of the manifest that was taken.
    Base(&'a Reference, &'a str),
    /// Something that the user should know and that stops nothing.
    Warning {
        /// Where in the Dockerfile, from 1.
        line: usize,
        /// What, as a lowercase fragment.
        text: String,
    },
}

/// Builds an image; base images come from `registries`, or from `bases` if they were read before.
///
/// Reads the context, writes to temporary files without names, and pushes nothing. The layers of
/// base images are still [remote](crate::oci::Content::Remote) in it. `tell` hears of each base
/// image, of each layer as soon as it is there, and of warnings. When this is dropped, the threads that work for it
/// end soon.
///
/// # Errors
///
/// [`BuildError`]; the first ends it.
pub async fn build(
    recipe: Recipe,
    registries: &Registries,
    bases: &Bases,
    tell: impl Fn(Told<'_>) + Send + 'static,
) -> Result<Image, BuildError> {
    let stop = Stop::default();
    let _wanted = stop.wanted();
    let recipe = Arc::new(recipe);
    let epoch = epoch(&recipe)?;
    let mut plan = Plan::new(&recipe)?;
    // The context is read while images are on their way.
    let context =
        {
            let (recipe, stop) = (Arc::clone(&recipe), stop.clone());
            let needed = plan.needs_context();
            threads::start(move || {
                if needed { local::tree(&recipe.context, &stop) } else { Ok(Tree::new()) }
            })
        };
    let (images, warnings) = images::states(&recipe, &mut plan, (registries, bases), &stop).await?;
    for (wanted, image) in plan.images.iter().zip(&images) {
        tell(Told::Base(&wanted.reference, &image.digest));
    }
    let images: Vec<_> = images.into_iter().map(|image| image.state).collect();
    for (line, text) in warnings {
        tell(Told::Warning { line, text });
    }
    let context = if plan.needs_context() {
        let read = context.await.map_err(ContextError::Threads)??;
        if read.len() == 1 { reread(&recipe, &stop).await? } else { read }
    } else {
        Tree::new()
    };
    let made = move |layer: &Layer| tell(Told::Layer(layer));
    let finish = move || finish(&recipe, &plan, epoch, (&context, &images), &stop, &made);
    threads::start(finish).await.map_err(ContextError::Threads)?
}

/// The context, where only a base image's trigger showed that it is needed.
async fn reread(recipe: &Arc<Recipe>, stop: &Stop) -> Result<Tree, BuildError> {
    let (recipe, stop) = (Arc::clone(recipe), stop.clone());
    let read = threads::start(move || local::tree(&recipe.context, &stop)).await;
    Ok(read.map_err(ContextError::Threads)??)
}

fn stopped(error: tokio::task::JoinError) -> BuildError {
    BuildError::Stopped(error.into())
}

/// `SOURCE_DATE_EPOCH`. Source: reproducible-builds.org, its specification.
fn epoch(recipe: &Recipe) -> Result<Option<i64>, BuildError> {
    let Some(text) = recipe.build_args.get("SOURCE_DATE_EPOCH").filter(|text| !text.is_empty())
    else {
        return Ok(None);
    };
    let seconds = text.parse().ok().filter(|seconds| (0..=LAST).contains(seconds));
    seconds.map(Some).ok_or_else(|| BuildError::Epoch(text.clone()))
}

/// The last second of the year 9999: later ones cannot be written.
const LAST: i64 = 253_402_300_799;

/// A time as configs have it.
fn rfc3339(seconds: i64) -> String {
    let seconds = u64::try_from(seconds.clamp(0, LAST)).unwrap_or(0);
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
    humantime::format_rfc3339_seconds(time).to_string()
}

/// Builds all stages, and makes the layers of the last.
fn finish(
    recipe: &Recipe,
    plan: &Plan,
    epoch: Option<i64>,
    (context, images): (&Tree, &[State]),
    stop: &Stop,
    made: &dyn Fn(&Layer),
) -> Result<Image, BuildError> {
    let created = rfc3339(epoch.or(recipe.created).unwrap_or(0));
    let around = Surroundings { recipe, plan, created, epoch, context, images, stop };
    let Uses { mut bases, copied } = plan.uses();
    let mut done: BTreeMap<usize, State> = BTreeMap::new();
    let mut trees: Vec<Option<Arc<Tree>>> = vec![None; recipe.dockerfile.stages.len()];
    for (index, planned) in &plan.stages {
        let base = match planned.base {
            Origin::Image(image) => Some(images[image].clone()),
            Origin::Stage(stage) => match bases.get_mut(&stage) {
                // Chains of stages may be long: only what is used again is there twice.
                Some(uses) if *uses > 1 => {
                    *uses -= 1;
                    done.get(&stage).cloned()
                }
                _ => done.remove(&stage),
            },
            Origin::Scratch | Origin::Context => None,
        };
        let base = base.unwrap_or_else(|| scratch(recipe));
        let state = stage::build(&around, planned, base, &trees)?;
        trees[*index] = copied.contains(index).then(|| Arc::clone(&state.tree));
        if *index == plan.target {
            drop((done, trees));
            return image(&around, state, made);
        }
        if bases.contains_key(index) {
            done.insert(*index, state);
        }
    }
    image(&around, scratch(recipe), made)
}

fn scratch(recipe: &Recipe) -> State {
    let here = Platform::here();
    State {
        tree: Arc::new(Tree::new()),
        config: ImageConfig::scratch(recipe.platform.as_ref().unwrap_or(&here)),
        layers: Vec::new(),
        format: Format::Oci,
        scope: None,
    }
}

fn image(
    around: &Surroundings<'_>,
    state: State,
    made: &dyn Fn(&Layer),
) -> Result<Image, BuildError> {
    let State { tree, mut config, layers: planned, format, scope: _ } = state;
    drop(tree);
    let mut layers: Vec<Layer> = Vec::with_capacity(planned.len());
    for layer in planned {
        let layer = match layer {
            Made::Base(layer) => layer,
            Made::Own(own) => {
                let failed = |source: layer::LayerError| match source {
                    layer::LayerError::Context(error) => BuildError::Context(error),
                    source => BuildError::Layer { line: own.line, source: source.into() },
                };
                let mut entries = own.entries.clone();
                layer::gather(&mut entries, around.stop).map_err(failed)?;
                let Recipe { context, level, .. } = around.recipe;
                layer::make(&entries, &context.root, format, *level, around.stop).map_err(failed)?
            }
        };
        made(&layer);
        layers.push(layer);
    }
    for (name, value) in &around.recipe.labels {
        config.config.labels.insert(name.clone(), value.clone());
    }
    if let Some(platform) = &around.recipe.platform {
        config.set_platform(platform);
    }
    config.created = Some(around.created.clone());
    "layers".clone_into(&mut config.rootfs.kind);
    config.rootfs.diff_ids = layers.iter().map(|layer| layer.diff_id.clone()).collect();
    let config = serde_json::to_vec(&config).expect("a config is always JSON");
    if config.len() > MOST_CONFIG {
        return Err(BuildError::Config);
    }
    Ok(Image { config, layers, format, annotations: around.recipe.annotations.clone() })
}
