//! A few cases at a time.

use std::num::NonZeroUsize;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use signpost_format::CaseResult;

use super::Stop;
use crate::case::Case;

/// Works through cases on a few threads at a time until somebody stops it; what comes of each is handed over on the calling
/// thread.
pub(super) fn in_parallel<'a>(
    cases: impl Iterator<Item = &'a Arc<Case>>,
    jobs: NonZeroUsize,
    stop: &Stop,
    run: impl Fn(&Case) -> CaseResult + Sync,
    keep: &mut impl FnMut(CaseResult),
) {
    let mut queue: Vec<&Arc<Case>> = cases.collect();
    // The longest first, so that none is left to wait for alone at the end; the queue is worked off from its end.
    queue.sort_by_key(|case| (case.runs(), std::cmp::Reverse(&case.id)));
    let queue = Mutex::new(queue);
    let (sender, receiver) = mpsc::channel();
    let work = |sender: mpsc::Sender<CaseResult>| {
        while !stop.is_stopped()
            && let Some(case) = pop(&queue)
        {
            let result = run(case);
            // It may have been given up, and then says nothing.
            if stop.is_stopped() || sender.send(result).is_err() {
                return;
            }
        }
    };
    thread::scope(|scope| {
        let work = &work;
        for _ in 0..jobs.get() {
            let own = sender.clone();
            // Where there is no room for another thread, those that there are do it all.
            if thread::Builder::new().spawn_scoped(scope, move || work(own)).is_err() {
                break;
            }
        }
        drop(sender);
        receiver.iter().for_each(&mut *keep);
    });
    // Without a single one, this one does it.
    let (sender, receiver) = mpsc::channel();
    work(sender);
    receiver.iter().for_each(keep);
}

fn pop<T>(queue: &Mutex<Vec<T>>) -> Option<T> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).pop()
}
