//! Operations and the matrix in the real binary, in a real pseudo-terminal: chains, secrets,
//! confirmations, files.

use crate::terminal::Terminal;

const SIZE: (u16, u16) = (100, 40);
const SUBMIT: &str = "\x12";
const DRY_RUN: &str = "\x14";
const ESC: &str = "\x1b";

fn start(args: &[&str], env: &[(&str, &str)]) -> (Terminal, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let args = [&["--sandbox"], args].concat();
    let terminal = Terminal::start(&args, env, folder.path(), SIZE);
    terminal.wait_for("aliases ·");
    (terminal, folder)
}

/// Puts the cursor on the key of an alias.
fn find(terminal: &mut Terminal, alias: &str) {
    terminal.send(&format!("/{alias}\r"));
    terminal.wait_for(&format!("Filter: {alias}"));
    // What the actions depend on.
    terminal.wait_for("● Enabled");
}

#[test]
fn a_data_key_is_decrypted_with_the_right_context_alone() {
    let (mut terminal, _folder) = start(&[], &[("SSH_TTY", "/dev/pts/0")]);
    find(&mut terminal, "payments");
    terminal.send("g");
    terminal.wait_for("[ Generate ]");
    terminal.send("\t\t\x1b[200~tenant=acme\x1b[201~");
    terminal.wait_for("acme");
    terminal.send(SUBMIT);
    terminal.wait_for("Data key generated");
    // One key press brings blob, key and context over.
    terminal.send("o");
    terminal.wait_for("[ Decrypt ]");
    terminal.wait_for("tenant");
    // The cursor is on the button: up to GrantTokens, EncryptionAlgorithm and the pair's value.
    terminal.send("\x1b[Z\x1b[Z\x1b[Z\x1b[Z\x1b[Z\x1b[Z");
    terminal.send("X");
    terminal.wait_for("acmeX");
    terminal.send(SUBMIT);
    terminal.wait_for("InvalidCiphertextException");
    terminal.wait_for("the encryption context is not the one");
    terminal.send(ESC);
    terminal.wait_gone("InvalidCiphertextException");
    terminal.wait_for("[ Decrypt ]");
    terminal.send("\x7f");
    terminal.wait_gone("acmeX");
    terminal.send(SUBMIT);
    terminal.wait_for("Decrypted");
    terminal.wait_for("•••••••• 32 bytes");
    terminal.send("v");
    terminal.wait_for("32 bytes · base64");
    terminal.send("v");
    terminal.wait_for("•••••••• 32 bytes");
    // A copied secret is said to go, and goes when kmsdeck ends.
    terminal.send("y");
    terminal.wait_for("Plaintext as base64, secret");
    assert!(
        !terminal.screen().contains("as text"),
        "bytes that are none"
    );
    terminal.go_to("Plaintext as base64, secret");
    terminal.send("\r");
    terminal.wait_for("It is cleared in 30 s, or when kmsdeck ends");
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
    terminal.wait_for_raw("\x1b]52;c;\x07");
    terminal.assert_given_back();
}

/// Whoever tries the sandbox presses this first.
#[test]
fn a_data_key_is_the_very_first_thing_that_works() {
    let (mut terminal, _folder) = start(&[], &[]);
    terminal.send("g");
    terminal.wait_for("[ Generate ]");
    terminal.send(SUBMIT);
    terminal.wait_for("✓ Data key generated");
}

#[test]
fn a_copied_secret_is_cleared_after_the_time_of_the_configuration() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("config.toml");
    std::fs::write(&config, "clipboard-clear = 1\n").expect("a file");
    let config = config.to_str().expect("UTF-8");
    let (mut terminal, _folder) = start(&["--config", config], &[("SSH_TTY", "/dev/pts/0")]);
    find(&mut terminal, "payments");
    terminal.open_form("GenerateDataKey");
    terminal.send(SUBMIT);
    terminal.wait_for("Data key generated");
    terminal.send("y");
    terminal.wait_for("Plaintext as base64, secret");
    terminal.go_to("Plaintext as base64, secret");
    terminal.send("\r");
    terminal.wait_for("It is cleared in 1 s");
    terminal.wait_for("The secret was taken out of the clipboard");
    terminal.wait_for_raw("\x1b]52;c;\x07");
}

