//! The arguments. The operations' subcommands are made from `OPS`.

use std::io::ErrorKind;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, ValueParser};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command, value_parser};
use kmsdeck_sandbox::{Contents, Faults, Sandbox, SandboxOptions};

use super::help;
use super::version::{self, VERSION};
use crate::config::Config;
use crate::gateway::{
    CallLimits, Place, RetryMode, Role, Target, check_endpoint_url, check_mfa_code,
};
use crate::kms::FieldKind;
use crate::kms::field::kebab;
use crate::ops::fields::DRY_RUN;
use crate::ops::{OPS, OpSpec};
use crate::platform::dirs;
use crate::platform::log::LogLevel;
use crate::platform::toml_doc::Problem;
use crate::platform::user_file;
use crate::tui::theme::Theme;

/// The whole command line.
pub(super) fn command() -> Command {
    let limits = CallLimits::default();
    let connection = |id: &'static str| {
        Arg::new(id)
            .long(id)
            .global(true)
            .help_heading("Connection")
    };
    let call = |id: &'static str| Arg::new(id).long(id).global(true).help_heading("Calls");
    let sandbox = |id: &'static str| Arg::new(id).long(id).global(true).help_heading("Sandbox");
    Command::new("kmsdeck")
        .version(VERSION)
        .long_version(version::long())
        .about("The terminal console for AWS KMS. With no command it opens the console.")
        .after_help(
            "Exit codes: 0 done, or a dry run that would succeed; 1 the service refused; \
             2 bad usage; 3 not known (network, credentials, throttled), or the output \
             could not be written.",
        )
        .subcommand_required(false)
        .arg(
            Arg::new("config")
                .long("config")
                .global(true)
                .help_heading("Settings")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help(format!("Settings; else config.toml in {}", dirs::CONFIG_PLACE)),
        )
        .arg(
            Arg::new("log-level")
                .long("log-level")
                .global(true)
                .value_name("LEVEL")
                .value_parser(LogLevel::names())
                .help(format!("What goes to kmsdeck.log in {}", dirs::STATE_PLACE)),
        )
        .arg(
            Arg::new("theme")
                .long("theme")
                .help_heading("Settings")
                .value_name("NAME")
                .help("Colours: dark, light, high-contrast, mono, or a file of your own"),
        )
        .args([
            connection("profile")
                .value_name("NAME")
                .help("The AWS profile, and no other credentials; else keys of the environment, AWS_PROFILE, the machine's role"),
            connection("region")
                .value_name("REGION")
                .help("The AWS Region; else AWS_REGION, else the profile's"),
            connection("endpoint-url")
                .value_name("URL")
                .help("Another endpoint for KMS; else AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL. An emulator's is STS's too, one of AWS's own (a VPC endpoint) is not: see AWS_ENDPOINT_URL_STS"),
            connection("role-arn")
                .value_name("ARN")
                .help("A role to assume with those credentials"),
            connection("external-id")
                .value_name("ID")
                .requires("role-arn")
                .help("What the role's trust policy asks for"),
            connection("role-session-name")
                .value_name("NAME")
                .requires("role-arn")
                .help("How the session is named in CloudTrail [default: kmsdeck]"),
            connection("ca-bundle")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Certificates to trust beside the system's, PEM; else AWS_CA_BUNDLE, else the profile's"),
            connection("no-verify-ssl")
                .action(ArgAction::SetTrue)
                .conflicts_with("ca-bundle")
                .help("Takes any certificate: whoever stands between can read and change everything"),
            connection("mfa-code")
                .value_name("DIGITS")
                .value_parser(ValueParser::new(check_mfa_code))
                .help("The code for a profile with mfa_serial; the console asks for it"),
            connection("read-only")
                .action(ArgAction::SetTrue)
                .help("Nothing but reads and dry runs"),
        ])
        .args([
            call("connect-timeout")
                .value_name("SECONDS")
                .value_parser(value_parser!(u32).range(1..=600))
                .default_value(limits.connect_timeout.as_secs().to_string())
                .help("To wait for a connection"),
            call("read-timeout")
                .value_name("SECONDS")
                .value_parser(value_parser!(u32).range(1..=600))
                .default_value(limits.read_timeout.as_secs().to_string())
                .help("To wait for an answer"),
            call("retry-mode")
                .value_name("MODE")
                .value_parser(["standard", "adaptive"])
                .help("The SDK's retry mode, adaptive slows down when throttled; else AWS_RETRY_MODE, the profile's, standard"),
            call("max-attempts")
                .value_name("N")
                .value_parser(value_parser!(u32).range(1..=20))
                .help("Requests to send for one call, the first included; else AWS_MAX_ATTEMPTS, the profile's, 3"),
        ])
        .args([
            sandbox("sandbox")
                .action(ArgAction::SetTrue)
                .conflicts_with_all(["endpoint-url", "role-arn"])
                .help("The embedded KMS with a teaching account: no AWS, no network"),
            sandbox("sandbox-principal")
                .value_name("NAME")
                .conflicts_with("profile")
                .help("Who to be in the sandbox [default: admin]; --profile means the same there"),
            sandbox("sandbox-keys")
                .value_name("N")
                .value_parser(value_parser!(u32).range(0..=100_000))
                .default_value("0")
                .help("More keys for the sandbox, up to 100000"),
            sandbox("empty")
                .action(ArgAction::SetTrue)
                .conflicts_with("sandbox-account")
                .help("A sandbox with the principals and no keys; new keys get fresh IDs in each run"),
            sandbox("seed")
                .value_name("N")
                .value_parser(value_parser!(u64))
                .help("Makes the same IDs in each run that has the same seed"),
            sandbox("sandbox-account")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Accounts, principals, roles and keys of your own, in JSON; docs/sandbox.md says how"),
            sandbox("sandbox-state")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Keeps the sandbox's keys and grants in a file between runs"),
            sandbox("sandbox-trail")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Notes each call that the sandbox answers, and who signed it, as CloudTrail does"),
            sandbox("sandbox-fault")
                .value_name("FAULTS")
                .help("Faults to try, as throttle:0.2,latency:200ms,drop:0.01"),
        ])
        .subcommand(super::keys::command())
        .subcommand(super::grants::command())
        .subcommand(
            Command::new("describe")
                .about("Tells about a key (DescribeKey)")
                .arg(
                    Arg::new("key-id")
                        .long("key-id")
                        .value_name("KEY")
                        .required(true)
                        .help("A key ID, key ARN, alias name or alias ARN"),
                )
                .arg(output()),
        )
        .subcommand(super::key_stores::command(output()))
        .subcommand(super::matrix::command())
        .subcommand(super::access::command())
        .subcommand(super::why::command())
        .subcommand(super::policy::command())
        .subcommands(OPS.iter().map(|spec| operation(spec)))
        .subcommands(super::files::commands(output()))
        .subcommand(super::lessons::command(output()))
        .subcommand(super::doctor::command(output()))
        .subcommand(
            Command::new("sandbox")
                .about("The embedded KMS for other programs")
                .subcommand_required(true)
                .subcommand(
                    Command::new("serve")
                        .about("Serves the sandbox over HTTP on a loopback address, for the AWS CLI and SDKs")
                        .arg(
                            Arg::new("listen")
                                .long("listen")
                                .value_name("ADDRESS:PORT")
                                .default_value("127.0.0.1:4599")
                                .value_parser(value_parser!(std::net::SocketAddr))
                                .help("Where to listen; port 0 takes a free one"),
                        )
                        .arg(
                            Arg::new("allow-remote")
                                .long("allow-remote")
                                .action(ArgAction::SetTrue)
                                .help("Lets it listen on an address that other machines reach"),
                        )
                        .arg(
                            Arg::new("allow-host")
                                .long("allow-host")
                                .value_name("NAME")
                                .action(ArgAction::Append)
                                .help("Another name by which it may be called, beside IP addresses and localhost; may be given several times"),
                        )
                        .arg(
                            Arg::new("allow-reset")
                                .long("allow-reset")
                                .action(ArgAction::SetTrue)
                                .help("Lets POST /_kmsdeck/reset put all back as it was at the beginning, for test suites"),
                        )
                        .after_help("GET /_kmsdeck/health says that it runs, without a signature."),
                ),
        )
        .subcommand(
            Command::new("completions")
                .about("Prints the completions for a shell")
                .after_help("bash: kmsdeck completions bash > ~/.local/share/bash-completion/completions/kmsdeck")
                .arg(
                    Arg::new("shell")
                        .value_name("SHELL")
                        .required(true)
                        .value_parser(value_parser!(clap_complete::Shell))
                        .help("Whose completions"),
                ),
        )
        .subcommand(
            Command::new("man")
                .about("Prints a page of the manual: kmsdeck's, or a command's")
                .after_help("To read it: kmsdeck man encrypt | man -l -")
                .arg(
                    Arg::new("command")
                        .value_name("COMMAND")
                        .num_args(0..)
                        .help("The command, as in kmsdeck man sandbox serve"),
                ),
        )
}

