//! The one thing that a scenario breaks, ready for the part of the lab that breaks it.

mod place;
mod schema;
mod table;
mod zone;

use hickory_proto::rr::Name;
use signpost_dns::AnswerFault;
use signpost_mail::ServerFault;
use signpost_pki::CertificateFault;
use signpost_protocol::Label;

pub use table::FaultTable;
pub use zone::ZoneChange;

/// One thing broken.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Which of the scenario's faults it is, from 1.
    pub number: u32,
    /// The `at` of the scenario, expanded.
    pub at: String,
    /// The view that it is restricted to.
    pub view: Option<String>,
    /// What is broken.
    pub broken: Broken,
}

/// What a fault breaks.
#[derive(Clone, Debug)]
pub enum Broken {
    /// What is answered to a DNS question.
    Answer(AnswerFault),
    /// A certificate.
    Certificate(CertificateFault),
    /// What a mail server says.
    Server {
        /// Which servers.
        servers: Servers,
        /// What they do.
        fault: ServerFault,
    },
    /// A server presents another certificate than its own.
    Presents {
        /// Which servers.
        servers: Servers,
        /// The certificate's name in the world.
        certificate: String,
    },
    /// A server presents another certificate than its own to who does not ask for it by name.
    PresentsToOthers {
        /// Which servers.
        servers: Servers,
        /// The certificate's name in the world.
        certificate: String,
    },
    /// Nothing listens where a server should.
    Unreachable {
        /// Which servers.
        servers: Servers,
        /// The one service that is down; without it, all of the server's.
        label: Option<Label>,
    },
    /// What the zone's publisher put there, properly signed.
    Zone {
        /// The zone.
        origin: Name,
        /// What is published.
        change: ZoneChange,
    },
}

/// The servers that a fault is at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Servers {
    /// `*`: every one that is not an attacker's. What an attacker runs works as he wants it to, and what he does wrong on
    /// top has to be said by his server's name.
    AllHonest,
    /// The one of this name.
    Named(String),
}

impl Servers {
    /// Whether a server is one of them.
    #[must_use]
    pub fn include(&self, server: &crate::WorldServer) -> bool {
        match self {
            Self::AllHonest => !server.attacker,
            Self::Named(name) => *name == server.name,
        }
    }
}

impl Fault {
    /// The kind, as scenarios write it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match &self.broken {
            Broken::Answer(fault) => fault.kind.name(),
            Broken::Certificate(fault) => fault.kind.name(),
            Broken::Server { fault, .. } => fault.kind.name(),
            Broken::Presents { .. } => place::Premises::PRESENTS,
            Broken::PresentsToOthers { .. } => place::Premises::PRESENTS_TO_OTHERS,
            Broken::Unreachable { .. } => place::Premises::UNREACHABLE,
            Broken::Zone { change, .. } => change.name(),
        }
    }

    /// Whether who asks in this view, or in none, gets to see it.
    #[must_use]
    pub fn is_seen_in(&self, view: Option<&str>) -> bool {
        self.view.as_deref().is_none_or(|name| view == Some(name))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::WorldServer;

    fn server(name: &str, attacker: bool) -> WorldServer {
        WorldServer {
            name: name.to_owned(),
            host: "mail.example.com".to_owned(),
            address: Ipv4Addr::new(192, 0, 2, 1),
            listeners: Vec::new(),
            certificate: "leaf".to_owned(),
            mechanisms: Vec::new(),
            attacker,
        }
    }

    #[test]
    fn a_star_spares_the_servers_of_attackers() {
        let (good, evil) = (server("good", false), server("evil", true));
        assert!(Servers::AllHonest.include(&good) && !Servers::AllHonest.include(&evil));
        let named = Servers::Named("evil".to_owned());
        assert!(!named.include(&good) && named.include(&evil));
    }
}
