//! How the list of keys comes to be: pages of each Region, what DescribeKey and ListResourceTags
//! tell of its keys, and how far all that is held back.

use std::time::Duration;

use jiff::Timestamp;

use super::connection::Connection;
use super::jobs::{JobBook, Owner, Purpose};
use super::note::{Note, Tone};
use crate::catalog::filter_terms::Needs;
use crate::catalog::inventory::{Details, Entry, Inventory, RegionIndex, Tags};
use crate::gateway::Session;
use crate::gateway::limiter::Limiter;
use crate::gateway::pages::{Page, PageEvent};
use crate::kms::text::{counted, grouped};
use crate::kms::{Cause, KeyRef, KmsError, key_id};
use crate::reads::{DESCRIBE_KEY, LIST_RESOURCE_TAGS, ReadAnswer, ResourceOwner};
use crate::tui::jobs::{Job, JobEvent};

/// Calls for single keys under way at once: far below the account's quota, which all its
/// workloads share.
pub const CALLS_AT_ONCE: usize = 12;
/// Keys that are described unasked when order or filter need it.
const UNASKED: usize = 500;

/// How far a list has come.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum ListState {
    #[default]
    Waiting,
    Loading,
    Done,
    /// Ended before its end by this error.
    Failed(Box<KmsError>),
}

/// A list of one Region.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct List {
    pub state: ListState,
    /// A page failed, by an error of this code, and is tried again then.
    pub waits: Option<(String, Timestamp)>,
}

impl List {
    fn begun() -> Self {
        List {
            state: ListState::Loading,
            waits: None,
        }
    }

    fn take<T>(&mut self, step: PageEvent<T>, now: Timestamp) -> Option<Page<T>> {
        self.waits = None;
        match step {
            PageEvent::Page(page) => return Some(page),
            PageEvent::Done => self.state = ListState::Done,
            PageEvent::Waits(error, wait) => {
                let until = now.checked_add(wait).unwrap_or(now);
                self.waits = Some((error.code, until));
            }
            PageEvent::Failed(error) => self.state = ListState::Failed(Box::new(error)),
        }
        None
    }
}

/// What is listed of a Region.
pub struct RegionList {
    pub session: Session,
    pub keys: List,
    pub aliases: List,
}

/// A fact that one call a key tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// DescribeKey.
    Details,
    /// ListResourceTags.
    Tags,
}

impl Fact {
    pub fn operation(self) -> &'static str {
        match self {
            Fact::Details => "DescribeKey",
            Fact::Tags => "ListResourceTags",
        }
    }
}

/// A walk through all keys, asking a fact of each.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    pub fact: Fact,
    since: Timestamp,
    /// Keys known when it began.
    before: usize,
    cursor: usize,
}

/// See the [module](self).
pub struct Listing {
    pub keys: Inventory,
    /// Of each Region, in the order of the inventory's Regions.
    pub lists: Vec<RegionList>,
    /// Whether the keys that other accounts share are listed, too.
    pub shared_too: bool,
    pub sweep: Option<Sweep>,
    /// Whether the user stopped one since the list was begun.
    sweep_stopped: bool,
    throttle: Limiter,
    /// Places of keys that are or will soon be seen.
    seen: Vec<u32>,
    /// From the start of the listing to its end.
    pub time: Option<Duration>,
    since: Timestamp,
    /// The caller's account, as soon as it is known.
    own_account: Option<String>,
}

impl Listing {
    pub(in crate::tui) fn new(now: Timestamp) -> Self {
        Listing {
            keys: Inventory::default(),
            lists: Vec::new(),
            shared_too: false,
            sweep: None,
            sweep_stopped: false,
            throttle: Limiter::pausing(CALLS_AT_ONCE),
            seen: Vec::new(),
            time: None,
            since: now,
            own_account: None,
        }
    }

    /// Forgets everything that is listed, and gives up what is asked.
    pub(in crate::tui) fn clear(&mut self, jobs: &mut JobBook) {
        jobs.cancel_of(Owner::Listing);
        self.keys.clear(Vec::new());
        self.lists.clear();
        self.time = None;
        self.throttle = Limiter::pausing(CALLS_AT_ONCE);
    }

    /// Ends what is asked; the lists are partial then.
    pub(in crate::tui) fn give_up(&mut self, jobs: &mut JobBook) {
        jobs.cancel_of(Owner::Listing);
        self.sweep = None;
        let lists = self.lists.iter_mut();
        for list in lists.flat_map(|list| [&mut list.keys, &mut list.aliases]) {
            list.waits = None;
            if list.state == ListState::Loading {
                list.state = ListState::Failed(Box::new(KmsError::cancelled()));
            }
        }
    }

    /// Takes in whose keys are the caller's own.
    pub(in crate::tui) fn is_of_account(&mut self, account: Option<&str>) {
        self.own_account = account.map(str::to_owned);
    }

