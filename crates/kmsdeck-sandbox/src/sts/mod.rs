//! The STS that goes with the KMS: who one is, and roles to be assumed.
//!
//! Source: STS API reference, in the query protocol: forms in, XML out.

mod assume_role;
mod assume_role_with_web_identity;
mod form;
mod get_session_token;
mod mfa;
mod session_limits;
mod xml;

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use http::{Request, Response};

pub(crate) use form::action;
pub(crate) use mfa::UsedCodes;

use crate::identity::{Identity, Kind, Principal, Role, Session, Tags};
use crate::service::Sandbox;
use crate::sessions::NewCredentials;
use crate::wire::{ApiError, ApiResult, Millis, Params, response};
use xml::Xml;

/// A signed request.
struct StsCall<'a> {
    sandbox: &'a Sandbox,
    identity: &'a Identity,
    region: &'a str,
    now: Millis,
}

type Handler = fn(&StsCall<'_>, &mut Params) -> ApiResult<Xml>;

/// Those that are signed.
const HANDLERS: &[(&str, Handler)] = &[
    ("AssumeRole", assume_role::handle),
    ("GetCallerIdentity", get_caller_identity),
    ("GetSessionToken", get_session_token::handle),
];
/// The one that takes a token in place of a signature.
pub(crate) const WITH_WEB_IDENTITY: &str = "AssumeRoleWithWebIdentity";

impl Sandbox {
    pub(super) fn respond_sts(
        &self,
        request: &Request<Bytes>,
        request_id: &str,
        signer: &mut Option<Arc<Identity>>,
    ) -> ApiResult<Response<Bytes>> {
        let action = form::action(request.body());
        let action = action.as_deref().unwrap_or("(no Action)");
        let now = Millis::of((self.options.now)());
        let (action, result) = if action == WITH_WEB_IDENTITY {
            let mut params = form::read(request.body())?;
            let result = assume_role_with_web_identity::handle(self, now, &mut params)?;
            (WITH_WEB_IDENTITY, result)
        } else {
            let (action, handler) = HANDLERS
                .iter()
                .find(|(name, _)| *name == action)
                .ok_or_else(|| {
                    ApiError::new(
                        "InvalidAction",
                        format!("Could not find operation {action}"),
                    )
                })?;
            let (identity, region) = self.authenticate(request, "sts")?;
            let call = StsCall {
                sandbox: self,
                identity: signer.insert(identity),
                region,
                now,
            };
            (*action, handler(&call, &mut form::read(request.body())?)?)
        };
        let xml = xml::answer(action, result, request_id);
        Ok(response(200, "text/xml", Bytes::from(xml), request_id))
    }

    /// Gives out temporary credentials to whom has a session, but nothing to sign with yet.
    fn open_session(&self, identity: Identity, seconds: i64) -> ApiResult<Arc<Identity>> {
        let credentials = NewCredentials::draw()?;
        let identity = Arc::new(Identity {
            principal: Principal {
                access_key_id: credentials.access_key_id,
                secret_access_key: credentials.secret_access_key,
                ..identity.principal
            },
            session: identity.session.map(|session| Session {
                token: credentials.token,
                expires: Millis(session.issued.0 + seconds * 1000),
                ..session
            }),
            ..identity
        });
        let mut sessions = self
            .sessions
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        sessions.insert(identity.clone());
        Ok(identity)
    }
}

/// A session that has nothing yet but its beginning.
fn session_from(now: Millis) -> Session {
    Session {
        token: String::new(),
        issued: now,
        expires: now,
        mfa: None,
        policies: None,
        transitive_tags: BTreeSet::new(),
        source_identity: None,
        federated_provider: None,
    }
}

/// Who acts in a session of a role; `tags` are the session's, which go over the role's.
fn role_session(role: &Arc<Role>, name: &str, tags: &Tags, session: Session) -> Identity {
    let arn = role.session_arn(name);
    let mut all = role.tags.clone();
    for (key, value) in tags {
        // Tag keys do not tell case apart.
        all.retain(|old, _| !old.eq_ignore_ascii_case(key));
        all.insert(key.clone(), value.clone());
    }
    Identity {
        principal: Principal {
            name: format!("{}/{name}", role.name),
            arn,
            account_id: role.account_id.clone(),
            access_key_id: String::new(),
            secret_access_key: String::new(),
        },
        kind: Kind::RoleSession { role: role.clone() },
        user_id: format!("{}:{name}", role.id()),
        policies: role.policies.clone(),
        boundary: role.boundary.clone(),
        tags: all,
        session: Some(session),
    }
}

/// `Credentials`, of every answer that has some.
fn credentials(identity: &Identity) -> Xml {
    let principal = &identity.principal;
    let xml = Xml::new()
        .text("AccessKeyId", &principal.access_key_id)
        .text("SecretAccessKey", &principal.secret_access_key);
    match &identity.session {
        Some(session) => xml
            .text("SessionToken", &session.token)
            .text("Expiration", &xml::time(session.expires)),
        None => xml,
    }
}

/// `AssumedRoleUser`.
fn assumed_role_user(identity: &Identity) -> Xml {
    Xml::new()
        .text("AssumedRoleId", &identity.user_id)
        .text("Arn", &identity.principal.arn)
}

/// No permission is needed.
fn get_caller_identity(call: &StsCall<'_>, _: &mut Params) -> ApiResult<Xml> {
    Ok(Xml::new()
        .text("Arn", &call.identity.principal.arn)
        .text("UserId", &call.identity.user_id)
        .text("Account", &call.identity.principal.account_id))
}

fn access_denied(message: impl Into<String>) -> ApiError {
    ApiError {
        status: 403,
        ..ApiError::new("AccessDenied", message)
    }
}

/// The code of an error, and its status: STS has its own for those of authentication.
pub(crate) fn code(error: &ApiError) -> (&'static str, u16) {
    match error.name {
        "UnrecognizedClientException" => ("InvalidClientTokenId", 403),
        "InvalidSignatureException" => ("SignatureDoesNotMatch", 403),
        "MissingAuthenticationTokenException" => ("MissingAuthenticationToken", 403),
        "IncompleteSignatureException" => ("IncompleteSignature", 400),
        "ExpiredTokenException" => ("ExpiredToken", 403),
        // The web identity token's.
        "ExpiredIdentityTokenException" => ("ExpiredTokenException", 400),
        "ValidationException" => ("ValidationError", 400),
        "SerializationException" => ("MalformedInput", 400),
        "ThrottlingException" => ("Throttling", 400),
        "KMSInternalException" => ("InternalFailure", 500),
        other => (other, error.status),
    }
}

/// An error of the query protocol.
pub(crate) fn refuse(error: &ApiError, request_id: &str) -> Response<Bytes> {
    let (code, status) = code(error);
    let fault = if status < 500 { "Sender" } else { "Receiver" };
    let xml = xml::error(fault, code, error.message.as_deref(), request_id);
    response(status, "text/xml", Bytes::from(xml), request_id)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use kmsdeck_policy::PolicyDocument;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::options::SandboxOptions;

    const NEW: &str = "arn:aws:iam::111122223333:role/new";

    /// How AssumeRole of the role `new` ends: its policies, those of who asks, and more members.
    fn assumed(who: &Identity, statement: &Value, policies: &[Value], members: &str) -> String {
        let document = |statement: &Value| {
            json!({ "Version": "2012-10-17", "Statement": statement }).to_string()
        };
        let policies = policies.iter().map(document);
        let policies = policies.map(|text| PolicyDocument::parse(&text).unwrap());
        let role = Role {
            arn: NEW.to_owned(),
            name: "new".to_owned(),
            account_id: "111122223333".to_owned(),
            trust: PolicyDocument::parse_trust_policy(&document(statement)).unwrap(),
            policies: Arc::new([]),
            boundary: None,
            tags: Tags::new(),
            longest_session: 3600,
        };
        let mut sandbox = Sandbox::new(SandboxOptions::default()).unwrap();
        sandbox
            .accounts
            .roles
            .insert(NEW.to_owned(), Arc::new(role));
        let identity = Identity {
            policies: policies.collect(),
            ..who.clone()
        };
        let call = StsCall {
            sandbox: &sandbox,
            identity: &identity,
            region: "us-east-1",
            now: Millis(0),
        };
        let form = format!("RoleArn={NEW}&{members}");
        match assume_role::handle(&call, &mut form::read(form.as_bytes()).unwrap()) {
            Ok(_) => "yes".to_owned(),
            Err(error) => error.message.unwrap(),
        }
    }

    /// IAM user guide, "Cross-account policy evaluation logic" and "How to use trust policies with
    /// IAM roles"; "Available keys for AWS STS" of the service authorization reference.
    #[test]
    fn a_trust_policy_and_the_caller_s_policies_decide_together() {
        let sandbox = Sandbox::new(SandboxOptions::default()).unwrap();
        let user = |name: &str| {
            let mut all = sandbox.accounts.identities.iter();
            let found = all.find(|identity| identity.principal.name == name);
            Identity::clone(found.unwrap())
        };
        let app = &sandbox.accounts.roles["arn:aws:iam::111122223333:role/app"];
        let tags = Tags::from([("team".to_owned(), "one".to_owned())]);
        let session = role_session(app, "shop", &tags, session_from(Millis(0)));
        let (auditor, partner) = (user("auditor"), user("partner"));
        let everything = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
        let bounded = Identity {
            boundary: Some(Arc::new(
                PolicyDocument::parse(
                    r#"{"Statement":{"Effect":"Allow","Action":"kms:*","Resource":"*"}}"#,
                )
                .unwrap(),
            )),
            ..auditor.clone()
        };
        let trust = |principal: &str, condition: Value| {
            let mut statement = json!({ "Effect": "Allow", "Principal": { "AWS": principal },
                "Action": ["sts:AssumeRole", "sts:TagSession"] });
            if !condition.is_null() {
                statement["Condition"] = condition;
            }
            statement
        };
        let none = || Value::Null;
        let may = std::slice::from_ref(&everything);
        let named = "RoleSessionName=one";
        let auditor_arn = "arn:aws:iam::111122223333:user/auditor";
        let by_name = json!({ "StringLike": { "sts:RoleSessionName": "${aws:username}" } });
        let by_tag = json!({ "StringEquals": { "aws:PrincipalTag/team": "one" } });
        let of_tag = json!({ "ForAllValues:StringEquals": { "aws:TagKeys": ["cost"] } });
        let tagged = "RoleSessionName=one&Tags.member.1.Key=cost&Tags.member.1.Value=1";
        let other_tag = "RoleSessionName=one&Tags.member.1.Key=team&Tags.member.1.Value=1";
        let no: &[Value] = &[];
        for (who, statement, policies, members, allowed) in [
            // In the account: named, or its policies decide.
            (&auditor, trust(auditor_arn, none()), no, named, true),
            (&auditor, trust("111122223333", none()), no, named, false),
            (&auditor, trust("111122223333", none()), may, named, true),
            (
                &auditor,
                trust("arn:aws:iam::111122223333:user/admin", none()),
                may,
                named,
                false,
            ),
            (&session, trust(&app.arn, none()), no, named, true),
            (
                &session,
                trust(&session.principal.arn, none()),
                no,
                named,
                true,
            ),
            (
                &session,
                trust("arn:aws:sts::111122223333:assumed-role/app/x", none()),
                may,
                named,
                false,
            ),
            // A boundary limits what the account is let to, and not what the user is.
            (&bounded, trust("111122223333", none()), may, named, false),
            (&bounded, trust(auditor_arn, none()), no, named, true),
            // From another account both must allow, whoever is named.
            (
                &partner,
                trust(&partner.principal.arn, none()),
                no,
                named,
                false,
            ),
            (
                &partner,
                trust(&partner.principal.arn, none()),
                may,
                named,
                true,
            ),
            (&partner, trust("111122223333", none()), may, named, false),
            // Conditions.
            (
                &auditor,
                trust("111122223333", by_name.clone()),
                may,
                named,
                false,
            ),
            (
                &auditor,
                trust("111122223333", by_name),
                may,
                "RoleSessionName=auditor",
                true,
            ),
            (
                &session,
                trust("111122223333", by_tag.clone()),
                may,
                named,
                true,
            ),
            (&auditor, trust("111122223333", by_tag), may, named, false),
            (
                &auditor,
                trust("111122223333", of_tag.clone()),
                may,
                tagged,
                true,
            ),
            (
                &auditor,
                trust("111122223333", of_tag),
                may,
                other_tag,
                false,
            ),
        ] {
            let told = assumed(who, &statement, policies, members);
            let arn = &who.principal.arn;
            let expected = match allowed {
                true => "yes".to_owned(),
                false => format!(
                    "User: {arn} is not authorized to perform: sts:AssumeRole on resource: {NEW}"
                ),
            };
            assert_eq!(told, expected, "{statement}");
        }
        let deny = [
            everything,
            json!({ "Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*" }),
        ];
        let told = assumed(&auditor, &trust(auditor_arn, none()), &deny, named);
        assert!(
            told.ends_with("with an explicit deny in an identity-based policy"),
            "{told}"
        );
    }

    fn one_of(values: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
        prop::sample::select(values)
    }

    /// Members with values that they may well have, and with others'.
    fn members() -> impl Strategy<Value = String> {
        let names = one_of(&[
            "RoleArn",
            "RoleSessionName",
            "DurationSeconds",
            "Policy",
            "PolicyArns.member.1.arn",
            "Tags.member.1.Key",
            "Tags.member.1.Value",
            "Tags.member.1",
            "Tags",
            "TransitiveTagKeys.member.1",
            "ExternalId",
            "SerialNumber",
            "TokenCode",
            "SourceIdentity",
            "WebIdentityToken",
            "ProviderId",
        ]);
        let values = prop_oneof![
            3 => one_of(&[
                "arn:aws:iam::111122223333:role/app",
                "arn:aws:iam::aws:policy/ReadOnlyAccess",
                "arn:aws:iam::111122223333:mfa/admin",
                "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL29pZGMuc2FuZGJveC5leGFtcGxlIn0.",
                "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22*%22%2C%22Resource%22%3A%22*%22%7D%7D",
                "3600",
                "123455",
                "one",
                "",
            ]).prop_map(str::to_owned),
            1 => "\\PC{0,20}",
        ];
        (names, values).prop_map(|(name, value)| format!("{name}={value}"))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

        #[test]
        fn any_request_is_answered(
            action in 0..=HANDLERS.len(),
            members in prop::collection::vec(members(), 0..8),
            is_likely in any::<bool>(),
        ) {
            static SANDBOX: LazyLock<Sandbox> =
                LazyLock::new(|| Sandbox::new(SandboxOptions::default()).unwrap());
            let sandbox = &*SANDBOX;
            let mut form = members.join("&");
            if is_likely && !form.contains("Role") {
                form += "&RoleArn=arn:aws:iam::111122223333:role/app&RoleSessionName=one";
            }
            let now = Millis::of(std::time::SystemTime::now());
            let Ok(mut params) = form::read(form.as_bytes()) else {
                return Ok(());
            };
            let answer = match HANDLERS.get(action) {
                Some((_, handler)) => handler(
                    &StsCall {
                        sandbox,
                        identity: &sandbox.accounts.identities[0],
                        region: "us-east-1",
                        now,
                    },
                    &mut params,
                ),
                None => assume_role_with_web_identity::handle(sandbox, now, &mut params),
            };
            if let Err(error) = answer {
                prop_assert!(error.status < 500 && error.message.is_some(), "{form}: {error:?}");
            }
        }
    }
}
