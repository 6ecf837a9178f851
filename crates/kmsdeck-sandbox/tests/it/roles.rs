//! Roles and their sessions: who may have one, and what one may do with it.
//!
//! Source of the expectations: STS API reference; IAM user guide, "Policy evaluation logic",
//! "Session policies", "AWS global condition context keys" and "Secure API access with MFA".

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::GrantOperation;
use aws_sdk_sts::config::retry::RetryConfig;
use aws_sdk_sts::config::{BehaviorVersion, Region};
use aws_sdk_sts::operation::assume_role::builders::AssumeRoleFluentBuilder;
use aws_sdk_sts::types::{Credentials, PolicyDescriptorType, Tag};
use data_encoding::BASE64URL_NOPAD;
use kmsdeck_sandbox::{Sandbox, SandboxOptions, http_client};
use serde_json::{Value, json};

use crate::core::{PAYMENTS, PAYMENTS_ARN, admin, code, sandbox, told};

const APP: &str = "arn:aws:iam::111122223333:role/app";
const KEY_ADMIN: &str = "arn:aws:iam::111122223333:role/key-admin";
const PARTNER_ACCESS: &str = "arn:aws:iam::111122223333:role/partner-access";
const ADMIN_MFA: &str = "arn:aws:iam::111122223333:mfa/admin";

/// What signs: access key ID, secret and token.
#[derive(Clone)]
struct Keys(String, String, Option<String>);

impl Keys {
    fn of(sandbox: &Sandbox, name: &str) -> Keys {
        let mut principals = sandbox.principals().iter();
        let principal = principals.find(|principal| principal.name == name).unwrap();
        let (id, secret) = (&principal.access_key_id, &principal.secret_access_key);
        Keys(id.clone(), secret.clone(), None)
    }

    fn given(credentials: Option<&Credentials>) -> Keys {
        let given = credentials.unwrap();
        Keys(
            given.access_key_id().to_owned(),
            given.secret_access_key().to_owned(),
            Some(given.session_token().to_owned()),
        )
    }

    fn sts(&self, sandbox: &Arc<Sandbox>) -> aws_sdk_sts::Client {
        let Keys(id, secret, token) = self.clone();
        let config = aws_sdk_sts::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .credentials_provider(aws_sdk_sts::config::Credentials::new(
                id, secret, token, None, "test",
            ))
            .retry_config(RetryConfig::disabled())
            .http_client(http_client(sandbox.clone()))
            .build();
        aws_sdk_sts::Client::from_conf(config)
    }

    fn kms(&self, sandbox: &Arc<Sandbox>) -> aws_sdk_kms::Client {
        let Keys(id, secret, token) = self.clone();
        let config = aws_sdk_kms::Config::builder()
            .behavior_version(aws_sdk_kms::config::BehaviorVersion::latest())
            .region(aws_sdk_kms::config::Region::new("us-east-1"))
            .credentials_provider(aws_sdk_kms::config::Credentials::new(
                id, secret, token, None, "test",
            ))
            .retry_config(aws_sdk_kms::config::retry::RetryConfig::disabled())
            .http_client(http_client(sandbox.clone()))
            .build();
        aws_sdk_kms::Client::from_conf(config)
    }
}

fn sts(sandbox: &Arc<Sandbox>, name: &str) -> aws_sdk_sts::Client {
    Keys::of(sandbox, name).sts(sandbox)
}

/// The administrator asks for that role.
fn assume(sandbox: &Arc<Sandbox>, role: &str) -> AssumeRoleFluentBuilder {
    let assume = sts(sandbox, "admin").assume_role();
    assume.role_arn(role).role_session_name("one")
}

/// A session of the role `app`, with what `change` asks for.
async fn app_with(
    sandbox: &Arc<Sandbox>,
    change: impl FnOnce(AssumeRoleFluentBuilder) -> AssumeRoleFluentBuilder,
) -> Keys {
    let given = change(assume(sandbox, APP)).send().await.unwrap();
    Keys::given(given.credentials())
}

