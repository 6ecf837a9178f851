//! The language and the decisions, against what is published.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::*;

const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234";
const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const FOREIGN: &str = "arn:aws:iam::444455556666:user/bob";

fn parse(statements: &Value) -> PolicyDocument {
    let document = json!({ "Version": "2012-10-17", "Statement": statements });
    PolicyDocument::parse(&document.to_string()).unwrap()
}

fn request<'a>(action: &'a str, resource: &'a str, context: &'a RequestContext) -> Request<'a> {
    Request {
        principal: Principal {
            arn: ALICE,
            role: None,
            account: "111122223333",
        },
        action,
        resource,
        context,
    }
}

/// By identity policies alone.
fn decided(document: PolicyDocument, request: Request<'_>) -> Decision {
    let policies = Policies {
        identity: &[document],
        ..Policies::default()
    };
    evaluate(request, policies)
}

fn identity_allows(
    statement: &Value,
    action: &str,
    resource: &str,
    context: &RequestContext,
) -> bool {
    decided(parse(statement), request(action, resource, context)).is_allowed()
}

#[test]
fn actions_match_without_case_and_with_wildcards() {
    for (pattern, matches) in [
        ("kms:Decrypt", true),
        ("KMS:decrypt", true),
        ("kms:*", true),
        ("*", true),
        ("kms:Dec?ypt", true),
        ("kms:D*t", true),
        ("kms:Encrypt", false),
        ("kms:Decrypt?", false),
        ("s3:*", false),
    ] {
        let statement = json!({ "Effect": "Allow", "Action": pattern, "Resource": "*" });
        assert_eq!(
            identity_allows(&statement, "kms:Decrypt", KEY, &RequestContext::default()),
            matches,
            "{pattern}"
        );
        let not = json!({ "Effect": "Allow", "NotAction": pattern, "Resource": "*" });
        assert_eq!(
            identity_allows(&not, "kms:Decrypt", KEY, &RequestContext::default()),
            !matches,
            "{pattern}"
        );
    }
}

#[test]
fn resources_match_segment_by_segment() {
    for (pattern, resource, matches) in [
        ("*", KEY, true),
        (KEY, KEY, true),
        ("arn:aws:kms:*:111122223333:key/*", KEY, true),
        ("arn:aws:kms:us-east-?:*:key/12*", KEY, true),
        ("arn:aws:kms:*", KEY, true),
        ("arn:aws:kms:*:444455556666:key/*", KEY, false),
        // A wildcard stays in its segment.
        ("arn:aws:*:key/1234", KEY, false),
        ("arn:aws:kms:us-east-1:111122223333:alias/*", KEY, false),
        // ListKeys and the like are on "*".
        ("*", "*", true),
        ("arn:aws:kms:*:*:key/*", "*", false),
    ] {
        let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": pattern });
        assert_eq!(
            identity_allows(&statement, "kms:X", resource, &RequestContext::default()),
            matches,
            "{pattern} on {resource}"
        );
    }
}

#[test]
fn half_understood_policies_are_refused() {
    for bad in [
        json!({ "Statement": [] }),
        json!({ "Version": "2020-01-01", "Statement": [] }),
        json!({ "Statement": { "Effect": "allow", "Action": "*", "Resource": "*" } }),
        json!({ "Statement": { "Effect": "Allow", "Action": "*" } }),
        json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": { "StringSortOfEquals": { "a": "b" } } } }),
        json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*", "Foo": 1 } }),
        json!([]),
    ] {
        assert!(PolicyDocument::parse(&bad.to_string()).is_err(), "{bad}");
    }
}

#[test]
fn case_of_context_keys_is_told_apart_by_encryption_context_keys_only() {
    let mut context = RequestContext::default();
    context.set_encryption_context(&[("Tenant".to_owned(), "acme".to_owned())].into());
    let with = |condition: Value| {
        let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": condition });
        identity_allows(&statement, "kms:X", KEY, &context)
    };
    assert!(with(
        json!({ "StringEquals": { "kms:EncryptionContext:tenant": "acme" } })
    ));
    assert!(!with(
        json!({ "StringEquals": { "kms:EncryptionContext:tenant": "Acme" } })
    ));
    assert!(with(
        json!({ "ForAnyValue:StringEquals": { "kms:EncryptionContextKeys": "Tenant" } })
    ));
    assert!(!with(
        json!({ "ForAnyValue:StringEquals": { "kms:EncryptionContextKeys": "tenant" } })
    ));
}

/// `tests/data/policy_cases.json`: AWS's published rules, each with its page.
#[test]
fn the_published_rules() {
    let text = include_str!("../tests/data/policy_cases.json");
    let file: Value = serde_json::from_str(text).unwrap();
    for case in file["cases"].as_array().unwrap() {
        let mut context = RequestContext::default();
        for (key, value) in case["context"].as_object().into_iter().flatten() {
            let one = std::slice::from_ref(value);
            let values = value.as_array().map_or(one, Vec::as_slice).iter();
            context.set_all(
                key,
                values.map(|value| match value {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                }),
            );
        }
        let action = case["action"].as_str().unwrap();
        let resource = case["resource"].as_str().unwrap_or(KEY);
        let request = request(action, resource, &context);
        let told = match decided(parse(&case["statements"]), request) {
            Decision::ExplicitlyDenied(_) => "Deny",
            Decision::Allowed(_) => "Allow",
            Decision::ImplicitlyDenied(_) => "None",
        };
        assert_eq!(told, case["expect"], "{} {}", case["page"], case["why"]);
    }
}

