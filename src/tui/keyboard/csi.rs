//! What a whole sequence means: a key, the mouse, or the focus.
//!
//! After xterm's "Control Sequences", and kitty's "Comprehensive keyboard handling in terminals".

use crossterm::event::{
    Event as TermEvent, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent,
    MouseEventKind,
};

pub(super) const PASTE_START: &[u8] = b"\x1b[200~";

/// The event of a sequence, from its ESC to its last byte. None of one that is no event, as the
/// answers to questions are none.
pub(super) fn event(sequence: &[u8]) -> Option<TermEvent> {
    let (last, head) = sequence.split_last()?;
    match head {
        [_, b'[', b'['] => function_key(last.checked_sub(b'A')? + 1, 5).map(pressed),
        [_, b'[', b'M', button, column] => old_mouse([*button, *column, *last]),
        [_, b'[', b'<', params @ ..] if matches!(last, b'M' | b'm') => {
            sgr_mouse(&Params::read(params)?, *last == b'm')
        }
        [_, b'[', params @ ..] => csi(&Params::read(params)?, *last),
        [_, b'O', params @ ..] => ss3(&Params::read(params)?, *last),
        _ => None,
    }
}

/// Numbers between semicolons, each with others after colons.
struct Params(Vec<Vec<Option<u32>>>);

impl Params {
    /// None where there is something else among them, as in a terminal's answers.
    fn read(bytes: &[u8]) -> Option<Params> {
        if bytes.is_empty() {
            return Some(Params(Vec::new()));
        }
        let text = std::str::from_utf8(bytes).ok()?;
        let number = |text: &str| match text {
            "" => Some(None),
            digits => digits.parse().ok().map(Some),
        };
        let numbers = |text: &str| text.split(':').map(number).collect();
        text.split(';')
            .map(numbers)
            .collect::<Option<_>>()
            .map(Params)
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn sub(&self, at: usize, sub: usize) -> Option<u32> {
        *self.0.get(at)?.get(sub)?
    }

    fn get(&self, at: usize) -> Option<u32> {
        self.sub(at, 0)
    }

    /// A key with the modifiers that are the number `at`, and how it was pressed.
    fn key(&self, code: KeyCode, at: usize) -> TermEvent {
        let kind = match self.sub(at, 1) {
            Some(2) => KeyEventKind::Repeat,
            Some(3) => KeyEventKind::Release,
            _ => KeyEventKind::Press,
        };
        let modifiers = self.modifiers(at);
        // As a terminal sends Shift-Tab that knows of no modifiers.
        let code = match code {
            KeyCode::Tab if modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            code => code,
        };
        TermEvent::Key(KeyEvent::new_with_kind(code, modifiers, kind))
    }

    fn modifiers(&self, at: usize) -> KeyModifiers {
        let bits = self.get(at).unwrap_or(1).saturating_sub(1);
        let all = [
            KeyModifiers::SHIFT,
            KeyModifiers::ALT,
            KeyModifiers::CONTROL,
            KeyModifiers::SUPER,
            KeyModifiers::HYPER,
            KeyModifiers::META,
        ];
        let held = all.into_iter().enumerate();
        held.filter(|(bit, _)| bits & (1 << bit) != 0)
            .fold(KeyModifiers::NONE, |held, (_, one)| held | one)
    }
}

fn pressed(code: KeyCode) -> TermEvent {
    TermEvent::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

fn csi(params: &Params, last: u8) -> Option<TermEvent> {
    match last {
        b'~' => tilde(params),
        b'u' => unicode(params),
        b'M' if params.len() == 3 => {
            let button = params.get(0)?.checked_sub(32)?;
            mouse(button, params.get(1)?, params.get(2)?, false)
        }
        b'I' if params.len() == 0 => Some(TermEvent::FocusGained),
        b'O' if params.len() == 0 => Some(TermEvent::FocusLost),
        b'Z' => {
            let modifiers = params.modifiers(1) | KeyModifiers::SHIFT;
            Some(TermEvent::Key(KeyEvent::new(KeyCode::BackTab, modifiers)))
        }
        // With numbers it is where the cursor stands, as an answer.
        b'R' if params.len() > 0 => None,
        // `1 ; modifiers`, or nothing.
        _ if params.len() <= 2 && params.get(0).unwrap_or(1) == 1 => {
            Some(params.key(letter_key(last)?, 1))
        }
        _ => None,
    }
}

fn ss3(params: &Params, last: u8) -> Option<TermEvent> {
    let keypad = match last {
        b'M' => KeyCode::Enter,
        b'X' => KeyCode::Char('='),
        b'j'..=b'y' => KeyCode::Char(char::from(last - b'j' + b'*')),
        _ => return Some(params.key(letter_key(last)?, params.len().saturating_sub(1))),
    };
    Some(pressed(keypad))
}

fn letter_key(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'E' => KeyCode::KeypadBegin,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'P'..=b'S' => KeyCode::F(last - b'P' + 1),
        _ => return None,
    })
}

