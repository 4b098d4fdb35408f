//! What lies over the host's files in a case's mount namespace.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use nix::libc::O_PATH;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{User, geteuid};

use super::account::Account;
use crate::error::{Context, Error, ErrorKind};
use crate::layout::{LaidFile, Layout};

/// Directories in which other programs leave sockets, locks and state, with the permissions of the empty ones.
const HIDDEN: [(&str, u32); 5] =
    [("/tmp", 0o1777), ("/var/tmp", 0o1777), ("/dev/shm", 0o1777), ("/run", 0o755), ("/var/run", 0o755)];
/// Accounts of the system have homes among its programs and files. Hiding those would leave nothing to run.
const NEVER_HIDDEN: [&str; 13] = [
    "/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sbin", "/sys", "/tmp", "/usr",
    "/var/tmp",
];
/// The home of a user who has none that can be hidden.
const HOME_OF_THE_HOMELESS: &str = "/tmp/home";

/// The home of the user as the passwd file has it, since some programs do not look at `HOME`.
pub(super) fn path_of_home() -> PathBuf {
    static HOME: OnceLock<PathBuf> = OnceLock::new();
    HOME.get_or_init(|| {
        User::from_uid(geteuid())
            .ok()
            .flatten()
            .and_then(|user| user.dir.canonicalize().ok())
            .filter(|home| home.is_dir() && home.parent().is_some())
            .filter(|home| !NEVER_HIDDEN.iter().any(|kept| home.starts_with(kept)))
            .unwrap_or_else(|| HOME_OF_THE_HOMELESS.into())
    })
    .clone()
}

/// Lays the layout over the mounts of this thread, which must be private already.
///
/// Where the programs run as a user of their own, the empty directories are that user's.
pub(super) fn lay(layout: &Layout, home: PathBuf) -> Result<Home, Error> {
    let owner = Account::without_rights();
    // What is to stay in sight is held open before the directories around it are hidden.
    let mut kept = Vec::new();
    let is_hidden = |path: &&PathBuf| {
        path.starts_with(&home) || HIDDEN.iter().any(|(directory, _)| path.starts_with(directory))
    };
    for path in layout.visible.iter().filter(is_hidden) {
        let held = Held::open(path).context(ErrorKind::Layout, || format!("keeping {}", path.display()))?;
        kept.push((path.clone(), held));
    }
    let stage = Stage::new().context(ErrorKind::Layout, || "staging files".into())?;
    let mut own = vec![home.clone()];
    for (directory, mode) in HIDDEN.map(|(directory, mode)| (Path::new(directory), mode)) {
        if directory.is_dir() && !directory.is_symlink() {
            empty(directory, mode, owner)
                .context(ErrorKind::Layout, || format!("hiding {}", directory.display()))?;
            own.push(directory.to_owned());
        }
    }
    let (within, outside) = kept.into_iter().partition(|(path, _)| path.starts_with(&home));
    let home = Home { path: home, kept: within, owner };
    home.make()?;
    keep(&outside)?;
    for (number, file) in layout.files.iter().enumerate() {
        lay_file(file, &own, &stage.0.path().join(number.to_string()))
            .context(ErrorKind::Layout, || format!("laying a file over {}", file.path.display()))?;
    }
    if let Some(passwd) = owner.and_then(|owner| owner.with_home(home.path())) {
        let file = LaidFile { path: "/etc/passwd".into(), contents: passwd, only_if_present: true };
        lay_file(&file, &own, &stage.0.path().join("passwd"))
            .context(ErrorKind::Layout, || "giving the programs' user a home".into())?;
    }
    // A program that wants to ask the user for a password finds no terminal, rather than the suite's.
    let terminal = Path::new("/dev/tty");
    if terminal.exists() {
        bind("/dev/null", terminal).context(ErrorKind::Layout, || "hiding /dev/tty".into())?;
    }
    Ok(home)
}

/// The home of the case: empty but for what is to stay in sight there.
#[derive(Debug)]
pub(super) struct Home {
    path: PathBuf,
    kept: Vec<(PathBuf, Held)>,
    owner: Option<Account>,
}

impl Home {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives a file that this process has made to whom the home belongs to.
    pub(super) fn give(&self, file: &File) -> io::Result<()> {
        Ok(self.owner.map_or(Ok(()), |owner| owner.own(file))?)
    }

    /// Throws the mount away rather than the files in it, some of which may be the host's.
    pub(super) fn renew(&self) -> Result<(), Error> {
        umount2(&self.path, MntFlags::MNT_DETACH)
            .context(ErrorKind::Layout, || format!("emptying {}", self.path.display()))?;
        self.make()
    }

