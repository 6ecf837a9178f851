//! What comes from the terminal: read on a thread of its own, and taken apart.
//!
//! crossterm's own reader leaves bytes unread that came with 1,024 others, waits without end for
//! the rest of an answer that it does not know, and turns in a circle once the terminal is gone.
//! Of crossterm only the types of the events are used here.

mod csi;
mod decoder;

use std::collections::VecDeque;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crossterm::event::{Event as TermEvent, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use tokio::sync::Notify;
use zeroize::Zeroize;

use decoder::Decoder;
pub(super) use decoder::FromTerminal;

/// Bytes taken at once.
const READ: usize = 64 << 10;
/// Events that may wait for the console: more than a paste that comes as keys has, so that Ctrl-C is
/// read behind one. While so many wait, nothing is read, and the terminal keeps what more there is.
const WAITING: usize = 1 << 19;
/// Events that wait only where nobody typed them: Ctrl-C goes before so many.
const FLOOD: usize = 1024;
/// Characters of a text that wait only where nobody typed them: they are taken as a paste.
const PASTED: usize = 64;

/// The reader of the terminal. It reads until it is dropped, or paused.
pub(super) struct Keyboard {
    shared: Arc<Shared>,
    /// Wakes the reader where it waits for the terminal.
    wake: PipeWriter,
    reader: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<Reading>,
    /// The state changed.
    changed: Condvar,
    /// Something came.
    came: Notify,
}

struct Reading {
    waiting: VecDeque<FromTerminal>,
    wanted: Wanted,
    /// Whether the reader may take bytes from the terminal at this moment.
    is_reading: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Reading,
    Pause,
    End,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Reading> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, Reading>) -> MutexGuard<'a, Reading> {
        let woken = self.changed.wait(state);
        woken.unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the reader where it waits for room, and keeps no more of it than typing needs.
    fn made_room(&self, state: &mut Reading, was_full: bool) {
        if was_full && state.waiting.len() < WAITING {
            self.changed.notify_all();
        }
        if state.waiting.is_empty() {
            state.waiting.shrink_to(FLOOD);
        }
    }

    /// Takes in what came. Ctrl-C goes before a flood, which nobody wants to wait for who presses it.
    fn take_in(&self, came: &mut Vec<FromTerminal>) {
        let mut state = self.lock();
        let ctrl_c = came.iter().rposition(is_ctrl_c);
        if let Some(at) = ctrl_c.filter(|at| state.waiting.len() + at >= FLOOD) {
            let before = state.waiting.drain(..).chain(came.drain(..at));
            before.for_each(forget);
        }
        state.waiting.extend(came.drain(..));
        drop(state);
        self.came.notify_one();
    }
}

/// Drops what nobody will see, which may be a secret.
fn forget(came: FromTerminal) {
    if let FromTerminal::Event(TermEvent::Paste(mut text)) | FromTerminal::CutPaste(mut text) = came
    {
        text.zeroize();
    }
}

/// The character that a key types.
fn typed(came: &FromTerminal) -> Option<char> {
    match came {
        FromTerminal::Event(TermEvent::Key(key)) => text_of(key),
        _ => None,
    }
}

/// The character that a key types where text is.
pub(super) fn text_of(key: &KeyEvent) -> Option<char> {
    match key.code {
        KeyCode::Char(c)
            if key.kind != KeyEventKind::Release
                && (key.modifiers - KeyModifiers::SHIFT).is_empty() =>
        {
            Some(c)
        }
        _ => None,
    }
}

fn is_ctrl_c(came: &FromTerminal) -> bool {
    let ctrl_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    *came == FromTerminal::Event(TermEvent::Key(ctrl_c))
}

impl Keyboard {
    /// Begins to read the terminal, with what was typed before.
    ///
    /// Errors: there is no room for a pipe or a thread.
    pub(super) fn start(terminal: OwnedFd) -> io::Result<Self> {
        let (woken, wake) = io::pipe()?;
        let shared = Arc::new(Shared {
            state: Mutex::new(Reading {
                waiting: VecDeque::new(),
                wanted: Wanted::Reading,
                is_reading: false,
            }),
            changed: Condvar::new(),
            came: Notify::new(),
        });
        let reader = Reader {
            shared: shared.clone(),
            typed_ahead: rustix::io::ioctl_fionread(&terminal).unwrap_or(0),
            terminal,
            woken,
            decoder: Decoder::default(),
        };
        let reader = std::thread::Builder::new()
            .name("keyboard".to_owned())
            .spawn(move || reader.run())?;
        Ok(Keyboard {
            shared,
            wake,
            reader: Some(reader),
        })
    }

    /// What came next. Safe to drop while waiting.
    pub(super) async fn next(&self) -> FromTerminal {
        loop {
            if let Some(next) = self.try_next() {
                return next;
            }
            self.shared.came.notified().await;
        }
    }

    /// What came next, where something did.
    pub(super) fn try_next(&self) -> Option<FromTerminal> {
        let mut state = self.shared.lock();
        let was_full = state.waiting.len() >= WAITING;
        let next = state.waiting.pop_front();
        self.shared.made_room(&mut state, was_full);
        next
    }

