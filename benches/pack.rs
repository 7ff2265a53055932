//! How fast a context becomes a bundle, beside what jobs do by hand.
//!
//! ```text
//! cargo bench --bench pack                    # a copy of this machine's crate sources
//! cargo bench --bench pack -- DIRECTORY       # that directory, as it is
//! cargo bench --bench pack -- large           # 10 GiB, for the memory alone
//! ```
//!
//! All contenders send the same files, which is checked first: a tree's own ignore file does not
//! count. They write to a pipe that this program empties, one after the other, several rounds;
//! each ratio is taken within a round and the median of the rounds is told, so that what else
//! the machine does meets both alike. The same ratios of processor time, which other programs
//! change little, stand beside those of time. Ours runs in a process of its own, which is this
//! program again, so that its memory can be read.
//!
//! The targets hold for two cores and a source tree of 5,000 files or more. It ends with 1 where
//! one is missed.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark tells its numbers")]

use std::{
    error::Error,
    fs,
    io::{self, Read as _},
    os::fd::AsFd as _,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    time::Instant,
};

use kaniko_build::context::{self, Compression, Dockerfile, Extent, Modes, Spec, Timestamps};
use sha2::{Digest as _, Sha256};

type Outcome<T> = Result<T, Box<dyn Error>>;

const ROUNDS: usize = 9;

/// Wanted of the network compression: times as fast as gzip and pigz, bytes of pigz's.
const THAN_GZIP: f64 = 4.0;
const THAN_PIGZ: f64 = 2.0;
const BYTES_OF_PIGZ: f64 = 1.02;

/// Wanted over a local pipe: times as long as tar, hashing not counted.
const THAN_TAR: f64 = 1.1;

/// Wanted of memory, in KiB.
const MEMORY: u64 = 32 * 1024;

