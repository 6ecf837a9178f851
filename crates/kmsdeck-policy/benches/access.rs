//! How long it takes to say who may do what: 100 keys, 1,000 principals, 17 operations, on one core.
//!
//! `cargo bench -p kmsdeck-policy --bench access`

use std::hint::black_box;
use std::time::Instant;

use kmsdeck_policy::{
    Access, Account, AccountDetails, AnswerKind, Attachments, KeyFacts, KeyGrant, ManagedPolicy,
    Operation, RoleDetail, UserDetail,
};

const ACCOUNT: &str = "111122223333";
const KEYS: usize = 100;
const PRINCIPALS: usize = 1_000;

/// Those of a symmetric key, and whether they take an encryption context.
const OPERATIONS: [(&str, bool); 17] = [
    ("Encrypt", true),
    ("Decrypt", true),
    ("ReEncryptFrom", true),
    ("ReEncryptTo", true),
    ("GenerateDataKey", true),
    ("GenerateDataKeyWithoutPlaintext", true),
    ("GenerateDataKeyPair", true),
    ("GenerateDataKeyPairWithoutPlaintext", true),
    ("DescribeKey", false),
    ("CreateGrant", false),
    ("ListGrants", false),
    ("RevokeGrant", false),
    ("GetKeyPolicy", false),
    ("PutKeyPolicy", false),
    ("DisableKey", false),
    ("TagResource", false),
    ("ScheduleKeyDeletion", false),
];

fn main() {
    let operations = OPERATIONS
        .iter()
        .map(|(name, takes_encryption_context)| Operation {
            action: format!("kms:{name}"),
            takes_encryption_context: *takes_encryption_context,
        });
    let started = Instant::now();
    let account = Account::new(&details()).expect("it has users");
    let read = started.elapsed();
    let started = Instant::now();
    let access = Access::new(vec![account], operations.collect());
    let ready = started.elapsed();
    let keys: Vec<KeyFacts> = (0..KEYS).map(key).collect();
    let started = Instant::now();
    let (mut cells, mut kinds) = (0, [0; 5]);
    let mut slowest = std::time::Duration::ZERO;
    for key in &keys {
        let started = Instant::now();
        let answers = black_box(access.key(key));
        slowest = slowest.max(started.elapsed());
        for answer in answers.rows.iter().flat_map(|(_, answers)| answers) {
            cells += 1;
            kinds[match answer.kind {
                AnswerKind::Allowed => 0,
                AnswerKind::AllowedIf => 1,
                AnswerKind::Denied => 2,
                AnswerKind::NotAllowed => 3,
                AnswerKind::CannotTell => 4,
            }] += 1;
        }
    }
    let took = started.elapsed();
    let [allowed, conditional, denied, not, cannot] = kinds;
    println!(
        "{KEYS} keys x {PRINCIPALS} principals x {} operations",
        OPERATIONS.len()
    );
    println!("policies read in {read:.2?}, made ready in {ready:.2?}");
    println!(
        "{cells} answers in {took:.2?}, {:.0} ns each; the slowest key {slowest:.2?}",
        took.as_nanos() as f64 / f64::from(cells)
    );
    println!(
        "allowed {allowed}, allowed if {conditional}, denied {denied}, not allowed {not}, not to be told {cannot}"
    );
    let memory = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in memory.lines().filter(|line| line.starts_with("VmHWM")) {
        println!("{line}");
    }
}

fn managed(name: &str, statements: &str) -> ManagedPolicy {
    ManagedPolicy {
        arn: format!("arn:aws:iam::{ACCOUNT}:policy/{name}"),
        name: name.to_owned(),
        document: format!("{{\"Version\": \"2012-10-17\", \"Statement\": [{statements}]}}"),
    }
}

/// Statements of other services: of these most policies are.
fn of_others(count: usize) -> String {
    let one = |at| {
        format!(
            r#"{{"Sid": "S{at}", "Effect": "Allow", "Action": ["s3:Get*", "ec2:Describe*", "dynamodb:Query"], "Resource": "arn:aws:s3:::bucket-{at}/*"}}"#
        )
    };
    (0..count).map(one).collect::<Vec<_>>().join(", ")
}