/// Asks for kms:Decrypt on a key of 111122223333.
fn asked(principal: &str, key_policy: &Value, identity: Option<Value>, granted: bool) -> Decision {
    let identity: Vec<PolicyDocument> = identity.iter().map(parse).collect();
    let grant = Grant {
        grant_id: "g",
        grantee_principal: principal,
        operations: vec!["Decrypt"],
        constraints: None,
        source_arn: None,
    };
    let context = RequestContext::default();
    let request = Request {
        principal: Principal {
            arn: principal,
            role: None,
            account: principal.split(':').nth(4).unwrap(),
        },
        ..request("kms:Decrypt", KEY, &context)
    };
    let policies = Policies {
        identity: &identity,
        key: Some(KeyAccess {
            account: "111122223333",
            policy: &parse(key_policy),
            grants: if granted {
                std::slice::from_ref(&grant)
            } else {
                &[]
            },
        }),
        ..Policies::default()
    };
    evaluate(request, policies)
}

/// KMS developer guide, "Troubleshooting key access" (policy-evaluation)
/// and "Allowing users in other accounts to use a KMS key"
/// (key-policy-modifying-external-accounts); IAM user guide, "Policy
/// evaluation logic".
#[test]
fn key_policy_identity_policy_and_grant_decide_together() {
    let to = |principal: &str, effect: &str| json!({ "Effect": effect, "Principal": { "AWS": principal }, "Action": "kms:*", "Resource": "*" });
    let any = |effect: &str| json!({ "Effect": effect, "Principal": "*", "Action": "kms:*", "Resource": "*" });
    let root = || to("arn:aws:iam::111122223333:root", "Allow");
    let may = || Some(json!({ "Effect": "Allow", "Action": "kms:*", "Resource": "*" }));
    let may_not = || Some(json!({ "Effect": "Deny", "Action": "kms:*", "Resource": "*" }));
    let no_identity = Decision::ImplicitlyDenied(PolicyKind::Identity);
    let no_resource = Decision::ImplicitlyDenied(PolicyKind::Key);
    let denied_identity = Decision::ExplicitlyDenied(PolicyKind::Identity);
    let denied_resource = Decision::ExplicitlyDenied(PolicyKind::Key);
    let by = Decision::Allowed;
    let not_alice = json!({ "Effect": "Deny", "NotPrincipal": { "AWS": [ALICE, "111122223333"] },
        "Action": "kms:*", "Resource": "*" });
    for (why, caller, key_policy, identity, granted, expected) in [
        (
            "root delegates to IAM",
            ALICE,
            root(),
            may(),
            false,
            by(AllowedBy::IdentityPolicy),
        ),
        (
            "root alone allows no user",
            ALICE,
            root(),
            None,
            false,
            no_identity,
        ),
        (
            "an account ID is its root",
            ALICE,
            to("111122223333", "Allow"),
            may(),
            false,
            by(AllowedBy::IdentityPolicy),
        ),
        (
            "without root IAM does not count",
            ALICE,
            to(FOREIGN, "Allow"),
            may(),
            false,
            no_resource,
        ),
        (
            "the key policy alone is enough",
            ALICE,
            to(ALICE, "Allow"),
            None,
            false,
            by(AllowedBy::KeyPolicy),
        ),
        (
            "any principal",
            ALICE,
            any("Allow"),
            None,
            false,
            by(AllowedBy::KeyPolicy),
        ),
        (
            "a grant alone is enough",
            ALICE,
            to(FOREIGN, "Allow"),
            None,
            true,
            by(AllowedBy::Grant),
        ),
        (
            "an identity deny beats the key policy",
            ALICE,
            to(ALICE, "Allow"),
            may_not(),
            false,
            denied_identity,
        ),
        (
            "an identity deny beats a grant",
            ALICE,
            root(),
            may_not(),
            true,
            denied_identity,
        ),
        (
            "a key policy deny beats IAM",
            ALICE,
            json!([root(), any("Deny")]),
            may(),
            false,
            denied_resource,
        ),
        (
            "a key policy deny beats a grant",
            ALICE,
            json!([root(), to(ALICE, "Deny")]),
            may(),
            true,
            denied_resource,
        ),
        (
            "a deny of the root is one of all its users",
            ALICE,
            json!([root(), to("111122223333", "Deny")]),
            may(),
            false,
            denied_resource,
        ),
        (
            "NotPrincipal spares whom it names",
            ALICE,
            json!([root(), not_alice.clone()]),
            may(),
            false,
            by(AllowedBy::IdentityPolicy),
        ),
        (
            "NotPrincipal meets the others",
            FOREIGN,
            json!([any("Allow"), not_alice]),
            may(),
            false,
            denied_resource,
        ),
        (
            "another account: both sides",
            FOREIGN,
            to("444455556666", "Allow"),
            may(),
            false,
            by(AllowedBy::KeyAndIdentityPolicy),
        ),
        (
            "another account: named, and IAM",
            FOREIGN,
            to(FOREIGN, "Allow"),
            may(),
            false,
            by(AllowedBy::KeyAndIdentityPolicy),
        ),
        (
            "another account: the key policy alone is not enough",
            FOREIGN,
            to(FOREIGN, "Allow"),
            None,
            false,
            no_identity,
        ),
        (
            "another account: IAM alone is not enough",
            FOREIGN,
            root(),
            may(),
            false,
            no_resource,
        ),
        (
            "another account: a grant",
            FOREIGN,
            root(),
            None,
            true,
            by(AllowedBy::Grant),
        ),
    ] {
        assert_eq!(
            asked(caller, &key_policy, identity, granted),
            expected,
            "{why}"
        );
    }
}

