//! Removing what runs of ours left behind that were killed together with their guard.

use super::{client::Client, client::QUICK, failure::Step, label, rule};
use crate::transport::TransportError;

/// Removes the containers with our label whose time is over; returns their names.
///
/// Also tells whether the engine answers at all, as the first call that asks its daemon.
pub(super) async fn remove(client: Client<'_>) -> Result<Vec<String>, TransportError> {
    let listed = client.ask(Step::Ask, rule::ours(), QUICK).await?.stdout_text();
    let ids: Vec<String> = listed.split_whitespace().map(str::to_owned).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    // One that another run removes meanwhile makes the exit code 1; the others are told anyway.
    let told = client.call(rule::expiries(&ids), QUICK).await?.stdout_text();
    let names = expired(&told, label::now());
    for name in &names {
        client.kill(name).await;
        let _ = client.remove(name).await;
    }
    Ok(names)
}

/// The names in lines of `NAME EXPIRY` whose expiry is before `now`; docker writes `/NAME`.
fn expired(told: &str, now: u64) -> Vec<String> {
    told.lines()
        .filter_map(|line| {
            let (name, expires) = line.trim().trim_start_matches('/').split_once(' ')?;
            let is_over = expires.parse::<u64>().is_ok_and(|expires| expires < now);
            (name.starts_with(label::PREFIX) && is_over).then(|| name.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_names_with_an_expiry_in_the_past_are_expired() {
        let told = "/kaniko-build-a 999\nkaniko-build-b 998\n/kaniko-build-c 1000\n\
                    /kaniko-build-d 1001\n/other 1\n/kaniko-build-e \n/kaniko-build-f soon\n";
        assert_eq!(expired(told, 1000), ["kaniko-build-a", "kaniko-build-b"]);
    }
}
