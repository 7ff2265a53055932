//! Users who may have few threads, as containers often say: it ends, and says why.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use crate::{
    engine::{Executor, docker},
    machine,
    ran::Ran,
    sandbox::Sandbox,
};

/// The first of the users that only one run has: what counts is how many threads a user has.
static USERS: AtomicU32 = AtomicU32::new(61_000);

/// What is told to each who may have `1..=most` threads; nothing where nobody can be limited.
fn each(
    most: u32,
    run: impl Fn(Sandbox, &dyn Fn(Sandbox) -> Sandbox) -> Ran + Sync,
) -> Vec<(i32, String)> {
    if !machine::is_root() {
        machine::left_out("only root can be another user");
        return Vec::new();
    }
    thread::scope(|scope| {
        let run = &run;
        let one = |threads| {
            scope.spawn(move || {
                let user = USERS.fetch_add(1, Ordering::Relaxed);
                let ran = run(Sandbox::new(), &|it| it.with_few_threads(user, threads));
                (ran.ended_with(), format!("{}{}", ran.told(), ran.tells()))
            })
        };
        let all: Vec<_> = (1..=most).map(one).collect();
        all.into_iter().map(|one| one.join().expect("it ends")).collect()
    })
}

/// None of them panics, and each that fails says what it lacked.
fn clear(told: &[(i32, String)]) {
    for (code, told) in told {
        assert!(!told.contains("panicked"), "{told}");
        let is_clear = *code == 0 || told.contains("Resource temporarily unavailable");
        assert!(is_clear, "{code}: {told}");
    }
}

#[test]
fn a_build_without_an_executor_ends_with_the_image_or_with_why_not() {
    let told = each(8, |sandbox, limited| {
        let sandbox = sandbox
            .config("version = 1\n[builds.web]\nno-push = true\ntar-path = \"web.tar\"\n")
            .file("Dockerfile", "FROM scratch\nCOPY kaniko.toml /\n");
        limited(sandbox).run(["run"])
    });

    clear(&told);
    // Who tells of it, who makes the image and who compresses, beside what waits for them.
    let codes: Vec<_> = told.iter().map(|(code, _)| *code).collect();
    assert!(codes.is_empty() || codes == [2, 1, 1, 0, 0, 0, 0, 0], "{codes:?}");
}

#[test]
fn a_build_through_docker_ends_with_the_image_or_with_why_not() {
    let told = each(12, |sandbox, limited| {
        let sandbox = sandbox
            .config("version = 1\n[builds.web]\nexecutor = \"docker\"\nno-push = true\n")
            .file("Dockerfile", "FROM scratch\n")
            .fake("docker", docker(&Executor::builds()));
        limited(sandbox).run(["run"])
    });

    for (code, told) in &told {
        assert!(!told.contains("panicked"), "{told}");
        assert!(*code == 0 || told.contains("error: "), "{code}: {told}");
    }
}

#[test]
fn plans_are_made_and_contexts_packed_or_it_is_said_why_not() {
    for arguments in [&["plan"][..], &["context", "pack", "web", "-o", "web.tar.gz"], &["doctor"]] {
        let told = each(6, |sandbox, limited| {
            let sandbox = sandbox
                .config("version = 1\n[builds.web]\nno-push = true\n")
                .file("Dockerfile", "FROM scratch\nCOPY kaniko.toml /\n");
            limited(sandbox).run(arguments)
        });

        clear(&told);
    }
}
