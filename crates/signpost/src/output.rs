//! Where results go: standard output, a file that appears whole or not at all, or what is already there.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write, stdout};

use camino::{Utf8Path, Utf8PathBuf};
use signpost_source::visible_layout;
use tempfile::NamedTempFile;

use crate::argument::Format;
use crate::exit::Failure;

/// What stands for standard output on the command line.
const STANDARD: &str = "-";

/// An open place for results.
pub(crate) struct Output {
    place: Place,
    /// As the user calls it.
    name: String,
    /// Whether there was a reader, who has seen enough.
    is_left: bool,
}

enum Place {
    /// What is written into, whatever it is: a device, a pipe, or a file whose lines are wanted while the run goes on.
    Open { file: File, is_begun: bool },
    /// Standard output, with styles where it is a terminal and the format has any.
    Standard { format: Format },
    /// A file beside the one that it becomes.
    Whole { path: Utf8PathBuf, file: Box<NamedTempFile> },
}

/// Opens the place for the results and the files for further forms of them, each with what is written into it.
pub(crate) fn open_all<'o>(
    first: (Format, Option<&'o Utf8Path>),
    others: impl IntoIterator<Item = (Format, &'o Utf8Path)>,
) -> Result<Vec<(Format, Output)>, Failure> {
    let others = others.into_iter().map(|(format, path)| (format, Some(path)));
    let mut named: Vec<&Utf8Path> = Vec::new();
    let mut outputs = Vec::new();
    for (format, path) in std::iter::once(first).chain(others) {
        let name = path.unwrap_or(Utf8Path::new(STANDARD));
        if named.contains(&name) {
            return Err(Failure::usage(format_args!("{name} is named for two forms of the results")).hint(
                "give each a file of its own; `-` is standard output, where `--format` goes by default",
            ));
        }
        named.push(name);
        outputs.push((format, Output::open(path, format)?));
    }
    Ok(outputs)
}

/// Writes a file that appears whole or not at all.
pub(crate) fn write_whole(path: &Utf8Path, format: Format, text: &str) -> Result<(), Failure> {
    let mut output = Output::open(Some(path), format)?;
    output.append(text)?;
    output.close()
}

impl Output {
    /// Opens what is named, or standard output where nothing is.
    fn open(path: Option<&Utf8Path>, format: Format) -> Result<Self, Failure> {
        let named = path.filter(|path| *path != STANDARD);
        let place = named.map_or(Ok(Place::Standard { format }), |path| place_of(path, format))?;
        let name = named.map_or("standard output", Utf8Path::as_str).to_owned();
        Ok(Self { place, name, is_left: false })
    }

    /// Writes what comes next. A reader that has seen enough is no error.
    pub(crate) fn append(&mut self, text: &str) -> Result<(), Failure> {
        if self.is_left {
            return Ok(());
        }
        // Whatever a view let through.
        match self.place.append(&visible_layout(text)) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.is_left = true;
                Ok(())
            }
            written => written.map_err(|error| not_written(&self.name, &error)),
        }
    }

    /// Nothing more comes.
    pub(crate) fn close(self) -> Result<(), Failure> {
        let closed = match self.place {
            // A pipe and most devices have nothing to synchronise and say so.
            Place::Open { file, .. } if is_regular(&file) => file.sync_all(),
            Place::Open { .. } | Place::Standard { .. } => Ok(()),
            Place::Whole { path, file } => file
                .as_file()
                .sync_all()
                .and_then(|()| file.persist(&path).map_err(|error| error.error).map(|_| ())),
        };
        closed.map_err(|error| not_written(&self.name, &error))
    }
}

