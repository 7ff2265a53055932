//! Values that Kaniko or an engine would refuse only after everything was sent: told before.
//!
//! What may work anywhere is left alone.

use crate::{
    config::Mistake,
    registry::{DOCKER_HUB, Reference},
    transport::{OutputKind, container},
};

use super::{Build, ExecutorKind, reader::Reader, unexpanded};

/// A container with less is refused by docker, and killed at once by others.
///
/// Source: moby's `daemon/daemon_unix.go`, `linuxMinMemory`.
const LEAST_MEMORY: f64 = 6.0 * 1024.0 * 1024.0;

/// The highest level of gzip.
const GZIP_MOST: u64 = 9;

/// Tells what is wrong with the flags of a build; without Kaniko they mean nothing.
pub(super) fn check(build: &Build, keys: &mut Reader<'_>) {
    if build.executor.kind == ExecutorKind::Builtin {
        return;
    }
    let repository = flag(build, "--cache-repo").unwrap_or_default();
    if has_cache(build) && repository.is_empty() {
        without_a_place(build, keys);
    } else if has_cache(build) && !is_layout(repository) {
        cache_repository(repository, keys);
    }
    let level = flag(build, "--compression-level").and_then(|level| level.parse::<u64>().ok());
    let is_gzip = flag(build, "--compression").is_none_or(|form| form == "gzip");
    if is_gzip && let Some(level) = level.filter(|level| *level > GZIP_MOST) {
        let message = format!("gzip has no level {level}");
        let hint = "levels are 1 (fast) to 9 (small); `compression = \"zstd\"` has further ones";
        keys.wrong("compression-level", message, "no such level", hint);
    }
    if flag(build, "--compression") == Some("zstd") {
        zstd(build, keys);
    }
}

/// The maintained Kaniko ends with an error where the form of the image knows no zstd, when all is
/// built; of the original's archive engines know its layers by chance.
fn zstd(build: &Build, keys: &mut Reader<'_>) {
    let has_archive = build.outputs.iter().any(|output| output.kind == OutputKind::File);
    let (other, hint) = if has_archive {
        ("tar-path", "leave one of both out; an `oci-layout-path` holds such layers")
    } else if flag(build, "--image-format") == Some("docker") {
        ("image-format", "write `image-format = \"oci\"`, or leave `compression` out")
    } else {
        return;
    };
    let message = match other {
        "tar-path" => "layers in zstd don't fit into the archive of `tar-path`".to_owned(),
        _ => "Docker's image format has no layers in zstd".to_owned(),
    };
    let place = keys.place("compression").or(keys.of).cloned();
    let Some(place) = place else { return };
    let mistake = Mistake::at(&place, message, "for other forms of an image").hint(hint);
    keys.mistakes.push(match keys.place(other) {
        Some(other) => mistake.also(other, "and this"),
        None => mistake,
    });
}

/// Keeps a build that is not to push from pushing its cache, which is then only read: as Kaniko
/// would, from below the first destination where no repository is named. Where pushing is allowed,
/// a repository that is named is one of a build that names it, be it `no-push`.
///
/// Source: Kaniko's cmd/executor/cmd/root.go, `cacheFlagsValid`, which refuses a cache without a
/// repository where nothing is pushed; pkg/cache/cache.go, `Destination`.
pub(super) fn withhold_cache(build: &mut Build, may_push: bool) {
    let repository = flag(build, "--cache-repo").unwrap_or_default();
    let is_kaniko = build.executor.kind != ExecutorKind::Builtin;
    let is_asked_for = may_push && (build.push || !repository.is_empty());
    if is_asked_for || !is_kaniko || !has_cache(build) || is_layout(repository) {
        return;
    }
    let inferred = build.destinations.first().filter(|_| repository.is_empty());
    let inferred = inferred.map(|first| format!("{}/{}/cache", first.host(), first.repository()));
    if let Some(repository) = inferred {
        build.flags.retain(|flag| flag != "--cache-repo=");
        build.flags.push(format!("--cache-repo={repository}"));
    }
    if !is_on(build, "--no-push-cache") {
        build.flags.push("--no-push-cache=true".to_owned());
    }
}

fn without_a_place(build: &Build, keys: &mut Reader<'_>) {
    if build.push || !build.destinations.is_empty() || is_on(build, "--no-push-cache") {
        return;
    }
    let message = format!("build `{}` has a cache, no `cache-repo`, and is not pushed", build.name);
    let hint = "write `cache-repo`, or leave `cache` out: only of a build that is pushed does \
                Kaniko keep the cache beside its first destination";
    keys.wrong("cache", message, "kept where?", hint);
}

/// Kaniko puts a tag of its own behind the repository, for each layer.
///
/// Source: its pkg/cache/cache.go, `Destination`.
fn cache_repository(repository: &str, keys: &mut Reader<'_>) {
    let reference = match Reference::parse(repository) {
        Ok(reference) => reference,
        Err(error) => {
            let hint = unexpanded::hint(repository);
            let hint = hint.as_deref().unwrap_or("write one as `registry.example.com/shop/cache`");
            keys.wrong("cache-repo", error.to_string(), "this repository", hint);
            return;
        }
    };
    let part = match (reference.digest(), reference.tag()) {
        (None, None) => return,
        (None, Some(port)) if is_host(&reference, port) => {
            let message = format!("the cache repository `{repository}` is a registry alone");
            let hint = format!("name a repository of it: `{repository}/cache`");
            keys.wrong("cache-repo", message, "no repository", &hint);
            return;
        }
        (None, Some(tag)) => format!(":{tag}"),
        (Some(digest), _) => format!("@{digest}"),
    };
    let message = format!("the cache repository `{repository}` has more than a name");
    let hint = "leave out what is behind the name: Kaniko gives each cached layer a tag of its own";
    keys.wrong("cache-repo", message, &format!("with `{part}`"), hint);
}

