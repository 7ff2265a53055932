//! Equal inputs give equal images.

use std::{fs, os::unix::fs::PermissionsExt as _, time::Duration};

use super::{Sandbox, headers};
use crate::{
    context::{self, Timestamps},
    oci::{Format, Stop},
};

const TEXT: &str = "FROM scratch\nCOPY . /app/\nWORKDIR /w\nCOPY <<x /\ntext\nx\n";

fn sandbox() -> Sandbox {
    let mut sandbox = Sandbox::new();
    for number in 0..300 {
        let content = format!("{number} ").repeat(number * 40);
        sandbox = sandbox.file(&format!("d{}/f{number}", number % 7), content);
    }
    sandbox
}

#[test]
fn a_checkout_at_another_time_with_another_umask_gives_the_same_image() {
    let (one, other) = (sandbox(), sandbox());
    fs::set_permissions(other.root().join("d1/f1"), fs::Permissions::from_mode(0o664)).unwrap();
    fs::set_permissions(other.root().join("d2"), fs::Permissions::from_mode(0o775)).unwrap();
    let old = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::open(other.root().join("d3/f3")).unwrap().set_modified(old).unwrap();

    let digest = one.build(TEXT).unwrap().digest();
    assert_eq!(other.build(TEXT).unwrap().digest(), digest);
    assert_eq!(one.build(TEXT).unwrap().digest(), digest);
}

#[test]
fn layers_do_not_depend_on_the_time_of_the_image() {
    let mut sandbox = sandbox();
    let one = sandbox.build(TEXT).unwrap();
    sandbox.created = Some(1_700_000_000);
    let other = sandbox.build(TEXT).unwrap();

    assert_eq!(one.layers[0].blob.digest, other.layers[0].blob.digest);
    assert_eq!(one.layers[1].blob.digest, other.layers[1].blob.digest);
    assert_ne!(one.config, other.config);
}

#[test]
fn a_level_makes_layers_smaller_and_changes_nothing_in_them() {
    let mut sandbox = sandbox();
    let mut layer = |level| {
        sandbox.level = Some(level);
        let layer = sandbox.build(TEXT).unwrap().layers.remove(0);
        (layer.blob.size, layer.diff_id)
    };
    let (none, fast, small) = (layer(0), layer(1), layer(9));

    assert!(none.0 > fast.0 && fast.0 > small.0, "{none:?} {fast:?} {small:?}");
    assert_eq!((&none.1, &fast.1), (&small.1, &small.1));
}

#[test]
fn nothing_is_later_than_the_epoch_that_is_asked_for() {
    let mut sandbox = Sandbox::new().file("f", "").arg("SOURCE_DATE_EPOCH", "1000000000");
    sandbox.timestamps = Timestamps::Keep;
    let image = sandbox.build("FROM scratch\nCOPY f /d/\n").unwrap();

    let times: Vec<i64> =
        headers(&image.layers[0]).iter().map(|(header, _)| header.modified).collect();
    assert_eq!(times, [315_619_200, 1_000_000_000]);
    assert_eq!(super::config(&image)["created"], "2001-09-09T01:46:40Z");
    let sandbox = sandbox.arg("SOURCE_DATE_EPOCH", "context");
    assert_eq!(
        sandbox.error("FROM scratch\n"),
        "`SOURCE_DATE_EPOCH` is `context`, not a number of seconds"
    );
}

#[test]
fn a_file_that_grows_or_shrinks_in_between_is_an_error() {
    let sandbox = Sandbox::new().file("f", "four");
    let spec = context::Spec {
        root: sandbox.root().to_owned(),
        dockerfile: context::Dockerfile::Outside("/none".into()),
        extent: context::Extent::Whole,
        modes: context::Modes::Normal,
        timestamps: Timestamps::Fixed,
    };
    let stop = Stop::default();
    let context = crate::builtin::local::tree(&spec, &stop).unwrap();
    let entries = {
        let mut tree = context;
        let id = tree.child(0, b"f").unwrap();
        let meta = tree.node(id).meta.clone();
        tree.set_meta(id, meta);
        tree.changes()
    };
    for (content, how) in [("longer", "grew"), ("one", "shrank")] {
        fs::write(sandbox.root().join("f"), content).unwrap();
        let root = sandbox.root();
        let made = crate::builtin::layer::make(&entries, root, Format::Oci, None, &stop);
        assert!(made.unwrap_err().to_string().ends_with(&format!("{how} while it was read")));
    }
}
