//! All about one key, in tabs that load each by itself.

use crossterm::event::KeyEvent;
use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Screen;
use crate::catalog::inventory::{Details, Entry};
use crate::gateway::Session;
use crate::kms::key::{Grant, KeyMetadata, LastUsage, MetadataValue, Tag};
use crate::kms::text::{printable, width};
use crate::kms::{KeyRef, KmsError, key_id};
use crate::matrix::Row;
use crate::ops::GENERATE_DATA_KEY_WITHOUT_PLAINTEXT;
use crate::tui::copy_items;
use crate::tui::core::Core;
use crate::tui::flow::Flow;
use crate::tui::jobs::{Job, JobEvent, JobId, RotationFacts};
use crate::tui::keymap::{Action, Context};
use crate::tui::layout;
use crate::tui::route::Route;
use crate::tui::theme::Theme;
use crate::tui::view::{self, exact_time, labelled, spinner};
use crate::tui::widgets::search::Search;
use crate::tui::widgets::{json, scroll};

/// A tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    Metadata,
    Policy,
    Grants,
    Tags,
    Rotation,
    LastUsage,
    PublicKey,
}

impl Tab {
    pub const ALL: [Tab; 7] = [
        Tab::Metadata,
        Tab::Policy,
        Tab::Grants,
        Tab::Tags,
        Tab::Rotation,
        Tab::LastUsage,
        Tab::PublicKey,
    ];

    fn title(self) -> &'static str {
        match self {
            Tab::Metadata => "Metadata",
            Tab::Policy => "Policy",
            Tab::Grants => "Grants",
            Tab::Tags => "Tags",
            Tab::Rotation => "Rotation",
            Tab::LastUsage => "Last use",
            Tab::PublicKey => "Public key",
        }
    }

    /// The permission that it takes.
    fn iam(self) -> &'static str {
        match self {
            Tab::Metadata => "kms:DescribeKey",
            Tab::Policy => "kms:GetKeyPolicy",
            Tab::Grants => "kms:ListGrants",
            Tab::Tags => "kms:ListResourceTags",
            Tab::Rotation => "kms:GetKeyRotationStatus",
            Tab::LastUsage => "kms:GetKeyLastUsage",
            Tab::PublicKey => "kms:GetPublicKey",
        }
    }

    fn job(self, session: Session, key_id: String) -> Job {
        match self {
            Tab::Metadata => Job::DescribeKey(session, key_id),
            Tab::Policy => Job::KeyPolicy(session, key_id),
            Tab::Grants => Job::Grants(session, key_id),
            Tab::Tags => Job::Tags(session, key_id),
            Tab::Rotation => Job::Rotation(session, key_id),
            Tab::LastUsage => Job::LastUsage(session, key_id),
            Tab::PublicKey => Job::PublicKey(session, key_id),
        }
    }
}

/// Seconds for which an answer is as good as new.
const FRESH: i64 = 10;

/// The row of the tabs' titles in the body.
const TABS_ROW: u16 = 2;

/// What a tab shows.
enum Content {
    Metadata(Box<KeyMetadata>),
    Policy(String),
    Grants(Vec<Grant>),
    Tags(Vec<Tag>),
    Rotation(Box<RotationFacts>),
    LastUsage(Box<LastUsage>),
    /// PEM.
    PublicKey(String),
}

enum Load {
    /// Waits for the key ID that DescribeKey gives.
    NotAsked,
    Loading(JobId),
    Ready(Content),
    Failed(Box<KmsError>),
}

/// What was loaded of a key whose details were left: shown at once when they are opened again,
/// until the user refreshes or something is changed. Nothing of it is secret.
struct Kept {
    at: Timestamp,
    tabs: [Load; Tab::ALL.len()],
}

pub struct KeyDetailScreen {
    /// When the first of the tabs was loaded.
    loaded_at: Option<Timestamp>,
    /// As it was opened: by a key ID, or what the user typed.
    key: KeyRef,
    /// Whether that was at an earlier visit.
    was_kept: bool,
    /// Changes of the account that what is shown takes in.
    changes_seen: usize,
    tab: Tab,
    tabs: [Load; Tab::ALL.len()],
    scroll: usize,
    search: Search,
}

