//! Who could put another key policy, once that one is put.

use kmsdeck_policy::{
    Effect, KeyAccess, Mismatch, Policies, PolicyDocument, Principal, Request, RequestContext,
    StatementResult, evaluate, explain, root_arn,
};

use crate::kms::key_id;
use crate::kms::principal::role_of_session;

const PUT_KEY_POLICY: &str = "kms:PutKeyPolicy";

/// See the [module](self).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeper {
    /// The caller, by the policy itself.
    Caller,
    /// Whom the account's IAM policies let: the policy lets those decide.
    Account,
    /// Somebody, by the statement at this line, whose Condition or Resource cannot be told here.
    OnlyIf(usize),
    Nobody,
    /// It is no policy that can be read, or it is not known whose key it is.
    NotKnown,
}

impl Keeper {
    /// In a sentence.
    pub fn text(self) -> Option<String> {
        Some(match self {
            Keeper::Caller => "You may put another policy afterwards.".to_owned(),
            Keeper::Account => {
                "Who may put another policy afterwards, the account's IAM policies decide."
                    .to_owned()
            }
            Keeper::OnlyIf(line) => format!(
                "Another policy can be put afterwards only where the statement at line {line} applies: its Condition or its Resource decides, which is not known here."
            ),
            Keeper::Nobody => "Nobody could put another policy afterwards: it lets neither you nor the account's IAM policies. The key would be out of everybody's reach but AWS Support's; KMS refuses such a policy, unless BypassPolicyLockoutSafetyCheck is on.".to_owned(),
            Keeper::NotKnown => return None,
        })
    }
}

/// Who could put another policy after this one. `account` is the key's, and `caller` who asks.
pub fn keeper(
    policy: &str,
    account: Option<&str>,
    key_arn: Option<&str>,
    caller: Option<&str>,
) -> Keeper {
    let (Some(account), Ok(policy)) = (account, PolicyDocument::parse_key_policy(policy)) else {
        return Keeper::NotKnown;
    };
    let asked = Asked {
        policy: &policy,
        account,
        key_arn: key_arn.unwrap_or("*"),
    };
    let caller = caller.map(|arn| (arn, role_of(arn, &policy)));
    if let Some((arn, role)) = &caller
        && asked.lets(arn, role.as_deref())
    {
        return Keeper::Caller;
    }
    let roots = [Some(root_arn(account)), root_beside(key_arn, account)];
    let mut roots = roots.iter().flatten();
    if roots.clone().any(|root| asked.lets(root, None)) {
        return Keeper::Account;
    }
    let of_caller = caller.and_then(|(arn, role)| asked.only_if(arn, role.as_deref()));
    match of_caller.or_else(|| roots.find_map(|root| asked.only_if(root, None))) {
        Some(line) => Keeper::OnlyIf(line),
        None => Keeper::Nobody,
    }
}

/// The root of an account in the partition of a key.
fn root_beside(key_arn: Option<&str>, account: &str) -> Option<String> {
    let partition = key_arn?.split(':').nth(1)?;
    Some(format!("arn:{partition}:iam::{account}:root"))
}

/// The role that a session is of. Its path is not in the session's ARN: it is taken from the
/// policy, where that names the role.
fn role_of(arn: &str, policy: &PolicyDocument) -> Option<String> {
    let bare = role_of_session(arn)?;
    let (roles, name) = bare.rsplit_once('/')?;
    let is_it = |arn: &&String| {
        let rest = arn.strip_prefix(roles);
        rest.is_some_and(|rest| rest.starts_with('/') && rest.rsplit('/').next() == Some(name))
    };
    let mut named = policy.statements().iter();
    let named = named.find_map(|statement| statement.principals()?.arns().iter().find(is_it));
    Some(named.cloned().unwrap_or(bare))
}

/// What is asked of a policy.
struct Asked<'a> {
    policy: &'a PolicyDocument,
    account: &'a str,
    key_arn: &'a str,
}

