//! How an engine and its image are, when nothing is to be built.

use std::path::Path;

use super::{
    Engine, Kind,
    client::{PATIENT, QUICK},
    environment::{self, Unset},
    expired,
    failure::{Step as Doing, explain},
    label,
    prepare::{names, read_client, release},
    rule,
    teller::Teller,
};
use crate::{
    event::What,
    kaniko::version::Executor,
    transport::{self, Found, Hands, Job, Probed, TransportError},
};

/// Looks at the engine, fetches the image as a build would, asks the executor in it, and sees
/// whether a container with all settings can be made. What is made is removed.
///
/// Of `job` its name, its environment and its times count; the image may take its `timeout`.
pub(super) async fn probe(engine: &Engine, job: &Job, hands: &Hands) -> Probed {
    let mut probed = Probed::default();
    let mut cancelled = hands.cancelled.clone();
    let told = async {
        if cancelled.wait_for(|cancelled| *cancelled).await.is_err() {
            // Nobody is left who could cancel.
            std::future::pending::<()>().await;
        }
    };
    let teller = Teller::new(job, hands);
    let looking = look(engine, job, &teller, &mut probed);
    tokio::select! {
        biased;
        () = told => probed.fails("engine", TransportError::Interrupted),
        () = looking => {}
    }
    probed
}

async fn look(engine: &Engine, job: &Job, teller: &Teller, probed: &mut Probed) {
    let (kind, version) = match answers(engine, teller).await {
        Ok((told, kind, version)) => {
            probed.passes("engine", told);
            (kind, version)
        }
        Err(error) => return probed.fails("engine", error),
    };
    let image = &engine.settings.image;
    let names = match image_here(engine, job, teller).await {
        Ok((names, how)) => {
            probed.passes("image", format!("`{image}`, {how}"));
            names
        }
        Err(error) => return probed.fails("image", error),
    };
    let unset = Unset::of(kind, version, names);
    match in_a_container(engine, kind, &unset, job, teller).await {
        Ok(executor) => {
            probed.passes("container", "can be made, with all its settings".to_owned());
            let room = storage(engine, kind).await;
            probed.found = Some(Found { executor, in_use: None, room });
        }
        Err(error) => probed.fails("container", error),
    }
}

/// What the client says that it is, once its engine has answered.
async fn answers(
    engine: &Engine,
    teller: &Teller,
) -> Result<(String, Kind, Option<(u64, u64)>), TransportError> {
    let client = engine.client();
    let told = client.ask(Doing::Ask, rule::version(), QUICK).await?.stdout_text();
    let (kind, version) = read_client(&told, engine.settings.kind);
    for name in expired::remove(client).await? {
        let warning = format!("removed {name}, which an earlier run left behind");
        teller.tell(What::Warning(warning)).await;
    }
    Ok((told.lines().next().unwrap_or_default().trim().to_owned(), kind, version))
}

/// The names of the image's variables, and how the image came here.
async fn image_here(
    engine: &Engine,
    job: &Job,
    teller: &Teller,
) -> Result<(Vec<String>, &'static str), TransportError> {
    let looked = rule::image_environment(&engine.settings.image);
    let before = engine.client().call(looked, QUICK).await?;
    let fetches = engine.fetches(before.code == 0);
    if !fetches && before.code == 0 {
        return Ok((names(&before.stdout), "which the engine has"));
    }
    let names = engine.image_environment(job.timeout, teller).await?;
    Ok((names, "fetched just now"))
}

/// What the executor says, asked in a container; and one as for a build, which is not started.
async fn in_a_container(
    engine: &Engine,
    kind: Kind,
    unset: &Unset,
    job: &Job,
    teller: &Teller,
) -> Result<Executor, TransportError> {
    let version = engine.ask_executor(kind, job, teller, "version").await?;
    let help = engine.ask_executor(kind, job, teller, "--help").await?;
    let environment = environment::place(&job.environment, unset).map_err(|what| {
        TransportError::Refused { what, hint: "change the executor's `env`".to_owned() }
    })?;
    let client = engine.client();
    let tag = label::tag(job.connect_timeout);
    let kept = engine.hold(&tag.name, teller).await;
    let arguments =
        rule::create(kind, &engine.settings, &tag, &environment, &["version".to_owned()]);
    let command = environment.command(client.command(arguments));
    let created = client.call_with(&command, &environment.file, PATIENT).await;
    let removed = client.remove(&tag.name).await;
    let created = created?;
    if created.code != 0 {
        release(kept);
        return Err(explain(&engine.settings, Doing::Start, "create", &created));
    }
    removed?;
    release(kept);
    Ok(Executor::read(&version, &help))
}

/// What the engine has room for; none where it does not tell, or is on another machine.
async fn storage(engine: &Engine, kind: Kind) -> Option<u64> {
    let told = engine.client().call(rule::storage(kind), QUICK).await.ok()?;
    let told = told.stdout_text();
    let (machine, directory) = told.trim().split_once(' ')?;
    let here = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    if here.trim() == machine { transport::room(Path::new(directory)) } else { None }
}
