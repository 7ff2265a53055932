//! The builds of a file by their names, and what a word can mean among them.

use std::sync::Arc;

use foldhash::HashMap;

use crate::config::{Config, Data, Mistake, Node, nearest, wildcard};

/// How many names a hint lists.
const LISTED: usize = 12;

/// All builds, in the order of the file, with the names for several of them.
#[derive(Debug, Default)]
pub(super) struct Known<'c> {
    /// The builds' names, in order.
    pub(super) names: Vec<&'c str>,
    /// The same, to be held by many.
    pub(super) shared: Vec<Arc<str>>,
    places: HashMap<&'c str, usize>,
    /// The builds of each matrix, by the name that it has in the file.
    matrices: HashMap<&'c str, Vec<usize>>,
    groups: HashMap<&'c str, Vec<usize>>,
}

/// What a word means among the builds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The build of this name.
    One(usize),
    /// Those of a matrix, a group or a glob, in the order of the file.
    Several(Vec<usize>),
    /// None.
    Nothing,
}

impl<'c> Known<'c> {
    /// The builds of `config`. Each member of its groups must choose something.
    pub(super) fn of(config: &'c Config, mistakes: &mut Vec<Mistake>) -> Self {
        let builds = config.builds.iter().map(|build| (build.name.as_str(), &*build.written));
        let mut known = Self::named(builds);
        let mut groups = HashMap::default();
        for group in &config.groups.0 {
            let Data::List(items) = &group.node.data else { continue };
            let mut members = Vec::new();
            for Node { place, data } in items {
                let Data::Text(member) = data else { continue };
                match known.meaning(member) {
                    Meaning::One(index) => members.push(index),
                    Meaning::Several(indices) => members.extend(indices),
                    Meaning::Nothing => {
                        let message =
                            format!("the group `{}` names no build by `{member}`", group.name);
                        let mut mistake = Mistake::at(place, message, "no such build");
                        mistake.may_follow = config.lacks_builds;
                        mistakes.push(match nearest(member, known.words()) {
                            Some(near) => mistake.hint(format!("did you mean `{near}`?")),
                            None => mistake,
                        });
                    }
                }
            }
            members.sort_unstable();
            members.dedup();
            groups.insert(group.name.as_str(), members);
        }
        known.groups = groups;
        known
    }

    /// Builds by their names, each with the name that it has in the file.
    fn named(builds: impl Iterator<Item = (&'c str, &'c str)>) -> Self {
        let mut known = Self::default();
        for (index, (name, written)) in builds.enumerate() {
            known.names.push(name);
            known.shared.push(name.into());
            known.places.insert(name, index);
            if name != written {
                known.matrices.entry(written).or_default().push(index);
            }
        }
        known
    }

    /// The place of the build called `name`, from 0.
    pub(super) fn index(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    /// What `word` means: a build, a matrix, a group or a glob, the first that it is.
    pub(super) fn meaning(&self, word: &str) -> Meaning {
        if let Some(index) = self.index(word) {
            return Meaning::One(index);
        }
        if let Some(several) = self.matrices.get(word).or_else(|| self.groups.get(word)) {
            return Meaning::Several(several.clone());
        }
        let matched: Vec<_> = if is_glob(word) {
            let all = self.names.iter().enumerate();
            all.filter(|(_, name)| wildcard(word, name)).map(|(index, _)| index).collect()
        } else {
            Vec::new()
        };
        if matched.is_empty() { Meaning::Nothing } else { Meaning::Several(matched) }
    }

    /// What to say of a word that means nothing.
    pub(super) fn hint(&self, word: &str) -> String {
        let near = if is_glob(word) { None } else { nearest(word, self.words()) };
        match (near, &self.names[..]) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, [only]) => format!("there is only `{only}`"),
            (None, names) => format!("there are {}", listed(names)),
        }
    }

    /// Everything that means something.
    fn words(&self) -> impl Iterator<Item = &'c str> {
        let several = self.matrices.keys().chain(self.groups.keys());
        self.names.iter().chain(several).copied()
    }
}

/// Whether `word` can match several names.
pub(super) fn is_glob(word: &str) -> bool {
    word.contains(['*', '?', '{'])
}

/// Names in a line, the first of many.
pub(super) fn listed(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
    let more = match names.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(" and {more} more: `kaniko-build list` shows all"),
    };
    format!("{}{more}", quoted.join(", "))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Four builds of which two are a matrix's, and a group.
    pub(in crate::plan) fn four() -> Known<'static> {
        let builds = [("base", "base"), ("api-v1", "api"), ("api-v2", "api"), ("web", "web")];
        let groups = HashMap::from_iter([("apis", vec![0, 1, 2])]);
        Known { groups, ..Known::named(builds.into_iter()) }
    }

    #[test]
    fn a_word_is_a_build_a_matrix_a_group_or_a_glob() {
        let known = four();

        assert_eq!(known.meaning("web"), Meaning::One(3));
        assert_eq!(known.meaning("api"), Meaning::Several(vec![1, 2]));
        assert_eq!(known.meaning("apis"), Meaning::Several(vec![0, 1, 2]));
        assert_eq!(known.meaning("*b*"), Meaning::Several(vec![0, 3]));
        assert_eq!(known.meaning("{web,api-v2}"), Meaning::Several(vec![2, 3]));
        assert_eq!(known.meaning("x*"), Meaning::Nothing);
        assert_eq!(known.meaning("we"), Meaning::Nothing);
    }

    #[test]
    fn of_many_names_the_first_are_listed() {
        let names = ["a"; 14];

        assert_eq!(
            listed(&names),
            "`a`, `a`, `a`, `a`, `a`, `a`, `a`, `a`, `a`, `a`, `a`, `a` and 2 more: \
             `kaniko-build list` shows all"
        );
    }
}