const EXPLAINED: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    { "Effect": "Allow", "Principal": { "AWS": "444455556666" },
      "Action": "kms:*", "Resource": "*" },
    {
      "Sid": "Decrypt for acme",
      "Effect": "Allow",
      "NotPrincipal": { "AWS": "arn:aws:iam::111122223333:user/carol" },
      "Action": "kms:Decrypt",
      "Resource": "*",
      "Condition": {
        "StringEquals": { "kms:EncryptionContext:tenant": ["acme", "acme-eu"] },
        "Null": { "kms:ViaService": "false" }
      }
    },
    { "Sid": "Never", "Effect": "Deny", "Principal": "*",
      "NotAction": ["kms:Decrypt", "kms:Encrypt"], "Resource": "*" }
  ]
}"#;

#[test]
fn what_did_not_match_is_told_with_what_was_wanted_and_given() {
    let key_policy = PolicyDocument::parse_key_policy(EXPLAINED).unwrap();
    let wanted: EncryptionContext = [("tenant".to_owned(), "acme".to_owned())].into();
    let grants = [Grant {
        grant_id: "g",
        grantee_principal: FOREIGN,
        operations: vec!["Encrypt"],
        constraints: Some(GrantConstraints::EncryptionContextSubset(&wanted)),
        source_arn: None,
    }];
    let policies = Policies {
        identity: &[],
        key: Some(KeyAccess {
            account: "111122223333",
            policy: &key_policy,
            grants: &grants,
        }),
        ..Policies::default()
    };
    let mut context = RequestContext::default();
    context.set_encryption_context(&EncryptionContext::new());
    let explanation = explain(request("kms:Decrypt", KEY, &context), policies);
    let told: Vec<(usize, Option<&str>, Vec<String>)> = explanation
        .statements
        .iter()
        .map(|trace| {
            let StatementResult::DoesNotApply(mismatches) = &trace.result else {
                panic!("{trace:?} applies");
            };
            let told = mismatches.iter().map(Mismatch::to_string).collect();
            (trace.at.statement.line(), trace.at.statement.sid(), told)
        })
        .collect();
    let principal = format!("Principal: wanted arn:aws:iam::444455556666:root, given {ALICE}");
    let tenant =
        "Condition StringEquals kms:EncryptionContext:tenant: wanted acme, acme-eu, given none";
    let via = "Condition Null kms:ViaService: wanted false, given none";
    let never = "NotAction: wanted none of kms:Decrypt, kms:Encrypt, given kms:Decrypt";
    assert_eq!(
        told,
        [
            (4, None, vec![principal]),
            (
                6,
                Some("Decrypt for acme"),
                vec![tenant.to_owned(), via.to_owned()]
            ),
            (17, Some("Never"), vec![never.to_owned()]),
        ]
    );
    let grant: Vec<String> = explanation.grants[0]
        .mismatches
        .iter()
        .map(GrantMismatch::to_string)
        .collect();
    assert_eq!(
        grant,
        [
            format!("GranteePrincipal: wanted {FOREIGN}, given {ALICE}"),
            "Operations: wanted Encrypt, given kms:Decrypt".to_owned(),
            "EncryptionContextSubset: wanted tenant=acme, given none".to_owned(),
        ]
    );
    let (nearest, _) = explanation.nearest_miss().unwrap();
    assert_eq!((nearest.source, nearest.index), (PolicySource::Key, 0));
    assert_eq!(explanation.decided_by().count(), 0);
}

#[test]
fn what_is_wrong_has_its_line() {
    for (text, line, what) in [
        ("{\n\"Version\": \"2020-01-01\"}", 2, "unknown Version"),
        (
            "{\"Statement\": [\n{\"Effect\":\n\"allow\"}]}",
            3,
            "unknown Effect",
        ),
        (
            "{\"Statement\":\n\n[{\"Effect\": \"Deny\"}]}",
            3,
            "needs Action",
        ),
        ("{\n\"Id\": 1,\n\"Id\": 2}", 3, "Id stands there twice"),
        ("{\n\n", 3, "EOF"),
        (
            "{\"Statement\": {\"Action\": \"a\",\n\"NotAction\": \"b\"}}",
            2,
            "one of Action and NotAction",
        ),
    ] {
        let error = PolicyDocument::parse(text).unwrap_err();
        assert_eq!(error.line(), line, "{text}: {error}");
        assert!(error.to_string().contains(what), "{text}: {error}");
    }
    let without =
        "{\"Statement\":\n{\"Effect\": \"Deny\", \"Action\": \"*\", \"Resource\": \"*\"}}";
    assert!(PolicyDocument::parse(without).is_ok());
    assert_eq!(
        PolicyDocument::parse_key_policy(without)
            .unwrap_err()
            .line(),
        2
    );
}

