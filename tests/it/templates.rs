//! Templates whose names have no value, and secrets where they must not be.

use crate::sandbox::Sandbox;

fn with(build: &str) -> Sandbox {
    Sandbox::new()
        .config(&format!("version = 1\n[builds.web]\nexecutor = \"docker\"\n{build}"))
        .file("Dockerfile", "FROM scratch\n")
}

const REGISTRY: &str = "image = \"{{ env.CI_REGISTRY }}/web\"\ntags = [\"1\"]\n";

#[test]
fn what_a_template_makes_a_list_of_is_no_template_again() {
    let run = with("no-push = true\nignore-paths = \"{{ env.PATHS | split(',') }}\"\n")
        .env("PATHS", "/a,{{ env.HOME }},/b")
        .run(["plan"]);

    let plan = run.code(0).told();
    let flags: Vec<_> = plan.lines().filter(|line| line.contains("--ignore-path")).collect();
    assert_eq!(
        flags,
        ["    --ignore-path=/a", "    --ignore-path={{ env.HOME }}", "    --ignore-path=/b"]
    );
}

#[test]
fn a_variable_that_is_not_set_may_be_a_protected_one() {
    with(REGISTRY).env("GITLAB_CI", "true").run(["run"]).code(2).stdout("").stderr(
        r#"error: `image`: `env.CI_REGISTRY` is not set
 --> kaniko.toml:4:13
  |
4 | image = "{{ env.CI_REGISTRY }}/web"
  |             ^^^^^^^^^^^^^^^ here
hint: is it misspelt, or a protected variable in a pipeline of an unprotected branch or tag?"#,
    );
}

#[test]
fn a_variable_on_an_unprotected_branch_most_likely_is_a_protected_one() {
    with(REGISTRY)
        .env("GITLAB_CI", "true")
        .env("CI_COMMIT_BRANCH", "fix")
        .env("CI_COMMIT_REF_NAME", "fix")
        .env("CI_COMMIT_REF_PROTECTED", "false")
        .run(["run"])
        .code(2)
        .stdout("")
        .stderr(
            r#"error: `image`: `env.CI_REGISTRY` is not set
 --> kaniko.toml:4:13
  |
4 | image = "{{ env.CI_REGISTRY }}/web"
  |             ^^^^^^^^^^^^^^^ here
hint: a CI gives protected variables to protected branches and tags only, and this one is not protected"#,
        );
}

#[test]
fn an_empty_variable_is_not_printed_as_nothing() {
    with(REGISTRY).env("CI_REGISTRY", "").run(["run"]).code(2).stdout("").stderr(
        r#"error: `image`: `env.CI_REGISTRY` is empty
 --> kaniko.toml:4:13
  |
4 | image = "{{ env.CI_REGISTRY }}/web"
  |             ^^^^^^^^^^^^^^^ here
hint: is it misspelt, or a protected variable in a pipeline of an unprotected branch or tag?"#,
    );
}

#[test]
fn a_secret_that_a_command_prints_is_found_in_a_build_arg_before_anything_starts() {
    use crate::fake::Fake;

    let run = with(
        "no-push = true\nbuild-args = { TOKEN = \"{{ env.NPM }}\" }\n\
         secrets = { npm = { command = [\"vault\", \"npm\"] } }\n",
    )
    .env("NPM", "hunter2hunter2")
    .fake("vault", Fake::new().prints("hunter2hunter2"))
    .fake("docker", Fake::new())
    .run(["run"]);

    run.code(2)
        .stdout("")
        .never_tells("hunter2")
        .stderr_contains("`build-args.TOKEN` of `web` holds");
    assert_eq!(run.sent_to("vault").argvs(), ["npm"]);
    assert_eq!(run.sent_to("docker").argvs(), [""; 0]);
}

#[test]
fn a_secret_whose_variable_is_not_set_is_told_once_and_nothing_starts() {
    with("no-push = true\nsecrets = { npm = { env = \"NPM\" } }\n")
        .run(["run"])
        .code(2)
        .stdout("")
        .stderr(
            r"error: secret `npm` of `web`: the variable `NPM` is not set
hint: is it misspelt, or a protected variable in a pipeline of an unprotected branch or tag?",
        );
}

#[test]
fn a_password_whose_variable_is_not_set_names_its_registry() {
    Sandbox::new()
        .config(
            "version = 1\n[registries.r]\nhost = \"r.example.com\"\nusername = \"bob\"\n\
             password = { env = \"PW\" }\n[builds.web]\nexecutor = \"docker\"\n\
             destinations = [\"r.example.com/web:1\"]\n",
        )
        .file("Dockerfile", "FROM scratch\n")
        .run(["run"])
        .code(2)
        .stdout("")
        .stderr(
            r"error: no password for `r.example.com` from `[registries.r]`: the variable `PW` is not set
hint: is it misspelt, or a protected variable in a pipeline of an unprotected branch or tag?",
        );
}

#[test]
fn a_secret_too_short_to_be_kept_out_of_logs_is_refused() {
    with("no-push = true\nsecrets = { npm = { env = \"NPM\" } }\n")
        .env("NPM", "abc")
        .run(["run"])
        .code(2)
        .stdout("")
        .stderr_contains("`NPM`");
}
