//! Which way each variable of the executor's environment takes into the container.
//!
//! Not on the command line, which any user of the machine can read. The client of both
//! engines takes `--env=NAME` as "the value that I have myself", which carries every value
//! unharmed; what the client itself obeys (`PATH`, `DOCKER_CONFIG`, …) must not be set for it
//! and goes by `--env-file=/dev/stdin`, which carries single lines.
//!
//! The container starts with nothing else where the engine allows: podman from 4.0 on has
//! `--unsetenv-all`, docker unsets each variable of the image by name, or empties it where the
//! client obeys it. What stays is the engine's own (`HOSTNAME`, podman's `container`), and the
//! `proxies` of docker's config.json where the job sets none: those would also win over an env
//! file, so that a job's proxies go through the client's environment. Until the container is
//! removed, `inspect` shows the environment to whoever may use the engine.
//!
//! Source: docker/cli's opts/file.go and opts/env.go, moby's container/env.go, podman's
//! pkg/env/env.go.

use std::{ffi::OsString, os::unix::ffi::OsStringExt};

use zeroize::Zeroizing;

use super::Kind;
use crate::{process::Command, secret::Secret};

/// Variables that the clients obey, whole.
const OBEYED: &[&str] = &[
    "HOME",
    "LANG",
    "LOGNAME",
    "PATH",
    "REGISTRIES_CONFIG_PATH",
    "REGISTRY_AUTH_FILE",
    "SHELL",
    "SSH_AUTH_SOCK",
    "TMPDIR",
    "TZ",
    "USER",
];

/// Beginnings of the names of more of them.
const OBEYED_FAMILIES: &[&str] = &[
    "BUILDAH_",
    "BUILDKIT_",
    "BUILDX_",
    "CONTAINERS_",
    "CONTAINER_",
    "DBUS_",
    "DOCKER_",
    "DYLD_",
    "GODEBUG",
    "GOTRACEBACK",
    "LC_",
    "LD_",
    "LISTEN_",
    "MOBY_",
    "NOTIFY_",
    "OTEL_",
    "PODMAN_",
    "SSL_CERT_",
    "STORAGE_",
    "XDG_",
];

/// The longest line that the clients read from an env file (Go's `bufio.MaxScanTokenSize`).
const LONGEST_LINE: usize = 64 * 1024 - 1;

/// An environment on its ways.
#[derive(Debug, Default)]
pub(super) struct Placed {
    /// Arguments of `create`, without a value that matters.
    pub(super) arguments: Vec<String>,
    /// What the client finds on stdin: `NAME=value` lines.
    pub(super) file: Zeroizing<Vec<u8>>,
    /// What the client gets into its own environment.
    pub(super) client: Vec<(String, Secret)>,
    /// What the client must not have, or it would pass its own on.
    pub(super) withheld: Vec<String>,
}

impl Placed {
    /// The client's `command` with what it gets into its environment, and without what it must
    /// not have.
    pub(super) fn command(&self, command: Command) -> Command {
        let value = |secret: &Secret| OsString::from_vec(secret.expose().to_vec());
        let set = self.client.iter();
        let command = set.fold(command, |all, (name, secret)| all.set(name, value(secret)));
        self.withheld.iter().fold(command, Command::unset)
    }
}

/// Variables of the image that are to be unset, by the engine's means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unset {
    /// There is no way.
    Nothing,
    /// One flag for all.
    All,
    /// Each of these by its name.
    Names(Vec<String>),
}

impl Unset {
    /// How `kind` of `version` (major, minor) unsets an image's variables `names`.
    pub(super) fn of(kind: Kind, version: Option<(u64, u64)>, names: Vec<String>) -> Self {
        match (kind, version) {
            (Kind::Docker, _) => Self::Names(names),
            (Kind::Podman, Some(version)) if version >= (4, 0) => Self::All,
            (Kind::Podman, _) => Self::Nothing,
        }
    }
}

/// Gives each variable its way.
///
/// # Errors
///
/// A sentence: a name that no client takes, or a value of more than one line under a name
/// that the client itself obeys.
pub(super) fn place(environment: &[(String, Secret)], unset: &Unset) -> Result<Placed, String> {
    let mut placed = Placed::default();
    match unset {
        Unset::Nothing => {}
        Unset::All => placed.arguments.push("--unsetenv-all".to_owned()),
        Unset::Names(names) => {
            for name in names.iter().filter(|name| !environment.iter().any(|(n, _)| n == *name)) {
                if is_obeyed(name) {
                    // The client may need its own, so that all there is is to empty it.
                    placed.arguments.push(format!("--env={name}="));
                } else {
                    // Named without a value that the client has, it leaves the image's.
                    placed.arguments.push(format!("--env={name}"));
                    placed.withheld.push(name.clone());
                }
            }
        }
    }
    let room = environment.iter().map(|(name, value)| name.len() + value.expose().len() + 2).sum();
    placed.file.reserve_exact(room);
    for (name, value) in environment {
        if !is_takeable(name) {
            return Err(format!("`{name}` can be no variable of a container's environment"));
        }
        if !is_obeyed(name) {
            if value.expose().contains(&0) {
                return Err(format!("the value of `{name}` holds a NUL, which no variable can"));
            }
            placed.arguments.push(format!("--env={name}"));
            placed.client.push((name.clone(), value.clone()));
        } else if is_line(name, value.expose()) {
            placed.file.extend_from_slice(name.as_bytes());
            placed.file.push(b'=');
            placed.file.extend_from_slice(value.expose());
            placed.file.push(b'\n');
        } else {
            return Err(format!(
                "the value of `{name}` is no single line of text, and docker and podman obey \
                 that variable themselves, so it can reach a container as a line alone"
            ));
        }
    }
    if !placed.file.is_empty() {
        placed.arguments.push("--env-file=/dev/stdin".to_owned());
    }
    Ok(placed)
}

