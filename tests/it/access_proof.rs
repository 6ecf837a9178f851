//! Who may do what, as the policies and grants are read, beside what the sandbox's dry runs say:
//! every principal, every key, every operation that has DryRun. Accounts and keys are read through
//! the SDK, as the console reads them.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_credential_types::Credentials;
use futures_util::StreamExt;
use kmsdeck::access::columns::{self, Column};
use kmsdeck::access::key::read_key;
use kmsdeck::access::principals::Principals;
use kmsdeck::access::row::{AskedKey, Evaluation};
use kmsdeck::gateway::{Session, Target, connect};
use kmsdeck::kms::encryption_context::Pair;
use kmsdeck::kms::key::KeyMetadata;
use kmsdeck::kms::{KeyRef, Request, Value, Verdict};
use kmsdeck::matrix::probe::{self, Asking};
use kmsdeck::matrix::{Row, Variant, operations};
use kmsdeck::ops::gate::Cleared;
use kmsdeck::ops::{self, Misfit, OpSpec};
use kmsdeck_policy::{Answer, AnswerKind, ChildGrant, RequestContext};
use kmsdeck_sandbox::{Sandbox, SandboxOptions};

use crate::stage::{NOW, target};

const ACCOUNT: &str = "111122223333";
const PARTNER: &str = "444455556666";

/// Somebody who asks, with a session for each Region.
struct Asker {
    arn: String,
    sessions: BTreeMap<String, Session>,
    /// What a request of theirs has beside what policies of the account tell.
    given: RequestContext,
}

/// How a session of a role is asked for.
#[derive(Default)]
struct Assuming {
    by: &'static str,
    role: &'static str,
    name: &'static str,
    external_id: Option<&'static str>,
    code: Option<&'static str>,
    tags: &'static [(&'static str, &'static str)],
}

const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];

/// The sandbox behind a target.
fn sandbox_of(target: &Target) -> Arc<Sandbox> {
    let kmsdeck::gateway::Place::Sandbox { sandbox, .. } = &target.place else {
        panic!("it is a sandbox");
    };
    sandbox.clone()
}

async fn session(target: &Target, principal: &str) -> Session {
    let target = target.as_principal(principal);
    connect(&target).await.expect("a session")
}

/// A seeded user.
async fn user(target: &Target, name: &str) -> Asker {
    let sandbox = sandbox_of(target);
    let mut principals = sandbox.principals().iter();
    let principal = principals.find(|one| one.name == name).expect("the user");
    let session = session(target, name).await;
    let sessions = REGIONS.map(|region| (region.to_owned(), session.in_region(region)));
    let mut given = RequestContext::open();
    given.set_absent("aws:MultiFactorAuthPresent");
    Asker {
        arn: principal.arn.clone(),
        sessions: sessions.into(),
        given,
    }
}

