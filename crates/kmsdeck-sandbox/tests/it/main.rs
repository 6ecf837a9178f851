//! The sandbox as the AWS SDK sees it, in the process and over HTTP.

mod answers;
mod asked;
mod attestation;
mod contents;
mod core;
mod grants;
mod imports;
mod junk;
mod key_stores;
mod operations;
mod regions;
mod roles;
mod serve;
mod state_file;
mod states;
mod surface;
mod tools;
