//! GetSessionToken: a user's own rights for a while, with the second factor where there is one.
//!
//! Source: STS API reference, "GetSessionToken". No permission is needed.

use super::call::StsCall;
use super::error::access_denied;
use super::proof::Proof;
use super::session::{credentials, open_session, session_from};
use crate::identity::{Identity, Session};
use crate::query::Xml;
use crate::wire::{ApiResult, Params};

pub(super) fn handle(call: &StsCall<'_>, params: &mut Params) -> ApiResult<Xml> {
    let seconds = params.number("DurationSeconds", 900..=36 * 3600);
    let proof = Proof::read(params);
    params.check()?;
    if call.identity.session.is_some() {
        return Err(access_denied(
            "Cannot call GetSessionToken with session credentials",
        ));
    }
    let session = Session {
        mfa: proof.check(call)?,
        ..session_from(call.now)
    };
    let identity = Identity {
        session: Some(session),
        ..call.identity.clone()
    };
    let seconds = seconds.unwrap_or(12 * 3600);
    let identity = open_session(call.sandbox, identity, seconds)?;
    Ok(Xml::new().element("Credentials", &credentials(&identity)))
}
