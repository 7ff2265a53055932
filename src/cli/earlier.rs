//! `--from-report`: what earlier jobs have built, from the reports that they have left.

use std::{io::ErrorKind, path::PathBuf};

use crate::{
    config,
    plan::Earlier,
    report::{Printer, snippet},
};

use super::{Failed, Surroundings};

/// More than the report of ten thousand builds has.
const LARGEST: u64 = 256 << 20;

/// Reads the reports, where there are any; what stands against it was told.
pub(super) fn earlier(
    paths: &[PathBuf],
    surroundings: &Surroundings,
    printer: &Printer,
) -> Result<Option<Earlier>, ()> {
    if paths.is_empty() {
        return Ok(None);
    }
    let mut reports = Vec::new();
    for path in paths {
        match config::bytes(&surroundings.current.join(path), LARGEST) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                reports.push((path.display().to_string(), text));
            }
            Err(source) => {
                let what = format!("the report `{}` cannot be read", path.display());
                let hint = match source.kind() {
                    ErrorKind::InvalidInput => "write it to a file first",
                    _ => {
                        "an earlier job writes it with `run --report json=PATH`, and hands it on \
                         as an artifact"
                    }
                };
                printer.error(&Failed { what, source }, Some(hint));
                return Err(());
            }
        }
    }
    match Earlier::read(&reports) {
        Ok(earlier) => Ok(Some(earlier)),
        Err(mistakes) => {
            printer.tell(&snippet::mistakes(&mistakes, printer.style.colour));
            Err(())
        }
    }
}
