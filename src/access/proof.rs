//! Verdicts beside what dry runs of the caller said: whether they agree.

use std::collections::HashMap;

use kmsdeck_policy::{Answer, AnswerKind};

use crate::kms::Verdict;
use crate::ops::{OpSpec, RETIRE_GRANT};

/// What KMS said to dry runs of the caller, by the key's ARN and the permission.
#[derive(Default)]
pub struct Proof {
    answers: HashMap<(String, &'static str), Verdict>,
}

/// A verdict beside a dry run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    Agrees,
    Differs,
    /// The verdict depends on the request, or the dry run told nothing.
    NotCompared,
}

impl Proof {
    pub fn put(&mut self, key_arn: &str, permission: &'static str, verdict: Verdict) {
        self.answers
            .insert((key_arn.to_owned(), permission), verdict);
    }

    pub fn get(&self, key_arn: &str, permission: &'static str) -> Option<Verdict> {
        self.answers.get(&(key_arn.to_owned(), permission)).copied()
    }

    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }
}

/// What a dry run tells of access. KMS looks for a grant before it looks at who may retire it: of
/// one that is not there it tells nothing.
pub fn told(spec: &OpSpec, said: Verdict, is_of_a_grant: bool) -> Verdict {
    let is_of_no_grant = spec.id == RETIRE_GRANT.id && !is_of_a_grant;
    match said {
        Verdict::WouldFail if is_of_no_grant => Verdict::NotKnown,
        verdict => verdict,
    }
}

/// Whether a dry run bears a verdict out. What KMS refuses for another reason than access was let
/// through.
pub fn compare(answer: &Answer, dry_run: Verdict) -> Agreement {
    let is_let = match dry_run {
        Verdict::WouldSucceed | Verdict::WouldFail => true,
        Verdict::Denied => false,
        Verdict::NotKnown => return Agreement::NotCompared,
    };
    let says = match answer.kind {
        AnswerKind::Allowed => true,
        AnswerKind::Denied | AnswerKind::NotAllowed => false,
        AnswerKind::AllowedIf | AnswerKind::CannotTell => return Agreement::NotCompared,
    };
    match says == is_let {
        true => Agreement::Agrees,
        false => Agreement::Differs,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::REVOKE_GRANT;

    #[test]
    fn of_a_grant_that_is_not_there_a_dry_run_tells_nothing_about_retiring() {
        let fails = Verdict::WouldFail;
        assert_eq!(told(&RETIRE_GRANT, fails, false), Verdict::NotKnown);
        assert_eq!(told(&RETIRE_GRANT, fails, true), fails);
        // Who may revoke is looked at first.
        assert_eq!(told(&REVOKE_GRANT, fails, false), fails);
        let denied = Verdict::Denied;
        assert_eq!(told(&RETIRE_GRANT, denied, false), denied);
    }
}
