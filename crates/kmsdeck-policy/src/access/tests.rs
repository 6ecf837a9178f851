//! A whole account, and whether the answers agree with the evaluation of each request alone.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{AccountDetails, Attachments, KeyGrant, RoleDetail, ServiceControl, UserDetail};

const OWN: &str = "111122223333";
const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234";

fn operations() -> Vec<Operation> {
    let operation = |(name, takes_encryption_context): (&str, bool)| Operation {
        action: format!("kms:{name}"),
        takes_encryption_context,
    };
    [
        ("Decrypt", true),
        ("Encrypt", true),
        ("DescribeKey", false),
        ("PutKeyPolicy", false),
    ]
    .map(operation)
    .into()
}

fn document(statements: Value) -> String {
    let document = json!({ "Version": "2012-10-17", "Statement": statements });
    serde_json::to_string_pretty(&document).unwrap()
}

fn allow(actions: Value) -> String {
    document(json!([{ "Effect": "Allow", "Action": actions, "Resource": "*" }]))
}

fn user(name: &str, policy: Option<String>) -> UserDetail {
    UserDetail {
        name: name.to_owned(),
        arn: format!("arn:aws:iam::{OWN}:user/{name}"),
        attached: Attachments {
            inline: policy
                .map(|policy| ("own".to_owned(), policy))
                .into_iter()
                .collect(),
            ..Attachments::default()
        },
        ..UserDetail::default()
    }
}

fn account() -> Account {
    let trust = json!([{ "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" },
        "Action": "sts:AssumeRole" }]);
    let details = AccountDetails {
        users: vec![
            user("admin", Some(allow(json!("*")))),
            user("reader", Some(allow(json!(["s3:*", "kms:Describe*"])))),
            UserDetail {
                attached: Attachments {
                    managed: vec!["arn:aws:iam::aws:policy/Gone".to_owned()],
                    ..Attachments::default()
                },
                ..user("unread", None)
            },
        ],
        roles: vec![RoleDetail {
            name: "app".to_owned(),
            arn: format!("arn:aws:iam::{OWN}:role/path/app"),
            trust_policy: document(trust),
            tags: [("team".to_owned(), "payments".to_owned())].into(),
            ..RoleDetail::default()
        }],
        ..AccountDetails::default()
    };
    Account::new(&details).unwrap()
}

