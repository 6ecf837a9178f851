//! All about one key, in tabs that load each by itself.

mod draw;
mod layout;
mod load;
mod loads;
mod tabs;

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::KeyEvent;
use jiff::{SignedDuration, Timestamp};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::Screen;
use crate::catalog::inventory::Details;
use crate::kms::key::KeyMetadata;
use crate::kms::text::width;
use crate::kms::times::countdown_step;
use crate::kms::{KeyRef, SecretBytes, key_id};
use crate::matrix::Row;
use crate::ops::{GENERATE_DATA_KEY_WITHOUT_PLAINTEXT, Misfit, OPS};
use crate::reads::{DESCRIBE_KEY, LIST_GRANTS, RELATED_KEYS, ReadAnswer, ReadSpec};
use crate::tui::changing::Changing;
use crate::tui::copy_items;
use crate::tui::core::Core;
use crate::tui::core::note::Tone;
use crate::tui::flow::Flow;
use crate::tui::jobs::{Job, JobEvent, JobId};
use crate::tui::keymap::{Action, Context};
use crate::tui::route::{Asks, Route};
use crate::tui::theme::Theme;
use crate::tui::widgets::scroll;
use crate::tui::widgets::search::Search;

use layout::TabRow;
use load::Load;
use loads::{KeptDetails, Loads};
use tabs::{Begun, Subject, TABS, TabSpec};

pub struct KeyDetailScreen {
    /// When the first of the tabs was loaded.
    loaded_at: Option<Timestamp>,
    /// As it was opened: by a key ID, or what the user typed.
    key: KeyRef,
    /// Whether that was at an earlier visit.
    was_kept: bool,
    /// Changes of the account that what is shown takes in.
    changes_seen: usize,
    /// The tab that is shown, by its index in TABS.
    tab: usize,
    loads: Loads,
    scroll: usize,
    /// The thing under the cursor, where the tab lists some.
    row: usize,
    /// The ID of the grant that it was opened for, until that is found.
    looked_for: Option<String>,
    changing: Changing,
    search: Search,
}

impl KeyDetailScreen {
    /// Begins to load all tabs; the key in any of the four notations.
    pub fn new(key: KeyRef, core: &mut Core) -> Self {
        let kept: Option<KeptDetails> = core.kept.details.take(&key);
        let mut screen = KeyDetailScreen {
            loaded_at: kept.as_ref().map(|kept| kept.at),
            was_kept: kept.is_some(),
            key,
            changes_seen: core.changes_so_far(),
            tab: 0,
            loads: kept.map_or_else(Loads::default, |kept| kept.loads),
            scroll: 0,
            row: 0,
            looked_for: None,
            changing: Changing::default(),
            search: Search::default(),
        };
        screen.ask_missing(core);
        screen
    }

    /// The same, at one of the key's grants.
    pub fn at_grant(key: KeyRef, grant_id: String, core: &mut Core) -> Self {
        let mut screen = KeyDetailScreen::new(key, core);
        let is_of_grants = |tab: &&TabSpec| std::ptr::eq(tab.reads[0], &LIST_GRANTS);
        screen.tab = TABS.iter().position(is_of_grants).unwrap_or(0);
        screen.looked_for = Some(grant_id);
        screen.go_to_grant(core);
        screen
    }

    /// Puts the cursor on the grant that is looked for, once the grants are there.
    fn go_to_grant(&mut self, core: &mut Core) {
        let Some(ReadAnswer::Grants(grants)) = self.answer_shown() else {
            return;
        };
        let Some(wanted) = &self.looked_for else {
            return;
        };
        match grants.iter().position(|grant| grant.grant_id == *wanted) {
            Some(row) => {
                self.row = row;
                self.show_row(core);
            }
            None => core.say(Tone::Warn, "That grant is no longer there."),
        }
        self.looked_for = None;
    }

    /// Loads everything anew.
    fn load(&mut self, core: &mut Core) {
        self.give_up(core);
        self.loads = Loads::default();
        (self.loaded_at, self.was_kept) = (None, false);
        self.ask_missing(core);
    }

    fn ask_missing(&mut self, core: &mut Core) {
        let takes_all = matches!(
            key_id::parse(&self.key.id).map(|id| id.notation),
            Ok(key_id::Notation::KeyId | key_id::Notation::KeyArn)
        );
        let described = self.metadata().is_some();
        self.ask_where(core, |read| takes_all || described || read.takes_alias);
    }

