//! Builds that go well, and builds that fail.

use std::hash::{BuildHasher as _, RandomState};

use super::{sandbox::Shape, *};

const APP: &str = "FROM a\nCOPY hello /app\nRUN echo from-run\nRUN echo x >/made-by-run\n";

fn hello() -> Bundle {
    bundle(&[("hello", "hi")], 99)
}

#[tokio::test]
async fn a_build_runs_and_leaves_everything_as_it_was() {
    let Some(sandbox) = Sandbox::new() else { return };
    let before = sandbox.listing();

    let went = go(sandbox.command(), &real_job(APP, None), hello()).await;

    let ran = went.ran();
    assert_eq!(ran.exit_code, 0, "{}", went.log());
    assert!(ran.digest.as_ref().unwrap().starts_with("sha256:"));
    assert_eq!(ran.version, "v0.0.0-stand-in");
    assert_eq!(ran.tail.last().unwrap(), "INFO[0002] Pushed registry.example/web:1");
    assert_eq!(
        went.log(),
        "INFO[0000] unpacking\nINFO[0001] Running: echo from-run\nfrom-run\n\
         INFO[0001] Running: echo x >/made-by-run\nINFO[0002] Pushed registry.example/web:1\n"
    );
    assert_eq!(sandbox.listing(), before);
    assert_eq!(sandbox.processes(), [""; 0]);
}

#[tokio::test]
async fn the_tools_survive_where_they_are_no_mount() {
    let shape = Shape { busybox_on_root: true, ..Shape::default() };
    let Some(sandbox) = Sandbox::shaped(&shape) else { return };
    let before = sandbox.listing();
    for _ in 0..2 {
        let dockerfile = format!("{APP}FROM b\nRUN echo second\n");
        let went = go(sandbox.command(), &real_job(&dockerfile, None), hello()).await;
        assert_eq!(went.ran().exit_code, 0, "{}", went.log());
        assert_eq!(sandbox.listing(), before);
    }
}

#[tokio::test]
async fn a_failing_step_is_told_with_its_code_and_without_a_digest() {
    let Some(sandbox) = Sandbox::new() else { return };
    let before = sandbox.listing();
    let went = go(sandbox.command(), &real_job("FROM a\nRUN exit 3\n", None), hello()).await;
    let ran = went.ran();
    assert_eq!(ran.exit_code, 3);
    assert_eq!(ran.digest, None);
    assert!(ran.tail.last().unwrap().ends_with("waiting for process to exit: exit status 3"));
    assert_eq!(sandbox.listing(), before);
}

#[tokio::test]
async fn the_executors_usage_is_not_in_the_log() {
    let Some(sandbox) = Sandbox::new() else { return };
    let mut job = real_job(APP, None);
    job.arguments.push("--no-such-flag=1".to_owned());
    let went = go(sandbox.command(), &job, hello()).await;
    assert_eq!(went.ran().exit_code, 1);
    assert_eq!(went.log(), "Error: unknown flag: --no-such-flag\n");
}

#[tokio::test]
async fn no_file_of_one_image_is_in_the_next() {
    let Some(sandbox) = Sandbox::new() else { return };
    let before = sandbox.listing();
    let dir = tempfile::tempdir().unwrap();
    let image = |name: &str| dir.path().join(name);
    let first = "FROM a\nCOPY one /one\nRUN echo 1 >/first\nFROM b\nCOPY one /one\nRUN mkdir /etc; echo 1 >/etc/first\n";
    let second = "FROM a\nCOPY . /two\nRUN exit 7\n";
    let third = "FROM a\nCOPY . /three\nFROM b\nCOPY . /three\n";

    let run = async |dockerfile: &str, out: &str, file: &str| {
        let job = real_job(dockerfile, Some(&image(out)));
        go(sandbox.command(), &job, bundle(&[(file, "x")], 10)).await
    };
    assert_eq!(run(first, "first.tar", "one").await.ran().exit_code, 0);
    assert_eq!(run(second, "second.tar", "two").await.ran().exit_code, 7);
    assert_eq!(run(third, "third.tar", "three").await.ran().exit_code, 0);

    assert_eq!(names(&image("first.tar")), ["base-2", "etc/first", "one/one"]);
    assert!(!image("second.tar").exists());
    assert_eq!(names(&image("third.tar")), ["base-2", "three/ballast", "three/three"]);
    assert_eq!(sandbox.listing(), before);
}

