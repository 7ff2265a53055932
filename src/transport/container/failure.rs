//! Why a call of the engine's client failed, told from what it said.
//!
//! The clients have no error codes worth the name (docker answers 1 or 125 to nearly all), so
//! the text decides; what is not recognised is shown as it is.
//!
//! Source: messages seen from docker 20.10 and 28.2 and podman 4.3.

use super::Settings;
use crate::{
    process::{Captured, ProcessError},
    transport::TransportError,
};

/// The longest message of an engine that is shown; podman can say pages.
const LONGEST: usize = 400;

/// The parts of a run, as far as they fail in their own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Any call for which the common reasons are the only ones.
    Ask,
    /// The image is fetched.
    Pull,
    /// The image is looked for without fetching it.
    Look,
    /// The executor is asked what it is, or started.
    Start,
    /// Files are copied in or back for comparison.
    Feed,
}

/// What the failed call `captured` of `subcommand` means.
pub(super) fn explain(
    settings: &Settings,
    step: Step,
    subcommand: &str,
    captured: &Captured,
) -> TransportError {
    explain_text(settings, step, subcommand, &captured.stderr_text())
}

/// As [`explain`], from the text that the client, or the engine in its state, said.
pub(super) fn explain_text(
    settings: &Settings,
    step: Step,
    subcommand: &str,
    said: &str,
) -> TransportError {
    let program = settings.program.display();
    let image = &settings.image;
    let what = format!("`{program} {subcommand}` failed: {}", essence(said));
    let has = |parts: &[&str]| parts.iter().any(|part| said.contains(part));
    let unreachable = |hint: String, transient| TransportError::Unreachable {
        what: what.clone(),
        hint,
        transient,
    };
    let refused = |hint: String| TransportError::Refused { what: what.clone(), hint };

    if has(&["permission denied while trying to connect", "docker.sock: connect: permission"]) {
        return unreachable(
            format!("let this user use {program}, or choose another executor"),
            false,
        );
    }
    if has(&["Cannot connect to", "unable to connect to Podman", "error during connect"]) {
        return unreachable(
            format!(
                "start its daemon, point DOCKER_HOST or CONTAINER_HOST at it, or choose another \
                 executor than {program}"
            ),
            // A daemon beside the job may still be on its way up.
            true,
        );
    }
    if has(&["no space left on device", "disk quota exceeded"]) {
        if step == Step::Feed {
            return TransportError::Feed { what };
        }
        return unreachable(format!("make room where {program} keeps its images"), false);
    }
    if has(&["unknown flag", "unknown shorthand flag", "unknown option"]) {
        return refused(format!("look at `engine-args`; where none is set, {program} is too old"));
    }
    if (said.contains("network") && said.contains("not found")) || has(&["No such network"]) {
        return refused(format!("give a `network` that `{program} network ls` lists"));
    }
    if has(&["/kaniko/executor: no such file", "executable file `/kaniko/executor` not found"]) {
        return refused(format!("{image} holds no /kaniko/executor: name an image of Kaniko"));
    }
    match step {
        Step::Look => TransportError::Unreachable {
            what: format!("there is no image {image} here, and `pull` is `never`"),
            hint: format!("run `{program} pull {image}`, or set `pull = \"missing\"`"),
            transient: false,
        },
        Step::Pull => pull(settings, what, said),
        Step::Start if has(&["OCI", "oci runtime", "crun:", "runc"]) => refused(format!(
            "{program} cannot start containers as it is asked to; `engine-args` takes what it \
             needs here"
        )),
        Step::Feed => TransportError::Feed { what },
        Step::Ask | Step::Start => {
            unreachable(format!("see whether `{program} info` works here"), false)
        }
    }
}

fn pull(settings: &Settings, what: String, said: &str) -> TransportError {
    let lower = said.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    let host = settings.image.split('/').next().unwrap_or_default();
    let (hint, transient) = if has(&["toomanyrequests", "429", "rate limit"]) {
        ("log in to the registry, or give a mirror's reference as `image`".to_owned(), true)
    } else if has(&["denied", "unauthorized", "authentication required", "no basic auth"]) {
        (format!("check the name, or `{} login {host}`", settings.program.display()), false)
    } else if has(&["manifest unknown", "name unknown", "not found", "repository does not exist"]) {
        ("check the reference in `image`".to_owned(), false)
    } else if has(&["no such host"]) {
        ("check the host in `image` and this machine's network".to_owned(), false)
    } else if has(&["x509", "http response to https client"]) {
        ("let the engine trust that registry, or fetch the image beforehand".to_owned(), false)
    } else {
        ("check the registry and this machine's network".to_owned(), true)
    };
    TransportError::Unreachable { what, hint, transient }
}

/// What it means that the client could not be run or did not end.
pub(super) fn unstartable(settings: &Settings, error: ProcessError) -> TransportError {
    let program = settings.program.display();
    match error {
        ProcessError::Start { source, .. } => TransportError::Unreachable {
            what: format!("`{program}` could not be started: {source}"),
            hint: format!("install {program}, or choose another executor"),
            transient: false,
        },
        error @ ProcessError::TooLong { .. } => TransportError::Unreachable {
            what: error.to_string(),
            hint: format!("see whether `{program} info` answers"),
            transient: true,
        },
        ProcessError::Follow { program, source } => TransportError::Lost {
            what: format!("`{program}` could not be followed: {source}"),
            started: false,
        },
    }
}

