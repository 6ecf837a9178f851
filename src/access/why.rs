//! Why somebody may or may not do something with a key, layer by layer, and the smallest changes
//! that would allow it.

use kmsdeck_policy::{
    AccessChange, AccessChangeKind, Change, Explained, KeyGrant, Operation, PolicyKind,
    RequestContext, SmallChange, Told, WhoKind,
};
use serde_json::{Value as Json, json};

use super::columns::Column;
use super::row::{AccessRow, Evaluation, in_words};
use crate::kms::encryption_context::Pair;
use crate::kms::text::counted;

/// What decides, from the outermost on.
pub struct Layer {
    /// `key policy`, `grants`.
    pub title: String,
    /// Statements and grants that name the operation, and what became of each.
    pub lines: Vec<(Told, Vec<String>)>,
    /// How many name other operations alone.
    pub others: usize,
}

/// Something that would allow it.
pub struct Proposal {
    /// In a sentence.
    pub title: String,
    /// What to send, to type or to add: a command, or JSON.
    pub text: String,
    /// What the request comes to then.
    pub then: String,
    /// Who else would gain something by it, and what.
    pub others: Vec<String>,
    pub change: Change,
}

/// See the [module](self).
pub struct Why {
    pub operation: &'static str,
    pub who: String,
    pub explained: Explained,
    /// The verdict in words.
    pub verdict: String,
    pub layers: Vec<Layer>,
    /// What comes nearest to allowing it.
    pub nearest: Option<(Told, Vec<String>)>,
    pub denied_by: Vec<Told>,
    pub proposals: Vec<Proposal>,
}

impl Why {
    /// Of one principal's row and one permission; `pairs` are the request's encryption context,
    /// where that is known.
    pub fn of(
        row: &AccessRow,
        evaluation: &Evaluation,
        column: Column,
        pairs: Option<&[Pair]>,
    ) -> Why {
        let key = &row.key;
        let access = evaluation.access(key);
        let operation: Operation = column.operation(key.read.metadata.as_ref());
        let mut given = RequestContext::default();
        if let Some(pairs) = pairs.filter(|_| operation.takes_encryption_context) {
            given.set_encryption_context(&pairs.iter().cloned().collect());
        }
        let explained = access.explain(&key.read.facts, &row.who, &operation, &given);
        let smallest = access.smallest_changes(&key.read.facts, &row.who, &operation, &given);
        let proposals = smallest.changes.into_iter();
        Why {
            operation: column.name,
            who: row.who.name.clone(),
            verdict: in_words(&explained.answer),
            layers: layers(&explained),
            nearest: explained.nearest.clone(),
            denied_by: smallest.denied_by,
            proposals: proposals
                .map(|change| proposal(change, row, evaluation))
                .collect(),
            explained,
        }
    }

    /// As JSON.
    pub fn json(&self) -> Json {
        let told = |lines: &[(Told, Vec<String>)]| -> Vec<Json> {
            let lines = lines.iter();
            lines
                .map(|(told, words)| json!({ "Source": told.to_string(), "Result": words }))
                .collect()
        };
        let layers = self.layers.iter().map(|layer| {
            json!({ "Layer": layer.title, "Statements": told(&layer.lines), "OtherStatements": layer.others })
        });
        let proposals = self.proposals.iter().map(|one| {
            json!({ "Change": one.title, "Text": one.text, "Then": one.then, "OthersGain": one.others })
        });
        let denied = self.denied_by.iter().map(Told::to_string);
        let nearest = self.nearest.as_ref();
        json!({
            "Principal": self.who,
            "Operation": self.operation,
            "Verdict": self.verdict,
            "DeniedBy": denied.collect::<Vec<_>>(),
            "Nearest": nearest.map(|(told, words)| json!({ "Source": told.to_string(), "Mismatches": words })),
            "Layers": layers.collect::<Vec<_>>(),
            "Changes": proposals.collect::<Vec<_>>(),
        })
    }
}

/// Whether a statement is of another operation alone.
fn is_of_other_operation(words: &[String]) -> bool {
    words
        .iter()
        .any(|word| word.starts_with("Action:") || word.starts_with("Operations:"))
}

