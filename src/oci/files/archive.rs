//! A tar with an image, as `docker save` writes it.
//!
//! Source: moby's image/tarexport; containers/image, docker/internal/tarfile.

use std::{
    collections::BTreeMap,
    io::{self, BufWriter, Read, Write},
    path::Path,
};

use serde_json::json;

use super::{Here, hex, unwritable};
use crate::{
    oci::{Image, OciError},
    registry::{DOCKER_HUB, Reference},
    whole::Whole,
};

pub(super) fn stage(
    image: &Image,
    blobs: &[Here],
    names: &[Reference],
    path: &Path,
) -> Result<Whole, OciError> {
    let wrong = unwritable(path);
    let file = Whole::beside(path, 0o666).map_err(&wrong)?;
    let mut sink = BufWriter::with_capacity(64 * 1024, file);
    pack(image, blobs, names, &mut sink).map_err(&wrong)?;
    sink.into_inner().map_err(|error| wrong(error.into_error()))
}

pub(super) fn place(file: Whole, path: &Path) -> Result<(), OciError> {
    file.place().map_err(unwritable(path))
}

fn pack(
    image: &Image,
    blobs: &[Here],
    names: &[Reference],
    sink: &mut impl Write,
) -> io::Result<()> {
    let mut tar = tar::Builder::new(sink);
    let config = format!("{}.json", hex(&image.config_blob().digest));
    add(&mut tar, &config, image.config.len() as u64, &*image.config)?;
    for here in blobs {
        let name = layer_name(&here.blob.digest, &here.blob.media_type);
        add(&mut tar, &name, here.blob.size, here.bytes())?;
    }
    let layers: Vec<_> = image
        .layers
        .iter()
        .map(|layer| layer_name(&layer.blob.digest, &layer.blob.media_type))
        .collect();
    let tagged: Vec<_> = names.iter().map(full).collect();
    let tags: Option<Vec<_>> = (!tagged.is_empty())
        .then(|| tagged.iter().map(|(name, tag)| format!("{name}:{tag}")).collect());
    let manifest = json!([{ "Config": config, "RepoTags": tags, "Layers": layers }]).to_string();
    add(&mut tar, "manifest.json", manifest.len() as u64, manifest.as_bytes())?;
    if let (Some(top), false) = (image.layers.last(), tagged.is_empty()) {
        let mut repositories: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        for (name, tag) in &tagged {
            repositories.entry(name).or_default().insert(tag, hex(&top.blob.digest));
        }
        let repositories = json!(repositories).to_string();
        add(&mut tar, "repositories", repositories.len() as u64, repositories.as_bytes())?;
    }
    tar.into_inner()?.flush()
}

fn add<W: Write>(
    tar: &mut tar::Builder<W>,
    name: &str,
    size: u64,
    bytes: impl Read,
) -> io::Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_path(name)?;
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size);
    header.set_cksum();
    tar.append(&header, bytes)
}

fn layer_name(digest: &str, media_type: &str) -> String {
    let ending = match media_type.rsplit(['.', '+']).next() {
        Some("gzip") => ".gz",
        Some("zstd") => ".zst",
        _ => "",
    };
    format!("{}.tar{ending}", hex(digest))
}

/// Name and tag in full: podman would take a name without a host for one of `localhost`, and
/// docker shortens it by itself.
fn full(reference: &Reference) -> (String, String) {
    let (host, repository) = (reference.host(), reference.repository());
    let host = if host == DOCKER_HUB { "docker.io" } else { host };
    (format!("{host}/{repository}"), reference.tag().unwrap_or("latest").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oci::{Blob, Format, Layer, Stop, digest};

    fn image() -> (Image, Vec<Here>) {
        let blob = Blob::of(Format::Docker.layer(), b"one".to_vec());
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"one").unwrap();
        let here = Here { blob: blob.clone(), file: file.into(), stop: Stop::default() };
        let layers = vec![Layer { blob, diff_id: digest(b"") }];
        let format = Format::Docker;
        (Image { config: b"{}".to_vec(), layers, format, annotations: Vec::new() }, vec![here])
    }

    fn entries(tar: &[u8]) -> Vec<(String, String)> {
        let mut archive = tar::Archive::new(tar);
        let entry = |entry: io::Result<tar::Entry<'_, &[u8]>>| {
            let mut entry = entry.unwrap();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            (entry.path().unwrap().to_str().unwrap().to_owned(), text)
        };
        archive.entries().unwrap().map(entry).collect()
    }

    #[test]
    fn an_archive_names_its_image_in_full() {
        let (image, blobs) = image();
        let names =
            ["alpine:3", "team/api", "a.io:5000/x/y:1"].map(|it| Reference::parse(it).unwrap());
        let mut tar = Vec::new();
        pack(&image, &blobs, &names, &mut tar).unwrap();

        let layer = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed";
        let config = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        assert_eq!(
            entries(&tar),
            [
                (format!("{config}.json"), "{}".to_owned()),
                (format!("{layer}.tar.gz"), "one".to_owned()),
                (
                    "manifest.json".to_owned(),
                    format!(
                        r#"[{{"Config":"{config}.json","RepoTags":["docker.io/library/alpine:3","docker.io/team/api:latest","a.io:5000/x/y:1"],"Layers":["{layer}.tar.gz"]}}]"#
                    )
                ),
                (
                    "repositories".to_owned(),
                    format!(
                        r#"{{"a.io:5000/x/y":{{"1":"{layer}"}},"docker.io/library/alpine":{{"3":"{layer}"}},"docker.io/team/api":{{"latest":"{layer}"}}}}"#
                    )
                ),
            ]
        );
    }

    #[test]
    fn an_image_may_be_without_names() {
        let (image, blobs) = image();
        let mut tar = Vec::new();
        pack(&image, &blobs, &[], &mut tar).unwrap();
        let entries = entries(&tar);
        assert_eq!(entries.len(), 3);
        assert!(entries[2].1.contains(r#""RepoTags":null"#));
    }

    #[test]
    fn what_is_there_stays_until_the_archive_is_whole() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("image.tar");
        std::fs::write(&path, "old").unwrap();
        let (image, blobs) = image();
        blobs[0].file.set_len(1).unwrap();
        stage(&image, &blobs, &[], &path).unwrap_err();

        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(top.path()).unwrap().count(), 1);
    }
}