fn names(tar: &Path) -> Vec<String> {
    let mut archive = tar::Archive::new(std::fs::File::open(tar).unwrap());
    let mut names: Vec<_> = archive
        .entries()
        .unwrap()
        .map(|entry| entry.unwrap().path().unwrap().display().to_string())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_directory_comes_back_whole() {
    let Some(sandbox) = Sandbox::new() else { return };
    let dir = tempfile::tempdir().unwrap();
    let local = dir.path().join("layout");
    let mut job = real_job(APP, None);
    job.arguments.push(format!("--oci-layout-path={FAR_DIR}/layout"));
    job.outputs =
        vec![Output { far: "layout".into(), local: local.clone(), kind: OutputKind::Directory }];
    go(sandbox.command(), &job, hello()).await.ran();
    assert_eq!(std::fs::read_to_string(local.join("index.json")).unwrap(), "{}\n");
    assert!(local.join("blobs/image").is_file());
}

#[tokio::test]
async fn an_output_that_was_not_written_is_named() {
    let Some(sandbox) = Sandbox::new() else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut job = real_job(APP, Some(&dir.path().join("image.tar")));
    job.arguments.retain(|argument| !argument.starts_with("--tar-path"));
    let went = go(sandbox.command(), &job, hello()).await;
    assert_eq!(went.error(), "Output { what: \"the executor has not written `out/image.tar`\" }");
}

#[tokio::test]
async fn a_missing_flag_is_told_before_anything_is_sent() {
    let Some(sandbox) = Sandbox::new() else { return };
    let before = sandbox.listing();
    let mut job = real_job(APP, None);
    job.needs = vec![Need {
        ability: crate::kaniko::version::Ability::Flag("--secret"),
        reason: "`secrets` (kaniko.toml:12)".to_owned(),
    }];
    let never: Bundle = Arc::new(|_| panic!("the bundle was wanted"));
    let went = go(sandbox.command(), &job, never).await;
    let error = went.result.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the executor (v0.0.0-stand-in) has no `--secret`, and `secrets` (kaniko.toml:12) needs it"
    );
    assert_eq!(sandbox.listing(), before);
    assert_eq!(
        sandbox.ask("ls /kaniko/.kaniko-build/run"),
        "ls: /kaniko/.kaniko-build/run: No such file or directory\n"
    );
}

#[tokio::test]
async fn the_executors_environment_is_made_from_nothing() {
    let Some(sandbox) = Sandbox::new() else { return };
    let mut job = real_job("FROM a\nRUN tr '\\0\\n' '\\n_' </proc/$PPID/environ | sort\n", None);
    job.environment.push(("QUOTED".to_owned(), "it's $HOME\n\"x\"".into()));
    let went = go(sandbox.command(), &job, hello()).await;
    assert_eq!(
        went.log().lines().skip(2).collect::<Vec<_>>(),
        [
            "DOCKER_CONFIG=/kaniko/.kaniko-build/run/docker",
            "HOME=/root",
            "QUOTED=it's $HOME_\"x\"",
            "INFO[0002] Pushed registry.example/web:1",
        ]
    );
}

#[tokio::test]
async fn steps_get_the_signals_umask_and_input_of_a_fresh_container() {
    let Some(sandbox) = Sandbox::new() else { return };
    let ignored = sandbox.ask("grep SigIgn /proc/self/status");
    let dockerfile = "FROM a\nRUN umask; pwd; cat; grep SigIgn /proc/self/status\n";
    let went = go(sandbox.command(), &real_job(dockerfile, None), hello()).await;
    let lines: Vec<_> = went.log().lines().skip(2).take(3).map(str::to_owned).collect();
    assert_eq!(lines, ["0022", "/", ignored.trim_end()]);
}

