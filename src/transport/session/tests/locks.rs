//! Several clients of one executor, and executors that somebody else has used.

use super::{
    sandbox::{STAYS, Shape},
    *,
};
use crate::event::Stage;

const APP: &str = "FROM a\nCOPY hello /app\n";
/// Fails where two builds run at once.
const ALONE: &str = "FROM a\nRUN mkdir /dev/shm/alone && sleep 0.5 && rmdir /dev/shm/alone\n";

fn hello() -> Bundle {
    bundle(&[("hello", "hi")], 99)
}

/// Runs a build of [`APP`]; `react` is called when it is told for whom it waits.
async fn go_waiting(command: process::Command, react: impl Fn()) -> Went {
    let waits = |what: &What| {
        if matches!(what, What::Stage(Stage::Waiting(_))) {
            react();
        }
    };
    go_and(PACE, command, &real_job(APP, None), hello(), waits).await
}

fn waits(went: &Went) -> Vec<String> {
    let waits = went.events.iter().filter_map(|event| match &event.what {
        What::Stage(Stage::Waiting(who)) => Some(who.clone()),
        _ => None,
    });
    waits.collect()
}

/// Starts a build that says `running`, and waits until it does.
pub(super) async fn running(
    sandbox: &Sandbox,
    dockerfile: &str,
) -> tokio::task::JoinHandle<Result<Ran, TransportError>> {
    let (events, mut listener) = mpsc::channel(64);
    let command = sandbox.command();
    let job =
        Job { build: "first".into(), owner: "job/7".to_owned(), ..real_job(dockerfile, None) };
    let build = tokio::spawn(async move {
        let (_keep, cancelled) = watch::channel(false);
        run_at(PACE, command, &job, hello(), &Hands { events, cancelled }).await
    });
    while let Some(event) = listener.recv().await {
        if matches!(&event.what, What::Log { line } if line == "running") {
            break;
        }
    }
    // The rest of its events is nobody's concern.
    tokio::spawn(async move { while listener.recv().await.is_some() {} });
    build
}

#[tokio::test]
async fn a_second_build_waits_for_the_first_and_is_told_whose_it_is() {
    let Some(sandbox) = Sandbox::new() else { return };
    let before = sandbox.listing();
    // The first one leaves a process behind, whose hunters must not take the second's for one.
    let first = running(&sandbox, &format!("FROM a\nRUN (setsid sleep 1000 &); {STAYS}\n")).await;
    let second = go_waiting(sandbox.shell("/busybox/sh"), || sandbox.go_on()).await;
    assert_eq!(first.await.unwrap().unwrap().exit_code, 0);
    assert_eq!(second.ran().exit_code, 0);
    assert_eq!(waits(&second).len(), 1);
    assert!(waits(&second)[0].starts_with("`first` of job/7 since 20"), "{:?}", waits(&second));
    assert_eq!(sandbox.listing(), before);
}

#[tokio::test]
async fn a_second_build_that_finds_no_shell_meanwhile_waits_too() {
    let Some(sandbox) = Sandbox::new() else { return };
    // Its second stage deletes /bin/sh.
    let first = running(&sandbox, &format!("FROM a\nFROM b\nRUN {STAYS}\n")).await;
    let second = go_waiting(sandbox.command(), || sandbox.go_on()).await;
    assert_eq!(first.await.unwrap().unwrap().exit_code, 0);
    assert_eq!(second.ran().exit_code, 0);
    assert!(waits(&second)[0].starts_with("a shell at the far side ("), "{:?}", waits(&second));
}

#[tokio::test]
async fn both_causes_are_named_where_there_is_never_a_shell() {
    let shape = Shape { before: "rm bin/sh", ..Shape::default() };
    let Some(sandbox) = Sandbox::shaped(&shape) else { return };
    let job = Job { lock_timeout: Duration::from_secs(1), ..real_job(APP, None) };
    let went = go(sandbox.command(), &job, hello()).await;
    let error = went.error();
    assert!(
        error.starts_with(
            "Busy { what: \"no shell could be started at the far side within 1s: either a build of \
         another run uses it, or one was killed there with all that watched over it and it must \
         be restarted, or its image has none and its `debug` form is needed; `nsenter` ended with exit code 127: nsenter: failed to execute /bin/sh"
        ),
        "{error}"
    );
}

