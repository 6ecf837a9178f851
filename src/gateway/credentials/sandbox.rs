//! The credentials of a principal of the sandbox.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use kmsdeck_sandbox::Sandbox;

use crate::kms::{Cause, KmsError};

/// The credentials of a principal of the sandbox, and its name; of the first where none is named.
///
/// Errors: [`Cause::Credentials`] where there is no such principal.
pub(in crate::gateway) fn of_principal(
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
