//! What a bundle holds, and that equal trees give equal ones.

use std::{
    fs,
    io::Read as _,
    os::unix::ffi::OsStrExt as _,
    time::{Duration, SystemTime},
};

use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use sha2::{Digest as _, Sha256};

use super::{
    super::{
        deflate::{Deflate, Level},
        gate::Gate,
        pack::MODIFIED,
    },
    Compression, ContextError, Dockerfile, Modes, Timestamps, Tree, noise, prose, random, unzip,
};

#[test]
fn a_tree_is_sent_sorted_with_parents_first() {
    let tree = Tree::new()
        .file("b/z", "z")
        .file("b.txt", "b")
        .file("b/a/deep", "d")
        .file("a", "a")
        .link("link", "../../away")
        .directory("empty");

    assert_eq!(
        tree.entries(),
        [
            "755 ./",
            "644 Dockerfile",
            "644 a",
            "755 b/",
            "755 b/a/",
            "644 b/a/deep",
            "644 b/z",
            "644 b.txt",
            "755 empty/",
            "777 link -> ../../away",
        ]
    );
    assert_eq!(tree.pack(Compression::None).1.entries, 10);
}

#[test]
fn the_bundle_of_a_small_tree_is_the_same_on_any_machine() {
    let tree = Tree::new().file("src/main.rs", "fn main() {}\n").link("main", "src/main.rs");
    let (_, packed) = tree.pack(Compression::None);

    assert_eq!(packed.bytes, 4631);
    let digest = "a8af5502d6e6ba6686926f53a304ad01da9de63e51bec3eebacfa38220519ca0";
    assert_eq!(packed.sha256.map(|byte| format!("{byte:02x}")).concat(), digest);
}

#[test]
fn what_is_told_of_a_bundle_is_true() {
    let tree = Tree::new().file("noise", noise(700_000));
    for compression in [Compression::None, Compression::Network] {
        let (bundle, packed) = tree.pack(compression);

        assert_eq!(packed.bytes, bundle.len() as u64);
        assert_eq!(packed.sha256, <[u8; 32]>::from(Sha256::digest(&bundle)));
        assert_eq!(packed.entries, 3);
    }
}

#[test]
fn both_compressions_hold_the_same_archive() {
    let tree = Tree::new().file("noise", noise(1_500_000)).file("zeros", vec![0; 700_000]);
    let (stored, _) = tree.pack(Compression::None);
    let (compressed, _) = tree.pack(Compression::Network);

    assert!(compressed.len() < stored.len() * 6 / 10);
    assert_eq!(unzip(&compressed).unwrap(), unzip(&stored).unwrap());
}

#[test]
fn the_number_of_threads_changes_nothing() {
    // Words, as what was compressed before can show only where there is much to find; and what
    // is stored, between them and at the end.
    let (words, random) = (prose(3_000_000), random(800_000));
    let content = [&words[..], &random, &words, &random].concat();
    let bundle = |threads, level| {
        let mut bundle = Vec::new();
        std::thread::scope(|scope| {
            let mut deflate =
                Deflate::start(scope, threads, level, Gate::new(&mut bundle)).unwrap();
            let mut chunk = Deflate::chunk();
            for part in content.chunks(256 * 1024) {
                if chunk.filled > 0 {
                    deflate.encode(&mut chunk).unwrap();
                }
                chunk.space()[..part.len()].copy_from_slice(part);
                chunk.filled = part.len();
            }
            deflate.finish(chunk).unwrap();
        });
        bundle
    };

    for level in [Level::BUNDLE, Level::LAYER] {
        let alone = bundle(1, level);
        assert_eq!(unzip(&alone).unwrap(), content);
        assert!(bundle(2, level) == alone);
        assert!(bundle(7, level) == alone);
    }
}

