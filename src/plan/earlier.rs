//! Images of builds that an earlier job has built, from the JSON reports of their runs.
//!
//! What is needed and not itself chosen comes from there, by its digest, and is not built again.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use serde::Deserialize;

use crate::{
    config::{Mistake, Mistakes, Origin, Place, Source, Sources},
    registry::Reference,
    template::{LateValue, Rendered},
};

use super::reader::Reader;

/// The version of the report that is read.
const VERSION: u64 = 1;

/// The builds of earlier reports.
#[derive(Debug, Default)]
pub struct Earlier {
    builds: BTreeMap<String, Done>,
    /// The reports' names, as the user would type them.
    labels: Vec<String>,
}

/// How a build ended in an earlier job.
#[derive(Debug, Clone)]
struct Done {
    result: String,
    /// Its first destination with its digest; none where nothing was pushed.
    image: Option<String>,
    digest: Option<String>,
    label: String,
}

/// An image that an earlier job has made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Taken {
    /// The build.
    pub build: String,
    /// `reference@digest`; none where the build was only to come before.
    pub image: Option<String>,
    /// The report that says so.
    pub report: String,
}

#[derive(Deserialize)]
struct Version {
    version: u64,
}

#[derive(Deserialize)]
struct Report {
    builds: Vec<BuildOfReport>,
}

#[derive(Deserialize)]
struct BuildOfReport {
    name: String,
    result: String,
    digest: Option<String>,
    images: Vec<String>,
}

impl Earlier {
    /// Reads reports, each with its name and text; of a build in several the last one counts.
    ///
    /// # Errors
    ///
    /// What is no JSON report of a version that is known, or has a digest or a reference that is
    /// none, with its place.
    pub fn read(reports: &[(String, String)]) -> Result<Self, Mistakes> {
        let mut sources = Sources::default();
        let mut mistakes = Vec::new();
        let mut earlier = Self::default();
        for (label, text) in reports {
            let origin = Origin::File(label.into());
            let source = sources.add(Source { label: label.clone(), text: text.clone(), origin });
            match builds(text, source) {
                Ok(builds) => {
                    for build in builds {
                        match done(&build, label) {
                            Ok(done) => {
                                earlier.builds.insert(build.name, done);
                            }
                            Err((value, message)) => {
                                let place = find(text, source, &value);
                                mistakes.push(Mistake::at(&place, message, "here"));
                            }
                        }
                    }
                }
                Err(mistake) => mistakes.push(mistake),
            }
            earlier.labels.push(label.clone());
        }
        if mistakes.is_empty() { Ok(earlier) } else { Err(Mistakes::new(mistakes, &sources)) }
    }

    /// The reports, in words.
    fn described(&self) -> String {
        self.labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(" and ")
    }

    /// What an earlier job made of `build`, which `who` needs and where that is written.
    fn done(&self, build: &str, who: &str, place: Option<&Place>) -> Result<&Done, Mistake> {
        let at = |message: String| match place {
            Some(place) => Mistake::at(place, message, "needed here"),
            None => Mistake::nowhere(message),
        };
        let Some(done) = self.builds.get(build) else {
            let message =
                format!("`{who}` needs `{build}`, which {} does not have", self.described());
            let hint = format!(
                "build it too, as in `run {build} {who}`, or take the report of the job that \
                 built it"
            );
            return Err(at(message).hint(hint));
        };
        if done.result == "built" {
            return Ok(done);
        }
        let message = format!(
            "`{who}` needs `{build}`, which was not built: `{}` says `{}`",
            done.label, done.result
        );
        Err(at(message).hint("let the job that builds it end well first"))
    }
}

/// The builds of one report.
fn builds(text: &str, source: usize) -> Result<Vec<BuildOfReport>, Mistake> {
    let wrong = |error: &serde_json::Error, message: &str| {
        let place = at_line(text, source, error.line(), error.column());
        let label = error.to_string();
        let label = label.split(" at line ").next().unwrap_or_default().to_owned();
        let hint = "`--from-report` takes what `run --report json=PATH` has written";
        Mistake::at(&place, message, label).hint(hint)
    };
    let Version { version } =
        serde_json::from_str(text).map_err(|error| wrong(&error, "this is no report of a run"))?;
    if version != VERSION {
        let message = format!("version {version} of the report is not known");
        let hint = "this program reads version 1: let the same one build and take";
        return Err(Mistake::at(&find(text, source, "version"), message, "not 1").hint(hint));
    }
    serde_json::from_str(text)
        .map(|report: Report| report.builds)
        .map_err(|error| wrong(&error, "this is no report of a run"))
}

/// What is told of a build; else the value that is wrong, and why.
fn done(build: &BuildOfReport, label: &str) -> Result<Done, (String, String)> {
    if let Some(digest) = build.digest.as_ref().filter(|digest| !is_digest(digest)) {
        return Err((digest.clone(), format!("`{digest}` is no digest")));
    }
    let image = build.images.first();
    if let Some(image) = image {
        let parsed = Reference::parse(image).map_err(|error| (image.clone(), error.to_string()))?;
        let digest = parsed.to_string().split_once('@').map(|(_, digest)| digest.to_owned());
        if digest.is_none() || digest != build.digest {
            let message = format!("`{image}` is not the image of the digest that stands with it");
            return Err((image.clone(), message));
        }
    }
    Ok(Done {
        result: build.result.clone(),
        image: image.cloned(),
        digest: build.digest.clone(),
        label: label.to_owned(),
    })
}

