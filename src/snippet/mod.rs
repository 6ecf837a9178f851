//! A request as something to run elsewhere: AWS CLI, boto3, Rust, and the JSON of the API.
//!
//! Each says exactly what the request holds, whatever characters that are, and nothing secret but
//! what the user gave. A request that is not complete is written with what is there.

mod boto3;
mod cli;
mod json;
mod rust;

use zeroize::Zeroizing;

use crate::gateway::{Place, Session, Target};
use crate::kms::text::printable;
use crate::kms::{Field, Request, Value};
use crate::ops;

/// Where `kmsdeck sandbox serve` listens when nothing else is said.
pub const SANDBOX_URL: &str = "http://127.0.0.1:4599";

/// What a snippet is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// For a POSIX shell, and version 2 of the AWS CLI.
    AwsCli,
    Boto3,
    Rust,
    /// The body of the API's request.
    Json,
}

impl Language {
    pub const ALL: [Language; 4] = [
        Language::AwsCli,
        Language::Boto3,
        Language::Rust,
        Language::Json,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Language::AwsCli => "AWS CLI",
            Language::Boto3 => "boto3",
            Language::Rust => "Rust",
            Language::Json => "JSON",
        }
    }

    /// The request in this language, with no line end at its end.
    pub fn write(self, request: &Request, to: &Destination) -> Zeroizing<String> {
        Zeroizing::new(match self {
            Language::AwsCli => cli::write(request, to),
            Language::Boto3 => boto3::write(request, to),
            Language::Rust => rust::write(request, to),
            Language::Json => json::write(request),
        })
    }

    /// As [`Language::write`], but for a screen: bytes of a file are told by its name.
    pub fn preview(self, request: &Request, to: &Destination) -> Zeroizing<String> {
        match self {
            Language::Json => Zeroizing::new(json::preview(request)),
            _ => self.write(request, to),
        }
    }
}

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
            Place::Aws { role_arn, .. } => {
                to.profile.clone_from(&session.profile);
                to.endpoint.clone_from(&session.endpoint);
                to.note = role_arn
                    .as_ref()
                    .map(|role| format!("With the credentials of {}.", printable(role)));
            }
        }
        to
    }
}

/// A member of a request: a value, or a structure of values.
enum Member<'a> {
    Value(&'static Field, &'a Value),
    Structure(&'static str, Vec<(&'static Field, &'a Value)>),
}

/// What a request holds, in the order of its form.
fn members(request: &Request) -> Vec<Member<'_>> {
    let mut members = Vec::new();
    for field in ops::spec(request.op).fields {
        let Some(value) = request.get(field) else {
            continue;
        };
        match (field.within, members.last_mut()) {
            (None, _) => members.push(Member::Value(field, value)),
            (Some(name), Some(Member::Structure(last, values))) if name == *last => {
                values.push((field, value));
            }
            (Some(name), _) => members.push(Member::Structure(name, vec![(field, value)])),
        }
    }
    members
}

/// The name of an operation or a member in snake case, as boto3 and the Rust SDK spell it.
fn snake(name: &str) -> String {
    crate::kms::field::kebab(name).replace('-', "_")
}
