//! What other builders make of the corpus: a real Kaniko executor and a real buildah, entry by
//! entry against what each case expects and what it says that they do otherwise.
//!
//! Ignored by default; [`crate::real`] says what is needed. Which Kaniko the image has, the
//! maintained or the original, is told by its flags.

use std::{
    fmt::Write,
    fs,
    io::Write as _,
    path::Path,
    process::Stdio,
    time::{Duration, SystemTime},
};

use serde_json::json;

use crate::{
    corpus::{
        bases,
        case::{self, Builder, Case},
        differences,
        image::Image,
        registry::Registry,
    },
    real::{self, variable},
    sandbox::Sandbox,
};

/// Cases that become an image with each builder.
const ENOUGH: usize = 40;

/// The tag of an image in a storage of the sandbox's own.
const TAG: &str = "localhost/case:1";

/// The project of a case, with its context as it is sent as `context.tgz`.
fn project(case: &Case, registry: &Registry) -> Sandbox {
    let sandbox = Sandbox::new().config(&format!("{}slim = false\n", case.config(registry.host())));
    case.lay_out(&sandbox.path("context"), registry);
    sandbox.run(["context", "pack", "case", "-o", "context.tgz"]).code(0);
    real::with_the_engine(sandbox).directory("out")
}

/// Runs a program to its end; what it told where it failed.
fn end(sandbox: &Sandbox, program: &str, arguments: &[String], stdin: &[u8]) -> Result<(), String> {
    let mut command = sandbox.command(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program is there");
    // Who fails early reads no further.
    let _ = child.stdin.take().expect("it is piped").write_all(stdin);
    let output = child.wait_with_output().expect("it ends");
    if output.status.success() {
        return Ok(());
    }
    let told = [output.stdout, output.stderr].concat();
    Err(String::from_utf8_lossy(&told).into_owned())
}

fn owned(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|&argument| argument.to_owned()).collect()
}

/// Builds with Kaniko, whose container writes the image to `out/image`.
fn kaniko(sandbox: &Sandbox, case: &Case, host: &str) -> Result<(), String> {
    let mut arguments = owned(&["run", "--rm", "--interactive"]);
    arguments.extend(variable("ENGINE_ARGS").split_whitespace().map(str::to_owned));
    arguments.push(format!("--network={}", variable("NETWORK")));
    arguments.push(format!("--volume={}:/kaniko/out", sandbox.path("out").display()));
    arguments.push(variable("IMAGE"));
    arguments.extend(owned(&[
        "--context=tar://stdin",
        "--dockerfile=/kaniko/buildcontext/Dockerfile",
        "--no-push",
        "--oci-layout-path=/kaniko/out/image",
    ]));
    arguments.push(format!("--insecure-registry={host}"));
    arguments.extend(case.flags("custom-platform"));
    let context = fs::read(sandbox.path("context.tgz")).expect("it is packed");
    end(sandbox, &variable("ENGINE"), &arguments, &context)
}

/// Builds with buildah, and writes the image to `out/image`.
fn buildah(sandbox: &Sandbox, case: &Case) -> Result<(), String> {
    let place = |name: &str| sandbox.path(name).display().to_string();
    let storage = || {
        let mut arguments = owned(&["--storage-driver=vfs"]);
        arguments.push(format!("--root={}", place("storage")));
        arguments.push(format!("--runroot={}", place("running")));
        arguments
    };
    // The context as it is sent, not as it is on disk.
    fs::create_dir(sandbox.path("sent")).expect("a directory");
    let unpack = ["-xpzf", "context.tgz", "-C", "sent"];
    end(sandbox, "tar", &owned(&unpack), b"").expect("a whole archive");
    age(&sandbox.path("sent"), &mut 1_700_000_000);
    let mut arguments = storage();
    arguments.extend(owned(&["bud", "--isolation=chroot", "--format=docker", "--quiet"]));
    arguments.extend(owned(&["--tls-verify=false", "--identity-label=false", "--tag", TAG]));
    arguments.extend(case.flags("platform"));
    arguments.push(place("sent"));
    end(sandbox, "buildah", &arguments, b"")?;
    let mut arguments = storage();
    arguments.extend(owned(&["push", "--quiet", TAG]));
    arguments.push(format!("dir:{}", place("pushed")));
    end(sandbox, "buildah", &arguments, b"").expect("it is pushed");
    as_layout(&sandbox.path("pushed"), &sandbox.path("out/image"));
    Ok(())
}

