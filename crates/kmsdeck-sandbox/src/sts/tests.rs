//! Who may assume a role, and anything for a request.

use std::sync::LazyLock;

use kmsdeck_policy::PolicyDocument;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::session::{role_session, session_from};
use super::*;
use crate::identity::{Role, Tags};
use crate::options::SandboxOptions;

const NEW: &str = "arn:aws:iam::111122223333:role/new";

/// How AssumeRole of the role `new` ends: its policies, those of who asks, and more members.
fn assumed(who: &Identity, statement: &Value, policies: &[Value], members: &str) -> String {
    let document =
        |statement: &Value| json!({ "Version": "2012-10-17", "Statement": statement }).to_string();
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
    match assume_role::handle(&call, &mut crate::query::read(form.as_bytes()).unwrap()) {
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
        let Ok(mut params) = crate::query::read(form.as_bytes()) else {
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
