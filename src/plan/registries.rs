//! `[registries]`, rendered.

use crate::{
    config::{Config, Mistake},
    registry::{CredentialHelper, Registry},
    template::Engine,
};

use super::{Facts, reader::Reader};

/// Every registry of the file; what is wrong with one goes to `mistakes`.
pub(super) fn read(
    config: &Config,
    engine: &Engine,
    facts: &Facts<'_>,
    mistakes: &mut Vec<Mistake>,
) -> Vec<Registry> {
    let mut registries = Vec::new();
    for section in &config.registries {
        let mut keys = Reader::new(config, engine, &section.table, facts.current);
        registries.extend(registry(&section.name, &mut keys));
        mistakes.append(&mut keys.mistakes);
    }
    registries
}

fn registry(name: &str, keys: &mut Reader<'_>) -> Option<Registry> {
    let host = keys.text("host")?;
    if host.contains('/') || host.is_empty() {
        let hint = "write the host and its port alone: `registry.example.com:5000`";
        keys.wrong("host", format!("`{host}` is no host of a registry"), "not a host", hint);
        return None;
    }
    let helper = keys.text("credential-helper").and_then(|text| {
        let parsed = CredentialHelper::parse(&text);
        if let Err(error) = &parsed {
            let hint = "write the end of its name: `ecr-login` for `docker-credential-ecr-login`";
            keys.wrong("credential-helper", error.to_string(), "not a helper", hint);
        }
        parsed.ok()
    });
    Some(Registry {
        username: keys.text("username"),
        password: keys.secret("password"),
        credential_helper: helper,
        ca_file: keys.path("ca-file"),
        client_cert: keys.path("client-cert-file"),
        client_key: keys.path("client-key-file"),
        insecure: keys.boolean("insecure").unwrap_or(false),
        skip_tls_verify: keys.boolean("skip-tls-verify").unwrap_or(false),
        mirrors: keys.list("mirrors").into_iter().map(|(_, mirror)| mirror).collect(),
        mirror_fallback: keys.boolean("mirror-fallback").unwrap_or(true),
        ..Registry::new(name, &host)
    })
}
