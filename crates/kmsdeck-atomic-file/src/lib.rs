#![doc = include_str!("../README.md")]
#![warn(missing_docs, clippy::missing_errors_doc)]

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

/// What a temporary name begins and ends with; between is what nobody can guess.
const NAME: (&str, &str) = (".kmsdeck-", ".tmp");

/// A file of mode 0600 in its folder that has no name yet. Where the file system can do so (Linux:
/// `O_TMPFILE`) it has really none, and nothing is left of it even when the process is killed;
/// elsewhere it has a temporary name until it is dropped.
///
/// It is locked ([`File::lock`]) as long as it or one of its writers is open: by that a file with
/// a temporary name is told from one that a killed process left.
#[derive(Debug)]
pub struct AtomicFile {
    file: File,
    /// None where it has no name.
    name: Option<TempPath>,
}

impl AtomicFile {
    /// In the folder where `path` is to be.
    ///
    /// # Errors
    /// No file can be made there.
    pub fn for_path(path: &Path) -> io::Result<Self> {
        let folder = folder_of(path);
        match nameless(folder) {
            Some(file) => {
                lock(&file);
                Ok(AtomicFile { file, name: None })
            }
            None => Self::named(folder),
        }
    }

    fn named(folder: &Path) -> io::Result<Self> {
        sweep_folder(folder);
        loop {
            let made = temporary_name().tempfile_in(folder);
            let made = made.map_err(|error| of_folder(&error, folder))?;
            let (file, name) = made.into_parts();
            lock(&file);
            // Another's sweep may have come between the two.
            if name.exists() {
                let name = Some(name);
                return Ok(AtomicFile { file, name });
            }
        }
    }

    /// To write with, from the file's start on. Flush it to the disk before [`finish`](Self::finish).
    ///
    /// # Errors
    /// The process may open no more files.
    pub fn writer(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Gives it its name. With `replace`, in the place of what has that name, and with its mode,
    /// owner and group.
    ///
    /// # Errors
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists) where there is one that may not be
    /// replaced.
    pub fn finish(self, path: &Path, replace: bool) -> io::Result<()> {
        let folder = folder_of(path);
        if replace {
            keep_rights(&self.file, path)?;
        }
        let name = match self.name {
            Some(name) => name,
            None if !replace => {
                link(&self.file, path)?;
                sync_folder(folder);
                return Ok(());
            }
            // A link replaces nothing: it gets a name of its own first, and then the other's.
            None => {
                sweep_folder(folder);
                let file = &self.file;
                temporary_name()
                    .make_in(folder, |name| link(file, name))
                    .map_err(|error| of_folder(&error, folder))?
                    .into_temp_path()
            }
        };
        let done = match replace {
            true => name.persist(path),
            false => name.persist_noclobber(path),
        };
        done.map_err(|error| error.error)?;
        sync_folder(folder);
        Ok(())
    }
}

/// The file that may be replaced where there is something of that name: what a link leads to, and
/// not the link.
///
/// # Errors
/// What is there is no ordinary file (a folder, a FIFO, a device), a link to nothing, or a link
/// that was made by neither the user, root nor the folder's owner.
pub fn replaceable(path: &Path) -> io::Result<PathBuf> {
    let path = follow(path)?;
    let kind = std::fs::symlink_metadata(&path)?.file_type();
    match (kind.is_file(), kind.is_dir()) {
        (true, _) => Ok(path),
        (_, true) => Err(io::Error::other("it is a folder")),
        _ => Err(io::Error::other("it is no ordinary file")),
    }
}

/// Writes a file, whole or not at all. With `replace`, in the place of one that is there.
///
/// # Errors
/// [`AlreadyExists`](io::ErrorKind::AlreadyExists) where there is one that may not be replaced;
/// as of [`replaceable`]; whatever the disk says.
pub fn write_whole(path: &Path, bytes: &[u8], replace: bool) -> io::Result<()> {
    let path = match std::fs::symlink_metadata(path) {
        Ok(_) => replaceable(path)?,
        Err(_) => path.to_owned(),
    };
    let file = AtomicFile::for_path(&path)?;
    let mut writer = file.writer()?;
    writer.write_all(bytes)?;
    writer.sync_all()?;
    file.finish(&path, replace)
}