impl KeyDetailScreen {
    /// Begins to load all tabs; the key in any of the four notations.
    pub fn new(key: KeyRef, core: &mut Core) -> Self {
        let kept: Option<Kept> = core.kept.details.take(&key);
        let mut screen = KeyDetailScreen {
            loaded_at: kept.as_ref().map(|kept| kept.at),
            was_kept: kept.is_some(),
            key,
            changes_seen: core.changes_so_far(),
            tab: Tab::Metadata,
            tabs: kept.map_or_else(|| std::array::from_fn(|_| Load::NotAsked), |kept| kept.tabs),
            scroll: 0,
            search: Search::default(),
        };
        screen.ask_missing(core);
        screen
    }

    /// Loads everything anew.
    fn load(&mut self, core: &mut Core) {
        self.give_up(core);
        self.tabs = std::array::from_fn(|_| Load::NotAsked);
        (self.loaded_at, self.was_kept) = (None, false);
        self.ask_missing(core);
    }

    fn ask_missing(&mut self, core: &mut Core) {
        let Some(session) = core.session_in(&self.key.region).cloned() else {
            return;
        };
        // Only DescribeKey takes an alias; the others want the key ID that it gives.
        let takes_all = matches!(
            key_id::parse(&self.key.id).map(|id| id.notation),
            Ok(key_id::Notation::KeyId | key_id::Notation::KeyArn)
        );
        let described = self.metadata().is_some();
        for tab in Tab::ALL {
            let is_missing = matches!(self.tabs[tab as usize], Load::NotAsked);
            if is_missing && (takes_all || described || tab == Tab::Metadata) {
                self.ask(tab, &session, core);
            }
        }
    }

    fn ask(&mut self, tab: Tab, session: &Session, core: &mut Core) {
        let job = tab.job(session.clone(), self.call_id());
        self.tabs[tab as usize] = Load::Loading(core.start(job));
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
        match &self.tabs[Tab::Metadata as usize] {
            Load::Ready(Content::Metadata(metadata)) => Some(metadata),
            _ => None,
        }
    }

    /// The list shows what is newer here.
    fn share_metadata(&self, core: &mut Core) {
        if let Some(metadata) = self.metadata()
            && let Some(place) = core
                .listing
                .keys
                .find_place(&self.key.with_id(&*metadata.key_id))
        {
            let known = Details::Known(Box::new(metadata.clone()));
            core.listing.keys.set_details(place, known);
        }
    }