    /// Asks what was not asked yet, of the reads that fit.
    fn ask_where(&mut self, core: &mut Core, fits: impl Fn(&ReadSpec) -> bool) {
        let Some(session) = core.session_in(&self.key.region).cloned() else {
            return;
        };
        let key_id = self.call_id();
        // Of which kind the key is, DescribeKey tells; where it tells nothing, all is tried.
        let is_told = matches!(self.loads.of_tab(0), [Load::Failed(_), ..]);
        let wanted: Vec<bool> = loads::reads()
            .map(|read| fits(read) && self.is_for_key(read, core).unwrap_or(is_told))
            .collect();
        for ((load, read), is_wanted) in self.loads.with_reads().zip(wanted) {
            if matches!(load, Load::NotAsked) && is_wanted {
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
            None => self.key.id.clone(),
        }
    }

    fn metadata(&self) -> Option<&KeyMetadata> {
        match self.loads.answer(0)? {
            ReadAnswer::Metadata(metadata) => Some(metadata),
            _ => None,
        }
    }

    /// What is known of the key by now: by the list, where DescribeKey has not answered here.
    fn known_metadata<'a>(&'a self, core: &'a Core) -> Option<&'a KeyMetadata> {
        let listed = || core.listing.keys.find(&self.key)?.metadata();
        self.metadata().or_else(listed)
    }

    /// Whether keys of this kind have what is read; None where the kind is not known.
    fn is_for_key(&self, read: &ReadSpec, core: &Core) -> Option<bool> {
        if read.id == RELATED_KEYS.id {
            return Some(self.known_metadata(core)?.multi_region.is_some());
        }
        let Some(spec) = OPS.iter().find(|spec| spec.id == read.id) else {
            return Some(true);
        };
        let misfit = spec.misfit(self.known_metadata(core)?);
        Some(!matches!(misfit, Some(Misfit::Kind(_))))
    }

    /// The tabs that there are for the key, by their indices in TABS.
    fn shown_tabs(&self, core: &Core) -> Vec<usize> {
        let is_shown = |tab: &usize| self.is_for_key(TABS[*tab].reads[0], core) != Some(false);
        (0..TABS.len()).filter(is_shown).collect()
    }

    /// Columns that a tab's text has.
    fn text_columns(&self, core: &Core) -> u16 {
        let all = Rect::new(0, 0, core.size.0, 1);
        layout::panes(all, self.has_second_pane()).0.width
    }

    /// Whether there is something to be seen beside the tab, where there is room.
    fn has_second_pane(&self) -> bool {
        self.tab != 0 && self.metadata().is_some()
    }

    /// Where their titles stand.
    fn tab_row(&self, shown: &[usize], core: &Core) -> TabRow {
        let widths: Vec<u16> = shown
            .iter()
            .map(|tab| width(&self.tab_text(*tab, 0)) as u16)
            .collect();
        let current = shown.iter().position(|tab| *tab == self.tab);
        layout::tab_row(&widths, current.unwrap_or(0), core.size.0)
    }

    /// Goes that many tabs on, round and round.
    fn turn_tabs(&mut self, by: isize, core: &Core) {
        let shown = self.shown_tabs(core);
        let current = shown.iter().position(|tab| *tab == self.tab).unwrap_or(0);
        let next = (current as isize + by).rem_euclid(shown.len() as isize);
        self.go_to_tab(shown[next as usize]);
    }

    /// When the first of the key's imported materials expires that have not so far as was read.
    fn expires_at(&self) -> Option<Timestamp> {
        let read = self.loaded_at?;
        let of_key = self.metadata().and_then(|key| key.valid_to);
        let of_materials = self.loads.answers().flat_map(|answer| match answer {
            ReadAnswer::Rotations(rotations) => rotations.as_slice(),
            _ => &[],
        });
        let all = of_materials.filter_map(|material| material.valid_to);
        all.chain(of_key).filter(|at| *at > read).min()
    }

    /// Whether the tab with the policy is shown, and the policy is there.
    fn shows_policy(&self) -> bool {
        matches!(self.loads.answer(self.tab), Some(ReadAnswer::Policy(_)))
    }

    /// The policy that this run has replaced.
    fn policy_before<'a>(&self, core: &'a Core) -> Option<&'a String> {
        let key = self.key.with_id(self.call_id());
        core.kept.policies_before.get(&key)
    }

    /// The public key that is shown, as DER.
    fn public_key(&self) -> Option<&[u8]> {
        match self.loads.answer(self.tab)? {
            ReadAnswer::PublicKey(der) => Some(der),
            _ => None,
        }
    }

    /// The list shows what is newer here.
    fn share_metadata(&self, core: &mut Core) {
        // What was asked before a change tells of the time before.
        if self.changes_seen == core.changes_so_far()
            && let Some(metadata) = self.metadata()
            && let Some(place) = core
                .listing
                .keys
                .find_place(&self.key.with_id(&*metadata.key_id))
        {
            let known = Details::Known(Box::new(metadata.clone()));
            core.listing.keys.set_details(place, known);
        }
    }

    fn go_to_tab(&mut self, tab: usize) {
        (self.tab, self.scroll, self.row) = (tab, 0, 0);
    }

    /// Moves the cursor, where the tab lists things; whether it does.
    fn step_rows(&mut self, action: Action, core: &Core) -> bool {
        let rows = self
            .rows(core, self.text_columns(core), &Theme::mono())
            .len();
        if rows == 0 || !scroll::step(&mut self.row, action, 5, rows) {
            return false;
        }
        self.show_row(core);
        true
    }

    /// Scrolls to the thing under the cursor.
    fn show_row(&mut self, core: &Core) {
        let rows = self.rows(core, self.text_columns(core), &Theme::mono());
        let first: usize = rows[..self.row].iter().map(Vec::len).sum();
        let last = first + rows[self.row].len().saturating_sub(1);
        // All of it where there is room, and its beginning in any case.
        self.show(Some(last), core);
        self.show(Some(first), core);
    }

    /// What an action begins on the tab that is shown.
    fn begun(&self, action: Action) -> Option<Begun> {
        let key_id = self.call_id();
        (TABS[self.tab].begins)(
            action,
            &Subject {
                answer: self.answer_shown()?,
                others: &self.loads.of_tab(self.tab)[1..],
                row: self.row,
                key_id: &key_id,
                metadata: self.metadata(),
            },
        )
    }

    fn begin(&mut self, action: Action, core: &mut Core) -> Flow {
        match self.begun(action) {
            None => Flow::Stay,
            Some(Begun::Form(request)) => {
                Flow::Open(Route::FilledForm(Box::new(request), self.key.clone()))
            }
            Some(Begun::Send(request)) => self.changing.begin(request, &self.key, core),
            Some(Begun::Copy(items)) => Flow::Open(Route::Copy(items)),
        }
    }

    /// Edits the policy that is shown, or looks at the one before, which is to be put back.
    fn edit_policy(&self, put_back: Option<String>, core: &Core) -> Flow {
        let aliases = self.aliases(core);
        let name = aliases.first().unwrap_or(&self.key.id).clone();
        let key = self.key.with_id(self.call_id());
        Flow::Open(Route::EditPolicy(key, name, put_back))
    }

    fn give_up(&self, core: &mut Core) {
        for id in self.loads.under_way() {
            core.cancel(id);
        }
    }

    /// Whether there is a place to go to, beside the one that is seen.
    fn has_more_matches(&self, core: &Core) -> bool {
        if !self.search.is_on() {
            return false;
        }
        let lines = self.lines(core, self.text_columns(core), &Theme::mono());
        let seen = self.scroll..self.scroll + text_rows(core);
        match self.search.count(&lines) {
            0 => false,
            1 => self
                .search
                .line(&lines)
                .is_some_and(|at| !seen.contains(&at)),
            _ => true,
        }
    }

    fn show_match(&mut self, core: &Core) {
        let lines = self.lines(core, self.text_columns(core), &Theme::mono());
        self.show(self.search.line(&lines), core);
    }

    /// Scrolls to a line, where there is one.
    fn show(&mut self, line: Option<usize>, core: &Core) {
        if let Some(line) = line {
            let len = self
                .lines(core, self.text_columns(core), &Theme::mono())
                .len();
            self.scroll = scroll::follow(self.scroll, line, text_rows(core), len);
        }
    }

    /// How a request names the key: as the user did, else by an alias, else by its ID; another
    /// account's by its ARN.
    fn reference(&self, core: &Core) -> KeyRef {
        if key_id::parse(&self.key.id).is_ok_and(|id| id.notation != key_id::Notation::KeyId) {
            return self.key.clone();
        }
        match core.listing.keys.find(&self.key) {
            Some(entry) => self.key.with_id(entry.reference()),
            None => self.key.clone(),
        }
    }

    /// Like [`reference`](Self::reference), but by ID where the list of keys cannot tell it from
    /// the alias: some operations take no alias.
    fn reference_by_id(&self, core: &Core) -> KeyRef {
        let reference = self.reference(core);
        match self.metadata() {
            Some(key) if core.listing.keys.find(&reference).is_none() => {
                let is_own = key.aws_account_id.as_deref() == core.account();
                let arn = key.arn.as_deref().filter(|_| !is_own);
                reference.with_id(arn.unwrap_or(&key.key_id))
            }
            _ => reference,
        }
    }

    fn aliases(&self, core: &Core) -> Vec<String> {
        let id = self
            .metadata()
            .map_or(self.key.id.as_str(), |metadata| &metadata.key_id);
        let entry = core.listing.keys.find(&self.key.with_id(id));
        entry.map_or_else(Vec::new, |entry| {
            entry
                .aliases
                .iter()
                .map(|alias| alias.to_string())
                .collect()
        })
    }
}

