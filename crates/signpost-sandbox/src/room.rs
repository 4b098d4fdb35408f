//! Whether this process may use as much as it is going to.

use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use nix::sys::resource::{Resource, getrlimit};

use crate::error::{Error, ErrorKind};

/// Address space that every process of the suite needs, and each case besides: the C library reserves 64 MiB for each thread.
const ADDRESSES: (u64, u64) = (512 << 20, 128 << 20);
/// Memory, likewise.
const MEMORY: (u64, u64) = (128 << 20, 32 << 20);

/// Tries out whether so many cases can run at a time, with two threads each. What can be known before the first case is
/// better said then than found out by each of them; a lack of memory, moreover, nobody survives to tell.
///
/// # Errors
/// [`ErrorKind::Room`], with a [remedy](Error::remedy).
pub fn room_for(cases: usize) -> Result<(), Error> {
    let count = u64::try_from(cases).unwrap_or(u64::MAX);
    for (resource, name, (always, each)) in
        [(Resource::RLIMIT_AS, "address space", ADDRESSES), (Resource::RLIMIT_DATA, "memory", MEMORY)]
    {
        let needed = each.saturating_mul(count).saturating_add(always);
        let allowed = getrlimit(resource).map_or(u64::MAX, |(soft, _)| soft);
        if allowed < needed {
            let cause = format!("{} MiB of {name} are allowed, {} are needed", allowed >> 20, needed >> 20);
            return Err(Error::new(ErrorKind::Room, step(cases), cause));
        }
    }
    // Each waits for the end of the channel, so that all are there at the same time.
    let (held, ends) = mpsc::channel::<()>();
    let ends = Mutex::new(ends);
    let wait = || ends.lock().unwrap_or_else(PoisonError::into_inner).recv();
    let started = thread::scope(|scope| {
        let started = (0..cases.saturating_mul(2))
            .try_for_each(|_| thread::Builder::new().spawn_scoped(scope, wait).map(drop));
        drop(held);
        started
    });
    started.map_err(|error| Error::new(ErrorKind::Room, step(cases), error))
}

fn step(cases: usize) -> String {
    match cases {
        1 => "making room for a case".to_owned(),
        _ => format!("making room for {cases} cases at a time"),
    }
}
