//! How fast `builtin` makes and pushes an image, beside `buildah` and a real executor.
//!
//! ```text
//! cargo bench --bench builtin
//! KANIKO_BUILD_BENCH_EXECUTOR=ghcr.io/osscontainertools/kaniko cargo bench --bench builtin
//! KANIKO_BUILD_BENCH_ENGINE_ARGS='--runtime=runc' …            # more flags for podman run
//! ```
//!
//! Each build starts from nothing and pushes to a repository of its own in a docker-registry on
//! the loopback; the contenders take turns, several rounds: what else the machine does meets all
//! alike. `buildah` keeps the base image from round to round, the others pull it each time.
//!
//! The large files are parts of a real program that is wherever this runs: the compiler's library,
//! which compresses to 43 parts in a hundred. Beside it the same with bytes of which half can't be
//! compressed at all, as where images carry archives.

#![expect(clippy::print_stdout, reason = "a benchmark tells its numbers")]

use std::{
    error::Error,
    fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

type Outcome<T> = Result<T, Box<dyn Error>>;

const ROUNDS: usize = 3;

/// What cargo has built. `KANIKO_BUILD_BENCH_PROGRAM` names another, such as that of a release.
const PROGRAM: &str = env!("CARGO_BIN_EXE_kaniko-build");

fn main() -> Outcome<()> {
    let top = tempfile::tempdir()?;
    let registry = Registry::start(top.path())?;
    let program = compiler()?;
    let parts: Vec<&[u8]> = program.chunks_exact(5 << 20).take(20).collect();
    if parts.len() < 20 {
        return Err("the compiler's library has less than 100 MiB".into());
    }
    let real = top.path().join("real");
    for (number, part) in parts.into_iter().enumerate() {
        write(&real.join(format!("context/file-{number}")), part)?;
    }
    let scratch = top.path().join("scratch");
    for number in 0..20 {
        write(&scratch.join(format!("context/file-{number}")), &mixed(5 << 20, number))?;
    }
    for (what, project) in [("a program", &real), ("half of it dense", &scratch)] {
        fs::write(project.join("context/Dockerfile"), "FROM scratch\nCOPY . /data\n")?;
        let what = format!("FROM scratch and COPY of 100 MiB in 20 files, {what}");
        compare(&what, project, &registry.host)?;
    }

    let base = top.path().join("base");
    for number in 0..10 {
        let path = base.join(format!("context/base-{number}"));
        write(&path, &mixed(5 << 20, 100 + number))?;
    }
    fs::write(base.join("context/Dockerfile"), "FROM scratch\nCOPY base-* /base/\n")?;
    builtin(&base, &format!("{}/base:1", registry.host), &registry.host)?;
    let small = top.path().join("small");
    for number in 0..5000_u32 {
        let path = format!("context/files/{}/{}/{number}.txt", number % 10, number % 97);
        write(&small.join(path), &mixed(512 + number as usize % 3000, 1000 + u64::from(number)))?;
    }
    let dockerfile = format!("FROM {}/base:1\nCOPY files /srv/files\n", registry.host);
    fs::write(small.join("context/Dockerfile"), dockerfile)?;
    compare("a base of 50 MiB and COPY of 5,000 small files", &small, &registry.host)
}

/// Every contender's time for the Dockerfile in `project/context`.
fn compare(what: &str, project: &Path, host: &str) -> Outcome<()> {
    type Build = fn(&Path, &str, &str) -> Outcome<()>;
    let mut contenders: Vec<(&str, Build, Vec<Duration>)> = vec![("builtin", builtin, Vec::new())];
    if Command::new("buildah").arg("--version").output().is_ok() {
        contenders.push(("buildah", buildah, Vec::new()));
    } else {
        println!("buildah is not installed");
    }
    if variable("EXECUTOR").is_empty() {
        println!("no KANIKO_BUILD_BENCH_EXECUTOR: no real executor beside");
    } else {
        contenders.push(("executor", executor, Vec::new()));
    }
    // Once unmeasured, so that all find their files in memory.
    for round in 0..=ROUNDS {
        for (name, build, times) in &mut contenders {
            let place = project.file_name().ok_or("a name")?.to_string_lossy();
            let reference = format!("{host}/{place}/{name}-{round}:1");
            let start = Instant::now();
            build(project, &reference, host)?;
            if round > 0 {
                times.push(start.elapsed());
            }
        }
    }
    println!("{what}:");
    let median = |times: &[Duration]| {
        let mut times = times.to_vec();
        times.sort();
        times[times.len() / 2].as_secs_f64()
    };
    let ours = median(&contenders[0].2);
    for (name, _, times) in &contenders {
        let best = times.iter().min().map_or(0.0, Duration::as_secs_f64);
        let median = median(times);
        let times = median / ours;
        println!("  {name:<10}{median:>9.3} s median{best:>9.3} s best{times:>8.2} times ours");
    }
    Ok(())
}

fn builtin(project: &Path, reference: &str, host: &str) -> Outcome<()> {
    let config = format!(
        "version = 1\n[registries.bench]\nhost = \"{host}\"\ninsecure = true\n[builds.bench]\n\
         context = \"context\"\nexecutor = \"builtin\"\ndestinations = [\"{reference}\"]\n"
    );
    fs::write(project.join("kaniko.toml"), config)?;
    let named = variable("PROGRAM");
    let program = if named.is_empty() { PROGRAM } else { &named };
    ended(Command::new(program).args(["run", "--push"]).current_dir(project))
}

fn buildah(project: &Path, reference: &str, _: &str) -> Outcome<()> {
    let context = project.join("context");
    let bud = ["bud", "--quiet", "--isolation=chroot", "--tls-verify=false", "--pull=true", "-t"];
    ended(Command::new("buildah").args(bud).arg(reference).arg(&context))?;
    ended(Command::new("buildah").args(["push", "--quiet", "--tls-verify=false", reference]))?;
    Ok(())
}

/// As jobs do by hand: the context from stdin.
fn executor(project: &Path, reference: &str, host: &str) -> Outcome<()> {
    let mut tar = Command::new("tar")
        .args(["-C", "context", "-czf", "-", "."])
        .current_dir(project)
        .stdout(Stdio::piped())
        .spawn()?;
    let context = tar.stdout.take().ok_or("no stdout")?;
    let more = variable("ENGINE_ARGS");
    let mut podman = Command::new("podman");
    podman.args(more.split_whitespace().filter(|flag| flag.starts_with("--runtime")));
    podman.args(["run", "--rm", "-i", "--network=host"]);
    podman.args(more.split_whitespace().filter(|flag| !flag.starts_with("--runtime")));
    podman.arg(variable("EXECUTOR")).args(["--context", "tar://stdin"]);
    podman.args(["--dockerfile=/kaniko/buildcontext/Dockerfile", "--insecure-registry", host]);
    let ended = ended(podman.args(["--destination", reference]).stdin(context));
    tar.wait()?;
    ended
}

/// Runs it to its end, which must be a good one.
fn ended(command: &mut Command) -> Outcome<()> {
    let output = command.stdout(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
}

fn variable(name: &str) -> String {
    std::env::var(format!("KANIKO_BUILD_BENCH_{name}")).unwrap_or_default()
}

/// A docker-registry on the loopback; it ends with this.
struct Registry {
    host: String,
    process: Child,
}

impl Registry {
    fn start(top: &Path) -> Outcome<Self> {
        let host = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let config = top.join("registry.yml");
        let text = format!(
            "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {}}}}}\nhttp: {{addr: \"{host}\"}}\n",
            top.join("registry").display()
        );
        fs::write(&config, text)?;
        let process = Command::new("docker-registry")
            .arg("serve")
            .arg(&config)
            .env("OTEL_TRACES_EXPORTER", "none")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("docker-registry: {error}"))?;
        let registry = Self { host, process };
        for _ in 0..100 {
            if TcpStream::connect(&registry.host).is_ok() {
                return Ok(registry);
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err("docker-registry does not answer".into())
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn write(path: &PathBuf, content: &[u8]) -> Outcome<()> {
    fs::create_dir_all(path.parent().ok_or("it has a directory")?)?;
    Ok(fs::write(path, content)?)
}

/// The library that the compiler of this very toolchain is.
fn compiler() -> Outcome<Vec<u8>> {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let output = Command::new(rustc).args(["--print", "sysroot"]).output()?;
    let libraries = Path::new(String::from_utf8(output.stdout)?.trim()).join("lib");
    for entry in fs::read_dir(&libraries)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("librustc_driver") {
            return Ok(fs::read(entry.path())?);
        }
    }
    Err(format!("no librustc_driver in {}", libraries.display()).into())
}

/// Bytes of which half can be compressed: as in images, where programs stand beside archives.
fn mixed(size: usize, seed: u64) -> Vec<u8> {
    const WORDS: [&str; 8] =
        ["fn ", "let ", "value", " = ", "{\n    ", "}\n", "return ", "context"];
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut bytes = Vec::with_capacity(size + 4096);
    while bytes.len() < size {
        if next() % 2 == 0 {
            for _ in 0..512 {
                bytes.extend(next().to_le_bytes());
            }
        } else {
            let until = bytes.len() + 4096;
            while bytes.len() < until {
                let word = usize::try_from(next() % 8).unwrap_or_default();
                bytes.extend(WORDS[word].as_bytes());
            }
        }
    }
    bytes.truncate(size);
    bytes
}
