//! AssumeRole: a session of a role, for whom its trust policy lets.
//!
//! Source: STS API reference, "AssumeRole"; IAM user guide, "Pass session tags in AWS STS".

use std::collections::BTreeSet;

use kmsdeck_policy::{Decision, KeyAccess, PolicyKind, Request, RequestContext, evaluate};

use super::call::StsCall;
use super::error::access_denied;
use super::proof::Proof;
use super::session::{assumed_role_user, credentials, open_session, role_session, session_from};
use super::session_limits::{SessionLimits, session_name};
use crate::authorize::Caller;
use crate::identity::{Identity, Role, Session, Tags};
use crate::query::Xml;
use crate::wire::{ApiError, ApiResult, Params};

pub(super) fn handle(call: &StsCall<'_>, params: &mut Params) -> ApiResult<Xml> {
    let role_arn = params.required_text("RoleArn", 20..=2048);
    params.require("RoleSessionName");
    let name = session_name(params, "RoleSessionName").unwrap_or_default();
    let limits = SessionLimits::read(params);
    let external_id = params.pattern("ExternalId", 2..=1224, "[\\w+=,.@:\\/-]*", |c| {
        c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c)
    });
    let source_identity = session_name(params, "SourceIdentity");
    let proof = Proof::read(params);
    let tags = SessionTags::read(params);
    let has_contexts = params.has("ProvidedContexts");
    params.check()?;
    if has_contexts {
        return Err(ApiError::validation(
            "The sandbox takes no ProvidedContexts.",
        ));
    }
    if !is_role_arn(&role_arn) {
        return Err(ApiError::validation("Request ARN is invalid"));
    }
    let before = call.identity.session.as_ref();
    let (tags, transitive_tags) = tags?.after(call.identity)?;
    let before_source = before.and_then(|session| session.source_identity.clone());
    if source_identity.is_some() && before_source.is_some() && source_identity != before_source {
        return Err(access_denied(
            "SourceIdentity of the calling session cannot be changed.",
        ));
    }
    let mfa = proof.check(call)?;

    let mut context = call.identity.request_context(call.region, call.now);
    context.set_opt("sts:ExternalId", external_id.as_ref());
    context.set("sts:RoleSessionName", &name);
    context.set_opt("sts:SourceIdentity", source_identity.as_ref());
    context.set_request_tags(tags.new.iter().map(|(key, value)| (&**key, &**value)));
    context.set_all("sts:TransitiveTagKeys", &tags.transitive);
    if let Some(at) = mfa {
        context.set("aws:MultiFactorAuthPresent", true);
        context.set("aws:MultiFactorAuthAge", (call.now.0 - at.0) / 1000);
    }
    let role = call.sandbox.accounts.roles.get(&role_arn);
    let mut actions = vec!["sts:AssumeRole"];
    if !tags.new.is_empty() {
        actions.push("sts:TagSession");
    }
    let source_identity = source_identity.or(before_source);
    if source_identity.is_some() {
        actions.push("sts:SetSourceIdentity");
    }
    for action in actions {
        authorize(
            call.identity,
            action,
            &role_arn,
            role.map(AsRef::as_ref),
            &context,
        )?;
    }
    let role = role.ok_or_else(|| refusal(call.identity, "sts:AssumeRole", &role_arn, None))?;
    let seconds = limits.seconds(role, call.identity.role().is_some())?;
    let session = Session {
        policies: limits.policies(call.sandbox, role)?,
        transitive_tags,
        source_identity,
        ..session_from(call.now)
    };
    let of_tags = tags
        .new
        .iter()
        .map(|(key, value)| key.len() + value.len())
        .sum();
    let identity = role_session(role, &name, &tags.all, session);
    let identity = open_session(call.sandbox, identity, seconds)?;
    let session = identity.session.as_ref();
    Ok(Xml::new()
        .element("AssumedRoleUser", &assumed_role_user(&identity))
        .element("Credentials", &credentials(&identity))
        .opt("PackedPolicySize", limits.packed_size(of_tags).as_deref())
        .opt(
            "SourceIdentity",
            session.and_then(|session| session.source_identity.as_deref()),
        ))
}

fn is_role_arn(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    matches!(parts[..], ["arn", "aws", "iam", "", account, name]
        if account.len() == 12
            && account.bytes().all(|b| b.is_ascii_digit())
            && name.strip_prefix("role/").is_some_and(|name| !name.is_empty()))
}

