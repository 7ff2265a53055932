//! Finding the cause: first the last error, then its end.

use super::{
    Asked, Cause,
    message::{between, quoted, unescaped},
};
use crate::kaniko::log::without_colours;

/// What the lines begin with by which the executor says why it ends.
///
/// Source: both executors' cmd/executor/cmd/root.go; the last ones are Go's and logrus' own.
const LAST_WORDS: &[&str] = &[
    "Error: ",
    "error building image: ",
    "error pushing image: ",
    "error checking push permissions",
    "error resolving relative paths to absolute paths: ",
    "error changing to root dir: ",
    "kaniko should only be run inside of a container",
    "panic: ",
    "FATA[",
];

/// Where both executors unpack a context that they get as an archive.
const UNPACKED: &str = "/kaniko/buildcontext/";

pub(super) fn find(code: i32, tail: &[String]) -> Cause {
    let lines: Vec<_> = tail.iter().map(|line| without_colours(line)).collect();
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    let error = lines.iter().rev().find(|line| {
        LAST_WORDS.iter().any(|start| line.starts_with(start)) || line.contains(" level=fatal ")
    });
    if let Some(cause) = error.and_then(|error| run(error, &lines)) {
        return cause;
    }
    match (code, error) {
        (137, _) => Cause::OutOfMemory { run: false },
        (129 | 130 | 143, _) => Cause::Stopped(code - 128),
        (_, Some(error)) => of_error(error, code, &lines),
        (_, None) => {
            let last = lines.iter().rev().find(|line| !line.is_empty());
            Cause::Other { message: last.copied().unwrap_or_default().to_owned(), code }
        }
    }
}

/// The cause where a command of `RUN` is to blame.
fn run(error: &str, lines: &[&str]) -> Option<Cause> {
    let Some((_, end)) = error.rsplit_once("waiting for process to exit: ") else {
        let (_, end) = error.split_once("failed to execute command: starting command: ")?;
        let program = end.split_once(": ")?.0.rsplit(' ').next()?;
        return end
            .ends_with("no such file or directory")
            .then(|| Cause::RunNotStarted { program: program.to_owned() });
    };
    // The command's own words, right before the executor's.
    let nearby = &lines[lines.len().saturating_sub(30)..];
    if nearby.iter().any(|line| is_disk_full(line)) {
        return Some(Cause::DiskFull);
    }
    if end.starts_with("signal: killed") || end.starts_with("exit status 137") {
        return Some(Cause::OutOfMemory { run: true });
    }
    let code = end.strip_prefix("exit status ").and_then(|code| code.parse().ok()).unwrap_or(255);
    Some(Cause::RunFailed { code, command: command(lines) })
}

/// The first line of the command that ran last.
fn command(lines: &[&str]) -> Option<String> {
    let message = lines.iter().rev().find_map(|line| message_from(line, "Running: ["))?;
    let command = message.strip_suffix(']').unwrap_or(&message);
    let command = command.strip_prefix("/bin/sh -c ").unwrap_or(command);
    command.lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
}

/// What follows `start` in a log line of that message, in any of the executor's formats.
fn message_from(line: &str, start: &str) -> Option<String> {
    if let Some((_, message)) = line.split_once("msg=\"") {
        let message = unescaped(message.strip_suffix('"').unwrap_or(message));
        return message.strip_prefix(start).map(str::to_owned);
    }
    let (level, message) = line.split_once("] ")?;
    level.starts_with("INFO[").then(|| message.strip_prefix(start)).flatten().map(str::to_owned)
}

fn of_error(error: &str, code: i32, lines: &[&str]) -> Cause {
    let other = || Cause::Other { message: error.to_owned(), code };
    if is_disk_full(error) {
        return Cause::DiskFull;
    }
    if error.ends_with("cannot allocate memory") {
        return Cause::OutOfMemory { run: false };
    }
    if let Some(message) = error.strip_prefix("Error: ") {
        return of_arguments(message);
    }
    if let Some((_, message)) = error.split_once("parsing dockerfile: ") {
        return syntax(message);
    }
    if let Some((_, message)) = error.split_once("rror finding target stage: ") {
        let target = message.split(" is not a valid").next().unwrap_or(message);
        return Cause::UnknownTarget { target: target.trim_matches('"').to_owned() };
    }
    if let Some((_, reference)) = error.split_once("could not parse reference: ") {
        return Cause::BadReference { reference: reference.to_owned() };
    }
    if let Some((_, message)) = error.split_once("getting tag for destination: ") {
        let reference = message.rsplit(": ").next().unwrap_or(message);
        return Cause::BadReference { reference: reference.trim_matches('"').to_owned() };
    }
    let missing = between(error, "failed to get fileinfo for ", ": ").or_else(|| {
        let (_, path) = error.split_once("failed to get relative files: lstat ")?;
        path.strip_suffix(": no such file or directory")
    });
    if let Some(path) = missing {
        let path = path.strip_prefix(UNPACKED).unwrap_or(path);
        return Cause::CopyMissing { path: path.to_owned() };
    }
    // The end of an archive that `ADD` names, not of a connection.
    if error.contains(": unpacking local tar: ") {
        return other();
    }
    of_registry(error, lines).unwrap_or_else(other)
}

/// Errors that are followed by the usage text: before anything is built.
fn of_arguments(message: &str) -> Cause {
    if let Some(flag) = message.strip_prefix("unknown flag: ") {
        return Cause::UnknownFlag { flag: flag.to_owned() };
    }
    if message.starts_with("unknown shorthand flag: ") {
        let flag = message.rsplit(" in ").next().unwrap_or(message);
        return Cause::UnknownFlag { flag: flag.to_owned() };
    }
    if let Some(message) = message.strip_prefix("error resolving source context: ") {
        return Cause::ContextBroken { message: message.to_owned() };
    }
    Cause::UsageError { message: message.to_owned() }
}