async fn app(sandbox: &Arc<Sandbox>) -> Keys {
    app_with(sandbox, |assume| assume).await
}

async fn who(keys: &Keys, sandbox: &Arc<Sandbox>) -> (String, String) {
    let told = keys
        .sts(sandbox)
        .get_caller_identity()
        .send()
        .await
        .unwrap();
    (
        told.arn().unwrap().to_owned(),
        told.user_id().unwrap().to_owned(),
    )
}

/// Puts one statement beside the one that lets the account in, as the administrator.
async fn key_with(sandbox: &Arc<Sandbox>, statements: Value) -> String {
    let client = admin(sandbox);
    let mut all = vec![
        json!({ "Effect": "Allow", "Action": "kms:*", "Resource": "*",
        "Principal": { "AWS": "arn:aws:iam::111122223333:user/admin" } }),
    ];
    all.extend(statements.as_array().unwrap().iter().cloned());
    let policy = json!({ "Version": "2012-10-17", "Statement": all }).to_string();
    let made = client.create_key().policy(policy).send().await.unwrap();
    made.key_metadata().unwrap().key_id().to_owned()
}

/// How Encrypt with the key ends: "", or the error's message.
async fn encrypts(keys: &Keys, sandbox: &Arc<Sandbox>, key: &str) -> String {
    let client = keys.kms(sandbox);
    let sealed = client.encrypt().key_id(key).plaintext(Blob::new("x"));
    match sealed.send().await {
        Ok(_) => String::new(),
        Err(error) => told(Err::<(), _>(error)).1,
    }
}

#[tokio::test]
async fn a_session_is_the_role_s_and_uses_keys() {
    let sandbox = sandbox();
    let given = assume(&sandbox, APP).send().await.unwrap();
    let user = given.assumed_role_user().unwrap();
    assert_eq!(user.arn(), "arn:aws:sts::111122223333:assumed-role/app/one");
    let id = user.assumed_role_id();
    assert!(
        id.starts_with("AROA") && id.ends_with(":one") && id.len() == 25,
        "{id}"
    );
    let credentials = given.credentials().unwrap();
    assert!(credentials.access_key_id().starts_with("ASIA"));
    let lasts = credentials.expiration().secs() - now_seconds();
    assert!((3590..=3600).contains(&lasts), "{lasts}");

    let keys = Keys::given(Some(credentials));
    assert_eq!(
        who(&keys, &sandbox).await,
        (user.arn().to_owned(), id.to_owned())
    );
    assert_eq!(encrypts(&keys, &sandbox, PAYMENTS).await, "");
    let refused = keys
        .kms(&sandbox)
        .disable_key()
        .key_id(PAYMENTS)
        .send()
        .await;
    assert_eq!(
        told(refused),
        (
            "AccessDeniedException".to_owned(),
            format!(
                "User: arn:aws:sts::111122223333:assumed-role/app/one is not authorized to perform: \
                 kms:DisableKey on resource: {PAYMENTS_ARN} because no identity-based policy allows \
                 the kms:DisableKey action"
            )
        )
    );
}

fn now_seconds() -> i64 {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    since.as_secs() as i64
}

