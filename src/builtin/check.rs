//! What a Dockerfile asks for that takes a real executor.

use std::collections::BTreeMap;

use foldhash::HashMap;

use crate::dockerfile::{self, Argument, Dockerfile, Instruction, Reach, Stage, What};

/// An instruction that cannot be done without running something or fetching from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported {
    /// Where it stands in the Dockerfile, from 1.
    pub line: usize,
    /// What it is, a lowercase fragment.
    pub what: String,
    /// What to choose instead.
    pub hint: &'static str,
}

const EXECUTOR: &str =
    "choose an executor that runs programs: `docker`, `podman`, `local` or `cloudfoundry`";

impl Unsupported {
    /// A `RUN`.
    pub(super) fn run(line: usize) -> Self {
        let what = "`RUN` runs a program, which the builtin executor cannot".to_owned();
        Self { line, what, hint: EXECUTOR }
    }

    /// The first source of an `ADD` that is an address.
    pub(super) fn address(line: usize, sources: &[String]) -> Option<Self> {
        let address = sources.iter().find(|source| is_address(source))?;
        Some(Self {
            line,
            what: format!(
                "`ADD {address}` fetches from elsewhere, which the builtin executor does not"
            ),
            hint: "fetch it before the build and `COPY` it, or choose another executor",
        })
    }
}

/// Source: `BuildKit`'s util/gitutil, `ParseGitRef`, and its `convert_copy.go`, `isHTTPSource`.
fn is_address(source: &str) -> bool {
    ["http://", "https://", "git://", "ssh://", "git@"]
        .iter()
        .any(|start| source.starts_with(start))
        || source.starts_with("github.com/")
}

/// What keeps a target from being built by ourselves; empty where nothing does.
///
/// Only stages that the target needs count, each with the triggers that it inherits from another
/// stage. What a base image's own `ONBUILD` does is known when it is pulled, and an address that
/// a base image's variable holds when that is.
#[must_use]
pub fn check(
    dockerfile: &Dockerfile,
    reach: &Reach,
    build_args: &BTreeMap<String, String>,
) -> Vec<Unsupported> {
    let defaults = dockerfile.arguments.iter();
    let mut checker = Checker {
        build_args,
        globals: defaults.map(|one| (one.name.as_str(), one.default.as_deref())).collect(),
        escape: dockerfile.escape,
        values: BTreeMap::new(),
        room: ROOM,
    };
    let mut found = Vec::new();
    let mut named: HashMap<&str, &Stage> = HashMap::default();
    for (index, stage) in dockerfile.stages.iter().enumerate() {
        if reach.needs(index) {
            let earlier = named.get(&*stage.base.to_ascii_lowercase());
            let inherited = earlier.map_or(&[][..], |earlier| &earlier.instructions);
            let triggers = inherited.iter().filter_map(|instruction| match &instruction.what {
                What::Onbuild(trigger) => Some((stage.line, &**trigger)),
                _ => None,
            });
            let own = stage.instructions.iter().map(|instruction| (instruction.line, instruction));
            checker.values.clear();
            for (line, instruction) in triggers.chain(own) {
                // Of the triggers in a line one is enough.
                let one = checker.unsupported(line, instruction);
                found.extend(one.filter(|one| found.last() != Some(one)));
            }
        }
        named.extend(stage.name.as_deref().map(|name| (name, stage)));
    }
    found
}

/// Bytes of variables that are followed: values that are made of values grow without end. What an
/// address in one of the others is, is said when it is built.
const ROOM: usize = 16 << 20;

/// The variables of a stage, as far as they matter here.
struct Checker<'d> {
    build_args: &'d BTreeMap<String, String>,
    /// Defaults of the `ARG`s before the first `FROM`: the last of each name.
    globals: HashMap<&'d str, Option<&'d str>>,
    escape: char,
    values: BTreeMap<String, String>,
    /// What is left of [`ROOM`].
    room: usize,
}

