//! The file of a world, which names others.

#![no_main]

use std::fs;
use std::sync::OnceLock;

use camino::Utf8PathBuf;
use libfuzzer_sys::fuzz_target;
use signpost_fuzz::check_places;
use signpost_lab::{World, WorldError};
use signpost_source::Files;

const NAME: &str = "any";

/// The suite in a folder of its own, so that the world may stand on others and name what they name.
fn suite() -> &'static Utf8PathBuf {
    static SUITE: OnceLock<(tempfile::TempDir, Utf8PathBuf)> = OnceLock::new();
    let (_, folder) = SUITE.get_or_init(|| {
        let temporary = tempfile::tempdir().expect("a folder");
        let folder = Utf8PathBuf::from_path_buf(temporary.path().to_owned()).expect("a path in UTF-8");
        signpost_scenarios::SUITE.extract(&folder).expect("room for the suite");
        fs::create_dir(folder.join("worlds").join(NAME)).expect("a folder");
        (temporary, folder)
    });
    folder
}

fuzz_target!(|text: &str| {
    let folder = suite();
    fs::write(folder.join("worlds/any/world.toml"), text).expect("a file");
    match World::load(&Files::Folder(folder.clone()), NAME) {
        Ok(world) => {
            // What a case does with every world before it is raised.
            assert_eq!(world.name, NAME);
            assert!(!world.user.logins().is_empty() && !world.ports().is_empty());
            assert!(world.all_zones().count() <= text.len());
            for certificate in &world.certificates {
                let _ = world.servers_below(&certificate.name);
            }
        }
        Err(WorldError::Problems(problems)) => {
            assert!(!problems.problems().is_empty() && !problems.styled().is_empty());
            // Mistakes may be in a world below, whose text is another.
            if problems.to_string().contains("worlds/any/world.toml") {
                check_places(text, &problems);
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
