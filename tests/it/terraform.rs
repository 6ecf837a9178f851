//! Terraform's AWS provider against `kmsdeck sandbox serve`: every aws_kms_* resource and data
//! source of `tests/clients/terraform` is made, planned again, changed, imported and destroyed.
//!
//! It wants `terraform`, and the provider without a download: in `KMSDECK_TERRAFORM_PLUGINS` (a
//! folder as `-plugin-dir` takes it), where `TF_CLI_CONFIG_FILE` says, or in one of terraform's own
//! plugin folders. Where they aren't there the test says so and goes on.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::served::Served;

const CONFIGURATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/terraform");
const PROVIDER: &str = "registry.terraform.io/hashicorp/aws";

/// Where the provider is, as an argument of `terraform init`; none needed where terraform finds it.
fn plugins() -> Option<Vec<String>> {
    let is_there = |folder: &Path| folder.join(PROVIDER).is_dir();
    if let Some(folder) = std::env::var_os("KMSDECK_TERRAFORM_PLUGINS").map(PathBuf::from) {
        assert!(
            is_there(&folder),
            "KMSDECK_TERRAFORM_PLUGINS has no {PROVIDER}"
        );
        return Some(vec![format!("-plugin-dir={}", folder.display())]);
    }
    if std::env::var_os("TF_CLI_CONFIG_FILE").is_some_and(|file| Path::new(&file).is_file()) {
        return Some(Vec::new());
    }
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let own = home.iter().flat_map(|home| {
        [
            home.join(".terraform.d/plugins"),
            home.join(".local/share/terraform/plugins"),
        ]
    });
    let all = [
        "/usr/local/share/terraform/plugins",
        "/usr/share/terraform/plugins",
    ];
    let mut folders = own.chain(all.map(PathBuf::from));
    folders.any(|folder| is_there(&folder)).then(Vec::new)
}

struct Terraform {
    folder: tempfile::TempDir,
    served: Served,
    variables: Vec<String>,
}

impl Terraform {
    fn run(&self, arguments: &[&str]) -> Output {
        Command::new("terraform")
            .current_dir(self.folder.path())
            .args(arguments)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_IN_AUTOMATION", "1")
            .envs(&self.served.environment)
            .output()
            .unwrap()
    }

    /// What it prints; it must succeed.
    fn told(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}\n{told}\n{error}");
        told
    }

    fn with_variables<'a>(&'a self, command: &[&'a str]) -> Vec<&'a str> {
        let mut all = [command, &["-no-color", "-input=false"]].concat();
        all.extend(self.variables.iter().map(String::as_str));
        all
    }

    fn apply(&self) -> String {
        self.told(&self.with_variables(&["apply", "-auto-approve"]))
    }

    /// A plan finds nothing to do.
    fn is_settled(&self, when: &str) {
        let output = self.run(&self.with_variables(&["plan", "-detailed-exitcode"]));
        let told = String::from_utf8_lossy(&output.stdout);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{when}: {told}\n{error}");
    }

    /// The IDs of resources of the root module, by their addresses.
    fn ids(&self) -> HashMap<String, String> {
        let told: Value = serde_json::from_str(&self.told(&["show", "-json"])).unwrap();
        let resources = told["values"]["root_module"]["resources"]
            .as_array()
            .unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let of = |one: &Value| (text(&one["address"]), text(&one["values"]["id"]));
        resources.iter().map(of).collect()
    }
}

/// `2026-01-01T00:00:00Z`
fn in_a_month() -> String {
    let at = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(30 * 24);
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn left_out(why: &str) {
    // Not by eprintln!, whose words are kept back of a test that passes.
    let _ = writeln!(
        std::io::stderr(),
        "left out of terraform: what Terraform's AWS provider does ({why}; CONTRIBUTING.md)"
    );
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => {
                std::fs::copy(entry.path(), target).unwrap();
            }
        }
    }
}

#[test]
fn terraform_makes_changes_imports_and_destroys() {
    let version = Command::new("terraform").arg("version").output();
    if !version.is_ok_and(|output| output.status.success()) {
        return left_out("there is no terraform");
    }
    let Some(plugins) = plugins() else {
        return left_out("its provider is not on this machine");
    };
    let mut terraform = Terraform {
        folder: tempfile::tempdir().unwrap(),
        served: Served::start(&["--empty"]),
        variables: vec![format!("-var=valid_to={}", in_a_month())],
    };
    copy(Path::new(CONFIGURATION), terraform.folder.path());
    let mut init = vec!["init", "-no-color", "-input=false"];
    init.extend(plugins.iter().map(String::as_str));
    terraform.told(&init);

    terraform.apply();
    terraform.is_settled("after it was made");

    let changed = [
        "-var=description=changed",
        "-var=is_enabled=false",
        "-var=rotation_period_in_days=365",
    ];
    terraform.variables.extend(changed.map(str::to_owned));
    let told = terraform.apply();
    // A ciphertext is of its plaintext and its context alone.
    assert!(
        told.contains("0 added") && told.contains("0 destroyed"),
        "{told}"
    );
    terraform.is_settled("after it was changed");

    let ids = terraform.ids();
    let imported = [
        "aws_kms_key.of[\"RSA_2048\"]",
        "aws_kms_key.rotating",
        "aws_kms_key_policy.later",
        "aws_kms_alias.named",
        "aws_kms_grant.equals",
        "aws_kms_replica_key.replica",
    ];
    terraform.told(&[&["state", "rm", "-no-color"], &imported[..]].concat());
    let blocks = imported.map(|address| {
        let id = &ids[address];
        let provider = match address.contains("replica") {
            true => "provider = aws.replica",
            false => "",
        };
        format!("import {{\n  to = {address}\n  id = \"{id}\"\n  {provider}\n}}\n")
    });
    std::fs::write(terraform.folder.path().join("imports.tf"), blocks.concat()).unwrap();
    // What the API does not tell (the days until a deletion) is set again, and nothing else.
    let told = terraform.apply();
    let wanted = ["6 imported", "0 added", "0 destroyed"];
    assert!(wanted.iter().all(|wanted| told.contains(wanted)), "{told}");
    terraform.is_settled("after it was imported");

    terraform.told(&terraform.with_variables(&["destroy", "-auto-approve"]));
    let left = terraform.told(&["state", "list"]);
    assert_eq!(left.trim(), "");
}
