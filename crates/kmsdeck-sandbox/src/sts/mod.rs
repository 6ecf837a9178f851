//! The STS that goes with the KMS: who one is, and roles to be assumed.
//!
//! Source: STS API reference, in the query protocol: forms in, XML out.

mod assume_role;
mod assume_role_with_web_identity;
mod call;
mod error;
mod get_session_token;
mod proof;
mod session;
mod session_limits;

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};

use crate::identity::Identity;
use crate::query::{self, QueryService, Xml, unknown_action};
use crate::service::Sandbox;
use crate::wire::{ApiResult, Millis, Params, response};
use call::StsCall;

type Handler = fn(&StsCall<'_>, &mut Params) -> ApiResult<Xml>;

/// Those that are signed.
const HANDLERS: &[(&str, Handler)] = &[
    ("AssumeRole", assume_role::handle),
    ("GetCallerIdentity", get_caller_identity),
    ("GetSessionToken", get_session_token::handle),
];
/// The one that takes a token in place of a signature.
const WITH_WEB_IDENTITY: &str = "AssumeRoleWithWebIdentity";

pub(crate) fn is_operation(name: &str) -> bool {
    name == WITH_WEB_IDENTITY || HANDLERS.iter().any(|(known, _)| *known == name)
}

impl Sandbox {
    pub(super) fn respond_sts(
        &self,
        request: &Request<Bytes>,
        request_id: &str,
        signer: &mut Option<Arc<Identity>>,
    ) -> ApiResult<Response<Bytes>> {
        let action = query::action(request.body());
        let action = action.as_deref().unwrap_or("(no Action)");
        let now = Millis::of((self.options.now)());
        let (action, result) = if action == WITH_WEB_IDENTITY {
            let mut params = query::read(request.body())?;
            let result = assume_role_with_web_identity::handle(self, now, &mut params)?;
            (WITH_WEB_IDENTITY, result)
        } else {
            let (action, handler) = HANDLERS
                .iter()
                .find(|(name, _)| *name == action)
                .ok_or_else(|| unknown_action(action))?;
            let (identity, region) = self.authenticate(request, "sts")?;
            let call = StsCall {
                sandbox: self,
                identity: signer.insert(identity),
                region,
                now,
            };
            (*action, handler(&call, &mut query::read(request.body())?)?)
        };
        let xml = query::answer(QueryService::Sts, action, &result, request_id);
        Ok(response(200, "text/xml", Bytes::from(xml), request_id))
    }
}

/// No permission is needed.
fn get_caller_identity(call: &StsCall<'_>, _: &mut Params) -> ApiResult<Xml> {
    Ok(Xml::new()
        .text("Arn", &call.identity.principal.arn)
        .text("UserId", &call.identity.user_id)
        .text("Account", &call.identity.principal.account_id))
}

#[cfg(test)]
mod tests;
