//! Base images that somebody made to do harm: their entries, and what their registries say.

use serde_json::json;

use super::*;

/// A tar of one entry of this type: a device, with numbers.
fn odd(name: &str, kind: tar::EntryType) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(0o666);
    header.set_size(0);
    header.set_device_major(1).expect("it has one");
    header.set_device_minor(3).expect("it has one");
    archive.append_data(&mut header, name, std::io::empty()).expect(WRITES);
    archive.into_inner().expect(WRITES)
}

/// A tar whose only file has this PAX record before it.
fn with_record(key: &str, value: &[u8]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_pax_extensions([(key, value)]).expect(WRITES);
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o644);
    header.set_size(0);
    archive.append_data(&mut header, "f", std::io::empty()).expect(WRITES);
    archive.into_inner().expect(WRITES)
}

/// The image of a layer cannot be had or read, for this reason.
#[track_caller]
fn unreadable(base: Base, why: &str) {
    let (ran, host) = refused(base);
    let cause = format!("context/Dockerfile:1: {why}");
    failed(&ran, &cause.replace("HOST", &host));
}

/// The manifest of an image of one file, with its media type.
fn manifest(base: &Base) -> (String, serde_json::Value) {
    let (media_type, bytes) = &base.manifests[&base.digest];
    (media_type.clone(), serde_json::from_slice(bytes).expect("JSON"))
}

fn plain() -> Base {
    image(&archive(&["a".to_owned()]))
}

#[test]
fn a_hard_link_that_leads_out_is_a_file_that_nobody_can_copy() {
    let sandbox = project("", "127.0.0.1:1").file("outside/secret", "secret\n");
    let outside = sandbox.path("outside").display().to_string();
    let up = "../".repeat(12);
    let entries =
        [format!("up=={up}{}/secret", &outside[1..]), format!("absolute=={outside}/secret")];
    let registry = serve(image(&archive(&entries)));
    for name in ["up", "absolute"] {
        let dockerfile = format!("FROM scratch\nCOPY --from=REGISTRY/base:1 /{name} /\n");

        failed(
            &project(&dockerfile, registry.host()).run(["run"]),
            &format!(
                "context/Dockerfile:2: `/{name}` cannot be copied: it is a hard link to nowhere"
            ),
        );
    }
}

#[test]
fn a_removal_that_leads_out_removes_nothing() {
    let sandbox = project("", "127.0.0.1:1").file("outside/kept", "kept\n");
    let outside = sandbox.path("outside").display().to_string();
    let up = "../".repeat(12);
    let entries = [
        format!("{outside}/.wh.kept"),
        format!("{up}{}/.wh.kept", &outside[1..]),
        format!("link->{outside}"),
        "link/.wh.kept".to_owned(),
        "link/.wh..wh..opq".to_owned(),
        ".wh...".to_owned(),
        ".wh.".to_owned(),
        ".wh..".to_owned(),
    ];
    let registry = serve(image(&archive(&entries)));

    project("FROM REGISTRY/base:1\nCOPY f /kept\n", registry.host()).run(["run"]).code(0);

    assert_eq!(fs::read_to_string(sandbox.path("outside/kept")).expect("it is there"), "kept\n");
}

#[test]
fn a_device_is_an_entry_and_is_never_made() {
    let registry = serve(image(&odd("null", tar::EntryType::Char)));
    for dockerfile in
        ["FROM REGISTRY/base:1\nCOPY f /f\n", "FROM scratch\nCOPY --from=REGISTRY/base:1 /null /\n"]
    {
        // Who could not make one.
        project(dockerfile, registry.host()).with_an_ordinary_user().run(["run"]).code(0);
    }
}

#[test]
fn a_name_of_a_megabyte_is_refused() {
    unreadable(
        image(&with_record("path", &vec![b'n'; 1_000_000])),
        "the image `HOST/base:1` cannot be read: it holds a name that is too long",
    );
}

