//! How fast a context becomes a bundle, beside what jobs do by hand.
//!
//! ```text
//! cargo bench --bench pack                    # a copy of this machine's crate sources
//! cargo bench --bench pack -- DIRECTORY       # that directory, as it is
//! cargo bench --bench pack -- large           # 10 GiB, for the memory alone
//! ```
//!
//! All contenders write to a pipe that this program empties, one after the other, several rounds:
//! what else the machine does meets all alike. Ours runs in a process of its own, which is this
//! program again, so that its memory can be read.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark tells its numbers")]

use std::{
    error::Error,
    fs,
    io::{self, Read as _},
    os::fd::AsFd as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use kaniko_build::context::{self, Compression, Dockerfile, Modes, Spec, Timestamps};
use sha2::{Digest as _, Sha256};

type Outcome<T> = Result<T, Box<dyn Error>>;

const ROUNDS: usize = 7;

fn main() -> Outcome<()> {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["--pack", "none", tree] => pack(tree, Compression::None),
        ["--pack", "network", tree] => pack(tree, Compression::Network),
        ["--hash", bytes] => hash(bytes.parse()?),
        ["large"] => large(),
        [tree] => compare(Path::new(tree)),
        [] => {
            let copy = tempfile::tempdir()?;
            let files = copy_sources(copy.path())?;
            println!("{files} files, copied from the crate sources of this machine");
            compare(copy.path())
        }
        _ => Err("at most one argument: a directory, or `large`".into()),
    }
}

/// As a contender: the bundle of `tree` to stdout, the memory it took to stderr.
fn pack(tree: &str, compression: Compression) -> Outcome<()> {
    let spec = Spec {
        root: tree.into(),
        dockerfile: Dockerfile::Outside(Path::new(tree).join("Dockerfile")),
        modes: Modes::Normal,
        timestamps: Timestamps::Fixed,
    };
    // As transports write: to the descriptor, without a buffer between.
    let mut stdout = fs::File::from(io::stdout().as_fd().try_clone_to_owned()?);
    context::pack(&spec, compression, &mut stdout)?;
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    eprintln!("{}", peak.unwrap_or("?").trim());
    Ok(())
}

/// What hashing so many bytes takes alone.
fn hash(bytes: u64) -> Outcome<()> {
    let chunk = vec![1; 65_535];
    let mut hash = Sha256::new();
    let mut left = bytes;
    while left > 0 {
        let part = usize::try_from(left.min(65_535))?;
        hash.update(&chunk[..part]);
        left -= part as u64;
    }
    println!("{:x?}", hash.finalize());
    Ok(())
}

/// A program whose stdout is measured.
struct Contender {
    name: &'static str,
    command: Vec<String>,
    times: Vec<Duration>,
    bytes: u64,
    said: String,
}

impl Contender {
    fn new(name: &'static str, command: &[&str]) -> Self {
        let command = command.iter().map(|&part| part.to_owned()).collect();
        Self { name, command, times: Vec::new(), bytes: 0, said: String::new() }
    }

    fn run(&mut self) -> Outcome<()> {
        let start = Instant::now();
        let mut child = Command::new(&self.command[0])
            .args(&self.command[1..])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut stdout = child.stdout.take().ok_or("no stdout")?;
        let mut buffer = vec![0; 1 << 20];
        let mut bytes = 0;
        loop {
            let got = stdout.read(&mut buffer)?;
            if got == 0 {
                break;
            }
            bytes += got as u64;
        }
        let output = child.wait_with_output()?;
        self.times.push(start.elapsed());
        self.bytes = bytes;
        String::from_utf8_lossy(&output.stderr).trim().clone_into(&mut self.said);
        if output.status.success() {
            Ok(())
        } else {
            Err(format!("{}: {}: {}", self.name, output.status, self.said).into())
        }
    }

    fn median(&self) -> f64 {
        let mut times = self.times.clone();
        times.sort();
        times[times.len() / 2].as_secs_f64()
    }
}

fn ours() -> Outcome<String> {
    Ok(std::env::current_exe()?.display().to_string())
}