impl Checker<'_> {
    fn unsupported(&mut self, line: usize, instruction: &Instruction) -> Option<Unsupported> {
        match &instruction.what {
            What::Run(_) => return Some(Unsupported::run(line)),
            What::Arg(arguments) => {
                for Argument { name, default, .. } in arguments {
                    let value = match (self.build_args.get(name), default) {
                        (Some(value), _) => value.clone(),
                        (None, Some(default)) => self.expand(default),
                        (None, None) => match self.globals.get(&**name) {
                            // It sees no variable of a stage.
                            Some(Some(default)) => self.expanded(default, &|_| None),
                            Some(None) | None => continue,
                        },
                    };
                    self.set(name.clone(), value);
                }
            }
            What::Env(variables) => {
                let expanded: Vec<_> = variables
                    .iter()
                    .map(|(name, value)| (self.expand(name), self.expand(value)))
                    .collect();
                for (name, value) in expanded {
                    self.set(name, value);
                }
            }
            What::Add(add) => {
                let sources: Vec<String> =
                    add.sources.iter().map(|source| self.expand(source)).collect();
                self.take(sources.iter().map(String::len).sum());
                return Unsupported::address(line, &sources);
            }
            _ => {}
        }
        None
    }

    fn expand(&self, text: &str) -> String {
        self.expanded(text, &|name| self.values.get(name).map(String::as_str))
    }

    fn expanded<'v>(&self, text: &str, value_of: &dyn Fn(&str) -> Option<&'v str>) -> String {
        // What is wrong with it is said when it is built.
        dockerfile::expand(text, self.escape, value_of).unwrap_or_default()
    }

    fn set(&mut self, name: String, value: String) {
        self.take(name.len() + value.len());
        if self.room > 0 {
            self.values.insert(name, value);
        }
    }

    fn take(&mut self, bytes: usize) {
        self.room = self.room.saturating_sub(bytes);
        if self.room == 0 {
            // Nothing is made of long values any more.
            self.values.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, target: Option<&str>, args: &[(&str, &str)]) -> Vec<usize> {
        let args = args.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let dockerfile = Dockerfile::parse(text).unwrap();
        let reach = dockerfile.reach(&args, target).unwrap();
        check(&dockerfile, &reach, &args).iter().map(|found| found.line).collect()
    }

    #[test]
    fn programs_and_addresses_are_told_with_their_lines() {
        let text = "FROM a\nRUN true\nCOPY . .\nADD https://x.example/y /y\nADD local.tar /\nADD git@github.com:a/b.git /b\n";

        assert_eq!(lines(text, None, &[]), [2, 4, 6]);
        let dockerfile = Dockerfile::parse("FROM a\nRUN true\n").unwrap();
        let none = BTreeMap::new();
        let found = check(&dockerfile, &dockerfile.reach(&none, None).unwrap(), &none);
        assert_eq!(found[0].what, "`RUN` runs a program, which the builtin executor cannot");
    }

    #[test]
    fn only_what_the_target_needs_counts() {
        let text = "FROM a AS one\nRUN true\nFROM b AS two\nCOPY x /\nFROM one AS three\n";

        assert_eq!(lines(text, Some("two"), &[]), [0; 0]);
        assert_eq!(lines(text, Some("three"), &[]), [2]);
    }

    #[test]
    fn a_trigger_counts_where_it_runs() {
        let text = "FROM a AS base\nONBUILD RUN true\nFROM base\nLABEL a=b\n";

        assert_eq!(lines(text, Some("base"), &[]), [0; 0]);
        assert_eq!(lines(text, None, &[]), [3]);
    }

    #[test]
    fn variables_can_hold_an_address() {
        let text =
            "ARG H=https://h.example\nFROM a\nARG H\nENV U=$H/x\nADD ${U} /y\nARG F=f\nADD $F /\n";

        assert_eq!(lines(text, None, &[]), [5]);
        assert_eq!(lines(text, None, &[("H", "local")]), [0; 0]);
        assert_eq!(lines(text, None, &[("F", "git://x/y")]), [5, 7]);
    }
}
