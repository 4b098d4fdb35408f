//! Laws of the grammar.

use proptest::prelude::*;
use signpost_record::{ErrorKind, KeyRecord, PolicyRecord, RecordError, elements, join};

const SERVICES: [&str; 4] = ["submission", "pop3", "imap", "mx"];
const SHA1: &str = "2jmj7l5rSw0yVb/vlWAYkK/YBwk=";
const SHA256: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
const SHA384: &str = "OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/529l+9Ua0vFImLlb";
const SHA512: &str =
    "z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";

/// A name in any case.
fn in_any_case(name: &'static str) -> impl Strategy<Value = String> {
    prop::collection::vec(any::<bool>(), name.len()).prop_map(move |upper| {
        let letter = |(letter, upper): (char, bool)| {
            if upper { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() }
        };
        name.chars().zip(upper).map(letter).collect()
    })
}

fn element(
    name: &'static str,
    value: impl Strategy<Value = String> + 'static,
) -> BoxedStrategy<Option<String>> {
    prop::option::of((in_any_case(name), value).prop_map(|(name, value)| format!("{name}={value}"))).boxed()
}

fn policy_elements() -> impl Strategy<Value = Vec<String>> {
    let service = prop::sample::select(&SERVICES[..]).prop_flat_map(in_any_case);
    let known = (
        element("STARTTLS", "[a-zA-Z0-9_-]{1,63}(\\.[a-z0-9_-]{1,20}){0,3}\\.?"),
        element("SMTP-AUTH", in_any_case("Required")),
        element("SASL", "[A-Za-z0-9_-]{1,20}(,[A-Z0-9_-]{1,20}){0,3}"),
    );
    let known =
        known.prop_map(|(one, two, three)| [one, two, three].into_iter().flatten().collect::<Vec<_>>());
    with_version(service, known.prop_shuffle())
}

fn key_elements() -> impl Strategy<Value = Vec<String>> {
    let digests = [("sha1", SHA1), ("sha256", SHA256), ("sha384", SHA384), ("sha512", SHA512)];
    let digest = |(name, digest): (&'static str, &'static str)| {
        in_any_case(name).prop_map(move |name| format!("{name}={digest}"))
    };
    let known = prop::sample::subsequence(digests.to_vec(), 1..=4)
        .prop_flat_map(move |digests| digests.into_iter().map(digest).collect::<Vec<_>>());
    let known = (known, element("uri", "[!-~]{1,30}"));
    let known = known.prop_map(|(digests, uri)| digests.into_iter().chain(uri).collect::<Vec<_>>());
    with_version(in_any_case("keyrecord"), known.prop_shuffle())
}

fn with_version(
    service: impl Strategy<Value = String>,
    rest: impl Strategy<Value = Vec<String>>,
) -> impl Strategy<Value = Vec<String>> {
    (service, rest).prop_map(|(service, rest)| std::iter::once(format!("v={service}")).chain(rest).collect())
}

fn unknown_element() -> impl Strategy<Value = String> {
    let known = ["v", "starttls", "smtp-auth", "sasl", "sha1", "sha256", "sha384", "sha512", "uri"];
    ("[!-<>-~]{1,12}", "[!-~]{0,20}")
        .prop_filter("the name is a known one", move |(name, _)| {
            !known.contains(&name.to_ascii_lowercase().as_str())
        })
        .prop_map(|(name, value)| format!("{name}={value}"))
}

/// Octets that look like a record often enough to reach every rule.
fn almost_a_record() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "v=", "submission", "keyrecord", " ", " ", "=", "STARTTLS=", "SMTP-AUTH=", "Required", "SASL=", "PLAIN", ",",
            "_certroot.example.com", ".", "sha1=", "sha256=", SHA1, SHA256, "uri=", "x=y",
        ]).prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    let start = prop::sample::select(vec!["v=submission ", "v=keyrecord ", ""]);
    (start, prop::collection::vec(piece, 0..12))
        .prop_map(|(start, pieces)| [start.as_bytes(), &pieces.concat()].concat())
}

