//! What of a context is sent: what the Dockerfile takes, and all where that cannot be told.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::{
    engine::{DIGEST, Executor, docker},
    ran::Ran,
    sandbox::Sandbox,
};

/// A build of `app` with docker.
fn app(dockerfile: &str) -> Sandbox {
    let mut sandbox = Sandbox::new()
        .config(
            "version = 1\n[builds.web]\nexecutor = \"docker\"\nno-push = true\n\
             context = \"app\"\n",
        )
        .file("app/Dockerfile", dockerfile);
    for path in ["README.md", "docs/a", "src/a", "src/b"] {
        sandbox = sandbox.file(format!("app/{path}"), "text\n");
    }
    sandbox
}

fn built(sandbox: Sandbox) -> Ran {
    let run = sandbox.fake("docker", docker(&Executor::builds())).run(["run"]);
    run.code(0);
    run
}

const ALL: [&str; 8] =
    ["./", "Dockerfile", "README.md", "docs/", "docs/a", "src/", "src/a", "src/b"];

#[test]
fn a_run_sends_what_the_dockerfile_takes() {
    let run = built(app("FROM scratch\nCOPY src/a /\n"));

    assert_eq!(run.sent_to("docker").entries(), ["./", "Dockerfile", "src/", "src/a"]);
}

#[test]
fn a_run_sends_all_where_the_file_says_so() {
    let sandbox = app("FROM scratch\nCOPY src/a /\n");
    let config = sandbox.path("kaniko.toml");
    fs::write(&config, fs::read_to_string(&config).unwrap() + "slim = false\n").unwrap();

    let run = sandbox.run(["plan"]);
    run.code(0).stdout_contains("  sent         the whole context  [kaniko.toml:6]\n");
    assert_eq!(built(sandbox).sent_to("docker").entries(), ALL);
}

#[test]
fn a_line_that_cannot_be_told_is_named_by_every_form_of_the_plan() {
    let sandbox = app("FROM scratch\nCOPY src/a /\nCOPY src/../x /\n");
    let why = "line 3: executors do not agree on the `..` in `src/../x`";

    let text = format!("  sent         the whole context: {why}\n");
    sandbox.run(["plan"]).code(0).stdout_contains(&text);
    let comment = format!("\n# sent: the whole context: {why}\n");
    sandbox.run(["plan", "--format", "shell"]).code(0).stdout_contains(&comment);
    sandbox.run(["plan", "--format", "json"]).code(0).stdout_contains(
        r#"      "sent": {
        "whole": true,
        "line": 3,
        "why": "executors do not agree on the `..` in `src/../x`",
        "sources": [],
        "unless_onbuild": []
      },"#,
    );
    assert_eq!(built(sandbox).sent_to("docker").entries(), ALL);
}

#[test]
fn a_script_stays_one_whatever_a_dockerfile_names() {
    let sandbox = app("FROM scratch\nCOPY [\"src/../a\\nrm -rf x\", \"/\"]\n");

    let run = sandbox.run(["plan", "--format", "shell"]);

    assert!(!run.code(0).results().iter().any(|line| line.starts_with("rm -rf x")));
}

#[test]
fn a_plan_asks_no_registry_and_says_what_a_run_will_ask() {
    let sandbox = app("FROM 127.0.0.1:1/base:1\nCOPY src/a /\n");

    sandbox.run(["plan"]).code(0).stderr("").stdout_contains(
        "  sent         what line 2 takes, with what an `ONBUILD` of `127.0.0.1:1/base:1` takes\n",
    );
    sandbox.run(["plan", "--format", "json"]).code(0).stdout_contains(
        r#"        "sources": [
          {
            "source": "src/a",
            "line": 2
          }
        ],
        "unless_onbuild": [
          {
            "reference": "127.0.0.1:1/base:1",
            "line": 1
          }
        ]"#,
    );
}

#[test]
fn a_base_image_that_we_do_not_reach_makes_it_the_whole_context() {
    let run = built(app("FROM 127.0.0.1:1/base:1\nCOPY src/a /\n"));

    run.stderr_contains(
        "warning: web: the whole context is sent: Dockerfile, line 1: `127.0.0.1:1/base:1` may \
         have an `ONBUILD` that takes files: ",
    );
    assert_eq!(run.sent_to("docker").entries(), ALL);
}

