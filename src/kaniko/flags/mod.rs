//! Every flag of the executors that we know, and whose affair it is.
//!
//! One table, from which the keys of a build, the check of `executor-args`, the schema and the
//! documentation follow. It says what a flag is, not how a build becomes a command line.

mod given;
mod image;
mod ours;
mod registry;
mod run;

pub use given::mistaken;

use std::{collections::HashMap, sync::LazyLock};

/// Every flag of the executor, by theme: the image, the run, registries, what is ours.
///
/// Source: `executor --help` of the original v1.24.0 and of the fork v1.28.3, and their
/// cmd/executor/cmd/root.go for what is hidden.
pub static FLAGS: &[Flag] =
    &joined::<68>(&[image::FLAGS, run::FLAGS, registry::FLAGS, ours::FLAGS]);

/// One flag of the executor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag {
    /// As it is typed, `--push-retry`.
    pub name: &'static str,
    /// Its one-letter form, the `d` of `-d`.
    pub short: Option<char>,
    /// The key of a build: kebab-case, plural where the flag can be repeated. A key is named for
    /// flags that are refused too, so that the reason can be told; none for spellings that Kaniko
    /// itself has given up.
    pub key: Option<&'static str>,
    /// The form of the key's value.
    pub kind: Kind,
    /// What it does, one line for the documentation.
    pub about: &'static str,
    /// What Kaniko does without it, as it writes that; empty for nothing.
    pub default: &'static str,
    /// A value as it stands in `kaniko.toml`; empty where no such key is taken.
    pub example: &'static str,
    /// Since when `GoogleContainerTools`' executor has it.
    pub since_original: Availability,
    /// Since when the maintained fork has it.
    pub since_fork: Availability,
    /// Who decides its value.
    pub owner: Owner,
}

/// The form of a flag's value in `kaniko.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `true` or `false`; always handed on as `--flag=true`.
    Bool,
    /// A whole number.
    Integer,
    /// A string.
    Text,
    /// A string as Go's durations are: `336h`, `1h30m`.
    Duration,
    /// One of these strings.
    OneOf(&'static [&'static str]),
    /// Strings, a flag each.
    List,
    /// Names with values, a `--flag=name=value` each.
    Table,
}

/// Since when an executor has a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// In every version that anyone runs: v1.9.2 of the original and each later one.
    Always,
    /// From this version, without a `v`.
    Since(&'static str),
    /// In no version.
    Never,
}

/// Who decides a flag's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The user, as a key or in `executor-args`; it is handed on as it is.
    Pass,
    /// The user, by the key alone: in `executor-args` it would go past us, for this reason.
    Key(&'static str),
    /// The user, at the registry that it is about.
    Registry {
        /// The key in `[registries.NAME]`.
        key: &'static str,
        /// Why it is refused as a key of a build and in `executor-args`, and what to write.
        reason: &'static str,
    },
    /// We; refused as a key and in `executor-args`, for this reason.
    Ours(&'static str),
}

impl Flag {
    /// Why this is not taken as a key of a build, a lowercase fragment; none where it is.
    #[must_use]
    pub const fn refused_as_key(&self) -> Option<&'static str> {
        match self.owner {
            Owner::Pass | Owner::Key(_) => None,
            Owner::Registry { reason, .. } | Owner::Ours(reason) => Some(reason),
        }
    }

    /// Why this is not taken in `executor-args`, a lowercase fragment; none where it is.
    #[must_use]
    pub const fn refused_as_argument(&self) -> Option<&'static str> {
        match self.owner {
            Owner::Pass => None,
            Owner::Key(reason) | Owner::Registry { reason, .. } | Owner::Ours(reason) => {
                Some(reason)
            }
        }
    }

    /// A flag that is always there and handed on; the methods below say where it differs.
    const fn new(name: &'static str, key: &'static str, kind: Kind, about: &'static str) -> Self {
        Self {
            name,
            short: None,
            key: Some(key),
            kind,
            about,
            default: match kind {
                Kind::Bool => "false",
                _ => "",
            },
            example: match kind {
                Kind::Bool => "true",
                _ => "",
            },
            since_original: Availability::Always,
            since_fork: Availability::Always,
            owner: Owner::Pass,
        }
    }

    const fn short(mut self, short: char) -> Self {
        self.short = Some(short);
        self
    }

    const fn default(mut self, default: &'static str) -> Self {
        self.default = default;
        self
    }

    const fn example(mut self, example: &'static str) -> Self {
        self.example = example;
        self
    }

    const fn original_since(mut self, version: &'static str) -> Self {
        self.since_original = Availability::Since(version);
        self
    }

    const fn fork_only(mut self, version: &'static str) -> Self {
        self.since_original = Availability::Never;
        self.since_fork = Availability::Since(version);
        self
    }

    const fn by_key(mut self, reason: &'static str) -> Self {
        self.owner = Owner::Key(reason);
        self
    }

    const fn by_registry(mut self, key: &'static str, reason: &'static str) -> Self {
        self.owner = Owner::Registry { key, reason };
        self.example = "";
        self
    }

    const fn ours(mut self, reason: &'static str) -> Self {
        self.owner = Owner::Ours(reason);
        self.example = "";
        self
    }

    const fn without_key(mut self) -> Self {
        self.key = None;
        self
    }
}

