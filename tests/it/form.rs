//! The form as it is used: moving, typing, mistakes, going back.

use kmsdeck_sandbox::SandboxOptions;

use crate::stage::{Stage, target};

const SIZE: (u16, u16) = (100, 30);

async fn form() -> Stage {
    let mut stage = Stage::open(SIZE).await;
    stage.press(&["/"]).await;
    stage.type_text("payments").await;
    stage.press(&["Enter", "g"]).await;
    stage
}

#[tokio::test]
async fn a_mistake_is_marked_at_its_field_and_not_sent() {
    let mut stage = form().await;
    stage.go_to_field("KeyId").await;
    stage.press(&["Ctrl-u"]).await;
    stage.type_text("payments").await;
    stage.press(&["Ctrl-r"]).await;
    let screen = stage.screen();
    assert!(
        screen.contains("✗ is none of the four notations"),
        "{screen}"
    );
    assert!(screen.contains("[ Generate ]"), "still the form: {screen}");
    // The cursor is where the mistake is: typing mends it.
    stage.press(&["Ctrl-u"]).await;
    stage.type_text("alias/payments").await;
    stage.press(&["Ctrl-r"]).await;
    assert!(stage.has("Data key generated"), "{}", stage.screen());
}

#[tokio::test]
async fn number_of_bytes_takes_the_place_of_key_spec() {
    let mut stage = form().await;
    stage.press(&["Tab"]).await;
    stage.type_text("2000").await;
    assert!(stage.has("● NumberOfBytes"), "{}", stage.screen());
    assert!(
        stage.has("✗ is a whole number from 1 to 1,024"),
        "{}",
        stage.screen()
    );
    stage.press(&["Ctrl-r"]).await;
    assert!(!stage.has("Data key generated"), "{}", stage.screen());
    stage.press(&["Ctrl-u"]).await;
    stage.type_text("64").await;
    stage.press(&["Ctrl-r"]).await;
    let screen = stage.screen();
    assert!(screen.contains("Data key generated"), "{screen}");
    let asked = screen
        .lines()
        .find(|line| line.contains("NumberOfBytes"))
        .expect("what was asked");
    assert!(asked.ends_with(" 64"), "{screen}");
}

#[tokio::test]
async fn pairs_are_added_removed_moved_and_checked() {
    let mut stage = form().await;
    stage.go_to_field("EncryptionContext").await;
    stage.press(&["Enter"]).await;
    stage.type_text("tenant").await;
    stage.press(&["Tab"]).await;
    stage.type_text("acme=").await;
    stage.press(&["Ctrl-n"]).await;
    stage.type_text("tenant").await;
    assert!(stage.has("comes twice"), "{}", stage.screen());
    stage.type_text("2").await;
    assert!(!stage.has("comes twice"), "{}", stage.screen());
    stage.press(&["Alt-Up"]).await;
    let screen = stage.screen();
    assert!(screen.find("tenant2") < screen.find("acme="), "{screen}");
    stage.press(&["Ctrl-x"]).await;
    assert!(!stage.has("tenant2"), "{}", stage.screen());
    stage.press(&["Ctrl-r"]).await;
    assert!(stage.has("tenant=acme="), "{}", stage.screen());
}

#[tokio::test]
async fn going_back_an_error_and_a_resize_lose_nothing() {
    let mut stage = form().await;
    stage.go_to_field("EncryptionContext").await;
    stage.press(&["Enter"]).await;
    stage.paste("tenant=acme,purpose=backup");
    stage.press(&["Ctrl-r"]).await;
    assert!(stage.has("Data key generated"), "{}", stage.screen());
    stage.resize(80, 24);
    stage.press(&["Esc"]).await;
    stage.resize(100, 30);
    let screen = stage.screen();
    for text in ["alias/payments", "tenant", "acme", "purpose", "backup"] {
        assert!(screen.contains(text), "{text}: {screen}");
    }
    // Nor does leaving the form.
    stage.press(&["Esc", "g"]).await;
    assert!(
        stage.has("backup") && stage.has("as you left it"),
        "{}",
        stage.screen()
    );
    stage.press(&["Alt-c"]).await;
    assert!(
        !stage.has("backup") && stage.has("alias/payments"),
        "{}",
        stage.screen()
    );
}

