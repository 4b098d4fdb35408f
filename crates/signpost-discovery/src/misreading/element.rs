//! Elements as somebody in a hurry finds them: between spaces, with an equals sign or without.

/// The names that policies and key records know.
pub(super) const KNOWN: [&str; 9] =
    ["v", "STARTTLS", "SMTP-AUTH", "SASL", "sha1", "sha256", "sha384", "sha512", "uri"];

/// What stands between spaces.
pub(super) fn split(text: &[u8]) -> Vec<&[u8]> {
    text.split(|&octet| octet == b' ').filter(|element| !element.is_empty()).collect()
}

/// What stands before the equals sign, or all of it, and what stands behind.
pub(super) fn halves(element: &[u8]) -> (&[u8], &[u8]) {
    match element.iter().position(|&octet| octet == b'=') {
        Some(place) => (&element[..place], &element[place + 1..]),
        None => (element, b""),
    }
}

/// The known name that an element has.
pub(super) fn known(element: &[u8]) -> Option<&'static str> {
    KNOWN.into_iter().find(|name| is_named(element, name))
}

pub(super) fn is_named(element: &[u8], name: &str) -> bool {
    element.contains(&b'=') && halves(element).0.eq_ignore_ascii_case(name.as_bytes())
}

pub(super) fn join<E: AsRef<[u8]>>(elements: &[E]) -> Vec<u8> {
    elements.iter().map(AsRef::as_ref).collect::<Vec<&[u8]>>().join(&b' ')
}

/// The record with those elements only that are kept.
pub(super) fn keep(text: &[u8], mut keeps: impl FnMut(&[u8]) -> bool) -> Vec<u8> {
    let mut elements = split(text);
    elements.retain(|element| keeps(element));
    join(&elements)
}

/// The record with other elements in the place of some.
pub(super) fn replace(text: &[u8], replaced: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Vec<u8> {
    let elements =
        split(text).into_iter().map(|element| replaced(element).unwrap_or_else(|| element.to_vec()));
    join(&elements.collect::<Vec<_>>())
}

/// Whether a record's first element is `v=` with this value.
pub(super) fn is_version(element: &[u8], version: &str) -> bool {
    is_named(element, "v") && halves(element).1.eq_ignore_ascii_case(version.as_bytes())
}
