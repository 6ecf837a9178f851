//! The real binary in a real pseudo-terminal.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;

use data_encoding::BASE64;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use rustix::process::Signal;

use crate::terminal::Terminal;

const SIZE: (u16, u16) = (80, 24);

fn start(env: &[(&str, &str)]) -> (Terminal, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let terminal = Terminal::start(&["--sandbox"], env, folder.path(), SIZE);
    terminal.wait_for("aliases ·");
    (terminal, folder)
}

#[test]
fn the_main_job_from_the_list_to_a_saved_and_copied_ciphertext() {
    let (mut terminal, folder) = start(&[("SSH_TTY", "/dev/pts/0")]);
    terminal.send("/payments\r");
    terminal.wait_for("Filter: payments");
    terminal.send("g");
    terminal.wait_for("[ Generate ]");
    // Bracketed paste into the encryption context.
    terminal.send("\t\t\x1b[200~tenant=acme\x1b[201~");
    terminal.wait_for("tenant");
    terminal.send("\x12");
    terminal.wait_for("Data key generated");
    terminal.wait_for("KeyMaterialId");
    terminal.send("s\r");
    terminal.wait_for("Saved");
    let path = folder.path().join("CiphertextBlob.bin");
    let blob = std::fs::read(&path).expect("the saved file");
    let mode = std::fs::metadata(&path)
        .expect("the saved file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    terminal.send("y\r");
    terminal.wait_for("Copied by OSC 52");
    let copied = format!(
        "\x1b]52;c;{}\x07",
        BASE64.encode(BASE64.encode(&blob).as_bytes())
    );
    terminal.wait_for_raw(&copied);
    // Back to the form, which is as it was; then the dry run.
    terminal.send("\x1b");
    terminal.wait_for("[ Generate ]");
    terminal.wait_for("acme");
    terminal.send("\x14\x12");
    terminal.wait_for("Would succeed");
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
    terminal.assert_given_back();
}

#[test]
fn a_panic_in_the_loop_gives_the_terminal_back_and_prints_its_message() {
    panics("loop");
}

#[test]
fn a_panic_in_a_job_gives_the_terminal_back_and_ends() {
    panics("job");
}

fn panics(place: &str) {
    let (mut terminal, _folder) = start(&[("KMSDECK_TEST_PANIC", place)]);
    terminal.send("\x1b[24~");
    assert_ne!(terminal.wait_end(), 0);
    terminal.assert_given_back();
    assert!(
        terminal.raw().contains("asked for by KMSDECK_TEST_PANIC"),
        "{}",
        terminal.screen()
    );
}

#[test]
fn signals_end_it_with_the_terminal_given_back() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129)] {
        let (mut terminal, _folder) = start(&[]);
        terminal.signal(signal);
        assert_eq!(terminal.wait_end(), code);
        terminal.assert_given_back();
    }
}

#[test]
fn ctrl_z_gives_the_terminal_back_and_fg_takes_it_again() {
    let (mut terminal, _folder) = start(&[]);
    terminal.send("/arch");
    terminal.wait_for("Filter: arch");
    terminal.send("\x1a");
    terminal.wait_stopped();
    terminal.assert_given_back();
    terminal.signal(Signal::CONT);
    terminal.wait_for("Filter: arch");
    // It takes keys again.
    terminal.send("\x1b");
    terminal.wait_for("/ filter");
    // The same from outside.
    terminal.signal(Signal::TSTP);
    terminal.wait_stopped();
    terminal.assert_given_back();
    terminal.signal(Signal::CONT);
    terminal.wait_for("/ filter");
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
    terminal.assert_given_back();
}

#[test]
fn under_no_color_the_selection_is_still_seen() {
    let (mut terminal, _folder) = start(&[("NO_COLOR", "1")]);
    assert!(terminal.raw().contains("\x1b[7m"), "no reverse video");
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
}

#[test]
fn a_theme_of_the_users_own_is_used_but_no_color_goes_before_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let themes = folder.path().join("kmsdeck/themes");
    std::fs::create_dir_all(&themes).expect("a folder");
    let theme = "inherits = \"light\"\nselected = { fg = 16, bg = 201 }\n";
    std::fs::write(themes.join("mine.toml"), theme).expect("a theme");
    for (env, selection, unwanted) in [
        (&[][..], "48;5;201m", "\x1b[7m"),
        (&[("NO_COLOR", "1")], "\x1b[7m", "8;5;"),
    ] {
        let args = ["--sandbox", "--theme", "mine"];
        let mut terminal = Terminal::start(&args, env, folder.path(), SIZE);
        terminal.wait_for("aliases ·");
        let raw = terminal.raw();
        assert!(raw.contains(selection), "{raw:?}");
        assert!(!raw.contains(unwanted), "{raw:?}");
        terminal.send("q");
        assert_eq!(terminal.wait_end(), 0);
    }
}

