//! How the list of keys comes to be: pages of each Region, what DescribeKey and ListResourceTags
//! tell of its keys, and how far all that is held back.

use std::time::Duration;

use jiff::Timestamp;

use super::app::{Core, Purpose, Tone};
use super::jobs::{Job, JobEvent};
use crate::catalog::filter_terms::Needs;
use crate::catalog::inventory::{Details, Entry, RegionIndex, Tags};
use crate::gateway::Session;
use crate::gateway::pages::{Page, PageEvent};
use crate::kms::text::{counted, grouped};
use crate::kms::{Cause, KmsError, key_id};
use crate::reads::{DESCRIBE_KEY, LIST_RESOURCE_TAGS, ReadAnswer, ResourceOwner};

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
            PageEvent::Page(page) => {
                if page.next.is_none() {
                    self.state = ListState::Done;
                }
                return Some(page);
            }
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

impl Core {
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
    pub fn session_of(&self, region: RegionIndex) -> Option<&Session> {
        match self.lists.get(region as usize) {
            Some(list) => Some(&list.session),
            None => self.session(),
        }
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
        let own = &self.identity.as_ref()?.as_ref().ok()?.account;
        let arn = entry.arn.as_deref()?;
        (key_id::account_of(arn)? != own).then_some(arn)
    }

