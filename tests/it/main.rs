//! What a user would notice, in one test binary.

mod act_safely;
mod config;
mod files;
mod form;
mod gateway_moto;
mod headless;
mod headless_chains;
mod headless_operations;
mod imports;
mod lessons;
mod matrix;
mod mutations;
mod pty;
mod pty_operations;
mod random_keys;
mod sandbox;
mod screens;
mod snippets;
mod stage;
mod terminal;
mod tools;
mod trust;
