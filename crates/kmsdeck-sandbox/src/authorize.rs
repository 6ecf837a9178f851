//! May the caller? kmsdeck-policy decides; here stands what of the service it decides by, and how
//! AWS words a refusal.

use std::sync::Arc;

use kmsdeck_policy::{
    Decision, KeyAccess, Policies, PolicyDocument, PolicyKind, Principal, Request, RequestContext,
    evaluate,
};

use crate::account::Key;
use crate::grants::Grant;
use crate::identity::Identity;
use crate::wire::{ApiError, ApiResult};

/// Who asks, and what its policies are.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'a> {
    pub principal: Principal<'a>,
    pub policies: &'a [PolicyDocument],
    pub boundary: Option<&'a PolicyDocument>,
    /// Of a session that has some.
    pub session_policies: Option<&'a [PolicyDocument]>,
}

impl<'a> Caller<'a> {
    pub(crate) fn of(identity: &'a Identity) -> Caller<'a> {
        Caller {
            principal: Principal {
                arn: &identity.principal.arn,
                role: identity.role().map(|role| role.arn.as_str()),
                account: &identity.principal.account_id,
            },
            policies: &identity.policies,
            boundary: identity.boundary.as_deref(),
            session_policies: identity.session_policies(),
        }
    }

    /// All that decides of a request of its, with what lets in on the resource's side.
    pub(crate) fn policies(self, key: Option<KeyAccess<'a>>) -> Policies<'a> {
        Policies {
            identity: self.policies,
            boundary: self.boundary,
            session: self.session_policies,
            key,
            ..Policies::default()
        }
    }
}

/// What is asked for.
pub(crate) struct Question<'a> {
    pub caller: Caller<'a>,
    /// `kms:Decrypt`.
    pub action: &'a str,
    pub target: Target<'a>,
    pub context: &'a RequestContext,
    /// The grants of the key that are consistent, or named by a token.
    pub grants: &'a [Arc<Grant>],
}

/// The resource of a request.
#[derive(Clone, Copy)]
pub(crate) enum Target<'a> {
    /// No resource of its own (ListKeys): `*`.
    Account,
    Alias {
        arn: &'a str,
    },
    /// A user, a role or another thing of IAM.
    Entity {
        arn: &'a str,
    },
    Key {
        arn: &'a str,
        key: &'a Key,
    },
    /// The key that a ciphertext names; its ARN is not given away.
    Ciphertext {
        arn: &'a str,
        key: &'a Key,
    },
}

/// The refusal, if kmsdeck-policy refuses, as AWS words it.
pub(crate) fn authorize(question: &Question<'_>) -> ApiResult<()> {
    let Question {
        caller,
        action,
        target,
        context,
        grants,
    } = question;
    let (resource, key) = match target {
        Target::Account => ("*", None),
        Target::Alias { arn } | Target::Entity { arn } => (*arn, None),
        Target::Key { arn, key } | Target::Ciphertext { arn, key } => (*arn, Some(key)),
    };
    let request = Request {
        principal: caller.principal,
        action,
        resource,
        context,
    };
    let grants: Vec<_> = grants.iter().map(|grant| grant.to_evaluate()).collect();
    let policies = caller.policies(key.map(|key| KeyAccess {
        account: &key.home.account,
        policy: &key.policy.document,
        grants: &grants,
    }));
    let foreign = key.is_some_and(|key| *key.home.account != *caller.principal.account);
    let why = match evaluate(request, policies) {
        Decision::Allowed(_) => return Ok(()),
        Decision::ExplicitlyDenied(PolicyKind::Key)
        | Decision::ImplicitlyDenied(PolicyKind::Key)
            if foreign =>
        {
            Why::Foreign
        }
        Decision::ExplicitlyDenied(kind) => Why::Denied(kind),
        Decision::ImplicitlyDenied(kind) => Why::NotAllowed(kind),
        // Whatever else a decision may come to be: what is not allowed is refused.
        _ => Why::NotAllowed(PolicyKind::Identity),
    };
    Err(refusal(caller, action, *target, why))
}

enum Why {
    Denied(PolicyKind),
    NotAllowed(PolicyKind),
    /// Another account is told no more than that.
    Foreign,
}

fn refusal(caller: &Caller<'_>, action: &str, target: Target<'_>, why: Why) -> ApiError {
    let resource = match (target, &why) {
        (_, Why::Foreign) => "on this resource".to_owned(),
        (Target::Ciphertext { .. }, _) => {
            "on the resource associated with this ciphertext".to_owned()
        }
        (Target::Account, _) => "on resource: *".to_owned(),
        (Target::Key { arn, .. } | Target::Alias { arn } | Target::Entity { arn }, _) => {
            format!("on resource: {arn}")
        }
    };
    let why = match why {
        Why::NotAllowed(kind) => {
            format!("because no {} allows the {action} action", kind.name())
        }
        Why::Denied(kind) => {
            let article = match kind {
                PolicyKind::Identity => "an",
                PolicyKind::Key
                | PolicyKind::Boundary
                | PolicyKind::Session
                | PolicyKind::ServiceControl => "a",
            };
            format!("with an explicit deny in {article} {}", kind.name())
        }
        Why::Foreign => "because the resource does not exist in this Region, no resource-based \
             policies allow access, or a resource-based policy explicitly denies access"
            .to_owned(),
    };
    ApiError::new(
        "AccessDeniedException",
        format!(
            "User: {} is not authorized to perform: {action} {resource} {why}",
            caller.principal.arn
        ),
    )
}

