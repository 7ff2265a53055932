//! Flags that say how a registry is reached: they stand with the registry, once.

use super::{Flag, Kind};

const INSECURE: &str = "it belongs to the registry: write `insecure = true` in `[registries.NAME]`";
const SKIP_TLS_VERIFY: &str =
    "it belongs to the registry: write `skip-tls-verify = true` in `[registries.NAME]`";
const MIRRORS: &str = "it belongs to the registry: write `mirrors = [\"…\"]` in the `[registries.NAME]` that is mirrored";

pub(super) const FLAGS: &[Flag] = &[
    Flag::new("--insecure", "insecure", Kind::Bool, "Push over plain HTTP.")
        .by_registry("insecure", INSECURE),
    Flag::new("--insecure-pull", "insecure-pull", Kind::Bool, "Pull over plain HTTP.")
        .by_registry("insecure", INSECURE),
    Flag::new("--insecure-registry", "insecure-registries", Kind::List, "Registries that are spoken to over plain HTTP.")
        .by_registry("insecure", INSECURE),
    Flag::new("--skip-tls-verify", "skip-tls-verify", Kind::Bool, "Take any certificate of any registry.")
        .by_registry("skip-tls-verify", SKIP_TLS_VERIFY),
    Flag::new("--skip-tls-verify-registry", "skip-tls-verify-registries", Kind::List, "Registries whose certificates are not checked.")
        .by_registry("skip-tls-verify", SKIP_TLS_VERIFY),
    Flag::new("--registry-certificate", "registry-certificates", Kind::Table, "Certificates that vouch for registries.")
        .by_registry("ca-file", "it belongs to the registry: write `ca-file = \"…\"` in `[registries.NAME]`"),
    Flag::new("--registry-client-cert", "registry-client-certs", Kind::Table, "Certificates that we show to registries.")
        .original_since("1.10.0")
        .by_registry("client-cert-file", "it belongs to the registry: write `client-cert-file` and `client-key-file` in `[registries.NAME]`"),
    Flag::new("--registry-mirror", "registry-mirrors", Kind::List, "Mirrors of Docker Hub.")
        .by_registry("mirrors", MIRRORS),
    Flag::new("--registry-map", "registry-maps", Kind::Table, "Mirrors of any registry.")
        .original_since("1.21.0")
        .by_registry("mirrors", MIRRORS),
    Flag::new("--skip-default-registry-fallback", "skip-default-registry-fallback", Kind::Bool, "Never ask the registry itself where a mirror lacks an image.")
        .original_since("1.13.0")
        .by_registry("mirror-fallback", "it belongs to the registry: write `mirror-fallback = false` in the `[registries.NAME]` that is mirrored"),
];
