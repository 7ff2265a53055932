//! Executors that are asked how they are: nothing of theirs changes.

use super::{
    locks::running,
    sandbox::{STAYS, Shape},
    *,
};
use crate::{
    kaniko::version::Flavour,
    transport::{Found, session::probe},
};

async fn asked(command: process::Command) -> Result<Found, TransportError> {
    let (_keep, cancelled) = watch::channel(false);
    let (events, _) = mpsc::channel(1);
    probe(command, &job(), &Hands { events, cancelled }).await
}

fn told(result: Result<Found, TransportError>) -> String {
    format!("{:?}", result.expect_err("no build could run there"))
}

#[tokio::test]
async fn an_executor_says_what_it_is_and_stays_as_it_was() {
    let Some(sandbox) = Sandbox::new() else { return };
    let before = sandbox.listing();

    let found = asked(sandbox.command()).await.unwrap();

    assert_eq!(found.executor.flavour, Flavour::Original);
    assert!(found.executor.has("--tar-path"), "{found:?}");
    assert_eq!(found.in_use, None);
    assert!(found.room.is_some_and(|bytes| bytes > 0), "{found:?}");
    assert_eq!(sandbox.listing(), before);
    assert_eq!(sandbox.ask("[ -e /kaniko/.kaniko-build ] || echo nothing"), "nothing\n");
    settled(&sandbox).await;
}

#[tokio::test]
async fn a_build_runs_where_it_was_asked_before_and_after() {
    let Some(sandbox) = Sandbox::new() else { return };
    let hello = || bundle(&[("hello", "hi")], 99);
    asked(sandbox.command()).await.unwrap();
    let dockerfile = "FROM a\nCOPY hello /app\n";

    assert_eq!(
        go(sandbox.command(), &real_job(dockerfile, None), hello()).await.ran().exit_code,
        0
    );
    assert_eq!(asked(sandbox.command()).await.unwrap().in_use, None);
    assert_eq!(
        go(sandbox.command(), &real_job(dockerfile, None), hello()).await.ran().exit_code,
        0
    );
}

#[tokio::test]
async fn an_executor_in_use_is_not_waited_for() {
    let Some(sandbox) = Sandbox::new() else { return };
    let first = running(&sandbox, &format!("FROM a\nRUN {STAYS}\n")).await;

    let found = asked(sandbox.shell("/busybox/sh")).await.unwrap();

    let who = found.in_use.expect("it is in use");
    assert!(who.starts_with("`first` of job/7 since 20"), "{who}");
    assert!(!first.is_finished(), "it was waited for");
    sandbox.go_on();
    assert_eq!(first.await.unwrap().unwrap().exit_code, 0);
}

#[tokio::test]
async fn an_executor_that_somebody_started_by_hand_is_in_use() {
    let Some(sandbox) = Sandbox::new() else { return };
    sandbox.start_by_hand();

    let who = asked(sandbox.command()).await.unwrap().in_use.expect("it is in use");

    assert!(who.starts_with("an executor that was started by hand, seen since 20"), "{who}");
}

#[tokio::test]
async fn what_keeps_a_build_from_a_place_is_told_of_it() {
    let cases = [
        ("mkdir -p kaniko/buildcontext", "something else has built there before"),
        ("rm kaniko/executor", "there is no program /kaniko/executor"),
        ("mkdir -p run/systemd/system", "systemd runs there"),
        (
            "mkdir -p kaniko/.kaniko-build/state; echo 9 >kaniko/.kaniko-build/state/version",
            "another version of kaniko-build has prepared it",
        ),
        (
            "mkdir -p kaniko/.kaniko-build/locks kaniko/buildcontext",
            "something else has built there before",
        ),
        (
            "rm bin/sh",
            "no shell could be started at the far side: `nsenter` ended with exit code 127",
        ),
    ];
    for (before, why) in cases {
        let Some(sandbox) = Sandbox::shaped(&Shape { before, ..Shape::default() }) else { return };
        let error = told(asked(sandbox.command()).await);
        assert!(error.contains(why), "{before}: {error}");
    }
}

#[tokio::test]
async fn a_place_without_room_for_a_copy_of_its_root_is_told() {
    let shape = Shape { room: Some(4 << 20), ..Shape::default() };
    let Some(sandbox) = Sandbox::shaped(&shape) else { return };

    let error = told(asked(sandbox.command()).await);

    assert!(error.starts_with("Feed { what: \"a copy of / takes "), "{error}");
}

#[tokio::test]
async fn a_far_side_that_never_answers_is_given_up() {
    let job = Job { connect_timeout: Duration::from_millis(300), ..job() };
    let (_keep, cancelled) = watch::channel(false);
    let (events, _) = mpsc::channel(1);
    let command = process::Command::new("sh").arguments(["-c", "exec sleep 1000"]);

    let error = told(probe(command, &job, &Hands { events, cancelled }).await);

    assert!(error.contains("`sh` brought no answer within 300ms"), "{error}");
}

#[tokio::test]
async fn a_question_ends_when_the_run_is_to_end() {
    let (cancel, cancelled) = watch::channel(false);
    let (events, _) = mpsc::channel(1);
    let command = process::Command::new("sh").arguments(["-c", "exec sleep 1000"]);
    cancel.send(true).unwrap();

    let result = probe(command, &job(), &Hands { events, cancelled }).await;

    assert!(matches!(result, Err(TransportError::Interrupted)), "{result:?}");
}