/// `localhost:5000` reads as an image with a tag.
fn is_host(reference: &Reference, tag: &str) -> bool {
    let library = reference.repository().starts_with("library/");
    reference.host() == DOCKER_HUB && library && tag.bytes().all(|byte| byte.is_ascii_digit())
}

/// The memory limit of a container.
pub(super) fn memory(keys: &mut Reader<'_>) -> Option<String> {
    let text = keys.filled("memory")?;
    let label = match bytes(&text) {
        None => format!("gives `{text}`"),
        Some(size) if size > 0.0 && size < LEAST_MEMORY => "too little to start with".to_owned(),
        Some(_) => return Some(text),
    };
    let message = "`memory` must be a size such as `\"512m\"` or `\"4g\"`, at least `\"6m\"`";
    keys.wrong("memory", message.to_owned(), &label, "without a letter it is bytes");
    None
}

/// The share of processors of a container.
pub(super) fn cpus(keys: &mut Reader<'_>, kind: container::Kind) -> Option<String> {
    let text = keys.filled("cpus")?;
    if is_share(&text, kind) {
        return Some(text);
    }
    let message = "`cpus` must be a number such as `\"2\"` or `\"0.5\"`";
    let hint = "it is how many processors the container may keep busy";
    keys.wrong("cpus", message.to_owned(), &format!("gives `{text}`"), hint);
    None
}

/// Docker takes fractions too, podman any number: one below nothing is no limit to it.
///
/// Source: docker's opts/opts.go, `ParseCPUs`; both programs' answers.
fn is_share(text: &str, kind: container::Kind) -> bool {
    if kind == container::Kind::Podman {
        return text.parse::<f64>().is_ok();
    }
    let is_number = |text: &str| text.parse().is_ok_and(|share: f64| share >= 0.0);
    let is_fraction = |(one, other): (&str, &str)| is_number(one) && is_number(other);
    is_number(text) || text.split_once('/').is_some_and(is_fraction)
}

/// What both engines read a size as.
///
/// Source: docker/go-units, `RAMInBytes`: a number, perhaps a space, a letter, perhaps `b` or
/// `ib`, in either case. Before its 0.5, which podman 4.3 has, the number is digits and perhaps a
/// point between them, and `gi` is `g`; since then it is any number, and `gi` nothing.
fn bytes(text: &str) -> Option<f64> {
    let end = text.rfind(|letter: char| letter.is_ascii_digit() || ". ".contains(letter))?;
    let (number, unit) = text.split_at(end + 1);
    let number = number.strip_suffix(' ').unwrap_or(number);
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !number.splitn(2, '.').all(is_digits) {
        return None;
    }
    let number: f64 = number.parse().ok()?;
    let unit = unit.to_ascii_lowercase();
    if unit.is_empty() || unit == "b" {
        return Some(number);
    }
    let letter = unit.chars().next()?;
    let power = "kmgtp".find(letter)? + 1;
    let is_known = matches!(&unit[1..], "" | "b" | "i" | "ib");
    is_known.then(|| number * 1024_f64.powi(i32::try_from(power).unwrap_or_default()))
}

fn has_cache(build: &Build) -> bool {
    is_on(build, "--cache")
}

/// A directory of the executor's.
fn is_layout(repository: &str) -> bool {
    repository.starts_with("oci:")
}

fn is_on(build: &Build, name: &str) -> bool {
    build.flags.iter().any(|flag| flag == name) || flag(build, name) == Some("true")
}

fn flag<'a>(build: &'a Build, name: &str) -> Option<&'a str> {
    build.flags.iter().rev().find_map(|flag| flag.strip_prefix(name)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_what_both_engines_take() {
        for (text, size) in [
            ("4g", 4_294_967_296.0),
            ("512 MiB", 536_870_912.0),
            ("0.5Gb", 536_870_912.0),
            ("6291456", 6_291_456.0),
            ("7b", 7.0),
            ("4Gi", 4_294_967_296.0),
            ("4gi", 4_294_967_296.0),
        ] {
            assert_eq!(bytes(text), Some(size), "{text}");
        }
        for text in [
            "", "4x", "g", "-1g", "4gg", "4gib5", "4 gigs", "four", "1e9", ".5g", "5.g", "+4g",
            "1.2.3g",
        ] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }

    #[test]
    fn a_share_is_a_number_and_with_docker_a_fraction() {
        for text in ["2", "0.5", ".5", "1e1"] {
            assert!(is_share(text, container::Kind::Podman), "{text}");
            assert!(is_share(text, container::Kind::Docker), "{text}");
        }
        for text in ["many", "2 cores", "50%"] {
            assert!(!is_share(text, container::Kind::Podman), "{text}");
            assert!(!is_share(text, container::Kind::Docker), "{text}");
        }
        assert!(is_share("1/2", container::Kind::Docker));
        assert!(!is_share("1/2", container::Kind::Podman));
    }
}
