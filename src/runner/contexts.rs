//! The contexts of a run: how much of each is sent, and who packs it.

use std::sync::Arc;

use crate::{
    context::{self, ContextError},
    event::What,
    oci::Network,
    outcome::{Outcome, chain},
    plan::Build,
    template::LateValue,
    transport::Bundle,
};

use super::{
    Run,
    attempt::spec,
    bundles::Bundles,
    late,
    reach::{Reach, compression},
    slim::Bases,
};

/// What is known of them.
pub(super) struct Contexts {
    bases: Bases,
    bundles: Bundles,
}

impl Contexts {
    pub(super) fn new(run: &Run<'_>) -> Self {
        let directory = Network::of(run.environment).temporary;
        let bundles = Bundles::new(&run.plan.builds, directory);
        Self { bases: Bases::default(), bundles }
    }

    /// What is sent for a build; none where the run is interrupted before that is known.
    ///
    /// # Errors
    ///
    /// As [`super::slim::Sent::check`].
    pub(super) async fn bundle(
        &self,
        run: &Run<'_>,
        build: &Build,
        outcomes: &[Outcome],
        reach: &Reach,
    ) -> Result<Option<Bundle>, ContextError> {
        let mut cancelled = run.hands.cancelled.clone();
        tokio::select! {
            bundle = self.made(run, build, outcomes, reach) => bundle.map(Some),
            Ok(_) = cancelled.wait_for(|cancelled| *cancelled) => Ok(None),
        }
    }

    /// `build` has ended.
    pub(super) async fn ended(&self, build: &Build) {
        self.bundles.ended(build).await;
    }

    async fn made(
        &self,
        run: &Run<'_>,
        build: &Build,
        outcomes: &[Outcome],
        reach: &Reach,
    ) -> Result<Bundle, ContextError> {
        let registries = async || {
            let reached = reach.registries(run, build).await;
            reached.map_err(|error| chain(&error))
        };
        let late = |value: &LateValue| late(value, outcomes, run.plan);
        let sent = self.bases.extent(build, registries, late).await;
        if let Some(why) = &sent.why {
            let text = format!("the whole context is sent: Dockerfile, {why}");
            run.tell(build, What::Warning(text)).await;
        }
        sent.check(build)?;
        let spec = spec(build, sent.extent());
        let stream: Bundle = {
            let (spec, compression) = (spec.clone(), compression(build));
            Arc::new(move |sink| context::pack(&spec, compression, sink))
        };
        Ok(self.bundles.of(build, &spec, stream).await)
    }
}
