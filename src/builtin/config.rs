//! The config of an image: what it runs, and how it came to be.
//!
//! Source: the OCI image specification, "Image Configuration"; moby's docker-image-spec, for
//! `Healthcheck`, `OnBuild` and `Shell`. Fields of a base image that neither names are left out,
//! as with `BuildKit`.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::oci::Platform;

/// The search path of an image that says none. Source: `BuildKit`'s util/system/path.go.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The config as it is written; the order of the fields is that of the bytes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct ImageConfig {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) created: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) author: Option<String>,
    #[serde(default)]
    pub(super) architecture: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) variant: Option<String>,
    #[serde(default)]
    pub(super) os: String,
    #[serde(rename = "os.version", default, skip_serializing_if = "Option::is_none")]
    pub(super) os_version: Option<String>,
    #[serde(rename = "os.features", default, skip_serializing_if = "Option::is_none")]
    pub(super) os_features: Option<Vec<String>>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) config: Config,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) rootfs: Rootfs,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) history: Vec<Value>,
    /// About how many bytes were added to what the base had.
    #[serde(skip)]
    pub(super) written: usize,
    /// Where in the environment each variable is: of those that were looked at, and how many that
    /// were.
    #[serde(skip)]
    places: (HashMap<String, usize>, usize),
}

/// What a container of the image starts with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Config {
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "or_default")]
    pub(super) user: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "or_default")]
    pub(super) exposed_ports: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub(super) env: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) entrypoint: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cmd: Option<Vec<String>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "or_default")]
    pub(super) volumes: BTreeMap<String, Value>,
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "or_default")]
    pub(super) working_dir: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "or_default")]
    pub(super) labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "String::is_empty", deserialize_with = "or_default")]
    pub(super) stop_signal: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) healthcheck: Option<Healthcheck>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub(super) on_build: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub(super) shell: Vec<String>,
}

/// Bytes of a line of the history beside what was done.
const HISTORY: usize = 90;

/// `{}`, as Go writes what the members of a set are.
pub(super) fn empty() -> Value {
    Value::Object(serde_json::Map::new())
}

/// How an engine asks whether a container is well; times in nanoseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Healthcheck {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub(super) test: Vec<String>,
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) interval: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) timeout: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) start_period: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) start_interval: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) retries: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives references")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The layers, by the digests of their tars.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Rootfs {
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) diff_ids: Vec<String>,
}

/// One line of how an image came to be.
#[derive(Debug, Serialize)]
struct History<'a> {
    created: &'a str,
    created_by: &'a str,
    comment: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    empty_layer: bool,
}

/// Go writes what is empty as null.
fn or_default<'de, T: Default + Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

impl ImageConfig {
    /// Of `FROM scratch`. `BuildKit` says `/` as the directory too, which is what none means.
    pub(super) fn scratch(platform: &Platform) -> Self {
        let mut config = Self::default();
        config.set_platform(platform);
        config.set_path();
        config
    }

    /// Says for what machines the image is.
    pub(super) fn set_platform(&mut self, platform: &Platform) {
        let Platform { os, architecture, variant } = platform;
        let same = self.os == *os && self.architecture == *architecture;
        self.os.clone_from(os);
        self.architecture.clone_from(architecture);
        if variant.is_some() || !same {
            self.variant.clone_from(variant);
        }
    }

    /// For what machines the image is; none where it does not say.
    pub(super) fn platform(&self) -> Option<Platform> {
        let Self { os, architecture, variant, .. } = self;
        let variant = variant.clone().filter(|variant| !variant.is_empty());
        let said = !os.is_empty() && !architecture.is_empty();
        said.then(|| Platform { os: os.clone(), architecture: architecture.clone(), variant })
    }

    /// Makes sure that there is a search path.
    pub(super) fn set_path(&mut self) {
        if !self.config.env.iter().any(|variable| variable.starts_with("PATH=")) {
            self.config.env.push(format!("PATH={PATH}"));
        }
    }

    /// Adds a line to the history.
    pub(super) fn add_history(&mut self, created: &str, created_by: &str, empty_layer: bool) {
        let comment = "kaniko-build";
        let line = History { created, created_by, comment, empty_layer };
        self.written += created_by.len() + HISTORY;
        self.history.push(serde_json::to_value(line).expect("strings are always JSON"));
    }

    /// Sets a variable of the environment, in its place if it is there.
    pub(super) fn set_variable(&mut self, name: &str, value: &str) {
        let line = format!("{name}={value}");
        self.written += line.len();
        let env = &mut self.config.env;
        let (places, looked_at) = &mut self.places;
        for (place, there) in env.iter().enumerate().skip(*looked_at) {
            let name = there.split_once('=').map_or(&**there, |(name, _)| name);
            places.entry(name.to_owned()).or_insert(place);
        }
        *looked_at = env.len();
        match places.get(name) {
            Some(place) => env[*place] = line,
            None => env.push(line),
        }
    }

