//! What a user would notice, in one test binary.

mod act_safely;
mod config;
mod endpoint;
mod files;
mod form;
mod gateway_moto;
mod headless;
mod headless_chains;
mod headless_operations;
mod hostile;
mod imports;
mod lessons;
mod matrix;
mod pty;
mod pty_operations;
mod random_keys;
mod sandbox;
mod screens;
mod secrets;
mod snippets;
mod stage;
mod state_file;
mod terminal;
mod tools;
mod trust;
