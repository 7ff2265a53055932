//! Manifests and indexes, as they come from registries.

use serde::{Deserialize, de::IgnoredAny};

use crate::oci::{Format, Platform};

/// What a registry may give for an image; the best first.
pub(super) const ACCEPTED: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json";

/// A document, understood.
#[derive(Debug)]
pub(super) enum Document {
    /// Of an image.
    Manifest(Manifest),
    /// Of several, by platform.
    Index(Vec<Entry>),
}

/// Of an image.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) format: Format,
    pub(super) config: Descriptor,
    pub(super) layers: Vec<Descriptor>,
}

/// One of an index.
#[derive(Debug, Deserialize)]
pub(super) struct Entry {
    pub(super) digest: String,
    #[serde(default)]
    platform: Option<Offered>,
}

#[derive(Debug, Deserialize)]
struct Offered {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    variant: Option<String>,
}

/// What is said of a blob.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    #[serde(default)]
    pub(super) media_type: String,
    pub(super) digest: String,
    pub(super) size: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    #[serde(default)]
    schema_version: Option<u64>,
    #[serde(default)]
    media_type: Option<String>,
    #[serde(default)]
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Option<Vec<Descriptor>>,
    #[serde(default)]
    manifests: Option<Vec<Entry>>,
    #[serde(default)]
    fs_layers: Option<IgnoredAny>,
}

/// Reads a document; `kind` is the media type that the registry gives it.
///
/// # Errors
///
/// Why it is no image that we can work with, as the end of a sentence.
pub(super) fn read(bytes: &[u8], kind: Option<&str>) -> Result<Document, String> {
    let raw: Raw = serde_json::from_slice(bytes)
        .map_err(|source| format!("has a manifest that can't be read: {source}"))?;
    let Raw { schema_version, media_type, config, layers, manifests, fs_layers } = raw;
    let kind = media_type.as_deref().or(kind).unwrap_or_default();
    if schema_version == Some(1) || fs_layers.is_some() {
        return Err("has a manifest of Docker's schema 1, which is long out of use: push it again with a current docker".to_owned());
    }
    match (manifests, config, layers) {
        (Some(entries), None, None) => Ok(Document::Index(entries)),
        (None, Some(config), Some(layers)) => {
            let docker = "application/vnd.docker.";
            let format = if kind.starts_with(docker)
                || !kind.contains("vnd.oci.") && config.media_type.starts_with(docker)
            {
                Format::Docker
            } else {
                Format::Oci
            };
            let manifest = Manifest { format, config, layers };
            manifest.check()?;
            Ok(Document::Manifest(manifest))
        }
        (Some(_), ..) => Err("has a manifest that is an index too".to_owned()),
        _ => Err(format!("is no image: its manifest is of the type `{kind}`")),
    }
}

impl Manifest {
    fn check(&self) -> Result<(), String> {
        let Self { format: _, config, layers } = self;
        let known = [Format::Oci.config(), Format::Docker.config(), ""];
        if !known.contains(&&*config.media_type) {
            return Err(format!("is no image: it holds `{}`", config.media_type));
        }
        for layer in layers {
            let kind = &*layer.media_type;
            if kind.contains("nondistributable") || kind.contains("rootfs.foreign") {
                return Err(format!(
                    "has a layer that must not be distributed, `{kind}`: such images can't be built upon here"
                ));
            }
            let is_tar = matches!(
                kind,
                "application/vnd.oci.image.layer.v1.tar"
                    | "application/vnd.oci.image.layer.v1.tar+gzip"
                    | "application/vnd.oci.image.layer.v1.tar+zstd"
                    | "application/vnd.docker.image.rootfs.diff.tar"
                    | "application/vnd.docker.image.rootfs.diff.tar.gzip"
                    | "application/vnd.docker.image.rootfs.diff.tar.zstd"
            );
            if !is_tar {
                return Err(format!("has a layer of the unknown type `{kind}`"));
            }
        }
        let all = layers.iter().chain([config]);
        match all.into_iter().find(|descriptor| !is_digest(&descriptor.digest)) {
            Some(other) => Err(format!("names a blob by `{}`, which is no SHA-256", other.digest)),
            None => Ok(()),
        }
    }
}

