//! `COPY` and `ADD` from the context.

use super::{Sandbox, tar};

fn sandbox() -> Sandbox {
    Sandbox::new()
        .file("f", "F")
        .file_with("bin/run", "R", 0o775)
        .file("bin/sub/deep", "D")
        .link("bin/link", "run")
        .link("to-bin", "bin")
}

#[test]
fn a_file_goes_to_a_name_or_into_a_directory() {
    let sandbox = sandbox();

    assert_eq!(sandbox.last("FROM scratch\nCOPY f /g\n"), ["g 644 0:0 =F"]);
    assert_eq!(
        sandbox.last("FROM scratch\nCOPY f /a/b/\n"),
        ["a/ 755 0:0", "a/b/ 755 0:0", "a/b/f 644 0:0 =F"]
    );
    assert_eq!(sandbox.last("FROM scratch\nCOPY f /a/b\n"), ["a/ 755 0:0", "a/b 644 0:0 =F"]);
    assert_eq!(
        sandbox.last("FROM scratch\nWORKDIR /w\nCOPY f .\n"),
        ["w/ 755 0:0", "w/f 644 0:0 =F"]
    );
    assert_eq!(
        sandbox.last("FROM scratch\nWORKDIR /w\nCOPY f ../x/\n"),
        ["x/ 755 0:0", "x/f 644 0:0 =F"]
    );
}

#[test]
fn a_directory_gives_its_contents() {
    let expected = [
        "d/ 755 0:0",
        "d/link -> run 0:0",
        "d/run 755 0:0 =R",
        "d/sub/ 755 0:0",
        "d/sub/deep 644 0:0 =D",
    ];

    for dockerfile in ["COPY bin /d", "COPY bin/ /d/", "COPY ./bin/. /d", "COPY /bin d"] {
        assert_eq!(sandbox().last(&format!("FROM scratch\n{dockerfile}\n")), expected);
    }
}

#[test]
fn a_source_that_is_a_link_is_what_it_points_to() {
    let sandbox = sandbox();

    assert_eq!(sandbox.last("FROM scratch\nCOPY bin/link /x\n"), ["x 755 0:0 =R"]);
    assert_eq!(
        sandbox.last("FROM scratch\nCOPY bin/link /x/\n"),
        ["x/ 755 0:0", "x/link 755 0:0 =R"]
    );
    assert_eq!(
        sandbox.last("FROM scratch\nCOPY to-bin/sub /d\n"),
        ["d/ 755 0:0", "d/deep 644 0:0 =D"]
    );
}

#[test]
fn several_sources_and_wildcards_need_a_directory() {
    let sandbox = sandbox().file("a1", "1").file("a2", "2").directory("a3");

    assert_eq!(
        sandbox.last("FROM scratch\nCOPY a? f /d/\n"),
        ["d/ 755 0:0", "d/a1 644 0:0 =1", "d/a2 644 0:0 =2", "d/f 644 0:0 =F"]
    );
    assert_eq!(
        sandbox.last("FROM scratch\nCOPY [\"a1\", \"bin/r*\", \"/\"]\n"),
        ["a1 644 0:0 =1", "run 755 0:0 =R"]
    );
    assert_eq!(sandbox.last("FROM scratch\nCOPY none* f /\n"), ["f 644 0:0 =F"]);
    assert_eq!(
        sandbox.error("FROM scratch\nCOPY f a1 /d\n"),
        "line 2: several sources need a directory, and `/d` may be a file"
    );
    assert_eq!(
        sandbox.error("FROM scratch\nCOPY none* x?x /d/\n"),
        "line 2: nothing in the context matches `none*` or `x?x`"
    );
    assert_eq!(
        sandbox.error("FROM scratch\nCOPY none /d/\n"),
        "line 2: there is no `none` in the context"
    );
}

