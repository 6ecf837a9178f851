//! The smallest changes that would allow what is refused, each tried by the evaluation.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::diff::AccessChange;
use super::{Access, Answer, AnswerKind, Operation, Source, Told, answer};
use crate::context::{EncryptionContext, RequestContext};
use crate::document::{PolicyDocument, PolicyError, Reader, Resources};
use crate::evaluate::Policies;
use crate::formula::{Atom, Formula};
use crate::key_facts::{KeyFacts, KeyGrant};
use crate::named_policy::NamedPolicy;
use crate::request::Request;
use crate::verdict::judge;
use crate::who::{Who, WhoKind};

/// What a grant can allow (KMS developer guide, "Grant operations").
const GRANTABLE: [&str; 17] = [
    "CreateGrant",
    "Decrypt",
    "DeriveSharedSecret",
    "DescribeKey",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "GetPublicKey",
    "ReEncryptFrom",
    "ReEncryptTo",
    "RetireGrant",
    "Sign",
    "Verify",
    "VerifyMac",
];

/// Something that would allow it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// The same request with these pairs as its encryption context.
    EncryptionContext(EncryptionContext),
    /// A request of which that holds.
    Request(Formula),
    /// A grant; it has no ID yet.
    Grant(KeyGrant),
    /// A statement more in the key policy: its JSON, and the policy's text with it.
    KeyPolicy {
        /// The statement.
        statement: String,
        /// The whole policy.
        policy: String,
    },
    /// A statement in an identity policy of the principal: its JSON.
    IdentityPolicy(String),
    /// One in each, as another account needs both.
    KeyAndIdentityPolicy {
        /// The statement of the key policy.
        statement: String,
        /// The whole key policy.
        policy: String,
        /// The statement of the identity policy.
        identity: String,
    },
}

/// A change, tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmallChange {
    /// Which.
    pub change: Change,
    /// What the request comes to then: it is allowed, or allowed if something more holds.
    pub answer: Answer,
    /// What others gain by it, and the principal itself beside what was asked for.
    pub others: Vec<AccessChange>,
}

/// What would allow a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmallestChanges {
    /// What would, from the smallest on.
    pub changes: Vec<SmallChange>,
    /// Where a statement denies it: no change above helps but another request.
    pub denied_by: Vec<Told>,
}

impl Access {
    /// Tries what would allow a request, of which `given` is known beside who asks and for what.
    pub fn smallest_changes(
        &self,
        key: &KeyFacts,
        who: &Who,
        operation: &Operation,
        given: &RequestContext,
    ) -> SmallestChanges {
        let tried = Trying {
            access: self,
            key,
            who,
            operation,
            given,
        };
        let now = tried.ask(key, given, None);
        let denied_by = match now.kind {
            AnswerKind::Denied => now.because.iter(),
            _ => [].iter(),
        };
        let denied_by = denied_by.filter_map(|source: &Source| self.tell(key, who, *source));
        let denied_by = denied_by.collect();
        if now.kind == AnswerKind::Allowed {
            return SmallestChanges {
                changes: Vec::new(),
                denied_by,
            };
        }
        let mut changes: Vec<SmallChange> = tried.other_request().into_iter().collect();
        changes.extend(tried.grant());
        let of_key = tried.key_policy();
        let of_identity = tried.identity_policy();
        if of_key.is_none() && of_identity.is_none() {
            changes.extend(tried.both());
        }
        changes.extend(of_key);
        changes.extend(of_identity);
        SmallestChanges { changes, denied_by }
    }

    /// What somebody's request for an operation comes to, of which `given` is known as well.
    pub fn ask(
        &self,
        key: &KeyFacts,
        who: &Who,
        operation: &Operation,
        given: &RequestContext,
    ) -> Answer {
        self.with(key, who, operation, given, |request, policies| {
            answer(&judge(request, policies), key, who, &mut Arc::new)
        })
    }
}

struct Trying<'a> {
    access: &'a Access,
    key: &'a KeyFacts,
    who: &'a Who,
    operation: &'a Operation,
    given: &'a RequestContext,
}

