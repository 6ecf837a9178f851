//! A custom key store: its connection, what is behind it, and the keys in it.

use std::time::Duration;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Screen;
use crate::catalog::facts::{Fact, FactSet};
use crate::catalog::inventory::Entry;
use crate::kms::KeyRef;
use crate::kms::key_store::KeyStore;
use crate::kms::text::{fit, printable};
use crate::ops::{CONNECT_CUSTOM_KEY_STORE, DISCONNECT_CUSTOM_KEY_STORE};
use crate::tui::changing::Changing;
use crate::tui::core::Core;
use crate::tui::flow::Flow;
use crate::tui::jobs::{JobEvent, JobId};
use crate::tui::keymap::{Action, Context};
use crate::tui::layout;
use crate::tui::route::Route;
use crate::tui::store_watch::{StoreWatch, change, wanted_places};
use crate::tui::theme::Theme;
use crate::tui::view::{self, exact_time, labelled};
use crate::tui::widgets::key_state::state_text;
use crate::tui::widgets::key_store::{connection, copy_items, failure_lines, unknown_note};
use crate::tui::widgets::scroll;

/// See the [module](self).
pub struct KeyStoreScreen {
    watch: StoreWatch,
    id: String,
    /// The key under the cursor, by its place among those in the key store.
    at: usize,
    /// The first line that is seen.
    offset: usize,
    changing: Changing,
}

impl KeyStoreScreen {
    pub fn new(region: String, store: KeyStore, core: &mut Core) -> Self {
        let id = store.id.clone();
        let mut watch = StoreWatch::of(region, store, core);
        watch.ask(core);
        KeyStoreScreen {
            watch,
            id,
            at: 0,
            offset: 0,
            changing: Changing::default(),
        }
    }

    fn store(&self) -> Option<&KeyStore> {
        self.watch.stores().iter().find(|store| store.id == self.id)
    }

    /// The keys in it that are known.
    fn keys<'a>(&self, core: &'a Core) -> Vec<&'a Entry> {
        let keys = &core.listing.keys;
        let is_in_it = |entry: &&Entry| {
            let store = entry
                .metadata()
                .and_then(|key| key.custom_key_store_id.as_deref());
            store == Some(&*self.id) && keys.region_name(entry.region) == self.watch.region()
        };
        let mut found: Vec<&Entry> = keys.entries().iter().filter(is_in_it).collect();
        found.sort_by_key(|entry| entry.reference());
        found
    }

    fn current<'a>(&self, core: &'a Core) -> Option<&'a Entry> {
        self.keys(core).get(self.at).copied()
    }

    /// All lines, and where that of the key under the cursor is.
    fn lines(&self, core: &Core, columns: u16, theme: &Theme) -> (Vec<Line<'static>>, usize) {
        let Some(store) = self.store() else {
            let lines = match self.watch.failure() {
                Some(error) => {
                    view::failure("The key store could not be read", error, columns, theme)
                }
                None => vec![Line::raw("The key store is not there any more.")],
            };
            return (lines, 0);
        };
        let (glyph, state, style) = connection(store, theme);
        let mut lines = vec![
            Line::styled(printable(store.label()).into_owned(), theme.title),
            Line::from(vec![
                Span::styled(format!("{glyph} "), style),
                Span::styled(state, theme.bold),
            ]),
        ];
        lines.extend(failure_lines(store, columns, theme));
        lines.push(Line::default());
        for (name, value) in store.fields() {
            let value = match store.creation_date {
                Some(at) if name == "CreationDate" => exact_time(at, core.now),
                _ => value,
            };
            // They are said above.
            let is_said = [
                "CustomKeyStoreName",
                "ConnectionState",
                "ConnectionErrorCode",
            ];
            if !is_said.contains(&name) {
                lines.extend(labelled(short_label(name), &value, columns, theme));
            }
        }
        lines.push(Line::default());
        let keys = self.keys(core);
        lines.push(Line::styled(
            format!("Keys in it: {}", keys.len()),
            theme.title,
        ));
        let known = core.store_keys(self.watch.region(), &self.id);
        if let Some(note) = unknown_note(&known, core, Context::KeyStore) {
            lines.extend(view::wrapped(&note, columns, theme.dim));
        }
        let first = lines.len();
        let names = (columns as usize).saturating_sub(20).clamp(12, 60);
        for (at, entry) in keys.iter().enumerate() {
            let (glyph, state, style) = state_text(entry, core, theme);
            let marked = at == self.at;
            let name_style = if marked { theme.selected } else { theme.text };
            lines.push(Line::from(vec![
                Span::styled(if marked { "▌ " } else { "  " }, theme.accent),
                Span::styled(fit(&printable(entry.reference()), names), name_style),
                Span::styled(format!(" {glyph} "), style),
                Span::raw(state),
            ]));
        }
        let here = match keys.is_empty() {
            true => 0,
            false => first + self.at.min(keys.len() - 1),
        };
        (lines, here)
    }
}

