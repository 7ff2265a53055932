//! The values of variables.
//!
//! Source: `BuildKit`'s dockerfile2llb/convert.go, `buildMetaArgs`, `dispatchArg`, and
//! platform.go, `defaultArgs`.

use std::collections::BTreeMap;

use super::{BuildError, Recipe};
use crate::{
    dockerfile::{self, Argument, ExpandError},
    oci::Platform,
};

/// Build args that are known without `ARG`.
const PROXIES: [&str; 5] = ["http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy"];

/// Bytes of all variables of a stage: values that are made of values grow without end.
const MOST: usize = 16 << 20;

/// Variables, as an instruction sees them.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    values: BTreeMap<String, String>,
    /// Bytes of the values.
    size: usize,
    escape: char,
}

impl Scope {
    fn new(escape: char) -> Self {
        Self { values: BTreeMap::new(), size: 0, escape }
    }

    /// What `FROM` sees: the platforms, and the `ARG`s before the first one.
    ///
    /// An empty build arg leaves such an `ARG` its default, as with Kaniko; with `BuildKit` it
    /// counts, and leaves a reference that is none.
    pub(super) fn global(recipe: &Recipe) -> Result<Self, BuildError> {
        let mut scope = Self::new(recipe.dockerfile.escape);
        let here = Platform::here();
        let target = recipe.platform.as_ref().unwrap_or(&here);
        for (kind, platform) in [("BUILD", &here), ("TARGET", target)] {
            let Platform { os, architecture, variant } = platform;
            scope.set(&format!("{kind}PLATFORM"), &platform.to_string());
            scope.set(&format!("{kind}OS"), os);
            scope.set(&format!("{kind}OSVERSION"), "");
            scope.set(&format!("{kind}ARCH"), architecture);
            scope.set(&format!("{kind}VARIANT"), variant.as_deref().unwrap_or_default());
        }
        let last = recipe.dockerfile.stages.last().and_then(|stage| stage.name.as_deref());
        scope.set("TARGETSTAGE", recipe.target.as_deref().or(last).unwrap_or("default"));
        for (name, value) in &recipe.build_args {
            if scope.values.contains_key(name) {
                scope.set(name, value);
            }
        }
        for Argument { name, default, line } in &recipe.dockerfile.arguments {
            let given = recipe.build_args.get(name).filter(|value| !value.is_empty());
            match (given, default) {
                (Some(value), _) => scope.set(name, value),
                (None, Some(default)) => {
                    let value = scope.expand(default).map_err(at(*line))?;
                    scope.set(name, &value);
                }
                (None, None) => {}
            }
        }
        Ok(scope)
    }

    /// What a stage from an image sees: the proxies that are given, and the image's environment.
    ///
    /// The proxies need no `ARG`, as with Kaniko and buildah; with `BuildKit` only `RUN` sees
    /// them.
    pub(super) fn of_image(recipe: &Recipe, env: &[String]) -> Self {
        let mut scope = Self::new(recipe.dockerfile.escape);
        for (name, value) in &recipe.build_args {
            if PROXIES.iter().any(|proxy| name.eq_ignore_ascii_case(proxy)) {
                scope.set(name, value);
            }
        }
        for variable in env {
            let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
            scope.set(name, value);
        }
        scope
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        let old = self.values.insert(name.to_owned(), value.to_owned());
        self.size = self.size + value.len() - old.map_or(0, |old| old.len());
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Replaces variables, removes quotes.
    pub(super) fn expand(&self, text: &str) -> Result<String, ExpandError> {
        if self.size > MOST {
            let message = "the variables before it have more than 16 MiB".to_owned();
            return Err(ExpandError { message, unset: false });
        }
        dockerfile::expand(text, self.escape, &|name| self.get(name))
    }

    /// The same where blanks part words.
    pub(super) fn expand_words(&self, text: &str) -> Result<Vec<String>, ExpandError> {
        dockerfile::expand_words(text, self.escape, &|name| self.get(name))
    }

    /// The same in a here-document, where quotes stay.
    pub(super) fn expand_document(&self, text: &str) -> Result<String, ExpandError> {
        dockerfile::expand_document(text, &|name| self.get(name))
    }

    /// Declares an `ARG` of a stage: the build arg, the default, what `FROM` sees, or nothing.
    pub(super) fn declare(
        &mut self,
        argument: &Argument,
        build_args: &BTreeMap<String, String>,
        global: &Self,
    ) -> Result<(), BuildError> {
        let Argument { name, default, line } = argument;
        let name = self.expand(name).map_err(at(*line))?;
        let value = match (build_args.get(&name), default) {
            (Some(value), _) => Some(value.clone()),
            (None, Some(default)) => Some(self.expand(default).map_err(at(*line))?),
            (None, None) => global.get(&name).map(str::to_owned),
        };
        if let Some(value) = value {
            self.set(&name, &value);
        }
        Ok(())
    }
}

/// An error of variables with its line.
pub(super) fn at(line: usize) -> impl Fn(ExpandError) -> BuildError {
    move |source| BuildError::Variables { line, source }
}
