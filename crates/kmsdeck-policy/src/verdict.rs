//! The answer where not all is known of a request: whether it is allowed, what that depends on, and
//! which statement or grant says so.

use crate::document::Effect;
use crate::evaluate::{
    AllowedBy, Applies, AppliesTo, Grants, Observer, Outcome, Parts, Policies, StatementAt, decide,
};
use crate::explain::explain;
use crate::formula::{Atom, Formula, Unread};
use crate::grant::{Grant, GrantMismatch};
use crate::mismatch::Mismatch;
use crate::policy_kind::PolicyKind;
use crate::request::Request;

/// Whether a request is allowed, as far as that can be told, and by what.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Verdict<'a> {
    /// Every such request is allowed.
    Allowed {
        /// The way in which.
        by: AllowedBy,
        /// What says so.
        because: Because<'a>,
    },
    /// Such a request is allowed where that holds, and no other is.
    AllowedIf {
        /// What decides.
        when: Formula,
        /// What says so: what allows, and what denies if something else holds.
        because: Because<'a>,
    },
    /// Every such request is denied by a statement.
    Denied {
        /// What has the statement.
        kind: PolicyKind,
        /// The statements.
        by: Vec<StatementAt<'a>>,
    },
    /// No statement denies it, and no such request is allowed.
    NotAllowed {
        /// What would have to allow it.
        lacking: PolicyKind,
        /// What comes nearest to that.
        nearest: Option<NearestMiss<'a>>,
    },
    /// That depends on something that could not be read.
    CannotTell {
        /// What that is.
        because: Vec<Unread>,
        /// When it is allowed, what could not be read taken for something that holds or does not.
        when: Formula,
    },
}

impl Verdict<'_> {
    /// When it is allowed.
    pub fn when(&self) -> Formula {
        match self {
            Verdict::Allowed { .. } => Formula::always(),
            Verdict::AllowedIf { when, .. } | Verdict::CannotTell { when, .. } => when.clone(),
            Verdict::Denied { .. } | Verdict::NotAllowed { .. } => Formula::never(),
        }
    }
}

/// What says that something is allowed.
#[derive(Debug, Clone, Default)]
pub struct Because<'a> {
    /// Statements of policies.
    pub statements: Vec<StatementAt<'a>>,
    /// Grants.
    pub grants: Vec<&'a Grant<'a>>,
}

/// What comes nearest to allowing a request.
#[derive(Debug, Clone)]
pub enum NearestMiss<'a> {
    /// A statement, and what keeps it from applying.
    Statement(StatementAt<'a>, Vec<Mismatch<'a>>),
    /// A grant, and what keeps it from allowing.
    Grant(&'a Grant<'a>, Vec<GrantMismatch<'a>>),
}

/// Says whether a request is allowed, on the same way as [`evaluate`](crate::evaluate): where the
/// context has everything, it is what that says.
pub fn judge<'a>(request: Request<'a>, policies: Policies<'a>) -> Verdict<'a> {
    let mut applying = Applying::default();
    let outcome = decide(request, policies, &mut applying);
    let nearest = |lacking| nearest_miss(request, policies, lacking);
    applying.verdict(outcome, Parts::allowed, nearest)
}

fn nearest_miss<'a>(
    request: Request<'a>,
    policies: Policies<'a>,
    lacking: PolicyKind,
) -> Option<NearestMiss<'a>> {
    let explanation = explain(request, policies);
    let (at, mismatches) = match explanation.nearest_in(lacking) {
        Some((at, mismatches)) => (Some(at), mismatches.to_vec()),
        None => (None, Vec::new()),
    };
    // A grant can take the place of a key policy or of an identity policy, for who is its grantee.
    let is_near = |mismatches: &[GrantMismatch<'_>]| {
        mismatches.iter().all(|mismatch| {
            !matches!(
                mismatch,
                GrantMismatch::GranteePrincipal { .. } | GrantMismatch::Operations { .. }
            )
        })
    };
    let mut grants = explanation.grants.into_iter();
    let grant = grants.find(|trace| !trace.mismatches.is_empty() && is_near(&trace.mismatches));
    match (at, grant) {
        (at, Some(grant)) if at.is_none() || grant.mismatches.len() <= mismatches.len() => {
            Some(NearestMiss::Grant(grant.grant, grant.mismatches))
        }
        (at, _) => Some(NearestMiss::Statement(at?, mismatches)),
    }
}

