//! The custom key stores: the state of each connection, why one failed and what to do, and the keys
//! in each.

use std::time::Duration;

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Row, Table};

use super::Screen;
use crate::catalog::facts::{Fact, FactSet};
use crate::kms::KeyRef;
use crate::kms::key_store::{KeyStore, StoreKeys};
use crate::kms::text::{counted, cut_end, cut_middle, grouped, printable};
use crate::ops::{CONNECT_CUSTOM_KEY_STORE, DISCONNECT_CUSTOM_KEY_STORE};
use crate::tui::changing::Changing;
use crate::tui::core::Core;
use crate::tui::flow::Flow;
use crate::tui::jobs::{JobEvent, JobId};
use crate::tui::keymap::{Action, Context};
use crate::tui::route::Route;
use crate::tui::store_watch::{StoreWatch, change, wanted_places};
use crate::tui::theme::Theme;
use crate::tui::view;
use crate::tui::widgets::key_store::{connection, copy_items, failure_lines, unknown_note};
use crate::tui::widgets::list_window::{self, ListWindow};
use crate::tui::widgets::scroll;

/// Rows of what is said below the list of the key store under the cursor.
const ABOUT_ROWS: u16 = 8;

/// See the [module](self).
pub struct KeyStoresScreen {
    /// Of each Region of the list.
    watches: Vec<StoreWatch>,
    window: ListWindow,
    changing: Changing,
}

impl KeyStoresScreen {
    pub fn new(core: &mut Core) -> Self {
        let regions = match core.listing.keys.regions() {
            [] => vec![core.region().to_owned()],
            regions => regions.to_vec(),
        };
        let watches = regions.into_iter();
        let mut screen = KeyStoresScreen {
            watches: watches
                .map(|region| StoreWatch::new(region, core))
                .collect(),
            window: ListWindow::default(),
            changing: Changing::default(),
        };
        screen.ask(core);
        screen
    }

    fn ask(&mut self, core: &mut Core) {
        for watch in &mut self.watches {
            watch.ask(core);
        }
    }

    /// Every key store, with its Region.
    fn stores(&self) -> Vec<(&str, &KeyStore)> {
        let mut stores = Vec::new();
        for watch in &self.watches {
            stores.extend(watch.stores().iter().map(|store| (watch.region(), store)));
        }
        stores
    }

    fn current(&self) -> Option<(&str, &KeyStore)> {
        self.stores().get(self.window.selected).copied()
    }

    fn draw_empty(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let failed = self.watches.iter().find_map(StoreWatch::failure);
        let is_asked = self.watches.iter().any(|watch| !watch.is_read());
        let lines = match failed {
            Some(error) => {
                let title = match error.is_access_denied() {
                    true => "You may not list custom key stores here (kms:DescribeCustomKeyStores)",
                    false => "The custom key stores could not be listed",
                };
                view::failure(title, error, area.width, theme)
            }
            None if is_asked => vec![Line::styled(
                format!("{} Listing custom key stores …", view::spinner(core.ticks)),
                theme.dim,
            )],
            None => view::wrapped(
                "There are no custom key stores in this account and Region: all keys are in KMS's own HSMs.",
                area.width,
                theme.text,
            ),
        };
        scroll::text(frame, area, &lines, 0, theme);
    }

    fn draw_table(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let several = self.watches.len() > 1;
        let stores = self.stores();
        let is_wide = area.width >= 100;
        let (id, kind, spacing) = if is_wide { (22, 18, 2) } else { (13, 8, 1) };
        let (state, keys, region) = (15, 6, if several { 14 } else { 0 });
        let columns = if several { 5 } else { 4 };
        let others = id + kind + state + keys + region + spacing * columns;
        // With the mark of the cursor before it.
        let name = area.width.saturating_sub(others + 2);
        let mut widths = vec![
            Constraint::Fill(1),
            Constraint::Length(id),
            Constraint::Length(kind),
            Constraint::Length(state),
            Constraint::Length(keys),
        ];
        let mut heads = vec!["  NAME", "KEY STORE ID", "TYPE", "CONNECTION", "  KEYS"];
        if several {
            widths.insert(1, Constraint::Length(region));
            heads.insert(1, "REGION");
        }
        let rows = self
            .window
            .seen(&stores, area)
            .map(|(place, (region, store))| {
                let (glyph, state, style) = connection(store, theme);
                let keys = core.store_keys(region, &store.id);
                let mut cells = vec![
                    Cell::from(format!(
                        "{}{}",
                        self.window.marker(place),
                        cut_end(&printable(store.label()), name.into())
                    )),
                    Cell::from(cut_middle(&printable(&store.id), id.into()).into_owned()),
                    Cell::from(short_type(store, is_wide).to_owned()),
                    Cell::from(Line::from(vec![
                        Span::styled(format!("{glyph} "), style),
                        Span::raw(cut_end(&state, 13).into_owned()),
                    ])),
                    Cell::from(Line::raw(count_text(&keys)).right_aligned()),
                ];
                if several {
                    cells.insert(1, Cell::from((*region).to_owned()));
                }
                Row::new(cells)
            });
        let header = Row::new(heads).style(theme.dim);
        frame.render_widget(
            Table::new(rows, widths)
                .header(header)
                .column_spacing(spacing),
            area,
        );
        self.window.mark(theme, frame, area);
    }
}

