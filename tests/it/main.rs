//! Integration tests.

mod sandbox_core;
mod sandbox_operations;
mod sandbox_serve;
mod sandbox_states;
