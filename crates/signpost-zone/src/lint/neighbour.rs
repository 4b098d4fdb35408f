//! The records of MTA-STS (RFC 8461) and of reports on TLS (RFC 8460).
//!
//! Their grammars are two lines of ABNF each, and a rule has to name the place of a mistake, which parsers made for receivers do
//! not. A test holds these readers against mail-auth.

use std::collections::HashMap;

use hickory_proto::rr::Name;

use super::finding::Sink;
use super::text::quoted;
use super::view::View;
use crate::namespace::Located;

const STS: &str = "v=STSv1";
const REPORT: &str = "v=TLSRPTv1";

/// The texts that begin with a version, without what follows it, where something other than a letter or digit does.
fn of_version<'v>(view: &'v View<'_>, version: &'static str) -> impl Iterator<Item = (Located<'v>, String)> {
    view.texts().filter_map(move |(located, text)| {
        let text = String::from_utf8_lossy(text).into_owned();
        let start = text.trim_start().get(..version.len())?;
        let rest = &text.trim_start()[version.len()..];
        let goes_on = rest.starts_with(|next: char| next.is_ascii_alphanumeric());
        (start.eq_ignore_ascii_case(version) && !goes_on).then_some((located, text))
    })
}

/// What stands behind the first label of an owner, where it is this one.
fn domain_of(owner: &Name, label: &[&[u8]]) -> Option<Name> {
    let mut labels = owner.iter();
    let is_owner =
        label.iter().all(|wanted| labels.next().is_some_and(|label| label.eq_ignore_ascii_case(wanted)));
    is_owner.then(|| label.iter().fold(owner.clone(), |name, _| name.base_name()))
}

fn sts_domain(owner: &Name) -> Option<Name> {
    domain_of(owner, &[b"_mta-sts"])
}

fn report_domain(owner: &Name) -> Option<Name> {
    domain_of(owner, &[b"_smtp", b"_tls"])
}

/// A mistake in an MTA-STS record: the word and what is wrong with it.
fn sts_mistake(text: &str) -> Option<(String, &'static str)> {
    let rest = match text.strip_prefix(STS) {
        Some(rest) if rest.trim_start().starts_with(';') => rest.trim_start(),
        Some(rest) => return Some((rest.trim().to_owned(), "a semicolon is due behind `v=STSv1`")),
        None => {
            return Some((
                quoted(text.as_bytes()),
                "the record begins with `v=STSv1`, in this case and without spaces before it",
            ));
        }
    };
    let mut ids = 0;
    let fields: Vec<&str> = rest[1..].split(';').map(str::trim).collect();
    let count = fields.len();
    for (number, field) in fields.into_iter().enumerate() {
        if field.is_empty() && number + 1 == count {
            continue;
        }
        let Some((name, value)) = field.split_once('=') else {
            return Some((field.to_owned(), "a field is written `name=value`"));
        };
        if name == "id" {
            ids += 1;
            if !(1..=32).contains(&value.len()) || !value.bytes().all(|octet| octet.is_ascii_alphanumeric()) {
                return Some((value.to_owned(), "an id is 1 to 32 letters and digits"));
            }
        }
    }
    (ids != 1).then(|| (String::new(), "exactly one id is due"))
}

/// A mistake in a record of reports on TLS.
fn report_mistake(text: &str) -> Option<(String, &'static str)> {
    let rest = match text.strip_prefix(REPORT) {
        Some(rest) if rest.trim_start().starts_with(';') => rest.trim_start(),
        Some(rest) => return Some((rest.trim().to_owned(), "a semicolon is due behind `v=TLSRPTv1`")),
        None => {
            return Some((
                quoted(text.as_bytes()),
                "the record begins with `v=TLSRPTv1`, in this case and without spaces before it",
            ));
        }
    };
    let addresses = rest[1..].split(';').map(str::trim).find_map(|field| field.strip_prefix("rua="));
    let Some(addresses) = addresses else {
        return Some((String::new(), "where reports go, `rua=`, is missing"));
    };
    let mut wrong = addresses.split(',').map(str::trim).filter(|uri| {
        let uri = uri.to_ascii_lowercase();
        !(uri.strip_prefix("mailto:").is_some_and(|address| address.contains('@'))
            || uri.strip_prefix("https://").is_some_and(|rest| !rest.is_empty()))
    });
    wrong.next().map(|uri| (uri.to_owned(), "reports go to `mailto:` or `https:`"))
}

