//! Carries out what the gate has cleared.

use std::sync::Arc;

use super::gate::Cleared;
use super::op_spec::OpSpec;
use super::table::spec;
use crate::gateway::error::OTHER_PRINCIPAL;
use crate::gateway::record::metered;
use crate::gateway::session::Session;
use crate::kms::{Cause, KmsError, Outcome, Request, ResponseField, ResponseValue, Signer, Who};
use crate::reads;

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
pub async fn run_steps(
    session: &Session,
    whom: Option<&AsWhom>,
    first: Cleared,
    then: Vec<Cleared>,
) -> StepsOutcome {
    let made = run_as(session, first, whom).await;
    let key_id = made_key(&made).map(str::to_owned);
    let mut outcomes = vec![made];
    let mut left = Vec::new();
    for step in then {
        match &key_id {
            Some(key_id) => {
                outcomes.push(run_as(session, step.about_new_key(key_id), whom).await);
            }
            None => left.push(step.into_request()),
        }
    }
    StepsOutcome { outcomes, left }
}

/// The ID of the key that was made.
pub fn made_key(outcome: &Outcome) -> Option<&str> {
    let mut fields = outcome.result.as_ref().ok()?.iter();
    fields.find_map(|field| match &field.value {
        ResponseValue::Metadata(key) => Some(key.key_id.as_str()),
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

/// Whom a question names, and whose credentials those were.
#[derive(Debug, Clone)]
pub struct AsWhom {
    pub principal: String,
    pub signer: Signer,
}

/// Carries out what the user has said yes to, as nobody but who the question named, where it named
/// somebody: a credential_process or a new sign-in may have given other credentials meanwhile.
pub async fn run_as(session: &Session, request: Cleared, whom: Option<&AsWhom>) -> Outcome {
    let Some(whom) = whom else {
        return run(session, request).await;
    };
    let outcome = run(&session.signed_only_by(whom.signer), request.clone()).await;
    let is_other = |error: &KmsError| error.code == OTHER_PRINCIPAL;
    if !outcome.result.as_ref().is_err_and(is_other) {
        return outcome;
    }
    // New credentials may be the same principal's.
    match reads::caller_identity(session).await {
        Ok(caller) if caller.arn == whom.principal => run(session, request).await,
        _ => outcome,
    }
}
