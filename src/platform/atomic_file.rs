//! A file that comes to be whole or not at all, with mode 0600.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

/// A file of mode 0600 in its folder that has no name yet. Where the file system can do so (Linux:
/// `O_TMPFILE`) it has really none, and nothing is left of it even when the process is killed;
/// elsewhere it has a temporary name until it is dropped.
pub struct AtomicFile {
    file: File,
    /// None where it has no name.
    name: Option<TempPath>,
}

impl AtomicFile {
    /// In the folder where `path` is to be.
    pub fn for_path(path: &Path) -> io::Result<Self> {
        let folder = folder_of(path);
        match nameless(folder) {
            Some(file) => Ok(AtomicFile { file, name: None }),
            None => Self::named(folder),
        }
    }

    fn named(folder: &Path) -> io::Result<Self> {
        let (file, name) = tempfile::NamedTempFile::new_in(folder)?.into_parts();
        Ok(AtomicFile {
            file,
            name: Some(name),
        })
    }

    /// To write with, from the file's start on. Flush it to the disk before [`finish`](Self::finish).
    pub fn writer(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Gives it its name. With `replace`, in the place of what has that name.
    ///
    /// Errors: [`AlreadyExists`](io::ErrorKind::AlreadyExists) where there is one that may not be
    /// replaced.
    pub fn finish(self, path: &Path, replace: bool) -> io::Result<()> {
        let name = match self.name {
            Some(name) => name,
            None if !replace => return link(&self.file, path),
            // A link replaces nothing: it gets a name of its own first, and then the other's.
            None => {
                let file = &self.file;
                tempfile::Builder::new()
                    .make_in(folder_of(path), |name| link(file, name))?
                    .into_temp_path()
            }
        };
        let done = match replace {
            true => name.persist(path),
            false => name.persist_noclobber(path),
        };
        done.map_err(|error| error.error)
    }
}

/// The file that may be replaced where there is something of that name: what a link leads to, and
/// not the link.
///
/// Errors: what is there is no ordinary file (a folder, a FIFO, a device), or a link to nothing.
pub fn replaceable(path: &Path) -> io::Result<PathBuf> {
    let path = path.canonicalize()?;
    let kind = std::fs::metadata(&path)?.file_type();
    match (kind.is_file(), kind.is_dir()) {
        (true, _) => Ok(path),
        (_, true) => Err(io::Error::other("it is a folder")),
        _ => Err(io::Error::other("it is no ordinary file")),
    }
}

/// Writes a file, whole or not at all. With `replace`, in the place of one that is there.
///
/// Errors: [`AlreadyExists`](io::ErrorKind::AlreadyExists) where there is one that may not be
/// replaced; as of [`replaceable`].
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

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
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
fn in_proc(file: &File) -> std::path::PathBuf {
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

#[cfg(test)]
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
