//! What a look at the surroundings of a plan finds: pure, from what was answered to what is told.
//!
//! Nothing here asks anybody. [`questions`] says what registries are to be asked, and the rest what
//! the answers mean and what to do about them.

mod builds;
mod executor;
mod questions;
mod registry;

pub use builds::{Context, Size, builds};
pub use executor::{Look, executor};
pub use questions::{Deed, Question, questions};
pub(crate) use registry::never_answered;
pub use registry::{Answer, Login, registries};

/// One thing that was looked at, with what was found of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    /// What it is.
    pub about: About,
    /// Its name: of an executor, a registry's host, the file.
    pub name: String,
    /// An executor's type.
    pub kind: Option<&'static str>,
    /// What was found, in order.
    pub findings: Vec<Finding>,
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The builds and their files.
    Builds,
    /// An executor of theirs.
    Executor,
    /// A registry that they speak to.
    Registry,
}

/// What one check has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at: `version`, `push`.
    pub check: &'static str,
    /// Of what, where there are several: a build, a secret, a repository.
    pub of: Option<String>,
    /// How it is.
    pub state: State,
    /// In words.
    pub says: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// As it should be.
    Ok,
    /// A run can go well all the same.
    Warning,
    /// A run fails because of it.
    Failed(Fault),
}

/// Whose fault a failure is, which decides about the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A file's or a secret's.
    Input,
    /// An executor cannot be reached, or no build may run there.
    Unreached,
    /// Anything else: a credential is refused, a flag is missing.
    Other,
}

impl Finding {
    /// All is well.
    #[must_use]
    pub fn ok(check: &'static str, says: impl Into<String>) -> Self {
        Self { check, of: None, state: State::Ok, says: says.into(), hint: None }
    }

    /// Something is odd.
    #[must_use]
    pub fn warning(check: &'static str, says: impl Into<String>) -> Self {
        Self { state: State::Warning, ..Self::ok(check, says) }
    }

    /// Something is wrong.
    #[must_use]
    pub fn failed(check: &'static str, fault: Fault, says: impl Into<String>) -> Self {
        Self { state: State::Failed(fault), ..Self::ok(check, says) }
    }

    /// Says of what.
    #[must_use]
    pub fn of(self, of: impl Into<String>) -> Self {
        Self { of: Some(of.into()), ..self }
    }

    /// Says what to do; nothing where that is empty.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()).filter(|hint| !hint.is_empty()), ..self }
    }
}

/// `` `a`, `b`, `c` and 7 more ``.
pub(crate) fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    listed(names.into_iter().map(|name| format!("`{name}`")))
}

/// `a, b, c and 7 more`.
fn listed(all: impl IntoIterator<Item = String>) -> String {
    const MOST: usize = 3;

    let all: Vec<String> = all.into_iter().collect();
    // A last one takes no more room than the word that it is left out.
    let shown = if all.len() == MOST + 1 { all.len() } else { all.len().min(MOST) };
    let (first, rest) = all.split_at(shown);
    match (first, rest.len()) {
        (first, 1..) => format!("{} and {} more", first.join(", "), rest.len()),
        ([first @ .., last], 0) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        (first, 0) => first.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_names_the_first_three_are_told() {
        assert_eq!(named(["a"]), "`a`");
        assert_eq!(named(["a", "b"]), "`a` and `b`");
        assert_eq!(named(["a", "b", "c", "d"]), "`a`, `b`, `c` and `d`");
        assert_eq!(named(["a", "b", "c", "d", "e"]), "`a`, `b`, `c` and 2 more");
    }
}
