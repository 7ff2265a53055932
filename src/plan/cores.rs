//! Work that is done on all cores: of many builds, none of which waits for another.

use std::{
    panic::resume_unwind,
    sync::{LazyLock, Mutex, PoisonError},
    thread,
};

/// With fewer than this a thread costs more than it saves.
const FEW: usize = 32;

/// Asked once: the answer is in files.
static CORES: LazyLock<usize> =
    LazyLock::new(|| thread::available_parallelism().map_or(1, usize::from));

/// What `make` makes of each item, in their order.
pub(crate) fn each<T: Send, R: Send>(items: Vec<T>, make: impl Fn(T) -> R + Sync) -> Vec<R> {
    if items.len() < FEW || *CORES == 1 {
        return items.into_iter().map(make).collect();
    }
    let size = items.len().div_ceil(*CORES);
    let mut items = items.into_iter();
    let mut parts = Vec::new();
    while items.len() > 0 {
        parts.push(Mutex::new(items.by_ref().take(size).collect::<Vec<T>>()));
    }
    let of = |part: &Mutex<Vec<T>>| -> Vec<R> {
        let items = std::mem::take(&mut *part.lock().unwrap_or_else(PoisonError::into_inner));
        items.into_iter().map(&make).collect()
    };
    let Some((first, others)) = parts.split_first() else { return Vec::new() };
    thread::scope(|scope| {
        let of = &of;
        let begin = |part| thread::Builder::new().spawn_scoped(scope, move || of(part)).ok();
        let others: Vec<_> = others.iter().map(|part| (part, begin(part))).collect();
        let mut all = of(first);
        for (part, thread) in others {
            all.extend(match thread {
                Some(thread) => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
                // There is no room for a thread more.
                None => of(part),
            });
        }
        all
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_is_made_on_all_cores_is_in_order() {
        let items: Vec<usize> = (0..1000).collect();

        assert_eq!(super::each(items, |item| item + 1), (1..1001).collect::<Vec<_>>());
    }
}
