//! Where builds run: a declared executor, or a type that needs no declaration.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::config::{Config, Data, Mistake, Place, Table, nearest};

use super::{CloudFoundry, Executor, ExecutorKind, Facts, Value, reader::Reader};
use crate::{secret::Source, template::Engine, transport::container};

/// Types that need no declaration.
const UNDECLARED: &[&str] = &["cloudfoundry", "docker", "podman", "local"];

/// The image that docker and podman run: the maintained fork, pinned; it needs no shell.
///
/// Source: the releases of osscontainertools/kaniko.
const IMAGE: &str = "ghcr.io/osscontainertools/kaniko:v1.28.3";

/// How long another run may hold an executor.
const LOCK_TIMEOUT: Duration = Duration::from_mins(10);
/// How long a connection may take up to the far side's first word.
const CONNECT_TIMEOUT: Duration = Duration::from_mins(1);

/// The executors that were asked for so far, each made once.
pub(super) struct Executors<'a> {
    config: &'a Config,
    facts: &'a Facts<'a>,
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
            Some(section) => self.make(name, &section.table),
            None if UNDECLARED.contains(&name) => self.make(name, &Table::default()),
            None => {
                self.unknown(name, place);
                None
            }
        };
        let made = made.map(Arc::new);
        self.made.insert(name.to_owned(), made.clone());
        made
    }

    /// The one that is used where none is named: the only one that is declared.
    pub(super) fn default(&mut self, build: &str, key: &Place) -> Option<Arc<Executor>> {
        let names: Vec<_> = self.config.executors.iter().map(|one| one.name.as_str()).collect();
        if let [only] = names[..] {
            return self.get(only, None);
        }
        let mistake =
            Mistake::at(key, format!("build `{build}` has no `executor`"), "built where?");
        self.mistakes.push(mistake.hint(if names.is_empty() {
            "write `executor = \"podman\"` (or docker, local, cloudfoundry), or declare one as \
             `[executors.NAME]`"
                .to_owned()
        } else {
            format!("several are declared: write `executor` as one of {}", names.join(", "))
        }));
        None
    }

    fn unknown(&mut self, name: &str, place: Option<&Place>) {
        let declared = self.config.executors.iter().map(|executor| executor.name.as_str());
        let near = nearest(name, declared.chain(UNDECLARED.iter().copied()));
        let message = format!("there is no executor `{name}`");
        let mistake = match place {
            Some(place) => Mistake::at(place, message, "unknown executor"),
            None => Mistake::nowhere(message),
        };
        let hint = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("declare `[executors.{name}]`, or use podman, docker or local"),
        };
        self.mistakes.push(mistake.hint(hint));
    }

    fn make(&mut self, name: &str, table: &Table) -> Option<Executor> {
        let mut keys = Reader::new(self.config, self.engine, table, self.facts.current);
        let type_name = match table.get("type").map(|node| &node.data) {
            Some(Data::Text(kind)) => kind.clone(),
            _ => name.to_owned(),
        };
        let kind = match type_name.as_str() {
            "cloudfoundry" => cloud_foundry(&mut keys, self.facts),
            "docker" => Some(container(&mut keys, container::Kind::Docker)),
            "podman" => Some(container(&mut keys, container::Kind::Podman)),
            "command" => command(&mut keys),
            _ => Some(ExecutorKind::Local),
        };
        let environment = environment(&mut keys);
        let lock_timeout = keys.duration("lock-timeout").unwrap_or(LOCK_TIMEOUT);
        let connect_timeout = keys.duration("connect-timeout").unwrap_or(CONNECT_TIMEOUT);
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
    let texts = |list: Vec<(Place, String)>| list.into_iter().map(|(_, text)| text).collect();
    let image = keys.text("image").unwrap_or_else(|| IMAGE.to_owned());
    ExecutorKind::Container(container::Settings {
        pull: match keys.text("pull").as_deref() {
            Some("always") => container::Pull::Always,
            Some("never") => container::Pull::Never,
            _ => container::Pull::Missing,
        },
        network: keys.text("network"),
        memory: keys.text("memory"),
        cpus: keys.text("cpus"),
        volumes: texts(keys.list("volumes")),
        engine_args: texts(keys.list("engine-args")),
        ..container::Settings::new(kind, image)
    })
}

fn command(keys: &mut Reader<'_>) -> Option<ExecutorKind> {
    let words: Vec<_> = keys.list("command").into_iter().map(|(_, word)| word).collect();
    if words.is_empty() {
        let hint = "for example `[\"ssh\", \"-T\", \"builder.example.com\"]`";
        keys.wrong("command", "`command` names no program".into(), "empty", hint);
        return None;
    }
    Some(ExecutorKind::Command(words))
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
    let api = keys.text("api").or_else(|| found("cf_api"));
    let org = keys.text("org").or_else(|| found("organization_name"));
    let space = keys.text("space").or_else(|| found("space_name"));
    let Some(app) = keys.text("app").or_else(|| app(facts)) else {
        let hint = "write `app`; it is found where the job has one Kaniko service \
                        (`WSR_SERVICE_ID_…`), or `SERVICE_PREFIX`";
        keys.mistakes.push(
            Mistake::nowhere("a `cloudfoundry` executor has no `app`, and this job names none")
                .hint(hint),
        );
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
            keys.wrong(there, format!("`{there}` without `{not}`"), "half a login", hint);
            None
        }
    };
    if login.is_some() && api.is_none() {
        let hint = "write `api = \"https://api.…\"`; it is found in VCAP_APPLICATION inside of a \
                    Cloud Foundry app";
        keys.mistakes.push(
            Mistake::nowhere("a `cloudfoundry` executor has a login and no `api`").hint(hint),
        );
        return None;
    }
    let origin = keys.text("origin");
    Some(ExecutorKind::CloudFoundry(CloudFoundry { api, org, space, app, login, origin }))
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
fn app(facts: &Facts<'_>) -> Option<String> {
    let services = || {
        facts.environment.iter().filter_map(|(name, value)| {
            Some((name.strip_prefix("WSR_SERVICE_ID_")?, value)).filter(|_| !value.is_empty())
        })
    };
    let kaniko = services().find(|(alias, _)| alias.to_lowercase().contains("kaniko"));
    let only = services().next().filter(|_| services().count() == 1);
    kaniko.or(only).map(|(_, app)| app.clone()).or_else(|| {
        let prefix = facts.environment.get("SERVICE_PREFIX")?;
        Some(format!("{prefix}kaniko"))
    })
}
