//! Each message as an executor wrote it, or as its source says that it does.

use super::*;

fn cause(code: i32, lines: &[&str]) -> Cause {
    find(code, &lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>())
}

fn base(reference: &str) -> Asked {
    Asked::Base(Some(reference.into()))
}

fn destination(reference: &str) -> Asked {
    Asked::Destination(reference.into())
}

#[test]
fn a_killed_executor_is_out_of_memory_until_shown_otherwise() {
    assert_eq!(cause(137, &["anything"]), Cause::OutOfMemory { run: false });
    assert_eq!(cause(143, &[]), Cause::Stopped(15));
}

#[test]
fn a_run_that_fails_is_told_with_code_and_command() {
    assert_eq!(
        cause(
            3,
            &[
                r#"time="2026-11-23T20:46:53Z" level=info msg="Running: [/bin/sh -c echo \"a\" && exit 3]""#,
                "a",
                "error building image: error building stage: failed to execute command: waiting for process to exit: exit status 3",
            ]
        ),
        Cause::RunFailed { code: 3, command: Some("echo \"a\" && exit 3".into()) }
    );
    assert_eq!(
        cause(
            1,
            &[
                "\u{1b}[36mINFO\u{1b}[0m[0003] Running: [/bin/sh -c make]",
                "error building image: error building stage: failed to execute command: waiting for process to exit: exit status 1",
            ]
        ),
        Cause::RunFailed { code: 1, command: Some("make".into()) }
    );
}

#[test]
fn a_run_that_is_killed_is_out_of_memory() {
    for (code, end) in [(255, "signal: killed"), (137, "exit status 137")] {
        let line = format!(
            "error building image: error building stage: failed to execute command: waiting for process to exit: {end}"
        );
        assert_eq!(cause(code, &[&line]), Cause::OutOfMemory { run: true });
    }
}

#[test]
fn an_archive_that_ends_early_is_no_lost_connection() {
    let line = "error building image: error building stage: failed to execute command: unpacking local tar: unexpected EOF";
    assert_eq!(cause(1, &[line]), Cause::Other { message: line.into(), code: 1 });
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let line = "error building image: error building stage: failed to execute command: starting command: fork/exec /nosuch: no such file or directory";

    assert_eq!(cause(1, &[line]), Cause::RunNotStarted { program: "/nosuch".into() });
}

#[test]
fn what_run_prints_is_not_taken_for_the_executors_words() {
    let lines = [
        "Error: unknown flag: --of-helm",
        "error building image: error building stage: failed to execute command: waiting for process to exit: exit status 1",
    ];

    assert_eq!(cause(1, &lines), Cause::RunFailed { code: 1, command: None });
}

#[test]
fn a_full_disk_is_told_whoever_meets_it() {
    assert_eq!(
        cause(
            1,
            &[
                "error building image: error building stage: failed to take snapshot: write /kaniko/1: no space left on device"
            ]
        ),
        Cause::DiskFull
    );
    assert_eq!(
        cause(
            1,
            &[
                "cp: error writing '/x': No space left on device",
                "error building image: error building stage: failed to execute command: waiting for process to exit: exit status 1",
            ]
        ),
        Cause::DiskFull
    );
}

#[test]
fn a_base_image_is_named_as_the_log_names_it() {
    let log = r#"time="2026-11-23T20:46:52Z" level=info msg="Retrieving image manifest reg.example.com/a/b:1""#;
    let missing = "error building image: unable to complete operation after 0 attempts, last error: GET https://reg.example.com/v2/a/b/manifests/1: MANIFEST_UNKNOWN: manifest unknown; map[Tag:1]";
    let denied = "error building image: unable to complete operation after 0 attempts, last error: GET https://reg.example.com/v2/a/b/manifests/1: UNAUTHORIZED: authentication required; [map[Action:pull Class: Name:a/b Type:repository]]";
    let reference = Some("reg.example.com/a/b:1".to_owned());

    assert_eq!(cause(1, &[log, missing]), Cause::BaseMissing { reference: reference.clone() });
    assert_eq!(cause(1, &[log, denied]), Cause::BaseUnauthorized { reference: reference.clone() });
    assert_eq!(cause(1, &[missing]), Cause::BaseMissing { reference });
}

