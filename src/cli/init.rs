//! `init`: a first file from the Dockerfiles that are here, checked before it is written.

use std::{
    collections::BTreeMap,
    error::Error as _,
    path::{Path, PathBuf},
};

use crate::{
    ci::Tree,
    config::{self, Config},
    init::{self, Repository},
    plan::Wanted,
    report::{self, Printer},
    secret::Redactor,
};

use super::{
    OK, Surroundings, USAGE, args,
    load::{self, Loaded},
    machine,
    trouble::{Trouble, told},
    written,
};

/// What the file is called.
const FILE: &str = "kaniko.toml";
/// Where the file goes that is to be printed.
const STDOUT: &str = "-";
/// More than any file of GitLab's pipelines has.
const LARGEST_CI: u64 = 16 << 20;
/// What is left out is told line by line up to so many.
const MOST_TOLD: usize = 20;

/// `init`.
///
/// The directory it is started in is the top: what is above is another's.
pub(super) fn init(
    args: &args::Init,
    surroundings: &Surroundings,
    printer: &Printer,
    redactor: &Redactor,
) -> u8 {
    let shown = args.output.clone().unwrap_or_else(|| FILE.into());
    let path = surroundings.current.join(&shown);
    let prints = shown == Path::new(STDOUT);
    if !prints && !args.force && path.symlink_metadata().is_ok() {
        let message = format!("`{}` is there already", shown.display());
        let hint = "`--force` writes over it, `-o -` shows what would be written";
        Trouble::new(message, hint).tell(printer);
        return USAGE;
    }
    let Some(text) = told(made(&path, prints, surroundings, printer, redactor), printer) else {
        return USAGE;
    };
    if prints {
        return written(printer.document(text.trim_end()), printer);
    }
    if let Err(error) = report::write(&path, &text) {
        let why = error.source().map_or_else(String::new, ToString::to_string);
        let message = format!("`{}` could not be written: {why}", shown.display());
        Trouble::new(message, "may this user write there?").tell(printer);
        return USAGE;
    }
    if printer.talks() {
        let next = "`kaniko-build plan` shows what it does, `kaniko-build run` does it";
        printer.tell(&format!("wrote `{}`: {next}", shown.display()));
    }
    OK
}

/// The text of a file that has no mistakes.
fn made(
    path: &Path,
    prints: bool,
    surroundings: &Surroundings,
    printer: &Printer,
    redactor: &Redactor,
) -> Result<String, Trouble> {
    let root = &surroundings.current;
    let place = if prints { None } else { path.parent() };
    if place.is_some_and(|place| place != root) {
        return Err(Trouble::new(
            "a first file is for the directory it stands in, and `-o` names another",
            "change to that directory, or print it with `-o -`",
        ));
    }
    let name = root.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = init::repository_name(&name.unwrap_or_default());
    let tree = Tree::open(root).ok();
    let ignored = |path: &Path| tree.as_ref().is_some_and(|tree| tree.ignores(&root.join(path)));
    let found = init::look(&Repository { root, name: &name, ignored: &ignored });
    for one in found.left_out.iter().take(MOST_TOLD) {
        printer.warning(&format!("left out: {}", one.shown()));
    }
    if let Some(more) = found.left_out.len().checked_sub(MOST_TOLD).filter(|more| *more > 0) {
        printer.warning(&format!("left out: {more} more"));
    }
    if found.images.is_empty() {
        return Err(Trouble::new(
            "there is no Dockerfile here that could be built",
            "start it at the top of the repository; names are `Dockerfile`, `Containerfile`, \
             `Dockerfile.NAME` and `NAME.Dockerfile`",
        ));
    }
    let gitlab_ci = config::bytes(&root.join(".gitlab-ci.yml"), LARGEST_CI);
    let gitlab_ci = gitlab_ci.ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let workflows = root.join(".github/workflows").is_dir();
    let signs = init::signs(&surroundings.environment, gitlab_ci.as_deref(), workflows);
    let left_out = signs.cloud_foundry.as_ref().and_then(init::CloudFoundry::left_out);
    if let Some(why) = left_out.filter(|_| found.images.iter().any(|image| image.needs.is_some())) {
        printer.warning(&format!("no executor is named: {why}"));
    }
    let text = init::text(&found, &signs, &name);
    let elsewhere = Surroundings { elsewhere: true, ..surroundings.clone() };
    check(&text, &root.join(FILE), &elsewhere, redactor)?;
    let here = machine::machine(&surroundings.environment);
    let runs = found.images.iter().find_map(|image| image.needs.as_ref());
    if let Some(needs) = runs.filter(|_| !signs.gitlab && !signs.github)
        && !here.kaniko
        && here.engine.is_none()
    {
        printer.warning(&format!(
            "{needs}, and nothing here can do that: the file is for a machine with docker or \
             podman, or for a CI that has Kaniko"
        ));
    }
    if printer.talks() {
        for image in &found.images {
            let (path, context) = (&image.path, &image.context);
            printer.tell(&format!("{}: {path}, context `{context}`", image.name));
        }
    }
    Ok(text)
}

/// Plans all of it as `check` does, without variables that are meant for another file.
fn check(
    text: &str,
    path: &Path,
    surroundings: &Surroundings,
    redactor: &Redactor,
) -> Result<(), Trouble> {
    let environment: BTreeMap<String, String> = surroundings
        .environment
        .iter()
        .filter(|(name, _)| !name.starts_with(config::PREFIX))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let config = Config::load(config::Layers {
        path: Some(path),
        label: FILE,
        text,
        ..config::Layers::of(&environment)
    })?;
    let directory = path.parent().map(PathBuf::from);
    let loaded = Loaded { config, ci: load::pipeline(surroundings, directory).into() };
    let wanted = Wanted { builds: &[], push: true, ..Wanted::default() };
    load::planned(&loaded, wanted, surroundings, redactor).map(drop)
}
