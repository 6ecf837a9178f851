//! The permission matrix of the seeded account, cell by cell, beside what was worked out by hand
//! from its policies (tests/data/matrix/expect.py).

use std::process::Output;
use std::sync::Mutex;

use kmsdeck::gateway::connect;
use kmsdeck::gateway::limiter::Limits;
use kmsdeck::kms::{KeyRef, Verdict};
use kmsdeck::matrix::runner::{self, RunEvent};
use kmsdeck::matrix::{Cell, Matrix, Row, Variant, operations};
use kmsdeck_sandbox::SandboxOptions;
use serde_json::Value;

const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/matrix");

fn matrix(principal: &str, file: &str, keys: &[String]) -> Output {
    let mut command = crate::tools::kmsdeck();
    command
        .args(["--sandbox", "--sandbox-principal", principal, "matrix"])
        .args(["--encryption-context", ""])
        .args(["--encryption-context", "tenant=acme"])
        .args(["--expect", &format!("{FILES}/{file}.json")]);
    if !keys.is_empty() {
        command.arg("--key-id").args(keys);
    }
    command.output().expect("kmsdeck runs")
}

fn keys_of(file: &str) -> Vec<String> {
    let text = std::fs::read_to_string(format!("{FILES}/{file}.json")).expect("the file");
    let json: Value = serde_json::from_str(&text).expect("JSON");
    let keys = json["verdicts"].as_object().expect("verdicts").keys();
    keys.cloned().collect()
}

#[test]
fn every_principal_may_do_what_the_policies_say_and_nothing_else() {
    for principal in [
        "admin",
        "encryptor",
        "decryptor",
        "auditor",
        "no-list",
        "grantee",
    ] {
        let keys = keys_of(principal);
        assert_eq!(keys.len(), 28);
        // Two of them may not list keys, and name them.
        let named = match principal {
            "no-list" | "grantee" => keys,
            _ => Vec::new(),
        };
        let output = matrix(principal, principal, &named);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("Not as expected"), "{principal}: {said}");
        // Keys with a fault leave cells that are not known: 3, and not 1.
        let code = output.status.code();
        assert!(matches!(code, Some(0 | 3)), "{principal}: {code:?} {said}");
    }
    // The same test tells one principal from another.
    let output = matrix("auditor", "decryptor", &[]);
    assert_eq!(output.status.code(), Some(1));
}

/// Asks as several principals, with these arguments beside.
fn side_by_side(args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = crate::tools::kmsdeck();
    command
        .args(["--sandbox", "matrix", "--profiles", "encryptor,auditor"])
        .args(["--key-id", "alias/payments"])
        .args([
            "--operations",
            "GenerateDataKeyWithoutPlaintext",
            "DeriveSharedSecret",
        ])
        .args(args);
    let output = command.output().expect("kmsdeck runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn several_principals_stand_side_by_side_each_by_its_own_session() {
    let (code, table, said) = side_by_side(&[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(table.contains("✓✗"), "{table}");
    let names = "glyph 1: encryptor (arn:aws:iam::111122223333:user/encryptor)";
    assert!(table.contains(names), "{table}");
    let (_, csv, _) = side_by_side(&["--output", "csv"]);
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 5, "{csv}");
    assert!(lines[1].starts_with("arn:aws:iam::111122223333:user/encryptor,"));
    assert!(lines[4].starts_with("arn:aws:iam::111122223333:user/auditor,"));
    let contexts = ["--encryption-context", "", "--encryption-context", "a=b"];
    let (_, table, _) = side_by_side(&contexts);
    assert!(table.contains("✓✓ ✗✗"), "{table}");
    assert!(table.contains("group 2: auditor"), "{table}");
}

#[test]
fn expectations_are_of_each_principal() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    };
    let (_, json, _) = side_by_side(&["--output", "json"]);
    let read: Value = serde_json::from_str(&json).expect("JSON");
    let auditor = &read["principals"]["auditor"];
    assert_eq!(
        auditor["verdicts"]["alias/payments"]["GenerateDataKeyWithoutPlaintext"],
        "denied"
    );
    let same = file("same.json", &json);
    let (code, _, said) = side_by_side(&["--expect", &same]);
    assert_eq!(code, Some(0), "{said}");
    let mut other = read.clone();
    other["principals"]["auditor"] = read["principals"]["encryptor"].clone();
    other["principals"]["auditor"]["principal"] = Value::Null;
    let other = file("other.json", &other.to_string());
    let (code, _, said) = side_by_side(&["--expect", &other]);
    assert_eq!(code, Some(1), "{said}");
    let told = "Not as expected: auditor: lost: alias/payments GenerateDataKeyWithoutPlaintext";
    assert!(said.contains(told), "{said}");
    assert!(!said.contains("encryptor:"), "{said}");
    // One that nobody asked as differs; a file of old is about all.
    let gone = r#"{"principals": {"billing": {"verdicts": {}}}}"#;
    let (code, _, said) = side_by_side(&["--expect", &file("gone.json", gone)]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("nothing was asked as billing"), "{said}");
    let old = r#"{"verdicts": {"alias/payments": {"DeriveSharedSecret": "not for this key"}}}"#;
    let (code, _, said) = side_by_side(&["--expect", &file("old.json", old)]);
    assert_eq!(code, Some(0), "{said}");
    // Who asks alone finds their own in it.
    let output = matrix_alone("auditor", &same);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(matrix_alone("admin", &same).status.code(), Some(1));
}

fn matrix_alone(principal: &str, expect: &str) -> Output {
    let mut command = crate::tools::kmsdeck();
    command
        .args(["--sandbox", "--sandbox-principal", principal, "matrix"])
        .args(["--key-id", "alias/payments", "--expect", expect])
        .args([
            "--operations",
            "GenerateDataKeyWithoutPlaintext",
            "DeriveSharedSecret",
        ]);
    command.output().expect("kmsdeck runs")
}

#[tokio::test]
async fn a_key_of_a_region_without_a_session_is_asked_about_nowhere_else() {
    let target = crate::stage::target(SandboxOptions::default(), "admin");
    let session = connect(&target).await.expect("a session");
    let row = |region: &str| Row {
        key: KeyRef::new(region, "1234abcd-12ab-34cd-56ef-1234567890ab"),
        arn: None,
        name: region.to_owned(),
        aliases: Vec::new(),
        metadata: None,
    };
    let rows = vec![row("eu-west-1"), row("us-east-1")];
    let contexts = vec![Variant::new(Vec::new())];
    let matrix = Matrix::new(rows, operations(), contexts, Vec::new(), false);
    let answered = Mutex::new(matrix.clone());
    runner::run(
        matrix.clone(),
        matrix.to_ask(),
        vec![session.clone()],
        Some("arn:aws:iam::111122223333:user/admin".to_owned()),
        Limits::for_session(&session),
        false,
        |step| {
            if let RunEvent::Answered(id, cell) = step {
                answered.lock().expect("no panic").set(id, cell);
            }
        },
    )
    .await;
    let matrix = answered.into_inner().expect("no panic");
    for id in matrix.ids().filter(|id| id.row == 0) {
        let Cell::Answered(answer) = matrix.cell(id) else {
            panic!("{id:?} has no answer");
        };
        assert_eq!(answer.verdict, Verdict::NotKnown);
        let error = answer.error.as_ref().expect("a reason");
        assert_eq!(error.message, "There is no session in eu-west-1.");
    }
    let mut here = matrix.ids().filter(|id| id.row == 1);
    assert!(here.any(|id| matrix.cell(id).verdict() == Some(Verdict::WouldSucceed)));
}
