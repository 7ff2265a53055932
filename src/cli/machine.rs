//! What this machine can build with: looked at, nothing is started.

use std::{
    collections::BTreeMap,
    os::unix::{fs::PermissionsExt, net::UnixStream},
    path::Path,
};

use crate::{plan::Machine, transport::container::Kind};

/// Looks at what there is.
pub(super) fn machine(environment: &BTreeMap<String, String>) -> Machine {
    let on_path = |program: &str| is_on_path(environment, program);
    let engine = if on_path("docker") && docker_answers(environment) {
        Some(Kind::Docker)
    } else if on_path("podman") {
        Some(Kind::Podman)
    } else {
        None
    };
    Machine { kaniko: Path::new("/kaniko/executor").is_file(), engine }
}

/// The machine of a pipeline that is only imagined: not this one, and with an engine, so that
/// what only needs one has a plan.
pub(super) fn imagined() -> Machine {
    Machine { kaniko: false, engine: Some(Kind::Docker) }
}

/// Docker's daemon listens; of one elsewhere `DOCKER_HOST` is believed.
fn docker_answers(environment: &BTreeMap<String, String>) -> bool {
    match environment.get("DOCKER_HOST").map(String::as_str).filter(|host| !host.is_empty()) {
        None => UnixStream::connect("/var/run/docker.sock").is_ok(),
        Some(host) => match host.strip_prefix("unix://") {
            Some(path) => UnixStream::connect(path).is_ok(),
            None => true,
        },
    }
}

fn is_on_path(environment: &BTreeMap<String, String>, program: &str) -> bool {
    let path = environment.get("PATH").map_or("", String::as_str);
    path.split(':').any(|directory| {
        let file = Path::new(directory).join(program).metadata();
        file.is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(directory: &Path, host: &str) -> BTreeMap<String, String> {
        let path = directory.display().to_string();
        BTreeMap::from([("PATH".into(), path), ("DOCKER_HOST".into(), host.into())])
    }

    fn program(directory: &Path, name: &str) {
        let path = directory.join(name);
        std::fs::write(&path, "").unwrap();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn docker_counts_where_its_socket_is_listened_at_and_podman_where_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("docker.sock");
        let host = format!("unix://{}", socket.display());
        let engine = || machine(&environment(directory.path(), &host)).engine;
        assert_eq!(engine(), None);

        program(directory.path(), "podman");
        program(directory.path(), "docker");
        assert_eq!(engine(), Some(Kind::Podman));

        let _listening = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert_eq!(engine(), Some(Kind::Docker));
    }
}
