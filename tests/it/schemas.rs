//! The schemas, against what the program writes: no field lacks, none is unknown, none is wrong.
//!
//! Python's jsonschema judges.

use std::{fs, process::Command};

use serde_json::{Value, json};

use crate::{
    engine::{Executor, docker},
    examples,
    fake::Fake,
    machine,
    ran::Ran,
    repository,
    sandbox::Sandbox,
};

/// Prints what is wrong with each of some documents by a schema, in order, as JSON.
const JUDGE: &str = "
import json, sys, jsonschema
schema, documents = (json.load(open(path)) for path in sys.argv[1:])
kind = jsonschema.validators.validator_for(schema)
kind.check_schema(schema)
judge = lambda document: sorted(
    f'{e.json_path}: {e.message}' for e in kind(schema).iter_errors(document))
print(json.dumps([judge(document) for document in documents]))
";

/// What judges documents by a schema of the repository.
pub(crate) struct Judge {
    python: &'static str,
    schema: Value,
    place: tempfile::TempDir,
}

impl Judge {
    /// By `schemas/NAME.schema.json`, with no more fields than it names; none where there is
    /// nothing to judge with, which is told.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let mut judge = Self::open(name)?;
        close(&mut judge.schema);
        Some(judge)
    }

    /// As [`Self::of`], by the schema as it is.
    pub(crate) fn open(name: &str) -> Option<Self> {
        let judges = |python: &&str| {
            let asked = Command::new(python).args(["-c", "import jsonschema"]).output();
            asked.is_ok_and(|output| output.status.success())
        };
        let Some(python) = ["/usr/bin/python3", "python3"].into_iter().find(judges) else {
            machine::left_out("there is no python3 with jsonschema");
            return None;
        };
        let schema = repository::text(&format!("schemas/{name}.schema.json"));
        let schema = serde_json::from_str(&schema).expect("JSON");
        Some(Self { python, schema, place: tempfile::tempdir().expect("a directory") })
    }

    /// What is wrong with `document`.
    fn says(&self, document: &Value) -> Vec<String> {
        self.says_of_each(std::slice::from_ref(document)).remove(0)
    }

    /// What is wrong with each of `documents`.
    pub(crate) fn says_of_each(&self, documents: &[Value]) -> Vec<Vec<String>> {
        let write = |name: &str, value: &Value| {
            let path = self.place.path().join(name);
            fs::write(&path, value.to_string()).expect("a file");
            path
        };
        let judged = Command::new(self.python)
            .args(["-c", JUDGE])
            .arg(write("schema", &self.schema))
            .arg(write("documents", &Value::from(documents)))
            .output()
            .expect("python starts");
        let error = String::from_utf8_lossy(&judged.stderr);
        assert!(judged.status.success(), "{error}");
        serde_json::from_slice(&judged.stdout).expect("lists of lines")
    }

    /// What is wrong once the value at `pointer` is another, or gone.
    fn says_of(&self, document: &Value, pointer: &str, other: Option<Value>) -> Vec<String> {
        let mut document = document.clone();
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        let parent = document.pointer_mut(parent).expect("it is there");
        match (parent, other) {
            (Value::Object(fields), Some(other)) => {
                fields.insert(key.to_owned(), other);
            }
            (Value::Object(fields), None) => {
                fields.remove(key).expect("it is there");
            }
            (other, _) => panic!("{pointer} is not below an object: {other}"),
        }
        self.says(&document)
    }
}

/// Lets no object have more than the properties that the schema names.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.contains_key("properties") && !fields.contains_key("additionalProperties") {
                fields.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
            fields.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

fn parsed(text: &[u8]) -> Value {
    serde_json::from_slice(text).expect("JSON")
}

/// A text as the file that it is.
pub(crate) fn file(text: &str) -> Value {
    toml::from_str(text).expect("TOML")
}

#[test]
fn every_file_of_the_repository_is_as_its_schema_says() {
    let Some(judge) = Judge::open("kaniko") else { return };
    let configs = repository::configs();
    assert!(configs.iter().any(|path| path == "examples/monorepo/go/kaniko.toml"), "{configs:?}");
    let mut files: Vec<Value> = configs.iter().map(|path| file(&repository::text(path))).collect();
    files.push(file(FILE));
    for (file, wrong) in files.iter().zip(judge.says_of_each(&files)) {
        assert_eq!(wrong, [""; 0], "{file:#}");
    }
}

