//! How much a template may do, so that each ends soon and fits in memory.

use std::io;

/// How many bytes a template, and what becomes of it, may have.
pub(super) const LONGEST: usize = 1024 * 1024;

/// How much work a template may be: an instruction of minijinja's is 1, as are 64 bytes that are
/// made on the way. It ends within a tenth of a second and with less than 32 MB in hand.
pub(super) const FUEL: u64 = 500_000;

/// How many words and signs the tags of a template may have. minijinja reads `not not …`, `x.y.z…`
/// and `elif` by calling itself, one word deeper each, and a thread's stack may have 2 MB.
pub(super) const WORDS: usize = 2000;

/// How many `vars` may take one another in a row.
pub(crate) const DEEPEST_VARS: usize = 64;

/// What more of them are told as.
pub(crate) const TOO_DEEP: &str = "more than 64 `vars` take one another in a row";

/// How many bytes of a file `file("…")` takes.
pub(super) const LONGEST_FILE: usize = 64 * 1024;

/// How many numbers `range` gives.
pub(super) const LONGEST_RANGE: usize = 1000;

/// How many `for` may stand within each other.
pub(super) const DEEPEST_LOOP: usize = 2;

/// How many items a list or table may have, with those in it.
pub(super) const ITEMS: usize = 100_000;

/// How many times as large as what it is made of a value of the template's own may be.
pub(super) const GROWTH: u32 = 64;

/// Takes [`LONGEST`] bytes and then no more.
#[derive(Default)]
pub(super) struct Bounded(Vec<u8>);

impl Bounded {
    /// What was written. minijinja writes text alone, so it is text.
    pub(super) fn into_text(self) -> String {
        String::from_utf8(self.0).unwrap_or_default()
    }
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > LONGEST {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
