//! Where builds run: a declared executor, or a type that needs no declaration.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::config::{Config, Data, Mistake, Place, Table, nearest};

use super::{CloudFoundry, Executor, ExecutorKind, Facts, Value, reader::Reader, values};
use crate::{secret::Source, template::Engine, transport::container};

/// Types that need no declaration.
const UNDECLARED: &[&str] = &["cloudfoundry", "docker", "podman", "local", "builtin"];

/// The image that docker and podman run: the maintained fork, pinned; it needs no shell.
///
/// Source: the releases of osscontainertools/kaniko.
pub(crate) const IMAGE: &str = "ghcr.io/osscontainertools/kaniko:v1.28.3";

/// How long another run may hold an executor.
pub(crate) const LOCK_TIMEOUT: Duration = Duration::from_mins(10);
/// How long a connection may take up to the far side's first word.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_mins(1);

/// The executors that were asked for so far, each made once.
pub(super) struct Executors<'a> {
    pub(super) config: &'a Config,
    pub(super) facts: &'a Facts<'a>,
    engine: &'a Engine,
    made: BTreeMap<String, Option<Arc<Executor>>>,
    pub(super) mistakes: Vec<Mistake>,
}

impl<'a> Executors<'a> {
    pub(super) fn new(config: &'a Config, facts: &'a Facts<'a>, engine: &'a Engine) -> Self {
        Self { config, facts, engine, made: BTreeMap::new(), mistakes: Vec::new() }
    }

    /// The executor called `name`, asked for at `place`.
    pub(super) fn get(&mut self, name: &str, place: Option<&Place>) -> Option<Arc<Executor>> {
        if let Some(made) = self.made.get(name) {
            return made.clone();
        }
        let declared = self.config.executors.iter().find(|executor| executor.name == name);
        let made = match declared {
            Some(section) => self.make(name, &section.table, Some(&section.key)),
            None if UNDECLARED.contains(&name) => self.make(name, &Table::default(), place),
            None => {
                self.unknown(name, place);
                None
            }
        };
        let made = made.map(Arc::new);
        self.made.insert(name.to_owned(), made.clone());
        made
    }

    fn unknown(&mut self, name: &str, place: Option<&Place>) {
        let declared = self.config.executors.iter().map(|executor| executor.name.as_str());
        let near = nearest(name, declared.chain(UNDECLARED.iter().copied()).chain(["auto"]));
        let message = format!("there is no executor `{name}`");
        let mistake = match place {
            Some(place) => Mistake::at(place, message, "unknown executor"),
            None => Mistake::nowhere(message),
        };
        let hint = if let Some(near) = near {
            format!("did you mean `{near}`?")
        } else {
            let own = self.config.executors.iter().map(|executor| &*executor.name);
            let all: Vec<_> = own.chain(["auto", "builtin", "podman", "docker"]).collect();
            format!("declare `[executors.{name}]`, or use {} or local", all.join(", "))
        };
        self.mistakes.push(mistake.hint(hint));
    }

    /// `of` is where it is declared, or asked for where it needs no declaration.
    fn make(&mut self, name: &str, table: &Table, of: Option<&Place>) -> Option<Executor> {
        let mut keys = Reader::new(self.config, self.engine, table, self.facts.current);
        keys.of = of;
        let type_name = match table.get("type").map(|node| &node.data) {
            Some(Data::Text(kind)) => kind.clone(),
            _ => name.to_owned(),
        };
        let kind = match type_name.as_str() {
            "cloudfoundry" => cloud_foundry(&mut keys, self.facts),
            "docker" => Some(container(&mut keys, container::Kind::Docker)),
            "podman" => Some(container(&mut keys, container::Kind::Podman)),
            "command" => command(&mut keys),
            "builtin" => Some(ExecutorKind::Builtin),
            "local" => Some(ExecutorKind::Local),
            // Of a type that is none the file's form was told.
            _ => None,
        };
        let environment = environment(&mut keys);
        let lock_timeout = keys.duration("lock-timeout").unwrap_or(LOCK_TIMEOUT);
        let connect_timeout = keys.limit("connect-timeout").unwrap_or(CONNECT_TIMEOUT);
        let proxy = keys.boolean("proxy").unwrap_or(true);
        self.mistakes.append(&mut keys.mistakes);
        let name = name.to_owned();
        Some(Executor { name, kind: kind?, environment, lock_timeout, connect_timeout, proxy })
    }
}

fn environment(keys: &mut Reader<'_>) -> Vec<(String, Value)> {
    let Some(crate::config::Node { data: Data::Table(table), .. }) = keys.node("env") else {
        return Vec::new();
    };
    let value = |entry: &crate::config::Entry| {
        let owner = format!("env.{}", entry.name);
        Some((entry.name.clone(), keys.value_of(&owner, &entry.node)?))
    };
    table.0.iter().filter_map(value).collect()
}