/// In time that grows with its length: ten times that, and not a thousand.
#[test]
fn a_long_document_is_read_soon() {
    let started = std::time::Instant::now();
    let statement = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;
    let statements = vec![statement; 20_000].join(",\n");
    let document = PolicyDocument::parse(&format!("{{\"Statement\": [{statements}]}}")).unwrap();
    assert_eq!(document.statements()[19_999].line(), 20_000);
    let members: Vec<String> = (0..100_000).map(|n| format!("\"{n}\": \"x\"")).collect();
    let condition = format!("{{\"StringEquals\": {{{}}}}}", members.join(",\n"));
    let statement = statement.replace('}', &format!(", \"Condition\": {condition}}}"));
    let document = PolicyDocument::parse(&format!("{{\"Statement\": {statement}}}")).unwrap();
    assert_eq!(document.statements()[0].conditions().len(), 100_000);
    assert!(started.elapsed() < std::time::Duration::from_secs(20));
}

/// KMSDECK_CASES says how many; 2,000 if it does not.
fn cases() -> ProptestConfig {
    let said = std::env::var("KMSDECK_CASES").ok();
    let cases = said.and_then(|text| text.parse().ok()).unwrap_or(2_000);
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    }
}

/// Any JSON.
fn any_value() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        one_of(&[
            "true",
            "null",
            "1e999",
            "-0.0",
            "18446744073709551616",
            "[]",
            "{}",
            "\"*\""
        ])
        .prop_map(str::to_owned),
        "\\PC{0,6}".prop_map(|text| Value::from(text).to_string()),
    ];
    scalar.prop_recursive(4, 20, 4, |inner| {
        let name = one_of(&["Version", "Effect", "AWS", "Statement", "StringEquals", ""]);
        let members = prop::collection::vec((name, inner.clone()), 0..4);
        let list = prop::collection::vec(inner, 0..4);
        prop_oneof![
            members.prop_map(|members| object(&members)),
            list.prop_map(|items| format!("[{}]", items.join(", "))),
        ]
    })
}

fn object(members: &[(&str, String)]) -> String {
    let members = members
        .iter()
        .map(|(name, value)| format!("\"{name}\": {value}"));
    format!("{{{}}}", members.collect::<Vec<_>>().join(",\n"))
}

/// What belongs there, one or several; now and then something else.
fn mostly(values: &'static [&'static str]) -> impl Strategy<Value = String> {
    let quoted = |value: &str| Value::from(value).to_string();
    let list = prop::collection::vec(one_of(values), 0..4);
    prop_oneof![
        30 => one_of(values).prop_map(quoted),
        20 => list.prop_map(|list| Value::from(list).to_string()),
        10 => "[*?a:/${}]{0,9}".prop_map(|text| Value::from(text).to_string()),
        1 => any_value(),
    ]
}

prop_compose! {
    fn any_condition()(
        operator in one_of(&[
            "StringEquals", "StringNotEqualsIgnoreCase", "StringLike", "ForAllValues:StringLike",
            "ForAnyValue:StringNotEquals", "NumericLessThan", "NumericEqualsIfExists",
            "DateGreaterThan", "DateNotEquals", "Bool", "BinaryEquals", "IpAddressIfExists",
            "NotIpAddress", "ArnNotLike", "ForAllValues:ArnEquals", "Null",
        ]),
        key in one_of(&[
            "kms:EncryptionContext:tenant", "kms:EncryptionContextKeys", "aws:SourceIp",
            "aws:CurrentTime", "aws:username", "aws:PrincipalArn", "",
        ]),
        values in mostly(&[
            "acme", "a*", "true", "${aws:username}", "${aws:username", "${*}", "${}", "10.0.0.0/8",
            "10.0.0.0/33", "::1/129", "2026-01-01T00:00:00Z", "2026-13-01", "1767225600", "1e999",
            "QQ==", "arn:aws:kms:*", "",
        ]),
    ) -> String {
        object(&[(operator, object(&[(key, values)]))])
    }
}

