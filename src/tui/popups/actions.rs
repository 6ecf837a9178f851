//! The operations, and which of them do for a key: in groups, narrowed by what is typed, the one
//! under the cursor explained below.

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Popup;
use crate::kms::text::{counted, cut_end, fit, printable, width};
use crate::kms::{KeyRef, OpId};
use crate::ops::bulk::takes_several;
use crate::ops::{Misfit, OPS, OpSpec};
use crate::tui::core::Core;
use crate::tui::core::note::Tone;
use crate::tui::flow::Flow;
use crate::tui::keymap::{Action, Context};
use crate::tui::route::Route;
use crate::tui::theme::Theme;
use crate::tui::view;
use crate::tui::widgets::input::Input;
use crate::tui::widgets::narrowing;
use crate::tui::widgets::popup_box::open_box;
use crate::tui::widgets::scroll;

/// Lines that explain the operation under the cursor.
const EXPLAINED: usize = 3;
/// Lines beside the operations: what is typed, a rule, and the explanation.
const AROUND: usize = EXPLAINED + 2;

struct Item {
    spec: &'static OpSpec,
    misfit: Option<Misfit>,
}

impl Item {
    /// Where it stands: what the key can never do is last, and so is what several keys cannot.
    fn title(&self, of_several: bool) -> &'static str {
        match self.misfit {
            Some(Misfit::Kind(_)) if of_several => "For one key at a time",
            Some(Misfit::Kind(_)) => "Not for this key",
            _ => self.spec.group.title(),
        }
    }
}

pub struct ActionMenu {
    /// As the forms will name the key.
    key: KeyRef,
    /// What the operations are narrowed to.
    input: Input,
    /// The operation under the cursor, once the user has moved it: it stays there when the key is
    /// described meanwhile, and the order changes.
    chosen: Option<OpId>,
    /// Marked keys, where the menu is about all of them.
    marked: usize,
}

impl ActionMenu {
    /// The menu of a key, in any of the four notations; of no key where none is meant.
    pub fn new(key: KeyRef) -> Self {
        ActionMenu {
            key,
            input: Input::default(),
            chosen: None,
            marked: 0,
        }
    }

    /// The menu of all marked keys; what is for one key alone is for the one under the cursor.
    pub fn of_marked(key: KeyRef, core: &Core) -> Self {
        ActionMenu {
            marked: core.listing.keys.marked(),
            ..ActionMenu::new(key)
        }
    }

