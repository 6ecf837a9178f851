//! What a user must be able to rely on where an account is changed: nothing leaves unasked, the
//! question says what it hits, and no screen goes on showing what kmsdeck has just made untrue.

use kmsdeck::kms::SecretBytes;
use kmsdeck::tui::jobs::SaveError;

use crate::stage::Stage;

const PAYMENTS: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";

/// Opens the console on the list, with the cursor on the key that this finds.
async fn at_key(filter: &str, size: (u16, u16)) -> Stage {
    let mut stage = Stage::open(size).await;
    stage.find(filter).await;
    stage
}

impl Stage {
    async fn find(&mut self, filter: &str) {
        self.press(&["/", "Ctrl-u"]).await;
        self.type_text(filter).await;
        self.press(&["Enter"]).await;
    }

    /// Chooses an operation for the key under the cursor.
    async fn choose(&mut self, operation: &str) {
        self.press(&["a"]).await;
        self.go_to(operation).await;
        self.press(&["Enter"]).await;
    }

    /// Calls of that operation that were no dry runs.
    fn sent(&self, operation: &str) -> usize {
        let of =
            |record: &&kmsdeck::kms::CallRecord| record.operation == operation && !record.dry_run;
        self.records.iter().filter(of).count()
    }

    /// Goes back to the list of keys.
    async fn home(&mut self) {
        self.press_until("Esc", "the list", |screen| screen.contains("sort:"))
            .await;
    }

    /// Opens the call log at the newest call of an operation.
    async fn log_at(&mut self, operation: &str) {
        self.press(&["L", "/"]).await;
        self.type_text(operation).await;
        self.press(&["Enter"]).await;
    }

    /// The row of the list under the cursor.
    fn row(&self) -> String {
        let screen = self.screen();
        let row = crate::stage::under_cursor(&screen);
        row.expect("a row under the cursor").to_owned()
    }
}

#[tokio::test]
async fn the_log_sends_no_change_again_and_offers_its_form() {
    let mut stage = at_key("payments", (100, 30)).await;
    stage.choose("RotateKeyOnDemand").await;
    stage.press(&["Ctrl-r", "y"]).await;
    assert!(stage.has("Rotation begun"), "{}", stage.screen());
    stage.log_at("RotateKeyOnDemand").await;
    stage.press(&["r"]).await;
    assert_eq!(stage.sent("RotateKeyOnDemand"), 1);
    assert!(
        stage.has("RotateKeyOnDemand changes the account: send it from its form."),
        "{}",
        stage.screen()
    );
    assert!(stage.has("[ Rotate ]"), "{}", stage.screen());
    stage.press(&["Ctrl-r"]).await;
    assert!(stage.has("RotateKeyOnDemand of"), "{}", stage.screen());
    assert_eq!(stage.sent("RotateKeyOnDemand"), 1);
    stage.press(&["Esc"]).await;
    assert_eq!(stage.sent("RotateKeyOnDemand"), 1);
}

#[tokio::test]
async fn an_outcome_sends_no_change_again_and_does_not_offer_it() {
    let mut stage = at_key("payments", (100, 30)).await;
    stage.choose("DisableKey").await;
    stage.press(&["Ctrl-r", "y"]).await;
    assert!(!stage.hints().contains("again"), "{}", stage.hints());
    stage.press(&["r"]).await;
    assert_eq!(stage.sent("DisableKey"), 1);
}

#[tokio::test]
async fn a_copied_secret_is_cleared_though_the_list_is_begun_anew() {
    let mut stage = Stage::open_configured("clipboard-clear = 1", (100, 30)).await;
    stage.find("payments").await;
    stage.choose("GenerateDataKey").await;
    stage.press(&["Ctrl-r", "y"]).await;
    stage.go_to("Plaintext as base64, secret").await;
    stage.press_only("Enter");
    stage.settle_until("It is cleared in 1 s").await;
    let copied = stage.written.clone();
    assert!(copied.contains("\u{1b}]52;c;"), "{copied:?}");
    for key in ["Esc", "Esc", "Esc", "r"] {
        stage.press_only(key);
    }
    stage.settle().await;
    let after = &stage.written[copied.len()..];
    assert!(after.contains("\u{1b}]52;c;"), "nothing was cleared");
    assert!(
        stage.has("taken out of the clipboard"),
        "{}",
        stage.screen()
    );
}

