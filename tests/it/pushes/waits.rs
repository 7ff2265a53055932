//! Registries that keep a build waiting: it says for whom, and why it asks again.

use std::{net::TcpListener, thread, time::Duration};

use crate::registry::Setup;

use super::{
    flaky::{Flaky, Step},
    project, push,
};

#[test]
fn a_registry_that_is_silent_for_long_is_told_of_while_it_is_waited_for() {
    let Some(registry) = Setup::default().start() else { return };
    let flaky = Flaky::before(registry.host(), |asked, _| {
        if asked == "PUT /v2/shop/web/manifests/1" {
            thread::sleep(Duration::from_secs(14));
        }
        Step::Pass
    });

    let run = push(&project(flaky.host(), "insecure = true\n"));

    let waiting = format!("web | waiting for `{}`: no answer for 10 s\n", flaky.host());
    run.code(0).stderr_contains(&waiting);
    assert_eq!(run.tells().matches("waiting for").count(), 1, "{}", run.tells());
}

#[test]
fn each_try_after_a_failure_is_told_with_its_cause() {
    let Some(registry) = Setup::default().start() else { return };
    let flaky = Flaky::before(registry.host(), |asked, before| match (asked, before) {
        ("PUT /v2/shop/web/manifests/1", 0) => Step::Answer("503 Service Unavailable", ""),
        ("PUT /v2/shop/web/manifests/1", 1) => Step::Cut,
        _ => Step::Pass,
    });

    let run = push(&project(flaky.host(), "insecure = true\n"));

    let host = flaky.host();
    run.code(0)
        .stderr_contains(&format!("web | asking again in 1s: `{host}` fails with 503\n"))
        .stderr_contains(&format!(
            "web | asking again in 2s: the connection to `{host}` was lost: connection closed before message completed\n"
        ));
}

#[test]
fn each_push_that_is_repeated_is_told_with_its_cause() {
    let Some(registry) = Setup::default().start() else { return };
    let flaky = Flaky::before(registry.host(), |asked, before| match (asked, before) {
        ("PUT /v2/shop/web/manifests/1", 0) => Step::Answer("403 Forbidden", ""),
        _ => Step::Pass,
    });
    let project = project(flaky.host(), "insecure = true\n");

    let run = project.run(["run", "--push", "--set", "builds.web.push-retry=1"]);

    run.code(0).stderr_contains(&format!(
        "web | asking again in 1s: `{}` denies a user without a login to push to `shop/web`\n",
        flaky.host()
    ));
}

#[test]
fn a_host_that_takes_connections_and_says_nothing_is_told_of_soon() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let host = silent.local_addr().expect("its address").to_string();
    thread::spawn(move || silent.incoming().collect::<Vec<_>>());

    let mut started = project(&host, "").start(["run", "--push"]);
    let run = started
        .until_told(&format!("web | waiting for `{host}`: no answer for 10 s\n"))
        .terminate()
        .end();

    run.code(130);
}
