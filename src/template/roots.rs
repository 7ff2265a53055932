//! The objects that templates start from. Each looks up when it is asked and not before.

use std::fmt;
use std::sync::Arc;

use minijinja::value::Object;
use minijinja::{Error, State, Value};

use crate::ci::{Ci, Fact, Field};

use super::bounds::{LONGEST_FILE, TOO_DEEP};
use super::convert;
use super::engine::{Evaluated, Inner};
use super::error::{CIRCLE, Problem};
use super::lookup;
use super::meant;
use super::names::Names;
use super::nearest::did_you_mean;
use super::rendered::LateValue;
use super::unprintable::{Absent, Late, Record, UNSURE, problem_of};

/// One rendering.
pub(super) struct Scene {
    pub(super) inner: Arc<Inner>,
    pub(super) record: Arc<Record>,
    /// The vars that are being rendered, outermost first.
    pub(super) resolving: Vec<String>,
}

/// A place in the tree of names.
pub(super) struct Node {
    scene: Arc<Scene>,
    at: At,
}

enum At {
    Top,
    Build,
    Builds,
    OneBuild(String),
    Ci,
    Env,
    File,
    GitDescribe,
    Matrix,
    Registries,
    Registry(String),
    Vars,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("names")
    }
}

impl Node {
    /// What a template is rendered with.
    pub(super) fn top(scene: &Arc<Scene>) -> Value {
        Value::from_object(Self { scene: Arc::clone(scene), at: At::Top })
    }

    fn child(&self, at: At) -> Value {
        Value::from_object(Self { scene: Arc::clone(&self.scene), at })
    }

    /// The value of `name` here. None at the top only, where minijinja's own come next.
    fn field(&self, name: &str) -> Result<Option<Value>, Problem> {
        let names = &self.scene.inner.names;
        let value = match &self.at {
            At::Top => return Ok(self.root(name)),
            At::Build => {
                lookup::field("build", &["name"], name)?;
                Value::from(lookup::build_name(names)?)
            }
            At::Builds => self.child(At::OneBuild(lookup::build(names, name)?.to_owned())),
            At::OneBuild(build) => {
                let path = lookup::spelt("builds", build);
                let late = match lookup::field(&path, &["image", "digest"], name)? {
                    "image" => LateValue::Image(build.clone()),
                    _ => LateValue::Digest(build.clone()),
                };
                Late::value(late, &self.scene.record)
            }
            At::Ci => {
                let field = lookup::ci_field(name)?;
                self.ci_fact(&format!("ci.{name}"), |ci| ci.fact(field))?
            }
            At::Env => self.env(name),
            At::Matrix => {
                lookup::matrix(names, name)?;
                let value = names
                    .matrix
                    .get(name)
                    .map(|value| convert::inward(&format!("matrix.{name}"), value));
                value.unwrap_or_default()
            }
            At::Registries => self.child(At::Registry(lookup::registry(names, name)?.0.to_owned())),
            At::Registry(registry) => {
                lookup::field(&lookup::spelt("registries", registry), &["host"], name)?;
                Value::from(lookup::registry(names, registry)?.1)
            }
            At::Vars => self.var(name)?,
            At::File | At::GitDescribe => return Err(Problem::new("a function has no fields")),
        };
        Ok(Some(value))
    }

    fn root(&self, name: &str) -> Option<Value> {
        let at = match name {
            "build" => At::Build,
            "builds" => At::Builds,
            "ci" => At::Ci,
            "env" => At::Env,
            "file" => At::File,
            "git_describe" => At::GitDescribe,
            "matrix" => At::Matrix,
            "registries" => At::Registries,
            "vars" => At::Vars,
            _ => return None,
        };
        Some(self.child(at))
    }

    fn absent(&self, why: impl Fn() -> Problem + Send + Sync + 'static) -> Value {
        Absent::value(Arc::new(why), &self.scene.record)
    }

    fn fact(&self, path: &str, fact: Fact) -> Result<Value, Problem> {
        match fact {
            Fact::Known(value) => Ok(convert::fact(value)),
            Fact::Absent(reason) => {
                let (inner, path) = (Arc::clone(&self.scene.inner), path.to_owned());
                Ok(self.absent(move || {
                    let ci = inner.names.ci.as_ref();
                    let hint = ci.map(|ci| meant::without(&path, ci.provider()));
                    let message = format!("`{path}` has no value: {reason}");
                    Problem::new(message).hint(hint).about(&path)
                }))
            }
            Fact::Unknown(reason) => {
                let problem = Problem::new(format!("`{path}` can't be told: {reason}")).about(path);
                if path != UNSURE {
                    return Err(problem);
                }
                let ci = self.scene.inner.names.ci.as_ref();
                let problem = problem.hint(ci.map(|ci| meant::without(path, ci.provider())));
                self.scene.record.unsure(problem.clone());
                Ok(self.absent(move || problem.clone()))
            }
        }
    }

