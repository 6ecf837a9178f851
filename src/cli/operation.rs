//! The headless twin of a form: an operation of `OPS` with its fields as flags.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ArgMatches;
use jiff::Timestamp;
use kmsdeck_atomic_file::write_whole;
use kmsdeck_policy::lint_key_policy;

use super::param_file::{self, Param};
use super::{args, output};
use crate::gateway::{Session, Target};
use crate::kms::encoding::base64;
use crate::kms::field::Sensitivity;
use crate::kms::outcome::latency_text;
use crate::kms::tags;
use crate::kms::text::counted;
use crate::kms::{
    Blob, Field, FieldError, FieldKind, KeyRef, KmsError, Outcome, OutcomeKind, Request,
    ResponseField, ResponseValue, Value, Verdict,
};
use crate::ops::facts::Facts;
use crate::ops::fields::POLICY;
use crate::ops::question::{Consent, Question};
use crate::ops::{self, Cleared, Gate, OpSpec, Unanswered};
use crate::platform::dirs;
use crate::reads;

pub(super) async fn run(
    target: &Target,
    spec: &'static OpSpec,
    matches: &ArgMatches,
    read_only: bool,
) -> ExitCode {
    let request = match request(spec, matches) {
        Ok(request) => request,
        Err(problems) => {
            for problem in problems {
                output::complain(&problem);
            }
            return super::exit::USAGE.into();
        }
    };
    let saving = match Saving::of(spec, matches) {
        Ok(saving) => saving,
        Err(problem) => {
            output::complain(&problem);
            return super::exit::USAGE.into();
        }
    };
    warn_of_secrets(spec, matches);
    let session = match super::exit::session(target).await {
        Ok(session) => session,
        Err(code) => return code,
    };
    let gate = Gate::of(request, read_only, &session);
    if let Gate::ReadOnly(operation) = gate {
        let how = " Add --dry-run, or leave --read-only out.";
        output::complain(&ops::spec(operation).read_only_text(how));
        return super::exit::USAGE.into();
    }
    // The flag is there only where a question is asked.
    let yes = || matches.get_flag(args::YES);
    let cleared = match cleared(gate, yes, &session).await {
        Ok(cleared) => cleared,
        Err(why) => {
            output::complain(&why);
            return super::exit::USAGE.into();
        }
    };
    let outcome = ops::run(&session, cleared).await;
    let unsaved = saving.save(&outcome);
    let told = Report {
        json: matches
            .get_one::<String>("output")
            .is_some_and(|output| output == "json"),
        reveal: spec.answers_secrets() && matches.get_flag(args::REVEAL),
        endpoint: session.endpoint.as_deref(),
        saving: &saving,
    }
    .tell(&outcome);
    match unsaved {
        Ok(()) => told,
        Err(problem) => {
            output::complain(&problem);
            super::exit::NOT_KNOWN.into()
        }
    }
}

