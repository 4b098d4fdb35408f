//! The same interface where there are no namespaces: nothing can be entered.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use crate::{Error, ErrorKind, Invocation, Layout, Program};

/// Says that this system has no namespaces.
///
/// # Errors
/// Always [`ErrorKind::Unsupported`].
pub fn prepare() -> Result<(), Error> {
    Err(Error::new(ErrorKind::Unsupported, "isolating a program", "this operating system has no namespaces"))
}

/// Says that this system has no namespaces.
///
/// # Errors
/// Always [`ErrorKind::Unsupported`].
pub fn granted() -> Result<(), Error> {
    prepare()
}

/// A private internet, which does not exist here.
#[derive(Debug)]
pub struct Namespace(Infallible);

impl Namespace {
    /// Says that this system has no namespaces.
    ///
    /// # Errors
    /// Always [`ErrorKind::Unsupported`].
    pub fn enter(_layout: &Layout) -> Result<Self, Error> {
        prepare().map(|()| unreachable!("prepare never succeeds here"))
    }

    /// Never called: there is no value to call it on.
    ///
    /// # Errors
    /// None.
    pub fn renew_home(&self) -> Result<(), Error> {
        match self.0 {}
    }

    /// Never called: there is no value to call it on.
    ///
    /// # Errors
    /// None.
    pub fn speak_from(&self, _source: Ipv4Addr) -> Result<(), Error> {
        match self.0 {}
    }

    /// Never called: there is no value to call it on.
    pub fn home(&self) -> &Path {
        match self.0 {}
    }

    /// Never called: there is no value to call it on.
    ///
    /// # Errors
    /// None.
    pub fn save(&self, _name: &str, _contents: &str) -> Result<PathBuf, Error> {
        match self.0 {}
    }

    /// Never called: there is no value to call it on.
    ///
    /// # Errors
    /// None.
    pub fn spawn(&self, _invocation: Invocation) -> Result<Program, Error> {
        match self.0 {}
    }
}

/// A network of its own, which does not exist here.
#[derive(Debug)]
pub struct PrivateNetwork(#[expect(dead_code, reason = "it says that there is none")] Infallible);

impl PrivateNetwork {
    /// Says that this system has no namespaces.
    ///
    /// # Errors
    /// Always [`ErrorKind::Unsupported`].
    pub fn enter() -> Result<Self, Error> {
        prepare().map(|()| unreachable!("prepare never succeeds here"))
    }
}