#[tokio::test]
async fn a_disabled_key_is_disabled_on_every_screen_at_once() {
    let mut stage = at_key("payments", (100, 30)).await;
    assert!(stage.row().contains("Enabled"), "{}", stage.row());
    // What was read of the key before is kept, and must not be shown again.
    stage.press(&["Enter", "Esc"]).await;
    stage.choose("DisableKey").await;
    stage.press(&["Ctrl-r", "y", "Esc"]).await;
    assert!(
        stage.has("key ID of a key that is Disabled"),
        "{}",
        stage.screen()
    );
    stage.home().await;
    stage.find("payments").await;
    assert!(stage.row().contains("Disabled"), "{}", stage.row());
    stage.press(&["Enter"]).await;
    assert!(
        stage.has("KeyState             Disabled"),
        "{}",
        stage.screen()
    );
    assert!(!stage.has("as it was"), "{}", stage.screen());
    // From the details themselves, too.
    stage.choose("EnableKey").await;
    stage.press(&["Ctrl-r", "y", "Esc", "Esc"]).await;
    assert!(
        stage.has("KeyState             Enabled"),
        "{}",
        stage.screen()
    );
    stage.press(&["Esc", "A", "/"]).await;
    stage.type_text("alias/payments").await;
    stage.press(&["Enter"]).await;
    assert!(stage.has("Enabled"), "{}", stage.screen());
}

#[tokio::test]
async fn a_revoked_grant_is_gone_from_the_details() {
    let mut stage = at_key("payments", (120, 40)).await;
    stage.press(&["Enter"]).await;
    let before = grants(&stage);
    stage.choose("CreateGrant").await;
    stage
        .type_text("arn:aws:iam::111122223333:user/auditor")
        .await;
    stage.go_to_field("Operations").await;
    stage.press(&["Space", "Ctrl-t", "Ctrl-r", "y"]).await;
    assert!(stage.has("Grant created"), "{}", stage.screen());
    stage.press(&["d", "Ctrl-t", "Ctrl-r", "y"]).await;
    assert!(stage.has("Grant revoked"), "{}", stage.screen());
    // Back through the forms: what is below them is as it is now.
    stage
        .press_until("Esc", "the details", |screen| screen.contains("Metadata"))
        .await;
    assert_eq!(grants(&stage), before, "{}", stage.screen());
    stage.choose("CreateGrant").await;
    stage.press(&["Ctrl-r", "y"]).await;
    stage
        .press_until("Esc", "the details", |screen| screen.contains("Metadata"))
        .await;
    assert_eq!(grants(&stage), before + 1, "{}", stage.screen());
}

#[tokio::test]
async fn a_matrix_asks_again_about_a_key_that_was_changed() {
    let mut stage = at_key("alias/pa", (120, 40)).await;
    stage.press(&["m", "Space"]).await;
    assert_eq!(answered(&stage, "alias/partner"), 10, "{}", stage.screen());
    assert_eq!(answered(&stage, "alias/payments"), 10, "{}", stage.screen());
    stage
        .press_until("Down", "payments", |screen| {
            screen.contains(" · alias/payments")
        })
        .await;
    stage
        .press_until("Right", "CreateGrant", |screen| {
            screen.contains("CreateGrant · ")
        })
        .await;
    stage.press(&["f", "Ctrl-t", "Ctrl-r", "y"]).await;
    assert!(stage.has("Grant created"), "{}", stage.screen());
    stage
        .press_until("Esc", "the matrix", |screen| {
            screen.contains("Permission matrix")
        })
        .await;
    assert_eq!(answered(&stage, "alias/payments"), 0, "{}", stage.screen());
    assert_eq!(answered(&stage, "alias/partner"), 10, "{}", stage.screen());
    stage.press(&["Space"]).await;
    assert_eq!(answered(&stage, "alias/payments"), 10, "{}", stage.screen());
}

/// The cells of a key's row in the matrix that have a verdict.
fn answered(stage: &Stage, key: &str) -> usize {
    let screen = stage.screen();
    let is_row = |row: &&str| row.trim_start_matches([' ', '▌']).starts_with(key);
    let row = screen.lines().find(is_row).expect("the key's row");
    row.matches(['✓', '✗', '!', '?']).count()
}

