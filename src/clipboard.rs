//! Copying: the local clipboard where there is one, else OSC 52 through the terminal.
//!
//! The text of a copy is lost when arboard's handle goes, so one handle lives as long as the
//! app. OSC 52 is only built here: the one writer of the terminal is the event loop.

use std::env;

use crate::kms::encoding::base64;

/// How a text was copied, or why it was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Copied {
    /// Into this machine's clipboard.
    Local,
    /// To be sent to the terminal as it stands. Whether the terminal obeys cannot be known.
    Osc52 {
        sequence: String,
        through: &'static str,
    },
    /// There is neither.
    Unavailable(String),
}

/// What decides the way of a copy, from the environment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// The session comes over SSH: a local clipboard would be the wrong machine's.
    pub ssh: bool,
    pub tmux: bool,
    pub screen: bool,
    /// TERM.
    pub term: String,
}

impl Surroundings {
    pub fn from_env() -> Self {
        let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        Surroundings {
            ssh: set("SSH_CONNECTION") || set("SSH_TTY"),
            tmux: set("TMUX"),
            screen: set("STY"),
            term: env::var("TERM").unwrap_or_default(),
        }
    }

    /// Terminals that are known not to have OSC 52.
    fn lacks_osc52(&self) -> bool {
        matches!(self.term.as_str(), "" | "dumb" | "linux")
    }
}

/// The clipboard, opened at the first copy.
pub struct Clipboard {
    surroundings: Surroundings,
    local: Option<arboard::Clipboard>,
}

impl Clipboard {
    pub fn new(surroundings: Surroundings) -> Self {
        Clipboard {
            surroundings,
            local: None,
        }
    }

    /// Copies. May block for as long as the window system takes to answer.
    pub fn copy(&mut self, text: &str) -> Copied {
        if !self.surroundings.ssh {
            match self.copy_locally(text) {
                Ok(()) => return Copied::Local,
                Err(_) if !self.surroundings.lacks_osc52() => {}
                Err(error) => return Copied::Unavailable(error.to_string()),
            }
        }
        if self.surroundings.lacks_osc52() {
            return Copied::Unavailable(format!(
                "the terminal ({}) has no OSC 52",
                self.surroundings.term
            ));
        }
        let (sequence, through) = osc52(text, &self.surroundings);
        Copied::Osc52 { sequence, through }
    }

    fn copy_locally(&mut self, text: &str) -> Result<(), arboard::Error> {
        if self.local.is_none() {
            self.local = Some(arboard::Clipboard::new()?);
        }
        let Some(local) = &mut self.local else {
            return Err(arboard::Error::ClipboardNotSupported);
        };
        local.set_text(text)
    }
}

/// OSC 52 (xterm control sequences) for the clipboard, wrapped for tmux or GNU screen, and what
/// it goes through.
///
/// tmux takes a bare sequence with `set-clipboard on`, and a wrapped one with
/// `allow-passthrough on`. Either way the outer terminal gets it; both are sent.
fn osc52(text: &str, surroundings: &Surroundings) -> (String, &'static str) {
    let bare = format!("\x1b]52;c;{}\x07", base64(text.as_bytes()));
    if surroundings.tmux {
        let wrapped = bare.replace('\x1b', "\x1b\x1b");
        return (format!("{bare}\x1bPtmux;{wrapped}\x1b\\"), "tmux");
    }
    if surroundings.screen {
        // screen drops a device control string over 768 bytes, and joins ones that follow.
        const CHUNK: usize = 512;
        let mut wrapped = String::new();
        let mut rest = bare.as_str();
        while !rest.is_empty() {
            // All of it is ASCII.
            let (chunk, left) = rest.split_at(rest.len().min(CHUNK));
            wrapped.push_str("\x1bP");
            wrapped.push_str(chunk);
            wrapped.push_str("\x1b\\");
            rest = left;
        }
        return (wrapped, "screen");
    }
    (bare, "the terminal")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(tmux: bool, screen: bool, term: &str) -> Clipboard {
        Clipboard::new(Surroundings {
            ssh: true,
            tmux,
            screen,
            term: term.into(),
        })
    }

    #[test]
    fn over_ssh_the_terminal_copies() {
        let Copied::Osc52 { sequence, through } = remote(false, false, "xterm-256color").copy("hi")
        else {
            panic!("no OSC 52");
        };
        assert_eq!(sequence, "\x1b]52;c;aGk=\x07");
        assert_eq!(through, "the terminal");
    }

    #[test]
    fn tmux_and_screen_are_passed_through() {
        let Copied::Osc52 { sequence, .. } = remote(true, false, "tmux-256color").copy("hi") else {
            panic!("no OSC 52");
        };
        assert!(sequence.ends_with("\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\"));
        let long = "x".repeat(3000);
        let Copied::Osc52 { sequence, .. } = remote(false, true, "screen").copy(&long) else {
            panic!("no OSC 52");
        };
        let parts: Vec<&str> = sequence.split("\x1b\\").filter(|p| !p.is_empty()).collect();
        assert!(
            parts
                .iter()
                .all(|part| part.starts_with("\x1bP") && part.len() <= 520)
        );
        let joined: String = parts.iter().map(|part| &part[2..]).collect();
        assert_eq!(joined, format!("\x1b]52;c;{}\x07", base64(long.as_bytes())));
    }

    #[test]
    fn a_terminal_without_osc52_is_not_lied_about() {
        assert!(matches!(
            remote(false, false, "linux").copy("hi"),
            Copied::Unavailable(_)
        ));
    }
}
