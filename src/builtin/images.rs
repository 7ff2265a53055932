//! Base images: pulled, and read as far as their files are looked at.

use std::sync::Arc;

use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    Bases, BuildError, Recipe,
    config::ImageConfig,
    content::Packed,
    index::{Counted, Index, index, lay},
    plan::{Plan, Wanted},
    stage::{Made, State},
    stopped,
    tree::Tree,
};
use crate::{
    context::ContextError,
    oci::{Base, Registries, Stop},
    threads,
};

/// Layers that are downloaded and read at once.
const MOST_LAYERS: usize = 8;

/// An image that a plan needs.
pub(super) struct Pulled {
    pub(super) state: State,
    /// Of the manifest.
    pub(super) digest: String,
}

/// All images that a plan needs, in its order; what they leave to those who build from them
/// becomes part of the plan. With them goes what is to be told, by line.
pub(super) async fn states(
    recipe: &Arc<Recipe>,
    plan: &mut Plan,
    (registries, read): (&Registries, &Bases),
    stop: &Stop,
) -> Result<(Vec<Pulled>, Vec<(usize, String)>), BuildError> {
    let mut warnings = Vec::new();
    let mut bases: Vec<(Base, ImageConfig)> = Vec::new();
    // A trigger can name further images.
    while bases.len() < plan.images.len() {
        let first = bases.len();
        let pulled = pull(&plan.images[first..], registries).await?;
        for (place, base) in pulled.into_iter().enumerate() {
            let image = first + place;
            let config: ImageConfig = serde_json::from_slice(&base.config)
                .map_err(|error| damaged(&plan.images[image], error))?;
            plan.trigger(recipe, image, &config.config.on_build)?;
            let text = other_platform(&plan.images[image], &config);
            warnings.extend(text.map(|text| (plan.images[image].line, text)));
            bases.push((base, config));
        }
    }
    let mut states = Vec::with_capacity(bases.len());
    for (wanted, (base, config)) in plan.images.iter().zip(bases) {
        let tree = if wanted.files {
            let reading = files(wanted, &base, registries, stop);
            read.tree(&wanted.reference, &base, reading).await?
        } else {
            Arc::new(Tree::new())
        };
        let layers = base.layers.into_iter().map(Made::Base).collect();
        let state = State { tree, config, layers, format: base.format, scope: None };
        states.push(Pulled { state, digest: base.digest });
    }
    Ok((states, warnings))
}

/// What is to be said of a base image that is for one platform, and that one is not asked for.
///
/// Source: `BuildKit`'s rule `InvalidBaseImagePlatform`.
fn other_platform(wanted: &Wanted, config: &ImageConfig) -> Option<String> {
    let offered = config.platform().filter(|offered| !wanted.platform.runs(offered))?;
    let Wanted { reference, platform, asked_by, .. } = wanted;
    let asked_by = (*asked_by)?;
    Some(format!("`{reference}` is for {offered} alone, and `{asked_by}` asks for {platform}"))
}

fn damaged(wanted: &Wanted, error: impl std::error::Error + Send + Sync + 'static) -> BuildError {
    let Wanted { line, reference, .. } = wanted;
    BuildError::Damaged { line: *line, image: reference.to_string(), source: Box::new(error) }
}

/// Pulls manifests and configs, all at once.
async fn pull(images: &[Wanted], registries: &Registries) -> Result<Vec<Base>, BuildError> {
    let mut pulls = JoinSet::new();
    for (place, wanted) in images.iter().cloned().enumerate() {
        let registries = registries.clone();
        pulls.spawn(async move {
            let Wanted { line, reference, platform, .. } = wanted;
            let pulled = registries.pull(&reference, &platform).await;
            let failed = |source| BuildError::Image {
                line,
                image: reference.to_string(),
                source: Box::new(source),
            };
            (place, pulled.map_err(failed))
        });
    }
    let mut bases: Vec<Option<Base>> = vec![None; images.len()];
    while let Some(pulled) = pulls.join_next().await {
        let (place, base) = pulled.map_err(stopped)?;
        bases[place] = Some(base?);
    }
    Ok(bases.into_iter().flatten().collect())
}

/// The files of an image: its layers are downloaded and read side by side.
async fn files(
    wanted: &Wanted,
    base: &Base,
    registries: &Registries,
    stop: &Stop,
) -> Result<Tree, BuildError> {
    let counted = Arc::new(Counted::default());
    let room = Arc::new(Semaphore::new(MOST_LAYERS));
    let mut reading = JoinSet::new();
    for (place, layer) in base.layers.iter().cloned().enumerate() {
        let (registries, wanted, stop) = (registries.clone(), wanted.clone(), stop.clone());
        let (counted, room) = (Arc::clone(&counted), Arc::clone(&room));
        reading.spawn(async move {
            let _room = room.acquire().await;
            let file = registries.fetch(&layer).await.map_err(|source| BuildError::Image {
                line: wanted.line,
                image: wanted.reference.to_string(),
                source: Box::new(source),
            })?;
            let packed = Arc::new(Packed { file, digest: layer.blob.digest });
            let read = threads::start(move || index(packed, &counted, &stop)).await;
            let read = read.map_err(ContextError::Threads)?;
            read.map(|index| (place, index)).map_err(|error| damaged(&wanted, error))
        });
    }
    let mut indexes: Vec<Option<Index>> = base.layers.iter().map(|_| None).collect();
    while let Some(read) = reading.join_next().await {
        let (place, index) = read.map_err(stopped)??;
        indexes[place] = Some(index);
    }
    let mut tree = Tree::new();
    for index in indexes.into_iter().flatten() {
        lay(&mut tree, index).map_err(|error| damaged(wanted, error))?;
    }
    Ok(tree)
}
