//! Asks the cells of a matrix: bounded in number and rate, giving way to throttling, each cell
//! until it has a verdict.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::OnceCell;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{AskedWith, Cell, CellId, DryRunAnswer, Matrix, Row, probe};
use crate::gateway::Session;
use crate::gateway::limiter::{Limiter, Limits, backoff};
use crate::kms::key::KeyMetadata;
use crate::kms::{CallMeta, Cause, KmsError, Verdict};
use crate::ops::fields::GRANT_ID;
use crate::ops::{self, Cleared, Misfit};
use crate::reads;

/// Tries of a cell that the service throttles; then it is `not known`.
const THROTTLED_TRIES: u32 = 14;
/// Tries of a cell that fails for another passing reason.
const FAILED_TRIES: u32 = 3;
/// A cell's wait before its second try; doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(50);
/// The longest.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// What the runner tells.
#[derive(Debug)]
pub enum RunEvent {
    /// A cell has its answer.
    Answered(CellId, Cell),
    /// Throttled: fewer calls are under way for a while.
    Slowed,
    /// All cells have theirs.
    Done,
}

struct Shared {
    matrix: Matrix,
    /// By the names of their Regions.
    sessions: HashMap<String, Session>,
    caller: Option<Arc<str>>,
    /// Of each key that is asked about: what is looked for when it is first needed.
    facts: HashMap<usize, RowFacts>,
    all: bool,
}

/// What a row's cells share.
#[derive(Default)]
struct RowFacts {
    /// The key, where the matrix does not know it yet; None where DescribeKey does not tell.
    metadata: OnceCell<Option<Arc<KeyMetadata>>>,
    grant: OnceCell<Option<Arc<str>>>,
}

/// Asks `cells` of the matrix. `sessions` are those of the rows' Regions: a key of a Region without
/// one is not asked about, and its cells say so. `caller` is the ARN that CreateGrant would
/// name, where it is known.
/// Keys that the matrix does not know are described first; without `all`, what then turns out to be
/// not for the key is not asked. Dropping the future gives up what is under way.
pub async fn run(
    matrix: Matrix,
    cells: Vec<CellId>,
    sessions: Vec<Session>,
    caller: Option<String>,
    limits: Limits,
    all: bool,
    tell: impl Fn(RunEvent),
) {
    let facts = cells
        .iter()
        .map(|id| (id.row, RowFacts::default()))
        .collect();
    let shared = Arc::new(Shared {
        matrix,
        // A call that fails is tried again here, where the others hear of it, and not in the SDK.
        sessions: sessions
            .iter()
            .map(|session| (session.region.clone(), session.without_retries()))
            .collect(),
        caller: caller.map(Arc::from),
        facts,
        all,
    });
    let mut run = Runner {
        proven: sessions
            .into_iter()
            .filter(is_trusted)
            .map(|session| session.region)
            .collect(),
        queue: VecDeque::new(),
        held: Vec::new(),
        tasks: JoinSet::new(),
        waiting: Vec::new(),
        limiter: Limiter::new(limits.at_once),
        next: Instant::now(),
        gap: limits
            .a_second
            .map(|rate| Duration::from_secs(1) / rate.max(1)),
        shared,
    };
    for id in cells {
        run.take(id);
    }
    run.finish(&tell).await;
    tell(RunEvent::Done);
}

/// AWS itself and the sandbox are known to honour DryRun.
fn is_trusted(session: &Session) -> bool {
    session.is_sandbox || session.endpoint.is_none()
}

struct Runner {
    shared: Arc<Shared>,
    queue: VecDeque<(CellId, u32)>,
    /// Cells that would change the account if the endpoint did not know DryRun; they wait until
    /// it has shown that it does.
    held: Vec<CellId>,
    /// Regions in which it has.
    proven: HashSet<String>,
    tasks: JoinSet<(CellId, u32, Asked)>,
    /// Cells to be tried again, and when.
    waiting: Vec<(Instant, CellId, u32)>,
    limiter: Limiter,
    next: Instant,
    gap: Option<Duration>,
}

impl Runner {
    fn region(&self, id: CellId) -> &str {
        &self.shared.matrix.rows[id.row].key.region
    }

    fn take(&mut self, id: CellId) {
        let changes = self.shared.matrix.columns[id.column].changes_account();
        let region = self.region(id);
        let can_be_proven = self.shared.sessions.contains_key(region);
        if changes && can_be_proven && !self.proven.contains(region) {
            self.held.push(id);
        } else {
            self.queue.push_back((id, 0));
        }
    }

