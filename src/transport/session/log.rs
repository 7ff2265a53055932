//! The executor's output: lines told as they come, and the last ones kept.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    task::JoinHandle,
};

use crate::{
    event::{Event, Events, What},
    kaniko::log::UsageFilter,
};

/// A line's bytes that are kept; what is beyond is dropped.
const LONGEST: usize = 64 * 1024;

/// Lines kept for the report.
const KEPT: usize = 100;

/// Follows the carrying program's stderr, which is the executor's output once we are connected.
#[derive(Debug)]
pub(super) struct Log {
    lines: Arc<Mutex<Lines>>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Lines {
    last: VecDeque<String>,
    /// Told as they come; before that they are only kept.
    told: bool,
}

impl Log {
    /// Follows `source` to its end.
    pub(super) fn follow(
        source: impl AsyncRead + Unpin + Send + 'static,
        build: Arc<str>,
        events: Events,
    ) -> Self {
        let lines = Arc::<Mutex<Lines>>::default();
        let task = tokio::spawn(pump(source, Arc::clone(&lines), build, events));
        Self { lines, task }
    }

    /// From here on lines are told; returns those that came before.
    pub(super) fn tell(&self) -> Vec<String> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.told = true;
        std::mem::take(&mut lines.last).into()
    }

    /// Waits for the end of the output.
    pub(super) async fn ended(&mut self) {
        // A panic in there has been reported; there is no more to read.
        let _ = (&mut self.task).await;
    }

    /// The last lines, oldest first.
    pub(super) fn last(&self) -> Vec<String> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.last.iter().cloned().collect()
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pump(
    mut source: impl AsyncRead + Unpin,
    lines: Arc<Mutex<Lines>>,
    build: Arc<str>,
    events: Events,
) {
    let mut usage = UsageFilter::default();
    let mut line = Vec::new();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = source.read(&mut buffer).await.unwrap_or(0);
        for &byte in &buffer[..read] {
            if byte != b'\n' {
                if line.len() < LONGEST {
                    line.push(byte);
                }
                continue;
            }
            let text = String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned();
            line.clear();
            for line in usage.push(text) {
                keep(line, &lines, &build, &events).await;
            }
        }
        if read == 0 {
            break;
        }
    }
    let rest = String::from_utf8_lossy(&line).into_owned();
    let mut end = if rest.is_empty() { Vec::new() } else { usage.push(rest) };
    end.extend(usage.finish());
    for line in end {
        keep(line, &lines, &build, &events).await;
    }
}

async fn keep(line: String, lines: &Mutex<Lines>, build: &Arc<str>, events: &Events) {
    let told = {
        let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.last.len() == KEPT {
            lines.last.pop_front();
        }
        lines.last.push_back(line.clone());
        lines.told
    };
    if told {
        let event = Event { build: Some(Arc::clone(build)), what: What::Log { line } };
        // Nobody listens any more: the lines are still kept.
        let _ = events.send(event).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn followed(output: &'static [u8]) -> Vec<String> {
        let (events, _listener) = tokio::sync::mpsc::channel(1000);
        let mut log = Log::follow(output, "web".into(), events);
        log.ended().await;
        log.last()
    }

    #[tokio::test]
    async fn the_last_line_needs_no_end() {
        assert_eq!(followed(b"one\r\ntwo").await, ["one", "two"]);
    }

    #[tokio::test]
    async fn a_line_is_cut_where_it_is_endless() {
        let output = vec![b'x'; 1 << 20].leak();
        assert_eq!(followed(output).await[0].len(), 65536);
    }

    #[tokio::test]
    async fn the_executors_usage_is_left_out() {
        let output =
            b"Error: unknown flag: --x\nUsage:\n  executor [flags]\n\nFlags:\n  --cache\n\n\
            Use \"executor [command] --help\" for more.\nlast";
        assert_eq!(followed(output).await, ["Error: unknown flag: --x", "last"]);
    }

    #[tokio::test]
    async fn other_usages_stay() {
        assert_eq!(
            followed(b"Usage:\n  make all\nUsage:").await,
            ["Usage:", "  make all", "Usage:"]
        );
    }

    #[tokio::test]
    async fn lines_before_the_connection_are_kept_and_not_told() {
        let (events, mut listener) = tokio::sync::mpsc::channel(10);
        let mut log = Log::follow(&b"warning: old key\n"[..], "web".into(), events);
        log.ended().await;
        assert!(listener.try_recv().is_err());
        assert_eq!(log.tell(), ["warning: old key"]);
    }
}
