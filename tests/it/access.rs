//! Who may do what: the commands and the screens.

use std::path::Path;
use std::process::Output;

use insta::assert_snapshot;
use serde_json::Value;

use crate::stage::Stage;
use crate::terminal::Terminal;

const PAYMENTS: &str =
    "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const ENCRYPTOR: &str = "arn:aws:iam::111122223333:user/encryptor";

fn kmsdeck(args: &[&str]) -> Output {
    let mut command = crate::tools::kmsdeck();
    command.args(args).output().expect("kmsdeck runs")
}

/// Its exit code, and what it prints to both.
fn told(args: &[&str]) -> (Option<i32>, String, String) {
    let output = kmsdeck(args);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

const POLICY: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Account",
      "Effect": "Allow",
      "Principal": { "AWS": "arn:aws:iam::111122223333:root" },
      "Action": "kms:*",
      "Resource": "*"
    },
    {
      "Sid": "Partner",
      "Effect": "Allow",
      "Principal": { "AWS": "444455556666" },
      "Action": "kms:Decrypt",
      "Resource": "*",
      "Condition": { "StringEquals": { "kms:EncryptionContext:tenant": "acme" } }
    }
  ]
}"#;

const IAM: &str = r#"{
  "UserDetailList": [
    { "UserName": "jane", "UserId": "AIDA1", "Arn": "arn:aws:iam::111122223333:user/jane",
      "UserPolicyList": [ { "PolicyName": "decrypt", "PolicyDocument": {
        "Version": "2012-10-17",
        "Statement": { "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*" } } } ] },
    { "UserName": "billing", "UserId": "AIDA2", "Arn": "arn:aws:iam::111122223333:user/billing" }
  ],
  "GroupDetailList": [], "RoleDetailList": [], "Policies": []
}"#;

#[test]
fn who_may_do_what_is_told_in_four_formats() {
    let access = ["--sandbox", "access", "--key-id", "alias/payments"];
    let (code, grid, _) = told(&access);
    assert_eq!(code, Some(0), "{grid}");
    assert!(
        grid.contains("user/decryptor") && grid.contains("~"),
        "{grid}"
    );
    assert!(grid.contains("✓ allowed · ~ allowed if"), "{grid}");
    assert!(
        grid.contains("Not read: service control policies of account 111122223333;"),
        "{grid}"
    );
    let (_, lines, _) = told(&[&access[..], &["--operation", "Decrypt"]].concat());
    assert!(
        lines.contains("allowed when encryption context tenant = acme"),
        "{lines}"
    );
    assert!(lines.contains("line 4 (DecryptForOneTenant)"), "{lines}");
    let (_, csv, _) = told(
        &[
            &access[..],
            &["--output", "csv", "--operation", "kms:encrypt"],
        ]
        .concat(),
    );
    assert!(
        csv.starts_with(
            "principal,type,external,key,key_id,operation,verdict,in_words,because\r\n"
        ),
        "{csv}"
    );
    assert!(csv.contains(&format!("{ENCRYPTOR},user,no,")), "{csv}");
    let (_, markdown, _) = told(&[&access[..], &["--output", "markdown"]].concat());
    assert!(markdown.starts_with("| principal |"), "{markdown}");
    let (_, json, _) = told(&[&access[..], &["--output", "json"]].concat());
    let json: Value = serde_json::from_str(&json).unwrap();
    let rows = json["Access"].as_array().unwrap();
    let decryptor = rows.iter().find(|row| {
        row["Principal"] == "arn:aws:iam::111122223333:user/decryptor"
            && row["Operation"] == "Decrypt"
    });
    assert_eq!(decryptor.unwrap()["Verdict"], "allowed if");
    assert!(!json["NotRead"].as_array().unwrap().is_empty());
}

