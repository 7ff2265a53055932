//! Whole builds against a stand-in for docker: which calls in which order, and what is left
//! when one of them fails.

mod stand_in;

use std::{fs, path::Path, sync::Arc, time::Duration};

use super::super::{Need, Output, OutputKind, Ran, TransportError};
use crate::{
    context::{ContextError, Packed},
    event::{Stage, What},
};
use stand_in::{Rehearsal, SHA256_OF_ABC};

#[tokio::test]
async fn a_build_is_created_fed_verified_started_asked_and_removed() {
    let mut rehearsal = Rehearsal::new().await;
    let ran = rehearsal.run().await.unwrap();

    assert_eq!(
        rehearsal.read("calls").lines().collect::<Vec<_>>(),
        [
            "--version",
            "ps --all --quiet --no-trunc --filter=label=org.kaniko-build.expires",
            "image inspect --format={{json .Config.Env}} kaniko:1",
            "run --rm --name=NAME --label=org.kaniko-build.owner=OWNER \
             --label=org.kaniko-build.expires=LATER --entrypoint=/kaniko/executor --network=none \
             --log-driver=none kaniko:1 version",
            "create --name=NAME --label=org.kaniko-build.owner=OWNER \
             --label=org.kaniko-build.expires=LATER --entrypoint=/kaniko/executor --workdir=/ \
             --log-driver=none --env=KANIKO_CLEANUP --env=TOKEN --env-file=/dev/stdin kaniko:1 \
             --context=tar:///kaniko/.kaniko-build/run/bundle.tgz \
             --digest-file=/kaniko/.kaniko-build/run/digest",
            "cp - NAME:/kaniko",
            "cp NAME:/kaniko/.kaniko-build/run/bundle.tgz -",
            "start --attach NAME",
            "container inspect --format={{json .State}} NAME",
            "cp NAME:/kaniko/.kaniko-build/run/digest -",
            "rm --force --volumes NAME",
        ]
    );
    assert_eq!(
        ran,
        Ran {
            exit_code: 0,
            digest: Some(format!("sha256:{:064}", 7)),
            tail: ran.tail.clone(),
            version: "v1.24.0".into(),
            bundle: Packed { bytes: 3, sha256: SHA256_OF_ABC, entries: 1 },
            timed_out: false,
        }
    );
    let mut tail = ran.tail;
    tail.sort();
    assert_eq!(tail, ["INFO building", "a warning"]);
}

#[tokio::test]
async fn secrets_go_by_stdin_and_the_clients_environment_alone() {
    let mut rehearsal = Rehearsal::new().await;
    rehearsal.run().await.unwrap();

    assert!(!rehearsal.read("calls").contains("hunter2"));
    assert_eq!(rehearsal.read("env-file"), "PATH=/kaniko\n");
    assert!(rehearsal.read("create-env").contains("TOKEN=hunter2\n"));
    assert!(!rehearsal.read("create-env").contains("PATH=/kaniko\n"));
    assert_eq!(rehearsal.read("kaniko/.kaniko-build/run/docker/config.json"), "s3cret");
    assert_eq!(rehearsal.read("kaniko/.kaniko-build/run/bundle.tgz"), "abc");
}

