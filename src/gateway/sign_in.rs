//! Signing in by a program that asks on the terminal.

use super::credentials::{check_profile, process_of};
use super::credentials_error::from_process;
use super::profiles;
use super::session::Target;
use crate::kms::KmsError;

/// Runs the credential_process that a target's credentials rest on, with the terminal, and keeps
/// what it gives.
///
/// Errors: the profile has none, it failed, or the configuration files cannot be read.
pub async fn run_credential_process(target: &Target) -> Result<(), KmsError> {
    let known = profiles::load().await?;
    let name = target.name().unwrap_or_else(|| "default".to_owned());
    check_profile(&name, &known)?;
    let process = process_of(&known, &name)?;
    let key = process.key();
    let made = process
        .credentials()
        .await
        .map_err(|error| from_process(&error))?;
    target.sessions.put(&key, made);
    Ok(())
}
