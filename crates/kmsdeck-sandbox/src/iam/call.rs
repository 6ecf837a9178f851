//! One signed call.

use crate::accounts::Account;
use crate::authorize::{Caller, Question, Target, authorize};
use crate::identity::Identity;
use crate::query::{Xml, time};
use crate::service::Sandbox;
use crate::wire::{ApiError, ApiResult, Millis, Params, marker};

/// A request, and who signed it.
pub(super) struct IamCall<'a> {
    pub(super) sandbox: &'a Sandbox,
    pub(super) identity: &'a Identity,
    pub(super) region: &'a str,
    pub(super) action: &'static str,
    pub(super) now: Millis,
}

impl<'a> IamCall<'a> {
    /// May the caller? `arn` is of what is asked about; without one it is all.
    pub(super) fn authorize(&self, arn: Option<&str>) -> ApiResult<()> {
        authorize(&Question {
            caller: Caller::of(self.identity),
            action: &format!("iam:{}", self.action),
            target: arn.map_or(Target::Account, |arn| Target::Entity { arn }),
            context: &self.identity.request_context(self.region, self.now),
            grants: &[],
        })
    }

    /// The caller's account.
    pub(super) fn account(&self) -> ApiResult<&'a Account> {
        let id = &self.identity.principal.account_id;
        let account = self.sandbox.accounts.account(id);
        account.ok_or_else(ApiError::internal)
    }

    /// When all that there is was made.
    pub(super) fn created(&self) -> String {
        time(self.sandbox.started)
    }

    /// The ARN of what may not be there, of the caller's account.
    pub(super) fn arn(&self, kind: &str, name: &str) -> String {
        let account = &self.identity.principal.account_id;
        format!("arn:aws:iam::{account}:{kind}/{name}")
    }
}

/// `MaxItems` and `Marker`.
pub(super) struct Paging {
    most: usize,
    marker: Option<String>,
}

impl Paging {
    pub(super) fn read(params: &mut Params) -> Paging {
        let most = params.number("MaxItems", 1..=1000).unwrap_or(100);
        Paging {
            most: usize::try_from(most).unwrap_or(100),
            marker: params.text("Marker", 1..=usize::MAX),
        }
    }

    /// A page of them, and what says whether there are more.
    pub(super) fn page<'t, T>(&self, scope: &str, all: &'t [T]) -> ApiResult<(&'t [T], Xml)> {
        let start = match &self.marker {
            Some(marker) => {
                let start = marker::read(scope, marker)?;
                let start = start.parse().ok().filter(|start| *start <= all.len());
                start.ok_or_else(|| ApiError::validation("Invalid marker."))?
            }
            None => 0,
        };
        let end = all.len().min(start + self.most);
        let is_truncated = end < all.len();
        let next = is_truncated.then(|| marker::write(scope, &end.to_string()));
        let xml = Xml::new()
            .text("IsTruncated", &is_truncated.to_string())
            .opt("Marker", next.as_deref());
        Ok((&all[start..end], xml))
    }
}

pub(super) fn no_such_entity(message: String) -> ApiError {
    ApiError {
        status: 404,
        ..ApiError::new("NoSuchEntity", message)
    }
}
