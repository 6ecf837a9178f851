//! Lessons: each to its end in the real binary, in a real pseudo-terminal; those of a teacher, with
//! mistakes and without; without a screen.

use std::path::Path;
use std::process::Output;

use insta::assert_snapshot;
use kmsdeck::lessons::{self, Lesson, MeantEnd, StepKind};

use crate::stage::Stage;
use crate::terminal::Terminal;

const ENTER: &str = "\r";
const ESC: &str = "\x1b";
const LEFT: &str = "\x1b[D";

fn lesson(id: &str) -> Lesson {
    let (all, problems) = lessons::built_in();
    assert_eq!(problems, []);
    let found = all.into_iter().find(|lesson| lesson.id == id);
    found.expect("a lesson that is built in")
}

/// The list of lessons.
fn start(size: (u16, u16)) -> (Terminal, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut terminal = Terminal::start(&["--sandbox"], &[], folder.path(), size);
    terminal.wait_for("aliases ·");
    terminal.send(":lessons\r");
    terminal.wait_for("8  Tampering");
    (terminal, folder)
}

fn open(terminal: &mut Terminal, lesson: &Lesson) {
    terminal.go_to(&lesson.title);
    terminal.send(ENTER);
    terminal.wait_for("OWN SANDBOX");
}

/// How a step stands in the list of steps.
fn mark(number: usize, glyph: &str) -> String {
    format!("▌{number:>2} {glyph} ")
}

/// Does the step that is seen as a learner would: predicts what is right, runs it, and sees that it
/// ended as the lesson says.
fn step(terminal: &mut Terminal, lesson: &Lesson, at: usize) {
    let step = &lesson.steps[at];
    if matches!(step.kind, StepKind::Read) {
        // Where nothing follows, to have read it is to have done it.
        let is_last = at + 1 == lesson.steps.len();
        return terminal.wait_for(&mark(at + 1, if is_last { "✓" } else { " " }));
    }
    terminal.wait_for(&mark(at + 1, " "));
    if let Some(question) = &step.question {
        let key = (question.right + 1).to_string();
        terminal.send(&key);
        terminal.wait_for(&format!("▸ {key} "));
        terminal.wait_for("You predict: ");
    }
    terminal.send(ENTER);
    terminal.wait_for(&mark(at + 1, "✓"));
    if let MeantEnd::Error(code) = &step.ends {
        terminal.wait_for(&format!("✗ {code}"));
    }
    if step.question.is_some() {
        terminal.wait_for("✓ As you predicted");
    }
}

/// From the first step to the last; `also` looks at each when it was done.
fn to_the_end(id: &str, also: impl Fn(usize, &mut Terminal)) -> (Terminal, tempfile::TempDir) {
    let lesson = lesson(id);
    let (mut terminal, folder) = start((120, 40));
    open(&mut terminal, &lesson);
    for at in 0..lesson.steps.len() {
        step(&mut terminal, &lesson, at);
        also(at + 1, &mut terminal);
        if at + 1 < lesson.steps.len() {
            terminal.send(ENTER);
        }
    }
    terminal.wait_for("This is the end of the lesson");
    match lesson.questions() {
        0 => {}
        n => terminal.wait_for(&format!("predicted {n} of {n} right")),
    }
    (terminal, folder)
}

fn quit(mut terminal: Terminal) {
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
    terminal.assert_given_back();
}

#[test]
fn envelope_encryption_to_its_end() {
    let (mut terminal, folder) = to_the_end("envelope-encryption", |step, terminal| match step {
        2 => {
            terminal.wait_for("•••••••• 32 bytes");
            terminal.wait_for("aws kms generate-data-key");
            // The plaintext is seen when it is asked for, and not before.
            terminal.send("v");
            terminal.wait_gone("•••••••• 32 bytes");
            terminal.send("v");
            terminal.wait_for("•••••••• 32 bytes");
        }
        4 => terminal.wait_for("wiped"),
        5 => terminal.wait_for("There is nothing in the box"),
        8 => terminal.wait_for("Invoice 4711: 250 EUR, to Ada Lovelace"),
        _ => {}
    });
    // The handout has what was done, and no key.
    terminal.send("x");
    terminal.wait_for("Save the handout");
    terminal.send(ENTER);
    terminal.wait_for("Saved");
    let path = folder.path().join("envelope-encryption.md");
    let handout = std::fs::read_to_string(path).expect("the handout");
    assert!(handout.contains("## 2. Ask for a data key"), "{handout}");
    assert!(
        handout.contains("- Data key (Your program): •••••••• 32 bytes"),
        "{handout}"
    );
    assert!(handout.contains("2. Nowhere ✓"), "{handout}");
    assert!(!handout.contains("skipped"), "{handout}");
    // The calls are on record as those of a lesson.
    terminal.send("L");
    terminal.wait_for("GenerateDataKey ");
    terminal.send("/Decrypt\r");
    terminal.wait_for("1 of ");
    terminal.send(ENTER);
    terminal.wait_for("a lesson's own sandbox");
    terminal.send(ESC);
    terminal.wait_gone("a lesson's own sandbox");
    terminal.send("r");
    terminal.wait_for("do the step again there");
    quit(terminal);
}