    async fn finish(&mut self, tell: &impl Fn(RunEvent)) {
        loop {
            self.fill();
            if self.queue.is_empty() && self.waiting.is_empty() && self.tasks.is_empty() {
                self.give_up_held(tell);
                return;
            }
            let pause = self.pause();
            tokio::select! {
                Some(done) = self.tasks.join_next() => match done {
                    Ok((id, tries, Asked::Call(call))) => self.answered(id, tries, *call, tell),
                    Ok((id, _, Asked::NotForKey(needs))) => {
                        tell(RunEvent::Answered(id, Cell::NotForKey(needs)));
                    }
                    Err(error) if error.is_panic() => {
                        std::panic::resume_unwind(error.into_panic())
                    }
                    Err(_) => {}
                },
                () = tokio::time::sleep_until(pause) => {}
            }
        }
    }

    /// When the next call may begin; far away where only an answer makes room for it.
    fn pause(&self) -> Instant {
        let far = Instant::now() + Duration::from_secs(3600);
        if self.tasks.len() >= self.limiter.width(Timestamp::now()) {
            return far;
        }
        let again = self.waiting.iter().map(|(at, ..)| *at).min();
        match (self.queue.is_empty(), again) {
            (false, _) => self.next,
            (true, Some(again)) => again.max(self.next),
            (true, None) => far,
        }
    }

    fn fill(&mut self) {
        let now = Instant::now();
        let queue = &mut self.queue;
        self.waiting.retain(|(at, id, tries)| {
            let is_due = *at <= now;
            if is_due {
                queue.push_front((*id, *tries));
            }
            !is_due
        });
        while self.tasks.len() < self.limiter.width(Timestamp::now()) {
            if self.gap.is_some() && Instant::now() < self.next {
                return;
            }
            let Some((id, tries)) = self.queue.pop_front() else {
                return;
            };
            if let Some(gap) = self.gap {
                self.next = Instant::now().max(self.next) + gap;
            }
            let shared = self.shared.clone();
            self.tasks.spawn(async move {
                let asked = ask(&shared, id).await;
                (id, tries + 1, asked)
            });
        }
    }

    fn answered(&mut self, id: CellId, tries: u32, call: DryRunCall, tell: &impl Fn(RunEvent)) {
        let error = call.result.err();
        let most = match &error {
            Some(error) if error.cause == Cause::Throttled => {
                // The cell waits by itself.
                self.limiter.throttled(Timestamp::now());
                tell(RunEvent::Slowed);
                THROTTLED_TRIES
            }
            Some(error) if is_passing(error) => FAILED_TRIES,
            _ => {
                self.limiter.answered();
                1
            }
        };
        if tries < most {
            let wait = backoff(tries, FIRST_WAIT, LONGEST_WAIT);
            self.waiting.push((Instant::now() + wait, id, tries));
            return;
        }
        if error.as_ref().is_some_and(KmsError::is_dry_run_success) {
            let region = self.region(id).to_owned();
            if self.proven.insert(region.clone()) {
                let (free, held) = std::mem::take(&mut self.held)
                    .into_iter()
                    .partition(|id| self.region(*id) == region);
                self.held = held;
                let free: Vec<CellId> = free;
                self.queue.extend(free.into_iter().map(|id| (id, 0)));
            }
        }
        let verdict = match &error {
            Some(error) => Verdict::of(error),
            // The endpoint carried it out: nothing is known of the permission.
            None => Verdict::NotKnown,
        };
        let answer = DryRunAnswer {
            verdict,
            error: error.map(Arc::new),
            meta: call.meta,
            asked_with: call.asked_with,
        };
        tell(RunEvent::Answered(id, Cell::Answered(Box::new(answer))));
    }

    /// Changes that were never tried, since no dry run of the endpoint gave the good answer.
    fn give_up_held(&mut self, tell: &impl Fn(RunEvent)) {
        for id in std::mem::take(&mut self.held) {
            let error = KmsError::local(
                Cause::Config,
                "DryRunNotProven",
                "No other dry run was answered with DryRunOperationException, so that this endpoint may not know DryRun and would carry out the change.",
                "Ask about an operation that would succeed in the same matrix.",
            );
            let answer = DryRunAnswer {
                verdict: Verdict::NotKnown,
                error: Some(Arc::new(error)),
                meta: CallMeta::default(),
                asked_with: self.shared.known_of(&self.shared.matrix.rows[id.row]),
            };
            tell(RunEvent::Answered(id, Cell::Answered(Box::new(answer))));
        }
    }
}

