//! Work that is done on all cores: of many builds, none of which waits for another.

use std::{sync::LazyLock, thread};

use rayon::{
    ThreadPool, ThreadPoolBuilder,
    iter::{IndexedParallelIterator as _, IntoParallelIterator as _, ParallelIterator as _},
};

/// With fewer than this a thread costs more than it saves.
const FEW: usize = 32;

/// So many are taken at a time: a core that other work keeps from its own takes fewer.
const SHARE: usize = 16;

/// Of so many items at most is something made that is not handed on yet.
const AHEAD: usize = 256;

/// More threads than this would wait for the fifth of the work that one thread does alone; they
/// stay as long as the process, and a container can have room for few.
const MOST: usize = 4;

/// The thread that first has work for them and one for each further core; none where there is one
/// core, or no room for more threads.
static THREADS: LazyLock<Option<ThreadPool>> = LazyLock::new(|| {
    let cores = thread::available_parallelism().map_or(1, usize::from).min(MOST);
    let threads = ThreadPoolBuilder::new().num_threads(cores).use_current_thread();
    if cores > 1 { threads.build().ok() } else { None }
});

/// What `make` makes of each item, in their order.
pub(crate) fn each<T: Send, R: Send>(items: Vec<T>, make: impl Fn(T) -> R + Send + Sync) -> Vec<R> {
    let threads = if items.len() < FEW { None } else { THREADS.as_ref() };
    match threads {
        Some(threads) => {
            threads.install(|| items.into_par_iter().with_min_len(SHARE).map(make).collect())
        }
        None => items.into_iter().map(make).collect(),
    }
}

/// Makes something of each item and hands it on, in their order.
///
/// # Errors
///
/// The first of `take`; no more is handed on then.
pub(crate) fn in_turn<T: Sync, R: Send, E>(
    items: &[T],
    make: impl Fn(&T) -> R + Send + Sync,
    take: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let parts = items.chunks(AHEAD).flat_map(|items| each(items.iter().collect(), &make));
    parts.into_iter().try_for_each(take)
}

#[cfg(test)]
mod tests {
    #[test]
    fn parts_come_in_their_turn() {
        let items: Vec<usize> = (0..1000).collect();
        let mut parts = Vec::new();

        let taken: Result<(), ()> = super::in_turn(
            &items,
            |item| item + 1,
            |part| {
                parts.push(part);
                Ok(())
            },
        );

        assert_eq!(taken, Ok(()));
        assert_eq!(parts, (1..1001).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_is_handed_on_after_a_part_that_is_not_taken() {
        let items: Vec<usize> = (0..1000).collect();
        let mut taken = 0;

        let ended = super::in_turn(
            &items,
            |item| *item,
            |part| {
                taken += 1;
                if part == 7 { Err(part) } else { Ok(()) }
            },
        );

        assert_eq!((ended, taken), (Err(7), 8));
    }

    #[test]
    fn what_is_made_on_all_cores_is_in_order() {
        let items: Vec<usize> = (0..1000).collect();

        assert_eq!(super::each(items, |item| item + 1), (1..1001).collect::<Vec<_>>());
    }
}
