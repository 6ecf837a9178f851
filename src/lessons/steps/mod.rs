//! What a step of a lesson does: one file a kind, with what its table in the lesson's file holds,
//! how that is read, and how it is carried out.

mod ask;
mod call;
mod copy;
mod flip;
mod forget;
mod judge;
mod kind_spec;
mod open;
mod seal;
mod set;
mod unpack;

use kind_spec::KindSpec;

use super::parts::StepEnd;
use super::reader::{LessonTable, Reader};
use super::work::Work;

/// A kind of step, and what this one is made of.
#[derive(Clone)]
pub enum StepKind {
    /// Nothing: it is to be read.
    Read,
    Call(call::CallStep),
    Set(set::SetStep),
    Copy(copy::CopyStep),
    Forget(forget::ForgetStep),
    Seal(seal::SealStep),
    Open(open::OpenStep),
    Unpack(unpack::UnpackStep),
    Flip(flip::FlipStep),
    Ask(ask::AskStep),
    Judge(judge::JudgeStep),
}

/// A kind's row: how it stands in a lesson's file, and what it is then.
pub(super) struct KindRow {
    /// The entry of the step's table that says so.
    pub name: &'static str,
    /// The entries that go with it.
    pub with: &'static [&'static str],
    pub read: fn(&mut Reader, &LessonTable) -> StepKind,
}

const fn row<T>(kind: &KindSpec<T>, read: fn(&mut Reader, &LessonTable) -> StepKind) -> KindRow {
    KindRow {
        name: kind.name,
        with: kind.with,
        read,
    }
}

/// Every kind but the step that is only read, which has no entry of its own.
pub(super) static KINDS: [KindRow; 10] = [
    row(&call::KIND, |reader, table| {
        StepKind::Call((call::KIND.read)(reader, table))
    }),
    row(&set::KIND, |reader, table| {
        StepKind::Set((set::KIND.read)(reader, table))
    }),
    row(&copy::KIND, |reader, table| {
        StepKind::Copy((copy::KIND.read)(reader, table))
    }),
    row(&forget::KIND, |reader, table| {
        StepKind::Forget((forget::KIND.read)(reader, table))
    }),
    row(&seal::KIND, |reader, table| {
        StepKind::Seal((seal::KIND.read)(reader, table))
    }),
    row(&open::KIND, |reader, table| {
        StepKind::Open((open::KIND.read)(reader, table))
    }),
    row(&unpack::KIND, |reader, table| {
        StepKind::Unpack((unpack::KIND.read)(reader, table))
    }),
    row(&flip::KIND, |reader, table| {
        StepKind::Flip((flip::KIND.read)(reader, table))
    }),
    row(&ask::KIND, |reader, table| {
        StepKind::Ask((ask::KIND.read)(reader, table))
    }),
    row(&judge::KIND, |reader, table| {
        StepKind::Judge((judge::KIND.read)(reader, table))
    }),
];

impl StepKind {
    /// Whether a key of the user's own is as it was after it, and any caller may do it. A kind is
    /// for the sandbox alone until it says here what it sends.
    pub fn suits_a_real_key(&self) -> bool {
        match self {
            // They work on bytes here.
            StepKind::Read
            | StepKind::Set(_)
            | StepKind::Copy(_)
            | StepKind::Forget(_)
            | StepKind::Seal(_)
            | StepKind::Unpack(_)
            | StepKind::Flip(_) => true,
            StepKind::Call(call) => call.suits_a_real_key(),
            StepKind::Open(open) => open.suits_a_real_key(),
            // They are about principals of the sandbox.
            StepKind::Ask(_) | StepKind::Judge(_) => false,
        }
    }

    /// Carries the step out.
    ///
    /// Errors: how it ended, where that is not well.
    pub(super) async fn perform(&self, work: &mut Work<'_>) -> Result<(), StepEnd> {
        match self {
            StepKind::Read => {}
            StepKind::Set(set) => set.perform(work),
            StepKind::Forget(forget) => forget.perform(work),
            StepKind::Call(call) => return call.perform(work).await,
            StepKind::Copy(copy) => return copy.perform(work),
            StepKind::Seal(seal) => return seal.perform(work).await,
            StepKind::Open(open) => return open.perform(work).await,
            StepKind::Unpack(unpack) => return unpack.perform(work),
            StepKind::Flip(flip) => return flip.perform(work),
            StepKind::Ask(ask) => return ask.perform(work).await,
            StepKind::Judge(judge) => return judge.perform(work).await,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::lessons::parse::parse;
    use crate::ops::OPS;

    fn lesson(top: &str, step: &str) -> String {
        format!(
            "title = \"T\"\nabout = \"A\"\n{top}\n[[places]]\nid = \"app\"\ntitle = \"App\"\n\
             [[boxes]]\nid = \"box\"\ntitle = \"Box\"\nplace = \"app\"\n\
             [[steps]]\ntitle = \"S\"\ntext = \"X\"\n{step}\n"
        )
    }

    #[test]
    fn an_unknown_kind_is_refused_with_its_line_and_the_kinds_that_there_are() {
        let problems = parse("x", "x.toml", &lesson("", "wrap = \"box\"")).err();
        let said = problems.expect("problems")[0].to_string();
        assert!(
            said.starts_with("x.toml:14: a step has no \"wrap\""),
            "{said}"
        );
        for kind in &KINDS {
            assert!(said.contains(kind.name), "{said}");
        }
    }

    #[test]
    fn every_row_is_read_as_a_kind_of_its_own() {
        let steps = [
            "call = \"GenerateRandom\"\nwith = { NumberOfBytes = 8 }",
            "set = \"box\"\nvalue = \"v\"",
            "copy = \"box\"\nput = \"box\"",
            "forget = [\"box\"]",
            "seal = \"box\"\nunder = \"box\"\nkey = \"box\"\nput = \"box\"",
            "open = \"box\"\nput = \"box\"",
            "unpack = \"box\"\nput = \"box\"",
            "flip = \"box\"",
            "ask = [\"admin\"]\noperations = [\"Decrypt\"]",
            "judge = [\"user/admin\"]\noperations = [\"Decrypt\"]",
        ];
        let mut kinds = HashSet::from([std::mem::discriminant(&StepKind::Read)]);
        for row in &KINDS {
            let step = steps.iter().find(|step| step.starts_with(row.name));
            let step = step.unwrap_or_else(|| panic!("{} is not tested", row.name));
            let lesson = parse("x", "x.toml", &lesson("", step));
            let lesson = lesson.unwrap_or_else(|problems| panic!("{step}: {problems:?}"));
            kinds.insert(std::mem::discriminant(&lesson.steps[0].kind));
        }
        assert_eq!(kinds.len(), KINDS.len() + 1);
    }

    #[test]
    fn only_a_call_that_changes_no_key_may_run_on_a_users_own() {
        for spec in OPS {
            let step = format!("call = \"{}\"", spec.id);
            let problems = parse("x", "x.toml", &lesson("real = true", &step));
            let refused = problems.is_err_and(|problems| {
                problems
                    .iter()
                    .any(|problem| problem.text.starts_with("real = true is for lessons"))
            });
            assert_eq!(refused, spec.changes_account(), "{}", spec.id);
        }
        let ask = "ask = [\"admin\"]\noperations = [\"Decrypt\"]";
        assert!(parse("x", "x.toml", &lesson("real = true", ask)).is_err());
        let as_another = "open = \"box\"\nput = \"box\"\nas = \"admin\"";
        assert!(parse("x", "x.toml", &lesson("real = true", as_another)).is_err());
    }
}
