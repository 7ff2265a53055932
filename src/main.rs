//! The program `kaniko-build`.

use std::process::ExitCode;

/// A third of planning many builds is allocations, on every core at once; musl's own allocator,
/// which a static program would have, makes one wait for the other.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    kaniko_build::cli::main()
}
