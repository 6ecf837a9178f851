//! A run of a lesson as a Markdown handout: the texts, and what really came of each step.

use super::course::Course;
use super::parts::{Came, StepEnd};
use super::steps::StepKind;
use super::trail;
use crate::kms::encoding::hex;
use crate::kms::field::Sensitivity;
use crate::kms::text::counted;
use crate::kms::text::is_unsafe;
use crate::kms::{SecretBytes, Value};

/// The handout. What secret boxes hold is in it by its length alone.
pub fn markdown(course: &Course) -> String {
    let lesson = &course.lesson;
    let mut text = format!("# {}\n\n{}\n", lesson.title, lesson.about);
    if course.world.real_session().is_some() {
        text.push_str(&format!("\nRun on the key `{}`.\n", course.world.key()));
    } else {
        text.push_str("\nRun in kmsdeck's sandbox: the values are real, the account is not.\n");
    }
    for (at, step) in lesson.steps.iter().enumerate() {
        text.push_str(&format!(
            "\n## {}. {}\n\n{}\n",
            at + 1,
            step.title,
            step.text
        ));
        if let Some(question) = &step.question {
            text.push_str(&format!("\n**{}**\n\n", question.text));
            for (number, answer) in question.answers.iter().enumerate() {
                let mark = match (number == question.right, course.predicted(at)) {
                    (true, _) => " ✓",
                    (false, Some(chosen)) if chosen == number => " (predicted)",
                    _ => "",
                };
                text.push_str(&format!("{}. {answer}{mark}\n", number + 1));
            }
        }
        let Some(came) = course.came(at) else {
            if !matches!(step.kind, StepKind::Read) {
                text.push_str("\n*This step was skipped.*\n");
            }
            continue;
        };
        told(&mut text, course, at, came);
        if !step.after.is_empty() {
            text.push_str(&format!("\n{}\n", step.after));
        }
    }
    text
}

fn told(text: &mut String, course: &Course, at: usize, came: &Came) {
    if let Some(outcome) = &came.outcome {
        text.push_str(&format!("\n`{}`", outcome.request.op));
        if let Some(name) = came
            .caller
            .as_ref()
            .and_then(|caller| caller.name.as_deref())
        {
            text.push_str(&format!(" as *{name}*"));
        }
        text.push('\n');
        for (field, value) in outcome.request.values() {
            let shown = match value {
                Value::Blob(blob) => counted(blob.bytes.len(), "byte"),
                Value::Text(text) => format!("`{text}`"),
                Value::Number(number) => number.to_string(),
                Value::Time(at) => at.to_string(),
                Value::Flag(on) => on.to_string(),
                Value::List(list) if field.sensitivity == Sensitivity::Token => {
                    counted(list.len(), "token")
                }
                Value::List(list) => list.join(", "),
                Value::Pairs(pairs) | Value::Tags(pairs) => pairs
                    .iter()
                    .map(|(key, value)| format!("`{key}={value}`"))
                    .collect::<Vec<_>>()
                    .join(", "),
            };
            text.push_str(&format!("- {}: {shown}\n", field.name));
        }
        if came.ended == StepEnd::Well {
            text.push_str(&format!("\nKMS answered: {}.\n", came.headline()));
        }
    }
    match &came.ended {
        StepEnd::Well => {}
        StepEnd::Refused(error) => {
            let advice = error.advice();
            text.push_str(&format!("\nKMS refused: **{}**.", error.code));
            for said in [error.message.as_str(), &advice.means] {
                if !said.is_empty() {
                    text.push_str(&format!(" {said}"));
                }
            }
            text.push('\n');
        }
        StepEnd::Caught(why) => text.push_str(&format!("\nCaught here: **{why}**\n")),
    }
    if !came.note.is_empty() {
        text.push_str(&format!("\n{}\n", came.note));
    }
    if !came.verdicts.is_empty() {
        text.push('\n');
        for verdict in &came.verdicts {
            text.push_str(&format!("- {verdict}\n"));
        }
    }
    if let Some(record) = trail::of(course, at) {
        text.push_str(&format!(
            "\nCloudTrail would record:\n\n```json\n{record}\n```\n"
        ));
    }
    for (principal, matrix) in &came.asked {
        text.push_str(&format!("\n| {principal} |"));
        for column in &matrix.columns {
            text.push_str(&format!(" {} |", column.id));
        }
        text.push_str("\n|---|");
        text.push_str(&":-:|".repeat(matrix.columns.len()));
        for (variant, context) in matrix.variants.iter().enumerate() {
            text.push_str(&format!("\n| {} |", context.name));
            for column in 0..matrix.columns.len() {
                let cell = &matrix.cells_at(0, column)[variant];
                text.push_str(&format!(" {} {} |", cell.glyph(), cell.word()));
            }
        }
        text.push('\n');
    }
    let filled: Vec<String> = course
        .filled(at)
        .map(|place| {
            let spec = &course.lesson.boxes[place];
            let held = came.boxes[place].as_ref();
            format!(
                "- {} ({}): {}",
                spec.title,
                course.lesson.places[spec.place].title,
                held.map_or(String::new(), |held| shown(&held.bytes, spec.secret))
            )
        })
        .collect();
    if !filled.is_empty() {
        text.push_str(&format!("\nNow known:\n\n{}\n", filled.join("\n")));
    }
}

/// Bytes for people: their length, and where they are no secret their ends, or their text.
fn shown(bytes: &SecretBytes, secret: bool) -> String {
    let length = counted(bytes.len(), "byte");
    if secret {
        return format!("•••••••• {length}");
    }
    let all = bytes.reveal();
    match readable(all) {
        Some(text) => format!("`{text}`"),
        None if all.len() <= 8 => format!("`{}`, {length}", hex(all)),
        None => {
            let (first, last) = (hex(&all[..4]), hex(&all[all.len() - 4..]));
            format!("`{first} … {last}`, {length}")
        }
    }
}

/// Bytes as the text that they are; None where they are none that can be shown.
pub fn readable(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    (!text.is_empty() && !text.chars().any(is_unsafe)).then_some(text)
}