#[tokio::test]
async fn a_cell_about_a_grant_shows_the_grant_that_was_asked_about() {
    let mut stage = at_key("payments", (120, 40)).await;
    stage.press(&["m", "Space"]).await;
    for operation in ["RetireGrant", "RevokeGrant"] {
        stage
            .press_until("Right", operation, |screen| {
                screen.contains(&format!("{operation} · "))
            })
            .await;
        stage.press(&["f"]).await;
        assert!(stage.has("GrantId"), "{}", stage.screen());
        assert!(!stage.has("00000000"), "{}", stage.screen());
        stage
            .press_until("Esc", "the matrix", |screen| {
                screen.contains("Permission matrix")
            })
            .await;
    }
}

/// The number of grants that the title of the tab tells.
fn grants(stage: &Stage) -> usize {
    let screen = stage.screen();
    let (_, after) = screen.split_once("Grants ").expect("the tab of grants");
    let digits = after.trim_start().split(' ').next().unwrap_or_default();
    digits.parse().expect("a number of grants")
}

#[tokio::test]
async fn an_outcome_from_the_log_is_of_the_region_that_the_call_was_in() {
    let mut stage = Stage::open((100, 30)).await;
    stage.press(&[":"]).await;
    stage.type_text("regions us-east-1,eu-west-1").await;
    stage.press(&["Enter"]).await;
    stage.find("orders-eu").await;
    stage.press(&["g", "Ctrl-r"]).await;
    assert!(stage.has("Data key generated"), "{}", stage.screen());
    stage.home().await;
    stage.log_at("GenerateDataKeyWithoutPlaintext").await;
    stage.press(&["r"]).await;
    assert!(stage.has("Data key generated"), "{}", stage.screen());
    // What leads on from it goes to that Region: there the key is known.
    stage.press(&["E"]).await;
    assert!(stage.has("ReEncrypt"), "{}", stage.screen());
    stage
        .press_until("BackTab", "SourceKeyId", |screen| {
            screen.contains(" SourceKeyId: ")
        })
        .await;
    assert!(
        stage.has("key ARN, Enabled") && !stage.has("KMS will not find it"),
        "{}",
        stage.screen()
    );
}

#[tokio::test]
async fn an_outcome_from_the_log_is_sent_again_itself() {
    let mut stage = at_key("payments", (100, 30)).await;
    stage.press(&["g", "Ctrl-r"]).await;
    stage.home().await;
    stage.log_at("GenerateDataKeyWithoutPlaintext").await;
    stage.press(&["r"]).await;
    assert_eq!(stage.sent("GenerateDataKeyWithoutPlaintext"), 2);
    assert!(stage.hints().contains("r again"), "{}", stage.hints());
    stage.press(&["r"]).await;
    assert_eq!(stage.sent("GenerateDataKeyWithoutPlaintext"), 3);
    assert!(stage.has("Data key generated"), "{}", stage.screen());
}

#[tokio::test]
async fn a_deletion_is_asked_about_in_full_and_confirmed_by_typing() {
    for size in [(80, 24), (120, 40)] {
        let mut stage = at_key("alias/app-tokens", size).await;
        stage.choose("ScheduleKeyDeletion").await;
        stage.go_to_field("PendingWindowInDays").await;
        stage.type_text("7").await;
        stage.press(&["Ctrl-r"]).await;
        insta::assert_snapshot!(format!("question_deletion_{}", size.0), stage.body());
        for said in [
            "2026-06-08 12:00 UTC, in 7 days",
            "alias/app-tokens",
            "5a0d3f7b-86c2-4e91-b4d7-f1e2c3a49b68",
            "Tokenizer for the loyalty programme",
            "111122223333",
            "us-east-1",
            "user/admin",
            "type alias/app-tokens or c3a49b68",
        ] {
            assert!(stage.has(said), "{said}: {}", stage.screen());
        }
        // Neither the yes of a smaller question nor a wrong name sends it, and q is a letter.
        stage.press(&["y", "q", "Enter"]).await;
        assert!(!stage.quit);
        assert!(
            stage.has("Not sent: type alias/app-tokens or c3a49b68"),
            "{}",
            stage.screen()
        );
        stage.press(&["Backspace", "Backspace"]).await;
        stage.type_text("c3a49b68").await;
        assert_eq!(stage.sent("ScheduleKeyDeletion"), 0);
        stage.press(&["Enter"]).await;
        assert_eq!(stage.sent("ScheduleKeyDeletion"), 1);
        assert!(stage.has("Deletion scheduled"), "{}", stage.screen());
        stage.home().await;
        stage.find("alias/app-tokens").await;
        assert!(stage.row().contains("Deletion"), "{}", stage.row());
    }
}