#[test]
fn nobody_is_asked_where_all_is_taken_anyway() {
    let run = built(app("FROM 127.0.0.1:1/base:1\nCOPY . /\n"));

    assert!(!run.told().contains("warning"), "{}", run.told());
    assert_eq!(run.sent_to("docker").entries(), ALL);
}

#[test]
fn a_listing_shows_what_is_left_out_and_why() {
    app("FROM scratch\nCOPY src /\n")
        .file("app/.dockerignore", "src/b\n")
        .run(["context", "ls", "web"])
        .code(0)
        .stdout("           6  .dockerignore\n          24  Dockerfile\n           0  src\n           5  src/a")
        .stderr(
            "left out:\n\
             \u{20}  not taken  README.md\n\
             \u{20}  not taken  docs/\n\
             \u{20}    ignored  src/b\n\
             4 entries, 35 B",
        );
}

/// Bytes that no compression makes fewer; others for each `seed`.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn of_a_hundred_services_in_one_context_little_more_than_one_is_sent() {
    let mut sandbox = Sandbox::new().config(
        "version = 1\n[defaults]\nexecutor = \"docker\"\nno-push = true\n\
         dockerfile = \"services/{{ matrix.name }}/Dockerfile\"\n[builds.service]\n\
         matrix = { name = [\"s0\", \"s57\", \"s99\"] }\n",
    );
    for service in 0..100 {
        let path = |name: &str| format!("services/s{service}/{name}");
        let dockerfile = format!("FROM scratch\nCOPY lib services/s{service}/src /app/\n");
        sandbox = sandbox
            .file(path("Dockerfile"), dockerfile)
            .file(path("src/main"), noise(service * 2 + 2, 40_000))
            .file(path("test/main"), noise(service * 2 + 3, 10_000));
    }
    sandbox = sandbox.file("lib/shared", noise(1, 20_000));

    for service in ["s0", "s57", "s99"] {
        let name = format!("service-{service}");
        sandbox.run(["context", "pack", &name, "-o", "sent.tgz"]).code(0);
        let sent = fs::metadata(sandbox.path("sent.tgz")).unwrap().len();
        // 1.05 times the 60,000 bytes that its Dockerfile takes.
        assert!(sent <= 63_000, "{sent} bytes for {service}");
    }
}

#[test]
fn what_a_run_sends_of_a_hundred_services_is_what_one_takes() {
    // 20 files of 5 to 52 KB for each service, and 5 that all of them share.
    let sizes = (0..20).map(|file| 5_000 + file * 2_500);
    let taken: u64 = sizes.clone().sum::<u64>() + 5 * 20_000;
    let mut sandbox = Sandbox::new()
        .config(
            "version = 1\n[builds.s57]\nexecutor = \"docker\"\nno-push = true\n\
             dockerfile = \"services/s57/Dockerfile\"\n",
        )
        .file("services/s57/Dockerfile", "FROM scratch\nCOPY lib services/s57/src /app/\n");
    for service in 0..100 {
        for (file, size) in sizes.clone().enumerate() {
            let content = noise(service * 20 + file as u64, usize::try_from(size).unwrap());
            sandbox = sandbox.file(format!("services/s{service}/src/{file}.rs"), content);
        }
    }
    for file in 0..5 {
        sandbox = sandbox.file(format!("lib/{file}.rs"), noise(5000 + file, 20_000));
    }

    let sandbox = sandbox.fake("docker", docker(&Executor::builds()));
    sandbox.run(["run", "--report", "json=report"]).code(0);
    sandbox.run(["context", "pack", "s57", "-o", "sent.tgz"]).code(0);

    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(sandbox.path("report")).unwrap()).unwrap();
    // Over a pipe of this machine, uncompressed.
    let sent = report["builds"][0]["bundle_bytes"].as_u64().unwrap();
    let packed = fs::metadata(sandbox.path("sent.tgz")).unwrap().len();
    // 1.05 times that; there were 700,032 and some 677,600.
    assert_eq!(taken, 675_000);
    assert!(sent <= 708_750, "{sent} bytes are sent");
    assert!(packed <= 708_750, "{packed} bytes are packed");
}

