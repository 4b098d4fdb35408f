//! Canonical order of names (RFC 4034 section 6.1) as plain byte order.

use hickory_proto::rr::Name;

/// A name as bytes whose lexicographic order is the canonical order of names, and in which every name below
/// another one starts with that one's bytes.
///
/// Labels stand from the root downwards, in lower case, each ended by a zero octet. Octets 0 and 1 inside a label
/// are escaped, so that the end of a label sorts before every octet of a longer one.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct OrderKey(Box<[u8]>);

impl OrderKey {
    pub(crate) fn new(name: &Name) -> Self {
        let mut bytes = Vec::with_capacity(name.len() + 1);
        for label in name.iter().rev() {
            push_label(&mut bytes, label);
        }
        Self(bytes.into())
    }

    /// The wildcard name directly below this one.
    pub(crate) fn wildcard(&self) -> Self {
        let mut bytes = Vec::with_capacity(self.0.len() + 2);
        bytes.extend_from_slice(&self.0);
        push_label(&mut bytes, b"*");
        Self(bytes.into())
    }

    /// Whether this is `ancestor` or a name below it.
    pub(crate) fn is_at_or_below(&self, ancestor: &Self) -> bool {
        self.0.starts_with(&ancestor.0)
    }

    /// Whether this is a name below `ancestor`.
    pub(crate) fn is_below(&self, ancestor: &Self) -> bool {
        self.0.len() > ancestor.0.len() && self.is_at_or_below(ancestor)
    }

    /// The name one label up; the root has none.
    pub(crate) fn parent(&self) -> Option<Self> {
        let labels = self.0.strip_suffix(&[0])?;
        let end = labels.iter().rposition(|octet| *octet == 0).map_or(0, |end| end + 1);
        Some(Self(self.0[..end].into()))
    }
}

fn push_label(bytes: &mut Vec<u8>, label: &[u8]) {
    for octet in label {
        match octet.to_ascii_lowercase() {
            octet @ (0 | 1) => bytes.extend([1, octet + 1]),
            octet => bytes.push(octet),
        }
    }
    bytes.push(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> OrderKey {
        // Names in text form may not have control octets, so `^` and `!` stand for octets 0 and 1 here.
        let labels = name.trim_end_matches('.').split('.').filter(|label| !label.is_empty());
        let octets = labels.map(|label| label.replace('^', "\0").replace('!', "\u{1}").into_bytes());
        OrderKey::new(&Name::from_labels(octets.collect::<Vec<_>>()).unwrap())
    }

    #[test]
    fn the_example_of_rfc_4034_is_in_order() {
        let names = [
            "example.",
            "a.example.",
            "yljkjljk.a.example.",
            "Z.a.example.",
            "zABC.a.EXAMPLE.",
            "z.example.",
            "!.z.example.",
            "*.z.example.",
            "\u{7f}.z.example.",
        ];
        for pair in names.windows(2) {
            assert!(key(pair[0]) < key(pair[1]), "{} sorts before {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn octets_zero_and_one_keep_their_place() {
        let names = ["z.", "^.z.", "^a.z.", "!.z.", "!a.z.", "a.z.", "a^.z.", "a!.z.", "ab.z."];
        for pair in names.windows(2) {
            assert!(key(pair[0]) < key(pair[1]), "{} sorts before {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn parents_are_prefixes() {
        assert_eq!(key("a.b.").parent(), Some(key("b.")));
        assert_eq!(key("b.").parent(), Some(key(".")));
        assert_eq!(key(".").parent(), None);
        assert!(key("a.b.").is_below(&key("b.")));
        assert!(!key("ab.").is_at_or_below(&key("b.")));
        assert!(!key("bb.").is_at_or_below(&key("b.")));
        assert_eq!(key("b.").wildcard(), key("*.b."));
    }
}
