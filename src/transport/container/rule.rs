//! The command lines of docker and podman: what to say, not how it is run.
//!
//! A rule starts nothing and reads nothing: it turns what was decided into the arguments of
//! one call of the engine's client, so each is tested as a list of strings. No argument holds
//! a secret; those travel in the client's environment and on its stdin (see
//! [`environment`](super::environment)).

use super::{Kind, Settings, environment::Placed};

/// Marks a container as ours: the unix time in seconds after which anybody may remove it.
pub(super) const EXPIRES: &str = "org.kaniko-build.expires";

/// Who made a container: `host:pid:start time of that process`.
pub(super) const OWNER: &str = "org.kaniko-build.owner";

/// Where the executor's program is in every image of Kaniko.
const EXECUTOR: &str = "/kaniko/executor";

/// What a container of ours is called and until when it may live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    /// `kaniko-build-…`, unlike any other.
    pub(super) name: String,
    /// Value of [`OWNER`].
    pub(super) owner: String,
    /// Value of [`EXPIRES`], unix time in seconds.
    pub(super) expires: u64,
}

/// Which program this is; asks no daemon.
pub(super) fn version() -> Vec<String> {
    list(&["--version"])
}

/// The ids of all containers of ours, one a line.
pub(super) fn ours() -> Vec<String> {
    let mut arguments = list(&["ps", "--all", "--quiet", "--no-trunc"]);
    arguments.push(format!("--filter=label={EXPIRES}"));
    arguments
}

/// A line for each of `ids`: name and expiry.
pub(super) fn expiries(ids: &[String]) -> Vec<String> {
    let mut arguments = list(&["container", "inspect"]);
    arguments.push(format!("--format={{{{.Name}}}} {{{{index .Config.Labels \"{EXPIRES}\"}}}}"));
    arguments.extend(ids.iter().cloned());
    arguments
}

/// The image's own environment as a JSON list, or an error where there is no such image.
pub(super) fn image_environment(image: &str) -> Vec<String> {
    let mut arguments = list(&["image", "inspect", "--format={{json .Config.Env}}"]);
    arguments.push(image.to_owned());
    arguments
}

/// Fetches the image.
pub(super) fn pull(image: &str) -> Vec<String> {
    let mut arguments = list(&["pull"]);
    arguments.push(image.to_owned());
    arguments
}

/// The name of the engine's machine, and the directory there in which containers are.
pub(super) fn storage(kind: Kind) -> Vec<String> {
    list(&match kind {
        Kind::Podman => ["info", "--format={{.Host.Hostname}} {{.Store.GraphRoot}}"],
        Kind::Docker => ["info", "--format={{.Name}} {{.DockerRootDir}}"],
    })
}

/// Runs the executor with one word, without any network, to see what it is.
pub(super) fn ask(kind: Kind, settings: &Settings, tag: &Tag, word: &str) -> Vec<String> {
    let mut arguments = list(&["run", "--rm"]);
    arguments.extend(labelled(tag));
    if !settings.engine_args.iter().any(|argument| argument.starts_with("--net")) {
        arguments.push("--network=none".to_owned());
    }
    arguments.extend(unlogged(kind));
    arguments.extend(settings.engine_args.iter().cloned());
    arguments.push(settings.image.clone());
    arguments.push(word.to_owned());
    arguments
}

/// Creates the container of one build, with the executor's whole command line.
pub(super) fn create(
    kind: Kind,
    settings: &Settings,
    tag: &Tag,
    environment: &Placed,
    executor_arguments: &[String],
) -> Vec<String> {
    // No `..` here: a new setting does not compile until it has its flag.
    let Settings {
        kind: _,
        program: _,
        image,
        pull: _,
        network,
        memory,
        cpus,
        volumes,
        engine_args,
    } = settings;
    let mut arguments = list(&["create"]);
    arguments.extend(labelled(tag));
    // Hard links of a context are lost where the executor starts anywhere else.
    arguments.push("--workdir=/".to_owned());
    arguments.extend(unlogged(kind));
    for (flag, value) in [("network", network), ("memory", memory), ("cpus", cpus)] {
        if let Some(value) = value {
            arguments.push(format!("--{flag}={value}"));
        }
    }
    arguments.extend(volumes.iter().map(|volume| format!("--volume={volume}")));
    arguments.extend(environment.arguments.iter().cloned());
    arguments.extend(engine_args.iter().cloned());
    arguments.push(image.clone());
    arguments.extend(executor_arguments.iter().cloned());
    arguments
}

/// Unpacks a tar from stdin into `directory`, which must be there.
pub(super) fn copy_in(name: &str, directory: &str) -> Vec<String> {
    vec!["cp".to_owned(), "-".to_owned(), format!("{name}:{directory}")]
}

/// Writes `path` as a tar to stdout.
pub(super) fn copy_out(name: &str, path: &str) -> Vec<String> {
    vec!["cp".to_owned(), format!("{name}:{path}"), "-".to_owned()]
}

/// Starts it and shows its output until it ends.
pub(super) fn start(name: &str) -> Vec<String> {
    list(&["start", "--attach", name])
}

/// Its state as JSON.
pub(super) fn state(name: &str) -> Vec<String> {
    list(&["container", "inspect", "--format={{json .State}}", name])
}

/// Waits until it has ended.
pub(super) fn wait(name: &str) -> Vec<String> {
    list(&["wait", name])
}

/// Kills all that runs in it.
pub(super) fn kill(name: &str) -> Vec<String> {
    list(&["kill", name])
}

/// Removes it, running or not, with the volumes that its image declared.
pub(super) fn remove(name: &str) -> Vec<String> {
    list(&["rm", "--force", "--volumes", name])
}