/// What a failure means once the executor was started: whatever the engine did not answer, the
/// build may have been pushed.
pub(super) fn after_start(error: TransportError) -> TransportError {
    match error {
        TransportError::Unreachable { what, .. } | TransportError::Lost { what, .. } => {
            TransportError::Lost { what, started: true }
        }
        other => other,
    }
}

/// The one line of a client's talk that says why, without its advice.
fn essence(said: &str) -> String {
    let mut lines = said.lines().map(str::trim).filter(|line| {
        !line.is_empty()
            && !["Run '", "See '", "Usage:", "WARNING:"].iter().any(|start| line.starts_with(start))
    });
    let line = lines
        .clone()
        .find(|line| {
            ["Error", "docker: Error", "Cannot connect"].iter().any(|s| line.starts_with(s))
        })
        .or_else(|| lines.next_back())
        .unwrap_or("it gave no reason");
    let line = line
        .trim_start_matches("docker: ")
        .trim_start_matches("Error response from daemon: ")
        .trim_start_matches("Error: ");
    let mut end = line.len().min(LONGEST);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    if end < line.len() { format!("{}…", &line[..end]) } else { line.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{super::Kind, *};

    fn explained(kind: Kind, step: Step, said: &str) -> TransportError {
        explain_text(&Settings::new(kind, "example.com/kaniko:1"), step, "create", said)
    }

    fn hint(error: &TransportError) -> &str {
        match error {
            TransportError::Unreachable { hint, .. } | TransportError::Refused { hint, .. } => hint,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_daemon_that_does_not_answer_is_worth_another_attempt() {
        let error = explained(
            Kind::Docker,
            Step::Ask,
            "Cannot connect to the Docker daemon at tcp://docker:2375. Is the docker daemon running?",
        );
        assert_eq!(
            error.to_string(),
            "`docker create` failed: Cannot connect to the Docker daemon at tcp://docker:2375. Is \
             the docker daemon running?"
        );
        assert!(matches!(error, TransportError::Unreachable { transient: true, .. }));
    }

    #[test]
    fn a_socket_that_may_not_be_opened_is_told_as_such() {
        let error = explained(
            Kind::Docker,
            Step::Ask,
            "permission denied while trying to connect to the Docker daemon socket at \
             unix:///var/run/docker.sock: connect: permission denied",
        );
        assert_eq!(hint(&error), "let this user use docker, or choose another executor");
    }

    #[test]
    fn a_network_that_is_not_there_is_told_as_such() {
        for (kind, said) in [
            (Kind::Docker, "Error response from daemon: network nonet not found"),
            (
                Kind::Podman,
                "Error: unable to find network with name or ID nonet: network not found",
            ),
        ] {
            let error = explained(kind, Step::Start, said);
            assert!(hint(&error).starts_with("give a `network` that"), "{error:?}");
        }
    }

    #[test]
    fn an_image_that_is_no_executor_is_refused() {
        for (kind, said) in [
            (
                Kind::Docker,
                "docker: Error response from daemon: failed to create shim task: OCI runtime \
                 create failed: runc create failed: unable to start container process: exec: \
                 \"/kaniko/executor\": stat /kaniko/executor: no such file or directory: \
                 unknown\n\nRun 'docker run --help' for more information",
            ),
            (
                Kind::Podman,
                "Error: crun: executable file `/kaniko/executor` not found: No such file or \
                 directory: OCI runtime attempted to invoke a command that was not found",
            ),
        ] {
            let error = explained(kind, Step::Start, said);
            assert_eq!(
                hint(&error),
                "example.com/kaniko:1 holds no /kaniko/executor: name an image of Kaniko"
            );
        }
    }

    #[test]
    fn a_machine_that_needs_more_flags_is_sent_to_engine_args() {
        let error = explained(
            Kind::Podman,
            Step::Start,
            "Error: crun: setrlimit `RLIMIT_NOFILE`: Operation not permitted: OCI permission denied",
        );
        assert_eq!(
            hint(&error),
            "podman cannot start containers as it is asked to; `engine-args` takes what it needs \
             here"
        );
    }

    #[test]
    fn a_full_disk_stops_the_feeding() {
        let error = explained(
            Kind::Podman,
            Step::Feed,
            "Error: copying to container: write /kaniko/x: no space left on device",
        );
        assert_eq!(
            error.to_string(),
            "`podman create` failed: copying to container: write /kaniko/x: no space left on device"
        );
        assert!(matches!(error, TransportError::Feed { .. }));
    }

    #[test]
    fn a_pull_is_repeated_only_where_that_can_help() {
        for (said, again) in [
            ("Error response from daemon: Get \"https://r/v2/\": i/o timeout", true),
            ("toomanyrequests: You have reached your pull rate limit", true),
            (
                "Error response from daemon: pull access denied for x, repository does not exist \
                 or may require 'docker login'",
                false,
            ),
            ("Error: initializing source docker://x: reading manifest 1: manifest unknown", false),
            (
                "Error: pinging container registry r: http: server gave HTTP response to HTTPS client",
                false,
            ),
        ] {
            let error = explained(Kind::Docker, Step::Pull, said);
            assert!(
                matches!(error, TransportError::Unreachable { transient, .. } if transient == again),
                "{error:?}"
            );
        }
    }

    #[test]
    fn pages_of_talk_are_cut() {
        let error = explained(Kind::Podman, Step::Feed, &format!("Error: {}", "é".repeat(1000)));
        assert_eq!(error.to_string().chars().count(), "`podman create` failed: ".len() + 201);
    }

    #[test]
    fn silence_is_told_as_such() {
        let error = explained(Kind::Docker, Step::Ask, "");
        assert_eq!(error.to_string(), "`docker create` failed: it gave no reason");
    }
}
