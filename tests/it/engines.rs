//! Real builds through a real docker or podman, and what is left of them after a kill.
//!
//! Ignored unless asked for, as they need an engine, an executor's image and a registry:
//!
//! ```text
//! KANIKO_BUILD_TEST_ENGINE=podman KANIKO_BUILD_TEST_IMAGE=ghcr.io/osscontainertools/kaniko \
//! KANIKO_BUILD_TEST_REGISTRY=127.0.0.1:5000 KANIKO_BUILD_TEST_BASE=127.0.0.1:5000/base/busybox:1 \
//! KANIKO_BUILD_TEST_NETWORK=host KANIKO_BUILD_TEST_ENGINE_ARGS='--runtime=runc' \
//! cargo test --test it engines -- --ignored --test-threads=1
//! ```
//!
//! The registry speaks HTTP; the base image has a shell.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use kaniko_build::{
    context::{ContextError, Packed},
    event::{Event, What},
    guard::Guard,
    kaniko::version::Ability,
    transport::{
        Bundle, FAR_DIR, FarFile, Hands, Job, Need, Output, OutputKind, Ran, TransportError,
        container::{Engine, Kind, Settings, run},
    },
};
use sha2::{Digest, Sha256};

/// Set for the process that is to be killed.
const VICTIM: &str = "KANIKO_BUILD_TEST_VICTIM";

const WRITES: &str = "a vector takes all";

fn variable(name: &str) -> String {
    std::env::var(format!("KANIKO_BUILD_TEST_{name}")).unwrap_or_default()
}

fn settings() -> Settings {
    let kind = if variable("ENGINE") == "docker" { Kind::Docker } else { Kind::Podman };
    let network = variable("NETWORK");
    Settings {
        network: (!network.is_empty()).then_some(network),
        engine_args: variable("ENGINE_ARGS").split_whitespace().map(str::to_owned).collect(),
        ..Settings::new(kind, variable("IMAGE"))
    }
}

/// A bundle of these files, as a context's is.
fn bundle(files: &[(&str, Vec<u8>)]) -> Bundle {
    let mut archive =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none()));
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, path, content.as_slice()).expect(WRITES);
    }
    let bytes = archive.into_inner().and_then(flate2::write::GzEncoder::finish).expect(WRITES);
    let packed = Packed {
        bytes: bytes.len() as u64,
        sha256: Sha256::digest(&bytes).into(),
        entries: files.len() as u64,
    };
    Arc::new(move |sink| {
        sink.write_all(&bytes).map_err(ContextError::Sink)?;
        Ok(packed)
    })
}

fn job(arguments: &[&str]) -> Job {
    let mut all = vec![
        format!("--context=tar://{FAR_DIR}/bundle.tgz"),
        "--dockerfile=/kaniko/buildcontext/Dockerfile".to_owned(),
        format!("--digest-file={FAR_DIR}/digest"),
        format!("--insecure-registry={}", variable("REGISTRY")),
    ];
    all.extend(arguments.iter().map(|&argument| argument.to_owned()));
    let environment = [
        ("HOME", "/root"),
        ("PATH", "/kaniko"),
        ("DOCKER_CONFIG", "/kaniko/.kaniko-build/run/docker"),
        ("SSL_CERT_DIR", "/kaniko/ssl/certs"),
        ("TOKEN", "two\nlines"),
    ];
    Job {
        build: "web".into(),
        owner: "ci".into(),
        arguments: all,
        environment: environment.map(|(name, value)| (name.into(), value.into())).into(),
        files: vec![FarFile {
            path: "docker/config.json".into(),
            content: "{\"auths\":{}}".into(),
        }],
        outputs: Vec::new(),
        needs: Vec::new(),
        timeout: Duration::from_mins(5),
        connect_timeout: Duration::from_mins(1),
        lock_timeout: Duration::from_mins(1),
    }
}

/// Runs a build; `on_line` sees each line of its log.
async fn build(
    guard: Guard,
    job: &Job,
    bundle: Bundle,
    mut on_line: impl FnMut(&str),
) -> Result<Ran, TransportError> {
    let (events, mut told) = tokio::sync::mpsc::channel::<Event>(16);
    let (_cancel, cancelled) = tokio::sync::watch::channel(false);
    let engine = Engine::new(settings(), guard);
    let running = async {
        let hands = Hands { events, cancelled };
        run(&engine, job, bundle, &hands).await
    };
    let listening = async {
        while let Some(event) = told.recv().await {
            match event.what {
                What::Log { line } => on_line(&line),
                other => on_line(&format!("{other:?}")),
            }
        }
    };
    tokio::join!(running, listening).0
}