/// Which bytes of the answer go to which files.
struct Saving(Vec<(&'static str, PathBuf)>);

impl Saving {
    /// Errors: a flag that names no bytes of the answer, or a file that is there already.
    fn of(spec: &OpSpec, matches: &ArgMatches) -> Result<Saving, String> {
        let mut files = Vec::new();
        if spec.bytes_answered().next().is_none() {
            return Ok(Saving(files));
        }
        for given in matches.get_many::<String>(args::SAVE).into_iter().flatten() {
            let named = given.split_once('=').and_then(|(name, file)| {
                let answer = spec.bytes_answered().find(|answer| answer.name == name)?;
                (!file.is_empty()).then(|| (answer.name, dirs::with_home(file)))
            });
            let Some((name, file)) = named else {
                let names: Vec<&str> = spec.bytes_answered().map(|answer| answer.name).collect();
                return Err(format!(
                    "--save takes MEMBER=FILE, and not {given:?}: MEMBER is {}",
                    names.join(" or ")
                ));
            };
            // What is answered cannot always be had again.
            if file.exists() {
                return Err(format!(
                    "--save: {} exists already: name another file. Nothing was sent.",
                    file.display()
                ));
            }
            files.push((name, file));
        }
        Ok(Saving(files))
    }

    fn file_of(&self, name: &str) -> Option<&Path> {
        let mut files = self.0.iter();
        let (_, file) = files.find(|(member, _)| *member == name)?;
        Some(file)
    }

    /// Writes the files, where the call was carried out.
    ///
    /// Errors: those that could not be written.
    fn save(&self, outcome: &Outcome) -> Result<(), String> {
        let mut problems = Vec::new();
        for (name, file) in &self.0 {
            let written = match outcome.field(name).map(|field| &field.value) {
                Some(ResponseValue::Blob(bytes)) => write_whole(file, bytes, false),
                Some(ResponseValue::Secret(bytes)) => write_whole(file, bytes.reveal(), false),
                _ => continue,
            };
            if let Err(error) = written {
                problems.push(format!("{name} is not in {}: {error}", file.display()));
            }
        }
        match problems.is_empty() {
            true => Ok(()),
            false => Err(problems.join("; ")),
        }
    }
}

/// The request of the flags, or every rule that it breaks.
fn request(spec: &'static OpSpec, matches: &ArgMatches) -> Result<Request, Vec<String>> {
    let mut request = Request::new(spec.id);
    let mut errors = Vec::new();
    let mut structures = Vec::new();
    for field in spec.fields {
        if let Some(structure) = field.within {
            if !structures.contains(&structure) {
                structures.push(structure);
                match members(spec, structure, matches) {
                    Ok(members) => members
                        .into_iter()
                        .for_each(|(field, value)| request.set(field, value)),
                    Err(error) => errors.push(error),
                }
            }
            continue;
        }
        match value(field, matches) {
            Ok(Some(value)) => request.set(field, value),
            Ok(None) => {}
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        errors = spec.validate(&request);
    }
    if errors.is_empty() {
        Ok(request)
    } else {
        Err(errors.iter().map(ToString::to_string).collect())
    }
}

/// Says of each secret that stands on the command line itself where it can be seen there, and how
/// else it is given.
fn warn_of_secrets(spec: &OpSpec, matches: &ArgMatches) {
    for field in spec.fields {
        let is_blob = matches!(field.kind, FieldKind::Blob { .. });
        if field.sensitivity != Sensitivity::Secret || !is_blob {
            continue;
        }
        let given = matches.get_one::<String>(field.name);
        if given.is_some_and(|text| !param_file::is_reference(text)) {
            let flag = field.flag();
            output::complain(&format!(
                "--{flag} stands on the command line, where ps shows it, and the shell's history \
                 keeps it: give it by --{flag} fileb://FILE, or fileb://- for standard input"
            ));
        }
    }
}

/// The value that a flag gives to its field.
fn value(field: &Field, matches: &ArgMatches) -> Result<Option<Value>, FieldError> {
    match field.kind {
        FieldKind::Flag => Ok(matches.get_flag(field.name).then_some(Value::Flag(true))),
        FieldKind::GrantTokens | FieldKind::Names(_) | FieldKind::Tags | FieldKind::TagKeys => {
            let given: Vec<String> = matches
                .get_many::<String>(field.name)
                .into_iter()
                .flatten()
                .cloned()
                .collect();
            if given.is_empty() {
                return Ok(None);
            }
            let value = match field.kind {
                FieldKind::Tags => Value::Tags(tags::parse(field.name, &given)?),
                _ => Value::List(given),
            };
            field.check(&value).map(|()| Some(value))
        }
        kind => {
            let Some(text) = matches.get_one::<String>(field.name) else {
                return Ok(None);
            };
            let is_blob = matches!(kind, FieldKind::Blob { .. });
            let has_lines = matches!(
                kind,
                FieldKind::MultiLine { .. } | FieldKind::Document { .. }
            );
            match param_file::read(field.name, text)? {
                // Their line ends are theirs.
                Param::Text(text) if is_blob || has_lines => field.parse(&text),
                Param::Text(text) => field.parse(text.trim_end_matches(['\n', '\r'])),
                Param::Bytes(bytes, file) if is_blob => {
                    let mut blob = Blob::new(bytes);
                    blob.file = file;
                    let value = Value::Blob(blob);
                    field.check(&value).map(|()| Some(value))
                }
                Param::Bytes(..) => Err(FieldError::new(
                    field.name,
                    "is text, and fileb:// is for bytes",
                    "use file://",
                )),
            }
        }
    }
}

/// The members that `--constraints` and its like give: JSON, or the AWS CLI's shorthand
/// `EncryptionContextSubset={k=v,...}`.
fn members(
    spec: &'static OpSpec,
    structure: &'static str,
    matches: &ArgMatches,
) -> Result<Vec<(&'static Field, Value)>, FieldError> {
    let Some(text) = matches.get_one::<String>(structure) else {
        return Ok(Vec::new());
    };
    let Param::Text(text) = param_file::read(structure, text)? else {
        return Err(FieldError::new(structure, "is text", "use file://"));
    };
    let names: Vec<&str> = args::members_of(spec, structure).map(|f| f.name).collect();
    let wrong = |rule: &str| {
        let fix = format!(
            "write MEMBER={{key=value}}, or JSON, with {}",
            names.join(", ")
        );
        FieldError::new(structure, rule, &fix)
    };
    let text = text.trim();
    let given: Vec<(String, String)> = if text.starts_with('{') {
        serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text)
            .map_err(|error| wrong(&format!("is not JSON ({error})")))?
            .into_iter()
            .map(|(name, member)| match member {
                serde_json::Value::String(text) => (name, text),
                member => (name, member.to_string()),
            })
            .collect()
    } else {
        let mut given = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (name, after) = rest
                .split_once('=')
                .ok_or_else(|| wrong("has no = in it"))?;
            let Some(after) = after.strip_prefix('{') else {
                let end = after.find(',').unwrap_or(after.len());
                given.push((name.trim().to_owned(), after[..end].to_owned()));
                rest = after[end..].trim_start_matches([',', ' ']);
                continue;
            };
            let end = closing_brace(after).ok_or_else(|| wrong("has no closing }"))?;
            given.push((name.trim().to_owned(), after[..end].to_owned()));
            rest = after[end + 1..].trim_start_matches([',', ' ']);
        }
        given
    };
    given
        .into_iter()
        .map(|(name, pairs)| {
            let field = args::members_of(spec, structure)
                .find(|field| field.name == name)
                .ok_or_else(|| wrong(&format!("has no member {name:?}")))?;
            let value = field
                .parse(&pairs)?
                .ok_or_else(|| wrong(&format!("has nothing in {name}")))?;
            Ok((field, value))
        })
        .collect()
}

/// Where the first `}` is that is in no quoted value; a quotation mark opens one after `=` alone.
fn closing_brace(text: &str) -> Option<usize> {
    let mut quoted_by = None;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match quoted_by {
            None if c == '}' => return Some(at),
            None if before == '=' && matches!(c, '"' | '\'') => quoted_by = Some(c),
            Some(quote) if quote == c => quoted_by = None,
            _ => {}
        }
        before = c;
    }
    None
}

