//! A request as something to run elsewhere: AWS CLI, boto3, Rust, and the JSON of the API.
//!
//! Each says exactly what the request holds, whatever characters that are, and nothing secret but
//! what the user gave. A request that is not complete is written with what is there.

mod boto3;
mod cli;
mod destination;
mod json;
mod members;
mod rust;

use zeroize::Zeroizing;

pub use destination::{Destination, SANDBOX_URL};

use crate::kms::Request;
use crate::ops::as_sent;

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

    /// The request in this language, with no line end at its end. What kmsdeck itself does between
    /// two requests of KMS is left to the reader; both are written.
    pub fn write(self, request: &Request, to: &Destination) -> Zeroizing<String> {
        let requests = as_sent(request);
        let written = requests.iter().map(|request| match self {
            Language::AwsCli => cli::write(request, to),
            Language::Boto3 => boto3::write(request, to),
            Language::Rust => rust::write(request, to),
            Language::Json => json::write(request),
        });
        Zeroizing::new(written.collect::<Vec<_>>().join("\n\n"))
    }

    /// As [`Language::write`], but for a screen: bytes of a file are told by its name.
    pub fn preview(self, request: &Request, to: &Destination) -> Zeroizing<String> {
        match self {
            Language::Json => {
                let requests = as_sent(request);
                let written = requests.iter().map(json::preview);
                Zeroizing::new(written.collect::<Vec<_>>().join("\n\n"))
            }
            _ => self.write(request, to),
        }
    }
}
