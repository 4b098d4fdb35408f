//! `--limit NAME=NUMBER`: what a program of the subject may use.

use std::fmt;
use std::str::FromStr;

use signpost_sandbox::Limits;

/// One limit that is other than the default.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Limit {
    File(u64),
    Memory(u64),
    Output(usize),
    Processes(u32),
}

impl Limit {
    /// The limits with this one changed.
    pub(crate) fn on(self, limits: Limits) -> Limits {
        match self {
            Self::File(file) => Limits { file, ..limits },
            Self::Memory(memory) => Limits { memory, ..limits },
            Self::Output(output) => Limits { output, ..limits },
            Self::Processes(processes) => Limits { processes, ..limits },
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(octets) => write!(formatter, "file={octets}"),
            Self::Memory(octets) => write!(formatter, "memory={octets}"),
            Self::Output(octets) => write!(formatter, "output={octets}"),
            Self::Processes(count) => write!(formatter, "processes={count}"),
        }
    }
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, number) = text.split_once('=').ok_or("expected NAME=NUMBER, such as memory=4GiB")?;
        let too_much = |_| format!("{number} is too much");
        match name {
            "file" => octets(number).map(Self::File),
            "memory" => octets(number).map(Self::Memory),
            "output" => usize::try_from(octets(number)?).map(Self::Output).map_err(too_much),
            "processes" => {
                number.parse().map(Self::Processes).map_err(|_| "expected a number of processes".into())
            }
            _ => Err("the limits are file, memory, output and processes".to_owned()),
        }
    }
}

/// A number of octets, in a unit or without.
fn octets(text: &str) -> Result<u64, String> {
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit: u64 = match unit {
        "" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err("the units are KiB, MiB and GiB".to_owned()),
    };
    let number = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    number.ok_or_else(|| "expected a number of octets, such as 512MiB".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_with_their_units() {
        assert_eq!("memory=4GiB".parse(), Ok(Limit::Memory(4 << 30)));
        assert_eq!("file=1000".parse(), Ok(Limit::File(1000)));
        assert_eq!("output=2MiB".parse(), Ok(Limit::Output(2 << 20)));
        assert_eq!("processes=64".parse(), Ok(Limit::Processes(64)));
        for wrong in ["memory", "memory=", "memory=1GB", "memory=99999999999GiB", "files=1", "processes=1KiB"]
        {
            assert!(wrong.parse::<Limit>().is_err(), "{wrong}");
        }
        assert_eq!(Limit::Memory(7).to_string().parse(), Ok(Limit::Memory(7)));
        assert_eq!(Limit::Memory(1).on(Limits::default()), Limits { memory: 1, ..Limits::default() });
    }
}
