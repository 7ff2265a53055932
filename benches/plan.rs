//! How long whole processes of this program take to plan, by the number of builds in the file.
//!
//! ```text
//! cargo bench --bench plan
//! ```
//!
//! Every round runs each size once, so that what else the machine does meets all alike; what counts
//! is how the times of the sizes relate: what each build takes beyond the first.

#![expect(clippy::print_stdout, reason = "a benchmark tells its numbers")]

use std::{
    error::Error,
    fmt::Write as _,
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

type Outcome<T> = Result<T, Box<dyn Error>>;

const PROGRAM: &str = env!("CARGO_BIN_EXE_kaniko-build");
const SIZES: [usize; 4] = [1, 10, 100, 1000];
const FORMATS: [&str; 3] = ["text", "json", "shell"];
const ROUNDS: usize = 7;

fn main() -> Outcome<()> {
    let projects = tempfile::tempdir()?;
    for size in SIZES {
        write(&projects.path().join(size.to_string()), size)?;
    }
    let mut times = vec![vec![Vec::new(); SIZES.len()]; FORMATS.len()];
    for _ in 0..ROUNDS {
        for (format, times) in FORMATS.iter().zip(&mut times) {
            for (size, times) in SIZES.iter().zip(times) {
                let project = projects.path().join(size.to_string());
                times.push(time(&project, &["plan", "--format", format])?);
            }
        }
    }
    for (format, times) in FORMATS.iter().zip(&mut times) {
        let mut line = format!("{format:>6}");
        let whole: Vec<_> = times.iter_mut().map(|times| median(times)).collect();
        for (size, took) in SIZES.iter().zip(&whole) {
            let _ = write!(line, "  {size}: {took:.1?}");
            if let Some(further) = u32::try_from(*size - 1)?.checked_sub(1) {
                let each = took.saturating_sub(whole[0]) / (further + 1);
                let _ = write!(line, " ({each:.0?} each)");
            }
        }
        println!("{line}");
    }
    Ok(())
}

/// A file of so many builds, each with a context, a Dockerfile and what a build of a monorepo has.
fn write(project: &Path, builds: usize) -> Outcome<()> {
    let mut file = "version = 1\n[vars]\nflavour = \"alpine\"\n[defaults]\nexecutor = \"podman\"\n\
                    context = \"services/{{ build.name }}\"\n\
                    image = \"registry.example.com/shop/{{ build.name }}\"\n\
                    tags = [\"1.0\", { tag = \"latest\", when = \"{{ env.NEVER }}\" }]\n\
                    labels = { name = \"{{ build.name }}\", flavour = \"{{ vars.flavour }}\" }\n\
                    cache-repo = \"registry.example.com/shop/cache\"\n"
        .to_owned();
    for build in 0..builds {
        let _ = write!(file, "[builds.service-{build}]\nbuild-args = {{ NUMBER = \"{build}\" }}\n");
        if build % 10 == 9 {
            let before = build - 1;
            let _ = writeln!(
                file,
                "labels = {{ before = \"{{{{ builds['service-{before}'].image }}}}\" }}"
            );
        }
        let context = project.join(format!("services/service-{build}"));
        fs::create_dir_all(&context)?;
        fs::write(context.join("Dockerfile"), "FROM alpine:3.20 AS base\nFROM base\nRUN true\n")?;
    }
    fs::write(project.join("kaniko.toml"), file)?;
    Ok(())
}

fn time(project: &Path, arguments: &[&str]) -> Outcome<Duration> {
    let start = Instant::now();
    let status = Command::new(PROGRAM)
        .args(arguments)
        .current_dir(project)
        .env_clear()
        .stdout(Stdio::null())
        .status()?;
    let took = start.elapsed();
    if status.success() {
        Ok(took)
    } else {
        Err(format!("{arguments:?} ended with {status}").into())
    }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
