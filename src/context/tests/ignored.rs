//! Ignore files: which one counts, what they take out, and where nobody looks.

use std::{fs, mem::MaybeUninit};

use rustix::fs::inotify;

use super::{
    super::{ignore_file, list},
    ContextError, Dockerfile, Tree,
};

#[test]
fn what_is_ignored_is_not_sent() {
    let tree = Tree::new()
        .file(".dockerignore", "*.log\nnode_modules\n!keep.log\n")
        .file("a.log", "")
        .file("keep.log", "")
        .file("sub/b.log", "")
        .file("node_modules/x", "");

    assert_eq!(tree.sent(), [".dockerignore", "keep.log", "sub/", "sub/b.log"]);
}

#[test]
fn directories_on_the_way_to_an_exception_are_sent_once_it_is_there() {
    let tree = Tree::new()
        .file(".dockerignore", "**\n!a/b/*.txt\n")
        .file("a/b/c.txt", "")
        .file("a/b/c.rs", "")
        .file("a/x/c.txt", "")
        .file("z", "")
        .mode("a", 0o700);

    assert_eq!(
        tree.entries(),
        ["755 ./", "644 .dockerignore", "644 Dockerfile", "700 a/", "755 a/b/", "644 a/b/c.txt"]
    );
}

#[test]
fn the_dockerfile_and_the_ignore_file_are_sent_even_when_ignored() {
    let tree = Tree::new()
        .spec(|spec| spec.dockerfile = Dockerfile::Inside("./docker/Dockerfile".into()))
        .file(".dockerignore", "**")
        .file("docker/Dockerfile", "FROM scratch")
        .file("docker/other", "");

    assert_eq!(tree.sent(), [".dockerignore", "docker/", "docker/Dockerfile"]);
}

#[test]
fn a_dockerfiles_own_ignore_file_comes_first() {
    let tree = Tree::new()
        .file(".dockerignore", "a\n")
        .file("Dockerfile.dockerignore", "*\n!a\n")
        .file("a", "")
        .file("b", "");

    assert_eq!(tree.sent(), ["Dockerfile.dockerignore", "a"]);
    assert_eq!(ignore_file(&tree.spec).unwrap(), Some(tree.path("Dockerfile.dockerignore")));
}

#[test]
fn an_ignore_file_beside_a_dockerfile_elsewhere_counts() {
    let tree = Tree::new();
    let elsewhere = tree.directory.path().join("api.Dockerfile");
    fs::write(tree.directory.path().join("api.Dockerfile.dockerignore"), "a\n").unwrap();
    let tree = tree
        .spec(|spec| spec.dockerfile = Dockerfile::Outside(elsewhere))
        .file(".dockerignore", "b\n")
        .file("a", "")
        .file("b", "");

    assert_eq!(tree.sent(), [".dockerignore", "b"]);
}

#[test]
fn where_a_linked_dockerfile_leads_is_sent_too() {
    let tree = Tree::new()
        .spec(|spec| spec.dockerfile = Dockerfile::Inside("docker/Dockerfile".into()))
        .file(".dockerignore", "**")
        .link("docker", "build/docker")
        .link("build/docker/Dockerfile", "../api.Dockerfile")
        .file("build/api.Dockerfile", "FROM scratch");

    assert_eq!(
        tree.sent(),
        [
            ".dockerignore",
            "build/",
            "build/api.Dockerfile",
            "build/docker/",
            "build/docker/Dockerfile -> ../api.Dockerfile",
            "docker -> build/docker",
        ]
    );
}

#[test]
fn a_dockerfile_that_leads_out_of_the_context_is_an_error() {
    let tree = |target| {
        let tree = Tree::new().link("link", target);
        tree.spec(|spec| spec.dockerfile = Dockerfile::Inside("link".into()))
    };
    for target in ["/etc/hostname", "../x"] {
        let tree = tree(target);
        let error = tree.error();
        assert!(matches!(error, ContextError::Outside { path, .. } if path == tree.path("link")));
    }
    let circle = tree("link");
    assert!(matches!(circle.error(), ContextError::Read { .. }));
    let tree = Tree::new().spec(|spec| spec.dockerfile = Dockerfile::Inside("../x".into()));
    assert!(matches!(tree.error(), ContextError::Outside { .. }));
}

#[test]
fn a_bad_pattern_is_named_with_its_file_and_line() {
    let tree = Tree::new().file(".dockerignore", "a\n[\n");
    let error = tree.error();

    assert_eq!(
        error.to_string(),
        format!("`{}` has a bad pattern in line 2: `[`", tree.path(".dockerignore").display())
    );
}

/// How often the directory `name` was opened while the tree was listed.
fn openings(tree: &Tree, name: &str) -> usize {
    let watch = inotify::init(inotify::CreateFlags::NONBLOCK).unwrap();
    inotify::add_watch(&watch, tree.path(name), inotify::WatchFlags::OPEN).unwrap();
    list(&tree.spec, &mut |_| ()).unwrap();
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut events = inotify::Reader::new(&watch, &mut buffer);
    std::iter::from_fn(|| events.next().ok().map(|event| event.wd())).count()
}

#[test]
fn an_ignored_directory_is_never_opened() {
    let tree = Tree::new()
        .file(".dockerignore", "node_modules\n!src/*.rs\n")
        .file("node_modules/x", "")
        .file("src/x", "");

    assert_eq!(openings(&tree, "node_modules"), 0);
    assert!(openings(&tree, "src") > 0);
}

#[test]
fn an_ignored_directory_is_opened_where_an_exception_reaches_into_it() {
    let tree = Tree::new()
        .file(".dockerignore", "node_modules\n!**/keep\nvendor\n")
        .file("node_modules/x", "")
        .file("vendor/keep", "");

    assert!(openings(&tree, "node_modules") > 0);
    assert_eq!(openings(&tree, "vendor"), 0);
}
