//! Values that no key can mean: refused at their place, wherever they come from.

use crate::sandbox::Sandbox;

/// A project whose only build is good but for what is added to it.
fn with(build: &str) -> Sandbox {
    project(&format!("[builds.web]\nexecutor = \"docker\"\nno-push = true\n{build}"))
}

fn project(sections: &str) -> Sandbox {
    Sandbox::new().config(&format!("version = 1\n{sections}")).file("Dockerfile", "FROM scratch\n")
}

const WEB: &str = "[builds.web]\nexecutor = \"docker\"\nno-push = true\n";

#[test]
fn not_to_wait_for_the_lock_is_a_choice() {
    project(
        "[executors.d]\ntype = \"docker\"\nlock-timeout = \"0s\"\n[builds.web]\nno-push = true\n",
    )
    .run(["check"])
    .code(0)
    .stdout("")
    .stderr("1 build, no mistakes");
}

#[test]
fn the_words_of_a_ci_are_yes_and_no() {
    for (word, flag) in [("yes", "true"), ("0", "false"), ("On", "true"), ("", "false")] {
        with("single-snapshot = \"{{ env.X }}\"\n")
            .env("X", word)
            .run(["plan"])
            .code(0)
            .stdout_contains(&format!("    --single-snapshot={flag}\n"));
    }
}

#[test]
fn an_empty_path_is_left_out_as_an_empty_tag_is() {
    let run = with("ignore-paths = [\"\", \"/var/tmp\", \"{{ ci.tag or '' }}\"]\n").run(["plan"]);

    let plan = run.code(0).told();
    let flags: Vec<_> = plan.lines().filter(|line| line.contains("--ignore-path")).collect();
    assert_eq!(flags, ["    --ignore-path=/var/tmp"]);
}

#[test]
fn one_image_is_one_destination_with_and_without_latest() {
    project(
        "[builds.web]\nexecutor = \"docker\"\nimage = \"r.example.com/shop/web\"\n\
         tags = [\"1\", \"latest\"]\n\
         destinations = [\"r.example.com/shop/web\", \"other.example.com/web\", \
         \"other.example.com/web:latest\"]\n",
    )
    .run(["plan", "--push"])
    .code(0)
    .stdout_contains(
        "    --destination=r.example.com/shop/web:1\n    \
         --destination=r.example.com/shop/web:latest\n    \
         --destination=other.example.com/web\n",
    );
}

