//! A few cases at a time.

use std::num::NonZeroUsize;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use signpost_format::CaseResult;

use crate::case::Case;

/// Works through cases on a few threads at a time; what comes of each is handed over on the calling thread.
pub(super) fn in_parallel<'a>(
    cases: impl Iterator<Item = &'a Arc<Case>>,
    jobs: NonZeroUsize,
    run: impl Fn(&Case) -> CaseResult + Sync,
    keep: &mut impl FnMut(CaseResult),
) {
    let mut queue: Vec<&Arc<Case>> = cases.collect();
    // The longest first, so that none is left to wait for alone at the end; the queue is worked off from its end.
    queue.sort_by_key(|case| (case.runs(), std::cmp::Reverse(&case.id)));
    let queue = Mutex::new(queue);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..jobs.get() {
            let (sender, queue, run) = (sender.clone(), &queue, &run);
            scope.spawn(move || {
                while let Some(case) = pop(queue) {
                    if sender.send(run(case)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        receiver.iter().for_each(&mut *keep);
    });
}

fn pop<T>(queue: &Mutex<Vec<T>>) -> Option<T> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).pop()
}