impl Trying<'_> {
    /// What it comes to, with a policy more among the principal's own.
    fn ask(&self, key: &KeyFacts, given: &RequestContext, more: Option<&PolicyDocument>) -> Answer {
        let ask = |request: Request<'_>, policies: Policies<'_>| {
            let mut identity = policies.identity.to_vec();
            identity.extend(more.cloned());
            let policies = Policies {
                identity: &identity,
                ..policies
            };
            answer(&judge(request, policies), key, self.who, &mut Arc::new)
        };
        self.access.with(key, self.who, self.operation, given, ask)
    }

    /// The change, where it helps.
    fn tried(&self, change: Change, answer: Answer, key: &KeyFacts) -> Option<SmallChange> {
        if !matches!(answer.kind, AnswerKind::Allowed | AnswerKind::AllowedIf) {
            return None;
        }
        let is_asked = |change: &AccessChange| {
            change.who.name == self.who.name
                && self.access.operations[change.operation].action == self.operation.action
        };
        // A change of the request, or of the principal's own policies, is nobody else's.
        let changes = match std::ptr::eq(self.key, key) {
            true => Vec::new(),
            false => self.access.changes(self.key, key),
        };
        Some(SmallChange {
            change,
            answer,
            others: changes
                .into_iter()
                .filter(|change| !is_asked(change))
                .collect(),
        })
    }

    /// Another encryption context, where that alone decides; else what a request would have to be.
    fn other_request(&self) -> Option<SmallChange> {
        let any = self.ask(self.key, &RequestContext::default(), None);
        let when = any
            .when
            .as_ref()
            .filter(|_| any.kind == AnswerKind::AllowedIf)?;
        let pairs = pairs_of(when);
        if !pairs.is_empty() {
            let mut with_pairs = self.given.without_encryption_context();
            with_pairs.set_encryption_context(&pairs);
            let answer = self.ask(self.key, &with_pairs, None);
            if answer.kind == AnswerKind::Allowed {
                return self.tried(Change::EncryptionContext(pairs), answer, self.key);
            }
        }
        let change = Change::Request((**when).clone());
        self.tried(change, any.clone(), self.key)
    }

    fn grant(&self) -> Option<SmallChange> {
        let name = self.operation.action.strip_prefix("kms:")?;
        let may_have_one = !matches!(
            self.who.kind,
            WhoKind::Account | WhoKind::Anyone | WhoKind::Other
        );
        if !GRANTABLE.contains(&name) || !may_have_one {
            return None;
        }
        let pairs = self.given.encryption_context();
        let pairs =
            pairs.filter(|pairs| !pairs.is_empty() && self.operation.takes_encryption_context);
        let grant = KeyGrant {
            grant_id: String::new(),
            grantee_principal: self.who.name.clone(),
            operations: vec![name.to_owned()],
            constraints: pairs.map(|pairs| (false, pairs.clone())),
            source_arn: None,
        };
        let mut key = self.key.clone();
        key.grants.push(grant.clone());
        let answer = self.ask(&key, self.given, None);
        self.tried(Change::Grant(grant), answer, &key)
    }

    fn key_policy(&self) -> Option<SmallChange> {
        let (statement, policy) = self.more_of_key_policy()?;
        let key = self.key.with_policy(&policy).ok()?;
        let answer = self.ask(&key, self.given, None);
        self.tried(Change::KeyPolicy { statement, policy }, answer, &key)
    }

    fn identity_policy(&self) -> Option<SmallChange> {
        let (statement, document) = self.more_of_identity_policy()?;
        let answer = self.ask(self.key, self.given, Some(&document));
        self.tried(Change::IdentityPolicy(statement), answer, self.key)
    }

    fn both(&self) -> Option<SmallChange> {
        let (statement, policy) = self.more_of_key_policy()?;
        let (identity, document) = self.more_of_identity_policy()?;
        let key = self.key.with_policy(&policy).ok()?;
        let answer = self.ask(&key, self.given, Some(&document));
        let change = Change::KeyAndIdentityPolicy {
            statement,
            policy,
            identity,
        };
        self.tried(change, answer, &key)
    }

    /// The statement, and the key policy with it.
    fn more_of_key_policy(&self) -> Option<(String, String)> {
        let principal = match self.who.kind {
            WhoKind::Service => json!({ "Service": self.who.name }),
            WhoKind::Anyone | WhoKind::Other => return None,
            _ => json!({ "AWS": self.who.name }),
        };
        let statement = self.statement(&[("Principal", principal)], "*");
        let text = &self.key.policy.text;
        let policy = with_statement(text, &statement).ok()?;
        Some((statement, policy))
    }

    fn more_of_identity_policy(&self) -> Option<(String, PolicyDocument)> {
        self.access.identity(self.who)?;
        let statement = self.statement(&[], &self.key.arn);
        let text = format!("{{\"Version\": \"2012-10-17\", \"Statement\": {statement}}}");
        let policy = NamedPolicy::parse("", &text).ok()?;
        Some((statement, policy.document))
    }

    /// For this operation, this resource and the pairs of this request alone.
    fn statement(&self, more: &[(&str, Value)], resource: &str) -> String {
        let mut members = vec![("Effect", json!("Allow"))];
        members.extend(more.iter().cloned());
        members.push(("Action", json!(self.operation.action)));
        members.push(("Resource", json!(resource)));
        let pairs = self.given.encryption_context().into_iter().flatten();
        let pairs = pairs.filter(|_| self.operation.takes_encryption_context);
        let pairs: Map<String, Value> = pairs
            .map(|(key, value)| (format!("kms:EncryptionContext:{key}"), json!(value)))
            .collect();
        if !pairs.is_empty() {
            members.push(("Condition", json!({ "StringEquals": pairs })));
        }
        // By hand, as a JSON object's members would be sorted.
        let members = members
            .iter()
            .map(|(name, value)| format!("  \"{name}\": {value}"));
        format!("{{\n{}\n}}", members.collect::<Vec<_>>().join(",\n"))
    }
}