#[tokio::test]
async fn who_may_assume_a_role_is_decided_on_both_sides() {
    let sandbox = sandbox();
    let refused = |user: &str, role: &str| {
        let message = format!(
            "User: {user} is not authorized to perform: sts:AssumeRole on resource: {role}"
        );
        ("AccessDenied".to_owned(), message)
    };
    let asked = |who: &str, role: &str| {
        let assume = sts(&sandbox, who).assume_role();
        assume.role_arn(role).role_session_name("one")
    };
    // The trust policy lets the account in; the user's own policies must allow it.
    let auditor = "arn:aws:iam::111122223333:user/auditor";
    let answer = asked("auditor", APP).send().await;
    assert_eq!(told(answer), refused(auditor, APP));
    // From another account both sides must, and the external ID be right.
    let partner = "arn:aws:iam::444455556666:user/partner";
    let partner_admin = "arn:aws:iam::444455556666:user/admin";
    let with_id = |who, id| asked(who, PARTNER_ACCESS).external_id(id).send();
    assert!(with_id("partner-admin", "partner-4711").await.is_ok());
    let answer = with_id("partner-admin", "partner-4712").await;
    assert_eq!(told(answer), refused(partner_admin, PARTNER_ACCESS));
    let answer = asked("partner-admin", PARTNER_ACCESS).send().await;
    assert_eq!(told(answer), refused(partner_admin, PARTNER_ACCESS));
    let answer = with_id("partner", "partner-4711").await;
    assert_eq!(told(answer), refused(partner, PARTNER_ACCESS));
    // The administrator may all, but the role trusts the other account alone.
    let user = "arn:aws:iam::111122223333:user/admin";
    let answer = with_id("admin", "partner-4711").await;
    assert_eq!(told(answer), refused(user, PARTNER_ACCESS));
    // A role that is not there is not told apart.
    let nowhere = "arn:aws:iam::111122223333:role/nowhere";
    assert_eq!(
        told(asked("admin", nowhere).send().await),
        refused(user, nowhere)
    );
    let answer = asked("admin", "arn:aws:iam::111122223333:user/admin")
        .send()
        .await;
    assert_eq!(code(answer), "ValidationError");
}

#[tokio::test]
async fn a_second_factor_is_one_code_once() {
    let sandbox = sandbox();
    let with = |serial: &str, code: &str| {
        assume(&sandbox, KEY_ADMIN)
            .serial_number(serial)
            .token_code(code)
            .send()
    };
    let told_of = |answer| {
        let (code, message) =
            told::<aws_sdk_sts::operation::assume_role::AssumeRoleOutput, _, _>(answer);
        assert_eq!(code, "AccessDenied");
        message
    };
    let without = told_of(assume(&sandbox, KEY_ADMIN).send().await);
    assert!(
        without.contains("not authorized to perform: sts:AssumeRole"),
        "{without}"
    );
    let wrong = told_of(with(ADMIN_MFA, "123456").await);
    assert!(wrong.contains("invalid MFA one time pass code"), "{wrong}");
    let other = told_of(with("arn:aws:iam::111122223333:mfa/auditor", "123455").await);
    assert!(other.contains("unable to validate MFA code"), "{other}");
    let half = assume(&sandbox, KEY_ADMIN)
        .token_code("123455")
        .send()
        .await;
    assert!(told_of(half).contains("must provide both"));
    assert!(with(ADMIN_MFA, "123455").await.is_ok());
    let again = told_of(with(ADMIN_MFA, "123455").await);
    assert!(again.contains("invalid MFA one time pass code"), "{again}");
    assert!(with(ADMIN_MFA, "000000").await.is_ok());

    // A session token with the factor is good for the role, without another code.
    let token = sts(&sandbox, "admin").get_session_token();
    let token = token
        .serial_number(ADMIN_MFA)
        .token_code("111115")
        .send()
        .await
        .unwrap();
    let keys = Keys::given(token.credentials());
    let admin_arn = "arn:aws:iam::111122223333:user/admin";
    assert_eq!(who(&keys, &sandbox).await.0, admin_arn);
    assert_eq!(
        who(&keys, &sandbox).await.1,
        who(&Keys::of(&sandbox, "admin"), &sandbox).await.1
    );
    let assumed = keys
        .sts(&sandbox)
        .assume_role()
        .role_arn(KEY_ADMIN)
        .role_session_name("two");
    let assumed = assumed.send().await.unwrap();
    assert_eq!(
        told(keys.sts(&sandbox).get_session_token().send().await),
        (
            "AccessDenied".into(),
            "Cannot call GetSessionToken with session credentials".into()
        )
    );
    // The boundary of the role: it looks after keys, and does not use them.
    let key_admin = Keys::given(assumed.credentials());
    assert!(
        key_admin
            .kms(&sandbox)
            .disable_key()
            .key_id(PAYMENTS)
            .send()
            .await
            .is_ok()
    );
    assert!(
        key_admin
            .kms(&sandbox)
            .enable_key()
            .key_id(PAYMENTS)
            .send()
            .await
            .is_ok()
    );
    let refused = encrypts(&key_admin, &sandbox, PAYMENTS).await;
    assert!(
        refused.ends_with("because no permissions boundary allows the kms:Encrypt action"),
        "{refused}"
    );
}

