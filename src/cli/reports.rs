//! Which reports are asked for, by whom, and writing them when a run has ended.

mod replaced;

use std::path::{Path, PathBuf};

use crate::{
    ci::Provider,
    config::{Mistake, Mistakes},
    plan::Plan,
    report::{self, By, Ended, Format, Printer, Report, snippet},
};

use super::{
    Surroundings,
    load::Loaded,
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
        if path == "-" {
            printer.tell(&format!("error: `--report {report}`: a report goes to a file"));
            printer.tell(
                "hint: `--output json` writes the one in JSON to stdout; `/dev/stdout` takes any",
            );
            return None;
        }
        let by = By::Option(report.clone());
        asked.push(at(format, surroundings.current.join(path), by));
    }
    match asked.iter().find_map(no_place) {
        Some(mistake) => {
            Trouble::new(mistake.message, mistake.hint.unwrap_or_default()).tell(printer);
            None
        }
        None => Some(asked),
    }
}

/// As [`found`]; none when a mistake was told.
pub(super) fn all(
    reports: Vec<Report>,
    plan: &Plan,
    loaded: &Loaded,
    surroundings: &Surroundings,
    printer: &Printer,
) -> Option<Vec<Report>> {
    told(found(reports, plan, loaded, surroundings), printer)
}

/// With those of `[reports]`, where the command line asks for none of their format, and those that
/// are written by default.
///
/// One that would replace what it must not is a mistake.
pub(super) fn found(
    mut reports: Vec<Report>,
    plan: &Plan,
    Loaded { config, ci }: &Loaded,
    surroundings: &Surroundings,
) -> Result<Vec<Report>, Trouble> {
    let asked: Vec<_> = reports.iter().map(|report| report.format).collect();
    for (format, path) in &plan.reports {
        // The keys of `[reports]` are the names of the formats.
        let Some((format, node)) = Format::named(format).zip(config.reports.get(format)) else {
            continue;
        };
        if !asked.contains(&format) {
            reports.push(at(format, path.clone(), By::Key(node.place.clone())));
        }
    }
    let on_gitlab = ci.provider() == Provider::GitLab;
    let dotenv = reports.iter().find(|report| report.format == Format::Dotenv);
    let refused = dotenv.and_then(|report| report::refusal(report, plan, on_gitlab));
    let mut mistakes: Vec<_> = refused.into_iter().collect();
    let has = |reports: &[Report], of| reports.iter().any(|report| report.format == of);
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
            reports.push(Report { format, path, append: true, by: By::Default });
        }
    }
    mistakes.extend(replaced::mistakes(&reports, plan));
    match Mistakes::any(mistakes, &plan.sources) {
        Some(mistakes) => Err(mistakes.into()),
        None => Ok(reports),
    }
}

/// Whether each has a directory to be in, which is told where it has not.
pub(super) fn have_places(reports: &[Report], plan: &Plan, printer: &Printer) -> bool {
    let asked = reports.iter().filter(|report| !report.is_by_default());
    match Mistakes::any(asked.filter_map(no_place).collect(), &plan.sources) {
        Some(mistakes) => {
            printer.tell(&snippet::mistakes(&mistakes, printer.style.colour));
            false
        }
        None => true,
    }
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
            Err(error) if report.is_by_default() => printer.warning(&error.to_string()),
            Err(error) => {
                printer.error(&error, Some("the builds have ended all the same: see above"));
                written = false;
            }
        }
    }
    written
}

/// Writes those that the end of the run will replace, in case that something kills it before: what
/// is added to a file can't be taken back. What cannot be written is told in the end.
pub(super) fn write_meanwhile(reports: &[Report], run: &Ended<'_>) {
    for report in reports.iter().filter(|report| !report.append) {
        let _ = report::write(&report.path, &report.format.document(run));
    }
}

fn at(format: Format, path: PathBuf, by: By) -> Report {
    Report { format, path, append: format == Format::GithubOutput, by }
}

/// What is wrong where there is no directory to put it in, or one of its name.
fn no_place(report: &Report) -> Option<Mistake> {
    if report.path.is_dir() {
        let message = format!("{report} names a directory, `{}`", report.path.display());
        let hint = "name a file in it";
        return Some(report.mistake(message, "a directory").hint(hint));
    }
    let parent = report.path.parent();
    if parent.is_some_and(Path::is_dir) {
        return None;
    }
    let parent = parent.unwrap_or(&report.path).display();
    let message = format!("the report's directory `{parent}` is not there");
    let hint = "make it first: reports make no directories";
    Some(report.mistake(message, "goes there").hint(hint))
}
