//! One operation on several keys: which operations that can be, the request of each key, and how
//! they are sent. What is sent is a [`BulkJob`], which only the yes to a
//! [`BulkQuestion`](super::bulk_question::BulkQuestion) makes.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::bulk_journal::Journal;
use super::cancel_key_deletion::CANCEL_KEY_DELETION;
use super::disable_key::DISABLE_KEY;
use super::disable_key_rotation::DISABLE_KEY_ROTATION;
use super::enable_key::ENABLE_KEY;
use super::enable_key_rotation::ENABLE_KEY_ROTATION;
use super::fields::{DESCRIPTION, GRANT_ID, KEY_ID};
use super::gate::Cleared;
use super::key_requirement::Misfit;
use super::op_spec::OpSpec;
use super::run::{AsWhom, run_as};
use super::schedule_key_deletion::SCHEDULE_KEY_DELETION;
use super::tag_resource::TAG_RESOURCE;
use super::untag_resource::UNTAG_RESOURCE;
use super::update_key_description::UPDATE_KEY_DESCRIPTION;
use crate::gateway::Session;
use crate::gateway::limiter::{Limiter, Limits, backoff};
use crate::kms::key::{Grant, KeyMetadata};
use crate::kms::principal::short_principal;
use crate::kms::{Cause, KeyRef, Outcome, Request, Value, key_id};

/// The operations that several keys take at once.
static BULK: &[&OpSpec] = &[
    &ENABLE_KEY,
    &DISABLE_KEY,
    &SCHEDULE_KEY_DELETION,
    &CANCEL_KEY_DELETION,
    &TAG_RESOURCE,
    &UNTAG_RESOURCE,
    &ENABLE_KEY_ROTATION,
    &DISABLE_KEY_ROTATION,
    &UPDATE_KEY_DESCRIPTION,
];

/// The most keys of one job: more than anybody reads through before saying yes.
pub const MOST_KEYS: usize = 5_000;

/// What stands in a description for something of each key.
pub const PLACEHOLDERS: [&str; 3] = ["{alias}", "{id}", "{description}"];

/// Tries of a call that the service throttles: it was not carried out, so that it is sent again.
const THROTTLED_TRIES: u32 = 14;
/// A key's wait before its second try; doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(50);
/// The longest.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Whether the operation can be done with several keys at once.
pub fn takes_several(spec: &OpSpec) -> bool {
    BULK.iter().any(|bulk| bulk.id == spec.id)
}

/// The request, where nothing is wrong with it.
///
/// Errors: what is.
fn first_error(spec: &OpSpec, request: Request) -> Result<Request, String> {
    match spec.validate(&request).first() {
        None => Ok(request),
        Some(error) => Err(error.to_string()),
    }
}

/// A key that an operation is meant for, and what is known of it.
#[derive(Debug, Clone, Default)]
pub struct BulkKey {
    /// By its ID or ARN.
    pub id: String,
    pub aliases: Vec<String>,
    /// None where DescribeKey does not tell it.
    pub metadata: Option<KeyMetadata>,
    /// The account, where it is another one's.
    pub foreign_account: Option<String>,
    /// The one of its grants that is meant, where the operation is of grants.
    pub grant: Option<Arc<Grant>>,
}

impl BulkKey {
    /// What people call it; of a grant, whose it is.
    pub fn name(&self) -> String {
        let key = self.aliases.first().unwrap_or(&self.id);
        match &self.grant {
            None => key.clone(),
            Some(grant) => {
                let own = key_id::account_of(&self.id);
                let grantee = grant.grantee().unwrap_or("nobody");
                format!("{} on {key}", short_principal(grantee, own))
            }
        }
    }

    /// The operation's request for this key.
    ///
    /// Errors: why the key is left out, in half a sentence.
    pub fn request(&self, spec: &OpSpec, pattern: &Request) -> Result<Request, String> {
        if let Some(grant) = &self.grant {
            // Whoever may end a grant may do so whosever the key is, and whatever its state.
            let request = pattern
                .clone()
                .with(&KEY_ID, Value::Text(self.id.clone()))
                .with(&GRANT_ID, Value::Text(grant.grant_id.clone()));
            return first_error(spec, request);
        }
        if let Some(account) = &self.foreign_account {
            return Err(format!(
                "it is of account {account}, which alone changes it"
            ));
        }
        if let Some(key) = &self.metadata {
            if key.is_aws_managed() {
                return Err("AWS manages it".to_owned());
            }
            match spec.misfit(key) {
                None => {}
                Some(Misfit::Kind(needs)) => return Err(format!("{} {needs}", spec.id)),
                Some(Misfit::State(state)) => return Err(state),
            }
        }
        let mut request = pattern.clone();
        request.set(&KEY_ID, Value::Text(self.id.clone()));
        // By its name: operations have variants of it of their own.
        if let Some(field) = spec.field(DESCRIPTION.name)
            && let Some(text) = pattern.text(field)
        {
            request.set(field, Value::Text(self.described(text)?));
        }
        first_error(spec, request)
    }

