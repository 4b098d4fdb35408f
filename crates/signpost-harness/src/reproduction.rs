//! The command that repeats one case: that of the crate whose test this is, which `signpost run` knows nothing of.

use std::env;
use std::path::{Path, PathBuf};

/// How this test program is run again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Reproduction {
    /// By cargo, which started it.
    Cargo {
        /// The package that it belongs to.
        package: String,
        /// The name of the test target.
        test: String,
    },
    /// By its path: nobody knows where it comes from.
    Program(PathBuf),
}

impl Reproduction {
    /// Looks at what started this process.
    pub(crate) fn of_this_process() -> Self {
        let program = env::current_exe().unwrap_or_else(|_| PathBuf::from("the-test-program"));
        // Cargo and nextest say this to the tests that they run.
        let (package, folder) = (env::var("CARGO_PKG_NAME"), env::var_os("CARGO_MANIFEST_DIR"));
        match (package, folder, target(&program)) {
            (Ok(package), Some(folder), Some(test)) => {
                Self::Cargo { package, test: spelling(Path::new(&folder), &test) }
            }
            _ => Self::Program(program),
        }
    }

    pub(crate) fn command(&self, case: &str) -> String {
        match self {
            Self::Cargo { package, test } => {
                format!("cargo test -p {package} --test {test} -- --exact '{case}'")
            }
            Self::Program(path) => format!("'{}' --exact '{case}'", path.display()),
        }
    }
}

/// The crate's name in `deps/NAME-0123456789abcdef`.
fn target(program: &Path) -> Option<String> {
    let (name, hash) = program.file_stem()?.to_str()?.rsplit_once('-')?;
    hash.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| name.to_owned())
}

/// A target may be written with hyphens where its crate has underscores, and cargo wants the target's.
fn spelling(folder: &Path, name: &str) -> String {
    let hyphenated = name.replace('_', "-");
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    let is_meant = manifest.contains(&format!("\"{hyphenated}\""))
        || folder.join("tests").join(&hyphenated).with_extension("rs").exists();
    if is_meant { hyphenated } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_called_by_its_target() {
        assert_eq!(target(Path::new("/t/deps/my_suite-0123456789abcdef")).as_deref(), Some("my_suite"));
        assert_eq!(target(Path::new("/t/debug/my-suite")), None);
        assert_eq!(target(Path::new("/t/debug/suite")), None);
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(spelling(here, "harness"), "harness");
        assert_eq!(spelling(here, "signpost_harness"), "signpost-harness");
    }

    #[test]
    fn the_command_exists() {
        let cargo = Reproduction::Cargo { package: "mine".to_owned(), test: "suite".to_owned() };
        assert_eq!(cargo.command("a/b[dns]"), "cargo test -p mine --test suite -- --exact 'a/b[dns]'");
        assert_eq!(
            Reproduction::Program("/t/suite".into()).command("a/b[dns]"),
            "'/t/suite' --exact 'a/b[dns]'"
        );
    }
}
