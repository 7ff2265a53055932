//! Reports that would replace a file that is something else, or each other.

use std::path::{Path, PathBuf};

use crate::{
    config::Mistake,
    context,
    plan::Plan,
    report::{By, Report},
};

const HINT: &str = "give each report a file of its own";

/// A mistake for each report that would replace a file of the configuration, a Dockerfile of the
/// plan, an output of a build, or another report.
pub(super) fn mistakes(reports: &[Report], plan: &Plan) -> Vec<Mistake> {
    // What is not there replaces no source; plans of many builds have many.
    let has_sources = reports.iter().any(|report| report.path.exists());
    let files = if reports.is_empty() { Vec::new() } else { files(plan, has_sources) };
    let mut seen: Vec<(PathBuf, &Report)> = Vec::new();
    let mut mistakes = Vec::new();
    for report in reports {
        let path = real(&report.path);
        let other = seen.iter().find(|(other, _)| *other == path).map(|(_, other)| *other);
        if let Some((_, what)) = files.iter().find(|(file, _)| *file == path) {
            let message = format!("{report} would replace {what}");
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

/// What no report may replace, with what it is.
fn files(plan: &Plan, with_sources: bool) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for (label, path) in plan.sources.files().filter(|_| with_sources) {
        files.push((real(path), format!("`{label}`, a file of the configuration")));
    }
    for build in &plan.builds {
        if with_sources {
            let (context::Dockerfile::Inside(path) | context::Dockerfile::Outside(path)) =
                &build.dockerfile;
            let what = format!("`{}`, the Dockerfile of `{}`", build.dockerfile_label, build.name);
            files.push((real(&build.context.join(path)), what));
        }
        for output in &build.outputs {
            let key = output.flag.trim_start_matches('-');
            files.push((real(&output.local), format!("the `{key}` of `{}`", build.name)));
        }
    }
    files
}

/// The path without links; of a file that is not there its directory's.
fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| {
        let directory = path.parent().and_then(|parent| parent.canonicalize().ok());
        match (directory, path.file_name()) {
            (Some(directory), Some(name)) => directory.join(name),
            _ => path.to_owned(),
        }
    })
}