fn labelled(tag: &Tag) -> Vec<String> {
    vec![
        format!("--name={}", tag.name),
        format!("--label={OWNER}={}", tag.owner),
        format!("--label={EXPIRES}={}", tag.expires),
        format!("--entrypoint={EXECUTOR}"),
    ]
}

/// A log that the engine keeps would outlive the build, in journald for ever, and what an
/// executor prints can hold secrets. Attaching works without one.
fn unlogged(kind: Kind) -> Vec<String> {
    match kind {
        Kind::Docker => list(&["--log-driver=none"]),
        // Podman gives the host's proxies to a container unless told not to.
        Kind::Podman => list(&["--log-driver=none", "--http-proxy=false"]),
    }
}

fn list(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|&argument| argument.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::Pull, *};

    fn settings(kind: Kind) -> Settings {
        Settings::new(kind, "example.com/kaniko:1")
    }

    fn tag() -> Tag {
        Tag { name: "kaniko-build-1".into(), owner: "ci:7:42".into(), expires: 1_700_000_000 }
    }

    #[test]
    fn a_container_is_created_with_all_its_settings_before_the_image() {
        let settings = Settings {
            pull: Pull::Never,
            network: Some("build".into()),
            memory: Some("2g".into()),
            cpus: Some("1.5".into()),
            volumes: vec!["/var/cache/kaniko:/cache:ro".into()],
            engine_args: vec!["--ulimit=nofile=1024:1024".into()],
            ..settings(Kind::Docker)
        };
        let environment = Placed { arguments: vec!["--env=TOKEN".into()], ..Placed::default() };
        assert_eq!(
            create(Kind::Docker, &settings, &tag(), &environment, &["--no-push=true".into()]),
            [
                "create",
                "--name=kaniko-build-1",
                "--label=org.kaniko-build.owner=ci:7:42",
                "--label=org.kaniko-build.expires=1700000000",
                "--entrypoint=/kaniko/executor",
                "--workdir=/",
                "--log-driver=none",
                "--network=build",
                "--memory=2g",
                "--cpus=1.5",
                "--volume=/var/cache/kaniko:/cache:ro",
                "--env=TOKEN",
                "--ulimit=nofile=1024:1024",
                "example.com/kaniko:1",
                "--no-push=true",
            ]
        );
    }

    #[test]
    fn podman_passes_no_proxy_of_the_host() {
        let created =
            create(Kind::Podman, &settings(Kind::Podman), &tag(), &Placed::default(), &[]);
        assert_eq!(
            created,
            [
                "create",
                "--name=kaniko-build-1",
                "--label=org.kaniko-build.owner=ci:7:42",
                "--label=org.kaniko-build.expires=1700000000",
                "--entrypoint=/kaniko/executor",
                "--workdir=/",
                "--log-driver=none",
                "--http-proxy=false",
                "example.com/kaniko:1",
            ]
        );
    }

    #[test]
    fn the_executor_is_asked_without_a_network_and_leaves_no_container() {
        assert_eq!(
            ask(Kind::Docker, &settings(Kind::Docker), &tag(), "version"),
            [
                "run",
                "--rm",
                "--name=kaniko-build-1",
                "--label=org.kaniko-build.owner=ci:7:42",
                "--label=org.kaniko-build.expires=1700000000",
                "--entrypoint=/kaniko/executor",
                "--network=none",
                "--log-driver=none",
                "example.com/kaniko:1",
                "version",
            ]
        );
    }

    #[test]
    fn a_network_of_the_users_own_is_not_named_twice() {
        let settings =
            Settings { engine_args: vec!["--net=host".into()], ..settings(Kind::Docker) };
        assert_eq!(
            ask(Kind::Docker, &settings, &tag(), "--help")[6..],
            ["--log-driver=none", "--net=host", "example.com/kaniko:1", "--help"]
        );
    }

    #[test]
    fn only_containers_with_our_label_are_listed() {
        assert_eq!(
            ours(),
            ["ps", "--all", "--quiet", "--no-trunc", "--filter=label=org.kaniko-build.expires"]
        );
        assert_eq!(
            expiries(&["a1".into(), "b2".into()]),
            [
                "container",
                "inspect",
                "--format={{.Name}} {{index .Config.Labels \"org.kaniko-build.expires\"}}",
                "a1",
                "b2",
            ]
        );
    }

    #[test]
    fn files_go_in_and_out_as_tar_streams() {
        assert_eq!(copy_in("n", "/kaniko"), ["cp", "-", "n:/kaniko"]);
        assert_eq!(copy_out("n", "/kaniko/x"), ["cp", "n:/kaniko/x", "-"]);
    }

    #[test]
    fn a_container_goes_with_the_volumes_of_its_image() {
        assert_eq!(remove("n"), ["rm", "--force", "--volumes", "n"]);
    }

    #[test]
    fn the_short_calls_name_the_container_last() {
        assert_eq!(version(), ["--version"]);
        assert_eq!(pull("i"), ["pull", "i"]);
        assert_eq!(
            image_environment("i"),
            ["image", "inspect", "--format={{json .Config.Env}}", "i"]
        );
        assert_eq!(
            storage(Kind::Podman),
            ["info", "--format={{.Host.Hostname}} {{.Store.GraphRoot}}"]
        );
        assert_eq!(storage(Kind::Docker), ["info", "--format={{.Name}} {{.DockerRootDir}}"]);
        assert_eq!(start("n"), ["start", "--attach", "n"]);
        assert_eq!(state("n"), ["container", "inspect", "--format={{json .State}}", "n"]);
        assert_eq!(wait("n"), ["wait", "n"]);
        assert_eq!(kill("n"), ["kill", "n"]);
    }
}
