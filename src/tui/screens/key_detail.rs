//! All about one key, in tabs that load each by itself.

mod cache;
mod draw;
mod load;
mod tabs;

use crossterm::event::KeyEvent;
use jiff::Timestamp;

use super::form::FormScreen;
use super::matrix::MatrixScreen;
use super::{Flow, Screen};
use crate::catalog::inventory::{Details, RegionIndex};
use crate::gateway::Session;
use crate::kms::key::KeyMetadata;
use crate::kms::key_id;
use crate::kms::text::width;
use crate::matrix::Row;
use crate::ops::GENERATE_DATA_KEY_WITHOUT_PLAINTEXT;
use crate::reads::{DESCRIBE_KEY, ReadAnswer, ReadSpec};
use crate::tui::app::Core;
use crate::tui::jobs::{Job, JobEvent, JobId};
use crate::tui::keymap::{Action, Context};
use crate::tui::popups::Popup;
use crate::tui::popups::actions::ActionMenu;
use crate::tui::popups::copy::CopyMenu;
use crate::tui::theme::Theme;
use crate::tui::view;
use crate::tui::widgets::scroll;
use crate::tui::widgets::search::Search;

pub use cache::DetailCache;
use cache::{Kept, Loads};
use load::Load;
use tabs::TABS;
pub use tabs::metadata::summary;

pub struct KeyDetailScreen {
    /// When the tabs were loaded, where that was at an earlier visit.
    loaded_at: Option<Timestamp>,
    /// As it was opened: a key ID, or what the user typed.
    key_id: String,
    region: RegionIndex,
    /// The tab that is shown, by its index in TABS.
    tab: usize,
    loads: Loads,
    scroll: usize,
    search: Search,
}

impl KeyDetailScreen {
    /// Opens the details, and begins to load all tabs. `key_id` in any of the four notations.
    pub fn open(key_id: &str, region: RegionIndex, core: &mut Core) -> Self {
        let kept = core.details.take(key_id, region);
        let mut screen = KeyDetailScreen {
            loaded_at: kept.as_ref().map(|kept| kept.at),
            key_id: key_id.to_owned(),
            region,
            tab: 0,
            loads: kept.map_or_else(Loads::default, |kept| kept.loads),
            scroll: 0,
            search: Search::default(),
        };
        if let Some(session) = core.session_of(region).cloned() {
            screen.ask_missing(&session, core);
        }
        screen
    }

    /// Opens the details of a key that the user named, in the first Region of the list.
    ///
    /// Errors: a sentence that names the rule and the fix.
    pub fn open_typed(key_id: &str, core: &mut Core) -> Result<Self, String> {
        key_id::parse(key_id).map_err(|error| error.to_string())?;
        if core.session().is_none() {
            return Err("Not connected: r on the list of keys tries again.".into());
        }
        Ok(KeyDetailScreen::open(key_id, 0, core))
    }

    /// Loads everything anew.
    fn load(&mut self, session: &Session, core: &mut Core) {
        self.give_up(core);
        self.loads = Loads::default();
        self.loaded_at = None;
        self.ask_missing(session, core);
    }

    fn ask_missing(&mut self, session: &Session, core: &mut Core) {
        let takes_all = matches!(
            key_id::parse(&self.key_id).map(|id| id.notation),
            Ok(key_id::Notation::KeyId | key_id::Notation::KeyArn)
        );
        let described = self.metadata().is_some();
        self.ask_where(session, core, |read| {
            takes_all || described || read.takes_alias
        });
    }

    /// Asks what was not asked yet, of the reads that fit.
    fn ask_where(&mut self, session: &Session, core: &mut Core, fits: impl Fn(&ReadSpec) -> bool) {
        let key_id = self.call_id();
        for (load, read) in self.loads.with_reads() {
            if matches!(load, Load::NotAsked) && fits(read) {
                let job = Job::Read(session.clone(), read, key_id.clone());
                *load = Load::Loading(core.start(job));
            }
        }
    }

    /// What the calls name the key by: an ARN as soon as there is one, since another account's
    /// key is found by nothing else.
    fn call_id(&self) -> String {
        match self.metadata().and_then(|metadata| metadata.arn.as_deref()) {
            Some(arn) => arn.to_owned(),
            None => self.key_id.clone(),
        }
    }

    fn metadata(&self) -> Option<&KeyMetadata> {
        match self.loads.answer(0)? {
            ReadAnswer::Metadata(metadata) => Some(metadata),
            _ => None,
        }
    }

    pub fn moves(&self) -> bool {
        self.loads.under_way().next().is_some()
    }

    pub fn waits_for(&self, id: JobId) -> bool {
        self.loads.under_way().any(|job| job == id)
    }

    pub fn answer(&mut self, id: JobId, event: JobEvent, core: &mut Core) {
        let JobEvent::Read(answer) = event else {
            return;
        };
        let Some(read) = self.loads.take(id, answer) else {
            return;
        };
        self.share_metadata(core);
        if std::ptr::eq(read, &DESCRIBE_KEY)
            && let Some(session) = core.session_of(self.region).cloned()
        {
            self.ask_where(&session, core, |_| true);
        }
    }

    /// The list shows what is newer here.
    fn share_metadata(&self, core: &mut Core) {
        if let Some(metadata) = self.metadata()
            && let Some(place) = core.keys.place_of(self.region, &metadata.key_id)
        {
            let known = Details::Known(Box::new(metadata.clone()));
            core.keys.set_details(place, known);
        }
    }

    /// Gives up what is under way, and keeps what came.
    pub fn leave(&mut self, core: &mut Core) {
        self.give_up(core);
        let kept = Kept {
            key_id: std::mem::take(&mut self.key_id),
            region: self.region,
            at: self.loaded_at.unwrap_or(core.now),
            loads: std::mem::take(&mut self.loads).answered(),
        };
        core.details.put(kept);
    }

