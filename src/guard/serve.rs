//! The guard's own side.

use std::{
    io::{BufRead, BufReader, Read, Write},
    path::{Component, Path},
    time::Duration,
};

use tokio::signal::unix::{SignalKind, signal};

use super::{READY, Thing, line::Line};
use crate::process::{Command, Limits};

/// What a call of an engine's client may take and say.
const LIMITS: Limits = Limits { bytes: 4096, time: Duration::from_mins(1) };

/// When to remove containers, counted from the time before. A client of docker that was
/// creating one outlives us, so the first time can be too early.
const ROUNDS: [Duration; 3] = [Duration::ZERO, Duration::from_secs(2), Duration::from_secs(4)];

/// Does a guard's work: says `ready` to `answer`, follows `input` line by line, and at its end
/// without a goodbye removes what is still held.
///
/// Makes a session of its own and lives through the signals of a terminal and of a job that is
/// being cancelled. What cannot be removed is left: nobody is there to be told.
///
/// # Errors
///
/// When the signals cannot be had or nobody hears its answer; it guards nothing then.
pub async fn serve(
    input: impl Read + Send + 'static,
    mut answer: impl Write,
) -> std::io::Result<()> {
    // A leader of a process group has one already, and then signals reach it no more either.
    let _ = rustix::process::setsid();
    let signals = [SignalKind::hangup(), SignalKind::interrupt(), SignalKind::terminate()];
    let _caught = signals.map(signal).into_iter().collect::<std::io::Result<Vec<_>>>()?;
    // A thread of its own: a blocked read of the runtime's would keep this process from ending.
    let (tell, mut lines) = tokio::sync::mpsc::unbounded_channel();
    std::thread::Builder::new().spawn(move || {
        let mut input = BufReader::new(input);
        let mut text = Vec::new();
        while matches!(input.read_until(b'\n', &mut text), Ok(read) if read > 0) {
            if tell.send(String::from_utf8_lossy(&text).into_owned()).is_err() {
                return;
            }
            text.clear();
        }
    })?;
    answer.write_all(READY)?;
    answer.flush()?;

    let mut held = Vec::new();
    while let Some(text) = lines.recv().await {
        match Line::read(text.trim_end()) {
            Some(Line::Hold { id, thing }) => held.push((id, thing)),
            Some(Line::Release { id }) => held.retain(|(other, _)| *other != id),
            Some(Line::Done) => return Ok(()),
            None => {}
        }
    }
    clean(held.into_iter().map(|(_, thing)| thing).collect(), &ROUNDS).await;
    Ok(())
}

async fn clean(things: Vec<Thing>, rounds: &[Duration]) {
    let mut containers = Vec::new();
    for thing in things {
        match thing {
            Thing::Container { program, name } => containers.push((program, name)),
            Thing::Directory { path } => remove_directory(&path),
        }
    }
    if containers.is_empty() {
        return;
    }
    for pause in rounds {
        tokio::time::sleep(*pause).await;
        for (program, name) in &containers {
            // Podman's `rm --force` alone waits ten seconds for a process 1 that hears nothing.
            for arguments in [&["kill"][..], &["rm", "--force", "--volumes"]] {
                let command = Command::new(program).arguments(arguments.iter().copied());
                let _ = command.argument(name).capture(b"", LIMITS).await;
            }
        }
    }
}

fn remove_directory(path: &Path) {
    if may_go(path) && path.symlink_metadata().is_ok_and(|found| found.is_dir()) {
        let _ = std::fs::remove_dir_all(path);
    }
}

/// Whether a path can be that of a directory of ours, whatever the line said: absolute,
/// without `..`, and not directly below `/`.
fn may_go(path: &Path) -> bool {
    path.is_absolute()
        && path.components().skip(1).all(|part| matches!(part, Component::Normal(_)))
        && path.components().count() > 2
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    /// A client of an engine that writes down how it was called.
    fn client(directory: &Path) -> std::path::PathBuf {
        let program = directory.join("engine");
        let calls = directory.join("calls");
        let script = format!("#!/bin/sh\necho \"$*\" >>'{}'\n", calls.display());
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        program
    }

    #[tokio::test]
    async fn a_container_is_killed_and_removed_in_each_round() {
        let directory = tempfile::tempdir().unwrap();
        let program = client(directory.path());
        let things = vec![Thing::Container { program, name: "kaniko-build-1".into() }];
        clean(things, &[Duration::ZERO, Duration::ZERO]).await;
        assert_eq!(
            std::fs::read_to_string(directory.path().join("calls")).unwrap(),
            "kill kaniko-build-1\nrm --force --volumes kaniko-build-1\n\
             kill kaniko-build-1\nrm --force --volumes kaniko-build-1\n"
        );
    }

    #[tokio::test]
    async fn a_directory_goes_with_all_that_is_in_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("cf-home");
        std::fs::create_dir_all(path.join(".cf")).unwrap();
        std::fs::write(path.join(".cf/config.json"), "{}").unwrap();
        clean(vec![Thing::Directory { path: path.clone() }], &[]).await;
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_link_to_a_directory_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let kept = directory.path().join("kept");
        std::fs::create_dir(&kept).unwrap();
        let link = directory.path().join("link");
        symlink(&kept, &link).unwrap();
        clean(vec![Thing::Directory { path: link.clone() }], &[]).await;
        assert!(kept.exists());
        assert!(link.exists());
    }

    #[test]
    fn only_a_plain_path_below_a_top_directory_may_go() {
        assert!(may_go(Path::new("/tmp/kaniko-build-1")));
        for path in ["/", "/tmp", "/tmp/", "/tmp/../etc/x", "tmp/x", ""] {
            assert!(!may_go(Path::new(path)), "{path}");
        }
    }
}
