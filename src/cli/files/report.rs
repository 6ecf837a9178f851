//! How `encrypt-file` and `decrypt-file` end: with what was done, or with why not.

use std::io;
use std::process::ExitCode;

use kmsdeck_envelope::{EnvelopeError, Suite, Tally};
use serde_json::json;

use super::request::FileRequest;
use crate::cli::exit;
use crate::cli::output as terminal;
use crate::kms::encryption_context::Pair;
use crate::kms::text::{grouped, harmless_json};

/// Why there is no result: the exit code, after it was said.
pub(super) type Ended = ExitCode;

/// Says what stands in the way on this machine.
pub(super) fn stopped(code: u8) -> impl FnOnce(String) -> Ended {
    move |problem| {
        terminal::complain(&problem);
        code.into()
    }
}

/// Says which check the input did not pass, or why it could not be read or written.
pub(super) fn refused(shown: &str, error: &EnvelopeError) -> Ended {
    if is_reader_gone(error) {
        return exit::NOT_KNOWN.into();
    }
    terminal::complain(&format!("{shown}: {error}."));
    terminal::complain(format!("{} {}", error.means(), error.todo()).trim_start());
    let code = match error {
        _ if error.is_of_content() => exit::REFUSED,
        EnvelopeError::DoesNotFit { .. } => exit::USAGE,
        _ => exit::NOT_KNOWN,
    };
    code.into()
}

/// Whether what is written to standard output has no reader any more (`| head`): nobody wants to
/// hear of that, and yet not all of it was written.
pub(super) fn is_reader_gone(error: &EnvelopeError) -> bool {
    matches!(error, EnvelopeError::Write(error) if error.kind() == io::ErrorKind::BrokenPipe)
}

/// What was done.
pub(super) struct FileReport<'a> {
    pub(super) key_id: &'a str,
    pub(super) key_material_id: Option<&'a str>,
    pub(super) context: &'a [Pair],
    pub(super) suite: Suite,
    pub(super) bytes_in: u64,
    pub(super) bytes_out: u64,
    pub(super) tally: Tally,
}

impl FileReport<'_> {
    /// To standard output, or to standard error where that has the data; the exit code.
    pub(super) fn print(&self, request: &FileRequest) -> ExitCode {
        let output = request.destination.shown();
        let suite = format!("0x{:04x} {}", self.suite.id(), self.suite.name());
        let text = if request.json {
            let context: serde_json::Map<_, _> = self
                .context
                .iter()
                .map(|(key, value)| (key.clone(), value.as_str().into()))
                .collect();
            let mut report = json!({ "KeyId": self.key_id });
            if let Some(id) = self.key_material_id {
                report["KeyMaterialId"] = id.into();
            }
            report["EncryptionContext"] = context.into();
            report["AlgorithmSuite"] = suite.into();
            report["Frames"] = self.tally.frames.into();
            report["BytesIn"] = self.bytes_in.into();
            report["BytesOut"] = self.bytes_out.into();
            report["OutputFile"] = output.into();
            harmless_json(&serde_json::to_string_pretty(&report).unwrap_or_default())
        } else {
            let mut pairs = vec![("KeyId".to_owned(), self.key_id.to_owned())];
            if let Some(id) = self.key_material_id {
                pairs.push(("KeyMaterialId".to_owned(), id.to_owned()));
            }
            let mut label = "EncryptionContext";
            for (key, value) in self.context {
                pairs.push((label.to_owned(), format!("{key}={value}")));
                label = "";
            }
            let numbers = [
                ("AlgorithmSuite", suite),
                ("Frames", grouped(self.tally.frames)),
                ("BytesIn", grouped(self.bytes_in)),
                ("BytesOut", grouped(self.bytes_out)),
                ("OutputFile", output),
            ];
            pairs.extend(numbers.map(|(label, text)| (label.to_owned(), text)));
            terminal::labelled(&pairs)
        };
        if request.destination.is_stdout() {
            text.lines().for_each(terminal::complain);
            return exit::DONE.into();
        }
        exit::written(terminal::print(&text), exit::DONE)
    }
}
