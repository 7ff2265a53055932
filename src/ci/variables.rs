//! The environment as a provider's rules read it: an empty variable is one that is not set.

use std::collections::BTreeMap;

use super::{Fact, remote};

/// Variables by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Variables(BTreeMap<String, String>);

impl Variables {
    pub(super) fn new(variables: BTreeMap<String, String>) -> Self {
        Self(variables)
    }

    /// The value, where there is one that is not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether the value is `true`, in whatever case: how providers mark their jobs.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The value as a fact; without one, absent for `reason`.
    pub(super) fn text_or(&self, name: &str, reason: impl Into<String>) -> Fact {
        match self.get(name) {
            Some(value) => Fact::text(value),
            None => Fact::Absent(reason.into()),
        }
    }

    /// The value as a fact; without one, absent because the variable is not set.
    pub(super) fn text(&self, name: &str) -> Fact {
        self.text_or(name, not_set(name))
    }

    /// `true` or `false`, in whatever case, as a fact.
    pub(super) fn flag(&self, name: &str) -> Fact {
        match self.get(name) {
            Some(value) if value.eq_ignore_ascii_case("true") => Fact::flag(true),
            Some(value) if value.eq_ignore_ascii_case("false") => Fact::flag(false),
            Some(_) => Fact::Absent(format!("the job's `{name}` is neither `true` nor `false`")),
            None => Fact::Absent(not_set(name)),
        }
    }

    /// The value as a number, where it is one.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }

    /// The page in a browser of the remote whose address the value is.
    pub(super) fn page(&self, name: &str) -> Fact {
        self.text_of(name, remote::browsable)
    }

    /// The path on its server of the remote whose address the value is.
    pub(super) fn path_of(&self, name: &str) -> Fact {
        self.text_of(name, remote::path_of)
    }

    fn text_of(&self, name: &str, part: fn(&str) -> Option<String>) -> Fact {
        match self.get(name) {
            None => Fact::Absent(not_set(name)),
            Some(url) => part(url).map_or_else(
                || Fact::Absent(format!("the job's `{name}` is no address of a repository")),
                Fact::text,
            ),
        }
    }
}

fn not_set(name: &str) -> String {
    format!("the job's `{name}` is not set")
}
