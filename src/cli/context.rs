//! `context ls` and `context pack`: what would be sent, without an executor.

use std::io::Write;

use indicatif::HumanBytes;

use crate::{
    context::{self, Compression, ContextError, Left, Listing, Spec, Why},
    report::{Printer, in_a_line},
    runner,
    secret::Redactor,
    whole::Whole,
};

use super::{
    BUILD_FAILED, Failed, OK, Surroundings, UNREACHED, USAGE, args, load, runtime, written,
};

/// `context`.
pub(super) fn context(
    args: &args::Context,
    surroundings: &Surroundings,
    printer: &Printer,
    redactor: &Redactor,
) -> u8 {
    let (args::Context::Ls { build, common } | args::Context::Pack { build, common, .. }) = args;
    let one = load::one(common, build, surroundings, printer, redactor);
    let Some((plan, name)) = one else { return USAGE };
    let Some(build) = plan.builds.iter().find(|build| *build.name == *name) else { return USAGE };
    let Some(runtime) = runtime(printer) else { return UNREACHED };
    let environment = &surroundings.environment;
    let sent = runtime.block_on(runner::sent(&plan, build, environment, redactor));
    runtime.shutdown_background();
    if let Some(why) = &sent.why {
        printer.warning(&format!("{name}: the whole context is sent: Dockerfile, {why}"));
    }
    if let Err(error @ ContextError::NoSource { .. }) = sent.check(build) {
        printer.warning(&error.to_string());
    }
    let spec = runner::spec(build, sent.extent());
    match args {
        args::Context::Ls { .. } => list(&spec, printer),
        args::Context::Pack { output, .. } => {
            if output.as_os_str() == "-" {
                pack_to(&spec, &mut std::io::stdout().lock(), printer)
            } else {
                pack_file(&spec, &surroundings.current.join(output), printer)
            }
        }
    }
}

/// What is sent goes to stdout; what is not, and why, is told beside it.
fn list(spec: &Spec, printer: &Printer) -> u8 {
    let (mut lines, mut left) = (Vec::new(), Vec::new());
    let mut bytes = 0;
    let listed = context::list(spec, &mut |listing| match listing {
        Listing::Sent(entry) => {
            bytes += entry.size;
            let path = entry.path.display().to_string();
            lines.push(format!("{:>12}  {}", entry.size, in_a_line(&path)));
        }
        Listing::Left(Left { path, why, directory, size: _ }) => {
            let why = match why {
                Why::Ignored => "ignored",
                Why::NotTaken => "not taken",
            };
            let end = if directory { "/" } else { "" };
            let path = path.display().to_string();
            left.push(format!("{why:>12}  {}{end}", in_a_line(&path)));
        }
    });
    match listed {
        Ok(()) => {
            let entries = counted(lines.len() as u64);
            let code = written(printer.result(&lines.join("\n")), printer);
            if printer.talks() && !left.is_empty() {
                printer.tell(&format!("left out:\n{}", left.join("\n")));
            }
            printer.tell(&format!("{entries}, {}", HumanBytes(bytes)));
            code
        }
        Err(error) => failed(&error, printer),
    }
}

fn pack_file(spec: &Spec, path: &std::path::Path, printer: &Printer) -> u8 {
    let mut file = match Whole::beside(path, 0o600) {
        Ok(file) => file,
        Err(source) => return unwritten(path, source, printer),
    };
    let code = pack_to(spec, &mut file, printer);
    if code != OK {
        return code;
    }
    match file.place() {
        Ok(()) => OK,
        Err(source) => unwritten(path, source, printer),
    }
}

fn unwritten(path: &std::path::Path, source: std::io::Error, printer: &Printer) -> u8 {
    let what = format!("the bundle could not be written to `{}`", path.display());
    let hint = "is its directory there, and may this user write to it?";
    printer.error(&Failed { what, source }, Some(hint));
    BUILD_FAILED
}

fn pack_to(spec: &Spec, sink: &mut dyn Write, printer: &Printer) -> u8 {
    match context::pack(spec, Compression::Network, sink) {
        Ok(packed) => {
            let text = format!("{}, {}", counted(packed.entries), HumanBytes(packed.bytes));
            if printer.talks() {
                printer.tell(&text);
            }
            OK
        }
        Err(error) => failed(&error, printer),
    }
}

fn counted(entries: u64) -> String {
    if entries == 1 { "1 entry".to_owned() } else { format!("{entries} entries") }
}

fn failed(error: &ContextError, printer: &Printer) -> u8 {
    printer.error(error, error.hint());
    match error {
        ContextError::Sink(_) | ContextError::Threads(_) => BUILD_FAILED,
        _ => USAGE,
    }
}
