//! Work that waits for the disk or for a pipe, each piece on a thread of its own.
//!
//! What is left to tokio's pool waits for ever where the system has no room for another thread,
//! and where there is none at all the pool panics (tokio's runtime/blocking/pool.rs,
//! `Spawner::spawn_task`). Here it is tried again for some seconds, and then told.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    thread,
    time::{Duration, Instant},
};

use tokio::{runtime::Handle, sync::oneshot};

/// Between two tries to start a thread.
const PAUSE: Duration = Duration::from_millis(100);

/// How often it is tried: for five seconds, in which threads of ours may end.
const TRIES: u32 = 50;

/// Work that was started, or will be in a moment. Dropped, it goes on and nobody hears its end.
///
/// Its panic is that of whoever waits for it.
#[derive(Debug)]
pub(crate) struct Working<T>(oneshot::Receiver<io::Result<thread::Result<T>>>);

impl<T> Future for Working<T> {
    /// The system's error where there was no thread for it.
    type Output = io::Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        Pin::new(&mut self.0).poll(context).map(|told| match told {
            Ok(Ok(Ok(done))) => Ok(done),
            Ok(Ok(Err(panic))) => resume_unwind(panic),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(io::Error::other("the runtime has ended")),
        })
    }
}

/// Starts `work` beside what waits, in the runtime that this is called in.
pub(crate) fn start<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Working<T> {
    let (tell, told) = oneshot::channel();
    let runtime = Handle::current();
    let parcel = Arc::new(Mutex::new(Some((work, tell))));
    let begin = {
        let (parcel, runtime) = (Arc::clone(&parcel), runtime.clone());
        move || {
            let (parcel, runtime) = (Arc::clone(&parcel), runtime.clone());
            let begun = thread::Builder::new().spawn(move || {
                let _within = runtime.enter();
                let taken = parcel.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some((work, tell)) = taken {
                    // Who does not want to hear it any more has gone.
                    let _ = tell.send(Ok(catch_unwind(AssertUnwindSafe(work))));
                }
            });
            begun.map(drop)
        }
    };
    if begin().is_err() {
        runtime.spawn(async move {
            let mut left = TRIES;
            while let Err(error) = begin() {
                left -= 1;
                if left == 0 {
                    let taken = parcel.lock().unwrap_or_else(PoisonError::into_inner).take();
                    if let Some((_, tell)) = taken {
                        let _ = tell.send(Err(error));
                    }
                    return;
                }
                tokio::time::sleep(PAUSE).await;
            }
        });
    }
    Working(told)
}

/// Whether the system has room for so many threads now.
pub(crate) fn has_room_for(threads: usize) -> bool {
    let before = known();
    let end = Mutex::new(());
    let room = thread::scope(|scope| {
        // None ends before all were tried.
        let _held = end.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = || drop(end.lock());
        (0..threads).all(|_| thread::Builder::new().spawn_scoped(scope, wait).is_ok())
    });
    // The system counts a thread for a moment after it has ended.
    let tried = Instant::now();
    while known() > before && tried.elapsed() < PAUSE {
        thread::sleep(Duration::from_millis(1));
    }
    room
}

/// The threads of this process that the system knows.
///
/// Source: Linux's kernel/exit.c, `release_task`, which takes a thread off its user's count, and
/// its control group's, before it takes it out of there.
fn known() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_done_within_the_runtime_and_its_end_is_told() {
        assert_eq!(start(|| Handle::current().block_on(async { 7 })).await.unwrap(), 7);
    }

    #[tokio::test]
    #[should_panic(expected = "of its own")]
    async fn a_panic_is_that_of_whoever_waits() {
        let _ = start(|| panic!("a panic of its own")).await;
    }

    #[test]
    fn there_is_room_for_some() {
        assert!(has_room_for(2));
    }
}
