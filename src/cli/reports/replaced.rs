//! Reports that would replace a file that is something else, or each other.

use std::path::{Path, PathBuf};

use crate::{
    config::Mistake,
    plan::{Build, Kept, OutputAt, Plan, real},
    report::{By, Report},
    transport::OutputKind,
};

const HINT: &str = "give each report a file of its own";

/// A mistake for each report that would replace a file of the configuration, a Dockerfile or an
/// ignore file of the plan, an output of a build, or another report.
pub(super) fn mistakes(reports: &[Report], plan: &Plan) -> Vec<Mistake> {
    // What is not there replaces no source; plans of many builds have many.
    let has_sources = reports.iter().any(|report| report.path.exists());
    let kept = has_sources.then(|| Kept::of(&plan.sources, plan.builds.iter()));
    let kept = kept.unwrap_or_default();
    let outputs = if reports.is_empty() { Vec::new() } else { outputs(plan) };
    let mut seen: Vec<(PathBuf, &Report)> = Vec::new();
    let mut mistakes = Vec::new();
    for report in reports {
        let path = real(&report.path);
        let other = seen.iter().find(|(other, _)| *other == path).map(|(_, other)| *other);
        let loss = kept.at(&path).map(|what| format!("would replace {what}"));
        if let Some(loss) = loss.or_else(|| lost(&path, &outputs)) {
            let message = format!("{report} {loss}");
            mistakes.push(report.mistake(message, "is there already").hint(HINT));
        } else if let Some(other) = other.filter(|other| !(other.append && report.append)) {
            // Of the two the one that has a place.
            let at = if matches!(report.by, By::Key(_)) { report } else { other };
            let message = format!("{other} and {report} are one file, and one would be lost");
            mistakes.push(at.mistake(message, "the same file").hint(HINT));
        }
        seen.push((path, report));
    }
    mistakes
}

/// The outputs of a plan, each without links.
fn outputs(plan: &Plan) -> Vec<(PathBuf, &OutputAt, &Build)> {
    let outputs =
        plan.builds.iter().flat_map(|build| build.outputs.iter().map(move |it| (build, it)));
    outputs.map(|(build, output)| (real(&output.local), output, build)).collect()
}

/// What a report at `path` would take away of an output, or that of it.
fn lost(path: &Path, outputs: &[(PathBuf, &OutputAt, &Build)]) -> Option<String> {
    outputs.iter().find_map(|(at, output, build)| {
        let what = format!("the `{}` of `{}`", output.key(), build.name);
        if at == path {
            return Some(format!("would replace {what}"));
        }
        let is_within = output.kind == OutputKind::Directory && path.starts_with(at);
        is_within.then(|| format!("would stand within {what}, which is replaced whole"))
    })
}
