//! The executor's environment, as far as it is the same for all: made from nothing.

/// The executor's own variables.
///
/// Source: the `ENV` of Kaniko's images: its image has no `/etc/ssl`, and the docker config is
/// read from `DOCKER_CONFIG` alone once it is set. Without `USER`, the fork fails at a `WORKDIR`
/// where the stage has no `/etc/passwd`, as one that begins `FROM scratch` (Go's os/user,
/// `lookup_stubs.go`, `current`).
pub(crate) const ENVIRONMENT: [(&str, &str); 4] = [
    ("HOME", "/root"),
    ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/kaniko:/busybox"),
    ("SSL_CERT_DIR", "/kaniko/ssl/certs"),
    ("USER", "root"),
];

/// Variables of proxies, in both spellings.
pub(crate) const PROXIES: [&str; 8] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
];
