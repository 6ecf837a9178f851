//! Every SDK call of this run, the oldest first, as far as they are kept.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::kms::CallRecord;
use crate::kms::key::CallerIdentity;

/// Calls that are kept: the newest.
pub const CALLS_KEPT: usize = 20_000;

/// See the [module](self).
#[derive(Default)]
pub struct CallLog {
    kept: VecDeque<CallRecord>,
    seen: usize,
    /// The newest caller.
    caller: Option<Arc<CallerIdentity>>,
}

impl CallLog {
    /// Takes a call in, and who made it, where that is known.
    pub(in crate::tui) fn add(&mut self, mut record: CallRecord, caller: Option<&CallerIdentity>) {
        record.caller = caller.map(|caller| self.shared(caller));
        if self.kept.len() == CALLS_KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(record);
        self.seen += 1;
    }

    /// Says who made the calls of which that was not known, where `is_theirs`.
    pub(in crate::tui) fn made_by(
        &mut self,
        caller: &CallerIdentity,
        is_theirs: impl Fn(&CallRecord) -> bool,
    ) {
        let caller = self.shared(caller);
        let unknown = self.kept.iter_mut().filter(|call| call.caller.is_none());
        for call in unknown.filter(|call| is_theirs(call)) {
            call.caller = Some(caller.clone());
        }
    }

    /// The caller, once for all calls.
    fn shared(&mut self, caller: &CallerIdentity) -> Arc<CallerIdentity> {
        match &self.caller {
            Some(shared) if **shared == *caller => shared.clone(),
            _ => self.caller.insert(Arc::new(caller.clone())).clone(),
        }
    }

    /// Calls that ended, also those that are no longer kept.
    pub fn seen(&self) -> usize {
        self.seen
    }

    pub fn kept(&self) -> usize {
        self.kept.len()
    }

    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The call of that number, counted from the run's first; None where it is not kept.
    pub fn get(&self, number: usize) -> Option<&CallRecord> {
        self.kept.get(number.checked_sub(self.first())?)
    }

    /// The calls with their numbers, the newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = (usize, &CallRecord)> {
        let first = self.first();
        let numbered = self.kept.iter().enumerate().rev();
        numbered.map(move |(at, record)| (first + at, record))
    }

    fn first(&self) -> usize {
        self.seen - self.kept.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn call(operation: usize) -> CallRecord {
        CallRecord {
            at: Timestamp::UNIX_EPOCH,
            service: "kms",
            region: "us-east-1".into(),
            in_lesson: false,
            caller: None,
            operation: operation.to_string(),
            key: None,
            dry_run: false,
            error: None,
            refusal: None,
            latency: std::time::Duration::ZERO,
            attempts: 1,
            request_id: None,
            signer: None,
            request: None,
        }
    }

    #[test]
    fn a_call_keeps_its_number_when_older_ones_go() {
        let mut log = CallLog::default();
        (0..CALLS_KEPT + 3).for_each(|number| log.add(call(number), None));
        assert_eq!((log.seen(), log.kept()), (CALLS_KEPT + 3, CALLS_KEPT));
        assert!(log.get(2).is_none());
        assert_eq!(log.get(3).map(|call| call.operation.as_str()), Some("3"));
        let newest = log.newest_first().next().map(|(number, _)| number);
        assert_eq!(newest, Some(CALLS_KEPT + 2));
    }
}
