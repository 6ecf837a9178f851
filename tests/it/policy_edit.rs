//! A key policy edited: in the user's own editor, with what is wrong and what is different, put by
//! the one question, and put back.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::stage::Stage;
use crate::terminal::Terminal;

const SIZE: (u16, u16) = (100, 40);
const ESC: &str = "\x1b";

/// The console on the policy of alias/payments, with an editor that answers so each time.
async fn on_policy(size: (u16, u16), folder: &Path) -> Stage {
    let mut stage = Stage::open(size).await;
    stage.keep_drafts_in(folder);
    stage.press(&["/"]).await;
    stage.type_text("payments").await;
    stage.press(&["Enter", "Enter", "Tab"]).await;
    assert!(stage.has("\"Statement\""), "{}", stage.screen());
    stage
}

/// An editor that replaces a text by another.
fn replaces(from: &'static str, to: &'static str) -> Option<crate::stage::Editor> {
    Some(Box::new(move |text| {
        assert!(text.contains(from), "{text}");
        Ok(text.replacen(from, to, 1))
    }))
}

fn drafts(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).expect("a folder");
    let texts = files.map(|file| std::fs::read_to_string(file.expect("a file").path()));
    texts.map(|text| text.expect("a text")).collect()
}

#[tokio::test]
async fn without_a_place_for_a_draft_that_is_said_and_no_editor_is_offered() {
    let mut stage = Stage::open(SIZE).await;
    stage.press(&["Enter", "Tab", "e"]).await;
    for told in ["no place to edit it in", "Set XDG_STATE_HOME", "f form"] {
        assert!(stage.has(told), "{}", stage.screen());
    }
    assert!(!stage.has("e edit"), "{}", stage.screen());
}

#[tokio::test]
async fn a_policy_is_edited_put_and_put_back() {
    for columns in [80, 120, 200] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut stage = on_policy((columns, 32), folder.path()).await;
        assert!(stage.hints().contains("edit"), "{}", stage.hints());
        stage.editor = replaces("\"Sid\": \"", "\"Sid\": \"My ");
        stage.press(&["e"]).await;
        insta::assert_snapshot!(format!("policy_review_{columns}"), stage.body());
        stage.press(&["Enter"]).await;
        assert!(
            stage.has("PutKeyPolicy of alias/payments?"),
            "{}",
            stage.screen()
        );
        if columns == 80 {
            insta::assert_snapshot!("policy_question", stage.body());
        }
        stage.press(&["y"]).await;
        assert!(
            stage.has("Policy put. u puts the one before back."),
            "{}",
            stage.screen()
        );
        assert!(stage.has("\"My "), "{}", stage.screen());
        assert_eq!(drafts(folder.path()), [""; 0]);
        stage.press(&["u"]).await;
        assert!(
            stage.has("The policy before, put back to"),
            "{}",
            stage.screen()
        );
        stage.press(&["Enter", "y"]).await;
        assert!(!stage.has("\"My "), "{}", stage.screen());
        assert!(stage.has("Policy put."), "{}", stage.screen());
    }
}

#[tokio::test]
async fn mistakes_are_told_with_line_and_column_and_the_text_is_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut stage = on_policy((80, 32), folder.path()).await;
    stage.editor = replaces("\"Statement\": [", "\"Statement\" [");
    stage.press(&["e"]).await;
    insta::assert_snapshot!("policy_no_json", stage.body());
    stage.press(&["Enter"]).await;
    assert!(stage.has("Policy is no JSON at line"), "{}", stage.screen());
    stage.press(&["Esc"]).await;
    assert!(
        stage.has("it stays as a draft. e offers it again"),
        "{}",
        stage.screen()
    );
    assert!(drafts(folder.path())[0].contains("\"Statement\" ["));
    stage.press(&["e"]).await;
    assert!(
        stage.has("is there: ↵ edits it, d throws it away."),
        "{}",
        stage.screen()
    );
    // What was refused by KMS can be mended, and put.
    stage.editor = replaces("\"Statement\" [", "\"Statement\": [{},");
    stage.press(&["Enter"]).await;
    assert!(stage.has("a Statement needs Effect"), "{}", stage.screen());
    stage.press(&["d"]).await;
    assert!(stage.has("Thrown away"), "{}", stage.screen());
    assert_eq!(drafts(folder.path()), [""; 0]);
}