fn malformed(
    view: &View<'_>,
    sink: &mut Sink<'_>,
    version: &'static str,
    domain_of: fn(&Name) -> Option<Name>,
    mistake: fn(&str) -> Option<(String, &'static str)>,
) {
    for (located, text) in of_version(view, version) {
        if domain_of(&located.record().name).is_some()
            && let Some((word, message)) = mistake(&text)
        {
            sink.at(located, &word, || message.to_owned());
        }
    }
}

fn doubled(
    view: &View<'_>,
    sink: &mut Sink<'_>,
    version: &'static str,
    domain_of: fn(&Name) -> Option<Name>,
) {
    let mut seen: HashMap<Name, usize> = HashMap::new();
    for (located, _) in of_version(view, version) {
        let owner = &located.record().name;
        let count = seen.entry(owner.clone()).or_default();
        *count += 1;
        if *count == 2 && domain_of(owner).is_some() {
            sink.at(located, "", || format!("a second `{version}` at {owner}: senders use none of them"));
        }
    }
}

/// Where the label of the right owner stands further up, the record is for aliases in zones of others: `customer._mta-sts.provider`.
fn elsewhere(
    view: &View<'_>,
    sink: &mut Sink<'_>,
    version: &'static str,
    label: &[u8],
    domain_of: fn(&Name) -> Option<Name>,
) {
    for (located, _) in of_version(view, version) {
        let owner = &located.record().name;
        let is_for_aliases =
            view.is_aliased(owner) || owner.iter().skip(1).any(|other| other.eq_ignore_ascii_case(label));
        if domain_of(owner).is_none() && !owner.is_wildcard() && !is_for_aliases {
            sink.at(located, "", || format!("nobody looks for `{version}` at {owner}"));
        }
    }
}

pub(super) fn sts_malformed(view: &View<'_>, sink: &mut Sink<'_>) {
    malformed(view, sink, STS, sts_domain, sts_mistake);
}

pub(super) fn sts_doubled(view: &View<'_>, sink: &mut Sink<'_>) {
    doubled(view, sink, STS, sts_domain);
}

pub(super) fn sts_elsewhere(view: &View<'_>, sink: &mut Sink<'_>) {
    elsewhere(view, sink, STS, b"_mta-sts", sts_domain);
}

/// Senders fetch the policy from this host alone.
pub(super) fn sts_without_host(view: &View<'_>, sink: &mut Sink<'_>) {
    for (located, _) in of_version(view, STS) {
        let host = sts_domain(&located.record().name).and_then(|domain| domain.prepend_label("mta-sts").ok());
        if let Some(host) = host.filter(|host| view.names.has_no_address(host)) {
            sink.at(located, "", || format!("{host}, from where the policy is fetched, has no address"));
        }
    }
}

pub(super) fn report_malformed(view: &View<'_>, sink: &mut Sink<'_>) {
    malformed(view, sink, REPORT, report_domain, report_mistake);
}

pub(super) fn report_doubled(view: &View<'_>, sink: &mut Sink<'_>) {
    doubled(view, sink, REPORT, report_domain);
}

pub(super) fn report_elsewhere(view: &View<'_>, sink: &mut Sink<'_>) {
    elsewhere(view, sink, REPORT, b"_tls", report_domain);
}

#[cfg(test)]
mod tests {
    use mail_auth::common::parse::TxtRecordParser as _;
    use mail_auth::mta_sts::{MtaSts, TlsRpt};

    use super::*;

    /// What passes here is read by whoever sends, and what the standards show passes.
    #[test]
    fn what_is_well_formed_here_is_so_for_mail_auth() {
        for text in ["v=STSv1; id=20160831085700Z;", "v=STSv1;id=1", "v=STSv1 ; id=a ; ext=1;"] {
            assert_eq!(sts_mistake(text), None, "{text}");
            assert!(MtaSts::parse(text.as_bytes()).is_ok(), "{text}");
        }
        for text in [
            "v=STSv1",
            "v=STSv1 id=1;",
            "v=STSv1;",
            "v=STSv1; id=;",
            "v=STSv1; id=a-b",
            "v=STSv1; id=1; id=2",
            "v=stsv1; id=1",
        ] {
            assert!(sts_mistake(text).is_some(), "{text}");
        }
        for text in [
            "v=TLSRPTv1;rua=mailto:reports@example.com",
            "v=TLSRPTv1; rua=https://reporting.example.com/v1/tlsrpt",
            "v=TLSRPTv1; rua=mailto:a@example.com,https://b.example/c;",
        ] {
            assert_eq!(report_mistake(text), None, "{text}");
            assert!(TlsRpt::parse(text.as_bytes()).is_ok(), "{text}");
        }
        for text in
            ["v=TLSRPTv1", "v=TLSRPTv1; ", "v=TLSRPTv1; rua=reports@example.com", "v=TLSRPTv1; rua=http://a/"]
        {
            assert!(report_mistake(text).is_some(), "{text}");
        }
    }
}
