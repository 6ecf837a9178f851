//! The operations, and which of them do for a key.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::open_box;
use crate::kms::inventory::RegionIndex;
use crate::kms::text::{cut_end, fit, printable, width};
use crate::ops::{Fits, Misfit, OPS, OpSpec};
use crate::tui::app::{Core, Tone};
use crate::tui::keymap::Action;
use crate::tui::screens::form::FormScreen;
use crate::tui::screens::{Flow, Screen};
use crate::tui::theme::Theme;
use crate::tui::widgets::scroll;

struct Item {
    spec: &'static OpSpec,
    misfit: Option<Misfit>,
}

pub struct ActionMenu {
    /// As the forms will name the key; empty where there is none.
    key_id: String,
    region: RegionIndex,
    /// Those that fit first.
    items: Vec<Item>,
    chosen: usize,
}

impl ActionMenu {
    /// The menu of a key, in any of the four notations; of no key where `key_id` is empty.
    pub fn new(key_id: String, region: RegionIndex, core: &Core) -> Self {
        let metadata = core
            .keys
            .resolve(region, &key_id)
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
        ActionMenu {
            key_id,
            region,
            items,
            chosen: 0,
        }
    }

    pub fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        if action != Action::Accept {
            scroll::step(&mut self.chosen, action, 5, self.items.len());
            return Flow::Stay;
        }
        let item = &self.items[self.chosen];
        if let Some(Misfit::Kind(needs)) = &item.misfit {
            core.say(Tone::Warn, format!("{} {needs}.", item.spec.id));
            return Flow::Stay;
        }
        let key_id = match item.spec.fits {
            Fits::NoKey => "",
            _ => &self.key_id,
        };
        let form = FormScreen::new(item.spec, key_id, self.region, core);
        Flow::push(Screen::Form(Box::new(form)))
    }

    pub fn draw(&self, theme: &Theme, frame: &mut Frame, body: Rect) {
        let names = self
            .items
            .iter()
            .map(|item| width(item.spec.id.0))
            .max()
            .unwrap_or(0);
        let columns = (body.width as usize).saturating_sub(6).min(names + 72);
        let title = match self.key_id.as_str() {
            "" => "Operations".to_owned(),
            key => format!("Operations with {}", cut_end(&printable(key), columns - 20)),
        };
        let inside = open_box(frame, body, &title, columns, self.items.len(), theme);
        let room = (inside.width as usize).saturating_sub(names + 4);
        let lines: Vec<Line> = self
            .items
            .iter()
            .enumerate()
            .map(|(at, item)| {
                let chosen = at == self.chosen;
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
                    Span::styled(format!("{mark}"), note),
                    Span::styled(fit(&cut_end(&about, room), room), note),
                ])
            })
            .collect();
        let offset = scroll::follow(0, self.chosen, inside.height as usize, lines.len());
        scroll::text(frame, inside, &lines, offset, theme);
    }
}
