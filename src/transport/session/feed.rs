//! What the far side is fed with: small files, wishes, the bundle in chunks.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::{
    mouth::{self, CHUNK, Frame, Mouth},
    script,
};
use crate::{
    context::{ContextError, Packed},
    event::{Event, Events, What},
    hex::hex,
    threads::{self, Working},
    transport::{BUNDLE, Bundle, FAR_DIR, Job, OutputKind, TransportError},
};

/// The checksum so far of the lines that say what is to be done there.
#[derive(Debug, Default)]
pub(super) struct Lines(Sha256);

impl Lines {
    async fn say(&mut self, mouth: &Mouth, line: &str, bytes: &[u8]) {
        self.0.update(format!("{line}\n"));
        mouth.say(mouth::frame(line, bytes)).await;
    }

    /// Tells the bundle's end, and to go on where all has arrived as it was sent.
    pub(super) async fn run(mut self, mouth: &Mouth, packed: &Packed) {
        let sum = hex(&packed.sha256);
        self.say(mouth, &format!("bundle {} {sum} {BUNDLE}", packed.bytes), &[]).await;
        mouth.line(&format!("run {}", hex(&self.0.finalize()))).await;
    }
}

/// Sends the job's files, how the executor is started, and what is wanted of it afterwards.
pub(super) async fn files(mouth: &Mouth, job: &Job) -> Result<Lines, TransportError> {
    let refuse = |what| TransportError::Feed { what };
    let mut lines = Lines::default();
    for file in &job.files {
        check_path(&file.path).map_err(refuse)?;
        small(&mut lines, mouth, &file.path, file.content.expose()).await;
    }
    small(&mut lines, mouth, ".start", &script::start(job).map_err(refuse)?).await;
    for (number, output) in job.outputs.iter().enumerate() {
        check_path(&output.far).map_err(refuse)?;
        let kind = match output.kind {
            OutputKind::File => "file",
            OutputKind::Directory => "directory",
        };
        lines.say(mouth, &format!("want {number} {kind} {}", output.far), &[]).await;
    }
    if let Some(path) = digest_file(job) {
        lines.say(mouth, &format!("want - digest {path}"), &[]).await;
    }
    Ok(lines)
}

/// Where the executor writes the digest, relative to [`FAR_DIR`].
pub(super) fn digest_file(job: &Job) -> Option<&str> {
    let path = job.arguments.iter().find_map(|argument| argument.strip_prefix("--digest-file="))?;
    path.strip_prefix(FAR_DIR)?.strip_prefix('/')
}

async fn small(lines: &mut Lines, mouth: &Mouth, path: &str, content: &[u8]) {
    let sum = hex(&Sha256::digest(content));
    lines.say(mouth, &format!("file {} {sum} {path}", content.len()), content).await;
}

/// A path of a job must stay below its directory and fit into a line.
fn check_path(path: &str) -> Result<(), String> {
    let plain = !path.contains(['\n', '\r', '\0'])
        && path.trim() == path
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
        && !matches!(path, BUNDLE | ".start" | ".wants");
    if plain { Ok(()) } else { Err(format!("`{path}` is no path for a file of a build")) }
}

/// The bundle on its way, made by a thread of its own.
#[derive(Debug)]
pub(super) struct Feeding {
    task: Working<Result<Packed, ContextError>>,
    abandoned: Arc<AtomicBool>,
}

impl Feeding {
    /// Starts to make the bundle and to send it in chunks; only its end has to be told then.
    pub(super) fn start(mouth: &Mouth, bundle: Bundle, build: Arc<str>, events: Events) -> Self {
        let abandoned = Arc::<AtomicBool>::default();
        let mut chunks = Chunks {
            frames: mouth.frames(),
            abandoned: Arc::clone(&abandoned),
            waiting: Vec::with_capacity(CHUNK),
            sent: 0,
            build,
            events,
        };
        let task = threads::start(move || {
            let packed = bundle(&mut chunks)?;
            chunks.flush().map_err(ContextError::Sink)?;
            if packed.bytes != chunks.sent {
                let told = io::Error::other("more or fewer bytes were made than counted");
                return Err(ContextError::Sink(told));
            }
            Ok(packed)
        });
        Self { task, abandoned }
    }

    /// Waits for the whole bundle to be on its way. Cancel safe.
    pub(super) async fn done(&mut self) -> Result<Packed, ContextError> {
        (&mut self.task).await.map_err(ContextError::Threads)?
    }
}

impl Drop for Feeding {
    fn drop(&mut self) {
        self.abandoned.store(true, Ordering::Relaxed);
    }
}

/// Cuts what is written to it into frames.
struct Chunks {
    frames: Option<mpsc::Sender<Frame>>,
    abandoned: Arc<AtomicBool>,
    waiting: Vec<u8>,
    sent: u64,
    build: Arc<str>,
    events: Events,
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = CHUNK - self.waiting.len();
        let taken = room.min(bytes.len());
        self.waiting.extend_from_slice(&bytes[..taken]);
        if self.waiting.len() == CHUNK {
            self.flush()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        if self.abandoned.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let frame = mouth::frame(&format!("chunk {}", self.waiting.len()), &self.waiting);
        let sent = self.frames.as_ref().map(|frames| frames.blocking_send(frame));
        let Some(Ok(())) = sent else { return Err(io::ErrorKind::BrokenPipe.into()) };
        self.sent += self.waiting.len() as u64;
        self.waiting.clear();
        let what = What::Sent { bytes: self.sent };
        // Nobody listens any more: the bundle is still sent.
        let _ = self.events.blocking_send(Event { build: Some(Arc::clone(&self.build)), what });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::session::tests::job;

    #[test]
    fn a_path_that_leads_out_is_refused() {
        for path in ["../x", "a/../b", "/x", "", "a//b", "a\nrun", "bundle.tgz", ".start"] {
            assert!(check_path(path).is_err(), "{path}");
        }
        assert_eq!(check_path("docker/config.json"), Ok(()));
    }

    #[test]
    fn the_digest_file_is_known_by_its_flag() {
        let arguments = vec![format!("--digest-file={FAR_DIR}/out/digest")];
        assert_eq!(digest_file(&Job { arguments, ..job() }), Some("out/digest"));
        let arguments = vec!["--digest-file=https://example.com/digest".to_owned()];
        assert_eq!(digest_file(&Job { arguments, ..job() }), None);
    }
}
