//! The module as a whole: trees on disk, and what becomes of them.

mod bundle;
mod changes;
mod ignored;
mod members;
mod never_half;
mod refused;
mod taken;

use std::{
    ffi::OsStr,
    fs,
    io::Read as _,
    os::unix::{
        ffi::OsStrExt as _,
        fs::{PermissionsExt as _, symlink},
    },
    path::{Path, PathBuf},
};

use super::{
    Compression, ContextError, Dockerfile, Extent, Listing, Modes, Packed, Spec, Timestamps, list,
    pack,
};

/// A context that is gone when the test ends.
struct Tree {
    directory: tempfile::TempDir,
    spec: Spec,
}

impl Tree {
    /// A directory with a Dockerfile, `FROM scratch`.
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let spec = Spec {
            root: directory.path().join("context"),
            dockerfile: Dockerfile::Inside("Dockerfile".into()),
            extent: Extent::Whole,
            modes: Modes::Normal,
            timestamps: Timestamps::Fixed,
        };
        fs::create_dir(&spec.root).unwrap();
        Self { directory, spec }.file("Dockerfile", "FROM scratch\n")
    }

    fn root(&self) -> &Path {
        &self.spec.root
    }

    fn path(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.root().join(name.as_ref())
    }

    /// A file of mode 0644 in directories of mode 0755.
    fn file(self, name: impl AsRef<OsStr>, content: impl AsRef<[u8]>) -> Self {
        let path = self.path(name);
        self.parents(&path);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        self
    }

    fn link(self, name: &str, target: impl AsRef<OsStr>) -> Self {
        let path = self.path(name);
        self.parents(&path);
        symlink(target.as_ref(), path).unwrap();
        self
    }

    fn directory(self, name: &str) -> Self {
        self.parents(&self.path(name).join("any"));
        self
    }

    fn mode(self, name: &str, mode: u32) -> Self {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    fn parents(&self, path: &Path) {
        let inside: Vec<_> =
            path.ancestors().skip(1).take_while(|parent| *parent != self.root()).collect();
        for parent in inside.into_iter().rev() {
            if !parent.exists() {
                fs::create_dir(parent).unwrap();
                fs::set_permissions(parent, fs::Permissions::from_mode(0o755)).unwrap();
            }
        }
    }

    fn spec(mut self, change: impl FnOnce(&mut Spec)) -> Self {
        change(&mut self.spec);
        self
    }

    fn pack(&self, compression: Compression) -> (Vec<u8>, Packed) {
        let mut bundle = Vec::new();
        let packed = pack(&self.spec, compression, &mut bundle).unwrap();
        (bundle, packed)
    }

    /// What packing ends with; what was written until then does not read as whole.
    fn error(&self) -> ContextError {
        let mut bundle = Vec::new();
        let error = pack(&self.spec, Compression::None, &mut bundle).unwrap_err();
        assert!(!reads_as_whole(&bundle));
        error
    }

    /// The entries of the bundle, as `MODE PATH [-> TARGET]`, and the same of `list`.
    fn entries(&self) -> Vec<String> {
        let entries = entries(&self.pack(Compression::None).0);
        let mut listed = vec!["755 ./".to_owned()];
        list(&self.spec, &mut |listing| {
            if let Listing::Sent(entry) = listing {
                listed.push(format!("{:o} {}", entry.mode, entry.path.display()));
            }
        })
        .unwrap();
        let without_targets = entries.iter().map(|entry| {
            let entry = entry.split(" -> ").next().unwrap();
            if entry == "755 ./" { entry } else { entry.trim_end_matches('/') }
        });
        assert!(listed.iter().map(String::as_str).eq(without_targets), "{listed:?}");
        entries
    }

    /// The paths of the bundle, `./` and the Dockerfile aside.
    fn sent(&self) -> Vec<String> {
        let entries = self.entries();
        let paths = entries.iter().map(|entry| entry.split_once(' ').unwrap().1.to_owned());
        paths.filter(|path| path != "./" && path != "Dockerfile").collect()
    }
}

/// The tar in a bundle; an error for a bundle that is cut within a member.
fn unzip(bundle: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut tar = Vec::new();
    flate2::bufread::MultiGzDecoder::new(bundle).read_to_end(&mut tar)?;
    Ok(tar)
}

/// Whether executors take it for a whole one: Go's reader of archives misses neither their end
/// nor the padding before it.
fn reads_as_whole(bundle: &[u8]) -> bool {
    let Ok(tar) = unzip(bundle) else { return false };
    let mut rest = &tar[..];
    loop {
        if rest.is_empty() {
            return true;
        }
        let Some((header, behind)) = rest.split_at_checked(512) else { return false };
        if header == [0; 512] {
            return behind.is_empty() || behind.len() >= 512;
        }
        let size = std::str::from_utf8(&header[124..135]).unwrap();
        let size = usize::from_str_radix(size, 8).unwrap();
        if behind.len() < size {
            return false;
        }
        rest = behind.get(size.next_multiple_of(512)..).unwrap_or_default();
    }
}

fn entries(bundle: &[u8]) -> Vec<String> {
    let tar = unzip(bundle).unwrap();
    assert!(tar.ends_with(&[0; 1024]));
    let mut archive = tar::Archive::new(&tar[..]);
    let entry = |entry: std::io::Result<tar::Entry<'_, &[u8]>>| {
        let entry = entry.unwrap();
        let path = OsStr::from_bytes(&entry.path_bytes()).display().to_string();
        let target = entry.link_name_bytes();
        let target = target.map(|target| format!(" -> {}", String::from_utf8_lossy(&target)));
        format!("{:o} {path}{}", entry.header().mode().unwrap(), target.unwrap_or_default())
    };
    archive.entries().unwrap().map(entry).collect()
}

/// Bytes that no compressor makes much of, the same each time.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0] & 0x3f
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// Bytes of which none tells the next one, the same each time.
pub(super) fn random(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// Words of a vocabulary of 4,096, the same each time.
fn prose(length: usize) -> Vec<u8> {
    let letters: Vec<u8> = noise(4096 * 8).iter().map(|byte| b'a' + byte % 26).collect();
    let words: Vec<&[u8]> =
        letters.chunks(8).map(|letters| &letters[..2 + usize::from(letters[0] % 6)]).collect();
    let mut prose = Vec::new();
    for pair in noise(length).chunks(2) {
        prose.extend_from_slice(words[usize::from(pair[0]) * 64 + usize::from(pair[1])]);
        prose.push(b' ');
    }
    prose.truncate(length);
    prose
}
