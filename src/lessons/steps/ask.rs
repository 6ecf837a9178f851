//! `ask`: dry runs of operations for principals.

use std::sync::Arc;

use super::kind_spec::KindSpec;
use crate::gateway::limiter::Limits;
use crate::kms::KeyRef;
use crate::kms::encryption_context::Pair;
use crate::kms::text::counted;
use crate::lessons::parts::StepEnd;
use crate::lessons::reader::{LessonTable, Reader, line_of};
use crate::lessons::work::{Work, refused};
use crate::matrix::runner;
use crate::matrix::{Matrix, Row, Variant, operations};
use crate::ops::OpSpec;
use crate::platform::toml_doc::TomlValue;
use crate::reads;

/// A small matrix: principals by operations, for one key.
#[derive(Clone)]
pub struct AskStep {
    principals: Vec<String>,
    operations: Vec<&'static OpSpec>,
    contexts: Vec<Vec<Pair>>,
    /// Boxes with grant tokens.
    tokens: Vec<usize>,
}

pub(super) const KIND: KindSpec<AskStep> = KindSpec {
    name: "ask",
    with: &["operations", "contexts", "tokens"],
    read: |reader, table| read(reader, table),
};

fn read(reader: &mut Reader, table: &LessonTable) -> AskStep {
    let line = line_of(table, "ask");
    let wanted = reader.texts(table, "operations");
    let known = operations();
    let mut chosen = Vec::new();
    for name in &wanted {
        match known.iter().find(|spec| spec.id.0 == name) {
            Some(spec) => chosen.push(*spec),
            None => {
                let text = format!("{name:?} is no operation with DryRun");
                reader.problem(line_of(table, "operations"), text);
            }
        }
    }
    let principals = reader.texts(table, "ask");
    for name in &principals {
        reader.known_principal(name, line);
    }
    if principals.is_empty() {
        reader.problem(line, "ask is a list of principals: write ask = [\"admin\"]");
    }
    if chosen.is_empty() {
        reader.problem(
            line,
            "ask needs operations: write operations = [\"Decrypt\"]",
        );
    }
    let contexts = match table.get("contexts").map(|entry| &entry.value) {
        None => vec![Vec::new()],
        Some(TomlValue::List(items)) => items
            .iter()
            .map(|item| match item {
                TomlValue::Table(entries) => reader.pairs(entries),
                other => {
                    let text = format!(
                        "contexts is a list of tables, not of {}: write contexts = [{{}}, {{ tenant = \"acme\" }}]",
                        other.kind()
                    );
                    reader.problem(line_of(table, "contexts"), text);
                    Vec::new()
                }
            })
            .collect(),
        Some(other) => {
            let text = format!("contexts is a list of tables, not {}", other.kind());
            reader.problem(line_of(table, "contexts"), text);
            vec![Vec::new()]
        }
    };
    let tokens = table.get("tokens");
    AskStep {
        principals,
        operations: chosen,
        contexts,
        tokens: reader.boxes_of(tokens),
    }
}

impl AskStep {
    pub(super) async fn perform(&self, work: &mut Work<'_>) -> Result<(), StepEnd> {
        let mut tokens = Vec::new();
        for place in &self.tokens {
            tokens.push(String::from_utf8_lossy(work.bytes(*place)?.reveal()).into_owned());
        }
        let session = work.session(None).await?;
        let key = reads::describe_key(&session, work.world.key())
            .await
            .map_err(refused)?;
        let row = Row {
            key: KeyRef::new(session.region, key.arn.as_deref().unwrap_or(&key.key_id)),
            arn: key.arn.clone(),
            name: work.world.key().to_owned(),
            aliases: Vec::new(),
            metadata: Some(Arc::new(key)),
        };
        let variants = self.contexts.iter().cloned().map(Variant::new).collect();
        let matrix = Matrix::new(vec![row], self.operations.clone(), variants, tokens, true);
        for name in &self.principals {
            let session = work.session(Some(name)).await?;
            let caller = work.world.caller(Some(name), &session).await;
            let limits = Limits::for_session(&session);
            let answered = std::sync::Mutex::new(matrix.clone());
            runner::run(
                matrix.clone(),
                matrix.to_ask(),
                vec![session],
                Some(caller.arn),
                limits,
                true,
                |step| {
                    if let (runner::RunEvent::Answered(id, cell), Ok(mut matrix)) =
                        (step, answered.lock())
                    {
                        matrix.set(id, cell);
                    }
                },
            )
            .await;
            let matrix = answered
                .into_inner()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            work.came.asked.push((name.clone(), matrix));
        }
        let counts = work.came.asked.iter().map(|(_, matrix)| matrix.counts());
        let (would, all) = counts.fold((0, 0), |(would, all), counts| {
            (would + counts.would_succeed, all + counts.answered())
        });
        let all = counted(all, "dry run");
        work.note(format!("{all}: {would} would succeed."));
        Ok(())
    }
}
