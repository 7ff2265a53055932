//! The registries of a build as we reach them ourselves, where no executor does.

use std::{collections::BTreeMap, path::Path};

use crate::{
    oci::{Host, Network, OciError, Registries},
    plan::{Build, ExecutorKind, Plan},
    registry::PemKind,
    secret::Secret,
};

use super::prepared::{PrepareError, Prepared};

/// Those that were reached so far: builds that reach all in one way share what is known of them.
#[derive(Default)]
pub(super) struct Reached(Vec<(Reach, Registries)>);

/// What builds that share registries have in common.
#[derive(PartialEq, Eq)]
struct Reach {
    hosts: Vec<Host>,
    patient: bool,
    proxy: bool,
}

impl Reached {
    /// The registries of `build`.
    ///
    /// # Errors
    ///
    /// [`OciError::Setting`] for certificates that are none; [`PrepareError`] for files that
    /// cannot be read.
    pub(super) fn of(
        &mut self,
        build: &Build,
        plan: &Plan,
        prepared: &Prepared,
        environment: &BTreeMap<String, String>,
    ) -> Result<Registries, ReachError> {
        // An executor pulls and pushes itself: we only have a look.
        let builtin = build.executor.kind == ExecutorKind::Builtin;
        self.made(build, plan, prepared, environment, builtin)
    }

    /// The same, for whom no answer is better than a late one.
    pub(super) fn hurried(
        &mut self,
        build: &Build,
        plan: &Plan,
        prepared: &Prepared,
        environment: &BTreeMap<String, String>,
    ) -> Result<Registries, ReachError> {
        self.made(build, plan, prepared, environment, false)
    }

    fn made(
        &mut self,
        build: &Build,
        plan: &Plan,
        prepared: &Prepared,
        environment: &BTreeMap<String, String>,
        patient: bool,
    ) -> Result<Registries, ReachError> {
        let hosts = hosts(build, plan, prepared)?;
        let reach = Reach { hosts: hosts.clone(), patient, proxy: build.executor.proxy };
        if let Some((_, registries)) = self.0.iter().find(|(known, _)| *known == reach) {
            return Ok(registries.clone());
        }
        let mut network = Network::of(environment);
        if !build.executor.proxy {
            network.proxies = crate::oci::Proxies::default();
        }
        let made = if patient { Registries::new } else { Registries::hurried };
        let registries = made(hosts, &network)?;
        self.0.push((reach, registries.clone()));
        Ok(registries)
    }
}

/// Why the registries of a build can't be reached.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReachError {
    /// A file of theirs.
    #[error(transparent)]
    File(#[from] PrepareError),
    /// A setting of theirs.
    #[error(transparent)]
    Setting(#[from] OciError),
}

fn hosts(build: &Build, plan: &Plan, prepared: &Prepared) -> Result<Vec<Host>, PrepareError> {
    let host = |name: &str| {
        let mut host = Host::new(name);
        host.credential = prepared.credential(build, name).cloned();
        let Some(declared) = plan.registries.iter().find(|one| one.is_at(name)) else {
            return Ok(host);
        };
        let read = |path: &Path, kind: PemKind| pem(path, kind, &declared.section());
        host.insecure = declared.insecure;
        host.skip_tls_verify = declared.skip_tls_verify;
        if let Some(path) = &declared.ca_file {
            host.ca = Some(read(path, PemKind::Certificate)?);
        }
        if let (Some(certificate), Some(key)) = (&declared.client_cert, &declared.client_key) {
            let certificate = read(certificate, PemKind::Certificate)?;
            host.client = Some((certificate, Secret::new(read(key, PemKind::Key)?)));
        }
        // The plan has read them once: they are mirrors.
        host.mirrors = declared.mirrors().unwrap_or_default();
        host.mirror_fallback = declared.mirror_fallback;
        Ok(host)
    };
    build.registries.iter().map(|needed| host(&needed.host)).collect()
}

fn pem(path: &Path, kind: PemKind, section: &str) -> Result<Vec<u8>, PrepareError> {
    let content = std::fs::read(path)
        .map_err(|source| PrepareError::File { path: path.to_owned(), source })?;
    if kind.is_in(&content) {
        Ok(content)
    } else {
        Err(PrepareError::NoPem { path: path.to_owned(), section: section.to_owned() })
    }
}
