//! Archives through the client's stdin and stdout, read and written by threads that may block.

use std::{
    fs::File,
    future::Future,
    io::{self, Read, Write},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::io::AsyncReadExt;

use super::{client::Client, failure::unstartable, rule};
use crate::{context::ContextError, process::ProcessError, threads, transport::TransportError};

/// How many bytes of a client's complaint are kept.
const COMPLAINT: u64 = 64 * 1024;

/// Bytes that have passed, seen from outside of the thread that moves them.
#[derive(Debug, Default)]
pub(super) struct Progress {
    bytes: AtomicU64,
    stopped: AtomicBool,
}

/// Lets a thread's next read or write fail once the future that waits for it is dropped.
#[derive(Debug)]
pub(super) struct Stop(pub(super) Arc<Progress>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.stopped.store(true, Ordering::Relaxed);
    }
}

/// A reader or writer whose progress is seen and which can be stopped.
#[derive(Debug)]
pub(super) struct Meter<T> {
    inner: T,
    progress: Arc<Progress>,
}

impl<T> Meter<T> {
    pub(super) fn new(inner: T, progress: &Arc<Progress>) -> Self {
        Self { inner, progress: progress.clone() }
    }

    pub(super) fn into_inner(self) -> T {
        self.inner
    }

    fn moved(&self, bytes: usize) -> usize {
        self.progress.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        bytes
    }

    fn unless_stopped(&self) -> io::Result<()> {
        if self.progress.stopped.load(Ordering::Relaxed) {
            // Not `Interrupted`, after which everybody tries again.
            return Err(io::Error::other("stopped"));
        }
        Ok(())
    }
}

impl<W: Write> Write for Meter<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.unless_stopped()?;
        let written = self.inner.write(buffer)?;
        Ok(self.moved(written))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<R: Read> Read for Meter<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.unless_stopped()?;
        let read = self.inner.read(buffer)?;
        Ok(self.moved(read))
    }
}

/// Waits for `work` as long as bytes move at least once in each `limit`.
async fn unless_stalled<T>(
    progress: &Progress,
    limit: Duration,
    work: impl Future<Output = T>,
) -> Option<T> {
    let mut work = pin!(work);
    let mut before = None;
    loop {
        if let Ok(done) = tokio::time::timeout(limit, &mut work).await {
            return Some(done);
        }
        let now = progress.bytes.load(Ordering::Relaxed);
        if before.replace(now) == Some(now) {
            return None;
        }
    }
}

/// How a copy ended: what our side made of the stream, and what the client said.
#[derive(Debug)]
pub(super) struct Copied<T> {
    /// Our side.
    pub(super) ours: T,
    /// The client's exit code.
    pub(super) code: i32,
    /// The client's complaint.
    pub(super) said: String,
}

/// Which way an archive goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

/// Unpacks what `write` writes into `directory` of the container.
///
/// The client sees the end of the archive only where `write` has written it: what `write`
/// leaves unfinished is no whole archive to it.
pub(super) async fn copy_in<T: Send + 'static>(
    client: Client<'_>,
    name: &str,
    directory: &str,
    stall: Duration,
    write: impl FnOnce(Meter<File>) -> T + Send + 'static,
) -> Result<Copied<T>, TransportError> {
    copy(client, Way::In, rule::copy_in(name, directory), stall, write).await
}

/// Reads `path` of the container as an archive.
pub(super) async fn copy_out<T: Send + 'static>(
    client: Client<'_>,
    name: &str,
    path: &str,
    stall: Duration,
    read: impl FnOnce(&mut Meter<File>) -> T + Send + 'static,
) -> Result<Copied<T>, TransportError> {
    copy(client, Way::Out, rule::copy_out(name, path), stall, |mut archive: Meter<File>| {
        let ours = read(&mut archive);
        // The padding behind the archive's end; without a reader the client would fail.
        let _ = io::copy(&mut archive, &mut io::sink());
        ours
    })
    .await
}

async fn copy<T: Send + 'static>(
    client: Client<'_>,
    way: Way,
    arguments: Vec<String>,
    stall: Duration,
    work: impl FnOnce(Meter<File>) -> T + Send + 'static,
) -> Result<Copied<T>, TransportError> {
    let mut running = client.start(arguments)?;
    let program = running.name().to_owned();
    let follow = |source| {
        let program = program.clone();
        unstartable(client.settings, ProcessError::Follow { program, source })
    };
    let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
    let stdin = running.stdin.take().ok_or_else(gone).map_err(&follow)?;
    let stdout = running.stdout.take().ok_or_else(gone).map_err(&follow)?;
    let stderr = running.stderr.take().ok_or_else(gone).map_err(&follow)?;
    let (ours, talk) = match way {
        Way::In => (stdin.into_owned_fd().map_err(&follow)?, Some(stdout)),
        Way::Out => {
            drop(stdin);
            (stdout.into_owned_fd().map_err(&follow)?, None)
        }
    };

    let progress = Arc::new(Progress::default());
    let _stop = Stop(progress.clone());
    let meter = Meter::new(File::from(ours), &progress);
    let moving = threads::start(move || work(meter));
    let complaint = async {
        let mut said = Vec::new();
        let mut stderr = stderr.take(COMPLAINT);
        let _ = stderr.read_to_end(&mut said).await;
        let _ = tokio::io::copy(&mut stderr.into_inner(), &mut tokio::io::sink()).await;
        String::from_utf8_lossy(&said).into_owned()
    };
    let talk = async {
        if let Some(mut talk) = talk {
            let _ = tokio::io::copy(&mut talk, &mut tokio::io::sink()).await;
        }
    };
    let end = async { tokio::join!(moving, complaint, talk, running.wait()) };
    let Some((ours, said, (), code)) = unless_stalled(&progress, stall, end).await else {
        let error = ProcessError::TooLong { program, limit: stall };
        return Err(unstartable(client.settings, error));
    };
    let ours = ours.map_err(ContextError::Threads)?;
    let code = code.map_err(|error| unstartable(client.settings, error))?;
    Ok(Copied { ours, code, said })
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use super::*;

    #[test]
    fn a_stopped_thread_writes_nothing_more() {
        let progress = Arc::new(Progress::default());
        let mut meter = Meter::new(Vec::new(), &progress);
        meter.write_all(b"one").unwrap();
        drop(Stop(progress));
        assert_eq!(meter.write_all(b"two").unwrap_err().to_string(), "stopped");
        assert_eq!(meter.inner, b"one");
    }

    const LIMIT: Duration = Duration::from_millis(1);

    #[tokio::test]
    async fn work_that_moves_nothing_is_given_up() {
        let progress = Progress::default();
        assert_eq!(unless_stalled(&progress, LIMIT, std::future::pending::<()>()).await, None);
    }

    #[tokio::test]
    async fn slow_work_that_moves_is_waited_for() {
        let progress = Progress::default();
        // Moves a byte whenever it is looked at, which the limit alone brings about.
        let work = std::future::poll_fn(|_| match progress.bytes.fetch_add(1, Ordering::Relaxed) {
            9 => Poll::Ready("done"),
            _ => Poll::Pending,
        });
        assert_eq!(unless_stalled(&progress, LIMIT, work).await, Some("done"));
    }
}
