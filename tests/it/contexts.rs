//! Contexts that are not as they should be: a clear error with the path, never half a bundle.

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt, fs::symlink, net::UnixListener},
    path::Path,
};

use crate::{
    engine::{Executor, docker},
    machine,
    sandbox::Sandbox,
};

/// A build of `app` with a Dockerfile in it.
fn app() -> Sandbox {
    in_context("app").file("app/Dockerfile", "FROM scratch\nCOPY . /\n")
}

fn in_context(path: &str) -> Sandbox {
    Sandbox::new().config(&format!(
        "version = 1\n[builds.web]\nexecutor = \"docker\"\nno-push = true\ncontext = \"{path}\"\n"
    ))
}

/// Paths in the bundle at `path`.
fn names(path: &Path) -> Vec<Vec<u8>> {
    let file = fs::File::open(path).expect("the bundle is there");
    let mut archive = tar::Archive::new(flate2::read::MultiGzDecoder::new(file));
    let entries = archive.entries().expect("it is an archive");
    entries.map(|entry| entry.expect("a whole entry").path_bytes().into_owned()).collect()
}

#[test]
fn a_context_that_is_not_there_is_told_with_its_path() {
    in_context("nope").run(["run"]).code(2).stdout("").stderr(
        r#"error: the context `nope` is not there
 --> kaniko.toml:5:11
  |
5 | context = "nope"
  |           ^^^^^^ is not there
hint: `context` is the directory that is sent"#,
    );
}

#[test]
fn a_file_in_the_place_of_a_context_is_told_as_such() {
    in_context("app").file("app", "").run(["run"]).code(2).stdout("").stderr(
        r#"error: the context `app` is no directory
 --> kaniko.toml:5:11
  |
5 | context = "app"
  |           ^^^^^ is no directory
hint: `context` is the directory that is sent"#,
    );
}

#[test]
fn an_empty_context_lacks_its_dockerfile() {
    in_context("app").directory("app").run(["run"]).code(2).stdout("").stderr(
        r#"error: there is no Dockerfile at `app/Dockerfile`
 --> kaniko.toml:5:11
  |
5 | context = "app"
  |           ^^^^^ has no Dockerfile
hint: where it is elsewhere, name it with `dockerfile`, relative to the context or to this file"#,
    );
}

#[test]
fn a_dockerfile_that_is_not_there_is_told_with_all_places_looked_at() {
    Sandbox::new()
        .config(
            "version = 1\n[builds.web]\nexecutor = \"docker\"\nno-push = true\ncontext = \"app\"\n\
             dockerfile = \"Containerfile\"\n",
        )
        .directory("app")
        .run(["run"])
        .code(2)
        .stdout("")
        .stderr(
            r#"error: there is no Dockerfile at `app/Containerfile` or `Containerfile`
 --> kaniko.toml:6:14
  |
6 | dockerfile = "Containerfile"
  |              ^^^^^^^^^^^^^^^ not there
hint: `dockerfile` is looked for in the context, then beside this file"#,
        );
}

#[test]
fn an_empty_context_with_a_dockerfile_outside_works() {
    let sandbox = Sandbox::new()
        .config(
            "version = 1\n[builds.web]\nexecutor = \"docker\"\nno-push = true\ncontext = \"app\"\n\
             dockerfile = \"docker/web\"\n",
        )
        .directory("app")
        .file("docker/web", "FROM scratch\n");

    sandbox.run(["context", "ls", "web"]).code(0).stdout("").stderr("0 entries, 0 B");
    sandbox.run(["context", "pack", "web", "-o", "web.tgz"]).code(0).stdout("");
    assert_eq!(names(&sandbox.path("web.tgz")), [b"./"]);
}

#[test]
fn a_file_that_cannot_be_read_is_told_with_its_path_and_leaves_no_bundle() {
    let sandbox = app().file("app/key", "secret\n");
    fs::set_permissions(sandbox.path("app/key"), fs::Permissions::from_mode(0o000)).unwrap();
    let sandbox = sandbox.with_an_ordinary_user();

    sandbox.run(["context", "pack", "web", "-o", "web.tgz"]).code(2).stdout("").stderr(
        r"error: `[DIR]/app/key` cannot be read: Permission denied
hint: make it readable, or leave it out with a last line in .dockerignore",
    );
    let mut left: Vec<_> =
        fs::read_dir(sandbox.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["app", "kaniko.toml"]);
}

