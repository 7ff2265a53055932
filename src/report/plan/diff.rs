//! How two plans differ, build by build and line by line.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
};

use crate::plan::Build;

use super::{Shown, text};

/// Arguments that say what a line of the plan says too.
const TOLD: [&str; 5] =
    ["--annotation=", "--build-arg=", "--destination=", "--label=", "--target="];

/// What only the first has after `-`, what only the second has after `+`; without an end of line.
///
/// `names` say what the two are. Builds that are the same are counted alone.
#[must_use]
pub fn diff(names: [&str; 2], plans: [Shown<'_>; 2]) -> String {
    let [old, new] = plans;
    let mut shown = format!("--- {}\n+++ {}\n", names[0], names[1]);
    let mut same = 0;
    let head = changed(&text::head(old), &text::head(new));
    if !head.is_empty() {
        let _ = write!(shown, "\n{head}");
    }
    let of = |from: Shown<'_>, build: &Build| {
        let mut text = String::new();
        text::of_build(&mut text, from, build);
        // What lines of their own tell already.
        let is_told = |line: &&str| {
            TOLD.iter().any(|flag| line.trim_start().starts_with(flag)) && line.starts_with("    ")
        };
        text.lines()
            .filter(|line| !is_told(line))
            .fold(String::new(), |text, line| text + line + "\n")
    };
    let builds: HashMap<&str, &Build> =
        new.plan.builds.iter().map(|build| (&*build.name, build)).collect();
    for build in &old.plan.builds {
        let before = of(old, build);
        let after = builds.get(&*build.name).map(|build| of(new, build)).unwrap_or_default();
        if before == after {
            same += 1;
        } else {
            let _ = write!(shown, "\n{}:\n{}", build.name, changed(&before, &after));
        }
    }
    let known: HashSet<&str> = old.plan.builds.iter().map(|build| &*build.name).collect();
    for build in new.plan.builds.iter().filter(|build| !known.contains(&*build.name)) {
        let _ = write!(shown, "\n{}:\n{}", build.name, changed("", &of(new, build)));
    }
    let noun = if same == 1 { "build is" } else { "builds are" };
    let _ = write!(shown, "\n{same} {noun} the same");
    shown
}

/// The lines that only one of two texts has, in their order.
fn changed(old: &str, new: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    // The longest common part that is left from each pair of lines on.
    let mut common = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for (at_old, line) in old.iter().enumerate().rev() {
        for (at_new, other) in new.iter().enumerate().rev() {
            common[at_old][at_new] = if line == other {
                common[at_old + 1][at_new + 1] + 1
            } else {
                common[at_old + 1][at_new].max(common[at_old][at_new + 1])
            };
        }
    }
    let (mut at_old, mut at_new, mut text) = (0, 0, String::new());
    while at_old < old.len() || at_new < new.len() {
        let both = at_old < old.len() && at_new < new.len();
        if both && old[at_old] == new[at_new] {
            at_old += 1;
            at_new += 1;
        } else if at_new == new.len()
            || (both && common[at_old + 1][at_new] >= common[at_old][at_new + 1])
        {
            let _ = writeln!(text, "- {}", old[at_old]);
            at_old += 1;
        } else {
            let _ = writeln!(text, "+ {}", new[at_new]);
            at_new += 1;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::changed;

    #[test]
    fn lines_that_only_one_has_are_told_in_their_order() {
        assert_eq!(changed("a\nb\nc\n", "a\nx\nc\nd\n"), "- b\n+ x\n+ d\n");
        assert_eq!(changed("", "a\n"), "+ a\n");
        assert_eq!(changed("a\n", ""), "- a\n");
        assert_eq!(changed("a\n", "a\n"), "");
    }
}
