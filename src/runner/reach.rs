//! From an executor of the plan to a transport that is ready: what is done once a run.

mod probe;

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use tokio::sync::Mutex;

use crate::{
    builtin::Bases,
    context::Compression,
    event::{Event, Stage, What},
    guard::{Guard, Held, Thing},
    oci::Registries,
    outcome::chain,
    plan::{Build, CloudFoundry, Executor, ExecutorKind},
    process::{Command, Limits, ProcessError},
    transport::{Bundle, Job, Ran, TransportError, cloudfoundry::App, container, session},
};

use super::{
    Run,
    registries::{ReachError, Reached},
    spool, waits,
};

/// What a login may take and say.
const LOGIN: Limits = Limits { bytes: 64 << 10, time: Duration::from_mins(2) };

/// Shells that a container with an executor may have, the saved one first.
const LOCAL_SHELLS: [&str; 3] = ["/kaniko/.kaniko-build/state/bin/sh", "/busybox/sh", "/bin/sh"];

/// The executors of a run that have been reached so far.
pub(super) struct Reach {
    program: std::path::PathBuf,
    guard: Mutex<Option<Guard>>,
    /// Of builds that need no executor.
    registries: Mutex<Reached>,
    /// What they were built from.
    pub(super) bases: Bases,
    engines: Mutex<BTreeMap<String, Arc<container::Engine>>>,
    /// Directories of logins, by executor; held while one logs in, so that others wait for it.
    logins: Mutex<BTreeMap<String, Option<Login>>>,
}

/// A login of our own, gone with the run.
struct Login {
    home: tempfile::TempDir,
    held: Held,
}

impl Reach {
    pub(super) fn new(run: &Run<'_>) -> Self {
        Self {
            program: run.program.clone(),
            guard: Mutex::default(),
            registries: Mutex::default(),
            bases: Bases::default(),
            engines: Mutex::default(),
            logins: Mutex::default(),
        }
    }

    /// The registries of a build that needs no executor.
    pub(super) async fn registries(
        &self,
        run: &Run<'_>,
        build: &Build,
    ) -> Result<Registries, ReachError> {
        let mut reached = self.registries.lock().await;
        let registries = reached.of(build, run.plan, run.prepared, run.environment)?;
        Ok(registries.telling(waits::teller(run, build)))
    }

    /// Runs one attempt of `build` where its executor is, on this seat of it.
    pub(super) async fn run(
        &self,
        run: &Run<'_>,
        build: &Build,
        job: &Job,
        bundle: Bundle,
        seat: usize,
    ) -> Result<Ran, TransportError> {
        let executor = &*build.executor;
        match &executor.kind {
            ExecutorKind::CloudFoundry(app) => {
                let mut cancelled = run.hands.cancelled.clone();
                let home = tokio::select! {
                    home = self.login(run, build, executor, app) => home?,
                    Ok(_) = cancelled.wait_for(|cancelled| *cancelled) => {
                        return Err(TransportError::Interrupted);
                    }
                };
                let instance = (app.instances > 1).then_some(seat);
                let command = app_of(app, home.as_deref()).ssh(instance);
                session::run(command, job, bundle, &run.hands).await
            }
            ExecutorKind::Command(words) => {
                let (program, arguments) = words.split_first().expect("the plan has a program");
                let command = Command::new(program).arguments(arguments);
                session::run(command, job, bundle, &run.hands).await
            }
            ExecutorKind::Local => {
                let shell = local()?;
                let bundle = spool::spool(bundle, Path::new("/kaniko")).await?;
                session::run(shell, job, bundle, &run.hands).await
            }
            ExecutorKind::Container(settings) => {
                let guard = self.guard().await?;
                let engine = Arc::clone(
                    self.engines.lock().await.entry(executor.name.clone()).or_insert_with(|| {
                        Arc::new(container::Engine::new(settings.clone(), guard))
                    }),
                );
                container::run(&engine, job, bundle, &run.hands).await
            }
            ExecutorKind::Builtin => unreachable!("what we build ourselves has no far side"),
        }
    }

    /// Ends what was begun for the whole run: logins and the guard.
    pub(super) async fn close(self) {
        if let Some(guard) = self.leave() {
            let _ = guard.finish().await;
        }
    }

    /// The same where work was dropped half-way: the guard removes what is left of that.
    pub(super) fn abandon(self) {
        drop(self.leave());
    }

    /// Removes logins; what is left is the guard, where there is one.
    fn leave(self) -> Option<Guard> {
        for login in self.logins.into_inner().into_values().flatten() {
            if login.home.close().is_ok() {
                let _ = login.held.release();
            }
        }
        drop(self.engines);
        self.guard.into_inner()
    }

    async fn guard(&self) -> Result<Guard, TransportError> {
        let mut held = self.guard.lock().await;
        if let Some(guard) = &*held {
            return Ok(guard.clone());
        }
        let started = Guard::start(&self.program, &["guard"]).await;
        let guard = started.map_err(|error| TransportError::Unreachable {
            what: format!("nothing would clean up after a killed run: {}", chain(&error)),
            hint: "this program starts itself a second time as `kaniko-build guard`".into(),
            transient: false,
        })?;
        *held = Some(guard.clone());
        Ok(guard)
    }