    fn give_up(&self, core: &mut Core) {
        for id in self.loads.under_way() {
            core.cancel(id);
        }
    }

    pub fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        let step = |by: usize, tab: usize| (tab + by) % TABS.len();
        match action {
            Action::Back if self.search.is_editing() || self.search.is_on() => self.search.clear(),
            Action::Back => return Flow::Back,
            Action::Filter => self.search.edit(),
            Action::Accept => self.search.keep(),
            Action::NextMatch | Action::PrevMatch => {
                let lines = self.lines(core, text_columns(core), &Theme::mono());
                let line = self.search.turn(&lines, action == Action::NextMatch);
                self.show(line, core);
            }
            Action::NextTab => (self.tab, self.scroll) = (step(1, self.tab), 0),
            Action::PrevTab => (self.tab, self.scroll) = (step(TABS.len() - 1, self.tab), 0),
            Action::Refresh => {
                if let Some(session) = core.session_of(self.region).cloned() {
                    self.load(&session, core);
                }
            }
            Action::Matrix => {
                let row = core
                    .keys
                    .resolve(self.region, &self.key_id)
                    .map(|entry| Row::of(entry, core.call_id(entry)))
                    .unwrap_or_else(|| Row {
                        key_id: self.call_id(),
                        arn: self.metadata().and_then(|key| key.arn.clone()),
                        name: self.key_id.clone(),
                        aliases: Vec::new(),
                        region: self.region,
                        metadata: self.metadata().map(|key| Box::new(key.clone())),
                    });
                let screen = MatrixScreen::new(vec![row], core);
                return Flow::push(Screen::Matrix(Box::new(screen)));
            }
            Action::Actions => {
                let menu = ActionMenu::new(self.reference(core), self.region);
                return Flow::popup(Popup::Actions(menu));
            }
            Action::GenerateDataKey => {
                let key = self.reference(core);
                let form = FormScreen::new(
                    &GENERATE_DATA_KEY_WITHOUT_PLAINTEXT,
                    &key,
                    self.region,
                    core,
                );
                return Flow::push(Screen::Form(Box::new(form)));
            }
            Action::Copy => {
                let aliases = self.aliases(core);
                let texts: Vec<(&str, String)> = self.loads.texts().collect();
                let texts: Vec<_> = texts
                    .iter()
                    .map(|(label, text)| (*label, Some(text.as_str())))
                    .collect();
                let menu = CopyMenu::of_key_detail(&self.key_id, self.metadata(), &aliases, &texts);
                return Flow::popup(Popup::Copy(menu));
            }
            _ => {
                let height = text_rows(core);
                let len = self.lines(core, text_columns(core), &Theme::mono()).len();
                let furthest = scroll::furthest(len, height);
                scroll::step(
                    &mut self.scroll,
                    action,
                    height.saturating_sub(1),
                    furthest + 1,
                );
            }
        }
        Flow::Stay
    }

    pub fn contexts(&self) -> Vec<Context> {
        match self.search.is_editing() {
            true => vec![Context::Search, Context::KeyDetail],
            false => vec![Context::KeyDetail],
        }
    }

    pub fn can(&self, action: Action) -> bool {
        match action {
            Action::NextMatch | Action::PrevMatch => self.search.is_on(),
            _ => true,
        }
    }

    pub fn key(&mut self, key: KeyEvent, core: &Core) {
        if self.search.key(key) {
            self.show_match(core);
        }
    }

    pub fn paste(&mut self, text: &str, core: &Core) {
        self.search.paste(text);
        self.show_match(core);
    }

    fn show_match(&mut self, core: &Core) {
        let lines = self.lines(core, text_columns(core), &Theme::mono());
        self.show(self.search.line(&lines), core);
    }

    /// Scrolls to a line, where there is one.
    fn show(&mut self, line: Option<usize>, core: &Core) {
        if let Some(line) = line {
            let len = self.lines(core, text_columns(core), &Theme::mono()).len();
            self.scroll = scroll::follow(self.scroll, line, text_rows(core), len);
        }
    }

    /// How a request names the key: as the user did, else by an alias, else by its ID; another
    /// account's by its ARN.
    fn reference(&self, core: &Core) -> String {
        if key_id::parse(&self.key_id).is_ok_and(|id| id.notation != key_id::Notation::KeyId) {
            return self.key_id.clone();
        }
        match core.keys.get(self.region, &self.key_id) {
            Some(entry) => entry.reference().to_owned(),
            None => self.key_id.clone(),
        }
    }

    fn aliases(&self, core: &Core) -> Vec<String> {
        let id = self
            .metadata()
            .map_or(self.key_id.as_str(), |metadata| &metadata.key_id);
        let entry = core.keys.get(self.region, id);
        entry.map_or_else(Vec::new, |entry| {
            entry
                .aliases
                .iter()
                .map(|alias| alias.to_string())
                .collect()
        })
    }

    /// A click on a tab's title opens it.
    pub fn click(&mut self, x: u16, y: u16) {
        if y != draw::TABS_ROW {
            return;
        }
        let mut from = 1;
        for tab in 0..TABS.len() {
            let to = from + width(&self.tab_text(tab, 0)) as u16;
            if (from..to).contains(&x) {
                (self.tab, self.scroll) = (tab, 0);
                return;
            }
            from = to + 1;
        }
    }
}

/// Columns that a tab's text has.
fn text_columns(core: &Core) -> u16 {
    core.size.0.saturating_sub(3)
}

/// Rows that a tab's text has.
fn text_rows(core: &Core) -> usize {
    view::body_rows(core.size).saturating_sub(4) as usize
}
