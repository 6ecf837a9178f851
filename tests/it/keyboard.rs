//! What a terminal may send at its worst: the keyboard works on, whatever came.

use std::io::Read;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use crate::terminal::Terminal;

const SIZE: (u16, u16) = (80, 24);

fn start() -> (Terminal, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let terminal = Terminal::start(&["--sandbox"], &[], folder.path(), SIZE);
    terminal.wait_for("aliases ·");
    (terminal, folder)
}

#[test]
fn a_paste_whose_end_is_lost_is_told_as_cut_and_takes_no_more_keys() {
    let (mut terminal, _folder) = start();
    terminal.send("/\x1b[200~paym");
    terminal.wait_for("The end of the paste did not come");
    terminal.wait_for("Filter: paym");
    terminal.send("ents");
    terminal.wait_for("Filter: payments ");
    works_on(&mut terminal);
}

/// A text that comes as keys, from a terminal that marks no paste, and Ctrl-C behind it.
#[test]
fn a_flood_of_text_holds_ctrl_c_back_nowhere() {
    // A filter, the command line, a form; keys that mean nothing.
    for open in ["/", ":", "g", ""] {
        let folder = tempfile::tempdir().expect("a folder");
        let args = ["--sandbox", "--sandbox-keys", "5000"];
        let mut terminal = Terminal::start(&args, &[], folder.path(), SIZE);
        terminal.wait_for("aliases ·");
        terminal.send(open);
        std::thread::sleep(Duration::from_millis(300));
        let began = Instant::now();
        terminal.send(&"zzzz zzzz ".repeat(40_000));
        terminal.send("\x03");
        assert_eq!(terminal.wait_end(), 0);
        let took = began.elapsed();
        assert!(took < Duration::from_secs(3), "{open:?}: {took:?}");
        terminal.assert_given_back();
    }
}

/// A paste, as a terminal marks it.
fn pasted(text: &str) -> String {
    format!("\x1b[200~{text}\x1b[201~")
}

/// Keys are taken, and Ctrl-C ends it.
fn works_on(terminal: &mut Terminal) {
    // Ctrl-L: what sizes that changed have left on the test's own screen is no answer to Esc.
    terminal.send("\x0c\x1b");
    terminal.wait_gone("Filter: ");
    terminal.wait_for("/ filter");
    terminal.send("/arch");
    terminal.wait_for("Filter: arch");
    terminal.send("\x03");
    assert_eq!(terminal.wait_end(), 0);
    terminal.assert_given_back();
}

/// 64 KB of keys of which nothing is left: a letter, and Backspace.
fn flood() -> String {
    "x\x7f".repeat(32 << 10)
}

#[test]
fn sixty_four_kilobytes_at_once_are_all_taken() {
    let (mut terminal, _folder) = start();
    terminal.send(&format!("/{}payments", flood()));
    terminal.wait_for("Filter: payments ");
    works_on(&mut terminal);
}

#[test]
fn sizes_that_change_in_the_middle_of_a_flood_change_nothing_of_it() {
    let (mut terminal, _folder) = start();
    terminal.send("/");
    let flood = flood();
    for (at, keys) in flood.as_bytes().chunks(5_000).enumerate() {
        terminal.send(std::str::from_utf8(keys).expect("ASCII"));
        terminal.resize([(100, 30), (60, 20), (200, 50)][at % 3]);
        terminal.send(std::str::from_utf8(keys).expect("ASCII"));
    }
    terminal.resize(SIZE);
    terminal.send("payments");
    terminal.wait_for("Filter: payments ");
    works_on(&mut terminal);
}

#[test]
fn answers_that_come_late_are_no_keys_and_keep_none_back() {
    let (mut terminal, _folder) = start();
    terminal.send("/");
    let answers = [
        "\x1b[?2026;2$y",
        "\x1b[?997;1n",
        "\x1b[?62;22c",
        "\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\",
        "\x1bP1+r544e=78\x1b\\",
        "\x1b[12;40R",
        "\x1b[<0;0;0M",
    ];
    for (at, answer) in answers.into_iter().enumerate() {
        terminal.send(&format!("{answer}\x15pay{answer}{at}"));
        terminal.wait_for(&format!("Filter: pay{at} "));
    }
    works_on(&mut terminal);
}