#[tokio::test]
async fn a_policy_that_locks_everybody_out_is_a_loss() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut stage = on_policy((80, 36), folder.path()).await;
    stage.editor = Some(Box::new(|_| {
        let policy = r#"{"Version": "2012-10-17", "Statement": [{
  "Effect": "Allow", "Resource": "*", "Action": "kms:Decrypt",
  "Principal": {"AWS": ["arn:aws:iam::111122223333:root", "AROAJQABLZS4A3QDU576Q"]}}]}"#;
        Ok(policy.to_owned())
    }));
    stage.press(&["e"]).await;
    insta::assert_snapshot!("policy_locks_out", stage.body());
    stage.press(&["Enter"]).await;
    assert!(
        stage.has("To go on, type alias/payments"),
        "{}",
        stage.screen()
    );
    stage.type_text("alias/payments").await;
    stage.press(&["Enter"]).await;
    assert!(
        stage.has("MalformedPolicyDocumentException"),
        "{}",
        stage.screen()
    );
    assert_eq!(drafts(folder.path()).len(), 1);
}

#[tokio::test]
async fn before_it_is_put_it_is_said_for_whom_access_changes() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut stage = on_policy((80, 24), folder.path()).await;
    stage.editor = replaces("user/encryptor", "user/decryptor");
    stage.press(&["e"]).await;
    insta::assert_snapshot!("policy_what_if_80", stage.body());
    // Read once in a run.
    let reads = |stage: &Stage| {
        let of_iam = stage.records.iter();
        of_iam
            .filter(|call| call.operation == "GetAccountAuthorizationDetails")
            .count()
    };
    let before = reads(&stage);
    assert!(before > 0);
    stage.editor = replaces("user/decryptor", "user/gone");
    stage.press(&["e", "Home"]).await;
    assert_eq!(reads(&stage), before);
    assert!(
        stage.has("user/gone, which is not there"),
        "{}",
        stage.screen()
    );
}

#[tokio::test]
async fn an_editor_that_fails_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut stage = on_policy((80, 32), folder.path()).await;
    stage.editor = Some(Box::new(|_| {
        Err("$EDITOR ended with exit code 1.".to_owned())
    }));
    stage.press(&["e"]).await;
    assert!(
        stage.has("Not changed: $EDITOR ended with exit code 1."),
        "{}",
        stage.screen()
    );
    assert_eq!(drafts(folder.path()), [""; 0]);
    stage.editor = Some(Box::new(|text| Ok(text.replace("  ", " "))));
    stage.press(&["e"]).await;
    assert!(stage.has("Not changed."), "{}", stage.screen());
    stage.editor = None;
    stage.press(&["e"]).await;
    insta::assert_snapshot!("policy_no_editor", stage.body());
    stage.press(&["f"]).await;
    assert!(stage.has("[ Put policy ]"), "{}", stage.screen());
    assert!(stage.has("\"Version\""), "{}", stage.screen());
}

#[tokio::test]
async fn what_was_changed_meanwhile_is_not_overwritten_unseen() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut stage = on_policy((100, 40), folder.path()).await;
    stage.editor = replaces("\"Sid\": \"", "\"Sid\": \"One ");
    stage.press(&["e"]).await;
    // Somebody else: here by the form, which ends in an outcome.
    stage.press(&["f", "Ctrl-r", "y", "Esc", "Esc"]).await;
    stage.editor = replaces("\"Sid\": \"One ", "\"Sid\": \"Two ");
    stage.press(&["e", "Enter"]).await;
    assert!(
        stage.has("the policy was changed meanwhile"),
        "{}",
        stage.screen()
    );
    stage.press(&["Enter"]).await;
    assert!(
        stage.has("PutKeyPolicy of alias/payments?"),
        "{}",
        stage.screen()
    );
}

/// An editor in a file: a shell script that gets the policy as `$1`.
fn editor(folder: &Path, script: &str) -> String {
    let path = folder.join("editor");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a script");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).expect("its mode");
    path.display().to_string()
}

fn open_policy(terminal: &mut Terminal) {
    terminal.wait_for("aliases ·");
    terminal.send("/payments\r");
    terminal.wait_for("● Enabled");
    terminal.send("\r");
    terminal.wait_for(" Policy ");
    terminal.send("\t");
    terminal.wait_for("\"Statement\"");
}

