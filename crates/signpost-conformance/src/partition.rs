//! Parts of a suite for several machines.

use std::fmt;
use std::str::FromStr;

use crate::stable_hash::stable_hash;

/// The M-th of N parts of the cases, divided by a hash of their IDs that never changes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Partition {
    part: u64,
    parts: u64,
}

impl Partition {
    /// Whether a case belongs to this part.
    #[must_use]
    pub fn holds(self, id: &str) -> bool {
        stable_hash(id) % self.parts == self.part - 1
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "hash:{}/{}", self.part, self.parts)
    }
}

impl FromStr for Partition {
    type Err = PartitionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (part, parts) =
            text.strip_prefix("hash:").and_then(|rest| rest.split_once('/')).ok_or(PartitionError)?;
        let part: u64 = part.parse().map_err(|_| PartitionError)?;
        let parts: u64 = parts.parse().map_err(|_| PartitionError)?;
        if (1..=parts).contains(&part) { Ok(Self { part, parts }) } else { Err(PartitionError) }
    }
}

/// A text that is no partition.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("expected `hash:M/N` with M from 1 to N")]
pub struct PartitionError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_is_in_exactly_one_part() {
        let parts: Vec<Partition> = (1..=3).map(|part| format!("hash:{part}/3").parse().unwrap()).collect();
        for number in 0..100 {
            let id = format!("pin/{number}[pop3]");
            assert_eq!(parts.iter().filter(|part| part.holds(&id)).count(), 1);
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "hash:0/3", "hash:4/3", "hash:1/0", "1/3", "hash:a/b"] {
            assert_eq!(text.parse::<Partition>(), Err(PartitionError), "{text}");
        }
    }
}
