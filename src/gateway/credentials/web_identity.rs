//! A role's credentials for a token that an identity provider has written to a file:
//! sts:AssumeRoleWithWebIdentity. The SDK's own provider does not go to the endpoint of an emulator,
//! to which alone the token may then be shown.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future::ProvideCredentials as Provided;

use super::role::RoleError;
use super::source::WebIdentity;
use crate::gateway::transport::Call;
use crate::platform::blocking::blocking;
use crate::platform::user_file;

/// The most bytes that a token has.
const LONGEST_TOKEN: u64 = 20_000;

/// A token file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the web identity token file {path} cannot be read: {why}")]
pub(in crate::gateway) struct TokenFileError {
    pub path: String,
    pub why: String,
}

/// Reads the file and asks STS each time that its credentials are asked for.
#[derive(Debug, Clone)]
pub(super) struct WebIdentityProvider {
    pub identity: WebIdentity,
    pub sts: aws_sdk_sts::Client,
    pub call: Call,
}

impl WebIdentityProvider {
    async fn credentials(self) -> Result<Credentials, CredentialsError> {
        let path = self.identity.token_file.clone();
        let refuse = |why: String| {
            let path = self.identity.token_file.clone();
            CredentialsError::provider_error(TokenFileError { path, why })
        };
        let token = blocking(move || user_file::read(path.as_ref(), LONGEST_TOKEN)).await;
        let token = token.map_err(|error| refuse(error.to_string()))?;
        let token = String::from_utf8(token).map_err(|_| refuse("it is no text".to_owned()))?;
        let arn = &self.identity.role_arn;
        let name = self.identity.session_name.as_deref().unwrap_or("kmsdeck");
        let call = self
            .sts
            .assume_role_with_web_identity()
            .role_arn(arn)
            .role_session_name(name)
            .web_identity_token(token.trim());
        // A task of its own, as for any role.
        let answer = tokio::spawn(call.send())
            .await
            .map_err(CredentialsError::provider_error)?
            .map_err(|error| {
                CredentialsError::provider_error(RoleError::of(arn, false, &self.call, error))
            })?;
        let Some(made) = answer.credentials else {
            return Err(CredentialsError::provider_error(RoleError::NoCredentials {
                arn: arn.clone(),
            }));
        };
        Ok(Credentials::new(
            made.access_key_id,
            made.secret_access_key,
            Some(made.session_token),
            SystemTime::try_from(made.expiration).ok(),
            "kmsdeck web identity",
        ))
    }
}

impl ProvideCredentials for WebIdentityProvider {
    fn provide_credentials<'a>(&'a self) -> Provided<'a>
    where
        Self: 'a,
    {
        Provided::new(self.clone().credentials())
    }
}
