//! The bytes that a terminal sends, taken apart: keys, the mouse, pastes, and what it answers to
//! questions, which is none of these.
//!
//! A sequence is first read to its end, by the grammar of ECMA-48, and then looked at. So what is
//! not known (an answer that comes late, to whoever asked) is left out whole, and whatever comes
//! after it counts. A sequence may come in any number of pieces.

use std::time::Duration;

use crossterm::event::{Event as TermEvent, KeyCode, KeyEvent, KeyModifiers};
use zeroize::{Zeroize, Zeroizing};

use super::csi;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
/// CAN and SUB, which end a sequence and mean nothing else.
const CANCELS: [u8; 2] = [0x18, 0x1a];
const PASTE_END: &[u8] = b"\x1b[201~";
/// Bytes of a sequence that are kept; none that means something is as long.
const SEQUENCE: usize = 64;
/// Bytes of a paste that are kept; no field takes as many.
const PASTE: usize = 64 << 20;

/// How long the rest of a key may take: the Escape key sends what all the others begin with.
const KEY_PATIENCE: Duration = Duration::from_millis(30);
/// How long the rest of a sequence may take, once it can be no key.
const SEQUENCE_PATIENCE: Duration = Duration::from_secs(1);
/// How long a paste may be silent: then its end was lost on the way, and keys are keys again.
const PASTE_PATIENCE: Duration = Duration::from_secs(2);
/// The most bytes that a key has. What comes more at once after a paste that was silent is the rest
/// of it, which must not be taken for commands.
const KEY: usize = 16;

/// What comes from the terminal.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::tui) enum FromTerminal {
    Event(TermEvent),
    /// A paste whose end did not come.
    CutPaste(String),
    /// A paste of so many bytes that it was not kept.
    HugePaste(usize),
    /// The terminal hung up: nothing more will come.
    Gone,
}

/// See the [module](self).
#[derive(Default)]
pub(super) struct Decoder {
    state: State,
    /// The sequence so far, from its ESC on, or the bytes of a character.
    sequence: Vec<u8>,
    paste: Paste,
    /// A paste was given up, and nothing came since.
    gave_up_paste: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Ground,
    /// After ESC.
    Escape,
    /// In a character of so many bytes.
    Utf8(usize),
    /// After `ESC [`.
    Csi,
    /// After `ESC [ [`: a function key of the Linux console.
    Console,
    /// After `ESC [ M`: three bytes of the mouse, as terminals sent them that knew no better.
    OldMouse,
    /// After `ESC O`.
    Ss3,
    /// In the text of an OSC, DCS or APC.
    Text,
    /// After an ESC in it, which may be of its end.
    TextEscape,
    Paste,
}

impl Decoder {
    /// Takes bytes in; what they say goes to `out`.
    pub(super) fn feed(&mut self, bytes: &[u8], out: &mut Vec<FromTerminal>) {
        if std::mem::take(&mut self.gave_up_paste)
            && (bytes.len() > KEY || memchr::memmem::find(bytes, PASTE_END).is_some())
        {
            self.start(State::Paste);
        }
        let mut rest = bytes;
        while let Some((byte, after)) = rest.split_first() {
            if self.state == State::Paste {
                rest = self.feed_paste(rest, out);
            } else {
                self.byte(*byte, out);
                rest = after;
            }
        }
    }

    /// How long to wait for the rest of what was begun; None where nothing was.
    pub(super) fn patience(&self) -> Option<Duration> {
        match self.state {
            State::Ground => None,
            State::Paste => Some(PASTE_PATIENCE),
            _ if self.may_be_key() => Some(KEY_PATIENCE),
            _ => Some(SEQUENCE_PATIENCE),
        }
    }

    /// The rest does not come: what was begun was a key, or it is left out.
    pub(super) fn give_up(&mut self, out: &mut Vec<FromTerminal>) {
        if self.may_be_key() {
            match self.sequence.get(1) {
                None => out.push(key(KeyCode::Esc, KeyModifiers::NONE)),
                Some(byte) => out.push(of_char(char::from(*byte), KeyModifiers::ALT)),
            }
        }
        if self.state == State::Paste {
            self.gave_up_paste = true;
            out.push(match self.paste.take() {
                FromTerminal::Event(TermEvent::Paste(text)) => FromTerminal::CutPaste(text),
                huge => huge,
            });
        }
        self.start(State::Ground);
    }

