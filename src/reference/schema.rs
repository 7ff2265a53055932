//! The JSON Schema of `kaniko.toml`.
//!
//! It takes what the program takes of one file alone: what a profile, a variable or an included
//! file adds is not there, so nothing is required that these could give. Draft 7 is what the
//! language servers for TOML know.

use serde_json::{Map, Value, json};

use crate::config::{
    Data,
    keys::{self, EXECUTOR_TYPES, SECTIONS},
    kind::{Key, Kind, Otherwise},
    literal,
};

/// A string that is one `{{ … }}`, which keeps the type of its value.
const TEMPLATE: &str = r"^\s*\{\{[\s\S]*\}\}\s*$";
/// What is rendered before it is looked at.
const BRACES: &str = r"\{\{";
/// Names of builds and the rest.
const NAME: &str = "^[a-z0-9][a-z0-9._-]*$";
/// Names that stand before a `=` at the executor's.
const ENTRY: &str = r"^[^=\x00]+$";
/// Times, as the `humantime` library reads them.
const TIME: &str = r"^0$|^\s*(\d[\d\s]*(\.[\d\s]+)?(nanos|nsec|ns|usec|us|µs|millis|msec|ms|seconds|second|secs|sec|s|minutes|minute|mins|min|m|hours|hour|hrs|hr|h|days|day|d|weeks|week|wks|wk|w|months|month|M|years|year|yrs|yr|y)\s*)+$";

/// The schema, as JSON over several lines without an end of line.
#[must_use]
pub fn schema() -> String {
    let mut definitions = Map::new();
    for section in SECTIONS {
        definitions.insert(section.name.to_owned(), self::section(section));
    }
    let build = keys::build();
    definitions.insert("build".to_owned(), record(build, "A build's keys."));
    definitions.insert("registry".to_owned(), record(keys::REGISTRY, "A registry."));
    definitions.insert("executor".to_owned(), executor());
    definitions.insert("secret".to_owned(), secret());
    definitions.insert("tag".to_owned(), tag());
    definitions.insert("matrix-of-a-build".to_owned(), matrix());
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "kaniko.toml, version 1",
        "description": "What `kaniko-build` builds. Every string is a template; relative paths \
                        start at the file they stand in.",
        "type": "object",
        "additionalProperties": false,
        "properties": references(|_| true),
        "definitions": definitions,
    });
    serde_json::to_string_pretty(&schema).unwrap_or_default()
}

/// Each section that is `held`, by its definition.
fn references(held: impl Fn(&str) -> bool) -> Value {
    let names = SECTIONS.iter().map(|section| section.name).filter(|name| held(name));
    let reference = |name: &str| json!({ "$ref": format!("#/definitions/{name}") });
    Value::Object(names.map(|name| (name.to_owned(), reference(name))).collect())
}

fn section(key: &Key) -> Value {
    let build = || reference("build");
    let form = match key.name {
        "version" => json!({ "const": 1 }),
        "registries" => named(&reference("registry")),
        "executors" => named(&reference("executor")),
        "builds" => named(&build()),
        // What makes several builds of one belongs to a build.
        "defaults" => json!({ "allOf": [build()], "not": { "required": ["matrix"] } }),
        "presets" => named(&json!({
            "allOf": [build()],
            "not": { "anyOf": [{ "required": ["matrix"] }, { "required": ["presets"] }] },
        })),
        "profiles" => named(&json!({
            "type": "object",
            "additionalProperties": false,
            "properties": references(|name| !["version", "include", "profiles"].contains(&name)),
        })),
        _ => form(key.kind),
    };
    described(key, form)
}

/// Names of the user's own, each with one of these.
fn named(inner: &Value) -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "patternProperties": { NAME: inner },
    })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{name}") })
}

/// A key with what is to be said of it.
fn described(key: &Key, form: Value) -> Value {
    let mut all = Map::new();
    let (otherwise, default) = match key.otherwise {
        Otherwise::Nothing => (None, None),
        Otherwise::Value(value) => (None, literal(value).map(json)),
        Otherwise::Text(text) => (None, Some(Value::from(text))),
        Otherwise::Words(words) => (Some(format!(" Without it: {words}.")), None),
    };
    let about = format!("{}{}", key.about, otherwise.unwrap_or_default());
    all.insert("description".to_owned(), about.into());
    match form {
        // Beside a reference nothing else is read.
        Value::Object(form) if form.contains_key("$ref") => {
            all.insert("allOf".to_owned(), json!([form]));
        }
        Value::Object(form) => all.extend(form),
        _ => {}
    }
    all.extend(default.map(|default| ("default".to_owned(), default)));
    let example = literal(key.example).map(|data| ("examples".to_owned(), json!([json(data)])));
    all.extend(example);
    Value::Object(all)
}

/// A table of these keys and no other.
fn record(known: &[Key], about: &str) -> Value {
    let taken = known.iter().filter(|key| !matches!(key.kind, Kind::Refused(_)));
    let property = |key: &Key| (key.name.to_owned(), described(key, form(key.kind)));
    json!({
        "description": about,
        "type": "object",
        "additionalProperties": false,
        "properties": Value::Object(taken.map(property).collect()),
    })
}

