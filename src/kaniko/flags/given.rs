//! Values of flags as the executor reads them, for arguments that are handed on as they are.

use super::{Kind, find};

/// What the value of this argument must be and is not; none where it is right, or not known.
///
/// Source: Go's `strconv.ParseBool`, `strconv.ParseInt` with base 0, `time.ParseDuration`, by
/// which pflag reads them.
#[must_use]
pub fn mistaken(argument: &str) -> Option<&'static str> {
    let (name, value) = argument.split_once('=')?;
    let (is_right, wanted): (fn(&str) -> bool, _) = match find(name)?.kind {
        Kind::Bool => (is_bool, "`true` or `false`"),
        Kind::Integer => (is_integer, "a whole number"),
        Kind::Duration => (is_duration, "a time with its unit, as `36h` or `90m`"),
        Kind::Text | Kind::OneOf(_) | Kind::List | Kind::Table => return None,
    };
    (!is_right(value)).then_some(wanted)
}

fn is_bool(text: &str) -> bool {
    const WORDS: [&str; 12] =
        ["1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"];
    WORDS.contains(&text)
}

fn is_integer(text: &str) -> bool {
    let bare = text.strip_prefix(['-', '+']).unwrap_or(text);
    // Other bases than ten: `0x10`, `0o7`, `0b1`.
    let of_another_base = bare.len() > 1 && bare.starts_with('0');
    bare.bytes().next().is_some_and(|first| first.is_ascii_digit())
        && (of_another_base || text.parse::<i64>().is_ok())
}

fn is_duration(text: &str) -> bool {
    const UNITS: [&str; 8] = ["ns", "us", "µs", "μs", "ms", "s", "m", "h"];

    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    let is_of_a_number = |letter: char| letter.is_ascii_digit() || letter == '.';
    let mut parts = 0;
    while !rest.is_empty() {
        let number_ends = rest.find(|letter| !is_of_a_number(letter)).unwrap_or(rest.len());
        let (number, after) = rest.split_at(number_ends);
        let unit_ends = after.find(is_of_a_number).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_ends);
        let is_number =
            number.bytes().any(|byte| byte.is_ascii_digit()) && number.matches('.').count() <= 1;
        if !is_number || !UNITS.contains(&unit) {
            return false;
        }
        rest = after;
        parts += 1;
    }
    parts > 0
}

#[cfg(test)]
mod tests {
    use super::mistaken;

    #[test]
    fn what_the_executor_reads_is_right() {
        for argument in [
            "--cache-ttl=1h30m",
            "--cache-ttl=1.5h",
            "--cache-ttl=-3ms",
            "--cache-ttl=0",
            "--push-retry=3",
            "--push-retry=-1",
            "--push-retry=0x10",
            "--cache=T",
            "--cache",
            "--verbosity=loud",
            "--of-a-later-version=x",
        ] {
            assert_eq!(mistaken(argument), None, "{argument}");
        }
    }

    #[test]
    fn what_it_would_refuse_is_told() {
        for argument in ["--cache-ttl=24", "--cache-ttl=2d", "--cache-ttl=", "--cache-ttl=h"] {
            let wanted = Some("a time with its unit, as `36h` or `90m`");
            assert_eq!(mistaken(argument), wanted, "{argument}");
        }
        for argument in ["--push-retry=three", "--push-retry=", "--push-retry=1.5"] {
            assert_eq!(mistaken(argument), Some("a whole number"), "{argument}");
        }
        assert_eq!(mistaken("--cache=yes"), Some("`true` or `false`"));
    }
}
