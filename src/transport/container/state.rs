//! What an engine says of a container.

use serde::Deserialize;

/// The part of `.State` that both engines have alike.
///
/// Source: moby's api/types/container, podman's libpod/define.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct State {
    /// Its processes run.
    pub(super) running: bool,
    /// The exit code of the executor; 128 + n for a signal; meaningless before the end.
    pub(super) exit_code: i32,
    /// The kernel killed a process of it for want of memory, the executor or another.
    #[serde(rename = "OOMKilled")]
    pub(super) out_of_memory: bool,
    /// Why the engine could not start it, where it says so here.
    #[serde(default)]
    pub(super) error: String,
    /// RFC 3339; the year 1 for a container that never ran.
    started_at: String,
}

impl State {
    /// Reads the answer of [`rule::state`](super::rule::state).
    pub(super) fn read(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// The executor was started, so that the exit code is its own.
    pub(super) fn was_started(&self) -> bool {
        !self.started_at.starts_with("0001-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_container_is_read_from_docker() {
        let json = br#"{"Status":"exited","Running":false,"Paused":false,"OOMKilled":true,"Dead":false,"Pid":0,"ExitCode":137,"Error":"","StartedAt":"2026-11-23T20:40:38.2Z","FinishedAt":"2026-11-23T20:40:38.3Z"}"#;
        let state = State::read(json).unwrap();
        assert!(state.was_started());
        assert!(!state.running);
        assert!(state.out_of_memory);
        assert_eq!(state.exit_code, 137);
    }

    #[test]
    fn a_container_that_never_ran_has_no_exit_code_of_the_executor() {
        let json = br#"{"OciVersion":"1.0.2-dev","Status":"created","Running":false,"OOMKilled":false,"ExitCode":127,"Error":"no such file","StartedAt":"0001-01-01T00:00:00Z"}"#;
        let state = State::read(json).unwrap();
        assert!(!state.was_started());
        assert_eq!(state.error, "no such file");
    }

    #[test]
    fn what_is_no_state_is_none() {
        assert_eq!(State::read(b"[]\n"), None);
    }
}
