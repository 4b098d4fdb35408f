//! Real DNS: the name server of the machine and the anchors of the public root.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use hickory_resolver::system_conf::parse_resolv_conf;

use crate::{Shortage, TrustAnchor, Upstream};

impl Upstream {
    /// The first name server of `/etc/resolv.conf`, with the anchors that IANA publishes and waits that suit the
    /// Internet: 3 s, two attempts.
    ///
    /// The server must pass DNSSEC records through; whether it validates does not matter.
    pub fn system() -> Result<Self, SystemError> {
        Self::from_resolv_conf(Path::new("/etc/resolv.conf"))
    }

    fn from_resolv_conf(path: &Path) -> Result<Self, SystemError> {
        let place = path.display().to_string();
        let text =
            std::fs::read(path).map_err(|source| SystemError::Unreadable { path: place.clone(), source })?;
        let no_server = || SystemError::NoServer { path: place.clone() };
        let (config, _) = parse_resolv_conf(text).map_err(|_| no_server())?;
        let server = config.name_servers().first().ok_or_else(no_server)?;
        Ok(Self {
            server: SocketAddr::new(server.ip, DNS_PORT),
            source: None,
            trust_anchor: TrustAnchor::iana(),
            timeout: Duration::from_secs(3),
            attempts: 2,
            shortage: Shortage::default(),
        })
    }
}

const DNS_PORT: u16 = 53;

/// Why the machine's own name server cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SystemError {
    /// The file names no server, or is no resolver configuration.
    #[error("no name server in {path}")]
    NoServer {
        /// The file.
        path: String,
    },
    /// The file cannot be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Upstream, SystemError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("resolv.conf");
        std::fs::write(&path, text).unwrap();
        Upstream::from_resolv_conf(&path)
    }

    #[test]
    fn the_first_server_is_asked() {
        let upstream =
            parse("# local\nsearch example.com\nnameserver 192.0.2.53\nnameserver 2001:db8::53\n").unwrap();
        assert_eq!(upstream.server.to_string(), "192.0.2.53:53");
        assert_eq!(upstream.trust_anchor, TrustAnchor::iana());
        assert_eq!(parse("nameserver 2001:db8::53\n").unwrap().server.to_string(), "[2001:db8::53]:53");
    }

    #[test]
    fn a_file_without_server_is_an_error() {
        assert!(parse("search example.com\n").unwrap_err().to_string().starts_with("no name server in "));
        let error = Upstream::from_resolv_conf(Path::new("/nowhere/resolv.conf")).unwrap_err();
        assert_eq!(error.to_string(), "cannot read /nowhere/resolv.conf");
    }
}
