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

/// Whether what the tests start hears of a terminal that goes; under `nohup` it does not, and the
/// test is left out.
pub(crate) fn hears_hangups() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").expect("a process has its status");
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let hears = ignored.expect("a mask of signals") & 1 == 0;
    if !hears {
        left_out("signals of a terminal that goes are ignored here");
    }
    hears
}