fn names() -> String {
    let program = settings().program;
    let output = Command::new(program)
        .args(["ps", "-a", "--filter=label=org.kaniko-build.expires", "--format={{.Names}}"])
        .output()
        .expect("the engine's client is there");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
#[ignore = "needs an engine, an executor's image and a registry"]
async fn a_two_stage_image_is_built_pushed_and_brought_back() {
    let here = tempfile::tempdir().unwrap();
    let registry = variable("REGISTRY");
    let destination = format!("--destination={registry}/kaniko-build-test/two-stages:1");
    let tar_path = format!("--tar-path={FAR_DIR}/out/image.tar");
    let layout_path = format!("--oci-layout-path={FAR_DIR}/out/layout");
    let mut job = job(&[&destination, &tar_path, &layout_path]);
    job.needs = vec![Need { ability: Ability::Flag("--destination"), reason: "a push".into() }];
    let output = |name: &str, kind| Output {
        far: format!("out/{name}"),
        local: here.path().join(name),
        kind,
    };
    job.outputs =
        vec![output("image.tar", OutputKind::File), output("layout", OutputKind::Directory)];
    let base = variable("BASE");
    let dockerfile = format!(
        "FROM {base} AS one\nCOPY big /big\nRUN wc -c </big >/sum\n\
         FROM {base}\nCOPY --from=one /sum /sum\nRUN cat /sum\n"
    );
    let big = vec![7; 32 << 20];
    let mut log = Vec::new();

    let bundle = bundle(&[("Dockerfile", dockerfile.into_bytes()), ("big", big)]);
    let ran = build(Guard::none(), &job, bundle, |line| log.push(line.to_owned())).await.unwrap();

    assert_eq!(ran.exit_code, 0, "{}", log.join("\n"));
    assert!(ran.digest.unwrap().starts_with("sha256:"));
    assert!(log.iter().any(|line| line == "33554432"), "{}", log.join("\n"));
    assert!(here.path().join("image.tar").metadata().unwrap().len() > 0);
    assert!(here.path().join("layout/index.json").is_file());
    assert_eq!(names(), "");
}

#[tokio::test]
#[ignore = "needs an engine, an executor's image and a registry"]
async fn a_failing_run_is_the_executors_exit_code() {
    let dockerfile = format!("FROM {}\nRUN exit 3\n", variable("BASE"));
    let bundle = bundle(&[("Dockerfile", dockerfile.into_bytes())]);
    let ran = build(Guard::none(), &job(&["--no-push=true"]), bundle, |_| ()).await.unwrap();
    assert_eq!((ran.exit_code, ran.digest), (3, None));
    assert_eq!(names(), "");
}

#[tokio::test]
#[ignore = "needs an engine, an executor's image and a registry"]
async fn an_executor_whose_time_is_over_is_gone() {
    let dockerfile = format!("FROM {}\nRUN sleep 1000\n", variable("BASE"));
    let bundle = bundle(&[("Dockerfile", dockerfile.into_bytes())]);
    let mut job = job(&["--no-push=true"]);
    job.timeout = Duration::from_secs(5);
    let ran = build(Guard::none(), &job, bundle, |_| ()).await.unwrap();
    assert!(ran.timed_out);
    assert_eq!(ran.exit_code, 137);
    assert_eq!(names(), "");
}

#[tokio::test]
#[ignore = "needs an engine, an executor's image and a registry"]
async fn the_executors_environment_is_the_jobs() {
    // Kaniko resolves a build arg without a value from its own environment.
    let dockerfile = format!(
        "FROM {}\nARG TOKEN\nARG HOME\nARG DOCKER_CREDENTIAL_GCR_CONFIG\n\
         RUN echo \"[$TOKEN] [$DOCKER_CREDENTIAL_GCR_CONFIG]\"\n",
        variable("BASE")
    );
    let bundle = bundle(&[("Dockerfile", dockerfile.into_bytes())]);
    let job =
        job(&["--no-push=true", "--build-arg=TOKEN", "--build-arg=DOCKER_CREDENTIAL_GCR_CONFIG"]);
    let mut log = String::new();
    let ran = build(Guard::none(), &job, bundle, |line| {
        log.push_str(line);
        log.push('\n');
    })
    .await
    .unwrap();
    assert_eq!(ran.exit_code, 0, "{log}");
    assert!(log.contains("[two\nlines] []\n"), "{log}");
}

/// Plays the run that is killed: builds until it is told to stop, which it never is.
#[tokio::test]
#[ignore = "is started by the test below"]
async fn victim() {
    if std::env::var_os(VICTIM).is_none() {
        return;
    }
    let program = Path::new(env!("CARGO_BIN_EXE_kaniko-build"));
    let guard = Guard::start(program, &["guard"]).await.unwrap();
    let dockerfile = format!("FROM {}\nRUN echo now; sleep 1000\n", variable("BASE"));
    let bundle = bundle(&[("Dockerfile", dockerfile.into_bytes())]);
    let mut out = std::fs::File::create(std::env::var_os(VICTIM).unwrap()).unwrap();
    build(guard, &job(&["--no-push=true"]), bundle, |line| writeln!(out, "{line}").unwrap())
        .await
        .unwrap();
}

#[test]
#[ignore = "needs an engine, an executor's image and a registry, and the program's guard"]
fn a_killed_run_leaves_no_container() {
    let here = tempfile::tempdir().unwrap();
    let log = here.path().join("log");
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "engines::victim", "--ignored"])
        .env(VICTIM, &log)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let give_up = Instant::now() + Duration::from_mins(1);
    let until = |what: &str, there: &dyn Fn() -> bool| {
        while !there() {
            assert!(Instant::now() < give_up, "{what} did not come");
            std::thread::sleep(Duration::from_millis(50));
        }
    };
    let reads = || std::fs::read_to_string(&log).unwrap_or_default();
    until("the build", &|| reads().lines().any(|line| line == "now"));
    assert!(names().starts_with("kaniko-build-"));

    victim.kill().unwrap();
    victim.wait().unwrap();

    until("the guard", &|| names().is_empty());
}
