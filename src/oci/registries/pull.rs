//! Pulling: from a reference to a config and layers, every byte held against its digest.
//!
//! Source: Kaniko's pkg/image/remote/remote.go, for what mirrors are asked and when.

use hyper::{Method, header, header::HeaderName};
use serde::Deserialize;

use super::{
    Inner,
    ask::{Question, scope},
    manifest::{self, Document, Manifest},
    patience::Trouble,
    refusal::{self, Doing},
    server::Server,
};
use crate::{
    oci::{Base, Blob, Content, Layer, OciError, Platform, image::digest},
    registry::Reference,
};

/// The most that a manifest may have, in bytes.
///
/// Source: the OCI distribution specification, "Pushing Manifests".
const MOST_MANIFEST: usize = 4 << 20;

/// The most that a config may have, in bytes.
const MOST_CONFIG: u64 = 8 << 20;

/// Indexes within indexes.
const MOST_DEPTH: usize = 3;

#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    rootfs: RootFs,
}

#[derive(Deserialize, Default)]
struct RootFs {
    #[serde(default)]
    diff_ids: Vec<String>,
}

/// A manifest as it came.
struct Came {
    bytes: Vec<u8>,
    digest: String,
    kind: Option<String>,
}

impl Inner {
    pub(super) async fn pull(
        &self,
        reference: &Reference,
        platform: &Platform,
    ) -> Result<Base, OciError> {
        let server = self.server(reference.host());
        let mut passed_over = Vec::new();
        let mut transient = false;
        for mirror in &server.declared.mirrors {
            let pulled = match mirror.of(reference) {
                Some(there) => self.pull_from(&there, reference, platform).await,
                None => Err(OciError::Setting {
                    host: mirror.to_string(),
                    what: "the mirror",
                    why: "a mirror's host has a dot or a port".to_owned(),
                }),
            };
            match pulled {
                Ok(base) => return Ok(Base { passed_over, ..base }),
                Err(error) => {
                    transient |= error.is_transient();
                    passed_over.push(format!("{mirror}: {}", error.told()));
                }
            }
        }
        if !server.declared.mirror_fallback {
            let (host, reference) = (server.host.clone(), reference.to_string());
            return Err(OciError::NoMirror { reference, host, passed_over, transient });
        }
        match self.pull_from(reference, reference, platform).await {
            Ok(base) => Ok(Base { passed_over, ..base }),
            Err(error) if passed_over.is_empty() => Err(error),
            Err(error) => Err(OciError::AfterMirrors {
                reference: reference.to_string(),
                passed_over,
                source: Box::new(error),
            }),
        }
    }

    /// Pulls what `named` names from `there`, which is it or its mirror.
    async fn pull_from(
        &self,
        there: &Reference,
        named: &Reference,
        platform: &Platform,
    ) -> Result<Base, OciError> {
        let server = self.server(there.host());
        let unsupported = |why| OciError::Unsupported { reference: there.to_string(), why };
        let (came, manifest) = self.resolve(&server, there, platform).await?;
        let size = manifest.config.size;
        if size > MOST_CONFIG {
            return Err(unsupported(format!("has a config of {size} bytes")));
        }
        let config = self.config(&server, there, &manifest).await?;
        let Config { rootfs: RootFs { diff_ids } } = serde_json::from_slice(&config)
            .map_err(|source| unsupported(format!("has a config that can't be read: {source}")))?;
        if diff_ids.len() != manifest.layers.len() {
            return Err(unsupported(format!(
                "has {} layers, and a config for {}",
                manifest.layers.len(),
                diff_ids.len()
            )));
        }
        let layers = manifest.layers.into_iter().zip(diff_ids).map(|(layer, diff_id)| Layer {
            blob: Blob {
                digest: layer.digest,
                size: layer.size,
                media_type: layer.media_type,
                content: Content::Remote(there.clone()),
            },
            diff_id,
        });
        let reference = named.with_digest(&came.digest).map_err(|source| {
            OciError::Unsupported { reference: named.to_string(), why: source.to_string() }
        })?;
        Ok(Base {
            reference,
            digest: came.digest,
            config,
            layers: layers.collect(),
            format: manifest.format,
            passed_over: Vec::new(),
        })
    }

    /// The manifest for `platform`, below as many indexes as there are.
    async fn resolve(
        &self,
        server: &Server,
        there: &Reference,
        platform: &Platform,
    ) -> Result<(Came, Manifest), OciError> {
        let unsupported = |why| OciError::Unsupported { reference: there.to_string(), why };
        let mut wanted = there.digest().or(there.tag()).unwrap_or("latest").to_owned();
        for _ in 0..MOST_DEPTH {
            let came = self.manifest(server, there, &wanted).await?;
            match manifest::read(&came.bytes, came.kind.as_deref()).map_err(unsupported)? {
                Document::Manifest(manifest) => return Ok((came, manifest)),
                Document::Index(entries) => {
                    let Some(entry) = manifest::choose(&entries, platform) else {
                        let offered = entries.iter().filter_map(manifest::Entry::platform);
                        return Err(OciError::NoPlatform {
                            reference: there.to_string(),
                            platform: platform.clone(),
                            offered: offered.map(|platform| platform.to_string()).collect(),
                        });
                    };
                    wanted.clone_from(&entry.digest);
                    if !manifest::is_digest(&wanted) {
                        let why = format!("names a manifest by `{wanted}`, which is no SHA-256");
                        return Err(unsupported(why));
                    }
                }
            }
        }
        Err(unsupported("is an index of indexes of indexes".to_owned()))
    }