#[test]
fn the_users_configuration_counts_and_what_is_wrong_in_it_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("kmsdeck")).expect("a folder");
    std::fs::write(
        folder.path().join("kmsdeck/config.toml"),
        "theme = \"high-contrast\"\nmouze = true\n",
    )
    .expect("a configuration");
    let mut terminal = Terminal::start(&["--sandbox"], &[], folder.path(), (200, 24));
    terminal.wait_for("kmsdeck/config.toml:2: there is no setting \"mouze\": choose theme,");
    terminal.wait_for_raw("48;5;226m");
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
}

#[test]
fn rebound_keys_are_those_that_the_terminal_sends() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("mine.toml");
    let config = "[keys.keys]\nfilter = [\"f2\", \"alt-f\"]\nback = \"ctrl-space\"\n\
                  [keys.filter]\nback = \"ctrl-s\"\n[keys.global]\nquit = \"ctrl-up\"\n";
    std::fs::write(&file, config).expect("a configuration");
    let args = ["--sandbox", "--config", file.to_str().expect("UTF-8")];
    let mut terminal = Terminal::start(&args, &[], folder.path(), SIZE);
    terminal.wait_for("F2 filter");
    // The old keys do nothing.
    terminal.send("q/\x1bOQarch");
    terminal.wait_for("Filter: arch");
    terminal.send("\x13");
    terminal.wait_for("F2 filter");
    terminal.send("\x1bfarch\r");
    terminal.wait_for("Filter: arch");
    terminal.send("\0");
    terminal.wait_for("F2 filter");
    terminal.send("\x1b[1;5A");
    assert_eq!(terminal.wait_end(), 0);
    terminal.assert_given_back();
}

#[test]
fn nothing_is_written_while_nothing_happens() {
    let (mut terminal, _folder) = start(&[]);
    // Once the visible keys are described there is silence; a tick would write every 100 ms.
    let silent = (0..40).any(|_| {
        let before = terminal.raw().len();
        std::thread::sleep(std::time::Duration::from_millis(400));
        terminal.raw().len() == before
    });
    assert!(silent, "idle, and yet it writes");
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
}

#[test]
fn an_endpoint_that_is_not_there_is_said_with_a_way_to_try_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut terminal = Terminal::start(
        &[
            "--endpoint-url",
            "http://127.0.0.1:1",
            "--region",
            "us-east-1",
            "--max-attempts",
            "1",
        ],
        &[("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "y")],
        folder.path(),
        SIZE,
    );
    terminal.wait_for("cannot be reached");
    terminal.wait_for("tries again");
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
    terminal.assert_given_back();
}

#[test]
fn profile_and_region_switch_in_the_middle_of_a_listing() {
    let folder = tempfile::tempdir().expect("a folder");
    // Each page takes a while, so that the old list is under way when the new one begins.
    let args = [
        "--sandbox",
        "--sandbox-keys",
        "20000",
        "--sandbox-fault",
        "ListAliases=latency:150ms",
    ];
    let mut terminal = Terminal::start(&args, &[], folder.path(), SIZE);
    terminal.wait_for("so far");
    terminal.send(":region eu-west-1\r");
    terminal.wait_for("user/admin · eu-west-1");
    terminal.wait_for("4 keys, ");
    assert!(!terminal.screen().contains("20,0"), "{}", terminal.screen());
    terminal.send(":profile auditor\r");
    terminal.wait_for("user/auditor · eu-west-1");
    terminal.wait_for("4 keys, ");
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
    terminal.assert_given_back();
}

#[test]
fn denied_to_list_a_typed_key_id_still_opens_the_form_and_is_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let args = ["--sandbox", "--sandbox-principal", "no-list"];
    let mut terminal = Terminal::start(&args, &[], folder.path(), SIZE);
    terminal.wait_for("You may not list keys here");
    terminal.send("g");
    terminal.wait_for("[ Generate ]");
    terminal.send("alias/payments\x14\x12");
    terminal.wait_for("Would succeed");
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
}

#[test]
fn a_throttled_listing_says_so_and_ends_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let args = [
        "--sandbox",
        "--sandbox-keys",
        "2000",
        "--max-attempts",
        "1",
        "--sandbox-fault",
        "ListKeys=throttle:0.6,ListAliases=throttle:0.3",
    ];
    let mut terminal = Terminal::start(&args, &[], folder.path(), SIZE);
    terminal.wait_for("Trying again in");
    terminal.wait_for("2,028 keys, 2,0");
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
}

