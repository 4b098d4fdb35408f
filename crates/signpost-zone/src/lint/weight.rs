//! Weights that cannot do what they seem to say (RFC 2782).

use std::collections::BTreeMap;

use hickory_proto::rr::rdata::SRV;

use super::finding::Sink;
use super::service::servers;
use super::view::View;
use crate::namespace::Located;

/// The servers of each priority of each label.
fn priorities(view: &View<'_>, mut each: impl FnMut(&[(Located<'_>, &SRV)])) {
    servers(view, |_, servers| {
        let mut priorities: BTreeMap<u16, Vec<(Located<'_>, &SRV)>> = BTreeMap::new();
        for (located, srv) in servers.iter().filter(|(_, srv)| !srv.target.is_root()) {
            priorities.entry(srv.priority).or_default().push((*located, srv));
        }
        priorities.values().for_each(|servers| each(servers));
    });
}

pub(super) fn zero_beside_others(view: &View<'_>, sink: &mut Sink<'_>) {
    priorities(view, |servers| {
        if servers.iter().any(|(_, srv)| srv.weight > 0) {
            for (located, srv) in servers.iter().filter(|(_, srv)| srv.weight == 0) {
                sink.at(*located, "0", || {
                    format!(
                        "weight 0 beside others at priority {}: {} is hardly ever chosen",
                        srv.priority, srv.target
                    )
                });
            }
        }
    });
}

pub(super) fn all_zero(view: &View<'_>, sink: &mut Sink<'_>) {
    priorities(view, |servers| {
        if let [(first, srv), _, ..] = servers
            && servers.iter().all(|(_, srv)| srv.weight == 0)
        {
            sink.at(*first, "", || {
                format!(
                    "all weights at priority {} are 0: some clients take the first record only",
                    srv.priority
                )
            });
        }
    });
}

pub(super) fn alone(view: &View<'_>, sink: &mut Sink<'_>) {
    priorities(view, |servers| {
        if let [(only, srv)] = servers
            && srv.weight > 0
        {
            sink.at(*only, &srv.weight.to_string(), || {
                format!(
                    "{} is alone at priority {}, so that its weight says nothing",
                    srv.target, srv.priority
                )
            });
        }
    });
}