#[test]
fn a_signature_is_verified_and_one_of_another_message_is_not() {
    let (mut terminal, folder) = start(&[], &[]);
    find(&mut terminal, "alias/signing");
    terminal.open_form("Sign");
    // The message as text, by the form of the bytes.
    terminal.send("\x0f\x0f");
    terminal.wait_for("text   ");
    terminal.send("the message");
    terminal.wait_for("11 bytes");
    terminal.send(SUBMIT);
    terminal.wait_for("Signed");
    terminal.send("V");
    terminal.wait_for("[ Verify ]");
    terminal.send(SUBMIT);
    terminal.wait_for("SignatureValid");
    terminal.wait_for("true");
    terminal.send(ESC);
    terminal.wait_gone("SignatureValid");
    // Another message, from a file.
    std::fs::write(folder.path().join("other.txt"), "another message").expect("a file");
    terminal.send("\t\t\x15\x0f\x0f\x0f");
    terminal.wait_for("file   ");
    terminal.send("nowhere.txt");
    terminal.send(SUBMIT);
    terminal.wait_for("cannot be read from that file");
    terminal.send("\x15other.txt\t");
    terminal.wait_for("15 bytes");
    terminal.send(SUBMIT);
    terminal.wait_for("KMSInvalidSignatureException");
}

#[test]
fn a_ciphertext_is_re_encrypted_under_another_key() {
    let (mut terminal, _folder) = start(&[], &[("SSH_TTY", "/dev/pts/0")]);
    find(&mut terminal, "payments");
    terminal.open_form("Encrypt");
    terminal.send("\x0f\x0fhello\x12");
    terminal.wait_for("Encrypted");
    terminal.send("E");
    terminal.wait_for("[ Re-encrypt ]");
    terminal.wait_for("DestinationKeyId");
    terminal.send(SUBMIT);
    // Nothing is sent without a destination, and the cursor is where it is missing.
    terminal.wait_for("DestinationKeyId is required");
    terminal.send("alias/app-tokens");
    terminal.send(SUBMIT);
    terminal.wait_for("Re-encrypted");
    terminal.send("o");
    terminal.wait_for("[ Decrypt ]");
    terminal.send(SUBMIT);
    terminal.wait_for("Decrypted");
    terminal.send("v");
    terminal.wait_for("as text");
    terminal.wait_for("hello");
    // A secret that is text is copied as that, and cleared as any other.
    terminal.send("y");
    terminal.go_to("Plaintext as text, secret");
    terminal.send("\r");
    terminal.wait_for("It is cleared in 30 s, or when kmsdeck ends");
    terminal.wait_for_raw("\x1b]52;c;aGVsbG8=\x07");
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
    terminal.wait_for_raw("\x1b]52;c;\x07");
}

#[test]
fn a_change_is_a_dry_run_first_and_confirmed_after() {
    let (mut terminal, _folder) = start(&[], &[]);
    find(&mut terminal, "payments");
    terminal.open_form("CreateGrant");
    terminal.wait_for("DRY RUN");
    // No alias is taken here: the menu gave the key's ID.
    terminal.wait_for("1234abcd-12ab-34cd-56ef-1234567890ab");
    terminal.send("arn:aws:iam::111122223333:user/auditor\t\t ");
    terminal.wait_for("[x] CreateGrant");
    terminal.send(SUBMIT);
    terminal.wait_for("Would succeed");
    terminal.send(ESC);
    terminal.wait_gone("Would succeed");
    terminal.wait_for("[ Dry run ]");
    terminal.send(DRY_RUN);
    terminal.wait_for("[ Create grant ]");
    terminal.send(SUBMIT);
    terminal.wait_for("CreateGrant of alias/payments?");
    terminal.wait_for("Account              111122223333");
    terminal.wait_for("Region               us-east-1");
    terminal.wait_for("Key                  1234abcd-12ab-34cd-56ef-1234567890ab");
    terminal.wait_for("user/auditor may use the key");
    terminal.send("n");
    terminal.wait_for("[ Create grant ]");
    terminal.send(SUBMIT);
    terminal.wait_for("CreateGrant of alias/payments?");
    terminal.send("y");
    terminal.wait_for("Grant created");
    terminal.send("d");
    terminal.wait_for("RevokeGrant");
    terminal.send(DRY_RUN);
    terminal.wait_for("[ Revoke grant ]");
    terminal.send(SUBMIT);
    terminal.wait_for("RevokeGrant of alias/payments?");
    terminal.wait_for("Grantee              arn:aws:iam::111122223333:user/auditor");
    terminal.wait_for("Operations           CreateGrant");
    terminal.send("y");
    terminal.wait_for("Grant revoked");
}

