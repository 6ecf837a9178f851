//! What a session is limited by: session policies, and how long it lasts.

use kmsdeck_policy::PolicyDocument;

use crate::identity::Role;
use crate::service::Sandbox;
use crate::wire::{ApiError, ApiResult, Params};

/// As long as a session of a role may be, whatever the role says.
const LONGEST: i64 = 12 * 3600;
const SHORTEST: i64 = 900;
const DEFAULT: i64 = 3600;
/// Characters of `Policy`.
const MOST_CHARACTERS: usize = 2048;

/// What a request says of it.
pub(super) struct SessionLimits {
    seconds: i64,
    policy: Option<String>,
    policy_arns: Vec<String>,
}

impl SessionLimits {
    pub(super) fn read(params: &mut Params) -> SessionLimits {
        let seconds = params.number("DurationSeconds", SHORTEST..=LONGEST);
        let policy = params.text("Policy", 1..=MOST_CHARACTERS);
        let mut policy_arns = Vec::new();
        for mut one in params.objects("PolicyArns").unwrap_or_default() {
            policy_arns.extend(one.text("arn", 20..=2048));
            params.merge(one);
        }
        SessionLimits {
            seconds: seconds.unwrap_or(DEFAULT),
            policy,
            policy_arns,
        }
    }

    /// How long the session lasts, of this role.
    pub(super) fn seconds(&self, role: &Role, is_chained: bool) -> ApiResult<i64> {
        if is_chained && self.seconds > DEFAULT {
            return Err(ApiError::validation(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed \
                 by role chaining",
            ));
        }
        if self.seconds > role.longest_session {
            return Err(ApiError::validation(
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            ));
        }
        Ok(self.seconds)
    }

    /// The session policies; none is no limit.
    pub(super) fn policies(
        &self,
        sandbox: &Sandbox,
        role: &Role,
    ) -> ApiResult<Option<Vec<PolicyDocument>>> {
        let malformed = |what: String| ApiError::new("MalformedPolicyDocument", what);
        let mut policies = Vec::new();
        if let Some(text) = &self.policy {
            let policy = PolicyDocument::parse(text).map_err(|error| {
                malformed(format!(
                    "Syntax errors in policy: {error}, in line {}.",
                    error.line()
                ))
            })?;
            let mut statements = policy.statements().iter();
            if statements.any(|statement| statement.principals().is_some()) {
                return Err(malformed(
                    "Policy document should not specify a principal.".to_owned(),
                ));
            }
            policies.push(policy);
        }
        if self.policy_arns.len() > 10 {
            return Err(ApiError::validation(
                "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: \
                 Member must have length less than or equal to 10",
            ));
        }
        for arn in &self.policy_arns {
            let account = arn.split(':').nth(4);
            let is_near = [Some("aws"), Some(role.account_id.as_str())].contains(&account);
            let managed = sandbox.accounts.managed_policies.get(arn);
            match managed.filter(|_| is_near) {
                Some(policy) => policies.push(policy.clone()),
                None => {
                    return Err(malformed(format!(
                        "The sandbox has no managed policy {arn} for this role."
                    )));
                }
            }
        }
        Ok(Some(policies).filter(|policies| !policies.is_empty()))
    }

    /// `PackedPolicySize`, in per cent of what is allowed; none without a policy.
    pub(super) fn packed_size(&self, of_tags: usize) -> Option<String> {
        let policy = self.policy.as_deref().unwrap_or_default();
        let arns = self.policy_arns.iter().map(String::len).sum::<usize>();
        let bytes = policy.len() + arns + of_tags;
        (bytes > 0).then(|| {
            (1 + bytes * 99 / (3 * MOST_CHARACTERS))
                .min(100)
                .to_string()
        })
    }
}

/// A name of a session, or of who is behind it (`SourceIdentity`).
pub(super) fn session_name(params: &mut Params, name: &str) -> Option<String> {
    params.pattern(name, 2..=64, "[\\w+=,.@-]*", |c| {
        c.is_ascii_alphanumeric() || "_+=,.@-".contains(c)
    })
}
