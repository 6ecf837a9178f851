//! `judge`: what policies and grants say of users and roles, by what is read of the key and of IAM.

use std::sync::Arc;

use super::kind_spec::KindSpec;
use crate::access::columns::{self, Column};
use crate::access::key::read_key;
use crate::access::principals::Principals;
use crate::access::row::{AskedKey, Evaluation, in_words};
use crate::kms::text::counted;
use crate::lessons::parts::StepEnd;
use crate::lessons::reader::{LessonTable, Reader, line_of};
use crate::lessons::work::{Work, refused};

/// Users and roles by permissions, for one key.
#[derive(Clone)]
pub struct JudgeStep {
    /// `user/admin`, `role/app`.
    principals: Vec<String>,
    operations: Vec<Column>,
    /// The lesson's own, where none is named.
    key: Option<String>,
}

pub(super) const KIND: KindSpec<JudgeStep> = KindSpec {
    name: "judge",
    with: &["operations", "of"],
    read: |reader, table| read(reader, table),
};

fn read(reader: &mut Reader, table: &LessonTable) -> JudgeStep {
    let principals = reader.texts(table, "judge");
    for name in &principals {
        let is_named = ["user/", "role/"].iter().any(|kind| name.starts_with(kind));
        if !is_named {
            let text = format!("{name:?} is no user or role: write it like user/admin or role/app");
            reader.problem(line_of(table, "judge"), text);
        }
    }
    if principals.is_empty() {
        let text = "judge is a list of users and roles: write judge = [\"user/admin\"]";
        reader.problem(line_of(table, "judge"), text);
    }
    let mut operations = Vec::new();
    for name in reader.texts(table, "operations") {
        match columns::named(&name) {
            Some(column) => operations.push(column),
            None => {
                let text = format!("{name:?} is no permission on keys");
                reader.problem(line_of(table, "operations"), text);
            }
        }
    }
    if operations.is_empty() {
        let text = "judge needs operations: write operations = [\"Decrypt\"]";
        reader.problem(line_of(table, "judge"), text);
    }
    JudgeStep {
        principals,
        operations,
        key: reader.optional_text(table, "of"),
    }
}

impl JudgeStep {
    pub(super) async fn perform(&self, work: &mut Work<'_>) -> Result<(), StepEnd> {
        let session = work.session(None).await?;
        let name = self.key.as_deref().unwrap_or(work.world.key());
        let read = read_key(&session, name)
            .await
            .map_err(|(_, error)| refused(error))?;
        let account = read.facts.account().to_owned();
        let known = Principals::of_account(&session, &account, |_| {}).await;
        let evaluation = Evaluation::new(&known.accounts, self.operations.clone());
        let key = Arc::new(AskedKey {
            read,
            name: name.to_owned(),
        });
        for principal in &self.principals {
            let row = evaluation.row_of(&key, &format!("arn:aws:iam::{account}:{principal}"));
            for (at, column) in self.operations.iter().enumerate() {
                let Some(answer) = &row.answers[at] else {
                    continue;
                };
                let told = row.told(&evaluation, at);
                let by = match told.as_slice() {
                    [] => String::new(),
                    told => {
                        let told = told.iter().map(ToString::to_string);
                        format!(" (by {})", told.collect::<Vec<_>>().join("; "))
                    }
                };
                let verdict = format!("{principal} {}: {}{by}", column.name, in_words(answer));
                work.came.verdicts.push(verdict);
            }
        }
        let count = counted(work.came.verdicts.len(), "verdict");
        work.note(format!(
            "{count}, by what was read; nothing was asked of KMS."
        ));
        Ok(())
    }
}
