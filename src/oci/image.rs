//! What an image consists of, and its manifest.
//!
//! Source: the OCI image specification, "Image Manifest"; Docker's "Image Manifest Version 2,
//! Schema 2".

use std::{collections::BTreeMap, fs::File, sync::Arc};

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{hex, registry::Reference};

/// Bytes under their digest: a layer, or a config.
#[derive(Debug, Clone)]
pub struct Blob {
    /// `sha256:` and 64 lower-case hexadecimal digits, of the bytes as they travel.
    pub digest: String,
    /// In bytes, as they travel.
    pub size: u64,
    /// As the manifest names it.
    pub media_type: String,
    /// Where the bytes are.
    pub content: Content,
}

/// Where the bytes of a blob are.
#[derive(Debug, Clone)]
pub enum Content {
    /// Here.
    Memory(Arc<[u8]>),
    /// In an unlinked temporary file, read by position: nobody may count on its cursor.
    File(Arc<File>),
    /// Still in the registry, under this name; a mirror's, where the image was pulled from one.
    Remote(Reference),
}

/// A layer of an image.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Its bytes, compressed as a rule.
    pub blob: Blob,
    /// `sha256:…` of its tar, uncompressed: what the config names it by.
    pub diff_id: String,
}

/// By whose media types an image is described: its base's, or OCI's from scratch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// The OCI's.
    #[default]
    Oci,
    /// Docker's, version 2, schema 2.
    Docker,
}

/// An image that was pulled: what a `FROM` names.
#[derive(Debug, Clone)]
pub struct Base {
    /// As it was asked for, with the digest of the manifest of the platform.
    pub reference: Reference,
    /// `sha256:…` of the manifest of the platform, not of an index above it.
    pub digest: String,
    /// JSON, byte for byte.
    pub config: Vec<u8>,
    /// From the lowest on. Their content is [`Content::Remote`]: see
    /// [`Registries::fetch`](super::Registries::fetch).
    pub layers: Vec<Layer>,
    /// Of its manifest.
    pub format: Format,
    /// The mirrors that were asked first and did not have it, each with its reason: a warning.
    pub passed_over: Vec<String>,
}

/// An image that was built.
#[derive(Debug, Clone)]
pub struct Image {
    /// JSON, byte for byte.
    pub config: Vec<u8>,
    /// From the lowest on.
    pub layers: Vec<Layer>,
    /// Of its manifest.
    pub format: Format,
    /// Names and values; in OCI's format alone, Docker's manifests have none.
    pub annotations: Vec<(String, String)>,
}

impl Format {
    /// The media type of a manifest.
    #[must_use]
    pub fn manifest(self) -> &'static str {
        match self {
            Self::Oci => "application/vnd.oci.image.manifest.v1+json",
            Self::Docker => "application/vnd.docker.distribution.manifest.v2+json",
        }
    }

    /// The media type of a config.
    #[must_use]
    pub fn config(self) -> &'static str {
        match self {
            Self::Oci => "application/vnd.oci.image.config.v1+json",
            Self::Docker => "application/vnd.docker.container.image.v1+json",
        }
    }

    /// The media type of a layer that is a gzip'd tar.
    #[must_use]
    pub fn layer(self) -> &'static str {
        match self {
            Self::Oci => "application/vnd.oci.image.layer.v1.tar+gzip",
            Self::Docker => "application/vnd.docker.image.rootfs.diff.tar.gzip",
        }
    }
}

/// `sha256:` and the hexadecimal digest of `bytes`.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    hex::digest(&Sha256::digest(bytes))
}

impl Blob {
    /// A blob of bytes that are at hand.
    #[must_use]
    pub fn of(media_type: &str, bytes: Vec<u8>) -> Self {
        Self {
            digest: digest(&bytes),
            size: bytes.len() as u64,
            media_type: media_type.to_owned(),
            content: Content::Memory(bytes.into()),
        }
    }
}

/// A manifest as it is written; the order of the fields is that of the bytes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest<'a> {
    schema_version: u32,
    media_type: &'a str,
    config: Descriptor<'a>,
    layers: Vec<Descriptor<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<&'a str, &'a str>,
}

/// What a manifest says of a blob.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor<'a> {
    media_type: &'a str,
    size: u64,
    digest: &'a str,
}

impl<'a> From<&'a Blob> for Descriptor<'a> {
    fn from(blob: &'a Blob) -> Self {
        Self { media_type: &blob.media_type, size: blob.size, digest: &blob.digest }
    }
}

impl Image {
    /// The same image by the media types of `format`; compressed layers alone have others.
    #[must_use]
    pub fn in_format(mut self, format: Format) -> Self {
        for layer in &mut self.layers {
            if layer.blob.media_type == self.format.layer() {
                format.layer().clone_into(&mut layer.blob.media_type);
            }
        }
        self.format = format;
        self
    }

    /// The config as a blob.
    #[must_use]
    pub fn config_blob(&self) -> Blob {
        Blob::of(self.format.config(), self.config.clone())
    }

    /// The manifest, JSON: equal images have equal bytes.
    ///
    /// Annotations are sorted by name, the last of a name counts; in Docker's format they are
    /// left out.
    ///
    /// # Panics
    ///
    /// Never: strings and numbers are always JSON.
    #[must_use]
    pub fn manifest(&self) -> Vec<u8> {
        let Self { config: _, layers, format, annotations } = self;
        let annotations = match format {
            Format::Oci => annotations.iter().map(|(name, value)| (&**name, &**value)).collect(),
            Format::Docker => BTreeMap::new(),
        };
        let config = self.config_blob();
        let manifest = Manifest {
            schema_version: 2,
            media_type: format.manifest(),
            config: Descriptor::from(&config),
            layers: layers.iter().map(|layer| Descriptor::from(&layer.blob)).collect(),
            annotations,
        };
        serde_json::to_vec(&manifest).expect("a manifest is JSON")
    }

    /// `sha256:…` of the manifest: what the image is pinned to.
    #[must_use]
    pub fn digest(&self) -> String {
        digest(&self.manifest())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(format: Format) -> Image {
        let layer =
            Layer { blob: Blob::of(format.layer(), b"layer".to_vec()), diff_id: digest(b"tar") };
        Image {
            config: b"{}".to_vec(),
            layers: vec![layer],
            format,
            annotations: vec![
                ("b".to_owned(), "2".to_owned()),
                ("a".to_owned(), "\"1\"".to_owned()),
            ],
        }
    }

    #[test]
    fn a_manifest_has_sorted_annotations_and_no_spaces() {
        assert_eq!(
            String::from_utf8(image(Format::Oci).manifest()).unwrap(),
            concat!(
                r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","#,
                r#""config":{"mediaType":"application/vnd.oci.image.config.v1+json","size":2,"#,
                r#""digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},"#,
                r#""layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","size":5,"#,
                r#""digest":"sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f85"}],"#,
                r#""annotations":{"a":"\"1\"","b":"2"}}"#,
            )
        );
    }

    #[test]
    fn a_manifest_of_docker_has_its_media_types_and_no_annotations() {
        let manifest = String::from_utf8(image(Format::Docker).manifest()).unwrap();
        assert!(manifest.contains("application/vnd.docker.container.image.v1+json"));
        assert!(manifest.contains("application/vnd.docker.image.rootfs.diff.tar.gzip"));
        assert!(!manifest.contains("annotations"));
    }
}
