//! The AWS CLI's cache of role sessions, `~/.aws/cli/cache`: a session that one code has bought is
//! there for the CLI, and the CLI's for kmsdeck. Its format is botocore's (`JSONFileCache`,
//! `AssumeRoleCredentialFetcher`): a file per role, named by the SHA-1 of the parameters.

use std::path::PathBuf;

use aws_credential_types::Credentials;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use kmsdeck_atomic_file::write_whole;
use serde_json::{Value, json};

use super::expiry::system_time;
use super::source::Role;
use crate::gateway::mfa::lasts;
use crate::platform::blocking::blocking;
use crate::platform::user_file;

/// The name of a role's file, which is also its key in memory.
pub(super) fn key(role: &Role) -> String {
    // As botocore makes it: Python's json.dumps with sorted keys, a space after `:` and `,`, all
    // but ASCII escaped. A session name that nobody chose is none of it.
    let members = [
        role.duration_seconds
            .map(|seconds| ("DurationSeconds", seconds.to_string())),
        role.external_id
            .as_deref()
            .map(|id| ("ExternalId", python_string(id))),
        Some(("RoleArn", python_string(&role.arn))),
        role.session_name
            .as_deref()
            .map(|name| ("RoleSessionName", python_string(name))),
        role.mfa_serial
            .as_deref()
            .map(|serial| ("SerialNumber", python_string(serial))),
    ];
    let members: Vec<String> = members
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("\"{name}\": {value}"))
        .collect();
    let text = format!("{{{}}}", members.join(", "));
    HEXLOWER.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()).as_ref())
}

/// A string as Python's json.dumps writes it.
fn python_string(text: &str) -> String {
    let mut written = String::new();
    for c in Value::from(text).to_string().chars() {
        let mut units = [0; 2];
        match matches!(c, ' '..='~') {
            true => written.push(c),
            false => {
                for unit in c.encode_utf16(&mut units) {
                    written.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    written
}

fn path(key: &str) -> Option<PathBuf> {
    Some(
        std::env::home_dir()?
            .join(".aws/cli/cache")
            .join(format!("{key}.json")),
    )
}

/// The session of that key, where there is one that lasts.
pub(super) async fn read(key: &str) -> Option<Credentials> {
    let path = path(key)?;
    let bytes = blocking(move || user_file::read(&path, 1 << 20))
        .await
        .ok()?;
    let file: Value = serde_json::from_slice(&bytes).ok()?;
    let made = file.get("Credentials")?;
    let text = |name: &str| Some(made.get(name)?.as_str()?.to_owned());
    // The CLI writes it with UTC or with an offset.
    let expiration = text("Expiration")?.replace("UTC", "Z");
    let expiration: Timestamp = expiration.parse().ok()?;
    let credentials = Credentials::new(
        text("AccessKeyId")?,
        text("SecretAccessKey")?,
        Some(text("SessionToken")?),
        Some(system_time(expiration)),
        "the AWS CLI's cache",
    );
    lasts(&credentials).then_some(credentials)
}

/// Keeps a session, with mode 0600. That it cannot be kept is no reason not to use it.
pub(super) async fn write(key: &str, credentials: &Credentials) {
    let (Some(path), Some(expiry)) = (path(key), credentials.expiry()) else {
        return;
    };
    let Ok(expiry) = Timestamp::try_from(expiry) else {
        return;
    };
    let file = json!({"Credentials": {
        "AccessKeyId": credentials.access_key_id(),
        "SecretAccessKey": credentials.secret_access_key(),
        "SessionToken": credentials.session_token(),
        "Expiration": expiry.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    }});
    blocking(move || {
        if let Some(folder) = path.parent() {
            let _ = std::fs::create_dir_all(folder);
        }
        let _ = write_whole(&path, file.to_string().as_bytes(), true);
    })
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names that botocore 1.44 gives to these roles.
    #[test]
    fn a_roles_file_has_the_name_that_the_cli_gives_it() {
        let role = Role {
            arn: "arn:aws:iam::123456789012:role/ops".into(),
            ..Role::default()
        };
        assert_eq!(key(&role), "22683b67d5bd46b0335d9327094666b8be5b5cd5");
        let role = Role {
            external_id: Some("ü \"x\"".into()),
            session_name: Some("me".into()),
            duration_seconds: Some(900),
            mfa_serial: Some("arn:aws:iam::123456789012:mfa/me".into()),
            ..role
        };
        assert_eq!(key(&role), "8f1fdcb387c96a481052ead5dbb7de9e137aaf16");
    }
}
