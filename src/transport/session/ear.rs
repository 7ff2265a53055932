//! What comes from the far side: lines, and raw bytes where a line announces them.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    time::timeout,
};

/// No line of the protocol is longer.
const LONGEST: usize = 64 * 1024;

/// Why nothing more is heard.
#[derive(Debug)]
pub(super) enum Deaf {
    /// The end of the far side's output.
    Ended,
    /// Not a byte for so long.
    Silent,
    /// A line beyond every measure, or a failing pipe.
    Broken(io::Error),
}

/// Reads the far side's output.
#[derive(Debug)]
pub(super) struct Ear<R> {
    source: R,
    silence: Duration,
    heard: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Ear<R> {
    pub(super) fn new(source: R, silence: Duration) -> Self {
        Self { source, silence, heard: Vec::new() }
    }

    /// The next line, without its end. Cancel safe: what was heard of it is kept.
    pub(super) async fn line(&mut self) -> Result<String, Deaf> {
        let mut searched = 0;
        loop {
            if let Some(end) = self.heard[searched..].iter().position(|&byte| byte == b'\n') {
                let rest = self.heard.split_off(searched + end + 1);
                let mut line = std::mem::replace(&mut self.heard, rest);
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(String::from_utf8_lossy(&line).into_owned());
            }
            searched = self.heard.len();
            if searched > LONGEST {
                return Err(Deaf::Broken(io::Error::other("a line without end")));
            }
            self.hear(4096).await?;
        }
    }

    /// The next bytes of announced ones, at most `most` and at least one.
    pub(super) async fn bytes(&mut self, most: u64) -> Result<Vec<u8>, Deaf> {
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(LONGEST);
        if self.heard.is_empty() {
            self.hear(most).await?;
        }
        let rest = self.heard.split_off(most.min(self.heard.len()));
        Ok(std::mem::replace(&mut self.heard, rest))
    }

    async fn hear(&mut self, most: usize) -> Result<(), Deaf> {
        self.heard.reserve(most);
        match timeout(self.silence, self.source.read_buf(&mut self.heard)).await {
            Err(_) => Err(Deaf::Silent),
            Ok(Ok(0)) => Err(Deaf::Ended),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(Deaf::Broken(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ear(bytes: &[u8]) -> Ear<&[u8]> {
        Ear::new(bytes, Duration::from_mins(1))
    }

    #[tokio::test]
    async fn raw_bytes_stand_between_lines() {
        let mut ear = ear(b"output 0 4 x\na\nb\nbye\n");
        assert_eq!(ear.line().await.unwrap(), "output 0 4 x");
        assert_eq!(ear.bytes(4).await.unwrap(), b"a\nb\n");
        assert_eq!(ear.line().await.unwrap(), "bye");
        assert!(matches!(ear.line().await, Err(Deaf::Ended)));
    }

    #[tokio::test]
    async fn a_line_without_an_end_is_not_kept_for_ever() {
        let endless = vec![b'x'; 1 << 20];
        assert!(matches!(ear(&endless).line().await, Err(Deaf::Broken(_))));
    }

    #[tokio::test]
    async fn a_silent_far_side_is_noticed() {
        let (_held, source) = tokio::io::duplex(16);
        let mut ear = Ear::new(source, Duration::from_millis(1));
        assert!(matches!(ear.line().await, Err(Deaf::Silent)));
    }
}
