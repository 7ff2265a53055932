//! How much of a context is sent: what the plan says, once the base images are known.
//!
//! An `ONBUILD` of a base image takes files of the context as well, so the configs of base images
//! are read first, from the registries as the build reaches them. Where that does not succeed,
//! soon, the whole context is sent.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;

use crate::{
    context::Extent,
    dockerfile::{BaseImage, Parent, WholeContext},
    oci::{Platform, Registries},
    outcome::chain,
    plan::{self, Build, Plan},
    registry::Reference,
    secret::Redactor,
    template::LateValue,
};

use super::{Prepared, registries::Reached};

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
    pub(crate) extent: Extent,
    /// Why it is all of it, where the plan hoped otherwise.
    pub(crate) why: Option<WholeContext>,
}

impl From<Result<Extent, WholeContext>> for Sent {
    fn from(extent: Result<Extent, WholeContext>) -> Self {
        match extent {
            Ok(extent) => Self { extent, why: None },
            Err(why) => Self { extent: Extent::Whole, why: Some(why) },
        }
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
                            Err(why) => return Err(unknown(parent, &why)).into(),
                        };
                    }
                }
                Err(why) => return Err(unknown(first, &why)).into(),
            }
        }
        plan::extent(build, &known, &late).into()
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
        let prepared = prepared.map_err(|error| chain(&error))?;
        let reached = Reached::default().of(build, plan, &prepared, environment);
        reached.map_err(|error| chain(&error))
    };
    Bases::default().extent(build, registries, late).await
}
