//! What a file command reads.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::platform::{std_files, user_file};

/// Standard input, as an argument.
pub(super) const STANDARD: &str = "-";

/// A file, a FIFO or a device, or standard input.
pub(super) struct FileInput {
    path: PathBuf,
    from: File,
    /// What a regular file was like at first.
    at_first: Option<Metadata>,
}

impl FileInput {
    /// Opens it. For a FIFO this waits until somebody writes to it.
    ///
    /// Errors: a sentence.
    pub(super) fn open(path: &Path) -> Result<FileInput, String> {
        let shown = path.display();
        if user_file::is_closed_stdin(path) {
            return Err("standard input is closed: there is nothing to read".to_owned());
        }
        let from = if path == Path::new(STANDARD) {
            std_files::stdin().map_err(|error| format!("standard input cannot be read: {error}"))?
        } else {
            File::open(path).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => {
                    format!("{shown} does not exist: check the path, or give - for standard input")
                }
                _ => format!("{shown} cannot be read: {error}"),
            })?
        };
        let metadata = from
            .metadata()
            .map_err(|error| format!("{shown} cannot be read: {error}"))?;
        if metadata.is_dir() {
            return Err(format!(
                "{shown} is a folder: make it one file first, as with tar"
            ));
        }
        Ok(FileInput {
            path: path.to_owned(),
            from,
            at_first: metadata.is_file().then_some(metadata),
        })
    }

    /// Errors: a sentence, where a regular file is no longer what it was when it was opened, so
    /// that what was read may be of no one state of it.
    pub(super) fn check_unchanged(&self) -> Result<(), String> {
        let Some(first) = &self.at_first else {
            return Ok(());
        };
        let same = self.from.metadata().is_ok_and(|now| {
            now.len() == first.len() && now.modified().ok() == first.modified().ok()
        });
        if same {
            return Ok(());
        }
        Err(format!(
            "{} was changed while it was read: start again once nothing writes to it",
            self.path.display()
        ))
    }
}

impl Read for FileInput {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.from.read(out)
    }
}