#[tokio::test]
async fn the_stages_are_told_in_order() {
    let mut rehearsal = Rehearsal::new().await;
    rehearsal.run().await.unwrap();
    let stages: Vec<_> = rehearsal
        .events
        .iter()
        .filter_map(|what| match what {
            What::Stage(stage) => Some(stage.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(
        stages,
        [
            Stage::Connecting,
            Stage::Connected("v1.24.0".into()),
            Stage::Sending,
            Stage::Building,
            Stage::Cleaning,
        ]
    );
    assert!(rehearsal.events.iter().any(|what| matches!(what, What::Sent { bytes: 3 })));
}

#[tokio::test]
async fn whatever_step_fails_the_container_is_removed() {
    for (step, expected, calls) in [
        ("create", "`docker create` failed: broken", &["create", "kill", "rm"][..]),
        ("cp-in", "`docker cp` failed: broken", &["create", "cp", "kill", "rm"]),
        ("cp-back", "`docker cp` failed: broken", &["create", "cp", "cp", "kill", "rm"]),
        (
            "container",
            "`docker container inspect` failed: broken",
            &["create", "cp", "cp", "start", "container", "kill", "rm"],
        ),
        (
            "cp-out",
            "the executor ended well, but its digest could not be read: broken",
            &["create", "cp", "cp", "start", "container", "cp", "kill", "rm"],
        ),
    ] {
        let mut rehearsal = Rehearsal::new().await.with(&format!("fail-{step}"), "broken\n");
        let error = rehearsal.run().await.unwrap_err();
        let program = rehearsal.settings.program.display().to_string();
        assert_eq!(error.to_string().replace(&program, "docker"), expected, "{step}");
        assert_eq!(rehearsal.first_words(), calls, "{step}");
    }
}

#[tokio::test]
async fn a_bundle_that_arrived_otherwise_is_never_started() {
    let mut rehearsal = Rehearsal::new().await;
    rehearsal.bundle = Arc::new(|sink| {
        sink.write_all(b"abd").map_err(ContextError::Sink)?;
        Ok(Packed { bytes: 3, sha256: SHA256_OF_ABC, entries: 1 })
    });
    let error = rehearsal.run().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the bundle in the container has another SHA-256 than the one that was sent"
    );
    assert_eq!(rehearsal.first_words(), ["create", "cp", "cp", "kill", "rm"]);
}

#[tokio::test]
async fn a_context_that_cannot_be_read_is_never_sent() {
    let mut rehearsal = Rehearsal::new().await;
    rehearsal.bundle = Arc::new(move |sink| {
        sink.write_all(b"abc").map_err(ContextError::Sink)?;
        Err(ContextError::Read {
            path: "src/gone.rs".into(),
            source: std::io::ErrorKind::NotFound.into(),
        })
    });
    let error = rehearsal.run().await.unwrap_err();
    assert!(
        matches!(&error, TransportError::Context(ContextError::Read { path, .. }) if path == Path::new("src/gone.rs")),
        "{error:?}"
    );
    assert_eq!(rehearsal.first_words(), ["create", "kill", "rm"]);
}

#[tokio::test]
async fn a_failing_executor_is_a_result_with_its_exit_code_and_no_digest() {
    let state = r#"{"Running":false,"ExitCode":3,"OOMKilled":false,"StartedAt":"2026-01-01"}"#;
    let mut rehearsal = Rehearsal::new().await.with("state", state);
    let ran = rehearsal.run().await.unwrap();
    assert_eq!((ran.exit_code, ran.digest), (3, None));
    assert_eq!(rehearsal.first_words(), ["create", "cp", "cp", "start", "container", "rm"]);
}

#[tokio::test]
async fn want_of_memory_is_said_at_the_end_of_the_output() {
    let state = r#"{"Running":false,"ExitCode":137,"OOMKilled":true,"StartedAt":"2026-01-01"}"#;
    let mut rehearsal = Rehearsal::new().await.with("state", state);
    rehearsal.settings.memory = Some("512m".into());
    let ran = rehearsal.run().await.unwrap();
    assert_eq!(ran.exit_code, 137);
    assert_eq!(
        ran.tail.last().unwrap(),
        "a process in the container was out of memory (limit: 512m)"
    );
}

#[tokio::test]
async fn an_engine_that_is_silent_after_the_start_leaves_it_open_what_was_pushed() {
    let mut rehearsal =
        Rehearsal::new().await.with("fail-container", "Cannot connect to the Docker daemon\n");
    let error = rehearsal.run().await.unwrap_err();
    assert!(matches!(error, TransportError::Lost { started: true, .. }), "{error:?}");
}

#[tokio::test]
async fn an_engine_that_cannot_start_the_container_is_not_the_executors_exit_code() {
    let state = r#"{"Running":false,"ExitCode":127,"OOMKilled":false,
        "Error":"network nonet not found","StartedAt":"0001-01-01T00:00:00Z"}"#;
    let mut rehearsal = Rehearsal::new().await.with("state", state);
    let error = rehearsal.run().await.unwrap_err();
    assert!(matches!(error, TransportError::Refused { .. }), "{error:?}");
    assert!(error.to_string().ends_with(" start` failed: network nonet not found"), "{error}");
}

#[tokio::test]
async fn a_build_whose_time_is_over_is_killed_and_removed() {
    let state = r#"{"Running":false,"ExitCode":137,"OOMKilled":false,"StartedAt":"2026-01-01"}"#;
    let mut rehearsal = Rehearsal::new().await.with("state", state).with("hang-start", "");
    rehearsal.job.timeout = Duration::from_millis(1);
    // A real client ends when its container is killed.
    let wait = "while [ ! -s started ]; do sleep 0.01; done; kill $(cat started)";
    rehearsal.perform("step=$1\n", &format!("step=$1\nif [ $1 = kill ]; then {wait}; fi\n")).await;
    let ran = rehearsal.run().await.unwrap();
    assert!(ran.timed_out);
    assert_eq!(ran.exit_code, 137);
    assert_eq!(rehearsal.first_words(), ["create", "cp", "cp", "start", "kill", "container", "rm"]);
}

#[tokio::test]
async fn an_interrupted_build_is_killed_and_removed() {
    let mut rehearsal = Rehearsal::new().await;
    rehearsal.perform("echo \"INFO building\"", "echo cancel here; exec sleep 1000").await;
    let error = rehearsal.run().await.unwrap_err();
    assert!(matches!(error, TransportError::Interrupted), "{error:?}");
    assert_eq!(rehearsal.first_words(), ["create", "cp", "cp", "start", "kill", "rm"]);
}

#[tokio::test]
async fn a_run_that_is_over_before_it_starts_creates_nothing() {
    let mut rehearsal = Rehearsal::new().await;
    rehearsal.cancelled.send_replace(true);
    let error = rehearsal.run().await.unwrap_err();
    assert!(matches!(error, TransportError::Interrupted), "{error:?}");
    assert!(!rehearsal.path("calls").exists());
}

#[tokio::test]
async fn a_container_that_stays_is_warned_of_and_the_build_keeps_its_end() {
    let mut rehearsal = Rehearsal::new().await.with("fail-rm", "Error: device busy\n");
    assert_eq!(rehearsal.run().await.unwrap().exit_code, 0);
    let warned = rehearsal.events.iter().any(
        |what| matches!(what, What::Warning(text) if text.contains("could not be removed") && text.ends_with("device busy")),
    );
    assert!(warned, "{:?}", rehearsal.events);
}

#[tokio::test]
async fn an_executor_that_lacks_what_is_needed_is_never_fed() {
    let mut rehearsal = Rehearsal::new().await;
    rehearsal.job.needs = vec![
        Need {
            ability: crate::kaniko::version::Ability::Flag("--secret"),
            reason: "`secrets` (kaniko.toml:12)".into(),
        },
        Need {
            ability: crate::kaniko::version::Ability::Flag("--annotation"),
            reason: "`annotations` (kaniko.toml:13)".into(),
        },
    ];
    let error = rehearsal.run().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the executor (v1.24.0) has no `--annotation`, and `annotations` (kaniko.toml:13) needs it"
    );
    assert_eq!(rehearsal.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn an_image_that_is_not_there_is_fetched() {
    let mut rehearsal = Rehearsal::new().await.with("no-image", "");
    rehearsal.run().await.unwrap();
    assert!(rehearsal.read("calls").contains("\npull kaniko:1\n"));
}

#[tokio::test]
async fn only_what_has_expired_of_ours_is_removed_at_first() {
    let mut rehearsal = Rehearsal::new()
        .await
        .with("ps", "a1\nb2\n")
        .with("expiries", "/kaniko-build-old 1\n/kaniko-build-new 99999999999\n");
    rehearsal.run().await.unwrap();
    let calls = rehearsal.read("calls");
    assert!(
        calls.contains(" a1 b2\nkill kaniko-build-old\nrm --force --volumes kaniko-build-old\n")
    );
    assert!(!calls.contains("kaniko-build-new"));
}

#[tokio::test]
async fn outputs_are_brought_to_their_places() {
    let mut rehearsal = Rehearsal::new().await;
    let local = rehearsal.path("image-here.tar");
    rehearsal.job.outputs =
        vec![Output { far: "image.tar".into(), local: local.clone(), kind: OutputKind::File }];
    rehearsal.run().await.unwrap();
    assert_eq!(fs::read_to_string(local).unwrap(), "layers\n");
}

#[tokio::test]
async fn an_output_that_was_not_written_is_told_by_its_place() {
    let mut rehearsal = Rehearsal::new().await;
    let local = rehearsal.path("here.tar");
    rehearsal.job.outputs =
        vec![Output { far: "other.tar".into(), local: local.clone(), kind: OutputKind::File }];
    let error = rehearsal.run().await.unwrap_err();
    assert!(matches!(error, TransportError::Output { .. }), "{error:?}");
    assert!(error.to_string().starts_with(&format!("`{}` could not be brought", local.display())));
    assert!(!local.exists());
}

#[tokio::test]
async fn a_program_that_is_not_there_says_what_to_do() {
    let mut rehearsal = Rehearsal::new().await;
    rehearsal.settings.program = "/no/such/docker".into();
    match rehearsal.run().await.unwrap_err() {
        TransportError::Unreachable { what, hint, transient: false } => {
            assert!(what.starts_with("`/no/such/docker` could not be started: "), "{what}");
            assert_eq!(hint, "install /no/such/docker, or choose another executor");
        }
        other => panic!("{other:?}"),
    }
}
