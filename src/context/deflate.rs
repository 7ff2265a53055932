//! A gzip member that is compressed in chunks, on several threads.
//!
//! Each chunk is compressed for itself, with what is before it as its dictionary, and ends at a
//! whole byte by a sync flush; together they are one stream. Chunks of which nothing can be made
//! are stored. How many threads there are changes nothing in it.

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

use super::{
    ContextError,
    dense::is_dense,
    gate::Gate,
    stored,
    stream::{Chunk, HEADER, trailer},
};

/// Bytes of a chunk. Part of the format: another length gives other bytes.
const LENGTH: usize = 256 * 1024;

/// Bytes before a chunk that it may refer to: all that deflate can reach.
const DICTIONARY: usize = 32 * 1024;

/// Room for a compressed chunk, more than zlib ever needs. Part of the format as well: where it
/// has to wait for room, it goes on differently.
const ROOM: usize = LENGTH + LENGTH / 16 + 1024;

/// How hard it is tried, as zlib counts. Part of the format.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Level(u32);

impl Level {
    /// What goes over a network once: 6 takes half as long again for one part in a hundred.
    pub(crate) const BUNDLE: Self = Self(5);

    /// What has to be there soon: 5 takes a third longer for six parts in a hundred of programs
    /// and scripts, 1 leaves a quarter more.
    pub(crate) const LAYER: Self = Self(2);

    /// As zlib counts, from 0, where nothing is compressed, to 9.
    pub(crate) fn of(level: u32) -> Self {
        Self(level.min(9))
    }
}

/// Keeps memory within bounds: a thread and its chunks take about 1.5 MiB.
const MOST_THREADS: usize = 12;

/// Chunks under way for each thread.
const AHEAD: usize = 2;

/// What makes a compressed stream of chunks.
pub(crate) struct Deflate<'a> {
    gate: Gate<'a>,
    crc: Crc,
    jobs: Sender<Job>,
    done: Receiver<Done>,
    /// Came back before their turn.
    early: BTreeMap<u64, Done>,
    /// Buffers to use again.
    spare: Vec<(Vec<u8>, Vec<u8>)>,
    sent: u64,
    written: u64,
    most: u64,
}

struct Job {
    number: u64,
    buffer: Vec<u8>,
    filled: usize,
    last: bool,
    output: Vec<u8>,
}

struct Done {
    number: u64,
    buffer: Vec<u8>,
    crc: Crc,
    /// The output, or that it could not be made.
    output: io::Result<Vec<u8>>,
}

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
        mut gate: Gate<'a>,
    ) -> Result<Self, ContextError> {
        let (jobs, queue) = channel();
        let (finished, done) = channel();
        let queue = Arc::new(Mutex::new(queue));
        let mut started = 0;
        for _ in 0..threads {
            let (queue, finished) = (Arc::clone(&queue), finished.clone());
            let thread = thread::Builder::new().name("deflate".to_owned());
            match thread.spawn_scoped(scope, move || work(level, &queue, &finished)) {
                Ok(_) => started += 1,
                Err(_) if started > 0 => break,
                Err(error) => return Err(ContextError::Threads(error)),
            }
        }
        gate.write(&HEADER).map_err(ContextError::Sink)?;
        Ok(Self {
            gate,
            crc: Crc::new(),
            jobs,
            done,
            early: BTreeMap::new(),
            spare: Vec::new(),
            sent: 0,
            written: 0,
            most: started * AHEAD as u64,
        })
    }

    pub(crate) fn chunk() -> Chunk {
        Chunk::new(DICTIONARY, LENGTH)
    }

    /// Hands a full chunk on and makes it the next one.
    pub(crate) fn encode(&mut self, chunk: &mut Chunk) -> io::Result<()> {
        while self.sent - self.written >= self.most {
            self.take()?;
        }
        let (mut buffer, output) =
            self.spare.pop().unwrap_or_else(|| (Self::chunk().buffer, Vec::with_capacity(ROOM)));
        let end = chunk.front + chunk.filled;
        buffer[..DICTIONARY].copy_from_slice(&chunk.buffer[end - DICTIONARY..end]);
        let full = std::mem::replace(&mut chunk.buffer, buffer);
        let filled = std::mem::take(&mut chunk.filled);
        self.send(full, filled, false, output)
    }

    /// Hands the last chunk on, waits for all, and writes the end.
    pub(crate) fn finish(mut self, chunk: Chunk) -> io::Result<(u64, [u8; 32])> {
        self.send(chunk.buffer, chunk.filled, true, Vec::with_capacity(ROOM))?;
        while self.written < self.sent {
            self.take()?;
        }
        self.gate.write(&trailer(&self.crc))?;
        self.gate.finish()
    }

    fn send(
        &mut self,
        buffer: Vec<u8>,
        filled: usize,
        last: bool,
        output: Vec<u8>,
    ) -> io::Result<()> {
        let job = Job { number: self.sent, buffer, filled, last, output };
        self.sent += 1;
        self.jobs.send(job).map_err(|_| stopped())
    }

    /// Waits for a chunk and writes those whose turn it is.
    fn take(&mut self) -> io::Result<()> {
        let done = self.done.recv().map_err(|_| stopped())?;
        self.early.insert(done.number, done);
        while let Some(Done { buffer, crc, output, .. }) = self.early.remove(&self.written) {
            let output = output?;
            self.gate.write(&output)?;
            self.crc.combine(&crc);
            self.written += 1;
            self.spare.push((buffer, output));
        }
        Ok(())
    }
}

