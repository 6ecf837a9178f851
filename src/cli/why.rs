//! `kmsdeck why`: why a request is refused, out of an AccessDenied text or as a question, and the
//! smallest changes that would allow it.

use std::io::Read;
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};
use kmsdeck_policy::{Refusal, RefusedResource, Told};
use serde_json::{Value as Json, json};

use super::access::{Known, columns_of, file_args, key_id_arg, usage};
use super::output;
use crate::access::columns;
use crate::access::refused::facts;
use crate::access::row::Evaluation;
use crate::access::why::Why;
use crate::gateway::Target;
use crate::kms::encryption_context::Pair;
use crate::kms::text::counted;
use crate::kms::{encryption_context, key_id};
use crate::reads;

/// The most bytes of a text from standard input.
const MOST_BYTES: u64 = 1 << 20;

pub(super) fn command() -> Command {
    Command::new("why")
        .about("Tells why a request is refused, and the smallest changes that would allow it")
        .long_about(
            "Tells why a request is refused, layer by layer, and the smallest changes that would \
             allow it, each with who else would gain by it. Out of a text that says AccessDenied \
             (--message), or by key, operation and principal. Nothing is changed. The key and IAM \
             are read where a key is known; with --policy, files alone are.",
        )
        .after_help(
            "Exit codes: 0 it is allowed, or the text is explained; 1 it is not allowed; 2 bad \
             usage; 3 the key cannot be read.",
        )
        .args([
            Arg::new("message")
                .long("message")
                .value_name("TEXT")
                .help("The text of a refusal, as a tool or a log has it; - reads standard input"),
            key_id_arg(),
            super::access::operation_arg()
                .num_args(1)
                .action(clap::ArgAction::Set),
            Arg::new("principal")
                .long("principal")
                .value_name("ARN")
                .help("Who asks; else the one in the text, or whose credentials these are"),
            Arg::new("encryption-context")
                .long("encryption-context")
                .value_name("K=V,... or JSON")
                .help("The request's encryption context, where it is known; '' is none"),
        ])
        .args(file_args())
        .arg(
            Arg::new("output")
                .long("output")
                .value_name("FORMAT")
                .value_parser(["text", "json"])
                .default_value("text")
                .help("For people, or as JSON"),
        )
}

pub(super) async fn run(target: &Target, matches: &ArgMatches) -> ExitCode {
    let text = |id: &str| matches.get_one::<String>(id).map(String::as_str);
    let is_json = text("output") == Some("json");
    let refusal = match text("message").map(refusal_of) {
        None => None,
        Some(Ok(refusal)) => Some(refusal),
        Some(Err(problem)) => return usage(&problem),
    };
    let pairs = text("encryption-context")
        .map(|text| encryption_context::parse("EncryptionContext", text))
        .transpose();
    let pairs = match pairs {
        Ok(pairs) => pairs,
        Err(error) => return usage(&error.to_string()),
    };
    let asked = match Asked::of(matches, refusal.as_ref()) {
        Ok(asked) => asked,
        Err(problem) => return usage(&problem),
    };
    let Some(asked) = asked else {
        let Some(refusal) = &refusal else {
            return usage("--key-id and --operation, or --message, say what is asked about");
        };
        let printed = match is_json {
            true => output::print_json(&json!({ "Refusal": refusal_json(refusal) })),
            false => output::print(&refusal_text(refusal)),
        };
        return super::exit::written(printed, super::exit::DONE);
    };
    if let (Some(refusal), false) = (&refusal, is_json)
        && let Some(failed) = super::exit::unwritten(output::print(&refusal_text(refusal)))
    {
        return failed;
    }
    let known = match Known::of(target, matches, &asked.key_id).await {
        Ok(known) => known,
        Err(code) => return code,
    };
    let principal = match (asked.principal, &known.session) {
        (Some(principal), _) => principal,
        (None, Some(session)) => match reads::caller_identity(session).await {
            Ok(caller) => caller.arn,
            Err(error) => return super::exit::failed("GetCallerIdentity", &error),
        },
        (None, None) => return usage("--principal says who asks, where nothing is called"),
    };
    let evaluation = Evaluation::new(&known.principals.accounts, columns::columns());
    let row = evaluation.row_of(&known.key, &principal);
    let why = Why::of(&row, &evaluation, asked.column, pairs.as_deref());
    let missing = known.missing(&evaluation);
    let printed = match is_json {
        true => {
            let mut json = why.json();
            json["NotRead"] = missing.into();
            json["Refusal"] = refusal.as_ref().map(refusal_json).into();
            output::print_json(&json)
        }
        false => output::print(&why_text(&why, &missing, pairs.as_deref())),
    };
    let is_allowed = why.explained.answer.kind == kmsdeck_policy::AnswerKind::Allowed;
    let code = match is_allowed {
        true => super::exit::DONE,
        false => super::exit::REFUSED,
    };
    super::exit::written(printed, code)
}

