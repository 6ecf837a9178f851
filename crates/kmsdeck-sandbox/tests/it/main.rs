//! The sandbox as the AWS SDK sees it, in the process and over HTTP.

mod contents;
mod core;
mod junk;
mod operations;
mod roles;
mod serve;
mod state_file;
mod states;
mod surface;
mod tools;
