//! `kmsdeck encrypt-file` and `kmsdeck decrypt-file`: files as envelopes of the AWS Encryption SDK.

mod decrypt;
mod encrypt;
mod input;
mod output;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use kmsdeck_envelope::{EnvelopeError, Suite, Tally};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use super::output as terminal;
use crate::gateway::{Place, Target};
use crate::kms::encryption_context::{self, Pair};
use crate::kms::field::check_grant_tokens;
use crate::kms::key_id;
use crate::kms::text::grouped;
use crate::kms::text::harmless_json;
use output::Destination;

/// What `encrypt-file` adds to a name, and `decrypt-file` takes away; the AWS Encryption CLI's.
const SUFFIX: &str = ".encrypted";

/// The two subcommands. `output_format` is the argument that all commands have.
pub fn commands(output_format: Arg) -> [Command; 2] {
    let key_id = Arg::new("key-id").long("key-id").value_name("KEY");
    let context = Arg::new("encryption-context")
        .long("encryption-context")
        .value_name("K=V,... or JSON");
    let file = Arg::new("output-file")
        .long("output-file")
        .short('o')
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf));
    let input = Arg::new("input")
        .value_name("INPUT")
        .required(true)
        .value_parser(value_parser!(PathBuf));
    let common = [
        Arg::new("grant-tokens")
            .long("grant-tokens")
            .value_name("TOKEN,...")
            .action(ArgAction::Append)
            .value_delimiter(',')
            .help("Tokens of grants that are too new to count everywhere"),
        Arg::new("force")
            .long("force")
            .action(ArgAction::SetTrue)
            .help("Replaces the output file where there is one"),
        output_format,
    ];
    [
        Command::new("encrypt-file")
            .about("Encrypts a file under a new data key (GenerateDataKey), of any size")
            .after_help(
                "The result is a message of the AWS Encryption SDK: every one of its libraries \
                 opens it. The data key is in it, encrypted under the KMS key; so is the \
                 encryption context, in plain text. An output file appears when it is whole, with \
                 mode 0600.",
            )
            .arg(
                key_id
                    .clone()
                    .required(true)
                    .help("The KMS key: a key ID, key ARN, alias name or alias ARN"),
            )
            .arg(context.clone().help(
                "Pairs that are bound to the file; not secret, also written to CloudTrail",
            ))
            .arg(
                file.clone()
                    .help("Where to write, - for standard output [default: INPUT.encrypted]"),
            )
            .args(common.clone())
            .arg(
                input
                    .clone()
                    .help("The file to encrypt, or - for standard input"),
            ),
        Command::new("decrypt-file")
            .about("Decrypts a file that encrypt-file or an AWS Encryption SDK made (Decrypt)")
            .after_help(
                "Every frame is checked before it is written. An output file appears when all of \
                 the input has been checked, with mode 0600. To standard output, frames go as they \
                 are checked; where the input is signed, all of it is kept in an unnamed temporary \
                 file until the signature has been checked.",
            )
            .arg(key_id.help("The KMS key that must have encrypted it; else the one that it names"))
            .arg(context.help("Pairs that it must have; it may have others, too"))
            .arg(file.help(
                "Where to write, - for standard output [default: INPUT without .encrypted, else INPUT.decrypted]",
            ))
            .args(common)
            .arg(input.help("The file to decrypt, or - for standard input")),
    ]
}

/// Runs one of the two. A signal ends it with nothing left behind.
pub async fn run(target: &Target, name: &str, matches: &ArgMatches, read_only: bool) -> ExitCode {
    if read_only {
        terminal::complain(&format!(
            "Read-only: {name} uses a key. Leave --read-only out."
        ));
        return super::USAGE.into();
    }
    if let Place::Sandbox { sandbox, .. } = &target.place
        && !sandbox.is_kept()
    {
        terminal::complain(&format!(
            "{name}: this sandbox makes its keys anew at each start, so that what one run encrypts \
             no other can decrypt: keep them with --sandbox-state FILE."
        ));
        return super::USAGE.into();
    }
    let request = match Request::new(name, matches) {
        Ok(request) => request,
        Err(problem) => {
            terminal::complain(&problem);
            return super::USAGE.into();
        }
    };
    let work = async {
        match name {
            "encrypt-file" => encrypt::run(target, &request).await,
            _ => decrypt::run(target, &request).await,
        }
    };
    tokio::select! {
        code = work => code,
        number = signalled() => {
            if !request.destination.is_stdout() {
                terminal::complain(&format!("Stopped: {} was not made.", request.destination.shown()));
            }
            (128 + number as u8).into()
        }
    }
}

