//! How many cases this machine has files for.

use std::num::NonZeroUsize;
use std::thread;

use signpost_machine::allow_open_files;

/// Files that one case has open at most: 41 were counted in the widest world (its listeners, its own resolver's sockets, both
/// ends of what the reference holds open), and an adapter or a program has pipes besides. A subject that opens more is
/// served as long as there are files, and what then is not served is told.
const FILES_PER_CASE: u64 = 64;
/// Files of the process itself: its standard streams, the results, what was open before.
const FILES_BESIDES: u64 = 64;

/// How many cases may run at a time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Jobs {
    /// As many as were asked for, or as there are files for.
    pub number: NonZeroUsize,
    /// The limit of open files that made them fewer.
    pub bounded_by: Option<u64>,
}

/// Some cases only wait for a time limit, so there are more of them than processors. A program has a start that may take a processor
/// for a second, and too many at once would let each of them miss its time limit.
const PROGRAMS_PER_PROCESSOR: NonZeroUsize = NonZeroUsize::new(2).unwrap();
/// What runs in this process computes for a few milliseconds, and what it waits for costs nothing.
const CASES_PER_PROCESSOR: NonZeroUsize = NonZeroUsize::new(8).unwrap();

impl Jobs {
    /// How many where nobody says: of a subject that [runs in this process](crate::subject::Subject::is_in_process), or of another.
    #[must_use]
    pub fn usual(is_in_process: bool) -> NonZeroUsize {
        let each = if is_in_process { CASES_PER_PROCESSOR } else { PROGRAMS_PER_PROCESSOR };
        thread::available_parallelism().unwrap_or(NonZeroUsize::MIN).saturating_mul(each)
    }

    /// So many, or as many as this process can get files for.
    ///
    /// Lets the process have more files where it needs them and may have them, up to what these jobs need.
    #[must_use]
    pub fn affordable(wanted: NonZeroUsize) -> Self {
        let need = (wanted.get() as u64).saturating_mul(FILES_PER_CASE).saturating_add(FILES_BESIDES);
        Self::within(wanted, allow_open_files(need))
    }

    fn within(wanted: NonZeroUsize, files: Option<u64>) -> Self {
        let Some(files) = files else { return Self { number: wanted, bounded_by: None } };
        let cases = files.saturating_sub(FILES_BESIDES) / FILES_PER_CASE;
        // One case is tried in any event: it says what it lacks.
        let most = usize::try_from(cases).ok().and_then(NonZeroUsize::new).unwrap_or(NonZeroUsize::MIN);
        Self { number: wanted.min(most), bounded_by: (most < wanted).then_some(files) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_cases_run_as_there_are_files_for_and_one_at_least() {
        let check = |wanted: usize, files: Option<u64>, number: usize, bounded_by: Option<u64>| {
            let jobs = Jobs::within(NonZeroUsize::new(wanted).unwrap(), files);
            assert_eq!((jobs.number.get(), jobs.bounded_by), (number, bounded_by), "{wanted} of {files:?}");
        };
        check(200, None, 200, None);
        check(200, Some(20_000), 200, None);
        check(200, Some(1024), 15, Some(1024));
        check(4, Some(1024), 4, None);
        check(4, Some(128), 1, Some(128));
        check(1, Some(64), 1, None);
        check(2, Some(3), 1, Some(3));
    }
}
