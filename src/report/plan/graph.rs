//! What builds need of one another, to read and for programs that draw.

use std::fmt::Write as _;

use crate::plan::{Build, Plan};

/// A line for each build, with what it needs; without an end of line.
#[must_use]
pub fn text(plan: &Plan) -> String {
    let line = |build: &Build| match &build.after[..] {
        [] => build.name.to_string(),
        needs => format!("{} ← {}", build.name, needs.join(", ")),
    };
    plan.builds.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// For Graphviz: an arrow goes from a build to those that need it.
#[must_use]
pub fn dot(plan: &Plan) -> String {
    let mut text = "digraph builds {\n  rankdir = LR\n  node [shape = box]\n".to_owned();
    for build in &plan.builds {
        let _ = writeln!(text, "  \"{}\"", build.name);
    }
    for (needed, build) in arrows(plan) {
        let _ = writeln!(text, "  \"{needed}\" -> \"{build}\"");
    }
    text + "}"
}

/// For Mermaid, which GitLab and GitHub draw in Markdown; arrows as [`dot`] has them.
#[must_use]
pub fn mermaid(plan: &Plan) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for (index, build) in plan.builds.iter().enumerate() {
        let _ = writeln!(text, "  b{index}[\"{}\"]", build.name);
    }
    let places: std::collections::HashMap<&str, usize> =
        plan.builds.iter().enumerate().map(|(index, build)| (&*build.name, index)).collect();
    for (needed, build) in arrows(plan) {
        if let (Some(needed), Some(build)) = (places.get(needed), places.get(build)) {
            let _ = writeln!(text, "  b{needed} --> b{build}");
        }
    }
    text.trim_end().to_owned()
}

/// What is needed, and by what.
fn arrows(plan: &Plan) -> impl Iterator<Item = (&str, &str)> {
    plan.builds
        .iter()
        .flat_map(|build| build.after.iter().map(move |needed| (&**needed, &*build.name)))
}
