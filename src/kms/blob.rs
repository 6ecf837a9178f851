//! Bytes of a request: how people give them, and what they are read to.

use std::path::PathBuf;

use data_encoding::{BASE64, BASE64_MIME_PERMISSIVE, BASE64_NOPAD, HEXLOWER_PERMISSIVE};

use super::field_error::FieldError;
use super::secret::SecretBytes;
use super::text::counted;

/// Bytes of a request field. All of them are kept as secrets: a Plaintext is one, and telling it
/// from a ciphertext would win nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    pub bytes: SecretBytes,
    /// The file that they were read from.
    pub file: Option<PathBuf>,
}

impl Blob {
    pub fn new(bytes: Vec<u8>) -> Self {
        Blob {
            bytes: SecretBytes::new(bytes),
            file: None,
        }
    }

    /// The bytes of a file.
    pub fn of_file(bytes: Vec<u8>, file: PathBuf) -> Self {
        Blob {
            file: Some(file),
            ..Blob::new(bytes)
        }
    }
}

/// How bytes are typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlobForm {
    /// RFC 4648 section 4; line ends and missing padding are forgiven.
    Base64,
    /// Two digits a byte; spaces and colons between them are forgiven.
    Hex,
    /// UTF-8.
    Text,
    /// The name of a file that holds the bytes.
    File,
}

impl BlobForm {
    pub const ALL: [BlobForm; 4] = [
        BlobForm::Base64,
        BlobForm::Hex,
        BlobForm::Text,
        BlobForm::File,
    ];

    pub fn name(self) -> &'static str {
        match self {
            BlobForm::Base64 => "base64",
            BlobForm::Hex => "hex",
            BlobForm::Text => "text",
            BlobForm::File => "file",
        }
    }

    /// The next one, in a circle; the one before where `by` is negative.
    pub fn turned(self, by: isize) -> BlobForm {
        let at = BlobForm::ALL
            .iter()
            .position(|form| *form == self)
            .unwrap_or(0) as isize;
        BlobForm::ALL[(at + by).rem_euclid(BlobForm::ALL.len() as isize) as usize]
    }

    /// Reads what was typed for `field`. Not for [`BlobForm::File`], whose bytes come from
    /// elsewhere.
    ///
    /// Errors: the rule of the form, and the fix.
    pub fn read(self, field: &str, text: &str) -> Result<Vec<u8>, FieldError> {
        match self {
            BlobForm::Base64 => read_base64(field, text),
            BlobForm::Hex => read_hex(field, text),
            BlobForm::Text => Ok(text.as_bytes().to_vec()),
            BlobForm::File => Err(FieldError::new(
                field,
                "is to be read from a file first",
                "name the file",
            )),
        }
    }
}

fn read_base64(field: &str, text: &str) -> Result<Vec<u8>, FieldError> {
    let squeezed: String = text.split_whitespace().collect();
    if let Some(bad) = squeezed
        .chars()
        .find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')))
    {
        let fix = match bad {
            '-' | '_' => "use + and / (this looks like base64url)",
            _ => "paste the blob as it was given, or choose hex, text or file",
        };
        return Err(FieldError::new(
            field,
            &format!("as base64 holds A-Z, a-z, 0-9, + and /, and has {bad:?}"),
            fix,
        ));
    }
    BASE64
        .decode(squeezed.as_bytes())
        .or_else(|_| BASE64_NOPAD.decode(squeezed.as_bytes()))
        .or_else(|_| BASE64_MIME_PERMISSIVE.decode(squeezed.as_bytes()))
        .map_err(|_| {
            FieldError::new(
                field,
                &format!(
                    "as base64 is whole groups of 4 characters, and has {}",
                    counted(squeezed.len(), "character")
                ),
                "paste the whole of it",
            )
        })
}

fn read_hex(field: &str, text: &str) -> Result<Vec<u8>, FieldError> {
    let text = text.trim();
    let text = text.strip_prefix("0x").unwrap_or(text);
    let digits: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != ':')
        .collect();
    if let Some(bad) = digits.chars().find(|c| !c.is_ascii_hexdigit()) {
        return Err(FieldError::new(
            field,
            &format!("as hex holds 0-9 and a-f, and has {bad:?}"),
            "paste hex digits, or choose base64, text or file",
        ));
    }
    HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).map_err(|_| {
        FieldError::new(
            field,
            &format!(
                "as hex has two digits a byte, and has {}",
                counted(digits.len(), "digit")
            ),
            "paste the whole of it",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_forgives_line_ends_and_padding() {
        for text in ["AQIDBA==", "AQIDBA", "AQID\nBA==", " AQIDBA== "] {
            assert_eq!(BlobForm::Base64.read("Mac", text), Ok(vec![1, 2, 3, 4]));
        }
        let error = BlobForm::Base64.read("Mac", "AQ-DBA==").unwrap_err();
        assert!(error.fix.contains("base64url"), "{error}");
        let error = BlobForm::Base64.read("Mac", "AQIDB").unwrap_err();
        assert!(error.to_string().contains("has 5 characters"), "{error}");
    }

    #[test]
    fn hex_forgives_colons_and_spaces() {
        for text in ["01020aff", "01:02:0A:FF", "0x01 02 0a ff"] {
            assert_eq!(BlobForm::Hex.read("Mac", text), Ok(vec![1, 2, 10, 255]));
        }
        assert!(BlobForm::Hex.read("Mac", "012").is_err());
        assert!(BlobForm::Hex.read("Mac", "xy").is_err());
    }

    #[test]
    fn the_forms_turn_in_a_circle() {
        assert_eq!(BlobForm::File.turned(1), BlobForm::Base64);
        assert_eq!(BlobForm::Base64.turned(-1), BlobForm::File);
    }
}
