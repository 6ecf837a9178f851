//! Integration tests.

mod sandbox_core;
