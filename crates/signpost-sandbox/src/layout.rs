//! What a program finds where the host's own files would be.

use std::net::Ipv4Addr;
use std::path::PathBuf;

/// The system that a case sees instead of the host's.
#[derive(Clone, Debug)]
pub struct Layout {
    pub(crate) hostname: String,
    pub(crate) files: Vec<LaidFile>,
    pub(crate) visible: Vec<PathBuf>,
}

/// One file laid over the host's.
#[derive(Clone, Debug)]
pub(crate) struct LaidFile {
    pub(crate) path: PathBuf,
    pub(crate) contents: Vec<u8>,
    /// Some files have another place on each distribution: those are laid only where the host has them.
    pub(crate) only_if_present: bool,
}

/// Where distributions keep the bundle of trusted certificates: Debian's place first, which always exists in
/// the case, then Fedora, openSUSE, Alpine.
const CA_BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

impl Layout {
    /// A system called `hostname` whose resolver is at `nameserver` and which trusts the certificates in
    /// `ca_bundle` (PEM) and no others.
    ///
    /// `trust-ad` is set because without it glibc strips the AD bit, and programs that look for it would be
    /// judged by a system that never shows it. A question is tried twice, one second each, so that a server
    /// which never answers costs seconds, not the half minute of the default.
    pub fn new(hostname: &str, nameserver: Ipv4Addr, ca_bundle: &str) -> Self {
        let short = hostname.split('.').next().unwrap_or(hostname);
        let mut layout = Self { hostname: hostname.to_owned(), files: Vec::new(), visible: Vec::new() };
        layout = layout
            .file("/etc/resolv.conf", format!("nameserver {nameserver}\noptions trust-ad timeout:1 attempts:2\n"))
            // The host's own name is here so that a program which asks for it puts no question of its own to
            // the lab's servers.
            .file("/etc/hosts", format!("127.0.0.1 localhost\n127.0.0.1 {hostname} {short}\n::1 localhost\n"))
            .file(
                "/etc/nsswitch.conf",
                "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nservices: files\nprotocols: files\n",
            );
        for (index, path) in CA_BUNDLES.into_iter().enumerate() {
            layout.files.push(LaidFile {
                path: path.into(),
                contents: ca_bundle.into(),
                only_if_present: index > 0,
            });
        }
        layout
    }

    /// Lays a file with these contents over the absolute `path`, in place of an earlier one.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>, contents: impl Into<Vec<u8>>) -> Self {
        let path = path.into();
        self.files.retain(|file| file.path != path);
        self.files.push(LaidFile { path, contents: contents.into(), only_if_present: false });
        self
    }

    /// Keeps `path` of the host in sight although it lies in a directory that the case hides: a program under
    /// the user's home, for instance.
    #[must_use]
    pub fn visible(mut self, path: impl Into<PathBuf>) -> Self {
        self.visible.push(path.into());
        self
    }
}
