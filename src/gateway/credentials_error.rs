//! Why there are no credentials, as [`KmsError`]s: who failed, where, and what mends it.

use aws_credential_types::provider::error::CredentialsError;

use super::chain::{chain_text, find};
use super::credentials::{ProcessError, RoleError, TokenFileError};
use super::endpoint::without_password;
use super::failure::{Failure, of_credentials};
use super::mfa::MFA_CODE_NEEDED;
use super::transport::no_answer;
use crate::kms::{Cause, KmsError, Who};

/// Why there are no credentials, for whoever named that profile.
pub(super) fn from_credentials(profile: Option<&str>, error: &CredentialsError) -> KmsError {
    if let Some(error) = find::<RoleError>(error) {
        return from_role(profile, error);
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
    let profile = match profile {
        Some(profile) => format!(" --profile {profile}"),
        None => String::new(),
    };
    let Failure { who, at, what } = of_credentials(error);
    let credentials = |code: &str, message: &str, fix: String| {
        KmsError::local(Cause::Credentials, code, message, fix).by(who)
    };
    match (who, error) {
        (Who::SsoPortal, _) if at.is_empty() => credentials(
            "SsoSession",
            "The SSO session has expired, or was never begun.",
            format!("Run aws sso login{profile}, then retry."),
        ),
        (Who::SignIn, _) => credentials(
            "LoginSession",
            "The session of aws login has expired, or was never begun.",
            format!("Run aws login{profile}, then retry."),
        ),
        // IMDS is the chain's last resort: that it has none means that there are none.
        (Who::Imds, _) | (_, CredentialsError::CredentialsNotLoaded(_)) => credentials(
            "NoCredentials",
            "There are no AWS credentials in the environment, the profile, or this machine's role.",
            "Choose a profile with --profile, or sign in (aws configure, aws sso login); then retry."
                .to_owned(),
        ),
        (_, CredentialsError::ProviderTimedOut(_)) => credentials(
            "CredentialsTimedOut",
            "The source of the credentials gave no answer in time.",
            "Check the network, or choose another profile; then retry.".to_owned(),
        ),
        (Who::Network, _) => KmsError::local(
            Cause::Network,
            "CredentialsNotReachable",
            format!("{at} cannot be reached: {}.", what.trim_end_matches('.')),
            "Check the network and the proxy; then retry.",
        )
        .by(Who::SsoPortal),
        (Who::ContainerEndpoint, _) => credentials(
            "ContainerEndpoint",
            &format!(
                "The container endpoint{} gave no credentials: {}.",
                container_url(),
                what.trim_end_matches('.')
            ),
            credentials_fix(who, &at),
        ),
        _ => credentials(
            "CredentialsFailed",
            &format!("The credentials could not be had: {what}."),
            credentials_fix(who, &at),
        ),
    }
}

fn from_role(profile: Option<&str>, error: &RoleError) -> KmsError {
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
                return from_credentials(profile, base);
            }
            let error = no_answer(call, &**source);
            KmsError {
                message: format!("For the role {arn}: {}", error.message),
                ..error.by(Who::Sts)
            }
        }
        RoleError::Refused {
            arn,
            why,
            with_code,
        } => {
            let what = format!("STS refuses the role {arn}: {why}.");
            match with_code {
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

fn container_url() -> String {
    let url = std::env::var("AWS_CONTAINER_CREDENTIALS_FULL_URI").unwrap_or_default();
    match url.is_empty() {
        true => String::new(),
        false => format!(" {}", without_password(&url)),
    }
}

/// What mends a source of credentials that failed.
fn credentials_fix(who: Who, at: &str) -> String {
    match who {
        Who::Sts => {
            "Check the role's ARN, its trust policy, and that you may assume it; then retry."
                .to_owned()
        }
        Who::SsoPortal => {
            "Check that the profile's sso_account_id and sso_role_name are yours; then retry."
                .to_owned()
        }
        Who::ContainerEndpoint => format!("Check {at} and its token; then retry."),
        Who::CredentialProcess => {
            "Run the profile's credential_process in a shell, and correct it; then retry."
                .to_owned()
        }
        Who::WebIdentityFile => format!("Check that {at} is there and can be read; then retry."),
        _ => "Correct the profile, or sign in again; then retry.".to_owned(),
    }
}
