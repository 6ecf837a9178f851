//! A terminal is asked by control sequences what it can do (ECMA-48; xterm control sequences, DECRQM
//! and "Send Device Attributes").

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{
    OptionalActions, QueueSelector, Termios, isatty, tcflush, tcgetattr, tcgetwinsize, tcsetattr,
};

use super::answers::TerminalAnswers;

/// How long a terminal may take to answer: over a slow line, too.
const PATIENCE: Duration = Duration::from_millis(700);

/// The mouse with coordinates of any size; bracketed paste; synchronized updates; and who it is,
/// which every terminal answers, so that nobody waits for what it does not know.
const QUESTIONS: &str = "\x1b[?1006$p\x1b[?2004$p\x1b[?2026$p\x1b[c";

/// The same for a terminal that is known to print what it does not know.
const WHO: &str = "\x1b[c";

/// Columns and rows of the terminal at standard output, or else at standard error; None where
/// neither is one.
pub fn size() -> Option<(u16, u16)> {
    let (output, error) = (io::stdout(), io::stderr());
    let size = tcgetwinsize(terminal([output.as_fd(), error.as_fd()])?).ok()?;
    Some((size.ws_col, size.ws_row))
}

/// Asks the terminal that is at standard input and at standard output, or else at standard error.
/// What is typed meanwhile is lost. None where there is none, or it says nothing.
pub fn ask(term: &str) -> Option<TerminalAnswers> {
    let (input, output, error) = (io::stdin(), io::stdout(), io::stderr());
    let input = terminal([input.as_fd()])?;
    let output = terminal([output.as_fd(), error.as_fd()])?;
    let quiet = Quiet::begin(input).ok()?;
    let questions = match term {
        "linux" | "dumb" | "" => WHO,
        _ => QUESTIONS,
    };
    rustix::io::write(output, questions.as_bytes()).ok()?;
    let answered = read(input);
    // One that printed a question has it taken away.
    let _ = rustix::io::write(output, b"\r\x1b[K");
    drop(quiet);
    answered
}

fn terminal<const N: usize>(streams: [BorrowedFd<'_>; N]) -> Option<BorrowedFd<'_>> {
    streams.into_iter().find(|stream| isatty(stream))
}

/// Until the last of the answers has come.
fn read(input: BorrowedFd) -> Option<TerminalAnswers> {
    let until = Instant::now() + PATIENCE;
    let mut text = Vec::new();
    loop {
        let left = until.checked_duration_since(Instant::now())?;
        let left = Timespec::try_from(left).ok()?;
        let mut ready = [PollFd::from_borrowed_fd(input, PollFlags::IN)];
        poll(&mut ready, Some(&left))
            .ok()
            .filter(|count| *count > 0)?;
        let mut bytes = [0; 256];
        let count = rustix::io::read(input, &mut bytes)
            .ok()
            .filter(|count| *count > 0)?;
        text.extend_from_slice(&bytes[..count]);
        if let Some(answers) = answers(&String::from_utf8_lossy(&text)) {
            return Some(answers);
        }
    }
}

/// The terminal shows nothing of what comes, and gives it at once, until this is dropped.
struct Quiet<'a> {
    input: BorrowedFd<'a>,
    modes: Termios,
}

impl<'a> Quiet<'a> {
    fn begin(input: BorrowedFd<'a>) -> io::Result<Self> {
        let modes = tcgetattr(input)?;
        let mut raw = modes.clone();
        raw.make_raw();
        tcsetattr(input, OptionalActions::Now, &raw)?;
        Ok(Quiet { input, modes })
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        // What comes late would be typed to the shell.
        let _ = tcflush(self.input, QueueSelector::IFlush);
        let _ = tcsetattr(self.input, OptionalActions::Now, &self.modes);
    }
}

/// What the answers say; None where the last is not there yet.
fn answers(text: &str) -> Option<TerminalAnswers> {
    let mut found = TerminalAnswers::default();
    for part in text.split("\x1b[?").skip(1) {
        if let Some((mode, state)) = part.split_once("$y").and_then(|(is, _)| is.split_once(';')) {
            // 0 is a mode that it does not know, 4 one that is off for good.
            let has = Some(!matches!(state, "0" | "4"));
            match mode {
                "1006" => found.mouse = has,
                "2004" => found.bracketed_paste = has,
                "2026" => found.synchronized_updates = has,
                _ => {}
            }
            continue;
        }
        let attributes = part.split_once('c').map(|(attributes, _)| attributes);
        let is_list = |text: &&str| text.bytes().all(|b| b.is_ascii_digit() || b == b';');
        if let Some(attributes) = attributes.filter(is_list) {
            let writes = attributes.split(';').skip(1).any(|one| one == "52");
            found.clipboard = writes.then_some(true);
            return Some(found);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_of_terminals_are_understood() {
        let modern = "\x1b[?1006;2$y\x1b[?2004;1$y\x1b[?2026;2$y\x1b[?62;22;52c";
        assert_eq!(
            answers(modern),
            Some(TerminalAnswers {
                mouse: Some(true),
                bracketed_paste: Some(true),
                synchronized_updates: Some(true),
                clipboard: Some(true),
            })
        );
        let older = answers("\x1b[?1006;2$y\x1b[?2004;2$y\x1b[?2026;0$y\x1b[?1;2c").unwrap();
        assert_eq!(older.synchronized_updates, Some(false));
        assert_eq!(older.clipboard, None);
        assert_eq!(answers("\x1b[?6c"), Some(TerminalAnswers::default()));
        // Not all of it has come, or something else has.
        for text in [
            "",
            "x",
            "\x1b[?1006;2$y",
            "\x1b[?62;22",
            "\x1b[?1006;2$y\x1b[?62;",
        ] {
            assert_eq!(answers(text), None, "{text:?}");
        }
    }
}
