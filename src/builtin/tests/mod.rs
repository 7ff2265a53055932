//! Dockerfiles, built: contexts are directories, base images are made here, nothing is pulled.

mod bases;
mod configs;
mod copies;
mod reproduced;
mod stages;

use std::{
    collections::BTreeMap,
    fs,
    io::{Read as _, Write as _},
    os::unix::fs::PermissionsExt as _,
    sync::Arc,
};

use super::{
    BuildError, Recipe,
    archive::{Header, Reader, Type, decompress},
    config::ImageConfig,
    content::{FromStart, Packed},
    epoch, finish,
    index::{Counted, index, lay},
    local,
    plan::Plan,
    stage::{Made, State},
    tree::Tree,
};
use crate::{
    context::{Dockerfile as At, Modes, Spec, Timestamps},
    dockerfile::Dockerfile,
    oci::{Blob, Content, Format, Image, Layer, Platform, Stop},
};

/// A context, images, and what is said beside the Dockerfile.
pub(super) struct Sandbox {
    directory: tempfile::TempDir,
    images: BTreeMap<String, State>,
    pub(super) build_args: BTreeMap<String, String>,
    pub(super) labels: Vec<(String, String)>,
    pub(super) target: Option<String>,
    pub(super) platform: Option<Platform>,
    pub(super) created: Option<i64>,
    pub(super) timestamps: Timestamps,
    pub(super) level: Option<u32>,
}

