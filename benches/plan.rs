//! How long whole processes of this program take to plan, by the number of builds in the file.
//!
//! ```text
//! cargo bench --bench plan
//! ```
//!
//! Every round runs each size once, so that what else the machine does meets all alike; what counts
//! is how the times of the sizes relate: what each build takes beyond the first, up to 10,000.
//!
//! Beside the JSON plan `docker buildx bake --print` does the same with the same builds in its own
//! form, the two in turns, where there is a buildx (`BUILDX` says which, else `docker-buildx` or
//! `buildx` on `PATH`); where there is none, that is said. Up to 1,000 builds: its time grows with
//! the square of their number. `KANIKO_BUILD_BENCH_PROGRAM` names the program of a release, of
//! `.ci/release`, which begins in half the time of the one that cargo has built here.

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

/// What cargo has built: linked to the system's libraries, which takes longer to load than the
/// static program of a release. `KANIKO_BUILD_BENCH_PROGRAM` names such a one.
const PROGRAM: &str = env!("CARGO_BIN_EXE_kaniko-build");
const SIZES: [usize; 5] = [1, 10, 100, 1000, 10_000];
/// The sizes that buildx is given too.
const COMPARED: [usize; 2] = [1, 1000];
const FORMATS: [&str; 3] = ["text", "json", "shell"];
const ROUNDS: usize = 7;

fn main() -> Outcome<()> {
    let projects = tempfile::tempdir()?;
    for size in SIZES {
        write(&projects.path().join(size.to_string()), size)?;
    }
    let program = std::env::var("KANIKO_BUILD_BENCH_PROGRAM");
    let program = program.unwrap_or_else(|_| PROGRAM.to_owned());
    let buildx = buildx();
    let mut compared = vec![(Vec::new(), Vec::new()); COMPARED.len()];
    let mut times = vec![vec![Vec::new(); SIZES.len()]; FORMATS.len()];
    for _ in 0..ROUNDS {
        if let Some(buildx) = &buildx {
            for (size, (theirs, ours)) in COMPARED.iter().zip(&mut compared) {
                let project = projects.path().join(size.to_string());
                theirs.push(time(buildx, &project, &["bake", "--print"])?);
                ours.push(time(&program, &project, &["plan", "--format", "json"])?);
            }
        }
        for (format, times) in FORMATS.iter().zip(&mut times) {
            for (size, times) in SIZES.iter().zip(times) {
                let project = projects.path().join(size.to_string());
                times.push(time(&program, &project, &["plan", "--format", format])?);
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
    let Some(buildx) = buildx else {
        println!("buildx  left out: there is none (BUILDX=PATH names one)");
        return Ok(());
    };
    for (size, (theirs, ours)) in COMPARED.iter().zip(&mut compared) {
        let project = projects.path().join(size.to_string());
        let (theirs, ours) = (median(theirs), median(ours));
        let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
        let memory = match (
            memory(&buildx, &project, &["bake", "--print"])?,
            memory(&program, &project, &["plan", "--format", "json"])?,
        ) {
            (Some(theirs), Some(ours)) => format!("{theirs} KB to {ours} KB"),
            _ => "memory left out: there is no /usr/bin/time".to_owned(),
        };
        println!("buildx  {size}: {theirs:.1?} to {ours:.1?}, {ratio:.1} times; {memory}");
    }
    Ok(())
}

/// A buildx that answers.
fn buildx() -> Option<String> {
    let named = std::env::var("BUILDX").ok();
    let known = ["docker-buildx", "buildx", "/usr/libexec/docker/cli-plugins/docker-buildx"];
    let answers = |program: &String| {
        let asked = Command::new(program).arg("version").stdout(Stdio::null()).status();
        asked.is_ok_and(|status| status.success())
    };
    named.into_iter().chain(known.map(str::to_owned)).find(answers)
}

/// The most memory that a run holds at a time, in KB; none where nothing can tell.
fn memory(program: &str, project: &Path, arguments: &[&str]) -> Outcome<Option<u64>> {
    let ran = Command::new("/usr/bin/time")
        .args(["-f", "%M", program])
        .args(arguments)
        .current_dir(project)
        .env_clear()
        .env("HOME", project)
        .stdout(Stdio::null())
        .output();
    let Ok(ran) = ran else { return Ok(None) };
    let told = String::from_utf8(ran.stderr)?;
    Ok(told.lines().last().and_then(|line| line.trim().parse().ok()))
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
        let dockerfile = "FROM alpine:3.20 AS base\nFROM base\nARG NUMBER\nRUN true\n";
        fs::write(context.join("Dockerfile"), dockerfile)?;
    }
    fs::write(project.join("kaniko.toml"), file)?;
    fs::write(project.join("docker-bake.hcl"), bake(builds))?;
    Ok(())
}

/// The same builds as bake has them.
fn bake(builds: usize) -> String {
    let names: Vec<_> = (0..builds).map(|build| format!("\"service-{build}\"")).collect();
    let mut file = format!(
        "variable \"flavour\" {{ default = \"alpine\" }}\nvariable \"NEVER\" {{ default = \"\" }}\n\
         target \"_defaults\" {{\n\
         cache-from = [\"type=registry,ref=registry.example.com/shop/cache\"]\n\
         cache-to = [\"type=registry,ref=registry.example.com/shop/cache\"]\n}}\n\
         group \"default\" {{ targets = [{}] }}\n",
        names.join(", ")
    );
    for build in 0..builds {
        let image = format!("registry.example.com/shop/service-{build}");
        let _ = write!(
            file,
            "target \"service-{build}\" {{\ninherits = [\"_defaults\"]\n\
             context = \"services/service-{build}\"\n\
             tags = [\"{image}:1.0\", NEVER != \"\" ? \"{image}:latest\" : \"\"]\n\
             labels = {{ name = \"service-{build}\", flavour = flavour }}\n\
             args = {{ NUMBER = \"{build}\" }}\n"
        );
        if build % 10 == 9 {
            let before = build - 1;
            let _ = writeln!(file, "contexts = {{ before = \"target:service-{before}\" }}");
        }
        file.push_str("}\n");
    }
    file
}

fn time(program: &str, project: &Path, arguments: &[&str]) -> Outcome<Duration> {
    let start = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .current_dir(project)
        .env_clear()
        .env("HOME", project)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
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
