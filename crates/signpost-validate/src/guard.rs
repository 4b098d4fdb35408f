//! A validator that panics costs its answer, not the program.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;

/// Runs a library's validator over what a stranger sent. `None` if it panicked.
///
/// Both libraries assert what replies can break: hickory-net 0.26.3 asserts in debug builds that no NSEC3 zone is
/// the root, `domain` 0.12.3 panics where it takes a type for granted. What they leave half done is only a
/// cache entry, so that unwinding through them is safe.
pub(crate) async fn guarded<T>(validation: impl Future<Output = T>) -> Option<T> {
    AssertUnwindSafe(validation).catch_unwind().await.ok()
}
