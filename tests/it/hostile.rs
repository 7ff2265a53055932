//! Images, archives and Dockerfiles that somebody made to do harm, built with `builtin`.
//!
//! What is wrong ends with an error; what is only strange becomes an image. Nothing is written
//! but the image, and nothing is held in memory that grows with what others say.

mod dockerfiles;
mod images;

use std::{collections::BTreeMap, fs};

use flate2::{Compress, Compression, FlushCompress};
use serde_json::json;

use crate::{
    corpus::{
        bases::{Base, digest},
        image::Image,
        registry::Registry,
    },
    ran::Ran,
    sandbox::Sandbox,
};

const WRITES: &str = "a vector takes all";

/// A tar of these names: with `->` a link, with `==` a hard link, else a file; no name is cleaned.
fn archive(names: &[String]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for name in names {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        let (name, content) = if let Some((name, target)) = name.split_once("->") {
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_link_name(target).expect("a short target");
            (name, "")
        } else if let Some((name, target)) = name.split_once("==") {
            header.set_entry_type(tar::EntryType::Link);
            header.set_link_name(target).expect("a short target");
            (name, "")
        } else {
            (name.as_str(), "evil\n")
        };
        header.set_size(content.len() as u64);
        let field = &mut header.as_gnu_mut().expect("it is one").name;
        field[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        archive.append(&header, content.as_bytes()).expect(WRITES);
    }
    archive.into_inner().expect(WRITES)
}

/// Names that lead to `outside`, a directory of this machine, by all ways there are.
fn leading_out(outside: &str) -> Vec<String> {
    let up = "../".repeat(12);
    vec![
        format!("{outside}/absolute"),
        format!("{up}{}/up", &outside[1..]),
        format!("a/{up}{}/within", &outside[1..]),
        format!("link->{outside}"),
        "link/through".to_owned(),
        format!("relative->{up}{}", &outside[1..]),
        "relative/through".to_owned(),
    ]
}

/// Gzip of a tar with one file of this many bytes, all of them zero.
fn bomb(size: u64) -> Vec<u8> {
    const BLOCK: usize = 1 << 20;
    let mut header = tar::Header::new_gnu();
    header.set_path("zeros").expect("a short name");
    header.set_mode(0o644);
    header.set_size(size);
    header.set_cksum();
    let zeros = vec![0; BLOCK];
    let mut crc = flate2::Crc::new();
    crc.update(header.as_bytes());
    let mut of_block = flate2::Crc::new();
    of_block.update(&zeros);
    let part = |bytes: &[u8], flush| {
        let mut packed = Vec::with_capacity(1 << 16);
        let mut deflate = Compress::new(Compression::best(), false);
        deflate.compress_vec(bytes, &mut packed, flush).expect("there is room");
        packed
    };
    let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    gzip.extend(part(header.as_bytes(), FlushCompress::Full));
    let block = part(&zeros, FlushCompress::Full);
    for _ in 0..size / BLOCK as u64 {
        gzip.extend(&block);
        crc.combine(&of_block);
    }
    crc.update(&[0; 1024]);
    gzip.extend(part(&[0; 1024], FlushCompress::Finish));
    gzip.extend(crc.sum().to_le_bytes());
    let length = u32::try_from((size + 512 + 1024) % (1 << 32)).expect("it is less");
    gzip.extend(length.to_le_bytes());
    gzip
}

/// An image of one layer, served as `REGISTRY/base:1`.
fn image(layer: &[u8]) -> Base {
    let mut base = Base::default();
    base.digest = base.image("linux/amd64", &json!({}), &[layer.to_vec()], false);
    base
}

fn serve(base: Base) -> Registry {
    Registry::start(BTreeMap::from([("base".to_owned(), base)]))
}

/// What the only layer's descriptor says, changed.
fn lie(base: &mut Base, key: &str, value: impl Into<serde_json::Value>) {
    let (media_type, manifest) = base.manifests[&base.digest].clone();
    let mut manifest: serde_json::Value = serde_json::from_slice(&manifest).expect("JSON");
    manifest["layers"][0][key] = value.into();
    base.digest = base.manifest(&media_type, &manifest);
}

/// The digest of the only layer.
fn layer(base: &Base) -> String {
    let (_, manifest) = &base.manifests[&base.digest];
    let manifest: serde_json::Value = serde_json::from_slice(manifest).expect("JSON");
    manifest["layers"][0]["digest"].as_str().expect("a digest").to_owned()
}

fn project(dockerfile: &str, host: &str) -> Sandbox {
    Sandbox::new()
        .config(&format!(
            "version = 1\n[registries.test]\nhost = \"{host}\"\ninsecure = true\n\
             [builds.web]\ncontext = \"context\"\nexecutor = \"builtin\"\nno-push = true\n\
             oci-layout-path = \"image\"\n"
        ))
        .file("context/Dockerfile", dockerfile.replace("REGISTRY", host))
        .file("context/f", "mine\n")
        .directory("outside")
}

/// What a build of a layer that lies ends with.
fn refused(base: Base) -> (Ran, String) {
    let registry = serve(base);
    let sandbox = project("FROM REGISTRY/base:1\nCOPY f /\n", registry.host());
    (sandbox.run(["run"]), registry.host().to_owned())
}

/// It failed for this reason and left no image and no temporary file.
#[track_caller]
fn failed(ran: &Ran, cause: &str) {
    ran.code(1).stdout("").stderr_contains(&format!(
        "web | building with builtin\nweb | building\nerror: web: {cause}\n\n\
         build  result  time  sent  digest or cause\nweb  failed  [TIME]  "
    ));
    assert_eq!(ran.left_behind(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_base_that_leads_out_of_the_image_stays_within_it() {
    let sandbox = project("", "127.0.0.1:1");
    let outside = sandbox.path("outside").display().to_string();
    let registry = serve(image(&archive(&leading_out(&outside))));
    let dockerfile = "FROM REGISTRY/base:1\nCOPY f /link/\nCOPY f /relative/../relative/g\n\
                      COPY --from=REGISTRY/base:1 /link/through /copied\n";
    let sandbox = project(dockerfile, registry.host());

    let ran = sandbox.run(["run"]);

    ran.code(0);
    assert_eq!(ran.left_behind(), Vec::<std::path::PathBuf>::new());
    assert_eq!(fs::read_dir(&outside).expect("it is there").count(), 0);
    let listing = Image::read(&sandbox.path("image")).listing();
    let inside = &outside[1..];
    for own in [
        format!("f 0644 0:0 {inside}/f 5 fcbc800db3f1"),
        format!("f 0644 0:0 {inside}/g 5 fcbc800db3f1"),
        "f 0644 0:0 copied 5 886b67480dbe".to_owned(),
    ] {
        assert!(listing.lines().any(|line| line == own), "`{own}` is not in\n{listing}");
    }
}

#[test]
fn an_archive_that_leads_out_of_its_destination_stays_within_it() {
    let sandbox = project("FROM scratch\nADD a.tar /in/\n", "127.0.0.1:1");
    let outside = sandbox.path("outside").display().to_string();
    let sandbox = sandbox.file("context/a.tar", archive(&leading_out(&outside)));

    let ran = sandbox.run(["run"]);

    ran.code(0);
    assert_eq!(fs::read_dir(&outside).expect("it is there").count(), 0);
    let listing = Image::read(&sandbox.path("image")).listing();
    let inside = format!("in{outside}");
    let lines: Vec<_> = listing.lines().filter(|line| line.starts_with("f ")).collect();
    assert_eq!(
        lines,
        ["absolute", "through", "up", "within"]
            .map(|name| format!("f 0644 0:0 {inside}/{name} 5 886b67480dbe"))
    );
}

#[test]
fn an_archive_that_links_to_what_is_not_in_it_is_refused() {
    let sandbox = project("FROM scratch\nCOPY f /etc/\nADD a.tar /in/\n", "127.0.0.1:1")
        .file("context/a.tar", archive(&["f==../etc/f".to_owned()]));

    failed(
        &sandbox.run(["run"]),
        "context/Dockerfile:3: the archive `a.tar` cannot be unpacked: `f` in it is a hard link \
         to `../etc/f`, which is not in it",
    );
}

#[test]
fn a_layer_of_another_digest_is_refused() {
    let mut base = image(&archive(&["a".to_owned()]));
    let digest_there = layer(&base);
    let bytes = base.blobs.get_mut(&digest_there).expect("it is there");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let came = digest(bytes);

    let (ran, host) = refused(base);

    failed(
        &ran,
        &format!(
            "context/Dockerfile:1: the image `{host}/base:1` cannot be had: the layer \
             {digest_there} is not what `{host}` promised: it is {came}"
        ),
    );
}

#[test]
fn a_layer_of_another_size_is_refused() {
    let whole = image(&archive(&["a".to_owned()]));
    let size = whole.blobs[&layer(&whole)].len();
    for (promised, told) in [(size - 1, format!("at least {size}")), (size + 1, size.to_string())] {
        let mut base = image(&archive(&["a".to_owned()]));
        lie(&mut base, "size", promised);
        let there = layer(&base);

        let (ran, host) = refused(base);

        failed(
            &ran,
            &format!(
                "context/Dockerfile:1: the image `{host}/base:1` cannot be had: the layer \
                 {there} is not what `{host}` promised: it has {told} bytes, not {promised}"
            ),
        );
    }
}

#[test]
fn a_layer_that_is_cut_off_is_refused() {
    let mut base = image(b"");
    let whole = archive(&["a".to_owned()]);
    base.digest = base.image("linux/amd64", &json!({}), &[whole[..700].to_vec()], false);
    let there = layer(&base);

    let (ran, host) = refused(base);

    failed(
        &ran,
        &format!(
            "context/Dockerfile:1: the image `{host}/base:1` cannot be read: it is damaged: it \
             ends in the middle"
        ),
    );
    assert!(there.starts_with("sha256:"));
}

#[test]
fn a_bomb_is_read_in_little_memory() {
    // 3 GB of nothing in 3 MB, with memory for less than a third of it.
    let zeros = bomb(3 << 30);
    let mut base = image(b"");
    base.blobs.insert(digest(&zeros), zeros.clone());
    lie(&mut base, "digest", digest(&zeros));
    lie(&mut base, "size", zeros.len());
    let registry = serve(base);
    let sandbox = project("FROM REGISTRY/base:1\nCOPY f /\n", registry.host());

    sandbox.sh("ulimit -v 1000000 && exec kaniko-build run").code(0);
}

#[test]
fn a_bomb_in_add_is_unpacked_in_little_memory() {
    // 1 GB of nothing in 1 MB, with memory for less than half of it.
    let sandbox = project("FROM scratch\nADD a.tar.gz /\n", "127.0.0.1:1")
        .file("context/a.tar.gz", bomb(1 << 30));

    let ran = sandbox.sh("ulimit -v 500000 && exec kaniko-build run");

    ran.code(0);
    assert_eq!(ran.left_behind(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn an_archive_that_promises_more_than_it_has_is_refused() {
    let mut packed = bomb(64 << 20);
    packed.truncate(packed.len() / 2);
    let sandbox =
        project("FROM scratch\nADD a.tar.gz /\n", "127.0.0.1:1").file("context/a.tar.gz", packed);

    failed(
        &sandbox.run(["run"]),
        "context/Dockerfile:2: the archive `a.tar.gz` cannot be unpacked: it is damaged: it ends \
         in the middle",
    );
}

#[test]
fn an_archive_that_is_a_bomb_is_refused_before_it_is_written() {
    let sandbox = project("FROM scratch\nADD a.tar.gz /\n", "127.0.0.1:1")
        .file("context/a.tar.gz", bomb(5 << 30));

    failed(
        &sandbox.run(["run"]),
        "context/Dockerfile:2: the archive `a.tar.gz` cannot be unpacked: it unpacks to more than \
         4 GiB, which is too much for its size",
    );
}

#[test]
fn a_base_that_is_a_bomb_is_refused() {
    let zeros = bomb(5 << 30);
    let mut base = image(b"");
    base.blobs.insert(digest(&zeros), zeros.clone());
    lie(&mut base, "digest", digest(&zeros));
    lie(&mut base, "size", zeros.len());

    let (ran, host) = refused(base);

    failed(
        &ran,
        &format!(
            "context/Dockerfile:1: the image `{host}/base:1` cannot be read: it unpacks to more \
             than 4 GiB, which is too much for its size"
        ),
    );
}