#[test]
fn nothing_of_the_machine_is_reached() {
    let sandbox = sandbox().link("out", "/etc/passwd").link("up", "../../../etc");

    assert_eq!(
        sandbox.error("FROM scratch\nCOPY out /x\n"),
        "line 2: `out` in the context is a link to `/etc/passwd`, which is not there"
    );
    assert_eq!(
        sandbox.error("FROM scratch\nCOPY up/passwd /x\n"),
        "line 2: there is no `up/passwd` in the context"
    );
    assert_eq!(
        sandbox.error("FROM scratch\nCOPY ../../etc/passwd /x\n"),
        "line 2: there is no `etc/passwd` in the context, and `../../etc/passwd` leads no further out"
    );
    assert_eq!(sandbox.last("FROM scratch\nCOPY f ../../../x\n"), ["x 644 0:0 =F"]);
}

#[test]
fn owners_and_modes_are_given_also_to_directories_on_the_way() {
    let sandbox = sandbox();

    assert_eq!(
        sandbox.last("FROM scratch\nCOPY --chown=1:2 --chmod=640 f /a/b/\n"),
        ["a/ 755 1:2", "a/b/ 755 1:2", "a/b/f 640 1:2 =F"]
    );
    assert_eq!(
        sandbox.last("FROM scratch\nUSER 7\nCOPY --chmod=u=rwX,go= bin /d\n"),
        [
            "d/ 755 0:0",
            "d/link -> run 0:0",
            "d/run 700 0:0 =R",
            "d/sub/ 700 0:0",
            "d/sub/deep 600 0:0 =D"
        ]
    );
    assert_eq!(
        sandbox.error("FROM scratch\nCOPY --chmod=9 f /\n"),
        "line 2: `--chmod=9` is neither octal, as `755`, nor like `u=rwX,go=rX`"
    );
    assert_eq!(
        sandbox.error("FROM scratch\nCOPY --chown=web f /\n"),
        "line 2: the image has no user `web`"
    );
}

#[test]
fn names_of_owners_are_the_images_own() {
    let sandbox =
        sandbox().file("etc/passwd", "web:x:33:44::/:/bin/sh\n").file("etc/group", "staff:x:50:\n");

    assert_eq!(
        sandbox.last("FROM scratch\nCOPY etc /etc/\nCOPY --chown=web:staff f /\n"),
        ["f 644 33:50 =F"]
    );
    assert_eq!(
        sandbox.last("FROM scratch\nCOPY etc /etc/\nUSER web\nWORKDIR /w/x\n"),
        ["w/ 755 33:44", "w/x/ 755 33:44"]
    );
}

#[test]
fn what_is_excluded_is_not_copied() {
    let sandbox = sandbox();

    assert_eq!(
        sandbox.last("FROM scratch\nCOPY --exclude=sub --exclude=l* bin /d\n"),
        ["d/ 755 0:0", "d/run 755 0:0 =R"]
    );
    assert_eq!(
        sandbox.last("FROM scratch\nCOPY --exclude=* --exclude=!sub/deep bin /d\n"),
        ["d/ 755 0:0", "d/sub/ 755 0:0", "d/sub/deep 644 0:0 =D"]
    );
    assert_eq!(
        sandbox.last("FROM scratch\nCOPY --exclude=li* bin/*n* bin/r* /d/\n"),
        ["d/ 755 0:0", "d/run 755 0:0 =R"]
    );
}

#[test]
fn parents_are_kept_where_that_is_asked_for() {
    let sandbox = sandbox();
    let copy = |flags: &str| sandbox.last(&format!("FROM scratch\nCOPY --parents {flags}\n"));

    assert_eq!(
        copy("bin/sub/deep /d/"),
        ["d/ 755 0:0", "d/bin/ 755 0:0", "d/bin/sub/ 755 0:0", "d/bin/sub/deep 644 0:0 =D"]
    );
    assert_eq!(
        copy("./bin/./sub/deep f /d/"),
        ["d/ 755 0:0", "d/f 644 0:0 =F", "d/sub/ 755 0:0", "d/sub/deep 644 0:0 =D"]
    );
    assert_eq!(copy("**/deep /d/")[3], "d/bin/sub/deep 644 0:0 =D");
    assert_eq!(
        sandbox.error("FROM scratch\nCOPY --parents bin/none /d/\n"),
        "line 2: there is no `bin/none` in the context"
    );
}

