//! The console: [`run`] is an event loop around [`app::App`], which knows no I/O and no clock.

pub mod app;
mod changing;
pub mod commands;
#[cfg(unix)]
mod console;
pub mod copy_items;
pub mod core;
mod draw;
pub mod effect;
mod ending;
pub mod event;
pub mod flow;
mod header;
pub mod jobs;
#[cfg(unix)]
mod keyboard;
pub mod keymap;
pub mod layout;
#[cfg(not(unix))]
mod no_console;
pub mod open;
#[cfg(unix)]
mod pace;
pub mod popups;
pub mod route;
pub mod screens;
pub mod setup;
#[cfg(unix)]
mod signals;
mod store_watch;
#[cfg(unix)]
mod terminal;
pub mod theme;
pub mod view;
pub mod widgets;

#[cfg(unix)]
pub use console::run;
pub use draw::draw;
pub use ending::Ending;
#[cfg(not(unix))]
pub use no_console::run;