/// Half users, half roles, each with some of five managed policies and one of its own.
fn details() -> AccountDetails {
    let policies = vec![
        managed("read", &of_others(40)),
        managed(
            "admin",
            r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#,
        ),
        managed(
            "kms-use",
            r#"{"Effect": "Allow", "Action": ["kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey*", "kms:DescribeKey"], "Resource": "arn:aws:kms:*:111122223333:key/*", "Condition": {"StringLike": {"kms:ViaService": ["s3.*.amazonaws.com", "rds.*.amazonaws.com"]}}}"#,
        ),
        managed(
            "tenant",
            r#"{"Effect": "Allow", "Action": "kms:*crypt", "Resource": "*", "Condition": {"StringEquals": {"kms:EncryptionContext:tenant": "${aws:PrincipalTag/tenant}"}}}"#,
        ),
        managed(
            "mfa",
            r#"{"Effect": "Deny", "Action": "kms:ScheduleKeyDeletion", "Resource": "*", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}, {"Effect": "Allow", "Action": "kms:*", "Resource": "arn:aws:kms:us-east-1:111122223333:key/k1*"}"#,
        ),
    ];
    let attached = |at: usize| {
        let all = ["read", "admin", "kms-use", "tenant", "mfa"];
        let fits = |(nth, _): &(usize, &&str)| match nth {
            0 => true,
            1 => at.is_multiple_of(50),
            nth => at.is_multiple_of(nth + 2),
        };
        let managed = all.iter().enumerate().filter(fits);
        Attachments {
            managed: managed
                .map(|(_, name)| format!("arn:aws:iam::{ACCOUNT}:policy/{name}"))
                .collect(),
            inline: vec![(
                "own".to_owned(),
                format!(
                    "{{\"Version\": \"2012-10-17\", \"Statement\": [{}]}}",
                    of_others(3)
                ),
            )],
            boundary: (at % 10 == 3).then(|| format!("arn:aws:iam::{ACCOUNT}:policy/mfa")),
        }
    };
    let users = (0..PRINCIPALS / 2).map(|at| UserDetail {
        name: format!("user-{at}"),
        arn: format!("arn:aws:iam::{ACCOUNT}:user/user-{at}"),
        id: format!("AIDA{at}"),
        attached: attached(at),
        tags: [("tenant".to_owned(), format!("t{}", at % 7))].into(),
        ..UserDetail::default()
    });
    let trust = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}}"#;
    let roles = (0..PRINCIPALS / 2).map(|at| RoleDetail {
        name: format!("role-{at}"),
        arn: format!("arn:aws:iam::{ACCOUNT}:role/role-{at}"),
        id: format!("AROA{at}"),
        trust_policy: trust.to_owned(),
        attached: attached(at + 1),
        ..RoleDetail::default()
    });
    AccountDetails {
        users: users.collect(),
        roles: roles.collect(),
        policies,
        ..AccountDetails::default()
    }
}

/// A key with the statements that the AWS console makes, and some grants.
fn key(at: usize) -> KeyFacts {
    let role = |nth: usize| {
        format!(
            "\"arn:aws:iam::{ACCOUNT}:role/role-{}\"",
            (at * 3 + nth) % 500
        )
    };
    let policy = format!(
        r#"{{"Version": "2012-10-17", "Statement": [
{{"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Principal": {{"AWS": "{ACCOUNT}"}}, "Action": "kms:*", "Resource": "*"}},
{{"Sid": "Administrators", "Effect": "Allow", "Principal": {{"AWS": [{}, {}]}}, "Action": ["kms:Create*", "kms:Describe*", "kms:Put*", "kms:ScheduleKeyDeletion"], "Resource": "*"}},
{{"Sid": "Use", "Effect": "Allow", "Principal": {{"AWS": [{}, {}, {}]}}, "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"], "Resource": "*"}},
{{"Sid": "Grants", "Effect": "Allow", "Principal": {{"AWS": [{}]}}, "Action": ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"], "Resource": "*", "Condition": {{"Bool": {{"kms:GrantIsForAWSResource": "true"}}}}}},
{{"Sid": "NoDeletion", "Effect": "Deny", "Principal": "*", "Action": "kms:ScheduleKeyDeletion", "Resource": "*", "Condition": {{"StringNotEquals": {{"aws:PrincipalTag/tenant": "t1"}}}}}}
]}}"#,
        role(0),
        role(1),
        role(2),
        role(3),
        role(4),
        role(5)
    );
    let arn = format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/k{at}");
    let mut key = KeyFacts::new(&arn, &policy).expect("a policy");
    key.grants = (0..20)
        .map(|nth| KeyGrant {
            grant_id: format!("g{nth}"),
            grantee_principal: format!("arn:aws:iam::{ACCOUNT}:role/role-{}", at + nth * 20),
            operations: vec!["Decrypt".to_owned(), "CreateGrant".to_owned()],
            constraints: (nth % 2 == 0)
                .then(|| (false, [("tenant".to_owned(), format!("t{nth}"))].into())),
            source_arn: None,
        })
        .collect();
    key
}