#[test]
fn a_filter_finds_who_can_by_what_and_under_a_condition() {
    let found = |filter: &str| {
        let (code, json, said) = told(&[
            "--sandbox",
            "access",
            "--key-id",
            "alias/payments",
            "--operation",
            "Decrypt",
            "--output",
            "json",
            "--filter",
            filter,
        ]);
        assert_eq!(code, Some(0), "{filter}: {said}");
        let json: Value = serde_json::from_str(&json).unwrap();
        let rows = json["Access"].as_array().unwrap().iter();
        let names = rows.map(|row| {
            let name = row["Principal"].as_str().unwrap();
            name.rsplit([':', '/']).next().unwrap().to_owned()
        });
        names.collect::<Vec<_>>()
    };
    assert_eq!(found("conditional:yes"), ["decryptor", "grantee"]);
    assert_eq!(found("can:Decrypt via:grant"), ["grantee"]);
    assert_eq!(found("can:decrypt type:role"), ["partner-access", "app"]);
    assert_eq!(found("principal:no-list"), ["no-list"]);
    assert!(found("external:yes").is_empty());
    assert!(found("cannot:Decrypt").contains(&"encryptor".to_owned()));
    let wrong = [
        "--sandbox",
        "access",
        "--key-id",
        "alias/payments",
        "--filter",
    ];
    let (code, _, said) = told(&[&wrong[..], &["can:Fly"]].concat());
    assert_eq!(code, Some(2));
    assert!(said.contains("can:Fly is not understood"), "{said}");
}

/// What cannot be read is named, and nothing is claimed of it.
#[test]
fn without_the_permission_to_read_iam_that_is_said() {
    let (code, table, said) = told(&[
        "--sandbox",
        "--sandbox-principal",
        "encryptor",
        "access",
        "--key-id",
        "alias/payments",
    ]);
    // The sandbox's encryptor may not read the policy, without which nothing is told.
    assert_eq!(code, Some(1), "{table}{said}");
    assert!(said.contains("GetKeyPolicy: AccessDenied"), "{said}");
}

#[test]
fn files_alone_are_enough_and_nothing_is_called() {
    let folder = tempfile::tempdir().unwrap();
    let policy = write(folder.path(), "policy.json", POLICY);
    let iam = write(folder.path(), "iam.json", IAM);
    let scp = write(
        folder.path(),
        "scp.json",
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"kms:Decrypt","Resource":"*"}}"#,
    );
    let access = [
        "access",
        "--policy",
        &policy,
        "--key-id",
        PAYMENTS,
        "--operation",
        "Decrypt",
    ];
    let (code, table, said) = told(&[&access[..], &["--iam", &iam]].concat());
    assert_eq!(code, Some(0), "{said}");
    assert!(table.contains("✓ user/jane"), "{table}");
    assert!(table.contains("· user/billing"), "{table}");
    assert!(
        table.contains("account 444455556666") && table.contains("tenant = acme"),
        "{table}"
    );
    assert!(table.contains("its grants (no --grants)"), "{table}");
    let (_, limited, _) = told(&[&access[..], &["--iam", &iam, "--scp", &scp]].concat());
    assert!(limited.contains("✗ user/jane"), "{limited}");
    let (_, alone, _) = told(&access);
    assert!(alone.contains("no --iam"), "{alone}");
    let grants = write(
        folder.path(),
        "grants.json",
        r#"{"Grants":[{"GrantId":"g1","GranteePrincipal":"arn:aws:iam::111122223333:user/billing","Operations":["Decrypt"]}]}"#,
    );
    let (_, granted, _) = told(&[&access[..], &["--iam", &iam, "--grants", &grants]].concat());
    assert!(granted.contains("✓ user/billing"), "{granted}");
    // An alias does not say whose key it is.
    let (code, _, said) = told(&["access", "--policy", &policy, "--key-id", "alias/x"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("is no key ARN"), "{said}");
    let (code, _, said) = told(&[&access[..], &["--iam", &policy]].concat());
    assert_eq!(code, Some(2));
    assert!(said.contains("get-account-authorization-details"), "{said}");
}

#[test]
fn why_not_is_told_with_what_would_allow_it_and_for_whom_else() {
    let why = [
        "--sandbox",
        "why",
        "--key-id",
        "alias/payments",
        "--operation",
        "Decrypt",
    ];
    let (code, text, _) = told(&[&why[..], &["--principal", ENCRYPTOR]].concat());
    assert_eq!(code, Some(1));
    assert!(
        text.contains("not allowed by any identity-based policy"),
        "{text}"
    );
    assert!(text.contains("kmsdeck create-grant --key-id"), "{text}");
    assert!(text.contains("Nobody else gains by it"), "{text}");
    // As one may oneself.
    let (code, _, _) = told(&why);
    assert_eq!(code, Some(0));
    let decryptor = "arn:aws:iam::111122223333:user/decryptor";
    let with = |context: &str| {
        let more = ["--principal", decryptor, "--encryption-context", context];
        told(&[&why[..], &more, &["--output", "json"]].concat())
    };
    let (code, json, _) = with("tenant=acme");
    assert_eq!(code, Some(0), "{json}");
    let (code, json, _) = with("tenant=other");
    assert_eq!(code, Some(1));
    let json: Value = serde_json::from_str(&json).unwrap();
    let changes = json["Changes"].as_array().unwrap();
    assert_eq!(changes[0]["Text"], "tenant=acme", "{changes:?}");
}