#[tokio::test]
async fn a_bad_paste_is_refused_with_the_reason() {
    let mut stage = form().await;
    stage.go_to_field("EncryptionContext").await;
    stage.paste(r#"{"tenant": 1}"#);
    assert!(stage.has("Not pasted"), "{}", stage.screen());
}

#[tokio::test]
async fn what_is_known_of_the_key_is_said_beside_it() {
    // At this height all keys are seen, and so described.
    let mut stage = Stage::open((120, 50)).await;
    stage.press(&["g"]).await;
    stage.go_to_field("KeyId").await;
    for (key, said) in [
        ("alias/signing", "needs a symmetric encryption key"),
        ("alias/mobile-app", "is Disabled"),
        ("alias/nowhere", "not one of those listed here"),
        (
            "arn:aws:kms:us-east-1:444455556666:key/94e3c5db-7fa0-41c6-a8c9-3b0c1af9e8d7",
            "another account",
        ),
        (
            "arn:aws:kms:eu-west-1:111122223333:alias/orders-eu",
            "but the session is in",
        ),
    ] {
        stage.press(&["Ctrl-u"]).await;
        stage.paste(key);
        assert!(stage.has(said), "{key}: {}", stage.screen());
    }
}

#[tokio::test]
async fn a_call_in_flight_is_shown_takes_no_second_and_can_be_cancelled() {
    let faults = "GenerateDataKeyWithoutPlaintext=latency:60s"
        .parse()
        .expect("faults");
    let options = SandboxOptions {
        faults,
        ..SandboxOptions::default()
    };
    let mut stage = Stage::open_on(target(options, "admin"), SIZE).await;
    stage.press(&["g"]).await;
    stage.press_only("Ctrl-r");
    assert!(stage.has("Esc cancels"), "{}", stage.screen());
    stage.press_only("Ctrl-r");
    stage.press_only("Esc");
    let screen = stage.screen();
    assert!(
        screen.contains("Cancelled; nothing in the account changes"),
        "{screen}"
    );
    assert!(screen.contains("[ Generate ]"), "{screen}");
    stage.settle().await;
    assert!(
        !stage.has("Data key generated"),
        "a late answer is dropped: {}",
        stage.screen()
    );
}

#[tokio::test]
async fn what_is_copied_reaches_the_terminal_and_the_status_line_says_how() {
    let mut stage = form().await;
    stage.press(&["Ctrl-r", "y", "Enter"]).await;
    assert!(
        stage.written.starts_with("\u{1b}]52;c;"),
        "{:?}",
        stage.written
    );
    assert!(stage.has("Copied by OSC 52"), "{}", stage.screen());
}

#[tokio::test]
async fn saving_asks_before_it_overwrites() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("blob.bin");
    let mut stage = form().await;
    stage.press(&["Ctrl-r", "s", "Ctrl-u"]).await;
    stage.type_text(&path.display().to_string()).await;
    stage.press(&["Enter"]).await;
    assert!(stage.has("✓ Saved"), "{}", stage.screen());
    let first = std::fs::read(&path).expect("the file");
    stage.press(&["s", "Ctrl-u"]).await;
    stage.type_text(&path.display().to_string()).await;
    std::fs::write(&path, b"mine").expect("a change");
    stage.press(&["Enter"]).await;
    assert!(stage.has("Overwrite?"), "{}", stage.screen());
    stage.press(&["n"]).await;
    assert_eq!(std::fs::read(&path).expect("the file"), b"mine");
    stage.press(&["s", "Ctrl-u"]).await;
    stage.type_text(&path.display().to_string()).await;
    stage.press(&["Enter", "y"]).await;
    assert_eq!(std::fs::read(&path).expect("the file"), first);
}

