//! A key made in one form, with one question, and what is told of each step.

use crate::stage::Stage;
use crate::terminal::Terminal;

const SIZE: (u16, u16) = (100, 46);
const SUBMIT: &str = "\x12";

#[tokio::test]
async fn the_form_narrows_the_kinds_by_the_usage_and_shows_the_policy_whole() {
    for columns in [80, 120, 200] {
        let mut stage = Stage::open((columns, 46)).await;
        stage.press(&["n"]).await;
        insta::assert_snapshot!(format!("new_key_{columns}"), stage.body());
        stage
            .press_until("Right", "GENERATE_VERIFY_MAC", |screen| {
                screen.contains("◂ GENERATE_VERIFY_MAC") || screen.contains("▸GENERATE_VERIFY_MAC")
            })
            .await;
        assert!(stage.has("HMAC_224"), "{}", stage.screen());
        assert!(!stage.has("SYMMETRIC_DEFAULT"), "{}", stage.screen());
        stage.go_to_field("Policy").await;
        stage.press(&["Right"]).await;
        insta::assert_snapshot!(format!("new_key_policy_{columns}"), stage.body());
        assert!(
            stage.has("arn:aws:iam::111122223333:root"),
            "{}",
            stage.screen()
        );
    }
}

#[tokio::test]
async fn what_was_done_is_told_step_by_step() {
    for columns in [80, 120, 200] {
        let mut stage = Stage::open((columns, 24)).await;
        stage.press(&["n"]).await;
        stage.go_to_field("AliasName").await;
        stage.type_text("alias/payments").await;
        stage.go_to_field("EnableKeyRotation").await;
        stage.press(&["Space", "Ctrl-r"]).await;
        insta::assert_snapshot!(format!("new_key_question_{columns}"), stage.body());
        stage.press(&["y"]).await;
        let body = stage.body();
        let key = body
            .lines()
            .find_map(|row| row.trim().strip_prefix("Key  "));
        let key = key.expect("the key").trim();
        // Each run makes another.
        let body = body.replace(key, "1234abcd-12ab-34cd-56ef-1234567890ab");
        insta::assert_snapshot!(format!("new_key_steps_{columns}"), body);
    }
}

#[tokio::test]
async fn what_is_left_is_offered_again_and_is_done_since() {
    let mut stage = Stage::open((80, 40)).await;
    stage.press(&["n"]).await;
    stage.go_to_field("AliasName").await;
    stage.type_text("alias/payments").await;
    stage.go_to_field("EnableKeyRotation").await;
    stage.press(&["Space", "Ctrl-r"]).await;
    assert!(stage.has("It costs 1 USD a month"), "{}", stage.screen());
    assert!(stage.has("Then CreateAlias"), "{}", stage.screen());
    stage.press(&["y"]).await;
    let screen = stage.screen();
    assert!(
        stage.has("Key created; 1 of 3 steps left to do"),
        "{screen}"
    );
    assert!(stage.has("✗ CreateAlias  alias/payments"), "{screen}");
    assert!(stage.has("✓ EnableKeyRotation"), "{screen}");
    stage.press(&["Enter"]).await;
    assert!(stage.has("[ Create alias ]"), "{}", stage.screen());
    stage.go_to_field("AliasName").await;
    stage.type_text("-two").await;
    stage.press(&["Ctrl-r", "y"]).await;
    assert!(stage.has("Alias created"), "{}", stage.screen());
    stage.press(&["Esc", "Esc"]).await;
    assert!(
        stage.has("Key created, and all that was asked for"),
        "{}",
        stage.screen()
    );
    assert!(stage.has("done since"), "{}", stage.screen());
    stage.press(&["Esc", "Esc"]).await;
    // The next key is another one.
    stage.press(&["n"]).await;
    assert!(!stage.has("alias/payments"), "{}", stage.screen());
    stage.press(&["Esc"]).await;
    stage.press(&["/"]).await;
    stage.type_text("payments-two").await;
    assert!(stage.has("alias/payments-two"), "{}", stage.screen());
}