    fn give_up(&self, core: &mut Core) {
        for tab in &self.tabs {
            if let Load::Loading(id) = tab {
                core.cancel(*id);
            }
        }
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
    fn reference(&self, core: &Core) -> KeyRef {
        if key_id::parse(&self.key.id).is_ok_and(|id| id.notation != key_id::Notation::KeyId) {
            return self.key.clone();
        }
        match core.listing.keys.find(&self.key) {
            Some(entry) => self.key.with_id(entry.reference()),
            None => self.key.clone(),
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

    /// A tab's title with what is known of its content.
    fn tab_text(&self, tab: Tab, ticks: usize) -> String {
        let mark = match &self.tabs[tab as usize] {
            Load::Loading(_) | Load::NotAsked => spinner(ticks).to_owned(),
            Load::Failed(error) if self.not_for_this_key(error) => String::new(),
            Load::Failed(_) => "✗".to_owned(),
            Load::Ready(Content::Grants(grants)) => format!(" {}", grants.len()),
            Load::Ready(Content::Tags(tags)) => format!(" {}", tags.len()),
            Load::Ready(_) => String::new(),
        };
        // The mark stands in the place of the space before the next title.
        let pad = if mark.is_empty() || mark.starts_with(' ') {
            " "
        } else {
            ""
        };
        format!(" {}{mark}{pad}", tab.title())
    }

    /// Whether the error only says that keys of this kind have no such thing: rotation of an
    /// asymmetric key, the public key of a symmetric one.
    fn not_for_this_key(&self, error: &KmsError) -> bool {
        let symmetric = self.metadata().is_some_and(|key| {
            key.is_symmetric_encryption()
                || key
                    .key_spec
                    .as_deref()
                    .is_some_and(|spec| spec.starts_with("HMAC"))
        });
        match error.code.as_str() {
            "UnsupportedOperationException" => true,
            "InvalidKeyUsageException" | "ValidationException" => symmetric,
            _ => false,
        }
    }

    fn lines(&self, core: &Core, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
        match &self.tabs[self.tab as usize] {
            Load::NotAsked => vec![Line::styled(
                "Waits for DescribeKey, which tells the key ID.",
                theme.dim,
            )],
            Load::Loading(_) => vec![Line::styled(
                format!("{} {} …", spinner(core.ticks), self.tab.iam()),
                theme.dim,
            )],
            Load::Failed(error) if self.not_for_this_key(error) => {
                let text = match self.tab {
                    Tab::PublicKey => "This key has no public key: it is not asymmetric.",
                    _ => "This key has no rotation.",
                };
                let mut lines = view::wrapped(text, columns, theme.text);
                lines.extend(view::wrapped(
                    &printable(&error.message),
                    columns,
                    theme.dim,
                ));
                lines
            }
            Load::Failed(error) => {
                let title = if error.is_access_denied() {
                    format!("This takes the permission {}", self.tab.iam())
                } else {
                    format!("{} could not be loaded", self.tab.title())
                };
                view::failure(&title, error, columns, theme)
            }
            Load::Ready(Content::Metadata(metadata)) => {
                metadata_lines(metadata, &self.aliases(core), core, columns, theme)
            }
            Load::Ready(Content::Policy(policy)) => json::lines(policy, columns, theme),
            Load::Ready(Content::Grants(grants)) => grant_lines(grants, core, columns, theme),
            Load::Ready(Content::Tags(tags)) => tag_lines(tags, columns, theme),
            Load::Ready(Content::Rotation(facts)) => rotation_lines(facts, core, columns, theme),
            Load::Ready(Content::LastUsage(usage)) => last_usage_lines(usage, core, columns, theme),
            Load::Ready(Content::PublicKey(pem)) => {
                pem.lines().map(|line| Line::raw(line.to_owned())).collect()
            }
        }
    }
}

impl Screen for KeyDetailScreen {
    fn settle(&mut self, core: &mut Core) -> Option<Vec<u32>> {
        let mut seen = self.changes_seen;
        let changes = core.changed_since(&mut seen).to_vec();
        self.changes_seen = seen;
        let id = self.call_id();
        let is_this = |key: &KeyRef| {
            key.is_none() && key.region == self.key.region
                || core.is_same_key(key, &self.key)
                || core.is_same_key(key, &self.key.with_id(&*id))
        };
        if changes.iter().any(|change| is_this(&change.key)) {
            self.load(core);
        }
        None
    }

    fn contexts(&self) -> Vec<Context> {
        match self.search.is_editing() {
            true => vec![Context::Search, Context::KeyDetail],
            false => vec![Context::KeyDetail],
        }
    }

    fn can(&self, action: Action, _core: &Core) -> bool {
        match action {
            Action::NextMatch | Action::PrevMatch => self.search.is_on(),
            _ => true,
        }
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        let step = |by: usize, tab: Tab| Tab::ALL[(tab as usize + by) % Tab::ALL.len()];
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
            Action::PrevTab => (self.tab, self.scroll) = (step(Tab::ALL.len() - 1, self.tab), 0),
            Action::Refresh => {
                self.load(core);
            }
            Action::Matrix => {
                let row = core
                    .listing
                    .keys
                    .find(&self.key)
                    .map(|entry| Row::of(entry, core.listing.call_id(entry)))
                    .unwrap_or_else(|| Row {
                        key_id: self.call_id(),
                        arn: self.metadata().and_then(|key| key.arn.clone()),
                        name: self.key.id.clone(),
                        aliases: Vec::new(),
                        region: core
                            .listing
                            .keys
                            .region_index(&self.key.region)
                            .unwrap_or_default(),
                        metadata: self.metadata().map(|key| Box::new(key.clone())),
                    });
                return Flow::Open(Route::Matrix(vec![row]));
            }
            Action::Actions => {
                return Flow::Open(Route::Actions(self.reference(core)));
            }
            Action::GenerateDataKey => {
                let spec = &GENERATE_DATA_KEY_WITHOUT_PLAINTEXT;
                return Flow::Open(Route::Form(spec, self.reference(core)));
            }
            Action::Copy => {
                let policy = match &self.tabs[Tab::Policy as usize] {
                    Load::Ready(Content::Policy(policy)) => Some(policy.as_str()),
                    _ => None,
                };
                let public_key = match &self.tabs[Tab::PublicKey as usize] {
                    Load::Ready(Content::PublicKey(pem)) => Some(pem.as_str()),
                    _ => None,
                };
                let aliases = self.aliases(core);
                let texts = [("Policy", policy), ("PublicKey as PEM", public_key)];
                let key_id = &self.key.id;
                let items = copy_items::of_key_detail(key_id, self.metadata(), &aliases, &texts);
                return Flow::Open(Route::Copy(items));
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

    fn key(&mut self, key: KeyEvent, core: &mut Core) {
        if self.search.key(key) {
            self.show_match(core);
        }
    }

    fn paste(&mut self, text: &str, core: &mut Core) {
        core.say_pasted(self.search.paste(text));
        self.show_match(core);
    }

    fn click(&mut self, x: u16, y: u16, _core: &mut Core) -> bool {
        if y != TABS_ROW {
            return false;
        }
        let mut from = 1;
        for tab in Tab::ALL {
            let to = from + width(&self.tab_text(tab, 0)) as u16;
            if (from..to).contains(&x) {
                (self.tab, self.scroll) = (tab, 0);
                break;
            }
            from = to + 1;
        }
        false
    }

    fn moves(&self) -> bool {
        self.tabs.iter().any(|tab| matches!(tab, Load::Loading(_)))
    }

    fn waits_for(&self, id: JobId) -> bool {
        self.tabs
            .iter()
            .any(|tab| matches!(tab, Load::Loading(job) if *job == id))
    }

    fn answer(&mut self, id: JobId, event: JobEvent, core: &mut Core) -> Flow {
        let Some(place) = self
            .tabs
            .iter()
            .position(|tab| matches!(tab, Load::Loading(job) if *job == id))
        else {
            return Flow::Stay;
        };
        let content = match event {
            JobEvent::Described(answer) => answer.map(Content::Metadata),
            JobEvent::KeyPolicy(answer) => answer.map(|text| Content::Policy(pretty_json(&text))),
            JobEvent::Grants(answer) => answer.map(Content::Grants),
            JobEvent::Tags(answer) => answer.map(Content::Tags),
            JobEvent::Rotation(answer) => answer.map(|facts| Content::Rotation(Box::new(facts))),
            JobEvent::LastUsage(answer) => answer.map(|usage| Content::LastUsage(Box::new(usage))),
            JobEvent::PublicKey(answer) => {
                answer.map(|der| Content::PublicKey(crate::kms::encoding::public_key_pem(&der)))
            }
            _ => return Flow::Stay,
        };
        self.tabs[place] = match content {
            Ok(content) => Load::Ready(content),
            Err(error) => Load::Failed(Box::new(error)),
        };
        self.share_metadata(core);
        self.loaded_at.get_or_insert(core.now);
        if place == Tab::Metadata as usize {
            self.ask_missing(core);
        }
        Flow::Stay
    }

    fn leave(&mut self, core: &mut Core) {
        self.give_up(core);
        let mut tabs = std::mem::replace(&mut self.tabs, std::array::from_fn(|_| Load::NotAsked));
        for tab in &mut tabs {
            // What failed may go better the next time.
            if !matches!(tab, Load::Ready(_)) {
                *tab = Load::NotAsked;
            }
        }
        if let Some(at) = self.loaded_at {
            core.kept.details.put(self.key.clone(), Kept { at, tabs });
        }
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let title = match self.aliases(core).first() {
            Some(alias) => printable(alias).into_owned(),
            None => printable(&self.key.id).into_owned(),
        };
        let title_row = Rect { height: 1, ..area };
        frame.render_widget(
            Line::from(vec![Span::raw(" "), Span::styled(title, theme.title)]),
            title_row,
        );
        // What was asked just now needs no age.
        let old = |at: &Timestamp| self.was_kept || core.now.duration_since(*at).as_secs() >= FRESH;
        if let Some(at) = self.loaded_at.filter(old) {
            let refresh = core.keymap.key_of(Context::KeyDetail, Action::Refresh);
            let how = refresh.map_or(String::new(), |key| format!("; {key} refreshes"));
            let note = format!("as it was {}{how} ", view::ago(at, core.now));
            frame.render_widget(Line::styled(note, theme.dim).right_aligned(), title_row);
        }
        let mut tabs = vec![Span::raw(" ")];
        for tab in Tab::ALL {
            let text = self.tab_text(tab, core.ticks);
            let style = if tab == self.tab {
                theme.selected
            } else {
                theme.dim
            };
            tabs.push(Span::styled(text, style));
            tabs.push(Span::raw(" "));
        }
        let row = |y: u16| Rect::new(area.x, area.y + y, area.width, 1);
        frame.render_widget(Line::from(tabs), row(TABS_ROW));
        let body = Rect {
            y: area.y + 4,
            height: area.height.saturating_sub(4),
            x: area.x + 2,
            width: area.width.saturating_sub(3),
        };
        let mut lines = self.lines(core, body.width, theme);
        self.search.draw(&lines, theme, frame, row(TABS_ROW + 1));
        self.search.mark(&mut lines, theme);
        scroll::text(frame, body, &lines, self.scroll, theme);
    }
}

/// Columns that a tab's text has.
fn text_columns(core: &Core) -> u16 {
    core.size.0.saturating_sub(3)
}

/// Rows that a tab's text has.
fn text_rows(core: &Core) -> usize {
    layout::body_rows(core.size).saturating_sub(4) as usize
}

fn pretty_json(text: &str) -> String {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(value) => serde_json::to_string_pretty(&value).unwrap_or_else(|_| text.to_owned()),
        Err(_) => text.to_owned(),
    }
}

/// What the list's preview says of a key.
pub fn summary(entry: &Entry, core: &Core, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let title = printable(entry.main_alias().unwrap_or(&entry.key_id)).into_owned();
    lines.extend(view::wrapped(&title, columns, theme.title));
    lines.push(Line::default());
    match &entry.details {
        Details::Known(metadata) => {
            let aliases: Vec<String> = entry.aliases.iter().map(|a| a.to_string()).collect();
            lines.extend(metadata_lines(metadata, &aliases, core, columns, theme));
        }
        Details::Failed(error) => {
            lines.extend(labelled("KeyId", &entry.key_id, columns, theme));
            lines.push(Line::default());
            let title = if error.is_access_denied() {
                "You may not describe this key (kms:DescribeKey)"
            } else {
                "DescribeKey failed"
            };
            lines.extend(view::failure(title, error, columns, theme));
        }
        Details::Unknown | Details::Loading => {
            lines.extend(labelled("KeyId", &entry.key_id, columns, theme));
            lines.push(Line::styled(
                format!("{} DescribeKey …", spinner(core.ticks)),
                theme.dim,
            ));
        }
    }
    lines
}

/// Every field of KeyMetadata that is there, and the key's aliases.
fn metadata_lines(
    metadata: &KeyMetadata,
    aliases: &[String],
    core: &Core,
    columns: u16,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (name, value) in metadata.fields() {
        let text = match &value {
            MetadataValue::Time(at) => exact_time(*at, core.now),
            value => value.to_text(),
        };
        if !text.is_empty() {
            lines.extend(labelled(short_label(name), &text, columns, theme));
        }
        if name == "KeyId" && !aliases.is_empty() {
            lines.extend(labelled("Aliases", &aliases.join(", "), columns, theme));
        }
    }
    lines
}

/// The longer names of KeyMetadata, cut to what a column of labels holds.
fn short_label(name: &'static str) -> &'static str {
    match name {
        "PendingDeletionWindowInDays" => "PendingWindow",
        "MultiRegionConfiguration" => "MultiRegion",
        "CurrentKeyMaterialId" => "KeyMaterialId",
        "CloudHsmClusterId" => "CloudHsmCluster",
        name => name.strip_suffix("Algorithms").unwrap_or(name),
    }
}

fn grant_lines(grants: &[Grant], core: &Core, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
    if grants.is_empty() {
        return vec![Line::from("This key has no grants.")];
    }
    let mut lines = Vec::new();
    for grant in grants {
        let name = grant.name.as_deref().unwrap_or("(no name)");
        lines.push(Line::styled(printable(name).into_owned(), theme.title));
        let mut put = |label: &str, value: Option<&str>| {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                lines.extend(labelled(label, value, columns, theme));
            }
        };
        put("GrantId", Some(&grant.grant_id));
        put("Grantee", grant.grantee_principal.as_deref());
        put("Retiring", grant.retiring_principal.as_deref());
        put("Operations", Some(&grant.operations.join(", ")));
        for (name, pairs) in &grant.constraints {
            let pairs: Vec<String> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
            put(name, Some(&pairs.join(", ")));
        }
        put(
            "CreationDate",
            grant
                .creation_date
                .map(|at| exact_time(at, core.now))
                .as_deref(),
        );
        lines.push(Line::default());
    }
    lines
}

fn tag_lines(tags: &[Tag], columns: u16, theme: &Theme) -> Vec<Line<'static>> {
    if tags.is_empty() {
        return vec![Line::from("This key has no tags.")];
    }
    tags.iter()
        .flat_map(|tag| labelled(&tag.key, &tag.value, columns, theme))
        .collect()
}

fn last_usage_lines(
    usage: &LastUsage,
    core: &Core,
    columns: u16,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut put = |label: &str, value: Option<String>| {
        if let Some(value) = value {
            lines.extend(labelled(label, &value, columns, theme));
        }
    };
    let time = |at: Option<jiff::Timestamp>| at.map(|at| exact_time(at, core.now));
    let none = "none since tracking began".to_owned();
    put(
        "Last operation",
        Some(usage.operation.clone().unwrap_or(none)),
    );
    put("Timestamp", time(usage.at));
    put("KmsRequestId", usage.request_id.clone());
    put("Tracked since", time(usage.tracking_start));
    lines
}

fn rotation_lines(
    facts: &RotationFacts,
    core: &Core,
    columns: u16,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let status = &facts.status;
    let mut lines = labelled(
        "Automatic",
        if status.enabled {
            "enabled"
        } else {
            "disabled"
        },
        columns,
        theme,
    );
    let mut put = |label: &str, value: Option<String>| {
        if let Some(value) = value {
            lines.extend(labelled(label, &value, columns, theme));
        }
    };
    put(
        "Period",
        status.period_in_days.map(|days| format!("{days} days")),
    );
    put(
        "Next",
        status.next_rotation_date.map(|at| exact_time(at, core.now)),
    );
    put(
        "On demand since",
        status
            .on_demand_start_date
            .map(|at| exact_time(at, core.now)),
    );
    lines.push(Line::default());
    match &facts.rotations {
        Ok(rotations) => {
            lines.push(Line::styled("Key materials", theme.title));
            for rotation in rotations {
                let id = rotation.key_material_id.as_deref().unwrap_or("(no ID)");
                let current = rotation.key_material_state.as_deref() == Some("CURRENT");
                let marker = if current { "● " } else { "○ " };
                lines.push(Line::from(vec![
                    Span::styled(marker, if current { theme.good } else { theme.dim }),
                    Span::raw(printable(id).into_owned()),
                ]));
                let mut about = Vec::new();
                about.extend(rotation.key_material_state.clone());
                about.extend(rotation.rotation_type.clone());
                about.extend(rotation.rotation_date.map(|at| exact_time(at, core.now)));
                let about = printable(&about.join(" · ")).into_owned();
                lines.push(Line::styled(format!("  {about}"), theme.dim));
            }
            if rotations.is_empty() {
                lines.push(Line::styled(
                    "None are listed: the key was never rotated.",
                    theme.dim,
                ));
            }
        }
        Err(error) => lines.extend(view::failure(
            "The key materials could not be listed (kms:ListKeyRotations)",
            error,
            columns,
            theme,
        )),
    }
    lines
}
