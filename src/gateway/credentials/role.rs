//! A role's credentials: sts:AssumeRole, with an MFA code where the profile names a device. The
//! SDK's own provider knows neither MFA nor `duration_seconds`.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future::ProvideCredentials as Provided;
use aws_sdk_sts::error::{BoxError, ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::cli_cache;
use super::source::Role;
use crate::gateway::mfa::KeptSessions;
use crate::gateway::transport::Call;

/// Why a role could not be assumed.
#[derive(Debug, thiserror::Error)]
pub(in crate::gateway) enum RoleError {
    /// The device of this profile's role is to give a code.
    #[error("profile {profile} asks for the MFA code of {serial}")]
    CodeNeeded {
        profile: String,
        serial: String,
        /// Whether there was a session, which has ended.
        ended: bool,
    },
    #[error("STS refuses the role {arn}: {why}")]
    Refused {
        arn: String,
        code: String,
        /// STS's code and message.
        why: String,
        /// Whether a code was sent.
        with_code: bool,
    },
    #[error("STS gave no answer about the role {arn}")]
    NoAnswer {
        arn: String,
        call: Call,
        source: BoxError,
    },
    #[error("STS gave no credentials for the role {arn}")]
    NoCredentials { arn: String },
}

/// Assumes a role each time that its credentials are asked for; the SDK keeps what it gives until
/// it expires.
#[derive(Debug, Clone)]
pub(in crate::gateway) struct RoleProvider {
    pub role: Role,
    /// With the credentials that assume it, and STS's Region.
    pub sts: aws_sdk_sts::Client,
    /// Where it goes.
    pub call: Call,
    /// A code that was not sent yet.
    pub code: Arc<Mutex<Option<String>>>,
    pub sessions: KeptSessions,
}

impl RoleError {
    /// What STS said, or why it said nothing.
    pub(super) fn of<E>(
        arn: &str,
        with_code: bool,
        call: &Call,
        error: SdkError<E, HttpResponse>,
    ) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        let arn = arn.to_owned();
        match error.as_service_error() {
            Some(refused) => RoleError::Refused {
                code: refused.code().unwrap_or_default().to_owned(),
                why: format!(
                    "{}: {}",
                    refused.code().unwrap_or("UnknownError"),
                    refused
                        .message()
                        .unwrap_or_default()
                        .trim_end_matches(['.', ' '])
                ),
                arn,
                with_code,
            },
            None => RoleError::NoAnswer {
                arn,
                call: call.clone(),
                source: error.into(),
            },
        }
    }
}

impl RoleProvider {
    /// Credentials that are known already, or new ones.
    async fn credentials(self) -> Result<Credentials, CredentialsError> {
        let Some(serial) = self.role.mfa_serial.clone() else {
            return self.assume(None).await;
        };
        let key = cli_cache::key(&self.role);
        if let Some(known) = self.sessions.get(&key) {
            return Ok(known);
        }
        let code = self
            .code
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        // A code was typed because the user wants a new session.
        if code.is_none()
            && let Some(known) = cli_cache::read(&key).await
        {
            self.sessions.put(&key, known.clone());
            return Ok(known);
        }
        let Some(code) = code else {
            return Err(CredentialsError::provider_error(RoleError::CodeNeeded {
                profile: self.role.profile.clone().unwrap_or_default(),
                serial,
                ended: self.sessions.had(&key),
            }));
        };
        let sessions = self.sessions.clone();
        let made = self.assume(Some(code)).await?;
        sessions.put(&key, made.clone());
        cli_cache::write(&key, &made).await;
        Ok(made)
    }

    async fn assume(self, code: Option<String>) -> Result<Credentials, CredentialsError> {
        let role = &self.role;
        let name = role.session_name.as_deref().unwrap_or("kmsdeck");
        let call = self
            .sts
            .assume_role()
            .role_arn(&role.arn)
            .role_session_name(name)
            .set_external_id(role.external_id.clone())
            .set_duration_seconds(role.duration_seconds)
            .set_serial_number(role.mfa_serial.clone().filter(|_| code.is_some()))
            .set_token_code(code.clone());
        // A task of its own: what is noted of the call that waits for these credentials is not of
        // this one.
        let answer = tokio::spawn(call.send()).await;
        let arn = role.arn.clone();
        let answer = answer
            .map_err(CredentialsError::provider_error)?
            .map_err(|error| {
                let failed = RoleError::of(&arn, code.is_some(), &self.call, error);
                CredentialsError::provider_error(failed)
            })?;
        let Some(made) = answer.credentials else {
            return Err(CredentialsError::provider_error(RoleError::NoCredentials {
                arn,
            }));
        };
        Ok(Credentials::new(
            made.access_key_id,
            made.secret_access_key,
            Some(made.session_token),
            SystemTime::try_from(made.expiration).ok(),
            "kmsdeck role",
        ))
    }
}

impl ProvideCredentials for RoleProvider {
    fn provide_credentials<'a>(&'a self) -> Provided<'a>
    where
        Self: 'a,
    {
        Provided::new(self.clone().credentials())
    }
}
