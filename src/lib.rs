//! kmsdeck: the terminal console for AWS KMS.
//!
//! The layers import only upward in this list; see DESIGN in the README.

pub mod assets;
pub mod sandbox;