#[test]
fn without_plaintext_to_its_end() {
    let (terminal, _folder) = to_the_end("without-plaintext", |step, terminal| match step {
        4 => {
            terminal.wait_for("user/encryptor is not authorized to perform:");
        }
        10 => {
            terminal.wait_for("user/decryptor is not authorized to perform");
        }
        12 => terminal.wait_for("patient 17: blood group 0+"),
        _ => {}
    });
    quit(terminal);
}

#[test]
fn encryption_context_to_its_end() {
    let (terminal, _folder) = to_the_end("encryption-context", |step, terminal| match step {
        2 => {
            terminal.wait_for("CloudTrail would record:");
            terminal.wait_for("\"tenant\": \"acme\"");
        }
        3 => terminal.wait_for("● Decrypted, Your program: 4929 1234 5678 9012"),
        4 => {
            terminal.wait_for("\"tenant\": \"Acme\"");
            terminal.send("t");
            terminal.wait_gone("CloudTrail would record:");
        }
        _ => {}
    });
    quit(terminal);
}

#[test]
fn rotation_to_its_end() {
    let (terminal, _folder) = to_the_end("rotation", |step, terminal| {
        if step == 6 {
            terminal.wait_for("ReEncrypt: done");
        }
    });
    quit(terminal);
}

#[test]
fn permissions_to_its_end() {
    let (terminal, _folder) = to_the_end("permissions", |step, terminal| match step {
        1 => terminal.wait_for(
            "DryRunOperationException: it would succeed (GenerateDataKeyWithoutPlaintext",
        ),
        3 => {
            let screen = terminal.screen();
            let cells = |who: &str, context: &str| {
                let mut lines = screen.lines().skip_while(|line| !line.contains(who));
                let line = lines.find(|line| line.contains(context));
                let line = line.unwrap_or_else(|| panic!("{who} with {context}:\n{screen}"));
                let cells = line.split(context).nth(1).unwrap_or_default();
                cells.split_whitespace().collect::<String>()
            };
            assert_eq!(cells("admin ", "no context"), "✓✓✓✓✓");
            assert_eq!(cells("encryptor ", "tenant=acme"), "✗✗✗✗✓");
            assert_eq!(cells("decryptor ", "no context"), "✗✗✗✗✗");
            assert_eq!(cells("decryptor ", "tenant=acme"), "✗✓✗✗✗");
        }
        11 => terminal.wait_for("✗ InvalidGrantTokenException"),
        12 => terminal.wait_for("explicit deny"),
        _ => {}
    });
    quit(terminal);
}

#[test]
fn key_states_to_its_end() {
    let (terminal, _folder) = to_the_end("key-states", |step, terminal| match step {
        7 => terminal.wait_for("PendingDeletion"),
        14 => terminal.wait_for("loyalty card 00042"),
        _ => {}
    });
    quit(terminal);
}

#[test]
fn tampering_to_its_end() {
    let (terminal, _folder) = to_the_end("tampering", |step, terminal| match step {
        8 => terminal.wait_for("tenant=acmd"),
        11 => terminal.wait_for("in Final frame 1: encrypted content"),
        12 => terminal.wait_for("✗ Frame 1: its authentication tag does not fit"),
        15 => terminal.wait_for("✗ Key commitment: the data key is not the one"),
        18 => terminal.wait_for("✗ InvalidCiphertextException"),
        19 => terminal.wait_for("Pay 100 EUR to account 4711"),
        _ => {}
    });
    quit(terminal);
}

