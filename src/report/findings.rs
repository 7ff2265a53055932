//! What `check` has found, for editors and for CIs.
//!
//! Each finding is of a line of a file where it can be: GitLab and GitHub show it there, by a path
//! from the top of the repository.
//!
//! Source: GitLab's documentation, "Code Quality report format"; GitHub's, "Workflow commands:
//! setting an error message"; the escapes are those of its toolkit's `command.ts`.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
};

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{
    config::{Mistake, Mistakes, Origin, Place, Sources},
    secret::Redactor,
};

use super::redacted;

/// What stands above an annotation, and what GitLab calls the check.
const CHECK: &str = "kaniko-build check";
/// Where GitLab shows what stands in no file.
const FILE: &str = "kaniko.toml";

/// What was found, in order.
#[derive(Debug, Default)]
pub struct Findings {
    /// Directories that may be the top of the repository; the first that a file is below counts.
    tops: Vec<PathBuf>,
    found: Vec<Finding>,
    /// Mistakes beyond those.
    more: usize,
}

#[derive(Debug)]
struct Finding {
    severity: Severity,
    message: String,
    label: Option<String>,
    hint: Option<String>,
    place: Option<At>,
    /// A second place, and what is to be said of it.
    also: Option<(At, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Severity {
    Error,
    Warning,
}

/// A place as it is shown.
#[derive(Debug)]
struct At {
    kind: &'static str,
    /// The file as the user would name it, the variable, or the option.
    name: String,
    /// Of a file: absolute.
    path: Option<String>,
    /// Of a file: from the top of its repository.
    within: Option<String>,
    start: (usize, usize),
    end: (usize, usize),
}

impl Findings {
    /// None yet; `tops` are directories that a CI has checked a repository out to.
    #[must_use]
    pub fn below(tops: Vec<PathBuf>) -> Self {
        Self { tops, ..Self::default() }
    }

    /// Adds mistakes.
    pub fn errors(&mut self, mistakes: &Mistakes) {
        let sources = &mistakes.sources;
        self.more += mistakes.more;
        self.warnings(&mistakes.warnings, sources);
        self.add(Severity::Error, &mistakes.mistakes, sources);
    }

    /// Adds warnings.
    pub fn warnings(&mut self, warnings: &[Mistake], sources: &Sources) {
        self.add(Severity::Warning, warnings, sources);
    }

    fn add(&mut self, severity: Severity, found: &[Mistake], sources: &Sources) {
        let found = found.iter().map(|one| finding(severity, one, sources, &self.tops));
        self.found.extend(found);
    }

    /// Adds an error that stands nowhere.
    pub fn error(&mut self, message: &str, hint: Option<&str>) {
        let (message, hint) = (message.to_owned(), hint.map(str::to_owned));
        let severity = Severity::Error;
        self.found.push(Finding { severity, message, label: None, hint, place: None, also: None });
    }
}

fn finding(severity: Severity, mistake: &Mistake, sources: &Sources, tops: &[PathBuf]) -> Finding {
    let at = |place: &Place| at(place, sources, tops);
    let Mistake { message, place, label, also, hint, concealed: _, may_follow: _ } = mistake;
    Finding {
        severity,
        message: message.clone(),
        label: Some(label.to_string()).filter(|label| !label.is_empty()),
        hint: hint.clone(),
        place: place.as_ref().map(at),
        also: also.as_deref().map(|(place, label)| (at(place), label.clone())),
    }
}

fn at(place: &Place, sources: &Sources, tops: &[PathBuf]) -> At {
    let source = sources.of(place);
    let end = Place { source: place.source, span: place.span.end..place.span.end };
    let (kind, path, within) = match &source.origin {
        Origin::File(path) => {
            ("file", Some(path.display().to_string()), Some(from_the_top(path, sources, tops)))
        }
        Origin::Variable => ("variable", None, None),
        Origin::Flag | Origin::Given => ("option", None, None),
        Origin::BuiltIn => ("default", None, None),
    };
    At {
        kind,
        name: source.label.clone(),
        path,
        within,
        start: (sources.line(place), sources.column(place)),
        end: (sources.line(&end), sources.column(&end)),
    }
}

/// The path within the repository that the file is in: below the first of `tops` that it is below,
/// else below what holds `.git`, else below the directory of the first file.
fn from_the_top(path: &Path, sources: &Sources, tops: &[PathBuf]) -> String {
    let above = || path.ancestors().skip(1);
    let checked_out = tops.iter().map(PathBuf::as_path).find(|top| path.starts_with(top));
    let of_git = || above().find(|above| above.join(".git").exists());
    let of_first = || {
        let (_, first) = sources.files().next()?;
        first.parent().filter(|top| path.starts_with(top))
    };
    let top = checked_out.or_else(of_git).or_else(of_first).or_else(|| path.parent());
    let within = top.and_then(|top| path.strip_prefix(top).ok()).unwrap_or(path);
    within.display().to_string()
}

/// The document of `--format json`.
#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    program: &'static str,
    findings: Vec<Shown<'a>>,
    left_out: usize,
}

#[derive(Serialize)]
struct Shown<'a> {
    severity: Severity,
    message: &'a str,
    label: Option<&'a str>,
    hint: Option<&'a str>,
    place: Option<ShownAt<'a>>,
    also: Option<Also<'a>>,
}

#[derive(Serialize)]
struct Also<'a> {
    label: &'a str,
    place: ShownAt<'a>,
}

#[derive(Serialize)]
struct ShownAt<'a> {
    r#in: &'static str,
    name: &'a str,
    path: Option<&'a str>,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