prop_compose! {
    fn any_statement()(
        names in (
            one_of(&["Principal", "Principal", "NotPrincipal"]),
            one_of(&["Action", "Action", "NotAction"]),
            one_of(&["Resource", "Resource", "NotResource"]),
        ),
        kind in one_of(&["AWS", "AWS", "AWS", "Service", "Federated", "Other"]),
        effect in prop_oneof![40 => one_of(&["\"Allow\"", "\"Deny\""]).prop_map(str::to_owned), 1 => any_value()],
        principal in mostly(&["*", ALICE, FOREIGN, "111122223333", "444455556666"]),
        action in mostly(&["*", "kms:*", "kms:Decrypt", "KMS:De?rypt", "kms:Encrypt"]),
        resource in mostly(&["*", KEY, "arn:aws:kms:*:*:key/${aws:username}", "arn:*"]),
        condition in prop_oneof![20 => any_condition(), 20 => Just("{}".to_owned()), 1 => any_value()],
    ) -> String {
        object(&[
            ("Effect", effect),
            (names.0, object(&[(kind, principal)])),
            (names.1, action),
            (names.2, resource),
            ("Condition", condition),
        ])
    }
}

prop_compose! {
    /// A document that is mostly one. A character is lost or another, now and then.
    fn any_document()(
        version in one_of(&["\"2012-10-17\"", "\"2012-10-17\"", "\"2008-10-17\"", "1"]),
        statements in prop::collection::vec(any_statement(), 1..4),
        change in prop::option::weighted(0.2, (any::<prop::sample::Index>(), "\\PC?")),
    ) -> String {
        let statements = format!("[{}]", statements.join(",\n"));
        let mut text = object(&[("Version", version.to_owned()), ("Statement", statements)]);
        if let Some((at, other)) = change {
            let places: Vec<(usize, char)> = text.char_indices().collect();
            let (at, old) = places[at.index(places.len())];
            text.replace_range(at..at + old.len_utf8(), &other);
        }
        text
    }
}

/// What `*` and `?` mean, without any cleverness.
fn glob(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, _) => text.is_empty(),
        (Some(('*', rest)), None) => glob(rest, text),
        (Some(('*', rest)), Some((_, after))) => glob(rest, text) || glob(pattern, after),
        (Some(_), None) => false,
        (Some((wanted, rest)), Some((c, after))) => {
            (*wanted == '?' || wanted == c) && glob(rest, after)
        }
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn any_text_is_a_policy_or_an_error_with_its_line(
        text in prop_oneof![8 => any_document(), 1 => any_value(), 1 => "\\PC{0,60}"],
        tenant in "\\PC{0,4}",
    ) {
        let document = match PolicyDocument::parse(&text) {
            Ok(document) => document,
            Err(error) => {
                prop_assert!((1..=text.matches('\n').count() + 1).contains(&error.line()));
                prop_assert!(PolicyDocument::parse_key_policy(&text).is_err());
                return Ok(());
            }
        };
        let mut context = RequestContext::default();
        context.set("aws:username", &tenant);
        context.set("aws:SourceIp", "10.0.0.1");
        context.set("aws:CurrentTime", "1767225600");
        context.set_encryption_context(&[("tenant".to_owned(), tenant)].into());
        for (key_policy, resource) in [(true, KEY), (false, KEY), (false, "*")] {
            let request = request("kms:Decrypt", resource, &context);
            let policies = Policies {
                identity: std::slice::from_ref(&document),
                key: key_policy.then_some(KeyAccess {
                    account: "111122223333",
                    policy: &document,
                    grants: &[],
                }),
                ..Policies::default()
            };
            let explanation = explain(request, policies);
            prop_assert_eq!(explanation.decision, evaluate(request, policies));
            let policies = 1 + usize::from(key_policy);
            prop_assert_eq!(explanation.statements.len(), policies * document.statements().len());
        }
    }

    #[test]
    fn wildcards_mean_what_they_say(pattern in "[*?ab]{0,10}", text in "[ab]{0,10}") {
        let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*",
            "Condition": { "StringLike": { "aws:username": pattern } } });
        let mut context = RequestContext::default();
        context.set("aws:username", &text);
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        prop_assert_eq!(
            identity_allows(&statement, "kms:X", KEY, &context),
            glob(&chars(&pattern), &chars(&text))
        );
    }
}

const ROLE: &str = "arn:aws:iam::111122223333:role/app";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/app/one";

/// A statement of a key policy to `principal`.
fn to(principal: &str) -> Value {
    json!({ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "kms:*", "Resource": "*" })
}

/// Asks for kms:Decrypt on a key of the account that `key_account` is.
fn limited(
    principal: Principal<'_>,
    key_account: &str,
    key_policy: &Value,
    grantee: Option<&str>,
    limits: [Option<&str>; 3],
) -> Decision {
    let allowing = |actions: Option<&str>| {
        actions
            .map(|actions| parse(&json!({ "Effect": "Allow", "Action": actions, "Resource": "*" })))
    };
    let [identity, boundary, session] = limits.map(allowing);
    let identity: Vec<_> = identity.into_iter().collect();
    let session: Option<Vec<_>> = session.map(|session| vec![session]);
    let grant = grantee.map(|grantee_principal| Grant {
        grant_id: "g",
        grantee_principal,
        operations: vec!["Decrypt"],
        constraints: None,
        source_arn: None,
    });
    let context = RequestContext::default();
    let request = Request {
        principal,
        ..request("kms:Decrypt", KEY, &context)
    };
    let policies = Policies {
        identity: &identity,
        boundary: boundary.as_ref(),
        session: session.as_deref(),
        key: Some(KeyAccess {
            account: key_account,
            policy: &parse(key_policy),
            grants: grant.as_slice(),
        }),
        ..Policies::default()
    };
    let explanation = explain(request, policies);
    let decision = evaluate(request, policies);
    assert_eq!(explanation.decision, decision);
    let denied = matches!(decision, Decision::ImplicitlyDenied(_));
    let granted = decision == Decision::Allowed(AllowedBy::Grant);
    assert_eq!(explanation.decided_by().count() == 0, denied || granted);
    decision
}