    /// The state of the lists of keys: of all Regions together, the one that matters most.
    pub fn keys_list(&self) -> &ListState {
        self.together(|list| &list.keys)
    }

    pub fn aliases_list(&self) -> &ListState {
        self.together(|list| &list.aliases)
    }

    fn together(&self, of: impl Fn(&RegionList) -> &List) -> &ListState {
        static WAITING: ListState = ListState::Waiting;
        let states = || self.lists.iter().map(|list| &of(list).state);
        states()
            .find(|state| **state == ListState::Loading)
            .or_else(|| states().find(|state| matches!(state, ListState::Failed(_))))
            .or_else(|| states().next())
            .unwrap_or(&WAITING)
    }

    pub fn is_listing(&self) -> bool {
        let loads = |list: &List| list.state == ListState::Loading;
        self.lists
            .iter()
            .any(|list| loads(&list.keys) || loads(&list.aliases))
    }

    /// The session of a Region of the list.
    pub fn session_in(&self, region: &str) -> Option<&Session> {
        let mut sessions = self.lists.iter().map(|list| &list.session);
        sessions.find(|session| session.region == region)
    }

    fn session_of(&self, region: RegionIndex) -> Option<&Session> {
        Some(&self.lists.get(region as usize)?.session)
    }

    /// A key of the list, named as calls name it.
    pub fn key_ref(&self, entry: &Entry) -> KeyRef {
        KeyRef::new(self.keys.region_name(entry.region), self.call_id(entry))
    }

    /// A key of the list, named as a request names it: by its alias where there is one.
    pub fn key_ref_by_alias(&self, entry: &Entry) -> KeyRef {
        KeyRef::new(self.keys.region_name(entry.region), self.reference(entry))
    }

    /// What calls name a key of the list by: the ID, or the ARN of a key that another account
    /// shares, which nothing else finds.
    pub fn call_id(&self, entry: &Entry) -> String {
        self.foreign_arn(entry).unwrap_or(&entry.key_id).to_owned()
    }

    /// What a request names it by: an alias, the ID, or a foreign key's ARN.
    pub fn reference(&self, entry: &Entry) -> String {
        let foreign = self.foreign_arn(entry);
        foreign.unwrap_or_else(|| entry.reference()).to_owned()
    }

