//! `kmsdeck policy`: a key policy in a file, checked and compared, without any call.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Arg, ArgMatches, Command, value_parser};
use kmsdeck_policy::{AccessDiff, Lint, LintFacts, Severity, lint_key_policy_of};
use serde_json::{Value as Json, json};

use super::access::{file_args, usage};
use super::output;
use crate::access::columns;
use crate::access::key::{key_grant, with_policy};
use crate::access::principals::Principals;
use crate::access::report::{differences, parse_expected};
use crate::access::row::{AskedKey, Evaluation, in_words};
use crate::access::why::change_word;
use crate::kms::key_id::{self, Notation};
use crate::kms::text::counted;
use crate::platform::user_file;
use crate::reads::parse_grants;

pub(super) fn command() -> Command {
    let file = |id: &'static str| {
        Arg::new(id)
            .value_name(id.to_uppercase())
            .required(true)
            .value_parser(value_parser!(PathBuf))
    };
    let key_id = || {
        Arg::new("key-id")
            .long("key-id")
            .value_name("ARN")
            .help("The key's ARN, which says whose key it is")
    };
    // The policy is an argument of its own here.
    let files = || {
        file_args()
            .into_iter()
            .filter(|arg| arg.get_id() != "policy")
            .map(|arg| match arg.get_id() == "grants" {
                true => Arg::new("grants")
                    .long("grants")
                    .value_name("FILE")
                    .value_parser(value_parser!(PathBuf))
                    .help("The key's grants, as aws kms list-grants prints them"),
                false => arg,
            })
    };
    Command::new("policy")
        .about("Checks and compares key policies in files, without any call")
        .subcommand_required(true)
        .subcommand(
            Command::new("check")
                .about("Tells what is wrong with a key policy, line by line, and whether it lets whom it should")
                .after_help("Exit codes: 0 nothing is wrong; 1 KMS would refuse it, nobody could put another, or access differs from --expect; 2 bad usage.")
                .arg(file("file").help("The key policy"))
                .arg(key_id())
                .args(files())
                .arg(
                    Arg::new("expect")
                        .long("expect")
                        .value_name("FILE")
                        .requires("key-id")
                        .value_parser(value_parser!(PathBuf))
                        .help("Who should do what, as kmsdeck access --output json prints it"),
                )
                .arg(
                    Arg::new("output")
                        .long("output")
                        .value_name("FORMAT")
                        .value_parser(["text", "json", "sarif", "github"])
                        .default_value("text")
                        .help("For people, as JSON, as SARIF 2.1.0, or as annotations of GitHub Actions"),
                ),
        )
        .subcommand(
            Command::new("diff")
                .about("Tells for whom access changes from one key policy to another")
                .after_help("Exit codes: 0 nothing changes; 1 something does, or nobody could put another policy; 2 bad usage.")
                .arg(file("old").help("The key policy as it is"))
                .arg(file("new").help("The key policy as it is to be"))
                .arg(key_id().required(true))
                .args(files())
                .arg(
                    Arg::new("output")
                        .long("output")
                        .value_name("FORMAT")
                        .value_parser(["text", "json"])
                        .default_value("text")
                        .help("For people, or as JSON"),
                ),
        )
}

pub(super) fn run(matches: &ArgMatches) -> ExitCode {
    let ended = match matches.subcommand() {
        Some(("check", sub)) => check(sub),
        Some(("diff", sub)) => diff(sub),
        _ => return super::exit::USAGE.into(),
    };
    ended.unwrap_or_else(|problem| usage(&problem))
}

fn path<'a>(matches: &'a ArgMatches, id: &str) -> Option<&'a Path> {
    matches.get_one::<PathBuf>(id).map(PathBuf::as_path)
}

fn read(path: &Path) -> Result<String, String> {
    user_file::read_text(path)
        .map_err(|error| format!("{} cannot be read: {error}", path.display()))
}

fn principals(matches: &ArgMatches) -> Result<Principals, String> {
    let paths = |id: &str| -> Vec<&Path> {
        let paths = matches.get_many::<PathBuf>(id).unwrap_or_default();
        paths.map(PathBuf::as_path).collect()
    };
    Principals::of_files(&paths("iam"), &paths("scp"))
}

