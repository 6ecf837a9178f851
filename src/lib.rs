//! kmsdeck: the terminal console for AWS KMS.
//!
//! The layers import only upward in this list; see ARCHITECTURE.md.

pub mod access;
pub mod assets;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod gateway;
pub mod kms;
pub mod lessons;
pub mod matrix;
pub mod ops;
pub mod platform;
pub mod reads;
pub mod snippet;
pub mod tui;
