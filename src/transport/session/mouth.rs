//! What goes to the far side: frames, and beats where there are none.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    sync::mpsc,
    task::JoinHandle,
    time::timeout,
};
use zeroize::Zeroizing;

use super::Pace;

/// Bytes of the bundle in one frame: enough for the processes that each costs at the far side,
/// which counts what has come of one as a sign of life.
pub(super) const CHUNK: usize = 1024 * 1024;

/// Frames on their way; so many chunks are in memory, and some of the pipe's.
const WAITING: usize = 2;

/// A line, and the bytes that it announces. Wiped when sent: all of them may be secrets.
pub(super) type Frame = Zeroizing<Vec<u8>>;

/// Sends frames in order. Dropped, it is the end of the far side's input.
#[derive(Debug)]
pub(super) struct Mouth {
    frames: Option<mpsc::Sender<Frame>>,
    task: JoinHandle<io::Result<()>>,
}

impl Mouth {
    /// Speaks into `sink`, from now on.
    pub(super) fn open(sink: impl AsyncWrite + Unpin + Send + 'static, pace: Pace) -> Self {
        let (frames, waiting) = mpsc::channel(WAITING);
        Self { frames: Some(frames), task: tokio::spawn(speak(sink, waiting, pace)) }
    }

    /// Where a thread that makes frames puts them; nothing once this is closed.
    pub(super) fn frames(&self) -> Option<mpsc::Sender<Frame>> {
        self.frames.clone()
    }

    /// Sends one frame. That it can't be sent is no error here: what the far side said, or how
    /// the program that carries us ended, is the reason, and is heard later.
    pub(super) async fn say(&self, frame: Frame) {
        if let Some(frames) = &self.frames {
            let _ = frames.send(frame).await;
        }
    }

    /// Sends a line.
    pub(super) async fn line(&self, line: &str) {
        self.say(Zeroizing::new(format!("{line}\n").into_bytes())).await;
    }

    /// Is anybody listening?
    pub(super) fn is_closed(&self) -> bool {
        self.frames.as_ref().is_none_or(mpsc::Sender::is_closed)
    }

    /// Ends the far side's input, once all that waits is sent.
    pub(super) fn close(&mut self) {
        self.frames = None;
    }
}

impl Drop for Mouth {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A frame: `line`, and `bytes` behind it.
pub(super) fn frame(line: &str, bytes: &[u8]) -> Frame {
    let mut frame = Zeroizing::new(Vec::with_capacity(line.len() + 1 + bytes.len()));
    frame.extend_from_slice(line.as_bytes());
    frame.push(b'\n');
    frame.extend_from_slice(bytes);
    frame
}

async fn speak(
    mut sink: impl AsyncWrite + Unpin,
    mut frames: mpsc::Receiver<Frame>,
    pace: Pace,
) -> io::Result<()> {
    loop {
        match timeout(pace.beat, frames.recv()).await {
            Ok(Some(frame)) => push(&mut sink, &frame, pace.silence).await?,
            Ok(None) => return sink.shutdown().await,
            Err(_) => push(&mut sink, b"beat\n", pace.silence).await?,
        }
    }
}

/// Writes all of `bytes`, each part of it within `silence`.
async fn push(
    sink: &mut (impl AsyncWrite + Unpin),
    mut bytes: &[u8],
    silence: Duration,
) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = timeout(silence, sink.write(bytes))
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = &bytes[written..];
    }
    sink.flush().await
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;

    use super::*;

    const PACE: Pace = Pace { beat: Duration::from_millis(1), ..Pace::USUAL };

    #[tokio::test]
    async fn who_has_nothing_to_say_beats() {
        let (sink, mut far) = tokio::io::duplex(64);
        let _mouth = Mouth::open(sink, PACE);
        let mut heard = [0; 10];
        far.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"beat\nbeat\n");
    }

    #[tokio::test]
    async fn frames_are_never_torn_by_a_beat() {
        let (sink, mut far) = tokio::io::duplex(1);
        let mouth = Mouth::open(sink, Pace { beat: Duration::from_mins(1), ..PACE });
        mouth.say(frame("chunk 3", b"abc")).await;
        mouth.line("run").await;
        let mut heard = [0; 15];
        far.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"chunk 3\nabcrun\n");
    }

    #[tokio::test]
    async fn a_far_side_that_takes_nothing_is_given_up() {
        let (sink, _far) = tokio::io::duplex(1);
        let pace = Pace { silence: Duration::from_millis(1), ..PACE };
        let mouth = Mouth::open(sink, pace);
        mouth.line("more than one byte").await;
        while !mouth.is_closed() {
            tokio::task::yield_now().await;
        }
    }
}