fn key_arn(matches: &ArgMatches) -> Result<Option<&str>, String> {
    let Some(arn) = matches.get_one::<String>("key-id") else {
        return Ok(None);
    };
    let parsed = key_id::parse(arn).map_err(|error| error.to_string())?;
    match parsed.notation {
        Notation::KeyArn => Ok(Some(arn)),
        _ => Err(format!(
            "--key-id: {arn} is no key ARN, as arn:aws:kms:REGION:ACCOUNT:key/ID"
        )),
    }
}

fn asked(arn: &str, policy: &str, matches: &ArgMatches) -> Result<Arc<AskedKey>, String> {
    let mut read_key = with_policy(arn, policy, None).map_err(|(_, error)| error.message)?;
    if let Some(path) = path(matches, "grants") {
        let grants =
            parse_grants(&read(path)?).map_err(|error| format!("{}: {error}", path.display()))?;
        read_key.facts.grants = grants.iter().filter_map(key_grant).collect();
    }
    Ok(Arc::new(AskedKey {
        read: read_key,
        name: arn.to_owned(),
    }))
}

fn check(matches: &ArgMatches) -> Result<ExitCode, String> {
    let file = path(matches, "file").unwrap_or(Path::new(""));
    let text = read(file)?;
    let arn = key_arn(matches)?;
    let known = principals(matches)?;
    let lints = lint_key_policy_of(
        &text,
        LintFacts {
            key_arn: arn,
            accounts: &known.accounts,
        },
    );
    let is_policy = !lints
        .iter()
        .any(|lint| lint.severity() == Severity::Refused);
    let mut differs = Vec::new();
    if let (Some(expect), Some(arn)) = (path(matches, "expect"), arn)
        && is_policy
    {
        let expected =
            parse_expected(&read(expect)?).map_err(|why| format!("{}: {why}", expect.display()))?;
        let key = asked(arn, &text, matches)?;
        let evaluation = Evaluation::new(&known.accounts, columns::columns());
        differs = differences(&expected, &evaluation.rows(&key), &evaluation);
    }
    let shown = file.display().to_string();
    let output = matches.get_one::<String>("output").map(String::as_str);
    let printed = match output {
        Some("json") => output::print_json(&json!({
            "Lints": lints.iter().map(|lint| lint_json(lint, &shown)).collect::<Vec<_>>(),
            "Differences": differs,
        })),
        Some("sarif") => output::print_json(&sarif(&lints, &differs, &shown)),
        Some("github") => print_lines(annotations(&lints, &differs, &shown)),
        _ => print_text(&lints, &differs, &shown),
    };
    let is_bad = !differs.is_empty() || lints.iter().any(is_error);
    let code = match is_bad {
        true => super::exit::REFUSED,
        false => super::exit::DONE,
    };
    Ok(super::exit::written(printed, code))
}

fn is_error(lint: &Lint) -> bool {
    lint.severity() == Severity::Refused
}

fn level(lint: &Lint) -> &'static str {
    match is_error(lint) {
        true => "error",
        false => "warning",
    }
}

fn print_lines(lines: Vec<String>) -> io::Result<()> {
    match lines.is_empty() {
        true => Ok(()),
        false => output::print(&lines.join("\n")),
    }
}

fn print_text(lints: &[Lint], differs: &[String], file: &str) -> io::Result<()> {
    let mut lines: Vec<String> = lints
        .iter()
        .map(|lint| {
            format!(
                "{file}:{}:{}: {}: {lint} [{}]",
                lint.line(),
                lint.column(),
                level(lint),
                lint.rule()
            )
        })
        .collect();
    lines.extend(differs.iter().cloned());
    if lines.is_empty() {
        lines.push(format!("{file}: nothing is wrong"));
    }
    let safe = lines.iter().map(|line| crate::kms::text::printable(line));
    output::print(&safe.collect::<Vec<_>>().join("\n"))
}

fn lint_json(lint: &Lint, file: &str) -> Json {
    json!({
        "File": file,
        "Line": lint.line(),
        "Column": lint.column(),
        "Level": level(lint),
        "Rule": lint.rule(),
        "Message": lint.to_string(),
    })
}