/// Notes what applies, and no more.
#[derive(Default)]
pub(crate) struct Applying<'a> {
    statements: Vec<(StatementAt<'a>, AppliesTo, bool)>,
    grants: Vec<(&'a Grant<'a>, bool)>,
}

impl<'a> Observer<'a> for Applying<'a> {
    fn statement(
        &mut self,
        at: StatementAt<'a>,
        applies: &Applies<'a>,
        _: impl Iterator<Item = Mismatch<'a>>,
    ) {
        if let Applies::To(to, when) = applies {
            self.statements.push((at, *to, when.is_always()));
        }
    }

    fn grant(
        &mut self,
        grant: &'a Grant<'a>,
        grants: &Grants<'a>,
        _: impl Iterator<Item = GrantMismatch<'a>>,
    ) {
        if let Grants::If(when) = grants {
            self.grants.push((grant, when.is_always()));
        }
    }
}

impl<'a> Applying<'a> {
    pub(crate) fn verdict(
        self,
        outcome: Outcome,
        work_out: impl FnOnce(Parts) -> Formula,
        nearest: impl FnOnce(PolicyKind) -> Option<NearestMiss<'a>>,
    ) -> Verdict<'a> {
        if let Some(kind) = outcome.denied_by() {
            return self.denied(kind);
        }
        let lacking = outcome.lacking;
        let by = outcome.allowed_by();
        let has_way = outcome.has_way();
        let may_deny = outcome.may_be_denied_by();
        let when = work_out(outcome.parts());
        if let (true, Some(by)) = (when.is_always(), by) {
            let because = self.because(by);
            return Verdict::Allowed { by, because };
        }
        match may_deny {
            Some(kind) if when.is_never() && has_way => return self.denied(kind),
            _ if when.is_never() => {
                return Verdict::NotAllowed {
                    lacking,
                    nearest: nearest(lacking),
                };
            }
            _ => {}
        }
        let mut unread: Vec<Unread> = Vec::new();
        for atom in when.atoms() {
            if let Atom::Unread(one @ Unread::Policy { .. }) = atom
                && !unread.contains(one)
            {
                unread.push(one.clone());
            }
        }
        let is_of_account = |atom: &&Atom| matches!(atom, Atom::Unread(Unread::Account(_)));
        let by_account = when.atoms().iter().any(is_of_account);
        match unread.is_empty() {
            true => Verdict::AllowedIf {
                when,
                because: self.because_maybe(by_account),
            },
            false => Verdict::CannotTell {
                because: unread,
                when,
            },
        }
    }

    fn denied(self, kind: PolicyKind) -> Verdict<'a> {
        let statements = self.statements.into_iter();
        let denying = statements
            .filter(|(at, _, _)| at.source.kind() == kind && at.statement.effect() == Effect::Deny);
        Verdict::Denied {
            kind,
            by: denying.map(|(at, _, _)| at).collect(),
        }
    }

    /// What allows for sure, in that way.
    fn because(self, by: AllowedBy) -> Because<'a> {
        let decides = |at: &StatementAt<'a>, to: AppliesTo| {
            let is_allow = at.statement.effect() == Effect::Allow;
            is_allow
                && match by {
                    AllowedBy::KeyPolicy => {
                        at.source.kind() == PolicyKind::Key && to != AppliesTo::Account
                    }
                    AllowedBy::IdentityPolicy | AllowedBy::KeyAndIdentityPolicy => true,
                    AllowedBy::Grant => false,
                }
        };
        let is_grant = by == AllowedBy::Grant;
        let statements = self.statements.into_iter();
        let grants = self.grants.into_iter();
        Because {
            statements: statements
                .filter(|(at, to, always)| *always && decides(at, *to))
                .map(|(at, _, _)| at)
                .collect(),
            grants: grants
                .filter(|(_, always)| is_grant && *always)
                .map(|(grant, _)| grant)
                .collect(),
        }
    }

    /// What may allow or deny. That the key policy lets an account's identity policies decide says
    /// nothing where none of these allows.
    fn because_maybe(self, by_account: bool) -> Because<'a> {
        let by_identity = |(at, _, _): &(StatementAt<'a>, AppliesTo, bool)| {
            at.source.kind() == PolicyKind::Identity && at.statement.effect() == Effect::Allow
        };
        let is_let_in = by_account || self.statements.iter().any(by_identity);
        let says_something = |at: &StatementAt<'a>, to: AppliesTo| {
            let lets_in = at.source.kind() == PolicyKind::Key && to == AppliesTo::Account;
            !lets_in || is_let_in || at.statement.effect() == Effect::Deny
        };
        let statements = self.statements.into_iter();
        let grants = self.grants.into_iter();
        Because {
            statements: statements
                .filter(|(at, to, _)| says_something(at, *to))
                .map(|(at, _, _)| at)
                .collect(),
            grants: grants.map(|(grant, _)| grant).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        Decision, EncryptionContext, GrantConstraints, KeyAccess, PolicyDocument, Principal,
        RequestContext, evaluate,
    };

    const ACCOUNT: &str = "111122223333";
    const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234";
    const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
    const FOREIGN: &str = "arn:aws:iam::444455556666:user/bob";
    const ROLE: &str = "arn:aws:iam::111122223333:role/app";
    const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/app/one";
    const LOGS: &str = "logs.us-east-1.amazonaws.com";
    const BUCKET: &str = "arn:aws:s3:::bucket";

    fn one_of(values: &'static [&'static str]) -> impl Strategy<Value = &'static str> + Clone {
        prop::sample::select(values)
    }

    /// Operator, key and value of a condition.
    fn a_condition() -> impl Strategy<Value = (&'static str, &'static str, &'static str)> {
        let text = one_of(&[
            "StringEquals",
            "StringNotEquals",
            "StringLike",
            "StringNotLikeIfExists",
            "StringEqualsIfExists",
            "StringEqualsIgnoreCase",
            "ForAllValues:StringEquals",
            "ForAllValues:StringNotLike",
            "ForAnyValue:StringLike",
            "ForAnyValue:StringNotEquals",
            "ForAnyValue:StringNotEqualsIfExists",
        ]);
        let of_text = one_of(&[
            "kms:EncryptionContext:tenant",
            "kms:EncryptionContext:App",
            "kms:ViaService",
            "aws:PrincipalTag/team",
        ]);
        let value = one_of(&[
            "acme",
            "a*",
            "Beta",
            "${aws:username}",
            "${aws:PrincipalTag/team}",
        ]);
        let keys = one_of(&["kms:EncryptionContextKeys"]);
        prop_oneof![
            6 => (text.clone(), of_text.clone(), value),
            1 => (text, keys, one_of(&["tenant", "App"])),
            1 => (one_of(&["Null"]), of_text, one_of(&["true", "false"])),
            1 => (one_of(&["IpAddress", "NotIpAddress"]), one_of(&["aws:SourceIp"]), one_of(&["10.0.0.0/8", "192.168.0.0/16"])),
            1 => (one_of(&["DateLessThan", "DateGreaterThanEquals"]), one_of(&["aws:CurrentTime"]), one_of(&["2026-01-01T00:00:00Z"])),
            1 => (one_of(&["Bool", "BoolIfExists"]), one_of(&["aws:MultiFactorAuthPresent"]), one_of(&["true", "false"])),
        ]
    }

    prop_compose! {
        fn a_statement()(
            effect in one_of(&["Allow", "Allow", "Deny"]),
            not_principal in prop::bool::weighted(0.15),
            principal in one_of(&["*", ALICE, FOREIGN, ROLE, SESSION, ACCOUNT, ACCOUNT, "444455556666", LOGS]),
            action in one_of(&["*", "kms:*", "kms:Decrypt", "kms:Encrypt"]),
            resource in one_of(&["*", "*", KEY, "arn:aws:kms:*:*:key/${aws:username}"]),
            not_resource in prop::bool::weighted(0.1),
            conditions in prop::collection::vec(a_condition(), 0..3),
        ) -> Value {
            let mut statement = json!({ "Effect": effect, "Action": action });
            let kind = if principal == LOGS { "Service" } else { "AWS" };
            statement[if not_principal { "NotPrincipal" } else { "Principal" }] = json!({ kind: principal });
            statement[if not_resource { "NotResource" } else { "Resource" }] = json!(resource);
            for (operator, key, value) in conditions {
                statement["Condition"][operator][key] = json!(value);
            }
            statement
        }
    }

    fn parse(statements: &[Value]) -> PolicyDocument {
        let document = json!({ "Version": "2012-10-17", "Statement": statements });
        PolicyDocument::parse(&document.to_string()).unwrap()
    }

    /// Some documents of few statements.
    fn some_documents() -> impl Strategy<Value = Vec<PolicyDocument>> {
        let document = prop::collection::vec(a_statement(), 1..4).prop_map(|some| parse(&some));
        prop::collection::vec(document, 0..3)
    }

    #[derive(Debug, Clone)]
    struct World {
        pairs: Option<Vec<(&'static str, &'static str)>>,
        /// Of each key its value, if it is there.
        keys: Vec<(&'static str, Option<&'static str>)>,
    }

    fn a_world() -> impl Strategy<Value = World> {
        let pair = (
            one_of(&["tenant", "App", "other"]),
            one_of(&["acme", "Beta", "x"]),
        );
        let maybe = |values| prop::option::weighted(0.7, one_of(values));
        (
            prop::option::weighted(0.8, prop::collection::vec(pair, 0..3)),
            maybe(&["acme", "Beta", "s3.us-east-1.amazonaws.com"]),
            maybe(&["acme", "Beta", "1234"]),
            maybe(&["1234", "acme"]),
            maybe(&["10.1.2.3", "8.8.8.8"]),
            maybe(&["2025-06-01T00:00:00Z", "2026-06-01T00:00:00Z"]),
            maybe(&["true", "false"]),
            maybe(&[BUCKET, "arn:aws:s3:::other"]),
        )
            .prop_map(
                |(pairs, via, team, username, ip, time, mfa, source)| World {
                    pairs,
                    keys: vec![
                        ("kms:ViaService", via),
                        ("aws:PrincipalTag/team", team),
                        ("aws:username", username),
                        ("aws:SourceIp", ip),
                        ("aws:CurrentTime", time),
                        ("aws:MultiFactorAuthPresent", mfa),
                        ("aws:SourceArn", source),
                    ],
                },
            )
    }

    impl World {
        /// Sets those keys in `context` that `is_known` names.
        fn tell(&self, context: &mut RequestContext, is_known: impl Fn(usize) -> bool) {
            for (index, (key, value)) in self.keys.iter().enumerate() {
                match value {
                    _ if !is_known(index) => {}
                    Some(value) => context.set(key, value),
                    None => context.set_absent(key),
                }
            }
            if is_known(self.keys.len()) {
                match &self.pairs {
                    None => context.set_no_encryption_context(),
                    Some(pairs) => {
                        let pairs = pairs.iter();
                        let pairs: EncryptionContext = pairs
                            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                            .collect();
                        context.set_encryption_context(&pairs);
                    }
                }
            }
        }
    }

    /// KMSDECK_CASES says how many; 1,000 if it does not.
    fn cases() -> ProptestConfig {
        let said = std::env::var("KMSDECK_CASES").ok();
        let cases = said.and_then(|text| text.parse().ok()).unwrap_or(1_000);
        ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::with_cases(cases)
        }
    }

    proptest! {
        #![proptest_config(cases())]

        /// In each world that agrees with what is known, the condition holds exactly where the
        /// request is allowed; where all is known, the verdict is the decision.
        #[test]
        fn an_allowed_if_is_allowed_under_its_condition_and_not_without_it(
            identity in some_documents(),
            key_policy in prop::collection::vec(a_statement(), 1..5),
            boundary in prop::option::weighted(0.3, prop::collection::vec(a_statement(), 1..3)),
            session in prop::option::weighted(0.3, some_documents()),
            service_control in prop::option::weighted(0.2, prop::collection::vec(some_documents(), 1..3)),
            grants in prop::collection::vec(
                (one_of(&[ALICE, FOREIGN, ROLE, SESSION]), one_of(&["Decrypt", "Encrypt"]), 0..3, any::<bool>()), 0..3),
            who in one_of(&[ALICE, ALICE, FOREIGN, SESSION, LOGS]),
            on_key in prop::bool::weighted(0.9),
            known in prop::collection::vec(prop::bool::weighted(0.3), 8),
            truth in a_world(),
            worlds in prop::collection::vec(a_world(), 12),
        ) {
            let pairs: EncryptionContext = [("tenant".to_owned(), "acme".to_owned())].into();
            let of_grant = |(grantee, operation, constraint, source): &(&'static str, &'static str, i32, bool)| Grant {
                grant_id: "g",
                grantee_principal: grantee,
                operations: vec![operation],
                constraints: match constraint {
                    0 => None,
                    1 => Some(GrantConstraints::EncryptionContextSubset(&pairs)),
                    _ => Some(GrantConstraints::EncryptionContextEquals(&pairs)),
                },
                source_arn: source.then_some(BUCKET),
            };
            let grants: Vec<Grant<'_>> = grants.iter().map(of_grant).collect();
            let (key_policy, boundary) = (parse(&key_policy), boundary.map(|some| parse(&some)));
            let policies = Policies {
                identity: &identity,
                boundary: boundary.as_ref(),
                session: session.as_deref(),
                service_control: service_control.as_deref(),
                key: on_key.then_some(KeyAccess { account: ACCOUNT, policy: &key_policy, grants: &grants }),
                unread: &[],
            };
            let principal = Principal {
                arn: who,
                role: (who == SESSION).then_some(ROLE),
                account: who.split(':').nth(4).unwrap_or_default(),
            };
            let mut open = RequestContext::open();
            truth.tell(&mut open, |index| known[index]);
            let request = Request { principal, action: "kms:Decrypt", resource: KEY, context: &open };
            let verdict = judge(request, policies);
            let when = verdict.when();
            for world in std::iter::once(&truth).chain(&worlds) {
                let mut context = RequestContext::default();
                world.tell(&mut context, |index| !known[index]);
                truth.tell(&mut context, |index| known[index]);
                let request = Request { context: &context, ..request };
                let decision = evaluate(request, policies);
                prop_assert_eq!(
                    when.holds(request), Some(decision.is_allowed()),
                    "{} in {:?}: {}", verdict_name(&verdict), context, when
                );
                match (judge(request, policies), decision) {
                    (Verdict::Allowed { by, because }, Decision::Allowed(decided)) => {
                        prop_assert_eq!(by, decided);
                        prop_assert!(!because.statements.is_empty() || !because.grants.is_empty());
                    }
                    (Verdict::Denied { kind, by }, Decision::ExplicitlyDenied(decided)) => {
                        prop_assert_eq!(kind, decided);
                        prop_assert!(!by.is_empty());
                    }
                    (Verdict::NotAllowed { lacking, .. }, Decision::ImplicitlyDenied(decided)) => {
                        prop_assert_eq!(lacking, decided);
                    }
                    (other, decision) => prop_assert!(false, "{} is {:?}", verdict_name(&other), decision),
                }
            }
        }
    }

    fn verdict_name(verdict: &Verdict<'_>) -> &'static str {
        match verdict {
            Verdict::Allowed { .. } => "allowed",
            Verdict::AllowedIf { .. } => "allowed if",
            Verdict::Denied { .. } => "denied",
            Verdict::NotAllowed { .. } => "not allowed",
            Verdict::CannotTell { .. } => "cannot tell",
        }
    }

    fn asked(who: &str, key_policy: &Value, identity: &[Value], unread: &[Unread]) -> String {
        let key_policy = json!({ "Version": "2012-10-17", "Statement": key_policy }).to_string();
        let key_policy = PolicyDocument::parse_key_policy(&key_policy).unwrap();
        let identity: Vec<PolicyDocument> = identity
            .iter()
            .map(|statement| parse(std::slice::from_ref(statement)))
            .collect();
        let context = RequestContext::open();
        let request = Request {
            principal: Principal {
                arn: who,
                role: None,
                account: who.split(':').nth(4).unwrap_or_default(),
            },
            action: "kms:Decrypt",
            resource: KEY,
            context: &context,
        };
        let policies = Policies {
            identity: &identity,
            key: Some(KeyAccess {
                account: ACCOUNT,
                policy: &key_policy,
                grants: &[],
            }),
            unread,
            ..Policies::default()
        };
        match judge(request, policies) {
            Verdict::Allowed { by, .. } => format!("allowed by {by:?}"),
            Verdict::AllowedIf { when, .. } => format!("allowed {when}"),
            Verdict::Denied { kind, by } => {
                format!("denied by {} line {}", kind.name(), by[0].statement.line())
            }
            Verdict::NotAllowed { lacking, nearest } => {
                let nearest = nearest.map(|nearest| match nearest {
                    NearestMiss::Statement(at, mismatches) => {
                        format!("line {}: {}", at.statement.line(), mismatches[0])
                    }
                    NearestMiss::Grant(grant, _) => format!("grant {}", grant.grant_id),
                });
                format!("no {}: {}", lacking.name(), nearest.unwrap_or_default())
            }
            Verdict::CannotTell { because, when } => format!("{} unread: {when}", because.len()),
        }
    }

    #[test]
    fn a_verdict_has_its_condition_in_words() {
        let root = json!({ "Effect": "Allow", "Principal": { "AWS": ACCOUNT },
            "Action": "kms:*", "Resource": "*" });
        let with = |effect: &str, condition: Value| {
            json!({ "Effect": effect, "Principal": { "AWS": ALICE },
                "Action": "kms:*", "Resource": "*", "Condition": condition })
        };
        let tenant = json!({ "StringEquals": { "kms:EncryptionContext:tenant": "acme" } });
        let mut both = tenant.clone();
        both["StringEquals"]["kms:ViaService"] = json!("s3.us-east-1.amazonaws.com");
        let without_mfa = json!({ "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } });
        let not_from =
            json!({ "NotIpAddress": { "aws:SourceIp": ["10.0.0.0/8", "192.168.0.0/16"] } });
        let beta = json!({ "StringEquals": { "kms:EncryptionContext:tenant": "beta" } });
        for (statements, told) in [
            (
                json!([with("Allow", both)]),
                "allowed when encryption context tenant = acme, and only through s3.us-east-1",
            ),
            (
                json!([with("Allow", json!({})), with("Deny", not_from)]),
                "allowed only from 10.0.0.0/8 or 192.168.0.0/16",
            ),
            (
                json!([with("Allow", tenant.clone()), with("Allow", beta)]),
                "allowed when encryption context tenant = acme or beta",
            ),
            (
                json!([with("Allow", tenant.clone()), with("Allow", json!({}))]),
                "allowed by KeyPolicy",
            ),
            (
                json!([with("Allow", tenant.clone()), with("Deny", tenant.clone())]),
                "denied by resource-based policy line 1",
            ),
            (
                json!([with("Allow", json!({})), with("Deny", without_mfa)]),
                "allowed only with MFA",
            ),
            (json!([root]), "no identity-based policy: "),
        ] {
            assert_eq!(asked(ALICE, &statements, &[], &[]), told);
        }
        let may = json!({ "Effect": "Allow", "Action": "kms:*", "Resource": "*" });
        let identity = [may.clone()];
        assert_eq!(
            asked(ALICE, &json!([root]), &identity, &[]),
            "allowed by IdentityPolicy"
        );
        let unread = [Unread::Policy {
            kind: PolicyKind::Identity,
            name: "Managed".to_owned(),
        }];
        assert_eq!(
            asked(ALICE, &json!([root]), &[], &unread),
            "1 unread: when the identity-based policy Managed allows it"
        );
        // What cannot matter is no reason to say nothing.
        assert_eq!(
            asked(ALICE, &json!([with("Allow", json!({}))]), &[], &unread),
            "allowed by KeyPolicy"
        );
        let account = [Unread::Account("444455556666".to_owned())];
        let to_foreign = json!([{ "Effect": "Allow", "Principal": { "AWS": "444455556666" },
            "Action": "kms:Decrypt", "Resource": "*", "Condition": tenant }]);
        assert_eq!(
            asked(FOREIGN, &to_foreign, &[], &account),
            "allowed when encryption context tenant = acme, and an identity-based policy of account 444455556666 allows it"
        );
        assert_eq!(
            asked(ALICE, &to_foreign, &identity, &[]),
            "no resource-based policy: line 1: Principal: wanted arn:aws:iam::444455556666:root, given arn:aws:iam::111122223333:user/alice"
        );
        let to_logs = json!([{ "Effect": "Allow", "Principal": { "Service": LOGS },
            "Action": "kms:Decrypt", "Resource": "*",
            "Condition": { "ArnLike": { "aws:SourceArn": "arn:aws:logs:*" } } }]);
        assert_eq!(
            asked(LOGS, &to_logs, &[], &[]),
            "allowed only on behalf of arn:aws:logs:*"
        );
        assert_eq!(
            asked("s3.amazonaws.com", &to_logs, &[], &[])
                .split(',')
                .next(),
            Some(
                "no resource-based policy: line 1: Principal: wanted logs.us-east-1.amazonaws.com"
            )
        );
    }
}
