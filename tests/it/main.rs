//! What a user would notice, in one test binary.

mod form;
mod gateway_moto;
mod headless;
mod pty;
mod sandbox_core;
mod screens;
mod stage;
mod terminal;