/// Whether both clients take `--env=NAME` as that very name; `*` is a pattern to podman.
fn is_takeable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('#')
        && name.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"=*".contains(c))
}

fn is_obeyed(name: &str) -> bool {
    OBEYED.contains(&name) || OBEYED_FAMILIES.iter().any(|family| name.starts_with(family))
}

fn is_line(name: &str, value: &[u8]) -> bool {
    std::str::from_utf8(value).is_ok()
        && !value.iter().any(|byte| matches!(byte, b'\n' | b'\r' | 0))
        && name.len() + value.len() < LONGEST_LINE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Vec<(String, Secret)> {
        pairs.iter().map(|&(name, value)| (name.to_owned(), value.into())).collect()
    }

    fn client(placed: &Placed) -> Vec<(&str, &[u8])> {
        placed.client.iter().map(|(name, value)| (name.as_str(), value.expose())).collect()
    }

    #[test]
    fn values_go_through_the_clients_environment_and_names_alone_into_its_arguments() {
        let environment = variables(&[("TOKEN", "hunter2"), ("KEY", "-----\nabc\n-----\n")]);
        let placed = place(&environment, &Unset::Nothing).unwrap();
        assert_eq!(placed.arguments, ["--env=TOKEN", "--env=KEY"]);
        assert_eq!(client(&placed), [("TOKEN", &b"hunter2"[..]), ("KEY", b"-----\nabc\n-----\n")]);
        assert_eq!(*placed.file, b"");
    }

    #[test]
    fn what_the_client_obeys_goes_by_stdin() {
        let environment = variables(&[
            ("PATH", "/kaniko"),
            ("DOCKER_CONFIG", "/kaniko/.kaniko-build/run/docker"),
            ("HTTPS_PROXY", "http://u:p@proxy:3128"),
            ("EMPTY", ""),
        ]);
        let placed = place(&environment, &Unset::Nothing).unwrap();
        assert_eq!(placed.arguments, ["--env=HTTPS_PROXY", "--env=EMPTY", "--env-file=/dev/stdin"]);
        assert_eq!(*placed.file, b"PATH=/kaniko\nDOCKER_CONFIG=/kaniko/.kaniko-build/run/docker\n");
        assert_eq!(
            client(&placed),
            [("HTTPS_PROXY", &b"http://u:p@proxy:3128"[..]), ("EMPTY", b"")]
        );
    }

    #[test]
    fn a_line_break_under_a_name_that_the_client_obeys_is_refused() {
        assert_eq!(
            place(&variables(&[("HOME", "/a\n/b")]), &Unset::Nothing).unwrap_err(),
            "the value of `HOME` is no single line of text, and docker and podman obey that \
             variable themselves, so it can reach a container as a line alone"
        );
    }

    #[test]
    fn a_name_that_podman_takes_for_a_pattern_is_refused() {
        assert_eq!(
            place(&variables(&[("CI_*", "1")]), &Unset::Nothing).unwrap_err(),
            "`CI_*` can be no variable of a container's environment"
        );
    }

    #[test]
    fn docker_unsets_the_images_variables_that_the_job_does_not_set() {
        let names = ["DOCKER_X", "KANIKO_CLEANUP", "A"].map(str::to_owned).to_vec();
        let unset = Unset::of(Kind::Docker, Some((28, 2)), names);
        let placed = place(&variables(&[("A", "1")]), &unset).unwrap();
        assert_eq!(placed.arguments, ["--env=DOCKER_X=", "--env=KANIKO_CLEANUP", "--env=A"]);
        assert_eq!(placed.withheld, ["KANIKO_CLEANUP"]);
    }

    #[test]
    fn podman_unsets_all_since_version_4() {
        let names = vec!["A".to_owned()];
        assert_eq!(Unset::of(Kind::Podman, Some((4, 0)), names.clone()), Unset::All);
        assert_eq!(Unset::of(Kind::Podman, Some((3, 4)), names.clone()), Unset::Nothing);
        assert_eq!(Unset::of(Kind::Podman, None, names), Unset::Nothing);
        assert_eq!(place(&[], &Unset::All).unwrap().arguments, ["--unsetenv-all"]);
    }
}
