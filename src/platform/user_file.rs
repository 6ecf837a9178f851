//! Files that the user has, read with care: a name may stand for a FIFO that nobody writes to, a
//! device without an end, or a standard input that is not there.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The most that is read of a file that people write, in bytes.
const MOST: u64 = 16 << 20;

/// The text of a file that people write. It never waits, and has an end.
///
/// Errors: it is no regular file, is over 16 MiB, or is no UTF-8 text.
pub fn read_text(path: &Path) -> io::Result<String> {
    String::from_utf8(read(path, MOST)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is no UTF-8 text"))
}

/// The bytes of a file, at most that many.
///
/// Errors: it is no regular file, or is longer.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "it is far too long for what it is",
        )),
        false => Ok(bytes),
    }
}

/// A file to be read.
///
/// Errors: it is no regular file, nor `/dev/null`, by which people say that there is none.
pub fn open(path: &Path) -> io::Result<File> {
    let file = open_at_once(path)?;
    match path
        .canonicalize()
        .is_ok_and(|path| path == Path::new("/dev/null"))
    {
        true => Ok(file),
        false => regular(file),
    }
}

#[cfg(unix)]
fn open_at_once(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    // Without NONBLOCK, opening a FIFO waits for whoever writes to it.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
}

#[cfg(not(unix))]
fn open_at_once(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// That file, where it is a regular one.
///
/// Errors: what it is instead.
pub fn regular(file: File) -> io::Result<File> {
    let kind = file.metadata()?.file_type();
    match (kind.is_file(), kind.is_dir()) {
        (true, _) => Ok(file),
        (_, true) => Err(io::Error::from(io::ErrorKind::IsADirectory)),
        _ => Err(io::Error::other("it is no ordinary file")),
    }
}

/// Whether the path stands for standard input, and the process was started with that closed. Rust
/// has put `/dev/null` there, which reads as an empty file.
pub fn is_closed_stdin(path: &Path) -> bool {
    let names = ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];
    names.iter().any(|name| path == Path::new(name)) && kmsdeck_startup::stdin_was_closed()
}

#[cfg(all(test, unix))]
mod tests {
    use rustix::fs::Mode;

    use super::*;

    #[test]
    fn what_is_no_regular_file_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &fifo,
            rustix::fs::FileType::Fifo,
            Mode::RUSR | Mode::WUSR,
            0,
        )
        .unwrap();
        for path in [&fifo, folder.path(), Path::new("/dev/zero")] {
            assert!(read_text(path).is_err(), "{}", path.display());
        }
        assert_eq!(read_text(Path::new("/dev/null")).unwrap(), "");
        let file = folder.path().join("file");
        std::fs::write(&file, b"text").unwrap();
        assert_eq!(read_text(&file).unwrap(), "text");
        let error = read(&file, 3).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        let missing = read_text(&folder.path().join("none")).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }
}
