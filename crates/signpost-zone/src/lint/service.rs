//! SRV records of mail services.

use std::collections::HashSet;

use hickory_proto::rr::rdata::SRV;
use hickory_proto::rr::{Name, RData, RecordType};
use signpost_protocol::{Label, TlsStart};
use signpost_source::nearest;

use super::finding::Sink;
use super::policy::is_root;
use super::view::{Publication, View, label_of, owner_of};
use crate::namespace::Located;

/// The SRV records of each label.
pub(super) fn servers(view: &View<'_>, mut each: impl FnMut(&Publication<'_>, &[(Located<'_>, &SRV)])) {
    for publication in view.publications() {
        let servers: Vec<(Located<'_>, &SRV)> = publication
            .servers
            .iter()
            .filter_map(|server| match &server.entry.record.data {
                RData::SRV(srv) => Some((*server, srv)),
                _ => None,
            })
            .collect();
        each(publication, &servers);
    }
}

pub(super) fn root_beside_others(view: &View<'_>, sink: &mut Sink<'_>) {
    servers(view, |publication, servers| {
        if servers.iter().any(|(_, srv)| !srv.target.is_root()) {
            for (located, _) in servers.iter().filter(|(located, _)| is_root(located)) {
                sink.at(*located, "", || {
                    format!(
                        "the target `.` beside others at {} declares nothing and is skipped",
                        publication.owner
                    )
                });
            }
        }
    });
}

pub(super) fn port_zero(view: &View<'_>, sink: &mut Sink<'_>) {
    servers(view, |_, servers| {
        for (located, srv) in servers.iter().filter(|(_, srv)| srv.port == 0 && !srv.target.is_root()) {
            sink.at(*located, "0", || format!("nobody can connect to port 0 of {}", srv.target));
        }
    });
}

/// A port that is registered for another label: another protocol, or another way to begin TLS.
pub(super) fn port_of_another_label(view: &View<'_>, sink: &mut Sink<'_>) {
    servers(view, |publication, servers| {
        for (located, srv) in servers {
            let other = Label::ALL.iter().find(|label| label.port() == srv.port);
            let Some(other) = other.filter(|other| **other != publication.label) else { continue };
            let begins = match publication.label.tls() {
                TlsStart::Implicit => "begin TLS at once",
                TlsStart::Starttls => "begin in clear and ask for TLS",
            };
            sink.at(*located, &srv.port.to_string(), || {
                format!(
                    "port {} is that of `{other}`; clients of `{}` will {begins} there",
                    srv.port, publication.label
                )
            });
        }
    });
}

pub(super) fn same_target_twice(view: &View<'_>, sink: &mut Sink<'_>) {
    servers(view, |_, servers| {
        let mut seen: HashSet<(&Name, u16)> = HashSet::new();
        for (located, srv) in servers {
            if !srv.target.is_root() && !seen.insert((&srv.target, srv.port)) {
                sink.at(*located, &srv.target.to_ascii(), || {
                    format!("{} at port {} stands here twice", srv.target, srv.port)
                });
            }
        }
    });
}

/// Only the one label or only the other, so that clients which look for one alone find nothing.
pub(super) fn one_label_only(view: &View<'_>, sink: &mut Sink<'_>) {
    servers(view, |publication, servers| {
        let Some((first, _)) = servers.iter().find(|(located, _)| !is_root(located)) else { return };
        let domain = publication.domain();
        for other in publication.label.service().labels().iter().filter(|label| **label != publication.label)
        {
            let owner = owner_of(*other, &domain);
            if owner.is_some_and(|owner| view.names.find(&owner, RecordType::SRV).is_nothing()) {
                sink.at(*first, "", || {
                    format!("nothing is said of `{other}` beside `{}`", publication.label)
                });
            }
        }
    });
}

/// An owner that is nearly that of a mail service: nobody asks for it.
pub(super) fn misspelt_owner(view: &View<'_>, sink: &mut Sink<'_>) {
    let known: Vec<&str> =
        Label::ALL.iter().filter(|label| **label != Label::Mx).map(|label| label.name()).collect();
    for server in view.names.of_type(RecordType::SRV) {
        let owner = &server.record().name;
        if owner.is_wildcard() || label_of(owner).is_some() {
            continue;
        }
        let words: Vec<String> =
            owner.iter().take(2).map(|label| String::from_utf8_lossy(label).to_ascii_lowercase()).collect();
        let [service, transport] = &words[..] else { continue };
        let bare = service.strip_prefix('_').unwrap_or(service);
        let meant = match known.iter().find(|label| **label == bare) {
            // The label is right, so what is behind it, or the underscore, is not.
            Some(label) => Some(*label),
            // Of short names too many differ by a letter: `pop2` was a service of its own.
            None if transport == "_tcp" && bare.len() > 5 => nearest(bare, &known),
            None => None,
        };
        if let Some(meant) = meant {
            sink.at(server, "", || {
                format!("nobody asks for {owner}; `_{meant}._tcp` is what clients ask for")
            });
        }
    }
}
