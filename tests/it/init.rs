//! `init`: the file it makes, that the file has no mistakes anywhere, and that nothing is lost.

use std::fs;

use crate::{fake::Fake, sandbox::Sandbox};

const PLAIN: &str = "FROM scratch\nCOPY app /app\n";
const RUNS: &str = "FROM alpine:3.20\nRUN apk add curl\n";

/// What the file says of images without a CI's own words.
const TAGS: &str = "tags = [
  \"{{ ci.commit_short or 'dev' }}\",
  \"{{ ci.tag | semver('{version}') }}\",
  { tag = \"latest\", when = \"{{ ci.tag | semver('{major}') }}\" },
]
";

fn shop() -> Sandbox {
    Sandbox::new()
        .file("app", "a")
        .file("site/Dockerfile", "FROM scratch\nCOPY page /page\n")
        .file("site/page", "a")
        .file("api.Dockerfile", PLAIN)
}

fn written(sandbox: &Sandbox) -> String {
    fs::read_to_string(sandbox.path("kaniko.toml")).expect("a file")
}

/// Plans in pipelines and without one.
fn is_without_mistakes(sandbox: &Sandbox) {
    sandbox.run(["check"]).code(0);
    for pipeline in [
        ["gitlab", "--branch", "main"],
        ["gitlab", "--tag", "v1.2.3"],
        ["gitlab", "--pull-request", "7"],
        ["github", "--branch", "main"],
        ["github", "--tag", "v1.2.3"],
        ["github", "--pull-request", "7"],
    ] {
        sandbox.run([&["plan", "--ci"][..], &pipeline].concat()).code(0);
    }
}

#[test]
fn every_dockerfile_is_a_build_with_what_is_common_said_once() {
    let shop = shop();
    let run = shop.run(["init"]);

    run.code(0);
    assert_eq!(
        written(&shop),
        format!(
            "# `kaniko-build plan` shows what is built and why, `kaniko-build run` builds it.\n\
             version = 1\n\n[defaults]\n\
             # Outside of GitLab and GitHub, name your registry instead of localhost.\n\
             image = \"{{{{ ci.registry_image or 'localhost/work' }}}}/{{{{ build.name }}}}\"\n{TAGS}\n\
             [builds.api]\ndockerfile = \"api.Dockerfile\"\n\n[builds.site]\ncontext = \"site\"\n"
        )
    );
    is_without_mistakes(&shop);
}

#[test]
fn its_images_are_built_from_it() {
    let shop = shop();
    shop.run(["init"]).code(0);
    let output = shop.path("site.tar");
    let set = format!("builds.site.tar-path={}", output.display());

    shop.run(["run", "site", "--set", &set]).code(0);

    let mut listed = tar::Archive::new(fs::File::open(output).expect("an image"));
    let entries = listed.entries().expect("an archive").filter_map(Result::ok);
    let names: Vec<_> = entries.filter_map(|one| Some(one.path().ok()?.into_owned())).collect();
    assert!(names.iter().any(|name| name.ends_with("manifest.json")), "{names:?}");
}

#[test]
fn in_gitlab_what_runs_something_is_built_where_the_job_can() {
    let shop = shop().file("worker/Dockerfile", RUNS).file(".gitlab-ci.yml", "build: {}\n");
    shop.run(["init"]).code(0);

    let text = written(&shop);
    let worker = text.split("\n[builds.worker]\n").nth(1).expect("a build");
    assert_eq!(worker, "context = \"worker\"\n");
    assert_eq!(text.matches("executor = ").count(), 0, "{text}");
    assert!(
        text.contains(
            "\n[defaults]\n# No `executor`: Kaniko's image builds in the job itself, else docker or \
             podman; `plan` says which.\nimage = "
        ),
        "{text}"
    );
    shop.run(["check", "--ci", "gitlab"]).code(0);
}

#[test]
fn that_file_is_built_by_the_docker_of_a_job_and_by_a_kaniko_service_alike() {
    let shop = Sandbox::new().file("Dockerfile", RUNS).file(".gitlab-ci.yml", "build: {}\n");
    shop.run(["init"]).code(0);

    let chosen = |shop: &Sandbox| shop.run(["plan"]).code(0).told().to_owned();
    let podman = shop.clone().fake("podman", Fake::new());
    let service = shop.env("WSR_SERVICE_ID_kaniko", "app-1");

    assert!(chosen(&podman).starts_with("work on podman"), "{}", chosen(&podman));
    assert!(chosen(&service).starts_with("work on cloudfoundry"), "{}", chosen(&service));
}

#[test]
fn in_github_pull_requests_are_not_pushed() {
    let shop =
        Sandbox::new().file("Dockerfile", RUNS).file(".github/workflows/a.yml", "on: push\n");
    shop.run(["init"]).code(0);

    let text = written(&shop);
    assert!(text.contains("\nexecutor = \"docker\"\n"), "{text}");
    assert!(text.contains("\nno-push = \"{{ ci.event == 'pull_request' }}\"\n"), "{text}");
    assert!(text.contains("\nimage = \"{{ ci.registry_image or 'localhost/work' }}\"\n"), "{text}");
    is_without_mistakes(&shop);
}