/// The flag of this name: `--push-retry`, `push-retry` or `-d`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Flag> {
    if let Some(letter) = name.strip_prefix('-').and_then(only_letter) {
        return FLAGS.iter().find(|flag| flag.short == Some(letter));
    }
    let bare = name.strip_prefix("--").unwrap_or(name);
    FLAGS.iter().find(|flag| &flag.name[2..] == bare)
}

/// The flag that this key of a build stands for, refused ones too: see [`Flag::refused_as_key`].
#[must_use]
pub fn key(key: &str) -> Option<&'static Flag> {
    position(key).map(|position| &FLAGS[position])
}

/// As [`key`]: where the flag stands among all.
pub(crate) fn position(key: &str) -> Option<usize> {
    static KEYS: LazyLock<HashMap<&str, usize>> = LazyLock::new(|| {
        let keyed = FLAGS.iter().enumerate();
        // Of several with one key the first is meant.
        keyed.rev().filter_map(|(position, flag)| Some((flag.key?, position))).collect()
    });
    KEYS.get(key).copied()
}

/// Why this argument is not taken in `executor-args`, a lowercase fragment; none where it is.
///
/// Understands `--flag=value`, `--flag`, `-d`, `-d=value` and `-dvalue`. A flag that nobody knows
/// is taken: a later executor may have it. A flag of ours that lacks its value is refused, since
/// the executor would take the next argument for it.
#[must_use]
pub fn refused(argument: &str) -> Option<&'static str> {
    const WHOLE: &str = "write flag and value as one argument, `--flag=value`";

    let Some(rest) = argument.strip_prefix("--") else {
        let Some(letter) = argument.strip_prefix('-').and_then(|rest| rest.chars().next()) else {
            return Some(WHOLE);
        };
        if letter == 'h' {
            return Some(HELP);
        }
        let flag = FLAGS.iter().find(|flag| flag.short == Some(letter))?;
        return flag.refused_as_argument().or((argument.len() == 2).then_some(WHOLE));
    };
    if rest.is_empty() {
        return Some(WHOLE);
    }
    let (name, value) = rest.split_once('=').map_or((rest, None), |(n, v)| (n, Some(v)));
    if name == "help" {
        return Some(HELP);
    }
    let flag = FLAGS.iter().find(|flag| &flag.name[2..] == name)?;
    flag.refused_as_argument().or((value.is_none() && flag.kind != Kind::Bool).then_some(WHOLE))
}

const HELP: &str = "the executor would print its help and build nothing";

fn only_letter(text: &str) -> Option<char> {
    let mut letters = text.chars();
    letters.next().filter(|letter| *letter != '-' && letters.next().is_none())
}

