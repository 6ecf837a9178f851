//! Integration tests.

mod sandbox_core;
mod sandbox_junk;
mod sandbox_operations;
mod sandbox_serve;
mod sandbox_state_file;
mod sandbox_states;
