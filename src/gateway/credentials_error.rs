//! Why there are no credentials, as [`KmsError`]s: who failed, where, and what mends it.

use aws_credential_types::provider::error::CredentialsError;

use super::chain::{chain_text, find};
use super::credentials::{
    ContainerTokenError, ProcessError, RoleError, SourceError, TokenFileError,
};
use super::mfa::MFA_CODE_NEEDED;
use super::source_error::{from_source, nobody};
use super::transport::no_answer;
use crate::kms::error::is_code_of_credentials;
use crate::kms::{Cause, KmsError, Who};

/// Why there are no credentials.
pub(super) fn from_credentials(error: &CredentialsError) -> KmsError {
    if let Some(error) = find::<RoleError>(error) {
        return from_role(error);
    }
    if let Some(error) = find::<ProcessError>(error) {
        return from_process(error);
    }
    if let Some(error) = find::<TokenFileError>(error) {
        return KmsError::local(
            Cause::Credentials,
            "WebIdentityToken",
            format!("The web identity token file {} cannot be read: {}.", error.path, error.why),
            "Let web_identity_token_file or AWS_WEB_IDENTITY_TOKEN_FILE name the file that the token is mounted as.",
        )
        .by(Who::WebIdentityFile);
    }
    if let Some(error) = find::<ContainerTokenError>(error) {
        return KmsError::local(
            Cause::Credentials,
            "ContainerToken",
            format!(
                "The container's token in {} cannot be used: {}.",
                error.place, error.why
            ),
            "Write it anew: a secret that is mounted as a file often ends in a line break.",
        )
        .by(Who::ContainerEndpoint);
    }
    if let Some(error) = find::<SourceError>(error) {
        return from_source(error);
    }
    match error {
        CredentialsError::CredentialsNotLoaded(_) => nobody(""),
        CredentialsError::ProviderTimedOut(_) => KmsError::local(
            Cause::Credentials,
            "CredentialsTimedOut",
            "The source of the credentials gave no answer in time.",
            "Check the network, or choose another profile; then retry.",
        ),
        _ => KmsError::local(
            Cause::Credentials,
            "CredentialsFailed",
            format!("The credentials could not be had: {}.", chain_text(error)),
            "Correct the profile, or sign in again; then retry.",
        )
        .by(Who::Sdk),
    }
}

fn from_role(error: &RoleError) -> KmsError {
    match error {
        RoleError::CodeNeeded {
            profile,
            serial,
            ended,
        } => KmsError::local(
            Cause::Mfa,
            MFA_CODE_NEEDED,
            match ended {
                true => format!(
                    "The MFA session of profile {profile} has ended: type a new code of {serial}."
                ),
                false => format!("Profile {profile} asks for the MFA code of {serial}."),
            },
            "Type the six digits that the device shows; headless, give them with --mfa-code.",
        ),
        RoleError::NoCredentials { arn } => KmsError::local(
            Cause::Credentials,
            "RoleRefused",
            format!("STS gave no credentials for the role {arn}."),
            "Check what AWS_ENDPOINT_URL_STS names; then retry.",
        )
        .by(Who::Sts),
        RoleError::NoAnswer { arn, call, source } => {
            // What was to assume the role may have failed itself.
            if let Some(base) = find::<CredentialsError>(&**source) {
                return from_credentials(base);
            }
            let error = no_answer(call, &**source);
            KmsError {
                message: format!("For the role {arn}: {}", error.message),
                ..error.by(Who::Sts)
            }
        }
        RoleError::Refused {
            arn,
            code,
            why,
            with_code,
        } => {
            let what = format!("STS refuses the role {arn}: {why}.");
            match with_code {
                _ if is_code_of_credentials(code) => KmsError::local(
                    Cause::Credentials,
                    "RoleRefused",
                    what,
                    "The credentials that are to assume it have expired or are not known: get new ones for its source_profile or credential_source, then retry.",
                )
                .by(Who::Sts),
                true => KmsError::local(
                    Cause::Mfa,
                    "MfaRefused",
                    what,
                    "A code counts once: wait for the next one, then retry.",
                ),
                false => KmsError::local(
                    Cause::Credentials,
                    "RoleRefused",
                    what,
                    "Check the role's ARN, its trust policy, and that you may assume it; then retry.",
                )
                .by(Who::Sts),
            }
        }
    }
}

pub(super) fn from_process(error: &ProcessError) -> KmsError {
    // Without the terminal a program cannot ask for anything.
    let fix = match error {
        ProcessError::Failed {
            had_terminal: false,
            ..
        } => {
            "Run the profile's credential_process in a shell, and correct it; where it asks something, :sign-in of the console runs it with the terminal."
        }
        _ => "Run the profile's credential_process in a shell, and correct it; then retry.",
    };
    KmsError::local(
        Cause::Credentials,
        "CredentialProcess",
        format!("{}.", chain_text(error).trim_end_matches('.')),
        fix,
    )
    .by(Who::CredentialProcess)
}