#[test]
fn a_policy_is_edited_refused_mended_put_and_undone_and_a_kill_leaves_the_draft() {
    let folder = tempfile::tempdir().expect("a folder");
    // Leaves raw mode and the other screen behind, as an editor that crashes does.
    let script = "stty raw -echo; printf '\\033[?1049h\\033[?1h'; sh \"${0%/*}/edit\" \"$1\"";
    let editor = editor(folder.path(), script);
    let edit = |sed: &str| {
        let text = format!("sed -i '{sed}' \"$1\"");
        std::fs::write(folder.path().join("edit"), text).expect("a script");
    };
    let env = [("EDITOR", &*editor), ("VISUAL", "")];
    let state = ["--sandbox", "--sandbox-state", "sandbox.json"];
    let start = || Terminal::start(&state, &env, folder.path(), SIZE);
    let mut terminal = start();
    open_policy(&mut terminal);
    edit("0,/\"Effect\": \"Allow\"/s//\"Effect\": \"Alow\"/");
    terminal.send("e");
    terminal.wait_for("unknown Effect \"Alow\"");
    terminal.send("\r");
    terminal.wait_for("PutKeyPolicy of alias/payments?");
    terminal.send("y");
    terminal.wait_for("KMS did not take it");
    terminal.wait_for("MalformedPolicyDocumentException");
    // Killed with the text in hand: it is offered again, and is nobody else's to read.
    terminal.signal(rustix::process::Signal::KILL);
    terminal.wait_end();
    let drafts = folder.path().join("state/kmsdeck/drafts");
    let draft = std::fs::read_dir(&drafts).expect("drafts").next();
    let draft = draft.expect("a draft").expect("a file");
    let mode = draft.metadata().expect("its mode").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let mut terminal = start();
    open_policy(&mut terminal);
    terminal.send("e");
    terminal.wait_for("is there: ↵ edits it, d throws it away");
    terminal.wait_for("\"Effect\": \"Alow\"");
    edit("s/\"Alow\"/\"Allow\"/; 0,/\"Sid\": \"/s//\"Sid\": \"My /");
    terminal.send("\r");
    terminal.wait_for(" of 32,768 bytes");
    terminal.send("\r");
    terminal.wait_for("PutKeyPolicy of alias/payments?");
    terminal.send("y");
    terminal.wait_for("Policy put. u puts the one before back.");
    terminal.wait_for("\"Sid\": \"My ");
    assert!(!draft.path().exists());
    terminal.send("u");
    terminal.wait_for("The policy before, put back to alias/payments");
    terminal.wait_for(" of 32,768 bytes");
    terminal.send("\r");
    terminal.wait_for("PutKeyPolicy of alias/payments?");
    terminal.send("y");
    terminal.wait_gone("\"Sid\": \"My ");
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
    terminal.assert_given_back();
}

#[test]
fn an_editor_that_is_not_there_is_named_and_one_that_fails_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let env = [("EDITOR", "vi"), ("VISUAL", "/no/such/editor -w")];
    let mut terminal = Terminal::start(&["--sandbox"], &env, folder.path(), SIZE);
    open_policy(&mut terminal);
    terminal.send("e");
    terminal.wait_for("$VISUAL is \"/no/such/editor -w\", which cannot be run.");
    terminal.send("f");
    terminal.wait_for("[ Put policy ]");
    terminal.send(ESC);
    terminal.wait_gone("[ Put policy ]");
    terminal.wait_for("There is no editor");
    terminal.send(ESC);
    terminal.wait_gone("There is no editor");
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);

    let editor = editor(folder.path(), "echo x >> \"$1\"; kill -SEGV $$");
    let env = [("EDITOR", "vi"), ("VISUAL", &*editor)];
    let mut terminal = Terminal::start(&["--sandbox"], &env, folder.path(), SIZE);
    open_policy(&mut terminal);
    terminal.send("e");
    terminal.wait_for("Not changed: $VISUAL");
    terminal.wait_for("What it has written stays as a draft.");
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
    terminal.assert_given_back();
}

#[test]
fn a_command_tells_line_and_column_of_what_is_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |policy: &str| {
        let file = folder.path().join("policy.json");
        std::fs::write(&file, policy).expect("a file");
        let policy = format!("file://{}", file.display());
        let mut command = crate::tools::kmsdeck();
        command.args(["--sandbox", "put-key-policy", "--yes", "--key-id"]);
        command.args([crate::sandbox::PAYMENTS, "--policy", &policy]);
        let output = command.output().expect("kmsdeck runs");
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    let said = put("{\n  \"Version\": \"2012-10-17\",\n  \"Statement\" []\n}\n");
    assert!(
        said.contains("Policy is no JSON at line 3, column 15"),
        "{said}"
    );
    let said = put("{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [{\"Efect\": 1}]\n}\n");
    assert!(said.contains("MalformedPolicyDocumentException"), "{said}");
    assert!(
        said.contains("Policy, line 3, column 27: unknown element Efect"),
        "{said}"
    );
}