    /// The characters that wait, up to the first event that is none, where they are so many that
    /// they were pasted into a terminal that marks no paste. One by one they take seconds.
    pub(super) fn take_pasted(&self) -> Option<String> {
        let mut state = self.shared.lock();
        let is_flood = state.waiting.len() >= PASTED
            && state
                .waiting
                .iter()
                .take(PASTED)
                .all(|came| typed(came).is_some());
        if !is_flood {
            return None;
        }
        let was_full = state.waiting.len() >= WAITING;
        let mut text = String::new();
        while let Some(c) = state.waiting.front().and_then(typed) {
            text.push(c);
            state.waiting.pop_front();
        }
        self.shared.made_room(&mut state, was_full);
        Some(text)
    }

    /// Stops reading: once this returns, whatever is typed is for who has the terminal then, until
    /// [`resume`](Self::resume). What came before is kept.
    pub(super) fn pause(&self) {
        self.want(Wanted::Pause);
        let mut state = self.shared.lock();
        while state.is_reading {
            state = self.shared.wait(state);
        }
    }

    pub(super) fn resume(&self) {
        self.want(Wanted::Reading);
    }

    fn want(&self, wanted: Wanted) {
        self.shared.lock().wanted = wanted;
        self.shared.changed.notify_all();
        // Where nobody reads the pipe any more, there is nobody to wake.
        let _ = (&self.wake).write(&[0]);
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        self.want(Wanted::End);
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

struct Reader {
    shared: Arc<Shared>,
    terminal: OwnedFd,
    /// Bytes that are there from before the terminal was in raw mode.
    typed_ahead: u64,
    woken: PipeReader,
    decoder: Decoder,
}

/// Why the wait for the terminal ended.
enum Turn {
    /// There are bytes, or it hung up.
    Ready,
    Woken,
    /// The rest of what was begun did not come.
    Late,
}

impl Reader {
    /// Reads until the end, or until the terminal is gone.
    fn run(mut self) {
        let mut bytes = vec![0; READ];
        let mut came = Vec::new();
        while self.may_read() {
            let is_there = match self.wait() {
                Ok(Turn::Ready) => self.read(&mut bytes, &mut came).is_ok(),
                Ok(Turn::Woken) => true,
                Ok(Turn::Late) => {
                    self.decoder.give_up(&mut came);
                    true
                }
                Err(_) => false,
            };
            if !came.is_empty() {
                self.shared.take_in(&mut came);
            }
            if !is_there {
                return;
            }
        }
    }

    /// Waits until reading is wanted and there is room for what comes; false at the end.
    fn may_read(&mut self) -> bool {
        let mut state = self.shared.lock();
        loop {
            if state.wanted == Wanted::End {
                return false;
            }
            if state.wanted == Wanted::Reading && state.waiting.len() < WAITING {
                state.is_reading = true;
                return true;
            }
            if state.wanted == Wanted::Pause {
                // The rest of what was begun will be another's.
                let mut came = Vec::new();
                self.decoder.give_up(&mut came);
                state.waiting.extend(came);
            }
            state.is_reading = false;
            self.shared.changed.notify_all();
            state = self.shared.wait(state);
        }
    }

    /// Waits for the terminal, or to be woken.
    ///
    /// Errors: there is no terminal to wait for.
    fn wait(&mut self) -> Result<Turn, Errno> {
        let mut fds = [
            PollFd::new(&self.terminal, PollFlags::IN),
            PollFd::new(&self.woken, PollFlags::IN),
        ];
        let patience = self.decoder.patience();
        let patience = patience.and_then(|time| Timespec::try_from(time).ok());
        match poll(&mut fds, patience.as_ref()) {
            Ok(0) => return Ok(Turn::Late),
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(Turn::Woken),
            Err(error) => return Err(error),
        }
        let [terminal, woken] = fds.map(|fd| !fd.revents().is_empty());
        if woken {
            // Who woke it comes before what was typed.
            let _ = self.woken.read(&mut [0; 64]);
            return Ok(Turn::Woken);
        }
        Ok(match terminal {
            true => Turn::Ready,
            false => Turn::Woken,
        })
    }

    /// Reads what is there.
    ///
    /// Errors: the terminal hung up.
    fn read(&mut self, bytes: &mut [u8], came: &mut Vec<FromTerminal>) -> Result<(), Errno> {
        let count = match rustix::io::read(&self.terminal, &mut *bytes) {
            Ok(0) => return Err(Errno::IO),
            Ok(count) => count,
            Err(Errno::INTR | Errno::AGAIN) => return Ok(()),
            Err(error) => return Err(error),
        };
        let read = &mut bytes[..count];
        // Outside raw mode Enter becomes a line feed.
        let ahead = count.min(usize::try_from(self.typed_ahead).unwrap_or(count));
        self.typed_ahead -= ahead as u64;
        let ends = read[..ahead].iter_mut().filter(|byte| **byte == b'\n');
        ends.for_each(|end| *end = b'\r');
        self.decoder.feed(read, came);
        // It may be part of a secret.
        read.zeroize();
        Ok(())
    }
}

impl Drop for Reader {
    /// However reading ended, nobody waits for it in vain.
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.is_reading = false;
        state.waiting.push_back(FromTerminal::Gone);
        self.shared.changed.notify_all();
        self.shared.came.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn start() -> (Keyboard, PipeReader, PipeWriter) {
        let (terminal, typist) = io::pipe().expect("a pipe");
        let other = terminal.try_clone().expect("the same pipe");
        let keyboard = Keyboard::start(terminal.into()).expect("a reader");
        (keyboard, other, typist)
    }

    fn key_of(c: char) -> FromTerminal {
        let key = KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
        FromTerminal::Event(TermEvent::Key(key))
    }

    #[tokio::test]
    async fn while_it_is_paused_every_byte_is_for_another() {
        let (keyboard, mut other, mut typist) = start();
        for turn in 0..200 {
            typist.write_all(b"a").expect("room");
            if turn % 2 == 0 {
                assert_eq!(keyboard.next().await, key_of('a'));
            }
            keyboard.pause();
            typist.write_all(b"b").expect("room");
            let mut bytes = [0; 8];
            let count = other.read(&mut bytes).expect("a byte");
            // What came just before the pause is either here or there, and nowhere twice.
            let rest = match &bytes[..count] {
                b"b" if turn % 2 == 0 => None,
                b"ab" => None,
                b"b" => Some(key_of('a')),
                other => panic!("{other:?}"),
            };
            assert_eq!(keyboard.try_next(), rest);
            keyboard.resume();
        }
    }

    #[tokio::test]
    async fn escape_alone_is_a_key_and_what_it_begins_may_come_in_pieces() {
        let (keyboard, _other, mut typist) = start();
        let escape = KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE);
        typist.write_all(b"\x1b").expect("room");
        assert_eq!(
            keyboard.next().await,
            FromTerminal::Event(TermEvent::Key(escape))
        );
        typist.write_all(b"\x1b[").expect("room");
        typist.write_all(b"?997;").expect("room");
        std::thread::sleep(Duration::from_millis(100));
        typist.write_all(b"1nq").expect("room");
        assert_eq!(keyboard.next().await, key_of('q'));
    }

    #[tokio::test]
    async fn a_flood_waits_in_the_terminal_and_comes_whole_and_then_the_end() {
        let (keyboard, _other, mut typist) = start();
        let flood = std::thread::spawn(move || {
            for _ in 0..100 {
                typist.write_all(&[b'x'; 10_000]).expect("a reader");
            }
        });
        std::thread::sleep(Duration::from_millis(100));
        let waiting = keyboard.shared.lock().waiting.len();
        assert!(waiting < WAITING + READ, "{waiting} wait here");
        let mut count = 0;
        while keyboard.next().await == key_of('x') {
            count += 1;
        }
        assert_eq!(count, 1_000_000);
        flood.join().expect("all is taken");
    }

    #[tokio::test]
    async fn ctrl_c_goes_before_a_flood_and_behind_what_was_typed() {
        let (keyboard, _other, mut typist) = start();
        let ctrl_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        let ctrl_c = || FromTerminal::Event(TermEvent::Key(ctrl_c));
        for (flood, left) in [(100, 100), (60_000, 0)] {
            let keys = [&vec![b'x'; flood][..], b"\x03"].concat();
            typist.write_all(&keys).expect("room");
            std::thread::sleep(Duration::from_millis(200));
            for _ in 0..left {
                assert_eq!(keyboard.try_next(), Some(key_of('x')));
            }
            assert_eq!(keyboard.try_next(), Some(ctrl_c()));
            assert_eq!(keyboard.try_next(), None);
            typist.write_all(b"q").expect("room");
            assert_eq!(keyboard.next().await, key_of('q'));
        }
    }

    #[tokio::test]
    async fn only_a_flood_of_text_is_taken_as_a_paste_and_only_up_to_another_key() {
        let (keyboard, _other, mut typist) = start();
        typist.write_all(b"typed").expect("room");
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(keyboard.take_pasted(), None);
        while keyboard.try_next().is_some() {}
        let text = "Z \u{e9}".repeat(1000);
        typist
            .write_all(format!("{text}\rq").as_bytes())
            .expect("room");
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(keyboard.take_pasted(), Some(text));
        let enter = KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
        let enter = FromTerminal::Event(TermEvent::Key(enter));
        assert_eq!(keyboard.try_next(), Some(enter));
        assert_eq!(keyboard.take_pasted(), None);
    }

    #[tokio::test]
    async fn a_paste_whose_end_is_lost_ends_by_itself() {
        let (keyboard, _other, mut typist) = start();
        typist.write_all(b"\x1b[200~abc").expect("room");
        let paste = FromTerminal::CutPaste("abc".to_owned());
        assert_eq!(keyboard.next().await, paste);
        typist.write_all(b"q").expect("room");
        assert_eq!(keyboard.next().await, key_of('q'));
    }
}