#[test]
fn a_push_that_is_denied_names_its_destination() {
    let denied =
        |unknown| Cause::PushDenied { destination: "reg.example.com/a/b:1".into(), unknown };
    for (line, unknown) in [
        (
            r#"error checking push permissions: checking push permission for "reg.example.com/a/b:1": POST https://reg.example.com/v2/a/b/blobs/uploads/: UNAUTHORIZED: authentication required"#,
            true,
        ),
        (
            r#"error checking push permissions -- make sure you entered the correct tag name, and that you are authenticated correctly, and try again: checking push permission for "reg.example.com/a/b:1": POST https://reg.example.com/v2/a/b/blobs/uploads/: DENIED: requested access to the resource is denied"#,
            false,
        ),
        (
            r#"error checking push permissions: checking push permission for "reg.example.com/a/b:1": GET https://gitlab.example.com/jwt/auth?scope=repository%3Aa%2Fb%3Apush%2Cpull&service=container_registry: DENIED: access forbidden"#,
            true,
        ),
        (
            "error pushing image: failed to push to destination reg.example.com/a/b:1: HEAD https://reg.example.com/v2/a/b/blobs/sha256:00: unexpected status code 401 Unauthorized (HEAD responses have no body, use GET for details)",
            true,
        ),
    ] {
        assert_eq!(cause(1, &[line]), denied(unknown), "{line}");
    }
}

#[test]
fn the_end_of_the_message_counts_not_its_beginning() {
    let line = r#"error checking push permissions -- make sure you entered the correct tag name, and that you are authenticated correctly, and try again: checking push permission for "127.0.0.1:1/a/b": creating push check transport for 127.0.0.1:1 failed: Get "https://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused; Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused"#;

    let found = cause(1, &[line]);

    assert!(
        matches!(&found, Cause::Network { asked, .. } if *asked == destination("127.0.0.1:1/a/b")),
        "{found:?}"
    );
}

#[test]
fn a_registry_that_cannot_now_is_busy() {
    for end in [
        "TOOMANYREQUESTS: You have reached your unauthenticated pull rate limit.",
        "unexpected status code 503 Service Unavailable: no healthy upstream",
        "UNAVAILABLE: service unavailable",
    ] {
        let line = format!(
            "error building image: unable to complete operation after 0 attempts, last error: GET https://index.docker.io/v2/library/alpine/manifests/3: {end}"
        );
        let found = cause(1, &[&line]);
        assert!(
            matches!(&found, Cause::RegistryBusy { asked, .. } if *asked == base("index.docker.io/library/alpine:3")),
            "{found:?}"
        );
    }
}

#[test]
fn a_connection_that_does_not_come_or_stay_is_the_network() {
    for end in [
        "dial tcp 10.0.0.1:443: connect: connection refused",
        "EOF",
        "read tcp 10.0.0.1:1->10.0.0.2:443: read: connection reset by peer",
        "dial tcp 10.0.0.1:443: i/o timeout",
        "net/http: TLS handshake timeout",
        "dial tcp: lookup reg.example.com on 10.0.0.1:53: server misbehaving",
    ] {
        let line = format!(
            "error building image: unable to complete operation after 0 attempts, last error: Get \"https://reg.example.com/v2/\": {end}"
        );
        assert!(matches!(cause(1, &[&line]), Cause::Network { .. }), "{end}");
    }
}

#[test]
fn a_host_without_address_is_named() {
    let line = "error pushing image: failed to push to destination reg.example.com/a: Get \"https://reg.example.com/v2/\": dial tcp: lookup reg.example.com on 10.0.0.1:53: no such host";

    assert_eq!(
        cause(1, &[line]),
        Cause::UnknownHost {
            asked: destination("reg.example.com/a"),
            host: "reg.example.com".into()
        }
    );
}

#[test]
fn an_address_of_add_is_no_base_image() {
    let lines = [
        r#"time="2026-11-23T20:46:52Z" level=info msg="Retrieving image manifest alpine""#,
        "error building image: error building stage: failed to execute command: Get \"https://example.com/x\": dial tcp 10.0.0.1:443: connect: connection refused",
    ];

    assert_eq!(
        cause(1, &lines),
        Cause::Network {
            asked: Asked::Unknown,
            message:
                "Get \"https://example.com/x\": dial tcp 10.0.0.1:443: connect: connection refused"
                    .into()
        }
    );
}

#[test]
fn a_certificate_that_is_not_trusted_is_told() {
    let line = "error building image: unable to complete operation after 0 attempts, last error: Get \"https://reg.example.com/v2/\": tls: failed to verify certificate: x509: certificate signed by unknown authority";

    assert!(matches!(cause(1, &[line]), Cause::Untrusted { .. }));
}

#[test]
fn a_registry_that_speaks_plain_http_is_told_with_what_allows_it() {
    let push = "error checking push permissions: checking push permission for \"192.0.2.2:5056/nu/z:1\": creating push check transport for 192.0.2.2:5056 failed: Get \"https://192.0.2.2:5056/v2/\": http: server gave HTTP response to HTTPS client";
    let pull = "error building image: unable to complete operation after 0 attempts, last error: Get \"https://192.0.2.2:5056/v2/\": http: server gave HTTP response to HTTPS client";

    assert!(matches!(cause(1, &[pull]), Cause::PlainHttp { .. }));
    assert_eq!(
        cause(1, &[push]).sentence(),
        "the registry `192.0.2.2:5056` speaks plain HTTP: `insecure = true` in its \
         `[registries.NAME]` allows that"
    );
}

