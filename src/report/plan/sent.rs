//! How much of a context is sent, in words.

use crate::{
    dockerfile::{Parent, Taken},
    plan::{Build, ExecutorKind, Slim},
};

/// What is sent of a build's context; none where nothing is.
pub(super) fn sent(build: &Build) -> Option<String> {
    (build.executor.kind != ExecutorKind::Builtin).then(|| of(&build.slim))
}

fn of(slim: &Slim) -> String {
    match slim {
        Slim::Off => "the whole context".to_owned(),
        Slim::Whole(why) => format!("the whole context: {why}"),
        Slim::Taken { taken, unless } => {
            if let Some(line) = Slim::all(taken) {
                return format!("the whole context: line {line} takes it");
            }
            let unless: Vec<_> = unless.iter().map(of_parent).collect();
            let more = match &unless[..] {
                [] => String::new(),
                all => format!(", with what an `ONBUILD` of {} takes", all.join(" or ")),
            };
            format!("{}{more}", lines(taken))
        }
    }
}

fn of_parent(parent: &Parent) -> String {
    format!("`{}`", parent.reference)
}

/// The lines that take something, each once.
fn lines(taken: &[Taken]) -> String {
    let mut lines: Vec<_> = taken.iter().map(|one| one.line).collect();
    lines.sort_unstable();
    lines.dedup();
    match &lines[..] {
        [] => "no more than the Dockerfile".to_owned(),
        [one] => format!("what line {one} takes"),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(usize::to_string).collect();
            format!("what lines {} and {last} take", first.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dockerfile::WholeContext;

    fn taken(line: usize, source: &str) -> Taken {
        let sources = vec![source.to_owned()];
        let (excludes, parents, fixed, built) =
            (Vec::new(), false, true, crate::dockerfile::Built::Always);
        Taken { line, sources, wildcards: true, excludes, parents, fixed, built }
    }

    fn decided(taken: Vec<Taken>, unless: &[&str]) -> String {
        let parent = |one: &&str| Parent { reference: (*one).to_owned(), line: 1 };
        of(&Slim::Taken { taken, unless: unless.iter().map(parent).collect() })
    }

    #[test]
    fn every_extent_has_its_words() {
        assert_eq!(of(&Slim::Off), "the whole context");
        let why = WholeContext { line: 4, why: "nobody knows".into() };
        assert_eq!(of(&Slim::Whole(why)), "the whole context: line 4: nobody knows");
        assert_eq!(decided(vec![taken(3, ".")], &[]), "the whole context: line 3 takes it");
        assert_eq!(decided(Vec::new(), &[]), "no more than the Dockerfile");
        assert_eq!(decided(vec![taken(3, "a")], &[]), "what line 3 takes");
        assert_eq!(
            decided(vec![taken(3, "a"), taken(2, "b"), taken(3, "c"), taken(7, "d")], &["x", "y"]),
            "what lines 2, 3 and 7 take, with what an `ONBUILD` of `x` or `y` takes"
        );
    }
}
