//! Times such as `90s` and `1h30m`.

use std::time::Duration;

/// The longest time that a key takes: beyond it clocks have no numbers.
const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);

/// A time of at most a century, and more than none where there must be `some`.
///
/// # Errors
///
/// What is wrong, as the label of a mistake.
pub fn time(text: &str, some: bool) -> Result<Duration, &'static str> {
    if is_beyond_clocks(text) {
        return Err("no such time");
    }
    match humantime::parse_duration(text) {
        Err(_) => Err("no such time"),
        Ok(time) if some && time.is_zero() => Err("no time at all"),
        Ok(time) if time > LONGEST => Err("more than a century"),
        Ok(time) => Ok(time),
    }
}

/// Times that add up to more than the parser counts: near the end of its numbers it panics.
fn is_beyond_clocks(text: &str) -> bool {
    let mut digits = 0;
    let long = text.chars().filter(|letter| !letter.is_whitespace()).any(|letter| {
        digits = if letter.is_ascii_digit() { digits + 1 } else { 0 };
        digits > 10
    });
    long || text.len() > 64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_at_the_end_of_all_numbers_is_none_instead_of_a_panic() {
        for text in [
            "18446744073709551615s 1000000000ns",
            "1844674407370955161 5s 1000000000ns",
            &"9999999999y ".repeat(60),
        ] {
            assert_eq!(time(text, true), Err("no such time"), "{text}");
        }
        assert_eq!(time("9999999999s", false), Err("more than a century"));
        assert_eq!(time("1h 30m", true), Ok(Duration::from_mins(90)));
    }
}