#[test]
fn what_comes_byte_by_byte_is_the_same() {
    let (mut terminal, _folder) = start();
    for byte in "/\x1b[200~paym\x1b[201~\x1b]11;rgb:0/0/0\x1b\\\x1b[D\x1b[3~é".bytes() {
        terminal.send_bytes(&[byte]);
        std::thread::sleep(Duration::from_millis(4));
    }
    terminal.wait_for("Filter: payé");
    works_on(&mut terminal);
}

#[test]
fn what_is_typed_before_it_is_there_is_taken() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut terminal = Terminal::start(&["--sandbox"], &[], folder.path(), SIZE);
    terminal.send(":region eu-west-1\r");
    terminal.wait_for("user/admin · eu-west-1");
    terminal.wait_for("aliases ·");
    terminal.send("/pay");
    terminal.wait_for("Filter: pay ");
    works_on(&mut terminal);
}

#[test]
fn a_megabyte_pasted_into_a_line_is_cut_and_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut terminal = Terminal::start(&["--sandbox"], &[], folder.path(), (140, 40));
    terminal.wait_for("aliases ·");
    let text = pasted(&"pay ments ".repeat(104_858));
    // A filter, the command line, a prompt, a filter of a menu.
    for (keys, most) in [
        ("/", "1,024"),
        (":", "16,384"),
        ("o", "100,000"),
        ("p", "16,384"),
    ] {
        terminal.wait_for("/ filter");
        terminal.send(keys);
        terminal.send(&text);
        terminal.wait_for(&format!("Pasted {most} of 1,048,580 characters"));
        terminal.send("x\x15some");
        terminal.wait_for("some ");
        terminal.send("\x1b");
        terminal.wait_gone("some");
    }
    terminal.send("/pay");
    terminal.wait_for("Filter: pay ");
    works_on(&mut terminal);
}

#[test]
fn megabytes_pasted_into_a_form_are_cut_or_refused_and_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut terminal = Terminal::start(&["--sandbox"], &[], folder.path(), (140, 40));
    terminal.wait_for("aliases ·");
    terminal.open_form("Encrypt");
    terminal.wait_for("[ Encrypt ]");
    // The plaintext, as base64 on one line of 12 MB.
    terminal.send(&pasted(&"a".repeat(12 << 20)));
    terminal.wait_for("Pasted 65,536 of 12,582,912 characters");
    terminal.send("\x15aGVsbG8=");
    terminal.wait_for("5 bytes");
    // Pairs are taken whole, or not at all.
    terminal.send("\t");
    terminal.send(&pasted(&"tenant=acme,".repeat(1 << 17)));
    terminal.wait_for("Not pasted: it has 1,572,864 characters");
    terminal.send("\x1b[A\x1b[A\x15");
    terminal.send(&pasted(&"a".repeat(1 << 20)));
    terminal.wait_for("Pasted 16,384 of 1,048,576 characters");
    terminal.send("\x15alias/payments\x12");
    terminal.wait_for("CiphertextBlob");
    terminal.send("\x1b");
    terminal.wait_for("[ Encrypt ]");
    works_on(&mut terminal);
}

/// The window is closed, and who started kmsdeck ignores SIGHUP and lives on: no signal comes.
#[test]
fn a_terminal_that_hangs_up_without_a_signal_ends_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let pair = native_pty_system()
        .openpty(PtySize::default())
        .expect("a pseudo-terminal");
    let mut command = CommandBuilder::new("sh");
    let script = "trap '' HUP; \"$@\"; code=$?; echo $code >code.new; \
                  mv code.new code";
    command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_kmsdeck")]);
    command.args(["--sandbox"]);
    command.cwd(folder.path());
    command.env("XDG_CONFIG_HOME", folder.path());
    command.env("XDG_STATE_HOME", folder.path().join("state"));
    let mut shell = pair.slave.spawn_command(command).expect("a shell");
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().expect("a reader");
    let mut shown = Vec::new();
    while !String::from_utf8_lossy(&shown).contains("aliases") {
        let mut bytes = [0; 4096];
        let count = reader.read(&mut bytes).expect("it shows its screen");
        shown.extend_from_slice(&bytes[..count]);
    }
    drop((reader, pair.master));
    let until = Instant::now() + Duration::from_secs(30);
    let code = loop {
        match std::fs::read_to_string(folder.path().join("code")) {
            Ok(code) => break code,
            Err(_) if Instant::now() < until => std::thread::sleep(Duration::from_millis(50)),
            Err(error) => panic!("it lives on: {error}"),
        }
    };
    shell.wait().expect("the shell ends");
    assert_eq!(code.trim(), "129");
}
