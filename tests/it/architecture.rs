//! The house: which module may name which, which package lives where, and who alone may do what.
//!
//! Read from the source as text, without its tests and comments.

mod source;

use std::collections::{BTreeMap, BTreeSet};

use source::Source;

/// Each module with the modules that it may name. What is not listed is forbidden.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("builtin", &["context", "dockerfile", "hex", "oci", "registry", "threads"]),
    ("ci", &[]),
    (
        "cli",
        &[
            "ci",
            "config",
            "context",
            "doctor",
            "event",
            "guard",
            "init",
            "outcome",
            "plan",
            "reference",
            "registry",
            "report",
            "runner",
            "secret",
            "template",
            "threads",
            "transport",
            "whole",
        ],
    ),
    ("config", &["kaniko"]),
    ("context", &[]),
    ("dockerfile", &[]),
    ("doctor", &["context", "kaniko", "oci", "outcome", "plan", "registry", "transport"]),
    ("event", &["outcome"]),
    ("guard", &["process"]),
    ("hex", &[]),
    ("init", &["builtin", "ci", "config", "dockerfile", "kaniko"]),
    ("kaniko", &["dockerfile"]),
    ("oci", &["hex", "registry", "secret", "threads", "whole"]),
    ("outcome", &["context"]),
    (
        "plan",
        &[
            "builtin",
            "ci",
            "config",
            "context",
            "dockerfile",
            "kaniko",
            "registry",
            "secret",
            "template",
            "transport",
        ],
    ),
    ("process", &[]),
    ("reference", &["config", "kaniko", "plan"]),
    ("registry", &["secret"]),
    (
        "report",
        &[
            "ci",
            "config",
            "context",
            "dockerfile",
            "doctor",
            "event",
            "hex",
            "kaniko",
            "outcome",
            "plan",
            "registry",
            "secret",
            "shell",
            "template",
            "transport",
            "whole",
        ],
    ),
    (
        "runner",
        &[
            "builtin",
            "oci",
            "context",
            "dockerfile",
            "doctor",
            "event",
            "guard",
            "kaniko",
            "outcome",
            "plan",
            "process",
            "registry",
            "secret",
            "template",
            "threads",
            "transport",
        ],
    ),
    ("secret", &[]),
    ("shell", &[]),
    ("template", &["ci"]),
    ("threads", &[]),
    (
        "transport",
        &[
            "context", "event", "guard", "hex", "kaniko", "process", "secret", "shell", "threads",
            "whole",
        ],
    ),
    ("whole", &[]),
];

