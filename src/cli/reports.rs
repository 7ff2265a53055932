//! Which reports are asked for, by whom, and writing them when a run has ended.

use std::path::{Path, PathBuf};

use crate::{
    ci::{Ci, Provider},
    config::Mistakes,
    plan::Plan,
    report::{self, Ended, Format, Printer, Report},
};

use super::{
    Surroundings,
    trouble::{Trouble, told},
};

/// Files of GitHub's that a report is added to where no other is asked for in its format.
const BY_DEFAULT: [(Format, &str); 2] =
    [(Format::Markdown, "GITHUB_STEP_SUMMARY"), (Format::GithubOutput, "GITHUB_OUTPUT")];

/// The reports of `--report FORMAT=PATH`; none when a mistake was told.
pub(super) fn asked(
    reports: &[String],
    surroundings: &Surroundings,
    printer: &Printer,
) -> Option<Vec<Report>> {
    let mut asked = Vec::new();
    for report in reports {
        let parts = report.split_once('=').filter(|(_, path)| !path.is_empty());
        let format = parts.and_then(|(format, path)| Some((Format::named(format)?, path)));
        let Some((format, path)) = format else {
            let formats: Vec<_> = Format::ALL.iter().map(|format| format.name()).collect();
            printer.tell(&format!("error: `--report {report}` is no report"));
            printer.tell(&format!(
                "hint: write `--report FORMAT=PATH`, with {} for FORMAT",
                formats.join(", ")
            ));
            return None;
        };
        asked.push(at(format, surroundings.current.join(path)));
    }
    asked.iter().all(|report| has_place(&report.path, printer)).then_some(asked)
}

/// As [`found`]; none when a mistake was told.
pub(super) fn all(
    reports: Vec<Report>,
    plan: &Plan,
    ci: &Ci,
    surroundings: &Surroundings,
    printer: &Printer,
) -> Option<Vec<Report>> {
    told(found(reports, plan, ci, surroundings), printer)
}

/// With those of `[reports]`, where the command line asks for none of their format, and those that
/// are written by default.
pub(super) fn found(
    mut reports: Vec<Report>,
    plan: &Plan,
    ci: &Ci,
    surroundings: &Surroundings,
) -> Result<Vec<Report>, Trouble> {
    let asked: Vec<_> = reports.iter().map(|report| report.format).collect();
    for (format, path) in &plan.reports {
        // The keys of `[reports]` are the names of the formats.
        let Some(format) = Format::named(format) else { continue };
        if !asked.contains(&format) {
            reports.push(at(format, path.clone()));
        }
    }
    let has = |reports: &[Report], of| reports.iter().any(|report| report.format == of);
    if has(&reports, Format::Dotenv)
        && let Some(mistake) = report::refusal(plan, ci.provider() == Provider::GitLab)
    {
        return Err(Mistakes::new(vec![mistake], &plan.sources).into());
    }
    for (format, variable) in BY_DEFAULT {
        let Some(path) = surroundings.environment.get(variable).filter(|path| !path.is_empty())
        else {
            continue;
        };
        let path = surroundings.current.join(path);
        // Asked for by name or not: GitHub's own files hold what other steps have written.
        for report in reports.iter_mut().filter(|report| report.path == path) {
            report.append = true;
        }
        if ci.provider() == Provider::GitHub && !has(&reports, format) {
            reports.push(Report { format, path, append: true, by_default: true });
        }
    }
    Ok(reports)
}

/// Whether each has a directory to be in, which is told where it has not.
pub(super) fn have_places(reports: &[Report], printer: &Printer) -> bool {
    reports.iter().all(|report| report.by_default || has_place(&report.path, printer))
}

/// Writes them all; whether those that were asked for are written.
pub(super) fn write(reports: &[Report], run: &Ended<'_>, printer: &Printer) -> bool {
    let mut written = true;
    for report in reports {
        let document = report.format.document(run);
        let done = if report.append {
            report::append(&report.path, &document)
        } else {
            report::write(&report.path, &document)
        };
        match done {
            Ok(()) => {}
            Err(error) if report.by_default => printer.warning(&error.to_string()),
            Err(error) => {
                printer.error(&error, Some("the builds have ended all the same: see above"));
                written = false;
            }
        }
    }
    written
}

fn at(format: Format, path: PathBuf) -> Report {
    Report { format, path, append: format == Format::GithubOutput, by_default: false }
}

fn has_place(path: &Path, printer: &Printer) -> bool {
    if path.parent().is_some_and(Path::is_dir) {
        return true;
    }
    let parent = path.parent().unwrap_or(path).display().to_string();
    printer.tell(&format!("error: the report's directory `{parent}` is not there"));
    printer.tell("hint: make it first: reports make no directories");
    false
}
