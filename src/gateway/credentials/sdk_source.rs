//! The SDK's own sources of credentials, each with what it asks: its errors leave out who that is,
//! and where.

use std::path::PathBuf;

use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future::ProvideCredentials as Provided;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use data_encoding::HEXLOWER;

use crate::gateway::transport::Call;

/// Which of them.
#[derive(Debug, Clone)]
pub(in crate::gateway) enum SdkSource {
    Sso(Sso),
    Login(Login),
    Container,
    Machine(Machine),
}

/// A role of IAM Identity Center.
#[derive(Debug, Clone)]
pub(in crate::gateway) struct Sso {
    pub profile: String,
    /// None where the profile has the settings itself.
    pub session: Option<String>,
    pub start_url: String,
    pub region: String,
    pub account: String,
    pub role: String,
}

impl Sso {
    /// Where the AWS CLI keeps the token of the sign-in.
    pub(in crate::gateway) fn token_file(&self) -> Option<PathBuf> {
        let of = self.session.as_deref().unwrap_or(&self.start_url);
        let name = HEXLOWER.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, of.as_bytes()).as_ref());
        let folder = std::env::home_dir()?.join(".aws/sso/cache");
        Some(folder.join(format!("{name}.json")))
    }
}

/// A session of `aws login`.
#[derive(Debug, Clone)]
pub(in crate::gateway) struct Login {
    pub profile: String,
    /// The ARN of whoever signed in.
    pub session: String,
}

impl Login {
    /// Where the AWS CLI keeps the session.
    pub(in crate::gateway) fn session_file(&self) -> Option<PathBuf> {
        let name = HEXLOWER.encode(digest(&SHA256, self.session.trim().as_bytes()).as_ref());
        let folder = match std::env::var_os("AWS_LOGIN_CACHE_DIRECTORY") {
            Some(folder) => PathBuf::from(folder),
            None => std::env::home_dir()?.join(".aws/login/cache"),
        };
        Some(folder.join(format!("{name}.json")))
    }
}

/// The role of an EC2 machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::gateway) enum Machine {
    /// A profile names it as its `credential_source`.
    Named,
    /// Nothing else had any.
    LastResort,
}

/// That one of them gave none.
#[derive(Debug, thiserror::Error)]
#[error("no credentials of {}", call.to)]
pub(in crate::gateway) struct SourceError {
    pub of: SdkSource,
    /// Where it asks.
    pub call: Call,
    pub source: CredentialsError,
}

/// One of them.
#[derive(Debug)]
pub(super) struct FromSdk<P> {
    pub of: SdkSource,
    pub call: Call,
    pub sdk: P,
}

impl<P: ProvideCredentials> ProvideCredentials for FromSdk<P> {
    fn provide_credentials<'a>(&'a self) -> Provided<'a>
    where
        Self: 'a,
    {
        Provided::new(async {
            let made = self.sdk.provide_credentials().await;
            made.map_err(|source| {
                let is_absent = matches!(source, CredentialsError::CredentialsNotLoaded(_));
                let error = SourceError {
                    of: self.of.clone(),
                    call: self.call.clone(),
                    source,
                };
                // A chain goes on to its next.
                match is_absent {
                    true => CredentialsError::not_loaded(error),
                    false => CredentialsError::provider_error(error),
                }
            })
        })
    }

    fn fallback_on_interrupt(&self) -> Option<aws_credential_types::Credentials> {
        self.sdk.fallback_on_interrupt()
    }
}
