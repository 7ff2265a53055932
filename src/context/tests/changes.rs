//! Files that change while they are read.

use std::{
    fs,
    io::{self, Write},
};

use super::{Compression, ContextError, Tree, noise, pack, reads_as_whole};

/// A sink that does something once, when the first chunk of content is through.
pub(super) struct Acting<F> {
    act: Option<F>,
    taken: Vec<u8>,
}

impl<F: FnOnce()> Acting<F> {
    pub(super) fn within_content(act: F) -> Self {
        Self { act: Some(act), taken: Vec::new() }
    }
}

impl<F: FnOnce()> Write for Acting<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.taken.extend_from_slice(bytes);
        // Before that comes the member's header of ten bytes.
        if self.taken.len() > 10
            && let Some(act) = self.act.take()
        {
            act();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What becomes of a tree whose large file gets `length` bytes while it is read.
fn resized(length: u64) -> (String, Vec<u8>) {
    let tree = Tree::new().file("d/large", vec![b'x'; 300_000]).file("z", "z");
    let mut sink = Acting::within_content(|| {
        let file = fs::File::options().write(true).open(tree.path("d/large")).unwrap();
        file.set_len(length).unwrap();
    });
    let error = pack(&tree.spec, Compression::None, &mut sink).unwrap_err();
    assert!(matches!(&error, ContextError::Changed { path, .. } if *path == tree.path("d/large")));
    let how = error.to_string();
    (how.rsplit_once("` ").unwrap().1.to_owned(), sink.taken)
}

#[test]
fn a_file_that_shrinks_while_it_is_read_is_an_error() {
    let (how, written) = resized(100_000);

    assert_eq!(how, "shrank while it was read");
    assert!(!reads_as_whole(&written));
}

#[test]
fn a_file_that_grows_while_it_is_read_is_an_error() {
    let (how, written) = resized(300_001);

    assert_eq!(how, "grew while it was read");
    assert!(!reads_as_whole(&written));
}

#[test]
fn contents_that_end_anywhere_in_a_chunk_arrive_whole() {
    // A stored chunk holds 65,535 bytes, of which 1,536 are headers before this content.
    for length in [0, 1, 511, 512, 513, 63_998, 63_999, 64_000, 129_534, 129_535] {
        let content = noise(length);
        let tree = Tree::new().file("A", &content);
        let tar = super::unzip(&tree.pack(Compression::None).0).unwrap();

        assert_eq!(tar[1024..1024 + content.len()], content, "{length}");
        assert_eq!(tar.len() % 512, 0, "{length}");
        assert_eq!(super::entries(&tree.pack(Compression::Network).0).len(), 3, "{length}");
    }
}
