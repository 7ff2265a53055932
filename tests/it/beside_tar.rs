//! Bundles held against what `tar -czf` makes of the same directory, entry by entry.

use std::{
    collections::BTreeMap,
    fs,
    io::Read,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use tar::{Archive, EntryType};

use crate::sandbox::Sandbox;

/// An entry, without its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    kind: EntryType,
    mode: u32,
    modified: u64,
    target: Option<Vec<u8>>,
    content: Vec<u8>,
}

/// All entries by path, without the `./` before it and the `/` behind it, and their owners.
fn entries(path: &Path) -> (BTreeMap<String, Entry>, Vec<(u64, u64)>) {
    let file = fs::File::open(path).expect("it is there");
    let mut archive = Archive::new(flate2::read::MultiGzDecoder::new(file));
    let (mut entries, mut owners) = (BTreeMap::new(), Vec::new());
    for entry in archive.entries().expect("it is an archive") {
        let mut entry = entry.expect("a whole entry");
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let path = path.trim_start_matches("./").trim_end_matches('/').to_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("its content");
        let header = entry.header();
        owners.push((header.uid().expect("a user"), header.gid().expect("a group")));
        let entry = Entry {
            kind: header.entry_type(),
            mode: header.mode().expect("a mode") & 0o7777,
            modified: header.mtime().expect("a time"),
            target: entry.link_name_bytes().map(std::borrow::Cow::into_owned),
            content,
        };
        entries.insert(path, entry);
    }
    (entries, owners)
}

#[test]
fn a_bundle_that_keeps_all_it_can_differs_from_tar_in_owners_hard_links_and_the_root_alone() {
    let sandbox = Sandbox::new()
        .config(
            "version = 1\n[builds.web]\nexecutor = \"docker\"\nno-push = true\n\
             context = \"app\"\nslim = false\nmodes = \"keep\"\ntimestamps = \"keep\"\n",
        )
        .with_the_machines_programs()
        .file("app/Dockerfile", "FROM scratch\n")
        .file("app/a b/größe", "text\n")
        .file(format!("app/{0}/{0}", "long".repeat(40)), "deep\n")
        .file("app/run", "#!/bin/sh\n")
        .file("app/twice", "linked\n")
        .file("app/zeros", vec![0; 100_000])
        .directory("app/empty");
    for (path, mode) in [("run", 0o4755), ("a b", 0o2775), ("empty", 0o1777), ("Dockerfile", 0o666)]
    {
        let mode = fs::Permissions::from_mode(mode);
        fs::set_permissions(sandbox.path("app").join(path), mode).unwrap();
    }
    fs::hard_link(sandbox.path("app/twice"), sandbox.path("app/two")).unwrap();
    symlink("a b/größe", sandbox.path("app/link")).unwrap();
    symlink("/nowhere", sandbox.path("app/dangling")).unwrap();

    sandbox.run(["context", "pack", "web", "-o", "ours.tgz"]).code(0);
    sandbox.sh("tar -C app --owner=7 --group=8 -czf theirs.tgz .").code(0);

    let (mut ours, owners) = entries(&sandbox.path("ours.tgz"));
    let (mut theirs, their_owners) = entries(&sandbox.path("theirs.tgz"));
    assert!(owners.iter().all(|owner| *owner == (0, 0)), "{owners:?}");
    assert!(their_owners.iter().all(|owner| *owner == (7, 8)), "{their_owners:?}");
    let (our_root, their_root) = (ours.remove(""), theirs.remove(""));
    let their_root = their_root.expect("a root");
    let fixed = Entry { mode: 0o755, modified: 315_619_200, ..their_root };
    assert_eq!(our_root, Some(fixed));
    let linked = theirs.values_mut().find(|entry| entry.kind == EntryType::Link);
    let linked = linked.expect("a hard link");
    *linked = Entry {
        kind: EntryType::Regular,
        target: None,
        content: b"linked\n".to_vec(),
        ..linked.clone()
    };
    assert_eq!(ours, theirs);
}