fn container(keys: &mut Reader<'_>, kind: container::Kind) -> ExecutorKind {
    let texts = |list: Vec<(Place, String)>| {
        list.into_iter().map(|(_, text)| text).filter(|text| !text.is_empty()).collect()
    };
    let image = keys.text("image").unwrap_or_else(|| IMAGE.to_owned());
    if image.is_empty() {
        let hint = "name Kaniko's image, or leave `image` out for the pinned one";
        keys.wrong("image", "`image` is empty".into(), "gives nothing", hint);
    }
    let pulls = [
        ("missing", container::Pull::Missing),
        ("always", container::Pull::Always),
        ("never", container::Pull::Never),
    ];
    ExecutorKind::Container(container::Settings {
        pull: keys.word("pull", &pulls).unwrap_or_default(),
        network: keys.filled("network"),
        // `4Gi` is `4G` to older engines, and nothing to newer ones.
        memory: values::memory(keys).map(|size| size.trim_end_matches(['i', 'I']).to_owned()),
        cpus: values::cpus(keys, kind),
        volumes: texts(keys.list("volumes")),
        engine_args: texts(keys.list("engine-args")),
        ..container::Settings::new(kind, image)
    })
}

fn command(keys: &mut Reader<'_>) -> Option<ExecutorKind> {
    let node = keys.node("command")?;
    keys.program("command", node).map(ExecutorKind::Command)
}

/// What is not written is found in the job: `VCAP_APPLICATION` and the runner's variables.
///
/// Source: Cloud Foundry's documentation of `VCAP_APPLICATION`; cloud.gov's GitLab runner,
/// which gives a job `WSR_SERVICE_ID_<alias>`, the name of the app of each service.
fn cloud_foundry(keys: &mut Reader<'_>, facts: &Facts<'_>) -> Option<ExecutorKind> {
    let vcap: serde_json::Value = facts
        .environment
        .get("VCAP_APPLICATION")
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let found = |name: &str| vcap.get(name).and_then(|value| value.as_str()).map(str::to_owned);
    let api = keys.filled("api").or_else(|| found("cf_api"));
    let org = keys.filled("org").or_else(|| found("organization_name"));
    let space = keys.filled("space").or_else(|| found("space_name"));
    let Some(app) = keys.filled("app").or_else(|| service(facts)) else {
        let hint = "write `app`; it is found where the job has one Kaniko service \
                    (`WSR_SERVICE_ID_…`), or `SERVICE_PREFIX`, as `plan --ci gitlab` imagines";
        let message = "a `cloudfoundry` executor has no `app`, and this job names none";
        // A template that has no value was told.
        if !keys.has("app") || keys.mistakes.is_empty() {
            keys.wrong("app", message.into(), "no `app`", hint);
        }
        return None;
    };
    let env =
        |name: &str| facts.environment.contains_key(name).then(|| Source::Env(name.to_owned()));
    let username = keys.value("username").or_else(|| env("CF_USERNAME").map(Value::Secret));
    let username = username.map(|username| plain(username, facts));
    let password = keys.secret("password").or_else(|| env("CF_PASSWORD"));
    let login = match (username, password) {
        (Some(username), Some(password)) => Some((username, password)),
        (None, None) => None,
        (username, _) => {
            let (there, not) = if username.is_some() {
                ("username", "password")
            } else {
                ("password", "username")
            };
            let hint = "write both, set CF_USERNAME and CF_PASSWORD, or log in before and write \
                        neither";
            keys.lacking(there, format!("`{there}` without `{not}`"), "half a login", hint);
            None
        }
    };
    if login.is_some() && api.is_none() {
        let hint = "write `api = \"https://api.…\"`; it is found in VCAP_APPLICATION inside of a \
                    Cloud Foundry app";
        let message = "a `cloudfoundry` executor has a login and no `api`";
        keys.lacking("api", message.into(), "no `api`", hint);
        return None;
    }
    let instances = keys.integer("instances").unwrap_or(1);
    if instances == 0 {
        let hint = "leave it out for one; it is how many builds run there at a time";
        keys.wrong("instances", "`instances` is at least 1".into(), "none", hint);
    }
    let instances = usize::try_from(instances).unwrap_or(usize::MAX).max(1);
    let origin = keys.filled("origin");
    Some(ExecutorKind::CloudFoundry(CloudFoundry {
        api,
        org,
        space,
        app,
        login,
        origin,
        instances,
    }))
}

/// A user's name is no secret: the variable's value, where it has one.
fn plain(username: Value, facts: &Facts<'_>) -> Value {
    match &username {
        Value::Secret(Source::Env(name)) => match facts.environment.get(name) {
            Some(value) if !value.is_empty() => Value::Plain(value.clone()),
            _ => username,
        },
        _ => username,
    }
}

/// The only service of the job, the one whose alias speaks of Kaniko, or the prefix's.
fn service(facts: &Facts<'_>) -> Option<String> {
    let services = || {
        facts.environment.iter().filter_map(|(name, value)| {
            Some((name.strip_prefix("WSR_SERVICE_ID_")?, value)).filter(|_| !value.is_empty())
        })
    };
    let kaniko = services().find(|(alias, _)| is_kaniko(alias));
    let only = services().next().filter(|_| services().count() == 1);
    kaniko.or(only).map(|(_, app)| app.clone()).or_else(|| {
        let prefix = facts.environment.get("SERVICE_PREFIX")?;
        Some(format!("{prefix}kaniko"))
    })
}

/// The app of the service whose alias speaks of Kaniko.
pub(super) fn kaniko_service<'f>(facts: &'f Facts<'_>) -> Option<&'f str> {
    facts.environment.iter().find_map(|(name, value)| {
        let alias = name.strip_prefix("WSR_SERVICE_ID_")?;
        (is_kaniko(alias) && !value.is_empty()).then_some(value.as_str())
    })
}

fn is_kaniko(alias: &str) -> bool {
    alias.to_lowercase().contains("kaniko")
}
