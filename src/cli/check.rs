//! `check`: every mistake, told to people, and to editors and CIs in a format of theirs.
//!
//! As a plan, it runs no credential command and no helper.

use std::path::PathBuf;

use crate::{
    config::{Config, Origin, Place},
    plan::{Plan, Wanted},
    report::{Printer, findings, snippet},
    secret::Redactor,
};

use super::{
    OK, Surroundings, USAGE,
    args::{self, Findings},
    imagined,
    load::{self, Loaded},
    plan::located,
    reports,
    trouble::Trouble,
    written,
};

/// `check`.
///
/// People are told on stderr whatever the format is: stdout is the format's alone.
pub(super) fn check(
    args: &args::Check,
    surroundings: &Surroundings,
    printer: &Printer,
    redactor: &Redactor,
) -> u8 {
    // As the jobs of GitLab and of GitHub have it: an archive of a commit has no `.git`.
    let tops = ["CI_PROJECT_DIR", "GITHUB_WORKSPACE"];
    let tops = tops.iter().filter_map(|name| surroundings.environment.get(*name));
    let tops = tops.filter(|top| top.starts_with('/')).map(PathBuf::from).collect();
    let looked = imagined::surroundings(&args.read.imagined, surroundings, printer);
    let Some(surroundings) = looked.as_deref() else { return USAGE };
    let mut found = findings::Findings::below(tops);
    let all = Wanted { push: true, of_the_root: true, ..Wanted::default() };
    let loaded = load::read(&args.read.common, all, surroundings, redactor);
    let planned = loaded.and_then(|loaded| {
        let plan = planned(&loaded, all, surroundings, redactor)?;
        let checked = checked(&plan, &loaded.config);
        Ok((plan, checked))
    });
    let code = match &planned {
        Ok((plan, checked)) => {
            for warning in snippet::warnings(&plan.warnings, &plan.sources, printer.style.colour) {
                printer.tell(&warning);
            }
            found.warnings(&plan.warnings, &plan.sources);
            if printer.talks() {
                printer.tell(&format!("{checked}, no mistakes"));
            }
            OK
        }
        Err(trouble) => {
            trouble.tell(printer);
            match trouble {
                Trouble::Mistakes(wrong) => found.errors(wrong),
                Trouble::Plain { message, hint } => {
                    found.error(message, hint.as_deref());
                }
            }
            USAGE
        }
    };
    let document = match args.format {
        Findings::Text => return code,
        Findings::Json => findings::json(&found, redactor),
        Findings::Gitlab => findings::gitlab(&found, redactor),
        Findings::Github => findings::github(&found, redactor),
    };
    if document.is_empty() {
        return code;
    }
    match written(printer.document(&document), printer) {
        OK => code,
        failed => failed,
    }
}

/// How many builds there are; in the directory of an included file, which of them were looked at.
fn checked(plan: &Plan, config: &Config) -> String {
    let (builds, all) = (plan.builds.len(), config.builds.len());
    let noun = if builds == 1 { "build" } else { "builds" };
    let (Some(member), Some(root)) = (config.member, &config.path) else {
        return format!("{builds} {noun}");
    };
    let named = |source| {
        let Origin::File(path) = &config.sources.of(&Place { source, span: 0..0 }).origin else {
            return String::new();
        };
        let directory = root.parent().unwrap_or(root);
        path.strip_prefix(directory).unwrap_or(path).display().to_string()
    };
    let mut whose = format!("those of {}", named(member));
    if plan.builds.iter().any(|build| build.place.source == Config::ROOT) {
        whose = format!("{whose} and {}", named(Config::ROOT));
    }
    if plan.builds.iter().any(|build| ![member, Config::ROOT].contains(&build.place.source)) {
        whose.push_str(" with what they need");
    }
    format!("{builds} {noun} of {all} ({whose})")
}

/// The plan of all builds, and what else a run would look at before it starts.
fn planned(
    loaded: &Loaded,
    all: Wanted<'_>,
    surroundings: &Surroundings,
    redactor: &Redactor,
) -> Result<Plan, Trouble> {
    let plan = load::planned(loaded, all, surroundings, redactor)?;
    reports::found(Vec::new(), &plan, loaded, surroundings)?;
    located(&plan, surroundings)?;
    Ok(plan)
}
