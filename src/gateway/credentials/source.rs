//! Where a profile's credentials come from, read off the configuration files by the AWS CLI's
//! rules (AWS CLI user guide, "Configuration and credential file settings").

use aws_config::profile::{Profile, ProfileSet};
use aws_credential_types::Credentials;

use super::sdk_source::{Login, Sso};
use crate::kms::{Cause, KmsError, Who};

/// Where credentials come from.
#[derive(Debug)]
pub(super) enum Source {
    /// Written in the profile.
    Keys(Credentials),
    /// IAM Identity Center.
    Sso(Sso),
    /// `aws login`.
    Login(Login),
    WebIdentity(WebIdentity),
    /// `credential_process`.
    Process(ProcessOf),
    /// `credential_source`.
    Environment,
    Container,
    InstanceMetadata,
    /// A role, assumed with what another source gives.
    Role(Box<Source>, Role),
}

/// A role for whom a token speaks.
#[derive(Debug, Clone)]
pub(in crate::gateway) struct WebIdentity {
    pub role_arn: String,
    pub token_file: String,
    pub session_name: Option<String>,
}

/// A program that gives credentials.
#[derive(Debug, Clone)]
pub(in crate::gateway) struct ProcessOf {
    pub profile: String,
    pub command: String,
}

/// A role that is to be assumed (sts:AssumeRole).
#[derive(Debug, Clone, Default)]
pub struct Role {
    pub arn: String,
    /// The profile that names it; None for one of `--role-arn`.
    pub profile: Option<String>,
    pub external_id: Option<String>,
    pub session_name: Option<String>,
    pub duration_seconds: Option<i32>,
    /// The device whose code is asked for.
    pub mfa_serial: Option<String>,
    /// The profile's own Region, for STS.
    pub region: Option<String>,
}

/// The source of a profile's credentials; None where it names none.
///
/// Errors: [`Cause::Config`], with the profile, the setting that is wrong, and the fix.
pub(super) fn source_of(profiles: &ProfileSet, name: &str) -> Result<Option<Source>, KmsError> {
    read(profiles, name, &mut Vec::new())
}

/// `above` are the profiles whose source this is, in order.
fn read(
    profiles: &ProfileSet,
    name: &str,
    above: &mut Vec<String>,
) -> Result<Option<Source>, KmsError> {
    let Some(profile) = profiles.get_profile(name) else {
        return Err(wrong(
            above.last().map_or(name, String::as_str),
            format!("its source_profile {name} does not exist"),
            "Name a profile that does.",
        ));
    };
    let role_arn = value(profile, "role_arn");
    if let Some(path) = value(profile, "web_identity_token_file") {
        let Some(arn) = role_arn else {
            return Err(wrong(
                name,
                "it has web_identity_token_file, but no role_arn",
                "Add the role for which the token speaks.",
            ));
        };
        return Ok(Some(Source::WebIdentity(WebIdentity {
            role_arn: arn.to_owned(),
            token_file: path.to_owned(),
            session_name: value(profile, "role_session_name").map(str::to_owned),
        })));
    }
    if let Some(arn) = role_arn {
        let role = role(profile, name, arn)?;
        let base = base_of_role(profiles, profile, name, above)?;
        return Ok(Some(Source::Role(Box::new(base), role)));
    }
    let has = |key: &str| value(profile, key).is_some();
    if has("sso_session") || has("sso_start_url") {
        return sso(profiles, profile, name).map(|sso| Some(Source::Sso(sso)));
    }
    if let Some(session) = value(profile, "login_session") {
        return Ok(Some(Source::Login(Login {
            profile: name.to_owned(),
            session: session.to_owned(),
        })));
    }
    if let Some(keys) = keys(profile, name)? {
        return Ok(Some(Source::Keys(keys)));
    }
    Ok(value(profile, "credential_process").map(|command| {
        Source::Process(ProcessOf {
            profile: name.to_owned(),
            command: command.to_owned(),
        })
    }))
}

