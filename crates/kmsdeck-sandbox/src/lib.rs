#![doc = include_str!("../README.md")]
#![warn(missing_docs, clippy::missing_errors_doc)]

mod account;
mod accounts;
mod answer;
mod auth;
mod authorize;
mod call;
mod changes;
mod connector;
mod contents;
mod control;
mod crypto;
mod error;
mod faults;
mod found;
mod grants;
mod handlers;
mod hosts;
mod iam;
mod identity;
mod keypair;
mod mfa;
mod options;
mod query;
mod secret;
mod seed;
mod serve;
mod service;
mod sessions;
mod source;
mod spec;
mod state_file;
mod states;
mod sts;
mod trail;
mod wire;

pub use connector::http_client;
pub use contents::Contents;
pub use error::SandboxError;
pub use faults::{Faults, FaultsError};
pub use identity::Principal;
pub use options::SandboxOptions;
pub use serve::{ServeOptions, serve};
pub use service::{Sandbox, principal_names};
