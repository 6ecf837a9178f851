//! `kmsdeck encrypt-file` and `kmsdeck decrypt-file`: files as envelopes of the AWS Encryption SDK.

mod decrypt;
mod encrypt;
mod input;
mod output;
mod report;
mod request;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::output as terminal;
use crate::gateway::{Place, Target};
use crate::kms::key_id;
use crate::platform::end_signal::end_signal;
use request::FileRequest;

/// The two subcommands. `output_format` is the argument that all commands have.
pub(super) fn commands(output_format: Arg) -> [Command; 2] {
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
            .arg(key_id.help(
                "The KMS key that must have encrypted it; else the one that it names, where that is of your account",
            ))
            .arg(
                Arg::new("discovery")
                    .long("discovery")
                    .value_name("ACCOUNT,...")
                    .num_args(0..=1)
                    .require_equals(true)
                    .value_delimiter(',')
                    .default_missing_value("")
                    .value_parser(ValueParser::new(check_account))
                    .conflicts_with("key-id")
                    .help("Trusts the key that it names, whichever account's, or of these alone"),
            )
            .arg(context.help("Pairs that it must have; it may have others, too"))
            .arg(file.help(
                "Where to write, - for standard output [default: INPUT without .encrypted, else INPUT.decrypted]",
            ))
            .args(common)
            .arg(input.help("The file to decrypt, or - for standard input")),
    ]
}

/// An account's ID; empty for any account.
///
/// Errors: the rule, in words.
fn check_account(text: &str) -> Result<String, String> {
    match text.is_empty() || key_id::is_account(text) {
        true => Ok(text.to_owned()),
        false => Err("an account ID is 12 digits".to_owned()),
    }
}

/// Runs one of the two. A signal ends it with nothing left behind.
pub(super) async fn run(
    target: &Target,
    name: &str,
    matches: &ArgMatches,
    read_only: bool,
) -> ExitCode {
    if read_only {
        terminal::complain(&format!(
            "Read-only: {name} uses a key. Leave --read-only out."
        ));
        return super::exit::USAGE.into();
    }
    if let Place::Sandbox { sandbox, .. } = &target.place
        && !sandbox.is_kept()
    {
        terminal::complain(&format!(
            "{name}: this sandbox makes its keys anew at each start, so that what one run encrypts \
             no other can decrypt: keep them with --sandbox-state FILE."
        ));
        return super::exit::USAGE.into();
    }
    let request = match FileRequest::new(name, matches) {
        Ok(request) => request,
        Err(problem) => {
            terminal::complain(&problem);
            return super::exit::USAGE.into();
        }
    };
    if request.destination.is_stdout() && output::is_terminal() {
        terminal::complain(&format!(
            "{name}: its output may be no text, and standard output is a terminal: redirect it, \
             or give a file with --output-file"
        ));
        return super::exit::USAGE.into();
    }
    let work = async {
        match name {
            "encrypt-file" => encrypt::run(target, &request).await,
            _ => decrypt::run(target, &request).await,
        }
    };
    tokio::select! {
        code = work => code,
        number = end_signal(true) => {
            if !request.destination.is_stdout() {
                terminal::complain(&format!("Stopped: {} was not made.", request.destination.shown()));
            }
            (128 + number as u8).into()
        }
    }
}