fn is_digest(text: &str) -> bool {
    let digits = text.strip_prefix("sha256:").unwrap_or_default();
    digits.len() == 64 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The first place of the JSON string `value`, without its quotes.
fn find(text: &str, source: usize, value: &str) -> Place {
    let start = text.find(&format!("\"{value}\"")).map_or(0, |quote| quote + 1);
    let end = (start + value.len()).min(text.len());
    Place { source, span: start..end }
}

/// A line and a column, both from 1 and the column in bytes, as the JSON parser tells them.
fn at_line(text: &str, source: usize, line: usize, column: usize) -> Place {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let at = text.floor_char_boundary((before + column.saturating_sub(1)).min(text.len()));
    let end = text[at..].chars().next().map_or(at, |one| at + one.len_utf8());
    Place { source, span: at..end }
}

/// Fills in what earlier jobs have made, while builds are planned.
pub(super) struct Taking<'a> {
    pub(super) earlier: Option<&'a Earlier>,
    /// The builds that are built now.
    pub(super) chosen: BTreeSet<&'a str>,
    pub(super) taken: Mutex<BTreeSet<Taken>>,
}

impl Taking<'_> {
    /// Whether `build` is not built now: its image comes from an earlier job.
    pub(super) fn is_taken(&self, build: &str) -> bool {
        self.earlier.is_some() && !self.chosen.contains(build)
    }

    /// The build that the one of `keys` only comes after; `place` is where that is written.
    pub(super) fn after(&self, build: &str, keys: &mut Reader<'_>, who: &str, place: &Place) {
        let Some(earlier) = self.earlier else { return };
        match earlier.done(build, who, Some(place)) {
            Ok(done) => self.note(build, None, done),
            Err(mistake) => keys.mistakes.push(mistake),
        }
    }

    /// The texts of the map `key`, with the images of earlier jobs in their places.
    pub(super) fn fill(
        &self,
        key: &str,
        texts: &mut [(String, Rendered)],
        keys: &mut Reader<'_>,
        who: &str,
    ) {
        let Some(earlier) = self.earlier else { return };
        for (name, text) in texts {
            let place = keys.table.at(&[key, name]).map(|node| &node.place);
            let mut mistakes = Vec::new();
            let filled = text.filled(|late| {
                let build = late.build();
                if self.chosen.contains(build) {
                    return None;
                }
                let done = match earlier.done(build, who, place) {
                    Ok(done) => done,
                    Err(mistake) => {
                        mistakes.push(mistake);
                        return None;
                    }
                };
                let value = match late {
                    LateValue::Image(_) => done.image.clone(),
                    LateValue::Digest(_) => done.digest.clone(),
                };
                if value.is_some() {
                    self.note(build, value.clone(), done);
                } else {
                    let message = format!(
                        "`{who}` takes the image of `{build}`, of which `{}` has none pushed",
                        done.label
                    );
                    mistakes.push(match &place {
                        Some(place) => Mistake::at(place, message, "needs an image"),
                        None => Mistake::nowhere(message),
                    });
                }
                value
            });
            *text = filled;
            keys.mistakes.append(&mut mistakes);
        }
    }

    fn note(&self, build: &str, image: Option<String>, done: &Done) {
        let report = done.label.clone();
        let image = image.and(done.image.clone());
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.insert(Taken { build: build.to_owned(), image, report });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<(String, String)> {
        let wrong = Earlier::read(&[("build.json".into(), text.into())]).unwrap_err();
        let shown = |mistake: &Mistake| {
            let place = mistake.place.as_ref().map(|place| wrong.sources.show(place));
            (place.unwrap_or_default(), mistake.message.clone())
        };
        wrong.mistakes.iter().map(shown).collect()
    }

    #[test]
    fn what_is_no_report_is_told_with_its_line() {
        let wrong =
            |line: u8, message: &str| vec![(format!("build.json:{line}"), message.to_owned())];

        assert_eq!(told("{\n  nonsense"), wrong(2, "this is no report of a run"));
        assert_eq!(told("{ \"version\": 1 }"), wrong(1, "this is no report of a run"));
        assert_eq!(
            told("{\n\"builds\": [],\n\"version\": 2 }"),
            wrong(3, "version 2 of the report is not known")
        );
    }

    #[test]
    fn a_digest_that_is_none_is_told_where_it_stands() {
        let text = "{ \"version\": 1, \"builds\": [\n{ \"name\": \"a\", \"result\": \"built\", \
                    \"digest\": \"sha256:12\", \"images\": [] }] }";

        assert_eq!(told(text), [("build.json:2".into(), "`sha256:12` is no digest".into())]);
    }
}
