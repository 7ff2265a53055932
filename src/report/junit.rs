//! Each build as a test case, as GitLab, Jenkins and others show them.
//!
//! A failed build is a failure, one that could not be built or was interrupted an error, one that
//! was not started is skipped. The order of the elements and the attributes are those that both
//! common schemas take: the one of Jenkins' xUnit plugin and the one made after Ant's task.
//!
//! Source: `jenkins-junit.xsd` of Jenkins' xUnit plugin; windyroad's `JUnit.xsd`; GitLab's
//! documentation, "Unit test reports".

use std::fmt::Write as _;

use crate::{
    ci::{Fact, FactValue, Field},
    outcome::End,
};

use super::Ended;

/// The whole document.
pub(super) fn document(run: &Ended<'_>) -> String {
    let (mut failures, mut errors, mut skipped, mut seconds) = (0, 0, 0, 0.0);
    let mut cases = String::new();
    let mut tests = 0;
    for (build, outcome) in run.builds() {
        tests += 1;
        seconds += outcome.duration.as_secs_f64();
        let end = match &outcome.end {
            End::Built { .. } => None,
            End::Failed { cause, exit_code, .. } => {
                failures += 1;
                let text = with_tail(cause, &run.tail(&build.name));
                Some(element(run, "failure", &format!("exit code {exit_code}"), cause, &text))
            }
            End::Unreached { cause, hint } | End::Unpacked { cause, hint } => {
                errors += 1;
                let text = with_tail(cause, hint.as_deref().unwrap_or_default());
                Some(element(run, "error", "not built", cause, &text))
            }
            End::Interrupted => {
                errors += 1;
                let cause = outcome.interruption(run.signal);
                Some(element(run, "error", "interrupted", &cause, &cause))
            }
            End::Skipped { cause } => {
                skipped += 1;
                Some(format!("<skipped message=\"{}\"/>", escaped(&run.plain(cause))))
            }
        };
        let name = escaped(&build.name);
        let time = outcome.duration.as_secs_f64();
        let _ = write!(
            cases,
            "    <testcase name=\"{name}\" classname=\"kaniko-build\" time=\"{time:.3}\""
        );
        match end {
            Some(end) => {
                let _ = writeln!(cases, ">\n      {end}\n    </testcase>");
            }
            None => cases.push_str("/>\n"),
        }
    }
    let started = humantime::format_rfc3339_seconds(run.started).to_string();
    let started = started.trim_end_matches('Z');
    let images: String = run.images().fold(String::new(), |mut text, (build, image, digest)| {
        let _ = writeln!(text, "{build} {}", image.as_deref().unwrap_or(digest));
        text
    });
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites>\n  \
           <testsuite name=\"images\" package=\"kaniko-build\" id=\"0\" hostname=\"localhost\" \
         timestamp=\"{started}\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" \
         skipped=\"{skipped}\" time=\"{seconds:.3}\">\n{}{cases}    \
             <system-out>{}</system-out>\n    \
             <system-err></system-err>\n  \
           </testsuite>\n\
         </testsuites>\n",
        properties(run),
        escaped(&images)
    )
}

fn properties(run: &Ended<'_>) -> String {
    let mut text = String::from("    <properties>\n");
    let mut property = |name: &str, value: &str| {
        let value = escaped(&run.plain(value));
        let _ = writeln!(text, "      <property name=\"{name}\" value=\"{value}\"/>");
    };
    property("program", env!("CARGO_PKG_VERSION"));
    for (name, field) in [("commit", Field::Commit), ("job-url", Field::JobUrl)] {
        if let Fact::Known(FactValue::Text(value)) = run.ci.fact(field) {
            property(name, &value);
        }
    }
    text.push_str("    </properties>\n");
    text
}

fn with_tail(cause: &str, tail: &str) -> String {
    if tail.is_empty() { cause.to_owned() } else { format!("{cause}\n\n{tail}") }
}

fn element(run: &Ended<'_>, name: &str, kind: &str, message: &str, text: &str) -> String {
    let message = escaped(&run.plain(message)).replace('\n', "&#10;");
    let text = escaped(&run.plain(text));
    format!("<{name} type=\"{kind}\" message=\"{message}\">{text}</{name}>")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
