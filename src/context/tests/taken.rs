//! What of a tree is sent where it is known what a build takes.

use std::fs;

use super::{
    super::{Extent, Left, Listing, Taken, list},
    Compression, Tree, entries,
};

impl Tree {
    /// Sends what these sources take, in the manner of `COPY`.
    fn taking(self, sources: &[&str]) -> Self {
        let taken = |source: &&str| Taken { source: (*source).to_owned(), wildcards: true };
        let taken = sources.iter().map(taken).collect();
        self.spec(|spec| spec.extent = Extent::Taken(taken))
    }

    fn left(&self) -> Vec<String> {
        let mut all = Vec::new();
        list(&self.spec, &mut |listing| {
            if let Listing::Left(Left { path, why, directory, size }) = listing {
                let slash = if directory { "/" } else { "" };
                all.push(format!("{}{slash} {why:?} {size}", path.display()));
            }
        })
        .unwrap();
        all
    }
}

/// A tree with something for each kind of source.
fn project() -> Tree {
    Tree::new()
        .file("README.md", "read")
        .file("package.json", "{}")
        .file("package-lock.json", "{}")
        .file("src/main.rs", "main")
        .file("src/bin/tool.rs", "tool")
        .file("target/debug/main", "program")
        .directory("assets/empty")
        .link("latest", "src")
}

#[test]
fn a_file_is_sent_with_the_directories_around_it_alone() {
    let tree = project().taking(&["src/bin/tool.rs"]).mode("src", 0o750);

    assert_eq!(
        tree.entries(),
        ["755 ./", "644 Dockerfile", "750 src/", "755 src/bin/", "644 src/bin/tool.rs"]
    );
}

#[test]
fn a_directory_is_sent_with_all_below_it_even_when_empty() {
    assert_eq!(
        project().taking(&["src/"]).sent(),
        ["src/", "src/bin/", "src/bin/tool.rs", "src/main.rs"]
    );
    assert_eq!(project().taking(&["/assets"]).sent(), ["assets/", "assets/empty/"]);
    assert_eq!(project().taking(&["assets/empty"]).sent(), ["assets/", "assets/empty/"]);
}

#[test]
fn wildcards_take_names_of_one_level() {
    assert_eq!(project().taking(&["package*.json"]).sent(), ["package-lock.json", "package.json"]);
    assert_eq!(project().taking(&["s*/main*"]).sent(), ["src/", "src/main.rs"]);
    assert_eq!(project().taking(&["[^l]*/main*"]).sent(), ["src/", "src/main.rs"]);
    assert_eq!(
        project().taking(&["*/*/main"]).sent(),
        ["latest -> src", "target/", "target/debug/", "target/debug/main"]
    );
    assert_eq!(project().taking(&["s?c/b[hi]*"]).sent(), ["src/", "src/bin/", "src/bin/tool.rs"]);
}

#[test]
fn a_star_takes_everything_of_its_level_with_all_below() {
    let whole = project().entries();

    assert_eq!(project().taking(&["*"]).entries(), whole);
    for source in [".", "/", "./", "", "**", "**/main.rs", "..", "a/../b", "[", "src/[a-"] {
        assert_eq!(project().taking(&[source]).entries(), whole, "{source:?}");
    }
}

#[test]
fn without_a_source_the_dockerfile_and_the_ignore_file_are_sent() {
    let tree = project().file(".dockerignore", "*\n").taking(&[]);

    assert_eq!(tree.sent(), [".dockerignore"]);
}

#[test]
fn what_is_not_there_is_not_sent() {
    assert!(project().taking(&["missing", "src/missing", "README.md/x", "*.go"]).sent().is_empty());
}

#[test]
fn wildcards_of_a_mount_are_names() {
    let tree = Tree::new().file("a*", "").file("ab", "").spec(|spec| {
        let source = "a*".to_owned();
        spec.extent = Extent::Taken(vec![Taken { source, wildcards: false }]);
    });

    assert_eq!(tree.sent(), ["a*"]);
}

#[test]
fn a_file_may_be_named_as_a_pattern_is() {
    let tree = Tree::new().file("a[1]", "").file("a1", "").file("a2", "").taking(&["a[1]"]);

    assert_eq!(tree.sent(), ["a1", "a[1]"]);
}

#[test]
fn a_named_link_is_sent_with_what_it_leads_to() {
    let all = ["latest -> src", "src/", "src/bin/", "src/bin/tool.rs", "src/main.rs"];
    assert_eq!(project().taking(&["latest"]).sent(), all);
    assert_eq!(project().taking(&["lat*"]).sent(), all);
    assert_eq!(
        project().taking(&["latest/main.rs"]).sent(),
        ["latest -> src", "src/", "src/main.rs"]
    );
    assert_eq!(
        project().taking(&["l*/bin/*.rs"]).sent(),
        ["latest -> src", "src/", "src/bin/", "src/bin/tool.rs"]
    );
}

