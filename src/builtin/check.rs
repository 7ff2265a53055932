//! What a Dockerfile asks for that takes a real executor.

use std::collections::BTreeMap;

use crate::dockerfile::{self, Dockerfile, Instruction, UnknownTarget, What};

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
///
/// # Errors
///
/// [`UnknownTarget`].
pub fn check(
    dockerfile: &Dockerfile,
    target: Option<&str>,
    build_args: &BTreeMap<String, String>,
) -> Result<Vec<Unsupported>, UnknownTarget> {
    let mut found = Vec::new();
    for index in dockerfile.needed(build_args, target)? {
        let stage = &dockerfile.stages[index];
        let earlier = dockerfile.stages[..index].iter().rfind(|earlier| {
            earlier.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(&stage.base))
        });
        let inherited = earlier.map_or(&[][..], |earlier| &earlier.instructions);
        let triggers = inherited.iter().filter_map(|instruction| match &instruction.what {
            What::Onbuild(trigger) => Some((stage.line, &**trigger)),
            _ => None,
        });
        let own = stage.instructions.iter().map(|instruction| (instruction.line, instruction));
        let mut values = BTreeMap::new();
        for (line, instruction) in triggers.chain(own) {
            found.extend(unsupported(dockerfile, build_args, line, instruction, &mut values));
        }
    }
    Ok(found)
}

fn unsupported(
    dockerfile: &Dockerfile,
    build_args: &BTreeMap<String, String>,
    line: usize,
    instruction: &Instruction,
    values: &mut BTreeMap<String, String>,
) -> Option<Unsupported> {
    let expand = |text: &str, values: &BTreeMap<String, String>| {
        let value_of = |name: &str| values.get(name).map(String::as_str);
        // What is wrong with it is said when it is built.
        dockerfile::expand(text, dockerfile.escape, &value_of).unwrap_or_default()
    };
    match &instruction.what {
        What::Run(_) => return Some(Unsupported::run(line)),
        What::Arg(arguments) => {
            for argument in arguments {
                let global = || {
                    let mut all = dockerfile.arguments.iter().rev();
                    let same = all.find(|global| global.name == argument.name)?;
                    same.default.as_deref().map(|default| expand(default, &BTreeMap::new()))
                };
                let value = build_args
                    .get(&argument.name)
                    .cloned()
                    .or_else(|| argument.default.as_deref().map(|text| expand(text, values)))
                    .or_else(global);
                if let Some(value) = value {
                    values.insert(argument.name.clone(), value);
                }
            }
        }
        What::Env(variables) => {
            let expanded: Vec<_> = variables
                .iter()
                .map(|(name, value)| (expand(name, values), expand(value, values)))
                .collect();
            values.extend(expanded);
        }
        What::Add(add) => {
            let sources: Vec<String> =
                add.sources.iter().map(|source| expand(source, values)).collect();
            return Unsupported::address(line, &sources);
        }
        _ => {}
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, target: Option<&str>, args: &[(&str, &str)]) -> Vec<usize> {
        let args = args.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let dockerfile = Dockerfile::parse(text).unwrap();
        check(&dockerfile, target, &args).unwrap().iter().map(|found| found.line).collect()
    }

    #[test]
    fn programs_and_addresses_are_told_with_their_lines() {
        let text = "FROM a\nRUN true\nCOPY . .\nADD https://x.example/y /y\nADD local.tar /\nADD git@github.com:a/b.git /b\n";

        assert_eq!(lines(text, None, &[]), [2, 4, 6]);
        let dockerfile = Dockerfile::parse("FROM a\nRUN true\n").unwrap();
        let found = check(&dockerfile, None, &BTreeMap::new()).unwrap();
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
