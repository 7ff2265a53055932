//! One case: a Dockerfile, its context, and what is right.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;

use super::registry::Registry;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Case {
    #[serde(skip)]
    pub(crate) name: String,
    pub(crate) about: String,
    /// Where other builders do otherwise.
    #[serde(default)]
    pub(crate) differs: Vec<Difference>,
    /// Which real executors can build it: for the lab.
    #[serde(rename = "executors")]
    _executors: Option<Vec<String>>,
    dockerfile: String,
    target: Option<String>,
    platform: Option<String>,
    #[serde(default)]
    build_args: BTreeMap<String, String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    context: Vec<Entry>,
    #[serde(default)]
    pub(crate) expected: Expected,
}

/// What some builders make of a case instead of what is right.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Difference {
    pub(crate) who: Vec<Builder>,
    #[serde(rename = "why")]
    _why: String,
    /// Lines of `expected` that their image lacks, with `- `, and that it has instead, with `+ `.
    #[serde(default)]
    pub(crate) lines: String,
    /// They build nothing, and this is in what they tell.
    pub(crate) fails: Option<String>,
}

/// Who else builds images of Dockerfiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Builder {
    /// The maintained Kaniko.
    Kaniko,
    /// The archived original, Kaniko 1.24.0.
    Original,
    Buildah,
    /// Not compared: by its documents and its source.
    Buildkit,
}

/// What is right; empty where a case is not about it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Expected {
    pub(crate) entries: String,
    pub(crate) config: String,
    pub(crate) sent: String,
}

/// A file, a link, or with a `/` at the path's end a directory.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: String,
    text: Option<String>,
    base64: Option<String>,
    link: Option<String>,
    mode: Option<u32>,
}

/// The cases of a directory, by name.
pub(crate) fn all(directory: &Path) -> Vec<Case> {
    let entries = fs::read_dir(directory).expect("the cases are there");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let text = fs::read_to_string(path).expect("a case");
        let case: Case = match toml::from_str(&text) {
            Ok(case) => case,
            Err(error) => panic!("{}: {error}", path.display()),
        };
        let name = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
        for difference in &case.differs {
            let compared = !difference.who.contains(&Builder::Buildkit);
            let shown = difference.lines.is_empty() == difference.fails.is_some();
            assert_eq!(shown, compared, "{name}: {difference:?} shows what differs, once");
        }
        Case { name, ..case }
    };
    paths.iter().map(read).collect()
}

impl Case {
    /// The config of the project, with one build named `case`.
    pub(crate) fn config(&self, host: &str) -> String {
        format!(
            "version = 1\n[registries.test]\nhost = \"{host}\"\ninsecure = true\n\
             [executors.builtin]\ntype = \"builtin\"\n\
             [builds.case]\ncontext = \"context\"\nexecutor = \"builtin\"\nno-push = true\n\
             oci-layout-path = \"image\"\n{}",
            self.keys()
        )
    }

    /// What it says of its build, as flags of a builder that calls the platform so.
    pub(crate) fn flags(&self, platform: &str) -> Vec<String> {
        let one = |flag: &str, value: &Option<String>| {
            value.as_ref().map(|value| format!("--{flag}={value}"))
        };
        let each = |flag: &str, table: &BTreeMap<String, String>| -> Vec<String> {
            table.iter().map(|(name, value)| format!("--{flag}={name}={value}")).collect()
        };
        let mut flags = each("build-arg", &self.build_args);
        flags.extend(each("label", &self.labels));
        flags.extend(one("target", &self.target));
        flags.extend(one(platform, &self.platform));
        flags
    }

    /// What it says of its build, as keys of that.
    pub(crate) fn keys(&self) -> String {
        let mut keys = String::new();
        for (key, value) in [("target", &self.target), ("custom-platform", &self.platform)] {
            if let Some(value) = value {
                let line = format!("{key} = {value:?}\n");
                keys.push_str(&line);
            }
        }
        for (key, table) in [("build-args", &self.build_args), ("labels", &self.labels)] {
            let table: Vec<_> = table.iter().map(|(name, v)| format!("{name:?} = {v:?}")).collect();
            let line = format!("{key} = {{ {} }}\n", table.join(", "));
            keys.push_str(&line);
        }
        keys
    }

    /// Writes the context and the Dockerfile to `directory`.
    pub(crate) fn lay_out(&self, directory: &Path, registry: &Registry) {
        fs::create_dir_all(directory).expect("the context");
        let dockerfile = registry.named_in(&self.dockerfile);
        fs::write(directory.join("Dockerfile"), dockerfile).expect("the Dockerfile");
        for entry in &self.context {
            entry.write(directory);
        }
        // Afterwards, so that a directory that nobody may write to can be filled.
        for entry in &self.context {
            if entry.link.is_none() {
                entry.set_mode(directory);
            }
        }
    }
}

impl Entry {
    fn write(&self, directory: &Path) {
        let path = directory.join(self.path.trim_end_matches('/'));
        fs::create_dir_all(path.parent().expect("it is in the context")).expect("its directory");
        match (&self.text, &self.base64, &self.link) {
            (Some(text), None, None) => fs::write(path, text).expect("the file"),
            (None, Some(base64), None) => {
                let bytes = BASE64_STANDARD.decode(base64).expect("base64");
                fs::write(path, bytes).expect("the file");
            }
            (None, None, Some(link)) => symlink(link, path).expect("the link"),
            (None, None, None) if self.path.ends_with('/') => {
                fs::create_dir_all(path).expect("the directory");
            }
            _ => panic!("{} is one of text, base64, link and directory", self.path),
        }
    }

    /// What it is, whatever the umask.
    fn set_mode(&self, directory: &Path) {
        let usual = if self.path.ends_with('/') { 0o755 } else { 0o644 };
        let mode = fs::Permissions::from_mode(self.mode.unwrap_or(usual));
        fs::set_permissions(directory.join(&self.path), mode).expect("its mode");
    }
}
