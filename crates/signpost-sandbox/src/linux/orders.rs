//! What a keeper is told when it is started, and what it says when it ends: a line of text each.

use std::fmt;
use std::os::fd::RawFd;
use std::str::FromStr;

use super::account::Account;
use crate::limits::Limits;
use crate::program::{Ending, Excess};

/// The first argument of a keeper. It looks like an option that no program has, so that a program that is started again and
/// does not ask for it refuses to run.
pub(super) const OPTION: &str = "--signpost-sandbox-keeper";

/// How a keeper is to keep its program.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Orders {
    /// The descriptor to which it writes its word.
    pub(super) word: RawFd,
    /// Whether it is the first process of a PID namespace, with the right to mount.
    pub(super) is_first: bool,
    pub(super) limits: Limits,
    /// Who runs the program, if not the user of the keeper.
    pub(super) account: Option<Account>,
}

impl fmt::Display for Orders {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { word, is_first, limits: Limits { processes, memory, file, output }, account } = self;
        write!(formatter, "{word} {is_first} {processes} {memory} {file} {output}")?;
        account.map_or(Ok(()), |account| write!(formatter, " {account}"))
    }
}

impl FromStr for Orders {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        fn next<T: FromStr>(words: &mut std::str::Split<'_, char>) -> Result<T, ()> {
            words.next().and_then(|word| word.parse().ok()).ok_or(())
        }
        let words = &mut text.split(' ');
        let (word, is_first) = (next(words)?, next(words)?);
        let limits = Limits {
            processes: next(words)?,
            memory: next(words)?,
            file: next(words)?,
            output: next(words)?,
        };
        let account = words.next().map(str::parse).transpose()?;
        Ok(Self { word, is_first, limits, account })
    }
}

/// What a keeper says when all is over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Word {
    Ended(Ending),
    /// With this error of the system.
    NotStarted(i32),
}

impl fmt::Display for Word {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended(Ending::Exited(code)) => write!(formatter, "exited {code}"),
            Self::Ended(Ending::Signalled(signal)) => write!(formatter, "signalled {signal}"),
            Self::Ended(Ending::Exceeded(Excess::Memory(octets))) => write!(formatter, "memory {octets}"),
            Self::Ended(Ending::Exceeded(Excess::Processes(count))) => write!(formatter, "processes {count}"),
            // A keeper sees neither outputs nor files.
            Self::Ended(_) => formatter.write_str("ended 0"),
            Self::NotStarted(error) => write!(formatter, "not-started {error}"),
        }
    }
}

impl FromStr for Word {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        fn read<T: FromStr>(number: &str) -> Result<T, ()> {
            number.parse().map_err(drop)
        }
        let (kind, number) = text.split_once(' ').ok_or(())?;
        Ok(match kind {
            "exited" => Self::Ended(Ending::Exited(read(number)?)),
            "signalled" => Self::Ended(Ending::Signalled(read(number)?)),
            "memory" => Self::Ended(Ending::Exceeded(Excess::Memory(read(number)?))),
            "processes" => Self::Ended(Ending::Exceeded(Excess::Processes(read(number)?))),
            "not-started" => Self::NotStarted(read(number)?),
            _ => return Err(()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_and_words_are_read_as_they_were_written() {
        for account in [None, Some(Account { user: 65534, group: 65534 })] {
            let orders = Orders { word: 7, is_first: true, limits: Limits::default(), account };
            assert_eq!(orders.to_string().parse(), Ok(orders));
        }
        for word in [
            Word::Ended(Ending::Exited(255)),
            Word::Ended(Ending::Signalled(9)),
            Word::Ended(Ending::Exceeded(Excess::Memory(1 << 40))),
            Word::Ended(Ending::Exceeded(Excess::Processes(512))),
            Word::NotStarted(2),
        ] {
            assert_eq!(word.to_string().parse(), Ok(word));
        }
        assert_eq!("7 true 1".parse::<Orders>(), Err(()));
        assert_eq!("".parse::<Word>(), Err(()));
    }
}