#[test]
fn what_does_not_fit_a_key_says_why() {
    let (mut terminal, _folder) = start(&[], &[]);
    find(&mut terminal, "webhooks");
    terminal.wait_for("HMAC");
    terminal.send("a");
    terminal.wait_for("Operations with");
    terminal.send("verify");
    terminal.wait_for("needs a key with KeyUsage SIGN_VERIFY");
    terminal.wait_gone("GenerateDataKey");
    terminal.go_to("Verify");
    terminal.send("\r");
    terminal.wait_for("Verify needs a key with KeyUsage SIGN_VERIFY.");
    terminal.send(ESC);
    terminal.wait_gone("Operations with");
}

#[test]
fn the_matrix_is_asked_paused_compared_and_exported() {
    let (mut terminal, folder) = start(&["--sandbox-fault", "latency:30ms"], &[]);
    find(&mut terminal, "alias/p");
    terminal.send("m");
    terminal.wait_for("Permission matrix");
    terminal.wait_for("dry runs");
    terminal.send(" ");
    terminal.wait_for("/s");
    terminal.send(" ");
    terminal.wait_for("Paused");
    terminal.send(" ");
    terminal.wait_for("Every cell has its verdict");
    terminal.send("x");
    terminal.wait_for("Export the matrix");
    terminal.send("\r");
    terminal.wait_for("Saved");
    let file = folder.path().join("kmsdeck-matrix.json");
    let text = std::fs::read_to_string(file).expect("the export");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        json["verdicts"]["alias/payments"]["Encrypt"],
        "would succeed"
    );
    terminal.send("b");
    terminal.wait_for("Kept, to compare later runs with");
    terminal.send("\r");
    terminal.wait_for("DryRun · ");
    terminal.send(ESC);
    terminal.wait_gone("DryRun · ");
    // The same keys as another principal: what is lost is counted and marked.
    terminal.send(ESC);
    terminal.wait_gone("Permission matrix");
    terminal.send("p");
    terminal.wait_for("auditor");
    terminal.send("auditor\r");
    terminal.wait_for("111122223333 user/auditor · us-east-1");
    // The filter has stayed.
    terminal.wait_for("10 of 28 keys");
    terminal.wait_for("● Enabled");
    terminal.send("m");
    terminal.wait_for("dry runs");
    terminal.send(" ");
    terminal.wait_for("Every cell has its verdict");
    terminal.wait_for("lost");
    let screen = terminal.screen();
    assert!(screen.contains("✗-"), "{screen}");
}

#[test]
fn a_throttled_matrix_ends_with_a_verdict_in_every_cell() {
    let (mut terminal, _folder) = start(
        &[
            "--sandbox-fault",
            "Encrypt=throttle:0.5,Decrypt=throttle:0.5",
        ],
        &[],
    );
    find(&mut terminal, "payments");
    terminal.send("m");
    terminal.wait_for("dry runs");
    terminal.send(" ");
    terminal.wait_for("0 not known");
}

#[test]
fn a_command_asks_in_the_words_of_the_console() {
    let tokens = "5a0d3f7b-86c2-4e91-b4d7-f1e2c3a49b68";
    let args = ["--sandbox", "schedule-key-deletion", "--key-id", tokens];
    let folder = tempfile::tempdir().expect("a folder");
    let start = || Terminal::start(&args, &[], folder.path(), SIZE);
    let mut terminal = start();
    terminal.wait_for("KMS deletes the key on ");
    terminal.wait_for("alias/app-tokens");
    terminal.wait_for("Tokenizer for the loyalty programme");
    terminal.wait_for("arn:aws:iam::111122223333:user/admin");
    terminal.wait_for("Type alias/app-tokens or c3a49b68 to go on: ");
    terminal.send("yes\r");
    terminal.wait_for("Nothing was sent.");
    let mut terminal = start();
    terminal.wait_for("to go on: ");
    terminal.send("c3a49b68\r");
    terminal.wait_for("PendingDeletion");
}