/// The number of the signal that asks for the end.
async fn signalled() -> i32 {
    let kinds = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ];
    let [Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)] = kinds.map(signal) else {
        return std::future::pending().await;
    };
    let kind = tokio::select! {
        _ = interrupt.recv() => kinds[0],
        _ = terminate.recv() => kinds[1],
        _ = hangup.recv() => kinds[2],
    };
    kind.as_raw_value()
}

/// What the flags of either command say.
struct Request {
    key_id: Option<String>,
    context: Vec<Pair>,
    grant_tokens: Vec<String>,
    input: PathBuf,
    destination: Destination,
    json: bool,
}

impl Request {
    /// Errors: a sentence that names the argument.
    fn new(command: &str, matches: &ArgMatches) -> Result<Request, String> {
        let text = |id: &str| matches.get_one::<String>(id).cloned();
        let path = |id: &str| matches.get_one::<PathBuf>(id).cloned();
        let key_id = text("key-id");
        if let Some(key) = &key_id {
            key_id::parse(key).map_err(|error| error.to_string())?;
        }
        let context = match text("encryption-context") {
            Some(text) => encryption_context::parse("--encryption-context", &text)
                .map_err(|error| error.to_string())?,
            None => Vec::new(),
        };
        let grant_tokens: Vec<String> = matches
            .get_many::<String>("grant-tokens")
            .into_iter()
            .flatten()
            .cloned()
            .collect();
        check_grant_tokens(&grant_tokens).map_err(|error| error.to_string())?;
        let input = path("input").unwrap_or_default();
        let output = path("output-file").unwrap_or_else(|| default_output(command, &input));
        Ok(Request {
            key_id,
            context,
            grant_tokens,
            destination: Destination::new(&output, matches.get_flag("force"))?,
            input,
            json: text("output").is_some_and(|format| format == "json"),
        })
    }

    /// The input, for messages.
    fn shown(&self) -> String {
        match self.input == Path::new(input::STANDARD) {
            true => "standard input".to_owned(),
            false => self.input.display().to_string(),
        }
    }
}

fn default_output(command: &str, input: &Path) -> PathBuf {
    if input == Path::new(input::STANDARD) {
        return input.to_owned();
    }
    let name = input.as_os_str();
    if command == "encrypt-file" {
        let mut name = name.to_owned();
        name.push(SUFFIX);
        return name.into();
    }
    let bytes = name.as_encoded_bytes();
    match input.extension().is_some_and(|end| end == &SUFFIX[1..]) {
        true => {
            use std::os::unix::ffi::OsStrExt;
            let short = &bytes[..bytes.len() - SUFFIX.len()];
            std::ffi::OsStr::from_bytes(short).into()
        }
        false => {
            let mut name = name.to_owned();
            name.push(".decrypted");
            name.into()
        }
    }
}

/// Why there is no result: the exit code, after it was said.
type Ended = ExitCode;

/// Says what stands in the way on this machine.
fn stopped(code: u8) -> impl FnOnce(String) -> Ended {
    move |problem| {
        terminal::complain(&problem);
        code.into()
    }
}

/// Says which check the input did not pass, or why it could not be read or written.
fn refused(shown: &str, error: &EnvelopeError) -> Ended {
    terminal::complain(&format!("{shown}: {error}."));
    terminal::complain(format!("{} {}", error.means(), error.todo()).trim_start());
    let code = match error {
        _ if error.is_of_content() => super::REFUSED,
        EnvelopeError::DoesNotFit { .. } => super::USAGE,
        _ => super::NOT_KNOWN,
    };
    code.into()
}

/// What was done.
struct Report<'a> {
    key_id: &'a str,
    key_material_id: Option<&'a str>,
    context: &'a [Pair],
    suite: Suite,
    bytes_in: u64,
    bytes_out: u64,
    tally: Tally,
}

impl Report<'_> {
    /// To standard output, or to standard error where that has the data.
    fn print(&self, request: &Request) {
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
        } else {
            terminal::print(&text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_is_named_after_the_input() {
        let name = |command, input: &str| {
            let path = default_output(command, Path::new(input));
            path.display().to_string()
        };
        assert_eq!(name("encrypt-file", "a/b.pdf"), "a/b.pdf.encrypted");
        assert_eq!(name("decrypt-file", "a/b.pdf.encrypted"), "a/b.pdf");
        assert_eq!(name("decrypt-file", "b.pdf"), "b.pdf.decrypted");
        assert_eq!(name("decrypt-file", ".encrypted"), ".encrypted.decrypted");
        assert_eq!(name("encrypt-file", "-"), "-");
        assert_eq!(name("decrypt-file", "-"), "-");
    }
}