#[tokio::test]
async fn q_in_a_question_is_a_no_and_does_not_end_kmsdeck() {
    let mut stage = at_key("payments", (80, 24)).await;
    stage.choose("DisableKey").await;
    stage.press(&["Ctrl-r"]).await;
    insta::assert_snapshot!("question_disable_80", stage.body());
    stage.press(&["q"]).await;
    assert!(!stage.quit);
    assert!(!stage.has("DisableKey of"), "{}", stage.screen());
    assert_eq!(stage.sent("DisableKey"), 0);
}

#[tokio::test]
async fn what_cannot_be_seen_is_not_said_yes_to() {
    let mut stage = at_key("payments", (80, 24)).await;
    stage.choose("DisableKey").await;
    stage.press(&["Ctrl-r"]).await;
    stage.resize(50, 10);
    stage.press(&["y", "Esc"]).await;
    assert_eq!(stage.sent("DisableKey"), 0);
    stage.resize(80, 24);
    assert!(
        stage.has("DisableKey of alias/payments?"),
        "{}",
        stage.screen()
    );
}

#[tokio::test]
async fn a_question_about_a_grant_names_it_and_its_grantee() {
    let mut stage = at_key("payments", (100, 40)).await;
    stage.choose("CreateGrant").await;
    stage
        .type_text("arn:aws:iam::111122223333:user/auditor")
        .await;
    stage.go_to_field("Operations").await;
    stage.press(&["Space", "Ctrl-t", "Ctrl-r", "y"]).await;
    stage.press(&["d", "Ctrl-t", "Ctrl-r"]).await;
    for said in [
        "RevokeGrant of alias/payments?",
        "arn:aws:iam::111122223333:user/auditor may no longer use",
        "Grantee              arn:aws:iam::111122223333:user/auditor",
        "Operations           CreateGrant",
    ] {
        assert!(stage.has(said), "{said}: {}", stage.screen());
    }
}

#[tokio::test]
async fn a_form_is_about_the_key_that_it_is_opened_for() {
    let mut stage = at_key("payments", (100, 30)).await;
    stage.choose("DisableKey").await;
    // The question comes at once. Another key is typed in its form, and that left.
    stage.press(&["n"]).await;
    stage.go_to_field("KeyId").await;
    stage.press(&["Ctrl-u"]).await;
    stage
        .type_text("55e0c1d2-7f3a-4b6c-9d8e-0f1a2b3caa10")
        .await;
    stage.press(&["Esc", "Esc"]).await;
    stage.home().await;
    stage.find("payments").await;
    stage.choose("DisableKey").await;
    assert!(stage.has(PAYMENTS), "{}", stage.screen());
    assert!(!stage.has("55e0c1d2"), "{}", stage.screen());
    assert!(
        stage.has("DisableKey of alias/payments?"),
        "{}",
        stage.screen()
    );
}

#[tokio::test]
async fn a_small_terminal_shows_what_is_lost_and_where_to_type() {
    let mut stage = at_key("alias/app-tokens", (60, 16)).await;
    stage.choose("ScheduleKeyDeletion").await;
    stage.press(&["Ctrl-t", "Ctrl-r"]).await;
    insta::assert_snapshot!("question_deletion_60", stage.body());
    // The end of the text is an end: as many presses lead back as led there.
    stage
        .press_until("Down", "the last row", |screen| {
            screen.contains("user/admin") && !screen.contains("more")
        })
        .await;
    let last = stage.screen();
    stage.press(&["Down", "Down", "Up"]).await;
    assert_ne!(stage.screen(), last);
    assert!(stage.has("To go on, type"), "{}", stage.screen());
}

#[tokio::test]
async fn a_second_enter_before_the_answer_is_no_second_call() {
    let mut stage = at_key("payments", (100, 30)).await;
    stage.press(&["g"]).await;
    stage
        .press_until("Tab", "the button", |screen| {
            screen
                .lines()
                .any(|row| row.contains("▌") && row.contains("Generate ]"))
        })
        .await;
    for _ in 0..3 {
        stage.press_only("Enter");
    }
    stage.settle().await;
    assert_eq!(stage.sent("GenerateDataKeyWithoutPlaintext"), 1);
}