/// The pairs that a condition speaks of, of each key the first value.
fn pairs_of(when: &Formula) -> EncryptionContext {
    const PREFIX: &str = "kms:encryptioncontext:";
    let mut pairs = EncryptionContext::new();
    for atom in when.atoms() {
        match atom {
            Atom::EncryptionContext { pairs: more, .. } => {
                pairs.extend(more.iter().map(|(key, value)| (key.clone(), value.clone())));
            }
            Atom::Condition { condition, .. }
                if condition.key().to_lowercase().starts_with(PREFIX) =>
            {
                let name = condition.key().get(PREFIX.len()..).unwrap_or_default();
                if let Some(value) = condition.values().first() {
                    pairs
                        .entry(name.to_owned())
                        .or_insert_with(|| value.clone());
                }
            }
            _ => {}
        }
    }
    pairs
}

/// A policy's text with one statement more at the end; all else stays as it is written.
///
/// # Errors
/// The text is no policy.
pub fn with_statement(policy: &str, statement: &str) -> Result<String, PolicyError> {
    let reader = Reader::new(policy, Resources::Ineffective);
    let whole = reader.whole()?;
    for (name, raw) in reader.members(whole, "a policy is a JSON object")? {
        if name != "Statement" {
            continue;
        }
        let begin = raw.get().as_ptr() as usize - policy.as_ptr() as usize;
        let (before, rest) = policy.split_at(begin);
        let (statements, after) = rest.split_at(raw.get().len());
        let list = statements
            .strip_suffix(']')
            .filter(|_| statements.starts_with('['));
        let statements = match list.map(str::trim_end) {
            Some("[") => format!("[{statement}]"),
            Some(list) => {
                // As the statement before it stands.
                let last = reader
                    .items(raw)?
                    .last()
                    .map(|last| reader.place(last).column);
                let indent = " ".repeat(last.unwrap_or(1) - 1);
                let is_one_line = !policy.trim().contains('\n');
                let glue = if is_one_line {
                    " ".to_owned()
                } else {
                    format!("\n{indent}")
                };
                let end = &statements[list.len()..];
                format!(
                    "{list},{glue}{}{end}",
                    indented(statement, &indent, is_one_line)
                )
            }
            None => format!("[{statements}, {statement}]"),
        };
        return Ok(format!("{before}{statements}{after}"));
    }
    PolicyDocument::parse(policy).map(|_| policy.to_owned())
}

fn indented(statement: &str, indent: &str, is_one_line: bool) -> String {
    match is_one_line {
        true => statement
            .lines()
            .map(str::trim)
            .collect::<Vec<_>>()
            .join(" "),
        false => statement.replace('\n', &format!("\n{indent}")),
    }
}
