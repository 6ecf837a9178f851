//! The aliases: which key each points to, and those that point to none.

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Row, Table};

use super::Screen;
use crate::catalog::inventory::{Entry, Inventory, RegionIndex, is_aws_alias};
use crate::kms::text::{counted, cut_end, cut_middle, grouped, printable};
use crate::kms::{KeyRef, Request, Value};
use crate::ops::fields::ALIAS_NAME;
use crate::ops::{CREATE_ALIAS, DELETE_ALIAS, GENERATE_DATA_KEY_WITHOUT_PLAINTEXT, UPDATE_ALIAS};
use crate::tui::changing::Changing;
use crate::tui::copy_items::CopyItem;
use crate::tui::core::Core;
use crate::tui::core::listing::ListState;
use crate::tui::core::note::Tone;
use crate::tui::flow::Flow;
use crate::tui::jobs::{JobEvent, JobId};
use crate::tui::keymap::{Action, Context};
use crate::tui::route::Route;
use crate::tui::theme::Theme;
use crate::tui::view;
use crate::tui::widgets::filter_line::{self, FilterLine};
use crate::tui::widgets::key_state::state_text;
use crate::tui::widgets::list_window::{self, ListWindow};
use crate::tui::widgets::scroll;

/// An alias.
struct AliasRow {
    name: Box<str>,
    region: RegionIndex,
    /// The ID of its key; None for one with no target.
    key_id: Option<Box<str>>,
}

impl AliasRow {
    /// What the list knows of its key: nothing, while the list is begun anew.
    fn entry<'a>(&self, keys: &'a Inventory) -> Option<&'a Entry> {
        keys.get(self.region, self.key_id.as_deref()?)
    }
}

#[derive(Default)]
pub struct AliasesScreen {
    /// By name.
    all: Vec<AliasRow>,
    /// Those that the filter lets through.
    rows: Vec<u32>,
    /// What of the inventory is in `all`: epoch, and how much had come.
    made_of: (u64, usize, usize),
    /// The step of the clock at which that was.
    made_at: usize,
    filtered_by: Option<String>,
    filter: FilterLine,
    window: ListWindow,
    changing: Changing,
}

impl AliasesScreen {
    fn current(&self) -> Option<&AliasRow> {
        self.all.get(*self.rows.get(self.window.selected)? as usize)
    }

    fn draw_empty(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let lines = match core.listing.aliases_list() {
            _ if !self.all.is_empty() => vec![
                Line::raw("No alias matches."),
                filter_line::how_to_clear(Context::Aliases, &core.keymap, theme),
            ],
            ListState::Failed(error) => {
                let title = match error.is_access_denied() {
                    true => "You may not list aliases here (kms:ListAliases)",
                    false => "The aliases could not be listed",
                };
                view::failure(title, error, area.width, theme)
            }
            ListState::Done => vec![Line::raw(
                "There are no aliases in this account and Region.",
            )],
            _ => vec![Line::styled(
                format!("{} Listing aliases …", view::spinner(core.ticks)),
                theme.dim,
            )],
        };
        scroll::text(frame, area, &lines, 0, theme);
    }
}

impl Screen for AliasesScreen {
    fn contexts(&self) -> Vec<Context> {
        match self.filter.is_editing() {
            true => vec![Context::Filter, Context::Aliases],
            false => vec![Context::Aliases],
        }
    }

    fn can(&self, action: Action, core: &Core) -> bool {
        let current = self.current();
        let named = |row: &AliasRow| !core.listing.keys.region_name(row.region).is_empty();
        match action {
            Action::GenerateDataKey | Action::Actions => current.is_some_and(named),
            Action::OpenDetails => current.is_some_and(|row| row.key_id.is_some()),
            Action::Copy => current.is_some(),
            Action::New => !core.region().is_empty(),
            Action::Edit | Action::Remove => {
                !self.changing.is_under_way()
                    && current.is_some_and(|row| named(row) && !is_aws_alias(&row.name))
            }
            Action::Filter => !self.all.is_empty(),
            // There are no words of its own to complete.
            Action::Complete | Action::Older | Action::Newer => false,
            _ => true,
        }
    }

