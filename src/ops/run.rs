//! Carries out what the gate has cleared.

use std::sync::Arc;

use super::gate::Cleared;
use super::table::spec;
use crate::gateway::record::metered;
use crate::gateway::session::Session;
use crate::kms::{KmsError, Outcome};

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
    Outcome {
        request: Arc::unwrap_or_clone(request),
        meta,
        result,
    }
}
