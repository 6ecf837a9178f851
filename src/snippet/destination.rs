//! Where the request of a snippet goes.

use crate::gateway::{Place, Session, Target};
use crate::kms::text::printable;

/// Where `kmsdeck sandbox serve` listens when nothing else is said.
pub const SANDBOX_URL: &str = "http://127.0.0.1:4599";

/// Where a request goes, as far as a snippet can say it. It never holds credentials.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Destination {
    pub profile: Option<String>,
    pub region: Option<String>,
    pub endpoint: Option<String>,
    /// What must be done first, in a sentence: serve the sandbox, assume the role.
    pub note: Option<String>,
}

impl Destination {
    /// To the sandbox, in that Region. The real account must never get what is meant for it.
    pub fn sandbox(region: &str) -> Self {
        Destination {
            region: Some(region.to_owned()),
            endpoint: Some(SANDBOX_URL.to_owned()),
            note: Some(
                "For the sandbox: run kmsdeck sandbox serve, and export what it prints.".to_owned(),
            ),
            ..Destination::default()
        }
    }

    /// Where the calls of a session go.
    pub fn of(session: &Session, target: &Target) -> Self {
        let mut to = Destination {
            region: Some(session.region.clone()),
            ..Destination::default()
        };
        match &target.place {
            Place::Sandbox { .. } => return Destination::sandbox(&session.region),
            Place::Aws { role, .. } => {
                to.profile.clone_from(&session.profile);
                to.endpoint.clone_from(&session.endpoint);
                to.note = role
                    .as_ref()
                    .map(|role| format!("With the credentials of {}.", printable(&role.arn)));
            }
        }
        to
    }
}