fn stopped() -> io::Error {
    io::Error::other("the threads that compress have ended")
}

/// Compresses chunks until there is nobody to send one.
fn work(level: Level, queue: &Mutex<Receiver<Job>>, finished: &Sender<Done>) {
    loop {
        let job = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { number, buffer, filled, last, mut output }) = job else { return };
        let (dictionary, chunk) = buffer[..DICTIONARY + filled].split_at(DICTIONARY);
        let dictionary = if number == 0 { &[][..] } else { dictionary };
        let mut crc = Crc::new();
        crc.update(chunk);
        output.clear();
        let output = if level.0 == 0 || is_dense(chunk) {
            store(chunk, last, &mut output);
            Ok(output)
        } else {
            compress(level, (dictionary, chunk), last, &mut output).map(|()| output)
        };
        if finished.send(Done { number, buffer, crc, output }).is_err() {
            return;
        }
    }
}

/// Fills `output` with `chunk` as it is.
fn store(chunk: &[u8], last: bool, output: &mut Vec<u8>) {
    let mut blocks = chunk.chunks(stored::MOST).peekable();
    while let Some(block) = blocks.next() {
        output.extend_from_slice(&stored::front(last && blocks.peek().is_none(), block.len()));
        output.extend_from_slice(block);
    }
}

/// Fills `output`, which is empty and has its room, with `chunk`, compressed up to a whole byte.
fn compress(
    level: Level,
    (dictionary, chunk): (&[u8], &[u8]),
    last: bool,
    output: &mut Vec<u8>,
) -> io::Result<()> {
    // A new one each time: after a reset, zlib-rs lets what it compressed before show in the
    // bytes (its hash of a dictionary's end takes in what lies behind it).
    let mut deflate = Compress::new(Compression::new(level.0), false);
    if !dictionary.is_empty() {
        deflate.set_dictionary(dictionary)?;
    }
    let flush = if last { FlushCompress::Finish } else { FlushCompress::Sync };
    let status = deflate.compress_vec(chunk, output, flush)?;
    // Room that is left is how zlib says that a flush is complete.
    let complete =
        if last { status == Status::StreamEnd } else { output.len() < output.capacity() };
    if complete && deflate.total_in() == chunk.len() as u64 {
        Ok(())
    } else {
        Err(io::Error::other("a chunk became longer than it can"))
    }
}
