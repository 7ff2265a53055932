//! What cannot be sent, each told by its path.

use std::{fs, os::unix::net::UnixListener};

use rustix::fs::{CWD, FileType, Mode};

use super::{ContextError, Tree};

fn pipe(tree: &Tree, name: &str) {
    rustix::fs::mknodat(CWD, tree.path(name), FileType::Fifo, Mode::from(0o644), 0).unwrap();
}

#[test]
fn a_pipe_is_refused() {
    let tree = Tree::new().directory("sub");
    pipe(&tree, "sub/pipe");
    let error = tree.error();

    assert_eq!(
        error.to_string(),
        format!("`{}` is a named pipe, which cannot be sent", tree.path("sub/pipe").display())
    );
    assert_eq!(error.hint(), Some("remove it, or leave it out with .dockerignore"));
}

#[test]
fn a_socket_is_refused() {
    let tree = Tree::new();
    let _listener = UnixListener::bind(tree.path("socket")).unwrap();

    assert!(matches!(tree.error(), ContextError::Refused { kind: "a socket", .. }));
}

#[test]
fn a_device_is_refused() {
    let tree = Tree::new();
    let device = rustix::fs::makedev(1, 3);
    let made = rustix::fs::mknodat(
        CWD,
        tree.path("null"),
        FileType::CharacterDevice,
        Mode::from(0o644),
        device,
    );
    // Only root makes devices, and not in every container: there the walk over /dev has to do.
    let root = if made.is_ok() { tree.root().to_owned() } else { "/dev".into() };
    let tree = tree.spec(|spec| {
        spec.root = root;
        spec.dockerfile = super::Dockerfile::Outside("/x".into());
    });

    assert!(matches!(tree.error(), ContextError::Refused { .. }));
}

#[test]
fn what_is_ignored_may_be_anything() {
    let tree = Tree::new().file(".dockerignore", "*.pipe\n");
    pipe(&tree, "a.pipe");

    assert_eq!(tree.sent(), [".dockerignore"]);
}

#[test]
fn what_cannot_be_opened_is_told_by_its_path() {
    let tree = Tree::new().file("secret", "").mode("secret", 0o000);
    if fs::File::open(tree.path("secret")).is_ok() {
        // Root reads everything; a file that has gone is as unreadable.
        return gone();
    }
    assert!(matches!(tree.error(), ContextError::Read { path, .. } if path == tree.path("secret")));
}

fn gone() {
    let tree = Tree::new().file("a", vec![0; 100_000]).file("gone", "");
    let mut removing = super::changes::Acting::within_content(|| {
        fs::remove_file(tree.path("gone")).unwrap();
    });
    let error = super::pack(&tree.spec, super::Compression::None, &mut removing).unwrap_err();

    assert!(matches!(error, ContextError::Read { path, .. } if path == tree.path("gone")));
}

#[test]
fn a_context_has_to_be_a_directory_that_is_there() {
    let at = |name: &str| {
        let tree = Tree::new();
        let path = tree.path(name);
        tree.spec(|spec| spec.root = path).error()
    };

    assert!(matches!(at("nothing"), ContextError::Missing { .. }));
    assert!(matches!(at("Dockerfile"), ContextError::NotADirectory { .. }));
    assert!(matches!(at("Dockerfile/x"), ContextError::NotADirectory { .. }));
}

#[test]
fn a_context_may_be_reached_through_a_link() {
    let tree = Tree::new();
    let link = tree.directory.path().join("link");
    std::os::unix::fs::symlink(tree.root(), &link).unwrap();
    let tree = tree.spec(|spec| spec.root = link);

    assert_eq!(tree.entries(), ["755 ./", "644 Dockerfile"]);
}