/// Removes what killed processes left in the folder where `path` is: files with a temporary name
/// that nobody has locked. [`AtomicFile`] does so where it makes such names itself.
pub fn sweep(path: &Path) {
    sweep_folder(folder_of(path));
}

fn sweep_folder(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let of_ours = name
            .to_str()
            .is_some_and(|name| name.starts_with(NAME.0) && name.ends_with(NAME.1));
        if of_ours
            && let Some(file) = open_own(&entry.path())
            && file.try_lock().is_ok()
        {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn temporary_name() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(NAME.0).suffix(NAME.1).rand_bytes(16);
    builder
}

/// Why no file can be made in a folder: the name that it had for a moment tells nobody anything.
fn of_folder(error: &io::Error, folder: &Path) -> io::Error {
    let shown = folder.display();
    let kind = error.kind();
    let why = match kind {
        io::ErrorKind::NotFound => format!("there is no folder {shown}"),
        _ => format!("no file can be made in the folder {shown} ({kind})"),
    };
    io::Error::new(kind, why)
}

/// Where a file system knows no locks, nothing is swept either.
fn lock(file: &File) {
    let _ = file.lock();
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes a name last, where folders can be synced: some file systems refuse it, and the file is
/// there all the same.
fn sync_folder(folder: &Path) {
    if cfg!(unix) {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
}

/// Where links lead to, each of them one that may be trusted.
#[cfg(unix)]
fn follow(path: &Path) -> io::Result<PathBuf> {
    use std::os::unix::fs::MetadataExt;
    // As many as Linux follows.
    const MOST: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..MOST {
        let about = std::fs::symlink_metadata(&path)?;
        if !about.is_symlink() {
            return Ok(path);
        }
        let folder = folder_of(&path);
        let user = rustix::process::geteuid().as_raw();
        let trusted = [user, 0, std::fs::metadata(folder)?.uid()];
        if !trusted.contains(&about.uid()) {
            return Err(io::Error::other("it is a link that another user made"));
        }
        path = folder.join(std::fs::read_link(&path)?);
    }
    Err(io::Error::other("it is a link that leads nowhere"))
}

#[cfg(not(unix))]
fn follow(path: &Path) -> io::Result<PathBuf> {
    path.canonicalize()
}

/// Opens a file of the user's own: no link, and what is no ordinary file is not waited for.
#[cfg(unix)]
fn open_own(path: &Path) -> Option<File> {
    use rustix::fs::{Mode, OFlags};
    use std::os::unix::fs::MetadataExt;
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty()).ok()?);
    let about = file.metadata().ok()?;
    (about.is_file() && about.uid() == rustix::process::geteuid().as_raw()).then_some(file)
}

#[cfg(not(unix))]
fn open_own(path: &Path) -> Option<File> {
    File::open(path).ok()
}

/// Gives a file the owner, the group and the mode of the one that it replaces. A group that cannot
/// be kept loses its rights, so that they don't become another's.
#[cfg(unix)]
fn keep_rights(file: &File, replaced: &Path) -> io::Result<()> {
    use rustix::fs::{Gid, Mode, Uid};
    use std::os::unix::fs::MetadataExt;
    let (old, new) = match std::fs::symlink_metadata(replaced) {
        Ok(old) if old.is_file() => (old, file.metadata()?),
        // It is gone, or `finish` says what is wrong with it.
        _ => return Ok(()),
    };
    let mut mode = old.mode() & 0o777;
    if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
        let (user, group) = (Uid::from_raw(old.uid()), Gid::from_raw(old.gid()));
        let kept = rustix::fs::fchown(file, Some(user), Some(group)).is_ok()
            || rustix::fs::fchown(file, None, Some(group)).is_ok();
        if !kept {
            mode &= !0o070;
        }
    }
    Ok(rustix::fs::fchmod(file, Mode::from_raw_mode(mode as _))?)
}

#[cfg(not(unix))]
fn keep_rights(_: &File, _: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(target_os = "linux")]
fn nameless(folder: &Path) -> Option<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let file = rustix::fs::open(folder, flags, Mode::RUSR | Mode::WUSR).ok()?;
    let file = File::from(file);
    // Without /proc it could never get a name.
    in_proc(&file).exists().then_some(file)
}