    fn make(&self) -> Result<(), Error> {
        fs::create_dir_all(&self.path)
            .and_then(|()| empty(&self.path, 0o700, self.owner))
            .context(ErrorKind::Layout, || format!("making the home {}", self.path.display()))?;
        keep(&self.kept)
    }
}

/// Makes visible again what was held open.
fn keep(kept: &[(PathBuf, Held)]) -> Result<(), Error> {
    for (path, held) in kept {
        held.bind_new(path).context(ErrorKind::Layout, || format!("keeping {}", path.display()))?;
    }
    Ok(())
}

/// Files that are to be bound to their places, in a directory that programs do not see: the empty `/tmp` is laid
/// over it, and only the handle still leads there.
struct Stage(Held);

impl Stage {
    fn new() -> io::Result<Self> {
        let directory = Path::new("/tmp");
        empty(directory, 0o700, None)?;
        Held::open(directory).map(Self)
    }
}

/// `own` are the directories that belong to the case already.
fn lay_file(file: &LaidFile, own: &[PathBuf], staged: &Path) -> io::Result<()> {
    let destination = follow(&file.path)?;
    if destination.exists() {
        fs::write(staged, &file.contents)?;
        fs::set_permissions(staged, PermissionsExt::from_mode(0o644))?;
        return bind(staged, &destination);
    }
    if file.only_if_present {
        return Ok(());
    }
    // A link of the host's may lead into a directory that is empty now, as systemd-resolved's does. Anywhere else
    // the file would be made on the host's disk, so the directory is replaced by one of the case's own first.
    if !own.iter().any(|directory| destination.starts_with(directory)) {
        replicate(nearest_directory(&destination))?;
    }
    if let Some(parent) = destination.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(destination, &file.contents)
}

/// Where `path` leads, also when nothing is there: `canonicalize` for paths that need not exist.
fn follow(path: &Path) -> io::Result<PathBuf> {
    /// As many links as the kernel follows.
    const LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        let ancestor = nearest_directory(&path);
        let below = path.strip_prefix(ancestor).map_err(io::Error::other)?;
        let resolved = ancestor.canonicalize()?.join(below);
        match fs::read_link(&resolved) {
            Ok(target) => path = nearest_directory(&resolved).join(target),
            Err(_) => return Ok(resolved),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// The deepest directory above `path` that exists.
fn nearest_directory(path: &Path) -> &Path {
    path.ancestors().skip(1).find(|ancestor| ancestor.is_dir()).unwrap_or(Path::new("/"))
}

/// Replaces a directory by one of the case's own with the same entries, to which others can be added.
fn replicate(directory: &Path) -> io::Result<()> {
    if directory.parent().is_none() {
        return Err(io::Error::other("no directory that leads there exists on this system"));
    }
    let original = Held::open(directory)?;
    empty(directory, 0o755, None)?;
    for entry in fs::read_dir(original.path())? {
        let entry = entry?;
        let replica = directory.join(entry.file_name());
        if entry.file_type()?.is_symlink() {
            symlink(fs::read_link(entry.path())?, replica)?;
        } else {
            Held::open(&entry.path())?.bind_new(&replica)?;
        }
    }
    Ok(())
}

/// A file or directory held open, which can be bound elsewhere also after it was hidden.
#[derive(Debug)]
struct Held(File);

impl Held {
    fn open(path: &Path) -> io::Result<Self> {
        OpenOptions::new().read(true).custom_flags(O_PATH).open(path).map(Self)
    }

    fn path(&self) -> PathBuf {
        format!("/proc/thread-self/fd/{}", self.0.as_raw_fd()).into()
    }

    /// Makes it visible at a path where nothing is, or where it is itself: what was not hidden must not be made anew,
    /// which would empty the host's file.
    fn bind_new(&self, path: &Path) -> io::Result<()> {
        if path.exists() {
            return bind(self.path(), path);
        }
        if self.0.metadata()?.is_dir() {
            fs::create_dir_all(path)?;
        } else {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            File::create(path)?;
        }
        bind(self.path(), path)
    }
}

/// Lays an empty, writable directory over one of the host's.
fn empty(directory: &Path, mode: u32, owner: Option<Account>) -> io::Result<()> {
    let mut options = format!("mode={mode:o},size=64m");
    if let Some(Account { user, group }) = owner {
        options.push_str(&format!(",uid={user},gid={group}"));
    }
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("tmpfs"), directory, Some("tmpfs"), flags, Some(options.as_str()))?;
    Ok(())
}

/// Recursively, because in a user namespace a bind may not uncover what a mount of the host's covers.
fn bind(source: impl AsRef<Path>, destination: &Path) -> io::Result<()> {
    let flags = MsFlags::MS_BIND | MsFlags::MS_REC;
    mount(Some(source.as_ref()), destination, None::<&str>, flags, None::<&str>)?;
    Ok(())
}