fn function_key(number: u8, most: u8) -> Option<KeyCode> {
    (1..=most).contains(&number).then_some(KeyCode::F(number))
}

/// `number ; modifiers ~`
fn tilde(params: &Params) -> Option<TermEvent> {
    let number = params.get(0)?;
    let code = match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        // xterm's modifyOtherKeys: 27 ; modifiers ; character.
        27 => return Some(params.key(character_key(params.get(2)?)?, 1)),
        11..=15 => KeyCode::F((number - 10) as u8),
        17..=21 => KeyCode::F((number - 11) as u8),
        23..=26 => KeyCode::F((number - 12) as u8),
        28..=29 => KeyCode::F((number - 13) as u8),
        31..=34 => KeyCode::F((number - 14) as u8),
        _ => return None,
    };
    Some(params.key(code, 1))
}

/// `character : shifted ; modifiers : kind u`, of kitty's protocol and of others like it.
fn unicode(params: &Params) -> Option<TermEvent> {
    let code = params.get(0)?;
    let event = params.key(character_key(code)?, 1);
    let shifted = params.sub(0, 1).and_then(char::from_u32);
    match (event, shifted) {
        // The shifted character says all that Shift would.
        (TermEvent::Key(key), Some(c)) if key.modifiers.contains(KeyModifiers::SHIFT) => {
            Some(TermEvent::Key(KeyEvent {
                code: KeyCode::Char(c),
                modifiers: key.modifiers - KeyModifiers::SHIFT,
                ..key
            }))
        }
        (event, _) => Some(event),
    }
}

/// The key of a character's number, or of a number that kitty gave to a key without one. Those of
/// modifiers and media have none here.
fn character_key(code: u32) -> Option<KeyCode> {
    const KEYPAD: &[u8] = b"0123456789./*-+\r=,";
    Some(match code {
        27 => KeyCode::Esc,
        13 | 57414 => KeyCode::Enter,
        9 => KeyCode::Tab,
        8 | 127 => KeyCode::Backspace,
        57376..=57398 => KeyCode::F((code - 57376 + 13) as u8),
        57399..=57416 => KeyCode::Char(char::from(KEYPAD[(code - 57399) as usize])),
        57417 => KeyCode::Left,
        57418 => KeyCode::Right,
        57419 => KeyCode::Up,
        57420 => KeyCode::Down,
        57421 => KeyCode::PageUp,
        57422 => KeyCode::PageDown,
        57423 => KeyCode::Home,
        57424 => KeyCode::End,
        57425 => KeyCode::Insert,
        57426 => KeyCode::Delete,
        57427 => KeyCode::KeypadBegin,
        57344..=63743 => return None,
        _ => KeyCode::Char(char::from_u32(code).filter(|c| !c.is_control())?),
    })
}

fn sgr_mouse(params: &Params, is_release: bool) -> Option<TermEvent> {
    mouse(params.get(0)?, params.get(1)?, params.get(2)?, is_release)
}

fn old_mouse(bytes: [u8; 3]) -> Option<TermEvent> {
    let [button, column, row] = bytes.map(|byte| u32::from(byte).checked_sub(32));
    mouse(button?, column?, row?, false)
}

/// Columns and rows count from 1.
fn mouse(bits: u32, column: u32, row: u32, is_release: bool) -> Option<TermEvent> {
    let number = bits & 0b11 | (bits >> 4) & 0b1100;
    let is_moving = bits & 32 != 0;
    let button = match number {
        0 => MouseButton::Left,
        1 => MouseButton::Middle,
        _ => MouseButton::Right,
    };
    let kind = match number {
        3 if is_moving => MouseEventKind::Moved,
        // Which one it was is not said.
        3 => MouseEventKind::Up(MouseButton::Left),
        0..=2 if is_moving => MouseEventKind::Drag(button),
        0..=2 if is_release => MouseEventKind::Up(button),
        0..=2 => MouseEventKind::Down(button),
        4 => MouseEventKind::ScrollUp,
        5 => MouseEventKind::ScrollDown,
        6 => MouseEventKind::ScrollLeft,
        7 => MouseEventKind::ScrollRight,
        _ => return None,
    };
    let held = [
        (4, KeyModifiers::SHIFT),
        (8, KeyModifiers::ALT),
        (16, KeyModifiers::CONTROL),
    ];
    let modifiers = held
        .into_iter()
        .filter(|(bit, _)| bits & bit != 0)
        .fold(KeyModifiers::NONE, |held, (_, one)| held | one);
    let place = |at: u32| u16::try_from(at.checked_sub(1)?).ok();
    Some(TermEvent::Mouse(MouseEvent {
        kind,
        column: place(column)?,
        row: place(row)?,
        modifiers,
    }))
}