impl Place {
    fn append(&mut self, text: &str) -> io::Result<()> {
        let plain = || anstream::adapter::strip_str(text).to_string();
        match self {
            Self::Open { file, is_begun } => {
                // What stood there goes when there is something to put in its place.
                if !*is_begun && is_regular(file) {
                    file.set_len(0)?;
                }
                *is_begun = true;
                file.write_all(plain().as_bytes())
            }
            Self::Standard { format: Format::Human } => {
                let mut stream = anstream::stdout().lock();
                stream.write_all(text.as_bytes()).and_then(|()| stream.flush())
            }
            Self::Standard { .. } => {
                let mut stream = stdout().lock();
                stream.write_all(text.as_bytes()).and_then(|()| stream.flush())
            }
            Self::Whole { file, .. } => file.write_all(plain().as_bytes()),
        }
    }
}

/// What is to be written to for this path. Only a regular file can appear whole, and only where the one that takes its place
/// is the same to everybody else.
fn place_of(path: &Utf8Path, format: Format) -> Result<Place, Failure> {
    let not_opened = |error: io::Error| {
        Failure::usage(format_args!("failed to write {path}: {}", error.kind()))
            .hint("name a file, a pipe or a device that you may write to, or `-` for standard output")
    };
    // Of what a link leads to.
    let there = path.metadata().ok();
    if there.as_ref().is_some_and(std::fs::Metadata::is_dir) {
        return Err(Failure::usage(format_args!("failed to write {path}: it is a folder")));
    }
    let mut options = OpenOptions::new();
    options.write(true);
    match &there {
        Some(there) if !there.is_file() => return in_place(&options, path).map_err(not_opened),
        Some(there) => {
            let same = path.canonicalize_utf8().ok().and_then(|target| replacement(&target, there));
            match same {
                Some(whole) if format != Format::Jsonl => return Ok(whole),
                _ => return in_place(&options, path).map_err(not_opened),
            }
        }
        None => {}
    }
    let folder = folder_of(path);
    if !folder.is_dir() {
        return Err(Failure::usage(format_args!("failed to write {path}: there is no folder `{folder}`")));
    }
    // A link that leads to nothing yet is followed by the system alone.
    if format == Format::Jsonl || path.is_symlink() {
        return in_place(options.create(true), path).map_err(not_opened);
    }
    // The kind alone: the temporary file's name means nothing to the user.
    let file = new_file(folder).map_err(|error| {
        Failure::usage(format_args!("failed to write {path}: {}", error.kind()))
            .hint(format!("`{folder}` has to be a folder that you may write to"))
    })?;
    Ok(Place::Whole { path: path.to_owned(), file: Box::new(file) })
}

fn in_place(options: &OpenOptions, path: &Utf8Path) -> io::Result<Place> {
    Ok(Place::Open { file: options.open(path)?, is_begun: false })
}

/// A file that can take the place of one that is there, with its owner and rights, unless it has other names as well.
fn replacement(target: &Utf8Path, there: &std::fs::Metadata) -> Option<Place> {
    // What may not be written may not be replaced either.
    OpenOptions::new().write(true).open(target).ok()?;
    let file = new_file(folder_of(target)).ok()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let new = file.as_file().metadata().ok()?;
        if there.nlink() != 1 || (there.uid(), there.gid()) != (new.uid(), new.gid()) {
            return None;
        }
    }
    file.as_file().set_permissions(there.permissions()).ok()?;
    Some(Place::Whole { path: target.to_owned(), file: Box::new(file) })
}

fn folder_of(path: &Utf8Path) -> &Utf8Path {
    match path.parent() {
        Some(folder) if !folder.as_str().is_empty() => folder,
        _ => Utf8Path::new("."),
    }
}

fn is_regular(file: &File) -> bool {
    file.metadata().is_ok_and(|metadata| metadata.is_file())
}

fn not_written(name: &str, error: &io::Error) -> Failure {
    let failure = Failure::usage(format_args!("failed to write {name}: {error}"));
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => failure.hint(
            "make room there or name another place with `--output`; of lines of JSON, what stands there has been judged",
        ),
        _ => failure,
    }
}

/// A file with the rights that any new file of the user has: results are there to be passed on.
pub(crate) fn new_file(folder: &Utf8Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".signpost-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}