#[test]
fn a_file_with_a_wrong_value_is_refused() {
    let Some(judge) = Judge::open("kaniko") else { return };
    let wrong = |text: &str| judge.says(&file(text));

    assert_eq!(wrong("version = 2\n"), ["$.version: 1 was expected"]);
    assert_eq!(
        wrong("[builds.web]\ndestination = []\n"),
        ["$.builds.web: Additional properties are not allowed ('destination' was unexpected)"]
    );
    assert_eq!(
        wrong("[builds.web]\nretry = -1\n"),
        ["$.builds.web.retry: -1 is less than the minimum of 0"]
    );
    assert_eq!(
        wrong("[executors.e]\ntype = \"docker\"\napi = \"x\"\n"),
        ["$.executors.e.api: False schema does not allow 'x'"]
    );
    assert_eq!(
        wrong("[registries.r]\npassword = \"plain\"\n"),
        ["$.registries.r.password: 'plain' is not of type 'object'"]
    );
    assert_eq!(wrong("[defaults]\nlabels = { a = false }\n"), [""; 0]);
    assert_eq!(wrong("[builds.web]\nno-push = \"{{ ci.fork }}\"\n"), [""; 0]);
}

/// Two builds, the second with what the first becomes.
const FILE: &str = r#"version = 1

[registries.r]
host = "r.example.com"
username = "bob"
password = { env = "PW" }

[defaults]
executor = "docker"
destinations = ["r.example.com/shop/{{ build.name }}:1", "r.example.com/shop/{{ build.name }}:2"]

[builds.base]

[builds.web]
target = "last"
build-args = { BASE = "{{ builds.base.image }}" }
labels = { of = "{{ builds.base.digest }}" }
secrets = { token = { env = "TOKEN" } }
tar-path = "web.tar"
"#;

fn project(executor: &Executor) -> Sandbox {
    Sandbox::new()
        .config(FILE)
        .file("Dockerfile", "ARG BASE=docker.io/library/busybox\nFROM ${BASE} AS last\n")
        .env("PW", "some-password")
        .env("TOKEN", "some-token")
        .fake("docker", docker(executor))
}

#[test]
fn every_plan_is_as_its_schema_says() {
    let Some(judge) = Judge::of("plan") else { return };
    let mut plans: Vec<Value> =
        ["cloud-foundry", "gitlab-local", "github-docker", "three-images", "private-ca"]
            .iter()
            .map(|example| {
                let run = examples::job(example).run(["plan", "--format", "json"]);
                parsed(run.code(0).told_bytes())
            })
            .collect();
    let arguments = ["plan", "--format", "json", "--push", "--set", "builds.web.push-retry=5"];
    let all = format!("{FILE}annotations = {{ title = \"web\" }}\n");
    let run = project(&Executor::builds()).config(&all).run(arguments);
    plans.push(parsed(run.code(0).told_bytes()));
    let web = &plans[5]["builds"][1];
    assert_eq!(web["build_args"]["BASE"], "{{ builds.base.image }}");
    assert_eq!(plans[5]["overrides"].as_array().map(Vec::len), Some(1));
    for plan in &plans {
        assert_eq!(judge.says(plan), [""; 0], "{plan:#}");
    }
}

#[test]
fn a_wrong_plan_is_refused() {
    let Some(judge) = Judge::of("plan") else { return };
    let run = project(&Executor::builds()).run(["plan", "--format", "json", "--push"]);
    let plan = parsed(run.code(0).told_bytes());

    assert_eq!(judge.says_of(&plan, "/version", Some(json!(2))), ["$.version: 1 was expected"]);
    assert_eq!(judge.says_of(&plan, "/builds", None), ["$: 'builds' is a required property"]);
    assert_eq!(
        judge.says_of(&plan, "/builds/0/executor/type", Some(json!("kubernetes?"))).len(),
        1
    );
    assert_eq!(
        judge.says_of(&plan, "/builds/1/push", Some(json!("yes"))),
        ["$.builds[1].push: 'yes' is not of type 'boolean'"]
    );
    assert_eq!(
        judge.says_of(&plan, "/builds/1/build_args/BASE", Some(json!(3))),
        ["$.builds[1].build_args.BASE: 3 is not of type 'string'"]
    );
    assert_eq!(
        judge.says_of(&plan, "/builds/0/speed", Some(json!("high"))),
        ["$.builds[0]: Additional properties are not allowed ('speed' was unexpected)"]
    );
}

/// The report that a run has written, as its schema says, and its builds' results.
fn report(judge: &Judge, run: &Ran) -> (Value, Vec<String>) {
    let report = parsed(run.file("report.json").as_bytes());
    assert_eq!(judge.says(&report), [""; 0], "{report:#}");
    let result = |build: &Value| build["result"].as_str().expect("a text").to_owned();
    let builds = report["builds"].as_array().expect("a list");
    let results = builds.iter().map(result).collect();
    (report, results)
}

const RUN: [&str; 4] = ["run", "--push", "--report", "json=report.json"];

