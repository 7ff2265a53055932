//! Where docker and podman keep their configs.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// A config file that may be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// What it is called in plans and messages.
    pub name: String,
}

/// The config files to look into, in order: docker's, then podman's.
///
/// As these programs do, a variable that names a place is looked at instead of the usual
/// place, not before it.
///
/// Source: docker's CLI, cli/config; containers-auth.json(5), "DESCRIPTION".
#[must_use]
pub fn places(env: &BTreeMap<String, String>) -> Vec<Place> {
    let directory = |name: &str| env.get(name).filter(|value| !value.is_empty()).map(Path::new);
    let place = |directory: Option<&Path>, below: &str, name: &str| {
        directory.map(|directory| Place { path: directory.join(below), name: name.to_owned() })
    };
    let docker = place(directory("DOCKER_CONFIG"), "config.json", "$DOCKER_CONFIG/config.json")
        .or_else(|| place(directory("HOME"), ".docker/config.json", "~/.docker/config.json"));
    let podman = if let Some(file) = directory("REGISTRY_AUTH_FILE") {
        vec![Place { path: file.to_owned(), name: "$REGISTRY_AUTH_FILE".to_owned() }]
    } else {
        let run = place(
            directory("XDG_RUNTIME_DIR"),
            "containers/auth.json",
            "$XDG_RUNTIME_DIR/containers/auth.json",
        );
        let home = place(
            directory("XDG_CONFIG_HOME"),
            "containers/auth.json",
            "$XDG_CONFIG_HOME/containers/auth.json",
        )
        .or_else(|| {
            let below = ".config/containers/auth.json";
            place(directory("HOME"), below, "~/.config/containers/auth.json")
        });
        run.into_iter().chain(home).collect()
    };
    docker.into_iter().chain(podman).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let env =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        places(&env)
            .into_iter()
            .map(|place| (place.name, place.path.to_str().unwrap().to_owned()))
            .collect()
    }

    fn pair(name: &str, path: &str) -> (String, String) {
        (name.to_owned(), path.to_owned())
    }

    #[test]
    fn the_usual_places_are_below_home_and_the_runtime_directory() {
        assert_eq!(
            found(&[("HOME", "/home/me"), ("XDG_RUNTIME_DIR", "/run/user/1")]),
            [
                pair("~/.docker/config.json", "/home/me/.docker/config.json"),
                pair("$XDG_RUNTIME_DIR/containers/auth.json", "/run/user/1/containers/auth.json"),
                pair("~/.config/containers/auth.json", "/home/me/.config/containers/auth.json"),
            ]
        );
    }

    #[test]
    fn variables_name_other_places_instead() {
        assert_eq!(
            found(&[
                ("HOME", "/home/me"),
                ("DOCKER_CONFIG", "/d"),
                ("REGISTRY_AUTH_FILE", "/a.json")
            ]),
            [
                pair("$DOCKER_CONFIG/config.json", "/d/config.json"),
                pair("$REGISTRY_AUTH_FILE", "/a.json")
            ]
        );
    }

    #[test]
    fn without_a_home_there_is_none() {
        assert_eq!(found(&[("DOCKER_CONFIG", "")]), []);
    }
}