fn syntax(message: &str) -> Cause {
    let placed = message
        .strip_prefix("dockerfile parse error on line ")
        .and_then(|rest| rest.split_once(": "))
        .and_then(|(line, message)| Some((line.parse().ok()?, message)));
    match placed {
        Some((line, message)) => {
            Cause::DockerfileSyntax { line: Some(line), message: message.to_owned() }
        }
        None => Cause::DockerfileSyntax { line: None, message: message.to_owned() },
    }
}

/// What a registry answered or why it did not, by the end of the error.
fn of_registry(error: &str, lines: &[&str]) -> Option<Cause> {
    let (asked, end) = asked(error, lines);
    let message = || end.to_owned();
    let has = |needles: &[&str]| needles.iter().any(|needle| end.contains(needle));

    if has(&["x509: ", "tls: failed to verify certificate", "tls: bad certificate"]) {
        return Some(Cause::Untrusted { asked, message: message() });
    }
    if has(&["server gave HTTP response to HTTPS client"]) {
        return Some(Cause::PlainHttp { asked });
    }
    if has(BUSY) {
        return Some(Cause::RegistryBusy { asked, message: message() });
    }
    if has(&["immutable"]) {
        if let Asked::Destination(destination) = asked {
            return Some(Cause::TagImmutable { destination });
        }
        return None;
    }
    if has(&["UNAUTHORIZED", "DENIED", "status code 401", "status code 403"]) {
        return match asked {
            Asked::Destination(destination) => {
                Some(Cause::PushDenied { destination, unknown: is_unknown(end) })
            }
            Asked::Base(reference) => Some(Cause::BaseUnauthorized { reference }),
            Asked::Unknown => None,
        };
    }
    if has(&["MANIFEST_UNKNOWN", "NAME_UNKNOWN", "NOT_FOUND", "status code 404"]) {
        return match asked {
            Asked::Destination(destination) => Some(Cause::RepositoryMissing { destination }),
            Asked::Base(reference) => Some(Cause::BaseMissing { reference }),
            Asked::Unknown => None,
        };
    }
    if let Some((before, _)) = end.rsplit_once(": no such host") {
        let host = before.rsplit("lookup ").next()?.split(' ').next()?.to_owned();
        return Some(Cause::UnknownHost { asked, host });
    }
    (has(UNREACHED) || end.ends_with(": EOF") || end.ends_with("unexpected EOF"))
        .then(|| Cause::Network { asked, message: message() })
}

/// Whether it is who asks that a registry takes not, rather than what is asked.
///
/// Source: the distribution specification, "Error codes"; GitLab answers a wrong password with
/// DENIED where it is to give a token, whose address has a `scope`.
fn is_unknown(end: &str) -> bool {
    let of_a_token = end.contains("scope=") || end.contains("service=");
    of_a_token || end.contains("UNAUTHORIZED") || end.contains("status code 401")
}

/// Codes by which a registry says that it cannot now.
///
/// Source: go-containerregistry's pkg/v1/remote/transport/error.go.
const BUSY: &[&str] = &[
    "TOOMANYREQUESTS",
    "UNAVAILABLE",
    "status code 408",
    "status code 429",
    "status code 500",
    "status code 502",
    "status code 503",
    "status code 504",
];

/// Words of Go's net, net/http and crypto/tls for a connection that did not come or stay.
const UNREACHED: &[&str] = &[
    "connection refused",
    "connection reset by peer",
    "broken pipe",
    "i/o timeout",
    "TLS handshake timeout",
    "Client.Timeout exceeded",
    "context deadline exceeded",
    "server misbehaving",
    "no route to host",
    "network is unreachable",
    "http2: client connection lost",
    "http2: server sent GOAWAY",
    "use of closed network connection",
];

/// What was asked of whom, and the end of the error that tells how it went.
fn asked<'e>(error: &'e str, lines: &[&str]) -> (Asked, &'e str) {
    if let Some((_, rest)) = error.split_once("checking push permission for ")
        && let Some((destination, end)) = quoted(rest)
    {
        return (Asked::Destination(destination), end);
    }
    if let Some((_, rest)) = error.split_once("failed to push to destination ")
        && let Some((destination, end)) = rest.split_once(": ")
    {
        return (Asked::Destination(destination.to_owned()), end);
    }
    // An instruction asks for something else: `ADD` for its address.
    if let Some((_, end)) = error.rsplit_once("failed to execute command: ") {
        return (Asked::Unknown, end);
    }
    if error.starts_with("error building image: ") {
        let end = error.rsplit_once("last error: ").map_or(error, |(_, end)| end);
        let named =
            lines.iter().rev().find_map(|line| message_from(line, "Retrieving image manifest "));
        return (Asked::Base(named.or_else(|| from_address(end))), end);
    }
    (Asked::Unknown, error)
}

/// The reference in `GET https://host/v2/repository/manifests/tag: …`.
fn from_address(end: &str) -> Option<String> {
    let address = between(end, "://", ": ")?.trim_end_matches('"');
    let (host, path) = address.split_once("/v2/")?;
    let (repository, tag) = path.split_once("/manifests/")?;
    let separator = if tag.starts_with("sha256:") { '@' } else { ':' };
    Some(format!("{host}/{repository}{separator}{tag}"))
}

fn is_disk_full(line: &str) -> bool {
    line.to_ascii_lowercase().contains("no space left on device")
}

#[cfg(test)]
mod tests;
