//! Variables that look like settings and are none: `KANIKO_BUILD_DEFAULTS__RETRY`.

use std::collections::BTreeMap;

use crate::config::{Mistake, PREFIX};

/// The sections that a variable can reach.
const SECTIONS: [&str; 5] = ["DEFAULTS", "EXECUTORS", "REGISTRIES", "REPORTS", "VARS"];

/// A warning for each, which never shows a value.
pub fn misnamed(environment: &BTreeMap<String, String>) -> impl Iterator<Item = Mistake> {
    environment.keys().filter_map(|name| {
        let meant = meant(name)?;
        let message = format!("the variable `{name}` sets nothing");
        let hint = format!("write two `_` behind KANIKO_BUILD: `{meant}`");
        Some(Mistake::nowhere(message).hint(hint))
    })
}

/// The name of the setting that has lost a `_`.
fn meant(name: &str) -> Option<String> {
    let rest = name.strip_prefix(PREFIX.strip_suffix('_')?)?;
    let section = rest.split_once("__")?.0;
    SECTIONS.contains(&section).then(|| format!("{PREFIX}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lacks_one_line_before_a_section_is_misnamed() {
        assert_eq!(
            meant("KANIKO_BUILD_DEFAULTS__RETRY").as_deref(),
            Some("KANIKO_BUILD__DEFAULTS__RETRY")
        );
        for name in [
            "KANIKO_BUILD__DEFAULTS__RETRY",
            "KANIKO_BUILD_NUMBER",
            "KANIKO_BUILD_CACHE__DIR",
            "KANIKO_BUILD_DEFAULTS",
        ] {
            assert_eq!(meant(name), None, "{name}");
        }
    }
}