/// A key policy's conditions on what the session has: aws:MultiFactorAuthPresent is there, be it
/// false, for temporary credentials alone, and a role's session has no factor of its caller.
#[tokio::test]
async fn the_second_factor_is_the_session_token_s_alone() {
    let sandbox = sandbox();
    let condition = |operator: &str, wanted: &str| {
        json!([{ "Effect": "Allow", "Principal": { "AWS": [APP, "arn:aws:iam::111122223333:user/encryptor"] },
            "Action": "kms:Encrypt", "Resource": "*",
            "Condition": { operator: { "aws:MultiFactorAuthPresent": wanted } } }])
    };
    let with = key_with(&sandbox, condition("Bool", "true")).await;
    let without = key_with(&sandbox, condition("Bool", "false")).await;
    let unknown = key_with(&sandbox, condition("Null", "true")).await;
    let user = Keys::of(&sandbox, "encryptor");
    let plain = user.sts(&sandbox).get_session_token().send().await.unwrap();
    let factor = user.sts(&sandbox).get_session_token();
    let factor = factor
        .serial_number("arn:aws:iam::111122223333:mfa/encryptor")
        .token_code("123455");
    let factor = factor.send().await.unwrap();
    let role = app_with(&sandbox, |assume| {
        assume.serial_number(ADMIN_MFA).token_code("123455")
    })
    .await;
    for (keys, expected) in [
        (user, [false, false, true]),
        (Keys::given(plain.credentials()), [false, true, false]),
        (Keys::given(factor.credentials()), [true, false, false]),
        (role, [false, true, false]),
    ] {
        let mut answers = [false; 3];
        for (answer, key) in answers.iter_mut().zip([&with, &without, &unknown]) {
            *answer = encrypts(&keys, &sandbox, key).await.is_empty();
        }
        assert_eq!(answers, expected, "{}", who(&keys, &sandbox).await.0);
    }
}

