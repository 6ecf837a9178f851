//! The pane below the form's fields: the request as something to run elsewhere, as it is typed.

use super::FormScreen;
use crate::kms::{Request, Value};
use crate::ops::fields::naming_key;
use crate::ops::spec;
use crate::tui::core::Core;
use crate::tui::widgets::snippet_pane;

/// Rows that the pane wants, its head included: with fewer it would say nothing.
const ENOUGH: usize = 8;

/// How the rows of the form are shared out.
pub(super) struct Shares {
    /// Rows of the pane; 0 for none.
    pub pane: u16,
    /// Whether the help below the fields has its rows.
    pub help: bool,
}

/// Shares `rows` out among `fields` lines of the form, the help's `help` rows (0 where it stands
/// elsewhere) and a pane of `wanted` lines, its head included.
pub(super) fn shares(rows: u16, fields: usize, help: u16, wanted: usize, asked: bool) -> Shares {
    let spare = usize::from(rows.saturating_sub(help)).saturating_sub(fields + 1);
    let enough = wanted.min(ENOUGH);
    if spare >= enough {
        return Shares {
            pane: wanted.min(spare) as u16,
            help: true,
        };
    }
    if !asked {
        return Shares {
            pane: 0,
            help: true,
        };
    }
    // Whoever asks for the pane gets it in place of the help, and half of the rows at most.
    let pane = enough.max(usize::from(rows).saturating_sub(fields + 1));
    Shares {
        pane: wanted.min(pane).min(usize::from(rows) / 2) as u16,
        help: false,
    }
}

impl FormScreen {
    /// What would be sent; the key that is made by the first is named in words.
    fn requests(&self) -> Vec<Request> {
        let (first, then) = super::steps(self.request().0);
        let mut requests = vec![first];
        for mut request in then {
            if let Some(field) = naming_key(spec(request.op)) {
                request.set(field, Value::Text("THE_NEW_KEY_ID".to_owned()));
            }
            requests.push(request);
        }
        requests
    }

    /// The lines of the pane below its head; None where there is to be none.
    pub(super) fn snippet_lines(&self, core: &Core) -> Option<Vec<String>> {
        let to = core.destination(&self.key.region);
        // Of several keys, the first one's.
        let first = self.marked.first().map(|key| core.bulk_key(key));
        let of_first = first.and_then(|key| key.request(self.spec, &self.request().0).ok());
        let requests = match of_first {
            Some(request) => vec![request],
            None => self.requests(),
        };
        snippet_pane::lines(&requests, &to, core)
    }

    /// Shows the request in the next language.
    pub(super) fn next_snippet(&mut self, core: &mut Core) {
        let was_seen = self.pane_is_seen(core);
        core.kept.snippets.turn(was_seen);
    }

    /// Copies what the pane shows, whole.
    pub(super) fn copy_snippet(&self, core: &mut Core) {
        let to = core.destination(&self.key.region);
        snippet_pane::copy(&self.requests(), &to, core);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_terminal_shows_the_pane_only_when_asked_and_never_takes_more_than_half() {
        assert_eq!(shares(18, 12, 4, 7, false).pane, 0);
        let asked = shares(18, 12, 4, 7, true);
        assert_eq!((asked.pane, asked.help), (7, false));
        assert_eq!(shares(18, 12, 4, 40, true).pane, 8);
        let wide = shares(34, 12, 0, 7, false);
        assert_eq!((wide.pane, wide.help), (7, true));
        assert_eq!(shares(12, 12, 4, 40, true).pane, 6);
    }
}
