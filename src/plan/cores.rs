//! Work that is done on all cores: of many builds, none of which waits for another.

use std::{
    collections::BTreeMap,
    panic::resume_unwind,
    sync::{
        LazyLock, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc::sync_channel,
    },
    thread,
};

/// With fewer than this a thread costs more than it saves.
const FEW: usize = 32;

/// Asked once: the answer is in files.
static CORES: LazyLock<usize> =
    LazyLock::new(|| thread::available_parallelism().map_or(1, usize::from));

/// So many are taken at a time: a core that other work keeps from its own takes fewer.
const SHARE: usize = 16;

/// What `make` makes of each item, in their order.
pub(crate) fn each<T: Send, R: Send>(items: Vec<T>, make: impl Fn(T) -> R + Sync) -> Vec<R> {
    let cores = (*CORES).min(items.len() / FEW);
    if cores < 2 {
        return items.into_iter().map(make).collect();
    }
    let count = items.len();
    let mut items = items.into_iter();
    let mut shares = Vec::new();
    while items.len() > 0 {
        shares.push(Mutex::new(items.by_ref().take(SHARE).collect::<Vec<T>>()));
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let index = next.fetch_add(1, Ordering::Relaxed)
            && let Some(share) = shares.get(index)
        {
            let share = std::mem::take(&mut *share.lock().unwrap_or_else(PoisonError::into_inner));
            done.push((index, share.into_iter().map(&make).collect::<Vec<R>>()));
        }
        done
    };
    let mut parts = thread::scope(|scope| {
        // Where there is no room for a thread, the others do its work.
        let begin = |_| thread::Builder::new().spawn_scoped(scope, work).ok();
        let threads: Vec<_> = (1..cores).filter_map(begin).collect();
        let mut parts = work();
        for thread in threads {
            parts.extend(thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        parts
    });
    parts.sort_unstable_by_key(|(index, _)| *index);
    let mut all = Vec::with_capacity(count);
    all.extend(parts.into_iter().flat_map(|(_, part)| part));
    all
}

/// Makes a part of each item and hands the parts on in their order, each as soon as it can be.
///
/// # Errors
///
/// The first of `take`; no more is made then.
pub(crate) fn in_turn<T: Sync, R: Send, E>(
    items: &[T],
    make: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let next = AtomicUsize::new(0);
    let one = || {
        let index = next.fetch_add(1, Ordering::Relaxed);
        Some((index, make(items.get(index)?)))
    };
    let threads = if items.len() < FEW { 0 } else { *CORES };
    thread::scope(|scope| {
        let (hand_on, parts) = sync_channel(threads);
        for _ in 0..threads {
            let (hand_on, one) = (hand_on.clone(), &one);
            let work = move || {
                while let Some(part) = one() {
                    // Whoever takes them takes no more.
                    if hand_on.send(part).is_err() {
                        return;
                    }
                }
            };
            // Where there is no room for a thread, the others do its work, or we do it below.
            let _ = thread::Builder::new().spawn_scoped(scope, work);
        }
        drop(hand_on);
        let (mut turn, mut early) = (0, BTreeMap::new());
        for (index, part) in parts.into_iter().chain(std::iter::from_fn(one)) {
            early.insert(index, part);
            while let Some(part) = early.remove(&turn) {
                take(part)?;
                turn += 1;
            }
        }
        Ok(())
    })
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
