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
        with("cache = \"{{ env.X }}\"\n")
            .env("X", word)
            .run(["plan"])
            .code(0)
            .stdout_contains(&format!("    --cache={flag}\n"));
    }
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
        ["--build-arg=B=2", "--build-arg=A=false"]
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
        "error: `[DIR]/ci` cannot be read: Is a directory\nhint: name the file, not its directory",
    );
}