/// The whole command line, with its commands in groups in the help.
pub(super) fn parser() -> Command {
    let mut command = command();
    let template = help::template(&command);
    // The template lists them; clap would list them again.
    command.build();
    command
        .mut_subcommands(|sub| sub.hide(true))
        .override_usage("kmsdeck [OPTIONS] [COMMAND]")
        .help_template(template)
}

/// Undoes an earlier `--dry-run`, as with the AWS CLI.
const NO_DRY_RUN: &str = "no-dry-run";
/// Confirms a change of the account beforehand.
pub(super) const YES: &str = "yes";
/// Shows plaintexts in a table.
pub(super) const REVEAL: &str = "reveal";
/// Saves bytes of the answer to files.
pub(super) const SAVE: &str = "save";

/// The fields of an operation that are members of a structure.
pub(super) fn members_of<'a>(
    spec: &'static OpSpec,
    structure: &'a str,
) -> impl Iterator<Item = &'static crate::kms::Field> + 'a {
    spec.fields
        .iter()
        .copied()
        .filter(move |field| field.within == Some(structure))
}

/// A subcommand with a flag a field.
fn operation(spec: &'static OpSpec) -> Command {
    let mut command = Command::new(spec.command())
        .about(spec.summary)
        .after_help(format!(
            "Needs {}. https://docs.aws.amazon.com/kms/latest/APIReference/API_{}.html",
            spec.iam, spec.id
        ));
    let mut structures = Vec::new();
    for field in spec.fields {
        if let Some(structure) = field.within {
            if !structures.contains(&structure) {
                structures.push(structure);
            }
            continue;
        }
        let arg = Arg::new(field.name)
            .long(field.flag())
            .required(field.required)
            .help(field.help);
        command = command.arg(match field.kind {
            FieldKind::KeyId => arg.value_name("KEY"),
            FieldKind::Choice(names) | FieldKind::Algorithm { names, .. } => arg
                .value_name("NAME")
                .value_parser(PossibleValuesParser::new(names)),
            FieldKind::Names(names) => arg
                .value_name("NAME")
                .num_args(1..)
                .value_parser(PossibleValuesParser::new(names)),
            FieldKind::Text { .. } => arg.value_name("TEXT"),
            FieldKind::FreeText { .. } => arg.value_name("TEXT|file://FILE"),
            FieldKind::AliasName => arg.value_name("alias/NAME"),
            FieldKind::MultiLine { .. } => arg.value_name("TEXT|file://FILE"),
            FieldKind::Document { .. } => arg.value_name("JSON|file://FILE"),
            FieldKind::Blob { .. } => arg
                .value_name("BASE64|fileb://FILE")
                .allow_hyphen_values(true),
            FieldKind::Integer { .. } => arg.value_name("N").allow_negative_numbers(true),
            FieldKind::EncryptionContext => arg.value_name("K=V,...|JSON"),
            FieldKind::GrantTokens => arg.value_name("TOKEN").num_args(1..),
            FieldKind::Tags => arg.value_name("TagKey=K,TagValue=V|JSON").num_args(1..),
            FieldKind::TagKeys => arg.value_name("KEY").num_args(1..),
            FieldKind::Time => arg.value_name("TIME"),
            FieldKind::Path => arg.value_name("FILE"),
            FieldKind::Flag if **field == DRY_RUN => {
                arg.action(ArgAction::SetTrue).overrides_with(NO_DRY_RUN)
            }
            FieldKind::Flag => arg.action(ArgAction::SetTrue),
        });
    }
    for structure in structures {
        let members: Vec<&str> = members_of(spec, structure)
            .map(|field| field.name)
            .collect();
        command = command.arg(
            Arg::new(structure)
                .long(kebab(structure))
                .value_name("MEMBER={K=V,...}|JSON")
                .help(format!(
                    "Any of {}, with its pairs or its text",
                    members.join(", ")
                )),
        );
    }
    if spec.has_dry_run() {
        command = command.arg(
            Arg::new(NO_DRY_RUN)
                .long(NO_DRY_RUN)
                .action(ArgAction::SetTrue)
                .overrides_with("DryRun")
                .hide(true),
        );
    }
    if spec.changes_account() {
        command = command.arg(
            Arg::new(YES)
                .long(YES)
                .action(ArgAction::SetTrue)
                .help("Carries it out without asking; it changes the account"),
        );
    }
    if spec.answers_secrets() {
        command = command.arg(
            Arg::new(REVEAL)
                .long(REVEAL)
                .action(ArgAction::SetTrue)
                .help("Shows the plaintext in a table, too; --output json always holds it"),
        );
    }
    let members: Vec<&str> = spec.bytes_answered().map(|answer| answer.name).collect();
    if !members.is_empty() {
        command = command.arg(
            Arg::new(SAVE)
                .long(SAVE)
                .value_name("MEMBER=FILE")
                .num_args(1..)
                .help(format!(
                    "Saves {} as it is to a new file (mode 0600)",
                    members.join(" or ")
                )),
        );
    }
    command = command.arg(output());
    for choice in spec.exactly_one {
        let names = choice.fields.iter().map(|field| field.name);
        command = command.group(ArgGroup::new(choice.title).args(names).required(true));
    }
    command
}

