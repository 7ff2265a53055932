//! A table to read, as pages of pipelines and merge requests show it.
//!
//! Source: the GitHub Flavored Markdown specification, "Tables" and "HTML blocks".

use std::fmt::Write as _;

use crate::outcome::End;

use super::{Ended, table};

/// The whole text.
pub(super) fn document(run: &Ended<'_>) -> String {
    let mut text = String::from("### Images\n\n| Build | Result | Time | Image or cause |\n");
    text.push_str("| --- | --- | ---: | --- |\n");
    let mut logs = String::new();
    for (build, outcome) in run.builds() {
        let (result, last) = match &outcome.end {
            End::Built { digest, images } if images.is_empty() => ("built", code(digest)),
            End::Built { images, .. } => {
                let images: Vec<_> = images.iter().map(|image| code(&run.plain(image))).collect();
                ("built", images.join("<br>"))
            }
            End::Failed { cause, .. } => ("**failed**", cell(run, cause)),
            End::Unreached { cause, .. } | End::Unpacked { cause, .. } => {
                ("**not built**", cell(run, cause))
            }
            End::Skipped { cause } => ("skipped", cell(run, cause)),
            End::Interrupted if outcome.attempts == 0 => {
                ("**not built**", outcome.interruption(run.signal))
            }
            End::Interrupted => {
                let cause = outcome.interruption(run.signal);
                ("**interrupted**", format!("{cause} while it was built"))
            }
        };
        let time = table::time(outcome);
        let _ = writeln!(text, "| {} | {result} | {time} | {last} |", build.name);
        let tail = run.tail(&build.name);
        if let (End::Failed { .. }, false) = (&outcome.end, tail.is_empty()) {
            let _ = write!(
                logs,
                "\n<details><summary>The last lines of {}</summary>\n\n<pre>{}</pre>\n\n</details>\n",
                build.name,
                html(&tail)
            );
        }
    }
    text + &logs
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

/// Text that stays in its cell and means nothing.
fn cell(run: &Ended<'_>, text: &str) -> String {
    let html = html(&run.plain(text)).replace(['\n', '\t'], " ");
    html.chars().fold(String::new(), |mut cell, letter| {
        if matches!(letter, '|' | '\\' | '`' | '*' | '_' | '[' | ']') {
            cell.push('\\');
        }
        cell.push(letter);
        cell
    })
}

/// Blank lines would end a block of HTML.
fn html(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let lines: Vec<_> = escaped.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.join("\n")
}