impl<'a> From<&'a At> for ShownAt<'a> {
    fn from(at: &'a At) -> Self {
        Self {
            r#in: at.kind,
            name: &at.name,
            path: at.path.as_deref(),
            line: at.start.0,
            column: at.start.1,
            end_line: at.end.0,
            end_column: at.end.1,
        }
    }
}

/// As `schemas/check.schema.json` says.
#[must_use]
pub fn json(findings: &Findings, redactor: &Redactor) -> String {
    let shown = findings.found.iter().map(|finding| Shown {
        severity: finding.severity,
        message: &finding.message,
        label: finding.label.as_deref(),
        hint: finding.hint.as_deref(),
        place: finding.place.as_ref().map(ShownAt::from),
        also: finding.also.as_ref().map(|(at, label)| Also { label, place: at.into() }),
    });
    let document = Document {
        version: 1,
        program: env!("CARGO_PKG_VERSION"),
        findings: shown.collect(),
        left_out: findings.more,
    };
    redacted::document(&document, redactor)
}

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
}

/// GitLab's Code Quality report.
///
/// A fingerprint stays the same while its finding moves to another line. The format has no room
/// for a second place, which is told in words.
#[must_use]
pub fn gitlab(findings: &Findings, redactor: &Redactor) -> String {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let issue = |finding: &Finding| {
        let (path, begin) = match &finding.place {
            Some(At { within: Some(path), start, .. }) => (path.clone(), start.0),
            _ => (FILE.to_owned(), 1),
        };
        let sentence = finding.sentence("; ");
        let place = format!("{path}\n{}", redacted::data(&sentence, redactor));
        let count = seen.entry(place.clone()).or_default();
        *count += 1;
        let digest = Sha256::digest(format!("{place}\n{count}"));
        Issue {
            description: redacted::data(&(sentence + &finding.also("; ")), redactor),
            check_name: CHECK,
            fingerprint: digest.iter().take(16).fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            }),
            severity: match finding.severity {
                Severity::Error => "critical",
                Severity::Warning => "minor",
            },
            location: Location { path, lines: Lines { begin } },
        }
    };
    let issues: Vec<_> = findings.found.iter().map(issue).collect();
    redacted::document(&issues, redactor)
}

/// A workflow command for each, a line each; empty for none.
#[must_use]
pub fn github(findings: &Findings, redactor: &Redactor) -> String {
    let command = |finding: &Finding| {
        let name = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let mut properties = String::new();
        if let Some(At { within: Some(path), start: (line, column), end, .. }) = &finding.place {
            let path = property(&redacted::data(path, redactor));
            let _ = write!(properties, "file={path},line={line},col={column},");
            // Columns are of one line.
            if end.0 == *line && end.1 > *column {
                let _ = write!(properties, "endColumn={},", end.1);
            }
        }
        let text = finding.sentence("\nhint: ") + &finding.also("\n");
        let text = data(&redacted::data(&text, redactor));
        format!("::{name} {properties}title={}::{text}", property(CHECK))
    };
    findings.found.iter().map(command).collect::<Vec<_>>().join("\n")
}

impl Finding {
    /// All in one, with where it stands unless that is a file, and advice after `then`.
    fn sentence(&self, then: &str) -> String {
        let place = match &self.place {
            Some(At { within: None, name, .. }) => format!("{name}: "),
            _ => String::new(),
        };
        let hint = self.hint.as_ref().map(|hint| format!("{then}{hint}")).unwrap_or_default();
        format!("{place}{}{hint}", self.message)
    }

    /// The second place in words, after `then`; nothing where there is none.
    fn also(&self, then: &str) -> String {
        let Some((At { name, start: (line, column), .. }, label)) = &self.also else {
            return String::new();
        };
        format!("{then}{name}:{line}:{column}: {label}")
    }
}

/// What stands after the `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Source;

    fn found(text: &str, span: std::ops::Range<usize>, message: &str) -> Findings {
        let mut sources = Sources::default();
        let origin = Origin::File("/nowhere/a,b/kaniko.toml".into());
        let source =
            sources.add(Source { label: "a,b/kaniko.toml".into(), text: text.into(), origin });
        let place = Place { source, span };
        let mistake = Mistake::at(&place, message, "here").also(&place, "here, too");
        let mut findings = Findings::default();
        findings.errors(&Mistakes::new(vec![mistake], &sources));
        findings
    }

    #[test]
    fn what_a_workflow_command_would_read_as_its_own_is_escaped() {
        let findings = found("a = 1\n", 0..1, "100 %, :: and\r\na second line");

        assert_eq!(
            github(&findings, &Redactor::default()),
            "::error file=kaniko.toml,line=1,col=1,endColumn=2,title=kaniko-build check::\
             100 %25, :: and%0D%0Aa second line%0Aa,b/kaniko.toml:1:1: here, too"
        );
        assert_eq!(property("a:b,c%"), "a%3Ab%2Cc%25");
    }

    #[test]
    fn a_fingerprint_outlives_a_move_to_another_line_and_is_each_ones_own() {
        let fingerprints = |findings: &Findings| -> Vec<String> {
            let report = gitlab(findings, &Redactor::default());
            let report: serde_json::Value = serde_json::from_str(&report).unwrap();
            let issues = report.as_array().unwrap().iter();
            issues.map(|issue| issue["fingerprint"].as_str().unwrap().to_owned()).collect()
        };
        let here = fingerprints(&found("a = 1\n", 0..1, "wrong"));
        let there = fingerprints(&found("\n\na = 1\n", 2..3, "wrong"));
        let mut twice = found("a = 1\nb = 2\n", 0..1, "wrong");
        twice.found.extend(found("a = 1\nb = 2\n", 6..7, "wrong").found);
        let twice = fingerprints(&twice);

        assert_eq!(here, there);
        assert_eq!(twice[0], here[0]);
        assert_ne!(twice[0], twice[1]);
    }
}