#[test]
fn a_pasted_refusal_is_taken_apart() {
    let message = format!(
        "An error occurred (AccessDeniedException) when calling the Decrypt operation: User: {ENCRYPTOR} is not authorized to perform: kms:Decrypt on resource: {PAYMENTS} because no identity-based policy allows the kms:Decrypt action"
    );
    let (code, text, _) = told(&["--sandbox", "why", "--message", &message]);
    assert_eq!(code, Some(1));
    assert!(text.contains(&format!("Who       {ENCRYPTOR}")), "{text}");
    assert!(text.contains("What would allow it"), "{text}");
    // Without a key it is explained by its words, and nothing is called.
    let (code, text, _) = told(&[
        "why",
        "--message",
        "User: arn:aws:iam::111122223333:user/x is not authorized to perform: kms:Decrypt with an explicit deny in a service control policy",
    ]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("service control policy"), "{text}");
    let (code, _, said) = told(&["why", "--message", "hello"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("no refusal of AWS's is in it"), "{said}");
    let (code, _, _) = told(&["why"]);
    assert_eq!(code, Some(2));
}

#[test]
fn a_policy_is_checked_for_people_and_for_ci() {
    let folder = tempfile::tempdir().unwrap();
    let policy = write(folder.path(), "policy.json", POLICY);
    let iam = write(folder.path(), "iam.json", IAM);
    let check = [
        "policy", "check", &policy, "--key-id", PAYMENTS, "--iam", &iam,
    ];
    let (code, text, _) = told(&check);
    assert_eq!(
        (code, text.contains("nothing is wrong")),
        (Some(0), true),
        "{text}"
    );
    // What somebody agreed to is what is expected.
    let export = [
        "access", "--policy", &policy, "--key-id", PAYMENTS, "--iam", &iam, "--output", "json",
    ];
    let (_, expected, _) = told(&export);
    let expected = write(folder.path(), "expected.json", &expected);
    let (code, text, _) = told(&[&check[..], &["--expect", &expected]].concat());
    assert_eq!(code, Some(0), "{text}");
    let wider = POLICY.replace("\"kms:Decrypt\"", "\"kms:*\"");
    let wider = write(folder.path(), "wider.json", &wider);
    let check = [
        "policy", "check", &wider, "--key-id", PAYMENTS, "--iam", &iam, "--expect", &expected,
    ];
    let (code, text, _) = told(&check);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("444455556666 Encrypt: expected not allowed, is allowed"),
        "{text}"
    );
    let (_, sarif, _) = told(&[&check[..], &["--output", "sarif"]].concat());
    let sarif: Value = serde_json::from_str(&sarif).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(results.iter().any(|one| one["ruleId"] == "access-differs"));
    let (_, lines, _) = told(&[&check[..], &["--output", "github"]].concat());
    assert!(lines.lines().all(|line| line.starts_with("::")), "{lines}");
    assert!(lines.contains("title=access-differs::"), "{lines}");
    let broken = write(folder.path(), "broken.json", "{\n  \"Version\": 2\n}");
    let (code, text, _) = told(&["policy", "check", &broken]);
    assert_eq!(code, Some(1));
    assert!(text.contains("broken.json:2:"), "{text}");
}