#[test]
fn a_context_that_builds_share_is_packed_once_and_one_of_its_own_when_it_is_sent() {
    let sandbox = Sandbox::new()
        .config(
            "version = 1\n[defaults]\nexecutor = \"docker\"\nno-push = true\n\
             [builds.a]\n[builds.b]\nbuild-args = { B = \"1\" }\n[builds.c]\n\
             dockerfile = \"other\"\n",
        )
        .file("Dockerfile", "FROM scratch\nCOPY file /\n")
        .file("other", "FROM scratch\nCOPY file /other\n")
        .file("file", "as it was\n");

    let (seen, run) = seen_by_each(sandbox);

    assert_eq!(seen, ["was", "was", "became"]);
    assert_eq!(run.left_behind(), [""; 0].map(std::path::PathBuf::from));
}

#[test]
fn a_context_that_a_build_writes_its_output_to_is_packed_for_each() {
    let sandbox = Sandbox::new()
        .config(
            "version = 1\n[defaults]\nexecutor = \"docker\"\nno-push = true\n\
             [builds.a]\ntar-path = \"image.tar\"\n[builds.b]\n",
        )
        .file("Dockerfile", "FROM scratch\nCOPY file /\n")
        .file("file", "as it was\n");

    assert_eq!(seen_by_each(sandbox).0, ["was", "became"]);
}

/// What is sent of `file`, which the first build changes: who packs after it sees that.
fn seen_by_each(sandbox: Sandbox) -> (Vec<&'static str>, Ran) {
    let file = sandbox.path("file").display().to_string();
    let shell = format!(
        "echo as it became >'{file}'\ncd \"$far/kaniko/.kaniko-build/run\"\n\
         echo image >image.tar\nprintf %s {DIGEST} >digest"
    );
    let run = sandbox.fake("docker", docker(&Executor::does(&shell))).run(["run"]);
    run.code(0);
    let calls = run.sent_to("docker");
    let copied = calls.of("cp").into_iter().map(|call| String::from_utf8_lossy(&call.stdin));
    let seen = copied.filter_map(|sent| {
        let was = sent.contains("as it was").then_some("was");
        was.or(sent.contains("as it became").then_some("became"))
    });
    (seen.collect(), run)
}

#[test]
fn a_registry_that_says_nothing_is_asked_once_a_run() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    std::thread::spawn(move || {
        // Held open, and never answered.
        let mut streams = Vec::new();
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::Relaxed);
            streams.push(stream);
        }
    });
    let sandbox = Sandbox::new()
        .config(&format!(
            "version = 1\n[registries.silent]\nhost = \"{host}\"\ninsecure = true\n\
             [defaults]\nexecutor = \"docker\"\nno-push = true\ncontext = \"app\"\n\
             [builds.a]\n[builds.b]\nbuild-args = {{ B = \"1\" }}\n"
        ))
        .file("app/Dockerfile", format!("FROM {host}/base:1\nCOPY x /\n"))
        .file("app/x", "x\n");

    let run = sandbox.fake("docker", docker(&Executor::builds())).run(["run"]);

    run.code(0);
    for build in ["a", "b"] {
        run.stderr_contains(&format!(
            "warning: {build}: the whole context is sent: Dockerfile, line 1: `{host}/base:1` may \
             have an `ONBUILD` that takes files: `{host}` does not answer within 5 s\n"
        ));
    }
    // One connection to one build's question.
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[test]
fn what_cannot_be_read_and_is_not_taken_stands_in_nobodys_way() {
    let sandbox = app("FROM scratch\nCOPY src /\n").with_the_machines_programs();
    fs::set_permissions(sandbox.path("app/docs"), fs::Permissions::from_mode(0o000)).unwrap();
    let sandbox = sandbox.fake("docker", docker(&Executor::builds())).with_an_ordinary_user();

    sandbox.run(["context", "pack", "web", "-o", "web.tgz"]).code(0);
    sandbox.run(["run"]).code(0);
}

#[test]
fn a_directory_that_is_taken_and_cannot_be_read_ends_run_and_pack_alike() {
    let sandbox = app("FROM scratch\nCOPY src /\n").with_the_machines_programs();
    fs::set_permissions(sandbox.path("app/src"), fs::Permissions::from_mode(0o000)).unwrap();
    let sandbox = sandbox.fake("docker", docker(&Executor::builds())).with_an_ordinary_user();

    let why = "`[DIR]/app/src` cannot be read: Permission denied\n\
               hint: make it readable, or leave it out with a last line in .dockerignore";
    sandbox.run(["context", "pack", "web", "-o", "web.tgz"]).code(2).stderr_contains(why);
    sandbox.run(["run"]).code(2).stderr_contains(why);
}
