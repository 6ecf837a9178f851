//! The sandbox as the AWS SDK sees it, in the process and over HTTP.

mod answers;
mod asked;
mod core;
mod grants;
mod junk;
mod operations;
mod roles;
mod serve;
mod state_file;
mod states;
mod tools;