fn short_type(store: &KeyStore, is_wide: bool) -> &'static str {
    match (store.store_type.as_deref(), is_wide) {
        (Some("AWS_CLOUDHSM"), true) => "AWS_CLOUDHSM",
        (Some("AWS_CLOUDHSM"), false) => "CloudHSM",
        (Some("EXTERNAL_KEY_STORE"), true) => "EXTERNAL_KEY_STORE",
        (Some("EXTERNAL_KEY_STORE"), false) => "external",
        _ => "–",
    }
}

/// `3`, or `3+` where more may be in it.
fn count_text(keys: &StoreKeys) -> String {
    let more = if keys.not_described > 0 { "+" } else { "" };
    format!("{}{more}", grouped(keys.names.len()))
}

impl Screen for KeyStoresScreen {
    fn contexts(&self) -> Vec<Context> {
        vec![Context::KeyStores]
    }

    fn can(&self, action: Action, core: &Core) -> bool {
        let current = self.current().map(|(_, store)| store);
        match action {
            Action::OpenDetails | Action::Copy => current.is_some(),
            Action::Connect => {
                !self.changing.is_under_way() && current.is_some_and(KeyStore::can_connect)
            }
            Action::Remove => {
                !self.changing.is_under_way() && current.is_some_and(KeyStore::can_disconnect)
            }
            Action::DescribeAll => !core.listing.keys.is_empty(),
            _ => true,
        }
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        let current = self.current();
        let current = current.map(|(region, store)| (region.to_owned(), store.clone()));
        match (action, current) {
            (Action::Back, _) => return Flow::Back,
            (Action::Refresh, _) => self.ask(core),
            (Action::DescribeAll, _) => core.toggle_sweep(FactSet::of(Fact::Details)),
            (Action::OpenDetails, Some((region, store))) => {
                return Flow::Open(Route::KeyStore(region, Box::new(store)));
            }
            (Action::Copy, Some((_, store))) => return Flow::Open(Route::Copy(copy_items(&store))),
            (Action::Connect, Some((region, store))) => {
                let spec = &CONNECT_CUSTOM_KEY_STORE;
                return change(spec, &region, &store, &mut self.changing, core);
            }
            (Action::Remove, Some((region, store))) => {
                let spec = &DISCONNECT_CUSTOM_KEY_STORE;
                return change(spec, &region, &store, &mut self.changing, core);
            }
            _ => {
                let len = self.stores().len();
                self.window.step(action, core, len);
            }
        }
        Flow::Stay
    }

    fn click(&mut self, _x: u16, y: u16, _core: &mut Core) -> bool {
        let len = self.stores().len();
        self.window.click(y, len)
    }

    fn settle(&mut self, core: &mut Core) -> Option<Vec<u32>> {
        for watch in &mut self.watches {
            watch.settle(core);
        }
        let len = self.stores().len();
        self.window.settle(core, len);
        Some(wanted_places(core))
    }

    fn sent(&mut self, job: JobId, _core: &mut Core) {
        self.changing.sent(job);
    }

    fn moves(&self) -> bool {
        self.changing.is_under_way() || self.watches.iter().any(StoreWatch::is_first_read)
    }

    fn wakes_in(&self, _core: &Core, now: Timestamp) -> Option<Duration> {
        self.watches
            .iter()
            .filter_map(|watch| watch.wakes_in(now))
            .min()
    }

    fn waits_for(&self, job: JobId) -> bool {
        self.changing.is(job) || self.watches.iter().any(|watch| watch.waits_for(job))
    }

    fn answer(&mut self, job: JobId, event: JobEvent, core: &mut Core) -> Flow {
        if self.changing.is(job) {
            let key = KeyRef::none(core.region());
            return self.changing.answer(event, &key, core);
        }
        if let Some(watch) = self.watches.iter_mut().find(|watch| watch.waits_for(job)) {
            watch.answer(event, core);
        }
        Flow::Stay
    }

    fn leave(&mut self, core: &mut Core) {
        for watch in &mut self.watches {
            watch.leave(core);
        }
    }

    fn is_at(&self, route: &Route) -> bool {
        matches!(route, Route::KeyStores)
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let [line, _, body] = list_window::areas(area);
        let stores = self.stores();
        let count = counted(stores.len(), "custom key store");
        frame.render_widget(Line::styled(format!(" {count}"), theme.dim), line);
        let Some((region, store)) = self.current() else {
            return self.draw_empty(core, theme, frame, view::pad(body, 2, 0));
        };
        let about = view::pad(body, 2, 0).width;
        let mut lines = failure_lines(store, about, theme);
        let keys = core.store_keys(region, &store.id);
        if let Some(note) = unknown_note(&keys, core, Context::KeyStores) {
            lines.extend(view::wrapped(&note, about, theme.dim));
        }
        let below = match lines.len() as u16 {
            0 => 0,
            wanted => (wanted + 1).min(ABOUT_ROWS).min(body.height / 2),
        };
        let [table, below] =
            Layout::vertical([Constraint::Fill(1), Constraint::Length(below)]).areas(body);
        self.draw_table(core, theme, frame, table);
        let text = Rect {
            y: below.y + 1,
            height: below.height.saturating_sub(1),
            ..view::pad(below, 2, 0)
        };
        scroll::text(frame, text, &lines, 0, theme);
    }
}
