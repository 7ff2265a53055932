//! `HEALTHCHECK`, with Go's way to write durations.
//!
//! Source: `BuildKit`'s frontend/dockerfile/instructions/parse.go; Go's `time.ParseDuration`.

use std::time::Duration;

use super::{
    Command, Healthcheck,
    flags::{Flags, Value},
    lines::Mistake,
    words::Word,
};

/// Reads what follows the keyword at `at`.
pub(super) fn read(at: usize, arguments: Word<'_>, flags: Flags) -> Result<Healthcheck, Mistake> {
    let (kind, rest) = arguments.parted();
    let rest = rest.unwrap_or(Word { at: arguments.at + arguments.text.len(), text: "" });
    let wrong = |message: &str| Err(Mistake::new(at, message));
    match kind.text.to_uppercase().as_str() {
        "" => wrong("`HEALTHCHECK` needs `CMD` or `NONE`"),
        // Flags are of no account here.
        "NONE" if rest.text.is_empty() => Ok(Healthcheck::None),
        "NONE" => Err(Mistake::new(rest.at, "nothing follows `HEALTHCHECK NONE`")),
        "CMD" => {
            let test = match rest.json()? {
                Some(words) => Command::Exec(words),
                None => Command::Shell(rest.text.to_owned()),
            };
            if matches!(&test, Command::Exec(words) if words.is_empty()) || rest.text.is_empty() {
                return wrong("`HEALTHCHECK CMD` needs a command");
            }
            test_of(flags, test)
        }
        _ => {
            let shown: String = kind.text.chars().take(40).collect();
            let message = format!("`HEALTHCHECK` needs `CMD` or `NONE`, not `{shown}`");
            Err(Mistake::new(kind.at, message))
        }
    }
}

fn test_of(mut flags: Flags, test: Command) -> Result<Healthcheck, Mistake> {
    let mut interval = |name| -> Result<_, Mistake> {
        flags.text(name)?.map(|value| time(name, &value)).transpose().map(Option::flatten)
    };
    let (interval, timeout, start_period, start_interval) = (
        interval("interval")?,
        interval("timeout")?,
        interval("start-period")?,
        interval("start-interval")?,
    );
    let retries = flags.text("retries")?.map(|value| retries(&value)).transpose()?.flatten();
    flags.end("HEALTHCHECK")?;
    Ok(Healthcheck::Test { interval, timeout, start_period, start_interval, retries, test })
}

fn retries(value: &Value) -> Result<Option<u32>, Mistake> {
    match value.text.parse::<i32>() {
        Ok(number) if number >= 0 => Ok(Some(number.unsigned_abs()).filter(|number| *number > 0)),
        _ => {
            let message = format!("`--retries` is a number, not `{}`", value.text);
            Err(Mistake::new(value.at, message))
        }
    }
}

/// None where it is zero: the engine's default.
fn time(name: &str, value: &Value) -> Result<Option<Duration>, Mistake> {
    let wrong = |why: &str| Err(Mistake::new(value.at, format!("`--{name}={}` {why}", value.text)));
    match nanoseconds(&value.text) {
        None => wrong("is no duration, such as `30s` or `1m30s`"),
        Some(0) => Ok(None),
        Some(time) if time < 1_000_000 => wrong("is shorter than a millisecond"),
        Some(time) => Ok(Some(Duration::from_nanos(time.unsigned_abs()))),
    }
}

/// `1h2m3.5s`, with a sign or without.
fn nanoseconds(text: &str) -> Option<i64> {
    let (text, sign) = match text.strip_prefix('-') {
        Some(text) => (text, -1),
        None => (text.strip_prefix('+').unwrap_or(text), 1),
    };
    if text == "0" {
        return Some(0);
    }
    let mut total: i64 = 0;
    let mut rest = text;
    while !rest.is_empty() || text.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return None;
        }
        let end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        let unit: i64 = match name {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        // More digits than a nanosecond of an hour has are of no account.
        let fraction: String = fraction.chars().take(15).collect();
        let scale = 10_i128.pow(u32::try_from(fraction.len()).unwrap_or_default());
        let part = i128::from(unit) * fraction.parse::<i128>().unwrap_or_default() / scale;
        total =
            total.checked_add(whole.checked_mul(unit)?)?.checked_add(i64::try_from(part).ok()?)?;
        rest = after;
    }
    Some(sign * total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_in_go() {
        assert_eq!(nanoseconds("1h2m3.5s"), Some(3_723_500_000_000));
        assert_eq!(nanoseconds(".5s"), Some(500_000_000));
        assert_eq!(nanoseconds("1.s"), Some(1_000_000_000));
        assert_eq!(nanoseconds("100us"), Some(100_000));
        assert_eq!(nanoseconds("-1s"), Some(-1_000_000_000));
        assert_eq!(nanoseconds("0"), Some(0));
        for text in ["", "1", "s", ".s", "1d", "1..5s", "99999999h", "1 s"] {
            assert_eq!(nanoseconds(text), None, "{text}");
        }
    }
}