    /// A description with this key's own in the place of the placeholders.
    ///
    /// Errors: half a sentence, where the key has nothing to put there.
    pub fn described(&self, pattern: &str) -> Result<String, String> {
        let of_key = |placeholder: &str| match placeholder {
            "{alias}" => self.aliases.first().map(String::as_str),
            "{id}" => Some(self.id.as_str()),
            _ => self.metadata.as_ref().map(|key| key.description.as_str()),
        };
        let mut text = String::with_capacity(pattern.len());
        let mut rest = pattern;
        while let Some(from) = rest.find('{') {
            text.push_str(&rest[..from]);
            rest = &rest[from..];
            let found = PLACEHOLDERS.iter().find(|name| rest.starts_with(**name));
            match found {
                Some(name) => {
                    let own = of_key(name).ok_or(match *name {
                        "{alias}" => "it has no alias for {alias}",
                        _ => "its description is not known",
                    })?;
                    text.push_str(own);
                    rest = &rest[name.len()..];
                }
                None => {
                    text.push('{');
                    rest = &rest[1..];
                }
            }
        }
        text.push_str(rest);
        Ok(text)
    }
}

/// A request that may be sent, by which session, and what its key is called.
pub struct BulkItem {
    pub key: KeyRef,
    pub name: String,
    /// Where it is one of the key's grants.
    pub grant: Option<Arc<Grant>>,
    pub(super) cleared: Cleared,
    pub(super) session: Session,
}

impl BulkItem {
    /// Its name, so that it can be found again by it.
    pub fn journal_name(&self) -> String {
        match &self.grant {
            None => self.name.clone(),
            Some(grant) => format!("{}, grant {}", self.name, grant.grant_id),
        }
    }
}

/// Requests that the user said yes to, in one word.
pub struct BulkJob {
    pub spec: &'static OpSpec,
    /// As it was asked for, before each key had its own.
    pub pattern: Request,
    pub items: Vec<BulkItem>,
    /// As whom, for the journal.
    pub principal: Option<String>,
    /// As whom alone, where that is known.
    pub whom: Option<AsWhom>,
}

/// How a job goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Steering {
    Go,
    /// Nothing more is begun.
    Pause,
    /// Nothing more is begun, ever: it ends with what is under way.
    Stop,
}

/// What a job tells.
#[derive(Debug)]
pub enum BulkEvent {
    /// A key's call is under way.
    Begun(usize),
    /// A key has its result: the only one.
    Answered(usize, KeyRef, Box<Outcome>),
    /// Throttled: fewer calls are under way for a while.
    Slowed,
    /// What it does is not written down: why.
    NoJournal(String),
    /// All that was begun has its result.
    Done,
}

/// Sends the requests of a job: bounded in number and rate, giving way to throttling, each until it
/// has a result. A call that was throttled was not carried out, and is sent again; any other is
/// not, since it may have been. Dropping the future leaves the journal to tell what was done.
pub async fn run_all(
    items: Vec<BulkItem>,
    whom: Option<AsWhom>,
    mut journal: Option<Journal>,
    steering: watch::Receiver<Steering>,
    tell: impl Fn(BulkEvent),
) {
    // A call that is throttled is tried again here, where the others hear of it, and not in the
    // SDK, which would also send again what may have been carried out.
    let mut sessions: HashMap<String, Session> = HashMap::new();
    let limits = match items.first() {
        Some(first) => Limits::of_changes(&first.session),
        None => return tell(BulkEvent::Done),
    };
    for item in &items {
        sessions
            .entry(item.key.region.clone())
            .or_insert_with(|| item.session.without_retries());
    }
    let gap = limits
        .a_second
        .map(|rate| Duration::from_secs(1) / rate.max(1));
    let mut run = Run {
        queue: (0..items.len()).map(|at| (at, 0)).collect(),
        items,
        whom,
        sessions,
        waiting: Vec::new(),
        tasks: JoinSet::new(),
        limiter: Limiter::new(limits.at_once),
        next: Instant::now(),
        gap,
        steering,
    };
    run.finish(&mut journal, &tell).await;
    if let Some(journal) = journal {
        journal.end();
    }
    tell(BulkEvent::Done);
}