/// SARIF 2.1.0 (OASIS).
fn sarif(lints: &[Lint], differs: &[String], file: &str) -> Json {
    let of_lints = lints.iter().map(|lint| {
        json!({
            "ruleId": lint.rule(),
            "level": level(lint),
            "message": { "text": lint.to_string() },
            "locations": [{ "physicalLocation": {
                "artifactLocation": { "uri": file },
                "region": { "startLine": lint.line(), "startColumn": lint.column() },
            }}],
        })
    });
    let of_differences = differs.iter().map(|text| {
        json!({
            "ruleId": ACCESS_DIFFERS,
            "level": "error",
            "message": { "text": text },
            "locations": [{ "physicalLocation": {
                "artifactLocation": { "uri": file },
                "region": { "startLine": 1 },
            }}],
        })
    });
    let rules: BTreeSet<&str> = lints
        .iter()
        .map(Lint::rule)
        .chain((!differs.is_empty()).then_some(ACCESS_DIFFERS))
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "kmsdeck",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|id| json!({ "id": id })).collect::<Vec<_>>(),
            }},
            "results": of_lints.chain(of_differences).collect::<Vec<_>>(),
        }],
    })
}

/// The rule by which somebody may do what is not expected, or not what is.
const ACCESS_DIFFERS: &str = "access-differs";

/// GitHub's documentation, "Workflow commands for GitHub Actions".
fn annotations(lints: &[Lint], differs: &[String], file: &str) -> Vec<String> {
    let data = |text: &str| {
        text.replace('%', "%25")
            .replace('\r', "%0D")
            .replace('\n', "%0A")
    };
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let of_lints = lints.iter().map(|lint| {
        format!(
            "::{} file={},line={},col={},title={}::{}",
            level(lint),
            property(file),
            lint.line(),
            lint.column(),
            lint.rule(),
            data(&lint.to_string())
        )
    });
    let of_differences = differs.iter().map(|text| {
        format!(
            "::error file={},line=1,title={ACCESS_DIFFERS}::{}",
            property(file),
            data(text)
        )
    });
    of_lints.chain(of_differences).collect()
}

fn diff(matches: &ArgMatches) -> Result<ExitCode, String> {
    let paths = ["old", "new"].map(|id| path(matches, id).unwrap_or(Path::new("")));
    let arn = key_arn(matches)?.unwrap_or_default();
    let known = principals(matches)?;
    let evaluation = Evaluation::new(&known.accounts, columns::columns());
    let key = |path: &Path| {
        asked(arn, &read(path)?, matches).map_err(|why| format!("{}: {why}", path.display()))
    };
    let (old, new) = (key(paths[0])?, key(paths[1])?);
    let changed = evaluation
        .access(&old)
        .diff(&old.read.facts, &new.read.facts);
    let printed = match matches.get_one::<String>("output").map(String::as_str) {
        Some("json") => output::print_json(&diff_json(&changed, &evaluation)),
        _ => output::print(&diff_text(&changed, &evaluation, known.accounts.is_empty())),
    };
    let is_same = changed.changes.is_empty() && !changed.leaves_nobody();
    let code = match is_same {
        true => super::exit::DONE,
        false => super::exit::REFUSED,
    };
    Ok(super::exit::written(printed, code))
}

fn diff_text(diff: &AccessDiff, evaluation: &Evaluation, knows_nobody: bool) -> String {
    let rows: Vec<Vec<String>> = diff
        .changes
        .iter()
        .map(|change| {
            vec![
                change.who.name.clone(),
                evaluation.columns[change.operation].name.to_owned(),
                change_word(change.kind).to_owned(),
                in_words(&change.before),
                in_words(&change.after),
            ]
        })
        .collect();
    let head = ["PRINCIPAL", "OPERATION", "CHANGE", "BEFORE", "AFTER"];
    let mut text = match rows.is_empty() {
        true => "Access changes for nobody that is known.".to_owned(),
        false => output::table(&head, &rows),
    };
    let keepers = match diff.keepers.len() {
        0 => "Nobody could put another policy afterwards.".to_owned(),
        some => format!(
            "{} could put another policy afterwards.",
            counted(some, "principal")
        ),
    };
    text.push_str(&format!("\n\n{keepers}"));
    if knows_nobody {
        text.push_str("\nUsers and roles are not known (no --iam): whole accounts stand for them.");
    }
    text
}

fn diff_json(diff: &AccessDiff, evaluation: &Evaluation) -> Json {
    let changes = diff.changes.iter().map(|change| {
        json!({
            "Principal": change.who.name,
            "Operation": evaluation.columns[change.operation].name,
            "Change": change_word(change.kind),
            "Before": in_words(&change.before),
            "After": in_words(&change.after),
        })
    });
    let keepers = diff.keepers.iter().map(|(who, _)| who.name.clone());
    json!({
        "Changes": changes.collect::<Vec<_>>(),
        "MayPutKeyPolicy": keepers.collect::<Vec<_>>(),
    })
}
