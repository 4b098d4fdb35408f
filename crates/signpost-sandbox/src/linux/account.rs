//! Who runs the programs of a case where the suite is root.

use std::fmt;
use std::fs;
use std::path::Path;
use std::str::FromStr;
use std::sync::OnceLock;

use nix::unistd::{User, fchown, geteuid};
use rustix::thread::CapabilitySet;

/// The user who owns nothing, by name.
const NOBODY: &str = "nobody";

/// A user and a group, by their numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Account {
    pub(super) user: u32,
    pub(super) group: u32,
}

impl Account {
    /// The one without rights, if this process is root and may become it. Namespaces alone take no right away from root: in
    /// them, too, it can write whatever it can write outside.
    ///
    /// A user namespace in which nobody but root is there, as in a container without subordinate users, knows no such account.
    /// Its root is an ordinary user outside.
    pub(super) fn without_rights() -> Option<Self> {
        static ACCOUNT: OnceLock<Option<Account>> = OnceLock::new();
        *ACCOUNT.get_or_init(|| {
            let needed = CapabilitySet::SETUID | CapabilitySet::SETGID | CapabilitySet::CHOWN;
            let rights = rustix::thread::capabilities(None).ok()?.effective;
            let nobody = User::from_name(NOBODY).ok().flatten()?;
            let account = Self { user: nobody.uid.as_raw(), group: nobody.gid.as_raw() };
            let exists = is_mapped("uid_map", account.user) && is_mapped("gid_map", account.group);
            (geteuid().is_root() && rights.contains(needed) && exists).then_some(account)
        })
    }

    /// The passwd file of this machine, in which this user has that home. Some programs do not look at `HOME`.
    pub(super) fn with_home(self, home: &Path) -> Option<Vec<u8>> {
        let text = fs::read_to_string("/etc/passwd").ok()?;
        let home = home.to_str().filter(|home| !home.contains([':', '\n']))?;
        let mut changed = String::with_capacity(text.len());
        for line in text.lines() {
            let mut fields: Vec<&str> = line.split(':').collect();
            if fields.first() == Some(&NOBODY) && fields.len() > HOME_FIELD {
                fields[HOME_FIELD] = home;
            }
            changed.push_str(&fields.join(":"));
            changed.push('\n');
        }
        Some(changed.into_bytes())
    }

    /// Makes what is open the property of this user. A program may open its outputs anew, by `/dev/stdout`.
    pub(super) fn own(self, file: impl std::os::fd::AsFd) -> nix::Result<()> {
        fchown(file, Some(self.user.into()), Some(self.group.into()))
    }
}

/// The place of the home in a line of the passwd file.
const HOME_FIELD: usize = 5;

/// Whether a user or group of this number exists in this process's user namespace (user_namespaces(7)).
fn is_mapped(map: &str, number: u32) -> bool {
    let text = fs::read_to_string(Path::new("/proc/self").join(map)).unwrap_or_default();
    text.lines().any(|line| {
        let numbers: Vec<u64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        matches!(numbers[..], [first, _, count] if (first..first + count).contains(&number.into()))
    })
}

/// The name that programs are told is theirs.
pub(crate) fn name_of_user(without_rights: bool) -> Option<String> {
    if without_rights && Account::without_rights().is_some() {
        return Some(NOBODY.to_owned());
    }
    User::from_uid(geteuid()).ok().flatten().map(|user| user.name)
}

impl fmt::Display for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.user, self.group)
    }
}

impl FromStr for Account {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (user, group) = text.split_once(':').ok_or(())?;
        Ok(Self { user: user.parse().map_err(drop)?, group: group.parse().map_err(drop)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_read_as_it_is_written() {
        let account = Account { user: 65534, group: 65533 };
        assert_eq!(account.to_string().parse(), Ok(account));
        assert_eq!("root".parse::<Account>(), Err(()));
    }

    #[test]
    fn nobody_gets_a_home_and_others_keep_theirs() {
        let account = Account { user: 65534, group: 65534 };
        let Some(passwd) = account.with_home(Path::new("/root")) else { return };
        let passwd = String::from_utf8(passwd).unwrap();
        let before = fs::read_to_string("/etc/passwd").unwrap();
        assert_eq!(passwd.lines().count(), before.lines().count());
        for (new, old) in passwd.lines().zip(before.lines()) {
            match new.starts_with("nobody:") {
                true => assert_eq!(new.split(':').nth(HOME_FIELD), Some("/root")),
                false => assert_eq!(new, old),
            }
        }
    }

    #[test]
    fn the_own_user_is_mapped() {
        assert!(is_mapped("uid_map", geteuid().as_raw()));
    }
}
