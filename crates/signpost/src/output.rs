//! Where results go: standard output, or a file that appears whole or not at all.

use std::io::{ErrorKind, Write, stdout};

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::NamedTempFile;

use crate::argument::Format;
use crate::exit::Failure;

/// An open place for results.
pub(crate) enum Output {
    /// A file beside the one that it becomes.
    File { path: Utf8PathBuf, file: NamedTempFile },
    /// Standard output, with styles where it is a terminal and the format has any.
    Standard { format: Format },
}

impl Output {
    /// Opens the file, or standard output where none is named.
    pub(crate) fn open(path: Option<&Utf8Path>, format: Format) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self::Standard { format }) };
        let folder = match path.parent() {
            Some(folder) if !folder.as_str().is_empty() => folder,
            _ => Utf8Path::new("."),
        };
        if path.is_dir() {
            return Err(Failure::usage(format_args!("failed to write {path}: it is a folder")));
        }
        if !folder.is_dir() {
            return Err(Failure::usage(format_args!(
                "failed to write {path}: there is no folder `{folder}`"
            )));
        }
        // The kind alone: the temporary file's name means nothing to the user.
        let file = new_file(folder).map_err(|error| {
            Failure::usage(format_args!("failed to write {path}: {}", error.kind()))
                .hint(format!("`{folder}` has to be a folder that you may write to"))
        })?;
        Ok(Self::File { path: path.to_owned(), file })
    }

    /// Writes everything at once.
    pub(crate) fn write(self, text: &str) -> Result<(), Failure> {
        match self {
            Self::File { path, mut file } => {
                let plain = anstream::adapter::strip_str(text).to_string();
                let written = file.write_all(plain.as_bytes()).and_then(|()| file.as_file().sync_all());
                written
                    .and_then(|()| file.persist(&path).map_err(|error| error.error).map(|_| ()))
                    .map_err(|error| Failure::usage(format_args!("failed to write {path}: {error}")))
            }
            Self::Standard { format } => {
                let written = match format {
                    Format::Human => anstream::stdout().lock().write_all(text.as_bytes()),
                    Format::Jsonl | Format::Junit => stdout().lock().write_all(text.as_bytes()),
                };
                match written {
                    // A reader that has seen enough is no error.
                    Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
                    _ => Ok(()),
                }
            }
        }
    }
}

/// A file with the rights that any new file of the user has: results are there to be passed on.
fn new_file(folder: &Utf8Path) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".signpost-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}