/// Whether it is `sha256:` and 64 lower-case hexadecimal digits.
pub(super) fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

impl Entry {
    /// For what it is; none if it does not say, or is no image but a statement about one.
    pub(super) fn platform(&self) -> Option<Platform> {
        let Offered { os, architecture, variant } = self.platform.as_ref()?;
        let mut text = format!("{os}/{architecture}");
        if let Some(variant) = variant.as_ref().filter(|it| !it.is_empty()) {
            text = format!("{text}/{variant}");
        }
        Platform::parse(&text).ok().filter(|it| it.os != "unknown")
    }
}

/// The best of `entries` for `platform`: the first of those that fit best.
pub(super) fn choose<'a>(entries: &'a [Entry], platform: &Platform) -> Option<&'a Entry> {
    let fitting =
        entries.iter().filter_map(|entry| Some((platform.fit(&entry.platform()?)?, entry)));
    fitting.min_by_key(|(fit, _)| *fit).map(|(_, entry)| entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn manifest(kind: &str, config: &str, layer: &str) -> String {
        format!(
            r#"{{"schemaVersion":2,{kind}"config":{{"mediaType":"{config}","digest":"sha256:{HEX}","size":1}},"layers":[{{"mediaType":"{layer}","digest":"sha256:{HEX}","size":2}}]}}"#
        )
    }

    fn refused(text: &str) -> String {
        read(text.as_bytes(), None).unwrap_err()
    }

    #[test]
    fn the_format_is_that_of_the_manifest() {
        let format = |text: &str, kind| match read(text.as_bytes(), kind).unwrap() {
            Document::Manifest(manifest) => manifest.format,
            Document::Index(_) => panic!("no index"),
        };
        let docker = manifest("", Format::Docker.config(), Format::Docker.layer());
        assert_eq!(format(&docker, None), Format::Docker);
        let oci = manifest("", Format::Oci.config(), Format::Oci.layer());
        assert_eq!(format(&oci, None), Format::Oci);
        assert_eq!(format(&docker, Some(Format::Oci.manifest())), Format::Oci);
    }

    #[test]
    fn what_is_no_image_of_ours_is_refused_by_name() {
        assert!(refused(r#"{"schemaVersion":1,"fsLayers":[]}"#).contains("schema 1"));
        assert!(refused(r#"{"schemaVersion":2,"mediaType":"x/y"}"#).contains("`x/y`"));
        let chart = manifest("", "application/vnd.cncf.helm.config.v1+json", Format::Oci.layer());
        assert_eq!(
            refused(&chart),
            "is no image: it holds `application/vnd.cncf.helm.config.v1+json`"
        );
        let foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
        let foreign = manifest("", Format::Docker.config(), foreign);
        assert!(refused(&foreign).contains("must not be distributed"));
        let both = manifest(r#""manifests":[],"#, Format::Oci.config(), Format::Oci.layer());
        assert!(refused(&both).contains("an index too"));
        assert!(refused("{").contains("can't be read"));
        let other =
            manifest("", Format::Oci.config(), Format::Oci.layer()).replace("sha256", "md5");
        assert!(refused(&other).contains("no SHA-256"));
    }

    #[test]
    fn the_best_platform_of_an_index_is_taken_and_statements_are_none() {
        let index = r#"{"schemaVersion":2,"manifests":[
            {"digest":"a","platform":{"os":"unknown","architecture":"unknown"}},
            {"digest":"b","platform":{"os":"linux","architecture":"arm","variant":"v6"}},
            {"digest":"c","platform":{"os":"linux","architecture":"arm","variant":"v7"}},
            {"digest":"d"}]}"#;
        let Document::Index(entries) = read(index.as_bytes(), None).unwrap() else {
            panic!("an index")
        };
        let chosen = |text| {
            let platform = Platform::parse(text).unwrap();
            choose(&entries, &platform).map(|entry| entry.digest.as_str())
        };
        assert_eq!(chosen("linux/arm"), Some("c"));
        assert_eq!(chosen("linux/arm/v6"), Some("b"));
        assert_eq!(chosen("linux/amd64"), None);
    }
}