impl Asked<'_> {
    /// Whether the policy alone lets that principal.
    fn lets(&self, arn: &str, role: Option<&str>) -> bool {
        let context = self.context(arn, role);
        let decision = evaluate(self.request(arn, role, &context), self.policies());
        decision.is_allowed()
    }

    /// The line of a statement that would let it, but for its Condition or its Resource.
    fn only_if(&self, arn: &str, role: Option<&str>) -> Option<usize> {
        let context = self.context(arn, role);
        let explained = explain(self.request(arn, role, &context), self.policies());
        let would = |mismatches: &[Mismatch]| {
            mismatches.iter().all(|mismatch| {
                matches!(
                    mismatch,
                    Mismatch::Condition { .. } | Mismatch::Resource { .. }
                )
            })
        };
        explained.statements.iter().find_map(|trace| {
            let statement = trace.at.statement;
            match &trace.result {
                StatementResult::DoesNotApply(mismatches)
                    if statement.effect() == Effect::Allow && would(mismatches) =>
                {
                    Some(statement.line())
                }
                _ => None,
            }
        })
    }

    fn policies(&self) -> Policies<'_> {
        Policies {
            key: Some(KeyAccess {
                account: self.account,
                policy: self.policy,
                grants: &[],
            }),
            ..Policies::default()
        }
    }

    fn request<'a>(
        &'a self,
        arn: &'a str,
        role: Option<&'a str>,
        context: &'a RequestContext,
    ) -> Request<'a> {
        Request {
            principal: Principal {
                arn,
                role,
                account: key_id::account_of(arn).unwrap_or(self.account),
            },
            action: PUT_KEY_POLICY,
            resource: self.key_arn,
            context,
        }
    }

    fn context(&self, arn: &str, role: Option<&str>) -> RequestContext {
        let account = key_id::account_of(arn).unwrap_or(self.account);
        let mut context = RequestContext::default();
        context.set("aws:PrincipalArn", role.unwrap_or(arn));
        context.set("aws:PrincipalAccount", account);
        context.set("kms:CallerAccount", account);
        context.set("kms:BypassPolicyLockoutSafetyCheck", false);
        context
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "111122223333";
    const ADMIN: &str = "arn:aws:iam::111122223333:user/admin";
    const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/Admin/jane";

    fn allows(principal: &str, more: &str) -> String {
        format!(
            "{{\"Version\": \"2012-10-17\", \"Statement\": [\n{{\"Effect\": \"Allow\", \"Principal\": {{\"AWS\": \"{principal}\"}}, \"Action\": \"kms:*\", \"Resource\": \"*\"{more}}}]}}"
        )
    }

    fn kept_by(policy: &str, caller: &str) -> Keeper {
        keeper(policy, Some(ACCOUNT), None, Some(caller))
    }

    #[test]
    fn the_caller_or_the_account_or_nobody_can_put_another() {
        assert_eq!(kept_by(&allows(ADMIN, ""), ADMIN), Keeper::Caller);
        assert_eq!(kept_by(&allows(ACCOUNT, ""), ADMIN), Keeper::Account);
        let role = "arn:aws:iam::111122223333:role/team/Admin";
        assert_eq!(kept_by(&allows(role, ""), SESSION), Keeper::Caller);
        assert_eq!(kept_by(&allows(role, ""), ADMIN), Keeper::Nobody);
        let narrow = allows(ACCOUNT, "").replace("kms:*", "kms:Decrypt");
        assert_eq!(kept_by(&narrow, ADMIN), Keeper::Nobody);
        let denied = allows(ACCOUNT, "").replace("Allow", "Deny");
        assert_eq!(kept_by(&denied, ADMIN), Keeper::Nobody);
        assert_eq!(kept_by("{", ADMIN), Keeper::NotKnown);
        assert_eq!(
            keeper(&allows(ACCOUNT, ""), None, None, None),
            Keeper::NotKnown
        );
    }

    #[test]
    fn what_a_condition_decides_is_told_with_its_line() {
        let conditional = allows(
            ACCOUNT,
            ", \"Condition\": {\"Bool\": {\"aws:MultiFactorAuthPresent\": \"true\"}}",
        );
        assert_eq!(kept_by(&conditional, ADMIN), Keeper::OnlyIf(2));
        let own = allows(
            ACCOUNT,
            ", \"Condition\": {\"StringEquals\": {\"kms:CallerAccount\": \"111122223333\"}}",
        );
        assert_eq!(kept_by(&own, ADMIN), Keeper::Account);
    }

    #[test]
    fn in_another_partition_the_root_is_that_of_the_key() {
        let policy = allows("arn:aws-cn:iam::111122223333:root", "");
        let key = "arn:aws-cn:kms:cn-north-1:111122223333:key/1";
        assert_eq!(
            keeper(&policy, Some(ACCOUNT), Some(key), None),
            Keeper::Account
        );
    }
}
