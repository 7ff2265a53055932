//! What an executor can do, told by its version and its help text.

use std::collections::BTreeSet;

use super::flags::{Availability, FLAGS};

/// Major, minor, patch.
type Number = (u64, u64, u64);

/// An executor as it describes itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executor {
    /// As `executor version` says: `v1.28.3`, `unset`; empty where it said nothing.
    pub version: String,
    /// Whose it is.
    pub flavour: Flavour,
    flags: BTreeSet<String>,
    /// The version, or the oldest one that has these flags.
    number: Option<Number>,
}

/// Whose executor it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// The archived original of `GoogleContainerTools`.
    Original,
    /// The maintained fork of `osscontainertools`.
    Fork,
}

/// How an executor takes something in a Dockerfile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// As it is meant.
    Full,
    /// As it is meant, where this variable is `1` in the executor's environment; else it is
    /// ignored.
    With(&'static str),
    /// Not at all: it is ignored, or the build fails because of it.
    Lacking,
}

impl Executor {
    /// Reads the outputs of `executor version` and `executor --help`, both from stdout.
    ///
    /// Where the version is no number, as in images that were built without one, the flags tell
    /// how old it is at least.
    #[must_use]
    pub fn read(version: &str, help: &str) -> Self {
        let version = version.lines().find_map(|line| line.split_once("version :"));
        let version = version.map_or("", |(_, version)| version.trim());
        let flags = help.lines().filter_map(flag_of).map(str::to_owned).collect();
        let mut executor = Self::of(version, flags);
        // A list of targets came with v1.27.0 of the fork.
        let lists_targets = help.lines().any(|line| line.trim().starts_with("--target strings"));
        if number(version).is_none() && executor.flavour == Flavour::Fork && lists_targets {
            executor.number = executor.number.max(Some((1, 27, 0)));
        }
        executor
    }

    /// An executor of this version, as `v1.28.3`, with these flags, each as `--secret`.
    #[must_use]
    pub fn of(version: &str, flags: BTreeSet<String>) -> Self {
        let mut implied: Option<Number> = None;
        for flag in FLAGS {
            if let (Availability::Never, Availability::Since(since)) =
                (flag.since_original, flag.since_fork)
                && flags.contains(flag.name)
            {
                implied = implied.max(number(since));
            }
        }
        let flavour = if implied.is_some() { Flavour::Fork } else { Flavour::Original };
        Self { number: number(version).or(implied), version: version.to_owned(), flavour, flags }
    }

    /// What it does instead, as the end of a sentence; none where it can do this.
    ///
    /// `has_variable` says whether a variable is `1` in the executor's environment.
    #[must_use]
    pub fn lacks(&self, ability: &Ability, has_variable: impl Fn(&str) -> bool) -> Option<String> {
        match ability {
            Ability::Flag(flag) => (!self.has(flag)).then(|| format!("has no `{flag}`")),
            Ability::Heredoc => (self.heredocs() == Support::Lacking)
                .then(|| "does not read here-documents".to_owned()),
            Ability::HeredocVariables => {
                let variable = "FF_KANIKO_EXPAND_HEREDOC";
                let can = self.since((1, 28, 1)) == Support::Full && has_variable(variable);
                (!can).then(|| {
                    format!(
                        "replaces no variables in here-documents without `{variable} = \"1\"` in \
                         its `env`, and before v1.28.1 of the fork not at all"
                    )
                })
            }
            Ability::SymbolicMode => (self.since((1, 28, 0)) == Support::Lacking)
                .then(|| "takes only numbers as `--chmod`".to_owned()),
            Ability::SpecialBits => (self.flavour == Flavour::Original)
                .then(|| "drops setuid, setgid and sticky bits".to_owned()),
            Ability::PlatformArguments => (self.since((1, 25, 3)) == Support::Lacking).then(|| {
                "has no value for it: it stays empty unless `build-args` has one".to_owned()
            }),
            Ability::Mount(kind) => match self.mounts(kind) {
                Support::Full => None,
                Support::With(variable) if has_variable(variable) => None,
                Support::With(variable) => Some(format!(
                    "ignores `--mount=type={kind}` without `{variable} = \"1\"` in its `env`"
                )),
                Support::Lacking => Some(format!("ignores `--mount=type={kind}`")),
            },
        }
    }

