//! A thread's private internet.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::marker::PhantomData;
use std::net::Ipv4Addr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::sethostname;

use super::filesystem::{self, Home};
use super::loopback;
use crate::error::{Context, Error, ErrorKind};
use crate::process::spawn_at_home;
use crate::{Invocation, Layout, Program};

/// The network, mounts and host name that the calling thread has to itself. The thread keeps them until it
/// ends, and they end with it and with what it started: there is nothing to clean up.
#[derive(Debug)]
pub struct Namespace {
    home: Home,
    /// It belongs to the thread that entered it.
    not_send: PhantomData<*const ()>,
}

impl Namespace {
    /// Moves the calling thread, and no other, into namespaces of its own. Threads and programs that it starts
    /// from now on are inside too. [`prepare`](crate::prepare) must have succeeded before.
    ///
    /// Inside, the only interface is loopback with all of 127.0.0.0/8, on which anybody may listen at any port; `/run`, `/tmp`, `/var/tmp`, `/dev/shm`
    /// and the user's home are empty and writable; there is no terminal to ask the user at.
    ///
    /// # Errors
    /// [`ErrorKind::Network`] or [`ErrorKind::Layout`]; the thread may then be half inside and must end.
    pub fn enter(layout: &Layout) -> Result<Self, Error> {
        let home = filesystem::path_of_home();
        isolate().context(ErrorKind::Network, || "making namespaces for the case".into())?;
        sethostname(&layout.hostname)
            .context(ErrorKind::Network, || format!("setting the host name {}", layout.hostname))?;
        loopback::bring_up().context(ErrorKind::Network, || "bringing loopback up".into())?;
        // Daemons listen at their usual ports whoever runs them. A container may forbid it, and then only root's can.
        let _ = fs::write("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
        let home = filesystem::lay(layout, home)?;
        Ok(Self { home, not_send: PhantomData })
    }

    /// The empty home of the programs in here, writable by them and by this thread.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Gives the programs a new, empty home, so that one which runs anew remembers nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Layout`].
    pub fn renew_home(&self) -> Result<(), Error> {
        self.home.renew()
    }

    /// Has whoever binds no address speak from this one, which must be a loopback address, from now on.
    ///
    /// # Errors
    /// [`ErrorKind::Network`].
    pub fn speak_from(&self, source: Ipv4Addr) -> Result<(), Error> {
        loopback::prefer_source(source)
            .context(ErrorKind::Network, || format!("having programs speak from {source}"))
    }

    /// Saves a file in the home that only the user may read, as programs want it of files that hold passwords.
    ///
    /// # Errors
    /// [`ErrorKind::Layout`].
    pub fn save(&self, name: &str, contents: &str) -> Result<PathBuf, Error> {
        let path = self.home.path().join(name);
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&path)
            .and_then(|mut file| {
                file.write_all(contents.as_bytes())?;
                self.home.give(&file)
            })
            .context(ErrorKind::Layout, || format!("saving {}", path.display()))?;
        Ok(path)
    }

    /// Starts a program inside, as a user without rights where this process is root. Its keeper is the first process of a PID namespace of its own: when the program ends or is
    /// stopped, the kernel ends everything that it started. Needs to be called in a tokio runtime with I/O enabled.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] or [`ErrorKind::Program`].
    pub fn spawn(&self, invocation: Invocation) -> Result<Program, Error> {
        spawn_at_home(invocation, self.home.path())
    }
}

/// A network that the calling thread, and what it starts, have to themselves, while files and users are the machine's.
#[derive(Debug)]
pub struct PrivateNetwork {
    /// It belongs to the thread that entered it.
    not_send: PhantomData<*const ()>,
}

impl PrivateNetwork {
    /// Moves the calling thread, and no other, into a network whose only interface is loopback. Threads and programs that it
    /// starts from now on are inside too, until it ends. [`prepare`](crate::prepare) must have succeeded before.
    ///
    /// # Errors
    /// [`ErrorKind::Network`]; the thread may then be half inside and must end.
    pub fn enter() -> Result<Self, Error> {
        unshare(CloneFlags::CLONE_NEWNET)
            .context(ErrorKind::Network, || "making a network for the case".into())?;
        loopback::bring_up().context(ErrorKind::Network, || "bringing loopback up".into())?;
        Ok(Self { not_send: PhantomData })
    }
}

/// Gives the calling thread namespaces of its own whose mounts do not spread to the rest of the system.
pub(super) fn isolate() -> io::Result<()> {
    unshare(CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWUTS)?;
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)?;
    Ok(())
}