    fn subject(&self, core: &Core) -> KeyRef {
        match self.current() {
            Some(row) => key_ref(row, core),
            None => KeyRef::none(core.region()),
        }
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        match action {
            Action::Filter => self.filter.edit(),
            Action::Accept => self.filter.keep(),
            Action::Back if self.filter.is_editing() || !self.filter.is_empty() => {
                self.filter.clear();
            }
            Action::Back => return Flow::Back,
            Action::Refresh => core.refresh(),
            Action::OpenDetails => {
                let row = self.current();
                let Some((row, key_id)) = row.and_then(|row| Some((row, row.key_id.clone()?)))
                else {
                    core.say(Tone::Plain, "This alias points to no key.");
                    return Flow::Stay;
                };
                let region = core.listing.keys.region_name(row.region);
                return Flow::Open(Route::KeyDetail(KeyRef::new(region, key_id)));
            }
            Action::Actions => {
                if let Some(row) = self.current() {
                    return Flow::Open(Route::Actions(key_ref(row, core)));
                }
            }
            Action::New => return Flow::Operation(&CREATE_ALIAS),
            Action::Edit => return Flow::Operation(&UPDATE_ALIAS),
            Action::Remove => {
                if let Some(row) = self.current() {
                    let name = Value::Text(row.name.to_string());
                    let request = Request::new(DELETE_ALIAS.id).with(&ALIAS_NAME, name);
                    let key = key_ref(row, core);
                    return self.changing.begin(request, &key, core);
                }
            }
            Action::GenerateDataKey => {
                if let Some(row) = self.current() {
                    let spec = &GENERATE_DATA_KEY_WITHOUT_PLAINTEXT;
                    return Flow::Open(Route::Form(spec, key_ref(row, core)));
                }
            }
            Action::Copy => {
                if let Some(row) = self.current() {
                    let mut items = vec![CopyItem::text("AliasName", &*row.name)];
                    let target = row.key_id.as_deref();
                    items.extend(target.map(|id| CopyItem::text("TargetKeyId", id)));
                    let entry = row.entry(&core.listing.keys);
                    let arn = entry.and_then(|entry| entry.arn.as_deref());
                    items.extend(arn.map(|arn| CopyItem::text("KeyArn of the target", arn)));
                    return Flow::Open(Route::Copy(items));
                }
            }
            _ => {
                self.window.step(action, core, self.rows.len());
            }
        }
        Flow::Stay
    }

    fn sent(&mut self, job: JobId, _core: &mut Core) {
        self.changing.sent(job);
    }

    fn moves(&self) -> bool {
        self.changing.is_under_way()
    }

    fn waits_for(&self, job: JobId) -> bool {
        self.changing.is(job)
    }

    fn answer(&mut self, _job: JobId, event: JobEvent, core: &mut Core) -> Flow {
        let key = KeyRef::none(core.region());
        self.changing.answer(event, &key, core)
    }

    fn key(&mut self, key: KeyEvent, _core: &mut Core) {
        self.filter.key(key);
    }

    fn paste(&mut self, text: &str, core: &mut Core) {
        core.say_pasted(self.filter.paste(text));
    }

    fn click(&mut self, _x: u16, y: u16, _core: &mut Core) -> bool {
        self.window.click(y, self.rows.len())
    }

    fn settle(&mut self, core: &mut Core) -> Option<Vec<u32>> {
        let keys = &core.listing.keys;
        let made_of = (keys.epoch(), keys.named().len(), keys.unattached().len());
        let held = self.current().map(|row| (row.name.clone(), row.region));
        let mut changed = false;
        // While pages stream in, sorting all of them for each frame would hold the screen back.
        let is_due =
            !core.listing.is_listing() || self.made_at != core.ticks || self.all.is_empty();
        if self.made_of != made_of && is_due {
            self.made_of = made_of;
            self.made_at = core.ticks;
            self.all = all_aliases(keys);
            changed = true;
        }
        let filter = self.filter.text().trim().to_lowercase();
        if changed || self.filtered_by.as_ref() != Some(&filter) {
            let words: Vec<&str> = filter.split_whitespace().collect();
            let fits = |row: &AliasRow| {
                let name = row.name.to_lowercase();
                words.iter().all(|word| {
                    name.contains(word)
                        || row.key_id.as_deref().is_some_and(|id| id.starts_with(word))
                })
            };
            self.rows = (0..self.all.len() as u32)
                .filter(|at| fits(&self.all[*at as usize]))
                .collect();
            let same_filter = self.filtered_by.as_ref() == Some(&filter);
            self.filtered_by = Some(filter);
            // Aliases that come in leave the cursor on its own.
            let place = held.filter(|_| same_filter).and_then(|(name, region)| {
                self.rows.iter().position(|at| {
                    let row = &self.all[*at as usize];
                    row.name == name && row.region == region
                })
            });
            self.window.selected = place.unwrap_or(0);
        }
        let seen = self.window.settle(core, self.rows.len());
        let rows = self.rows[seen].iter().map(|at| &self.all[*at as usize]);
        let keys = &core.listing.keys;
        Some(
            rows.filter_map(|row| keys.place_of(row.region, row.key_id.as_deref()?))
                .collect(),
        )
    }

