//! Variables for later jobs: `KANIKO_IMAGE_API=reference@digest`, a line for each image pushed.
//!
//! A POSIX shell reads the file as GitLab does: names are upper case, and no value holds what would
//! have to be quoted. A build that has no image has no line.
//!
//! Source: GitLab's documentation, "artifacts:reports:dotenv": letters, digits and underscores in
//! names, no empty lines, no comments, no spaces; and "Limit dotenv file size" and "Limit dotenv
//! variables" of its instance limits, and the limits of GitLab.com's plans: 5120 bytes everywhere,
//! and 50, 100 or 150 variables by plan. Which plan a job is of cannot be told, so the least
//! counts; who has more runs into the bytes first, of which a digest alone takes 72. On a server of
//! one's own it is 20 until an administrator allows more, which cannot be told either:
//! `docs/gitlab-ci.md` says so.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::{
    config::Mistake,
    plan::{Build, Plan},
};

use super::{Ended, Report};

/// The most that GitLab takes, in bytes.
const LARGEST: usize = 5120;

/// The most variables that GitLab takes, on its Free plan.
const MOST: usize = 50;

/// How long `@sha256:` and a digest are.
const DIGEST: usize = 72;

/// The whole file.
pub(super) fn document(run: &Ended<'_>) -> String {
    run.images().fold(String::new(), |mut text, (build, image, _)| {
        if let Some(image) = image {
            let _ = writeln!(text, "{}={image}", variable(build));
        }
        text
    })
}

/// The variable of a build: `worker-3.12` has `KANIKO_IMAGE_WORKER_3_12`.
fn variable(build: &str) -> String {
    let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
    let name: String = build.chars().map(letter).collect();
    format!("KANIKO_IMAGE_{}", name.to_ascii_uppercase())
}

/// Why `report`, the file of a plan, would not do, with what to do about it: two builds of one
/// variable, or, `on_gitlab`, more than GitLab takes.
#[must_use]
pub fn refusal(report: &Report, plan: &Plan, on_gitlab: bool) -> Option<Mistake> {
    let pushed = |build: &&Build| build.push && !build.destinations.is_empty();
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    let mut size = 0;
    for build in plan.builds.iter().filter(pushed) {
        let name = variable(&build.name);
        let value = build.destinations.first().map_or(0, |first| first.to_string().len());
        size += name.len() + "=\n".len() + value + DIGEST;
        if let Some(other) = names.get(&name) {
            let message = format!(
                "the dotenv report has one name for `{other}` and `{}`: `{name}`",
                build.name
            );
            let mistake = Mistake::at(&build.place, message, "the second");
            return Some(mistake.hint("rename one: `-` and `.` are `_` in the names of variables"));
        }
        names.insert(name, &build.name);
    }
    let hint = "run groups of builds in jobs of their own, or hand on the JSON report instead";
    if on_gitlab && size > LARGEST {
        let message =
            format!("the dotenv report would have {size} bytes, and GitLab takes {LARGEST}");
        return Some(report.mistake(message, "too large").hint(hint));
    }
    if on_gitlab && names.len() > MOST {
        let message = format!(
            "the dotenv report would have {} variables, and GitLab Free takes {MOST}",
            names.len()
        );
        return Some(report.mistake(message, "too many").hint(hint));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::variable;

    #[test]
    fn a_variable_is_upper_case_with_underscores() {
        assert_eq!(variable("api"), "KANIKO_IMAGE_API");
        assert_eq!(variable("worker-3.12"), "KANIKO_IMAGE_WORKER_3_12");
    }
}
