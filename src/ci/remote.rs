//! The address of a git remote, without what must not be shown of it.

/// The remote's page in a browser: credentials and `.git` are left out, and what is reached
/// through SSH is taken to have its page under `https` on the same host. None for local paths.
pub(super) fn browsable(remote: &str) -> Option<String> {
    let Remote { scheme, host, path } = parse(remote)?;
    Some(format!("{scheme}://{host}/{path}"))
}

/// The remote's path on its server: `group/project`. None for local paths.
pub(super) fn path_of(remote: &str) -> Option<String> {
    parse(remote).map(|remote| remote.path.to_owned())
}

struct Remote<'a> {
    scheme: &'a str,
    host: &'a str,
    path: &'a str,
}

/// Splits `https://user:token@host/path.git`, `ssh://git@host:22/path` and `git@host:path`.
fn parse(remote: &str) -> Option<Remote<'_>> {
    let (scheme, authority, path) = if let Some((scheme, rest)) = remote.split_once("://") {
        let (authority, path) = rest.split_once('/')?;
        (scheme, authority, path)
    } else {
        let (host, path) = remote.split_once(':').filter(|(host, _)| !host.contains('/'))?;
        ("ssh", host, path)
    };
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (scheme, host) = match scheme {
        "http" | "https" => (scheme, host),
        "ssh" | "git+ssh" | "ssh+git" | "git" => ("https", without_port(host)),
        _ => return None,
    };
    let path = path.split(['?', '#']).next()?.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    (!host.is_empty() && !path.is_empty()).then_some(Remote { scheme, host, path })
}

/// SSH's port tells nothing of the web server's.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::{browsable, path_of};

    #[test]
    fn credentials_are_never_in_the_address() {
        assert_eq!(
            browsable("https://gitlab-ci-token:s3cret@gitlab.example.com/shop/api.git").as_deref(),
            Some("https://gitlab.example.com/shop/api")
        );
        assert_eq!(
            browsable("https://user:p@ss@host.example:8443/a/b").as_deref(),
            Some("https://host.example:8443/a/b")
        );
    }

    #[test]
    fn a_remote_through_ssh_has_its_page_on_the_same_host() {
        assert_eq!(
            browsable("git@github.com:shop/api.git").as_deref(),
            Some("https://github.com/shop/api")
        );
        assert_eq!(
            browsable("ssh://git@git.example.com:2222/shop/api").as_deref(),
            Some("https://git.example.com/shop/api")
        );
    }

    #[test]
    fn a_local_remote_has_no_address() {
        assert_eq!(browsable("/srv/git/api.git"), None);
        assert_eq!(browsable("../api:old"), None);
        assert_eq!(browsable("file:///srv/git/api.git"), None);
    }

    #[test]
    fn the_path_is_that_on_the_server() {
        assert_eq!(path_of("git@host:group/sub/api.git").as_deref(), Some("group/sub/api"));
    }
}
