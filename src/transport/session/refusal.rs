//! What the far side's refusals and errors mean to the user.

use crate::transport::TransportError;

const RESTART: &str = "restart it, so that builds begin in a fresh container";

/// A refusal of the far side, by its code and in its words.
pub(super) fn refused(code: &str, why: &str) -> TransportError {
    let hint = match code {
        "container" | "machine" => {
            "a build deletes everything on `/`, so it is done only where a container is proven; \
             no setting changes that"
        }
        "executor" => "builds run in containers made from a Kaniko image",
        "root" => "Kaniko needs root in its container",
        "tools" | "static" => {
            "use a Kaniko image with a shell of its own: one with `debug` in its tag"
        }
        "script" => "the connection cuts or changes what is sent through it",
        _ => RESTART,
    };
    let what = match code {
        "script" => format!("our program for the far side is not run there: {why}"),
        "used" => format!("something else has built there before: {why}"),
        "tools" | "static" | "version" | "clean" | "prepare" => why.to_owned(),
        _ => format!("no build may run there: {why}"),
    };
    TransportError::Refused { what, hint: hint.to_owned() }
}

/// An error of the far side after its greeting, by its class and in its words.
pub(super) fn failed(class: &str, why: &str) -> TransportError {
    match class {
        "feed" | "space" => TransportError::Feed { what: why.to_owned() },
        _ => refused(class, why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_used_executor_is_to_be_restarted() {
        let error = refused("used", "/kaniko/Dockerfile is there");
        assert_eq!(
            error.to_string(),
            "something else has built there before: /kaniko/Dockerfile is there"
        );
        assert!(matches!(error, TransportError::Refused { hint, .. } if hint == RESTART));
    }

    #[test]
    fn a_full_disk_is_a_matter_of_feeding() {
        let error = failed("space", "a copy of / takes 9 KiB and /kaniko has 3 KiB left");
        assert!(matches!(error, TransportError::Feed { .. }));
    }
}
