//! Connections, one after the other, from a listener that may be out of files for a while.

use std::io;
use std::time::Duration;

/// How long a listener rests after a connection that it could not take.
const REST: Duration = Duration::from_millis(10);

/// What `accept` gives at last.
///
/// Where the process is out of files, the next connection cannot be taken either, and asking again at once would be all
/// that it does.
pub(crate) async fn next_connection<T, F>(mut accept: impl FnMut() -> F) -> T
where
    F: Future<Output = io::Result<T>>,
{
    loop {
        if let Ok(connection) = accept().await {
            return connection;
        }
        #[expect(clippy::disallowed_methods, reason = "nothing tells when there are files again")]
        tokio::time::sleep(REST).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn after_each_failure_it_rests() {
        let mut attempts = 0;
        let begun = tokio::time::Instant::now();
        let accept = || {
            attempts += 1;
            std::future::ready(if attempts > 5 { Ok(attempts) } else { Err(io::ErrorKind::Other.into()) })
        };
        assert_eq!(next_connection(accept).await, 6);
        assert_eq!(begun.elapsed(), 5 * REST);
    }
}