#[test]
fn a_hundred_thousand_keys_are_filtered() {
    let folder = tempfile::tempdir().expect("a folder");
    let args = ["--sandbox", "--sandbox-keys", "100000"];
    let mut terminal = Terminal::start(&args, &[], folder.path(), SIZE);
    terminal.wait_for("100,028 keys, ");
    terminal.send("/payments\r");
    terminal.wait_for("of 100,028 keys");
    terminal.wait_for("alias/payments");
    terminal.send(":filter region:us-east payments\r");
    terminal.wait_for("Filter: region:us-east payments");
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
}

#[test]
fn the_mouse_is_taken_and_given_back() {
    let (mut terminal, _folder) = start(&[]);
    terminal.wait_for_raw("\x1b[?1000h");
    terminal.send("\x1bOQ");
    terminal.wait_for("the terminal's own again");
    terminal.wait_for_raw("\x1b[?1000l");
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
}

#[test]
fn throttled_descriptions_are_asked_again_and_then_nothing_is_said_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let args = [
        "--sandbox",
        "--max-attempts",
        "1",
        "--sandbox-fault",
        "DescribeKey=throttle:0.3",
    ];
    let mut terminal = Terminal::start(&args, &[], folder.path(), SIZE);
    terminal.wait_for_raw("KMS throttles");
    terminal.send("D");
    // Every key is described in the end.
    terminal.wait_for("✓ 28 keys, 32 aliases");
    assert!(!terminal.screen().contains("· …"), "{}", terminal.screen());
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
}

#[test]
fn describing_every_key_shows_how_far_it_is_and_can_be_stopped() {
    let folder = tempfile::tempdir().expect("a folder");
    let args = [
        "--sandbox",
        "--sandbox-keys",
        "2000",
        "--sandbox-fault",
        "DescribeKey=latency:40ms",
    ];
    let mut terminal = Terminal::start(&args, &[], folder.path(), (100, 30));
    terminal.wait_for("aliases ·");
    terminal.send("D");
    terminal.wait_for("DescribeKey");
    terminal.wait_for("left");
    terminal.send("D");
    terminal.wait_for("DescribeKey of all keys was stopped");
    // What was described stays: a filter by state finds keys, and says that others are not known.
    terminal.send("/state:enabled\r");
    terminal.wait_for("not known yet of");
    terminal.wait_for("● Enabled");
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
}

/// The rows on the screen outlive the list that they were made of.
#[test]
fn the_aliases_are_listed_anew_by_every_way_while_they_come() {
    let folder = tempfile::tempdir().expect("a folder");
    let args = ["--sandbox", "--sandbox-fault", "latency:20ms"];
    let mut terminal = Terminal::start(&args, &[], folder.path(), SIZE);
    terminal.wait_for("aliases ·");
    terminal.send("A");
    terminal.wait_for("alias/payments");
    for again in ["r", "\x1b[15~", ":refresh\r", ":shared\r"] {
        terminal.send("\x1b[B\x1b[B");
        terminal.send(again);
        terminal.send("\x1b[F\x1b[A");
        terminal.wait_for("Aliases: ");
        terminal.wait_for("alias/");
    }
    terminal.send("q");
    assert_eq!(terminal.wait_end(), 0);
}

/// With the window the terminal goes, and with it standard error.
#[test]
fn a_window_that_is_closed_ends_it_by_the_signal_and_without_a_panic() {
    // As it begins, and once it stands.
    for text in ["SANDBOX", "sort:"] {
        let folder = tempfile::tempdir().expect("a folder");
        let pair = native_pty_system()
            .openpty(PtySize {
                rows: 30,
                cols: 100,
                pixel_width: 0,
                pixel_height: 0,
            })
            .expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_kmsdeck"));
        command.args(["--sandbox"]);
        command.env("TERM", "xterm-256color");
        command.env("XDG_CONFIG_HOME", folder.path());
        command.env("XDG_STATE_HOME", folder.path());
        let mut child = pair.slave.spawn_command(command).expect("kmsdeck starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let (mut shown, mut bytes) = (Vec::new(), [0; 4096]);
        while !String::from_utf8_lossy(&shown).contains(text) {
            let count = reader.read(&mut bytes).expect("a frame");
            shown.extend_from_slice(&bytes[..count]);
        }
        drop(reader);
        drop(pair.master);
        assert_eq!(child.wait().expect("it ends").exit_code(), 129, "{text:?}");
    }
}