/// One octet put in, taken out or replaced.
#[derive(Clone, Debug)]
enum Mutation {
    Delete,
    Insert(u8),
    Replace(u8),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let octet = || prop_oneof![any::<u8>(), prop::sample::select(b" =,.\t\0-+/AaZz0".to_vec())];
    prop_oneof![
        Just(Mutation::Delete),
        octet().prop_map(Mutation::Insert),
        octet().prop_map(Mutation::Replace),
    ]
}

impl Mutation {
    /// Changes the value of the element at `index`; `place` is anywhere in it, or behind it for an insertion.
    fn apply(&self, record: &[String], index: usize, place: prop::sample::Index) -> Vec<u8> {
        let before: usize = record[..index].iter().map(|element| element.len() + 1).sum();
        let value = record[index].len() - record[index].find('=').unwrap() - 1;
        let start = before + record[index].len() - value;
        let mut text = record.join(" ").into_bytes();
        match *self {
            Self::Delete => drop(text.remove(start + place.index(value))),
            Self::Insert(octet) => text.insert(start + place.index(value + 1), octet),
            Self::Replace(octet) => text[start + place.index(value)] = octet,
        }
        text
    }
}

fn spans_fit(text: &[u8], error: &RecordError) -> Result<(), TestCaseError> {
    prop_assert!(error.span.start <= error.span.end && error.span.end <= text.len(), "{error:?}");
    let found = &text[error.span.clone()];
    match error.kind {
        ErrorKind::NotVisible => prop_assert!(matches!(found, [octet] if !(b' '..=b'~').contains(octet))),
        ErrorKind::NoEqualsSign => prop_assert!(!found.contains(&b'=') && !found.is_empty()),
        ErrorKind::NoName => prop_assert_eq!(found[0], b'='),
        ErrorKind::Duplicate | ErrorKind::NoDigest => prop_assert!(found.contains(&b'=')),
        ErrorKind::Separator => {
            let before = text[..error.span.start].trim_ascii_start().to_ascii_lowercase();
            prop_assert!(before.starts_with(b"v=") && found != b" ");
        }
        // On a value, all of it: behind the equals sign and up to a space or the end.
        _ => {
            prop_assert_eq!(text[error.span.start - 1], b'=');
            prop_assert!(matches!(text.get(error.span.end), None | Some(b' ')));
        }
    }
    Ok(())
}

fn check_policy_mutation(
    record: &[String],
    index: usize,
    place: prop::sample::Index,
    mutation: &Mutation,
) -> Result<(), TestCaseError> {
    let original = record.join(" ");
    let service = record[0].trim_start_matches("v=");
    let original = PolicyRecord::parse(original.as_bytes(), service).unwrap().unwrap();
    let mutated = mutation.apply(record, index, place);
    match PolicyRecord::parse(&mutated, service) {
        Ok(Some(policy)) => prop_assert!(policy.demands_what_does(&original), "{policy} for {original}"),
        Ok(None) => prop_assert!(false, "no policy any more"),
        Err(_) => {}
    }
    Ok(())
}

