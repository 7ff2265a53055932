//! Words of the command line that stand for something else, and what is said where they don't.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::ci::{Event, Provider};

pub(super) fn provider() -> impl TypedValueParser<Value = Provider> {
    PossibleValuesParser::new(Provider::ALL.map(Provider::name))
        .map(|name| Provider::named(&name).unwrap_or(Provider::Git))
}

pub(super) fn event() -> impl TypedValueParser<Value = Event> {
    PossibleValuesParser::new(Event::ALL.map(Event::name))
        .map(|name| Event::named(&name).unwrap_or(Event::Manual))
}

/// How many builds may run at a time.
pub(super) fn jobs(text: &str) -> Result<u16, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| format!("write a whole number from 1 to {}, such as `--jobs 2`", u16::MAX))
}

/// The number of a pull or merge request.
pub(super) fn pull_request(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "write its number, such as `--pull-request 7`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_one_and_in_its_bounds() {
        assert_eq!(jobs("2"), Ok(2));
        assert_eq!(pull_request("7"), Ok(7));
        for wrong in ["0", "-1", "abc", "65536", "99999999999999999999"] {
            assert_eq!(
                jobs(wrong),
                Err("write a whole number from 1 to 65535, such as `--jobs 2`".to_owned())
            );
        }
        for wrong in ["!7", "-1", "99999999999999999999"] {
            let told = "write its number, such as `--pull-request 7`".to_owned();
            assert_eq!(pull_request(wrong), Err(told));
        }
    }
}