fn output() -> Arg {
    Arg::new("output")
        .long("output")
        .value_name("FORMAT")
        .value_parser(["table", "json"])
        .default_value("table")
        .help("For people, or the AWS CLI's JSON")
}

/// What the arguments and the environment connect to.
///
/// Errors: one sentence that names the argument.
pub(super) fn target(matches: &ArgMatches) -> Result<Target, String> {
    let text = |id: &str| matches.get_one::<String>(id).cloned();
    let seconds =
        |id: &str| Duration::from_secs(matches.get_one::<u32>(id).copied().unwrap_or(1).into());
    let place = if matches.get_flag("sandbox") {
        Place::Sandbox {
            sandbox: Arc::new(sandbox(matches)?),
            principal: text("sandbox-principal").or_else(|| text("profile")),
        }
    } else {
        let stray = [
            "sandbox-principal",
            "sandbox-state",
            "sandbox-trail",
            "sandbox-fault",
            "sandbox-keys",
            "sandbox-account",
            "empty",
            "seed",
        ]
        .into_iter()
        .find(|id| matches.value_source(id) == Some(ValueSource::CommandLine));
        if let Some(stray) = stray {
            return Err(format!("--{stray} goes with --sandbox: add it"));
        }
        Place::Aws {
            profile: text("profile"),
            // clap would show what is wrong, and there may be a password in it.
            endpoint_url: text("endpoint-url")
                .map(|url| check_endpoint_url(&url))
                .transpose()
                .map_err(|rule| format!("--endpoint-url: {rule}"))?,
            role: text("role-arn").map(|arn| Role {
                arn,
                external_id: text("external-id"),
                session_name: text("role-session-name"),
                ..Role::default()
            }),
        }
    };
    Ok(Target {
        region: text("region"),
        ca_bundle: matches.get_one("ca-bundle").cloned(),
        verifies_tls: !matches.get_flag("no-verify-ssl"),
        // The console takes it.
        has_terminal: matches.subcommand_name().is_some()
            && io::stdin().is_terminal()
            && io::stderr().is_terminal(),
        mfa_code: text("mfa-code"),
        limits: CallLimits {
            connect_timeout: seconds("connect-timeout"),
            read_timeout: seconds("read-timeout"),
            retry_mode: text("retry-mode").map(|mode| match mode.as_str() {
                "adaptive" => RetryMode::Adaptive,
                _ => RetryMode::Standard,
            }),
            max_attempts: matches.get_one("max-attempts").copied(),
        },
        ..Target::new(place)
    })
}