    /// Sets a label.
    pub(super) fn set_label(&mut self, name: String, value: String) {
        let length = value.len();
        let added = name.len() + length;
        let before = self.config.labels.insert(name, value);
        self.written += before.map_or(added, |before| length.saturating_sub(before.len()));
    }

    /// Adds a volume.
    pub(super) fn add_volume(&mut self, path: String) {
        let added = path.len();
        if self.config.volumes.insert(path, empty()).is_none() {
            self.written += added;
        }
    }

    /// The program and its arguments of a shell's command line.
    pub(super) fn with_shell(&self, command: &str) -> Vec<String> {
        let usual = || ["/bin/sh", "-c"].map(str::to_owned).to_vec();
        let shell = &self.config.shell;
        let mut words = if shell.is_empty() { usual() } else { shell.clone() };
        words.push(command.to_owned());
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(config: &ImageConfig) -> String {
        serde_json::to_string(config).unwrap()
    }

    #[test]
    fn an_image_from_scratch_has_a_path_and_no_directory() {
        let platform = Platform::parse("linux/arm/v7").unwrap();
        let mut config = ImageConfig::scratch(&platform);
        config.add_history("1970-01-01T00:00:00Z", "CMD [\"x\"]", true);

        assert_eq!(
            json(&config),
            concat!(
                r#"{"architecture":"arm","variant":"v7","os":"linux","config":{"Env":["#,
                r#""PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]},"#,
                r#""rootfs":{"type":"","diff_ids":[]},"history":[{"#,
                r#""created":"1970-01-01T00:00:00Z","created_by":"CMD [\"x\"]","#,
                r#""comment":"kaniko-build","empty_layer":true}]}"#,
            )
        );
    }

    #[test]
    fn nulls_of_a_base_image_are_empty_and_what_is_known_is_kept() {
        let text = concat!(
            r#"{"architecture":"amd64","os":"linux","os.version":"1","docker_version":"20","#,
            r#""config":{"Hostname":"x","User":"","Env":null,"Cmd":null,"Entrypoint":[],"#,
            r#""Volumes":null,"Labels":{"b":"2","a":"1"},"OnBuild":null,"ExposedPorts":{"80/tcp":{}},"#,
            r#""Healthcheck":{"Test":["NONE"],"Interval":1000000000}},"#,
            r#""rootfs":{"type":"layers","diff_ids":["sha256:1"]},"history":[{"x":1}]}"#,
        );
        let config: ImageConfig = serde_json::from_str(text).unwrap();

        assert_eq!(
            json(&config),
            concat!(
                r#"{"architecture":"amd64","os":"linux","os.version":"1","config":{"#,
                r#""ExposedPorts":{"80/tcp":{}},"Entrypoint":[],"Labels":{"a":"1","b":"2"},"#,
                r#""Healthcheck":{"Test":["NONE"],"Interval":1000000000}},"#,
                r#""rootfs":{"type":"layers","diff_ids":["sha256:1"]},"history":[{"x":1}]}"#,
            )
        );
        let null: ImageConfig = serde_json::from_str(r#"{"config":null,"history":null}"#).unwrap();
        assert_eq!(null.config, Config::default());
    }

    #[test]
    fn a_variable_is_replaced_in_its_place() {
        let mut config = ImageConfig::default();
        for (name, value) in [("A", "1"), ("AB", "2"), ("A", "3=")] {
            config.set_variable(name, value);
        }

        assert_eq!(config.config.env, ["A=3=", "AB=2"]);
    }

    #[test]
    fn a_shells_command_goes_to_the_images_shell() {
        let mut config = ImageConfig::default();
        assert_eq!(config.with_shell("a b"), ["/bin/sh", "-c", "a b"]);
        config.config.shell = vec!["/bin/bash".to_owned(), "-ec".to_owned()];
        assert_eq!(config.with_shell("a b"), ["/bin/bash", "-ec", "a b"]);
    }

    #[test]
    fn another_platform_takes_the_variant_along() {
        let mut config = ImageConfig::scratch(&Platform::parse("linux/arm64/v8").unwrap());
        config.set_platform(&Platform::parse("linux/arm64").unwrap());
        assert_eq!(config.variant.as_deref(), Some("v8"));
        config.set_platform(&Platform::parse("linux/amd64").unwrap());
        assert_eq!(config.variant, None);
    }
}