#[cfg(target_os = "linux")]
fn in_proc(file: &File) -> PathBuf {
    use std::os::fd::AsRawFd;
    format!("/proc/self/fd/{}", file.as_raw_fd()).into()
}

/// As open(2) says of `O_TMPFILE`.
#[cfg(target_os = "linux")]
fn link(file: &File, path: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD};
    let from = in_proc(file);
    Ok(rustix::fs::linkat(
        CWD,
        &from,
        CWD,
        path,
        AtFlags::SYMLINK_FOLLOW,
    )?)
}

#[cfg(not(target_os = "linux"))]
fn nameless(_: &Path) -> Option<File> {
    None
}

#[cfg(not(target_os = "linux"))]
fn link(_: &File, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_that_is_not_there_is_named_and_no_temporary_name() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing");
        let error = write_whole(&missing.join("it"), b"", false).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        let said = error.to_string();
        assert_eq!(said, format!("there is no folder {}", missing.display()));
    }

    #[test]
    fn it_comes_whole_or_not_at_all_with_and_without_a_temporary_name() {
        type Make = fn(&Path) -> io::Result<AtomicFile>;
        let named: Make = |path| AtomicFile::named(folder_of(path));
        for make in [AtomicFile::for_path as Make, named] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("it");
            let with = |text: &str| {
                let file = make(&path).unwrap();
                file.writer().unwrap().write_all(text.as_bytes()).unwrap();
                file
            };
            drop(with("given up"));
            assert!(names(folder.path()).is_empty());
            with("first").finish(&path, false).unwrap();
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
            let error = with("second").finish(&path, false).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(std::fs::read_to_string(&path).unwrap(), "first");
            with("third").finish(&path, true).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), "third");
            assert_eq!(names(folder.path()), ["it"]);
        }
    }

    #[test]
    fn a_link_stays_and_what_is_no_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let error = write_whole(&link, b"new", false).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        write_whole(&link, b"new", true).unwrap();
        assert!(link.is_symlink());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "new");
        for not_a_file in [folder.path(), Path::new("/dev/null")] {
            assert!(write_whole(not_a_file, b"new", true).is_err());
        }
    }

    #[test]
    fn what_takes_the_place_of_another_keeps_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("it");
        for mode in [0o644, 0o660, 0o400] {
            std::fs::write(&path, "old").unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
            write_whole(&path, b"new", true).unwrap();
            let kept = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(kept & 0o7777, mode);
            std::fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn another_users_link_is_not_followed() {
        use std::os::unix::fs::{chown, lchown};
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, "mine").unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        assert_eq!(replaceable(&link).unwrap(), file);
        // Only root can make one.
        if lchown(&link, Some(12_345), None).is_err() {
            return;
        }
        let error = write_whole(&link, b"theirs", true).unwrap_err();
        assert!(error.to_string().contains("another user"), "{error}");
        assert_eq!(std::fs::read(&file).unwrap(), b"mine");
        // In a folder of theirs it is their link that is meant.
        chown(folder.path(), Some(12_345), None).unwrap();
        write_whole(&link, b"told", true).unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), b"told");
    }

    #[test]
    fn links_in_a_circle_end() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        std::os::unix::fs::symlink("a", &b).unwrap();
        std::os::unix::fs::symlink("b", &a).unwrap();
        assert!(write_whole(&a, b"x", true).is_err());
    }

    #[test]
    fn what_a_killed_process_left_goes_and_what_is_under_way_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (left, theirs) = (".kmsdeck-0123456789abcdef.tmp", ".kmsdeck-notes");
        for name in [left, theirs, "other.tmp"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        let under_way = AtomicFile::named(folder.path()).unwrap();
        assert!(!names(folder.path()).contains(&left.to_owned()));
        assert_eq!(names(folder.path()).len(), 3);
        write_whole(&folder.path().join("it"), b"new", true).unwrap();
        assert_eq!(names(folder.path()).len(), 4);
        under_way.finish(&folder.path().join("that"), true).unwrap();
        assert_eq!(names(folder.path()), [theirs, "it", "other.tmp", "that"]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn where_the_file_system_can_there_is_nothing_to_see_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = AtomicFile::for_path(&folder.path().join("it")).unwrap();
        if file.name.is_none() {
            assert!(names(folder.path()).is_empty());
        }
    }
}