#[tokio::test]
async fn session_policies_limit_the_role_and_not_what_names_the_session() {
    let sandbox = sandbox();
    let look_only = PolicyDescriptorType::builder()
        .arn("arn:aws:iam::111122223333:policy/look-only")
        .build();
    let tenant = json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "kms:GenerateDataKey",
        "Resource": "*" } })
    .to_string();
    let keys = app_with(&sandbox, |assume| assume.policy(&tenant)).await;
    let refused = encrypts(&keys, &sandbox, PAYMENTS).await;
    assert!(
        refused.ends_with("because no session policy allows the kms:Encrypt action"),
        "{refused}"
    );
    let made = keys
        .kms(&sandbox)
        .generate_data_key()
        .key_id(PAYMENTS)
        .number_of_bytes(8);
    assert!(made.send().await.is_ok());
    // A session policy allows nothing by itself.
    let all =
        json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } }).to_string();
    let keys = app_with(&sandbox, |assume| assume.policy(&all)).await;
    let refused = told(
        keys.kms(&sandbox)
            .disable_key()
            .key_id(PAYMENTS)
            .send()
            .await,
    )
    .1;
    assert!(
        refused.contains("because no identity-based policy"),
        "{refused}"
    );
    // Several are alternatives.
    let both = app_with(&sandbox, |assume| {
        assume.policy(&tenant).policy_arns(look_only.clone())
    })
    .await;
    assert!(
        both.kms(&sandbox)
            .describe_key()
            .key_id(PAYMENTS)
            .send()
            .await
            .is_ok()
    );
    let made = both
        .kms(&sandbox)
        .generate_data_key()
        .key_id(PAYMENTS)
        .number_of_bytes(8);
    assert!(made.send().await.is_ok());

    let limited = app_with(&sandbox, |assume| assume.policy_arns(look_only)).await;
    let to = |principal: &str| json!([{ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "kms:Encrypt", "Resource": "*" }]);
    let free = app(&sandbox).await;
    let session = "arn:aws:sts::111122223333:assumed-role/app/one";
    for (principal, by_limited) in [
        (
            APP,
            Some("because no session policy allows the kms:Encrypt action"),
        ),
        (
            "arn:aws:iam::111122223333:root",
            Some("because no session policy allows the kms:Encrypt action"),
        ),
        (session, None),
        ("*", None),
        (
            "arn:aws:sts::111122223333:assumed-role/app/two",
            Some("because no resource-based policy allows the kms:Encrypt action"),
        ),
    ] {
        let key = key_with(&sandbox, to(principal)).await;
        let answer = encrypts(&limited, &sandbox, &key).await;
        assert!(
            answer.ends_with(by_limited.unwrap_or_default()),
            "{principal}: {answer}"
        );
        assert_eq!(
            answer.is_empty(),
            by_limited.is_none(),
            "{principal}: {answer}"
        );
        let answer = encrypts(&free, &sandbox, &key).await;
        assert_eq!(
            answer.is_empty(),
            !principal.ends_with("/two"),
            "{principal}: {answer}"
        );
    }
    // A grant to the role is its sessions', within their limits.
    let key = key_with(&sandbox, json!([])).await;
    let grant = admin(&sandbox)
        .create_grant()
        .key_id(&key)
        .grantee_principal(APP);
    let grant = grant
        .operations(GrantOperation::Encrypt)
        .operations(GrantOperation::RetireGrant);
    let granted = grant.send().await.unwrap();
    let token = granted.grant_token().unwrap();
    let encrypt = |keys: &Keys| {
        let client = keys.kms(&sandbox);
        client
            .encrypt()
            .key_id(&key)
            .plaintext(Blob::new("x"))
            .grant_tokens(token)
            .send()
    };
    assert!(encrypt(&free).await.is_ok());
    assert_eq!(code(encrypt(&limited).await), "AccessDeniedException");
    let retired = free
        .kms(&sandbox)
        .retire_grant()
        .grant_token(token)
        .send()
        .await;
    assert!(retired.is_ok());
    let unknown = "arn:aws:iam::111122223333:role/nobody";
    let grant = admin(&sandbox)
        .create_grant()
        .key_id(&key)
        .grantee_principal(unknown);
    assert_eq!(
        code(grant.operations(GrantOperation::Encrypt).send().await),
        "InvalidArnException"
    );

    for (policy, expected) in [
        ("{", "Syntax errors in policy"),
        (
            r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}"#,
            "should not specify a principal",
        ),
    ] {
        let (code, message) = told(assume(&sandbox, APP).policy(policy).send().await);
        assert_eq!(code, "MalformedPolicyDocument");
        assert!(message.contains(expected), "{message}");
    }
    let partner_s = PolicyDescriptorType::builder()
        .arn("arn:aws:iam::444455556666:policy/look-only")
        .build();
    assert_eq!(
        code(assume(&sandbox, APP).policy_arns(partner_s).send().await),
        "MalformedPolicyDocument"
    );
}

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().unwrap()
}