fn main() -> Outcome<ExitCode> {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let met = match arguments[..] {
        ["--pack", "none", tree, beside] => pack(tree, beside, Compression::None)?,
        ["--pack", "network", tree, beside] => pack(tree, beside, Compression::Network)?,
        ["--hash", bytes] => hash(bytes.parse()?)?,
        ["large"] => large()?,
        [tree] => compare(Path::new(tree))?,
        [] => {
            let copy = tempfile::tempdir()?;
            copy_sources(copy.path())?;
            println!("a copy of the crate sources of this machine");
            compare(copy.path())?
        }
        _ => return Err("at most one argument: a directory, or `large`".into()),
    };
    Ok(if met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// As a contender: the bundle of `tree` to stdout, the memory it took to stderr.
///
/// An empty ignore file in `beside` stands in for the tree's own: tar knows none.
fn pack(tree: &str, beside: &str, compression: Compression) -> Outcome<bool> {
    let spec = Spec {
        root: tree.into(),
        dockerfile: Dockerfile::Outside(Path::new(beside).join("Dockerfile")),
        extent: Extent::Whole,
        modes: Modes::Normal,
        timestamps: Timestamps::Fixed,
    };
    // As transports write: to the descriptor, without a buffer between.
    let mut stdout = fs::File::from(io::stdout().as_fd().try_clone_to_owned()?);
    context::pack(&spec, compression, &mut stdout)?;
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    eprintln!("{}", peak.trim().trim_end_matches(" kB"));
    Ok(true)
}

/// What hashing so many bytes takes alone.
fn hash(bytes: u64) -> Outcome<bool> {
    let chunk = vec![1; 65_535];
    let mut hash = Sha256::new();
    let mut left = bytes;
    while left > 0 {
        let part = usize::try_from(left.min(65_535))?;
        hash.update(&chunk[..part]);
        left -= part as u64;
    }
    println!("{:x?}", hash.finalize());
    Ok(true)
}

/// What one round of a contender took, in seconds.
#[derive(Clone, Copy)]
struct Took {
    time: f64,
    /// Of all its processes, in and out of the kernel.
    processor: f64,
}

/// A program whose stdout is measured.
struct Contender {
    name: &'static str,
    command: Vec<String>,
    rounds: Vec<Took>,
    bytes: u64,
    said: String,
}

impl Contender {
    fn new(name: &'static str, command: &[&str]) -> Self {
        let command = command.iter().map(|&part| part.to_owned()).collect();
        Self { name, command, rounds: Vec::new(), bytes: 0, said: String::new() }
    }

    fn run(&mut self) -> Outcome<()> {
        let before = children()?;
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
        let time = start.elapsed().as_secs_f64();
        self.rounds.push(Took { time, processor: children()? - before });
        self.bytes = bytes;
        String::from_utf8_lossy(&output.stderr).trim().clone_into(&mut self.said);
        if output.status.success() {
            Ok(())
        } else {
            Err(format!("{}: {}: {}", self.name, output.status, self.said).into())
        }
    }

    /// The most memory of the last round, in KiB; told by ours alone.
    fn memory(&self) -> Outcome<u64> {
        Ok(self.said.parse()?)
    }
}

/// Processor time of all children that have ended, in seconds.
///
/// Source: `proc_pid_stat(5)`, `cutime` and `cstime`; a tick is 1/100 s on every Linux.
fn children() -> Outcome<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').ok_or("no name in /proc/self/stat")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks: u32 = fields[13].parse::<u32>()? + fields[14].parse::<u32>()?;
    Ok(f64::from(ticks) / 100.0)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The medians of what `ratio` makes of each round, of time and of processor time.
fn ratios(rounds: usize, ratio: impl Fn(usize, fn(Took) -> f64) -> f64) -> (f64, f64) {
    let of = |what: fn(Took) -> f64| median((0..rounds).map(|round| ratio(round, what)));
    (of(|took| took.time), of(|took| took.processor))
}

fn ours() -> Outcome<String> {
    Ok(std::env::current_exe()?.display().to_string())
}

fn compare(tree: &Path) -> Outcome<bool> {
    let beside = tempfile::tempdir()?;
    fs::write(beside.path().join("Dockerfile.dockerignore"), "")?;
    let beside = beside.path().display().to_string();
    let tree = tree.display().to_string();
    let program = ours()?;
    if Command::new("pigz").arg("--version").output().is_err() {
        return Err("pigz is not installed, and is one of the contenders".into());
    }
    let files = same_files(&program, &tree, &beside)?;
    let cores = std::thread::available_parallelism()?;
    println!("{files} files and directories, {cores} cores, {ROUNDS} rounds");

    let piped = format!("tar -C '{tree}' -cf - . | pigz -6");
    let mut gzip = Contender::new("tar -czf -", &["tar", "-C", &tree, "-czf", "-", "."]);
    let mut pigz = Contender::new("tar | pigz -6", &["sh", "-c", &piped]);
    let mut network =
        Contender::new("ours, network", &[&program, "--pack", "network", &tree, &beside]);
    let mut tar = Contender::new("tar -cf -", &["tar", "-C", &tree, "-cf", "-", "."]);
    let mut none = Contender::new("ours, none", &[&program, "--pack", "none", &tree, &beside]);
    none.run()?;
    let mut hashing =
        Contender::new("hashing alone", &[&program, "--hash", &none.bytes.to_string()]);
    let mut all = [&mut gzip, &mut pigz, &mut network, &mut tar, &mut none, &mut hashing];
    // Once unmeasured, so that all find the tree in memory.
    for contender in &mut all {
        contender.run()?;
        contender.rounds.clear();
    }
    for _ in 0..ROUNDS {
        for contender in &mut all {
            contender.run()?;
        }
    }

    println!("{:<16}{:>10}{:>10}{:>12}{:>14}", "", "time", "best", "processor", "bytes");
    for contender in all {
        let times = || contender.rounds.iter().map(|took| took.time);
        let processor = median(contender.rounds.iter().map(|took| took.processor));
        let best = times().fold(f64::INFINITY, f64::min);
        println!(
            "{:<16}{:>8.3} s{best:>8.3} s{processor:>10.3} s{:>14}",
            contender.name,
            median(times()),
            contender.bytes,
        );
    }

    let faster = |one: &Contender, other: &Contender| {
        ratios(ROUNDS, |round, what| what(one.rounds[round]) / what(other.rounds[round]))
    };
    let unhashed = ratios(ROUNDS, |round, what| {
        (what(none.rounds[round]) - what(hashing.rounds[round])) / what(tar.rounds[round])
    });
    #[expect(clippy::cast_precision_loss, reason = "four digits are printed")]
    let bytes = network.bytes as f64 / pigz.bytes as f64;
    let memory = network.memory()?.max(none.memory()?);
    Ok([
        at_least("faster than tar -czf", THAN_GZIP, faster(&gzip, &network)),
        at_least("faster than tar | pigz -6", THAN_PIGZ, faster(&pigz, &network)),
        at_most("bytes of tar | pigz -6", BYTES_OF_PIGZ, bytes, "of all bytes"),
        at_most_of("time of tar -cf, no hash", THAN_TAR, unhashed),
        within_memory(memory),
    ]
    .into_iter()
    .all(|met| met))
}

/// Makes sure that we send what tar sends; how many entries that is.
fn same_files(program: &str, tree: &str, beside: &str) -> Outcome<usize> {
    let listed = |command: String| -> Outcome<Vec<String>> {
        let output = Command::new("sh").args(["-c", &command]).output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let mut names: Vec<String> =
            text.lines().map(|line| line.trim_start_matches("./").to_owned()).collect();
        names.sort();
        Ok(names)
    };
    let theirs = listed(format!("tar -C '{tree}' -cf - . | tar -tf -"))?;
    let ours = listed(format!("'{program}' --pack none '{tree}' '{beside}' | tar -tzf -"))?;
    if theirs == ours {
        Ok(ours.len())
    } else {
        Err(format!("tar sends {} entries and we {}", theirs.len(), ours.len()).into())
    }
}

fn at_least(what: &str, wanted: f64, (time, processor): (f64, f64)) -> bool {
    let met = time >= wanted;
    let verdict = verdict(met);
    println!("{verdict} {what:<28}{time:>8.2}  ({wanted} wanted; processor time {processor:.2})");
    met
}

fn at_most_of(what: &str, most: f64, (time, processor): (f64, f64)) -> bool {
    at_most(what, most, time, &format!("processor time {processor:.2}"))
}

fn at_most(what: &str, most: f64, value: f64, note: &str) -> bool {
    let met = value <= most;
    println!("{} {what:<28}{value:>8.3}  ({most} at most; {note})", verdict(met));
    met
}

fn within_memory(memory: u64) -> bool {
    let met = memory <= MEMORY;
    println!("{} {:<28}{memory:>8}  KiB ({MEMORY} at most)", verdict(met), "memory");
    met
}

fn verdict(met: bool) -> &'static str {
    if met { "met   " } else { "MISSED" }
}

/// Ten GiB, of which nine in one sparse file and the rest in copies of the crate sources.
fn large() -> Outcome<bool> {
    let tree = tempfile::tempdir()?;
    let nine = fs::File::create(tree.path().join("nine"))?;
    nine.set_len(9 << 30)?;
    let mut copies = 0;
    let mut bytes = 0;
    while bytes < 1 << 30 {
        let copy = tree.path().join(format!("copy-{copies}"));
        copy_sources(&copy)?;
        bytes += size(&copy)?;
        copies += 1;
    }
    let path = tree.path().display().to_string();
    println!("{copies} copies of the crate sources, {} bytes", bytes + (9 << 30));
    let program = ours()?;
    let mut met = true;
    for (name, mode) in [("ours, network", "network"), ("ours, none", "none")] {
        let mut contender = Contender::new(name, &[&program, "--pack", mode, &path, &path]);
        contender.run()?;
        let Took { time, .. } = contender.rounds[0];
        println!("{name:<16}{time:>8.3} s{:>14} bytes", contender.bytes);
        met &= within_memory(contender.memory()?);
    }
    Ok(met)
}

/// Copies what cargo has unpacked here, at least 5,000 files.
fn copy_sources(to: &Path) -> Outcome<()> {
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo = cargo.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let sources = cargo.ok_or("no CARGO_HOME and no HOME")?.join("registry/src");
    let files = copy(&sources, to)?;
    if files < 5000 {
        return Err(format!("only {files} files below {}", sources.display()).into());
    }
    Ok(())
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