/// What a profile's role is assumed with.
fn base_of_role(
    profiles: &ProfileSet,
    profile: &Profile,
    name: &str,
    above: &mut Vec<String>,
) -> Result<Source, KmsError> {
    let source = value(profile, "source_profile");
    match (source, value(profile, "credential_source")) {
        (Some(_), Some(_)) => Err(wrong(
            name,
            "it has source_profile and credential_source, of which one may be",
            "Remove one of them.",
        )),
        (None, None) => Err(wrong(
            name,
            "it has role_arn, but neither source_profile nor credential_source",
            "Add source_profile, the profile whose credentials may assume the role.",
        )),
        (None, Some(source)) => match source {
            "Environment" => Ok(Source::Environment),
            "EcsContainer" => Ok(Source::Container),
            "Ec2InstanceMetadata" => Ok(Source::InstanceMetadata),
            other => Err(wrong(
                name,
                format!("its credential_source is {other:?}"),
                "It can be Environment, EcsContainer or Ec2InstanceMetadata.",
            )),
        },
        // A profile may be its own source: then its keys assume its role.
        (Some(source), None) if source == name => {
            keys(profile, name)?.map(Source::Keys).ok_or_else(|| {
                wrong(
                    name,
                    "it is its own source_profile, and has no keys",
                    "Add aws_access_key_id and aws_secret_access_key, or name another profile.",
                )
            })
        }
        (Some(source), None) => {
            above.push(name.to_owned());
            if above.iter().any(|above| above == source) {
                above.push(source.to_owned());
                return Err(wrong(
                    name,
                    format!(
                        "its source_profile leads back to it ({})",
                        above.join(" → ")
                    ),
                    "Let one of them have credentials of its own.",
                ));
            }
            read(profiles, source, above)?.ok_or_else(|| {
                wrong(
                    name,
                    format!("its source_profile {source} has no credentials"),
                    format!("Add some to {source}, or name another profile."),
                )
            })
        }
    }
}

/// A role of IAM Identity Center, with its session's own section or all in the profile.
fn sso(profiles: &ProfileSet, profile: &Profile, name: &str) -> Result<Sso, KmsError> {
    let session = value(profile, "sso_session");
    let section = match session {
        None => None,
        Some(session) => match profiles.sso_session(session) {
            Some(section) => Some(section),
            None => {
                return Err(wrong(
                    name,
                    format!(
                        "there is no section [sso-session {session}], which its sso_session names"
                    ),
                    format!("Add it, or run aws configure sso --profile {name}."),
                ));
            }
        },
    };
    let setting = |key: &str| {
        let of_session = section.and_then(|section| section.get(key));
        let found = of_session.filter(|value| !value.is_empty());
        found
            .or_else(|| value(profile, key))
            .map(str::to_owned)
            .ok_or_else(|| {
                wrong(
                    name,
                    format!("it signs in by SSO, and has no {key}"),
                    format!("Add it, or run aws configure sso --profile {name}."),
                )
            })
    };
    Ok(Sso {
        profile: name.to_owned(),
        session: session.map(str::to_owned),
        start_url: setting("sso_start_url")?,
        region: setting("sso_region")?,
        account: setting("sso_account_id")?,
        role: setting("sso_role_name")?,
    })
}

fn role(profile: &Profile, name: &str, arn: &str) -> Result<Role, KmsError> {
    let text = |key: &str| value(profile, key).map(str::to_owned);
    let duration_seconds = match value(profile, "duration_seconds") {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| {
            wrong(
                name,
                format!("its duration_seconds is {text:?}"),
                "It is a number of seconds, 900 to 43200.",
            )
        })?),
    };
    Ok(Role {
        arn: arn.to_owned(),
        profile: Some(name.to_owned()),
        external_id: text("external_id"),
        session_name: text("role_session_name"),
        duration_seconds,
        mfa_serial: text("mfa_serial"),
        region: text("region"),
    })
}

/// The keys that are written in a profile.
fn keys(profile: &Profile, name: &str) -> Result<Option<Credentials>, KmsError> {
    let id = value(profile, "aws_access_key_id");
    let secret = value(profile, "aws_secret_access_key");
    let (id, secret) = match (id, secret) {
        (None, None) => return Ok(None),
        (Some(id), Some(secret)) => (id, secret),
        (Some(_), None) => {
            return Err(wrong(
                name,
                "it has aws_access_key_id, but no aws_secret_access_key",
                "Add it.",
            ));
        }
        (None, Some(_)) => {
            return Err(wrong(
                name,
                "it has aws_secret_access_key, but no aws_access_key_id",
                "Add it.",
            ));
        }
    };
    let token = value(profile, "aws_session_token").map(str::to_owned);
    Ok(Some(Credentials::new(
        id,
        secret,
        token,
        None,
        "kmsdeck profile",
    )))
}

fn value<'a>(profile: &'a Profile, key: &str) -> Option<&'a str> {
    profile.get(key).filter(|value| !value.is_empty())
}

fn wrong(profile: &str, what: impl Into<String>, fix: impl Into<String>) -> KmsError {
    KmsError::local(
        Cause::Config,
        "BadProfile",
        format!("Profile {profile} cannot be used: {}.", what.into()),
        fix,
    )
    .by(Who::User)
}
