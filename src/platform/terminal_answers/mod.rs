//! What a terminal says of itself. On Windows nothing is asked: the console is not there.

mod answers;
#[cfg(unix)]
mod ask;
#[cfg(not(unix))]
mod not_asked;

pub use answers::TerminalAnswers;
#[cfg(unix)]
pub use ask::{ask, size};
#[cfg(not(unix))]
pub use not_asked::{ask, size};