/// What was looked for; None where the service refuses to tell it, whenever it is asked.
fn unless_refused<T>(answer: Result<T, KmsError>) -> Result<Option<T>, KmsError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.cause == Cause::Throttled || is_passing(&error) => Err(error),
        Err(_) => Ok(None),
    }
}

/// Codes of a signature that may be of another time.
const CLOCK_SKEW: &[&str] = &[
    "InvalidSignatureException",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
];

/// Whether another try may go better, other than for throttling.
fn is_passing(error: &KmsError) -> bool {
    matches!(error.cause, Cause::Network | Cause::Timeout)
        // A clock that is wrong: the SDK knows by how much after the first answer.
        || CLOCK_SKEW.contains(&error.code.as_str())
        || error.status.is_some_and(|status| status >= 500)
}

/// Why a key of that Region is not asked about.
fn no_session(region: &str) -> KmsError {
    KmsError::local(
        Cause::Config,
        "NoSession",
        format!("There is no session in {region}."),
        "List that Region, and ask again.",
    )
}

/// What came of a cell.
enum Asked {
    Call(Box<DryRunCall>),
    /// The key is of a kind that the operation cannot be done with.
    NotForKey(String),
}

/// A dry run that was sent, or why it could not be.
struct DryRunCall {
    result: Result<(), KmsError>,
    meta: CallMeta,
    asked_with: AskedWith,
}

impl Shared {
    /// What is known of a key before anything is looked for.
    fn known_of(&self, row: &Row) -> AskedWith {
        AskedWith {
            metadata: row.metadata.clone(),
            grant_id: None,
            caller: self.caller.clone(),
        }
    }

    fn not_sent(&self, row: &Row, error: KmsError) -> Asked {
        Asked::Call(Box::new(DryRunCall {
            result: Err(error),
            meta: CallMeta::default(),
            asked_with: self.known_of(row),
        }))
    }
}

/// One dry run.
async fn ask(shared: &Shared, id: CellId) -> Asked {
    let matrix = &shared.matrix;
    let mut row = matrix.rows[id.row].clone();
    let spec = matrix.columns[id.column];
    let Some(session) = shared.sessions.get(&row.key.region) else {
        return shared.not_sent(&row, no_session(&row.key.region));
    };
    let facts = &shared.facts[&id.row];
    if row.metadata.is_none() {
        let described = facts.metadata.get_or_try_init(async || {
            unless_refused(reads::describe_key(session, &row.key.id).await).map(|k| k.map(Arc::new))
        });
        row.metadata = match described.await {
            Ok(metadata) => metadata.clone(),
            Err(error) => return shared.not_sent(&row, error),
        };
        if let Some(key) = &row.metadata
            && let Some(Misfit::Kind(needs)) = spec.misfit(key)
            && !shared.all
        {
            return Asked::NotForKey(needs);
        }
    }
    let grant_id = match spec.has(&GRANT_ID) {
        false => None,
        true => {
            let found = facts.grant.get_or_try_init(async || {
                // Without the permission to list, a grant that is not there is asked about.
                unless_refused(reads::first_grant(session, &row.key.id).await)
                    .map(|found| found.flatten().map(Arc::from))
            });
            match found.await {
                Ok(grant) => grant.clone(),
                Err(error) => return shared.not_sent(&row, error),
            }
        }
    };
    let asked_with = AskedWith {
        grant_id,
        ..shared.known_of(&row)
    };
    let asking = probe::Asking {
        variant: &matrix.variants[id.variant],
        grant_tokens: &matrix.grant_tokens,
        grant_id: asked_with.grant_id.as_deref(),
        caller: shared.caller.as_deref(),
    };
    match Cleared::unchanging(probe::request(spec, &row, asking), session) {
        Ok(dry_run) => {
            let outcome = ops::run(session, dry_run).await;
            Asked::Call(Box::new(DryRunCall {
                result: outcome.result.map(drop),
                meta: outcome.meta,
                asked_with,
            }))
        }
        // Held back until the endpoint has shown that it knows DryRun.
        Err(unanswered) => shared.not_sent(
            &row,
            KmsError::local(
                Cause::Response,
                "DryRunNotKnown",
                format!(
                    "{} was not asked: the endpoint may carry it out.",
                    unanswered.request().op
                ),
                "Ask an operation that changes nothing first.",
            ),
        ),
    }
}