    fn end_paste(&mut self, out: &mut Vec<FromTerminal>) {
        self.state = State::Ground;
        out.push(self.paste.take());
    }

    /// Whether all that came is the Escape key, or a key with Alt that begins sequences.
    fn may_be_key(&self) -> bool {
        match self.state {
            State::Escape => true,
            State::Csi | State::Ss3 | State::Text => self.sequence.len() == 2,
            _ => false,
        }
    }

    fn start(&mut self, state: State) {
        self.state = state;
        self.sequence.zeroize();
    }

    fn byte(&mut self, byte: u8, out: &mut Vec<FromTerminal>) {
        match (self.state, byte) {
            (State::Ground, ESC) => {
                self.sequence.push(ESC);
                self.state = State::Escape;
            }
            (State::Ground, 0x80..) => self.begin_char(byte),
            (State::Ground, _) => out.push(of_ascii(byte, KeyModifiers::NONE)),
            (State::Escape, b'[') => self.go_on(byte, State::Csi),
            (State::Escape, b'O') => self.go_on(byte, State::Ss3),
            (State::Escape, b']' | b'P' | b'_') => self.go_on(byte, State::Text),
            (State::Escape, 0x80..) => self.begin_char(byte),
            (State::Escape, ESC) => self.again(byte, out),
            (State::Escape, _) => {
                out.push(of_ascii(byte, KeyModifiers::ALT));
                self.start(State::Ground);
            }
            (State::Utf8(length), 0x80..0xc0) => self.go_on_char(byte, length, out),
            (State::Csi, b'[') if self.sequence.len() == 2 => self.go_on(byte, State::Console),
            (State::Csi, b'M') if self.sequence.len() == 2 => self.go_on(byte, State::OldMouse),
            (State::Csi | State::Ss3, b' '..=b'?') => self.go_on(byte, self.state),
            (State::Csi | State::Ss3 | State::Console, b'@'..=b'~') => {
                self.go_on(byte, self.state);
                self.end_sequence(out);
            }
            (State::OldMouse, b' '..) => {
                self.go_on(byte, State::OldMouse);
                if self.sequence.len() == 6 {
                    self.end_sequence(out);
                }
            }
            (State::Text, BEL) => self.start(State::Ground),
            (State::Text, ESC) => self.state = State::TextEscape,
            (State::Text, b' '..) => self.go_on(byte, State::Text),
            (State::TextEscape, b'\\') => self.start(State::Ground),
            (State::TextEscape, _) => {
                self.start(State::Ground);
                self.byte(ESC, out);
                self.byte(byte, out);
            }
            (State::Csi | State::Ss3 | State::Console | State::Text, byte)
                if CANCELS.contains(&byte) =>
            {
                self.start(State::Ground);
            }
            // No part of what was begun.
            _ => self.again(byte, out),
        }
    }

    fn go_on(&mut self, byte: u8, state: State) {
        self.state = state;
        if self.sequence.len() < SEQUENCE {
            self.sequence.push(byte);
        }
    }

    /// What was begun is at its end without one; the byte begins anew.
    fn again(&mut self, byte: u8, out: &mut Vec<FromTerminal>) {
        self.give_up(out);
        self.byte(byte, out);
    }

    fn begin_char(&mut self, byte: u8) {
        let length = match byte {
            0xc2..0xe0 => 2,
            0xe0..0xf0 => 3,
            0xf0..0xf5 => 4,
            // It begins no character.
            _ => return self.start(State::Ground),
        };
        // After an ESC, which is Alt.
        self.go_on(byte, State::Utf8(self.sequence.len() + length));
    }

    fn go_on_char(&mut self, byte: u8, length: usize, out: &mut Vec<FromTerminal>) {
        self.go_on(byte, self.state);
        if self.sequence.len() < length {
            return;
        }
        let (modifiers, bytes) = match self.sequence.split_first() {
            Some((&ESC, bytes)) => (KeyModifiers::ALT, bytes),
            _ => (KeyModifiers::NONE, &self.sequence[..]),
        };
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        let chars = text.chars().filter(|c| !c.is_control());
        out.extend(chars.map(|c| of_char(c, modifiers)));
        self.start(State::Ground);
    }