fn refusal_of(text: &str) -> Result<Refusal, String> {
    let text = match text {
        "-" => {
            let mut text = String::new();
            let read = std::io::stdin().take(MOST_BYTES).read_to_string(&mut text);
            read.map_err(|error| format!("standard input cannot be read: {error}"))?;
            text
        }
        text => text.to_owned(),
    };
    Refusal::parse(&text).ok_or_else(|| {
        "--message: no refusal of AWS's is in it; one says \"... is not authorized to perform: kms:...\"".to_owned()
    })
}

/// What the evaluation is asked.
struct Asked {
    key_id: String,
    column: columns::Column,
    principal: Option<String>,
}

impl Asked {
    /// None where no key or no operation is known.
    fn of(matches: &ArgMatches, refusal: Option<&Refusal>) -> Result<Option<Asked>, String> {
        let text = |id: &str| matches.get_one::<String>(id).cloned();
        let named = refusal.and_then(|refusal| match &refusal.resource {
            RefusedResource::Named(name) if key_id::parse(name).is_ok() => Some(name.clone()),
            _ => None,
        });
        let column = match matches.contains_id("operation") {
            true => columns_of(matches)?.into_iter().next(),
            false => refusal
                .and_then(|refusal| refusal.action.as_deref())
                .and_then(columns::named),
        };
        let who = refusal.and_then(|refusal| refusal.who.clone());
        Ok(match (text("key-id").or(named), column) {
            (Some(key_id), Some(column)) => Some(Asked {
                key_id,
                column,
                principal: text("principal").or(who),
            }),
            _ => None,
        })
    }
}

fn refusal_text(refusal: &Refusal) -> String {
    format!(
        "{}\n\n{}\n",
        output::labelled(&facts(refusal)),
        refusal.advice()
    )
}

fn refusal_json(refusal: &Refusal) -> Json {
    let mut json: serde_json::Map<String, Json> = facts(refusal)
        .into_iter()
        .map(|(label, value)| (label.replace(' ', ""), value.into()))
        .collect();
    json.insert("Advice".to_owned(), refusal.advice().into());
    Json::Object(json)
}

fn why_text(why: &Why, missing: &[String], pairs: Option<&[Pair]>) -> String {
    let mut lines = vec![
        format!("{} {}: {}", why.who, why.operation, why.verdict),
        String::new(),
    ];
    for told in &why.denied_by {
        lines.push(format!("Denied by {told}."));
    }
    let statements = |lines: &mut Vec<String>, told: &Told, words: &[String]| {
        lines.push(format!("  {told}: {}", words.join("; ")));
    };
    for layer in &why.layers {
        lines.push(format!("{}:", layer.title));
        for (told, words) in &layer.lines {
            statements(&mut lines, told, words);
        }
        match (layer.lines.is_empty(), layer.others) {
            (_, 0) => {}
            (true, others) => lines.push(format!(
                "  {}: none is about {}",
                counted(others, "statement"),
                why.operation
            )),
            (false, others) => lines.push(format!("  {others} more are about other operations")),
        }
    }
    if let Some((told, words)) = &why.nearest {
        lines.push(String::new());
        lines.push(format!("Nearest: {told}: {}", words.join("; ")));
    }
    if !why.proposals.is_empty() {
        lines.push(String::new());
        lines.push("What would allow it, the smallest change first:".to_owned());
    }
    for (at, one) in why.proposals.iter().enumerate() {
        lines.push(format!("{}. {}: then {}", at + 1, one.title, one.then));
        lines.extend(one.text.lines().map(|line| format!("     {line}")));
        match one.others.as_slice() {
            [] => lines.push("     Nobody else gains by it, of those that are known.".to_owned()),
            others => {
                lines.push("     Gains by it, too:".to_owned());
                lines.extend(others.iter().map(|line| format!("       {line}")));
            }
        }
    }
    if pairs.is_none() && why.verdict.contains("encryption context") {
        lines.push(String::new());
        lines.push("With --encryption-context it is told for one request.".to_owned());
    }
    lines.push(String::new());
    lines.push(format!("Not read: {}.", missing.join("; ")));
    lines.join("\n")
}
