//! Policy records.

use std::borrow::Cow;

use hickory_proto::rr::{RData, RecordType};
use signpost_protocol::Label;
use signpost_record::{PolicyRecord, RecordError, elements};
use signpost_source::nearest;

use super::finding::Sink;
use super::text::{quoted, shown};
use super::view::{Publication, View, label_of};
use crate::namespace::{Found, Located};

/// The document whose sections and slugs the rules of policy and key records name.
const SPECIFICATION: &str = "docs/policy-records.md";

/// The policies of a label that can be read.
pub(super) fn policies<'p>(publication: &'p Publication<'_>) -> Vec<(Located<'p>, PolicyRecord<'p>)> {
    let label = publication.label.name();
    let read = |(located, text): &'p (Located<'_>, Vec<u8>)| {
        Some((*located, PolicyRecord::parse(text, label).ok()??))
    };
    publication.texts.iter().filter_map(read).collect()
}

/// Whether a label has a policy, whether it can be read or not.
fn has_policy(publication: &Publication<'_>) -> bool {
    let label = publication.label.name();
    publication.texts.iter().any(|(_, text)| !matches!(PolicyRecord::parse(text, label), Ok(None)))
}

/// A mistake in a record, by the rule of the specification that it breaks.
pub(super) fn report(sink: &mut Sink<'_>, located: Located<'_>, text: &[u8], error: &RecordError) {
    sink.found(
        located,
        &shown(text, &error.span),
        || format!("{}: `{}`", error.kind, quoted(shown(text, &error.span).as_bytes())),
        Cow::Owned(format!("{SPECIFICATION}, {}", error.kind.rule())),
        Cow::Borrowed(error.kind.hint()),
    );
}

pub(super) fn malformed(view: &View<'_>, sink: &mut Sink<'_>) {
    for publication in view.publications() {
        for (located, text) in &publication.texts {
            if let Err(error) = PolicyRecord::parse(text, publication.label.name()) {
                report(sink, *located, text, &error);
            }
        }
    }
}

pub(super) fn doubled(view: &View<'_>, sink: &mut Sink<'_>) {
    for publication in view.publications() {
        if let [_, (second, _), ..] = policies(publication)[..] {
            sink.at(second, "", || {
                format!("a second policy of `{}` at {}", publication.label, publication.owner)
            });
        }
    }
}

/// `v=` with a label at an owner where nobody looks for it. A wildcard's record is every name's, so it may stand anywhere.
pub(super) fn elsewhere(view: &View<'_>, sink: &mut Sink<'_>) {
    for (located, text) in view.texts() {
        let owner = &located.record().name;
        let Some(version) = elements(text).next().and_then(Result::ok) else { continue };
        let label = Label::ALL.iter().find(|label| label.name().eq_ignore_ascii_case(version.value));
        let Some(label) = label.filter(|_| version.name.eq_ignore_ascii_case("v")) else { continue };
        if !owner.is_wildcard() && label_of(owner) != Some(*label) && !view.is_aliased(owner) {
            sink.at(located, &shown(text, &version.span), || {
                format!("a policy of `{label}` at {owner}, where nobody looks for it")
            });
        }
    }
}

pub(super) fn without_servers(view: &View<'_>, sink: &mut Sink<'_>) {
    for publication in view.publications().filter(|publication| publication.label != Label::Mx) {
        if let Some((policy, _)) = policies(publication).first()
            && view.names.find(&publication.owner, RecordType::SRV).is_nothing()
        {
            sink.at(*policy, "", || format!("a policy at {}, where no SRV record stands", publication.owner));
        }
    }
}

pub(super) fn servers_without(view: &View<'_>, sink: &mut Sink<'_>) {
    for publication in view.publications() {
        let Some(first) = publication.servers.iter().find(|server| !is_root(server)) else { continue };
        if !has_policy(publication) && view.siblings(publication).any(|sibling| has_policy(sibling)) {
            sink.at(*first, "", || {
                format!("servers at {}, which no policy binds, beside those that one does", publication.owner)
            });
        }
    }
}

/// Whether an SRV record declares that there is no service.
pub(super) fn is_root(server: &Located<'_>) -> bool {
    matches!(&server.record().data, RData::SRV(server) if server.target.is_root())
}

