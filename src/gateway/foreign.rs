//! What is no answer of the service that was asked, but of somebody between.

use crate::kms::text::cut_end;

/// The first line of its body: of HTML, most of the time.
pub(super) fn first_line(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body.get(..512).unwrap_or(body)).into_owned();
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(cut_end(line, 80).into_owned())
}
