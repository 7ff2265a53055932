//! What becomes of templates, told through the engine.

mod bounds;
mod late;
mod strictness;
mod structure;
mod values;
mod vars;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use crate::ci::{Ci, Sources};

use super::{Engine, Names, TemplateError, Value, Var};

const ON_MAIN: &[(&str, &str)] = &[
    ("GITLAB_CI", "true"),
    ("CI_PIPELINE_SOURCE", "push"),
    ("CI_COMMIT_SHA", "7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c"),
    ("CI_COMMIT_BRANCH", "main"),
    ("CI_COMMIT_REF_NAME", "main"),
    ("CI_COMMIT_REF_PROTECTED", "false"),
    ("CI_DEFAULT_BRANCH", "main"),
    ("HARBOR", "harbor.example.com"),
    ("EMPTY", ""),
];

const ON_TAG: &[(&str, &str)] = &[
    ("GITLAB_CI", "true"),
    ("CI_PIPELINE_SOURCE", "push"),
    ("CI_COMMIT_SHA", "7f3a1c9e5b2d4860a1b2c3d4e5f60718293a4b5c"),
    ("CI_COMMIT_TAG", "v1.2.3"),
    ("CI_COMMIT_REF_NAME", "v1.2.3"),
];

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The names of the build `worker-3.12` in a pipeline with these variables.
fn names(variables: &[(&str, &str)]) -> Names {
    let ci = Ci::detect(Sources {
        env: map(variables),
        directory: None,
        read_file: Box::new(|_| Err(io::Error::from(io::ErrorKind::NotFound))),
    });
    let vars = [
        ("flavour", Var::Plain(Value::Text("alpine".into()))),
        ("image", Var::Template("{{ env.HARBOR }}/{{ build.name }}".into())),
        ("version", Var::Template("{{ ci.tag }}".into())),
        ("several", Var::List(vec![Var::Template("a".into())])),
    ];
    Names {
        env: Arc::new(map(variables)),
        vars: Arc::new(vars.map(|(name, var)| (name.to_owned(), var)).into()),
        registries: Arc::new(map(&[("harbor", "harbor.example.com"), ("docker-hub", "docker.io")])),
        ci: Some(Arc::new(ci)),
        matrix: BTreeMap::from([("python".to_owned(), Value::Text("3.12".into()))]),
        build: Some("worker-3.12".to_owned()),
        builds: Arc::new(["base", "a-b", "worker-3.12"].map(str::to_owned).into_iter().collect()),
        read_file: Some(Arc::new(|path, _| match path {
            "VERSION" => Ok(b"1.4.0\n".to_vec()),
            "braces" => Ok(b"{{ env.HARBOR }}".to_vec()),
            "long" => Ok(vec![b'x'; 64 * 1024 + 1]),
            _ => Err("there is no such file".to_owned()),
        })),
    }
}

fn on_main() -> Engine {
    Engine::new(names(ON_MAIN))
}

fn on_tag() -> Engine {
    Engine::new(names(ON_TAG))
}

/// What `source` becomes where nothing of it is late.
fn text(engine: &Engine, source: &str) -> String {
    engine.text(source).unwrap().as_literal().unwrap().to_owned()
}

fn error(engine: &Engine, source: &str) -> TemplateError {
    engine.text(source).unwrap_err()
}

/// The message of the error, and what it underlines.
fn complaint<'s>(engine: &Engine, source: &'s str) -> (String, &'s str) {
    let error = error(engine, source);
    (error.message, &source[error.range])
}
