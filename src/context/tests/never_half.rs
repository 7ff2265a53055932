//! Never half a context: what was written before an error does not read as whole.

use std::io::{self, Write};

use rustix::fs::{CWD, FileType, Mode};

use super::{Compression, ContextError, Tree, noise, pack, reads_as_whole};

/// A sink that takes so many bytes and no more; it would take others after the refusal.
struct Full {
    room: usize,
    taken: Vec<u8>,
    refused: usize,
}

impl Full {
    fn after(room: usize) -> Self {
        Self { room, taken: Vec::new(), refused: 0 }
    }
}

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.taken.len() < self.room || self.refused > 0 {
            let fits = if self.refused > 0 {
                bytes.len()
            } else {
                bytes.len().min(self.room - self.taken.len())
            };
            self.taken.extend_from_slice(&bytes[..fits]);
            return Ok(fits);
        }
        self.refused += 1;
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_sink_that_fails_anywhere_holds_nothing_that_reads_as_whole() {
    let tree = Tree::new().file("src/main.rs", "fn main() {}\n").link("a", "b");
    for compression in [Compression::None, Compression::Network] {
        let whole = tree.pack(compression).0;
        for room in 0..whole.len() {
            let mut sink = Full::after(room);
            let error = pack(&tree.spec, compression, &mut sink).unwrap_err();

            assert!(matches!(error, ContextError::Sink(_)), "{room}");
            assert_eq!(sink.taken, whole[..room], "{compression:?}, {room}");
            assert!(!reads_as_whole(&sink.taken), "{compression:?}, {room}");
        }
    }
}

#[test]
fn a_sink_that_fails_between_chunks_gets_nothing_more() {
    let tree = Tree::new().file("noise", noise(2_000_000));
    for compression in [Compression::None, Compression::Network] {
        let whole = tree.pack(compression).0;
        for room in (0..whole.len()).step_by(whole.len() / 23) {
            let mut sink = Full::after(room);
            pack(&tree.spec, compression, &mut sink).unwrap_err();

            assert_eq!((sink.taken.len(), sink.refused), (room, 1), "{compression:?}");
        }
    }
}

#[test]
fn a_tree_with_a_fault_at_its_end_leaves_nothing_that_reads_as_whole() {
    let tree = Tree::new().file("noise", noise(2_000_000));
    rustix::fs::mknodat(CWD, tree.path("z"), FileType::Fifo, Mode::from(0o644), 0).unwrap();
    for compression in [Compression::None, Compression::Network] {
        let mut bundle = Vec::new();
        let error = pack(&tree.spec, compression, &mut bundle).unwrap_err();

        assert!(matches!(error, ContextError::Refused { .. }));
        assert!(bundle.len() > 100_000);
        assert!(!reads_as_whole(&bundle));
    }
}

#[test]
fn nothing_is_written_of_a_context_that_is_known_to_be_bad() {
    let tree = Tree::new().file(".dockerignore", "[");
    let mut bundle = Vec::new();
    pack(&tree.spec, Compression::Network, &mut bundle).unwrap_err();

    assert_eq!(bundle, b"");
}

#[test]
fn what_flushing_refuses_is_an_error() {
    struct NoFlush;
    impl Write for NoFlush {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }
    let error = pack(&Tree::new().spec, Compression::None, &mut NoFlush).unwrap_err();

    assert!(matches!(error, ContextError::Sink(_)));
}