/// A session of a role, by STS.
async fn assumed(target: &Target, how: Assuming) -> Asker {
    let sandbox = sandbox_of(target);
    let mut principals = sandbox.principals().iter();
    let by = principals.find(|one| one.name == how.by).expect("the user");
    let credentials = |id: &str, secret: &str, token: Option<String>| {
        Credentials::new(id, secret, token, None, "a test")
    };
    let sts = aws_sdk_sts::Config::builder()
        .behavior_version(aws_config::BehaviorVersion::v2026_01_12())
        .region(aws_config::Region::from_static("us-east-1"))
        .credentials_provider(credentials(&by.access_key_id, &by.secret_access_key, None))
        .http_client(kmsdeck_sandbox::http_client(sandbox.clone()))
        .build();
    let account = match how.role {
        "other-account" => PARTNER,
        _ => ACCOUNT,
    };
    let tags = how.tags.iter().map(|(key, value)| {
        let tag = aws_sdk_sts::types::Tag::builder().key(*key).value(*value);
        tag.build().expect("a tag")
    });
    let serial = format!("arn:aws:iam::{account}:mfa/{}", how.by);
    let answer = aws_sdk_sts::Client::from_conf(sts)
        .assume_role()
        .role_arn(format!("arn:aws:iam::{account}:role/{}", how.role))
        .role_session_name(how.name)
        .set_external_id(how.external_id.map(str::to_owned))
        .set_serial_number(how.code.map(|_| serial))
        .set_token_code(how.code.map(str::to_owned))
        .set_tags(Some(tags.collect()).filter(|tags: &Vec<_>| !tags.is_empty()))
        .send()
        .await
        .expect("a session of the role");
    let given_out = answer.credentials.expect("credentials");
    let base = session(target, how.by).await;
    let sessions = REGIONS.map(|region| {
        let mut session = base.in_region(region);
        let token = Some(given_out.session_token.clone());
        let credentials = credentials(
            &given_out.access_key_id,
            &given_out.secret_access_key,
            token,
        );
        let config = aws_sdk_kms::Config::builder()
            .behavior_version(aws_sdk_kms::config::BehaviorVersion::v2026_01_12())
            .region(aws_sdk_kms::config::Region::new(region))
            .credentials_provider(credentials)
            .retry_config(aws_sdk_kms::config::retry::RetryConfig::disabled())
            .http_client(kmsdeck_sandbox::http_client(sandbox.clone()));
        session.kms = aws_sdk_kms::Client::from_conf(config.build());
        (region.to_owned(), session)
    });
    let mut given = RequestContext::open();
    // "The temporary credentials returned by AssumeRole do not include MFA information in the
    // context" (IAM user guide, "Secure API access with MFA").
    given.set("aws:MultiFactorAuthPresent", false);
    for (key, value) in how.tags {
        given.set(&format!("aws:PrincipalTag/{key}"), value);
    }
    given.set_complete("aws:PrincipalTag/");
    Asker {
        arn: answer.assumed_role_user.expect("who it is").arn,
        sessions: sessions.into(),
        given,
    }
}

/// Every user that is seeded, and sessions of every role, with and without tags and a second
/// factor.
async fn everybody(target: &Target) -> Vec<Asker> {
    let mut all = Vec::new();
    for principal in sandbox_of(target).principals() {
        all.push(user(target, &principal.name).await);
    }
    let roles = [
        Assuming {
            by: "admin",
            role: "app",
            name: "plain",
            ..Assuming::default()
        },
        Assuming {
            by: "admin",
            role: "app",
            name: "tagged",
            code: Some("123455"),
            tags: &[("team", "payments")],
            ..Assuming::default()
        },
        Assuming {
            by: "admin",
            role: "key-admin",
            name: "jane",
            code: Some("000000"),
            ..Assuming::default()
        },
        Assuming {
            by: "partner-admin",
            role: "partner-access",
            name: "exchange",
            external_id: Some("partner-4711"),
            ..Assuming::default()
        },
    ];
    for how in roles {
        // A role has tags of its own, which its sessions have.
        let of_role = how.role == "partner-access";
        let mut asker = assumed(target, how).await;
        if of_role {
            asker.given.set("aws:PrincipalTag/team", "exchange");
        }
        all.push(asker);
    }
    all
}

/// Both accounts by IAM.
async fn accounts(target: &Target) -> Evaluation {
    let mut accounts = Vec::new();
    for (principal, account) in [("admin", ACCOUNT), ("partner-admin", PARTNER)] {
        let session = session(target, principal).await;
        let known = Principals::of_account(&session, account, |_| {}).await;
        assert_eq!(known.missing, Vec::<String>::new());
        accounts.extend(known.accounts);
    }
    assert_eq!(accounts.len(), 2);
    Evaluation::new(&accounts, columns::columns())
}

/// Every key of both accounts in both Regions.
async fn keys(target: &Target) -> Vec<AskedKey> {
    let mut keys = Vec::new();
    for principal in ["admin", "partner-admin"] {
        let session = session(target, principal).await;
        for region in REGIONS {
            let session = session.in_region(region);
            let listed = session.kms.list_keys().into_paginator().items().send();
            let listed = listed.collect::<Result<Vec<_>, _>>().await.expect("keys");
            for key in listed {
                let id = key.key_arn.expect("an ARN");
                keys.push(asked(&session, &id).await);
            }
        }
    }
    keys
}

async fn asked(session: &Session, id: &str) -> AskedKey {
    let read = read_key(session, id).await;
    let read = read.unwrap_or_else(|(operation, error)| panic!("{operation}: {error:?}"));
    assert_eq!(read.missing, Vec::<String>::new(), "{id}");
    let name = read.facts.arn.clone();
    AskedKey { read, name }
}