#[test]
fn a_script_for_a_kaniko_app_becomes_its_executor() {
    let script = "build:\n  script:\n    - cf api https://api.fr.cloud.gov\n    - cf auth $CF_U $CF_P\n    \
                  - cf target -o my-org -s dev\n    - cf ssh \"${SERVICE_PREFIX}kaniko\" -c x\n";
    let shop = Sandbox::new().file("Dockerfile", RUNS).file(".gitlab-ci.yml", script);
    shop.run(["init"]).code(0);

    let text = written(&shop);
    let executor = "[executors.kaniko]\ntype = \"cloudfoundry\"\n\
                    app = \"{{ env.SERVICE_PREFIX or '' }}kaniko\"\n\
                    api = \"https://api.fr.cloud.gov\"\norg = \"my-org\"\nspace = \"dev\"\n\
                    username = { env = \"CF_U\" }\npassword = { env = \"CF_P\" }\n";
    assert!(text.contains(executor), "{text}");
    is_without_mistakes(&shop);
}

#[test]
fn a_script_that_is_logged_in_already_has_an_executor_too() {
    let script = "build:\n  image: cloudfoundry/cli\n  services:\n    - name: gcr.io/kaniko-project/executor\n      \
                  alias: kaniko\n  script:\n    - cf api https://api.example.com\n    \
                  - cf ssh kaniko -c '/kaniko/executor --context tar://stdin'\n";
    let shop = Sandbox::new().file("Dockerfile", RUNS).file(".gitlab-ci.yml", script);
    shop.run(["init"]).code(0);

    let text = written(&shop);
    let executor = "[executors.kaniko]\ntype = \"cloudfoundry\"\n\
                    app = \"{{ env.WSR_SERVICE_ID_kaniko or 'kaniko' }}\"\n\
                    api = \"https://api.example.com\"\n\n[defaults]\nexecutor = \"kaniko\"\n";
    assert!(text.contains(executor), "{text}");
    is_without_mistakes(&shop);
}

#[test]
fn a_script_that_says_its_api_by_a_variable_leaves_the_executor_to_the_user() {
    let script = "build:\n  script:\n    - cf api $API\n    - cf target -o o -s s\n    \
                  - cf ssh kaniko -c x\n";
    let shop = Sandbox::new().file("Dockerfile", RUNS).file(".gitlab-ci.yml", script);

    let run = shop.run(["init"]);

    run.code(0).stderr_contains(
        "warning: no executor is named: `.gitlab-ci.yml` reaches a Kaniko app, and says where in \
         no plain words: `cf api $API`; write `[executors.kaniko]` with `type = \
         \"cloudfoundry\"`, `app`, `api`, `org` and `space`\n",
    );
    assert!(!written(&shop).contains("[executors"));
}

#[test]
fn variants_of_two_directories_are_two_builds_of_their_names() {
    let shop = shop()
        .file("services/web/Dockerfile.dev", "FROM scratch\nLABEL a=b\n")
        .file("services/web/Dockerfile.prod", "FROM scratch\nLABEL a=b\n");
    shop.run(["init"]).code(0);

    let text = written(&shop);
    assert!(text.contains("\n[builds.web-dev]\ncontext = \"services/web\"\n"), "{text}");
    assert!(text.contains("\n[builds.web-prod]\n"), "{text}");
    is_without_mistakes(&shop);
}

#[test]
fn a_file_that_is_there_is_kept_without_force() {
    let shop = shop().config("version = 1\n");
    let run = shop.run(["init"]);

    run.code(2);
    run.stderr(
        "error: `kaniko.toml` is there already\n\
         hint: `--force` writes over it, `-o -` shows what would be written",
    );
    assert_eq!(written(&shop), "version = 1\n");
    let shown = shop.run(["init", "-o", "-"]);
    shown.code(0);
    shop.run(["init", "--force"]).code(0);
    assert_eq!(written(&shop), shown.told());
}

#[test]
fn where_there_is_nothing_to_build_nothing_is_written() {
    let empty = Sandbox::new();
    let run = empty.run(["init"]);

    run.code(2);
    run.stderr_contains("error: there is no Dockerfile here");
    assert!(!empty.path("kaniko.toml").exists());
}

#[test]
fn where_nothing_can_run_a_program_the_file_is_written_and_that_is_told() {
    let shop = Sandbox::new().file("Dockerfile", RUNS);

    shop.run(["init"]).code(0).stderr_contains(
        "warning: Dockerfile:2: `RUN` runs a program, which the builtin executor cannot, and nothing \
         here can do that: the file is for a machine with docker or podman, or for a CI that has \
         Kaniko\n",
    );

    assert!(!written(&shop).contains("executor"), "{}", written(&shop));
    shop.run(["check", "--ci", "gitlab"]).code(0);
}

#[test]
fn what_can_not_be_built_is_left_out_and_told() {
    let shop = shop()
        .file("bad/Dockerfile", "FROM scratch\nCOPYY a b\n")
        .file("{{ odd }}/Dockerfile", PLAIN)
        .file("made/Dockerfile.j2", PLAIN)
        .file("open/Dockerfile", "ARG BASE\nFROM $BASE\n")
        .file("gr\u{f6}\u{df}e & co/Dockerfile", "FROM scratch\nLABEL a=b\n");
    let run = shop.run(["init"]);

    run.code(0);
    run.stderr_contains("left out: bad/Dockerfile:2: ");
    run.stderr_contains("left out: {{ odd }}/Dockerfile: its path would be taken for a template");
    run.stderr_contains("left out: made/Dockerfile.j2: a template of a Dockerfile");
    run.stderr_contains(
        "left out: open/Dockerfile:2: `FROM $BASE` names nothing; `BASE` has no value",
    );
    let text = written(&shop);
    assert!(text.contains("[builds.gr-e-co]\ncontext = \"gr\u{f6}\u{df}e & co\"\n"), "{text}");
    is_without_mistakes(&shop);
}

#[test]
fn a_file_is_made_for_the_directory_it_stands_in() {
    let run = shop().run(["init", "-o", "site/kaniko.toml"]);

    run.code(2);
    run.stderr_contains("hint: change to that directory");
}
