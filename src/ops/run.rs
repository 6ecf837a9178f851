//! Carries out what the gate has cleared.

use std::sync::Arc;

use super::gate::Cleared;
use super::op_spec::OpSpec;
use super::table::spec;
use crate::gateway::record::metered;
use crate::gateway::session::Session;
use crate::kms::key::MetadataValue;
use crate::kms::{Cause, KmsError, Outcome, Request, ResponseField, ResponseValue, Who};

/// The answer, where it has all that the call was made for.
fn whole(
    session: &Session,
    spec: &OpSpec,
    fields: Vec<ResponseField>,
) -> Result<Vec<ResponseField>, KmsError> {
    let is_empty = |field: &ResponseField| match &field.value {
        ResponseValue::Absent => true,
        ResponseValue::Blob(bytes) => bytes.is_empty(),
        ResponseValue::Secret(bytes) => bytes.is_empty(),
        _ => false,
    };
    let mut answers = spec.answers.iter().zip(&fields);
    match answers.find(|(answer, field)| answer.is_product && is_empty(field)) {
        None => Ok(fields),
        Some((answer, _)) => Err(KmsError::local(
            Cause::Response,
            "EmptyAnswer",
            format!(
                "{} answered {} without {}.",
                session.endpoint_text(),
                spec.id.0,
                answer.name
            ),
            "Check that the endpoint is a KMS endpoint.",
        )
        .by(Who::Kms)),
    }
}

/// What came of requests that one yes was for.
#[derive(Debug)]
pub struct StepsOutcome {
    /// Of those that were sent, in their order.
    pub outcomes: Vec<Outcome>,
    /// Those that were not sent: the key that they are about was not made.
    pub left: Vec<Request>,
}

/// Carries requests out one after the other: the first makes a key, and the others are about that
/// key. One of them that fails keeps none of the rest back.
pub async fn run_steps(session: &Session, first: Cleared, then: Vec<Cleared>) -> StepsOutcome {
    let made = run(session, first).await;
    let key_id = made_key(&made).map(str::to_owned);
    let mut outcomes = vec![made];
    let mut left = Vec::new();
    for step in then {
        match &key_id {
            Some(key_id) => outcomes.push(run(session, step.about_new_key(key_id)).await),
            None => left.push(step.into_request()),
        }
    }
    StepsOutcome { outcomes, left }
}

/// The ID of the key that was made.
pub fn made_key(outcome: &Outcome) -> Option<&str> {
    let mut fields = outcome.result.as_ref().ok()?.iter();
    fields.find_map(|field| match &field.value {
        ResponseValue::Structure(members) => members.iter().find_map(|(name, value)| match value {
            MetadataValue::Text(id) if *name == "KeyId" => Some(id.as_str()),
            _ => None,
        }),
        _ => None,
    })
}

/// Carries a request out: one SDK call.
pub async fn run(session: &Session, request: Cleared) -> Outcome {
    let request = Arc::new(request.into_request());
    let spec = spec(request.op);
    let (result, meta) = metered(&request, (spec.call)(session, &request)).await;
    if result.as_ref().is_err_and(KmsError::is_dry_run_success) {
        session.answered_a_dry_run();
    }
    if let Ok(fields) = &result {
        let names = fields.iter().map(|field| field.name);
        debug_assert!(names.eq(spec.answers.iter().map(|answer| answer.name)));
    }
    let result = match result {
        Ok(fields) if !request.dry_run() => whole(session, spec, fields),
        other => other,
    };
    Outcome {
        request: Arc::unwrap_or_clone(request),
        meta,
        result,
    }
}