fn key() -> KeyFacts {
    let policy = document(json!([
        { "Sid": "Root", "Effect": "Allow", "Principal": { "AWS": OWN }, "Action": "kms:*", "Resource": "*" },
        { "Sid": "App", "Effect": "Allow", "Principal": { "AWS": format!("arn:aws:iam::{OWN}:role/path/app") },
          "Action": "kms:Decrypt", "Resource": "*", "Condition": { "StringEquals": {
            "kms:EncryptionContext:tenant": "acme", "aws:PrincipalTag/team": "payments" } } },
        { "Sid": "Others", "Effect": "Allow", "Principal": { "AWS": ["444455556666", format!("arn:aws:iam::{OWN}:user/left")] },
          "Action": ["kms:Encrypt", "kms:DescribeKey"], "Resource": "*" },
        { "Sid": "Logs", "Effect": "Allow", "Principal": { "Service": "logs.us-east-1.amazonaws.com" },
          "Action": "kms:Encrypt", "Resource": "*" },
        { "Sid": "Own", "Effect": "Allow", "Principal": "*", "Action": "kms:DescribeKey", "Resource": "*",
          "Condition": { "StringEquals": { "kms:CallerAccount": OWN } } },
        { "Sid": "NoPolicy", "Effect": "Deny", "Principal": "*", "Action": "kms:PutKeyPolicy", "Resource": "*",
          "Condition": { "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } } }
    ]));
    let mut key = KeyFacts::new(KEY, &policy).unwrap();
    key.grants.push(KeyGrant {
        grant_id: "g1".to_owned(),
        grantee_principal: format!("arn:aws:iam::{OWN}:user/reader"),
        operations: vec!["Decrypt".to_owned()],
        constraints: Some((false, [("tenant".to_owned(), "beta".to_owned())].into())),
        source_arn: None,
    });
    key
}

/// Each principal with what each operation comes to.
fn table(access: &Access, key: &KeyFacts) -> Vec<String> {
    let rows = access.key(key).rows;
    let cell = |who: &Who, answer: &Answer| {
        let because = answer
            .because
            .iter()
            .filter_map(|source| access.tell(key, who, *source));
        let because: Vec<String> = because
            .map(|told| match told {
                Told::Statement {
                    policy, sid, line, ..
                } => sid.unwrap_or(format!("{policy}:{line}")),
                Told::Grant(id) => id,
            })
            .collect();
        let when = answer
            .when
            .as_ref()
            .map(|when| format!(" {when}"))
            .unwrap_or_default();
        match answer.kind {
            AnswerKind::NotAllowed => "no".to_owned(),
            kind => format!("{kind:?}{when} [{}]", because.join(" ")),
        }
    };
    rows.iter()
        .map(|(who, answers)| {
            let cells: Vec<String> = answers.iter().map(|answer| cell(who, answer)).collect();
            let name = who.name.rsplit(['/']).next().unwrap();
            format!(
                "{:?} {name}{}: {}",
                who.kind,
                if who.is_gone { " (gone)" } else { "" },
                cells.join(" | ")
            )
        })
        .collect()
}

#[test]
fn who_may_do_what_is_told_with_what_says_so() {
    let access = Access::new(vec![account()], operations());
    let mfa = "AllowedIf only with MFA";
    assert_eq!(
        table(&access, &key()),
        [
            format!("Root arn:aws:iam::{OWN}:root: Allowed [Root] | Allowed [Root] | Allowed [Root Own] | {mfa} [Root NoPolicy]"),
            format!("User admin: Allowed [inline policy own:3 Root] | Allowed [inline policy own:3 Root] | Allowed [Own] | {mfa} [inline policy own:3 Root NoPolicy]"),
            "User reader: AllowedIf when the encryption context has tenant = beta [g1] | no | Allowed [Own] | no".to_owned(),
            "User unread: CannotTell when the identity-based policy arn:aws:iam::aws:policy/Gone allows it [] | CannotTell when the identity-based policy arn:aws:iam::aws:policy/Gone allows it [] | Allowed [Own] | CannotTell when the identity-based policy arn:aws:iam::aws:policy/Gone allows it, and only with MFA []".to_owned(),
            "Role app: AllowedIf when encryption context tenant = acme [App] | no | Allowed [Own] | no".to_owned(),
            "Account 444455556666: no | AllowedIf when an identity-based policy of account 444455556666 allows it [Others] | AllowedIf when an identity-based policy of account 444455556666 allows it [Others] | no".to_owned(),
            "User left (gone): no | Allowed [Others] | Allowed [Others Own] | no".to_owned(),
            "Service logs.us-east-1.amazonaws.com: no | Allowed [Logs] | AllowedIf when kms:CallerAccount = 111122223333 [Own] | no".to_owned(),
            "Anyone *: no | no | no | no".to_owned(),
        ]
    );
    assert_eq!(
        access.missing(),
        [
            "identity-based policy arn:aws:iam::aws:policy/Gone: it is not in the answer",
            "service control policies of account 111122223333",
        ]
    );
}

#[test]
fn service_control_policies_limit_all_but_services() {
    let mut account = account();
    let deny = document(
        json!([{ "Sid": "Frozen", "Effect": "Deny", "Action": "kms:Encrypt", "Resource": "*" }]),
    );
    account.service_control = Some(ServiceControl::parse("scp.json", &deny).unwrap());
    let access = Access::new(vec![account], operations());
    let told: Vec<String> = table(&access, &key());
    let frozen = told
        .iter()
        .filter(|row| row.contains("Denied [Frozen]"))
        .count();
    // The root user, three users, the role and the one that is gone.
    assert_eq!(frozen, 6, "{told:#?}");
    assert!(
        told.iter()
            .any(|row| row.starts_with("Service") && row.contains("Allowed [Logs]"))
    );
}

#[test]
fn an_explanation_names_the_nearest_miss_and_every_statement() {
    let access = Access::new(vec![account()], operations());
    let key = key();
    let who = access.find(&format!("arn:aws:iam::{OWN}:role/path/app"));
    let encrypt = &access.operations()[1];
    let explained = access.explain(&key, &who, encrypt);
    assert_eq!(explained.answer.kind, AnswerKind::NotAllowed);
    assert_eq!(explained.answer.policy, Some(PolicyKind::Identity));
    assert_eq!(explained.statements.len(), 6);
    assert_eq!(
        explained.grants[0].1[0],
        format!(
            "GranteePrincipal: wanted arn:aws:iam::{OWN}:user/reader, given arn:aws:sts::{OWN}:assumed-role/app/*"
        )
    );
    let reader = access.find(&format!("arn:aws:iam::{OWN}:user/reader"));
    let explained = access.explain(&key, &reader, encrypt);
    let (told, words) = explained.nearest.unwrap();
    assert_eq!(told.to_string(), "inline policy own, line 3");
    assert_eq!(
        words,
        ["Action: wanted s3:*, kms:Describe*, given kms:Encrypt"]
    );
}

fn one_of(values: &'static [&'static str]) -> impl Strategy<Value = &'static str> + Clone {
    prop::sample::select(values)
}

prop_compose! {
    fn a_statement()(
        effect in one_of(&["Allow", "Allow", "Deny"]),
        principal in one_of(&["*", OWN, "444455556666", "arn:aws:iam::111122223333:user/admin",
            "arn:aws:iam::111122223333:role/path/app", "arn:aws:sts::111122223333:assumed-role/app/one"]),
        action in one_of(&["kms:*", "kms:Decrypt", "kms:*crypt", "s3:*"]),
        operator in one_of(&["", "StringEquals", "StringNotLike", "Null"]),
        key in one_of(&["kms:ViaService", "aws:PrincipalTag/team", "aws:username", "kms:EncryptionContext:a"]),
        value in one_of(&["payments", "true", "admin"]),
    ) -> Value {
        let mut statement = json!({ "Effect": effect, "Principal": { "AWS": principal },
            "Action": action, "Resource": "*" });
        if !operator.is_empty() {
            statement["Condition"] = json!({ operator: { key: value } });
        }
        statement
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    /// What was taken out of policies for an operation decides nothing.
    #[test]
    fn each_answer_is_that_of_the_whole_policies(
        of_key in prop::collection::vec(a_statement(), 1..6),
        of_users in prop::collection::vec(prop::collection::vec(a_statement(), 1..4), 3),
        limits in prop::option::weighted(0.3, prop::collection::vec(a_statement(), 1..3)),
    ) {
        let mut account = account();
        for (identity, statements) in account.identities.iter_mut().zip(&of_users) {
            identity.policies = vec![NamedPolicy::parse("drawn", &document(json!(statements))).unwrap()];
        }
        account.service_control = limits.map(|limits| {
            ServiceControl::parse("scp", &document(json!(limits))).unwrap()
        });
        let access = Access::new(vec![account], operations());
        let key = key().with_policy(&document(json!(of_key))).unwrap();
        for (who, answers) in access.key(&key).rows {
            for (operation, answer) in access.operations().iter().zip(answers) {
                prop_assert_eq!(access.explain(&key, &who, operation).answer, answer);
            }
        }
    }
}