impl Screen for KeyDetailScreen {
    fn settle(&mut self, core: &mut Core) -> Option<Vec<u32>> {
        let mut seen = self.changes_seen;
        let changes = core.changed_since(&mut seen).to_vec();
        self.changes_seen = seen;
        let id = self.call_id();
        let key_id = self.metadata().map(|metadata| metadata.key_id.clone());
        let is_this = |key: &KeyRef| {
            let named = [Some(&self.key.id), Some(&id), key_id.as_ref()];
            key.region == self.key.region
                && (key.is_none()
                    || named.into_iter().flatten().any(|name| {
                        *name == key.id || core.is_same_key(key, &self.key.with_id(name))
                    }))
        };
        if changes.iter().any(|change| is_this(&change.key)) {
            self.load(core);
        }
        let was_read_before = |at: &Timestamp| self.loaded_at.is_some_and(|read| read < *at);
        if self
            .expires_at()
            .is_some_and(|at| at <= core.now && was_read_before(&at))
        {
            // Its key is another one now, in the list, too.
            core.has_expired(&self.key.with_id(self.call_id()));
            self.load(core);
        }
        None
    }

    fn contexts(&self) -> Vec<Context> {
        match self.search.is_editing() {
            true => vec![Context::Search, Context::KeyDetail],
            false if self.search.is_on() => vec![Context::KeyDetailFound, Context::KeyDetail],
            false => vec![Context::KeyDetail],
        }
    }

