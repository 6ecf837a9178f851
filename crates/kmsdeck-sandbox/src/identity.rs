//! Who may ask: the principals of the sandbox, its roles, and their sessions.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest;
use data_encoding::BASE32_NOPAD;
use kmsdeck_policy::{PolicyDocument, RequestContext};

use crate::wire::Millis;

/// The unique ID that IAM gives to what has that ARN.
pub(crate) fn unique_id(prefix: &str, arn: &str) -> String {
    let digest = digest::digest(&digest::SHA256, arn.as_bytes());
    let mut tail = BASE32_NOPAD.encode(digest.as_ref());
    tail.truncate(17);
    format!("{prefix}{tail}")
}

/// A principal of the sandbox. Its credentials are made up, and good for
/// nothing but the sandbox.
#[derive(Clone)]
pub struct Principal {
    /// The name by which the user chooses it, unique in the sandbox.
    pub name: String,
    /// Of the IAM user that it is; of a session of a role, the session's.
    pub arn: String,
    /// 12 digits.
    pub account_id: String,
    /// Half of its credentials.
    pub access_key_id: String,
    /// The other half.
    pub secret_access_key: String,
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Principal")
            .field("name", &self.name)
            .field("arn", &self.arn)
            .field("account_id", &self.account_id)
            .field("access_key_id", &self.access_key_id)
            .field("secret_access_key", &"** redacted **")
            .finish()
    }
}

/// Tags of a principal, by their keys.
pub(crate) type Tags = BTreeMap<String, String>;

/// A role of IAM, to be assumed.
#[derive(Debug)]
pub(crate) struct Role {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) account_id: String,
    pub(crate) trust: PolicyDocument,
    pub(crate) policies: Arc<[PolicyDocument]>,
    pub(crate) boundary: Option<Arc<PolicyDocument>>,
    pub(crate) tags: Tags,
    /// `MaxSessionDuration`, in seconds.
    pub(crate) longest_session: i64,
}

impl Role {
    /// `AROA` and more.
    pub(crate) fn id(&self) -> String {
        unique_id("AROA", &self.arn)
    }

    /// Its session of that name.
    pub(crate) fn session_arn(&self, name: &str) -> String {
        let Role { account_id, .. } = self;
        format!(
            "arn:aws:sts::{account_id}:assumed-role/{}/{name}",
            self.name
        )
    }
}

/// A principal with what only the service knows of it.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) principal: Principal,
    pub(crate) kind: Kind,
    /// The unique ID of the user (`AIDA...`), or of the role and its session (`AROA...:NAME`).
    pub(crate) user_id: String,
    pub(crate) policies: Arc<[PolicyDocument]>,
    pub(crate) boundary: Option<Arc<PolicyDocument>>,
    /// Its own, or the role's with those of the session over them.
    pub(crate) tags: Tags,
    /// Of temporary credentials.
    pub(crate) session: Option<Session>,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    User { name: String },
    RoleSession { role: Arc<Role> },
}

/// What temporary credentials have beside their keys.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) token: String,
    pub(crate) issued: Millis,
    pub(crate) expires: Millis,
    /// When a code of an MFA device was given, if one was.
    pub(crate) mfa: Option<Millis>,
    /// Session policies; none is no limit.
    pub(crate) policies: Option<Vec<PolicyDocument>>,
    /// The tags that go on to the next role of a chain.
    pub(crate) transitive_tags: BTreeSet<String>,
    pub(crate) source_identity: Option<String>,
    /// The identity provider whose token it was given for.
    pub(crate) federated_provider: Option<String>,
}

/// Without the token, which is half of the credentials.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("issued", &self.issued)
            .field("expires", &self.expires)
            .field("mfa", &self.mfa)
            .finish_non_exhaustive()
    }
}

impl Identity {
    /// The role that it is a session of.
    pub(crate) fn role(&self) -> Option<&Role> {
        match &self.kind {
            Kind::User { .. } => None,
            Kind::RoleSession { role } => Some(role),
        }
    }

    /// Whether that is the ARN of it, or of its role.
    pub(crate) fn is_named(&self, arn: &str) -> bool {
        self.principal.arn == arn || self.role().is_some_and(|role| role.arn == arn)
    }

    pub(crate) fn session_policies(&self) -> Option<&[PolicyDocument]> {
        self.session.as_ref()?.policies.as_deref()
    }

    /// The condition keys that every request of its has.
    ///
    /// Source: IAM user guide, "AWS global condition context keys".
    pub(crate) fn request_context(&self, region: &str, now: Millis) -> RequestContext {
        let mut context = RequestContext::default();
        match &self.kind {
            Kind::User { name } => {
                context.set("aws:PrincipalArn", &self.principal.arn);
                context.set("aws:PrincipalType", "User");
                context.set("aws:username", name);
            }
            Kind::RoleSession { role } => {
                context.set("aws:PrincipalArn", &role.arn);
                context.set("aws:PrincipalType", "AssumedRole");
            }
        }
        context.set("aws:PrincipalAccount", &self.principal.account_id);
        context.set("aws:userid", &self.user_id);
        for (key, value) in &self.tags {
            context.set(&format!("aws:PrincipalTag/{key}"), value);
        }
        // Long-term credentials have none of these, with false or without.
        if let Some(session) = &self.session {
            context.set("aws:TokenIssueTime", session.issued.seconds());
            context.set("aws:MultiFactorAuthPresent", session.mfa.is_some());
            let age = session.mfa.map(|at| (now.0 - at.0) / 1000);
            context.set_opt("aws:MultiFactorAuthAge", age);
            context.set_opt("aws:SourceIdentity", session.source_identity.as_ref());
            context.set_opt("aws:FederatedProvider", session.federated_provider.as_ref());
        }
        context.set("aws:RequestedRegion", region);
        context.set("aws:SecureTransport", "true");
        context.set("aws:SourceIp", "127.0.0.1");
        context.set("aws:EpochTime", now.0 / 1000);
        context.set("aws:CurrentTime", now.seconds());
        context
    }
}
