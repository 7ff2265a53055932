//! The names and labels of our containers.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::rule::Tag;

/// What our containers' names begin with.
pub(super) const PREFIX: &str = "kaniko-build-";

/// How long a container may be there beside the time that its executor has: feeding it,
/// bringing outputs back, a clock that is put right.
const SLACK: Duration = Duration::from_hours(1);

/// A new name, with the labels for a container whose executor may run for `timeout`.
pub(super) fn tag(timeout: Duration) -> Tag {
    // Keyed from the system's randomness and different at each call.
    let random = RandomState::new().build_hasher().finish();
    Tag {
        name: format!("{PREFIX}{random:016x}"),
        owner: owner(),
        expires: now().saturating_add(timeout.as_secs()).saturating_add(SLACK.as_secs()),
    }
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// `host:pid:start time`; what cannot be had is `?`.
fn owner() -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let host = read("/proc/sys/kernel/hostname");
    let status = read("/proc/self/stat");
    let known = |text: &str| if text.is_empty() { "?".to_owned() } else { text.to_owned() };
    format!("{}:{}:{}", known(host.trim()), std::process::id(), known(started(&status)))
}

/// The start time in `/proc/PID/stat`, in clock ticks since boot: with the pid it names one
/// process for good. Source: proc(5).
fn started(stat: &str) -> &str {
    // The second field is the program's name in parentheses, which can hold anything.
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    rest.split_whitespace().nth(19).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_containers_have_one_name() {
        let (one, other) = (tag(Duration::ZERO).name, tag(Duration::ZERO).name);
        assert!(one.starts_with("kaniko-build-"));
        assert_ne!(one, other);
    }

    #[test]
    fn a_container_expires_an_hour_after_its_executor_must_have_ended() {
        let before = now();
        let expires = tag(Duration::from_mins(10)).expires;
        assert!((before + 4200..=now() + 4200).contains(&expires));
    }

    #[test]
    fn the_start_time_is_found_behind_any_program_name() {
        let stat = "7 (a) b) R 1 7 7 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 98765 1 2";
        assert_eq!(started(stat), "98765");
    }

    #[test]
    fn the_owner_is_host_process_and_start() {
        assert_eq!(owner().split(':').nth(1), Some(std::process::id().to_string().as_str()));
        assert_eq!(owner().split(':').count(), 3);
    }
}