/// Names that are cut to what a column of labels holds.
fn short_label(name: &'static str) -> &'static str {
    match name {
        "CustomKeyStoreId" => "KeyStoreId",
        "CustomKeyStoreType" => "Type",
        "CloudHsmClusterId" => "CloudHsmCluster",
        "VpcEndpointServiceName" => "VpcService",
        "VpcEndpointServiceOwner" => "VpcServiceOwner",
        name => name,
    }
}

/// Columns of the text.
fn columns(core: &Core) -> u16 {
    core.size.0.saturating_sub(3)
}

impl Screen for KeyStoreScreen {
    fn contexts(&self) -> Vec<Context> {
        vec![Context::KeyStore]
    }

    fn can(&self, action: Action, core: &Core) -> bool {
        match action {
            Action::OpenDetails | Action::Actions => self.current(core).is_some(),
            Action::Copy => self.store().is_some(),
            Action::Connect => {
                !self.changing.is_under_way() && self.store().is_some_and(KeyStore::can_connect)
            }
            Action::Remove => {
                !self.changing.is_under_way() && self.store().is_some_and(KeyStore::can_disconnect)
            }
            Action::DescribeAll => !core.listing.keys.is_empty(),
            _ => true,
        }
    }

    fn subject(&self, core: &Core) -> KeyRef {
        match self.current(core) {
            Some(entry) => core.listing.key_ref_by_alias(entry),
            None => KeyRef::none(self.watch.region()),
        }
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        let region = self.watch.region().to_owned();
        let store = self.store().cloned();
        match (action, store) {
            (Action::Back, _) => return Flow::Back,
            (Action::Refresh, _) => {
                self.watch.ask(core);
                core.forget_keys_in_stores(&region);
            }
            (Action::DescribeAll, _) => core.toggle_sweep(FactSet::of(Fact::Details)),
            (Action::OpenDetails, _) => {
                if let Some(entry) = self.current(core) {
                    return Flow::Open(Route::KeyDetail(core.listing.key_ref(entry)));
                }
            }
            (Action::Actions, _) => return Flow::Open(Route::Actions(self.subject(core))),
            (Action::Copy, Some(store)) => return Flow::Open(Route::Copy(copy_items(&store))),
            (Action::Connect, Some(store)) => {
                let spec = &CONNECT_CUSTOM_KEY_STORE;
                return change(spec, &region, &store, &mut self.changing, core);
            }
            (Action::Remove, Some(store)) => {
                let spec = &DISCONNECT_CUSTOM_KEY_STORE;
                return change(spec, &region, &store, &mut self.changing, core);
            }
            _ => {
                let keys = self.keys(core).len();
                let rows = layout::body_rows(core.size) as usize;
                let before = self.at;
                scroll::step(&mut self.at, action, rows / 2, keys);
                let (lines, here) = self.lines(core, columns(core), &Theme::mono());
                // Above the first key is what is said of the store.
                match self.at == before {
                    true => {
                        let furthest = scroll::furthest(lines.len(), rows);
                        scroll::step(&mut self.offset, action, rows / 2, furthest + 1);
                    }
                    false => {
                        self.offset = scroll::follow(self.offset, here, rows, lines.len());
                    }
                }
            }
        }
        Flow::Stay
    }

    fn settle(&mut self, core: &mut Core) -> Option<Vec<u32>> {
        self.watch.settle(core);
        self.at = self.at.min(self.keys(core).len().saturating_sub(1));
        Some(wanted_places(core))
    }

    fn sent(&mut self, job: JobId, _core: &mut Core) {
        self.changing.sent(job);
    }

    fn moves(&self) -> bool {
        self.changing.is_under_way()
    }

    fn wakes_in(&self, _core: &Core, now: Timestamp) -> Option<Duration> {
        self.watch.wakes_in(now)
    }

    fn waits_for(&self, job: JobId) -> bool {
        self.changing.is(job) || self.watch.waits_for(job)
    }

    fn answer(&mut self, job: JobId, event: JobEvent, core: &mut Core) -> Flow {
        if self.changing.is(job) {
            let key = KeyRef::none(self.watch.region());
            return self.changing.answer(event, &key, core);
        }
        self.watch.answer(event, core);
        Flow::Stay
    }

    fn leave(&mut self, core: &mut Core) {
        self.watch.leave(core);
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let body = Rect {
            x: area.x + 1,
            width: columns(core),
            ..area
        };
        let (lines, _) = self.lines(core, body.width, theme);
        scroll::text(frame, body, &lines, self.offset, theme);
    }
}
