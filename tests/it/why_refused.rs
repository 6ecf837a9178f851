//! Why KMS refused a request: asked of an outcome, a cell of the matrix and a row of the call log.

use crate::stage::Stage;

const SIZE: (u16, u16) = (100, 40);

/// The console as that principal, at an outcome that KMS refused.
async fn at_refused(principal: &str) -> Stage {
    let mut stage = Stage::open_as(principal, SIZE).await;
    stage.press(&["/"]).await;
    stage.type_text("payments").await;
    stage.press(&["Enter", "g", "Ctrl-t", "Ctrl-r"]).await;
    assert!(stage.has("AccessDeniedException"), "{}", stage.screen());
    stage
}

#[tokio::test]
async fn of_a_refused_outcome_the_way_is_shown_and_what_would_allow_it() {
    let mut stage = at_refused("auditor").await;
    assert!(stage.hints().contains("w why"), "{}", stage.hints());
    stage.press(&["w"]).await;
    for told in [
        "GenerateDataKeyWithoutPlaintext · alias/payments",
        "arn:aws:iam::111122223333:user/auditor",
        "not allowed",
        "KMS said: ",
        "key policy",
    ] {
        assert!(stage.has(told), "{told}: {}", stage.screen());
    }
    stage.press(&["End"]).await;
    assert!(stage.has("Not read: "), "{}", stage.screen());
    stage.press(&["Esc"]).await;
    assert!(stage.has("What to do"), "{}", stage.screen());
}

#[tokio::test]
async fn what_was_not_refused_is_not_asked_about() {
    let mut stage = Stage::open_as("admin", SIZE).await;
    stage.press(&["g", "Ctrl-t", "Ctrl-r"]).await;
    assert!(stage.has("Would succeed"), "{}", stage.screen());
    assert!(!stage.hints().contains("w why"), "{}", stage.hints());
    let before = stage.screen();
    stage.press(&["w"]).await;
    assert_eq!(stage.screen(), before);
}

#[tokio::test]
async fn a_denied_cell_and_its_call_are_asked_about_with_their_context() {
    let mut stage = Stage::open_as("decryptor", SIZE).await;
    stage.press(&["/"]).await;
    stage.type_text("payments").await;
    stage.press(&["Enter", "m", " "]).await;
    stage.settle_until("Every cell").await;
    // To a cell that is denied.
    stage
        .press_until("Right", "a denied cell", |screen| screen.contains("w why"))
        .await;
    stage.press(&["w"]).await;
    for told in [
        "the refusal itself says: what it is about cannot be read",
        "kms:GenerateDataKeyWithoutPlaintext",
        "the key (GetKeyPolicy: AccessDeniedException)",
    ] {
        assert!(stage.has(told), "{told}: {}", stage.screen());
    }
    stage.press(&["Esc", "L", "/"]).await;
    stage.type_text("accessdenied").await;
    stage.press(&["Enter"]).await;
    assert!(stage.hints().contains("w why"), "{}", stage.hints());
    stage.press(&["w"]).await;
    assert!(
        stage.has("ListResourceTags · alias/payments"),
        "{}",
        stage.screen()
    );
}

#[tokio::test]
async fn where_the_key_cannot_be_read_the_refusal_itself_is_explained() {
    let mut stage = Stage::open_as("no-list", SIZE).await;
    stage.press(&["L"]).await;
    stage
        .press_until("Down", "a refused call", |screen| screen.contains("w why"))
        .await;
    stage.press(&["w"]).await;
    assert!(
        stage.has("This is what the refusal itself says"),
        "{}",
        stage.screen()
    );
    assert!(stage.has("kms:List"), "{}", stage.screen());
}