    async fn manifest(
        &self,
        server: &Server,
        there: &Reference,
        wanted: &str,
    ) -> Result<Came, OciError> {
        let mut patience = self.patience();
        loop {
            match self.manifest_once(server, there, wanted).await {
                Ok(came) => return Ok(came),
                Err(trouble) => patience.wait(trouble).await?,
            }
        }
    }

    /// Asks for a manifest, and for none of its bytes: that counts as no pull.
    pub(super) async fn has_image(&self, there: &Reference) -> Result<(), OciError> {
        let server = self.server(there.host());
        let repository = there.repository();
        let wanted = there.digest().or(there.tag()).unwrap_or("latest");
        let path = format!("/v2/{repository}/manifests/{wanted}");
        let question = Question::new(Method::HEAD, path).header(header::ACCEPT, manifest::ACCEPTED);
        let mut patience = self.patience();
        loop {
            let trouble = match self.ask(&server, &[scope(repository, "pull")], &question).await {
                Ok(mut answer) if answer.status.is_success() => {
                    let _ = answer.whole(refusal::MOST_SAID).await;
                    return Ok(());
                }
                Ok(mut answer) => {
                    let named = there.to_string();
                    refusal::of(&mut answer, &server, repository, Doing::Manifest(&named)).await
                }
                Err(trouble) => trouble,
            };
            patience.wait(trouble).await?;
        }
    }

    async fn manifest_once(
        &self,
        server: &Server,
        there: &Reference,
        wanted: &str,
    ) -> Result<Came, Trouble> {
        let repository = there.repository();
        let path = format!("/v2/{repository}/manifests/{wanted}");
        let question = Question::new(Method::GET, path).header(header::ACCEPT, manifest::ACCEPTED);
        let mut answer = self.ask(server, &[scope(repository, "pull")], &question).await?;
        if !answer.status.is_success() {
            let named = there.to_string();
            let trouble = refusal::of(&mut answer, server, repository, Doing::Manifest(&named));
            return Err(trouble.await);
        }
        let promised = answer.header(&CONTENT_DIGEST).map(str::to_owned);
        let kind = answer.header(&header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| Some(kind.split(';').next()?.trim().to_owned()));
        let corrupt = |why| OciError::Corrupt {
            host: server.host.clone(),
            what: format!("the manifest of `{there}`"),
            why,
        };
        let bytes = answer.whole(MOST_MANIFEST).await?;
        let bytes = bytes.ok_or_else(|| corrupt("it has more than 4 MiB".to_owned()))?;
        let digest = digest(&bytes);
        let asked = Some(wanted).filter(|wanted| wanted.contains(':'));
        let promised = promised.as_deref().filter(|promised| promised.starts_with("sha256:"));
        for promised in [asked, promised].into_iter().flatten() {
            if promised != digest {
                return Err(corrupt(format!("it is {digest}, not {promised}")).into());
            }
        }
        Ok(Came { bytes, digest, kind })
    }

    async fn config(
        &self,
        server: &Server,
        there: &Reference,
        manifest: &Manifest,
    ) -> Result<Vec<u8>, OciError> {
        let config = &manifest.config;
        let what = format!("the config {}", config.digest);
        let mut patience = self.patience();
        let bytes = loop {
            match self.small_blob(server, there.repository(), &config.digest, &what).await {
                Ok(bytes) => break bytes,
                Err(trouble) => patience.wait(trouble).await?,
            }
        };
        let came = digest(&bytes);
        let why = if bytes.len() as u64 != config.size {
            format!("it has {} bytes, not {}", bytes.len(), config.size)
        } else if came != config.digest {
            format!("it is {came}")
        } else {
            return Ok(bytes);
        };
        Err(OciError::Corrupt { host: server.host.clone(), what, why })
    }

    async fn small_blob(
        &self,
        server: &Server,
        repository: &str,
        digest: &str,
        what: &str,
    ) -> Result<Vec<u8>, Trouble> {
        let question = Question::new(Method::GET, format!("/v2/{repository}/blobs/{digest}"));
        let mut answer = self.ask(server, &[scope(repository, "pull")], &question).await?;
        if !answer.status.is_success() {
            return Err(refusal::of(&mut answer, server, repository, Doing::Blob(what)).await);
        }
        let bytes = answer.whole(usize::try_from(MOST_CONFIG).unwrap_or(usize::MAX)).await?;
        let why = "it has more than 8 MiB".to_owned();
        let (host, what) = (server.host.clone(), what.to_owned());
        bytes.ok_or_else(|| OciError::Corrupt { host, what, why }.into())
    }
}

/// The digest of what an answer holds.
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
