//! What another key policy, or another grant, changes for whom.

use std::collections::HashMap;

use super::{Access, Answer, AnswerKind, Memo, Operation};
use crate::context::RequestContext;
use crate::key_facts::KeyFacts;
use crate::who::Who;

/// What changes for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessChangeKind {
    /// May do it, and could not before.
    Gained,
    /// Could do it, and may not any more.
    Lost,
    /// Could do it always, and may under a condition.
    NowConditional,
    /// Could do it under a condition, and may always.
    NoLongerConditional,
    /// May do it under another condition.
    OtherCondition,
}

/// A change for one principal and one operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessChange {
    /// For whom.
    pub who: Who,
    /// For what: its place in [`Access::operations`].
    pub operation: usize,
    /// Which.
    pub kind: AccessChangeKind,
    /// What it was.
    pub before: Answer,
    /// What it is then.
    pub after: Answer,
}

/// What another policy changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessDiff {
    /// All changes, by principal.
    pub changes: Vec<AccessChange>,
    /// Who may put another policy afterwards, or may under a condition, or might: that is not known
    /// of somebody whose policies could not be read. Nobody is a key out of everybody's reach.
    pub keepers: Vec<(Who, Answer)>,
}

impl AccessDiff {
    /// Whether nobody could put another policy afterwards.
    pub fn leaves_nobody(&self) -> bool {
        self.keepers.is_empty()
    }
}

impl AccessChangeKind {
    fn of(before: &Answer, after: &Answer) -> Option<AccessChangeKind> {
        match (amount(before), amount(after)) {
            (Amount::None, Amount::None) | (Amount::All, Amount::All) => None,
            (Amount::None, _) => Some(AccessChangeKind::Gained),
            (_, Amount::None) => Some(AccessChangeKind::Lost),
            (Amount::All, Amount::Some) => Some(AccessChangeKind::NowConditional),
            (Amount::Some, Amount::All) => Some(AccessChangeKind::NoLongerConditional),
            (Amount::Some, Amount::Some) => {
                (before.when != after.when).then_some(AccessChangeKind::OtherCondition)
            }
        }
    }
}

/// How many requests are allowed.
enum Amount {
    None,
    Some,
    All,
}

fn amount(answer: &Answer) -> Amount {
    match answer.kind {
        AnswerKind::Denied | AnswerKind::NotAllowed => Amount::None,
        AnswerKind::AllowedIf | AnswerKind::CannotTell => Amount::Some,
        AnswerKind::Allowed => Amount::All,
    }
}

impl Access {
    /// What changes for whom where a key becomes as `new` says, another policy or other grants.
    pub fn diff(&self, old: &KeyFacts, new: &KeyFacts) -> AccessDiff {
        let put_key_policy = Operation {
            action: "kms:PutKeyPolicy".to_owned(),
            takes_encryption_context: false,
        };
        let keepers = self.who(new).into_iter().filter_map(|who| {
            let answer = self.ask(new, &who, &put_key_policy, &RequestContext::default());
            (!matches!(amount(&answer), Amount::None)).then_some((who, answer))
        });
        AccessDiff {
            changes: self.changes(old, new),
            keepers: keepers.collect(),
        }
    }

    /// The changes alone.
    pub(super) fn changes(&self, old: &KeyFacts, new: &KeyFacts) -> Vec<AccessChange> {
        let mut rows = self.who(old);
        let of_new = self.who(new);
        // One that is named in one of both alone may be somebody who is known by the other.
        let places: HashMap<&str, usize> = rows
            .iter()
            .enumerate()
            .map(|(at, who)| (who.name.as_str(), at))
            .collect();
        let added = of_new
            .iter()
            .filter(|who| !places.contains_key(who.name.as_str()));
        let added: Vec<Who> = added.cloned().collect();
        rows.extend(added);
        let (before, after) = (self.ready(old), self.ready(new));
        let mut memo = Memo::default();
        let changes = rows.into_iter().flat_map(|who| {
            let before = self.row(&before, &who, &mut memo);
            let after = self.row(&after, &who, &mut memo);
            let cells = before.into_iter().zip(after).enumerate();
            let changes = cells.filter_map(|(operation, (before, after))| {
                Some(AccessChange {
                    who: who.clone(),
                    operation,
                    kind: AccessChangeKind::of(&before, &after)?,
                    before,
                    after,
                })
            });
            changes.collect::<Vec<_>>()
        });
        changes.collect()
    }
}
