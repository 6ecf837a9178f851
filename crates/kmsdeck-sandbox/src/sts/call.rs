//! One signed call.

use crate::identity::Identity;
use crate::service::Sandbox;
use crate::wire::Millis;

/// A request, and who signed it.
pub(super) struct StsCall<'a> {
    pub(super) sandbox: &'a Sandbox,
    pub(super) identity: &'a Identity,
    pub(super) region: &'a str,
    pub(super) now: Millis,
}