#[tokio::test]
async fn session_tags_and_names_are_in_conditions() {
    let sandbox = sandbox();
    let when = |condition: Value| {
        json!([{ "Effect": "Allow", "Principal": { "AWS": "111122223333" }, "Action": "kms:Encrypt", "Resource": "*",
            "Condition": condition }])
    };
    let acme = app_with(&sandbox, |assume| {
        assume
            .tags(tag("tenant", "acme"))
            .tags(tag("cost", "1"))
            .transitive_tag_keys("tenant")
    })
    .await;
    let plain = app(&sandbox).await;
    let id = who(&plain, &sandbox).await.1;
    for (condition, of_acme, of_plain) in [
        (
            json!({ "StringEquals": { "aws:PrincipalTag/tenant": "acme" } }),
            true,
            false,
        ),
        (
            json!({ "ArnEquals": { "aws:PrincipalArn": APP } }),
            true,
            true,
        ),
        (json!({ "StringEquals": { "aws:userid": id } }), true, true),
        (
            json!({ "StringLike": { "aws:userid": "AIDA*" } }),
            false,
            false,
        ),
        (json!({ "Null": { "aws:username": "true" } }), true, true),
        (
            json!({ "StringEquals": { "aws:PrincipalType": "AssumedRole" } }),
            true,
            true,
        ),
    ] {
        let key = key_with(&sandbox, when(condition.clone())).await;
        assert_eq!(
            encrypts(&acme, &sandbox, &key).await.is_empty(),
            of_acme,
            "{condition}"
        );
        assert_eq!(
            encrypts(&plain, &sandbox, &key).await.is_empty(),
            of_plain,
            "{condition}"
        );
    }
    // What is transitive goes on to the next session of the chain, and cannot be set there.
    let next = acme
        .sts(&sandbox)
        .assume_role()
        .role_arn(APP)
        .role_session_name("next");
    let given = Keys::given(next.clone().send().await.unwrap().credentials());
    let condition = |name: &str| json!({ "Null": { format!("aws:PrincipalTag/{name}"): "false" } });
    for (name, is_there) in [("tenant", true), ("cost", false)] {
        let key = key_with(&sandbox, when(condition(name))).await;
        assert_eq!(
            encrypts(&given, &sandbox, &key).await.is_empty(),
            is_there,
            "{name}"
        );
    }
    let (code_, message) = told(next.clone().tags(tag("Tenant", "beta")).send().await);
    assert_eq!(code_, "ValidationError");
    assert!(
        message.contains("conflicts with a transitive tag key"),
        "{message}"
    );
    // A chain is an hour at most.
    let (code_, message) = told(next.duration_seconds(3601).send().await);
    assert_eq!(code_, "ValidationError");
    assert!(message.contains("role chaining"), "{message}");
    // key-admin lets nobody tag a session.
    let tagged = assume(&sandbox, KEY_ADMIN)
        .serial_number(ADMIN_MFA)
        .token_code("123455");
    let (code_, message) = told(tagged.tags(tag("a", "b")).send().await);
    assert_eq!(code_, "AccessDenied");
    assert!(
        message.ends_with(&format!("sts:TagSession on resource: {KEY_ADMIN}")),
        "{message}"
    );
    let source = app_with(&sandbox, |assume| assume.source_identity("jane")).await;
    let key = key_with(
        &sandbox,
        when(json!({ "StringEquals": { "aws:SourceIdentity": "jane" } })),
    )
    .await;
    assert_eq!(encrypts(&source, &sandbox, &key).await, "");
    assert_ne!(encrypts(&plain, &sandbox, &key).await, "");
}

#[tokio::test]
async fn what_is_out_of_bounds_is_told() {
    let sandbox = sandbox();
    let at = |seconds| assume(&sandbox, APP).duration_seconds(seconds).send();
    assert!(at(900).await.is_ok());
    assert!(at(43_200).await.is_ok());
    assert_eq!(
        told(at(899).await),
        (
            "ValidationError".into(),
            "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy \
             constraint: Member must have value greater than or equal to 900"
                .into()
        )
    );
    assert_eq!(code(at(43_201).await), "ValidationError");
    let partner = sts(&sandbox, "partner-admin")
        .assume_role()
        .role_arn(PARTNER_ACCESS);
    let partner = partner.role_session_name("one").external_id("partner-4711");
    assert!(partner.clone().duration_seconds(7200).send().await.is_ok());
    assert_eq!(
        told(partner.duration_seconds(7201).send().await).1,
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    );
    let named = |name: &str| assume(&sandbox, APP).role_session_name(name).send();
    for name in ["a", "a b", "a/b", &"a".repeat(65)] {
        assert_eq!(code(named(name).await), "ValidationError", "{name}");
    }
    let twice = assume(&sandbox, APP)
        .tags(tag("a", "1"))
        .tags(tag("A", "2"))
        .send()
        .await;
    assert_eq!(code(twice), "ValidationError");
    let long = sts(&sandbox, "admin")
        .get_session_token()
        .duration_seconds(129_601)
        .send()
        .await;
    assert_eq!(code(long), "ValidationError");
}

