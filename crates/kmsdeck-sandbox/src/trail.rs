//! What was answered, and to whom: a line of JSON a call, in the shape of a CloudTrail event.
//!
//! Source: CloudTrail user guide, "CloudTrail record contents" and "userIdentity element".

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest;
use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use crate::auth::Authorization;
use crate::error::SandboxError;
use crate::identity::Identity;
use crate::seed::uuid;
use crate::wire::{ApiError, Millis};

#[derive(Debug)]
pub(crate) struct Trail(Mutex<File>);

/// A call that was answered.
pub(crate) struct Event<'a> {
    pub(crate) request: &'a Request<Bytes>,
    pub(crate) operation: &'a str,
    /// `kms`, `sts` or `iam`.
    pub(crate) service: &'static str,
    /// None where the signature is not one that holds, or there is none.
    pub(crate) signer: Option<&'a Identity>,
    pub(crate) at: Millis,
    pub(crate) error: Option<&'a ApiError>,
    /// As it is answered: STS and IAM have other names than KMS.
    pub(crate) error_code: Option<&'static str>,
    pub(crate) request_id: &'a str,
}

impl Trail {
    /// Adds to what is there.
    pub(crate) fn open(path: &Path) -> Result<Trail, SandboxError> {
        // A FIFO would be waited for.
        let is_other = path.metadata().is_ok_and(|found| !found.is_file());
        let file = match is_other {
            true => Err(std::io::Error::other("it is no ordinary file")),
            false => OpenOptions::new().create(true).append(true).open(path),
        };
        let file = file.map_err(|source| SandboxError::TrailFile {
            path: path.to_owned(),
            source,
        })?;
        Ok(Trail(Mutex::new(file)))
    }

    /// A call is answered though its line cannot be written.
    pub(crate) fn note(&self, event: &Event<'_>) {
        let mut line = event.record().to_string();
        line.push('\n');
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = file.write_all(line.as_bytes());
    }
}

impl Event<'_> {
    fn record(&self) -> Value {
        let authorization = Authorization::read(self.request.headers()).ok();
        let source = format!("{}.amazonaws.com", self.service);
        let user_identity = match (self.signer, &authorization) {
            (Some(signer), _) => user_identity(signer),
            (None, Some(unknown)) => {
                json!({ "type": "Unknown", "accessKeyId": unknown.access_key_id })
            }
            (None, None) if self.operation == "AssumeRoleWithWebIdentity" => {
                json!({ "type": "WebIdentityUser" })
            }
            (None, None) => json!({ "type": "Unknown" }),
        };
        let at = jiff::Timestamp::from_millisecond(self.at.0).unwrap_or_default();
        let mut record = json!({
            "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "eventSource": source,
            "eventName": self.operation,
            "awsRegion": authorization.map(|authorization| authorization.region),
            "userIdentity": user_identity,
            "requestID": self.request_id,
            "eventID": event_id(self.request_id),
        });
        if let Some(error) = self.error {
            record["errorCode"] = self.error_code.into();
            record["errorMessage"] = error.message.clone().into();
        }
        record
    }
}

/// The ID of the event of a request: a UUID, which GetKeyLastUsage names, too.
pub(crate) fn event_id(request_id: &str) -> String {
    let digest = digest::digest(&digest::SHA256, request_id.as_bytes());
    let mut halves = digest.as_ref().chunks_exact(8).map(|bytes| {
        let add = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        bytes.iter().fold(0, add)
    });
    let (high, low) = (halves.next(), halves.next());
    uuid(high.unwrap_or_default(), low.unwrap_or_default())
}

fn user_identity(signer: &Identity) -> Value {
    let principal = &signer.principal;
    let role = signer.role();
    let mut identity = json!({
        "type": if role.is_some() { "AssumedRole" } else { "IAMUser" },
        "principalId": signer.user_id,
        "arn": principal.arn,
        "accountId": principal.account_id,
        "accessKeyId": principal.access_key_id,
    });
    if let Some(session) = &signer.session {
        let with_mfa = session.mfa.is_some().to_string();
        identity["sessionContext"] = json!({ "attributes": { "mfaAuthenticated": with_mfa } });
    }
    if let Some(role) = role {
        identity["sessionContext"]["sessionIssuer"] = json!({
            "type": "Role",
            "principalId": role.id(),
            "arn": role.arn,
            "accountId": role.account_id,
            "userName": role.name,
        });
    }
    identity
}
