//! What was written in the user's own editor and is not sent yet: files of mode 0600, which outlive
//! a refusal, a crash and a kill.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{private, user_file};

/// The most that is read back, in bytes: far more than what a draft is of.
const MOST: u64 = 1 << 20;

/// The folder of the drafts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drafts(PathBuf);

/// A draft that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub text: String,
    /// When it was written last.
    pub at: Timestamp,
}

impl Drafts {
    /// In that folder, which need not be there yet.
    pub fn in_folder(folder: PathBuf) -> Self {
        Drafts(folder)
    }

    /// The draft of that name, where there is one.
    ///
    /// Errors: it cannot be read, or is no text.
    pub fn read(&self, name: &str) -> io::Result<Option<Draft>> {
        let path = self.0.join(name);
        let text = match read_text(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read?,
        };
        let at = path.metadata()?.modified()?;
        let at = at.try_into().unwrap_or(Timestamp::UNIX_EPOCH);
        Ok(Some(Draft { text, at }))
    }

    /// Writes a draft, in place of what it was before; its path.
    ///
    /// Errors: whatever the disk says.
    pub fn keep(&self, name: &str, text: &str) -> io::Result<PathBuf> {
        private::create_folder(&self.0)?;
        let path = self.0.join(name);
        kmsdeck_atomic_file::write_whole(&path, text.as_bytes(), true)?;
        Ok(path)
    }

    /// Takes a draft away, where there is one.
    ///
    /// Errors: whatever the disk says.
    pub fn drop(&self, name: &str) -> io::Result<()> {
        match std::fs::remove_file(self.0.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// What an editor left of a draft. Some editors write a new file in its place, with a mode of their
/// own.
///
/// Errors: it cannot be read, or is no text.
pub fn read_back(path: &Path) -> io::Result<String> {
    let text = read_text(path)?;
    private::close_to_others(path)?;
    Ok(text)
}

fn read_text(path: &Path) -> io::Result<String> {
    String::from_utf8(user_file::read(path, MOST)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is no UTF-8 text"))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_draft_is_private_and_is_there_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let drafts = Drafts::in_folder(folder.path().join("state/drafts"));
        assert_eq!(drafts.read("a.json").unwrap(), None);
        let path = drafts.keep("a.json", "{}").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "{1}").unwrap();
        assert_eq!(read_back(&path).unwrap(), "{1}");
        assert_eq!(mode(&path), 0o600);
        assert_eq!(drafts.read("a.json").unwrap().unwrap().text, "{1}");
        std::fs::write(&path, b"\xff").unwrap();
        assert!(drafts.read("a.json").is_err());
        drafts.drop("a.json").unwrap();
        drafts.drop("a.json").unwrap();
        assert_eq!(drafts.read("a.json").unwrap(), None);
    }
}
