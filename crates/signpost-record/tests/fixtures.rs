//! Records as files: those of the proposal of 2006 letter for letter, those that are fine and their canonical form,
//! those that are not and what is wrong where.

use signpost_fixtures::RECORDS;
use signpost_record::{DigestAlgorithm, ErrorKind, KeyRecord, PolicyRecord, usable_keys};

/// The lines of a file; the octets of a record need not be text.
fn lines(octets: &[u8]) -> Vec<Vec<u8>> {
    let octets = octets.strip_suffix(b"\n").unwrap_or(octets);
    octets.split(|&octet| octet == b'\n').map(<[u8]>::to_vec).collect()
}

fn file(path: &str) -> Vec<Vec<u8>> {
    lines(RECORDS.get_file(path).unwrap_or_else(|| panic!("there is no {path}")).contents())
}

fn seed(name: &str) -> Vec<u8> {
    let mut lines = file(&format!("seed/{name}"));
    assert_eq!(lines.len(), 1, "{name} holds one record");
    lines.remove(0)
}

/// What came of a record, in the words of the fixtures: of all readers, at most one takes it for its own.
fn read(text: &[u8]) -> String {
    let services = ["imap", "mx", "pop3", "submission", "submissions"];
    let policies = services.map(|service| {
        PolicyRecord::parse(text, service).map(|record| record.map(|record| record.to_string()))
    });
    let key = KeyRecord::parse(text).map(|record| record.map(|record| record.to_string()));
    let mut readings = policies.into_iter().chain([key]).filter(|reading| *reading != Ok(None));
    let reading = readings.next();
    assert_eq!(readings.next(), None, "{} is of two kinds", String::from_utf8_lossy(text));
    match reading {
        Some(Ok(canonical)) => canonical.unwrap_or_default(),
        None => "not a record of this kind".to_owned(),
        Some(Err(error)) => format!("{:?} {}..{}", error.kind, error.span.start, error.span.end),
    }
}

fn check_table(name: &str) {
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in RECORDS.get_dir(name).expect("the directory of fixtures is there").files() {
        let path = entry.path();
        let lines = lines(entry.contents());
        let [record, expected] = &lines[..] else {
            panic!("{}: expected two lines, the record and what comes of it", path.display());
        };
        let expected = String::from_utf8_lossy(expected);
        let seen = read(record);
        count += 1;
        if seen != expected {
            wrong.push(format!("{}: expected {expected}, seen {seen}", path.display()));
        }
    }
    assert!(count > 10, "only {count} fixtures in {name}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn valid_records_have_their_canonical_form() {
    check_table("valid");
}

#[test]
fn invalid_records_have_their_mistake_and_its_place() {
    check_table("invalid");
}

/// "with the SUBMIT protocol for the specified service the STARTTLS is always offered with a certifcate that chains to
/// a root specified in the _certroot record. SMTP-AUTH is required."
#[test]
fn seed_submission_policy_promises_starttls_and_demands_authentication() {
    let text = seed("submission.txt");
    let policy = PolicyRecord::parse(&text, "submission").unwrap().unwrap();
    assert_eq!(policy.service, "submission");
    assert_eq!(policy.starttls.unwrap().as_str(), "_certroot.example.com");
    assert!(policy.is_authentication_required);
    assert!(policy.sasl.is_none());
    assert_eq!(policy.to_string().as_bytes(), text);
}

/// "The third record gives the same information for SMTP."
#[test]
fn seed_mx_policy_names_the_same_root_and_demands_nothing_else() {
    let (mx, submission) = (seed("mx.txt"), seed("submission.txt"));
    let policy = PolicyRecord::parse(&mx, "mx").unwrap().unwrap();
    assert_eq!(policy.starttls, PolicyRecord::parse(&submission, "submission").unwrap().unwrap().starttls);
    assert!(!policy.is_authentication_required);
    assert!(policy.sasl.is_none());
    assert_eq!(policy.to_string().as_bytes(), mx);
}

/// "The first element in each one is simply there to ensure that wildcarded records do not get accidentally
/// misinterpreted."
#[test]
fn seed_records_are_no_policy_of_another_service() {
    for (name, own) in [("submission.txt", "submission"), ("mx.txt", "mx"), ("keyrecord.txt", "keyrecord")] {
        let text = seed(name);
        for service in ["submission", "mx", "pop3", "keyrecord"].into_iter().filter(|&service| service != own)
        {
            assert_eq!(PolicyRecord::parse(&text, service), Ok(None), "{name} for {service}");
        }
        if own != "keyrecord" {
            assert_eq!(KeyRecord::parse(&text), Ok(None), "{name}");
        }
    }
}

/// `a12w22wj2j1j2k1k12i1wd76123==` has 29 characters, which base64 of no digest has.
#[test]
fn seed_digest_is_refused_at_its_exact_octets() {
    let text = seed("keyrecord.txt");
    let error = KeyRecord::parse(&text).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Digest);
    assert_eq!(error.span, 17..46);
    assert_eq!(&text[error.span.clone()], b"a12w22wj2j1j2k1k12i1wd76123==");
    let keys = usable_keys([&text[..]]);
    assert!(keys.digests.is_empty());
    assert_eq!(keys.skipped, [(0, error)]);
}

#[test]
fn the_strongest_digest_counts() {
    let lines = file("valid/key-all-digests.txt");
    let record = KeyRecord::parse(&lines[0]).unwrap().unwrap();
    assert_eq!(record.strongest().unwrap().algorithm, DigestAlgorithm::Sha512);
    assert!(record.digests().map(|digest| digest.algorithm).eq(DigestAlgorithm::ALL));
}