#[test]
fn the_learner_chooses_the_bit_and_goes_back_again_and_on() {
    let lesson = lesson("tampering");
    let (mut terminal, _folder) = start((80, 24));
    open(&mut terminal, &lesson);
    for at in 0..7 {
        step(&mut terminal, &lesson, at);
        terminal.send(ENTER);
    }
    // The context is a text: tenant=acme, its last letter's lowest bit.
    terminal.wait_for("Byte 10, bit 0: 01100101");
    terminal.send(&LEFT.repeat(6));
    terminal.wait_for("Byte 10, bit 6: 01100101");
    terminal.send(ENTER);
    terminal.wait_for("65 became 25");
    terminal.wait_for("tenant=acm%");
    // Again, with another bit: of what was before, and not of what it became.
    terminal.send(LEFT);
    terminal.wait_for("Byte 10, bit 7: 01100101");
    terminal.send("r");
    terminal.wait_for("65 became e5");
    terminal.send(ENTER);
    terminal.wait_for(&mark(9, " "));
    // No text any more: it is not sent.
    terminal.send(ENTER);
    terminal.wait_for("is no text any more");
    terminal.wait_for(&mark(9, "✓"));
    terminal.send("b");
    terminal.wait_for(&mark(8, "✓"));
    terminal.send("r");
    terminal.wait_for("65 became 64");
    terminal.wait_for("1 step after this one to be done again");
    terminal.send("n");
    terminal.wait_for(&mark(9, " "));
    terminal.send("n");
    terminal.wait_for(&mark(10, " "));
    terminal.wait_for("  9 – ");
    // Left and opened again, the lesson is where it was; a reset begins it anew.
    terminal.send(ESC);
    terminal.wait_for("8 of 19 steps");
    terminal.send(ENTER);
    terminal.wait_for(&mark(10, " "));
    terminal.send("R");
    terminal.wait_for("What came of 8 steps is forgotten");
    terminal.send("n");
    terminal.wait_gone("is forgotten");
    terminal.wait_for(&mark(10, " "));
    terminal.send("R");
    terminal.wait_for("y begin anew");
    terminal.send("y");
    terminal.wait_for("in a sandbox in which nothing was done");
    terminal.wait_for(&mark(1, " "));
    quit(terminal);
}

#[test]
fn what_was_skipped_is_missed_and_a_wrong_prediction_blocks_nothing() {
    let (mut terminal, _folder) = start((80, 24));
    open(&mut terminal, &lesson("envelope-encryption"));
    terminal.send("n");
    terminal.wait_for(&mark(2, " "));
    terminal.send("1\r");
    terminal.wait_for("✗ You predicted: In its database. It is: Nowhere");
    terminal.wait_for("predicted 0 of 1 right");
    // A prediction after the fact counts for nothing.
    terminal.send("2");
    terminal.send(ENTER);
    terminal.wait_for(&mark(3, " "));
    terminal.wait_for("predicted 0 of 1 right");
    terminal.send(ENTER);
    terminal.wait_for(&mark(3, "✗"));
    terminal.wait_for("There is nothing in the box");
    terminal.wait_for("The lesson means this to succeed");
    quit(terminal);
}

#[test]
fn a_lesson_runs_on_a_real_key_on_the_users_word_alone() {
    let (mut terminal, _folder) = start((100, 30));
    terminal.send("K");
    terminal.wait_for("Account 111122223333, Region us-east-1.");
    terminal.send("tokens\r");
    terminal.wait_for("Run the lesson on a key of yours");
    terminal.send("\x15alias/app-tokens\r");
    terminal.wait_for("alias/app-tokens · 111122223333 · us-east-1");
    terminal.send(ENTER);
    terminal.wait_for(&mark(1, "✓"));
    terminal.send(ENTER);
    terminal.wait_for(&mark(2, " "));
    terminal.send(ENTER);
    terminal.wait_for("key/5a0d…c3a49b68");
    terminal.send(ESC);
    terminal.wait_for("8  Tampering");
    // One that changes keys has none.
    terminal.send("jjj");
    terminal.wait_gone("K on a real key");
    terminal.send("K");
    terminal.send(ENTER);
    terminal.wait_for("OWN SANDBOX");
    quit(terminal);
}

