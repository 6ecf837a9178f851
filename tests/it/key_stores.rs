//! The custom key stores: on the screen, from the command line, and in a pseudo-terminal.

use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_kms::Client;
use kmsdeck::gateway::{Place, Target};
use kmsdeck_sandbox::{Sandbox, SandboxOptions};
use serde_json::Value;

use crate::sandbox::admin;
use crate::stage::{Stage, target};
use crate::terminal::Terminal;

const SEEDED: &str = "cks-1234567890abcdef0";

/// A sandbox where a connection is there at once.
fn settled() -> Target {
    let options = SandboxOptions {
        settling: Duration::ZERO,
        ..SandboxOptions::default()
    };
    target(options, "admin")
}

fn sandbox_of(target: &Target) -> Arc<Sandbox> {
    match &target.place {
        Place::Sandbox { sandbox, .. } => sandbox.clone(),
        Place::Aws { .. } => unreachable!("it is a sandbox"),
    }
}

/// A key store that fails to connect, as its name asks for.
async fn failed_store(client: &Client) {
    let made = client
        .create_custom_key_store()
        .custom_key_store_name("old HSMs fails with CLUSTER_NOT_FOUND")
        .cloud_hsm_cluster_id("cluster-2b34c5defgh")
        .trust_anchor_certificate("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----")
        .key_store_password("kmsPswd1")
        .send()
        .await
        .expect("a key store");
    let id = made.custom_key_store_id.expect("its ID");
    let call = client.connect_custom_key_store().custom_key_store_id(id);
    call.send().await.expect("it begins");
}

async fn stores(target: Target, size: (u16, u16)) -> Stage {
    let mut stage = Stage::open_on(target, size).await;
    stage.press(&[":"]).await;
    stage.type_text("stores").await;
    stage.press(&["Enter"]).await;
    stage
}

#[tokio::test]
async fn the_key_stores_with_what_failed_and_the_keys_in_each_at_three_sizes() {
    for size in [(60, 16), (80, 24), (120, 40)] {
        let target = settled();
        failed_store(&admin(&sandbox_of(&target))).await;
        let mut stage = stores(target, size).await;
        stage.press(&["Down"]).await;
        insta::assert_snapshot!(format!("stores_{}", size.0), stage.body());
        stage.press(&["Enter"]).await;
        assert!(stage.has("CLUSTER_NOT_FOUND"), "{}", stage.screen());
        stage.press(&["Esc", "Up", "Enter"]).await;
        insta::assert_snapshot!(format!("store_{}", size.0), stage.body());
    }
}

#[tokio::test]
async fn a_key_store_is_connected_and_disconnected_and_its_keys_with_it() {
    let mut stage = stores(settled(), (80, 24)).await;
    stage.press(&["Enter"]).await;
    assert!(stage.has("⊘ Unavailable"), "{}", stage.screen());
    // What is not connected cannot be disconnected.
    assert!(!stage.hints().contains("disconnect"), "{}", stage.hints());
    stage.press(&["c"]).await;
    assert!(
        stage.has("ConnectCustomKeyStore of hsm-store?"),
        "{}",
        stage.screen()
    );
    stage.press(&["y"]).await;
    assert!(stage.has("● CONNECTED"), "{}", stage.screen());
    assert!(stage.has("● Enabled"), "{}", stage.screen());
    stage.press(&["d"]).await;
    insta::assert_snapshot!("store_disconnection_80", stage.body());
    stage.type_text("hsm").await;
    stage.press(&["Enter"]).await;
    assert!(
        stage.has("Not sent: type hsm-store or 0abcdef0"),
        "{}",
        stage.screen()
    );
    stage.type_text("-store").await;
    stage.press(&["Enter"]).await;
    assert!(stage.has("○ DISCONNECTED"), "{}", stage.screen());
    assert!(stage.has("⊘ Unavailable"), "{}", stage.screen());
    // The key's own details are a press away.
    stage.press(&["Enter"]).await;
    assert!(stage.has("CustomKeyStoreId"), "{}", stage.screen());
    // The list of keys knows it, too.
    stage.press(&["Esc", "Esc", "Esc", "/"]).await;
    stage.type_text("hsm-store").await;
    assert!(stage.has("⊘ Unavailable"), "{}", stage.screen());
}

