//! Entries of a master file (RFC 1035 section 5.1) as text: where each ends, and what of it the parser does not know.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;
use std::str::FromStr as _;

use domain::base::iana::{Class, Rtype};

/// Cuts a master file behind each line feed that ends an entry.
pub(crate) fn entries(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
        let span = start..start + length(rest.as_bytes());
        start = span.end;
        Some((span.clone(), &text[span]))
    })
}

/// The length of the first entry, final line feed included.
fn length(text: &[u8]) -> usize {
    let (mut depth, mut quoted, mut comment, mut escaped) = (0usize, false, false, false);
    for (place, octet) in text.iter().enumerate() {
        match octet {
            b'\n' if depth == 0 && !quoted => return place + 1,
            b'\n' => comment = false,
            _ if comment => {}
            _ if escaped => {
                escaped = false;
                continue;
            }
            b'"' => quoted = !quoted,
            b';' if !quoted => comment = true,
            b'(' if !quoted => depth += 1,
            b')' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        escaped = *octet == b'\\' && !comment;
    }
    text.len()
}

/// The same entry with times in seconds where it has units, `1h30m`, as name servers take them for TTLs and in SOA records.
pub(crate) fn in_seconds(entry: &str) -> Cow<'_, str> {
    let heading = Heading::of(entry);
    let mut times = heading.times;
    if heading.is_soa {
        // Behind the primary server, the mailbox and the serial number.
        times.extend(words(entry, heading.end).skip(3));
    }
    let times: Vec<(Range<usize>, u32)> =
        times.into_iter().filter_map(|span| Some((span.clone(), seconds(&entry[span])?))).collect();
    if times.is_empty() {
        return Cow::Borrowed(entry);
    }
    let mut text = entry.to_owned();
    for (span, seconds) in times.into_iter().rev() {
        text.replace_range(span, &seconds.to_string());
    }
    Cow::Owned(text)
}

/// The same entry with what is not ASCII as `\DDD`: name servers take any octet as it stands, and the parser takes these so.
pub(crate) fn in_ascii(entry: &str) -> Cow<'_, str> {
    if entry.is_ascii() {
        return Cow::Borrowed(entry);
    }
    let mut text = String::with_capacity(entry.len() * 2);
    for octet in entry.bytes() {
        match octet {
            0..=0x7f => text.push(char::from(octet)),
            // Writing to a String cannot fail.
            _ => _ = write!(text, "\\{octet:03}"),
        }
    }
    Cow::Owned(text)
}

/// The same entry with nothing in it but its owner, where its type is one that the parser knows by name only: what it cannot
/// present is no mistake.
pub(crate) fn without_unknown_data(entry: &str) -> Option<String> {
    let heading = Heading::of(entry);
    let record_type = heading.record_type?;
    (!PRESENTED.contains(&record_type)).then(|| format!("{} 0 TYPE65534 \\# 0\n", &entry[..heading.owner]))
}

/// Types that the parser reads as their standards write them. Of any other it knows the generic form alone (RFC 3597).
const PRESENTED: &[Rtype] = &[
    Rtype::A,
    Rtype::AAAA,
    Rtype::CAA,
    Rtype::CDNSKEY,
    Rtype::CDS,
    Rtype::CNAME,
    Rtype::DNAME,
    Rtype::DNSKEY,
    Rtype::DS,
    Rtype::HINFO,
    Rtype::MX,
    Rtype::NAPTR,
    Rtype::NS,
    Rtype::NSEC,
    Rtype::NSEC3,
    Rtype::NSEC3PARAM,
    Rtype::PTR,
    Rtype::RRSIG,
    Rtype::SOA,
    Rtype::SRV,
    Rtype::SSHFP,
    Rtype::TLSA,
    Rtype::TXT,
];

/// What stands before the data of a record.
#[derive(Default)]
struct Heading {
    /// Where the owner ends; 0 where the entry begins with white space.
    owner: usize,
    /// Words that may be a TTL.
    times: Vec<Range<usize>>,
    record_type: Option<Rtype>,
    is_soa: bool,
    end: usize,
}