#[test]
fn here_documents_are_files() {
    let sandbox = sandbox();
    let text = "FROM scratch\nARG X=1\nCOPY <<a <<\"b\" /d/\nx=$X \"q\"\na\n$X\nb\n";

    assert_eq!(sandbox.last(text), ["d/ 755 0:0", "d/a 644 0:0 =x=1 \"q\"\n", "d/b 644 0:0 =$X\n"]);
    assert_eq!(
        sandbox.last("FROM scratch\nCOPY --chmod=755 --chown=3 <<EOF /run.sh\n#!/bin/sh\nEOF\n"),
        ["run.sh 755 3:3 =#!/bin/sh\n"]
    );
}

#[test]
fn a_here_document_whose_name_is_no_files_is_refused() {
    for name in [".", "..", "a/b", "/"] {
        assert_eq!(
            sandbox().error(&format!("FROM scratch\nCOPY <<\"{name}\" /d/\nx\n{name}\n")),
            format!(
                "line 2: the here-document `<<\"{name}\"` is copied as a file of that name, and no \
                 file can have it: choose one without `/`, such as `EOF`"
            )
        );
    }
}

#[test]
fn an_archive_is_unpacked_by_add_alone() {
    let archive = tar(&["700:5:6 x/", "640:5:6 x/y=Y", "644:0:0 z==x/y"]);
    let sandbox = sandbox().file("a.tar", &archive).file("t.tar", "text");

    assert_eq!(
        sandbox.last("FROM scratch\nADD a.tar /d\n"),
        ["d/ 755 0:0", "d/x/ 700 5:6", "d/x/y 640 5:6 =Y", "d/z == d/x/y"]
    );
    assert_eq!(
        sandbox.last("FROM scratch\nADD --chown=9 --chmod=700 a.tar /d/e/\n")[1..3],
        ["d/e/ 755 9:9", "d/e/x/ 700 5:6"]
    );
    assert_eq!(
        sandbox.last("FROM scratch\nADD t.tar f /d/\n"),
        ["d/ 755 0:0", "d/f 644 0:0 =F", "d/t.tar 644 0:0 =text"]
    );
    let copied = sandbox.last("FROM scratch\nCOPY a.tar /a.tar\n");
    assert_eq!(copied.len(), 1);
    assert_eq!(sandbox.last("FROM scratch\nADD --unpack=false a.tar /b\n").len(), 1);
}

#[test]
fn what_is_ignored_is_not_there_not_even_the_ignore_file() {
    let sandbox = sandbox().file(".dockerignore", "bin\n.dockerignore\n!bin/run\n");

    assert_eq!(
        sandbox.last("FROM scratch\nCOPY . /\n"),
        ["bin/ 755 0:0", "bin/run 755 0:0 =R", "f 644 0:0 =F", "to-bin -> bin 0:0"]
    );
    assert_eq!(
        sandbox.error("FROM scratch\nCOPY bin/sub /\n"),
        "line 2: `bin/sub` is not in the context: `.dockerignore` leaves it out"
    );
    assert_eq!(
        sandbox.error("FROM scratch\nCOPY bin/rum /\n"),
        "line 2: there is no `bin/rum` in the context; did you mean `bin/run`?"
    );
}

#[test]
fn a_file_never_replaces_a_directory_nor_the_reverse() {
    let sandbox = sandbox().file("d/f/x", "").file("e/bin", "");

    assert_eq!(
        sandbox.error("FROM scratch\nCOPY d /\nCOPY f /\n"),
        "line 3: a file cannot replace the directory `/f`"
    );
    assert_eq!(
        sandbox.error("FROM scratch\nCOPY e /\nCOPY bin /bin\n"),
        "line 3: a directory cannot replace `/bin`"
    );
    assert_eq!(
        sandbox.error("FROM scratch\nCOPY f /x\nCOPY f /x/\n"),
        "line 3: `/x/`: `/x` is no directory"
    );
    assert_eq!(sandbox.last("FROM scratch\nCOPY f /x\nCOPY bin/run /x\n"), ["x 755 0:0 =R"]);
}

#[test]
fn a_name_that_means_removal_is_refused() {
    let sandbox = Sandbox::new().file("d/.wh.x", "");

    assert_eq!(
        sandbox.error("FROM scratch\nCOPY . /\n"),
        "line 2: no layer can hold the name `d/.wh.x`: it means that something is removed"
    );
}
