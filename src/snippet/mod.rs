//! A request as something to run elsewhere: the AWS CLI, boto3, Rust, and the API's JSON.
//!
//! In a snippet is what the request holds and where it goes; credentials never. A request that is
//! not complete gives the snippet of what there is.

mod boto3;
mod cli;
mod json;
mod rust;

use crate::gateway::Session;
use crate::kms::{Request, Value};
use crate::ops::{OpSpec, spec};

/// A language of snippets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// For a POSIX shell, and the AWS CLI v2.
    Cli,
    /// Python 3.
    Boto3,
    /// The aws-sdk-kms crate.
    Rust,
    /// The body of the HTTP request (KMS API reference, awsJson1_1).
    Json,
}

impl Language {
    pub const ALL: [Language; 4] = [
        Language::Cli,
        Language::Boto3,
        Language::Rust,
        Language::Json,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Language::Cli => "AWS CLI",
            Language::Boto3 => "boto3",
            Language::Rust => "Rust",
            Language::Json => "JSON",
        }
    }
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Destination {
    /// Of the shared configuration files.
    pub profile: Option<String>,
    pub region: Option<String>,
    pub endpoint_url: Option<String>,
}

impl Destination {
    /// The place of a session. The sandbox inside kmsdeck cannot be reached from elsewhere, and its
    /// principals are no profiles: what runs there goes to `sandbox serve` by its environment.
    pub fn of(session: &Session) -> Self {
        Destination {
            profile: session.profile.clone().filter(|_| !session.is_sandbox),
            region: Some(session.region.clone()),
            endpoint_url: session.endpoint.clone(),
        }
    }
}

/// The request in a language. Ends in a line end.
pub fn render(language: Language, request: &Request, place: &Destination) -> String {
    match language {
        Language::Cli => cli::render(request, place),
        Language::Boto3 => boto3::render(request, place),
        Language::Rust => rust::render(request, place),
        Language::Json => json::render(request),
    }
}

/// A part of a request, in the operation's order.
enum Part<'a> {
    Field(&'static str, &'a Value),
    /// A structure's name and its members.
    Structure(&'static str, Vec<(&'static str, &'a Value)>),
}

fn parts(request: &Request) -> Vec<Part<'_>> {
    let op: &OpSpec = spec(request.op);
    let mut parts: Vec<Part> = Vec::new();
    for field in op.fields {
        let Some(value) = request.get(field.name) else {
            continue;
        };
        match field.within {
            None => parts.push(Part::Field(field.name, value)),
            Some(name) => {
                let known = parts.iter_mut().find_map(|part| match part {
                    Part::Structure(other, members) if *other == name => Some(members),
                    _ => None,
                });
                match known {
                    Some(members) => members.push((field.name, value)),
                    None => parts.push(Part::Structure(name, vec![(field.name, value)])),
                }
            }
        }
    }
    parts
}

/// The operation's name with underscores, `generate_data_key`.
fn snake(request: &Request) -> String {
    spec(request.op).command().replace('-', "_")
}

/// `KeyId` as `key_id`.
fn snake_field(name: &str) -> String {
    crate::kms::field::kebab(name).replace('-', "_")
}
