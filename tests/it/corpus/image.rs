//! An image read back from an OCI layout: its layers laid over one another, and its config.

use std::{collections::BTreeMap, fs, io::Read, path::Path};

use serde_json::Value;

use super::bases::digest;

/// One entry, by the path that it has in the image.
#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Directory,
    /// Its size and the SHA-256's start.
    File(u64, String),
    /// Its target.
    Link(String),
}

#[derive(Debug, Clone)]
struct Entry {
    what: What,
    mode: u32,
    own: (u64, u64),
}

type Tree = BTreeMap<Vec<u8>, Entry>;

#[derive(Debug, Default)]
pub(crate) struct Image {
    tree: Tree,
    config: Value,
    /// What no image may have, whatever is expected of it.
    pub(crate) wrong: Vec<String>,
}

impl Image {
    /// The only image of a layout.
    pub(crate) fn read(layout: &Path) -> Self {
        let json = |bytes: &[u8]| -> Value { serde_json::from_slice(bytes).expect("JSON") };
        let mut image = Self::default();
        let index = json(&fs::read(layout.join("index.json")).expect("an index"));
        let manifest = json(&image.blob(layout, &index["manifests"][0]));
        let config = json(&image.blob(layout, &manifest["config"]));
        // Kaniko writes null for none.
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let layers = list(&manifest["layers"]);
        let unpacked = list(&config["rootfs"]["diff_ids"]);
        let history = list(&config["history"]);
        let with_layer = history.iter().filter(|step| step["empty_layer"] != true).count();
        if layers.len() != unpacked.len() || layers.len() != with_layer {
            image.wrong.push(format!(
                "{} layers, {} digests of them, {with_layer} steps that made one",
                layers.len(),
                unpacked.len()
            ));
        }
        for (layer, expected) in layers.iter().zip(&unpacked) {
            let mut bytes = Vec::new();
            let packed = image.blob(layout, layer);
            if packed.starts_with(&[0x1f, 0x8b]) {
                flate2::read::MultiGzDecoder::new(packed.as_slice())
                    .read_to_end(&mut bytes)
                    .expect("a whole layer");
            } else {
                bytes = packed;
            }
            if digest(&bytes) != *expected {
                image.wrong.push(format!("a layer is {}, not {expected}", digest(&bytes)));
            }
            image.lay_over(&bytes);
        }
        image.config = config["config"].clone();
        image
    }

    /// The bytes of a descriptor, held against it.
    fn blob(&mut self, layout: &Path, descriptor: &Value) -> Vec<u8> {
        let named = descriptor["digest"].as_str().expect("a digest");
        let path = layout.join("blobs").join(named.replace(':', "/"));
        let bytes = fs::read(path).expect("the blob");
        if digest(&bytes) != named || descriptor["size"] != bytes.len() {
            self.wrong.push(format!("{named} has {} bytes of {}", bytes.len(), digest(&bytes)));
        }
        bytes
    }

    /// Lays a layer over what is there: first what it removes, then what it brings.
    fn lay_over(&mut self, layer: &[u8]) {
        let mut brought: Vec<Vec<u8>> = Vec::new();
        for (path, _) in entries(layer) {
            let (above, name) = split(&path);
            if name == b".wh..wh..opq" {
                self.tree.retain(|there, _| !is_below(there, above));
            } else if let Some(name) = name.strip_prefix(b".wh.") {
                let gone = if above.is_empty() { name.to_vec() } else { [above, name].join(&b'/') };
                self.tree.retain(|there, _| *there != gone && !is_below(there, &gone));
            }
        }
        for (path, entry) in entries(layer) {
            let (above, name) = split(&path);
            if name.starts_with(b".wh.") || path.is_empty() {
                continue;
            }
            let shown = shown(&path);
            if !above.is_empty() && self.tree.get(above).is_none_or(|e| e.what != What::Directory) {
                self.wrong.push(format!("`{shown}` is in a layer without a directory above it"));
            }
            if brought.contains(&path) {
                self.wrong.push(format!("`{shown}` is twice in a layer"));
            }
            let entry = match entry {
                Found::Entry(entry) => entry,
                Found::Hard(target) => match self.tree.get(&target) {
                    Some(entry) => entry.clone(),
                    None => panic!("`{shown}` is a hard link to what is not there"),
                },
            };
            if entry.what != What::Directory {
                self.tree.retain(|there, _| !is_below(there, &path));
            }
            self.tree.insert(path.clone(), entry);
            brought.push(path);
        }
    }

