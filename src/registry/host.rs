//! Names of registries: which spellings are one, and under which a docker config has it.

use super::grammar;

/// Docker Hub as Kaniko names it.
///
/// Source: go-containerregistry's pkg/name, which rewrites `docker.io` to it.
pub const DOCKER_HUB: &str = "index.docker.io";

/// The only key of a docker config under which executors find Docker Hub's credentials.
///
/// Source: executor-facts, "Keys in `auths`".
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";

/// `host` as Kaniko names it: Docker Hub's short form becomes `index.docker.io`.
#[must_use]
pub fn canonical_host(host: &str) -> String {
    canonical(host).to_owned()
}

fn canonical(host: &str) -> &str {
    if host.eq_ignore_ascii_case("docker.io") { DOCKER_HUB } else { host }
}

/// That `host` is one: a name or an address, with or without a port, and nothing else.
///
/// # Errors
///
/// What it must be, as the end of a sentence.
pub fn check_host(host: &str) -> Result<(), &'static str> {
    grammar::host(host)
}

/// Whether two hosts are one registry: letter case and https's own port do not count.
#[must_use]
pub fn same_host(one: &str, other: &str) -> bool {
    fn bare(host: &str) -> &str {
        let host = canonical(host);
        host.strip_suffix(":443").unwrap_or(host)
    }
    bare(one).eq_ignore_ascii_case(bare(other))
}

/// The one key that `host` has in the `auths` of a docker config for an executor.
#[must_use]
pub fn auth_key(host: &str) -> String {
    if same_host(host, DOCKER_HUB) { DOCKER_HUB_KEY.to_owned() } else { host.to_owned() }
}

/// The host and the path of a key as people and programs write it, scheme and `/v1/` dropped.
///
/// Source: docker's CLI, which compares host names alone; containers-auth.json(5), whose keys
/// may carry a path.
pub(super) fn split_key(key: &str) -> (String, &str) {
    let bare = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
    let path = path.trim_matches('/');
    (canonical_host(host), if matches!(path, "v1" | "v2") { "" } else { path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_hub_has_one_key_however_it_is_named() {
        assert_eq!(auth_key("index.docker.io"), "https://index.docker.io/v1/");
        assert_eq!(auth_key("docker.io"), "https://index.docker.io/v1/");
        assert_eq!(auth_key("registry.example.com:5000"), "registry.example.com:5000");
    }

    #[test]
    fn keys_are_read_with_scheme_and_api_version() {
        assert_eq!(split_key("https://index.docker.io/v1/"), ("index.docker.io".to_owned(), ""));
        assert_eq!(split_key("docker.io"), ("index.docker.io".to_owned(), ""));
        assert_eq!(split_key("http://host:5000/v2/"), ("host:5000".to_owned(), ""));
        assert_eq!(split_key("quay.io/team/app"), ("quay.io".to_owned(), "team/app"));
    }

    #[test]
    fn the_port_of_https_does_not_make_another_registry() {
        assert!(same_host("gitlab.example.com:443", "GitLab.example.com"));
        assert!(!same_host("gitlab.example.com:5050", "gitlab.example.com"));
    }
}
