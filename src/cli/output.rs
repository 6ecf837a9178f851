//! Writing to standard output and standard error, safely.

use std::io::{self, BufRead, Write};

use zeroize::Zeroizing;

use crate::kms::text::{harmless_json, is_unsafe, printable, width};
use crate::platform::std_files;

/// Writes one line to standard error.
pub(super) fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "{}", printable(text));
}

/// Writes text and a line end to standard output.
///
/// Errors: as of [`print_bytes`].
pub(super) fn print(text: &str) -> io::Result<()> {
    print_bytes(text.as_bytes())?;
    print_bytes(b"\n")
}

/// Writes one line to standard output, of text that may come from outside.
///
/// Errors: as of [`print_bytes`].
pub(super) fn print_printable(text: &str) -> io::Result<()> {
    print(&printable(text))
}

/// Writes text that is made of kmsdeck's own words alone to standard output, as it is.
///
/// Errors: it could not be written. A reader that has gone away (`| head`) is none.
pub(super) fn print_bytes(text: &[u8]) -> io::Result<()> {
    match std_files::stdout()?.write_all(text) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Writes JSON to standard output. Characters that could harm a terminal are escaped, which
/// changes nothing of what the JSON says.
///
/// Errors: as of [`print_bytes`].
pub(super) fn print_json(value: &serde_json::Value) -> io::Result<()> {
    let text = Zeroizing::new(serde_json::to_string_pretty(value).unwrap_or_default());
    print_json_text(&text)
}

/// Like [`print_json`], of text that is JSON.
pub(super) fn print_json_text(text: &str) -> io::Result<()> {
    print(&Zeroizing::new(harmless_json(text.trim_end())))
}

/// Writes what is made for a file, as it is but for what could harm a terminal.
///
/// Errors: as of [`print_bytes`].
pub(super) fn print_made(text: &str) -> io::Result<()> {
    let safe: String = text
        .chars()
        .map(|c| match c {
            '\n' | '\r' => c,
            c if is_unsafe(c) => '\u{fffd}',
            c => c,
        })
        .collect();
    print_bytes(safe.as_bytes())
}

/// Shows on standard error how far something is, on one line; an empty text takes it away.
pub(super) fn progress(text: &str) {
    let mut err = io::stderr();
    let _ = write!(err, "\r\x1b[K{}", printable(text));
    let _ = err.flush();
}

/// Writes a question to standard error, and reads the line that is typed behind it.
///
/// Errors: standard input cannot be read.
pub(super) fn ask(text: &str) -> io::Result<String> {
    let mut err = io::stderr();
    let _ = write!(err, "{} ", printable(text).trim_end());
    let _ = err.flush();
    let mut typed = String::new();
    io::stdin().read_line(&mut typed)?;
    Ok(typed)
}

/// Like [`ask`], on a terminal, which does not show what is typed.
///
/// Errors: standard input cannot be read, or was ended by Ctrl-C or Ctrl-D.
pub(super) fn ask_hidden(text: &str) -> io::Result<Zeroizing<String>> {
    let mut err = io::stderr();
    // Before anybody is asked: some type at once.
    let unechoed = Unechoed::begin()?;
    let _ = write!(err, "{} ", printable(text).trim_end());
    let _ = err.flush();
    let typed = read_keys(io::stdin().lock());
    drop(unechoed);
    let _ = writeln!(err);
    typed
}

/// The terminal gives every key as it is pressed, and shows none, until this is dropped.
struct Unechoed;

impl Unechoed {
    fn begin() -> io::Result<Self> {
        crossterm::terminal::enable_raw_mode()?;
        Ok(Unechoed)
    }
}

impl Drop for Unechoed {
    fn drop(&mut self) {
        let _ = crossterm::terminal::disable_raw_mode();
    }
}

/// A line as it is typed, with its corrections: the terminal makes none now.
fn read_keys(keys: impl BufRead) -> io::Result<Zeroizing<String>> {
    let mut typed = Zeroizing::new(String::new());
    for key in keys.bytes() {
        match key? {
            b'\r' | b'\n' => return Ok(typed),
            // Ctrl-C, Ctrl-D.
            3 | 4 => return Err(io::ErrorKind::Interrupted.into()),
            // Backspace.
            8 | 127 => drop(typed.pop()),
            // Ctrl-U.
            21 => typed.clear(),
            key if key.is_ascii_graphic() || key == b' ' => typed.push(key.into()),
            _ => {}
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

/// A table with a head, its columns as wide as they need to be.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            row.iter()
                .map(|cell| printable(cell).into_owned())
                .collect()
        })
        .collect();
    let widths: Vec<usize> = (0..head.len())
        .map(|column| {
            let cells = rows.iter().map(|row| width(&row[column]));
            cells.chain([width(head[column])]).max().unwrap_or(0)
        })
        .collect();
    let line = |cells: &[&str]| {
        let mut text = String::new();
        for (column, cell) in cells.iter().enumerate() {
            text.push_str(cell);
            if column + 1 < cells.len() {
                text.push_str(&" ".repeat(widths[column] - width(cell) + 2));
            }
        }
        text
    };
    let mut lines = vec![line(head)];
    for row in &rows {
        lines.push(line(&row.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    lines.join("\n")
}

/// Labels and values, one a line.
pub(super) fn labelled(pairs: &[(String, String)]) -> String {
    let labels = pairs
        .iter()
        .map(|(label, _)| width(label))
        .max()
        .unwrap_or(0);
    let lines: Vec<String> = pairs
        .iter()
        .map(|(label, value)| {
            let pad = " ".repeat(labels - width(label) + 2);
            format!("{}{pad}{}", printable(label), printable(value))
        })
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_by_width() {
        let rows = vec![
            vec!["日本".into(), "x".into()],
            vec!["a".into(), "y".into()],
        ];
        assert_eq!(table(&["A", "B"], &rows), "A     B\n日本  x\na     y");
    }
}
