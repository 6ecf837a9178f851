//! The permission matrix of the seeded account, cell by cell, beside what was worked out by hand
//! from its policies (tests/data/matrix/expect.py).

use std::process::Output;

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