#[test]
fn a_keys_tags_grants_and_rotation_are_changed_from_their_tabs() {
    let (mut terminal, _folder) = start(&[], &[]);
    find(&mut terminal, "payments");
    terminal.send("\r\t\t\t");
    terminal.wait_for("cost-center");
    terminal.send("n");
    terminal.wait_for("[ Tag ]");
    terminal.send("\rowner\tjane doe");
    terminal.send(SUBMIT);
    terminal.wait_for("owner = jane doe");
    terminal.send("y");
    terminal.wait_for("Tags set");
    terminal.send(ESC);
    terminal.wait_for("[ Tag ]");
    terminal.send(ESC);
    terminal.wait_gone("[ Tag ]");
    terminal.wait_for("jane doe");
    terminal.go_to("owner");
    terminal.send("d");
    terminal.wait_for("UntagResource of");
    terminal.send("y");
    terminal.wait_for("Tags taken away.");
    terminal.wait_gone("jane doe");
    // The grants, one tab before.
    terminal.send("\x1b[Z");
    terminal.wait_for("restore-agent");
    terminal.go_to("restore-agent");
    terminal.send("d");
    terminal.wait_for("RevokeGrant of");
    terminal.wait_for("Decrypt, RetireGrant");
    terminal.send("y");
    terminal.wait_for("Grant revoked.");
    terminal.wait_gone("restore-agent");
    terminal.wait_for("Grants 1");
    terminal.send("n");
    terminal.wait_for("GranteeServicePrincipal");
    terminal.send(ESC);
    terminal.wait_gone("GranteeServicePrincipal");
    terminal.send("\t\t");
    terminal.wait_for("Automatic");
    terminal.send("e");
    terminal.wait_for("[ Enable rotation ]");
}

#[test]
fn a_grant_for_a_service_is_made_with_its_source_and_revoked_from_its_row() {
    let (mut terminal, _folder) = start(&[], &[]);
    find(&mut terminal, "payments");
    terminal.send("\r\t\t");
    terminal.wait_for("restore-agent");
    terminal.send("n");
    // What is to be filled first is who gets it.
    terminal.wait_for("▌ GranteePrincipal ");
    terminal.send("\t");
    terminal.wait_for("▌ GranteeServicePrincipal ");
    terminal.send("rds.amazonaws.com");
    terminal.wait_for("rds.amazonaws.com");
    terminal.send("\t");
    terminal.wait_for("▌ Operations ");
    terminal.send("\x1b[C ");
    terminal.wait_for("[x] Decrypt");
    terminal.send(DRY_RUN);
    terminal.wait_for("[ Create grant ]");
    // Without the resource that the service acts for, it is refused before it is sent.
    terminal.send(SUBMIT);
    terminal.wait_for("▌ SourceArn ");
    terminal.send("arn:aws:rds:us-east-1:111122223333:db:orders");
    terminal.wait_for(":db:orders");
    terminal.send(SUBMIT);
    // So is one that nobody could retire.
    terminal.wait_for("▌ RetiringPrincipal ");
    terminal.send("arn:aws:iam::111122223333:role/app");
    terminal.wait_for(":role/app");
    terminal.send(SUBMIT);
    terminal.wait_for("CreateGrant of");
    terminal.send("y");
    terminal.wait_for("Grant created");
    terminal.send(ESC);
    terminal.wait_gone("Grant created");
    terminal.send(ESC);
    terminal.wait_for("Grants 3");
    terminal.go_to("(no name)");
    terminal.wait_for(":db:orders");
    terminal.send("d");
    terminal.wait_for("RevokeGrant of");
    terminal.wait_for("rds.amazonaws.com");
    terminal.send("y");
    terminal.wait_for("Grant revoked.");
    terminal.wait_for("Grants 2");
}

#[test]
fn an_alias_is_made_moved_and_deleted() {
    let (mut terminal, _folder) = start(&[], &[]);
    terminal.send("A");
    terminal.wait_for("alias/archive");
    terminal.send("n");
    terminal.wait_for("[ Create alias ]");
    terminal.send("alias/made-here");
    terminal.send(SUBMIT);
    terminal.wait_for("CreateAlias of");
    terminal.send("y");
    terminal.wait_for("Alias created");
    terminal.send(ESC);
    terminal.wait_for("[ Create alias ]");
    terminal.send(ESC);
    terminal.wait_gone("[ Create alias ]");
    terminal.send("/made-here\r");
    terminal.wait_for("alias/made-here");
    // To another key: the question says from which to which.
    terminal.send("e");
    terminal.wait_for("[ Move alias ]");
    terminal.send("1234abcd-12ab-34cd-56ef-1234567890ab");
    terminal.send(SUBMIT);
    terminal.wait_for("alias/made-here moves from");
    terminal.send("y");
    terminal.wait_for("Alias moved");
    terminal.send(ESC);
    terminal.wait_for("[ Move alias ]");
    terminal.send(ESC);
    terminal.wait_gone("[ Move alias ]");
    terminal.send("d");
    terminal.wait_for("DeleteAlias of");
    terminal.wait_for("The key keeps its");
    terminal.send("y");
    terminal.wait_for("Alias deleted.");
    terminal.wait_for("No alias matches.");
}
