//! The table at the end: how each build ended.

use std::time::Duration;

use indicatif::HumanBytes;

use crate::outcome::{End, Outcome};

/// How much of a cause stands in the table: the whole of it was told when the build ended.
const CAUSE: usize = 60;

/// So many columns does the last cell have, however narrow a terminal is.
const LEAST: usize = 20;

/// One line a build, aligned; without an end of line. In a terminal of so many `columns` no line
/// breaks. `signal` is what interrupted the run, where something did.
#[must_use]
pub fn table(outcomes: &[Outcome], columns: Option<usize>, signal: Option<&str>) -> String {
    let mut rows: Vec<[String; 5]> = outcomes.iter().map(|one| row(one, signal)).collect();
    let header = ["build", "result", "time", "sent", "digest or cause"].map(str::to_owned);
    let mut widths = [0; 5];
    for row in std::iter::once(&header).chain(&rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    if let Some(columns) = columns {
        let before: usize = widths[..4].iter().map(|width| width + 2).sum();
        let room = columns.saturating_sub(before).max(LEAST);
        for [.., last] in &mut rows {
            if let Some((end, _)) = last.char_indices().nth(room - 1)
                && last.chars().count() > room
            {
                last.truncate(end);
                last.push('…');
            }
        }
        widths[4] = 0;
    }
    let line = |row: &[String; 5]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    std::iter::once(&header).chain(&rows).map(line).collect::<Vec<_>>().join("\n")
}

fn row(outcome: &Outcome, signal: Option<&str>) -> [String; 5] {
    let (result, last) = match &outcome.end {
        End::Built { digest, .. } => ("built", digest.clone()),
        End::Failed { cause, .. } => ("failed", shortened(cause)),
        End::Unreached { cause, .. } | End::Unpacked { cause, .. } => {
            ("not built", shortened(cause))
        }
        End::Skipped { cause } => ("skipped", shortened(cause)),
        End::Interrupted if outcome.attempts == 0 => ("not built", outcome.interruption(signal)),
        End::Interrupted => ("interrupted", outcome.interruption(signal)),
    };
    let sent =
        outcome.bundle.map_or_else(String::new, |bundle| HumanBytes(bundle.bytes).to_string());
    let time = time(outcome);
    [outcome.build.to_string(), result.to_owned(), time, sent, last]
}

/// The first line, cut at a word where it is long.
fn shortened(cause: &str) -> String {
    let line = cause.lines().next().unwrap_or_default();
    let Some((end, _)) = line.char_indices().nth(CAUSE) else { return line.to_owned() };
    let start = &line[..end];
    let words = start.rsplit_once(' ').map_or(start, |(words, _)| words);
    format!("{} …", words.trim_end_matches([':', ',', ';']))
}

/// How long a build took, to read; nothing for one that was not started.
pub(super) fn time(outcome: &Outcome) -> String {
    if outcome.attempts == 0 { String::new() } else { duration(outcome.duration) }
}

/// Tenths of a second below ten of them, whole seconds above: `0.4s`, `1m 41s`.
fn duration(time: Duration) -> String {
    if time < Duration::from_secs(10) {
        return format!("{:.1}s", time.as_secs_f64());
    }
    humantime::format_duration(Duration::from_secs(time.as_secs())).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Packed;

    #[test]
    fn of_a_long_cause_the_beginning_is_told() {
        assert_eq!(
            shortened(
                "the registry `r.example.com` refused the push of `shop/api`: denied: no right"
            ),
            "the registry `r.example.com` refused the push of …"
        );
        assert_eq!(shortened("the build was stopped\nat once"), "the build was stopped");
    }

    #[test]
    fn columns_are_aligned_and_a_cause_is_told() {
        let outcome = |build: &str, end: End, attempts, bundle| Outcome {
            build: build.into(),
            end,
            duration: Duration::from_secs(61),
            attempts,
            bundle,
            executor_version: None,
            bases: Vec::new(),
            pushed: Vec::new(),
        };
        let packed = Packed { bytes: 2048, sha256: [0; 32], entries: 3 };
        let built = End::Built { digest: "sha256:1".into(), images: vec![] };
        let skipped = End::Skipped { cause: "`api` failed".into() };

        let shown = table(
            &[outcome("api", built, 1, Some(packed)), outcome("web", skipped, 0, None)],
            None,
            None,
        );

        assert_eq!(
            shown,
            "build  result   time   sent      digest or cause\n\
             api    built    1m 1s  2.00 KiB  sha256:1\n\
             web    skipped                   `api` failed"
        );
    }

    #[test]
    fn a_digest_is_cut_where_the_terminal_ends() {
        let outcome = Outcome {
            build: "api".into(),
            end: End::Built { digest: format!("sha256:{}", "0".repeat(64)), images: vec![] },
            duration: Duration::from_secs(61),
            attempts: 1,
            bundle: None,
            executor_version: None,
            bases: Vec::new(),
            pushed: Vec::new(),
        };

        assert_eq!(
            table(std::slice::from_ref(&outcome), Some(60), None),
            "build  result  time   sent  digest or cause\n\
             api    built   1m 1s        sha256:000000000000000000000000…"
        );
        assert!(table(&[outcome], Some(120), None).ends_with("0000"));
    }

    #[test]
    fn an_interruption_is_told_with_its_signal() {
        let outcome = |build: &str, attempts| Outcome {
            build: build.into(),
            end: End::Interrupted,
            duration: Duration::from_secs(61),
            attempts,
            bundle: None,
            executor_version: None,
            bases: Vec::new(),
            pushed: Vec::new(),
        };

        assert_eq!(
            table(&[outcome("api", 1), outcome("web", 0)], None, Some("SIGTERM")),
            "build  result       time   sent  digest or cause\n\
             api    interrupted  1m 1s        interrupted by SIGTERM\n\
             web    not built                 interrupted by SIGTERM before it began"
        );
    }

    #[test]
    fn times_are_as_exact_as_they_matter() {
        let shown = [49, 9_940, 10_900, 61_000, 3_601_000]
            .map(|milliseconds| duration(Duration::from_millis(milliseconds)));

        assert_eq!(shown, ["0.0s", "9.9s", "10s", "1m 1s", "1h 1s"]);
    }
}