/// A call that was throttled.
struct Again {
    at: Instant,
    item: usize,
    tries: u32,
    /// Its result, should it not be sent again.
    outcome: Box<Outcome>,
}

struct Run {
    items: Vec<BulkItem>,
    whom: Option<AsWhom>,
    /// By the names of their Regions.
    sessions: HashMap<String, Session>,
    queue: VecDeque<(usize, u32)>,
    waiting: Vec<Again>,
    tasks: JoinSet<(usize, u32, Box<Outcome>)>,
    limiter: Limiter,
    next: Instant,
    gap: Option<Duration>,
    steering: watch::Receiver<Steering>,
}

impl Run {
    async fn finish(&mut self, journal: &mut Option<Journal>, tell: &impl Fn(BulkEvent)) {
        loop {
            let steering = *self.steering.borrow_and_update();
            match steering {
                Steering::Go => self.fill(journal, tell),
                Steering::Pause => {}
                Steering::Stop => self.stop(journal, tell),
            }
            let is_empty = self.queue.is_empty() && self.waiting.is_empty();
            if is_empty && self.tasks.is_empty() {
                return;
            }
            let pause = match steering {
                Steering::Go => self.pause(),
                Steering::Pause | Steering::Stop => far_away(),
            };
            tokio::select! {
                Some(done) = self.tasks.join_next() => match done {
                    Ok((at, tries, outcome)) => self.answered(at, tries, outcome, journal, tell),
                    Err(error) if error.is_panic() => {
                        std::panic::resume_unwind(error.into_panic())
                    }
                    Err(_) => {}
                },
                // Whoever steered is gone: what is under way is all that is left to do.
                changed = self.steering.changed() => if changed.is_err() {
                    self.stop(journal, tell);
                    while let Some(done) = self.tasks.join_next().await {
                        if let Ok((at, _, outcome)) = done {
                            self.told(at, outcome, journal, tell);
                        }
                    }
                    return;
                },
                () = tokio::time::sleep_until(pause) => {}
            }
        }
    }

    /// When the next call may begin; far away where only an answer makes room for it.
    fn pause(&self) -> Instant {
        if self.tasks.len() >= self.limiter.width(Timestamp::now()) {
            return far_away();
        }
        let again = self.waiting.iter().map(|again| again.at).min();
        match (self.queue.is_empty(), again) {
            (false, _) => self.next,
            (true, Some(again)) => again.max(self.next),
            (true, None) => far_away(),
        }
    }

    fn fill(&mut self, journal: &mut Option<Journal>, tell: &impl Fn(BulkEvent)) {
        let now = Instant::now();
        let queue = &mut self.queue;
        self.waiting.retain(|again| {
            let is_due = again.at <= now;
            if is_due {
                queue.push_front((again.item, again.tries));
            }
            !is_due
        });
        while self.tasks.len() < self.limiter.width(Timestamp::now()) {
            if self.gap.is_some() && Instant::now() < self.next {
                return;
            }
            let Some((at, tries)) = self.queue.pop_front() else {
                return;
            };
            if let Some(gap) = self.gap {
                self.next = Instant::now().max(self.next) + gap;
            }
            let item = &self.items[at];
            let session = self.sessions[&item.key.region].clone();
            let cleared = item.cleared.clone();
            if tries == 0 {
                if let Some(journal) = journal {
                    journal.begun(at);
                }
                tell(BulkEvent::Begun(at));
            }
            let whom = self.whom.clone();
            self.tasks.spawn(async move {
                let outcome = run_as(&session, cleared, whom.as_ref()).await;
                (at, tries + 1, Box::new(outcome))
            });
        }
    }

    fn answered(
        &mut self,
        at: usize,
        tries: u32,
        outcome: Box<Outcome>,
        journal: &mut Option<Journal>,
        tell: &impl Fn(BulkEvent),
    ) {
        let error = outcome.result.as_ref().err();
        if error.is_some_and(|error| error.cause == Cause::Throttled) {
            // The key waits by itself.
            self.limiter.throttled(Timestamp::now());
            tell(BulkEvent::Slowed);
            if tries < THROTTLED_TRIES {
                self.waiting.push(Again {
                    at: Instant::now() + backoff(tries, FIRST_WAIT, LONGEST_WAIT),
                    item: at,
                    tries,
                    outcome,
                });
                return;
            }
        } else {
            self.limiter.answered();
        }
        self.told(at, outcome, journal, tell);
    }