impl Sandbox {
    pub(super) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            images: BTreeMap::new(),
            build_args: BTreeMap::new(),
            labels: Vec::new(),
            target: None,
            platform: None,
            created: None,
            timestamps: Timestamps::Fixed,
            level: None,
        }
    }

    pub(super) fn root(&self) -> &std::path::Path {
        self.directory.path()
    }

    /// A file of mode 0644 with its directories.
    pub(super) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.file_with(path, content, 0o644)
    }

    pub(super) fn file_with(self, path: &str, content: impl AsRef<[u8]>, mode: u32) -> Self {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    pub(super) fn link(self, path: &str, target: &str) -> Self {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, path).unwrap();
        self
    }

    pub(super) fn directory(self, path: &str) -> Self {
        fs::create_dir_all(self.root().join(path)).unwrap();
        self
    }

    /// An image of these layers, each a list as [`tar`] takes it; `config` is JSON.
    pub(super) fn image(mut self, name: &str, config: &str, layers: &[&[&str]]) -> Self {
        let counted = Counted::default();
        let mut tree = Tree::new();
        let mut made = Vec::new();
        for entries in layers {
            let bytes = tar(entries);
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&bytes).unwrap();
            let packed = Packed { file: Arc::new(file), digest: "sha256:base".to_owned() };
            let index = index(Arc::new(packed), &counted, &Stop::default()).unwrap();
            lay(&mut tree, index).unwrap();
            let blob = Blob::of(Format::Docker.layer(), bytes);
            made.push(Made::Base(Layer { diff_id: blob.digest.clone(), blob }));
        }
        let config: ImageConfig = serde_json::from_str(config).unwrap();
        let state = State {
            tree: Arc::new(tree),
            config,
            layers: made,
            format: Format::Docker,
            scope: None,
        };
        self.images.insert(name.to_owned(), state);
        self
    }

    pub(super) fn arg(mut self, name: &str, value: &str) -> Self {
        self.build_args.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(super) fn build(&self, dockerfile: &str) -> Result<Image, BuildError> {
        let recipe = Recipe {
            context: Spec {
                root: self.root().to_owned(),
                dockerfile: At::Outside("/none/Dockerfile".into()),
                extent: crate::context::Extent::Whole,
                modes: Modes::Normal,
                timestamps: self.timestamps,
            },
            dockerfile: Dockerfile::parse(dockerfile).unwrap(),
            target: self.target.clone(),
            build_args: self.build_args.clone(),
            labels: self.labels.clone(),
            annotations: Vec::new(),
            platform: self.platform.clone(),
            created: self.created,
            level: self.level,
        };
        let mut plan = Plan::new(&recipe)?;
        let mut images = Vec::new();
        while images.len() < plan.images.len() {
            let image = images.len();
            let state = &self.images[plan.images[image].reference.repository()];
            plan.trigger(&recipe, image, &state.config.config.on_build)?;
            images.push(state.clone());
        }
        let stop = Stop::default();
        let context = local::tree(&recipe.context, &stop)?;
        finish(&recipe, &plan, epoch(&recipe)?, (&context, &images), &stop, &|_| {})
    }

    /// What the last layer of a build holds.
    pub(super) fn last(&self, dockerfile: &str) -> Vec<String> {
        let image = self.build(dockerfile).unwrap();
        layer(image.layers.last().unwrap())
    }

    /// What all layers that are not the base's hold.
    pub(super) fn layers(&self, dockerfile: &str) -> Vec<Vec<String>> {
        let image = self.build(dockerfile).unwrap();
        let own = |layer: &&Layer| matches!(layer.blob.content, Content::File(_));
        image.layers.iter().filter(own).map(layer).collect()
    }

    /// The error of a build, with what is behind it.
    pub(super) fn error(&self, dockerfile: &str) -> String {
        let Err(error) = self.build(dockerfile) else { panic!("it is built") };
        let mut text = error.line().map_or_else(String::new, |line| format!("line {line}: "));
        text.push_str(&error.to_string());
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

/// An uncompressed tar of `name/`, `name=content`, `name->target`, `name==hard link`; before
/// each may stand `MODE:UID:GID `.
pub(super) fn tar(entries: &[&str]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for entry in entries {
        let (numbers, entry) = entry.split_once(' ').unwrap_or(("755:0:0", entry));
        let numbers: Vec<_> = numbers.split(':').collect();
        let mut header = tar::Header::new_gnu();
        header.set_mode(u32::from_str_radix(numbers[0], 8).unwrap());
        header.set_uid(numbers[1].parse().unwrap());
        header.set_gid(numbers[2].parse().unwrap());
        header.set_mtime(1_000_000_000);
        let (name, content) = if let Some((name, target)) = entry.split_once("->") {
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_link_name(target).unwrap();
            (name, "")
        } else if let Some((name, target)) = entry.split_once("==") {
            header.set_entry_type(tar::EntryType::Link);
            header.set_link_name(target).unwrap();
            (name, "")
        } else if let Some((name, content)) = entry.split_once('=') {
            (name, content)
        } else {
            header.set_entry_type(tar::EntryType::Directory);
            (entry, "")
        };
        header.set_size(content.len() as u64);
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        tar.append(&header, content.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap()
}

/// The entries of a layer that was built, with what they hold.
pub(super) fn headers(layer: &Layer) -> Vec<(Header, String)> {
    let Content::File(file) = &layer.blob.content else { panic!("it is a base's") };
    let (_, plain) = decompress(FromStart::new(Arc::clone(file))).unwrap();
    let mut reader = Reader::new(plain, 1 << 40);
    let mut all = Vec::new();
    while let Some(header) = reader.next().unwrap() {
        let mut content = Vec::new();
        reader.read_to_end(&mut content).unwrap();
        all.push((header, String::from_utf8_lossy(&content).into_owned()));
    }
    all
}

/// The entries of a layer as lines: `name/ 755 0:0`, `name 644 0:0 =content`, `name -> target`.
pub(super) fn layer(layer: &Layer) -> Vec<String> {
    let line = |(header, content): (Header, String)| {
        let name = String::from_utf8_lossy(&header.name).into_owned();
        let target = String::from_utf8_lossy(&header.target).into_owned();
        let Header { mode, uid, gid, kind, .. } = header;
        match kind {
            Type::Symlink => format!("{name} -> {target} {uid}:{gid}"),
            Type::Hardlink => format!("{name} == {target}"),
            Type::Directory => format!("{name} {mode:o} {uid}:{gid}"),
            _ => format!("{name} {mode:o} {uid}:{gid} ={content}"),
        }
    };
    headers(layer).into_iter().map(line).collect()
}

/// The config of an image.
pub(super) fn config(image: &Image) -> serde_json::Value {
    serde_json::from_slice(&image.config).unwrap()
}
