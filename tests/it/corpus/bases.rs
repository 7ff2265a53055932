//! The base images of the cases, made from `bases.toml`: the same bytes wherever they are made.

use std::{collections::BTreeMap, io::Write};

use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const WRITES: &str = "a vector takes all";

/// A base as the file has it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    from: Option<String>,
    format: Option<String>,
    config: Option<Value>,
    layers: Vec<Vec<Entry>>,
    platforms: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: String,
    text: Option<String>,
    link: Option<String>,
    hard: Option<String>,
    mode: Option<u32>,
    #[serde(default)]
    own: (u64, u64),
}

/// An image in a registry: its blobs and its manifests, by digest, and the manifest of its tag.
#[derive(Debug, Default)]
pub(crate) struct Base {
    pub(crate) blobs: BTreeMap<String, Vec<u8>>,
    /// With their media types.
    pub(crate) manifests: BTreeMap<String, (String, Vec<u8>)>,
    pub(crate) digest: String,
}

/// All bases, by name.
pub(crate) fn all() -> BTreeMap<String, Base> {
    let written: BTreeMap<String, Written> =
        toml::from_str(include_str!("../../corpus/bases.toml")).expect("the bases");
    let base = |(name, this): (&String, &Written)| {
        let from = this.from.as_ref().map(|from| &written[from]);
        (name.clone(), this.base(from))
    };
    written.iter().map(base).collect()
}

impl Written {
    fn base(&self, from: Option<&Self>) -> Base {
        let config = self.config.as_ref().or(from.and_then(|from| from.config.as_ref()));
        let config = config.cloned().unwrap_or_else(|| json!({}));
        let layers =
            if self.layers.is_empty() { from.map_or(&[][..], |f| &f.layers) } else { &self.layers };
        let mut base = Base::default();
        if self.platforms.is_empty() {
            let layers: Vec<_> = layers.iter().map(|layer| archive(layer)).collect();
            base.digest = base.image("linux/amd64", &config, &layers, self.format.is_some());
            return base;
        }
        let mut manifests = Vec::new();
        for platform in &self.platforms {
            let (os, architecture) = platform.split_once('/').expect("os/architecture");
            let arch = Entry {
                path: "arch".into(),
                text: Some(format!("{architecture}\n")),
                link: None,
                hard: None,
                mode: None,
                own: (0, 0),
            };
            let digest = base.image(platform, &config, &[archive(&[arch])], false);
            let (media_type, manifest) = &base.manifests[&digest];
            manifests.push(json!({
                "mediaType": media_type, "digest": digest, "size": manifest.len(),
                "platform": { "os": os, "architecture": architecture },
            }));
        }
        let media_type = "application/vnd.oci.image.index.v1+json";
        let index = json!({ "schemaVersion": 2, "mediaType": media_type, "manifests": manifests });
        base.digest = base.manifest(media_type, &index);
        base
    }
}

impl Base {
    /// Adds an image of these layers; its manifest's digest.
    pub(crate) fn image(
        &mut self,
        platform: &str,
        config: &Value,
        layers: &[Vec<u8>],
        docker: bool,
    ) -> String {
        let (os, architecture) = platform.split_once('/').expect("os/architecture");
        let (manifest_type, config_type, layer_type) = if docker {
            (
                "application/vnd.docker.distribution.manifest.v2+json",
                "application/vnd.docker.container.image.v1+json",
                "application/vnd.docker.image.rootfs.diff.tar.gzip",
            )
        } else {
            (
                "application/vnd.oci.image.manifest.v1+json",
                "application/vnd.oci.image.config.v1+json",
                "application/vnd.oci.image.layer.v1.tar+gzip",
            )
        };
        let created = "2023-11-14T22:13:20Z";
        let unpacked: Vec<_> = layers.iter().map(|layer| digest(layer)).collect();
        let history: Vec<_> =
            layers.iter().map(|_| json!({ "created": created, "created_by": "base" })).collect();
        let config = json!({
            "created": created, "architecture": architecture, "os": os, "config": config,
            "rootfs": { "type": "layers", "diff_ids": unpacked }, "history": history,
        });
        let layers: Vec<_> =
            layers.iter().map(|layer| self.blob(layer_type, gzip(layer))).collect();
        let config = self.blob(config_type, config.to_string().into_bytes());
        let manifest = json!({
            "schemaVersion": 2, "mediaType": manifest_type, "config": config, "layers": layers,
        });
        self.manifest(manifest_type, &manifest)
    }

    /// Adds a blob; its descriptor.
    fn blob(&mut self, media_type: &str, bytes: Vec<u8>) -> Value {
        let digest = digest(&bytes);
        let descriptor = json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() });
        self.blobs.insert(digest, bytes);
        descriptor
    }

    pub(crate) fn manifest(&mut self, media_type: &str, manifest: &Value) -> String {
        let manifest = manifest.to_string().into_bytes();
        let digest = digest(&manifest);
        self.manifests.insert(digest.clone(), (media_type.to_owned(), manifest));
        digest
    }
}

pub(crate) fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    let mut digest = "sha256:".to_owned();
    for byte in Sha256::digest(bytes) {
        write!(digest, "{byte:02x}").expect("a string takes all");
    }
    digest
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).expect(WRITES);
    gzip.finish().expect(WRITES)
}

fn archive(entries: &[Entry]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for entry in entries {
        let mut header = tar::Header::new_ustar();
        let content = entry.text.as_deref().unwrap_or_default().as_bytes();
        let directory = entry.path.ends_with('/');
        let (kind, usual) = match (&entry.link, &entry.hard) {
            (Some(_), _) => (tar::EntryType::Symlink, 0o777),
            (_, Some(_)) => (tar::EntryType::Link, 0o644),
            _ if directory => (tar::EntryType::Directory, 0o755),
            _ => (tar::EntryType::Regular, 0o644),
        };
        header.set_entry_type(kind);
        header.set_size(content.len() as u64);
        header.set_mode(entry.mode.unwrap_or(usual));
        header.set_uid(entry.own.0);
        header.set_gid(entry.own.1);
        header.set_mtime(1_700_000_000);
        if let Some(target) = entry.link.as_ref().or(entry.hard.as_ref()) {
            archive.append_link(&mut header, &entry.path, target).expect(WRITES);
        } else {
            archive.append_data(&mut header, &entry.path, content).expect(WRITES);
        }
    }
    archive.into_inner().expect(WRITES)
}
