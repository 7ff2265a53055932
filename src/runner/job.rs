//! A build as its executor gets it: pure, from the plan and what was prepared.

use std::{collections::BTreeMap, path::Path};

use crate::{
    context::Dockerfile,
    plan::{self, Build, ENVIRONMENT, PROXIES},
    secret::Secret,
    template::LateValue,
    transport::{FAR_DIR, FarFile, Job, Output},
};

use super::prepared::{PrepareError, Prepared};

/// The job of `build`; none when a late value of it is not known.
///
/// # Errors
///
/// When a certificate or the Dockerfile beside the context cannot be read.
pub(super) fn job(
    build: &Build,
    prepared: &Prepared,
    environment: &BTreeMap<String, String>,
    owner: &str,
    late: impl FnMut(&LateValue) -> Option<String>,
) -> Result<Option<Job>, PrepareError> {
    let Some(arguments) = plan::arguments(build, late) else { return Ok(None) };

    let mut files =
        vec![FarFile { path: "docker/config.json".into(), content: prepared.docker_config(build) }];
    for file in &build.access.files {
        let content = read(&file.local)?;
        if !file.kind.is_in(content.expose()) {
            let (path, section) = (file.local.clone(), file.section.clone());
            return Err(PrepareError::NoPem { path, section });
        }
        files.push(FarFile { content, path: file.far.clone() });
    }
    for (id, source) in &build.secrets {
        let Some(content) = prepared.build_secret_of(source) else { continue };
        files.push(FarFile { path: format!("{}/{id}", plan::SECRETS), content });
    }
    if let Dockerfile::Outside(path) = &build.dockerfile {
        files.push(FarFile { path: plan::DOCKERFILE.into(), content: read(path)? });
        // Kaniko applies the ignore file beside its Dockerfile, and else the context's.
        let mut beside = path.clone().into_os_string();
        beside.push(".dockerignore");
        let beside = Path::new(&beside);
        if beside.is_file() {
            let path = format!("{}.dockerignore", plan::DOCKERFILE);
            files.push(FarFile { path, content: read(beside)? });
        }
    }

    let outputs = build.outputs.iter().map(|output| Output {
        far: plan::far_output(output.flag).to_owned(),
        local: output.local.clone(),
        kind: output.kind,
    });
    Ok(Some(Job {
        build: build.name.clone(),
        owner: owner.to_owned(),
        arguments,
        environment: variables(build, prepared, environment),
        files,
        outputs: outputs.collect(),
        needs: build.needs.clone(),
        timeout: build.timeout,
        connect_timeout: build.executor.connect_timeout,
        lock_timeout: build.executor.lock_timeout,
    }))
}

fn variables(
    build: &Build,
    prepared: &Prepared,
    environment: &BTreeMap<String, String>,
) -> Vec<(String, Secret)> {
    let mut variables: Vec<(String, Secret)> = ENVIRONMENT
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Secret::from(*value)))
        .collect();
    variables.push(("DOCKER_CONFIG".into(), Secret::from(&*format!("{FAR_DIR}/docker"))));
    if build.executor.proxy {
        let proxies = PROXIES.iter().filter_map(|name| Some((*name, environment.get(*name)?)));
        variables
            .extend(proxies.map(|(name, value)| (name.to_owned(), Secret::from(value.as_str()))));
    }
    for (name, value) in &build.executor.environment {
        let Some(value) = prepared.value(value) else { continue };
        variables.retain(|(known, _)| known != name);
        variables.push((name.clone(), value));
    }
    variables
}

fn read(path: &Path) -> Result<Secret, PrepareError> {
    std::fs::read(path)
        .map(Secret::new)
        .map_err(|source| PrepareError::File { path: path.to_owned(), source })
}
