//! What a program may use of this machine.

/// What a program and all that it starts may use, so that one that goes wild costs its own case and no other.
///
/// Nothing here needs a control group, which only root has and few containers. A keeper counts processes and memory several
/// times a second and ends everything at once when there is too much; behind it stand limits of the kernel, which hold
/// between two counts: on each file (`RLIMIT_FSIZE`), on the memory of each process (`RLIMIT_DATA`, twice the limit, because
/// it also counts what was asked for and never touched), and on the numbers that a PID namespace has for processes (since
/// Linux 6.14). `RLIMIT_NPROC` is left alone: it counts all processes of a user, those of other cases and of the desktop
/// too, and none of root.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Processes and threads at a time.
    pub processes: u32,
    /// Octets of private memory, of all its processes together.
    pub memory: u64,
    /// Octets of any one file.
    pub file: u64,
    /// Octets of standard output, and as many of standard error.
    pub output: usize,
}

impl Default for Limits {
    /// 512 processes and threads, 2 GiB of memory, 1 GiB in a file, 1 MiB of each output: beyond what honest programs need,
    /// and what a small machine can spare.
    fn default() -> Self {
        Self { processes: 512, memory: 2 << 30, file: 1 << 30, output: 1 << 20 }
    }
}
