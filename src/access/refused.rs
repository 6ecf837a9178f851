//! A request that KMS refused, as the question why: who asked, for what, on which key, and what the
//! refusal itself says.

use kmsdeck_policy::{Refusal, RefusedResource};

use super::columns::{self, Column};
use crate::kms::encryption_context::Pair;
use crate::kms::key_id::{self, Notation};
use crate::kms::{CallRecord, KeyRef, KmsError, Request};
use crate::ops::fields::{
    DESTINATION_ENCRYPTION_CONTEXT, ENCRYPTION_CONTEXT, SOURCE_ENCRYPTION_CONTEXT, key_in,
};
use crate::ops::spec;
use crate::reads;

/// See the [module](self).
#[derive(Clone)]
pub struct Refused {
    /// As it was called: `ReEncrypt`.
    pub operation: String,
    /// The permission on keys that it lacks; None where that is one on no key.
    pub permission: Option<Column>,
    /// None where it was about no key, or it is not known about which.
    pub key: Option<KeyRef>,
    /// Who asked, where the refusal or the call says so.
    pub who: Option<String>,
    /// The request's encryption context, where that is known; empty is none.
    pub pairs: Option<Vec<Pair>>,
    /// What KMS said.
    pub message: String,
}

impl Refused {
    /// Of a request about `key`, and the error that it came back with. None where that is no
    /// refusal of access.
    pub fn of_request(request: &Request, error: &KmsError, key: &KeyRef) -> Option<Refused> {
        if !error.is_access_denied() {
            return None;
        }
        let named = key_in(request).map(|name| key.with_id(name));
        let asked = named.or_else(|| (!key.is_none()).then(|| key.clone()));
        let refused = Refused::new(&request.op.to_string(), &error.message, &key.region, asked);
        Some(refused.with_context_of(request))
    }

    /// Of a call in the log. None where it was not refused for access.
    pub fn of_call(record: &CallRecord) -> Option<Refused> {
        let message = record.refusal.as_deref()?;
        let key = record.key.as_deref();
        let key = key.map(|key| KeyRef::new(&*record.region, key));
        let mut refused = Refused::new(&record.operation, message, &record.region, key);
        if refused.who.is_none() {
            refused.who = record.caller.as_ref().map(|caller| caller.arn.clone());
        }
        // Those of a lesson are in its own sandbox, where nothing is asked from outside.
        if record.in_lesson {
            refused.key = None;
        }
        Some(match &record.request {
            Some(request) => refused.with_context_of(request),
            None => refused,
        })
    }

    fn new(operation: &str, message: &str, region: &str, asked: Option<KeyRef>) -> Refused {
        let refusal = Refusal::parse(message);
        let refusal = refusal.as_ref();
        let said = refusal.and_then(|refusal| refusal.action.as_deref());
        let named = refusal.and_then(|refusal| match &refusal.resource {
            RefusedResource::Named(name) => key_arn(name),
            _ => None,
        });
        Refused {
            permission: said
                .or_else(|| first_permission(operation))
                .and_then(columns::named),
            operation: operation.to_owned(),
            // What the refusal names is the key itself, and not what a request calls it.
            key: named
                .map(|arn| {
                    let of_arn = arn.split(':').nth(3).filter(|region| !region.is_empty());
                    KeyRef::new(of_arn.unwrap_or(region), arn)
                })
                .or(asked),
            who: refusal.and_then(|refusal| refusal.who.clone()),
            pairs: None,
            message: message.to_owned(),
        }
    }

    /// With the encryption context that the permission is about.
    fn with_context_of(mut self, request: &Request) -> Refused {
        let field = match self.permission.map(|column| column.name) {
            Some("ReEncryptFrom") => &SOURCE_ENCRYPTION_CONTEXT,
            Some("ReEncryptTo") => &DESTINATION_ENCRYPTION_CONTEXT,
            _ => &ENCRYPTION_CONTEXT,
        };
        if spec(request.op).has(field) {
            self.pairs = Some(request.pairs(field).unwrap_or_default().to_vec());
        }
        self
    }