    fn ci_fact(&self, path: &str, ask: impl FnOnce(&Ci) -> Fact) -> Result<Value, Problem> {
        match &self.scene.inner.names.ci {
            Some(ci) => self.fact(path, ask(ci)),
            None => Err(Problem::new(format!("`{path}` can't be told here")).about(path)),
        }
    }

    fn env(&self, name: &str) -> Value {
        match self.scene.inner.names.env.get(name).map(String::as_str) {
            None | Some("") => {
                let (inner, name) = (Arc::clone(&self.scene.inner), name.to_owned());
                self.absent(move || unset(&inner.names, &name))
            }
            Some(value) => Value::from(value),
        }
    }

    fn var(&self, name: &str) -> Result<Value, Problem> {
        lookup::var(&self.scene.inner.names, name)?;
        let path = format!("vars.{name}");
        let within = |problem: Problem| {
            // It is told of all of them already.
            let is_of_all = problem.message.starts_with(CIRCLE) || problem.message == TOO_DEEP;
            let message = if is_of_all {
                problem.message
            } else {
                format!("in `{path}`: {}", problem.message)
            };
            Problem::new(message).hint(problem.hint).about(&path)
        };
        match self.scene.inner.var(name, &self.scene.resolving).map_err(within)? {
            Evaluated::Known(value) => Ok(convert::inward(&path, &value)),
            Evaluated::Absent(error) => {
                let problem = within(error.into());
                Ok(self.absent(move || problem.clone()))
            }
        }
    }

    fn file(&self, path: &str) -> Result<String, Problem> {
        let cannot = |reason: &str| Problem::new(format!("`{path}` can't be read: {reason}"));
        let read = self.scene.inner.names.read_file.as_ref();
        let read = read.ok_or_else(|| cannot("no file is read here"))?;
        let content = read(path, LONGEST_FILE).map_err(|reason| cannot(&reason))?;
        if content.len() > LONGEST_FILE {
            return Err(cannot("it has more than 64 KiB"));
        }
        let mut text = String::from_utf8(content).map_err(|_| cannot("it is not UTF-8 text"))?;
        if text.ends_with('\n') {
            text.pop();
            if text.ends_with('\r') {
                text.pop();
            }
        }
        Ok(text)
    }

    fn called(&self, arguments: &[Value]) -> Result<Value, Problem> {
        match (&self.at, arguments) {
            (At::File, [path]) if path.as_str().is_some() => {
                self.file(path.as_str().unwrap_or_default()).map(Value::from)
            }
            (At::File, [path]) => {
                Err(problem_of(path).unwrap_or_else(|| Problem::new("`file` takes a path")))
            }
            (At::File, _) => Err(Problem::new("`file` takes one path")),
            (At::GitDescribe, []) => self.ci_fact("git_describe()", Ci::git_describe),
            (At::GitDescribe, _) => Err(Problem::new("`git_describe` takes no arguments")),
            _ => Err(Problem::new("this is no function")),
        }
    }
}

impl Object for Node {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let Some(name) = key.as_str() else {
            let problem = problem_of(key).unwrap_or_else(|| Problem::new("names are text"));
            return Some(Value::from(Error::from(problem)));
        };
        self.field(name).unwrap_or_else(|problem| Some(Value::from(Error::from(problem))))
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, arguments: &[Value]) -> Result<Value, Error> {
        self.called(arguments).map_err(Error::from)
    }
}

/// Why a variable has no value.
fn unset(names: &Names, name: &str) -> Problem {
    let path = format!("env.{name}");
    let problem = match names.env.get(name) {
        Some(_) => format!("`{path}` is empty"),
        None => format!("`{path}` is not set"),
    };
    let set = names.env.iter().filter(|(_, value)| !value.is_empty());
    let hint = did_you_mean("env.", name, set.map(|(name, _)| &**name))
        .or_else(|| why_withheld(names).map(str::to_owned));
    Problem::new(problem).hint(hint).about(&path)
}

/// Why a CI may have kept a variable to itself.
fn why_withheld(names: &Names) -> Option<&'static str> {
    let ci = names.ci.as_ref()?;
    if ci.fact(Field::Fork).as_flag() == Some(true) {
        return Some("a CI gives its secrets to no job for a fork");
    }
    match ci.fact(Field::Protected).as_flag() {
        Some(true) => None,
        Some(false) => Some(
            "a CI gives protected variables to protected branches and tags only, and this one is \
             not protected",
        ),
        None => Some(
            "is it misspelt, or a protected variable in a pipeline of an unprotected branch or \
             tag?",
        ),
    }
}