/// IAM user guide, "Policy evaluation for requests within a single account", the table of
/// principals and what limits them: what is said of the user or of the session itself is limited
/// by nothing, what is said of the role by boundary and session policies. "Cross-account policy
/// evaluation logic": from another account all of the principal's own must allow.
#[test]
fn boundaries_and_session_policies_limit_what_is_not_said_of_the_session_itself() {
    use AllowedBy::{IdentityPolicy, KeyAndIdentityPolicy, KeyPolicy};
    use Decision::{Allowed, ImplicitlyDenied};
    let (ours, theirs) = ("111122223333", "444455556666");
    let root = "arn:aws:iam::111122223333:root";
    let session = Principal {
        arn: SESSION,
        role: Some(ROLE),
        account: ours,
    };
    let user = Principal {
        arn: ALICE,
        role: None,
        account: ours,
    };
    let (yes, no, none) = (Some("kms:*"), Some("s3:*"), None);
    let by_boundary = ImplicitlyDenied(PolicyKind::Boundary);
    let by_session = ImplicitlyDenied(PolicyKind::Session);
    let by_identity = ImplicitlyDenied(PolicyKind::Identity);
    let by_key = ImplicitlyDenied(PolicyKind::Key);
    for (principal, account, key_policy, limits, expected) in [
        // The account is named: all must allow.
        (
            session,
            ours,
            root,
            [yes, none, none],
            Allowed(IdentityPolicy),
        ),
        (
            session,
            ours,
            root,
            [yes, yes, yes],
            Allowed(IdentityPolicy),
        ),
        (session, ours, root, [yes, no, yes], by_boundary),
        (session, ours, root, [yes, yes, no], by_session),
        (session, ours, root, [none, yes, yes], by_identity),
        (user, ours, root, [yes, no, none], by_boundary),
        // The role is named: no identity policy is needed, and the rest limits.
        (session, ours, ROLE, [none, none, none], Allowed(KeyPolicy)),
        (session, ours, ROLE, [none, yes, yes], Allowed(KeyPolicy)),
        (session, ours, ROLE, [yes, no, yes], by_boundary),
        (session, ours, ROLE, [yes, yes, no], by_session),
        // The session, the user or anybody is named: nothing limits.
        (session, ours, SESSION, [none, no, no], Allowed(KeyPolicy)),
        (session, ours, "*", [none, no, no], Allowed(KeyPolicy)),
        (user, ours, ALICE, [none, no, none], Allowed(KeyPolicy)),
        // Somebody else is.
        (session, ours, ALICE, [yes, yes, yes], by_key),
        (
            session,
            ours,
            "arn:aws:sts::111122223333:assumed-role/app/two",
            [yes, yes, yes],
            by_key,
        ),
        (user, ours, ROLE, [yes, none, none], by_key),
        // Another account's key: all must allow, whoever is named.
        (
            session,
            theirs,
            root,
            [yes, yes, yes],
            Allowed(KeyAndIdentityPolicy),
        ),
        (
            session,
            theirs,
            ROLE,
            [yes, yes, yes],
            Allowed(KeyAndIdentityPolicy),
        ),
        (session, theirs, ROLE, [none, yes, yes], by_identity),
        (session, theirs, SESSION, [yes, no, yes], by_boundary),
        (session, theirs, "*", [yes, yes, no], by_session),
        (user, theirs, ALICE, [yes, no, none], by_boundary),
    ] {
        let decision = limited(principal, account, &to(key_policy), None, limits);
        assert_eq!(
            decision, expected,
            "{} {account} {key_policy} {limits:?}",
            principal.arn
        );
    }
}

/// IAM user guide, "AWS JSON policy elements: NotPrincipal", key points.
#[test]
fn a_deny_of_all_but_somebody_denies_all_who_have_a_boundary() {
    let session = Principal {
        arn: SESSION,
        role: Some(ROLE),
        account: "111122223333",
    };
    let all = Some("kms:*");
    for spared in [SESSION, ROLE, "111122223333"] {
        let key_policy = json!([to(SESSION), { "Effect": "Deny",
            "NotPrincipal": { "AWS": spared }, "Action": "kms:*", "Resource": "*" }]);
        let asked = |boundary| {
            let limits = [None, boundary, None];
            limited(session, "111122223333", &key_policy, None, limits)
        };
        assert_eq!(asked(None), Decision::Allowed(AllowedBy::KeyPolicy));
        assert_eq!(asked(all), Decision::ExplicitlyDenied(PolicyKind::Key));
    }
}

