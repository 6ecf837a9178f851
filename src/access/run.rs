//! The question of who may do what, asked of keys: what it reads, and the answers as they come.

use std::sync::Arc;

use futures_util::StreamExt;

use super::columns;
use super::key::{ReadFailed, read_key};
use super::principals::Principals;
use super::row::{AccessRow, AskedKey, Evaluation};
use crate::gateway::Session;
use crate::kms::KeyRef;
use crate::platform::blocking::blocking;

/// Keys that are read at once: each takes five calls.
const KEYS_AT_ONCE: usize = 6;

/// What is asked.
pub struct AccessQuestion {
    /// The keys, by what people call them.
    pub keys: Vec<(KeyRef, String)>,
    /// Of the keys' Regions.
    pub sessions: Vec<Session>,
    /// The account of the session, and who asks, where that is known.
    pub account: Option<String>,
    pub caller: Option<String>,
    /// One principal alone, by ARN, service, account or `*`.
    pub principal: Option<String>,
    /// The users and roles, where they were read before.
    pub known: Option<Arc<Principals>>,
}

impl AccessQuestion {
    /// The users and roles: those that are known, else by IAM. `tell` hears after each page how many
    /// there are so far.
    pub async fn principals(&self, tell: impl FnMut(usize)) -> Arc<Principals> {
        let session = self.sessions.first();
        match (&self.known, &self.account, session) {
            (Some(known), ..) => known.clone(),
            (None, Some(account), Some(session)) => {
                Arc::new(Principals::of_account(session, account, tell).await)
            }
            _ => Arc::new(Principals {
                missing: vec!["users and roles (it is not known whose account this is)".to_owned()],
                ..Principals::default()
            }),
        }
    }
}

/// What is told meanwhile.
pub enum AccessEvent {
    /// So many users and roles are read.
    Read(usize),
    /// The users and roles, all of them, and what is evaluated by them.
    Principals(Arc<Principals>, Arc<Evaluation>),
    /// The rows of a key.
    Rows(Vec<AccessRow>),
    /// A key could not be read.
    Failed(KeyRef, ReadFailed),
    Done,
}

/// Reads principals and keys, and tells the answers key by key. Dropping the future gives up what
/// is under way.
pub async fn run(question: AccessQuestion, tell: impl Fn(AccessEvent)) {
    let principals = question
        .principals(|count| tell(AccessEvent::Read(count)))
        .await;
    let of_accounts = principals.clone();
    let evaluation =
        blocking(move || Arc::new(Evaluation::new(&of_accounts.accounts, columns::columns())))
            .await;
    tell(AccessEvent::Principals(principals, evaluation.clone()));
    let sessions = &question.sessions;
    let reads = question.keys.into_iter().filter_map(|(key, name)| {
        let session = sessions.iter().find(|one| one.region == key.region)?;
        Some(async move {
            let read = read_key(session, &key.id).await;
            (key, name, read)
        })
    });
    let mut reads = futures_util::stream::iter(reads).buffered(KEYS_AT_ONCE);
    while let Some((key, name, read)) = reads.next().await {
        let read = match read {
            Ok(read) => read,
            Err(failed) => {
                tell(AccessEvent::Failed(key, failed));
                continue;
            }
        };
        let asked = Arc::new(AskedKey { read, name });
        let (evaluation, principal) = (evaluation.clone(), question.principal.clone());
        let caller = question.caller.clone();
        let rows = blocking(move || rows(&evaluation, &asked, principal, caller)).await;
        tell(AccessEvent::Rows(rows));
    }
    tell(AccessEvent::Done);
}

/// The rows of a key: of one principal, else of all that may come to it, the caller among them.
fn rows(
    evaluation: &Evaluation,
    key: &Arc<AskedKey>,
    principal: Option<String>,
    caller: Option<String>,
) -> Vec<AccessRow> {
    if let Some(principal) = principal {
        return vec![evaluation.row_of(key, &principal)];
    }
    let mut rows = evaluation.rows(key);
    if let Some(caller) = caller
        && !rows.iter().any(|row| row.who.name == caller)
    {
        // A session has a role's row, and stands first itself: its own are the rights to be proved.
        rows.insert(0, evaluation.row_of(key, &caller));
    }
    rows
}
