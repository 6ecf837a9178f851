//! What the flags of `encrypt-file` and `decrypt-file` say.

use std::path::{Path, PathBuf};

use clap::ArgMatches;

use super::input;
use super::output::FileDestination;
use crate::kms::encryption_context::{self, Pair};
use crate::kms::field::check_grant_tokens;
use crate::kms::key_id;

/// What `encrypt-file` adds to a name, and `decrypt-file` takes away; the AWS Encryption CLI's.
const SUFFIX: &str = ".encrypted";

/// Whose keys may be asked for the data key of a file that says itself which key encrypted it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Discovery {
    OwnAccount,
    AnyAccount,
    Accounts(Vec<String>),
}

impl Discovery {
    fn of(matches: &ArgMatches) -> Discovery {
        // encrypt-file has no such argument.
        let given = matches.try_get_many::<String>("discovery");
        match given.ok().flatten() {
            None => Discovery::OwnAccount,
            Some(accounts) => {
                let accounts: Vec<String> = accounts
                    .filter(|account| !account.is_empty())
                    .cloned()
                    .collect();
                match accounts.is_empty() {
                    true => Discovery::AnyAccount,
                    false => Discovery::Accounts(accounts),
                }
            }
        }
    }
}

/// What the flags of either command say.
pub(super) struct FileRequest {
    pub(super) key_id: Option<String>,
    /// Whose keys may be asked where no key is named.
    pub(super) discovery: Discovery,
    pub(super) context: Vec<Pair>,
    pub(super) grant_tokens: Vec<String>,
    pub(super) input: PathBuf,
    pub(super) destination: FileDestination,
    pub(super) json: bool,
}

impl FileRequest {
    /// Errors: a sentence that names the argument.
    pub(super) fn new(command: &str, matches: &ArgMatches) -> Result<FileRequest, String> {
        let text = |id: &str| matches.get_one::<String>(id).cloned();
        let path = |id: &str| matches.get_one::<PathBuf>(id).cloned();
        let key_id = text("key-id");
        if let Some(key) = &key_id {
            key_id::parse(key).map_err(|error| error.to_string())?;
        }
        let context = match text("encryption-context") {
            Some(text) => encryption_context::parse("--encryption-context", &text)
                .map_err(|error| error.to_string())?,
            None => Vec::new(),
        };
        let grant_tokens: Vec<String> = matches
            .get_many::<String>("grant-tokens")
            .into_iter()
            .flatten()
            .cloned()
            .collect();
        check_grant_tokens(&grant_tokens).map_err(|error| error.to_string())?;
        let input = path("input").unwrap_or_default();
        let output = path("output-file").unwrap_or_else(|| default_output(command, &input));
        Ok(FileRequest {
            key_id,
            discovery: Discovery::of(matches),
            context,
            grant_tokens,
            destination: FileDestination::new(&output, matches.get_flag("force"))?,
            input,
            json: text("output").is_some_and(|format| format == "json"),
        })
    }

    /// The input, for messages.
    pub(super) fn shown(&self) -> String {
        match self.input == Path::new(input::STANDARD) {
            true => "standard input".to_owned(),
            false => self.input.display().to_string(),
        }
    }
}

pub(super) fn default_output(command: &str, input: &Path) -> PathBuf {
    if input == Path::new(input::STANDARD) {
        return input.to_owned();
    }
    let name = input.as_os_str();
    if command == "encrypt-file" {
        let mut name = name.to_owned();
        name.push(SUFFIX);
        return name.into();
    }
    match input.extension().is_some_and(|end| end == &SUFFIX[1..]) {
        true => input.with_extension(""),
        false => {
            let mut name = name.to_owned();
            name.push(".decrypted");
            name.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_is_named_after_the_input() {
        let name = |command, input: &str| {
            let path = default_output(command, Path::new(input));
            path.display().to_string()
        };
        assert_eq!(name("encrypt-file", "a/b.pdf"), "a/b.pdf.encrypted");
        assert_eq!(name("decrypt-file", "a/b.pdf.encrypted"), "a/b.pdf");
        assert_eq!(name("decrypt-file", "b.pdf"), "b.pdf.decrypted");
        assert_eq!(name("decrypt-file", ".encrypted"), ".encrypted.decrypted");
        assert_eq!(name("encrypt-file", "-"), "-");
        assert_eq!(name("decrypt-file", "-"), "-");
    }
}