/// The lines of a plan that begin with this, sorted as they stand.
fn arguments(sandbox: &Sandbox, flag: &str, sets: &[&str]) -> Vec<String> {
    let sets = sets.iter().flat_map(|set| ["--set", set]);
    let run = sandbox.run(["plan"].into_iter().chain(sets));
    run.code(0);
    run.results()
        .into_iter()
        .map(str::trim)
        .filter(|line| line.starts_with(flag))
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_value_of_the_command_line_is_text_and_a_table_of_it_is_a_table() {
    let sandbox = with("build-args = { A = \"1\", B = \"2\" }\n");

    assert_eq!(
        arguments(&sandbox, "--build-arg", &["builds.web.build-args.A=false"]),
        ["--build-arg=A=false", "--build-arg=B=2"]
    );
    assert_eq!(
        arguments(&sandbox, "--build-arg", &["builds.web.build-args={ A = false, C = \"3\" }"]),
        ["--build-arg=B=2", "--build-arg=C=3"]
    );
    assert_eq!(
        arguments(&sandbox, "--build-arg", &["defaults.build-args={ Z = \"0\" }"]),
        ["--build-arg=Z=0", "--build-arg=A=1", "--build-arg=B=2"]
    );
}

#[test]
fn a_secret_is_removed_by_false() {
    let sandbox = project(
        "[defaults.secrets]\ntoken = { env = \"TOKEN\" }\nkey = { env = \"KEY\" }\n[builds.web]\n\
         executor = \"docker\"\nno-push = true\n",
    );

    assert_eq!(
        arguments(&sandbox, "--secret", &["builds.web.secrets.key=false"]),
        ["--secret=id=token,src=/kaniko/.kaniko-build/run/secrets/token"]
    );
}

#[test]
fn braces_that_are_meant_are_handed_on() {
    assert_eq!(
        arguments(&with(""), "--label", &["builds.web.labels.format={{ .Name }}"]),
        ["--label=format={{ .Name }}"]
    );
}

#[test]
fn a_dockerfile_that_is_missing_is_told_at_its_build() {
    Sandbox::new().config(&format!("version = 1\n{WEB}")).run(["check"]).code(2).stdout("").stderr(
        r"error: there is no Dockerfile at `Dockerfile`
 --> kaniko.toml:2:9
  |
2 | [builds.web]
  |         ^^^ has no Dockerfile
hint: where it is elsewhere, name it with `dockerfile`, relative to the context or to this file",
    );
}

#[test]
fn a_certificate_that_is_none_is_told_with_what_one_looks_like() {
    project(
        "[registries.r]\nhost = \"r.example.com\"\nca-file = \"ca.pem\"\n[builds.web]\n\
         executor = \"docker\"\nimage = \"r.example.com/shop/web\"\n",
    )
    .file("ca.pem", "nothing\n")
    .run(["run"])
    .code(2)
    .stdout("")
    .stderr(
        r"error: `[DIR]/ca.pem`, named in `[registries.r]`, holds no PEM of the kind it should
hint: a certificate begins with `-----BEGIN CERTIFICATE-----`, a key with `-----BEGIN PRIVATE KEY-----` or the like",
    );
}

#[test]
fn a_file_that_is_a_directory_is_told_so() {
    Sandbox::new().directory("ci").run(["check", "--file", "ci"]).code(2).stdout("").stderr(
        "error: `[DIR]/ci` cannot be read: it is a directory\nhint: name the file, not its directory",
    );
}

/// A build that has a cache and a destination.
fn cached(keys: &str) -> Sandbox {
    project(&format!(
        "[builds.web]\nexecutor = \"docker\"\n\
         destinations = [\"registry.example.com:5000/shop/web:1\"]\n{keys}"
    ))
}

#[test]
fn a_cache_is_only_read_where_nothing_is_pushed() {
    let sandbox = cached("cache-repo = \"registry.example.com/cache\"\n");

    assert_eq!(
        arguments(&sandbox, "--cache-repo", &[]),
        ["--cache-repo=registry.example.com/cache"]
    );
    assert_eq!(arguments(&sandbox, "--no-push-cache", &[]), ["--no-push-cache=true"]);
}

#[test]
fn a_cache_beside_the_destination_is_named_where_nothing_is_pushed() {
    assert_eq!(
        arguments(&cached("cache = true\n"), "--cache-repo", &[]),
        ["--cache-repo=registry.example.com:5000/shop/web/cache"]
    );
}

#[test]
fn a_build_that_is_not_to_be_pushed_reads_the_cache_beside_its_image() {
    let sandbox = cached("cache = true\nno-push = \"{{ ci.event == 'pull_request' }}\"\n");
    let flags = |pipeline: &[&str]| {
        let plan = ["plan", "--ci", "gitlab", "--format", "json"];
        let ran = sandbox.run(plan.iter().chain(pipeline));
        let plan = ran.code(0).told().to_owned();
        let has = |flag: &str| plan.contains(&format!("\"{flag}\""));
        let repository = "--cache-repo=registry.example.com:5000/shop/web/cache";
        (has("--cache=true"), has(repository), has("--no-push-cache=true"))
    };

    assert_eq!(flags(&["--pull-request", "5"]), (true, true, true));
    assert_eq!(flags(&["--branch", "main"]), (true, false, false));
}

#[test]
fn a_build_that_is_pushed_writes_its_cache() {
    cached("cache = true\n").run(["plan", "--push"]).code(0).stdout_contains(
        "    --destination=registry.example.com:5000/shop/web:1\n    --cache=true\n",
    );
}

#[test]
fn a_cache_in_a_directory_of_the_executors_is_written_in_any_case() {
    let sandbox = cached("cache-repo = \"oci:/cache\"\n");

    assert_eq!(arguments(&sandbox, "--no-push-cache", &[]), Vec::<String>::new());
}

#[test]
fn a_cache_that_is_only_read_needs_no_place_of_its_own() {
    with("cache = true\nno-push-cache = true\n").run(["check"]).code(0);
}

#[test]
fn what_is_wrong_for_kaniko_alone_is_no_matter_without_it() {
    project("[builds.web]\nexecutor = \"builtin\"\nno-push = true\ncache = true\n")
        .run(["check"])
        .code(0);
}

#[test]
fn an_engine_takes_sizes_and_shares_in_its_own_forms() {
    project(
        "[executors.d]\ntype = \"docker\"\nmemory = \"1.5 GiB\"\ncpus = \"1/2\"\n\
         [builds.web]\nno-push = true\n",
    )
    .run(["check"])
    .code(0);
}

#[test]
fn a_size_as_kubernetes_has_it_is_handed_on_as_every_engine_takes_it() {
    let executor = "[executors.e]\ntype = \"podman\"\nmemory = \"4Gi\"\n";

    project(&format!("{executor}[builds.web]\nexecutor = \"e\"\nno-push = true\n"))
        .run(["plan", "--format", "shell"])
        .code(0)
        .stdout_contains("--memory=4G ");
}

#[test]
fn a_build_without_kaniko_is_planned_without_a_cache() {
    let sandbox = project(
        "[builds.web]\nexecutor = \"builtin\"\ndestinations = [\"r.example.com/shop/web\"]\n\
         cache = true\n",
    );

    assert!(!sandbox.run(["plan", "--format", "json"]).code(0).told().contains("cache-repo="));
}

#[test]
fn a_program_may_stand_where_a_path_has_spaces() {
    let sections = "[executors.far]\ntype = \"command\"\ncommand = [\"my tools/run\", \"-x\"]\n\
                    [builds.web]\nexecutor = \"far\"\nno-push = true\n";

    project(sections).file("my tools/run", "").run(["check"]).code(0);
    project(sections)
        .run(["check"])
        .code(2)
        .stderr_contains("hint: write one word each: `[\"my\", \"tools/run\", \"-x\"]`");
}
