//! The documentation: what is told of the code is what the code says, links lead somewhere, and
//! commands do what they are shown to do.

mod commands;
mod links;
mod page;
mod reference;
mod settings;