#[test]
fn a_header_of_a_hundred_megabytes_is_refused() {
    unreadable(
        image(&with_record("comment", &vec![b'n'; 100_000_000])),
        "the image `HOST/base:1` cannot be read: it holds a header that is too long",
    );
}

#[test]
fn a_config_that_is_no_json_is_refused() {
    let mut base = plain();
    let (media_type, mut manifest) = manifest(&base);
    let config = b"no JSON".to_vec();
    manifest["config"]["digest"] = digest(&config).into();
    manifest["config"]["size"] = config.len().into();
    base.blobs.insert(digest(&config), config);
    base.digest = base.manifest(&media_type, &manifest);

    unreadable(
        base,
        "`HOST/base:1` has a config that can't be read: expected ident at line 1 \
         column 2",
    );
}

#[test]
fn a_config_of_a_hundred_megabytes_is_refused_whether_it_says_so_or_not() {
    for (said, why) in [
        (100_000_000, "`HOST/base:1` has a config of 100000000 bytes".to_owned()),
        (
            100,
            format!(
                "the image `HOST/base:1` cannot be had: the config {} is not what `HOST` promised: it has more than 8 MiB",
                digest(&vec![b' '; 100_000_000])
            ),
        ),
    ] {
        let mut base = plain();
        let (media_type, mut manifest) = manifest(&base);
        let config = vec![b' '; 100_000_000];
        manifest["config"]["digest"] = digest(&config).into();
        manifest["config"]["size"] = said.into();
        base.blobs.insert(digest(&config), config);
        base.digest = base.manifest(&media_type, &manifest);

        unreadable(base, &why);
    }
}

#[test]
fn a_manifest_of_a_hundred_megabytes_is_refused() {
    let mut base = plain();
    let (media_type, mut manifest) = manifest(&base);
    manifest["annotations"] = json!({ "x": "y".repeat(100_000_000) });
    base.digest = base.manifest(&media_type, &manifest);

    unreadable(
        base,
        "the image `HOST/base:1` cannot be had: the manifest of `HOST/base:1` is not what `HOST` promised: it has more than \
         4 MiB",
    );
}

#[test]
fn an_index_that_names_itself_is_refused() {
    let media_type = "application/vnd.oci.image.index.v1+json";
    let named = digest(b"itself");
    let index = json!({ "schemaVersion": 2, "mediaType": media_type, "manifests": [{
        "mediaType": media_type, "digest": named, "size": 1,
        "platform": { "os": "linux", "architecture": "amd64" },
    }] });
    let mut base = Base::default();
    base.digest = base.manifest(media_type, &index);
    let itself = base.manifests[&base.digest].clone();
    base.manifests.insert(named.clone(), itself);
    let why = format!(
        "the image `HOST/base:1` cannot be had: the manifest of `HOST/base:1` is not what `HOST` promised: it is {}, not \
         {named}",
        base.digest
    );

    unreadable(base, &why);
}

#[test]
fn an_index_of_indexes_without_end_is_refused() {
    let media_type = "application/vnd.oci.image.index.v1+json";
    let mut base = plain();
    for _ in 0..5 {
        let index = json!({ "schemaVersion": 2, "mediaType": media_type, "manifests": [{
            "mediaType": media_type, "digest": base.digest, "size": 1,
            "platform": { "os": "linux", "architecture": "amd64" },
        }] });
        base.digest = base.manifest(media_type, &index);
    }

    unreadable(base, "`HOST/base:1` is an index of indexes of indexes");
}

#[test]
fn a_config_for_more_layers_than_there_are_is_refused() {
    let mut base = plain();
    let (media_type, mut manifest) = manifest(&base);
    let layer = manifest["layers"][0].clone();
    manifest["layers"] = json!([layer, layer]);
    base.digest = base.manifest(&media_type, &manifest);

    unreadable(base, "`HOST/base:1` has 2 layers, and a config for 1");
}
