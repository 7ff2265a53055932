//! What is made from the table of keys, and what is printed of it, against what is committed.
//!
//! `KANIKO_BUILD_WRITE=1 cargo test --test it reference::` writes it anew.

use std::fs;

use kaniko_build::reference;
use serde_json::{Map, Value};

use crate::{repository, sandbox::Sandbox};

/// Whether what is committed is to be written anew.
pub(crate) fn writes() -> bool {
    std::env::var_os("KANIKO_BUILD_WRITE").is_some()
}

/// The file of the repository holds `wanted`, or is made to.
#[track_caller]
fn current(file: &str, wanted: &str) {
    if writes() {
        fs::write(repository::path(file), wanted).expect("it can be written");
    }
    let written = repository::path(file).exists().then(|| repository::text(file));
    assert!(
        written.is_some_and(|written| written == wanted),
        "{file} is out of date: KANIKO_BUILD_WRITE=1 cargo test --test it reference::"
    );
}

/// `text` with each table between its marks.
fn with_tables(text: &str) -> String {
    let mut filled = text.to_owned();
    for (name, table) in reference::tables() {
        let mark = format!("<!-- keys: {name} -->\n");
        let (before, rest) =
            filled.split_once(&mark).unwrap_or_else(|| panic!("no place for `{name}`"));
        let (_, after) = rest.split_once("<!-- end -->").expect("an end");
        filled = format!("{before}{mark}\n{table}\n\n<!-- end -->{after}");
    }
    filled
}

#[test]
fn the_schema_of_the_file_is_current() {
    current("schemas/kaniko.schema.json", &format!("{}\n", reference::schema()));
}

#[test]
fn the_tables_of_the_reference_are_current() {
    current("docs/reference.md", &with_tables(&repository::text("docs/reference.md")));
}

#[test]
fn schema_prints_what_is_committed() {
    for (arguments, file) in [
        (&["schema"][..], "schemas/kaniko.schema.json"),
        (&["schema", "file"], "schemas/kaniko.schema.json"),
        (&["schema", "plan"], "schemas/plan.schema.json"),
        (&["schema", "report"], "schemas/report.schema.json"),
        (&["schema", "check"], "schemas/check.schema.json"),
    ] {
        Sandbox::new().run(arguments).code(0).stderr("").stdout(repository::text(file).trim_end());
    }
    Sandbox::new().run(["schema", "lock"]).code(2).stdout("").stderr_contains("file, plan, report");
}

/// The tables of a file that have keys of the definition `name` in the schema.
fn tables<'f>(name: &str, file: &'f Value) -> Vec<&'f Map<String, Value>> {
    let each = |section: &str| file[section].as_object().into_iter().flat_map(Map::values);
    let builds = || each("builds").chain(each("presets")).chain([&file["defaults"]]);
    let values: Vec<&Value> = match name {
        "registry" => each("registries").collect(),
        "executor" => each("executors").collect(),
        "build" => builds().collect(),
        "reports" => vec![&file["reports"]],
        "tag" => builds().filter_map(|build| build["tags"].as_array()).flatten().collect(),
        "secret" => {
            let owners = each("registries").chain(each("executors"));
            let secrets = builds().filter_map(|build| build["secrets"].as_object());
            let passwords = owners.filter_map(|owner| owner.get("password"));
            secrets.flat_map(Map::values).chain(passwords).collect()
        }
        _ => vec![file],
    };
    values.into_iter().filter_map(Value::as_object).collect()
}

#[test]
fn the_example_shows_every_key() {
    let example: Value = toml::from_str(&repository::text("kaniko.toml.example")).expect("TOML");
    let schema: Value = serde_json::from_str(&reference::schema()).expect("JSON");
    let mut lacking = Vec::new();
    for name in ["registry", "executor", "build", "tag", "secret", "reports", "file"] {
        let known = match name {
            "file" => &schema["properties"],
            name => &schema["definitions"][name]["properties"],
        };
        let tables = tables(name, &example);
        for key in known.as_object().expect("a table").keys() {
            if !tables.iter().any(|table| table.contains_key(key)) {
                lacking.push(format!("`{key}` of `{name}`"));
            }
        }
    }
    assert!(lacking.is_empty(), "kaniko.toml.example lacks {}", lacking.join(", "));
}