#[tokio::test]
async fn secrets_are_in_no_argument_list_and_in_no_file_afterwards() {
    let Some(sandbox) = Sandbox::new() else { return };
    let mut job = real_job("FROM a\nRUN cat /proc/*/cmdline | tr '\\0' ' '\nRUN sleep 1\n", None);
    // Of this run alone: what else the machine does may speak of any fixed word.
    let canary = format!("canary-{:016x}", RandomState::new().hash_one(std::process::id()));
    job.environment.push(("TOKEN".to_owned(), format!("{canary}-of-env").as_str().into()));
    job.files[0].content = format!("{{\"auths\":\"{canary}\"}}").as_str().into();
    let command = sandbox.command();
    let build = tokio::spawn(async move { go(command, &job, hello()).await });
    let mut seen = String::new();
    while !build.is_finished() {
        // From outside: also what runs for a moment only.
        for entry in std::fs::read_dir("/proc").unwrap() {
            let words = std::fs::read(entry.unwrap().path().join("cmdline")).unwrap_or_default();
            if words.windows(canary.len()).any(|window| window == canary.as_bytes()) {
                seen.push_str(&String::from_utf8_lossy(&words));
            }
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let went = build.await.unwrap();
    assert_eq!(went.ran().exit_code, 0);
    assert!(went.log().contains("kaniko-build-far"), "{}", went.log());
    assert!(!went.log().contains(&canary));
    assert_eq!(seen, "");
    let look = format!("grep -rl {canary} /kaniko /tmp /root /etc /workspace 2>/dev/null");
    assert_eq!(sandbox.ask(&look), "");
}

#[tokio::test]
async fn a_killed_executor_is_137() {
    let Some(sandbox) = Sandbox::new() else { return };
    let before = sandbox.listing();
    let went =
        go(sandbox.command(), &real_job("FROM a\nRUN kill -9 $PPID; sleep 1000\n", None), hello())
            .await;
    assert_eq!(went.ran().exit_code, 137);
    assert_eq!(sandbox.listing(), before);
    assert!(!sandbox.processes().contains(&"sleep 1000".to_owned()));
}

#[tokio::test]
async fn a_build_whose_time_is_over_is_stopped() {
    let Some(sandbox) = Sandbox::new() else { return };
    let before = sandbox.listing();
    let mut job = real_job("FROM a\nRUN sleep 1000\n", None);
    job.timeout = Duration::from_secs(5);
    let went = go(sandbox.command(), &job, hello()).await;
    assert!(went.ran().timed_out);
    assert_eq!(sandbox.listing(), before);
    assert_eq!(sandbox.processes(), [""; 0]);
}

#[tokio::test]
async fn an_interrupted_build_is_stopped_and_cleaned() {
    let Some(sandbox) = Sandbox::new() else { return };
    let before = sandbox.listing();
    let (cancel, cancelled) = watch::channel(false);
    let (events, mut listener) = mpsc::channel(64);
    let hands = Hands { events, cancelled };
    let job = real_job("FROM a\nRUN echo running; (setsid sleep 1000 &); sleep 1000\n", None);
    let listen = async {
        while let Some(event) = listener.recv().await {
            if matches!(&event.what, What::Log { line } if line == "running") {
                cancel.send(true).unwrap();
            }
        }
    };
    let build = async {
        let result = run_at(PACE, sandbox.command(), &job, hello(), &hands).await;
        drop(hands);
        result
    };
    let (result, ()) = tokio::join!(build, listen);
    assert!(matches!(result, Err(TransportError::Interrupted)), "{result:?}");
    // Who interrupts waits for some time only, and the far side cleans on without us.
    settled(&sandbox).await;
    assert_eq!(sandbox.listing(), before);
}

#[tokio::test]
async fn what_a_step_leaves_running_is_killed() {
    let Some(sandbox) = Sandbox::new() else { return };
    let dockerfile = "FROM a\nRUN setsid sh -c 'sleep 1000 & sleep 1000' & sleep 0.2\n\
                      RUN (setsid setsid sleep 1000 &)\nRUN echo x >/dev/shm/left\n";
    let went = go(sandbox.command(), &real_job(dockerfile, None), hello()).await;
    assert_eq!(went.ran().exit_code, 0);
    assert_eq!(sandbox.processes(), [""; 0]);
    assert_eq!(sandbox.ask("ls /dev/shm"), "");
}

#[tokio::test]
async fn a_context_that_cannot_be_read_is_the_cause() {
    let Some(sandbox) = Sandbox::new() else { return };
    let before = sandbox.listing();
    let broken: Bundle = Arc::new(|sink| {
        sink.write_all(&noise(600_000)).map_err(crate::context::ContextError::Sink)?;
        let source = std::io::Error::other("gone");
        Err(crate::context::ContextError::Read { path: "/src/x".into(), source })
    });
    let went = go(sandbox.command(), &real_job(APP, None), broken).await;
    assert!(matches!(went.result, Err(TransportError::Context(_))));
    assert_eq!(sandbox.listing(), before);
}
