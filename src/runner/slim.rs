//! How much of a context is sent: what the plan says, once the base images are known.
//!
//! An `ONBUILD` of a base image takes files of the context as well, so the configs of base images
//! are read first, from the registries as the build reaches them. Where that does not succeed,
//! soon, the whole context is sent.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;

use crate::{
    context::{ContextError, Extent, absent},
    dockerfile::{BaseImage, Built, Parent, Taken, WholeContext},
    oci::{Platform, Registries},
    outcome::chain,
    plan::{self, Build, Plan, Slim},
    registry::Reference,
    secret::Redactor,
    template::LateValue,
};

use super::{Prepared, attempt::spec, registries::Reached};

/// How long registries have for the configs of a build's base images.
///
/// A registry that only the executor reaches may be silent for us, and nobody is to wait for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Base images as they were found in a run.
#[derive(Debug, Default)]
pub(super) struct Bases {
    /// By reference and platform.
    found: Mutex<BTreeMap<(String, String), BaseImage>>,
    /// Hosts that have not answered: they are not asked again.
    silent: Mutex<BTreeSet<String>>,
}

/// How much of a context is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    /// What lines take; none for all of it.
    taken: Option<Vec<Taken>>,
    /// Why it is all of it, where the plan hoped otherwise.
    pub(crate) why: Option<WholeContext>,
}

impl Sent {
    pub(crate) fn extent(&self) -> Extent {
        self.taken.as_deref().map_or(Extent::Whole, plan::extent)
    }

    /// As [`all_there`], of what is known.
    pub(crate) fn check(&self, build: &Build) -> Result<(), ContextError> {
        match &self.taken {
            Some(taken) => all_there(build, taken),
            None => certainly_there(build),
        }
    }
}

/// Whether all that lines take of a context by its name is there: an executor would only find out
/// when it has everything, and after all that stands before that line.
///
/// Beside a source with wildcards nothing is said, as Kaniko then takes what it finds; nor of
/// stages that the target does not need, which most leave out.
///
/// Source: Kaniko's `pkg/util/command_util.go`, `ResolveSources`.
///
/// # Errors
///
/// [`ContextError::NoSource`] for the first that is not, and what is wrong with the context.
fn all_there<'t>(
    build: &Build,
    taken: impl IntoIterator<Item = &'t Taken>,
) -> Result<(), ContextError> {
    let spec = spec(build, Extent::Whole);
    let literal = |one: &&Taken| {
        one.wildcards && !one.sources.iter().any(|source| source.contains(['*', '?', '[']))
    };
    for one in taken.into_iter().filter(|one| one.built == Built::Always).filter(literal) {
        for source in &one.sources {
            if let Some(absent) = absent(&spec, source)? {
                return Err(ContextError::NoSource {
                    dockerfile: build.dockerfile_label.clone().into(),
                    line: one.line,
                    source_path: source.clone(),
                    root: build.context.clone(),
                    absent,
                });
            }
        }
    }
    Ok(())
}

/// As [`all_there`], of what lines take whatever the base images are: their `ONBUILD`s can only
/// take more, and their variables are part of some paths alone.
pub(super) fn certainly_there(build: &Build) -> Result<(), ContextError> {
    match &build.slim {
        Slim::Taken { taken, unless } => {
            all_there(build, taken.iter().filter(|one| one.fixed || unless.is_empty()))
        }
        Slim::Off | Slim::Whole(_) => Ok(()),
    }
}

impl From<WholeContext> for Sent {
    fn from(why: WholeContext) -> Self {
        Self { taken: None, why: Some(why) }
    }
}

impl Bases {
    /// What is sent of the context of `build`.
    pub(super) async fn extent(
        &self,
        build: &Build,
        registries: impl AsyncFnOnce() -> Result<Registries, String>,
        late: impl Fn(&LateValue) -> Option<String>,
    ) -> Sent {
        let parents = plan::parents(build, &late);
        let mut known = BTreeMap::new();
        if let Some(first) = parents.first() {
            match registries().await {
                Ok(registries) => {
                    let asked = parents.iter().map(|parent| self.base(build, parent, &registries));
                    for (parent, base) in parents.iter().zip(join_all(asked).await) {
                        match base {
                            Ok(base) => known.insert(parent.reference.clone(), base),
                            Err(why) => return unknown(parent, &why).into(),
                        };
                    }
                }
                Err(why) => return unknown(first, &why).into(),
            }
        }
        match plan::taken(build, &known, &late) {
            Ok(taken) => Sent { taken: taken.map(Cow::into_owned), why: None },
            Err(why) => why.into(),
        }
    }

    /// A base image; why it can't be known, otherwise.
    async fn base(
        &self,
        build: &Build,
        parent: &Parent,
        registries: &Registries,
    ) -> Result<BaseImage, String> {
        let reference = Reference::parse(&parent.reference).map_err(|error| chain(&error))?;
        let flag = build.flags.iter().find_map(|flag| flag.strip_prefix("--custom-platform="));
        let platform = flag.map_or_else(|| Ok(Platform::here()), Platform::parse);
        let platform = platform.map_err(|error| error.to_string())?;
        let key = (reference.to_string(), platform.to_string());
        if let Some(base) = self.found.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(base.clone());
        }
        let host = reference.host();
        let no_answer = || format!("`{host}` does not answer within {} s", PATIENCE.as_secs());
        if self.silent.lock().unwrap_or_else(PoisonError::into_inner).contains(host) {
            return Err(no_answer());
        }
        let pulled = registries.pull(&reference, &platform);
        let Ok(pulled) = tokio::time::timeout(PATIENCE, pulled).await else {
            let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
            silent.insert(host.to_owned());
            return Err(no_answer());
        };
        let pulled = pulled.map_err(|error| chain(&error))?;
        let base = BaseImage::read(&pulled.config).map_err(|error| chain(&error))?;
        self.found.lock().unwrap_or_else(PoisonError::into_inner).insert(key, base.clone());
        Ok(base)
    }
}

fn unknown(parent: &Parent, why: &str) -> WholeContext {
    let reference = &parent.reference;
    let why = format!("`{reference}` may have an `ONBUILD` that takes files: {why}");
    WholeContext { line: parent.line, why }
}

/// What is sent of a build's context, without a run: credentials are had for its base images
/// alone, and what it takes of another build's image is not known.
pub(crate) async fn sent(
    plan: &Plan,
    build: &Build,
    environment: &BTreeMap<String, String>,
    redactor: &Redactor,
) -> Sent {
    let late = |_: &LateValue| None;
    let registries = async || {
        let parents = plan::parents(build, late);
        let parents = parents.iter().map(|parent| Reference::parse(&parent.reference));
        let references: Vec<_> = parents.filter_map(Result::ok).collect();
        let prepared = Prepared::to_pull(plan, build, &references, environment, redactor).await;
        let prepared =
            prepared.map_err(|errors| errors.first().map_or_else(String::new, |e| chain(e)))?;
        let reached = Reached::default().of(build, plan, &prepared, environment);
        reached.map_err(|error| chain(&error))
    };
    Bases::default().extent(build, registries, late).await
}
