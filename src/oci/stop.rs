//! An end for work on threads of its own, which would otherwise go on when nobody wants it.
//!
//! Dropping a future ends what it waits for, not what it has given to a thread. Such work holds a
//! [`Stop`] and looks at it now and then; whoever waits for it holds a [`Wanted`].

use std::{
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// Whether something is still wanted; clones tell the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

/// Somebody wants it: when this is dropped, nobody does any more.
#[derive(Debug)]
pub(crate) struct Wanted(Stop);

/// What is read as long as it is wanted.
#[derive(Debug)]
pub(crate) struct WhileWanted<R> {
    input: R,
    stop: Stop,
}

impl Stop {
    /// What whoever waits for the work holds on to.
    pub(crate) fn wanted(&self) -> Wanted {
        Wanted(self.clone())
    }

    /// Whether nobody wants it any more.
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// # Errors
    ///
    /// Where nobody wants it any more, and so nobody is told.
    pub(crate) fn check(&self) -> io::Result<()> {
        if self.is_set() { Err(io::Error::other("nobody waits for it any more")) } else { Ok(()) }
    }

    /// Reads from `input` as long as it is wanted.
    pub(crate) fn reading<R>(&self, input: R) -> WhileWanted<R> {
        WhileWanted { input, stop: self.clone() }
    }
}

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

impl<R: Read> Read for WhileWanted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stop.check()?;
        self.input.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_waits_for_is_not_read_on() {
        let stop = Stop::default();
        let wanted = stop.wanted();
        let mut input = stop.reading(&b"abc"[..]);
        let mut byte = [0];
        input.read_exact(&mut byte).unwrap();

        drop(wanted);

        assert!(input.read(&mut byte).is_err());
    }
}
