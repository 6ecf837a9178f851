//! A whole account, and whether the answers agree with the evaluation of each request alone.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::diff::AccessChange;
use super::smallest::{Change, SmallChange};
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
            format!("User admin: Allowed [inline policy own:4 Root] | Allowed [inline policy own:4 Root] | Allowed [Own] | {mfa} [inline policy own:4 Root NoPolicy]"),
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
    let explained = access.explain(&key, &who, encrypt, &RequestContext::default());
    assert_eq!(explained.answer.kind, AnswerKind::NotAllowed);
    assert_eq!(explained.answer.policy, Some(PolicyKind::Identity));
    assert_eq!(explained.statements.len(), 6);
    assert_eq!(
        explained.grants[0].1[0],
        format!(
            "GranteePrincipal: wanted arn:aws:iam::{OWN}:user/reader, given arn:aws:sts::{OWN}:assumed-role/app/*"
        )
    );
    // What is given of the request counts.
    let mut given = RequestContext::default();
    given.set_encryption_context(&[("tenant".to_owned(), "acme".to_owned())].into());
    let explained = access.explain(&key, &who, &access.operations()[0], &given);
    assert_eq!(explained.answer.kind, AnswerKind::Allowed);
    let reader = access.find(&format!("arn:aws:iam::{OWN}:user/reader"));
    let explained = access.explain(&key, &reader, encrypt, &RequestContext::default());
    let (told, words) = explained.nearest.unwrap();
    assert_eq!(told.to_string(), "inline policy own, line 4");
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
                prop_assert_eq!(access.explain(&key, &who, operation, &RequestContext::default()).answer, answer);
            }
        }
    }
}

/// Who, what for, and what changes.
fn changes(changes: &[AccessChange], access: &Access) -> Vec<String> {
    let told = |change: &AccessChange| {
        let name = change.who.name.rsplit('/').next().unwrap();
        let operation = &access.operations()[change.operation].action;
        format!("{name} {operation} {:?}", change.kind)
    };
    changes.iter().map(told).collect()
}

#[test]
fn a_policy_diff_tells_who_gains_and_who_loses() {
    let access = Access::new(vec![account()], operations());
    let old = key();
    let new = old
        .policy
        .text
        .replace(",\n          \"aws:PrincipalTag/team\": \"payments\"", "")
        .replace(
            "\"Action\": \"kms:*\"",
            "\"Action\": [\"kms:Decrypt\", \"kms:DescribeKey\"]",
        );
    let new = new.replace("444455556666", "555566667777").replace(
        "\"kms:EncryptionContext:tenant\": \"acme\"",
        "\"aws:PrincipalTag/team\": \"payments\"",
    );
    let diff = access.diff(&old, &old.with_policy(&new).unwrap());
    assert_eq!(
        changes(&diff.changes, &access),
        [
            format!("arn:aws:iam::{OWN}:root kms:Encrypt Lost"),
            format!("arn:aws:iam::{OWN}:root kms:PutKeyPolicy Lost"),
            "admin kms:Encrypt Lost".to_owned(),
            "admin kms:PutKeyPolicy Lost".to_owned(),
            "unread kms:Encrypt Lost".to_owned(),
            "unread kms:PutKeyPolicy Lost".to_owned(),
            "app kms:Decrypt NoLongerConditional".to_owned(),
            "444455556666 kms:Encrypt Lost".to_owned(),
            "444455556666 kms:DescribeKey Lost".to_owned(),
            "555566667777 kms:Encrypt Gained".to_owned(),
            "555566667777 kms:DescribeKey Gained".to_owned(),
        ]
    );
    assert!(diff.leaves_nobody());
    let same = access.diff(&old, &old);
    assert!(same.changes.is_empty());
    let keepers: Vec<&str> = same
        .keepers
        .iter()
        .filter_map(|(who, _)| who.name.rsplit(['/', ':']).next())
        .collect();
    assert_eq!(keepers, ["root", "admin", "unread"]);
}

/// In short, what would help, and who else gains.
fn help(
    access: &Access,
    key: &KeyFacts,
    who: &str,
    operation: usize,
    pairs: &[(&str, &str)],
) -> Vec<String> {
    let who = access.find(who);
    let mut given = RequestContext::default();
    let pairs = pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    given.set_encryption_context(&pairs.collect());
    let found = access.smallest_changes(key, &who, &access.operations()[operation], &given);
    let denied = found
        .denied_by
        .iter()
        .map(|told| format!("denied by {told}"));
    let told = |change: &SmallChange| {
        let what = match &change.change {
            Change::EncryptionContext(pairs) => format!("pairs {pairs:?}"),
            Change::Request(when) => format!("request {when}"),
            Change::Grant(grant) => format!("grant {:?} {:?}", grant.operations, grant.constraints),
            Change::KeyPolicy { statement, .. } => {
                format!("key policy {}", statement.replace("\n", ""))
            }
            Change::IdentityPolicy(statement) => {
                format!("identity policy {}", statement.replace("\n", ""))
            }
            Change::KeyAndIdentityPolicy { .. } => "both".to_owned(),
        };
        format!(
            "{what} ({:?}, {} others)",
            change.answer.kind,
            change.others.len()
        )
    };
    denied.chain(found.changes.iter().map(told)).collect()
}