    fn is_at(&self, route: &Route) -> bool {
        matches!(route, Route::Aliases)
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let [line, _, table] = list_window::areas(area);
        let count = match self.filter.is_empty() {
            true => counted(self.all.len(), "alias"),
            false => format!(
                "{} of {}",
                grouped(self.rows.len()),
                counted(self.all.len(), "alias")
            ),
        };
        let partial = match core.listing.aliases_list() {
            ListState::Failed(_) if !self.all.is_empty() => ", partial",
            _ => "",
        };
        frame.render_widget(
            Line::styled(format!("Aliases: {count}{partial} "), theme.dim).right_aligned(),
            line,
        );
        let keys = (Context::Aliases, &core.keymap);
        self.filter
            .draw(!self.all.is_empty(), keys, theme, frame, line);
        if self.rows.is_empty() {
            self.draw_empty(core, theme, frame, view::pad(table, 2, 0));
            return;
        }
        let several = core.listing.lists.len() > 1;
        let target = if area.width < 120 { 17 } else { 36 };
        let others = target + 15 + 11 + 6 + if several { 16 } else { 0 };
        let alias = (area.width as usize).saturating_sub(others as usize + 2);
        let mut widths = vec![
            Constraint::Fill(1),
            Constraint::Length(target),
            Constraint::Length(15),
            Constraint::Length(11),
        ];
        let mut heads = vec!["  ALIAS", "TARGET KEY ID", "STATE", "MANAGER"];
        if several {
            widths.insert(1, Constraint::Length(14));
            heads.insert(1, "REGION");
        }
        let rows = self.window.seen(&self.rows, table);
        let rows = rows.map(|(place, at)| {
            let row = &self.all[*at as usize];
            let marker = self.window.marker(place);
            let mut cells = vec![Cell::from(format!(
                "{marker}{}",
                cut_end(&printable(&row.name), alias)
            ))];
            if several {
                cells.push(Cell::from(
                    core.listing.keys.region_name(row.region).to_owned(),
                ));
            }
            match &row.key_id {
                Some(id) => {
                    let id = printable(id).into_owned();
                    cells.push(Cell::from(cut_middle(&id, target.into()).into_owned()));
                    cells.push(match row.entry(&core.listing.keys) {
                        Some(entry) => {
                            let (glyph, state, style) = state_text(entry, core, theme);
                            Cell::from(Line::from(vec![
                                Span::styled(format!("{glyph} "), style),
                                Span::raw(cut_end(&state, 13).into_owned()),
                            ]))
                        }
                        None => Cell::from(Span::styled(view::spinner(core.ticks), theme.dim)),
                    });
                }
                None => {
                    cells.push(Cell::from(Span::styled("no target", theme.warn)));
                    cells.push(Cell::from("–"));
                }
            }
            let manager = if is_aws_alias(&row.name) {
                "AWS"
            } else {
                "customer"
            };
            cells.push(Cell::from(manager));
            Row::new(cells)
        });
        let header = Row::new(heads).style(theme.dim);
        frame.render_widget(
            Table::new(rows, widths).header(header).column_spacing(2),
            table,
        );
        self.window.mark(theme, frame, table);
    }
}

/// The alias as a form names its key.
fn key_ref(row: &AliasRow, core: &Core) -> KeyRef {
    KeyRef::new(core.listing.keys.region_name(row.region), &*row.name)
}

/// Every alias, by name.
fn all_aliases(keys: &Inventory) -> Vec<AliasRow> {
    let mut all = Vec::with_capacity(keys.alias_count());
    for entry in keys.entries() {
        all.extend(entry.aliases.iter().map(|name| AliasRow {
            name: name.clone(),
            region: entry.region,
            key_id: Some(entry.key_id.clone()),
        }));
    }
    all.extend(keys.unattached().iter().map(|(region, alias)| AliasRow {
        name: alias.name.as_str().into(),
        region: *region,
        key_id: None,
    }));
    all.sort_unstable_by(|a, b| {
        let rank = |row: &AliasRow| is_aws_alias(&row.name);
        (rank(a), &a.name, a.region).cmp(&(rank(b), &b.name, b.region))
    });
    all
}
