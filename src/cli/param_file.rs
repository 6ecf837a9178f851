//! Parameters from files and standard input, as the AWS CLI spells them: `file://PATH` stands for
//! the text of a file, `fileb://PATH` for its bytes; `-` in place of PATH is standard input.

use std::io::Read;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::kms::FieldError;
use crate::platform::user_file;

/// The most that is read: no parameter of KMS takes more.
const MOST: u64 = 1 << 20;

/// What a parameter stands for.
pub(super) enum Param {
    Text(Zeroizing<String>),
    /// From a file, which is named where it has a name.
    Bytes(Vec<u8>, Option<PathBuf>),
}

/// Whether a parameter stands for a file, and is not itself what is meant.
pub(super) fn is_reference(text: &str) -> bool {
    ["file://", "fileb://"]
        .iter()
        .any(|scheme| text.starts_with(scheme))
}

/// Reads what a parameter refers to; any other is taken as it is.
///
/// Errors: a file that cannot be read, is no text, or is over 1 MiB.
pub(super) fn read(field: &str, text: &str) -> Result<Param, FieldError> {
    if let Some(path) = text.strip_prefix("fileb://") {
        let file = (path != "-").then(|| PathBuf::from(path));
        return Ok(Param::Bytes(load(field, path)?, file));
    }
    let Some(path) = text.strip_prefix("file://") else {
        return Ok(Param::Text(Zeroizing::new(text.to_owned())));
    };
    let text = String::from_utf8(load(field, path)?).map_err(|_| {
        FieldError::new(
            field,
            &format!("from {path:?} is no UTF-8 text"),
            "use fileb:// for bytes",
        )
    })?;
    Ok(Param::Text(Zeroizing::new(text)))
}

fn load(field: &str, path: &str) -> Result<Vec<u8>, FieldError> {
    let mut bytes = Vec::new();
    let outcome = if user_file::is_closed_stdin(Path::new(path)) {
        Err(std::io::Error::other("standard input is closed"))
    } else if path == "-" {
        std::io::stdin()
            .lock()
            .take(MOST + 1)
            .read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MOST + 1).read_to_end(&mut bytes))
    };
    let error = |rule: &str, fix: &str| Err(FieldError::new(field, rule, fix));
    match outcome {
        Ok(read) if read as u64 > MOST => error(
            &format!("from {path:?} is over 1 MiB"),
            "KMS takes far less: encrypt large files under a data key",
        ),
        Ok(_) => Ok(bytes),
        Err(why) => error(
            &format!("from {path:?} cannot be read ({why})"),
            "check the path",
        ),
    }
}
