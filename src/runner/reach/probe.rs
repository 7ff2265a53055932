//! How an executor is, without a build.

use std::time::Duration;

use crate::{
    plan::{Build, ExecutorKind, Value},
    process::Command,
    transport::{Hands, Job, Probed, TransportError, container, session},
};

use super::{Reach, Run, app_of, local};

/// How long the image of an executor may take to come.
const FETCHING: Duration = Duration::from_mins(10);

impl Reach {
    /// How the executor of `build` is, at this seat of it.
    pub(in crate::runner) async fn probe(
        &self,
        run: &Run<'_>,
        build: &Build,
        seat: usize,
    ) -> Probed {
        let executor = &*build.executor;
        let job = job(run, build);
        match &executor.kind {
            ExecutorKind::CloudFoundry(app) => {
                let mut probed = Probed::default();
                let mut cancelled = run.hands.cancelled.clone();
                let home = tokio::select! {
                    home = self.login(run, build, executor, app) => home,
                    Ok(_) = cancelled.wait_for(|cancelled| *cancelled) => {
                        Err(TransportError::Interrupted)
                    }
                };
                let home = match home {
                    Ok(home) => home,
                    Err(error) => {
                        probed.fails("login", error);
                        return probed;
                    }
                };
                let whose = match &app.login {
                    Some((Value::Plain(user), _)) => format!("`{user}`"),
                    Some((Value::Secret(source), _)) => format!("the user of {source}"),
                    None => "whoever has logged in before".to_owned(),
                };
                let at = app.api.as_ref().map(|api| format!(" at {api}")).unwrap_or_default();
                let place: Vec<&str> =
                    [&app.org, &app.space].into_iter().flatten().map(String::as_str).collect();
                let within = if place.is_empty() { "" } else { " in " };
                probed.passes("login", format!("{whose}{at}{within}{}", place.join("/")));
                let instance = (app.instances > 1).then_some(seat);
                let way = format!("through `cf ssh {}`", app.app);
                let command = app_of(app, home.as_deref()).ssh(instance);
                of_session(probed, command, &job, &run.hands, way).await
            }
            ExecutorKind::Command(words) => {
                let (program, arguments) = words.split_first().expect("the plan has a program");
                let command = Command::new(program).arguments(arguments);
                let way = format!("through `{program}`");
                of_session(Probed::default(), command, &job, &run.hands, way).await
            }
            ExecutorKind::Local => match local() {
                Ok(shell) => {
                    let way = "in this container".to_owned();
                    of_session(Probed::default(), shell, &job, &run.hands, way).await
                }
                Err(error) => failed("connection", error),
            },
            ExecutorKind::Container(settings) => match self.guard().await {
                Ok(guard) => {
                    let engine = container::Engine::new(settings.clone(), guard);
                    container::probe(&engine, &job, &run.hands).await
                }
                Err(error) => failed("engine", error),
            },
            ExecutorKind::Builtin => {
                let mut probed = Probed::default();
                let what = "no Kaniko: this program builds by itself".to_owned();
                probed.passes("needs", what);
                probed
            }
        }
    }
}

fn failed(step: &'static str, error: TransportError) -> Probed {
    let mut probed = Probed::default();
    probed.fails(step, error);
    probed
}

async fn of_session(
    mut probed: Probed,
    command: Command,
    job: &Job,
    hands: &Hands,
    way: String,
) -> Probed {
    match session::probe(command, job, hands).await {
        Ok(found) => {
            probed.passes("connection", way);
            probed.passes("shell", "a busybox with all that a build takes".to_owned());
            probed.found = Some(found);
        }
        Err(error @ TransportError::Refused { .. }) => {
            probed.passes("connection", way);
            probed.fails("place", error);
        }
        Err(error @ TransportError::Feed { .. }) => {
            probed.passes("connection", way);
            probed.fails("room", error);
        }
        Err(error) => probed.fails("connection", error),
    }
    probed
}

/// What builds nothing and asks for nothing.
fn job(run: &Run<'_>, build: &Build) -> Job {
    let executor = &build.executor;
    Job {
        build: "doctor".into(),
        owner: run.owner.clone(),
        arguments: Vec::new(),
        environment: Vec::new(),
        files: Vec::new(),
        outputs: Vec::new(),
        needs: Vec::new(),
        timeout: FETCHING,
        connect_timeout: executor.connect_timeout,
        lock_timeout: executor.lock_timeout,
    }
}
