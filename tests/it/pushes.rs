//! Images that the builtin executor pushes to registries that are real, and to ones that fail.

mod flaky;
mod told;
mod waits;

use std::{path::Path, process::Command, thread, time::Duration};

use crate::{
    machine,
    ran::Ran,
    registry::{PASSWORD, Setup},
    sandbox::Sandbox,
};

use self::flaky::{Flaky, Step};

/// A project whose image has one layer of some 300 KB that no compression makes smaller.
fn project(host: &str, registry: &str) -> Sandbox {
    let mut state = 88_172_645_463_325_252_u64;
    let noise = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    });
    Sandbox::new()
        .config(&format!(
            "version = 1\n[registries.shop]\nhost = \"{host}\"\n{registry}\
             [builds.web]\ndestinations = [\"{host}/shop/web:1\", \"{host}/shop/web:latest\"]\n"
        ))
        .file("Dockerfile", "FROM scratch\nCOPY noise /noise\n")
        .file("noise", noise.take(300_000).collect::<Vec<u8>>())
        .env("PASSWORD", PASSWORD)
}

const LOGIN: &str = "username = \"bob\"\npassword = { env = \"PASSWORD\" }\n";

fn push(project: &Sandbox) -> Ran {
    project.run(["run", "--push"])
}

/// The body of what is had at `path` of a registry, with its status before it.
fn get(host: &str, path: &str) -> String {
    let output = Command::new("/usr/bin/curl")
        .args(["--silent", "--insecure", "--user", &format!("bob:{PASSWORD}")])
        .args(["--header", "Accept: application/vnd.oci.image.manifest.v1+json"])
        .args(["--write-out", "%{http_code}", &format!("{host}/v2/{path}")])
        .output()
        .expect("curl");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn has_curl() -> bool {
    machine::has(Path::new("/usr/bin/curl"), "curl")
}

/// Both lines of a push that went well, and the image under both tags.
fn pushed(run: &Ran, host: &str, url: &str) {
    let results = run.code(0).results();
    let digest = results[0].split_once('@').expect("a digest").1;
    assert_eq!(
        results,
        [format!("{host}/shop/web:1@{digest}"), format!("{host}/shop/web:latest@{digest}")]
    );
    for tag in ["1", "latest"] {
        let manifest = get(url, &format!("shop/web/manifests/{tag}"));
        assert!(manifest.ends_with("}200"), "{manifest}");
    }
}

/// No tag, so nothing that anybody could pull.
fn untagged(url: &str) {
    for tag in ["1", "latest"] {
        let answer = get(url, &format!("shop/web/manifests/{tag}"));
        assert!(answer.ends_with("}404\n") || answer.ends_with("404"), "{answer}");
    }
}

/// What is told of a build that failed, from its cause on.
fn failed(run: &Ran, cause: &str) {
    run.code(1).stdout("");
    run.stderr_contains(&format!("error: web: {cause}\n"));
}

#[test]
fn a_login_and_plain_http_are_what_a_registry_asks_for() {
    let Some(registry) = (Setup { login: true, ..Setup::default() }).start() else { return };
    let host = registry.host();
    let run = push(&project(&host, &format!("insecure = true\n{LOGIN}")));
    run.never_tells(PASSWORD);
    if has_curl() {
        pushed(&run, &host, &format!("http://{host}"));
    }
}

#[test]
fn a_registry_of_a_private_authority_is_trusted_by_its_ca_file() {
    let setup = Setup { login: true, tls: Some("server"), ..Setup::default() };
    let Some(registry) = setup.start() else { return };
    let host = registry.host();
    let project = project(&host, &format!("ca-file = \"ca.pem\"\n{LOGIN}"))
        .file("ca.pem", registry.file("ca.pem"));
    let run = push(&project);
    if has_curl() {
        pushed(&run, &host, &format!("https://{host}"));
    }
}

#[test]
fn a_registry_of_an_unknown_authority_is_not_trusted() {
    let setup = Setup { login: true, tls: Some("server"), ..Setup::default() };
    let Some(registry) = setup.start() else { return };
    let host = registry.host();
    failed(
        &push(&project(&host, LOGIN)),
        &format!(
            "the certificate of `{host}` is not to be trusted: somebody unknown has signed it; `ca-file` in its `[registries.NAME]` names the certificate of whoever signs for it"
        ),
    );
}

#[test]
fn a_wrong_password_is_told_with_the_user() {
    let Some(registry) = (Setup { login: true, ..Setup::default() }).start() else { return };
    let host = registry.host();
    let project =
        project(&host, &format!("insecure = true\n{LOGIN}")).env("PASSWORD", "wr0ng-Pa55");
    let run = push(&project);
    failed(
        &run,
        &format!(
            "`{host}` refuses the login of `bob`; is the password right, and has it not run out?"
        ),
    );
    run.never_tells("wr0ng-Pa55");
    if has_curl() {
        untagged(&format!("http://{host}"));
    }
}

#[test]
fn without_a_login_it_is_told_that_one_is_wanted() {
    let Some(registry) = (Setup { login: true, ..Setup::default() }).start() else { return };
    let host = registry.host();
    failed(
        &push(&project(&host, "insecure = true\n")),
        &format!(
            "`{host}` wants a login; `username` and `password` in a `[registries.NAME]` of this host log in"
        ),
    );
}

#[test]
fn a_registry_that_takes_no_pushes_says_so() {
    let Some(registry) = (Setup { read_only: true, ..Setup::default() }).start() else { return };
    let host = registry.host();
    failed(
        &push(&project(&host, "insecure = true\n")),
        &format!("`{host}` takes no pushes: it is read-only"),
    );
}

#[test]
fn a_registry_that_is_busy_now_and_then_gets_it_all_the_same() {
    let Some(registry) = Setup::default().start() else { return };
    let flaky = Flaky::before(registry.host(), |asked, before| match (asked, before) {
        (asked, 0) if asked.starts_with("POST ") => {
            Step::Answer("429 Too Many Requests", "Retry-After: 1\r\n")
        }
        (asked, 0) if asked.starts_with("PUT ") => Step::Answer("503 Service Unavailable", ""),
        _ => Step::Pass,
    });
    let run = push(&project(flaky.host(), "insecure = true\n"));
    if has_curl() {
        pushed(&run, flaky.host(), &format!("http://{}", registry.host()));
    }
    assert_eq!(flaky.count("PUT /v2/shop/web/manifests/"), 3);
}

#[test]
fn a_registry_that_wants_us_to_wait_for_an_hour_is_not_waited_for() {
    let Some(registry) = Setup::default().start() else { return };
    let flaky = Flaky::before(registry.host(), |asked, _| {
        if asked.starts_with("POST ") {
            Step::Answer("429 Too Many Requests", "Retry-After: 3600\r\n")
        } else {
            Step::Pass
        }
    });
    failed(
        &push(&project(flaky.host(), "insecure = true\n")),
        &format!("`{}` has had too many requests: it asks to wait for 3600 s", flaky.host()),
    );
}

#[test]
fn a_connection_that_is_lost_amid_a_blob_is_made_anew() {
    let Some(registry) = Setup::default().start() else { return };
    // The second is the config's: layers go as soon as they are made.
    let flaky = Flaky::before(registry.host(), |asked, before| {
        if asked.starts_with("PUT /v2/shop/web/blobs/") && before == 1 {
            Step::Cut
        } else {
            Step::Pass
        }
    });
    let run = push(&project(flaky.host(), "insecure = true\n"));
    if has_curl() {
        pushed(&run, flaky.host(), &format!("http://{}", registry.host()));
    }
}

#[test]
fn half_an_image_is_never_tagged() {
    let Some(registry) = Setup::default().start() else { return };
    let flaky = Flaky::before(registry.host(), |asked, before| {
        if asked.starts_with("PUT /v2/shop/web/blobs/") && before > 0 {
            Step::Cut
        } else {
            Step::Pass
        }
    });
    failed(
        &push(&project(flaky.host(), "insecure = true\n")),
        &format!(
            "the connection to `{}` was lost: connection closed before message completed",
            flaky.host()
        ),
    );
    assert_eq!(flaky.count("PUT /v2/shop/web/manifests/"), 0);
    if has_curl() {
        untagged(&format!("http://{}", registry.host()));
    }
}

#[test]
fn an_upload_that_is_interrupted_is_cancelled_in_the_registry() {
    let Some(registry) = Setup::default().start() else { return };
    let flaky = Flaky::before(registry.host(), |asked, _| {
        if asked.starts_with("PUT /v2/shop/web/blobs/") {
            thread::sleep(Duration::from_mins(5));
        }
        Step::Pass
    });
    let project = project(flaky.host(), "insecure = true\n");
    let mut started = project.start(["run", "--push"]);
    project.patiently("an upload", || flaky.count("PUT /v2/shop/web/blobs/") > 0);

    let run = started.terminate().end();

    run.code(130).stdout("").stderr_contains("error: web: interrupted\n");
    assert_eq!(flaky.count("DELETE /v2/shop/web/blobs/uploads/"), 1);
}

#[test]
fn a_push_is_repeated_as_often_as_it_is_said() {
    let Some(registry) = Setup::default().start() else { return };
    let flaky = Flaky::before(registry.host(), |asked, before| match (asked, before) {
        ("PUT /v2/shop/web/manifests/1", 0) => Step::Answer("403 Forbidden", ""),
        _ => Step::Pass,
    });
    let project = project(flaky.host(), "insecure = true\n");

    let run = project.run(["run", "--push", "--set", "builds.web.push-retry=1"]);

    if has_curl() {
        pushed(&run, flaky.host(), &format!("http://{}", registry.host()));
    }
}

#[test]
fn a_base_that_several_builds_share_is_had_once_and_told_by_its_digest() {
    let Some(registry) = Setup::default().start() else { return };
    let flaky = Flaky::before(registry.host(), |_, _| Step::Pass);
    let host = flaky.host();
    let project = Sandbox::new()
        .config(&format!(
            "version = 1\n[registries.shop]\nhost = \"{host}\"\ninsecure = true\n\
             [builds.base]\ncontext = \"base\"\ndestinations = [\"{host}/shop/base:1\"]\n\
             [builds.web]\ncontext = \"web\"\ndestinations = [\"{host}/shop/web:1\"]\n\
             [builds.api]\ncontext = \"web\"\ndestinations = [\"{host}/shop/api:1\"]\n\
             [builds.job]\ncontext = \"web\"\ndestinations = [\"{host}/shop/job:1\"]\n"
        ))
        .file("base/Dockerfile", "FROM scratch\nCOPY f /f\n")
        .file("base/f", "f\n")
        .file("web/Dockerfile", format!("FROM {host}/shop/base:1\nCOPY g /g\n"))
        .file("web/g", "g\n");
    let first = project.run(["run", "base", "--push"]);
    let base = first.code(0).results()[0];

    let reported = ["--report", "json=build.json"];
    let arguments = ["run", "web", "api", "job", "--push", "--jobs", "3"].iter().chain(&reported);
    project.run(arguments).code(0);

    let report = std::fs::read(project.path("build.json")).expect("a report");
    let report: serde_json::Value = serde_json::from_slice(&report).expect("JSON");
    assert_eq!(report["builds"][0]["bases"], serde_json::json!([base]));

    // The layer, and the config of each.
    assert_eq!(flaky.count("GET /v2/shop/base/blobs/"), 4);
}

#[test]
fn a_second_tag_that_fails_leaves_the_first_told() {
    let Some(registry) = Setup::default().start() else { return };
    let flaky = Flaky::before(registry.host(), |asked, _| {
        if asked == "PUT /v2/shop/web/manifests/latest" {
            Step::Answer("403 Forbidden", "")
        } else {
            Step::Pass
        }
    });
    failed(
        &push(&project(flaky.host(), "insecure = true\n")),
        &format!(
            "`{host}` denies a user without a login to push to `shop/web`; nobody is logged in, or there is no such repository: registries don't say which; `username` and `password` in a `[registries.NAME]` of this host log in (pushed before that: {host}/shop/web:1)",
            host = flaky.host()
        ),
    );
}

#[test]
fn a_registry_that_is_not_there_is_named() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let host = closed.local_addr().expect("its address").to_string();
    drop(closed);
    failed(
        &push(&project(&host, "insecure = true\n")),
        &format!("`{host}` can't be reached: Connection refused"),
    );
}

#[test]
fn a_host_that_nobody_knows_is_told_as_such() {
    failed(
        &push(&project("registry.invalid", "")),
        "there is no host `registry.invalid`; is its name right, and known to this machine's DNS?",
    );
}