/// The request, where it may go on: a change of the account by `--yes`, or by the user's word on a
/// terminal.
///
/// Errors: why nothing is sent, in a sentence.
async fn cleared(gate: Gate, yes: impl Fn() -> bool, session: &Session) -> Result<Cleared, String> {
    match gate {
        Gate::Clear(cleared) => Ok(cleared),
        Gate::ReadOnly(operation) => Err(format!("Read-only: {operation} was not sent.")),
        Gate::Ask(unanswered) if yes() => Ok(unanswered.confirmed(session)),
        Gate::Ask(unanswered) if !std::io::stdin().is_terminal() => {
            let operation = unanswered.request().op;
            Err(match unanswered.request().dry_run() {
                true => format!(
                    "This endpoint has not shown that it knows DryRun, and may carry {operation} out: add --yes to ask it all the same"
                ),
                false => {
                    let or = match ops::spec(operation).has_dry_run() {
                        true => ", or --dry-run to try it",
                        false => "",
                    };
                    format!("{operation} changes the account: add --yes to confirm it{or}")
                }
            })
        }
        Gate::Ask(unanswered) => ask(unanswered, session.clone()).await,
    }
}

/// Asks the user on the terminal, in the words of the console.
///
/// Errors: there was no yes, or none could be read.
async fn ask(unanswered: Unanswered, session: Session) -> Result<Cleared, String> {
    let caller = reads::caller_identity(&session).await.ok();
    let (account, principal) = caller.map(|caller| (caller.account, caller.arn)).unzip();
    let key = KeyRef::none(&*session.region);
    let facts = Facts::default();
    let mut question = Question::new(unanswered, session, key, account, principal, facts);
    if let Some(wanted) = question.wanted() {
        question.learn(wanted.read().await);
    }
    let now = Timestamp::now();
    output::complain(&question.title());
    output::complain(&question.consequence(now));
    let rows = question.rows(now).into_iter();
    let rows: Vec<_> = rows.map(|(name, text)| (name.to_owned(), text)).collect();
    output::labelled(&rows).lines().for_each(output::complain);
    let names = match question.consent() {
        Consent::Yes => vec!["yes".to_owned()],
        Consent::Typed(names) => names,
    };
    let answer = output::ask(&format!("Type {} to go on: ", names.join(" or ")))
        .map_err(|error| error.to_string())?;
    match names.iter().any(|name| name == answer.trim()) {
        true => Ok(question.confirmed().0),
        false => Err("Nothing was sent.".to_owned()),
    }
}