#[tokio::test]
async fn a_key_id_that_cannot_become_right_is_marked_while_it_is_typed() {
    let mut stage = Stage::open((80, 24)).await;
    stage.press(&["g"]).await;
    stage.go_to_field("KeyId").await;
    stage.press(&["Ctrl-u"]).await;
    stage.type_text("ali").await;
    assert!(!stage.has("✗ "), "{}", stage.screen());
    stage.press(&["Ctrl-u"]).await;
    stage.type_text("foo").await;
    assert!(
        stage.has("is none of the four notations"),
        "{}",
        stage.screen()
    );
}

/// 63 bytes, three line ends among them.
const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIBszCC\n-----END CERTIFICATE-----\n";

/// The form of Encrypt with alias/payments, its Plaintext to be given as text.
async fn plaintext_as_text() -> Stage {
    let mut stage = Stage::open(SIZE).await;
    stage.press(&["/"]).await;
    stage.type_text("payments").await;
    stage.press(&["Enter", "a"]).await;
    while !stage.has("▌Encrypt ") {
        stage.press(&["Down"]).await;
    }
    stage.press(&["Enter", "Ctrl-o", "Ctrl-o"]).await;
    assert!(
        stage.has("▌ Plaintext           text"),
        "{}",
        stage.screen()
    );
    stage
}

#[tokio::test]
async fn text_that_is_pasted_with_its_lines_is_encrypted_with_them() {
    // A terminal sends a carriage return for a line end.
    for pasted in [PEM.to_owned(), PEM.replace('\n', "\r")] {
        let mut stage = plaintext_as_text().await;
        stage.paste(&pasted);
        assert!(stage.has("63 bytes"), "{}", stage.screen());
        // boto3 says the bytes of a text as they are.
        stage.resize(100, 40);
        stage.press(&["Alt-s"]).await;
        let literal = format!("Plaintext=b\"{}\"", PEM.replace('\n', "\\n"));
        assert!(stage.has(&literal), "{}", stage.screen());
        stage.press(&["Ctrl-r"]).await;
        let screen = stage.screen();
        let asked = screen.lines().find(|line| line.contains("Plaintext"));
        let asked = asked.expect("what was asked");
        assert!(asked.ends_with(" 63 bytes"), "{screen}");
    }
}

#[tokio::test]
async fn lines_are_typed_into_bytes_as_text_and_left_by_the_arrows() {
    let mut stage = plaintext_as_text().await;
    stage.type_text("one").await;
    stage.press(&["Enter"]).await;
    stage.type_text("two").await;
    assert!(stage.has("7 bytes"), "{}", stage.screen());
    stage.press(&["Up", "Backspace"]).await;
    assert!(stage.has("6 bytes"), "{}", stage.screen());
    stage.press(&["Up"]).await;
    assert!(stage.has("▌ KeyId"), "{}", stage.screen());
    // No line is lost on the way through the other forms.
    stage.press(&["Down", "Ctrl-o", "Alt-o"]).await;
    assert!(stage.has("6 bytes"), "{}", stage.screen());
}

#[tokio::test]
async fn a_line_of_text_refuses_several_and_stays_as_it_was() {
    let mut stage = form().await;
    stage.press(&["Up"]).await;
    stage.paste("\nalias/signing");
    let screen = stage.screen();
    assert!(screen.contains("Not pasted: it has 2 lines"), "{screen}");
    assert!(
        screen.contains("KeyId               alias/payments"),
        "{screen}"
    );
    stage.press(&["Ctrl-u"]).await;
    stage.paste("alias/signing\n");
    let screen = stage.screen();
    assert!(screen.contains("Pasted without the line end"), "{screen}");
    assert!(
        screen.contains("KeyId               alias/signing"),
        "{screen}"
    );
}

#[tokio::test]
async fn the_filter_the_prompts_and_the_command_line_refuse_several_lines() {
    for keys in [&["/"][..], &[":"], &["p"], &["o"]] {
        let mut stage = Stage::open(SIZE).await;
        stage.press(keys).await;
        stage.paste("zebra\nzoo");
        let screen = stage.screen();
        assert!(
            screen.contains("Not pasted: it has 2 lines"),
            "{keys:?}: {screen}"
        );
        assert!(!screen.contains("zebra"), "{keys:?}: {screen}");
        stage.paste("zebrazoo");
        let screen = stage.screen();
        assert!(screen.contains("zebrazoo"), "{keys:?}: {screen}");
        assert!(!screen.contains("Not pasted"), "{keys:?}: {screen}");
    }
}