/// Both services; the token is missing, another's, or with keys that have none.
#[tokio::test]
async fn a_token_that_is_missing_or_wrong_is_invalid() {
    let sandbox = sandbox();
    let good = app(&sandbox).await;
    let other = app(&sandbox).await;
    let admin = Keys::of(&sandbox, "admin");
    for (keys, kms, sts) in [
        (
            Keys(good.0.clone(), good.1.clone(), None),
            "UnrecognizedClientException",
            "InvalidClientTokenId",
        ),
        (
            Keys(good.0.clone(), good.1.clone(), other.2.clone()),
            "UnrecognizedClientException",
            "InvalidClientTokenId",
        ),
        (
            Keys(admin.0, admin.1, good.2.clone()),
            "UnrecognizedClientException",
            "InvalidClientTokenId",
        ),
        (
            Keys(good.0.clone(), other.1, good.2.clone()),
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
        ),
        (
            Keys(
                "ASIAAAAAAAAAAAAAAAAA".into(),
                good.1.clone(),
                good.2.clone(),
            ),
            "UnrecognizedClientException",
            "InvalidClientTokenId",
        ),
    ] {
        assert_eq!(code(keys.kms(&sandbox).list_keys().send().await), kms);
        assert_eq!(
            code(keys.sts(&sandbox).get_caller_identity().send().await),
            sts
        );
    }
    assert!(good.kms(&sandbox).list_keys().send().await.is_ok());
}

static CLOCK: AtomicU64 = AtomicU64::new(0);

fn clock() -> SystemTime {
    SystemTime::now() + Duration::from_secs(CLOCK.load(Ordering::Relaxed))
}

#[tokio::test]
async fn a_session_ends() {
    let options = SandboxOptions {
        now: clock,
        ..SandboxOptions::default()
    };
    let sandbox = Arc::new(Sandbox::new(options).unwrap());
    let keys = app_with(&sandbox, |assume| assume.duration_seconds(900)).await;
    CLOCK.store(890, Ordering::Relaxed);
    assert!(keys.kms(&sandbox).list_keys().send().await.is_ok());
    CLOCK.store(901, Ordering::Relaxed);
    let message = "The security token included in the request is expired".to_owned();
    assert_eq!(
        told(keys.kms(&sandbox).list_keys().send().await),
        ("ExpiredTokenException".into(), message.clone())
    );
    assert_eq!(
        told(keys.sts(&sandbox).get_caller_identity().send().await),
        ("ExpiredToken".into(), message)
    );
}

fn jwt(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    format!("{}.{}.", part(header), part(claims))
}

