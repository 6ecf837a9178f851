//! Roles that ask for an MFA code (`mfa_serial` in a profile). The Rust SDK's chain knows no such
//! question, so that kmsdeck assumes the role itself (sts:AssumeRole), with the code that the
//! user types, and keeps the credentials until they expire.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::profile::{Profile, ProfileSet};
use aws_config::{BehaviorVersion, ConfigLoader, Region};
use aws_credential_types::Credentials;

use super::chain::chain_text;
use super::clients;
use super::record::CallSink;
use crate::kms::{Cause, KmsError};

/// The code of the error by which [`super::connect`] asks for an MFA code.
pub const MFA_CODE_NEEDED: &str = "MfaCodeNeeded";

/// A code as a device shows it.
///
/// Errors: the rule, in words.
pub fn check_mfa_code(text: &str) -> Result<String, String> {
    match text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()) {
        true => Ok(text.to_owned()),
        false => Err("an MFA code is six digits".to_owned()),
    }
}

/// Credentials that a code has bought, by profile, for the time of this run.
#[derive(Clone, Default)]
pub struct MfaSessions(Arc<Mutex<HashMap<String, Credentials>>>);

impl MfaSessions {
    fn get(&self, profile: &str) -> Option<Credentials> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A minute's margin: a call signed with what expires under way fails.
        let soon = SystemTime::now() + Duration::from_secs(60);
        let lasts = |found: &Credentials| found.expiry().is_none_or(|expiry| expiry > soon);
        known.get(profile).filter(|found| lasts(found)).cloned()
    }

    fn put(&self, profile: &str, credentials: Credentials) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(profile.to_owned(), credentials);
    }
}

/// A role of a profile that asks for a code.
struct Role<'a> {
    arn: &'a str,
    serial: &'a str,
    profile: &'a Profile,
}

fn role<'a>(profiles: &'a ProfileSet, name: &str) -> Option<Role<'a>> {
    let profile = profiles.get_profile(name)?;
    Some(Role {
        arn: profile.get("role_arn")?,
        serial: profile.get("mfa_serial")?,
        profile,
    })
}

/// The credentials of a profile whose role asks for an MFA code; None for any other profile.
/// `loader` makes a configuration with the Region, the limits and the HTTP client of the session.
///
/// Errors: [`Cause::Mfa`] where a code is needed and none is given, or the given one is refused.
pub(super) async fn credentials(
    profiles: &ProfileSet,
    name: &str,
    code: Option<&str>,
    known: &MfaSessions,
    calls: &CallSink,
    loader: impl Fn() -> ConfigLoader,
) -> Result<Option<Credentials>, KmsError> {
    let Some(role) = role(profiles, name) else {
        return Ok(None);
    };
    if let Some(credentials) = known.get(name) {
        return Ok(Some(credentials));
    }
    let Some(code) = code else {
        return Err(KmsError::local(
            Cause::Mfa,
            MFA_CODE_NEEDED,
            format!("Profile {name} asks for the MFA code of {}.", role.serial),
            "Type the six digits that the device shows; headless, give them with --mfa-code.",
        ));
    };
    let source = match role.profile.get("source_profile") {
        // A profile may be its own source: then it has keys of its own.
        Some(source) => loader().profile_name(source).load().await,
        None => {
            loader()
                .credentials_provider(
                    aws_config::environment::EnvironmentVariableCredentialsProvider::new(),
                )
                .load()
                .await
        }
    };
    // The Region is the role's profile's: its source may have none.
    let region = source
        .region()
        .cloned()
        .or_else(|| {
            role.profile
                .get("region")
                .map(|name| Region::new(name.to_owned()))
        })
        .unwrap_or_else(|| Region::from_static("us-east-1"));
    let name_of_region = region.to_string();
    let source = source.into_builder().region(region).build();
    let answer = clients::sts(&source, &name_of_region, calls)
        .assume_role()
        .role_arn(role.arn)
        .serial_number(role.serial)
        .token_code(code)
        .role_session_name(role.profile.get("role_session_name").unwrap_or("kmsdeck"))
        .set_external_id(role.profile.get("external_id").map(str::to_owned))
        .set_duration_seconds(
            role.profile
                .get("duration_seconds")
                .and_then(|text| text.parse().ok()),
        )
        .send()
        .await
        .map_err(|error| {
            use aws_sdk_kms::error::ProvideErrorMetadata;
            let why = match error.as_service_error() {
                Some(service) => format!(
                    "{}: {}",
                    service.code().unwrap_or("UnknownError"),
                    service.message().unwrap_or_default()
                ),
                None => chain_text(&error),
            };
            KmsError::local(
                Cause::Mfa,
                "MfaRefused",
                format!(
                    "The role {} could not be assumed: {why}.",
                    role.arn.trim_end_matches('.')
                ),
                "A code counts once: wait for the next one, then retry.",
            )
        })?;
    let Some(made) = answer.credentials else {
        return Err(KmsError::local(
            Cause::Mfa,
            "MfaRefused",
            "STS gave no credentials.",
            "Retry with a new code.",
        ));
    };
    let credentials = Credentials::new(
        made.access_key_id,
        made.secret_access_key,
        Some(made.session_token),
        SystemTime::try_from(made.expiration).ok(),
        "kmsdeck MFA",
    );
    known.put(name, credentials.clone());
    Ok(Some(credentials))
}

/// A loader with nothing but kmsdeck's behaviour version.
pub(super) fn plain_loader() -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::v2026_01_12())
}
