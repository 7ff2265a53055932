//! A gzip file that is compressed in chunks, on several threads.
//!
//! Each chunk becomes a member of its own: a gzip file is a series of members, which reads as
//! what they hold one after the other. Chunks of which nothing can be made are stored. How many
//! threads there are changes nothing in it.
//!
//! Source: RFC 1952, 2.2.

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::Duration,
};

use libdeflater::{CompressionLvl, Compressor};

use super::{ContextError, dense::is_dense, gate::Gate, stream::Chunk};

/// Bytes of a chunk. Part of the format: another length gives other bytes. Twice as many take
/// twice the memory for three parts in a thousand of programs and seven of sources, half as many
/// cost seven and fifteen.
const LENGTH: usize = 256 * 1024;

/// Bytes that a chunk may have beyond that, so that no member ends where it should not.
const SLACK: usize = 512;

/// How hard it is tried, as libdeflate counts: from 0, where nothing is compressed. Part of the
/// format.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Level(i32);

impl Level {
    /// What goes over a network once: 6 takes a third longer for two parts in a hundred of
    /// sources, 4 leaves as many or more and is hardly faster.
    pub(crate) const BUNDLE: Self = Self(5);

    /// What has to be there soon: 2 takes a third longer for three parts in a hundred of programs
    /// and four of sources.
    pub(crate) const LAYER: Self = Self(1);

    /// As zlib counts, from 0, where nothing is compressed, to 9: up to there libdeflate does
    /// alike.
    pub(crate) fn of(level: u32) -> Self {
        Self(i32::try_from(level.min(9)).expect("nine fits"))
    }
}

/// Keeps memory within bounds: a thread and its chunks take about 1.5 MiB.
const MOST_THREADS: usize = 12;

/// Chunks under way for each thread.
const AHEAD: usize = 2;

/// What makes a compressed stream of chunks.
pub(crate) struct Deflate<'a> {
    gate: Gate<'a>,
    jobs: Sender<Job>,
    done: Receiver<Done>,
    /// Came back before their turn.
    early: BTreeMap<u64, Done>,
    /// To use again.
    spare: Vec<(Chunk, Vec<u8>)>,
    sent: u64,
    written: u64,
    most: u64,
}

struct Job {
    number: u64,
    chunk: Chunk,
    output: Vec<u8>,
}

struct Done {
    number: u64,
    chunk: Chunk,
    output: Vec<u8>,
    /// Bytes of the output, or that it could not be made.
    made: io::Result<usize>,
}

/// How often the first thread is tried, and with which pause: for five seconds.
const TRIES: u32 = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// As many threads as the machine has cores for, within the bound on memory.
pub(crate) fn threads() -> usize {
    thread::available_parallelism().map_or(1, Into::into).min(MOST_THREADS)
}

impl<'a> Deflate<'a> {
    /// Starts `threads` threads, or as many as the system has room for.
    pub(crate) fn start<'scope>(
        scope: &'scope thread::Scope<'scope, '_>,
        threads: usize,
        level: Level,
        gate: Gate<'a>,
    ) -> Result<Self, ContextError> {
        let (jobs, queue) = channel();
        let (finished, done) = channel();
        let queue = Arc::new(Mutex::new(queue));
        let begin = || {
            let (queue, finished) = (Arc::clone(&queue), finished.clone());
            let thread = thread::Builder::new().name("deflate".to_owned());
            thread.spawn_scoped(scope, move || work(level, &queue, &finished))
        };
        // One that has just ended may still be counted.
        let mut left = TRIES;
        while let Err(error) = begin() {
            left -= 1;
            if left == 0 {
                return Err(ContextError::Threads(error));
            }
            thread::sleep(PAUSE);
        }
        let mut started = 1;
        while started < threads && begin().is_ok() {
            started += 1;
        }
        Ok(Self {
            gate,
            jobs,
            done,
            early: BTreeMap::new(),
            spare: Vec::new(),
            sent: 0,
            written: 0,
            most: (started * AHEAD) as u64,
        })
    }

    pub(crate) fn chunk() -> Chunk {
        Chunk::new(0, LENGTH, SLACK)
    }

    /// Hands a chunk on and empties it.
    pub(crate) fn encode(&mut self, chunk: &mut Chunk) -> io::Result<()> {
        while self.sent - self.written >= self.most {
            self.take()?;
        }
        let (next, output) = self.spare.pop().unwrap_or_else(|| (Self::chunk(), Vec::new()));
        self.send(std::mem::replace(chunk, next), output)
    }

    /// Hands the last chunk on, waits for all, and writes the end.
    pub(crate) fn finish(mut self, chunk: Chunk) -> io::Result<(u64, [u8; 32])> {
        self.send(chunk, Vec::new())?;
        while self.written < self.sent {
            self.take()?;
        }
        self.gate.finish()
    }

    fn send(&mut self, chunk: Chunk, output: Vec<u8>) -> io::Result<()> {
        let job = Job { number: self.sent, chunk, output };
        self.sent += 1;
        self.jobs.send(job).map_err(|_| stopped())
    }

    /// Waits for a chunk and writes those whose turn it is.
    fn take(&mut self) -> io::Result<()> {
        let done = self.done.recv().map_err(|_| stopped())?;
        self.early.insert(done.number, done);
        while let Some(Done { mut chunk, output, made, .. }) = self.early.remove(&self.written) {
            self.gate.write(&output[..made?])?;
            self.written += 1;
            chunk.filled = 0;
            self.spare.push((chunk, output));
        }
        Ok(())
    }
}

fn stopped() -> io::Error {
    io::Error::other("the threads that compress have ended")
}

/// Compresses chunks until there is nobody to send one.
///
/// What a compressor made before does not show in what it makes: each call begins with empty
/// tables. Nor does the processor: what is written for some of them finds the same matches.
///
/// Source: libdeflate 1.26, `hc_matchfinder_init` and `ht_matchfinder_init` in
/// `deflate_compress.c`; of what it chooses at run time, `crc32.c` alone is used.
fn work(Level(level): Level, queue: &Mutex<Receiver<Job>>, finished: &Sender<Done>) {
    let [mut store, mut compress] = [0, level].map(|level| {
        Compressor::new(CompressionLvl::new(level).expect("a level is one of libdeflate's"))
    });
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { number, chunk, mut output }) = job else { return };
        let bytes = chunk.bytes();
        let compressor = if is_dense(bytes) { &mut store } else { &mut compress };
        let room = compressor.gzip_compress_bound(bytes.len());
        if output.len() < room {
            output.resize(room, 0);
        }
        let made = compressor.gzip_compress(bytes, &mut output).map_err(io::Error::other);
        if finished.send(Done { number, chunk, output, made }).is_err() {
            return;
        }
    }
}