#[test]
fn a_run_says_the_same_of_a_file_that_cannot_be_read_and_ends_alike() {
    let sandbox = app()
        .file("app/key", "secret\n")
        .with_the_machines_programs()
        .fake("docker", docker(&Executor::builds()));
    fs::set_permissions(sandbox.path("app/key"), fs::Permissions::from_mode(0o000)).unwrap();

    sandbox.with_an_ordinary_user().run(["run"]).code(2).stdout("").stderr_contains(
        r"web | building with docker
web | sending the context
error: web: `[DIR]/app/key` cannot be read: Permission denied
hint: make it readable, or leave it out with a last line in .dockerignore

build  result  time  sent  digest or cause
web  not built  [TIME]  `",
    );
}

#[test]
fn a_context_that_cannot_be_packed_after_a_build_is_a_failure_of_the_run() {
    let sandbox = Sandbox::new()
        .config(
            "version = 1\n[defaults]\nexecutor = \"docker\"\nno-push = true\n\
             [builds.api]\ncontext = \"api\"\n[builds.web]\ncontext = \"web\"\n",
        )
        .file("api/Dockerfile", "FROM scratch\nCOPY . /\n")
        .file("web/Dockerfile", "FROM scratch\nCOPY . /\n")
        .fake("docker", docker(&Executor::builds()));
    let _listens = UnixListener::bind(sandbox.path("web/socket")).unwrap();

    sandbox
        .run(["run", "--report", "json=report.json"])
        .code(1)
        .stdout("")
        .stderr_contains("error: web: `[DIR]/web/socket` is a socket, which cannot be sent\n");
}

#[test]
fn half_a_bundle_on_stdout_does_not_read_as_a_whole_one() {
    let sandbox = app().file("app/a", "first\n").file("app/b", "second\n");
    fs::set_permissions(sandbox.path("app/b"), fs::Permissions::from_mode(0o000)).unwrap();
    let run = sandbox.with_an_ordinary_user().run(["context", "pack", "web", "-o", "-"]);

    run.code(2).stderr_contains("`[DIR]/app/b` cannot be read");
    let mut whole = Vec::new();
    let read = std::io::Read::read_to_end(
        &mut flate2::read::MultiGzDecoder::new(run.told_bytes().as_slice()),
        &mut whole,
    );
    assert!(read.is_err(), "{} bytes read as a whole bundle", whole.len());
}

#[test]
fn a_named_pipe_is_refused_by_name() {
    let sandbox = app();
    let pipe = sandbox.path("app/pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o644.into(), 0)
        .unwrap();

    sandbox.run(["context", "pack", "web", "-o", "web.tgz"]).code(2).stdout("").stderr(
        r"error: `[DIR]/app/pipe` is a named pipe, which cannot be sent
hint: remove it, or leave it out with .dockerignore",
    );
    assert!(!sandbox.path("web.tgz").exists());
}

#[test]
fn a_named_pipe_that_is_ignored_stands_in_nobodys_way() {
    let sandbox = app().file("app/.dockerignore", "pipe\n");
    let pipe = sandbox.path("app/pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o644.into(), 0)
        .unwrap();

    sandbox.run(["context", "pack", "web", "-o", "web.tgz"]).code(0).stdout("");
    assert_eq!(names(&sandbox.path("web.tgz")), [&b"./"[..], b".dockerignore", b"Dockerfile"]);
}

#[test]
fn a_socket_is_refused_by_name() {
    let sandbox = app();
    let _listens = UnixListener::bind(sandbox.path("app/socket")).unwrap();

    sandbox.run(["context", "pack", "web", "-o", "web.tgz"]).code(2).stdout("").stderr(
        r"error: `[DIR]/app/socket` is a socket, which cannot be sent
hint: remove it, or leave it out with .dockerignore",
    );
}

#[test]
fn a_name_that_is_no_utf_8_is_packed_as_it_is() {
    let sandbox = app().file(OsStr::from_bytes(b"app/\xff\xfe"), "odd\n");

    sandbox.run(["context", "pack", "web", "-o", "web.tgz"]).code(0).stdout("");
    assert_eq!(names(&sandbox.path("web.tgz")), [&b"./"[..], b"Dockerfile", b"\xff\xfe"]);
}

#[test]
fn a_path_of_4000_bytes_is_packed_as_it_is() {
    let sandbox = app();
    let name = "d".repeat(199);
    let mut deep = fs::File::open(sandbox.path("app")).unwrap();
    // Component by component: no path of this length can be given to the system at once.
    for _ in 0..20 {
        rustix::fs::mkdirat(&deep, &name, 0o755.into()).unwrap();
        let flags = rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::RDONLY;
        deep = rustix::fs::openat(&deep, &name, flags, rustix::fs::Mode::empty()).unwrap().into();
    }

    sandbox.run(["context", "pack", "web", "-o", "web.tgz"]).code(0).stdout("");
    let names = names(&sandbox.path("web.tgz"));
    assert_eq!(names.iter().map(Vec::len).max(), Some(4000));
    assert_eq!(names.len(), 22);
}

#[test]
fn a_loop_of_symlinks_is_packed_as_it_is() {
    let sandbox = app();
    symlink("b", sandbox.path("app/a")).unwrap();
    symlink("a", sandbox.path("app/b")).unwrap();
    symlink("..", sandbox.path("app/up")).unwrap();

    sandbox
        .run(["context", "ls", "web"])
        .code(0)
        .stderr("4 entries, 22 B")
        .stdout("          22  Dockerfile\n           0  a\n           0  b\n           0  up");
}

#[test]
fn a_file_that_grows_while_it_is_read_ends_the_bundle() {
    // Its files say that they have no bytes, and give some.
    let directory = "/proc/sys/kernel/random";
    if !machine::has(Path::new(directory), "a file of the kernel that gives more than it says") {
        return;
    }
    outside(directory)
        .run(["context", "pack", "web", "-o", "web.tgz"])
        .code(2)
        .stdout("")
        .stderr_contains("grew while it was read\nhint: let nothing write to the context now");
}

#[test]
fn a_file_that_shrinks_while_it_is_read_ends_the_bundle() {
    // Its files say that they have a page of bytes, and give a few.
    let directory = "/sys/kernel/mm/transparent_hugepage/khugepaged";
    if !machine::has(Path::new(directory), "a file of the kernel that gives less than it says") {
        return;
    }
    let sandbox = outside(directory);

    sandbox
        .run(["context", "pack", "web", "-o", "web.tgz"])
        .code(2)
        .stdout("")
        .stderr_contains("shrank while it was read\nhint: let nothing write to the context now");
    assert!(!sandbox.path("web.tgz").exists());
}

/// A build of a directory of the system, its Dockerfile beside the config.
fn outside(directory: &str) -> Sandbox {
    Sandbox::new()
        .config(&format!(
            "version = 1\n[builds.web]\nexecutor = \"docker\"\nno-push = true\n\
             context = \"{directory}\"\ndockerfile = \"web.Dockerfile\"\n"
        ))
        .file("web.Dockerfile", "FROM scratch\nCOPY . /\n")
}

#[test]
fn a_name_with_a_line_end_begins_no_line_of_its_own() {
    let odd = "app/p\n::error::boo";
    let listed = app().file(odd, "x").run(["context", "ls", "web"]);
    listed.code(0).stdout_contains("1  p\\n::error::boo");

    let sandbox = app().file(odd, "secret\n");
    fs::set_permissions(sandbox.path(odd), fs::Permissions::from_mode(0o000)).unwrap();
    let packed = sandbox.with_an_ordinary_user().run(["context", "pack", "web", "-o", "web.tgz"]);
    packed.code(2).stderr_contains("app/p\\n::error::boo` cannot be read");
}