    /// Whether it has this flag, `--secret`; those that its help text hides are had by all.
    #[must_use]
    pub fn has(&self, flag: &str) -> bool {
        self.flags.contains(flag) || matches!(flag, "--bucket" | "--whitelist-var-run")
    }

    /// Here-documents of `RUN`, `COPY` and `ADD`.
    ///
    /// Where they are lacking, `RUN <<EOF` runs nothing and ends well from v1.10.0 of the original
    /// on; `COPY <<EOF` fails.
    ///
    /// Source: the fork's pkg/commands/run.go by versions; the original's, observed.
    #[must_use]
    pub fn heredocs(&self) -> Support {
        self.since((1, 25, 4))
    }

    /// `RUN --mount=type=KIND`. Where it is lacking the command runs without it, and without a
    /// word of it in the original.
    ///
    /// Source: the fork's pkg/commands/run.go by versions.
    #[must_use]
    pub fn mounts(&self, kind: &str) -> Support {
        let (experimental, variable, default) = match kind {
            "secret" => ((1, 26, 3), "FF_KANIKO_RUN_MOUNT_SECRET", (1, 27, 0)),
            "cache" => ((1, 25, 6), "FF_KANIKO_RUN_MOUNT_CACHE", (1, 26, 0)),
            "bind" => ((1, 27, 3), "FF_KANIKO_RUN_MOUNT_BIND", (1, 28, 0)),
            _ => return Support::Lacking,
        };
        match (self.since(default), self.since(experimental)) {
            (Support::Full, _) => Support::Full,
            (_, Support::Full) => Support::With(variable),
            _ => Support::Lacking,
        }
    }

    fn since(&self, version: Number) -> Support {
        if self.flavour == Flavour::Fork && self.number >= Some(version) {
            Support::Full
        } else {
            Support::Lacking
        }
    }
}

/// Something that not every executor can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ability {
    /// A flag, as `--secret`.
    Flag(&'static str),
    /// `RUN --mount=type=KIND`.
    Mount(String),
    /// Here-documents of `RUN`, `COPY` and `ADD`.
    Heredoc,
    /// Variables and escapes in here-documents of `COPY` and `ADD`, replaced.
    ///
    /// Source: the fork's pkg/config/featureflags.go by versions.
    HeredocVariables,
    /// `--chmod=u+x`; `--chmod=755` all can.
    ///
    /// Source: Kaniko's `GetChmod` by versions.
    SymbolicMode,
    /// `--chmod=4755` with its setuid, setgid and sticky bits.
    ///
    /// Source: observed.
    SpecialBits,
    /// `ARG TARGETARCH` and its like have values.
    ///
    /// Source: the fork's pkg/dockerfile/buildargs.go and CHANGELOG.md, v1.25.3.
    PlatformArguments,
}

impl Ability {
    /// Whether the image may well be right without it, so that its lack stops nothing.
    #[must_use]
    pub fn is_a_wish(&self) -> bool {
        matches!(self, Self::SpecialBits | Self::PlatformArguments)
    }
}

/// The long flag that a line of the help text describes.
fn flag_of(line: &str) -> Option<&str> {
    let line = line.strip_prefix("  ")?.trim_start();
    let line = match line.split_once(", ") {
        Some((short, long)) if short.len() == 2 && short.starts_with('-') => long,
        _ => line,
    };
    line.split_ascii_whitespace().next().filter(|word| word.starts_with("--"))
}