    fn can(&self, action: Action, core: &Core) -> bool {
        match action {
            Action::NextMatch | Action::PrevMatch => self.has_more_matches(core),
            Action::Edit if self.shows_policy() => true,
            Action::New | Action::Edit | Action::Remove | Action::RetireGrant => {
                !self.changing.is_under_way() && self.begun(action).is_some()
            }
            Action::Undo => self.shows_policy() && self.policy_before(core).is_some(),
            Action::Save => self.public_key().is_some(),
            _ => true,
        }
    }

    fn subject(&self, core: &Core) -> KeyRef {
        self.reference_by_id(core)
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        match action {
            Action::Back if self.search.is_editing() || self.search.is_on() => self.search.clear(),
            Action::Back => return Flow::Back,
            Action::Filter => self.search.edit(),
            Action::Accept => self.search.keep(),
            Action::NextMatch | Action::PrevMatch => {
                let lines = self.lines(core, self.text_columns(core), &Theme::mono());
                let line = self.search.turn(&lines, action == Action::NextMatch);
                self.show(line, core);
            }
            Action::NextTab => self.turn_tabs(1, core),
            Action::PrevTab => self.turn_tabs(-1, core),
            Action::Edit if self.shows_policy() => return self.edit_policy(None, core),
            Action::Undo => {
                return self.edit_policy(self.policy_before(core).cloned(), core);
            }
            Action::New | Action::Edit | Action::Remove | Action::RetireGrant => {
                return self.begin(action, core);
            }
            Action::Refresh => {
                self.load(core);
            }
            Action::Save => {
                if let Some(der) = self.public_key() {
                    let bytes = SecretBytes::new(der.to_vec());
                    return Flow::Open(Route::Prompt(Asks::Save("PublicKey", bytes)));
                }
            }
            Action::Matrix => {
                let row = core.listing.keys.find(&self.key).map_or_else(
                    || Row {
                        key: self.key.with_id(self.call_id()),
                        arn: self.metadata().and_then(|key| key.arn.clone()),
                        name: self.key.id.clone(),
                        aliases: Vec::new(),
                        metadata: self.metadata().map(|key| Arc::new(key.clone())),
                    },
                    |entry| Row::of(entry, core.listing.key_ref(entry)),
                );
                return Flow::Open(Route::Matrix(vec![row]));
            }
            Action::Access => {
                let name = self.reference(core).id;
                return Flow::Open(Route::Access(vec![(self.reference_by_id(core), name)]));
            }
            Action::Actions => {
                return Flow::Open(Route::Actions(self.reference_by_id(core)));
            }
            Action::GenerateDataKey => {
                let spec = &GENERATE_DATA_KEY_WITHOUT_PLAINTEXT;
                return Flow::Open(Route::Form(spec, self.reference(core)));
            }
            Action::Copy => {
                let aliases = self.aliases(core);
                let texts: Vec<(&str, String)> = self.loads.texts().collect();
                let texts: Vec<_> = texts
                    .iter()
                    .map(|(label, text)| (*label, Some(text.as_str())))
                    .collect();
                let key_id = &self.key.id;
                // What is under the cursor comes first.
                let mut items = match self.begun(Action::Copy) {
                    Some(Begun::Copy(items)) => items,
                    _ => Vec::new(),
                };
                items.extend(copy_items::of_key_detail(
                    key_id,
                    self.metadata(),
                    &aliases,
                    &texts,
                ));
                return Flow::Open(Route::Copy(items));
            }
            _ if self.step_rows(action, core) => {}
            _ => {
                let height = text_rows(core);
                let len = self
                    .lines(core, self.text_columns(core), &Theme::mono())
                    .len();
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

    fn key(&mut self, key: KeyEvent, core: &mut Core) {
        if self.search.key(key) {
            self.show_match(core);
        }
    }

    fn paste(&mut self, text: &str, core: &mut Core) {
        core.say_pasted(self.search.paste(text));
        self.show_match(core);
    }

    fn click(&mut self, x: u16, y: u16, core: &mut Core) -> bool {
        if y != layout::TABS_ROW {
            return false;
        }
        let shown = self.shown_tabs(core);
        let mut titles = self.tab_row(&shown, core).titles.into_iter();
        if let Some((at, _)) = titles.find(|(_, columns)| columns.contains(&x)) {
            self.go_to_tab(shown[at]);
        }
        false
    }

    fn sent(&mut self, job: JobId, _core: &mut Core) {
        self.changing.sent(job);
    }

    fn wakes_in(&self, _core: &Core, now: Timestamp) -> Option<Duration> {
        let at = self.expires_at()?;
        let step = countdown_step(now, at).unwrap_or(SignedDuration::ZERO);
        Some(step.unsigned_abs())
    }

    fn moves(&self) -> bool {
        self.changing.is_under_way() || self.loads.under_way().next().is_some()
    }

    fn waits_for(&self, id: JobId) -> bool {
        self.changing.is(id) || self.loads.under_way().any(|job| job == id)
    }

    fn answer(&mut self, id: JobId, event: JobEvent, core: &mut Core) -> Flow {
        if self.changing.is(id) {
            return self.changing.answer(event, &self.key, core);
        }
        let JobEvent::Read(answer) = event else {
            return Flow::Stay;
        };
        let Some(read) = self.loads.take(id, answer) else {
            return Flow::Stay;
        };
        if std::ptr::eq(read, &DESCRIBE_KEY) {
            self.share_metadata(core);
        }
        self.loaded_at.get_or_insert(core.now);
        let rows = self
            .rows(core, self.text_columns(core), &Theme::mono())
            .len();
        self.row = self.row.min(rows.saturating_sub(1));
        self.go_to_grant(core);
        if std::ptr::eq(read, &DESCRIBE_KEY) {
            // Where it was denied, the others are asked with what was typed.
            self.ask_where(core, |_| true);
        }
        Flow::Stay
    }

    fn leave(&mut self, core: &mut Core) {
        self.give_up(core);
        let loads = std::mem::take(&mut self.loads).answered();
        // What was read before a change must not be shown again.
        if self.changes_seen == core.changes_so_far()
            && let Some(at) = self.loaded_at
        {
            let kept = KeptDetails { at, loads };
            core.kept.details.put(self.key.clone(), kept);
        }
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        self.draw_tabs(core, theme, frame, area);
    }
}

/// Rows that a tab's text has.
fn text_rows(core: &Core) -> usize {
    crate::tui::layout::body_rows(core.size).saturating_sub(4) as usize
}