#[tokio::test]
async fn an_identity_provider_vouches_with_a_token() {
    let sandbox = sandbox();
    let none = json!({ "alg": "none", "typ": "JWT" });
    let claims = json!({ "iss": "https://oidc.sandbox.example", "sub": "app:shop", "aud": "sts.amazonaws.com",
        "exp": now_seconds() + 600 });
    let changed = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        jwt(&none, &claims)
    };
    // Nobody signs: the credentials are good for nothing.
    let anyone = Keys("none".into(), "none".into(), None).sts(&sandbox);
    let ask = |role: &str, token: String| {
        let ask = anyone.assume_role_with_web_identity().role_arn(role);
        ask.role_session_name("pod")
            .web_identity_token(token)
            .send()
    };
    let given = ask(APP, jwt(&none, &claims)).await.unwrap();
    assert_eq!(
        given.provider(),
        Some("arn:aws:iam::111122223333:oidc-provider/oidc.sandbox.example")
    );
    assert_eq!(given.subject_from_web_identity_token(), Some("app:shop"));
    assert_eq!(given.audience(), Some("sts.amazonaws.com"));
    let keys = Keys::given(given.credentials());
    assert_eq!(
        who(&keys, &sandbox).await.0,
        "arn:aws:sts::111122223333:assumed-role/app/pod"
    );
    assert_eq!(encrypts(&keys, &sandbox, PAYMENTS).await, "");

    let not_authorized = "Not authorized to perform sts:AssumeRoleWithWebIdentity";
    for (role, token, code, message) in [
        (
            APP,
            changed("sub", json!("web:shop")),
            "AccessDenied",
            not_authorized,
        ),
        (
            KEY_ADMIN,
            jwt(&none, &claims),
            "AccessDenied",
            not_authorized,
        ),
        (
            "arn:aws:iam::111122223333:role/nobody",
            jwt(&none, &claims),
            "AccessDenied",
            not_authorized,
        ),
        (
            APP,
            changed("aud", json!("other")),
            "InvalidIdentityToken",
            "Incorrect token audience",
        ),
        (
            APP,
            changed("iss", json!("https://other.example")),
            "InvalidIdentityToken",
            "No OpenIDConnect provider found in your account for https://other.example",
        ),
        (
            APP,
            changed("exp", json!(now_seconds() - 1)),
            "ExpiredTokenException",
            "Token expired",
        ),
        (
            APP,
            "no.jwt".to_owned(),
            "InvalidIdentityToken",
            "not a valid JWT",
        ),
        (
            APP,
            "a.b.c".to_owned(),
            "InvalidIdentityToken",
            "not a valid JWT",
        ),
        (
            APP,
            jwt(&json!({ "alg": "RS256" }), &claims),
            "InvalidIdentityToken",
            "Couldn't retrieve verification key",
        ),
        (
            APP,
            jwt(&none, &claims) + "x",
            "InvalidIdentityToken",
            "Couldn't retrieve verification key",
        ),
    ] {
        let answer = told(ask(role, token).await);
        assert_eq!(answer.0, code, "{answer:?}");
        assert!(answer.1.contains(message), "{answer:?}");
    }
}

#[tokio::test]
async fn the_trail_says_who_signed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trail.jsonl");
    let options = SandboxOptions {
        trail_file: Some(path.clone()),
        ..SandboxOptions::default()
    };
    let sandbox = Arc::new(Sandbox::new(options).unwrap());
    let keys = app(&sandbox).await;
    assert_eq!(encrypts(&keys, &sandbox, PAYMENTS).await, "");
    let wrong = Keys(keys.0.clone(), "wrong".into(), keys.2.clone());
    assert_ne!(encrypts(&wrong, &sandbox, PAYMENTS).await, "");
    let text = std::fs::read_to_string(&path).unwrap();
    let events: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let told: Vec<_> = events
        .iter()
        .map(|event| {
            let who = &event["userIdentity"];
            [
                &event["eventName"],
                &who["type"],
                &who["arn"],
                &who["accessKeyId"],
                &event["errorCode"],
            ]
            .map(|value| value.as_str().unwrap_or_default().to_owned())
        })
        .collect();
    let admin = Keys::of(&sandbox, "admin").0;
    assert_eq!(
        told,
        [
            [
                "AssumeRole",
                "IAMUser",
                "arn:aws:iam::111122223333:user/admin",
                &admin,
                ""
            ],
            [
                "Encrypt",
                "AssumedRole",
                "arn:aws:sts::111122223333:assumed-role/app/one",
                &keys.0,
                ""
            ],
            [
                "Encrypt",
                "Unknown",
                "",
                &keys.0,
                "InvalidSignatureException"
            ],
        ]
        .map(|event| event.map(str::to_owned))
    );
    assert_eq!(
        events[1]["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"],
        APP
    );
    assert!(!text.contains(&keys.1) && !text.contains(keys.2.as_deref().unwrap()));
}

#[tokio::test]
async fn a_broken_trail_file_is_an_error_with_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let options = SandboxOptions {
        trail_file: Some(folder.path().to_owned()),
        ..SandboxOptions::default()
    };
    let error = Sandbox::new(options).unwrap_err().to_string();
    assert!(
        error.contains(&folder.path().display().to_string()),
        "{error}"
    );
}