#[test]
fn a_grant_to_a_role_is_its_sessions_within_their_limits() {
    let session = Principal {
        arn: SESSION,
        role: Some(ROLE),
        account: "111122223333",
    };
    let (yes, no) = (Some("kms:*"), Some("s3:*"));
    let granted = Decision::Allowed(AllowedBy::Grant);
    for (grantee, limits, expected) in [
        (ROLE, [None, None, None], granted),
        (ROLE, [None, yes, yes], granted),
        (
            ROLE,
            [None, yes, no],
            Decision::ImplicitlyDenied(PolicyKind::Session),
        ),
        (
            ROLE,
            [None, no, None],
            Decision::ImplicitlyDenied(PolicyKind::Boundary),
        ),
        (SESSION, [None, no, no], granted),
        (
            ALICE,
            [None, yes, yes],
            Decision::ImplicitlyDenied(PolicyKind::Key),
        ),
    ] {
        let decision = limited(session, "111122223333", &to(FOREIGN), Some(grantee), limits);
        assert_eq!(decision, expected, "{grantee} {limits:?}");
    }
}

#[test]
fn a_deny_in_a_boundary_or_a_session_policy_wins() {
    let deny = parse(&json!([
        { "Effect": "Allow", "Action": "*", "Resource": "*" },
        { "Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*" },
    ]));
    let context = RequestContext::default();
    let request = request("kms:Decrypt", KEY, &context);
    let key_policy = parse(&to(ALICE));
    let key = Some(KeyAccess {
        account: "111122223333",
        policy: &key_policy,
        grants: &[],
    });
    let with = |policies| evaluate(request, policies);
    assert_eq!(
        with(Policies {
            boundary: Some(&deny),
            key,
            ..Policies::default()
        }),
        Decision::ExplicitlyDenied(PolicyKind::Boundary)
    );
    assert_eq!(
        with(Policies {
            session: Some(std::slice::from_ref(&deny)),
            key,
            ..Policies::default()
        }),
        Decision::ExplicitlyDenied(PolicyKind::Session)
    );
}

/// IAM user guide, "How to use trust policies with IAM roles": a role's account is let in by its
/// root and its identity policies, an identity provider by its name.
#[test]
fn a_trust_policy_decides_as_a_key_policy_does() {
    let provider = "arn:aws:iam::111122223333:oidc-provider/id.example";
    let trust = PolicyDocument::parse_trust_policy(&json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Effect": "Allow", "Principal": { "AWS": ["111122223333", ROLE] }, "Action": "sts:AssumeRole" },
            { "Effect": "Allow", "Principal": { "Federated": provider },
              "Action": "sts:AssumeRoleWithWebIdentity",
              "Condition": { "StringEquals": { "id.example:aud": "sts.amazonaws.com" } } },
        ],
    }).to_string()).unwrap();
    let asked = |principal: Principal<'_>, action: &str, audience: &str, may: bool| {
        let mut context = RequestContext::default();
        context.set("id.example:aud", audience);
        let identity = parse(&json!({ "Effect": "Allow", "Action": "sts:*", "Resource": "*" }));
        let policies = Policies {
            identity: if may {
                std::slice::from_ref(&identity)
            } else {
                &[]
            },
            key: Some(KeyAccess {
                account: "111122223333",
                policy: &trust,
                grants: &[],
            }),
            ..Policies::default()
        };
        evaluate(
            Request {
                principal,
                ..request(action, ROLE, &context)
            },
            policies,
        )
        .is_allowed()
    };
    let of = |arn, role| Principal {
        arn,
        role,
        account: "111122223333",
    };
    let (assume, federate) = ("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity");
    assert!(asked(of(ALICE, None), assume, "", true));
    assert!(!asked(of(ALICE, None), assume, "", false));
    assert!(asked(of(SESSION, Some(ROLE)), assume, "", false));
    assert!(asked(
        of(provider, None),
        federate,
        "sts.amazonaws.com",
        false
    ));
    assert!(!asked(of(provider, None), federate, "other", false));
    assert!(!asked(
        of(provider, None),
        assume,
        "sts.amazonaws.com",
        false
    ));
    assert!(!asked(of(ALICE, None), federate, "sts.amazonaws.com", true));

    for (statement, why) in [
        (
            json!({ "Effect": "Allow", "Action": "sts:AssumeRole" }),
            "a trust policy's statement needs a Principal",
        ),
        (
            json!({ "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*" }),
            "a trust policy has no Resource",
        ),
        (
            json!({ "Effect": "Deny", "NotPrincipal": { "AWS": ROLE }, "Action": "sts:AssumeRole" }),
            "a trust policy has no NotPrincipal",
        ),
    ] {
        let document = json!({ "Statement": statement }).to_string();
        let error = PolicyDocument::parse_trust_policy(&document).unwrap_err();
        assert_eq!(error.to_string(), why);
    }
}

fn one_of(values: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(values)
}

