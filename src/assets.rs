//! The files that are built into the binary; their readers parse them.
