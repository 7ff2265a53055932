//! `context ls` and `context pack`: what would be sent, without an executor.

use std::io::Write;

use indicatif::HumanBytes;

use crate::{
    context::{self, Compression, ContextError},
    plan::Build,
    report::Printer,
    runner,
    secret::Redactor,
};

use super::{
    BUILD_FAILED, Failed, OK, Surroundings, USAGE,
    args::{self, Common},
    load, written,
};

/// `context`.
pub(super) fn context(
    args: &args::Context,
    surroundings: &Surroundings,
    printer: &Printer,
    redactor: &Redactor,
) -> u8 {
    let (args::Context::Ls { build, common } | args::Context::Pack { build, common, .. }) = args;
    let Some(build) = one(build, common, surroundings, printer, redactor) else { return USAGE };
    match args {
        args::Context::Ls { .. } => list(&build, printer),
        args::Context::Pack { output, .. } => {
            if output.as_os_str() == "-" {
                pack_to(&build, &mut std::io::stdout().lock(), printer)
            } else {
                pack_file(&build, &surroundings.current.join(output), printer)
            }
        }
    }
}

/// The plan of one build.
fn one(
    name: &str,
    common: &Common,
    surroundings: &Surroundings,
    printer: &Printer,
    redactor: &Redactor,
) -> Option<Build> {
    let loaded = load::config(common, surroundings, printer)?;
    let (plan, name) = load::one(&loaded, name, surroundings, printer, redactor)?;
    plan.builds.into_iter().find(|build| *build.name == *name)
}

fn list(build: &Build, printer: &Printer) -> u8 {
    let mut lines = Vec::new();
    let mut bytes = 0;
    let listed = context::list(&runner::spec(build), &mut |listing| {
        let context::Listing::Sent(entry) = listing else { return };
        bytes += entry.size;
        lines.push(format!("{:>12}  {}", entry.size, entry.path.display()));
    });
    match listed {
        Ok(()) => {
            let entries = lines.len();
            let code = written(printer.result(&lines.join("\n")), printer);
            printer.tell(&format!("{entries} entries, {}", HumanBytes(bytes)));
            code
        }
        Err(error) => failed(&error, printer),
    }
}

fn pack_file(build: &Build, path: &std::path::Path, printer: &Printer) -> u8 {
    let directory = path.parent().unwrap_or(std::path::Path::new("."));
    let mut file = match tempfile::NamedTempFile::new_in(directory) {
        Ok(file) => file,
        Err(source) => return unwritten(path, source, printer),
    };
    let code = pack_to(build, &mut file, printer);
    if code != OK {
        return code;
    }
    match file.persist(path) {
        Ok(_) => OK,
        Err(error) => unwritten(path, error.error, printer),
    }
}

fn unwritten(path: &std::path::Path, source: std::io::Error, printer: &Printer) -> u8 {
    let what = format!("the bundle could not be written to `{}`", path.display());
    let hint = "is its directory there, and may this user write to it?";
    printer.error(&Failed { what, source }, Some(hint));
    BUILD_FAILED
}

fn pack_to(build: &Build, sink: &mut dyn Write, printer: &Printer) -> u8 {
    match context::pack(&runner::spec(build), Compression::Network, sink) {
        Ok(packed) => {
            let text = format!("{} entries, {}", packed.entries, HumanBytes(packed.bytes));
            if printer.talks() {
                printer.tell(&text);
            }
            OK
        }
        Err(error) => failed(&error, printer),
    }
}

fn failed(error: &ContextError, printer: &Printer) -> u8 {
    printer.error(error, error.hint());
    match error {
        ContextError::Sink(_) | ContextError::Threads(_) => BUILD_FAILED,
        _ => USAGE,
    }
}
