//! kmsdeck: the terminal console for AWS KMS.
//!
//! The layers import only upward in this list; see ARCHITECTURE.md.

pub mod assets;
pub mod blocking;
pub mod cli;
pub mod clipboard;
pub mod config;
pub mod envelope;
pub mod gateway;
pub mod kms;
pub mod lessons;
pub mod log_file;
pub mod matrix;
pub mod ops;
pub mod sandbox;
pub mod snippet;
pub mod tui;
pub mod unfinished_file;
pub mod user_files;