#[tokio::test]
async fn who_waits_too_long_is_told_for_whom() {
    let Some(sandbox) = Sandbox::new() else { return };
    let first = running(&sandbox, &format!("FROM a\nRUN {STAYS}\n")).await;
    let job = Job { lock_timeout: Duration::from_secs(1), ..real_job(APP, None) };
    let went = go(sandbox.shell("/busybox/sh"), &job, hello()).await;
    let error = went.error();
    assert!(
        error.starts_with("Busy { what: \"the executor is still in use by `first` of job/7 since"),
        "{error}"
    );
    sandbox.go_on();
    assert_eq!(first.await.unwrap().unwrap().exit_code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn first_contacts_at_the_same_time_build_one_after_the_other() {
    let Some(sandbox) = Sandbox::new() else { return };
    let before = sandbox.listing();
    let builds: Vec<_> = (0..4)
        .map(|_| {
            let command = sandbox.command();
            tokio::spawn(async move { go(command, &real_job(ALONE, None), hello()).await })
        })
        .collect();
    for build in builds {
        let went = build.await.unwrap();
        assert_eq!(went.ran().exit_code, 0, "{}", went.log());
    }
    assert_eq!(sandbox.listing(), before);
}

#[tokio::test]
async fn a_dead_clients_place_is_taken_over_and_its_executor_stopped() {
    let Some(sandbox) = Sandbox::new() else { return };
    let before = sandbox.listing();
    let first =
        running(&sandbox, "FROM a\nRUN echo running; (setsid sleep 1000 &); sleep 1000\n").await;
    // All of ours at once, the watchman too; the executor runs on.
    let ours = "for p in /proc/[0-9]*; do grep -qs kaniko-build-fa[r] $p/cmdline && kill -9 ${p#/proc/}; done; \
                [ -d /proc/$(cut -d' ' -f1 /kaniko/.kaniko-build/executor) ] && echo alive";
    assert_eq!(sandbox.ask(ours), "alive\n");
    assert!(matches!(first.await.unwrap(), Err(TransportError::Lost { started: true, .. })));

    let second = go(sandbox.shell("/busybox/sh"), &real_job(APP, None), hello()).await;

    assert_eq!(second.ran().exit_code, 0);
    assert_eq!(waits(&second), [""; 0]);
    assert_eq!(sandbox.listing(), before);
    // The pauses of those that were killed.
    settled(&sandbox).await;
}

#[tokio::test]
async fn an_executor_that_somebody_started_by_hand_is_waited_for() {
    let Some(sandbox) = Sandbox::new() else { return };
    go(sandbox.command(), &real_job(APP, None), hello()).await.ran();
    sandbox.start_by_hand();
    let went = go_waiting(sandbox.command(), || sandbox.end_by_hand()).await;
    assert_eq!(went.ran().exit_code, 0);
    assert!(
        waits(&went)[0].starts_with("an executor that was started by hand, seen since 20"),
        "{:?}",
        waits(&went)
    );
}

#[tokio::test]
async fn a_used_executor_is_refused_and_not_touched() {
    let shape = Shape { before: "mkdir -p kaniko/buildcontext", ..Shape::default() };
    let Some(sandbox) = Sandbox::shaped(&shape) else { return };
    let before = sandbox.listing();
    let went = go(sandbox.command(), &real_job(APP, None), hello()).await;
    assert_eq!(
        went.error(),
        "Refused { what: \"something else has built there before: /kaniko/buildcontext is there\", \
         hint: \"restart it, so that builds begin in a fresh container\" }"
    );
    assert_eq!(sandbox.listing(), before);
    assert_eq!(sandbox.ask("ls -A /kaniko"), ".docker\nbuildcontext\nexecutor\nssl\nstand-in\n");
}

#[tokio::test]
async fn what_was_done_by_hand_between_two_builds_is_cleaned() {
    let Some(sandbox) = Sandbox::new() else { return };
    let before = sandbox.listing();
    go(sandbox.command(), &real_job(APP, None), hello()).await.ran();
    sandbox.ask("mkdir -p /kaniko/buildcontext /opt/x; echo password >/kaniko/.docker/config.json; rm /bin/sh; ln -s /busybox/ash /bin/sh");
    let went =
        go(sandbox.command(), &real_job("FROM a\nRUN ls / /kaniko/.docker\n", None), hello()).await;
    assert!(!went.log().contains("opt") && !went.log().contains("config.json"), "{}", went.log());
    assert_eq!(sandbox.listing(), before);
}

#[tokio::test]
async fn a_half_prepared_state_is_made_again() {
    let Some(sandbox) = Sandbox::new() else { return };
    let before = sandbox.listing();
    sandbox.ask(
        "mkdir -p /kaniko/.kaniko-build/new/skel/etc /kaniko/.kaniko-build/locks; \
                 ln -s '99999|1|x|1|web|me' /kaniko/.kaniko-build/locks/1",
    );
    assert_eq!(go(sandbox.command(), &real_job(APP, None), hello()).await.ran().exit_code, 0);
    assert_eq!(sandbox.listing(), before);
}

#[tokio::test]
async fn the_state_of_another_version_is_refused() {
    let Some(sandbox) = Sandbox::new() else { return };
    sandbox
        .ask("mkdir -p /kaniko/.kaniko-build/state; echo 9 >/kaniko/.kaniko-build/state/version");
    let went = go(sandbox.command(), &real_job(APP, None), hello()).await;
    assert!(
        went.error().contains("another version of kaniko-build has prepared it"),
        "{}",
        went.error()
    );
}
