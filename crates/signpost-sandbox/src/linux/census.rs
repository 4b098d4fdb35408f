//! Who descends from a process, and what they use: read from `/proc`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use nix::unistd::Pid;

/// A process, as `/proc/PID/status` has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Process {
    pub(super) id: i32,
    parent: i32,
    threads: u32,
    /// Octets of private memory that are in use, those included that it still shares with the process that forked it.
    memory: u64,
}

/// The calling process, by the number that it has in `/proc`, which may be that of another PID namespace.
pub(super) fn own_id() -> Option<i32> {
    fs::read_link("/proc/self").ok()?.to_str()?.parse().ok()
}

/// All that descend from the process of this number, itself left out. An orphan descends from whoever adopted it.
pub(super) fn descendants_of(ancestor: i32) -> Vec<Process> {
    let processes = all();
    let mut family = BTreeSet::from([ancestor]);
    loop {
        let before = family.len();
        family.extend(
            processes
                .values()
                .filter(|one| family.contains(&one.parent))
                .map(|one| one.id)
                .collect::<Vec<_>>(),
        );
        if family.len() == before {
            break;
        }
    }
    processes.into_values().filter(|one| one.id != ancestor && family.contains(&one.id)).collect()
}

/// The children of the process of this number, with the sessions that they are in.
pub(super) fn children_of(parent: i32) -> impl Iterator<Item = (i32, Option<Pid>)> {
    let children = all().into_values().filter(move |process| process.parent == parent);
    children.map(|process| (process.id, nix::unistd::getsid(Some(Pid::from_raw(process.id))).ok()))
}

/// Processes and threads.
pub(super) fn count(processes: &[Process]) -> u32 {
    processes.iter().map(|process| process.threads).sum()
}

/// Octets of private memory. Only where they seem to be more than `limit` is it asked, which takes the kernel longer, how much
/// of it several share.
pub(super) fn memory(processes: &[Process], limit: u64) -> u64 {
    let at_most: u64 = processes.iter().map(|process| process.memory).sum();
    if at_most <= limit {
        return at_most;
    }
    processes.iter().map(|process| share_of(process.id).unwrap_or(process.memory)).sum()
}

/// Octets of a process's private memory, of which what several share is divided among them.
fn share_of(process: i32) -> Option<u64> {
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    rollup.lines().find_map(|line| kibibytes(line.strip_prefix("Pss_Anon:")?))
}

fn all() -> BTreeMap<i32, Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    // One that has ended meanwhile is no longer there.
    ids.filter_map(|id| Some((id, read(id, &fs::read_to_string(format!("/proc/{id}/status")).ok()?)?)))
        .collect()
}

fn read(id: i32, status: &str) -> Option<Process> {
    let value = |key: &str| status.lines().find_map(|line| line.strip_prefix(key)).map(str::trim);
    Some(Process {
        id,
        parent: value("PPid:")?.parse().ok()?,
        threads: value("Threads:").and_then(|threads| threads.parse().ok()).unwrap_or(1),
        memory: value("RssAnon:").and_then(kibibytes).unwrap_or(0),
    })
}

fn kibibytes(text: &str) -> Option<u64> {
    text.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|number| number * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_found_with_its_parent_and_memory() {
        let own = own_id().unwrap();
        assert_eq!(u32::try_from(own), Ok(std::process::id()));
        let processes = all();
        let this = processes[&own];
        assert!(this.threads >= 1 && this.memory > 0, "{this:?}");
        assert!(descendants_of(this.parent).iter().any(|process| process.id == own));
        assert!(share_of(own).is_some_and(|share| share > 0));
    }
}
