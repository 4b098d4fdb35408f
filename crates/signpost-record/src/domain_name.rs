//! Domain names in records.

use core::fmt;

/// A domain name of 1 to 253 octets: labels of 1 to 63 letters, digits, `-` and `_`, a final dot allowed.
#[derive(Clone, Copy, Debug)]
pub struct DomainName<'a>(&'a str);

impl<'a> DomainName<'a> {
    /// Checks a text.
    #[must_use]
    #[inline]
    pub fn new(text: &'a str) -> Option<Self> {
        let relative = text.strip_suffix('.').unwrap_or(text);
        if relative.is_empty() || relative.len() > 253 {
            return None;
        }
        // Where the label begins, and whether all octets so far may stand in one.
        let (mut start, mut is_allowed) = (0, true);
        for (place, octet) in relative.bytes().enumerate() {
            if octet == b'.' {
                if !(1..=63).contains(&(place - start)) {
                    return None;
                }
                start = place + 1;
            } else {
                is_allowed &= MAY_STAND_IN_LABEL[usize::from(octet)];
            }
        }
        (is_allowed && (1..=63).contains(&(relative.len() - start))).then_some(Self(text))
    }

    /// The name as it stands in the record. It is absolute, with or without a final dot.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        self.0
    }
}

/// Names compare without case and without the final dot.
impl PartialEq for DomainName<'_> {
    fn eq(&self, other: &Self) -> bool {
        let relative = |name: &'_ Self| name.0.strip_suffix('.').map_or(name.0.len(), str::len);
        self.0[..relative(self)].eq_ignore_ascii_case(&other.0[..relative(other)])
    }
}

impl Eq for DomainName<'_> {}

impl fmt::Display for DomainName<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

/// Letters, digits, `-` and `_`.
const MAY_STAND_IN_LABEL: [bool; 256] = {
    let mut table = [false; 256];
    let mut octet = 0_u8;
    while octet < 128 {
        table[octet as usize] = octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_';
        octet += 1;
    }
    table
};
