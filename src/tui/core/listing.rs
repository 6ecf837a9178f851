//! How the list of keys comes to be: pages of each Region, what DescribeKey and ListResourceTags
//! tell of its keys, and how far all that is held back.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::connection::Connection;
use super::jobs::{JobBook, Owner, Purpose};
use super::note::{Note, Tone};
use crate::catalog::facts::{Fact, FactSet};
use crate::catalog::inventory::{Entry, FactAnswer, Inventory, RegionIndex};
use crate::gateway::Session;
use crate::gateway::limiter::Limiter;
use crate::gateway::pages::{Page, PageEvent};
use crate::kms::text::{counted, grouped};
use crate::kms::times::ago;
use crate::kms::{Cause, KeyRef, KmsError, key_id};
use crate::reads::ResourceOwner;
use crate::reads::key_facts::{fact_answer, read_of};
use crate::tui::jobs::{Job, JobEvent};

/// Calls for single keys under way at once: far below the account's quota, which all its
/// workloads share.
pub const CALLS_AT_ONCE: usize = 12;
/// The age from which a list says it.
const AGE_FROM: SignedDuration = SignedDuration::from_secs(60);
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

/// A walk through all keys, asking a fact of each; and what is asked of them then.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    pub fact: Fact,
    /// What is asked after it.
    then: FactSet,
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
    /// What is shown of those.
    shown: FactSet,
    /// From the start of the listing to its end.
    pub time: Option<Duration>,
    /// When it ended.
    pub listed_at: Option<Timestamp>,
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
            shown: FactSet::default(),
            time: None,
            listed_at: None,
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
        self.listed_at = None;
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

    /// Every key of the list, as calls name it and by what people call it.
    pub fn named_keys(&self) -> Vec<(KeyRef, String)> {
        let entries = self.keys.entries().iter();
        entries
            .map(|entry| (self.key_ref(entry), entry.reference().to_owned()))
            .collect()
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
            (Purpose::Fact(fact, place), JobEvent::Read(answer)) => {
                let throttled = self.is_throttled(answer.as_ref().err(), jobs, now);
                let told = match throttled {
                    true => FactAnswer::open(*fact, false),
                    false => fact_answer(*fact, answer)?,
                };
                self.keys.set(*place, told);
                self.ask_about_keys(jobs, now);
            }
            (Purpose::Pause, JobEvent::Waited) => self.ask_about_keys(jobs, now),
            _ => {}
        }
        if self.time.is_none() && !self.lists.is_empty() && !self.is_listing() {
            self.time = now.duration_since(self.since).try_into().ok();
            self.listed_at = Some(now);
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

    /// Says which keys are or will soon be seen, what is shown of them, and what order and filter
    /// must know of all.
    pub(in crate::tui) fn want(
        &mut self,
        seen: Vec<u32>,
        shown: FactSet,
        needs: FactSet,
        jobs: &mut JobBook,
        now: Timestamp,
    ) {
        self.seen = seen;
        self.shown = shown;
        if self.sweep.is_none() && !self.sweep_stopped && !self.is_listing() {
            let few = |fact: &Fact| (1..=UNASKED).contains(&self.missing(*fact));
            let unasked = needs.iter().filter(few).collect();
            self.start_sweep(unasked, now);
        }
        self.ask_about_keys(jobs, now);
    }

    /// Keys of which the fact is not known.
    pub fn missing(&self, fact: Fact) -> usize {
        self.keys.len() - self.keys.told(fact)
    }

    /// Those of the facts that are not known of every key.
    pub fn missing_of(&self, facts: FactSet) -> FactSet {
        facts
            .iter()
            .filter(|fact| self.missing(*fact) > 0)
            .collect()
    }

    /// The most keys of which one of the facts is not known.
    pub fn unknown_of(&self, facts: FactSet) -> usize {
        facts
            .iter()
            .map(|fact| self.missing(fact))
            .max()
            .unwrap_or(0)
    }

    /// `28 DescribeKey, 28 ListGrants`: the calls that it takes to know the facts of every key.
    pub fn cost_text(&self, facts: FactSet) -> String {
        let calls = self
            .missing_of(facts)
            .iter()
            .map(|fact| format!("{} {}", grouped(self.missing(fact)), fact.operation()));
        calls.collect::<Vec<_>>().join(", ")
    }

    /// Begins to ask the facts of every key, or stops where that is under way; what is to be said
    /// of it.
    pub(in crate::tui) fn toggle_sweep(
        &mut self,
        facts: FactSet,
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
        let missing = self.missing_of(facts);
        if missing.is_empty() {
            let all = counted(self.keys.len(), "key");
            let names: Vec<&str> = facts.iter().map(Fact::operation).collect();
            let verb = if names.len() == 1 { "has" } else { "have" };
            return Some(Note::new(
                Tone::Plain,
                format!("{} {verb} answered for all of {all}.", names.join(", ")),
            ));
        }
        self.start_sweep(missing, now);
        self.ask_about_keys(jobs, now);
        None
    }

    fn start_sweep(&mut self, facts: FactSet, now: Timestamp) {
        let Some(fact) = facts.iter().next() else {
            return;
        };
        self.sweep_stopped = false;
        self.sweep = Some(Sweep {
            fact,
            then: facts.without(FactSet::of(fact)),
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
            for fact in self.shown.iter().take(room) {
                room -= usize::from(self.ask(fact, *place, jobs));
            }
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
                0 => {
                    let then = sweep.then;
                    return self.start_sweep(then, now);
                }
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
        if !entry.is_unasked(fact) {
            return false;
        }
        let key = self.call_id(entry);
        self.keys.set(place, FactAnswer::open(fact, true));
        let purpose = Purpose::Fact(fact, place);
        jobs.start(purpose, Job::Read(session, read_of(fact), key));
        true
    }

    /// How old the list is, once that is worth telling.
    pub fn age_text(&self, now: Timestamp) -> String {
        match self.listed_at {
            Some(at) if now.duration_since(at) >= AGE_FROM => format!(" · {}", ago(at, now)),
            _ => String::new(),
        }
    }

    /// How long it is until the age of the list is told in other words.
    fn next_age(&self, now: Timestamp) -> Option<SignedDuration> {
        let seconds = now.duration_since(self.listed_at?).as_secs().max(0);
        let unit = match seconds {
            0..3_600 => 60,
            3_600..86_400 => 3_600,
            _ => 86_400,
        };
        Some(SignedDuration::from_secs(unit - seconds % unit))
    }

    /// How long it is until the list is to be drawn again, or read again: `refresh` is after which
    /// time it is.
    pub(in crate::tui) fn wakes_in(
        &self,
        refresh: Option<Duration>,
        now: Timestamp,
    ) -> Option<Duration> {
        let refresh = refresh.and_then(|after| self.refresh_in(after, now));
        let wakes = [self.next_age(now), refresh];
        let wakes = wakes.into_iter().flatten().min()?;
        Some(wakes.max(SignedDuration::ZERO).unsigned_abs())
    }

    /// How long it is until the list is so old; zero or less where it is.
    pub(in crate::tui) fn refresh_in(
        &self,
        after: Duration,
        now: Timestamp,
    ) -> Option<SignedDuration> {
        let after = SignedDuration::try_from(after).ok()?;
        Some(after - now.duration_since(self.listed_at?))
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
                .then(|| "KMS throttles: what is asked of keys is slowed down.".to_owned());
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

    /// Takes in that a fact of any key may be another by now.
    pub(in crate::tui) fn forget_all(&mut self, fact: Fact, jobs: &mut JobBook) {
        jobs.cancel_where(|purpose| matches!(purpose, Purpose::Fact(of, _) if *of == fact));
        for place in 0..self.keys.len() as u32 {
            self.keys.set(place, FactAnswer::open(fact, false));
        }
        self.sweep = None;
        self.sweep_stopped = false;
    }

    /// Takes in that a fact of a key has changed: it is asked again as soon as it is wanted, and an
    /// answer that is under way tells of the time before.
    pub(in crate::tui) fn forget(&mut self, fact: Fact, key: &KeyRef, jobs: &mut JobBook) {
        if let Some(place) = self.keys.find_place(key) {
            jobs.cancel_where(|purpose| *purpose == Purpose::Fact(fact, place));
            self.keys.set(place, FactAnswer::open(fact, false));
        }
    }
}

/// Calls about single keys that are under way.
fn calls_about_keys(jobs: &JobBook) -> usize {
    jobs.count(|purpose| matches!(purpose, Purpose::Fact(..)))
}