#[test]
fn a_report_of_builds_that_went_well_is_as_its_schema_says() {
    let Some(judge) = Judge::of("report") else { return };
    let executor = Executor::does(&format!(
        "run=$far/kaniko/.kaniko-build/run; echo image >\"$run/image.tar\"\n\
         printf %s {} >\"$run/digest\"",
        crate::engine::DIGEST
    ));
    let run = project(&executor).run(RUN.into_iter().chain(["--output", "json"]));

    let (written, results) = report(&judge, run.code(0));
    assert_eq!(results, ["built", "built"]);
    assert_eq!(written["builds"][1]["destinations"][1]["pushed"], "yes");
    let told = parsed(run.told_bytes());
    assert_eq!(judge.says(&told), [""; 0], "{told:#}");
    assert_eq!(told["builds"], written["builds"]);
}

#[test]
fn a_report_of_a_failure_and_what_it_stopped_is_as_its_schema_says() {
    let Some(judge) = Judge::of("report") else { return };
    let failing = "error building image: error building stage: failed to execute command: \
                   waiting for process to exit: exit status 3";
    let run = project(&Executor::fails(3, failing)).run(RUN);

    let (report, results) = report(&judge, run.code(1));
    assert_eq!(results, ["failed", "skipped"]);
    assert_eq!(report["builds"][0]["exit_code"], 3);
}

#[test]
fn a_report_of_an_executor_that_was_not_reached_is_as_its_schema_says() {
    let Some(judge) = Judge::of("report") else { return };
    let dead = Fake::new().tells("Cannot connect to the Docker daemon").exits(1);
    let project = project(&Executor::builds());
    let again = FILE.replace("\"docker\"", "\"podman\"");
    let run = project.config(&again).fake("podman", dead).run(RUN);

    let (report, results) = report(&judge, run.code(3));
    assert_eq!(results, ["not-built", "skipped"]);
    assert_eq!(report["builds"][0]["executor_version"], Value::Null);
}

#[test]
fn a_report_of_a_run_that_was_interrupted_is_as_its_schema_says() {
    let Some(judge) = Judge::of("report") else { return };
    let endless = Executor::does(": >\"$state/building\"; exec sleep 1000");
    let run = project(&endless).start(RUN).until("building").terminate().end();

    let (_, results) = report(&judge, run.code(130));
    assert_eq!(results, ["interrupted", "interrupted"]);
}

#[test]
fn a_report_of_a_build_whose_time_was_over_is_as_its_schema_says() {
    let Some(judge) = Judge::of("report") else { return };
    // What the far side of a session says, and nothing else of it.
    let far = Fake::new().hears_nothing().does(
        "say() { sum=$(printf %s \"$*\" | sha256sum); echo \"$* ${sum%% *}\"; }\n\
         echo 'kaniko-build hello 1'; say version v1.28.3; say greeted; say locked; say ready\n\
         while read -r word rest; do case $word in run) say received; say started ;; \
         stop) break ;; esac; done\n\
         say exit 137; say cleaned; say bye\n",
    );
    let project = Sandbox::new()
        .config(
            "version = 1\n[executors.far]\ntype = \"command\"\ncommand = [\"far\"]\n\
             [builds.web]\nno-push = true\n",
        )
        .file("Dockerfile", "FROM scratch\n")
        .fake("far", far);
    let run = project.run(RUN.into_iter().chain(["--set", "builds.web.timeout=1s"]));

    let (report, results) = report(&judge, run.code(1));
    assert_eq!(results, ["failed"]);
    assert_eq!(report["builds"][0]["exit_code"], 124);
    assert_eq!(report["overrides"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_wrong_report_is_refused() {
    let Some(judge) = Judge::of("report") else { return };
    let run = project(&Executor::fails(1, "error building image: broken")).run(RUN);
    let (report, _) = report(&judge, run.code(1));

    assert_eq!(judge.says_of(&report, "/version", Some(json!("1"))), ["$.version: 1 was expected"]);
    assert_eq!(judge.says_of(&report, "/ended", None), ["$: 'ended' is a required property"]);
    assert_eq!(judge.says_of(&report, "/builds/0/result", Some(json!("green"))).len(), 1);
    assert_eq!(
        judge.says_of(&report, "/builds/0/attempts", Some(json!(-1))),
        ["$.builds[0].attempts: -1 is less than the minimum of 0"]
    );
    assert_eq!(
        judge.says_of(&report, "/builds/0/digest", Some(json!(7))),
        ["$.builds[0].digest: 7 is not of type 'string', 'null'"]
    );
    assert_eq!(
        judge.says_of(&report, "/builds/1/mood", Some(json!("bad"))),
        ["$.builds[1]: Additional properties are not allowed ('mood' was unexpected)"]
    );
}