#[tokio::test]
async fn the_cursor_stays_on_its_key_when_the_list_is_begun_anew() {
    let mut stage = Stage::open((80, 24)).await;
    stage.press(&["Down", "Down", "Down", "Down"]).await;
    let row = stage.row();
    stage.press(&["r"]).await;
    assert_eq!(stage.row(), row);
}

#[tokio::test]
async fn a_grant_retired_by_its_token_is_no_matter_of_the_key_under_the_cursor() {
    let mut stage = at_key("payments", (100, 40)).await;
    stage.choose("RetireGrant").await;
    stage.go_to_field("KeyId").await;
    stage.press(&["Ctrl-u"]).await;
    stage.go_to_field("GrantToken").await;
    stage.type_text("AQpAM2RhZ").await;
    stage.press(&["Ctrl-t", "Ctrl-r"]).await;
    assert!(stage.has("RetireGrant?"), "{}", stage.screen());
    assert!(!stage.has(PAYMENTS), "{}", stage.screen());
}

#[test]
fn bytes_that_could_not_be_saved_stay_unseen() {
    let error = SaveError::Exists {
        path: "key.bin".into(),
        bytes: SecretBytes::new(b"plaintext".to_vec()),
    };
    let said = format!("{error:?}");
    assert!(said.contains("9 bytes") && !said.contains("112"), "{said}");
}

#[tokio::test]
async fn what_an_answer_opens_waits_for_the_popup_that_is_open() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("key.bin");
    std::fs::write(&file, "there already").expect("a file");
    let mut stage = at_key("payments", (100, 30)).await;
    stage.press(&["g", "Ctrl-r", "s", "Ctrl-u"]).await;
    stage.type_text(&file.display().to_string()).await;
    // Before it is known that the file is there, another popup is opened.
    stage.press_only("Enter");
    stage.press_only(":");
    stage.type_text_only("pro");
    stage.settle().await;
    assert!(stage.has(" :pro"), "{}", stage.screen());
    assert!(!stage.has("Replace it?"), "{}", stage.screen());
    stage.press(&["Esc"]).await;
    assert!(stage.has("Replace it?"), "{}", stage.screen());
    stage.press(&["n"]).await;
    assert_eq!(
        std::fs::read_to_string(&file).ok().as_deref(),
        Some("there already")
    );
}

#[tokio::test]
async fn details_that_were_read_before_a_change_are_not_kept() {
    let mut stage = at_key("payments", (100, 30)).await;
    stage.press(&["Enter"]).await;
    stage.choose("DisableKey").await;
    stage.press(&["Ctrl-r", "y"]).await;
    // From the outcome to the list at once, over details that have not been seen since.
    stage.press(&[":"]).await;
    stage.type_text("keys").await;
    stage.press(&["Enter", "Enter"]).await;
    assert!(
        stage.has("KeyState             Disabled"),
        "{}",
        stage.screen()
    );
}

#[tokio::test]
async fn a_draft_is_of_one_account() {
    let mut stage = at_key("payments", (100, 30)).await;
    stage.press(&["g"]).await;
    stage.go_to_field("GrantTokens").await;
    stage.press(&["Space"]).await;
    stage.type_text("sometoken").await;
    stage.press(&["Esc", "Esc", ":"]).await;
    stage.type_text("profile partner-admin").await;
    stage.press(&["Enter", ":"]).await;
    stage.type_text("open alias/payments").await;
    stage.press(&["Enter", "g"]).await;
    assert!(stage.has("444455556666"), "{}", stage.screen());
    assert!(!stage.has("sometoken"), "{}", stage.screen());
}

#[tokio::test]
async fn the_snippet_of_a_form_from_the_log_says_the_region_of_its_call() {
    let mut stage = at_key("payments", (120, 40)).await;
    stage.choose("DisableKey").await;
    stage.press(&["Ctrl-r", "y"]).await;
    stage.home().await;
    stage.press(&[":"]).await;
    stage.type_text("region eu-west-1").await;
    stage.press(&["Enter"]).await;
    stage.log_at("DisableKey").await;
    stage.press(&["r"]).await;
    assert!(stage.has("--region us-east-1"), "{}", stage.screen());
    assert!(stage.has("--endpoint-url"), "{}", stage.screen());
}