fn kmsdeck(args: &[&str], folder: &Path) -> Output {
    let mut command = crate::tools::kmsdeck();
    command
        .args(args)
        .current_dir(folder)
        .env("XDG_CONFIG_HOME", folder);
    command.output().expect("kmsdeck runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

const OWN: &str = r#"
title = "Mine"
about = "One call."
key = "alias/payments"

[[places]]
id = "app"
title = "App"

[[boxes]]
id = "blob"
title = "Blob"
place = "app"

[[steps]]
title = "Encrypt"
text = "Some text."
call = "Encrypt"
with = { KeyId = "$key", Plaintext = "x" }
put = { CiphertextBlob = "blob" }
"#;

#[test]
fn a_teachers_own_lesson_is_there_and_one_with_mistakes_is_refused_with_line_and_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = folder.path().join("kmsdeck/lessons");
    std::fs::create_dir_all(&own).expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(own.join(name), text).expect("a file");
    write("mine.toml", OWN);
    let check = || kmsdeck(&["lessons", "check", "kmsdeck/lessons"], folder.path());
    let output = check();
    assert_eq!(text(&output.stdout), "1 lesson: nothing is wrong.\n");
    assert_eq!(output.status.code(), Some(0));
    let mistakes = [
        (
            "place = \"app\"",
            "place = \"shed\"",
            13,
            "there is no place \"shed\": choose app",
        ),
        (
            "call = \"Encrypt\"",
            "call = \"Encript\"",
            18,
            "there is no operation \"Encript\"",
        ),
        (
            "Plaintext = \"x\"",
            "Plain = \"x\"",
            19,
            "Encrypt has no field \"Plain\": it has",
        ),
        (
            "\"blob\" }",
            "\"blub\" }",
            20,
            "there is no box \"blub\": choose blob",
        ),
        (
            "put = { CiphertextBlob",
            "put = { Ciphertext",
            16,
            "The response of Encrypt has no Ciphertext",
        ),
        (
            "text = \"Some text.\"",
            "txet = \"Some text.\"",
            17,
            "a step has no \"txet\": it has",
        ),
        (
            "call = ",
            "fails = \"any\"\ncall = ",
            16,
            "step 1 is to fail, and it ended with Encrypt: done",
        ),
        (
            "call = ",
            "as = \"nobody\"\ncall = ",
            18,
            "the sandbox has no principal \"nobody\": choose admin",
        ),
        ("about = \"One call.\"", "about = ", 3, "this is not TOML"),
        (
            "text = \"Some text.\"",
            "text = \"Some text.\"\npredict = \"?\"\nanswers = [\"a\"]\nright = 1",
            19,
            "2 to 4 strings",
        ),
    ];
    for (right, wrong, line, reason) in mistakes {
        write("mine.toml", &OWN.replacen(right, wrong, 1));
        let output = check();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{wrong}: {said}");
        let place = format!("kmsdeck/lessons/mine.toml:{line}: ");
        let found = said
            .lines()
            .any(|said| said.starts_with(&place) && said.contains(reason));
        assert!(found, "{wrong}: line {line}, {reason:?} is not in {said}");
    }
    // The good ones are there all the same.
    write("good.toml", OWN);
    let output = kmsdeck(&["lessons", "list"], folder.path());
    assert!(text(&output.stdout).contains("good "), "{output:?}");
    assert!(!text(&output.stdout).contains("mine "), "{output:?}");
    assert!(
        text(&output.stderr).contains("mine.toml:19: "),
        "{output:?}"
    );
}

#[test]
fn the_lessons_that_are_built_in_pass_their_own_check() {
    let lessons = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/lessons");
    let output = kmsdeck(
        &["lessons", "check", &lessons.display().to_string()],
        Path::new("/"),
    );
    assert_eq!(
        text(&output.stdout),
        "8 lessons: nothing is wrong.\n",
        "{output:?}"
    );
}

#[test]
fn without_a_screen_a_lesson_is_a_handout_and_never_written_over_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = kmsdeck(&["lessons", "run", "rotation"], folder.path());
    assert_eq!(output.status.code(), Some(0));
    let handout = text(&output.stdout);
    assert!(
        handout.starts_with("# Rotation and KeyMaterialId\n"),
        "{handout}"
    );
    assert!(
        handout.contains("KMS refused: **UnsupportedOperationException**"),
        "{handout}"
    );
    let args = ["lessons", "run", "tampering", "--handout", "t.md"];
    let output = kmsdeck(&args, folder.path());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let written = std::fs::read_to_string(folder.path().join("t.md")).expect("the handout");
    assert!(
        written.contains("Caught here: **Key commitment"),
        "{written}"
    );
    let output = kmsdeck(&args, folder.path());
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("--handout t.md: it exists"),
        "{output:?}"
    );
    let output = kmsdeck(&["lessons", "run", "rotate"], folder.path());
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("choose envelope-encryption, "),
        "{output:?}"
    );
    let args = [
        "--sandbox",
        "lessons",
        "run",
        "rotation",
        "--key-id",
        "alias/payments",
    ];
    let output = kmsdeck(&args, folder.path());
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("leave --key-id out"),
        "{output:?}"
    );
}