    /// One entry a line, as in `expected.entries`.
    pub(crate) fn listing(&self) -> String {
        let line = |(path, entry): (&Vec<u8>, &Entry)| {
            let (mode, (uid, gid), path) = (entry.mode, entry.own, shown(path));
            match &entry.what {
                What::Directory => format!("d {mode:04o} {uid}:{gid} {path}\n"),
                What::File(size, hash) => {
                    format!("f {mode:04o} {uid}:{gid} {path} {size} {hash}\n")
                }
                What::Link(target) => format!("l {uid}:{gid} {path} -> {target}\n"),
            }
        };
        self.tree.iter().map(line).collect()
    }

    /// The config without what is empty, one value a line, as in `expected.config`.
    pub(crate) fn config(&self) -> String {
        let empty = |value: &Value| {
            matches!(value, Value::Null | Value::Bool(false))
                || *value == ""
                || value.as_array().is_some_and(Vec::is_empty)
                || value.as_object().is_some_and(serde_json::Map::is_empty)
        };
        let mut lines = Vec::new();
        for (key, value) in self.config.as_object().into_iter().flatten() {
            match value {
                value if empty(value) => {}
                Value::Object(values) if key != "Healthcheck" => {
                    lines.extend(
                        values.iter().map(|(name, value)| format!("{key} {name:?} {value}")),
                    );
                }
                Value::Object(values) => {
                    let values = values.iter().filter(|(_, value)| !empty(value) && **value != 0);
                    lines.extend(values.map(|(name, value)| format!("{key} {name:?} {value}")));
                }
                Value::Array(values) if key == "Env" => {
                    lines.extend(values.iter().map(|value| format!("{key} {value}")));
                }
                value => lines.push(format!("{key} {value}")),
            }
        }
        lines.sort();
        lines.push(String::new());
        lines.join("\n")
    }
}

/// The paths of a bundle, one a line.
pub(crate) fn paths(bundle: &Path) -> String {
    let mut bytes = Vec::new();
    let file = fs::File::open(bundle).expect("the bundle");
    flate2::read::MultiGzDecoder::new(file).read_to_end(&mut bytes).expect("a whole bundle");
    let line = |(path, entry): (Vec<u8>, Found)| {
        let directory = matches!(entry, Found::Entry(Entry { what: What::Directory, .. }));
        format!("{}{}\n", shown(&path), if directory { "/" } else { "" })
    };
    entries(&bytes).into_iter().map(line).collect()
}

enum Found {
    Entry(Entry),
    /// A hard link, and what to.
    Hard(Vec<u8>),
}

fn entries(archive: &[u8]) -> Vec<(Vec<u8>, Found)> {
    let mut found = Vec::new();
    let mut archive = tar::Archive::new(archive);
    for entry in archive.entries().expect("an archive") {
        let mut entry = entry.expect("a whole entry");
        let path = clean(&entry.path_bytes());
        let target = entry.link_name_bytes().map(std::borrow::Cow::into_owned);
        let header = entry.header();
        let kind = header.entry_type();
        let number = "a number";
        let own = (header.uid().expect(number), header.gid().expect(number));
        let mode = header.mode().expect(number) & 0o7777;
        let what = if kind.is_hard_link() {
            found.push((path, Found::Hard(clean(&target.expect("a target")))));
            continue;
        } else if kind.is_dir() {
            What::Directory
        } else if kind.is_symlink() {
            What::Link(shown(&target.expect("a target")))
        } else {
            assert!(kind.is_file(), "`{}` is a {kind:?}", shown(&path));
            let mut content = Vec::new();
            entry.read_to_end(&mut content).expect("its content");
            let hash = digest(&content)["sha256:".len()..][..12].to_owned();
            What::File(content.len() as u64, hash)
        };
        found.push((path, Found::Entry(Entry { what, mode, own })));
    }
    found
}

/// `path` without dots and slashes around its names.
fn clean(path: &[u8]) -> Vec<u8> {
    let names = path.split(|&byte| byte == b'/').filter(|name| !matches!(name, [] | [b'.']));
    names.collect::<Vec<_>>().join(&b'/')
}

fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(slash) => (&path[..slash], &path[slash + 1..]),
        None => (b"", path),
    }
}

fn is_below(path: &[u8], directory: &[u8]) -> bool {
    directory.is_empty()
        || path.strip_prefix(directory).is_some_and(|rest| rest.first() == Some(&b'/'))
}

/// `path` in one line.
fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).replace('\\', "\\\\").replace('\n', "\\n")
}
