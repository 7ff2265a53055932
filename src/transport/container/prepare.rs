//! What is found out about an engine and its image once a run.

use std::{error::Error as _, time::Duration};

use super::{
    Engine, Kind, Pull,
    client::{Client, QUICK},
    environment::Unset,
    expired,
    failure::{Step, explain},
    label, rule,
    teller::Teller,
};
use crate::{
    event::What,
    guard::{Held, Thing},
    kaniko::version::Executor,
    transport::{Job, TransportError},
};

/// An engine that answers and has the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Prepared {
    /// What the client really is.
    pub(super) kind: Kind,
    /// How the image's own environment is kept out.
    pub(super) unset: Unset,
    /// What `executor version` says.
    pub(super) version: String,
}

impl Engine {
    pub(super) fn client(&self) -> Client<'_> {
        Client { settings: &self.settings, scratch: None }
    }

    /// What there is to know, found out by the first build that asks.
    pub(super) async fn prepared(
        &self,
        job: &Job,
        teller: &Teller,
    ) -> Result<&Prepared, TransportError> {
        self.prepared.get_or_try_init(|| self.prepare(job, teller)).await
    }

    async fn prepare(&self, job: &Job, teller: &Teller) -> Result<Prepared, TransportError> {
        let client = self.client();
        let told = client.ask(Step::Ask, rule::version(), QUICK).await?.stdout_text();
        let (kind, version) = read_client(&told, self.settings.kind);
        for name in expired::remove(client).await? {
            let warning = format!("removed {name}, which an earlier run left behind");
            teller.tell(What::Warning(warning)).await;
        }
        let names = self.image_environment(job.timeout, teller).await?;
        let said = self.ask_executor(kind, job, teller, "version").await?;
        Ok(Prepared {
            kind,
            unset: Unset::of(kind, version, names),
            version: read_executor(&said).to_owned(),
        })
    }

    /// Whether a run fetches the image, which the engine has or has not.
    pub(super) fn fetches(&self, is_here: bool) -> bool {
        match self.settings.pull {
            Pull::Always => true,
            Pull::Missing => !is_here,
            Pull::Never => false,
        }
    }

    /// Sees to it that the image is here; returns the names of its variables.
    pub(super) async fn image_environment(
        &self,
        limit: Duration,
        teller: &Teller,
    ) -> Result<Vec<String>, TransportError> {
        let client = self.client();
        let image = &self.settings.image;
        let look = || client.call(rule::image_environment(image), QUICK);
        let mut found = look().await?;
        if self.fetches(found.code == 0) {
            teller.tell(What::Log { line: format!("fetching the image {image}") }).await;
            client.ask(Step::Pull, rule::pull(image), limit).await?;
            found = look().await?;
        }
        if found.code != 0 {
            return Err(explain(&self.settings, Step::Look, "image inspect", &found));
        }
        Ok(names(&found.stdout))
    }

    /// Refuses a job whose executor lacks what it needs.
    pub(super) async fn check(
        &self,
        prepared: &Prepared,
        job: &Job,
        teller: &Teller,
    ) -> Result<(), TransportError> {
        if job.needs.is_empty() {
            return Ok(());
        }
        let ask = || self.ask_executor(prepared.kind, job, teller, "--help");
        let help = self.help.get_or_try_init(ask).await?;
        let executor = Executor::read(&format!("version : {}", prepared.version), help);
        for warning in job.check(&executor)? {
            teller.tell(What::Warning(warning)).await;
        }
        Ok(())
    }

    pub(super) async fn ask_executor(
        &self,
        kind: Kind,
        job: &Job,
        teller: &Teller,
        word: &str,
    ) -> Result<String, TransportError> {
        let client = self.client();
        let tag = label::tag(job.connect_timeout);
        let held = self.hold(&tag.name, teller).await;
        let asked = rule::ask(kind, &self.settings, &tag, word);
        let answer = client.ask(Step::Start, asked, job.connect_timeout).await;
        if answer.is_err() {
            // The engine removes it itself, but not when its client was killed.
            client.kill(&tag.name).await;
            client.remove(&tag.name).await?;
        }
        release(held);
        Ok(answer?.stdout_text())
    }

    /// Tells the guard of a container that is about to be.
    pub(super) async fn hold(&self, name: &str, teller: &Teller) -> Option<Held> {
        let program = self.settings.program.clone();
        self.hold_thing(Thing::Container { program, name: name.to_owned() }, name, teller).await
    }

    /// Tells the guard of a thing that is called `name` in messages.
    pub(super) async fn hold_thing(
        &self,
        thing: Thing,
        name: &str,
        teller: &Teller,
    ) -> Option<Held> {
        match self.guard.hold(thing) {
            Ok(held) => Some(held),
            Err(error) => {
                let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
                let warning = format!("{name} stays behind if this run is killed: {error}{cause}");
                teller.tell(What::Warning(warning)).await;
                None
            }
        }
    }
}

/// Tells the guard that a container is gone.
pub(super) fn release(held: Option<Held>) {
    // A guard that has gone was warned of when it was told of the next container.
    let _ = held.map(Held::release);
}

/// Kind and version (major, minor) in the answer to `--version`; `kind` where it says neither.
pub(super) fn read_client(told: &str, kind: Kind) -> (Kind, Option<(u64, u64)>) {
    let kind = if told.contains("podman version") { Kind::Podman } else { kind };
    let version = told.split_whitespace().find_map(|word| {
        let mut numbers = word.split(['.', ',', '-']).map_while(|part| part.parse().ok());
        Some((numbers.next()?, numbers.next()?))
    });
    (kind, version)
}

/// The version in the answer to `executor version`, which is `Kaniko version :  v1.24.0`.
fn read_executor(said: &str) -> &str {
    said.lines().find_map(|line| line.split_once("version :")).map_or(said, |(_, v)| v).trim()
}

/// The names in an image's environment, a JSON list of `NAME=value`, or `null`.
pub(super) fn names(json: &[u8]) -> Vec<String> {
    serde_json::from_slice::<Option<Vec<String>>>(json)
        .ok()
        .flatten()
        .unwrap_or_default()
        .into_iter()
        .filter_map(|variable| variable.split_once('=').map(|(name, _)| name.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_says_what_it_is() {
        for (told, kind, expected) in [
            ("Docker version 28.2.2, build e6534b4", Kind::Docker, (Kind::Docker, Some((28, 2)))),
            ("podman version 4.3.1", Kind::Podman, (Kind::Podman, Some((4, 3)))),
            ("podman version 5.0.0-rc1", Kind::Docker, (Kind::Podman, Some((5, 0)))),
            ("something else", Kind::Docker, (Kind::Docker, None)),
        ] {
            assert_eq!(read_client(told, kind), expected, "{told}");
        }
    }

    #[test]
    fn the_executors_version_is_behind_the_colon() {
        assert_eq!(read_executor("Kaniko version :  v1.24.0\n"), "v1.24.0");
        assert_eq!(read_executor("v2"), "v2");
    }

    #[test]
    fn an_image_without_an_environment_has_no_names() {
        assert_eq!(names(b"[\"PATH=/kaniko\",\"KANIKO_CLEANUP=a=b\"]"), ["PATH", "KANIKO_CLEANUP"]);
        assert_eq!(names(b"null\n"), Vec::<String>::new());
    }
}