/// The refusal for another account's key that is not there: the same as for
/// one that is not shared.
pub(crate) fn foreign_refusal(caller: &Caller<'_>, action: &str) -> ApiError {
    refusal(caller, action, Target::Account, Why::Foreign)
}

#[cfg(test)]
mod tests {
    use kmsdeck_policy::root_arn;
    use serde_json::{Value, json};

    use super::*;
    use crate::account::KeyPolicy;
    use crate::seed;
    use crate::wire::Millis;

    const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
    const FOREIGN: &str = "arn:aws:iam::444455556666:user/bob";

    /// Asks for kms:Decrypt on a key of 111122223333; the end of the refusal, or "yes".
    fn asked(caller: &str, key_policy: &Value, identity: &[Value]) -> String {
        let state = seed::state(Millis(0)).unwrap();
        let (_, store) = state
            .homes()
            .find(|(home, _)| &*home.account == "111122223333" && &*home.region == "us-east-1")
            .unwrap();
        let policy = json!({ "Version": "2012-10-17", "Statement": key_policy }).to_string();
        let key = Key {
            policy: Arc::new(KeyPolicy::parse(policy).unwrap()),
            ..Key::clone(store.keys.values().next().unwrap())
        };
        let policies: Vec<PolicyDocument> = identity
            .iter()
            .map(|statement| json!({ "Statement": statement }).to_string())
            .map(|policy| PolicyDocument::parse(&policy).unwrap())
            .collect();
        let arn = key.arn();
        let decision = authorize(&Question {
            caller: Caller {
                principal: Principal {
                    arn: caller,
                    role: None,
                    account: caller.split(':').nth(4).unwrap(),
                },
                policies: &policies,
                boundary: None,
                session_policies: None,
            },
            action: "kms:Decrypt",
            target: Target::Key {
                arn: &arn,
                key: &key,
            },
            context: &RequestContext::default(),
            grants: &[],
        });
        match decision {
            Ok(()) => "yes".into(),
            Err(error) => {
                let message = error.message.unwrap();
                let at = message.find(" because ").or(message.find(" with an "));
                message[at.unwrap()..].trim().to_owned()
            }
        }
    }

    #[test]
    fn refusals_are_worded_as_aws_words_them() {
        let to = |principal: &str, effect: &str| {
            json!({ "Effect": effect, "Principal": { "AWS": principal },
                "Action": "kms:*", "Resource": "*" })
        };
        let root = to(&root_arn("111122223333"), "Allow");
        let iam = |effect| json!({ "Effect": effect, "Action": "kms:*", "Resource": "*" });
        let no_identity = "because no identity-based policy allows the kms:Decrypt action";
        let no_resource = "because no resource-based policy allows the kms:Decrypt action";
        let denied_identity = "with an explicit deny in an identity-based policy";
        let denied_resource = "with an explicit deny in a resource-based policy";
        let foreign = "because the resource does not exist in this Region, no resource-based \
                       policies allow access, or a resource-based policy explicitly denies access";
        for (caller, key_policy, identity, expected) in [
            (ALICE, root.clone(), vec![iam("Allow")], "yes"),
            (ALICE, root.clone(), vec![], no_identity),
            (ALICE, to(FOREIGN, "Allow"), vec![iam("Allow")], no_resource),
            (
                ALICE,
                to(ALICE, "Allow"),
                vec![iam("Deny")],
                denied_identity,
            ),
            (
                ALICE,
                json!([root.clone(), to(ALICE, "Deny")]),
                vec![iam("Allow")],
                denied_resource,
            ),
            (FOREIGN, to(FOREIGN, "Allow"), vec![iam("Allow")], "yes"),
            (FOREIGN, to(FOREIGN, "Allow"), vec![], no_identity),
            (
                FOREIGN,
                to(FOREIGN, "Allow"),
                vec![iam("Deny")],
                denied_identity,
            ),
            (FOREIGN, root, vec![iam("Allow")], foreign),
            (
                FOREIGN,
                json!([to(FOREIGN, "Allow"), to("*", "Deny")]),
                vec![iam("Allow")],
                foreign,
            ),
        ] {
            assert_eq!(
                asked(caller, &key_policy, &identity),
                expected,
                "{key_policy}"
            );
        }
    }
}