/// The user's configuration under the arguments, and what is wrong with it.
///
/// Errors: one sentence that names the argument.
pub(super) fn config(matches: &ArgMatches) -> Result<(Config, Vec<Problem>), String> {
    let file = matches.get_one::<PathBuf>("config");
    let (mut config, problems) = Config::load(file.map(PathBuf::as_path))
        .map_err(|problem| format!("--config: {problem}"))?;
    if let Some(name) = matches.get_one::<String>("theme") {
        Theme::load(name, dirs::config_folder().as_deref())
            .map_err(|problem| format!("--theme: {problem}"))?;
        config.theme.clone_from(name);
        config.theme_line = None;
    }
    let level = matches.get_one::<String>("log-level");
    if let Some(level) = level.and_then(|name| LogLevel::of_name(name)) {
        config.log_level = level;
    }
    if matches.get_flag("read-only") {
        // It counts for every profile.
        config.read_only = true;
        config.profiles.clear();
    }
    Ok((config, problems))
}

/// The sandbox that the arguments ask for.
pub(super) fn sandbox(matches: &ArgMatches) -> Result<Sandbox, String> {
    let faults = match matches.get_one::<String>("sandbox-fault") {
        Some(text) => text
            .parse::<Faults>()
            .map_err(|error| format!("--sandbox-fault: {error}"))?,
        None => Faults::default(),
    };
    let state_file = matches.get_one::<PathBuf>("sandbox-state").cloned();
    if let Some(path) = &state_file
        && let Err(error) = user_file::open(path)
        && error.kind() != ErrorKind::NotFound
    {
        let shown = dirs::shown(path);
        return Err(format!("--sandbox-state: {shown} cannot be used: {error}"));
    }
    let contents = match matches.get_one::<PathBuf>("sandbox-account") {
        Some(path) => {
            let text = user_file::read_text(path).map_err(|error| {
                let shown = dirs::shown(path);
                format!("--sandbox-account: {shown} cannot be read: {error}")
            })?;
            Contents::File {
                path: path.clone(),
                text: text.into(),
            }
        }
        None if matches.get_flag("empty") => Contents::Empty,
        None => Contents::Teaching,
    };
    let options = SandboxOptions {
        contents,
        id_seed: matches.get_one::<u64>("seed").copied(),
        extra_keys: matches.get_one::<u32>("sandbox-keys").copied().unwrap_or(0) as usize,
        faults,
        state_file,
        trail_file: matches.get_one::<PathBuf>("sandbox-trail").cloned(),
        ..SandboxOptions::default()
    };
    Sandbox::new(options).map_err(|error| format!("the sandbox cannot start: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        command().debug_assert();
        parser().debug_assert();
    }

    #[test]
    fn an_endpoint_that_is_no_url_is_refused() {
        for bad in ["localhost:4566", "http://", "ftp://x", "http://a b"] {
            assert!(check_endpoint_url(bad).is_err(), "{bad}");
        }
        assert!(check_endpoint_url("http://127.0.0.1:5000").is_ok());
    }
}
