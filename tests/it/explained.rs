//! Where values come from that belong to no build, and what a build has of others.

use crate::sandbox::Sandbox;

/// Sections that are of no build, each with something laid over it.
fn sections() -> Sandbox {
    Sandbox::new()
        .config(
            "version = 1\n[executors.e]\ntype = \"podman\"\nmemory = \"1g\"\nenv = { TZ = \"UTC\" }\n\
             [registries.my-r]\nhost = \"r.example.com\"\n[reports]\njson = \"a.json\"\n\
             [builds.web]\nexecutor = \"e\"\nimage = \"{{ registries.my_r.host }}/web\"\n\
             tags = [\"1\"]\n[profiles.p]\nexecutors.e.memory = \"2g\"\n",
        )
        .file("Dockerfile", "FROM scratch\n")
        .env("KANIKO_BUILD__REGISTRIES__MY_R__HOST", "q.example.com")
}

const OVER: [&str; 4] = ["--profile", "p", "--set", "reports.json=b.json"];

#[test]
fn what_is_of_no_build_is_explained_with_what_lies_over_it() {
    let explain = |key: &str| {
        let asked = ["plan", "--explain", key];
        sections().run(asked.iter().chain(&OVER)).code(0).stderr("").told().to_owned()
    };

    assert_eq!(
        explain("executors.e.memory"),
        "executors.e.memory = \"2g\"\n\
         \x20 from   kaniko.toml:15 (profiles.p, executors.e): \"2g\"\n\
         \x20 over   kaniko.toml:4 (executors.e): \"1g\"\n"
    );
    assert_eq!(
        explain("executors.e.env"),
        "executors.e.env.TZ = \"UTC\"\n  from   kaniko.toml:5 (executors.e): \"UTC\"\n"
    );
    assert_eq!(
        explain("registries.my-r.insecure"),
        "registries.my-r.insecure = false  [default]\n"
    );
    assert_eq!(
        explain("reports"),
        "reports.json = \"b.json\"\n  from   --set reports.json: \"b.json\"\n\
         \x20 over   kaniko.toml:9 (reports): \"a.json\"\n"
    );
    assert_eq!(
        explain("web.image"),
        "web.image = \"q.example.com/web\"\n\
         \x20 from   kaniko.toml:12 (builds.web): \"{{ registries.my_r.host }}/web\"\n\
         \x20 takes  registries.my_r.host\n\
         registries.my-r.host = \"q.example.com\"\n\
         \x20 from   KANIKO_BUILD__REGISTRIES__MY_R__HOST (registries.my-r): \"q.example.com\"\n\
         \x20 over   kaniko.toml:7 (registries.my-r): \"r.example.com\"\n"
    );
}

#[test]
fn the_json_plan_has_the_layers_of_what_is_of_no_build() {
    let asked = ["plan", "--format", "json"];
    let ran = sections().run(asked.iter().chain(&OVER));
    let plan: serde_json::Value = serde_json::from_slice(ran.code(0).told_bytes()).expect("JSON");

    let expected = serde_json::json!({
        "executors.e.env": ["kaniko.toml:5 (executors.e)"],
        "executors.e.memory": ["kaniko.toml:15 (profiles.p, executors.e)", "kaniko.toml:4 (executors.e)"],
        "executors.e.type": ["kaniko.toml:3 (executors.e)"],
        "registries.my-r.host":
            ["KANIKO_BUILD__REGISTRIES__MY_R__HOST (registries.my-r)", "kaniko.toml:7 (registries.my-r)"],
        "reports.json": ["--set reports.json", "kaniko.toml:9 (reports)"],
    });
    assert_eq!(plan["layers"], expected);
}

#[test]
fn what_a_build_has_of_others_and_of_its_matrix_is_explained_as_it_is_planned() {
    let sandbox = Sandbox::new()
        .config(
            "version = 1\n[defaults]\nexecutor = \"builtin\"\nimage = \"r.example.com/{{ build.name }}\"\n\
             tags = [\"1\"]\n[builds.base]\n[builds.svc]\nmatrix.dir = { directories = \"s/*\" }\n\
             build-args = { BASE = \"{{ builds.base.image }}\" }\n",
        )
        .file("Dockerfile", "ARG BASE=scratch\nFROM $BASE\n")
        .file("s/api/x", "");
    let explain =
        |key: &str| sandbox.run(["plan", "--explain", key]).code(0).stderr("").told().to_owned();

    assert_eq!(
        explain("svc-api.needs"),
        "svc-api.needs = [\"base\"]\n  why    `build-args.BASE` takes `base`\n"
    );
    assert_eq!(
        explain("svc-api.matrix"),
        "svc-api.matrix.dir = \"api\"\n\
         \x20 from   kaniko.toml:8 (builds.svc): { directories = \"s/*\" }\n"
    );
    sandbox
        .run(["plan", "--explain", "svc-api.tags.0"])
        .code(2)
        .stdout("")
        .stderr("error: `tags` has no part `0`\nhint: `svc-api.tags` is explained as a whole");
}

#[test]
fn of_what_is_of_no_build_the_nearest_is_told() {
    let told = |key: &str| sections().run(["plan", "--explain", key]);

    told("executors.f.memory")
        .code(2)
        .stderr("error: there is no `executors.f`\nhint: there are `executors.e`");
    told("registries.myr.host")
        .code(2)
        .stderr("error: there is no `registries.myr`\nhint: did you mean `registries.my-r`?");
    told("executors")
        .code(0)
        .stderr("")
        .stdout_contains("executors.e.type = \"podman\"\n  from   kaniko.toml:3 (executors.e)");
    told("vars").code(2).stderr(
        "error: there is no `vars`\nhint: nothing is written in `[vars]`, nor laid over it",
    );
    told("executors.e.memry")
        .code(2)
        .stderr("error: an executor has no key `memry`\nhint: did you mean `memory`?");
}
