//! The operations, and which of them do for a key.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Popup;
use crate::kms::text::{cut_end, fit, printable, width};
use crate::kms::{KeyRef, OpId};
use crate::ops::{KeyRequirement, Misfit, OPS, OpSpec};
use crate::tui::core::Core;
use crate::tui::core::note::Tone;
use crate::tui::flow::Flow;
use crate::tui::keymap::{Action, Context};
use crate::tui::route::Route;
use crate::tui::theme::Theme;
use crate::tui::widgets::popup_box::open_box;
use crate::tui::widgets::scroll;

struct Item {
    spec: &'static OpSpec,
    misfit: Option<Misfit>,
}

pub struct ActionMenu {
    /// As the forms will name the key.
    key: KeyRef,
    /// The operation under the cursor, once the user has moved it: it stays there when the key is
    /// described meanwhile, and the order changes.
    chosen: Option<OpId>,
}

impl ActionMenu {
    /// The menu of a key, in any of the four notations; of no key where none is meant.
    pub fn new(key: KeyRef) -> Self {
        ActionMenu { key, chosen: None }
    }

    /// The operations, those that fit the key first.
    fn items(&self, core: &Core) -> Vec<Item> {
        let metadata = core
            .listing
            .keys
            .find(&self.key)
            .and_then(|entry| entry.metadata());
        let mut items: Vec<Item> = OPS
            .iter()
            .map(|spec| Item {
                spec,
                misfit: metadata.and_then(|key| spec.misfit(key)),
            })
            .collect();
        items.sort_by_key(|item| match item.misfit {
            None => 0,
            Some(Misfit::State(_)) => 1,
            Some(Misfit::Kind(_)) => 2,
        });
        items
    }

    fn place(&self, items: &[Item]) -> usize {
        let chosen = self.chosen;
        items
            .iter()
            .position(|item| Some(item.spec.id) == chosen)
            .unwrap_or(0)
    }
}

impl Popup for ActionMenu {
    fn context(&self) -> Context {
        Context::Menu
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        let items = self.items(core);
        let mut place = self.place(&items);
        if action != Action::Accept {
            if scroll::step(&mut place, action, 5, items.len()) {
                self.chosen = Some(items[place].spec.id);
            }
            return Flow::Stay;
        }
        let item = &items[place];
        if let Some(Misfit::Kind(needs)) = &item.misfit {
            core.say(Tone::Warn, format!("{} {needs}.", item.spec.id));
            return Flow::Stay;
        }
        let key = match item.spec.key {
            KeyRequirement::NoKey => self.key.with_id(""),
            _ if item.spec.takes_alias() => self.key.clone(),
            _ => match core.listing.keys.find(&self.key) {
                Some(entry) => core.listing.key_ref(entry),
                None => self.key.clone(),
            },
        };
        Flow::Open(Route::Form(item.spec, key))
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, body: Rect) {
        let items = self.items(core);
        let chosen_at = self.place(&items);
        let names = items
            .iter()
            .map(|item| width(item.spec.id.0))
            .max()
            .unwrap_or(0);
        let columns = (body.width as usize).saturating_sub(6).min(names + 72);
        let title = match self.key.id.as_str() {
            "" => "Operations".to_owned(),
            key => format!("Operations with {}", cut_end(&printable(key), columns - 20)),
        };
        let inside = open_box(frame, body, &title, columns, items.len(), theme);
        let room = (inside.width as usize).saturating_sub(names + 5);
        let lines: Vec<Line> = items
            .iter()
            .enumerate()
            .map(|(at, item)| {
                let chosen = at == chosen_at;
                let (mark, about) = match &item.misfit {
                    None => (' ', item.spec.summary.to_owned()),
                    Some(Misfit::State(why)) => ('!', why.clone()),
                    Some(Misfit::Kind(why)) => ('–', why.clone()),
                };
                let (name, note) = match (&item.misfit, chosen) {
                    (_, true) => (theme.selected, theme.selected),
                    (None, _) => (theme.text, theme.dim),
                    (Some(Misfit::State(_)), _) => (theme.text, theme.warn),
                    (Some(Misfit::Kind(_)), _) => (theme.dim, theme.dim),
                };
                Line::from(vec![
                    Span::styled(if chosen { "▌" } else { " " }, name),
                    Span::styled(format!("{}  ", fit(item.spec.id.0, names)), name),
                    Span::styled(format!("{mark} "), note),
                    Span::styled(fit(&cut_end(&about, room), room), note),
                ])
            })
            .collect();
        let offset = scroll::follow(0, chosen_at, inside.height as usize, lines.len());
        scroll::text(frame, inside, &lines, offset, theme);
    }
}