#[test]
fn a_chain_of_links_is_sent_whole() {
    let tree = Tree::new()
        .link("a", "links/b")
        .link("links/b", "../links/c/../d")
        .link("links/c", "../other/deep")
        .file("other/deep/x", "x")
        .file("other/d", "d")
        .file("links/d", "not this one")
        .file("other/not", "taken")
        .taking(&["a"]);

    assert_eq!(
        tree.sent(),
        [
            "a -> links/b",
            "links/",
            "links/b -> ../links/c/../d",
            "links/c -> ../other/deep",
            "other/",
            "other/d",
        ]
    );
}

#[test]
fn links_that_lead_nowhere_are_sent_as_they_are() {
    let tree = Tree::new()
        .link("dangling", "missing")
        .link("out", "../../outside")
        .link("absolute", "/nonexistent/file")
        .link("self", "self")
        .link("one", "other")
        .link("other", "one")
        .link("growing", "growing/x")
        .taking(&["dangling", "out", "absolute", "self", "one/x", "growing"]);

    assert_eq!(
        tree.sent(),
        [
            "absolute -> /nonexistent/file",
            "dangling -> missing",
            "growing -> growing/x",
            "one -> other",
            "other -> one",
            "out -> ../../outside",
            "self -> self",
        ]
    );
}

#[test]
fn links_within_what_is_taken_are_sent_and_not_followed() {
    let tree = Tree::new().link("src/link", "../other").file("other", "").taking(&["src"]);

    assert_eq!(tree.sent(), ["src/", "src/link -> ../other"]);
}

#[test]
fn a_link_to_the_context_takes_all_of_it() {
    let tree = Tree::new().link("d/here", "..").file("x", "").taking(&["d/here"]);

    assert_eq!(tree.sent(), ["d/", "d/here -> ..", "x"]);
}

#[test]
fn what_is_ignored_is_not_sent_though_it_is_taken() {
    let tree = project()
        .file(".dockerignore", "src/*\n!src/bin\nlatest\n")
        .taking(&["src", "latest", "*.md"]);

    assert_eq!(tree.sent(), [".dockerignore", "README.md", "src/", "src/bin/", "src/bin/tool.rs"]);
}

#[test]
fn directories_that_nothing_is_taken_from_are_never_opened() {
    let tree = project().file("secret/file", "x").taking(&["src/*.rs", "p*/x"]);
    // A pipe is refused where it is sent, and a directory that is entered is looked through.
    let pipe = rustix::fs::FileType::Fifo;
    let mode = rustix::fs::Mode::RUSR;
    rustix::fs::mknodat(rustix::fs::CWD, tree.path("pipe"), pipe, mode, 0).unwrap();
    fs::set_permissions(tree.path("secret"), std::os::unix::fs::PermissionsExt::from_mode(0o000))
        .unwrap();

    assert_eq!(tree.sent(), ["src/", "src/main.rs"]);
    assert_eq!(
        tree.left(),
        [
            "README.md NotTaken 4",
            "assets/ NotTaken 0",
            "latest NotTaken 0",
            "package-lock.json NotTaken 2",
            "package.json NotTaken 2",
            "pipe NotTaken 0",
            "secret/ NotTaken 0",
            "src/bin/ NotTaken 0",
            "target/ NotTaken 0",
        ]
    );
    tree.mode("secret", 0o700);
}

#[test]
fn what_is_left_out_is_told_with_its_reason() {
    let tree = project().file(".dockerignore", "target\n*.md\n").taking(&["package.json"]);

    assert_eq!(
        tree.left(),
        [
            "README.md Ignored 4",
            "assets/ NotTaken 0",
            "latest NotTaken 0",
            "package-lock.json NotTaken 2",
            "src/ NotTaken 0",
            "target/ Ignored 0",
        ]
    );
    assert_eq!(
        tree.spec(|spec| spec.extent = Extent::Whole).left(),
        ["README.md Ignored 4", "target/ Ignored 0"]
    );
}

#[test]
fn entries_are_those_of_the_whole_bundle() {
    let whole = entries(&project().pack(Compression::None).0);
    let some = entries(&project().taking(&["src", "assets"]).pack(Compression::None).0);

    let common: Vec<_> = whole.iter().filter(|entry| some.contains(entry)).cloned().collect();
    assert_eq!(common, some);
    assert_eq!(some.len(), 8);
}

#[test]
fn all_of_a_tree_is_the_same_bundle_however_it_is_named() {
    let whole = project().pack(Compression::None);

    assert!(project().taking(&["."]).pack(Compression::None) == whole);
    assert!(project().taking(&["*"]).pack(Compression::None) == whole);
}