fn compare(tree: &Path) -> Outcome<()> {
    let tree = tree.display().to_string();
    let program = ours()?;
    let pigz = Command::new("pigz").arg("--version").output().is_ok();
    if !pigz {
        println!("pigz is not installed: its line is gzip's");
    }
    let piped = format!("tar -C '{tree}' -cf - . | {}", if pigz { "pigz -6" } else { "gzip -6" });
    let mut contenders = [
        Contender::new("tar -czf -", &["tar", "-C", &tree, "-czf", "-", "."]),
        Contender::new("tar | pigz -6", &["sh", "-c", &piped]),
        Contender::new("ours, network", &[&program, "--pack", "network", &tree]),
        Contender::new("tar -cf -", &["tar", "-C", &tree, "-cf", "-", "."]),
        Contender::new("ours, none", &[&program, "--pack", "none", &tree]),
    ];
    // Once unmeasured, so that all find the tree in memory.
    for contender in &mut contenders {
        contender.run()?;
        contender.times.clear();
    }
    let bytes = contenders[4].bytes.to_string();
    let mut hashing = Contender::new("hashing alone", &[&program, "--hash", &bytes]);
    for _ in 0..ROUNDS {
        for contender in &mut contenders {
            contender.run()?;
        }
        hashing.run()?;
    }

    println!("{:<16}{:>10}{:>10}{:>14}  memory", "", "median", "best", "bytes");
    for contender in contenders.iter().chain([&hashing]) {
        let best = contender.times.iter().min().map_or(0.0, Duration::as_secs_f64);
        println!(
            "{:<16}{:>8.3} s{:>8.3} s{:>14}  {}",
            contender.name,
            contender.median(),
            best,
            contender.bytes,
            contender.said
        );
    }
    let [gzip, pigz, network, tar, none] = &contenders;
    let times = |one: f64, other: f64| format!("{:.2}", one / other);
    println!("faster than tar -czf:        {} (4 wanted)", times(gzip.median(), network.median()));
    println!("faster than tar | pigz -6:   {} (2 wanted)", times(pigz.median(), network.median()));
    #[expect(clippy::cast_precision_loss, reason = "three digits are printed")]
    let bytes = network.bytes as f64 / pigz.bytes as f64;
    println!("bytes of tar | pigz -6:      {bytes:.4} (1.02 at most)");
    println!("time of tar -cf:             {} in all", times(none.median(), tar.median()));
    let unhashed = none.median() - hashing.median();
    println!("time of tar -cf, no hash:    {} (1.1 at most)", times(unhashed, tar.median()));
    Ok(())
}

/// Ten GiB, of which nine in one sparse file and the rest in copies of the crate sources.
fn large() -> Outcome<()> {
    let tree = tempfile::tempdir()?;
    let nine = fs::File::create(tree.path().join("nine"))?;
    nine.set_len(9 << 30)?;
    let mut files = 1;
    let mut bytes = 0;
    while bytes < 1 << 30 {
        let copy = tree.path().join(format!("copy-{files}"));
        files += copy_sources(&copy)?;
        bytes += size(&copy)?;
    }
    let path = tree.path().display().to_string();
    println!("{files} files, {} bytes", bytes + (9 << 30));
    let program = ours()?;
    for (name, mode) in [("ours, network", "network"), ("ours, none", "none")] {
        let mut contender = Contender::new(name, &[&program, "--pack", mode, &path]);
        contender.run()?;
        println!(
            "{name:<16}{:>8.3} s{:>14} bytes  {} (32 MiB at most)",
            contender.median(),
            contender.bytes,
            contender.said
        );
    }
    Ok(())
}

/// Copies what cargo has unpacked here; how many files that is.
fn copy_sources(to: &Path) -> Outcome<u64> {
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo = cargo.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let sources = cargo.ok_or("no CARGO_HOME and no HOME")?.join("registry/src");
    let files = copy(&sources, to)?;
    if files < 5000 {
        return Err(format!("only {files} files below {}", sources.display()).into());
    }
    Ok(files)
}

fn copy(from: &Path, to: &Path) -> Outcome<u64> {
    fs::create_dir_all(to)?;
    let mut files = 0;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            files += copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
            files += 1;
        }
    }
    Ok(files)
}

fn size(tree: &Path) -> Outcome<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(tree)? {
        let metadata = entry.as_ref().map_err(ToString::to_string)?.metadata()?;
        bytes += if metadata.is_dir() { size(&entry?.path())? } else { metadata.len() };
    }
    Ok(bytes)
}
