//! The headless twin of a form: an operation of `OPS` with its fields as flags.

use std::process::ExitCode;

use clap::ArgMatches;

use super::output;
use crate::gateway::Target;
use crate::kms::encoding::base64;
use crate::kms::outcome::latency_text;
use crate::kms::{FieldKind, Outcome, OutcomeKind, Request, ResponseValue, Value, Verdict};
use crate::ops::{self, OpSpec};

pub async fn run(
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
            return super::USAGE.into();
        }
    };
    if read_only && !spec.is_harmless(&request) {
        output::complain(&format!(
            "Read-only: {} is sent as a dry run only. Add --dry-run, or leave --read-only out.",
            spec.id
        ));
        return super::USAGE.into();
    }
    let session = match super::session(target).await {
        Ok(session) => session,
        Err(code) => return code,
    };
    let outcome = ops::run(&session, request).await;
    let json = matches
        .get_one::<String>("output")
        .is_some_and(|output| output == "json");
    report(&outcome, json, session.endpoint.as_deref())
}

/// The request of the flags, or every rule that it breaks.
fn request(spec: &'static OpSpec, matches: &ArgMatches) -> Result<Request, Vec<String>> {
    let mut request = Request::new(spec.id);
    let mut problems = Vec::new();
    for field in spec.fields {
        let value = match field.kind {
            FieldKind::Flag => Ok(matches.get_flag(field.name).then_some(Value::Flag(true))),
            FieldKind::GrantTokens => {
                let tokens: Vec<String> = matches
                    .get_many::<String>(field.name)
                    .into_iter()
                    .flatten()
                    .cloned()
                    .collect();
                let value = Value::List(tokens);
                match &value {
                    Value::List(tokens) if tokens.is_empty() => Ok(None),
                    _ => field.check(&value).map(|()| Some(value)),
                }
            }
            _ => match matches.get_one::<String>(field.name) {
                Some(text) => field.parse(text),
                None => Ok(None),
            },
        };
        match value {
            Ok(Some(value)) => request.set(field.name, value),
            Ok(None) => {}
            Err(error) => problems.push(error.to_string()),
        }
    }
    if problems.is_empty() {
        problems.extend(spec.validate(&request).iter().map(ToString::to_string));
    }
    if problems.is_empty() {
        Ok(request)
    } else {
        Err(problems)
    }
}

fn report(outcome: &Outcome, json: bool, endpoint: Option<&str>) -> ExitCode {
    let kind = outcome.kind();
    match (&outcome.result, kind) {
        (Ok(fields), _) => {
            if json {
                output::print_json(&outcome.to_json());
            } else {
                let mut pairs: Vec<(String, String)> = fields
                    .iter()
                    .filter_map(|field| {
                        let text = match &field.value {
                            ResponseValue::Text(text) => text.clone(),
                            ResponseValue::Blob(bytes) => base64(bytes),
                            ResponseValue::Absent => return None,
                        };
                        Some((field.name.to_owned(), text))
                    })
                    .collect();
                pairs.extend(
                    outcome
                        .meta
                        .request_id
                        .clone()
                        .map(|id| ("RequestId".to_owned(), id)),
                );
                pairs.push(("Latency".to_owned(), latency_text(outcome.meta.latency)));
                output::print(&output::labelled(&pairs));
            }
            if kind == OutcomeKind::DryRunIgnored {
                output::complain(
                    "The endpoint does not know DryRun: it carried the call out, which proves nothing about permissions.",
                );
                return super::NOT_KNOWN.into();
            }
            super::DONE.into()
        }
        (Err(error), OutcomeKind::DryRun(verdict)) => {
            if json {
                output::print_json(&outcome.to_json());
            } else {
                output::print(&format!(
                    "{} {}: {}",
                    verdict.glyph(),
                    verdict.text(),
                    crate::kms::text::printable(&error.code)
                ));
            }
            if verdict != Verdict::WouldSucceed {
                return dry_run_code(verdict, super::failed(outcome.request.op.0, error));
            }
            if let Some(endpoint) = endpoint {
                output::complain(&format!(
                    "This is what {endpoint} says; it is no proof of permission in AWS."
                ));
            }
            super::DONE.into()
        }
        (Err(error), _) => super::failed(outcome.request.op.0, error),
    }
}

fn dry_run_code(verdict: Verdict, otherwise: ExitCode) -> ExitCode {
    match verdict {
        Verdict::NotKnown => super::NOT_KNOWN.into(),
        _ => otherwise,
    }
}
