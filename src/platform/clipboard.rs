//! Copying: the local clipboard where there is one, else OSC 52 through the terminal.
//!
//! The text of a copy is lost when arboard's handle goes, so one handle lives as long as the
//! app. OSC 52 is only built here: the one writer of the terminal is the event loop.

use std::env;

use zeroize::Zeroizing;

use data_encoding::BASE64;

/// How a text was copied, or why it was not.
#[derive(Clone, PartialEq, Eq)]
pub enum Copied {
    /// Into this machine's clipboard.
    Local,
    /// To be sent to the terminal as it stands. Whether the terminal obeys cannot be known.
    Osc52 {
        /// It may hold a secret, if only in base64.
        sequence: Zeroizing<String>,
        through: &'static str,
    },
    /// There is neither.
    Unavailable(String),
}

impl std::fmt::Debug for Copied {
    /// Not what was copied.
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Copied::Local => f.write_str("Local"),
            Copied::Osc52 { through, .. } => write!(f, "Osc52 through {through}"),
            Copied::Unavailable(why) => write!(f, "Unavailable({why})"),
        }
    }
}

/// The way that a copy would take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// This machine's clipboard.
    Local,
    /// OSC 52. Whether the terminal obeys cannot be known.
    Osc52 { through: &'static str },
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

    /// What a sequence for the terminal goes through.
    fn through(&self) -> &'static str {
        match (self.tmux, self.screen) {
            (true, _) => "tmux",
            (false, true) => "screen",
            _ => "the terminal",
        }
    }
}

/// The clipboard, opened at the first copy.
pub struct Clipboard {
    surroundings: Surroundings,
    local: Option<arboard::Clipboard>,
    /// The secret that was copied last, until it is cleared or something else is copied.
    secret: Option<Zeroizing<String>>,
}

impl Clipboard {
    pub fn new(surroundings: Surroundings) -> Self {
        Clipboard {
            surroundings,
            local: None,
            secret: None,
        }
    }

    /// Copies a secret, and keeps it in mind for [`clear_secret`](Self::clear_secret).
    pub fn copy_secret(&mut self, text: Zeroizing<String>) -> Copied {
        let copied = self.copy(&text);
        if !matches!(copied, Copied::Unavailable(_)) {
            self.secret = Some(text);
        }
        copied
    }

    /// Takes the secret out of the clipboard, unless something else was put there since; what is
    /// to be sent to the terminal for it. Over OSC 52 what is there now cannot be known.
    pub fn clear_secret(&mut self) -> Option<Zeroizing<String>> {
        let secret = self.secret.take()?;
        match &mut self.local {
            Some(local) if !self.surroundings.ssh => {
                if local.get_text().is_ok_and(|text| text == *secret) {
                    // A clipboard that cannot be cleared any more was taken away.
                    let _ = local.clear();
                }
                None
            }
            _ => Some(Zeroizing::new(osc52("", &self.surroundings))),
        }
    }

    /// Copies. May block for as long as the window system takes to answer.
    pub fn copy(&mut self, text: &str) -> Copied {
        let copied = self.put(text);
        // Where nothing came over it, a secret is still there, and to be cleared.
        if !matches!(copied, Copied::Unavailable(_)) {
            self.secret = None;
        }
        copied
    }

    /// The way that a copy would take: nothing is copied. May block as [`copy`](Self::copy) does.
    pub fn way(&mut self) -> Way {
        self.way_by(|_| Ok(()))
    }

    /// The way of a copy that `locally` makes, where there is a local clipboard.
    fn way_by(
        &mut self,
        locally: impl FnOnce(&mut arboard::Clipboard) -> Result<(), arboard::Error>,
    ) -> Way {
        if !self.surroundings.ssh {
            match self.open().and_then(locally) {
                Ok(()) => return Way::Local,
                Err(_) if !self.surroundings.lacks_osc52() => {}
                Err(error) => return Way::Unavailable(error.to_string()),
            }
        }
        match self.surroundings.lacks_osc52() {
            true => Way::Unavailable(format!(
                "the terminal ({}) has no OSC 52",
                self.surroundings.term
            )),
            false => Way::Osc52 {
                through: self.surroundings.through(),
            },
        }
    }

    fn put(&mut self, text: &str) -> Copied {
        match self.way_by(|local| local.set_text(text)) {
            Way::Local => Copied::Local,
            Way::Unavailable(why) => Copied::Unavailable(why),
            Way::Osc52 { through } => Copied::Osc52 {
                sequence: Zeroizing::new(osc52(text, &self.surroundings)),
                through,
            },
        }
    }

    fn open(&mut self) -> Result<&mut arboard::Clipboard, arboard::Error> {
        if self.local.is_none() {
            self.local = Some(arboard::Clipboard::new()?);
        }
        self.local
            .as_mut()
            .ok_or(arboard::Error::ClipboardNotSupported)
    }
}

/// OSC 52 (xterm control sequences) for the clipboard, wrapped for tmux or GNU screen.
///
/// tmux takes a bare sequence with `set-clipboard on`, and a wrapped one with
/// `allow-passthrough on`. Either way the outer terminal gets it; both are sent.
fn osc52(text: &str, surroundings: &Surroundings) -> String {
    let bare = format!("\x1b]52;c;{}\x07", BASE64.encode(text.as_bytes()));
    if surroundings.tmux {
        let wrapped = bare.replace('\x1b', "\x1b\x1b");
        return format!("{bare}\x1bPtmux;{wrapped}\x1b\\");
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
        return wrapped;
    }
    bare
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
        assert_eq!(*sequence, "\x1b]52;c;aGk=\x07");
        assert_eq!(through, "the terminal");
    }

    #[test]
    fn a_secret_is_taken_out_again_once_and_not_after_another_copy() {
        let mut clipboard = remote(false, false, "xterm-256color");
        clipboard.copy_secret(Zeroizing::new("key".into()));
        assert_eq!(*clipboard.clear_secret().unwrap(), "\x1b]52;c;\x07");
        assert_eq!(clipboard.clear_secret(), None);
        clipboard.copy_secret(Zeroizing::new("key".into()));
        clipboard.copy("a key ID");
        assert_eq!(clipboard.clear_secret(), None);
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
        assert_eq!(
            joined,
            format!("\x1b]52;c;{}\x07", BASE64.encode(long.as_bytes()))
        );
    }

    #[test]
    fn the_way_is_told_without_a_copy() {
        let mut clipboard = remote(true, false, "tmux-256color");
        assert_eq!(clipboard.way(), Way::Osc52 { through: "tmux" });
        assert!(matches!(
            remote(false, false, "dumb").way(),
            Way::Unavailable(_)
        ));
    }

    #[test]
    fn a_terminal_without_osc52_is_not_lied_about() {
        assert!(matches!(
            remote(false, false, "linux").copy("hi"),
            Copied::Unavailable(_)
        ));
    }
}
