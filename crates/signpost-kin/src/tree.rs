//! Which processes have a socket: this one, and those that it started.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::Household;

/// What came of looking for a socket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Search {
    Found,
    /// A process of the tree does not let its files be seen.
    Hidden,
    /// The system does not show who started whom.
    Impossible,
    /// Nobody has it.
    Missing,
}

/// Looks for the socket of this inode.
pub(crate) fn search(inode: u32, household: Household) -> Search {
    let name = format!("socket:[{inode}]");
    if is_at_usual_place(&name) {
        return Search::Found;
    }
    match position(Path::new("/proc/self/fd"), &name) {
        Ok(Some(file)) => {
            remember(file);
            return Search::Found;
        }
        Ok(None) => {}
        Err(_) => return Search::Impossible,
    }
    match household {
        Household::Process => Search::Missing,
        Household::Descendants => among_descendants(&name),
    }
}

/// File descriptors at which peers' sockets were found in this process, the last one first.
///
/// The kernel gives the lowest one that is free, so that clients in process get the same few again and again, and a look at
/// those spares one at hundreds.
static USUAL: Mutex<Vec<u32>> = Mutex::new(Vec::new());
const MOST_USUAL: usize = 256;

fn is_at_usual_place(name: &str) -> bool {
    // Looked at outside the lock, so that cases on other threads do not wait for this one's looks.
    let usual = USUAL.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let is_it = |file: &&u32| {
        fs::read_link(format!("/proc/self/fd/{file}")).is_ok_and(|found| found == Path::new(name))
    };
    let Some(&file) = usual.iter().find(is_it) else { return false };
    if usual.first() != Some(&file) {
        remember(file);
    }
    true
}

fn remember(file: u32) {
    let mut usual = USUAL.lock().unwrap_or_else(PoisonError::into_inner);
    usual.retain(|known| *known != file);
    usual.truncate(MOST_USUAL - 1);
    usual.insert(0, file);
}

/// The descriptor, in a folder of them, that is the socket of this name.
fn position(files: &Path, name: &str) -> io::Result<Option<u32>> {
    for file in fs::read_dir(files)?.flatten() {
        // One that was closed meanwhile is none.
        if fs::read_link(file.path()).is_ok_and(|found| found == Path::new(name)) {
            return Ok(file.file_name().to_str().and_then(|number| number.parse().ok()));
        }
    }
    Ok(None)
}

fn among_descendants(name: &str) -> Search {
    let Ok(mut left) = children("self") else { return Search::Impossible };
    let mut found = Search::Missing;
    while let Some(process) = left.pop() {
        match position(Path::new(&format!("/proc/{process}/fd")), name) {
            Ok(Some(_)) => return Search::Found,
            Ok(None) => {}
            // One that has ended has nothing to hide.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => found = Search::Hidden,
            Err(_) => {}
        }
        left.extend(children(&process).unwrap_or_default());
    }
    found
}

/// The processes that a process started, by any of its threads.
fn children(process: &str) -> io::Result<Vec<String>> {
    let mut all = Vec::new();
    for thread in fs::read_dir(format!("/proc/{process}/task"))?.flatten() {
        match fs::read_to_string(thread.path().join("children")) {
            Ok(text) => all.extend(text.split_whitespace().map(str::to_owned)),
            // A thread that has ended meanwhile has handed its children to another.
            Err(_) if !thread.path().exists() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}
