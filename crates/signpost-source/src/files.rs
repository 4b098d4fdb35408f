//! Where files are read from: a folder, or the copy that is part of the program.

use std::fs;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use include_dir::Dir;

use crate::Source;

/// A tree of files.
#[derive(Clone, Debug)]
pub enum Files {
    /// Part of the program.
    Embedded(&'static Dir<'static>),
    /// A folder of the disk.
    Folder(Utf8PathBuf),
}

impl Files {
    /// Reads a file by its path below the tree; `..` in it is followed within the tree, and a path from the root begins at the
    /// tree's.
    ///
    /// # Errors
    ///
    /// A text that says what cannot be read, with its path.
    pub fn read(&self, path: &Utf8Path) -> Result<Source, String> {
        let path = normal(path);
        match self {
            Self::Embedded(files) => files
                .get_file(path.as_std_path())
                .and_then(include_dir::File::contents_utf8)
                .map(|text| Source::new(path.clone(), text))
                .ok_or_else(|| format!("{path}: no such file among the built-in scenarios")),
            Self::Folder(folder) => {
                let full = folder.join(&path);
                fs::read_to_string(&full)
                    .map(|text| Source::new(full.clone(), text))
                    .map_err(|error| format!("{full}: {error}"))
            }
        }
    }

    /// Paths of the files below a folder of the tree that end so, sorted.
    ///
    /// # Errors
    ///
    /// A text that says what cannot be read, with its path.
    pub fn list(&self, extension: &str) -> Result<Vec<Utf8PathBuf>, String> {
        let mut found = Vec::new();
        match self {
            Self::Embedded(files) => list_embedded(files, &mut found),
            Self::Folder(folder) => list_folder(folder, Utf8Path::new(""), &mut found)?,
        }
        found.retain(|path| path.extension() == Some(extension));
        found.sort();
        Ok(found)
    }
}

fn normal(path: &Utf8Path) -> Utf8PathBuf {
    let mut normal = Utf8PathBuf::new();
    for component in path.components() {
        match component {
            Utf8Component::CurDir | Utf8Component::Prefix(_) | Utf8Component::RootDir => {}
            Utf8Component::Normal(part) => normal.push(part),
            Utf8Component::ParentDir => {
                normal.pop();
            }
        }
    }
    normal
}

fn list_embedded(folder: &Dir<'_>, found: &mut Vec<Utf8PathBuf>) {
    found.extend(folder.files().filter_map(|file| Utf8Path::from_path(file.path()).map(Utf8Path::to_owned)));
    for child in folder.dirs() {
        list_embedded(child, found);
    }
}

fn list_folder(root: &Utf8Path, below: &Utf8Path, found: &mut Vec<Utf8PathBuf>) -> Result<(), String> {
    let folder = root.join(below);
    let entries = folder.read_dir_utf8().map_err(|error| format!("{folder}: {error}"))?;
    for entry in entries {
        let entry = entry.map_err(|error| format!("{folder}: {error}"))?;
        let path = below.join(entry.file_name());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => list_folder(root, &path, found)?,
            Ok(_) => found.push(path),
            Err(error) => return Err(format!("{}: {error}", entry.path())),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A world whose zone is the file `/dev/zero` was read without end.
    #[test]
    fn no_path_leads_out_of_the_tree() {
        for path in ["/dev/zero", "../dev/zero", "worlds/any/../../../../dev/./zero"] {
            assert_eq!(normal(Utf8Path::new(path)), "dev/zero", "{path}");
        }
        let nowhere = Files::Folder("no-such-folder".into());
        assert!(nowhere.read(Utf8Path::new("/dev/null")).is_err());
    }
}