#[tokio::test]
async fn where_no_key_is_made_nothing_else_is_sent() {
    let mut stage = Stage::open_as("auditor", (80, 40)).await;
    stage.press(&["n"]).await;
    stage.go_to_field("AliasName").await;
    stage.type_text("alias/x").await;
    stage.press(&["Ctrl-r", "y"]).await;
    assert!(stage.has("No key was made"), "{}", stage.screen());
    assert!(stage.has("not sent"), "{}", stage.screen());
    assert_eq!(
        stage
            .records
            .iter()
            .filter(|call| call.operation == "CreateAlias")
            .count(),
        0
    );
    stage.press(&["Esc"]).await;
    assert!(stage.has("[ Create key ]"), "{}", stage.screen());
    assert!(stage.has("alias/x"), "{}", stage.screen());
}

#[test]
fn a_key_is_made_with_alias_tags_and_rotation() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut terminal = Terminal::start(&["--sandbox"], &[], folder.path(), SIZE);
    terminal.wait_for("aliases ·");
    terminal.send("n");
    terminal.wait_for("[ Create key ]");
    // KeyUsage, KeySpec, Origin, MultiRegion; then the alias.
    terminal.send("\t\t\t\talias/made-here\tFor the tests\t\x1b[200~team=pay\x1b[201~");
    terminal.wait_for("pay");
    terminal.send(SUBMIT);
    terminal.wait_for("CreateKey?");
    terminal.wait_for("costs 1 USD a month");
    terminal.send("n");
    terminal.wait_gone("CreateKey?");
    terminal.send("\t");
    terminal.wait_for("EnableKeyRotation: ");
    terminal.send(" \t180");
    terminal.wait_for("180");
    terminal.send(SUBMIT);
    terminal.wait_for("Then EnableKeyRotation: KMS makes new key material");
    terminal.send("y");
    terminal.wait_for("Key created, and all that was asked for");
    terminal.wait_for("✓ CreateKey");
    terminal.wait_for("✓ CreateAlias  alias/made-here");
    terminal.wait_for("✓ EnableKeyRotation  RotationPeriodInDays 180");
    // Its details are one press away, and the list has it.
    terminal.send("\r");
    terminal.wait_for("For the tests");
    terminal.wait_for("Tags 1");
    terminal.wait_for("alias/made-here");
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
}

#[test]
fn an_alias_that_is_taken_leaves_the_key_and_its_form() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut terminal = Terminal::start(&["--sandbox"], &[], folder.path(), SIZE);
    terminal.wait_for("aliases ·");
    terminal.send("n");
    terminal.wait_for("[ Create key ]");
    terminal.send("\t\t\t\talias/payments");
    terminal.wait_for("alias/payments");
    terminal.send(SUBMIT);
    terminal.wait_for("CreateKey?");
    terminal.send("y");
    terminal.wait_for("Key created; 1 of 2 steps left to do");
    terminal.wait_for("AlreadyExistsException");
    terminal.wait_for("What is done stands");
    terminal.send("\r");
    terminal.wait_for("[ Create alias ]");
    terminal.wait_for("alias/payments");
}

#[tokio::test]
async fn a_public_key_is_saved_as_pem_or_der_by_the_files_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut stage = Stage::open((120, 40)).await;
    stage.press(&["/"]).await;
    stage.type_text("alias/signing").await;
    stage.press(&["Enter", "Enter", "BackTab"]).await;
    assert!(stage.has("BEGIN PUBLIC KEY"), "{}", stage.screen());
    for name in ["key.pem", "key.der"] {
        stage.press(&["s"]).await;
        assert!(stage.has("PublicKey.pem"), "{}", stage.screen());
        stage.press(&["Ctrl-u"]).await;
        let path = folder.path().join(name);
        stage.type_text(path.to_str().expect("UTF-8")).await;
        stage.press(&["Enter"]).await;
        assert!(stage.has("Saved"), "{}", stage.screen());
    }
    let read = |name| std::fs::read(folder.path().join(name)).expect("the file");
    let (pem, der) = (read("key.pem"), read("key.der"));
    assert!(pem.starts_with(b"-----BEGIN PUBLIC KEY-----\n"));
    assert_eq!(der[0], 0x30);
    // The outcome of GetPublicKey asks in the same way.
    stage.press(&["a"]).await;
    stage.type_text("GetPublicKey").await;
    stage.press(&["Enter", "Ctrl-r", "s"]).await;
    assert!(
        stage.has("PEM where the name ends in .pem"),
        "{}",
        stage.screen()
    );
}
