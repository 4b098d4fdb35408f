//! How flawed clients read the names in a certificate. What an honest one does is the path builder's.

use rustls_pki_types::{CertificateDer, ServerName};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

use crate::rules::Rules;

/// Whether a certificate that does not name the host is taken for one that does.
pub(crate) fn is_taken_for(certificate: &CertificateDer<'_>, host: &ServerName<'_>, rules: Rules) -> bool {
    let Some(names) = Names::read(certificate) else { return false };
    let host = host.to_str().to_ascii_lowercase();
    let is_host = |name: &String| *name == host;
    (!rules.forgets_common_name() && names.common.iter().any(is_host))
        || (!rules.forgets_email_addresses() && names.of_emails.iter().any(is_host))
        || (!rules.forgets_uris() && names.of_uris.iter().any(is_host))
        || (!rules.forgets_srv_ids() && names.has_services)
        || names.dns.iter().any(|name| resembles(&name.to_ascii_lowercase(), &host, rules))
}

/// Whether a certificate that names the host is taken for one that does not.
pub(crate) fn is_overlooked(certificate: &CertificateDer<'_>, host: &ServerName<'_>, rules: Rules) -> bool {
    let Some(names) = Names::read(certificate) else { return false };
    let host = host.to_str();
    let fits = |name: &String| name.eq_ignore_ascii_case(&host);
    (!rules.looks_at_every_name() && !names.dns.first().is_some_and(fits))
        || (!rules.compares_names_without_case() && !names.dns.iter().any(|name| *name == host))
        || (!rules.reads_wildcards() && !names.dns.iter().any(fits))
}

/// Whether a flawed client takes a name for the host's. Both are in lower case.
fn resembles(name: &str, host: &str, rules: Rules) -> bool {
    let behind_wildcard = name.strip_prefix("*.");
    let is_below =
        |upper: &str, lower: &str| lower.strip_suffix(upper).is_some_and(|rest| rest.ends_with('.'));
    (!rules.ends_names_at_labels() && name.ends_with(host))
        || (!rules.reads_names_to_their_end() && name.starts_with(host))
        || (!rules.tells_host_from_its_parents() && is_below(name, host))
        || (!rules.tells_host_from_hosts_below() && is_below(host, name))
        || (!rules.wants_a_label_for_a_wildcard() && behind_wildcard == Some(host))
        || (!rules.confines_wildcards_to_a_label()
            && behind_wildcard.is_some_and(|rest| is_below(rest, host)))
        || (!rules.keeps_wildcards_left() && fits_with_wildcards(name, host))
        || (!rules.wants_whole_labels_for_wildcards() && fits_in_part(name, host))
}

fn fits_with_wildcards(name: &str, host: &str) -> bool {
    name.split('.').count() == host.split('.').count()
        && name.split('.').zip(host.split('.')).all(|(label, of_host)| label == of_host || label == "*")
}

fn fits_in_part(name: &str, host: &str) -> bool {
    let (Some((label, rest)), Some((of_host, rest_of_host))) = (name.split_once('.'), host.split_once('.'))
    else {
        return false;
    };
    let Some((before, after)) = label.split_once('*') else { return false };
    rest == rest_of_host
        && of_host.len() > before.len() + after.len()
        && of_host.starts_with(before)
        && of_host.ends_with(after)
}

/// What stands in a certificate.
#[derive(Default)]
struct Names {
    common: Vec<String>,
    dns: Vec<String>,
    of_emails: Vec<String>,
    of_uris: Vec<String>,
    /// Whether it has a SRV-ID.
    has_services: bool,
}

impl Names {
    fn read(certificate: &CertificateDer<'_>) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
        let common = certificate.subject().iter_common_name();
        let common = common.filter_map(|name| name.as_str().ok()).map(str::to_ascii_lowercase).collect();
        let mut names = Self { common, ..Self::default() };
        let alternative = certificate.subject_alternative_name().ok()?;
        for name in alternative.iter().flat_map(|extension| &extension.value.general_names) {
            match name {
                GeneralName::DNSName(name) => names.dns.push((*name).to_owned()),
                GeneralName::RFC822Name(address) => {
                    names
                        .of_emails
                        .extend(address.split_once('@').map(|(_, domain)| domain.to_ascii_lowercase()));
                }
                GeneralName::OtherName(form, _) => names.has_services |= form.to_id_string() == SERVICE_NAME,
                GeneralName::URI(uri) => names.of_uris.extend(authority(uri)),
                _ => {}
            }
        }
        Some(names)
    }
}

/// `id-on-dnsSRV` (RFC 4985 section 2).
const SERVICE_NAME: &str = "1.3.6.1.5.5.7.8.7";

fn authority(uri: &str) -> Option<String> {
    let (_, rest) = uri.split_once("//")?;
    rest.split(['/', ':']).next().map(str::to_ascii_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::defect::Defect;

    /// Each reading takes its own names for the host's, and none of the others'.
    #[test]
    fn each_misreading_resembles_one_thing_more() {
        let host = "mail.example.com";
        let cases = [
            (Defect::MatchesNamesAtEnd, "evilmail.example.com"),
            (Defect::MatchesNamesAtStart, "mail.example.com.attacker.example"),
            (Defect::MatchesNamesOfParents, "example.com"),
            (Defect::MatchesNamesOfSubdomains, "mx.mail.example.com"),
            (Defect::WildcardCoversParent, "*.mail.example.com"),
            (Defect::WildcardInAnyLabel, "mail.*.com"),
            (Defect::WildcardInPartOfLabel, "ma*.example.com"),
            (Defect::WildcardSpansLabels, "*.com"),
        ];
        for (defect, name) in cases {
            assert!(resembles(name, host, defect.into()), "{defect}: {name}");
            assert!(!resembles(name, host, Rules::default()), "{name}");
            assert!(!resembles("elsewhere.example", host, defect.into()), "{defect}");
            for (other, _) in cases.iter().filter(|(other, _)| *other != defect) {
                // Below the host, and behind a wildcard for hosts below it, both end as the host does.
                let is_wider = *other == Defect::MatchesNamesAtEnd
                    && matches!(defect, Defect::MatchesNamesOfSubdomains | Defect::WildcardCoversParent)
                    || (*other, defect) == (Defect::MatchesNamesOfSubdomains, Defect::WildcardCoversParent);
                assert_eq!(resembles(name, host, (*other).into()), is_wider, "{other}: {name}");
            }
        }
    }

    #[test]
    fn an_authority_is_what_stands_between_scheme_and_path() {
        assert_eq!(authority("https://Mail.example.com:443/a").as_deref(), Some("mail.example.com"));
        assert_eq!(authority("mailto:alice@mail.example.com"), None);
    }
}