    fn end_sequence(&mut self, out: &mut Vec<FromTerminal>) {
        // One that is too long to keep means nothing here.
        if self.sequence.len() == SEQUENCE {
            return self.start(State::Ground);
        }
        if self.sequence == csi::PASTE_START {
            return self.start(State::Paste);
        }
        out.extend(csi::event(&self.sequence).map(FromTerminal::Event));
        self.start(State::Ground);
    }

    /// Takes in what belongs to the paste; what comes after it is left.
    fn feed_paste<'a>(&mut self, bytes: &'a [u8], out: &mut Vec<FromTerminal>) -> &'a [u8] {
        match self.paste.add(bytes) {
            None => &[],
            Some(after) => {
                self.end_paste(out);
                &bytes[bytes.len() - after..]
            }
        }
    }
}

/// A paste as it comes in. It may be a secret.
#[derive(Default)]
struct Paste {
    kept: Zeroizing<Vec<u8>>,
    /// Bytes that were too many to keep.
    dropped: usize,
}

impl Paste {
    /// Takes bytes in up to the end of the paste; how many come after that, where it is there.
    fn add(&mut self, bytes: &[u8]) -> Option<usize> {
        // The end may have begun in what came before.
        let from = self.kept.len().saturating_sub(PASTE_END.len() - 1);
        append(&mut self.kept, bytes);
        let end = memchr::memmem::find(&self.kept[from..], PASTE_END);
        if let Some(end) = end {
            let end = from + end;
            let after = self.kept.len() - end - PASTE_END.len();
            self.kept[end..].zeroize();
            self.kept.truncate(end);
            return Some(after);
        }
        if self.kept.len() > PASTE {
            let at = self.kept.len() - PASTE_END.len();
            let tail = self.kept.split_off(at);
            self.dropped += at;
            self.kept = Zeroizing::new(tail);
        }
        None
    }

    fn take(&mut self) -> FromTerminal {
        let kept = std::mem::take(&mut self.kept);
        match std::mem::take(&mut self.dropped) {
            0 => FromTerminal::Event(TermEvent::Paste(text(kept))),
            dropped => FromTerminal::HugePaste(dropped + kept.len()),
        }
    }
}

/// The bytes as text, with U+FFFD for those that are none.
fn text(mut bytes: Zeroizing<Vec<u8>>) -> String {
    match std::str::from_utf8(&bytes) {
        Ok(_) => String::from_utf8(std::mem::take(&mut *bytes)).unwrap_or_default(),
        Err(_) => String::from_utf8_lossy(&bytes).into_owned(),
    }
}

/// Appends, and leaves no copy behind where that takes a larger place.
fn append(to: &mut Zeroizing<Vec<u8>>, bytes: &[u8]) {
    let length = to.len() + bytes.len();
    if length > to.capacity() {
        let mut larger = Zeroizing::new(Vec::with_capacity(length.next_power_of_two()));
        larger.extend_from_slice(to);
        *to = larger;
    }
    to.extend_from_slice(bytes);
}

/// The key that an ASCII character is.
fn of_ascii(byte: u8, modifiers: KeyModifiers) -> FromTerminal {
    let control = modifiers | KeyModifiers::CONTROL;
    match byte {
        b'\r' => key(KeyCode::Enter, modifiers),
        b'\t' => key(KeyCode::Tab, modifiers),
        0x7f => key(KeyCode::Backspace, modifiers),
        0 => key(KeyCode::Char(' '), control),
        0x01..=0x1a => key(KeyCode::Char(char::from(byte - 1 + b'a')), control),
        0x1c..=0x1f => key(KeyCode::Char(char::from(byte - 0x1c + b'4')), control),
        _ => of_char(char::from(byte), modifiers),
    }
}

