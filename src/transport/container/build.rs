//! One build from its beginning to its end.

use std::{
    future::Future,
    io,
    time::{Duration, Instant},
};

use super::{
    Engine, attach,
    client::{Client, PATIENT, QUICK},
    environment::{self, Placed},
    failure::{Step, after_start, explain, explain_text},
    far::Layout,
    feed::Feeding,
    label, output,
    prepare::{Prepared, release},
    rule,
    state::State,
    teller::Teller,
};
use crate::{
    context::Packed,
    event::{Stage, What},
    guard::Thing,
    transport::{Bundle, Hands, Job, Ran, TransportError, staged},
};

/// One build on its way.
struct Build<'a> {
    engine: &'a Engine,
    job: &'a Job,
    hands: &'a Hands,
    teller: Teller,
}

/// What [`super::run`] does.
pub(super) async fn run(
    engine: &Engine,
    job: &Job,
    bundle: Bundle,
    hands: &Hands,
) -> Result<Ran, TransportError> {
    let build = Build { engine, job, hands, teller: Teller::new(job, hands) };
    build.teller.stage(Stage::Connecting).await;
    let prepared = build.unless_cancelled(build.connect()).await?;
    build.teller.stage(Stage::Connected(prepared.version.clone())).await;
    let environment = environment::place(&job.environment, &prepared.unset).map_err(|what| {
        TransportError::Refused { what, hint: "change the executor's `env`".to_owned() }
    })?;

    let tag = label::tag(job.timeout.saturating_add(job.connect_timeout));
    let held = engine.hold(&tag.name, &build.teller).await;
    // Not cancelled half-way: the engine would go on, and what it makes come after its removal.
    let created = build.create(prepared, &tag, environment).await;
    let ran = match created {
        Ok(()) => build.unless_cancelled(build.within(prepared, &tag.name, &bundle)).await,
        Err(error) => Err(error),
    };
    build.teller.stage(Stage::Cleaning).await;
    let client = engine.client();
    if ran.is_err() {
        client.kill(&tag.name).await;
    }
    match client.remove(&tag.name).await {
        Ok(()) => release(held),
        Err(error) => {
            let warning = format!("the container {} could not be removed: {error}", tag.name);
            build.teller.tell(What::Warning(warning)).await;
        }
    }
    ran
}