proptest! {
    #[test]
    fn parse_then_print_then_parse_is_identity(policy in policy_elements(), key in key_elements()) {
        let text = policy.join(" ");
        let service = policy[0].trim_start_matches("v=");
        let parsed = PolicyRecord::parse(text.as_bytes(), service).unwrap().unwrap();
        let printed = parsed.to_string();
        prop_assert_eq!(PolicyRecord::parse(printed.as_bytes(), service), Ok(Some(parsed)));

        let text = key.join(" ");
        let parsed = KeyRecord::parse(text.as_bytes()).unwrap().unwrap();
        let printed = parsed.to_string();
        prop_assert_eq!(KeyRecord::parse(printed.as_bytes()), Ok(Some(parsed)));
    }

    #[test]
    fn no_bytes_panic(octets in prop::collection::vec(any::<u8>(), 0..300), record in almost_a_record()) {
        for text in [octets, record] {
            for service in SERVICES {
                let _ = PolicyRecord::parse(&text, service);
            }
            let _ = KeyRecord::parse(&text);
            prop_assert!(elements(&text).count() <= text.len());
        }
    }

    #[test]
    fn spans_are_inside_the_input(text in almost_a_record()) {
        if let Err(error) = PolicyRecord::parse(&text, "submission") {
            spans_fit(&text, &error)?;
        }
        if let Err(error) = KeyRecord::parse(&text) {
            spans_fit(&text, &error)?;
        }
        for element in elements(&text) {
            match element {
                Ok(element) => {
                    prop_assert_eq!(&text[element.value_span()], element.value.as_bytes());
                    let whole = format!("{}={}", element.name, element.value);
                    prop_assert_eq!(&text[element.span.clone()], whole.as_bytes());
                }
                Err(error) => spans_fit(&text, &error)?,
            }
        }
    }

    #[test]
    fn unknown_names_never_change_the_meaning(
        policy in policy_elements(),
        key in key_elements(),
        unknown in prop::collection::vec((unknown_element(), any::<prop::sample::Index>(), 1_usize..4), 1..5),
    ) {
        let with_unknown = |record: &[String]| {
            let mut record = record.to_vec();
            for (element, place, spaces) in &unknown {
                let element = format!("{}{element}", " ".repeat(spaces - 1));
                record.insert(1 + place.index(record.len()), element);
            }
            record.join(" ")
        };
        let service = policy[0].trim_start_matches("v=");
        let (plain, mixed) = (policy.join(" "), with_unknown(&policy));
        prop_assert_eq!(
            PolicyRecord::parse(mixed.as_bytes(), service),
            PolicyRecord::parse(plain.as_bytes(), service)
        );
        let (plain, mixed) = (key.join(" "), with_unknown(&key));
        prop_assert_eq!(KeyRecord::parse(mixed.as_bytes()), KeyRecord::parse(plain.as_bytes()));
    }

    #[test]
    fn a_mutated_security_value_never_loosens_the_policy(
        policy in policy_elements().prop_filter("nothing is demanded", |record| record.len() > 1),
        element in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        mutation in mutation(),
    ) {
        check_policy_mutation(&policy, 1 + element.index(policy.len() - 1), place, &mutation)?;
    }

    #[test]
    fn a_mutated_digest_never_weakens_the_pin(
        key in key_elements(),
        element in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        mutation in mutation(),
    ) {
        let is_digest = |&index: &usize| key[index].to_lowercase().starts_with("sha");
        let digests: Vec<usize> = (1..key.len()).filter(is_digest).collect();
        let text = key.join(" ");
        let original = KeyRecord::parse(text.as_bytes()).unwrap().unwrap();
        let mutated = mutation.apply(&key, digests[element.index(digests.len())], place);
        match KeyRecord::parse(&mutated) {
            Ok(Some(record)) => {
                let algorithms = |record: &KeyRecord| {
                    record.digests().map(|digest| digest.algorithm).collect::<Vec<_>>()
                };
                prop_assert_eq!(algorithms(&record), algorithms(&original));
            }
            Ok(None) => prop_assert!(false, "no key record any more"),
            Err(_) => {}
        }
    }

    #[test]
    fn a_digest_has_one_spelling(record in almost_a_record()) {
        if let Ok(Some(key)) = KeyRecord::parse(&record) {
            for digest in key.digests() {
                let canonical = digest.to_string();
                let (name, value) = canonical.split_once('=').unwrap();
                let written = elements(&record)
                    .flatten()
                    .any(|element| element.name.eq_ignore_ascii_case(name) && element.value == value);
                prop_assert!(written, "{digest} is not what the record says");
            }
        }
    }

    #[test]
    fn character_strings_split_anywhere_join_to_the_same(
        text in almost_a_record(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
        places.extend([0, text.len()]);
        places.sort_unstable();
        let strings: Vec<&[u8]> = places.windows(2).map(|ends| &text[ends[0]..ends[1]]).collect();
        prop_assert_eq!(&*join(&strings), &text[..]);
    }
}

/// The base64 decoder takes several padded texts in a row for one, so a digest once had many spellings.
#[test]
fn padding_amid_a_digest_is_refused() {
    for digest in ["AAA=AAAAAAAAAAAAAAAAAAAAAAAA".to_owned(), "AA==".repeat(20)] {
        let text = format!("v=keyrecord sha1={digest}");
        let error = KeyRecord::parse(text.as_bytes()).unwrap_err();
        assert_eq!(error, RecordError { kind: ErrorKind::Digest, span: 17..text.len() });
    }
}

/// Every single octet put in, taken out or replaced in the values of a record that demands all there is.
#[test]
fn no_single_octet_loosens_a_full_policy() {
    let record =
        ["v=submission", "STARTTLS=_c.example", "SMTP-AUTH=Required", "SASL=PLAIN,LOGIN"].map(str::to_owned);
    let text = record.join(" ");
    let original = PolicyRecord::parse(text.as_bytes(), "submission").unwrap().unwrap();
    let first = record[0].len() + 1;
    let values = elements(text.as_bytes()).skip(1).flat_map(|element| element.unwrap().value_span());
    let mut texts = Vec::new();
    for place in values.filter(|&place| place > first) {
        let mut shorter = text.clone().into_bytes();
        shorter.remove(place);
        texts.push(shorter);
        for octet in 0..=u8::MAX {
            let mut longer = text.clone().into_bytes();
            longer.insert(place, octet);
            texts.push(longer);
            let mut other = text.clone().into_bytes();
            other[place] = octet;
            texts.push(other);
        }
    }
    assert!(texts.len() > 10_000);
    for text in texts {
        let shown = String::from_utf8_lossy(&text).into_owned();
        match PolicyRecord::parse(&text, "submission") {
            Ok(Some(policy)) => assert!(policy.demands_what_does(&original), "{shown:?} demands less"),
            Ok(None) => panic!("{shown:?} is no policy any more"),
            Err(_) => {}
        }
    }
}

/// What stands between the first element and the second. Whatever it is, the record never counts as absent for the
/// service that it names, unless the name goes on.
#[test]
fn nothing_but_another_name_makes_it_another_services_record() {
    for octet in 0..=u8::MAX {
        let text = [b"v=submission", &[octet][..], b"STARTTLS=_c.example SMTP-AUTH=Required"].concat();
        let read = PolicyRecord::parse(&text, "Submission");
        match octet {
            b' ' => assert!(matches!(read, Ok(Some(policy)) if policy.starttls.is_some())),
            b'-' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => assert_eq!(read, Ok(None)),
            b'!'..=b'~' => {
                assert_eq!(read, Err(RecordError { kind: ErrorKind::Separator, span: 12..13 }));
            }
            _ => assert_eq!(read, Err(RecordError { kind: ErrorKind::NotVisible, span: 12..13 })),
        }
        // The record of the other label, which a wildcard may bring, is not this one's mistake.
        let text = [b"v=submissions", &[octet][..], b"STARTTLS=_c.example"].concat();
        assert_eq!(PolicyRecord::parse(&text, "submission"), Ok(None));
    }
}

/// Two character-strings are joined without a separator, and the space is easily forgotten.
#[test]
fn a_forgotten_space_between_strings_is_a_mistake() {
    for (second, span) in
        [("STARTTLS=_c.example", 6..14), ("smtp-auth=Required", 6..15), ("SASL=PLAIN", 6..10)]
    {
        let text = join(&[b"v=pop3", second.as_bytes()]);
        let error = RecordError { kind: ErrorKind::Separator, span };
        assert_eq!(PolicyRecord::parse(&text, "pop3"), Err(error));
        assert_eq!(PolicyRecord::parse(&text, "pop"), Ok(None));
    }
    let text = join(&[b"v=keyrecord", b"sha1=2jmj7l5rSw0yVb/vlWAYkK/YBwk="]);
    assert_eq!(
        KeyRecord::parse(&text).unwrap_err(),
        RecordError { kind: ErrorKind::Separator, span: 11..15 }
    );
}