/// Each outside package with the modules that may name it: its home first.
///
/// At home everywhere: `thiserror` and `serde`, which derive.
const HOMES: &[(&str, &[&str])] = &[
    ("aho_corasick", &["secret"]),
    ("annotate_snippets", &["report"]),
    // A docker config's `auth`, logins over HTTP, and the forms of a secret that are looked for.
    ("base64", &["registry", "oci", "secret"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("figment", &["config"]),
    ("flate2", &["context", "builtin"]),
    // Names and places: of thousands of builds each a few.
    ("foldhash", &["plan", "builtin", "config", "dockerfile", "report", "template"]),
    ("libdeflater", &["context"]),
    ("git2", &["ci"]),
    // Times are read from the file, and told to people.
    ("bzip2", &["builtin"]),
    ("lzma_rust2", &["builtin"]),
    ("ruzstd", &["builtin"]),
    // Builds that run side by side.
    ("futures_util", &["runner"]),
    ("globset", &["config"]),
    (
        "humantime",
        &["builtin", "config", "ci", "doctor", "process", "report", "runner", "transport"],
    ),
    ("hyper", &["oci"]),
    ("hyper_util", &["oci"]),
    // Sizes are told in one form.
    ("indicatif", &["report", "cli", "doctor"]),
    // Of `main.rs` alone: whoever uses the library has an allocator of their own.
    ("mimalloc", &[]),
    ("minijinja", &["template"]),
    ("rayon", &["plan"]),
    // Patterns of a filter.
    ("regex_automata", &["template"]),
    // The safe face of the system's calls.
    (
        "rustix",
        &["process", "cli", "context", "guard", "builtin", "plan", "report", "transport", "whole"],
    ),
    ("semver", &["template"]),
    // Docker configs, events of GitHub, states of engines, the guard's lines, manifests, lists of
    // Dockerfiles, plans and reports.
    (
        "serde_json",
        &[
            "report",
            "ci",
            "dockerfile",
            "guard",
            "oci",
            "plan",
            "reference",
            "registry",
            "transport",
            "builtin",
        ],
    ),
    // The bundle's checksum, what came back of it, digests of images, fingerprints of findings, and
    // a filter.
    ("sha2", &["context", "oci", "report", "template", "transport", "builtin"]),
    // The nearest spelling, of keys, stages and names.
    ("strsim", &["config", "dockerfile", "template"]),
    // Contexts and images are written; what containers take and give is a tar too.
    ("tar", &["context", "oci", "transport", "builtin"]),
    // Files that come into being whole, and directories that go.
    ("tempfile", &["whole", "oci", "runner", "transport", "builtin"]),
    // What waits.
    (
        "tokio",
        &["process", "cli", "event", "guard", "oci", "runner", "threads", "transport", "builtin"],
    ),
    ("tokio_rustls", &["oci"]),
    ("toml", &["config"]),
    ("webpki_roots", &["oci"]),
    ("zeroize", &["secret", "oci", "process", "transport"]),
];

/// Paths of the standard library and of tokio that are one module's affair.
const ALONE: &[(&str, &[&str])] = &[
    // Programs are started in one place.
    ("std::process::Command", &["process/"]),
    ("std::process::exit", &[]),
    ("tokio::process::Command", &["process/"]),
    // The surroundings are read in one place.
    ("std::env", &["cli/mod.rs"]),
    ("std::io::stdin", &["cli/mod.rs"]),
    // Results and everything else go through one printer, but for bytes that were asked for by
    // `-o -`, and for the guard's answers.
    ("std::io::stdout", &["report/", "cli/auth.rs", "cli/context.rs", "cli/mod.rs"]),
    ("std::io::stderr", &["report/"]),
];

#[test]
fn no_module_names_one_that_it_may_not() {
    let table: BTreeMap<_, _> = MAY_NAME.iter().copied().collect();
    let mut wrong = Vec::new();
    for file in source::product() {
        let Some(module) = file.module() else { continue };
        let Some(may) = table.get(module) else {
            wrong.push(format!("`{module}` is not in the table"));
            continue;
        };
        for named in file.names_below("crate") {
            if named != module && !may.contains(&&*named) {
                wrong.push(format!("{} names `{named}`", file.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_module_is_allowed_what_it_does_not_do() {
    let mut done: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in source::product() {
        if let Some(module) = file.module() {
            done.entry(module.to_owned()).or_default().extend(file.names_below("crate"));
        }
    }
    let mut idle = Vec::new();
    for (module, may) in MAY_NAME {
        let names = done.get(*module).unwrap_or_else(|| panic!("there is no module `{module}`"));
        let unused = may.iter().filter(|name| !names.contains(**name));
        idle.extend(unused.map(|name| format!("`{module}` no longer names `{name}`")));
    }
    assert!(idle.is_empty(), "take out of the table:\n{}", idle.join("\n"));
}

#[test]
fn modules_do_not_go_round_in_a_circle() {
    let table: BTreeMap<_, _> = MAY_NAME.iter().copied().collect();
    let mut settled: BTreeSet<&str> = BTreeSet::new();
    while settled.len() < table.len() {
        let free = table.iter().find(|(module, may)| {
            !settled.contains(**module) && may.iter().all(|name| settled.contains(name))
        });
        let Some((module, _)) = free else {
            let circle: Vec<_> = table.keys().filter(|name| !settled.contains(**name)).collect();
            panic!("these name each other: {circle:?}");
        };
        settled.insert(module);
    }
}

#[test]
fn each_package_is_named_at_its_home_alone() {
    let mut wrong = Vec::new();
    for file in source::product() {
        let Some(module) = file.module() else { continue };
        for (package, homes) in HOMES {
            if file.names_package(package) && !homes.contains(&module) {
                wrong.push(format!("{} names `{package}`, at home in {homes:?}", file.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_package_has_a_home_where_it_is_not() {
    let files = source::product();
    let lives = |package: &str, home: &str| {
        files.iter().any(|file| file.module() == Some(home) && file.names_package(package))
    };
    let empty: Vec<_> = HOMES
        .iter()
        .flat_map(|(package, homes)| homes.iter().map(move |home| (package, home)))
        .filter(|(package, home)| !lives(package, home))
        .collect();
    assert!(empty.is_empty(), "take out of the table: {empty:?}");
}

#[test]
fn every_package_has_a_home() {
    let manifest = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .expect("the manifest is there");
    let section = manifest.split("[dependencies]\n").nth(1).expect("it has dependencies");
    let section = section.split("\n[").next().unwrap_or_default();
    let names = section.lines().filter(|line| !line.starts_with('#'));
    let names = names.filter_map(|line| Some(line.split_once(" = ")?.0.replace('-', "_")));
    let homeless: Vec<_> = names
        .filter(|name| !["serde", "thiserror"].contains(&&**name))
        .filter(|name| !HOMES.iter().any(|(package, _)| package == name))
        .collect();
    assert!(homeless.is_empty(), "without a home: {homeless:?}");
}

#[test]
fn what_one_module_does_alone_no_other_does() {
    let mut wrong = Vec::new();
    for file in source::product() {
        for (path, homes) in ALONE {
            let at_home = homes.iter().any(|home| file.path.starts_with(home));
            if !at_home && file.names_path(path) {
                wrong.push(format!("{} names `{path}`", file.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn one_module_quotes_for_shells() {
    // A quote within quotes, in any spelling, is how every quoting gives itself away.
    let quotes = |file: &Source| {
        [r#""'\''""#, r"'\\''", r#"'\"'\"'"#].iter().any(|escape| file.text.contains(escape))
    };
    let quoting: Vec<_> =
        source::product().into_iter().filter(quotes).map(|file| file.path).collect();
    // The second looks for quoted secrets in what others print.
    assert_eq!(quoting, ["secret/forms.rs", "shell.rs"]);
}

#[test]
fn no_file_has_grown_too_long_to_be_read() {
    let long = |path: &str, lines: usize| (lines > 400).then(|| format!("{path}: {lines} lines"));
    let all = source::all().into_iter().chain(source::tests());
    let long: Vec<_> = all.filter_map(|file| long(&file.path, file.lines)).collect();
    assert!(long.is_empty(), "split at 400:\n{}", long.join("\n"));
}
