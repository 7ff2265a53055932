//! Who runs this, for those who wait for the same executor meanwhile.

use crate::ci::{Ci, Fact, FactValue, Field};

use super::Surroundings;

/// The job's address, or a user and a machine.
pub(super) fn owner(ci: &Ci, surroundings: &Surroundings) -> String {
    if let Fact::Known(FactValue::Text(url)) = ci.fact(Field::JobUrl) {
        return url;
    }
    let named = |name: &str| surroundings.environment.get(name).map(String::as_str);
    let user = named("USER").or(named("LOGNAME")).unwrap_or("somebody");
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    format!("{user} on {host}")
}
