//! What templates may name.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use crate::ci::Ci;

/// Reads at most that many bytes and one more of a file whose path is as the template has it.
/// It is the reader that refuses what is outside the repository; its error is a clause such as
/// "it is outside the repository".
pub type FileReader = Arc<dyn Fn(&str, usize) -> Result<Vec<u8>, String> + Send + Sync>;

/// Everything that the templates of one build may name.
#[derive(Clone, Default)]
pub struct Names {
    /// `env.X`.
    pub env: Arc<BTreeMap<String, String>>,
    /// `vars.X`; rendered when first named, once for all builds.
    pub vars: Arc<BTreeMap<String, Var>>,
    /// `registries.X.host`: the host by the registry's name.
    pub registries: Arc<BTreeMap<String, String>>,
    /// `ci.X` and `git_describe()`; without it each of them is an error.
    pub ci: Option<Arc<Ci>>,
    /// `matrix.X`: this build's values.
    pub matrix: BTreeMap<String, Value>,
    /// `build.name`; none for what belongs to no build.
    pub build: Option<String>,
    /// `builds.X.image` and `.digest`: the names of all builds.
    pub builds: Arc<BuildNames>,
    /// `file("…")`; without it an error.
    pub read_file: Option<FileReader>,
}

impl Names {
    /// The text of a name such as `build.name`, in its parts, where looking it up takes nothing.
    pub(super) fn text(&self, name: &[String]) -> Option<&str> {
        let [root, name] = name else { return None };
        match (root.as_str(), name.as_str()) {
            ("build", "name") => self.build.as_deref(),
            ("matrix", name) => match self.matrix.get(name) {
                Some(Value::Text(text)) => Some(text),
                _ => None,
            },
            _ => None,
        }
    }
}

impl fmt::Debug for Names {
    /// Without the environment's values, which may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names")
            .field("env", &self.env.keys())
            .field("vars", &self.vars.keys())
            .field("registries", &self.registries)
            .field("ci", &self.ci)
            .field("matrix", &self.matrix)
            .field("build", &self.build)
            .field("builds", &self.builds.names)
            .finish_non_exhaustive()
    }
}

/// The names of all builds, also as they are written after a dot: `builds.a_b` is `a-b`.
#[derive(Debug, Default)]
pub struct BuildNames {
    pub(super) names: BTreeSet<String>,
    /// Names by their form with `_` for `-` and `.`.
    pub(super) alike: BTreeMap<String, Vec<String>>,
}

impl FromIterator<String> for BuildNames {
    fn from_iter<T: IntoIterator<Item = String>>(names: T) -> Self {
        let names: BTreeSet<String> = names.into_iter().collect();
        let mut alike: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for name in &names {
            alike.entry(with_underscores(name)).or_default().push(name.clone());
        }
        Self { names, alike }
    }
}

/// A name as it can stand after a dot.
pub(super) fn with_underscores(name: &str) -> String {
    name.replace(['-', '.'], "_")
}

/// A value, as a configuration can hold it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Float(f64),
    /// Text; never again a template.
    Text(String),
    /// Values in order.
    List(Vec<Self>),
    /// Values by name, in order.
    Table(Vec<(String, Self)>),
}

impl Value {
    /// What it is, in words, for messages.
    #[must_use]
    pub const fn described(&self) -> &'static str {
        match self {
            Self::Bool(_) => "yes or no",
            Self::Integer(_) | Self::Float(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }

    /// How many bytes of text are in it.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Bool(_) | Self::Integer(_) | Self::Float(_) => 0,
            Self::Text(text) => text.len(),
            Self::List(items) => items.iter().map(Self::size).sum(),
            Self::Table(entries) => {
                entries.iter().map(|(name, item)| name.len() + item.size()).sum()
            }
        }
    }
}

/// The value of `vars.X` before it is needed.
#[derive(Debug, Clone, PartialEq)]
pub enum Var {
    /// A string of the file: a template.
    Template(String),
    /// What is no template: not a string, or from outside (the environment, `--set`).
    Plain(Value),
    /// A list of the file.
    List(Vec<Self>),
    /// A table of the file.
    Table(Vec<(String, Self)>),
}

impl Var {
    /// The templates in it.
    pub(super) fn templates(&self) -> Vec<&str> {
        match self {
            Self::Template(source) => vec![source],
            Self::Plain(_) => Vec::new(),
            Self::List(items) => items.iter().flat_map(Self::templates).collect(),
            Self::Table(entries) => entries.iter().flat_map(|(_, item)| item.templates()).collect(),
        }
    }
}
