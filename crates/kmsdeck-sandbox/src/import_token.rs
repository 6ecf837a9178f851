//! Import tokens: what GetParametersForImport gives and ImportKeyMaterial takes back.
//!
//! A token holds the private wrapping key, sealed with a secret that lives as long as the sandbox:
//! nothing is kept of tokens that nobody uses, and those of an earlier run are invalid.

use crate::crypto::{decrypt, encrypt};
use crate::secret::{Secret, random};
use crate::service::Sandbox;
use crate::wire::{ApiError, ApiResult, Millis};

const LABEL: &[u8] = b"kmsdeck sandbox import token";

pub(crate) struct ImportToken {
    /// Of the key that it is for.
    pub arn: String,
    pub algorithm: String,
    pub valid_to: Millis,
    /// The wrapping key, PKCS #8.
    pub private: Secret,
}

impl Sandbox {
    fn import_secret(&self) -> ApiResult<&[u8]> {
        if self.import_secret.get().is_none() {
            // Another call may have been first: its secret stands.
            let _ = self.import_secret.set(random(32)?);
        }
        let secret = self.import_secret.get().ok_or_else(ApiError::internal)?;
        Ok(secret)
    }

    pub(crate) fn seal_import_token(&self, token: &ImportToken) -> ApiResult<Vec<u8>> {
        let mut plaintext = Secret::default();
        plaintext.extend_from_slice(&token.valid_to.0.to_be_bytes());
        for text in [&token.arn, &token.algorithm] {
            let length = u16::try_from(text.len()).map_err(|_| ApiError::internal())?;
            plaintext.extend_from_slice(&length.to_be_bytes());
            plaintext.extend_from_slice(text.as_bytes());
        }
        plaintext.extend_from_slice(&token.private);
        encrypt(self.import_secret()?, LABEL, &plaintext)
    }

    /// InvalidImportTokenException where it is none of this sandbox.
    pub(crate) fn open_import_token(&self, sealed: &[u8]) -> ApiResult<ImportToken> {
        let invalid = || ApiError::bare("InvalidImportTokenException");
        let plaintext = decrypt(self.import_secret()?, LABEL, sealed).ok_or_else(invalid)?;
        let mut rest = plaintext.as_slice();
        let valid_to = i64::from_be_bytes(*take(&mut rest).ok_or_else(invalid)?);
        let arn = take_text(&mut rest).ok_or_else(invalid)?;
        let algorithm = take_text(&mut rest).ok_or_else(invalid)?;
        Ok(ImportToken {
            arn,
            algorithm,
            valid_to: Millis(valid_to),
            private: Secret::new(rest.to_vec()),
        })
    }
}

fn take<'a, const LENGTH: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; LENGTH]> {
    let (taken, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(taken)
}

fn take_text(rest: &mut &[u8]) -> Option<String> {
    let length = u16::from_be_bytes(*take(rest)?);
    let (taken, after) = rest.split_at_checked(length.into())?;
    *rest = after;
    String::from_utf8(taken.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::SandboxOptions;

    #[test]
    fn a_token_is_good_for_its_own_sandbox_and_as_it_is() {
        let sandbox = Sandbox::new(SandboxOptions::default()).unwrap();
        let token = ImportToken {
            arn: "arn:aws:kms:us-east-1:111122223333:key/k".into(),
            algorithm: "RSAES_OAEP_SHA_256".into(),
            valid_to: Millis(7),
            private: Secret::new(vec![1, 2, 3]),
        };
        let sealed = sandbox.seal_import_token(&token).unwrap();
        let opened = sandbox.open_import_token(&sealed).unwrap();
        assert_eq!((opened.arn, opened.valid_to), (token.arn, token.valid_to));
        assert_eq!(opened.private, token.private);
        let refused = |sandbox: &Sandbox, sealed: &[u8]| {
            let error = sandbox.open_import_token(sealed).err().unwrap();
            assert_eq!(error.name, "InvalidImportTokenException");
        };
        for at in 0..sealed.len() {
            let mut bad = sealed.clone();
            bad[at] ^= 1;
            refused(&sandbox, &bad);
            refused(&sandbox, &sealed[..at]);
        }
        let other = Sandbox::new(SandboxOptions::default()).unwrap();
        refused(&other, &sealed);
    }
}
