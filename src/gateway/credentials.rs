//! Whose credentials sign the calls: a principal's of the sandbox, a profile's, or those of a role
//! that they assume.

use aws_config::SdkConfig;
use aws_config::profile::ProfileSet;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;

use crate::kms::{Cause, KmsError};
use kmsdeck_sandbox::Sandbox;

/// The credentials of a principal of the sandbox, and its name; of the first where none is named.
///
/// Errors: [`Cause::Credentials`] where there is no such principal.
pub(super) fn of_principal(
    sandbox: &Sandbox,
    named: Option<&str>,
) -> Result<(String, SharedCredentialsProvider), KmsError> {
    let principals = sandbox.principals();
    let chosen = match named {
        None => principals.first(),
        Some(name) => principals.iter().find(|p| p.name == name),
    };
    let Some(chosen) = chosen else {
        let names: Vec<&str> = principals.iter().map(|p| p.name.as_str()).collect();
        return Err(KmsError::local(
            Cause::Credentials,
            "NoPrincipal",
            format!(
                "The sandbox has no principal {:?}.",
                named.unwrap_or_default()
            ),
            format!("Choose one of {}.", names.join(", ")),
        ));
    };
    let credentials = Credentials::new(
        &chosen.access_key_id,
        &chosen.secret_access_key,
        None,
        None,
        "kmsdeck sandbox",
    );
    Ok((
        chosen.name.clone(),
        SharedCredentialsProvider::new(credentials),
    ))
}

/// The configuration with the credentials of a role, assumed with those that it has.
pub(super) async fn with_role(config: SdkConfig, role_arn: &str) -> SdkConfig {
    let role = aws_config::sts::AssumeRoleProvider::builder(role_arn)
        .session_name("kmsdeck")
        .configure(&config)
        .build()
        .await;
    config
        .into_builder()
        .credentials_provider(SharedCredentialsProvider::new(role))
        .build()
}

/// The SDK would go on without a profile that does not exist, and blame the Region.
pub(super) fn check_profile(
    name: &str,
    profiles: &Result<ProfileSet, KmsError>,
) -> Result<(), KmsError> {
    let profiles = profiles.as_ref().map_err(Clone::clone)?;
    if profiles.get_profile(name).is_some() {
        return Ok(());
    }
    let mut names: Vec<&str> = profiles.profiles().collect();
    names.sort_unstable();
    let fix = if names.is_empty() {
        "There are no profiles yet: make one with aws configure, or leave --profile out.".to_owned()
    } else {
        format!("Choose one of {}.", names.join(", "))
    };
    Err(KmsError::local(
        Cause::Credentials,
        "NoProfile",
        format!("There is no profile {name:?} in the AWS configuration files."),
        fix,
    ))
}
