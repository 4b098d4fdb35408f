//! Reading allocates nothing, whatever comes of it.

use allocation_counter::measure;
use signpost_record::{ErrorKind, KeyRecord, PolicyRecord, elements, join};

fn check(read: impl FnOnce()) {
    let seen = measure(read);
    assert_eq!(seen.count_total, 0, "{} octets in {} allocations", seen.bytes_total, seen.count_total);
}

/// The counter counts: without this the other tests could pass for want of it.
#[test]
fn an_allocation_is_seen() {
    assert_eq!(measure(|| drop(std::hint::black_box(vec![1_u8]))).count_total, 1);
}

#[test]
fn a_policy_record_is_read_without_allocation() {
    let text = b"v=submission STARTTLS=_certroot.example.com SMTP-AUTH=Required SASL=PLAIN,LOGIN colour=blue";
    check(|| {
        let policy = PolicyRecord::parse(text, "submission").unwrap().unwrap();
        assert!(policy.is_authentication_required);
        assert!(policy.sasl.unwrap().allows("login"));
    });
}

#[test]
fn a_record_of_another_service_is_passed_over_without_allocation() {
    check(|| assert!(PolicyRecord::parse(b"v=mx STARTTLS=_certroot.example.com", "pop3").unwrap().is_none()));
}

#[test]
fn a_key_record_is_read_without_allocation() {
    let text = b"v=keyrecord sha256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU= \
        sha1=2jmj7l5rSw0yVb/vlWAYkK/YBwk= uri=https://example.com/root.der";
    check(|| assert_eq!(KeyRecord::parse(text).unwrap().unwrap().digests().count(), 2));
}

#[test]
fn a_malformed_record_is_refused_without_allocation() {
    let policies: [(&[u8], ErrorKind); 6] = [
        (b"v=mx STARTTLS", ErrorKind::NoEqualsSign),
        (b"v=mx =x", ErrorKind::NoName),
        (b"v=mx a=\xff", ErrorKind::NotVisible),
        (b"v=mx STARTTLS=a..b", ErrorKind::DomainName),
        (b"v=mx SASL=PLAIN,", ErrorKind::Mechanism),
        (b"v=mx SMTP-AUTH=Required SMTP-AUTH=Required", ErrorKind::Duplicate),
    ];
    for (text, kind) in policies {
        check(|| assert_eq!(PolicyRecord::parse(text, "mx").unwrap_err().kind, kind));
    }
    for (text, kind) in [
        (&b"v=keyrecord sha1=a12w22wj2j1j2k1k12i1wd76123=="[..], ErrorKind::Digest),
        (b"v=keyrecord uri=x", ErrorKind::NoDigest),
    ] {
        check(|| assert_eq!(KeyRecord::parse(text).unwrap_err().kind, kind));
    }
}

#[test]
fn elements_and_a_single_character_string_are_borrowed() {
    check(|| {
        assert_eq!(elements(b"a=1 b=2").count(), 2);
        assert_eq!(join(&[b"v=mx"]).len(), 4);
    });
}
