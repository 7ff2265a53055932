//! `[registries]`, rendered.

use crate::{
    config::{Config, Mistake},
    registry::{CredentialHelper, Mirror, Registry, check_host},
    template::Engine,
};

use super::{Facts, reader::Reader, unexpanded};

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
        let registry = registry(&section.name, &mut keys);
        if let Some(other) = twin(&registries, &registry) {
            let message = format!(
                "`registries.{}` and `registries.{}` are one registry, `{}`",
                other.name, registry.name, registry.host
            );
            keys.wrong("host", message, "the same host", "write all that is said of it once");
        }
        tell_of_half(&mut keys);
        registries.push(registry);
        mistakes.append(&mut keys.mistakes);
    }
    registries
}

/// A user without a password logs in nowhere, and no other place would be asked for the rest.
fn tell_of_half(keys: &mut Reader<'_>) {
    let (given, missing) = match (keys.has("username"), keys.has("password")) {
        (true, false) => ("username", "password"),
        (false, true) => ("password", "username"),
        _ => return,
    };
    if !keys.has("credential-helper") {
        let hint = "write both; or neither, and the CI's variables and docker's and podman's \
                    configs are looked at";
        keys.lacking(given, format!("`{given}` without `{missing}`"), "half a login", hint);
    }
}

/// Stands for a host that is none, so that what names it is not wrong as well.
const NO_HOST: &str = "registry.invalid";

fn twin<'a>(registries: &'a [Registry], registry: &Registry) -> Option<&'a Registry> {
    registries.iter().find(|other| other.is_at(&registry.host) && registry.host != NO_HOST)
}

fn host(keys: &mut Reader<'_>) -> String {
    let Some(host) = keys.text("host") else { return NO_HOST.to_owned() };
    let why = match check_host(&host) {
        Ok(()) => return host,
        Err(why) => why,
    };
    let variable = unexpanded::hint(&host);
    let hint = match host.split_once("://").map_or(&*host, |(_, rest)| rest).split('/').next() {
        Some(bare) if bare != host && check_host(bare).is_ok() => {
            format!("write the host and its port alone: `{bare}`")
        }
        _ => variable.unwrap_or_else(|| {
            "write the host and its port alone: `registry.example.com:5000`".to_owned()
        }),
    };
    keys.wrong("host", format!("the host `{host}` {why}"), "not a host", &hint);
    NO_HOST.to_owned()
}

fn registry(name: &str, keys: &mut Reader<'_>) -> Registry {
    let host = host(keys);
    let helper = keys.text("credential-helper").and_then(|text| {
        let parsed = CredentialHelper::parse(&text);
        if let Err(error) = &parsed {
            let hint = "write the end of its name: `ecr-login` for `docker-credential-ecr-login`";
            let message = format!("`credential-helper` {error}");
            keys.wrong("credential-helper", message, "not a helper", hint);
        }
        parsed.ok()
    });
    Registry {
        username: keys.text("username"),
        password: keys.secret("password"),
        credential_helper: helper,
        ca_file: keys.path("ca-file"),
        client_cert: keys.path("client-cert-file"),
        client_key: keys.path("client-key-file"),
        insecure: keys.boolean("insecure").unwrap_or(false),
        skip_tls_verify: keys.boolean("skip-tls-verify").unwrap_or(false),
        mirrors: mirrors(keys),
        mirror_fallback: keys.boolean("mirror-fallback").unwrap_or(true),
        ..Registry::new(name, &host)
    }
}

/// Mirrors that a template leaves empty are left out.
fn mirrors(keys: &mut Reader<'_>) -> Vec<String> {
    let mut mirrors = Vec::new();
    for (place, mirror) in keys.list("mirrors") {
        match Mirror::parse(&mirror) {
            _ if mirror.is_empty() => {}
            Ok(_) => mirrors.push(mirror),
            Err(why) => {
                let message = format!("the mirror `{mirror}` {why}");
                let mistake = Mistake::at(&place, message, "not a mirror");
                let hint = "write `host`, `host:port` or `host/path`";
                keys.mistakes.push(mistake.hint(hint));
            }
        }
    }
    mirrors
}