pub(super) fn weaker_at_one_label(view: &View<'_>, sink: &mut Sink<'_>) {
    for publication in view.publications().filter(|publication| !publication.servers.is_empty()) {
        for (located, policy) in policies(publication) {
            let is_weaker = view.siblings(publication).any(|sibling| {
                let demands_more = |(_, other): &(Located<'_>, PolicyRecord<'_>)| {
                    other.demands_what_does(&policy) && !policy.demands_what_does(other)
                };
                !sibling.servers.is_empty() && policies(sibling).iter().any(demands_more)
            });
            if is_weaker {
                sink.at(located, "", || {
                    format!(
                        "the policy at {} demands less than that of the service's other label",
                        publication.owner
                    )
                });
            }
        }
    }
}

/// A name that nobody knows is ignored, so that one letter turns off what it asks for.
pub(super) fn misspelt_element(view: &View<'_>, sink: &mut Sink<'_>) {
    const OF_POLICIES: [&str; 4] = ["v", "starttls", "smtp-auth", "sasl"];
    const OF_KEY_RECORDS: [&str; 6] = ["v", "sha1", "sha256", "sha384", "sha512", "uri"];
    for (located, text) in view.texts() {
        let mut elements = elements(text).map_while(Result::ok);
        let Some(version) = elements.next().filter(|version| version.name.eq_ignore_ascii_case("v")) else {
            continue;
        };
        let known: &[&str] = if version.value.eq_ignore_ascii_case("keyrecord") {
            &OF_KEY_RECORDS
        } else if Label::ALL.iter().any(|label| label.name().eq_ignore_ascii_case(version.value)) {
            &OF_POLICIES
        } else {
            continue;
        };
        for element in elements {
            let name = element.name.to_ascii_lowercase();
            let meant = nearest(&name, known).filter(|meant| *meant != name && name.len() > 2);
            if let Some(meant) = meant {
                sink.at(located, element.name, || {
                    format!("`{}` is ignored; `{meant}` is known", quoted(element.name.as_bytes()))
                });
            }
        }
    }
}

pub(super) fn demands_nothing(view: &View<'_>, sink: &mut Sink<'_>) {
    for publication in view.publications() {
        for (located, policy) in policies(publication) {
            if policy.starttls.is_none() && !policy.is_authentication_required && policy.sasl.is_none() {
                sink.at(located, "", || format!("the policy at {} demands nothing", publication.owner));
            }
        }
    }
}

/// Mechanisms that are none: commands of POP3 that send or prove a password beside SASL.
pub(super) fn no_mechanism(view: &View<'_>, sink: &mut Sink<'_>) {
    const COMMANDS: [&str; 3] = ["USER", "PASS", "APOP"];
    for publication in view.publications() {
        for (located, policy) in policies(publication) {
            let names = policy.sasl.into_iter().flat_map(|mechanisms| mechanisms.iter());
            for name in names.filter(|name| COMMANDS.iter().any(|command| command.eq_ignore_ascii_case(name)))
            {
                sink.at(located, name, || format!("`{name}` is a command of POP3, and no mechanism"));
            }
        }
    }
}

pub(super) fn login_between_servers(view: &View<'_>, sink: &mut Sink<'_>) {
    for publication in view.publications().filter(|publication| publication.label == Label::Mx) {
        for (located, policy) in policies(publication) {
            if policy.is_authentication_required || policy.sasl.is_some() {
                let word = if policy.sasl.is_some() { "SASL" } else { "SMTP-AUTH" };
                sink.at(located, word, || {
                    "nobody logs in between servers, so that this demands nothing".to_owned()
                });
            }
        }
    }
}

/// A policy that binds the exchanges of a domain without any.
pub(super) fn without_exchanges(view: &View<'_>, sink: &mut Sink<'_>) {
    for publication in view.publications().filter(|publication| publication.label == Label::Mx) {
        let domain = publication.domain();
        let Some((policy, _)) = policies(publication).first().copied() else { continue };
        let takes_no_mail = match view.names.follow(&domain, RecordType::MX) {
            Found::Records(records) => records.iter().all(|exchange| super::exchange::is_null(&exchange)),
            Found::Nothing => view.names.has_no_address(&domain),
            Found::Alias(_) | Found::Elsewhere => false,
        };
        if takes_no_mail {
            sink.at(policy, "", || format!("a policy for the exchanges of {domain}, which has none"));
        }
    }
}
