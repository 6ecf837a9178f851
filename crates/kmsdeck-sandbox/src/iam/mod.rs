//! The IAM that goes with the KMS, to be read: who is there, and by which policies.
//!
//! Source: IAM API reference, in the query protocol.

mod call;
mod entities;
mod get_account_authorization_details;
mod get_role;
mod get_user;
mod lists;

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};

use crate::identity::Identity;
use crate::query::{self, QueryService, Xml, unknown_action};
use crate::service::Sandbox;
use crate::wire::{ApiResult, Millis, Params, response};
use call::IamCall;

type Handler = fn(&IamCall<'_>, &mut Params) -> ApiResult<Xml>;

const HANDLERS: &[(&str, Handler)] = &[
    (
        "GetAccountAuthorizationDetails",
        get_account_authorization_details::handle,
    ),
    ("GetRole", get_role::handle),
    ("GetUser", get_user::handle),
    ("ListAccountAliases", lists::account_aliases),
    ("ListRoles", lists::roles),
    ("ListUsers", lists::users),
];

pub(crate) fn is_operation(name: &str) -> bool {
    HANDLERS.iter().any(|(known, _)| *known == name)
}

impl Sandbox {
    pub(super) fn respond_iam(
        &self,
        request: &Request<Bytes>,
        request_id: &str,
        signer: &mut Option<Arc<Identity>>,
    ) -> ApiResult<Response<Bytes>> {
        let action = query::action(request.body());
        let action = action.as_deref().unwrap_or("(no Action)");
        let (action, handler) = HANDLERS
            .iter()
            .find(|(name, _)| *name == action)
            .ok_or_else(|| unknown_action(action))?;
        let (identity, region) = self.authenticate(request, "iam")?;
        let call = IamCall {
            sandbox: self,
            identity: signer.insert(identity),
            region,
            action,
            now: Millis::of((self.options.now)()),
        };
        let result = handler(&call, &mut query::read(request.body())?)?;
        let xml = query::answer(QueryService::Iam, action, &result, request_id);
        Ok(response(200, "text/xml", Bytes::from(xml), request_id))
    }
}