#[test]
fn a_push_can_be_refused_for_its_repository_or_its_tag() {
    let missing = "error pushing image: failed to push to destination reg.example.com/a/b:1: POST https://reg.example.com/v2/a/b/blobs/uploads/: NAME_UNKNOWN: The repository with name 'a/b' does not exist";
    let immutable = "error pushing image: failed to push to destination reg.example.com/a/b:1: PUT https://reg.example.com/v2/a/b/manifests/1: TAG_INVALID: The image tag '1' already exists in the 'a/b' repository and cannot be overwritten because the repository is immutable.";
    let destination = "reg.example.com/a/b:1".to_owned();

    assert_eq!(cause(1, &[missing]), Cause::RepositoryMissing { destination: destination.clone() });
    assert_eq!(cause(1, &[immutable]), Cause::TagImmutable { destination });
}

#[test]
fn mistakes_of_the_dockerfile_are_told_with_their_line() {
    assert_eq!(
        cause(
            1,
            &[
                "error building image: parsing dockerfile: dockerfile parse error on line 2: unknown instruction: RUM (did you mean RUN?)"
            ]
        ),
        Cause::DockerfileSyntax {
            line: Some(2),
            message: "unknown instruction: RUM (did you mean RUN?)".into()
        }
    );
    assert_eq!(
        cause(1, &["error building image: parsing dockerfile: unterminated heredoc"]),
        Cause::DockerfileSyntax { line: None, message: "unterminated heredoc".into() }
    );
}

#[test]
fn an_unknown_target_is_named_by_both() {
    for line in [
        r#"error building image: error finding target stage: "nope" is not a valid target build stage"#,
        "error building image: Error finding target stage: nope is not a valid target build stage",
    ] {
        assert_eq!(cause(1, &[line]), Cause::UnknownTarget { target: "nope".into() });
    }
}

#[test]
fn a_source_that_is_not_there_is_named_relative_to_the_context() {
    let line = "error building image: error building stage: failed to get files used from context: failed to get fileinfo for /kaniko/buildcontext/a/nope: lstat /kaniko/buildcontext/a/nope: no such file or directory";

    assert_eq!(cause(1, &[line]), Cause::CopyMissing { path: "a/nope".into() });

    let line = "error building image: error building stage: failed to get files used from context: failed to get relative files: lstat /kaniko/buildcontext/nope.txt: no such file or directory";

    assert_eq!(cause(1, &[line]), Cause::CopyMissing { path: "nope.txt".into() });
}

#[test]
fn what_is_no_reference_is_named() {
    assert_eq!(
        cause(1, &["error building image: could not parse reference: A:b"]),
        Cause::BadReference { reference: "A:b".into() }
    );
    assert_eq!(
        cause(
            1,
            &[
                "error checking push permissions: getting tag for destination: repository must be between 2 and 255 characters in length: A"
            ]
        ),
        Cause::BadReference { reference: "A".into() }
    );
}

#[test]
fn arguments_that_are_refused_are_told_before_the_usage_text() {
    let usage = ["Usage:", "  executor [flags]", "", "Use \"executor [command] --help\" for more"];
    let with_usage = |error: &'static str| cause(1, &[&[error][..], &usage[..]].concat());

    assert_eq!(
        with_usage("Error: unknown flag: --secret"),
        Cause::UnknownFlag { flag: "--secret".into() }
    );
    assert_eq!(
        with_usage("Error: unknown shorthand flag: 'x' in -x"),
        Cause::UnknownFlag { flag: "-x".into() }
    );
    assert_eq!(
        with_usage(r#"Error: invalid argument "x" for "--push-retry" flag: strconv.ParseInt: parsing "x": invalid syntax"#),
        Cause::UsageError {
            message: r#"invalid argument "x" for "--push-retry" flag: strconv.ParseInt: parsing "x": invalid syntax"#.into()
        }
    );
    assert_eq!(
        with_usage("Error: error resolving source context: unexpected EOF"),
        Cause::ContextBroken { message: "unexpected EOF".into() }
    );
}

#[test]
fn lines_after_the_last_error_do_not_hide_it() {
    let lines = [
        "error building image: could not parse reference: A:b",
        r#"time="2026-11-23T20:46:52Z" level=debug msg="registry connections: sockets opened=0""#,
    ];

    assert_eq!(cause(1, &lines), Cause::BadReference { reference: "A:b".into() });
}

#[test]
fn the_rest_is_told_as_it_is() {
    let line = "error building image: labels must be of the form key=value, got x";

    assert_eq!(cause(1, &[line, ""]), Cause::Other { message: line.into(), code: 1 });
    assert_eq!(cause(2, &["last", ""]), Cause::Other { message: "last".into(), code: 2 });
    assert_eq!(cause(1, &[]), Cause::Other { message: String::new(), code: 1 });
}