#[test]
fn what_cannot_be_compressed_arrives_whole() {
    let random = random(600_000);
    let tree = Tree::new().file("random", &random);
    let (bundle, packed) = tree.pack(Compression::Network);

    // Five bytes more for each 65,535, and the archive's own.
    assert!((600_000..604_000).contains(&packed.bytes), "{}", packed.bytes);
    assert_eq!(unzip(&bundle).unwrap()[2048..602_048], random);
}

#[test]
fn order_of_creation_and_times_do_not_show() {
    let names = ["a", "b/c", "b/d", "ä", "Z"];
    let one = names.iter().fold(Tree::new(), |tree, name| tree.file(name, "x"));
    let other = names.iter().rev().fold(Tree::new(), |tree, name| tree.file(name, "x"));
    let past = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
    fs::File::open(other.path("a")).unwrap().set_modified(past).unwrap();

    assert!(one.pack(Compression::None) == other.pack(Compression::None));
    assert!(one.pack(Compression::Network) == other.pack(Compression::Network));
}

#[test]
fn a_checkouts_umask_does_not_show() {
    let checkout = |file, program, directory| {
        Tree::new()
            .file("d/file", "x")
            .file("d/program", "x")
            .mode("Dockerfile", file)
            .mode("d/file", file)
            .mode("d/program", program)
            .mode("d", directory)
            .pack(Compression::None)
    };
    let umask_022 = checkout(0o644, 0o755, 0o755);

    assert!(checkout(0o666, 0o777, 0o777) == umask_022);
    assert!(checkout(0o664, 0o775, 0o775) == umask_022);
}

#[test]
fn what_somebody_has_set_is_kept() {
    let tree = Tree::new()
        .file("private", "x")
        .file("setuid", "x")
        .directory("tmp")
        .directory("setgid")
        .mode("private", 0o600)
        .mode("setuid", 0o4775)
        .mode("tmp", 0o1777)
        .mode("setgid", 0o2775);

    assert_eq!(
        tree.entries(),
        ["755 ./", "644 Dockerfile", "600 private", "2755 setgid/", "4755 setuid", "1777 tmp/"]
    );
}

#[test]
fn modes_are_kept_on_demand() {
    let tree = Tree::new()
        .spec(|spec| spec.modes = Modes::Keep)
        .file("d/file", "x")
        .mode("d", 0o770)
        .mode("d/file", 0o666);

    assert_eq!(tree.entries(), ["755 ./", "644 Dockerfile", "770 d/", "666 d/file"]);
}

#[test]
fn times_are_fixed_or_kept() {
    let times = |timestamps| {
        let tree = Tree::new().spec(|spec| spec.timestamps = timestamps);
        let file = fs::File::open(tree.path("Dockerfile")).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_millis(1_234_567_890_900))
            .unwrap();
        let tar = unzip(&tree.pack(Compression::None).0).unwrap();
        let mut archive = tar::Archive::new(&tar[..]);
        let entries = archive.entries().unwrap();
        entries.map(|entry| entry.unwrap().header().mtime().unwrap()).collect::<Vec<_>>()
    };

    assert_eq!(MODIFIED, 315_619_200);
    assert_eq!(times(Timestamps::Fixed), [315_619_200, 315_619_200]);
    assert_eq!(times(Timestamps::Keep), [315_619_200, 1_234_567_890]);
}

#[test]
fn nobody_owns_an_entry() {
    let tar = unzip(&Tree::new().pack(Compression::None).0).unwrap();
    let mut archive = tar::Archive::new(&tar[..]);
    for entry in archive.entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
        assert_eq!(header.username_bytes(), Some(&b""[..]));
        assert_eq!(header.groupname_bytes(), Some(&b""[..]));
    }
}

