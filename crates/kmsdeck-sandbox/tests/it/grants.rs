//! Grants: what binds them, what they pass on, and for whom they are.

use std::time::Duration;

use kmsdeck_sandbox::{Sandbox, SandboxOptions};
use serde_json::{Value, json};

use crate::asked::{answered, asked, refused};

const GRANTEE: &str = "arn:aws:iam::111122223333:user/grantee";
const AUDITOR: &str = "arn:aws:iam::111122223333:user/auditor";
const SOURCE: &str = "arn:aws:ec2:us-east-1:111122223333:instance/i-1234567890abcdef0";

/// Whose grants have effect at once.
fn sandbox() -> Sandbox {
    Sandbox::new(SandboxOptions {
        grant_delay: Duration::ZERO,
        ..SandboxOptions::default()
    })
    .unwrap()
}

fn key(sandbox: &Sandbox) -> String {
    let made = answered(sandbox, "CreateKey", json!({}));
    made["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned()
}

/// A grant of the administrator's to the user who has no policy.
fn grant(sandbox: &Sandbox, key: &str, operations: &[&str], constraints: Value) -> Value {
    let mut members =
        json!({ "KeyId": key, "GranteePrincipal": GRANTEE, "Operations": operations });
    if !constraints.is_null() {
        members["Constraints"] = constraints;
    }
    answered(sandbox, "CreateGrant", members)
}

/// Developer guide, "Creating grants", "Granting CreateGrant permission": a grantee passes on some
/// or all operations of the parent, with constraints at least as strict. A principal that a policy
/// allows CreateGrant is not so limited.
#[test]
fn a_child_grant_has_no_more_than_its_parent() {
    let sandbox = sandbox();
    let key = key(&sandbox);
    let operations = ["Decrypt", "CreateGrant"];
    let tenant = json!({ "EncryptionContextSubset": { "tenant": "acme" } });
    grant(&sandbox, &key, &operations, tenant.clone());
    let child = |operations: &[&str], constraints: Value| {
        let members = json!({ "KeyId": key, "GranteePrincipal": GRANTEE,
            "Operations": operations, "Constraints": constraints });
        let answer = asked(&sandbox, "grantee", "CreateGrant", members);
        answer["__type"].as_str().unwrap_or("yes").to_owned()
    };
    let more = json!({ "EncryptionContextSubset": { "tenant": "acme", "n": "1" } });
    let equals = json!({ "EncryptionContextEquals": { "tenant": "acme" } });
    let other = json!({ "EncryptionContextSubset": { "tenant": "other" } });
    for (operations, constraints, expected) in [
        (&["Decrypt"][..], Value::Null, "AccessDeniedException"),
        (&["Decrypt"], other.clone(), "AccessDeniedException"),
        (&["Encrypt"], tenant.clone(), "AccessDeniedException"),
        (
            &["Decrypt", "DescribeKey"],
            tenant.clone(),
            "AccessDeniedException",
        ),
        (&["Decrypt"], tenant.clone(), "yes"),
        (&["Decrypt", "CreateGrant"], more, "yes"),
        (&["Decrypt"], equals, "yes"),
    ] {
        assert_eq!(
            child(operations, constraints.clone()),
            expected,
            "{operations:?} {constraints}"
        );
    }
    // What the child may not have, its grantee cannot come to.
    let sealed = answered(
        &sandbox,
        "Encrypt",
        json!({ "KeyId": key, "Plaintext": "eA==", "EncryptionContext": { "tenant": "other" } }),
    );
    let open = json!({ "CiphertextBlob": sealed["CiphertextBlob"],
        "EncryptionContext": { "tenant": "other" } });
    let answer = asked(&sandbox, "grantee", "Decrypt", open);
    assert_eq!(answer["__type"], "AccessDeniedException");
    // The administrator's right is of a policy.
    grant(&sandbox, &key, &["Encrypt"], other);
}

/// API reference, GrantConstraints: as the condition key aws:SourceArn, which no user's request
/// has; not for RetireGrant.
#[test]
fn a_source_arn_is_kept_listed_and_binds() {
    let sandbox = sandbox();
    let key = key(&sandbox);
    let operations = ["Encrypt", "DescribeKey", "RetireGrant"];
    let made = grant(&sandbox, &key, &operations, json!({ "SourceArn": SOURCE }));
    let listed = answered(&sandbox, "ListGrants", json!({ "KeyId": key }));
    assert_eq!(
        listed["Grants"][0]["Constraints"],
        json!({ "SourceArn": SOURCE })
    );
    let call = json!({ "KeyId": key, "Plaintext": "eA==" });
    let answer = asked(&sandbox, "grantee", "Encrypt", call.clone());
    assert_eq!(answer["__type"], "AccessDeniedException");
    let answer = asked(&sandbox, "grantee", "DescribeKey", json!({ "KeyId": key }));
    assert_eq!(answer["__type"], "AccessDeniedException");
    let retire = json!({ "KeyId": key, "GrantId": made["GrantId"] });
    assert_eq!(
        asked(&sandbox, "grantee", "RetireGrant", retire),
        Value::Null
    );
    grant(&sandbox, &key, &operations, Value::Null);
    let answer = asked(&sandbox, "grantee", "Encrypt", call);
    assert_ne!(answer["CiphertextBlob"], Value::Null, "{answer}");
}

/// API reference, CreateGrant: a grantee principal or a grantee service principal; that with a
/// SourceArn, and with somebody who may retire the grant.
#[test]
fn a_grant_to_a_service_names_a_source_and_who_retires_it() {
    let sandbox = sandbox();
    let key = key(&sandbox);
    let grant = |members: &Value| {
        let mut all = json!({ "KeyId": key, "Operations": ["Decrypt"] });
        for (name, value) in members.as_object().unwrap() {
            all[name] = value.clone();
        }
        all
    };
    let (s3, constraints) = ("s3.us-east-1.amazonaws.com", json!({ "SourceArn": SOURCE }));
    for members in [
        json!({}),
        json!({ "GranteePrincipal": GRANTEE, "GranteeServicePrincipal": s3,
            "RetiringServicePrincipal": s3, "Constraints": constraints }),
        json!({ "GranteeServicePrincipal": s3, "Constraints": constraints }),
        json!({ "GranteeServicePrincipal": s3, "RetiringServicePrincipal": s3 }),
        json!({ "GranteeServicePrincipal": s3, "RetiringServicePrincipal": s3,
            "RetiringPrincipal": GRANTEE, "Constraints": constraints }),
        json!({ "GranteePrincipal": GRANTEE, "RetiringServicePrincipal": s3,
            "Constraints": constraints }),
    ] {
        let told = refused(&sandbox, "CreateGrant", grant(&members));
        assert_eq!(told, "ValidationException", "{members}");
    }
    let members = json!({ "GranteeServicePrincipal": s3, "RetiringServicePrincipal": s3,
        "Constraints": constraints });
    answered(&sandbox, "CreateGrant", grant(&members));
    let members = json!({ "GranteePrincipal": GRANTEE, "RetiringPrincipal": AUDITOR });
    answered(&sandbox, "CreateGrant", grant(&members));
    let listed = |members: Value| {
        let mut all = json!({ "KeyId": key });
        for (name, value) in members.as_object().unwrap() {
            all[name] = value.clone();
        }
        answered(&sandbox, "ListGrants", all)["Grants"].clone()
    };
    let of_service = listed(json!({ "GranteeServicePrincipal": s3 }));
    assert_eq!(of_service.as_array().unwrap().len(), 1);
    assert_eq!(of_service[0]["GranteeServicePrincipal"], s3);
    assert_eq!(of_service[0]["RetiringServicePrincipal"], s3);
    assert_eq!(of_service[0]["GranteePrincipal"], Value::Null);
    assert_eq!(
        of_service[0]["Name"], "",
        "an unnamed grant's name is empty"
    );
    assert_eq!(listed(json!({})).as_array().unwrap().len(), 2);
    let both = json!({ "KeyId": key, "GranteePrincipal": GRANTEE, "GranteeServicePrincipal": s3 });
    assert_eq!(refused(&sandbox, "ListGrants", both), "ValidationException");
    for members in [
        json!({ "RetiringServicePrincipal": s3 }),
        json!({ "RetiringPrincipal": AUDITOR }),
    ] {
        let told = answered(&sandbox, "ListRetirableGrants", members);
        assert_eq!(told["Grants"].as_array().unwrap().len(), 1);
    }
    for (members, expected) in [
        (json!({}), "ValidationException"),
        (
            json!({ "RetiringPrincipal": AUDITOR, "RetiringServicePrincipal": s3 }),
            "ValidationException",
        ),
        (
            json!({ "RetiringPrincipal": "auditor" }),
            "InvalidArnException",
        ),
    ] {
        assert_eq!(refused(&sandbox, "ListRetirableGrants", members), expected);
    }
}

/// API reference, ListRetirableGrants: grants on keys of other accounts are among them.
#[test]
fn retirable_grants_are_those_of_other_accounts_keys_too() {
    let sandbox = sandbox();
    let key = key(&sandbox);
    let mut principals = sandbox.principals().iter();
    let partner = principals.find(|one| one.name == "partner-admin").unwrap();
    let partner = partner.arn.as_str();
    let members = json!({ "KeyId": key, "GranteePrincipal": GRANTEE,
        "RetiringPrincipal": partner, "Operations": ["Decrypt"] });
    answered(&sandbox, "CreateGrant", members);
    let members = json!({ "RetiringPrincipal": partner });
    let told = asked(&sandbox, "partner-admin", "ListRetirableGrants", members);
    let arn = told["Grants"][0]["KeyId"].as_str().unwrap_or_default();
    assert!(arn.ends_with(&key), "{told}");
}

/// API reference, CreateGrant, `Name`: with the same name and parameters the grant's ID is the
/// same, the token another, and either is good.
#[test]
fn a_named_grant_that_is_there_gets_a_new_token_and_no_new_id() {
    let sandbox = sandbox();
    let key = key(&sandbox);
    let members = json!({ "KeyId": key, "GranteePrincipal": GRANTEE, "Name": "nightly",
        "Operations": ["Encrypt"] });
    let first = answered(&sandbox, "CreateGrant", members.clone());
    let second = answered(&sandbox, "CreateGrant", members);
    assert_eq!(first["GrantId"], second["GrantId"]);
    assert_ne!(first["GrantToken"], second["GrantToken"]);
    for token in [&first["GrantToken"], &second["GrantToken"]] {
        let call = json!({ "KeyId": key, "Plaintext": "eA==", "GrantTokens": [token] });
        let answer = asked(&sandbox, "grantee", "Encrypt", call);
        assert_ne!(answer["CiphertextBlob"], Value::Null, "{answer}");
    }
    answered(
        &sandbox,
        "RetireGrant",
        json!({ "GrantToken": first["GrantToken"] }),
    );
    let spent = json!({ "GrantToken": second["GrantToken"] });
    assert_eq!(
        refused(&sandbox, "RetireGrant", spent),
        "InvalidGrantTokenException"
    );
}

/// API reference, CreateGrant, `Constraints`: up to 8 pairs, values of up to 384 characters. An
/// empty map is none: Terraform's provider sends one.
#[test]
fn constraints_have_eight_pairs_of_384_characters_and_an_empty_one_is_none() {
    let sandbox = sandbox();
    let key = key(&sandbox);
    let told = |constraints: Value| {
        let members = json!({ "KeyId": key, "GranteePrincipal": GRANTEE,
            "Operations": ["Decrypt"], "Constraints": constraints });
        let answer = asked(&sandbox, "admin", "CreateGrant", members);
        answer["__type"].as_str().unwrap_or("yes").to_owned()
    };
    let pairs = |count: usize| -> Value {
        (0..count)
            .map(|n| (format!("k{n}"), json!("v")))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    assert_eq!(told(json!({ "EncryptionContextSubset": pairs(8) })), "yes");
    assert_eq!(
        told(json!({ "EncryptionContextSubset": pairs(9) })),
        "ValidationException"
    );
    let of_length =
        |length: usize| json!({ "EncryptionContextEquals": { "k": "x".repeat(length) } });
    assert_eq!(told(of_length(384)), "yes");
    assert_eq!(told(of_length(385)), "ValidationException");
    let both = |subset: Value| {
        json!({ "EncryptionContextEquals": { "a": "b" },
        "EncryptionContextSubset": subset })
    };
    assert_eq!(told(both(json!({}))), "yes");
    assert_eq!(told(both(json!({ "a": "b" }))), "ValidationException");
    let listed = answered(&sandbox, "ListGrants", json!({ "KeyId": key }));
    let last = listed["Grants"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        last["Constraints"],
        json!({ "EncryptionContextEquals": { "a": "b" } })
    );
}