    /// The account of a key that is another account's than the caller's.
    pub fn foreign_account<'a>(&self, entry: &'a Entry) -> Option<&'a str> {
        self.foreign_arn(entry).and_then(key_id::account_of)
    }

    /// The Regions to list: the session's own, then the others that were asked for.
    fn regions(&self) -> Vec<String> {
        let mut regions: Vec<String> = self
            .session()
            .map(|session| session.region.clone())
            .into_iter()
            .collect();
        for region in &self.target.more_regions {
            if !regions.contains(region) {
                regions.push(region.clone());
            }
        }
        regions
    }

    /// Lists all Regions from the start.
    pub(super) fn list(&mut self) {
        let Some(session) = self.session().cloned() else {
            return;
        };
        let regions = self.regions();
        self.keys.clear(regions.clone());
        self.sweep = None;
        self.sweep_stopped = false;
        self.listing_since = self.now;
        self.lists.clear();
        for (at, region) in regions.iter().enumerate() {
            let index = at as RegionIndex;
            let session = match at {
                0 => session.clone(),
                _ => session.in_region(region),
            };
            let keys = Job::ListKeys(session.clone(), ResourceOwner::Own);
            self.start_for(Purpose::Keys(index), keys);
            if self.shared_too {
                let shared = Job::ListKeys(session.clone(), ResourceOwner::Shared);
                self.start_for(Purpose::SharedKeys(index), shared);
            }
            let aliases = Job::ListAliases(session.clone());
            self.start_for(Purpose::Aliases(index), aliases);
            self.lists.push(RegionList {
                session,
                keys: List::begun(),
                aliases: List::begun(),
            });
        }
    }

    /// Takes in a step of a list, or an answer about a key of it.
    pub(super) fn list_answer(&mut self, purpose: &Purpose, event: JobEvent) {
        let now = self.now;
        match (purpose, event) {
            (Purpose::Keys(region), JobEvent::Keys(step)) => {
                let Some(list) = self.lists.get_mut(*region as usize) else {
                    return;
                };
                if let Some(page) = list.keys.take(step, now) {
                    self.keys.add_keys(*region, page.items);
                }
            }
            (Purpose::SharedKeys(region), JobEvent::Keys(step)) => match step {
                PageEvent::Page(page) => self.keys.add_keys(*region, page.items),
                PageEvent::Failed(error) => self.say(
                    Tone::Warn,
                    format!("The keys that other accounts share could not be listed: {error}"),
                ),
                PageEvent::Waits(..) => {}
            },
            (Purpose::Aliases(region), JobEvent::Aliases(step)) => {
                let Some(list) = self.lists.get_mut(*region as usize) else {
                    return;
                };
                if let Some(page) = list.aliases.take(step, now) {
                    self.keys.add_aliases(*region, page.items);
                }
            }
            (Purpose::Describe(place), JobEvent::Read(answer)) => {
                let throttled = self.is_throttled(answer.as_ref().err());
                let details = match answer {
                    Ok(ReadAnswer::Metadata(metadata)) => Details::Known(metadata),
                    Ok(_) => return,
                    Err(_) if throttled => Details::Unknown,
                    Err(error) => Details::Failed(Box::new(error)),
                };
                self.keys.set_details(*place, details);
                self.ask_about_keys();
            }
            (Purpose::Tags(place), JobEvent::Read(answer)) => {
                let throttled = self.is_throttled(answer.as_ref().err());
                let tags = match answer {
                    Ok(ReadAnswer::Tags(tags)) => Tags::Known(tags.into()),
                    Ok(_) => return,
                    Err(_) if throttled => Tags::Unknown,
                    Err(_) => Tags::Failed,
                };
                self.keys.set_tags(*place, tags);
                self.ask_about_keys();
            }
            (Purpose::Pause, JobEvent::Waited) => self.ask_about_keys(),
            _ => {}
        }
        if self.listing_time.is_none() && !self.lists.is_empty() && !self.is_listing() {
            let since = self.now.duration_since(self.listing_since);
            self.listing_time = since.try_into().ok();
        }
    }

    /// Whether an answer about a key is that KMS throttles; then the others are held back for a
    /// while. Any other answer lets them go a little faster again.
    fn is_throttled(&mut self, error: Option<&KmsError>) -> bool {
        if error.is_none_or(|error| error.cause != Cause::Throttled) {
            self.throttle.answered();
            return false;
        }
        if let Some(pause) = self.throttle.throttled(self.now) {
            // A little more than the pause, so that it is over when its end is heard of.
            let pause = pause + Duration::from_millis(5);
            self.start_for(Purpose::Pause, Job::Wait(pause));
        }
        true
    }

    /// Says which keys are or will soon be seen, and what order and filter must know of all.
    pub(super) fn want(&mut self, seen: Vec<u32>, needs: Needs) {
        self.seen = seen;
        if self.sweep.is_none() && !self.sweep_stopped && !self.is_listing() {
            for (fact, needed) in [(Fact::Details, needs.details), (Fact::Tags, needs.tags)] {
                let missing = self.missing(fact);
                if needed && missing > 0 && missing <= UNASKED {
                    self.start_sweep(fact);
                    break;
                }
            }
        }
        self.ask_about_keys();
    }

    /// Keys of which the fact is not known.
    pub fn missing(&self, fact: Fact) -> usize {
        let known = match fact {
            Fact::Details => self.keys.with_details(),
            Fact::Tags => self.keys.with_tags(),
        };
        self.keys.len() - known
    }

    /// Begins to ask the fact of every key, or stops where that is under way.
    pub fn toggle_sweep(&mut self, fact: Fact) {
        if let Some(sweep) = self.sweep.take() {
            // Order and filter must not begin it again.
            self.sweep_stopped = true;
            self.say(
                Tone::Plain,
                format!("{} of all keys was stopped.", sweep.fact.operation()),
            );
            return;
        }
        if self.missing(fact) == 0 {
            let all = counted(self.keys.len(), "key");
            self.say(
                Tone::Plain,
                format!("{} has answered for all of {all}.", fact.operation()),
            );
            return;
        }
        self.start_sweep(fact);
        self.ask_about_keys();
    }

    fn start_sweep(&mut self, fact: Fact) {
        self.sweep_stopped = false;
        self.sweep = Some(Sweep {
            fact,
            since: self.now,
            before: self.keys.len() - self.missing(fact),
            cursor: 0,
        });
    }

    /// Starts as many calls about single keys as may be under way: first for those that are seen,
    /// then for the sweep.
    pub(super) fn ask_about_keys(&mut self) {
        let under_way = self.calls_about_keys();
        let mut room = self.throttle.width(self.now).saturating_sub(under_way);
        let seen = std::mem::take(&mut self.seen);
        for place in &seen {
            if room == 0 {
                break;
            }
            room -= usize::from(self.ask(Fact::Details, *place));
        }
        self.seen = seen;
        let Some(mut sweep) = self.sweep.take() else {
            return;
        };
        while room > 0 && sweep.cursor < self.keys.len() {
            room -= usize::from(self.ask(sweep.fact, sweep.cursor as u32));
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

    /// Calls about single keys that are under way.
    fn calls_about_keys(&self) -> usize {
        let about_a_key =
            |purpose: &&Purpose| matches!(purpose, Purpose::Describe(_) | Purpose::Tags(_));
        self.jobs.values().filter(about_a_key).count()
    }

    /// Asks the fact of a key, where it is not known or asked.
    fn ask(&mut self, fact: Fact, place: u32) -> bool {
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
                self.start_for(
                    Purpose::Describe(place),
                    Job::Read(session, &DESCRIBE_KEY, key),
                );
            }
            Fact::Tags if entry.tags == Tags::Unknown => {
                self.keys.set_tags(place, Tags::Loading);
                self.start_for(
                    Purpose::Tags(place),
                    Job::Read(session, &LIST_RESOURCE_TAGS, key),
                );
            }
            _ => return false,
        }
        true
    }

    /// What is to be said of the sweep, of throttling, and of a page that is tried again.
    pub fn progress_text(&self) -> Option<String> {
        let several = self.lists.len() > 1;
        for list in &self.lists {
            for (operation, list_of) in [("ListKeys", &list.keys), ("ListAliases", &list.aliases)] {
                if let Some((code, until)) = &list_of.waits {
                    let seconds = (until.duration_since(self.now).as_millis().max(0) + 999) / 1000;
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
            let waits = self.throttle.width(self.now) == 0 || self.calls_about_keys() > 0;
            return (self.throttle.is_slowed() && waits)
                .then(|| "KMS throttles: DescribeKey is slowed down.".to_owned());
        };
        let all = self.keys.len();
        let known = all - self.missing(sweep.fact);
        let millis = self.now.duration_since(sweep.since).as_millis().max(0) as usize;
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
}
