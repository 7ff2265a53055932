//! What this machine has; what it lacks is said, so that no test is left out in silence.

use std::{io::Write, path::Path};

/// Says that the test that runs is left out, and why.
///
/// Written past the test harness, which shows nothing of a test that passes.
pub(crate) fn left_out(why: &str) {
    let test = std::thread::current().name().unwrap_or("a test").to_owned();
    let _ = writeln!(std::io::stderr(), "left out: {test}: {why}");
}

/// Whether `path` is there; where it is not, the test is left out for want of `what`.
pub(crate) fn has(path: &Path, what: &str) -> bool {
    let there = path.exists();
    if !there {
        left_out(&format!("there is no {what} ({})", path.display()));
    }
    there
}

/// Whether this is root.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
