//! AssumeRoleWithWebIdentity: a session of a role for whom an identity provider vouches.
//!
//! The sandbox takes tokens without a signature alone: a JWT (RFC 7519) whose header says
//! `"alg": "none"`, of an issuer that the account has as its provider.
//!
//! Source: STS API reference, "AssumeRoleWithWebIdentity"; IAM user guide, "Available keys for AWS
//! web identity federation".

use data_encoding::BASE64URL_NOPAD;
use kmsdeck_policy::{KeyAccess, Policies, Principal, Request, RequestContext, evaluate};
use serde_json::{Map, Value};

use super::error::access_denied;
use super::session::{assumed_role_user, credentials, open_session, role_session, session_from};
use super::session_limits::{SessionLimits, session_name};
use crate::identity::{Session, Tags};
use crate::query::Xml;
use crate::service::Sandbox;
use crate::wire::{ApiError, ApiResult, Millis, Params};

pub(super) fn handle(sandbox: &Sandbox, now: Millis, params: &mut Params) -> ApiResult<Xml> {
    let role_arn = params.required_text("RoleArn", 20..=2048);
    params.require("RoleSessionName");
    let name = session_name(params, "RoleSessionName").unwrap_or_default();
    let limits = SessionLimits::read(params);
    let token = params.required_text("WebIdentityToken", 4..=20_000);
    let provider_id = params.text("ProviderId", 4..=2048);
    params.check()?;
    if provider_id.is_some() {
        return Err(ApiError::validation(
            "ProviderId is for tokens of OAuth 2.0, which the sandbox does not take.",
        ));
    }
    let refused = || access_denied("Not authorized to perform sts:AssumeRoleWithWebIdentity");
    let role = sandbox.accounts.roles.get(&role_arn).ok_or_else(refused)?;

    let claims = Claims::read(&token)?;
    let provider = format!(
        "arn:aws:iam::{}:oidc-provider/{}",
        role.account_id,
        claims.provider()
    );
    let audiences = sandbox
        .accounts
        .oidc_providers
        .get(&provider)
        .ok_or_else(|| {
            let issuer = claims.issuer();
            invalid(format!(
                "No OpenIDConnect provider found in your account for {issuer}"
            ))
        })?;
    claims.check(audiences, now)?;

    let mut context = RequestContext::default();
    let id = claims.provider();
    context.set("aws:FederatedProvider", &provider);
    context.set("aws:CurrentTime", now.seconds());
    context.set("aws:EpochTime", now.0 / 1000);
    context.set("aws:SecureTransport", "true");
    context.set("aws:SourceIp", "127.0.0.1");
    context.set("sts:RoleSessionName", &name);
    context.set_opt(&format!("{id}:sub"), claims.subject());
    context.set_opt(&format!("{id}:aud"), claims.audience());
    context.set_all(&format!("{id}:amr"), claims.texts("amr"));
    let request = Request {
        principal: Principal {
            arn: &provider,
            role: None,
            account: &role.account_id,
        },
        action: "sts:AssumeRoleWithWebIdentity",
        resource: &role_arn,
        context: &context,
    };
    let trust = KeyAccess {
        account: &role.account_id,
        policy: &role.trust,
        grants: &[],
    };
    let policies = Policies {
        key: Some(trust),
        ..Policies::default()
    };
    if !evaluate(request, policies).is_allowed() {
        return Err(refused());
    }
    let session = Session {
        policies: limits.policies(sandbox, role)?,
        federated_provider: Some(provider.clone()),
        ..session_from(now)
    };
    let seconds = limits.seconds(role, false)?;
    let identity = role_session(role, &name, &Tags::new(), session);
    let identity = open_session(sandbox, identity, seconds)?;
    Ok(Xml::new()
        .opt("SubjectFromWebIdentityToken", claims.subject())
        .opt("Audience", claims.audience())
        .element("AssumedRoleUser", &assumed_role_user(&identity))
        .element("Credentials", &credentials(&identity))
        .opt("PackedPolicySize", limits.packed_size(0).as_deref())
        .text("Provider", &provider))
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidIdentityToken", message)
}

/// What a token says.
struct Claims(Map<String, Value>);

impl Claims {
    fn read(token: &str) -> ApiResult<Claims> {
        let no_jwt = || {
            invalid(
                "The ID Token provided is not a valid JWT. (You may see this error if you sent an \
                 Access Token)",
            )
        };
        let parts: Vec<&str> = token.split('.').collect();
        let [header, claims, signature] = parts[..] else {
            return Err(no_jwt());
        };
        let part = |text: &str| {
            let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
            serde_json::from_slice::<Map<String, Value>>(&bytes).ok()
        };
        let header = part(header).ok_or_else(no_jwt)?;
        let claims = Claims(part(claims).ok_or_else(no_jwt)?);
        let is_unsigned = header.get("alg").is_some_and(|alg| alg == "none");
        if !is_unsigned || !signature.is_empty() {
            return Err(invalid(
                "Couldn't retrieve verification key from your identity provider, please reference \
                 AssumeRoleWithWebIdentity documentation for requirements. (The sandbox takes \
                 tokens without a signature alone: \"alg\": \"none\".)",
            ));
        }
        if claims.text("iss").is_none() {
            return Err(invalid("Missing a required claim: iss"));
        }
        Ok(claims)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// One text or several.
    fn texts(&self, name: &str) -> Vec<&str> {
        match self.0.get(name) {
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            Some(one) => one.as_str().into_iter().collect(),
            None => Vec::new(),
        }
    }

    fn issuer(&self) -> &str {
        self.text("iss").unwrap_or_default()
    }

    /// The issuer as ARNs and condition keys name it.
    fn provider(&self) -> &str {
        let issuer = self.issuer();
        issuer.strip_prefix("https://").unwrap_or(issuer)
    }

    fn subject(&self) -> Option<&str> {
        self.text("sub")
    }

    /// The party that it is made for, where it says so; else whom it is for.
    fn audience(&self) -> Option<&str> {
        self.text("azp")
            .or_else(|| self.texts("aud").into_iter().next())
    }

    fn check(&self, audiences: &[String], now: Millis) -> ApiResult<()> {
        let seconds = |name: &str| self.0.get(name).and_then(Value::as_i64);
        let now = now.0 / 1000;
        let Some(expires) = seconds("exp") else {
            return Err(invalid("Missing a required claim: exp"));
        };
        if expires <= now {
            return Err(ApiError::new(
                "ExpiredIdentityTokenException",
                format!(
                    "Token expired: current date/time {now} must be before the expiration \
                     date/time {expires}"
                ),
            ));
        }
        if self.subject().is_none() {
            return Err(invalid("Missing a required claim: sub"));
        }
        let is_for = |audience: &str| audiences.iter().any(|one| one == audience);
        match self.audience().is_some_and(is_for) {
            true => Ok(()),
            false => Err(invalid("Incorrect token audience")),
        }
    }
}
