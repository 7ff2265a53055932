//! The program `kaniko-build`.

use std::process::ExitCode;

fn main() -> ExitCode {
    kaniko_build::cli::main()
}