/// What is known of a request: all that condition keys of KMS tell.
fn given(asker: &Asker, request: &Request, spec: &OpSpec, row: &Row) -> RequestContext {
    let mut context = asker.given.clone();
    context.set("aws:SourceIp", "127.0.0.1");
    context.set("aws:CurrentTime", NOW);
    context.set_absent("kms:ViaService");
    context.set_absent("kms:RequestAlias");
    let field = |name: &str| spec.field(name).and_then(|field| request.get(field));
    if let Some(context_field) = row.context_field(spec) {
        let pairs = request.pairs(context_field).unwrap_or_default();
        context.set_encryption_context(&pairs.iter().cloned().collect());
    }
    let algorithm = match field("EncryptionAlgorithm").or(field("SourceEncryptionAlgorithm")) {
        Some(Value::Text(name)) => name.clone(),
        _ => "SYMMETRIC_DEFAULT".to_owned(),
    };
    let encrypts = ["Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey"];
    if encrypts.iter().any(|name| spec.id.0.starts_with(name)) {
        context.set("kms:EncryptionAlgorithm", algorithm);
    } else {
        context.set_absent("kms:EncryptionAlgorithm");
    }
    if spec.id.0 != "CreateGrant" {
        for key in [
            "GrantOperations",
            "GranteePrincipal",
            "GrantConstraintType",
            "RetiringPrincipal",
        ] {
            context.set_absent(&format!("kms:{key}"));
        }
    }
    if spec.id.0 == "CreateGrant" {
        context.set_all("kms:GrantOperations", ["DescribeKey"]);
        if let Some(Value::Text(grantee)) = field("GranteePrincipal") {
            context.set("kms:GranteePrincipal", grantee);
        }
        context.set_absent("kms:GrantConstraintType");
        context.set_absent("kms:RetiringPrincipal");
        context.set_child_grant(ChildGrant {
            operations: vec!["DescribeKey".to_owned()],
            ..ChildGrant::default()
        });
    }
    if spec.id.0.ends_with("Grant") {
        context.set("kms:GrantIsForAWSResource", false);
    } else {
        context.set_absent("kms:GrantIsForAWSResource");
    }
    context
}

/// Cells by what came of them.
#[derive(Debug, Default)]
struct Counts {
    allowed: usize,
    refused: usize,
    /// Of those, what the evaluation of every request has a condition for, by whether this one
    /// meets it.
    met: usize,
    unmet: usize,
    /// The dry run told nothing: the keys with a fault.
    not_told: usize,
    differences: Vec<String>,
}

/// What the answers of the permissions that an operation needs come to; None for neither.
fn is_allowed(answers: &[&Answer]) -> Option<bool> {
    let one = |answer: &&Answer| match answer.kind {
        AnswerKind::Allowed => Some(true),
        AnswerKind::Denied | AnswerKind::NotAllowed => Some(false),
        AnswerKind::AllowedIf | AnswerKind::CannotTell => None,
    };
    let answers: Option<Vec<bool>> = answers.iter().map(one).collect();
    answers.map(|answers| answers.iter().all(|is_allowed| *is_allowed))
}

/// The permissions that an operation needs.
fn permissions(spec: &OpSpec) -> Vec<Column> {
    let names = spec.iam.split(", ").map(columns::named);
    names.map(|column| column.expect("a column")).collect()
}