#[tokio::test]
async fn of_many_keys_it_is_said_that_not_all_are_known() {
    let options = SandboxOptions {
        extra_keys: 700,
        settling: Duration::ZERO,
        ..SandboxOptions::default()
    };
    let mut stage = stores(target(options, "admin"), (120, 40)).await;
    assert!(stage.has("not described yet"), "{}", stage.screen());
    assert!(stage.has("D describes all"), "{}", stage.screen());
    stage.press(&["c", "y", "d"]).await;
    assert!(
        stage.has("How many KMS keys stop working"),
        "{}",
        stage.screen()
    );
    stage.press(&["Esc", "D"]).await;
    assert!(!stage.has("not described yet"), "{}", stage.screen());
}

#[tokio::test]
async fn who_may_not_see_them_is_told_so() {
    let stage = stores(target(SandboxOptions::default(), "no-list"), (80, 24)).await;
    let told = "You may not list custom key stores here (kms:DescribeCustomKeyStores)";
    assert!(stage.has(told), "{}", stage.screen());
}

#[test]
fn the_command_line_tells_of_them_connects_and_disconnects() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state.json");
    let run = |args: &[&str]| -> Output {
        let mut command = crate::tools::kmsdeck();
        command.args(["--sandbox", "--sandbox-state"]).arg(&state);
        command.args(args).stdin(Stdio::null());
        command.output().expect("kmsdeck runs")
    };
    let output = run(&["describe-custom-key-stores", "--output", "json"]);
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let store = &told["CustomKeyStores"][0];
    assert_eq!(store["CustomKeyStoreId"], SEEDED);
    assert_eq!(store["ConnectionState"], "DISCONNECTED");
    assert_eq!(store["CustomKeyStoreType"], "AWS_CLOUDHSM");
    let id = ["--custom-key-store-id", SEEDED];
    let output = run(&[&["connect-custom-key-store"], &id[..], &["--yes"]].concat());
    assert_eq!(output.status.code(), Some(0));
    // Without a word of the user nothing is lost.
    let output = run(&[&["disconnect-custom-key-store"], &id[..]].concat());
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("add --yes to confirm it"), "{said}");
    let output = run(&[&["disconnect-custom-key-store"], &id[..], &["--yes"]].concat());
    assert_eq!(output.status.code(), Some(0));
    let output = run(&[
        "describe-custom-key-stores",
        "--custom-key-store-name",
        "hsm-store",
    ]);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("ConnectionState     DISCONNECTED"), "{told}");
    let output = run(&[
        "describe-custom-key-stores",
        "--custom-key-store-name",
        "none",
    ]);
    assert_eq!(output.status.code(), Some(1));
}

/// On a terminal the command line counts the keys itself.
#[test]
fn on_a_terminal_the_question_counts_the_keys() {
    let folder = tempfile::tempdir().expect("a folder");
    let args = ["--sandbox", "--sandbox-state", "state.json"];
    let id = ["--custom-key-store-id", SEEDED];
    let connect = [&args[..], &["connect-custom-key-store"], &id, &["--yes"]].concat();
    let mut terminal = Terminal::start(&connect, &[], folder.path(), (100, 30));
    assert_eq!(terminal.wait_end(), 0);
    let disconnect = [&args[..], &["disconnect-custom-key-store"], &id].concat();
    let mut terminal = Terminal::start(&disconnect, &[], folder.path(), (100, 30));
    terminal.wait_for("1 KMS key stops working at once: alias/hsm-store.");
    terminal.wait_for("Type hsm-store or 0abcdef0 to go on:");
    terminal.send("hsm-store\r");
    terminal.wait_for("Key store disconnected");
    assert_eq!(terminal.wait_end(), 0);
}

#[test]
fn a_key_store_is_connected_and_disconnected_in_a_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut terminal = Terminal::start(&["--sandbox"], &[], folder.path(), (100, 30));
    terminal.wait_for("aliases ·");
    terminal.send(":stores\r");
    terminal.wait_for("1 custom key store");
    terminal.wait_for("○ DISCONNECTED");
    terminal.send("c");
    terminal.wait_for("ConnectCustomKeyStore of hsm-store?");
    terminal.send("y");
    // It is looked at until it is there, with no key pressed.
    terminal.wait_for("● CONNECTED");
    terminal.send("\r");
    terminal.wait_for("Keys in it: 1");
    terminal.wait_for("● Enabled");
    terminal.send("d");
    terminal.wait_for("DisconnectCustomKeyStore of hsm-store?");
    terminal.wait_for("1 KMS key stops working at once: alias/hsm-store.");
    terminal.wait_for("type hsm-store or 0abcdef0");
    terminal.send("hsm-store\r");
    terminal.wait_for("○ DISCONNECTED");
    terminal.wait_for("⊘ Unavailable");
    terminal.send("\x1b");
    terminal.wait_for("1 custom key store");
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
    terminal.assert_given_back();
}
