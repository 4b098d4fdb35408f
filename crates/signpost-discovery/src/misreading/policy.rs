//! Misreadings of policies alone.

use signpost_record::{DomainName, Mechanisms, PolicyRecord};

use super::Misreading;
use super::element::{halves, is_named, is_version, keep, replace, split};
use crate::defect::Defect;
use crate::sasl::Mechanism;

pub(super) const MISREADINGS: &[(Defect, Misreading)] = &[
    (Defect::ChecksOctetsFirst, |text, _| {
        match text.iter().any(|octet| octet.is_ascii_control() || !octet.is_ascii()) {
            true => Err("an octet is no visible ASCII"),
            false => Ok(Some(text.to_vec())),
        }
    }),
    (Defect::FoldsNoValues, |text, _| {
        Ok(Some(replace(text, |element| {
            (is_named(element, "SMTP-AUTH") && halves(element).1 != b"Required")
                .then(|| b"SMTP-AUTH=unknown".to_vec())
        })))
    }),
    (Defect::IgnoresUnknownValues, |text, _| Ok(Some(keep(text, has_known_value)))),
    (Defect::KeepsPolicyBeforeMistake, |text, label| {
        let mistake = PolicyRecord::parse(text, label).err().map(|error| error.span.start);
        let before = &text[..mistake.unwrap_or(text.len())];
        // The mistake may be the value of an element that has begun.
        let end =
            mistake.map_or(text.len(), |_| before.iter().rposition(|&octet| octet == b' ').unwrap_or(0));
        Ok(Some(text[..end].to_vec()))
    }),
    (Defect::MatchesValuesByPrefix, |text, _| {
        Ok(Some(replace(text, |element| {
            let begins = halves(element).1.get(.."Required".len())?.eq_ignore_ascii_case(b"Required");
            (is_named(element, "SMTP-AUTH") && begins).then(|| b"SMTP-AUTH=Required".to_vec())
        })))
    }),
    (Defect::RefusesFinalDot, |text, _| {
        match split(text).iter().any(|element| is_named(element, "STARTTLS") && element.ends_with(b".")) {
            true => Err("a domain name ends with a dot"),
            false => Ok(Some(text.to_vec())),
        }
    }),
    (Defect::RefusesOtherMechanisms, |text, _| {
        match split(text).iter().any(|element| is_named(element, "SASL") && names_other_mechanism(element)) {
            true => Err("a mechanism is not known"),
            false => Ok(Some(text.to_vec())),
        }
    }),
    (Defect::TakesAnyAuthValue, |text, _| {
        Ok(Some(replace(text, |element| {
            is_named(element, "SMTP-AUTH").then(|| b"SMTP-AUTH=Required".to_vec())
        })))
    }),
    (Defect::TakesOtherLabelsPolicy, |text, label| {
        let other = label.strip_suffix('s').map_or_else(|| format!("{label}s"), str::to_owned);
        Ok(Some(replace(text, |element| {
            is_version(element, &other).then(|| format!("v={label}").into_bytes())
        })))
    }),
];

/// Whether an element's name is unknown, or its value is one that its name knows.
fn has_known_value(element: &[u8]) -> bool {
    let value = std::str::from_utf8(halves(element).1).unwrap_or_default();
    if is_named(element, "SMTP-AUTH") {
        value.eq_ignore_ascii_case("Required")
    } else if is_named(element, "STARTTLS") {
        DomainName::new(value).is_some()
    } else if is_named(element, "SASL") {
        Mechanisms::new(value).is_some()
    } else {
        true
    }
}

fn names_other_mechanism(element: &[u8]) -> bool {
    halves(element).1.split(|&octet| octet == b',').any(|name| {
        !Mechanism::BY_PREFERENCE.iter().any(|known| name.eq_ignore_ascii_case(known.name().as_bytes()))
    })
}
