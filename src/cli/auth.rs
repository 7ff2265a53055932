//! `auth`: the docker config that a build's executor gets.

use std::io::Write;

use crate::{report::Printer, runner::Prepared, secret::Redactor, whole::Whole};

use super::{
    BUILD_FAILED, Failed, OK, Surroundings, UNREACHED, USAGE, args, load, runtime,
    trouble::unprepared,
};

/// `auth`.
pub(super) fn auth(
    args: &args::Auth,
    surroundings: &Surroundings,
    printer: &Printer,
    redactor: &Redactor,
) -> u8 {
    let one = load::one(&args.common, &args.build, surroundings, printer, redactor);
    let Some((plan, name)) = one else { return USAGE };
    let Some(runtime) = runtime(printer) else { return UNREACHED };
    let logins = Prepared::logins(&plan, &surroundings.environment, redactor);
    let prepared = match runtime.block_on(logins) {
        Ok(prepared) => prepared,
        Err(errors) => {
            unprepared(&errors, printer);
            return USAGE;
        }
    };
    let Some(build) = plan.builds.iter().find(|build| *build.name == *name) else { return USAGE };
    let config = prepared.docker_config(build);
    let done = if args.output.as_os_str() == "-" {
        // Asked for: the one place where a secret goes to stdout, past the redactor.
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(config.expose()).and_then(|()| stdout.write_all(b"\n"))
    } else {
        keep(&surroundings.current.join(&args.output), config.expose())
    };
    match done {
        Ok(()) => OK,
        Err(source) => {
            let what = match &*args.output.to_string_lossy() {
                "-" => "stdout takes no more".to_owned(),
                path => format!("the docker config could not be written to `{path}`"),
            };
            let hint = "is its directory there, and may this user write to it?";
            printer.error(&Failed { what, source }, Some(hint));
            BUILD_FAILED
        }
    }
}

/// Writes a file that only its owner can read, whole or not at all.
fn keep(path: &std::path::Path, content: &[u8]) -> std::io::Result<()> {
    let mut file = Whole::beside(path, 0o600)?;
    file.write_all(content)?;
    file.place()
}