impl Build<'_> {
    async fn unless_cancelled<T>(
        &self,
        work: impl Future<Output = Result<T, TransportError>>,
    ) -> Result<T, TransportError> {
        let mut cancelled = self.hands.cancelled.clone();
        let told = async {
            if cancelled.wait_for(|cancelled| *cancelled).await.is_err() {
                // Nobody is left who could cancel.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            biased;
            () = told => Err(TransportError::Interrupted),
            done = work => done,
        }
    }

    async fn connect(&self) -> Result<&Prepared, TransportError> {
        let prepared = self.engine.prepared(self.job, &self.teller).await?;
        self.engine.check(prepared, self.job, &self.teller).await?;
        Ok(prepared)
    }

    async fn create(
        &self,
        prepared: &Prepared,
        tag: &rule::Tag,
        environment: Placed,
    ) -> Result<(), TransportError> {
        let Engine { settings, .. } = self.engine;
        let client = self.engine.client();
        let arguments =
            rule::create(prepared.kind, settings, tag, &environment, &self.job.arguments);
        let command = environment.command(client.command(arguments));
        let captured = client.call_with(&command, &environment.file, PATIENT).await?;
        if captured.code == 0 {
            Ok(())
        } else {
            Err(explain(settings, Step::Start, "create", &captured))
        }
    }

    /// How long a copy may stand still.
    fn stall(&self) -> Duration {
        self.job.connect_timeout.max(QUICK)
    }

    /// Sends the job's files and the bundle, and proves that they have arrived.
    ///
    /// Podman keeps what `cp` reads from stdin, credentials and all, in a file that it leaves
    /// behind (4.3 does), so it gets a directory of our own for that.
    async fn feed(
        &self,
        name: &str,
        layout: &Layout,
        bundle: &Bundle,
    ) -> Result<Packed, TransportError> {
        let failed = |error: io::Error| TransportError::Feed {
            what: format!("there is no directory for what is sent: {error}"),
        };
        let scratch =
            tempfile::Builder::new().prefix("kaniko-build-send-").tempdir().map_err(failed)?;
        let path = scratch.path().to_owned();
        let thing = Thing::Directory { path: path.clone() };
        let held = self.engine.hold_thing(thing, &path.display().to_string(), &self.teller).await;
        let client = Client { scratch: Some(&path), ..self.engine.client() };
        let sending = Feeding { client, name, layout, stall: self.stall() };
        let sent = sending.send(self.job, bundle, &self.teller).await;
        scratch.close().map_err(failed)?;
        release(held);
        let sent = sent?;
        Feeding { client: self.engine.client(), ..sending }.verify(sent).await?;
        Ok(sent)
    }

    /// All between the container's creation and its removal.
    async fn within(
        &self,
        prepared: &Prepared,
        name: &str,
        bundle: &Bundle,
    ) -> Result<Ran, TransportError> {
        let client = self.engine.client();
        let layout = Layout::of(&self.job.arguments);
        let stall = self.stall();

        self.teller.stage(Stage::Sending).await;
        let sent = self.feed(name, &layout, bundle).await?;

        self.teller.stage(Stage::Building).await;
        let started = Instant::now();
        let seen = attach::attach(client, name, self.job.timeout, &self.teller)
            .await
            .map_err(after_start)?;
        let (mut tail, mut timed_out) = (seen.tail, seen.timed_out);
        let mut state = self.state(name).await?;
        if state.running {
            timed_out |= !self.outlast(name, started).await;
            state = self.state(name).await?;
        }
        // One that ended well as its time was over has ended well.
        timed_out &= state.exit_code != 0;
        if !state.was_started() {
            let said = if state.error.is_empty() { tail.join("\n") } else { state.error };
            return Err(explain_text(&self.engine.settings, Step::Start, "start", &said));
        }
        if state.running {
            let what = format!("the container {name} could not be stopped");
            return Err(TransportError::Lost { what, started: true });
        }
        if state.out_of_memory {
            let limit = self.engine.settings.memory.as_deref().unwrap_or("none was set");
            let said = format!("a process in the container was out of memory (limit: {limit})");
            self.teller.tell(What::Warning(said.clone())).await;
            tail.push(said);
            tail.drain(..tail.len().saturating_sub(100));
        }

        let mut digest = None;
        if state.exit_code == 0 {
            if !self.job.outputs.is_empty() {
                self.teller.stage(Stage::Receiving).await;
            }
            if let Some(path) = &layout.digest {
                digest =
                    Some(output::digest(client, name, path, stall).await.map_err(after_start)?);
            }
            let mut outputs = Vec::new();
            for output in &self.job.outputs {
                let brought = output::bring(client, name, output, stall).await;
                outputs.push(brought.map_err(after_start)?);
            }
            staged::place(outputs).await?;
        }
        Ok(Ran {
            exit_code: state.exit_code,
            digest,
            tail,
            version: prepared.version.clone(),
            bundle: sent,
            timed_out,
        })
    }

    /// How the container is; without an answer nobody knows how the build did.
    async fn state(&self, name: &str) -> Result<State, TransportError> {
        let asked = self.engine.client().ask(Step::Ask, rule::state(name), QUICK).await;
        let captured = asked.map_err(after_start)?;
        State::read(&captured.stdout).ok_or_else(|| TransportError::Lost {
            started: true,
            what: format!("the engine does not say how the container {name} is"),
        })
    }

    /// Waits for a container that runs although the client which showed its output has ended;
    /// kills it where that takes too long, and says whether it ended by itself.
    async fn outlast(&self, name: &str, started: Instant) -> bool {
        let client = self.engine.client();
        let left = self.job.timeout.saturating_sub(started.elapsed());
        // Podman's client can be a moment ahead of the end.
        if client.call(rule::wait(name), left.min(QUICK / 20)).await.is_ok() {
            return true;
        }
        if !left.is_zero() {
            let warning = "the engine's client ended early: the rest of the output is lost";
            self.teller.tell(What::Warning(warning.to_owned())).await;
            if client.call(rule::wait(name), left).await.is_ok() {
                return true;
            }
        }
        client.kill(name).await;
        let _ = client.call(rule::wait(name), QUICK).await;
        false
    }
}
