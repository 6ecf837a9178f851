//! Where a file command writes.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use kmsdeck_atomic_file::{AtomicFile, replaceable};

use super::input::STANDARD;
use crate::platform::std_files;

/// What the arguments say.
#[derive(Debug, Clone)]
pub(super) enum FileDestination {
    Stdout,
    File { path: PathBuf, replace: bool },
}

impl FileDestination {
    /// Errors: a sentence that says why nothing can be written there.
    pub(super) fn new(given: &Path, replace: bool) -> Result<FileDestination, String> {
        if given == Path::new(STANDARD) {
            return Ok(FileDestination::Stdout);
        }
        let shown = given.display();
        let mut path = given.to_owned();
        match std::fs::symlink_metadata(given) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(format!("{shown} cannot be written: {error}")),
            Ok(_) => {
                path = replaceable(given).map_err(|error| {
                    format!("{shown} cannot be written: {error}; give a file with --output-file, or - and redirect the output")
                })?;
                if !replace {
                    return Err(exists(given));
                }
            }
        }
        Ok(FileDestination::File { path, replace })
    }

    pub(super) fn is_stdout(&self) -> bool {
        matches!(self, FileDestination::Stdout)
    }

    /// For messages.
    pub(super) fn shown(&self) -> String {
        match self {
            FileDestination::Stdout => "standard output".to_owned(),
            FileDestination::File { path, .. } => path.display().to_string(),
        }
    }

    /// Errors: a sentence.
    pub(super) fn begin(&self) -> Result<Output, String> {
        let fail = |error: io::Error| format!("{} cannot be written: {error}", self.shown());
        Ok(match self {
            FileDestination::Stdout => Output::Stdout,
            FileDestination::File { path, replace } => Output::File {
                file: AtomicFile::for_path(path).map_err(fail)?,
                path: path.clone(),
                replace: *replace,
            },
        })
    }
}

/// Whether bytes that are no text would go to a terminal.
pub(super) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

fn exists(path: &Path) -> String {
    format!(
        "{} exists: choose another name with --output-file, or replace it with --force",
        path.display()
    )
}

/// An output under way. Dropped before its end, a file is gone.
pub(super) enum Output {
    Stdout,
    File {
        file: AtomicFile,
        path: PathBuf,
        replace: bool,
    },
}

impl Output {
    /// To write with, in whichever thread.
    ///
    /// Errors: a sentence.
    pub(super) fn writer(&self) -> Result<Writer, String> {
        let file = match self {
            Output::Stdout => std_files::stdout().map(|file| Writer {
                file,
                is_stdout: true,
            }),
            Output::File { file, .. } => file.writer().map(|file| Writer {
                file,
                is_stdout: false,
            }),
        };
        file.map_err(|error| format!("the output cannot be written: {error}"))
    }

    /// Gives a file its name.
    ///
    /// Errors: a sentence.
    pub(super) fn finish(self) -> Result<(), String> {
        let Output::File {
            file,
            path,
            replace,
        } = self
        else {
            return Ok(());
        };
        file.finish(&path, replace)
            .map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => exists(&path),
                _ => format!("{} cannot be written: {error}", path.display()),
            })
    }
}

/// Writes to an [`Output`], unbuffered.
pub(super) struct Writer {
    file: File,
    is_stdout: bool,
}

impl Writer {
    /// Has a file on the disk, so that its name never stands for less.
    pub(super) fn sync(&self) -> io::Result<()> {
        match self.is_stdout {
            true => Ok(()),
            false => self.file.sync_all(),
        }
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
