//! Network and mount namespaces, one per case. The one crate that talks to the kernel; never knows DNS or mail.
//!
//! An unmodified program cannot be told which resolver, ports and certificate store to use: it takes what the
//! system has. So each case gets a system of its own: [`Namespace::enter`] moves the *calling thread* into
//! fresh network, mount and UTS namespaces in which the only network is loopback and the files that steer
//! name resolution and trust say what the [`Layout`] says. Sockets that this thread then makes are on that
//! network, and programs that it starts with [`Namespace::spawn`] see nothing else. The rest of the process
//! stays where it was.
//!
//! ```no_run
//! # async fn case() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//! use signpost_sandbox::{Invocation, Layout, Namespace, prepare};
//!
//! prepare()?; // First thing in `main`, before any thread.
//! // On a thread of its own for this case:
//! let layout = Layout::new("client.example", [127, 0, 1, 53].into(), "-----BEGIN CERTIFICATE-----…");
//! let namespace = Namespace::enter(&layout)?;
//! // … bind the servers here, then:
//! let program = namespace.spawn(Invocation::new("msmtp").arguments(["--configure", "alice@example.com"]))?;
//! let completed = program.wait(Duration::from_secs(5)).await?;
//! println!("{} {}", completed.ending, completed.stdout);
//! # Ok(()) }
//! ```
//!
//! Every program has a keeper, a process of its own between it and the suite, which keeps it within [`Limits`] and ends
//! whatever it started, when it ends and when the suite does. [`start`] gives one to programs outside such namespaces.
//!
//! # What it is not
//! A security boundary. It keeps a case from reaching, and from being steered by, the network, configuration,
//! home and local services of the host; a program that means harm runs with the rights of the user who started
//! the suite, or with those of `nobody` where that is root, and can still write wherever that user can, outside the hidden
//! directories.

#![cfg_attr(
    not(target_os = "linux"),
    expect(
        dead_code,
        reason = "layouts and invocations can be written down anywhere and used on Linux only"
    )
)]

mod error;
mod invocation;
mod layout;
mod limits;
mod process;
mod program;
mod room;

pub use error::{Error, ErrorKind};
pub use invocation::{Invocation, find_program};
pub use layout::Layout;
pub use limits::Limits;
pub use process::{Program, start};
pub use program::{Completed, Ending, Excess, Output};
pub use room::room_for;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::{Namespace, PrivateNetwork, granted, prepare};

#[cfg(not(target_os = "linux"))]
mod unsupported;
#[cfg(not(target_os = "linux"))]
pub use unsupported::{Namespace, PrivateNetwork, granted, prepare};

/// Its example is a test, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