prop_compose! {
    fn a_statement()(
        effect in one_of(&["Allow", "Allow", "Deny"]),
        principal_element in one_of(&["Principal", "Principal", "Principal", "NotPrincipal"]),
        principal in one_of(&["*", ALICE, FOREIGN, "111122223333", "444455556666"]),
        action_element in one_of(&["Action", "Action", "NotAction"]),
        action in one_of(&["*", "kms:*", "kms:Decrypt", "kms:Encrypt"]),
        resource_element in one_of(&["Resource", "Resource", "NotResource"]),
        resource in one_of(&["*", KEY, "arn:aws:kms:*:*:key/${aws:username}"]),
        operator in one_of(&[
            "", "", "StringEquals", "StringNotEquals", "ForAllValues:StringLike",
            "ForAnyValue:StringLike", "StringEqualsIfExists", "Null",
        ]),
        value in one_of(&["acme", "a*", "true", "${aws:username}"]),
    ) -> Value {
        let mut statement = json!({
            "Effect": effect,
            principal_element: { "AWS": principal },
            action_element: action,
            resource_element: resource,
        });
        if !operator.is_empty() {
            statement["Condition"] = json!({ operator: { "kms:EncryptionContext:tenant": value } });
        }
        statement
    }
}

/// Statements that may be none: a document has one at least.
fn documents(statements: &[Value]) -> Vec<PolicyDocument> {
    match statements {
        [] => Vec::new(),
        some => vec![parse(&Value::from(some))],
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn what_explains_decides_and_is_enough_to_decide(
        identity in prop::collection::vec(prop::collection::vec(a_statement(), 1..3), 0..3),
        key_policy in prop::collection::vec(a_statement(), 1..4),
        grants in prop::collection::vec(
            (one_of(&[ALICE, FOREIGN]), one_of(&["Decrypt", "Encrypt"]), any::<bool>()), 0..3),
        principal in one_of(&[ALICE, ALICE, FOREIGN]),
        action in one_of(&["kms:Decrypt", "kms:encrypt", "kms:ListKeys"]),
        tenant in prop::option::of(one_of(&["acme", "beta"])),
        on_key in any::<bool>(),
    ) {
        let of_grants: EncryptionContext = [("tenant".to_owned(), "acme".to_owned())].into();
        let grants: Vec<Grant<'_>> = grants.iter().map(|(grantee, operation, constrained)| Grant {
            grant_id: "g",
            grantee_principal: grantee,
            operations: vec![operation],
            constraints: constrained
                .then_some(GrantConstraints::EncryptionContextEquals(&of_grants)),
            source_arn: None,
        }).collect();
        let mut context = RequestContext::default();
        context.set("aws:username", "1234");
        if let Some(tenant) = tenant {
            context.set_encryption_context(&[("tenant".to_owned(), tenant.to_owned())].into());
        }
        let request = Request {
            principal: Principal { arn: principal, role: None, account: principal.split(':').nth(4).unwrap() },
            ..request(action, if on_key { KEY } else { "*" }, &context)
        };
        let documents_of = |keep: &dyn Fn(PolicySource, usize) -> bool| {
            let kept = |source, statements: &[Value]| -> Vec<Value> {
                let numbered = statements.iter().enumerate();
                let kept = numbered.filter(|(index, _)| keep(source, *index));
                kept.map(|(_, statement)| statement.clone()).collect()
            };
            let of_identity: Vec<PolicyDocument> = identity
                .iter()
                .enumerate()
                .flat_map(|(at, list)| documents(&kept(PolicySource::Identity(at), list)))
                .collect();
            (of_identity, documents(&kept(PolicySource::Key, &key_policy)))
        };
        let nothing = parse(&json!({ "Effect": "Allow", "Principal": "*", "Action": "x:y", "Resource": "*" }));
        let decide = |of_identity: &[PolicyDocument], of_key: &[PolicyDocument]| {
            let policies = Policies {
                identity: of_identity,
                key: on_key.then_some(KeyAccess {
                    account: "111122223333",
                    policy: of_key.first().unwrap_or(&nothing),
                    grants: &grants,
                }),
                ..Policies::default()
            };
            let explanation = explain(request, policies);
            assert_eq!(explanation.decision, evaluate(request, policies));
            let deciding: BTreeSet<(Option<usize>, usize)> = explanation
                .decided_by()
                .map(|at| match at.source {
                    PolicySource::Identity(policy) => (Some(policy), at.index),
                    _ => (None, at.index),
                })
                .collect();
            let of_grants = explanation.granted_by().count();
            (explanation.decision, deciding, of_grants)
        };

        let (of_identity, of_key) = documents_of(&|_, _| true);
        let (decision, deciding, of_grants) = decide(&of_identity, &of_key);
        prop_assert_eq!(of_grants > 0, decision == Decision::Allowed(AllowedBy::Grant));
        let implicit = matches!(decision, Decision::ImplicitlyDenied(_));
        prop_assert_eq!(deciding.is_empty(), implicit || of_grants > 0);
        if !deciding.is_empty() {
            let (of_identity, of_key) = documents_of(&|source, index| match source {
                PolicySource::Identity(policy) => deciding.contains(&(Some(policy), index)),
                _ => deciding.contains(&(None, index)),
            });
            prop_assert_eq!(decide(&of_identity, &of_key).0, decision);
        }
    }
}