#[test]
fn for_whom_a_policy_changes_access_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let old = write(folder.path(), "old.json", POLICY);
    let new = write(
        folder.path(),
        "new.json",
        &POLICY.replace(
            "arn:aws:iam::111122223333:root",
            "arn:aws:iam::111122223333:user/jane",
        ),
    );
    let iam = write(folder.path(), "iam.json", IAM);
    let diff = [
        "policy", "diff", &old, &new, "--key-id", PAYMENTS, "--iam", &iam,
    ];
    let (code, text, _) = told(&diff);
    assert_eq!(code, Some(1));
    let gained = text
        .lines()
        .find(|line| line.contains("user/jane") && line.contains(" Encrypt "));
    assert!(gained.is_some_and(|line| line.contains("gained")), "{text}");
    assert!(
        text.contains("could put another policy afterwards"),
        "{text}"
    );
    let (code, _, _) = told(&["policy", "diff", &old, &old, "--key-id", PAYMENTS]);
    assert_eq!(code, Some(0));
}

async fn of_payments(size: (u16, u16)) -> Stage {
    let mut stage = Stage::open(size).await;
    stage.press(&["/"]).await;
    stage.type_text("payments").await;
    stage.press(&["Enter", "w"]).await;
    stage.settle_until("Who may use").await;
    stage.settle_until("not read:").await;
    stage
}

#[tokio::test]
async fn the_screen_at_three_sizes() {
    for (name, size) in [("60", (60, 16)), ("80", (80, 24)), ("120", (120, 40))] {
        let stage = of_payments(size).await;
        assert_snapshot!(format!("access_{name}"), stage.body());
    }
}

#[tokio::test]
async fn a_filter_why_and_the_grants_form() {
    let mut stage = of_payments((100, 40)).await;
    stage.press(&["/"]).await;
    stage.type_text("cannot:Decrypt type:user").await;
    stage.press(&["Enter"]).await;
    assert!(!stage.has("user/no-list"), "{}", stage.screen());
    stage.go_to("user/encryptor").await;
    let is_at = |screen: &str| screen.contains("▾ Decrypt");
    stage.press_until("Right", "Decrypt", is_at).await;
    assert!(
        stage.has("not allowed by any identity-based policy"),
        "{}",
        stage.screen()
    );
    stage.press(&["Enter"]).await;
    assert_snapshot!("why_100", stage.body());
    // Nothing is changed but by the form, which asks.
    stage.press(&["g"]).await;
    assert!(
        stage.has("CreateGrant") && stage.has(ENCRYPTOR),
        "{}",
        stage.screen()
    );
    stage.press(&["Esc", "e"]).await;
    assert!(stage.has("\"kms:Decrypt\""), "{}", stage.screen());
}

#[tokio::test]
async fn the_callers_verdicts_are_proved_by_dry_runs() {
    let mut stage = of_payments((120, 40)).await;
    stage.press(&["P"]).await;
    stage.settle_until("dry runs bear out").await;
    assert!(stage.has("contradict none"), "{}", stage.screen());
}

#[tokio::test]
async fn what_a_principal_may_do_with_all_keys() {
    let mut stage = Stage::open((100, 30)).await;
    stage.press(&[":"]).await;
    stage
        .type_text("access arn:aws:iam::111122223333:user/decryptor")
        .await;
    stage.press(&["Enter"]).await;
    stage
        .settle_until("What may arn:aws:iam::111122223333:user/decryptor")
        .await;
    stage.settle_until("alias/payments").await;
    assert!(stage.has("alias/payments"), "{}", stage.screen());
}

#[tokio::test]
async fn what_may_not_be_read_is_said() {
    let mut stage = Stage::open_as("encryptor", (100, 30)).await;
    stage.press(&["w"]).await;
    stage.settle_until("GetKeyPolicy").await;
    assert!(stage.has("kms:GetKeyPolicy"), "{}", stage.screen());
}

#[test]
fn who_can_decrypt_is_found_in_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(&["--sandbox"], &[], folder.path(), (100, 40));
    terminal.wait_for("aliases ·");
    terminal.send("/payments\r");
    terminal.wait_for("Filter: payments");
    terminal.send("w");
    terminal.wait_for("Who may use alias/payments");
    terminal.wait_for("user/encryptor");
    terminal.send("/can:Decrypt\r");
    terminal.wait_gone("user/encryptor");
    terminal.wait_for("user/decryptor");
    terminal.go_to("user/decryptor");
    terminal.send("\r");
    terminal.wait_for("GenerateDataKeyWithoutPlaintext · alias/payments");
    terminal.wait_for("Nearest to allowing it");
    terminal.send("\x1b");
    terminal.wait_for("Who may use alias/payments");
}