#[test]
fn the_smallest_changes_are_those_that_help() {
    let access = Access::new(vec![account()], operations());
    let key = key();
    let app = format!("arn:aws:iam::{OWN}:role/path/app");
    assert_eq!(
        help(&access, &key, &app, 0, &[("tenant", "other")]),
        [
            "pairs {\"tenant\": \"acme\"} (Allowed, 0 others)".to_owned(),
            "grant [\"Decrypt\"] Some((false, {\"tenant\": \"other\"})) (Allowed, 0 others)"
                .to_owned(),
            format!(
                "key policy {{  \"Effect\": \"Allow\",  \"Principal\": {{\"AWS\":\"{app}\"}},  \"Action\": \"kms:Decrypt\",  \"Resource\": \"*\",  \"Condition\": {{\"StringEquals\":{{\"kms:EncryptionContext:tenant\":\"other\"}}}}}} (Allowed, 0 others)"
            ),
            format!(
                "identity policy {{  \"Effect\": \"Allow\",  \"Action\": \"kms:Decrypt\",  \"Resource\": \"{KEY}\",  \"Condition\": {{\"StringEquals\":{{\"kms:EncryptionContext:tenant\":\"other\"}}}}}} (Allowed, 0 others)"
            ),
        ]
    );
    // What is allowed needs nothing; PutKeyPolicy is in no grant.
    assert_eq!(help(&access, &key, &app, 0, &[("tenant", "acme")]), [""; 0]);
    let told = help(&access, &key, &app, 3, &[]);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("key policy") && told[0].ends_with("(AllowedIf, 0 others)"));
    // A key policy that names the account lets those in that were not there before.
    let told = help(&access, &key, "555566667777", 1, &[]);
    assert_eq!(told.len(), 1, "{told:?}");
    // A role of another account whose policies are known needs both.
    let mut of_role = account();
    of_role.id = "555566667777".to_owned();
    of_role
        .identities
        .retain(|identity| identity.kind == crate::IdentityKind::Role);
    of_role.identities[0].arn = "arn:aws:iam::555566667777:role/app".to_owned();
    let both = Access::new(vec![account(), of_role], operations());
    let told = help(&both, &key, "arn:aws:iam::555566667777:role/app", 1, &[]);
    assert_eq!(
        told,
        [
            "grant [\"Encrypt\"] None (Allowed, 0 others)",
            "both (Allowed, 0 others)"
        ]
    );
    let deny = json!([{ "Effect": "Allow", "Principal": { "AWS": OWN }, "Action": "kms:*", "Resource": "*" },
        { "Sid": "Never", "Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*" }]);
    let denying = key.with_policy(&document(deny)).unwrap();
    let told = help(&access, &denying, &app, 0, &[]);
    assert_eq!(told, ["denied by key policy, line 12 (Never)"]);
}

#[test]
fn a_statement_is_added_and_all_else_stays_as_it_is_written() {
    let statement = "{\n  \"Effect\": \"Deny\",\n  \"Action\": \"*\",\n  \"Resource\": \"*\"\n}";
    let one = r#"{"Effect": "Allow", "Action": "a", "Resource": "*"}"#;
    for text in [
        format!("{{\"Statement\": {one}}}"),
        format!("{{\"Statement\": [{one}], \"Version\": \"2012-10-17\"}}"),
        format!("{{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {one}\n  ]\n}}\n"),
    ] {
        let more = smallest::with_statement(&text, statement).unwrap();
        let read = PolicyDocument::parse(&more).unwrap();
        assert_eq!(read.statements().len(), 2, "{more}");
        assert_eq!(read.statements()[1].effect(), Effect::Deny);
        let all = more.lines().count();
        assert_eq!(all, if text.contains("\n    {") { 11 } else { all });
    }
    let text = format!("{{\n  \"Statement\": [\n    {one}\n  ]\n}}");
    assert_eq!(
        smallest::with_statement(&text, statement).unwrap(),
        format!(
            "{{\n  \"Statement\": [\n    {one},\n    {{\n      \"Effect\": \"Deny\",\n      \"Action\": \"*\",\n      \"Resource\": \"*\"\n    }}\n  ]\n}}"
        )
    );
    assert!(smallest::with_statement("{}", statement).is_err());
}
