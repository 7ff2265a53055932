//! Times of commits, in one form whoever tells them.

use std::time::{Duration, UNIX_EPOCH};

/// Seconds since 1970 as RFC 3339 in UTC. Absent for times before it or past the year 9999.
pub(super) fn from_seconds(seconds: i64) -> Option<String> {
    const YEAR_10000: u64 = 253_402_300_800;
    let seconds = u64::try_from(seconds).ok().filter(|seconds| *seconds < YEAR_10000)?;
    let time = UNIX_EPOCH.checked_add(Duration::from_secs(seconds))?;
    Some(humantime::format_rfc3339_seconds(time).to_string())
}

/// RFC 3339 with whatever offset as RFC 3339 in UTC, to the second.
pub(super) fn to_utc(text: &str) -> Option<String> {
    let (local, offset) = split_offset(text)?;
    let local = humantime::parse_rfc3339(&format!("{local}Z")).ok()?;
    let local = local.duration_since(UNIX_EPOCH).ok()?.as_secs();
    from_seconds(i64::try_from(local).ok()?.checked_sub(offset)?)
}

/// The part before the offset, and the offset in seconds east of UTC.
fn split_offset(text: &str) -> Option<(&str, i64)> {
    if let Some(local) = text.strip_suffix(['Z', 'z']) {
        return Some((local, 0));
    }
    let start = text.len().checked_sub(6)?;
    let (local, offset) = (text.get(..start)?, text.get(start..)?);
    let sign = match offset.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    Some((local, sign * (hours * 3600 + minutes * 60)))
}

#[cfg(test)]
mod tests {
    use super::{from_seconds, to_utc};

    #[test]
    fn a_time_with_an_offset_is_told_in_utc() {
        assert_eq!(to_utc("2026-03-01T00:30:00+02:00").as_deref(), Some("2026-02-28T22:30:00Z"));
        assert_eq!(to_utc("2022-01-31T16:47:55Z").as_deref(), Some("2022-01-31T16:47:55Z"));
        assert_eq!(
            to_utc("2022-01-31T16:47:55.250-03:30").as_deref(),
            Some("2022-01-31T20:17:55Z")
        );
    }

    #[test]
    fn what_is_no_time_is_none() {
        assert_eq!(to_utc("yesterday"), None);
        assert_eq!(to_utc(""), None);
        assert_eq!(to_utc("ä+02:00"), None);
    }

    #[test]
    fn seconds_are_told_in_utc() {
        assert_eq!(from_seconds(0).as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(from_seconds(-1), None);
    }
}
