//! Independent pieces of work on all cores of the machine.

use std::cell::Cell;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{panic, thread};

thread_local! {
    /// Whether this thread is one of several already, so that it must not start more.
    static IS_WORKER: Cell<bool> = const { Cell::new(false) };
}

/// `work` on every number below `count`, its results in this order.
///
/// The results do not depend on the number of threads as long as `work` depends on nothing but its number. A call from
/// within `work` runs on the thread that makes it.
///
/// # Panics
///
/// If `work` does.
pub fn map<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    if threads.min(count) < 2 || IS_WORKER.get() {
        return (0..count).map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let one_thread = || {
        IS_WORKER.set(true);
        let take = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|&taken| taken < count);
        let done = std::iter::from_fn(take).map(|taken| (taken, work(taken)));
        done.collect::<Vec<_>>()
    };
    let mut results: Vec<(usize, T)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.min(count))
            .map(|_| scope.spawn(one_thread))
            .collect();
        let finished = workers.into_iter().map(thread::ScopedJoinHandle::join);
        finished
            .flat_map(|done| done.unwrap_or_else(|reason| panic::resume_unwind(reason)))
            .collect()
    });
    results.sort_unstable_by_key(|result| result.0);
    results.into_iter().map(|result| result.1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_work_also_from_nested_calls() {
        let expected: Vec<usize> = (0..100).map(|outer| 10 * outer * outer + 45).collect();
        let square = |outer: usize| {
            let inner = map(10, |inner| outer * outer + inner);
            inner.iter().sum::<usize>()
        };
        assert_eq!(map(100, square), expected);
        assert!(map(0, |number| number).is_empty());
    }
}