/// Asks one principal about one key, with each encryption context that counts.
async fn compare(
    asker: &Asker,
    key: &AskedKey,
    evaluation: &Evaluation,
    specs: &[&'static OpSpec],
    variants: &[Variant],
    counts: &mut Counts,
) {
    let facts = &key.read.facts;
    let access = evaluation.access(key);
    let who = access.find(&asker.arn);
    let metadata = key.read.metadata.as_ref();
    let any = access.of(facts, &who);
    let region = facts.arn.split(':').nth(3).expect("a Region");
    let row = Row {
        key: KeyRef::new(region, &*facts.arn),
        arn: Some(facts.arn.clone()),
        name: key.name.clone(),
        aliases: Vec::new(),
        metadata: metadata.map(|key: &KeyMetadata| Arc::new(key.clone())),
    };
    for spec in specs {
        if matches!(
            metadata.and_then(|key| spec.misfit(key)),
            Some(Misfit::Kind(_))
        ) {
            continue;
        }
        let needs = permissions(spec);
        let takes = row.context_field(spec).is_some();
        for variant in variants.iter().take(if takes { variants.len() } else { 1 }) {
            let grant = facts.grants.first().map(|grant| grant.grant_id.as_str());
            let grantee = format!("arn:aws:iam::{ACCOUNT}:user/auditor");
            let asking = Asking {
                variant,
                grant_tokens: &[],
                grant_id: grant,
                caller: Some(&grantee),
            };
            let request = probe::request(spec, &row, asking);
            let given = given(asker, &request, spec, &row);
            let session = &asker.sessions[region];
            let dry_run = Cleared::unchanging(request, session).expect("a dry run");
            let error = ops::run(session, dry_run)
                .await
                .result
                .expect_err("none is carried out");
            let told = match Verdict::of(&error) {
                // A grant that is not there is looked for before who may retire it.
                _ if spec.id.0 == "RetireGrant" && grant.is_none() => {
                    counts.not_told += 1;
                    continue;
                }
                Verdict::WouldSucceed | Verdict::WouldFail => true,
                Verdict::Denied => false,
                Verdict::NotKnown => {
                    counts.not_told += 1;
                    continue;
                }
            };
            match told {
                true => counts.allowed += 1,
                false => counts.refused += 1,
            }
            let cell = || format!("{} {} {} {}", asker.arn, spec.id, variant.name, facts.arn);
            let explained: Vec<Answer> = needs
                .iter()
                .map(|column| {
                    let operation = column.operation(metadata);
                    access.explain(facts, &who, &operation, &given).answer
                })
                .collect();
            let answers: Vec<&Answer> = explained.iter().collect();
            if is_allowed(&answers) != Some(told) {
                let said = answers
                    .iter()
                    .map(|one| kmsdeck::access::row::in_words(one));
                let said: Vec<String> = said.collect();
                let line = format!("{}: {} and KMS {}", cell(), said.join(", "), error.code);
                counts.differences.push(line);
            }
            // The answer for any request, held against this one.
            let mut has_condition = false;
            let mut holds = true;
            for column in &needs {
                let mut names = evaluation.columns.iter();
                let at = names
                    .position(|one| one.name == column.name)
                    .expect("a column");
                let answer = &any[at];
                let holds_of_this = match (&answer.when, is_allowed(&[answer])) {
                    (_, Some(is_allowed)) => is_allowed,
                    (Some(when), None) => {
                        has_condition = true;
                        let operation = column.operation(metadata);
                        let holds = access.with(facts, &who, &operation, &given, |request, _| {
                            when.holds(request)
                        });
                        holds.unwrap_or_else(|| panic!("{}: open: {when}", cell()))
                    }
                    (None, None) => panic!("{}: {answer:?}", cell()),
                };
                holds &= holds_of_this;
            }
            if holds != told {
                let said: Vec<String> = needs
                    .iter()
                    .map(|column| {
                        let mut names = evaluation.columns.iter();
                        let at = names.position(|one| one.name == column.name);
                        kmsdeck::access::row::in_words(&any[at.expect("a column")])
                    })
                    .collect();
                let line = format!(
                    "{}: any: {} and KMS {}",
                    cell(),
                    said.join(", "),
                    error.code
                );
                counts.differences.push(line);
            }
            match (has_condition, told) {
                (true, true) => counts.met += 1,
                (true, false) => counts.unmet += 1,
                (false, _) => {}
            }
        }
    }
}

fn variants() -> Vec<Variant> {
    let pair = |key: &str, value: &str| -> Pair { (key.to_owned(), value.to_owned()) };
    let all = [
        vec![],
        vec![pair("tenant", "acme")],
        vec![pair("tenant", "other")],
        vec![pair("purpose", "restore"), pair("tenant", "acme")],
        vec![pair("purpose", "restore")],
    ];
    all.map(Variant::new).into()
}

/// All askers about all keys.
async fn compare_all(
    askers: &[Asker],
    keys: &[AskedKey],
    evaluation: &Evaluation,
    specs: &[&'static OpSpec],
) -> Counts {
    let variants = variants();
    let each = askers.iter().map(async |asker| {
        let mut counts = Counts::default();
        for key in keys {
            compare(asker, key, evaluation, specs, &variants, &mut counts).await;
        }
        counts
    });
    let mut all = Counts::default();
    let mut each = futures_util::stream::iter(each).buffer_unordered(4);
    while let Some(one) = each.next().await {
        all.allowed += one.allowed;
        all.refused += one.refused;
        all.met += one.met;
        all.unmet += one.unmet;
        all.not_told += one.not_told;
        all.differences.extend(one.differences);
    }
    all
}

#[tokio::test]
async fn every_verdict_of_the_seeded_accounts_is_what_a_dry_run_says() {
    let target = target(SandboxOptions::default(), "admin");
    let (askers, evaluation) = (everybody(&target).await, accounts(&target).await);
    let keys = keys(&target).await;
    assert_eq!((askers.len(), keys.len()), (12, 34));
    let counts = compare_all(&askers, &keys, &evaluation, &operations()).await;
    println!(
        "{} cells of {} principals and {} keys: {} allowed, {} refused; of those under a condition \
         {} met it and {} did not; {} were told nothing",
        counts.allowed + counts.refused,
        askers.len(),
        keys.len(),
        counts.allowed,
        counts.refused,
        counts.met,
        counts.unmet,
        counts.not_told
    );
    let differences = &counts.differences;
    let few = &differences[..differences.len().min(20)];
    assert!(few.is_empty(), "{} differ: {few:#?}", differences.len());
    assert!(counts.allowed > 2000 && counts.refused > 2000, "{counts:?}");
    assert!(counts.met > 100 && counts.unmet > 100, "{counts:?}");
}

/// A condition that policies of keys are made of; what it is asked of follows from its key.
const CONDITIONS: &[&str] = &[
    r#"{"StringEquals": {"kms:EncryptionContext:tenant": "acme"}}"#,
    r#"{"StringEqualsIgnoreCase": {"kms:EncryptionContext:Tenant": "ACME"}}"#,
    r#"{"StringLike": {"kms:EncryptionContext:purpose": "rest*"}}"#,
    r#"{"StringNotEquals": {"kms:EncryptionContext:tenant": "acme"}}"#,
    r#"{"StringNotEqualsIfExists": {"kms:EncryptionContext:tenant": "acme"}}"#,
    r#"{"StringEqualsIfExists": {"kms:EncryptionContext:tenant": ["acme", "none"]}}"#,
    r#"{"StringNotLike": {"kms:EncryptionContext:purpose": "re?tore"}}"#,
    r#"{"Null": {"kms:EncryptionContext:tenant": "true"}}"#,
    r#"{"Null": {"kms:EncryptionContext:tenant": "false"}}"#,
    r#"{"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["tenant"]}}"#,
    r#"{"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": ["purpose"]}}"#,
    r#"{"ForAnyValue:StringNotEquals": {"kms:EncryptionContextKeys": ["tenant"]}}"#,
    r#"{"StringEquals": {"kms:EncryptionContext:tenant": "acme", "kms:EncryptionContext:purpose": "restore"}}"#,
    r#"{"StringEquals": {"kms:EncryptionContext:tenant": "acme"}, "StringNotLike": {"kms:EncryptionContext:purpose": "*"}}"#,
    r#"{"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}"#,
    r#"{"StringNotEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}"#,
    r#"{"StringEquals": {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}}"#,
    r#"{"StringEquals": {"kms:EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}}"#,
    r#"{"StringEquals": {"aws:PrincipalTag/team": "payments"}}"#,
    r#"{"StringEquals": {"kms:EncryptionContext:tenant": "${aws:PrincipalTag/team}"}}"#,
    r#"{"StringEquals": {"kms:EncryptionContext:tenant": "${aws:username, 'acme'}"}}"#,
    r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#,
    r#"{"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}"#,
    r#"{"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "127.0.0.0/8"]}}"#,
    r#"{"NotIpAddress": {"aws:SourceIp": "127.0.0.1"}}"#,
    r#"{"DateLessThan": {"aws:CurrentTime": "2026-12-31T00:00:00Z"}}"#,
    r#"{"DateGreaterThan": {"aws:CurrentTime": "2026-12-31T00:00:00Z"}}"#,
    r#"{"StringEquals": {"kms:CallerAccount": "111122223333"}}"#,
    r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}"#,
    r#"{"ForAllValues:StringEquals": {"kms:GrantOperations": ["DescribeKey", "Decrypt"]}}"#,
    r#"{"ForAnyValue:StringEquals": {"kms:GrantOperations": ["Decrypt"]}}"#,
    r#"{"Bool": {"kms:GrantIsForAWSResource": "true"}}"#,
    r#"{"StringEquals": {"kms:GranteePrincipal": "arn:aws:iam::111122223333:user/auditor"}}"#,
    r#"{"Null": {"kms:GrantConstraintType": "false"}}"#,
];

/// Makes a key whose administrator is the sandbox's admin; of `others` the policy says the rest.
async fn key_with(session: &Session, others: &[String]) -> AskedKey {
    let admin = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/admin"}, "Action": "kms:*", "Resource": "*"}"#;
    let mut statements = vec![admin.to_owned()];
    statements.extend_from_slice(others);
    let policy = format!(
        r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#,
        statements.join(", ")
    );
    let made = session.kms.create_key().policy(&policy).send().await;
    let made = made.unwrap_or_else(|error| panic!("{policy}: {error:?}"));
    let id = made.key_metadata.expect("a key").key_id;
    asked(session, &id).await
}

#[tokio::test]
async fn a_condition_that_is_told_decides_dry_runs_whether_it_is_met_or_broken() {
    let options = SandboxOptions {
        grant_delay: std::time::Duration::ZERO,
        ..SandboxOptions::default()
    };
    let target = target(options, "admin");
    let (askers, evaluation) = (everybody(&target).await, accounts(&target).await);
    let admin = session(&target, "admin").await;
    let whom = r#""Principal": {"AWS": ["arn:aws:iam::111122223333:role/app", "arn:aws:iam::111122223333:user/grantee", "arn:aws:iam::444455556666:root"]}"#;
    let statement = |effect: &str, condition: &str| {
        format!(
            r#"{{"Effect": "{effect}", {whom}, "Action": "kms:*", "Resource": "*"{condition}}}"#
        )
    };
    let mut keys = Vec::new();
    for condition in CONDITIONS {
        let condition = format!(r#", "Condition": {condition}"#);
        keys.push(key_with(&admin, &[statement("Allow", &condition)]).await);
        let (allowed, denied) = (statement("Allow", ""), statement("Deny", &condition));
        keys.push(key_with(&admin, &[allowed, denied]).await);
    }
    // Grants with constraints, and one that lets make others.
    for (is_all, operations) in [
        (true, &["Decrypt", "GenerateDataKey"][..]),
        (
            false,
            &["Decrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo"],
        ),
        (false, &["DescribeKey", "CreateGrant"]),
        (false, &["Decrypt", "CreateGrant"]),
    ] {
        let key = key_with(&admin, &[]).await;
        let constraints = aws_sdk_kms::types::GrantConstraints::builder();
        let constraints = match is_all {
            true => constraints.encryption_context_equals("tenant", "acme"),
            false => constraints.encryption_context_subset("tenant", "acme"),
        };
        let is_context_free = operations.contains(&"DescribeKey");
        let constraints = (!is_context_free).then(|| constraints.build());
        let operations = operations.iter().map(|name| (*name).into());
        let grant = admin.kms.create_grant();
        let grant = grant
            .key_id(&key.read.facts.arn)
            .grantee_principal("arn:aws:iam::111122223333:user/grantee")
            .set_operations(Some(operations.collect()))
            .set_constraints(constraints);
        grant.send().await.expect("a grant");
        keys.push(asked(&admin, &key.read.facts.arn).await);
    }
    let names = ["Decrypt", "GenerateDataKey", "ReEncrypt", "CreateGrant"];
    let specs: Vec<_> = operations()
        .into_iter()
        .filter(|spec| names.contains(&spec.id.0))
        .collect();
    let counts = compare_all(&askers, &keys, &evaluation, &specs).await;
    println!(
        "{} cells of {} conditions and {} keys: {} allowed, {} refused; of those under a condition \
         {} met it and {} did not",
        counts.allowed + counts.refused,
        CONDITIONS.len(),
        keys.len(),
        counts.allowed,
        counts.refused,
        counts.met,
        counts.unmet
    );
    let differences = &counts.differences;
    let few = &differences[..differences.len().min(20)];
    assert!(few.is_empty(), "{} differ: {few:#?}", differences.len());
    assert!(counts.met > 500 && counts.unmet > 500, "{counts:?}");
}
