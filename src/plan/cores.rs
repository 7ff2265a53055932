//! Work that is done on all cores: of many builds, none of which waits for another.

use std::{sync::LazyLock, thread};

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
    let make = &make;
    let size = items.len().div_ceil(*CORES);
    let mut items = items.into_iter();
    let first: Vec<T> = items.by_ref().take(size).collect();
    thread::scope(|scope| {
        let mut others = Vec::new();
        while items.len() > 0 {
            let part: Vec<T> = items.by_ref().take(size).collect();
            others.push(scope.spawn(move || part.into_iter().map(make).collect::<Vec<R>>()));
        }
        let mut all: Vec<R> = first.into_iter().map(make).collect();
        for other in others {
            all.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
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