    /// What the text says, where it is one that AWS is known to write.
    pub fn refusal(&self) -> Option<Refusal> {
        Refusal::parse(&self.message)
    }
}

/// The first permission on keys that an operation or a read needs, where the refusal does not say.
fn first_permission(operation: &str) -> Option<&'static str> {
    let of_op = crate::ops::OPS
        .iter()
        .find(|spec| spec.id.0 == operation)
        .map(|spec| spec.iam);
    let iam = of_op.or_else(|| reads::named(operation).map(|read| read.iam))?;
    iam.split(", ").find(|name| columns::named(name).is_some())
}

fn key_arn(name: &str) -> Option<&str> {
    let id = key_id::parse(name).ok()?;
    (id.notation == Notation::KeyArn).then_some(name)
}

/// What the text of a refusal says, label by label.
pub fn facts(refusal: &Refusal) -> Vec<(String, String)> {
    let resource = match &refusal.resource {
        RefusedResource::Named(name) => Some(name.clone()),
        RefusedResource::OfCiphertext => Some("the key of the ciphertext".to_owned()),
        RefusedResource::NotSaid => None,
    };
    let facts = [
        ("Who", refusal.who.clone()),
        ("Action", refusal.action.clone()),
        ("Resource", resource),
        ("Called", refusal.operation.clone()),
        ("Service", refusal.service.clone()),
        ("Request ID", refusal.request_id.clone()),
    ];
    let told = facts.into_iter();
    told.filter_map(|(label, value)| Some((label.to_owned(), value?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kms::{Cause, OpId, Value};
    use crate::ops::fields::KEY_ID;

    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    const WHO: &str = "arn:aws:iam::111122223333:user/billing";

    fn denied(action: &str) -> KmsError {
        let message = format!(
            "User: {WHO} is not authorized to perform: {action} on resource: {KEY} because no identity-based policy allows the {action} action"
        );
        KmsError::local(Cause::Service, "AccessDeniedException", message, "")
    }

    #[test]
    fn a_refused_request_is_asked_about_with_its_own_context() {
        let pairs = vec![("tenant".to_owned(), "acme".to_owned())];
        let alias = KeyRef::new("us-east-1", "alias/payments");
        let request = Request::new(OpId("ReEncrypt"))
            .with(&SOURCE_ENCRYPTION_CONTEXT, Value::Pairs(pairs.clone()));
        let of = |action: &str| Refused::of_request(&request, &denied(action), &alias);
        let from = of("kms:ReEncryptFrom").expect("a refusal");
        assert_eq!(from.permission.map(|one| one.name), Some("ReEncryptFrom"));
        assert_eq!(from.pairs, Some(pairs));
        assert_eq!(from.key, Some(KeyRef::new("eu-west-1", KEY)));
        assert_eq!(from.who.as_deref(), Some(WHO));
        let to = of("kms:ReEncryptTo").expect("a refusal");
        assert_eq!(to.pairs, Some(Vec::new()));
        let disabled = KmsError::local(Cause::Service, "DisabledException", "", "");
        assert!(Refused::of_request(&request, &disabled, &alias).is_none());
    }

    #[test]
    fn where_the_text_says_nothing_the_request_does() {
        let alias = KeyRef::new("us-east-1", "alias/payments");
        let request = Request::new(OpId("Decrypt")).with(&KEY_ID, Value::Text(alias.id.clone()));
        let error = KmsError::local(Cause::Service, "AccessDeniedException", "", "");
        let refused = Refused::of_request(&request, &error, &alias).expect("a refusal");
        assert_eq!(refused.permission.map(|one| one.name), Some("Decrypt"));
        assert_eq!((refused.key, refused.who), (Some(alias), None));
        assert_eq!(first_permission("ListKeys"), None);
        assert_eq!(first_permission("ListGrants"), Some("kms:ListGrants"));
    }
}
