//! The profiles of the shared configuration files.

use std::path::PathBuf;

use aws_config::profile::ProfileSet;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};

use crate::kms::{Cause, KmsError, Who};
use crate::platform::dirs::with_home;

/// A profile of `~/.aws/config` or `~/.aws/credentials`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub name: String,
    pub region: Option<String>,
    /// Where its credentials come from: `SSO`, `role`, `role with MFA`, `process`, `keys`.
    pub source: Option<&'static str>,
}

/// The configuration files, read and merged.
///
/// Errors: [`Cause::Config`] for a file that cannot be read.
pub(super) async fn load() -> Result<ProfileSet, KmsError> {
    for (variable, usual) in [
        ("AWS_CONFIG_FILE", "~/.aws/config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
    ] {
        let named = std::env::var_os(variable).filter(|path| !path.is_empty());
        let path = named.map_or_else(|| with_home(usual), PathBuf::from);
        // The SDK would wait for a FIFO.
        if std::fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
            return Err(KmsError::local(
                Cause::Config,
                "BadConfigFile",
                format!("{} cannot be read: it is no ordinary file.", path.display()),
                format!("Let {variable} name a file."),
            )
            .by(Who::User));
        }
    }
    aws_config::profile::load(&Fs::real(), &Env::real(), &EnvConfigFiles::default(), None)
        .await
        .map_err(|error| {
            KmsError::local(
                Cause::Config,
                "BadConfigFile",
                super::chain::chain_text(&error),
                "Correct the file that it names.",
            )
        })
}

/// Every profile, by name. Reads files only.
///
/// Errors: [`Cause::Config`] for a file that cannot be read.
pub async fn profiles() -> Result<Vec<Profile>, KmsError> {
    let set = load().await?;
    let mut profiles: Vec<Profile> = set
        .profiles()
        .filter_map(|name| {
            let profile = set.get_profile(name)?;
            let has = |key: &str| profile.get(key).is_some();
            let source = [
                ("mfa_serial", "role with MFA"),
                ("sso_session", "SSO"),
                ("sso_start_url", "SSO"),
                ("login_session", "login"),
                ("role_arn", "role"),
                ("credential_process", "process"),
                ("aws_access_key_id", "keys"),
            ]
            .into_iter()
            .find_map(|(key, source)| has(key).then_some(source));
            Some(Profile {
                name: name.to_owned(),
                region: profile.get("region").map(str::to_owned),
                source,
            })
        })
        .collect();
    profiles.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(profiles)
}

/// The profile that the environment names: AWS_DEFAULT_PROFILE, which the AWS CLI looks at first,
/// or AWS_PROFILE.
pub(super) fn of_environment() -> Option<String> {
    ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}