#[tokio::test]
async fn a_click_goes_to_the_field() {
    let mut stage = form().await;
    for (label, focused) in [
        ("DryRun   ", "▌ DryRun"),
        ("NumberOfBytes", "▌ "),
        ("[ Generate ]", "▌ [ Generate ]"),
        ("KeyId ", "▌ KeyId"),
    ] {
        let screen = stage.screen();
        let row = screen.lines().position(|line| line.contains(label));
        stage.click(30, row.expect("a row with it") as u16);
        let screen = stage.screen();
        let row = row
            .and_then(|row| screen.lines().nth(row))
            .expect("the row");
        assert!(row.contains(focused), "{label}: {screen}");
    }
}

/// A path in the form: what all that fit have in common, then each in turn, then the next field.
#[tokio::test]
async fn tab_completes_a_path_in_a_field_and_in_a_prompt() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(at("blobs/inner")).expect("a folder");
    for name in ["blob-one.bin", "blob-two.bin", "only.bin"] {
        std::fs::write(at(name), name).expect("a file");
    }
    let start = format!("{}/", folder.path().display());
    let mut stage = Stage::open((200, 60)).await;
    stage.press(&["a"]).await;
    stage.type_text("encrypt").await;
    stage.press(&["Enter"]).await;
    stage.go_to_field("Plaintext").await;
    stage.press(&["Ctrl-o", "Ctrl-o", "Ctrl-o"]).await;
    stage.type_text(&format!("{start}b")).await;
    stage.press(&["Tab"]).await;
    let typed = |name: &str| format!("{start}{name} ");
    assert!(stage.has(&typed("blob")), "{}", stage.screen());
    assert!(
        stage.has("│blob-two.bin") && stage.has("│blobs/"),
        "{}",
        stage.screen()
    );
    stage.press(&["Tab"]).await;
    assert!(stage.has(&typed("blob-one.bin")), "{}", stage.screen());
    stage.press(&["Tab", "Tab"]).await;
    assert!(stage.has(&typed("blobs/")), "{}", stage.screen());
    // Another letter, and it is another question.
    stage.press(&["Ctrl-u"]).await;
    stage.type_text(&format!("{start}o")).await;
    stage.press(&["Tab"]).await;
    assert!(stage.has(&typed("only.bin")), "{}", stage.screen());
    assert!(
        !stage.has("8 bytes"),
        "it is typed still: {}",
        stage.screen()
    );
    // Whole, it is gone on from, and read.
    stage.press(&["Tab"]).await;
    assert!(stage.has("8 bytes"), "{}", stage.screen());
    stage.press(&["Ctrl-r", "s", "Ctrl-u"]).await;
    stage.type_text(&format!("{start}bl")).await;
    stage.press(&["Tab", "Tab", "Tab"]).await;
    assert!(stage.has("blob-two.bin"), "{}", stage.screen());
    stage.press(&["Ctrl-u"]).await;
    stage.type_text(&format!("{start}zzz")).await;
    stage.press(&["Tab"]).await;
    assert!(stage.has("No file begins with that."), "{}", stage.screen());
}

#[tokio::test]
async fn what_leaves_no_choice_offers_none() {
    let mut stage = Stage::open((120, 40)).await;
    for (key, operation, field, is_offered) in [
        ("webhooks", "GenerateMac", "MacAlgorithm", false),
        ("legal-docs", "Encrypt", "EncryptionAlgorithm", true),
    ] {
        stage.press(&["/", "Ctrl-u"]).await;
        stage.type_text(key).await;
        stage.press(&["Enter", "a"]).await;
        stage.type_text(operation).await;
        stage.press(&["Enter"]).await;
        stage.go_to_field(field).await;
        assert_eq!(stage.has("Space choose"), is_offered, "{}", stage.screen());
        stage.press(&["Esc"]).await;
    }
}