    /// The operations that what is typed finds: those whose name has it before those whose summary
    /// does, where the key allows it; by groups where nothing is typed.
    fn items(&self, core: &Core) -> Vec<Item> {
        let metadata = core
            .listing
            .keys
            .find(&self.key)
            .and_then(|entry| entry.metadata());
        let typed = self.input.text().trim().to_lowercase();
        let words: Vec<&str> = typed.split_whitespace().collect();
        let finds = |text: &str| {
            let text = text.to_lowercase();
            words.iter().all(|word| text.contains(word))
        };
        // `disable-key` is how the command line spells it.
        let names =
            |spec: &OpSpec| finds(&format!("{} {}", spec.id.0, spec.command())) || typed.is_empty();
        let mut items: Vec<Item> = OPS
            .iter()
            .filter(|spec| names(spec) || finds(spec.summary))
            .map(|spec| Item {
                spec,
                misfit: match self.marked {
                    0 => metadata.and_then(|key| spec.misfit(key)),
                    _ if takes_several(spec) => None,
                    _ => Some(Misfit::Kind("is for one key at a time".to_owned())),
                },
            })
            .collect();
        items.sort_by_cached_key(|item| {
            let never = matches!(item.misfit, Some(Misfit::Kind(_)));
            let not_now = matches!(item.misfit, Some(Misfit::State(_)));
            // Of DisableKey and DisableKeyRotation, `disable` is the first.
            let length = if typed.is_empty() {
                0
            } else {
                item.spec.id.0.len()
            };
            (never, !names(item.spec), item.spec.group, not_now, length)
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

    /// What is said of the operation under the cursor.
    fn explained(item: &Item) -> String {
        let spec = item.spec;
        let why = match &item.misfit {
            None => String::new(),
            Some(Misfit::State(why)) => format!(" Not now: {why}."),
            Some(Misfit::Kind(why)) => format!(" It {why}."),
        };
        let dry_run = if spec.has_dry_run() { " · DryRun" } else { "" };
        format!("{}.{why} {}{dry_run}", spec.summary, spec.iam)
    }
}

impl Popup for ActionMenu {
    fn context(&self) -> Context {
        Context::Picker
    }

    fn can(&self, action: Action, core: &Core) -> bool {
        let found = self.items(core).len();
        match action {
            Action::Accept => found > 0,
            Action::Up | Action::Down => found > 1,
            _ => true,
        }
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        let items = self.items(core);
        let mut place = self.place(&items);
        if action != Action::Accept {
            // From the last to the first, and back.
            let last = items.len().saturating_sub(1);
            let moved = match action {
                Action::Up if place == 0 => {
                    place = last;
                    true
                }
                Action::Down if place == last => {
                    place = 0;
                    true
                }
                _ => scroll::step(&mut place, action, 5, items.len()),
            };
            if moved {
                self.chosen = items.get(place).map(|item| item.spec.id);
            }
            return Flow::Stay;
        }
        let Some(item) = items.get(place) else {
            return Flow::Stay;
        };
        if self.marked > 0 {
            if takes_several(item.spec) {
                return Flow::Open(Route::BulkForm(item.spec));
            }
            core.say_one_key(item.spec);
            return Flow::Open(core.form_for(item.spec, &self.key));
        }
        if let Some(Misfit::Kind(needs)) = &item.misfit {
            core.say(Tone::Warn, format!("{} {needs}.", item.spec.id));
            return Flow::Stay;
        }
        Flow::Open(core.form_for(item.spec, &self.key))
    }

    fn key(&mut self, key: KeyEvent) {
        if self.input.key(key) {
            self.chosen = None;
        }
    }

    fn paste(&mut self, text: &str, core: &mut Core) {
        core.say_pasted(self.input.paste(text));
        self.chosen = None;
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, body: Rect) {
        let items = self.items(core);
        let chosen_at = self.place(&items);
        let names = OPS.iter().map(|spec| width(spec.id.0)).max().unwrap_or(0);
        let columns = (body.width as usize).saturating_sub(6).min(names + 72);
        let title = match self.key.id.as_str() {
            _ if self.marked > 0 => {
                format!("Operations with {}", counted(self.marked, "marked key"))
            }
            "" => "Operations".to_owned(),
            key => format!("Operations with {}", cut_end(&printable(key), columns - 20)),
        };
        let rows = rows_of(&items, self.marked > 0);
        // As high as it is with all of them, so that it stays where it is while one types.
        let most = OPS.len() + 5;
        let inside = open_box(frame, body, &title, columns, most + AROUND, theme);
        narrowing::draw(&self.input, theme, frame, inside);
        let room = (inside.width as usize).saturating_sub(names + 5);
        let lines: Vec<Line> = rows
            .iter()
            .map(|row| match row {
                Row::Title(title) => Line::styled((*title).to_owned(), theme.title),
                Row::Item(at) => line(&items[*at], *at == chosen_at, names, room, theme),
            })
            .collect();
        let height = (inside.height as usize).saturating_sub(AROUND);
        let list = Rect {
            y: inside.y + 1,
            height: height as u16,
            ..inside
        };
        if items.is_empty() {
            let nothing = "No operation has that in its name or in what it does.";
            frame.render_widget(Span::styled(nothing, theme.dim), list);
            return;
        }
        let at = rows
            .iter()
            .position(|row| matches!(row, Row::Item(at) if *at == chosen_at))
            .unwrap_or(0);
        // With the title above the first one.
        let offset = match at {
            ..=1 => 0,
            at => scroll::follow(0, at, height, lines.len()),
        };
        scroll::text(frame, list, &lines, offset, theme);
        let rule = "─".repeat(inside.width as usize);
        let below = Rect {
            y: list.bottom(),
            height: 1,
            ..inside
        };
        frame.render_widget(Span::styled(rule, theme.dim), below);
        let text = ActionMenu::explained(&items[chosen_at]);
        let explained = view::wrapped(&text, inside.width, theme.text);
        let explained_at = Rect {
            y: below.bottom(),
            height: EXPLAINED as u16,
            ..inside
        };
        scroll::text(frame, explained_at, &explained, 0, theme);
    }
}

enum Row {
    Title(&'static str),
    /// An item, by its place.
    Item(usize),
}

/// The items, each group under its title.
fn rows_of(items: &[Item], of_several: bool) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut last = "";
    for (at, item) in items.iter().enumerate() {
        if item.title(of_several) != last {
            last = item.title(of_several);
            rows.push(Row::Title(last));
        }
        rows.push(Row::Item(at));
    }
    rows
}

fn line(item: &Item, chosen: bool, names: usize, room: usize, theme: &Theme) -> Line<'static> {
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
}