    fn told(
        &self,
        at: usize,
        outcome: Box<Outcome>,
        journal: &mut Option<Journal>,
        tell: &impl Fn(BulkEvent),
    ) {
        if let Some(journal) = journal {
            journal.answered(at, &outcome);
        }
        let key = self.items[at].key.clone();
        tell(BulkEvent::Answered(at, key, outcome));
    }

    /// Takes out what is not sent; what was throttled last has that as its result.
    fn stop(&mut self, journal: &mut Option<Journal>, tell: &impl Fn(BulkEvent)) {
        self.queue.clear();
        for again in std::mem::take(&mut self.waiting) {
            self.told(again.item, again.outcome, journal, tell);
        }
    }
}

fn far_away() -> Instant {
    Instant::now() + Duration::from_secs(3600)
}

#[cfg(test)]
mod tests {
    use super::super::{RETIRE_GRANT, REVOKE_GRANT};
    use super::*;

    fn key(state: &str) -> BulkKey {
        BulkKey {
            id: "1234abcd-12ab-34cd-56ef-1234567890ab".into(),
            aliases: vec!["alias/pay".into()],
            metadata: Some(KeyMetadata {
                key_spec: Some("SYMMETRIC_DEFAULT".into()),
                key_state: Some(state.into()),
                description: "old".into(),
                ..KeyMetadata::default()
            }),
            foreign_account: None,
            grant: None,
        }
    }

    #[test]
    fn each_operation_for_several_keys_asks_first_and_has_no_dry_run() {
        for spec in BULK {
            assert!(spec.changes_account() && !spec.has_dry_run(), "{}", spec.id);
            assert!(spec.has(&KEY_ID), "{}", spec.id);
        }
    }

    #[test]
    fn keys_that_do_not_fit_are_left_out_with_the_reason() {
        let pattern = Request::new(DISABLE_KEY.id);
        let why = |key: &BulkKey| key.request(&DISABLE_KEY, &pattern).unwrap_err();
        assert!(key("Enabled").request(&DISABLE_KEY, &pattern).is_ok());
        assert_eq!(why(&key("Disabled")), "the key is Disabled");
        let mut foreign = key("Enabled");
        foreign.foreign_account = Some("444455556666".into());
        assert!(why(&foreign).contains("444455556666"));
        let mut aws = key("Enabled");
        aws.metadata.as_mut().unwrap().key_manager = Some("AWS".into());
        assert_eq!(why(&aws), "AWS manages it");
        // What is not known of a key rules nothing out.
        let unknown = BulkKey {
            metadata: None,
            ..key("Enabled")
        };
        assert!(unknown.request(&DISABLE_KEY, &pattern).is_ok());
    }

    #[test]
    fn a_grant_is_ended_whatever_its_key_is() {
        let grant = Grant {
            grant_id: "g1".into(),
            grantee_principal: Some("arn:aws:iam::111122223333:role/app".into()),
            ..Grant::default()
        };
        let of_grant = BulkKey {
            id: "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
                .into(),
            foreign_account: Some("444455556666".into()),
            grant: Some(Arc::new(grant)),
            ..key("PendingDeletion")
        };
        assert_eq!(of_grant.name(), "role/app on alias/pay");
        for spec in [&REVOKE_GRANT, &RETIRE_GRANT] {
            assert_eq!(spec.noun(), "grant");
            let request = of_grant.request(spec, &Request::new(spec.id)).unwrap();
            assert_eq!(request.text(&GRANT_ID), Some("g1"), "{}", spec.id);
            assert_eq!(request.text(&KEY_ID), Some(&*of_grant.id), "{}", spec.id);
        }
    }

    #[test]
    fn a_description_is_each_key_s_own() {
        let field = UPDATE_KEY_DESCRIPTION.field("Description").unwrap();
        let text = "{description} ({alias}, {id}) {team} {";
        let pattern = Request::new(UPDATE_KEY_DESCRIPTION.id).with(field, Value::Text(text.into()));
        let request = key("Enabled").request(&UPDATE_KEY_DESCRIPTION, &pattern);
        assert_eq!(
            request.unwrap().text(field),
            Some("old (alias/pay, 1234abcd-12ab-34cd-56ef-1234567890ab) {team} {")
        );
        let nameless = BulkKey {
            aliases: Vec::new(),
            ..key("Enabled")
        };
        let why = nameless.request(&UPDATE_KEY_DESCRIPTION, &pattern);
        assert_eq!(why.unwrap_err(), "it has no alias for {alias}");
    }
}