/// What a key of this kind takes.
fn form(kind: Kind) -> Value {
    match kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Filled | Kind::Path => json!({ "type": "string", "minLength": 1 }),
        Kind::Bool => json!({ "type": ["boolean", "string"], "pattern": TEMPLATE }),
        Kind::Integer => {
            json!({ "type": ["integer", "string"], "minimum": 0, "pattern": TEMPLATE })
        }
        Kind::Duration => json!({ "type": "string", "pattern": format!("{TIME}|{BRACES}") }),
        Kind::Limit => json!({
            "type": "string",
            "allOf": [
                { "pattern": format!("{TIME}|{BRACES}") },
                { "pattern": format!("[1-9]|{BRACES}") },
            ],
        }),
        Kind::OneOf(words) => {
            json!({ "type": "string", "anyOf": [{ "enum": words }, { "pattern": BRACES }] })
        }
        Kind::List(item) => {
            json!({ "type": ["array", "string"], "items": form(*item), "pattern": TEMPLATE })
        }
        Kind::Names => json!({
            "type": "array",
            "items": { "type": "string", "not": { "pattern": BRACES } },
        }),
        Kind::Program => json!({
            "type": ["array", "string"],
            "items": { "type": "string" },
            "minItems": 1,
            "pattern": TEMPLATE,
        }),
        Kind::Map(inner) => json!({
            "type": "object",
            "additionalProperties": false,
            "patternProperties": { ENTRY: form(*inner) },
        }),
        Kind::Removable(inner) => json!({ "anyOf": [form(*inner), { "const": false }] }),
        Kind::Secret => reference("secret"),
        Kind::TextOrSecret => json!({ "anyOf": [{ "type": "string" }, reference("secret")] }),
        Kind::Tag => json!({ "anyOf": [{ "type": "string" }, reference("tag")] }),
        Kind::Matrix => reference("matrix-of-a-build"),
        Kind::Record(known) => {
            let Value::Object(mut table) = record(known, "") else { return Value::Null };
            table.remove("description");
            Value::Object(table)
        }
        Kind::Refused(_) => Value::Bool(false),
    }
}

/// An executor, whose keys go with its type.
fn executor() -> Value {
    let mut executor = record(keys::EXECUTOR, "An executor; its keys go with its `type`.");
    let types = EXECUTOR_TYPES;
    let rules = types.iter().map(|kind| {
        let taken = keys::executor_keys(kind);
        let others = keys::EXECUTOR.iter().filter(|key| !taken.contains(&key.name));
        let refused: Map<_, _> =
            others.map(|key| (key.name.to_owned(), Value::Bool(false))).collect();
        json!({
            "if": { "properties": { "type": { "const": kind } }, "required": ["type"] },
            "then": { "properties": refused },
        })
    });
    executor["allOf"] = rules.collect();
    // No template: the keys go with it.
    let Some(Value::Object(kind)) = executor.pointer_mut("/properties/type") else {
        return executor;
    };
    kind.remove("anyOf");
    kind.insert("enum".to_owned(), types.into());
    executor
}

fn secret() -> Value {
    let mut secret = record(keys::SECRET, "Where a secret comes from; never the secret itself.");
    secret["minProperties"] = 1.into();
    secret["maxProperties"] = 1.into();
    secret
}

fn tag() -> Value {
    let mut tag = record(keys::TAG, "A tag with a condition.");
    tag["required"] = json!(["tag"]);
    tag
}

fn matrix() -> Value {
    let value = json!({
        "type": ["string", "integer", "boolean"],
        "minLength": 1,
        "not": { "type": "string", "pattern": BRACES },
    });
    json!({
        "description": "Values by name; every combination is a build.",
        "type": "object",
        "minProperties": 1,
        "properties": {
            "exclude": {
                "description": "Combinations that are not built: all that have these values.",
                "type": "array",
                "items": { "type": "object", "minProperties": 1, "additionalProperties": value },
                "examples": [[{ "python": "3.12", "os": "alpine" }]],
            },
        },
        "additionalProperties": {
            "anyOf": [
                { "type": "array", "minItems": 1, "items": value },
                {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["directories"],
                    "properties": {
                        "directories": {
                            "description": "A glob: the names of the directories that it matches.",
                            "type": "string",
                            "examples": ["services/*"],
                        },
                    },
                },
            ],
        },
    })
}

/// A value of the table of keys.
fn json(data: Data) -> Value {
    match data {
        Data::Text(text) => text.into(),
        Data::Bool(value) => value.into(),
        Data::Integer(number) => number.into(),
        Data::Other(_) => Value::Null,
        Data::List(items) => items.into_iter().map(|item| json(item.data)).collect(),
        Data::Table(table) => {
            let entries = table.0.into_iter().map(|entry| (entry.name, json(entry.node.data)));
            Value::Object(entries.collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_told_with_its_sentence_and_an_example() {
        let schema: Value = serde_json::from_str(&schema()).unwrap();
        for table in ["build", "registry", "executor", "secret", "tag", "reports"] {
            let keys = schema["definitions"][table]["properties"].as_object().unwrap();
            for (name, key) in keys {
                assert!(key["description"].as_str().unwrap().ends_with('.'), "{table} {name}");
                assert!(!key["examples"][0].is_null(), "{table} {name}: {key}");
            }
        }
    }

    #[test]
    fn every_default_and_example_of_the_table_is_a_value() {
        let all = [SECTIONS, keys::REGISTRY, keys::EXECUTOR, keys::REPORTS, keys::TAG];
        for key in all.into_iter().flatten().chain(keys::build()).chain(keys::SECRET) {
            let refused = matches!(key.kind, Kind::Refused(_));
            assert!(refused || literal(key.example).is_some(), "{}: {}", key.name, key.example);
            if let Otherwise::Value(value) = key.otherwise {
                assert!(literal(value).is_some(), "{}: {value}", key.name);
            }
        }
    }
}
