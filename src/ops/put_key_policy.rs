//! PutKeyPolicy (KMS API reference).

use jiff::Timestamp;

use super::facts::Facts;
use super::fields::{BYPASS_POLICY_LOCKOUT_SAFETY_CHECK, KEY_ID, POLICY};
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::key_needs_id;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::{Field, KmsError, OpId, Request, ResponseField};

pub static PUT_KEY_POLICY: OpSpec = OpSpec {
    id: OpId("PutKeyPolicy"),
    short: "PUT",
    group: Group::Permissions,
    iam: "kms:PutKeyPolicy",
    impact: Impact::Change,
    changes: Changes::Policy,
    consequence: Some(consequence),
    summary: "Puts another key policy in place of a key's own",
    verb: "Put policy",
    done: "Policy put",
    key: KeyRequirement::Any,
    fields: &[&KEY_ID, &NEW_POLICY, &BYPASS_POLICY_LOCKOUT_SAFETY_CHECK],
    exactly_one: &[],
    answers: &[],
    rules: key_needs_id,
    call: |session, request| Box::pin(call(session, request)),
};

/// The policy that is put.
static NEW_POLICY: Field = Field {
    required: true,
    ..POLICY
};

fn consequence(request: &Request, _: &Facts, _: Timestamp) -> String {
    let unchecked = match request.flag(&BYPASS_POLICY_LOCKOUT_SAFETY_CHECK) {
        true => {
            " KMS does not check that you may put another policy afterwards: with a mistake in it the key may be out of everybody's reach, and only AWS Support can help then."
        }
        false => "",
    };
    format!(
        "The whole key policy is replaced: who may use and administer the key is decided by the new one, with its grants and where it lets IAM policies count.{unchecked}"
    )
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    session
        .kms
        .put_key_policy()
        .set_key_id(sdk::text(request, &KEY_ID))
        .set_policy(sdk::text(request, &NEW_POLICY))
        .set_bypass_policy_lockout_safety_check(sdk::flag(
            request,
            &BYPASS_POLICY_LOCKOUT_SAFETY_CHECK,
        ))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(Vec::new())
}
