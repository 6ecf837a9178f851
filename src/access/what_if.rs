//! What another key policy would change, before it is put: for whom of all that are known, who could
//! put another one afterwards, and what is wrong with it by what is known of principals.

use std::sync::Arc;

use kmsdeck_policy::{
    AccessChange, AccessChangeKind, AnswerKind, KeyFacts, Lint, LintFacts, lint_key_policy_of,
};

use super::columns;
use super::key::{KeyRead, read_key, with_policy};
use super::principals::Principals;
use super::row::{AskedKey, Evaluation, in_words, who_text};
use super::run::AccessQuestion;
use super::why::change_word;
use crate::kms::text::counted;
use crate::platform::blocking::blocking;

/// A policy that is to be put in the place of another.
pub struct WhatIfQuestion {
    /// Of the key alone.
    pub access: AccessQuestion,
    pub before: String,
    pub after: String,
}

/// See the [module](self).
pub struct WhatIf {
    pub principals: Arc<Principals>,
    /// Those of the policy, with what is known of the key and the principals.
    pub lints: Vec<Lint>,
    /// None where it is no policy, or the key cannot be read at all.
    pub changes: Option<Changes>,
    /// What could not be read, and weakens what is said.
    pub missing: Vec<String>,
}

/// Who gains and loses what.
pub struct Changes {
    /// `2 gained · 1 lost, for 3 principals`.
    pub text: String,
    /// Principal by principal.
    pub of: Vec<ChangedFor>,
    /// How many could put another policy afterwards, always or sometimes.
    pub keepers: usize,
}

/// What changes for one principal.
pub struct ChangedFor {
    pub who: String,
    /// Of another account than the key.
    pub is_external: bool,
    /// What of it, and a sentence of the operations: `gained: Decrypt, Encrypt`.
    pub parts: Vec<(AccessChangeKind, String)>,
}

/// The most operations that are named of one principal.
const MOST_NAMED: usize = 8;

const KINDS: [AccessChangeKind; 5] = [
    AccessChangeKind::Gained,
    AccessChangeKind::Lost,
    AccessChangeKind::NowConditional,
    AccessChangeKind::NoLongerConditional,
    AccessChangeKind::OtherCondition,
];

/// Reads the key and the principals, and compares. Dropping the future gives it up.
pub async fn run(question: WhatIfQuestion) -> WhatIf {
    let principals = question.access.principals(|_| {}).await;
    let key = read(&question).await;
    blocking(move || compare(principals, key, &question)).await
}

/// The key as it is; by its policy alone where it cannot be described.
async fn read(question: &WhatIfQuestion) -> Result<KeyRead, String> {
    let keys = question.access.keys.first();
    let Some((key, _)) = keys else {
        return Err("the key".to_owned());
    };
    let mut sessions = question.access.sessions.iter();
    let Some(session) = sessions.find(|one| one.region == key.region) else {
        return Err(format!("the key (no session in {})", key.region));
    };
    let (operation, error) = match read_key(session, &key.id).await {
        Ok(read) => return Ok(read),
        Err(failed) => failed,
    };
    let missing = format!("the key, its grants and tags ({operation}: {})", error.code);
    if !key.id.starts_with("arn:") {
        return Err(missing);
    }
    let mut read = with_policy(&key.id, &question.before, None).map_err(|_| missing.clone())?;
    read.missing.push(missing);
    Ok(read)
}

fn compare(
    principals: Arc<Principals>,
    key: Result<KeyRead, String>,
    question: &WhatIfQuestion,
) -> WhatIf {
    let mut missing = principals.missing.clone();
    let arn = key.as_ref().ok().map(|key| key.facts.arn.clone());
    let facts = LintFacts {
        key_arn: arn.as_deref(),
        accounts: &principals.accounts,
    };
    let lints = lint_key_policy_of(&question.after, facts);
    let changes = match key {
        Ok(key) => {
            missing.splice(0..0, key.missing.clone());
            let columns = columns::of_key(key.metadata.as_ref());
            let evaluation = Evaluation::new(&principals.accounts, columns);
            missing.extend(evaluation.missing());
            let facts = |policy: &str| key.facts.with_policy(policy).ok();
            match (facts(&question.before), facts(&question.after)) {
                (Some(before), Some(after)) => Some(changes(key, &before, &after, &evaluation)),
                _ => None,
            }
        }
        Err(why) => {
            missing.insert(0, why);
            None
        }
    };
    missing.push("resource control, session and VPC endpoint policies".to_owned());
    WhatIf {
        principals,
        lints,
        changes,
        missing,
    }
}

fn changes(key: KeyRead, before: &KeyFacts, after: &KeyFacts, evaluation: &Evaluation) -> Changes {
    let name = String::new();
    let asked = AskedKey { read: key, name };
    let diff = evaluation.access(&asked).diff(before, after);
    let account = before.account();
    let mut of: Vec<ChangedFor> = Vec::new();
    for of_one in diff.changes.chunk_by(|a, b| a.who == b.who) {
        let Some(first) = of_one.first() else {
            continue;
        };
        let who = who_text(&first.who, account);
        of.push(ChangedFor {
            who: match first.who.is_gone {
                true => format!("{who}, which is not there"),
                false => who,
            },
            is_external: first.who.is_external(account),
            parts: parts(of_one, evaluation),
        });
    }
    Changes {
        text: text(&diff.changes, of.len()),
        of,
        keepers: diff.keepers.len(),
    }
}

/// The changes of one principal: those of a kind under one condition in one sentence.
fn parts(changes: &[AccessChange], evaluation: &Evaluation) -> Vec<(AccessChangeKind, String)> {
    let mut parts: Vec<(AccessChangeKind, String, Vec<&str>)> = Vec::new();
    for kind in KINDS {
        for change in changes.iter().filter(|change| change.kind == kind) {
            let condition = match change.after.kind {
                AnswerKind::AllowedIf | AnswerKind::CannotTell => in_words(&change.after),
                _ => String::new(),
            };
            let operation = evaluation.columns[change.operation].name;
            let same = parts
                .iter_mut()
                .find(|(of, when, _)| *of == kind && *when == condition);
            match same {
                Some((.., operations)) => operations.push(operation),
                None => parts.push((kind, condition, vec![operation])),
            }
        }
    }
    let parts = parts.into_iter().map(|(kind, condition, operations)| {
        let more = operations.len().saturating_sub(MOST_NAMED);
        let mut named = operations;
        named.truncate(MOST_NAMED);
        let mut operations = named.join(", ");
        if more > 0 {
            operations.push_str(&format!(" and {more} more"));
        }
        let text = match condition.as_str() {
            "" => format!("{}: {operations}", change_word(kind)),
            condition => format!("{}: {operations} ({condition})", change_word(kind)),
        };
        (kind, text)
    });
    parts.collect()
}

fn text(changes: &[AccessChange], principals: usize) -> String {
    let counts = KINDS.iter().filter_map(|kind| {
        let count = changes.iter().filter(|change| change.kind == *kind).count();
        (count > 0).then(|| format!("{count} {}", change_word(*kind)))
    });
    let counts: Vec<String> = counts.collect();
    match counts.is_empty() {
        true => "Access changes for nobody that is known.".to_owned(),
        false => format!(
            "Access: {}, for {}.",
            counts.join(" · "),
            counted(principals, "principal")
        ),
    }
}