/// The trust policy decides as a key policy does: within the account it may let the account's
/// identity policies decide, and from another both must allow.
fn authorize(
    identity: &Identity,
    action: &str,
    role_arn: &str,
    role: Option<&Role>,
    context: &RequestContext,
) -> ApiResult<()> {
    let mut context = context.clone();
    if let Some(role) = role {
        context.set("aws:ResourceAccount", &role.account_id);
        for (key, value) in &role.tags {
            context.set(&format!("aws:ResourceTag/{key}"), value);
        }
    }
    let caller = Caller::of(identity);
    let request = Request {
        principal: caller.principal,
        action,
        resource: role_arn,
        context: &context,
    };
    let policies = caller.policies(role.map(|role| KeyAccess {
        account: &role.account_id,
        policy: &role.trust,
        grants: &[],
    }));
    match evaluate(request, policies) {
        Decision::Allowed(_) => Ok(()),
        Decision::ExplicitlyDenied(kind) => Err(refusal(identity, action, role_arn, Some(kind))),
        _ => Err(refusal(identity, action, role_arn, None)),
    }
}

/// STS says no more than that, but for a deny on the caller's own side.
fn refusal(
    identity: &Identity,
    action: &str,
    role_arn: &str,
    denied_by: Option<PolicyKind>,
) -> ApiError {
    let why = match denied_by {
        None | Some(PolicyKind::Key) => String::new(),
        Some(PolicyKind::Identity) => {
            format!(
                " with an explicit deny in an {}",
                PolicyKind::Identity.name()
            )
        }
        Some(kind) => format!(" with an explicit deny in a {}", kind.name()),
    };
    access_denied(format!(
        "User: {} is not authorized to perform: {action} on resource: {role_arn}{why}",
        identity.principal.arn
    ))
}

/// `Tags` and `TransitiveTagKeys`.
pub(super) struct SessionTags {
    pub(super) new: Tags,
    pub(super) transitive: BTreeSet<String>,
    /// With those of the session before, which go on.
    pub(super) all: Tags,
}

impl SessionTags {
    fn read(params: &mut Params) -> ApiResult<SessionTags> {
        let mut new = Tags::new();
        let mut twice = false;
        for mut tag in params.objects("Tags").unwrap_or_default() {
            let key = tag.required_text("Key", 1..=128);
            let value = tag.required_text("Value", 0..=256);
            params.merge(tag);
            twice |= new.keys().any(|old| old.eq_ignore_ascii_case(&key));
            new.insert(key, value);
        }
        let transitive = params.texts("TransitiveTagKeys", 0..=50, 1..=128);
        let tags = SessionTags {
            transitive: transitive.unwrap_or_default().into_iter().collect(),
            all: new.clone(),
            new,
        };
        let is_new = |key: &String| tags.new.keys().any(|tag| tag.eq_ignore_ascii_case(key));
        let what = if twice {
            "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        } else if tags.new.len() > 50 {
            "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must \
             have length less than or equal to 50"
        } else if tags
            .new
            .keys()
            .any(|key| key.to_ascii_lowercase().starts_with("aws:"))
        {
            "Tag keys that begin with aws: are reserved."
        } else if !tags.transitive.iter().all(is_new) {
            "The specified transitive tag key must be included in the requested tags."
        } else {
            return Ok(tags);
        };
        Err(ApiError::validation(what))
    }

    /// With the transitive ones of the session that asks, which cannot be set anew.
    fn after(mut self, identity: &Identity) -> ApiResult<(SessionTags, BTreeSet<String>)> {
        let mut transitive = self.transitive.clone();
        let before = identity.session.as_ref();
        for key in before
            .map(|session| &session.transitive_tags)
            .into_iter()
            .flatten()
        {
            if self.new.keys().any(|new| new.eq_ignore_ascii_case(key)) {
                return Err(ApiError::validation(
                    "One of the specified transitive tag keys can't be set because it conflicts \
                     with a transitive tag key from the calling session.",
                ));
            }
            let is_it = |(tag, _): &(&String, &String)| tag.eq_ignore_ascii_case(key);
            let tag = identity.tags.iter().find(is_it);
            let tag = tag.map(|(tag, value)| (tag.clone(), value.clone()));
            self.all.extend(tag);
            transitive.insert(key.clone());
        }
        Ok((self, transitive))
    }
}
