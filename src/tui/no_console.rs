//! Where there is no console.

use std::io;

use super::ending::Ending;
use super::setup::Setup;
use super::theme::Theme;
use crate::gateway::Target;

/// Errors: always. How the console reads keys, takes the terminal and lends it is Unix's.
pub async fn run(_: Target, _: Setup, _: Theme) -> io::Result<Ending> {
    Err(io::Error::other(
        "the console is not there on Windows yet: start kmsdeck in WSL for it; the commands work \
         here, see kmsdeck --help",
    ))
}
