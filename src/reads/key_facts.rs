//! The facts of keys, by the reads that tell them.

use std::sync::Arc;

use super::spec::{ReadAnswer, ReadSpec};
use super::{
    DESCRIBE_KEY, GET_KEY_LAST_USAGE, GET_KEY_ROTATION_STATUS, LIST_GRANTS, LIST_RESOURCE_TAGS,
};
use crate::catalog::facts::Fact;
use crate::catalog::inventory::{Answer, FactAnswer};
use crate::kms::KmsError;

/// The read that tells a fact.
pub fn read_of(fact: Fact) -> &'static ReadSpec {
    match fact {
        Fact::Details => &DESCRIBE_KEY,
        Fact::Tags => &LIST_RESOURCE_TAGS,
        Fact::Rotation => &GET_KEY_ROTATION_STATUS,
        Fact::LastUsage => &GET_KEY_LAST_USAGE,
        Fact::Grants => &LIST_GRANTS,
    }
}

/// What the answer to that read tells of a key; None where it is another read's.
pub fn fact_answer(fact: Fact, answer: Result<ReadAnswer, KmsError>) -> Option<FactAnswer> {
    Some(match answer {
        Ok(ReadAnswer::Metadata(key)) => FactAnswer::Details(Answer::Known(key)),
        Ok(ReadAnswer::Tags(tags)) => FactAnswer::Tags(Answer::Known(tags.into())),
        Ok(ReadAnswer::RotationStatus(status)) => FactAnswer::Rotation(Answer::Known(status)),
        Ok(ReadAnswer::LastUsage(usage)) => FactAnswer::LastUsage(Answer::Known(usage)),
        Ok(ReadAnswer::Grants(grants)) => {
            let grants = grants.into_iter().map(Arc::new);
            FactAnswer::Grants(Answer::Known(grants.collect()))
        }
        Ok(_) => return None,
        Err(error) => FactAnswer::failed(fact, error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_is_named_by_the_read_that_tells_it() {
        for fact in Fact::ALL {
            assert_eq!(read_of(fact).id.0, fact.operation());
        }
    }
}