impl Heading {
    fn of(entry: &str) -> Self {
        let mut heading = Self::default();
        for (number, span) in words(entry, 0).take(5).enumerate() {
            let word = &entry[span.clone()];
            heading.end = span.end;
            if number == 0 && span.start == 0 {
                heading.owner = span.end;
                if word.starts_with('$') && !word.eq_ignore_ascii_case("$TTL") {
                    break;
                }
            } else if word.starts_with(|first: char| first.is_ascii_digit()) {
                heading.times.push(span);
            } else if let Ok(record_type) = Rtype::from_str(word) {
                heading.record_type = Some(record_type);
                heading.is_soa = record_type == Rtype::SOA;
                break;
            } else if Class::from_str(word).is_err() {
                break;
            }
        }
        heading
    }
}

/// The words of an entry from some place on, outside quotes and comments.
fn words(entry: &str, from: usize) -> impl Iterator<Item = Range<usize>> {
    let octets = entry.as_bytes();
    let mut at = from;
    std::iter::from_fn(move || {
        loop {
            match octets.get(at)? {
                b';' => at += octets[at..].iter().position(|octet| *octet == b'\n')?,
                b' ' | b'\t' | b'\r' | b'\n' | b'(' | b')' => at += 1,
                b'"' => return None,
                _ => break,
            }
        }
        let start = at;
        while octets
            .get(at)
            .is_some_and(|octet| !matches!(octet, b' ' | b'\t' | b'\r' | b'\n' | b'(' | b')' | b';' | b'"'))
        {
            at += 1;
        }
        Some(start..at)
    })
}

/// A time with units: `1w`, `2h30m`. One without is no such time.
fn seconds(word: &str) -> Option<u32> {
    let (mut total, mut number) = (0u32, None);
    for octet in word.bytes() {
        let unit = match octet.to_ascii_lowercase() {
            digit @ b'0'..=b'9' => {
                number = Some(number.unwrap_or(0u32).checked_mul(10)?.checked_add(u32::from(digit - b'0'))?);
                continue;
            }
            b's' => 1,
            b'm' => 60,
            b'h' => 3600,
            b'd' => 86_400,
            b'w' => 604_800,
            _ => return None,
        };
        total = total.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    number.is_none().then_some(total).filter(|_| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_end_where_the_grammar_says() {
        for (text, length) in [
            ("a A 192.0.2.1\nb", 14),
            ("a TXT \"x\ny\"\nb", 12),
            ("a SOA ( ; )\n 1 )\nb", 17),
            ("a TXT \\\"x\nb", 10),
            ("a TXT ;\"\nb", 9),
        ] {
            assert_eq!(super::length(text.as_bytes()), length, "{text:?}");
        }
    }

    #[test]
    fn times_with_units_become_seconds() {
        for (entry, expected) in [
            ("$TTL 1h30m ; a\n", "$TTL 5400 ; a\n"),
            ("a 1D IN A 192.0.2.1\n", "a 86400 IN A 192.0.2.1\n"),
            ("1d IN 2S TXT \"1h\"\n", "1d IN 2 TXT \"1h\"\n"),
            ("@ SOA ns h (\n 7 ; 1d\n 2h 3m 4w 5 )\n", "@ SOA ns h (\n 7 ; 1d\n 7200 180 2419200 5 )\n"),
            ("a 60 TXT 1h\n", "a 60 TXT 1h\n"),
            ("a NS 1h\n", "a NS 1h\n"),
        ] {
            assert_eq!(in_seconds(entry), expected);
        }
    }

    #[test]
    fn other_octets_than_ascii_are_written_by_their_numbers() {
        assert_eq!(in_ascii("a TXT \"ä\"\n"), "a TXT \"\\195\\164\"\n");
    }

    #[test]
    fn only_what_is_not_presented_is_left_out() {
        assert_eq!(without_unknown_data("a IN LOC 1\n").as_deref(), Some("a 0 TYPE65534 \\# 0\n"));
        assert_eq!(without_unknown_data("  WKS 1\n").as_deref(), Some(" 0 TYPE65534 \\# 0\n"));
        assert_eq!(without_unknown_data("a SRV 1\n"), None);
        assert_eq!(without_unknown_data("a what 1\n"), None);
    }
}