/// The three numbers at the start of `v1.28.3-23-g6bcc93443`.
fn number(version: &str) -> Option<Number> {
    let version = version.strip_prefix('v').unwrap_or(version);
    let end = version.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(version.len());
    let mut parts = version[..end].split('.').map(str::parse);
    match (parts.next()?, parts.next()?, parts.next()?) {
        (Ok(major), Ok(minor), Ok(patch)) => Some((major, minor, patch)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGINAL: &str = "Usage:\n  executor [flags]\n\nFlags:\n  -b, --nope\n      --cache                                     Use cache when building image\n  -d, --destination multi-arg type                Registry the final image should be pushed to. Set it repeatedly for multiple destinations.\n      --target string                             Set the target build stage to build\n\nUse \"executor [command] --help\" for more information about a command.\n";
    const FORK: &str = "Usage:\n  executor [flags]\n\nFlags:\n      --annotation key-value-arg type             Set metadata annotations for the image in key=value format.\n      --secret secret                             Set build secrets in key=value format. (default id=MY_SECRET[,src=/file])\n";

    fn fork(version: &str) -> Executor {
        Executor::read(&format!("Kaniko version :  {version}\n"), FORK)
    }

    #[test]
    fn the_original_is_known_by_what_it_lacks() {
        let executor = Executor::read("Kaniko version :  v1.24.0-2-g236ba5690\n", ORIGINAL);

        assert_eq!(executor.version, "v1.24.0-2-g236ba5690");
        assert_eq!(executor.flavour, Flavour::Original);
        assert!(executor.has("--cache"));
        assert!(executor.has("--destination"));
        assert!(executor.has("--bucket"));
        assert!(!executor.has("--secret"));
        assert_eq!(executor.heredocs(), Support::Lacking);
        assert_eq!(executor.mounts("cache"), Support::Lacking);
    }

    #[test]
    fn a_late_fork_takes_documents_and_mounts() {
        let executor = fork("v1.28.3-23-g6bcc93443");

        assert_eq!(executor.flavour, Flavour::Fork);
        assert!(executor.has("--secret"));
        assert_eq!(executor.heredocs(), Support::Full);
        assert_eq!(executor.mounts("secret"), Support::Full);
        assert_eq!(executor.mounts("cache"), Support::Full);
        assert_eq!(executor.mounts("bind"), Support::Full);
        assert_eq!(executor.mounts("tmpfs"), Support::Lacking);
        assert_eq!(executor.mounts("ssh"), Support::Lacking);
    }

    #[test]
    fn some_forks_have_mounts_behind_a_variable() {
        assert_eq!(fork("v1.26.3").mounts("secret"), Support::With("FF_KANIKO_RUN_MOUNT_SECRET"));
        assert_eq!(fork("v1.26.3").mounts("cache"), Support::Full);
        assert_eq!(fork("v1.27.6").mounts("bind"), Support::With("FF_KANIKO_RUN_MOUNT_BIND"));
        assert_eq!(fork("v1.25.3").heredocs(), Support::Lacking);
    }

    #[test]
    fn documents_variables_and_symbolic_modes_came_late() {
        let lacks = |version, ability, set| fork(version).lacks(&ability, |_| set);

        assert_eq!(lacks("v1.28.1", Ability::HeredocVariables, true), None);
        assert!(lacks("v1.28.1", Ability::HeredocVariables, false).is_some());
        assert!(lacks("v1.28.0", Ability::HeredocVariables, true).is_some());
        assert_eq!(lacks("v1.28.0", Ability::SymbolicMode, false), None);
        assert_eq!(
            lacks("v1.27.6", Ability::SymbolicMode, false).unwrap(),
            "takes only numbers as `--chmod`"
        );
    }

    #[test]
    fn what_the_original_passes_over_in_silence_is_a_wish() {
        let original = Executor::read("version : v1.24.0", ORIGINAL);
        for ability in [Ability::SpecialBits, Ability::PlatformArguments] {
            assert!(ability.is_a_wish());
            assert!(original.lacks(&ability, |_| false).is_some());
            assert_eq!(fork("v1.28.3").lacks(&ability, |_| false), None);
        }
        assert!(!Ability::SymbolicMode.is_a_wish());
        assert!(fork("v1.25.2").lacks(&Ability::PlatformArguments, |_| false).is_some());
    }

    #[test]
    fn flags_stand_in_for_a_version_that_is_not_set() {
        let executor = fork("unset");
        assert_eq!(executor.version, "unset");
        assert_eq!(executor.heredocs(), Support::Full);
        assert_eq!(executor.mounts("secret"), Support::With("FF_KANIKO_RUN_MOUNT_SECRET"));

        let later = Executor::read("", &format!("{FORK}      --target strings   Set\n"));
        assert_eq!(later.version, "");
        assert_eq!(later.mounts("secret"), Support::Full);
    }

    #[test]
    fn no_output_is_an_executor_of_which_nothing_is_known() {
        let executor = Executor::read("", "");

        assert!(!executor.has("--cache"));
        assert_eq!(executor.heredocs(), Support::Lacking);
    }
}