fn of_char(c: char, modifiers: KeyModifiers) -> FromTerminal {
    let shift = match c.is_uppercase() {
        true => KeyModifiers::SHIFT,
        false => KeyModifiers::NONE,
    };
    key(KeyCode::Char(c), modifiers | shift)
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> FromTerminal {
    FromTerminal::Event(TermEvent::Key(KeyEvent::new(code, modifiers)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::{KeyEventKind, MouseEventKind};

    /// What bytes say: keys by their names, and the rest as it is.
    fn said(decoder: &mut Decoder, bytes: &[u8]) -> Vec<String> {
        let mut out = Vec::new();
        decoder.feed(bytes, &mut out);
        out.iter().map(name).collect()
    }

    fn name(came: &FromTerminal) -> String {
        match came {
            FromTerminal::Event(TermEvent::Key(key)) => {
                let mut name = String::new();
                for (modifier, held) in [
                    (KeyModifiers::CONTROL, "Ctrl-"),
                    (KeyModifiers::ALT, "Alt-"),
                    (KeyModifiers::SHIFT, "Shift-"),
                ] {
                    if key.modifiers.contains(modifier) {
                        name.push_str(held);
                    }
                }
                name.push_str(&match key.code {
                    KeyCode::Char(' ') => "Space".to_owned(),
                    KeyCode::Char(c) => c.to_string(),
                    KeyCode::F(number) => format!("F{number}"),
                    code => format!("{code:?}"),
                });
                match key.kind {
                    KeyEventKind::Press => name,
                    kind => format!("{name} {kind:?}"),
                }
            }
            FromTerminal::Event(TermEvent::Mouse(mouse)) => {
                format!("{:?} {} {}", mouse.kind, mouse.column, mouse.row)
            }
            FromTerminal::Event(TermEvent::Paste(text)) => format!("paste {text:?}"),
            other => format!("{other:?}"),
        }
    }

    /// What bytes say that come at once; the same must come of them byte by byte.
    fn all(bytes: &[u8]) -> Vec<String> {
        let whole = said(&mut Decoder::default(), bytes);
        let mut decoder = Decoder::default();
        let split: Vec<String> = bytes
            .iter()
            .flat_map(|byte| said(&mut decoder, &[*byte]))
            .collect();
        assert_eq!(whole, split, "{:?}", String::from_utf8_lossy(bytes));
        whole
    }

    #[test]
    fn keys_are_those_that_terminals_send() {
        for (bytes, keys) in [
            ("aZ é日", "a Shift-Z Space é 日"),
            (
                "\r\n\t\x7f\0\x01\x1a\x1f",
                "Enter Ctrl-j Tab Backspace Ctrl-Space Ctrl-a Ctrl-z Ctrl-7",
            ),
            (
                "\x1bb\x1bé\x1b\r\x1b\x7f",
                "Alt-b Alt-é Alt-Enter Alt-Backspace",
            ),
            (
                "\x1b[A\x1bOB\x1b[1;5C\x1b[1;3D",
                "Up Down Ctrl-Right Alt-Left",
            ),
            (
                "\x1b[H\x1b[F\x1b[1~\x1b[4~\x1b[7~\x1b[8~",
                "Home End Home End Home End",
            ),
            (
                "\x1b[2~\x1b[3~\x1b[3;5~\x1b[5~\x1b[6~",
                "Insert Delete Ctrl-Delete PageUp PageDown",
            ),
            (
                "\x1bOP\x1bOQ\x1bOR\x1bOS\x1b[15~\x1b[24~",
                "F1 F2 F3 F4 F5 F12",
            ),
            (
                "\x1b[11~\x1b[17~\x1b[21~\x1b[23~\x1b[25~\x1b[28~\x1b[34~",
                "F1 F6 F10 F11 F13 F15 F20",
            ),
            ("\x1b[[A\x1b[[E\x1b[1;2P", "F1 F5 Shift-F1"),
            (
                "\x1b[Z\x1b[9;2u\x1b[27;2;9~",
                "Shift-BackTab Shift-BackTab Shift-BackTab",
            ),
            (
                "\x1b[97;5u\x1b[13u\x1b[27u\x1b[32;5u\x1b[57417u",
                "Ctrl-a Enter Esc Ctrl-Space Left",
            ),
            (
                "\x1b[97:65;2u\x1b[97;1:3u\x1b[97;1:2u",
                "A a Release a Repeat",
            ),
            ("\x1bOp\x1bOM\x1bOk", "0 Enter +"),
        ] {
            let keys: Vec<&str> = keys.split(' ').collect();
            let got = all(bytes.as_bytes()).join(" ");
            assert_eq!(got, keys.join(" "), "{bytes:?}");
        }
    }

    #[test]
    fn an_answer_of_the_terminal_is_left_out_whole_and_what_follows_counts() {
        for answer in [
            "\x1b[?2026;2$y",
            "\x1b[?997;1n",
            "\x1b[?62;4;22c",
            "\x1b[>1;4000;29c",
            "\x1b[?1u",
            "\x1b[12;40R",
            "\x1b[1;5R",
            "\x1b[8;24;80t",
            "\x1b[4;0;0t",
            "\x1b[0n",
            "\x1b[?1;0;256S",
            "\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\",
            "\x1b]52;c;cXF1\x07",
            "\x1bP1+r544e=787465726d\x1b\\",
            "\x1bP>|XTerm(390)\x1b\\",
            "\x1b_Gi=31;OK\x1b\\",
            "\x1b[99;99;99;99;99z",
            "\x1b[57441;2u",
            "\x1b[201~",
            "\x1b[<0;0;0M",
            "\x1b[<0;99999999999;1M",
            "\x1b[<M",
            "\x1b[1;\u{18}",
        ] {
            let bytes = format!("j{answer}k");
            assert_eq!(all(bytes.as_bytes()), ["j", "k"], "{answer:?}");
        }
        let long = format!(
            "\x1b[{}mq\x1b]{}\x07q",
            "1;".repeat(5000),
            "x".repeat(100_000)
        );
        assert_eq!(all(long.as_bytes()), ["q", "q"]);
    }

    #[test]
    fn what_is_broken_off_takes_no_key_with_it() {
        assert_eq!(all(b"\x1b[12;\x03q"), ["Ctrl-c", "q"]);
        assert_eq!(all(b"\x1b[12;\x1b[A"), ["Up"]);
        assert_eq!(all(b"\x1b]11;rgb:\x1b[A"), ["Up"]);
        assert_eq!(all(b"\x1b]11;rgb:\x03"), ["Ctrl-c"]);
        assert_eq!(all(b"\x1b\x1b[A"), ["Esc", "Up"]);
        assert_eq!(all(b"\x1b[\xc3\xa9"), ["Alt-[", "é"]);
        // No UTF-8, cut characters, and controls that UTF-8 hides.
        assert_eq!(
            all(b"a\xff\xc3b\xe6\x97c\xed\xa0\x80\xc2\x9bd"),
            ["a", "b", "c", "d"]
        );
    }

    #[test]
    fn a_key_that_begins_sequences_is_one_when_nothing_follows() {
        for (bytes, key, patience) in [
            ("\x1b", Some("Esc"), KEY_PATIENCE),
            ("\x1b[", Some("Alt-["), KEY_PATIENCE),
            ("\x1bO", Some("Alt-Shift-O"), KEY_PATIENCE),
            ("\x1b]", Some("Alt-]"), KEY_PATIENCE),
            ("\x1b[1;", None, SEQUENCE_PATIENCE),
            ("\x1b]11;rgb", None, SEQUENCE_PATIENCE),
            ("\x1b[M ", None, SEQUENCE_PATIENCE),
            ("é", None, SEQUENCE_PATIENCE),
        ] {
            let mut decoder = Decoder::default();
            let bytes = match bytes {
                "é" => &bytes.as_bytes()[..1],
                _ => bytes.as_bytes(),
            };
            assert_eq!(said(&mut decoder, bytes), [""; 0]);
            assert_eq!(decoder.patience(), Some(patience), "{bytes:?}");
            let mut out = Vec::new();
            decoder.give_up(&mut out);
            assert_eq!(out.first().map(name).as_deref(), key, "{bytes:?}");
            assert_eq!(decoder.patience(), None);
            assert_eq!(said(&mut decoder, b"q"), ["q"]);
        }
    }

    #[test]
    fn the_mouse_is_understood_in_each_of_its_three_notations() {
        for bytes in ["\x1b[<0;5;3M", "\x1b[M %#", "\x1b[32;5;3M"] {
            assert_eq!(all(bytes.as_bytes()), ["Down(Left) 4 2"], "{bytes:?}");
        }
        assert_eq!(
            all(b"\x1b[<64;1;1M\x1b[<65;1;1M"),
            ["ScrollUp 0 0", "ScrollDown 0 0"]
        );
        assert_eq!(
            all(b"\x1b[<2;1;1m\x1b[<35;2;1M"),
            ["Up(Right) 0 0", "Moved 1 0"]
        );
        assert_eq!(all(b"\x1b[<32;2;1M"), ["Drag(Left) 1 0"]);
        let mut out = Vec::new();
        Decoder::default().feed(b"\x1b[<20;1;1M", &mut out);
        let [FromTerminal::Event(TermEvent::Mouse(mouse))] = &out[..] else {
            panic!("{out:?}");
        };
        assert_eq!(mouse.modifiers, KeyModifiers::SHIFT | KeyModifiers::CONTROL);
        assert!(matches!(mouse.kind, MouseEventKind::Down(_)));
        assert_eq!(
            all(b"\x1b[I\x1b[O"),
            ["Event(FocusGained)", "Event(FocusLost)"]
        );
    }

    #[test]
    fn a_paste_is_what_stands_between_its_marks_whatever_that_is() {
        assert_eq!(
            all("q\x1b[200~a\r\nb\x1b[A\x03 é\x1b[201\x1b[201~k".as_bytes()),
            ["q", r#"paste "a\r\nb\u{1b}[A\u{3} é\u{1b}[201""#, "k"]
        );
        assert_eq!(all(b"\x1b[200~\x1b[201~"), [r#"paste """#]);
        assert_eq!(all(b"\x1b[200~a\xffb\x1b[201~"), ["paste \"a\u{fffd}b\""]);
    }

    #[test]
    fn a_paste_without_its_end_is_given_up_and_what_comes_late_of_it_is_no_command() {
        let give_up = |begun: &[u8]| {
            let mut decoder = Decoder::default();
            assert_eq!(said(&mut decoder, begun), [""; 0]);
            assert_eq!(decoder.patience(), Some(PASTE_PATIENCE));
            let mut out = Vec::new();
            decoder.give_up(&mut out);
            assert_eq!(out, [FromTerminal::CutPaste("abc".to_owned())]);
            decoder
        };
        let begun = b"\x1b[200~abc";
        assert_eq!(said(&mut give_up(begun), b"q"), ["q"]);
        assert_eq!(said(&mut give_up(begun), b"\x1b[A"), ["Up"]);
        assert_eq!(said(&mut give_up(begun), b"\x03"), ["Ctrl-c"]);
        let mut decoder = give_up(begun);
        assert_eq!(said(&mut decoder, b"d\x1b[201~q"), ["paste \"d\"", "q"]);
        let mut decoder = give_up(begun);
        assert_eq!(said(&mut decoder, b"quit, and the rest of it"), [""; 0]);
        assert_eq!(
            said(&mut decoder, b"\x1b[201~q"),
            ["paste \"quit, and the rest of it\"", "q"]
        );
    }

    #[test]
    fn a_paste_of_megabytes_is_taken_in_pieces_and_one_that_is_too_long_is_measured() {
        let mut decoder = Decoder::default();
        let mut out = Vec::new();
        let piece = [b'x'; 4096];
        for (pieces, kept) in [(4096, true), (PASTE / 4096 + 2, false)] {
            decoder.feed(b"\x1b[200~", &mut out);
            for _ in 0..pieces {
                decoder.feed(&piece, &mut out);
            }
            assert!(decoder.state == State::Paste && out.is_empty());
            decoder.feed(b"\x1b[201~q", &mut out);
            let length = pieces * piece.len();
            match out.remove(0) {
                FromTerminal::Event(TermEvent::Paste(text)) if kept => {
                    assert_eq!(text.len(), length);
                }
                FromTerminal::HugePaste(bytes) if !kept => assert_eq!(bytes, length),
                other => panic!("{}", name(&other)),
            }
            assert_eq!(name(&out.remove(0)), "q");
        }
    }
}