/// Says where something is wrong with the policy of a request: KMS tells no lines.
fn complain_of_policy(request: &Request) {
    let policy = request.text(&POLICY).unwrap_or_default();
    for lint in lint_key_policy(policy) {
        let (line, column) = (lint.line(), lint.column());
        output::complain(&format!("Policy, line {line}, column {column}: {lint}"));
    }
}

/// How an outcome is told.
struct Report<'a> {
    json: bool,
    /// Whether a table shows secrets.
    reveal: bool,
    endpoint: Option<&'a str>,
    saving: &'a Saving,
}

impl Report<'_> {
    fn tell(&self, outcome: &Outcome) -> ExitCode {
        let kind = outcome.kind();
        match (&outcome.result, kind) {
            (Ok(fields), _) => {
                let printed = if self.json {
                    output::print_json(&outcome.to_json(true))
                } else {
                    output::print(&output::labelled(&self.rows(outcome, fields)))
                };
                if let Some(code) = super::exit::unwritten(printed) {
                    let operation = outcome.request.op;
                    output::complain(&format!(
                        "{operation} was carried out, and its answer is lost."
                    ));
                    return code;
                }
                if kind == OutcomeKind::DryRunIgnored {
                    output::complain(
                        "The endpoint does not know DryRun: it carried the call out, which proves nothing about permissions.",
                    );
                    return super::exit::NOT_KNOWN.into();
                }
                super::exit::DONE.into()
            }
            (Err(error), OutcomeKind::DryRun(verdict)) => self.verdict(outcome, error, verdict),
            (Err(error), _) => {
                let request = &outcome.request;
                let code = super::exit::failed(request.op.0, error);
                if let Some(text) = ops::spec(request.op).left_open(request, error) {
                    output::complain(text);
                }
                if error.code == "MalformedPolicyDocumentException" {
                    complain_of_policy(request);
                }
                code
            }
        }
    }

    fn rows(&self, outcome: &Outcome, fields: &[ResponseField]) -> Vec<(String, String)> {
        let mut rows: Vec<(String, String)> = fields
            .iter()
            .flat_map(|field| {
                if let Some(file) = self.saving.file_of(field.name).filter(|file| file.exists()) {
                    return vec![(field.name.to_owned(), format!("in {}", file.display()))];
                }
                let text = match &field.value {
                    ResponseValue::Text(text) => text.clone(),
                    ResponseValue::Blob(bytes) => base64(bytes),
                    ResponseValue::Secret(bytes) if self.reveal => base64(bytes.reveal()),
                    ResponseValue::Secret(bytes) => format!(
                        "{}, not shown: --reveal shows it",
                        counted(bytes.len(), "byte")
                    ),
                    ResponseValue::Flag(on) => on.to_string(),
                    ResponseValue::List(names) => names.join(", "),
                    ResponseValue::Tags(given) => tags::shown(given),
                    ResponseValue::Metadata(key) => {
                        let rows = key.texts();
                        return rows.map(|(name, text)| (name.to_owned(), text)).collect();
                    }
                    ResponseValue::Absent => return Vec::new(),
                };
                vec![(field.name.to_owned(), text)]
            })
            .collect();
        if fields.is_empty() {
            let done = ops::spec(outcome.request.op).done;
            rows.push(("Result".to_owned(), done.to_owned()));
        }
        let request_id = outcome.meta.request_id.clone();
        rows.extend(request_id.map(|id| ("RequestId".to_owned(), id)));
        rows.push(("Latency".to_owned(), latency_text(outcome.meta.latency)));
        rows
    }

    fn verdict(&self, outcome: &Outcome, error: &KmsError, verdict: Verdict) -> ExitCode {
        let printed = if self.json {
            output::print_json(&outcome.to_json(true))
        } else {
            output::print(&format!(
                "{} {}: {}",
                verdict.glyph(),
                verdict.text(),
                crate::kms::text::printable(&error.code)
            ))
        };
        let printed = super::exit::unwritten(printed);
        if verdict != Verdict::WouldSucceed {
            let code = super::exit::failed(outcome.request.op.0, error);
            return match verdict {
                Verdict::NotKnown => super::exit::NOT_KNOWN.into(),
                _ => code,
            };
        }
        if let Some(endpoint) = self.endpoint {
            output::complain(&format!(
                "This is what {endpoint} says; it is no proof of permission in AWS."
            ));
        }
        printed.unwrap_or(super::exit::DONE.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brace_between_quotation_marks_closes_nothing() {
        assert_eq!(closing_brace("a='}',b=\"it's }\"},x"), Some(16));
        assert_eq!(closing_brace("a=it's}"), Some(6));
        assert_eq!(closing_brace("a=b"), None);
        assert_eq!(closing_brace("a='}"), None);
    }
}
