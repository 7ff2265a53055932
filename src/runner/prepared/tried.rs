//! Every secret of a plan, tried: what cannot be had is found, and the rest is there.

use std::collections::BTreeMap;

use crate::{
    doctor::{Fault, Finding, Login, named},
    outcome::chain,
    plan::{Build, Plan},
    registry::credentials::{self, CredentialsError, How, Needed, Sources},
    secret::{Redactor, Source},
};

use super::{PrepareError, Prepared, of_executor};

/// What was found of the secrets of a plan.
#[derive(Debug, Default)]
pub struct Tried {
    /// Those for `RUN`.
    pub(in crate::runner) builds: Vec<Finding>,
    /// Those of executors, by executor.
    pub(in crate::runner) executors: BTreeMap<String, Vec<Finding>>,
    /// Logins, one for each host and for what is needed there.
    pub(in crate::runner) logins: Vec<Login>,
}

impl Prepared {
    /// As [`Self::new`], and what cannot be had keeps nothing else from being had.
    pub async fn tried(
        plan: &Plan,
        environment: &BTreeMap<String, String>,
        redactor: &Redactor,
    ) -> (Self, Tried) {
        let (mut prepared, mut tried) = (Self::default(), Tried::default());
        let mut secrets: Vec<(&String, &Source, Finding, Vec<&str>)> = Vec::new();
        for build in &plan.builds {
            for (id, source) in &build.secrets {
                let known =
                    |(of, from, ..): &&mut (&String, &Source, _, _)| *of == id && *from == source;
                if let Some((.., builds)) = secrets.iter_mut().find(known) {
                    builds.push(&build.name);
                    continue;
                }
                let had = prepared.build_secret("", source, environment).await;
                secrets.push((id, source, secret(had, source).of(id), vec![&build.name]));
            }
            let name = &build.executor.name;
            if !tried.executors.contains_key(name) {
                let findings = prepared.of_executor(build, environment).await;
                tried.executors.insert(name.clone(), findings);
            }
        }
        tried.builds = secrets
            .into_iter()
            .map(|(.., finding, builds)| {
                let says = format!("{}; for {}", finding.says, named(builds));
                Finding { says, ..finding }
            })
            .collect();
        tried.logins = prepared.log_in_everywhere(plan, environment).await;
        prepared.tell(redactor);
        (prepared, tried)
    }

    async fn of_executor(
        &mut self,
        build: &Build,
        environment: &BTreeMap<String, String>,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (of, source) in of_executor(&build.executor) {
            let had = self.password("", source, environment).await;
            findings.push(secret(had, source).of(of));
        }
        findings
    }

    /// Has all credentials at once, as a run does; one by one where that fails.
    async fn log_in_everywhere(
        &mut self,
        plan: &Plan,
        environment: &BTreeMap<String, String>,
    ) -> Vec<Login> {
        let sources = Sources { registries: &plan.registries, env: environment };
        let mut needed: Vec<Needed> = Vec::new();
        for need in plan.builds.iter().flat_map(|build| &build.registries) {
            if !needed.contains(need) {
                needed.push(need.clone());
            }
        }
        let all = self.log_in(needed.clone(), sources, environment).await.is_ok();
        let mut logins = Vec::new();
        for need in needed {
            let had = if all {
                Ok(())
            } else {
                self.credentials.retain(|(known, _)| *known != need);
                self.log_in(vec![need.clone()], sources, environment)
                    .await
                    .map_err(|mut errors| errors.remove(0))
            };
            logins.push(self.login(&need, sources, had));
        }
        logins
    }

    fn login(
        &self,
        need: &Needed,
        sources: Sources<'_>,
        had: Result<(), CredentialsError>,
    ) -> Login {
        let host = need.host.clone();
        if let Err(error) = had {
            let finding = wrong("login", &error.into());
            return Login { host, finding, asks: false };
        }
        let found = self.credentials.iter().find(|(known, _)| known == need);
        if let Some((_, login)) = found {
            let who = match login.credential.username() {
                Some(user) => format!("`{user}`"),
                None => "a token".to_owned(),
            };
            let finding = Finding::ok("login", format!("{who}, from {}", login.origin));
            return Login { host, finding, asks: true };
        }
        let located = credentials::locate(std::slice::from_ref(need), sources);
        let located = located.unwrap_or_default();
        let left = located.iter().flat_map(|one| &one.candidates).any(|it| it.how == How::Executor);
        let says = if left {
            "left to the executor's own credential helper: not asked from here"
        } else {
            "none is known: asked without one"
        };
        Login { host, finding: Finding::ok("login", says), asks: !left }
    }
}

fn secret(had: Result<(), PrepareError>, source: &Source) -> Finding {
    match had {
        Ok(()) => Finding::ok("secret", format!("from {source}")),
        Err(error) => wrong("secret", &error),
    }
}

fn wrong(check: &'static str, error: &PrepareError) -> Finding {
    let says = match error {
        // What it is for is told with it.
        PrepareError::Secret { source, .. } => chain(source),
        other => chain(other),
    };
    Finding::failed(check, Fault::Input, says).hint(error.hint().unwrap_or_default())
}
