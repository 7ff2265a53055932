//! SIGHUP, SIGINT and SIGTERM.

use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
};

/// A signal that ends a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// The terminal has gone.
    Hangup,
    /// Ctrl-C, and how GitHub Actions begins to cancel a job.
    Interrupt,
    /// How most others do.
    Terminate,
}

impl Signal {
    /// As manuals have it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Hangup => "SIGHUP",
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        }
    }
}

/// The first signal cancels, and then `first` is called; ends with the second, at which all does.
///
/// SIGHUP is none of them where this program was started to ignore it, as `nohup` does.
pub(super) async fn interrupts(cancel: watch::Sender<bool>, first: impl FnOnce(Signal)) {
    let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    let (Ok(mut interrupt), Ok(mut terminate)) = signals else {
        return std::future::pending().await;
    };
    let hangup = if ignores_hangups() { None } else { signal(SignalKind::hangup()).ok() };
    let mut hangup = hangup;
    let mut next = async || {
        let hung_up = async {
            match &mut hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = hung_up => Signal::Hangup,
            _ = interrupt.recv() => Signal::Interrupt,
            _ = terminate.recv() => Signal::Terminate,
        }
    };
    let signal = next().await;
    // Nobody listens any more where the run has just ended.
    let _ = cancel.send(true);
    first(signal);
    next().await;
}

/// Whether this program was started to ignore SIGHUP; so it is left alone where that can't be told.
///
/// Source: `proc_pid_status(5)`, `SigIgn`: a mask in hexadecimal, whose lowest bit is signal 1.
fn ignores_hangups() -> bool {
    std::fs::read_to_string("/proc/self/status").map_or(true, |status| ignored(&status) & 1 == 1)
}

/// The mask of a status; all of them where it has none.
fn ignored(status: &str) -> u64 {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_is_read_from_the_systems_mask() {
        assert_eq!(
            ignored("Name:\tx\nSigBlk:\t0000000000000002\nSigIgn:\t0000000000001001\n"),
            4097
        );
        assert_eq!(ignored("SigIgn:\t0000000000000000\n"), 0);
        assert_eq!(ignored("Name:\tx\n"), u64::MAX);
    }
}