    /// Logs in, once a run, and answers with the login's directory; none for the user's own.
    async fn login(
        &self,
        run: &Run<'_>,
        build: &Build,
        executor: &Executor,
        app: &CloudFoundry,
    ) -> Result<Option<std::path::PathBuf>, TransportError> {
        let mut logins = self.logins.lock().await;
        if let Some(login) = logins.get(&executor.name) {
            return Ok(login.as_ref().map(|login| login.home.path().to_owned()));
        }
        let Some((username, password)) = &app.login else {
            if app.org.is_some() || app.space.is_some() {
                let target = app_of(app, None).target();
                if let Some(command) = target {
                    follow(&command, "choosing organisation and space").await?;
                }
            }
            logins.insert(executor.name.clone(), None);
            return Ok(None);
        };
        let build = Some(build.name.clone());
        let _ = run.hands.events.send(Event { build, what: What::Stage(Stage::Login) }).await;
        let unreachable = |what: String| TransportError::Unreachable {
            what,
            hint: String::new(),
            transient: false,
        };
        let guard = self.guard().await?;
        let home = tempfile::Builder::new()
            .prefix("kaniko-build-cf-")
            .tempdir()
            .map_err(|error| unreachable(format!("no directory for the login: {error}")))?;
        let thing = Thing::Directory { path: home.path().to_owned() };
        let held = guard.hold(thing).map_err(|error| unreachable(chain(&error)))?;
        let rule = app_of(app, Some(home.path()));
        let (Some(username), Some(password)) =
            (run.prepared.value(username), run.prepared.password_of(password))
        else {
            return Err(unreachable("the login's credentials are not at hand".into()));
        };
        let result = log_in(&rule, &username, &password).await;
        let path = home.path().to_owned();
        logins.insert(executor.name.clone(), Some(Login { home, held }));
        if let Err(error) = result {
            logins.remove(&executor.name).flatten().map(|login| login.home.close());
            return Err(error);
        }
        Ok(Some(path))
    }
}

/// Hard compression where bytes cross a network, none on this machine.
pub(super) fn compression(build: &Build) -> Compression {
    match build.executor.kind {
        ExecutorKind::CloudFoundry(_) | ExecutorKind::Command(_) => Compression::Network,
        ExecutorKind::Container(_) | ExecutorKind::Local | ExecutorKind::Builtin => {
            Compression::None
        }
    }
}

async fn log_in(
    rule: &App<'_>,
    username: &crate::secret::Secret,
    password: &crate::secret::Secret,
) -> Result<(), TransportError> {
    for command in rule.login(username, password) {
        follow(&command, "logging in").await?;
    }
    if let Some(command) = rule.target() {
        follow(&command, "choosing organisation and space").await?;
    }
    Ok(())
}

/// Runs a cf command; its own words are the cause when it fails.
async fn follow(command: &Command, doing: &str) -> Result<(), TransportError> {
    let verb = command.arguments.first().map(|word| word.to_string_lossy().into_owned());
    let what = format!("`cf {}`", verb.unwrap_or_default());
    match command.capture(b"", LOGIN).await {
        Ok(answer) if answer.code == 0 => Ok(()),
        Ok(answer) => {
            let words = [answer.stdout_text(), answer.stderr_text()].join("\n");
            let lines: Vec<_> =
                words.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            let last = lines[lines.len().saturating_sub(4)..].join("; ");
            Err(TransportError::Unreachable {
                what: format!("{doing} failed: {what} ended with {}: {last}", answer.code),
                hint: "check `api`, `org`, `space` and the credentials; the same commands by hand \
                       are in `kaniko-build plan --format shell`"
                    .into(),
                transient: false,
            })
        }
        Err(ProcessError::Start { source, .. })
            if source.kind() == std::io::ErrorKind::NotFound =>
        {
            Err(TransportError::Unreachable {
                what: format!("{doing} failed: there is no `cf` on PATH"),
                hint: "run in an image that has the cf command line, such as cloudfoundry/cli, or \
                       choose another executor"
                    .into(),
                transient: false,
            })
        }
        Err(error) => Err(TransportError::Unreachable {
            what: format!("{doing} failed: {}", chain(&error)),
            hint: String::new(),
            transient: true,
        }),
    }
}

fn app_of<'a>(app: &'a CloudFoundry, home: Option<&'a Path>) -> App<'a> {
    App {
        api: app.api.as_deref(),
        org: app.org.as_deref(),
        space: app.space.as_deref(),
        app: &app.app,
        origin: app.origin.as_deref(),
        home,
    }
}

/// The shell of the container that we are in.
fn local() -> Result<Command, TransportError> {
    if !Path::new("/kaniko/executor").exists() {
        return Err(TransportError::Unreachable {
            what: "there is no `/kaniko/executor` here".into(),
            hint: "`local` runs inside of Kaniko's debug image; elsewhere choose podman, docker \
                   or cloudfoundry"
                .into(),
            transient: false,
        });
    }
    match LOCAL_SHELLS.iter().find(|path| Path::new(path).exists()) {
        Some(shell) => Ok(Command::new(*shell).argument("-c")),
        None => Err(TransportError::Unreachable {
            what: "there is no shell beside `/kaniko/executor`".into(),
            hint: "use Kaniko's debug image, which has busybox".into(),
            transient: false,
        }),
    }
}