#[test]
fn names_of_any_kind_arrive_as_they_are() {
    let names: [&[u8]; 6] =
        ["ä".as_bytes(), b"caf\xe9", b"new\nline", b"back\\slash", b"-dash", b" "];
    let long = format!("{}n", format!("{}/", "n".repeat(199)).repeat(20).trim_end_matches('/'));
    assert_eq!(long.len(), 4000);
    let tree = names
        .iter()
        .fold(Tree::new(), |tree, name| tree.file(std::ffi::OsStr::from_bytes(name), name))
        .file(&long, "deep")
        .link("long", "t".repeat(300));

    let tar = unzip(&tree.pack(Compression::Network).0).unwrap();
    let mut archive = tar::Archive::new(&tar[..]);
    let mut contents = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        if let Some(target) = entry.link_name_bytes() {
            content = target.into_owned();
        }
        contents.push((entry.path_bytes().into_owned(), content));
    }
    for name in names {
        assert!(contents.contains(&(name.to_vec(), name.to_vec())), "{name:?}");
    }
    assert!(contents.contains(&(long.into_bytes(), b"deep".to_vec())));
    assert!(contents.contains(&(b"long".to_vec(), vec![b't'; 300])));
}

#[test]
fn hard_links_are_files_of_their_own() {
    let tree = Tree::new().file("one", "same");
    fs::hard_link(tree.path("one"), tree.path("two")).unwrap();
    let tar = unzip(&tree.pack(Compression::None).0).unwrap();
    let mut archive = tar::Archive::new(&tar[..]);

    let last = archive.entries().unwrap().last().unwrap().unwrap();

    assert_eq!(last.path_bytes(), &b"two"[..]);
    assert_eq!((last.header().entry_type(), last.size()), (tar::EntryType::Regular, 4));
}

#[test]
fn a_sparse_file_is_sent_whole() {
    let tree = Tree::new().file("sparse", "");
    fs::File::options().write(true).open(tree.path("sparse")).unwrap().set_len(1 << 20).unwrap();
    let tar = unzip(&tree.pack(Compression::Network).0).unwrap();

    assert_eq!(tar.len(), (1 << 20) + 5 * 512 + 512);
}

#[test]
fn links_that_lead_in_circles_are_sent_and_not_followed() {
    let tree = Tree::new().link("d/up", "..").link("self", "self").link("absolute", "/etc");

    assert_eq!(tree.sent(), ["absolute -> /etc", "d/", "d/up -> ..", "self -> self"]);
}

#[test]
fn directories_are_sent_however_deep() {
    const LEVELS: usize = 2000;
    let tree = Tree::new();
    let open = |parent: &std::os::fd::OwnedFd, name: &str| {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::openat(parent, name, flags, Mode::empty()).unwrap()
    };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut inner = rustix::fs::openat(CWD, tree.root(), flags, Mode::empty()).unwrap();
    for _ in 0..LEVELS {
        rustix::fs::mkdirat(&inner, "sub", Mode::from(0o755)).unwrap();
        inner = open(&inner, "sub");
    }

    let (bundle, packed) = tree.pack(Compression::Network);
    let tar = unzip(&bundle).unwrap();
    let mut archive = tar::Archive::new(&tar[..]);
    let last = archive.entries().unwrap().last().unwrap().unwrap();

    assert_eq!(packed.entries, 2002);
    assert_eq!(last.path_bytes(), "sub/".repeat(LEVELS).as_bytes());

    // Removing it by recursion would need as many descriptors.
    for _ in 0..LEVELS {
        inner = open(&inner, "..");
        rustix::fs::unlinkat(&inner, "sub", AtFlags::REMOVEDIR).unwrap();
    }
}

#[test]
fn a_context_without_its_dockerfile_may_be_empty() {
    let tree = Tree::new().spec(|spec| spec.dockerfile = Dockerfile::Outside("/x".into()));
    fs::remove_file(tree.path("Dockerfile")).unwrap();

    assert_eq!(tree.entries(), ["755 ./"]);
}

#[test]
fn a_context_needs_the_dockerfile_that_is_named_in_it() {
    let tree = Tree::new().spec(|spec| spec.dockerfile = Dockerfile::Inside("x".into()));

    assert!(matches!(tree.error(), ContextError::NoDockerfile { path } if path == tree.path("x")));
}