    /// The ARN of a key of another account than the caller's.
    fn foreign_arn<'a>(&self, entry: &'a Entry) -> Option<&'a str> {
        let own = self.own_account.as_deref()?;
        let arn = entry.arn.as_deref()?;
        (key_id::account_of(arn)? != own).then_some(arn)
    }

    /// The account of a key that is another account's than the caller's.
    pub fn foreign_account<'a>(&self, entry: &'a Entry) -> Option<&'a str> {
        self.foreign_arn(entry).and_then(key_id::account_of)
    }

    /// Lists all Regions from the start.
    pub(in crate::tui) fn begin(
        &mut self,
        connection: &Connection,
        jobs: &mut JobBook,
        now: Timestamp,
    ) {
        let Some(session) = connection.session().cloned() else {
            return;
        };
        let regions = connection.regions();
        self.keys.clear(regions.clone());
        self.sweep = None;
        self.sweep_stopped = false;
        self.since = now;
        self.lists.clear();
        for (at, region) in regions.iter().enumerate() {
            let index = at as RegionIndex;
            let session = match at {
                0 => session.clone(),
                _ => session.in_region(region),
            };
            let keys = Job::ListKeys(session.clone(), ResourceOwner::Own);
            jobs.start(Purpose::Keys(index), keys);
            if self.shared_too {
                let shared = Job::ListKeys(session.clone(), ResourceOwner::Shared);
                jobs.start(Purpose::SharedKeys(index), shared);
            }
            let aliases = Job::ListAliases(session.clone());
            jobs.start(Purpose::Aliases(index), aliases);
            self.lists.push(RegionList {
                session,
                keys: List::begun(),
                aliases: List::begun(),
            });
        }
    }

    /// Takes in a step of a list, or an answer about a key of it.
    pub(in crate::tui) fn answer(
        &mut self,
        purpose: &Purpose,
        event: JobEvent,
        jobs: &mut JobBook,
        now: Timestamp,
    ) -> Option<Note> {
        let mut note = None;
        match (purpose, event) {
            (Purpose::Keys(region), JobEvent::Keys(step)) => {
                let list = self.lists.get_mut(*region as usize)?;
                if let Some(page) = list.keys.take(step, now) {
                    self.keys.add_keys(*region, page.items);
                }
            }
            (Purpose::SharedKeys(region), JobEvent::Keys(step)) => match step {
                PageEvent::Page(page) => self.keys.add_keys(*region, page.items),
                PageEvent::Failed(error) => {
                    note = Some(Note::new(
                        Tone::Warn,
                        format!(
                            "The keys that other accounts share could not all be listed: {error}"
                        ),
                    ));
                }
                PageEvent::Waits(..) | PageEvent::Done => {}
            },
            (Purpose::Aliases(region), JobEvent::Aliases(step)) => {
                let list = self.lists.get_mut(*region as usize)?;
                if let Some(page) = list.aliases.take(step, now) {
                    self.keys.add_aliases(*region, page.items);
                }
            }
            (Purpose::Describe(place), JobEvent::Read(answer)) => {
                let throttled = self.is_throttled(answer.as_ref().err(), jobs, now);
                let details = match answer {
                    Ok(ReadAnswer::Metadata(metadata)) => Details::Known(metadata),
                    Ok(_) => return None,
                    Err(_) if throttled => Details::Unknown,
                    Err(error) => Details::Failed(Box::new(error)),
                };
                self.keys.set_details(*place, details);
                self.ask_about_keys(jobs, now);
            }
            (Purpose::Tags(place), JobEvent::Read(answer)) => {
                let throttled = self.is_throttled(answer.as_ref().err(), jobs, now);
                let tags = match answer {
                    Ok(ReadAnswer::Tags(tags)) => Tags::Known(tags.into()),
                    Ok(_) => return None,
                    Err(_) if throttled => Tags::Unknown,
                    Err(_) => Tags::Failed,
                };
                self.keys.set_tags(*place, tags);
                self.ask_about_keys(jobs, now);
            }
            (Purpose::Pause, JobEvent::Waited) => self.ask_about_keys(jobs, now),
            _ => {}
        }
        if self.time.is_none() && !self.lists.is_empty() && !self.is_listing() {
            self.time = now.duration_since(self.since).try_into().ok();
        }
        note
    }

    /// Whether an answer about a key is that KMS throttles; then the others are held back for a
    /// while. Any other answer lets them go a little faster again.
    fn is_throttled(
        &mut self,
        error: Option<&KmsError>,
        jobs: &mut JobBook,
        now: Timestamp,
    ) -> bool {
        if error.is_none_or(|error| error.cause != Cause::Throttled) {
            self.throttle.answered();
            return false;
        }
        if let Some(pause) = self.throttle.throttled(now) {
            // A little more than the pause, so that it is over when its end is heard of.
            let pause = pause + Duration::from_millis(5);
            jobs.start(Purpose::Pause, Job::Wait(pause));
        }
        true
    }

    /// Says which keys are or will soon be seen, and what order and filter must know of all.
    pub(in crate::tui) fn want(
        &mut self,
        seen: Vec<u32>,
        needs: Needs,
        jobs: &mut JobBook,
        now: Timestamp,
    ) {
        self.seen = seen;
        if self.sweep.is_none() && !self.sweep_stopped && !self.is_listing() {
            for (fact, needed) in [(Fact::Details, needs.details), (Fact::Tags, needs.tags)] {
                let missing = self.missing(fact);
                if needed && missing > 0 && missing <= UNASKED {
                    self.start_sweep(fact, now);
                    break;
                }
            }
        }
        self.ask_about_keys(jobs, now);
    }

    /// Keys of which the fact is not known.
    pub fn missing(&self, fact: Fact) -> usize {
        let known = match fact {
            Fact::Details => self.keys.with_details(),
            Fact::Tags => self.keys.with_tags(),
        };
        self.keys.len() - known
    }

    /// Begins to ask the fact of every key, or stops where that is under way; what is to be said
    /// of it.
    pub(in crate::tui) fn toggle_sweep(
        &mut self,
        fact: Fact,
        jobs: &mut JobBook,
        now: Timestamp,
    ) -> Option<Note> {
        if let Some(sweep) = self.sweep.take() {
            // Order and filter must not begin it again.
            self.sweep_stopped = true;
            return Some(Note::new(
                Tone::Plain,
                format!("{} of all keys was stopped.", sweep.fact.operation()),
            ));
        }
        if self.missing(fact) == 0 {
            let all = counted(self.keys.len(), "key");
            return Some(Note::new(
                Tone::Plain,
                format!("{} has answered for all of {all}.", fact.operation()),
            ));
        }
        self.start_sweep(fact, now);
        self.ask_about_keys(jobs, now);
        None
    }

    fn start_sweep(&mut self, fact: Fact, now: Timestamp) {
        self.sweep_stopped = false;
        self.sweep = Some(Sweep {
            fact,
            since: now,
            before: self.keys.len() - self.missing(fact),
            cursor: 0,
        });
    }

    /// Starts as many calls about single keys as may be under way: first for those that are seen,
    /// then for the sweep.
    fn ask_about_keys(&mut self, jobs: &mut JobBook, now: Timestamp) {
        let under_way = calls_about_keys(jobs);
        let mut room = self.throttle.width(now).saturating_sub(under_way);
        let seen = std::mem::take(&mut self.seen);
        for place in &seen {
            if room == 0 {
                break;
            }
            room -= usize::from(self.ask(Fact::Details, *place, jobs));
        }
        self.seen = seen;
        let Some(mut sweep) = self.sweep.take() else {
            return;
        };
        while room > 0 && sweep.cursor < self.keys.len() {
            room -= usize::from(self.ask(sweep.fact, sweep.cursor as u32, jobs));
            sweep.cursor += 1;
        }
        if sweep.cursor >= self.keys.len() && !self.is_listing() {
            match self.missing(sweep.fact) {
                0 => return,
                // Those that were throttled are asked again.
                _ if room > 0 && under_way == 0 => sweep.cursor = 0,
                _ => {}
            }
        }
        self.sweep = Some(sweep);
    }

    /// Asks the fact of a key, where it is not known or asked.
    fn ask(&mut self, fact: Fact, place: u32, jobs: &mut JobBook) -> bool {
        let Some(entry) = self.keys.entries().get(place as usize) else {
            return false;
        };
        let Some(session) = self.session_of(entry.region).cloned() else {
            return false;
        };
        let key = self.call_id(entry);
        match fact {
            Fact::Details if entry.details == Details::Unknown => {
                self.keys.set_details(place, Details::Loading);
                jobs.start(
                    Purpose::Describe(place),
                    Job::Read(session, &DESCRIBE_KEY, key),
                );
            }
            Fact::Tags if entry.tags == Tags::Unknown => {
                self.keys.set_tags(place, Tags::Loading);
                jobs.start(
                    Purpose::Tags(place),
                    Job::Read(session, &LIST_RESOURCE_TAGS, key),
                );
            }
            _ => return false,
        }
        true
    }

    /// What is to be said of the sweep, of throttling, and of a page that is tried again.
    pub(in crate::tui) fn progress_text(&self, jobs: &JobBook, now: Timestamp) -> Option<String> {
        let several = self.lists.len() > 1;
        for list in &self.lists {
            for (operation, list_of) in [("ListKeys", &list.keys), ("ListAliases", &list.aliases)] {
                if let Some((code, until)) = &list_of.waits {
                    let seconds = (until.duration_since(now).as_millis().max(0) + 999) / 1000;
                    let of = match several {
                        true => format!(" in {}", list.session.region),
                        false => String::new(),
                    };
                    return Some(format!(
                        "{operation}{of}: {code}. Trying again in {seconds} s; {} so far.",
                        counted(self.keys.len(), "key")
                    ));
                }
            }
        }
        let slowed = match self.throttle.is_slowed() {
            true => " · KMS throttles, so slower",
            false => "",
        };
        let Some(sweep) = &self.sweep else {
            let waits = self.throttle.width(now) == 0 || calls_about_keys(jobs) > 0;
            return (self.throttle.is_slowed() && waits)
                .then(|| "KMS throttles: DescribeKey is slowed down.".to_owned());
        };
        let all = self.keys.len();
        let known = all - self.missing(sweep.fact);
        let millis = now.duration_since(sweep.since).as_millis().max(0) as usize;
        let asked = known.saturating_sub(sweep.before);
        let left = match asked {
            // Too few to tell.
            0..20 => String::new(),
            _ => {
                let seconds = (all - known) * millis / asked / 1000 + 1;
                match seconds {
                    0..120 => format!(" · about {seconds} s left"),
                    _ => format!(" · about {} min left", seconds.div_ceil(60)),
                }
            }
        };
        Some(format!(
            "{}: {} of {}{left}{slowed}",
            sweep.fact.operation(),
            grouped(known),
            counted(all, "key")
        ))
    }

    /// Takes in that what DescribeKey tells of a key has changed: it is asked again as soon as it
    /// is seen, and an answer that is under way tells of the time before.
    pub(in crate::tui) fn forget_details(&mut self, key: &KeyRef, jobs: &mut JobBook) {
        if let Some(place) = self.keys.find_place(key) {
            jobs.cancel_where(|purpose| *purpose == Purpose::Describe(place));
            self.keys.set_details(place, Details::Unknown);
        }
    }

    /// Likewise of a key's tags.
    pub(in crate::tui) fn forget_tags(&mut self, key: &KeyRef, jobs: &mut JobBook) {
        if let Some(place) = self.keys.find_place(key) {
            jobs.cancel_where(|purpose| *purpose == Purpose::Tags(place));
            self.keys.set_tags(place, Tags::Unknown);
        }
    }
}

/// Calls about single keys that are under way.
fn calls_about_keys(jobs: &JobBook) -> usize {
    jobs.count(|purpose| matches!(purpose, Purpose::Describe(_) | Purpose::Tags(_)))
}