fn layers(explained: &Explained) -> Vec<Layer> {
    let mut layers: Vec<Layer> = Vec::new();
    let statements = explained.statements.iter().map(|(told, words)| {
        let title = match told {
            Told::Statement { policy, kind, .. } if **policy == *kind.name() => policy.to_string(),
            Told::Statement { policy, kind, .. } => match &**policy {
                name if matches!(kind, PolicyKind::Key | PolicyKind::Identity) => name.to_owned(),
                name => format!("{}: {name}", kind.name()),
            },
            Told::Grant(_) => "grants".to_owned(),
        };
        (title, told, words)
    });
    let grants = explained.grants.iter();
    let grants = grants.map(|(told, words)| ("grants".to_owned(), told, words));
    for (title, told, words) in statements.chain(grants) {
        let at = layers.iter().position(|layer| layer.title == title);
        let at = at.unwrap_or_else(|| {
            layers.push(Layer {
                title,
                lines: Vec::new(),
                others: 0,
            });
            layers.len() - 1
        });
        match is_of_other_operation(words) {
            true => layers[at].others += 1,
            false => layers[at].lines.push((told.clone(), words.clone())),
        }
    }
    layers
}

fn proposal(change: SmallChange, row: &AccessRow, evaluation: &Evaluation) -> Proposal {
    let who = row.who_text();
    let (title, text) = match &change.change {
        Change::EncryptionContext(pairs) => (
            "The same request with this encryption context".to_owned(),
            pairs
                .iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect::<Vec<_>>()
                .join(","),
        ),
        Change::Request(when) => ("Another request".to_owned(), when.to_string()),
        Change::Grant(grant) => (
            format!("A grant to {who}"),
            grant_command(&row.key.read.facts.arn, grant),
        ),
        Change::KeyPolicy { statement, .. } => (
            "A statement more in the key policy".to_owned(),
            statement.clone(),
        ),
        Change::IdentityPolicy(statement) => (
            format!("A statement more in an identity policy of {who}"),
            statement.clone(),
        ),
        Change::KeyAndIdentityPolicy {
            statement,
            identity,
            ..
        } => (
            format!("A statement in the key policy, and one in an identity policy of {who}"),
            format!("{statement}\n{identity}"),
        ),
        _ => ("Another change".to_owned(), String::new()),
    };
    Proposal {
        title,
        text,
        then: in_words(&change.answer),
        others: gains(&change.others, evaluation),
        change: change.change,
    }
}

/// The most principals that are named one by one.
const MOST_NAMED: usize = 5;

/// Who gains what, a line each.
pub fn gains(changes: &[AccessChange], evaluation: &Evaluation) -> Vec<String> {
    let mut by_who: Vec<(&str, Vec<&str>)> = Vec::new();
    for change in changes {
        let name = evaluation.columns[change.operation].name;
        let who = match change.who.kind {
            WhoKind::Anyone => "anyone in any account",
            _ => change.who.name.as_str(),
        };
        match by_who.iter_mut().find(|(one, _)| *one == who) {
            Some((_, names)) => names.push(name),
            None => by_who.push((who, vec![name])),
        }
    }
    let more = by_who.len().saturating_sub(MOST_NAMED);
    let named = by_who.iter().take(MOST_NAMED);
    let mut lines: Vec<String> = named
        .map(|(who, names)| format!("{who}: {}", names.join(", ")))
        .collect();
    if more > 0 {
        lines.push(format!("and {}", counted(more, "other principal")));
    }
    lines
}

/// A word of a command line.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+*".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) && !text.contains('*') {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// The command that makes a grant.
pub fn grant_command(key_arn: &str, grant: &KeyGrant) -> String {
    let is_service = !grant.grantee_principal.starts_with("arn:");
    let grantee = match is_service {
        true => "--grantee-service-principal",
        false => "--grantee-principal",
    };
    let mut command = format!(
        "kmsdeck create-grant --key-id {} {grantee} {} --operations {}",
        quoted(key_arn),
        quoted(&grant.grantee_principal),
        grant.operations.join(" ")
    );
    if let Some((is_all, pairs)) = &grant.constraints {
        let name = match is_all {
            true => "EncryptionContextEquals",
            false => "EncryptionContextSubset",
        };
        let json = json!({ name: pairs }).to_string();
        command.push_str(&format!(" --constraints {}", quoted(&json)));
    }
    command
}

/// What changes for somebody, in a word.
pub fn change_word(kind: AccessChangeKind) -> &'static str {
    match kind {
        AccessChangeKind::Gained => "gained",
        AccessChangeKind::Lost => "lost",
        AccessChangeKind::NowConditional => "now conditional",
        AccessChangeKind::NoLongerConditional => "no longer conditional",
        AccessChangeKind::OtherCondition => "another condition",
    }
}