/// The parts as one array; `N` that is not their sum does not compile.
const fn joined<const N: usize>(parts: &[&[Flag]]) -> [Flag; N] {
    let mut all = [parts[0][0]; N];
    let (mut part, mut count) = (0, 0);
    while part < parts.len() {
        let mut row = 0;
        while row < parts[part].len() {
            all[count] = parts[part][row];
            count += 1;
            row += 1;
        }
        part += 1;
    }
    assert!(count == N, "the number of flags is not the sum of the parts");
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_found_by_its_name_with_or_without_dashes_and_by_its_letter() {
        assert_eq!(find("--push-retry").unwrap().name, "--push-retry");
        assert_eq!(find("push-retry").unwrap().name, "--push-retry");
        assert_eq!(find("tarPath").unwrap().name, "--tarPath");
        assert_eq!(find("-d").unwrap().name, "--destination");
        assert_eq!(find("-x"), None);
        assert_eq!(find("--nope"), None);
        assert_eq!(find(""), None);
        assert_eq!(find("--"), None);
    }

    #[test]
    fn a_repeatable_flag_has_its_key_in_the_plural() {
        assert_eq!(key("destinations").unwrap().name, "--destination");
        assert_eq!(key("secrets").unwrap().name, "--secret");
        assert_eq!(key("destination"), None);
    }

    #[test]
    fn a_key_of_a_registry_or_of_ours_is_refused_with_what_to_write() {
        assert_eq!(
            key("skip-tls-verify").unwrap().refused_as_key(),
            Some(
                "it belongs to the registry: write `skip-tls-verify = true` in `[registries.NAME]`"
            )
        );
        assert!(key("cleanup").unwrap().refused_as_key().is_some());
        assert_eq!(key("destinations").unwrap().refused_as_key(), None);
        assert_eq!(key("cache").unwrap().refused_as_key(), None);
    }

    #[test]
    fn what_is_handed_on_may_stand_in_executor_args() {
        assert_eq!(refused("--push-retry=3"), None);
        assert_eq!(refused("--cache"), None);
        assert_eq!(refused("-v=debug"), None);
        assert_eq!(refused("-vdebug"), None);
        assert_eq!(refused("--of-a-later-version=1"), None);
    }

    #[test]
    fn what_goes_past_us_is_refused_in_executor_args_in_each_of_its_spellings() {
        for argument in [
            "--destination=a/b",
            "--destination",
            "-d",
            "-d=a/b",
            "-da/b",
            "--cleanup",
            "--tarPath=x",
            "--insecure=true",
            "--registry-mirror=mirror.example.com",
        ] {
            assert!(refused(argument).is_some(), "{argument}");
        }
    }

    #[test]
    fn an_argument_that_would_swallow_the_next_one_or_run_something_else_is_refused() {
        for argument in ["--push-retry", "-v", "true", "login", "", "-", "--", "--help", "-h"] {
            assert!(refused(argument).is_some(), "{argument}");
        }
    }

    #[test]
    fn no_name_and_no_key_is_there_twice_and_no_text_is_missing() {
        for (index, flag) in FLAGS.iter().enumerate() {
            let rest = &FLAGS[index + 1..];
            assert!(flag.name.starts_with("--"), "{}", flag.name);
            assert!(!rest.iter().any(|other| other.name == flag.name), "{}", flag.name);
            assert!(
                flag.key.is_none() || !rest.iter().any(|other| other.key == flag.key),
                "{}",
                flag.name
            );
            assert!(flag.about.ends_with('.'), "{}", flag.name);
            assert_eq!(flag.example.is_empty(), flag.refused_as_key().is_some(), "{}", flag.name);
        }
    }

    #[test]
    fn what_the_original_lacks_is_known() {
        let lacking: Vec<_> = FLAGS
            .iter()
            .filter(|flag| flag.since_original == Availability::Never)
            .map(|flag| flag.name)
            .collect();

        assert_eq!(
            lacking,
            [
                "--secret",
                "--annotation",
                "--image-format",
                "--materialize",
                "--credential-helpers",
                "--pre-cleanup",
                "--preserve-context",
                "--dryrun",
            ]
        );
    }
}
