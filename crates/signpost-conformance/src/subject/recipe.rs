//! Which programs are known as subjects, and how they are installed.

use super::Subject;
use super::msmtp::Msmtp;
use super::resolver::{DELV, DNSMASQ, DRILL, KRESD, NAMED, PDNS_RECURSOR, ResolverProgram, UNBOUND};

/// How an unmodified program is found and used.
#[derive(Clone, Copy, Debug)]
pub struct Recipe {
    /// The subject's name on the command line.
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    /// The command that installs it.
    pub install: &'static str,
    find: fn() -> Option<Box<dyn Subject>>,
}

/// Every recipe, by name.
pub const RECIPES: [Recipe; 9] = [
    Recipe {
        name: "delv",
        about: "BIND's tool that validates by itself",
        install: "apt-get install bind9-dnsutils",
        find: || ResolverProgram::find(DELV),
    },
    Recipe {
        name: "dnsmasq",
        about: "forwarder that validates",
        install: "apt-get install dnsmasq-base",
        find: || ResolverProgram::find(DNSMASQ),
    },
    Recipe {
        name: "drill",
        about: "ldns's tool, which chases signatures",
        install: "apt-get install ldnsutils",
        find: || ResolverProgram::find(DRILL),
    },
    Recipe {
        name: "knot-resolver",
        about: "validating resolver",
        install: "apt-get install knot-resolver",
        find: || ResolverProgram::find(KRESD),
    },
    Recipe {
        name: "mpop",
        about: "POP3 client; sets itself up by SRV records",
        install: "apt-get install mpop",
        find: Msmtp::retrieval,
    },
    Recipe {
        name: "msmtp",
        about: "SMTP submission client; sets itself up by SRV records",
        install: "apt-get install msmtp",
        find: Msmtp::submission,
    },
    Recipe {
        name: "named",
        about: "BIND's server",
        install: "apt-get install bind9",
        find: || ResolverProgram::find(NAMED),
    },
    Recipe {
        name: "pdns-recursor",
        about: "validating resolver",
        install: "apt-get install pdns-recursor",
        find: || ResolverProgram::find(PDNS_RECURSOR),
    },
    Recipe {
        name: "unbound",
        about: "validating resolver",
        install: "apt-get install unbound",
        find: || ResolverProgram::find(UNBOUND),
    },
];

impl Recipe {
    /// The recipe of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        RECIPES.iter().find(|recipe| recipe.name == name)
    }

    /// The program as a subject.
    ///
    /// # Errors
    ///
    /// It is not installed.
    pub fn find(&self) -> Result<Box<dyn Subject>, Missing> {
        (self.find)().ok_or(Missing { program: self.name, install: self.install })
    }
}

/// A program that is not installed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{program} is not installed; `{install}` installs it")]
pub struct Missing {
    /// The program.
    pub program: &'static str,
    /// The command that installs it.
    pub install: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_are_found_by_name() {
        for recipe in &RECIPES {
            assert_eq!(Recipe::named(recipe.name).unwrap().install, recipe.install);
            if let Ok(subject) = recipe.find() {
                assert_eq!(subject.name(), recipe.name);
                assert!(subject.version().contains('.'), "{}", subject.version());
            }
        }
        assert!(Recipe::named("ed").is_none());
    }
}
