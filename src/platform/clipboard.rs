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
            _ => Some(Zeroizing::new(osc52("", &self.surroundings).0)),
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

    fn put(&mut self, text: &str) -> Copied {
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
        Copied::Osc52 {
            sequence: Zeroizing::new(sequence),
            through,
        }
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
    let bare = format!("\x1b]52;c;{}\x07", BASE64.encode(text.as_bytes()));
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
    fn a_terminal_without_osc52_is_not_lied_about() {
        assert!(matches!(
            remote(false, false, "linux").copy("hi"),
            Copied::Unavailable(_)
        ));
    }
}