/// Gives each file below a directory a time of its own: to buildah, what has the size and the time
/// of another file is that file.
fn age(directory: &Path, time: &mut u64) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let entry = entry.expect("an entry");
        let kind = entry.file_type().expect("its type");
        if kind.is_dir() {
            age(&entry.path(), time);
        } else if kind.is_file() {
            *time += 1;
            let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(*time);
            let file = fs::File::open(entry.path()).expect("root may");
            file.set_modified(modified).expect("it is ours");
        }
    }
}

/// Makes an OCI layout of a directory in the form `dir`.
fn as_layout(directory: &Path, layout: &Path) {
    let blobs = layout.join("blobs/sha256");
    fs::create_dir_all(&blobs).expect("a directory");
    for entry in fs::read_dir(directory).expect("an image") {
        let entry = entry.expect("an entry");
        fs::copy(entry.path(), blobs.join(entry.file_name())).expect("a copy");
    }
    let manifest = fs::read(directory.join("manifest.json")).expect("a manifest");
    let digest = bases::digest(&manifest);
    fs::write(blobs.join(&digest["sha256:".len()..]), &manifest).expect("a copy");
    let index = json!({ "manifests": [{ "digest": digest, "size": manifest.len() }] });
    fs::write(layout.join("index.json"), index.to_string()).expect("an index");
}

/// What is wrong with what a case says of a builder, one a line; whether there is an image.
fn compare(case: &Case, who: Builder, registry: &Registry) -> (bool, Vec<String>) {
    let sandbox = project(case, registry);
    let built = match who {
        Builder::Buildah => buildah(&sandbox, case),
        _ => kaniko(&sandbox, case, registry.host()),
    };
    let of_this = || case.differs.iter().filter(|differs| differs.who.contains(&who));
    let fails = of_this().find_map(|differs| differs.fails.as_ref());
    match (built, fails) {
        (Err(told), Some(fails)) if told.contains(fails) => return (false, Vec::new()),
        (Err(told), _) => return (false, vec![format!("! {}", told.trim())]),
        (Ok(()), Some(fails)) => return (true, vec![format!("! does not fail: {fails}")]),
        (Ok(()), None) => {}
    }
    let image = Image::read(&sandbox.path("out/image"));
    let mut found = differences(&case.expected.entries, &image.listing());
    found.extend(differences(&case.expected.config, &image.config()));
    let listed: Vec<_> = of_this().flat_map(|differs| differs.lines.lines()).collect();
    let found = found.iter().map(|line| line.trim_start());
    // The name of the container that buildah builds in, which its other format does not keep.
    let found: Vec<_> = found.filter(|line| !line.starts_with("+ Hostname ")).collect();
    let unlisted = found.iter().filter(|line| !listed.contains(line));
    let mut wrong: Vec<_> = unlisted.map(|line| (*line).to_owned()).collect();
    let gone = listed.iter().filter(|line| !found.contains(line));
    wrong.extend(gone.map(|line| format!("is listed and not so: {line}")));
    (true, wrong)
}

/// Holds all cases against a builder.
fn all(who: Builder) {
    let registry = Registry::start(bases::all());
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/build");
    let (mut images, mut report) = (0, String::new());
    for case in case::all(&cases).into_iter().filter(|case| case.name.contains(&variable("CASE"))) {
        let (built, wrong) = compare(&case, who, &registry);
        images += usize::from(built);
        real::tell(&format!("{}: {}", case.name, if built { "an image" } else { "none" }));
        if !wrong.is_empty() {
            writeln!(report, "{}\n{}", case.name, wrong.join("\n")).expect("it takes all");
        }
    }
    real::tell(&format!("{images} images of {who:?}"));
    assert!(report.is_empty(), "{report}");
    assert!(images >= ENOUGH || !variable("CASE").is_empty(), "{images} images");
}

#[test]
#[ignore = "needs buildah"]
fn buildah_makes_the_images_that_are_expected_but_for_what_is_listed() {
    all(Builder::Buildah);
}

#[test]
#[ignore = "needs an engine and an executor's image"]
fn kaniko_makes_the_images_that_are_expected_but_for_what_is_listed() {
    let sandbox = real::with_the_engine(Sandbox::new());
    let help = sandbox
        .command(&variable("ENGINE"))
        .args(["run", "--rm", &variable("IMAGE"), "--help"])
        .output()
        .expect("the engine is there");
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    assert!(help.contains("--context"), "{help}");
    // The original never learnt of secrets.
    all(if help.contains("--secret") { Builder::Kaniko } else { Builder::Original });
}