/// A screen with random bytes made the same: the ends of a value, on both sides of its `…`.
fn masked(screen: &str) -> String {
    let mut chars: Vec<char> = screen.chars().collect();
    for at in 0..chars.len() {
        if chars[at] != '…' {
            continue;
        }
        let is_hex = |c: &char| c.is_ascii_hexdigit();
        let before = chars[..at].iter().rev().take_while(|c| is_hex(c)).count();
        let after = chars[at + 1..].iter().take_while(|c| is_hex(c)).count();
        if before >= 4 && after >= 4 {
            chars[at - before..at].fill('x');
            chars[at + 1..at + 1 + after].fill('x');
        }
    }
    chars.into_iter().collect()
}

#[tokio::test]
async fn screens_of_the_lessons() {
    let mut stage = Stage::open((80, 24)).await;
    stage.press(&[":"]).await;
    stage.type_text("lessons").await;
    stage.press(&["Enter"]).await;
    assert_snapshot!("lessons_80", stage.body());
    let mut hints = vec![stage.hints()];
    stage.press(&["Enter", "Enter", "Enter"]).await;
    assert_snapshot!("lesson_question_80", stage.body());
    hints.push(stage.hints());
    stage.press(&["1", "Enter"]).await;
    assert_snapshot!("lesson_done_80", masked(&stage.body()));
    hints.push(stage.hints());
    stage.resize(120, 40);
    assert_snapshot!("lesson_done_120", masked(&stage.body()));
    stage.resize(200, 60);
    assert_snapshot!("lesson_done_200", masked(&stage.body()));
    stage.resize(80, 24);
    stage.press(&["z"]).await;
    assert_snapshot!("lesson_large_80", masked(&stage.body()));
    stage.press(&["n"]).await;
    stage.resize(120, 40);
    assert_snapshot!("lesson_large_120", masked(&stage.body()));
    stage.press(&["z", "Esc"]).await;
    stage.go_to("Tampering").await;
    stage.press(&["Enter"]).await;
    for _ in 0..7 {
        stage.press(&["n"]).await;
    }
    stage
        .press(&[
            "b", "b", "b", "b", "b", "b", "Enter", "n", "n", "n", "n", "n", "n",
        ])
        .await;
    stage.resize(80, 24);
    assert_snapshot!("lesson_flip_80", masked(&stage.body()));
    hints.push(stage.hints());
    assert_snapshot!("lesson_hints_80", hints.join("\n"));
    stage.press(&["Esc", "Home"]).await;
    stage.go_to("DryRun and permissions").await;
    stage.press(&["Enter", "Enter", "n", "n", "Enter"]).await;
    assert_snapshot!("lesson_asked_80", masked(&stage.body()));
    stage.press(&["z"]).await;
    stage.resize(60, 16);
    assert_snapshot!("lesson_large_60", masked(&stage.body()));
}

#[test]
fn on_a_service_that_we_did_not_write_tampering_is_caught_by_the_same_checks() {
    let Some(moto) = crate::gateway_moto::moto() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let run = |args: &[&str]| {
        let mut command = crate::tools::kmsdeck();
        command
            .args(["--endpoint-url", moto, "--region", "us-east-1"])
            .args(args)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("XDG_CONFIG_HOME", folder.path());
        command.output().expect("kmsdeck runs")
    };
    let key = crate::gateway_moto::made_key("lessons").expect("a key of moto's");
    for (lesson, caught) in [
        (
            "envelope-encryption",
            "Caught here: **There is nothing in the box",
        ),
        (
            "tampering",
            "Caught here: **Frame 1: its authentication tag does not fit",
        ),
    ] {
        let output = run(&["lessons", "run", lesson, "--key-id", &key]);
        let handout = text(&output.stdout);
        assert!(
            handout.contains(&format!("Run on the key `{key}`")),
            "{handout}"
        );
        assert!(handout.contains(caught), "{output:?}");
    }
}
