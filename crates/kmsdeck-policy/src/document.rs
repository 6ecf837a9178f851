//! Policy documents: their text, read into statements.
//!
//! Source: IAM user guide, "Grammar of the IAM JSON policy language".

use std::collections::HashSet;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::condition::Condition;

/// Why a text is no policy document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct PolicyError {
    what: String,
    place: Place,
}

impl PolicyError {
    /// The line where that is, from 1.
    pub fn line(&self) -> usize {
        self.place.line
    }

    /// The column in that line, in bytes from 1.
    pub fn column(&self) -> usize {
        self.place.column
    }
}

/// A place of a text: its line and the column in that, in bytes, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// A policy document in the IAM JSON policy language.
#[derive(Debug, Clone)]
pub struct PolicyDocument {
    /// Policy variables exist from version 2012-10-17 on.
    pub(crate) variables: bool,
    /// Shared: one policy is many principals'.
    statements: Arc<[Statement]>,
}

impl PolicyDocument {
    /// Reads an identity policy. Unknown elements and operators are refused, and elements that
    /// stand there twice, so that no statement is silently half understood.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line.
    pub fn parse(text: &str) -> Result<PolicyDocument, PolicyError> {
        Reader::new(text, Resources::Needed).document()
    }

    /// Reads a key policy, where each statement needs a `Principal`. One without `Resource` or
    /// `Action` is for nothing.
    ///
    /// # Errors
    /// As of [`PolicyDocument::parse`].
    pub fn parse_key_policy(text: &str) -> Result<PolicyDocument, PolicyError> {
        let document = Reader::new(text, Resources::Ineffective).document()?;
        document.with_principals("key")
    }

    /// Reads a role's trust policy, where each statement needs a `Principal` (`NotPrincipal` is
    /// none) and none has a `Resource`, which is the role.
    ///
    /// # Errors
    /// As of [`PolicyDocument::parse`].
    pub fn parse_trust_policy(text: &str) -> Result<PolicyDocument, PolicyError> {
        let document = Reader::new(text, Resources::Refused).document()?;
        document.with_principals("trust")
    }

    fn with_principals(self, kind: &str) -> Result<PolicyDocument, PolicyError> {
        let mut statements = self.statements.iter();
        match statements.find(|statement| statement.principals.is_none()) {
            Some(statement) => Err(PolicyError {
                what: format!("a {kind} policy's statement needs a Principal"),
                place: statement.place,
            }),
            None => Ok(self),
        }
    }

    /// Those of its statements alone that are wanted: each keeps its place and its line.
    pub(crate) fn only(&self, is_wanted: impl Fn(&Statement) -> bool) -> PolicyDocument {
        match self.statements.iter().all(&is_wanted) {
            true => self.clone(),
            false => PolicyDocument {
                variables: self.variables,
                statements: self
                    .statements
                    .iter()
                    .filter(|one| is_wanted(one))
                    .cloned()
                    .collect(),
            },
        }
    }

    /// The same for all copies of one document.
    pub(crate) fn address(&self) -> usize {
        self.statements.as_ptr() as usize
    }

    /// In the order of the document.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }
}

/// The element `Effect`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// What applies is allowed, unless something denies it.
    Allow,
    /// What applies is denied, whatever allows it.
    Deny,
}

/// A statement of a policy document.
#[derive(Debug, Clone)]
pub struct Statement {
    sid: Option<String>,
    /// Its place in the document, from 0.
    index: usize,
    place: Place,
    effect: Effect,
    principals: Option<Principals>,
    actions: Patterns,
    resources: Patterns,
    conditions: Vec<Condition>,
}

impl Statement {
    /// The element `Sid`: a name, which not every statement has.
    pub fn sid(&self) -> Option<&str> {
        self.sid.as_deref()
    }

    /// The line of the document where it begins, from 1.
    pub fn line(&self) -> usize {
        self.place.line
    }

    /// Its place among the statements of the document, from 0.
    pub(crate) fn index(&self) -> usize {
        self.index
    }

    /// The element `Effect`.
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// The element `Principal` or `NotPrincipal`; identity policies have none.
    pub fn principals(&self) -> Option<&Principals> {
        self.principals.as_ref()
    }

    /// The element `Action` or `NotAction`.
    pub fn actions(&self) -> &Patterns {
        &self.actions
    }

    /// The element `Resource` or `NotResource`.
    pub fn resources(&self) -> &Patterns {
        &self.resources
    }

    /// The element `Condition`: all of them must hold.
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }
}

/// The element `Principal`, or `NotPrincipal`.
#[derive(Debug, Clone)]
pub struct Principals {
    not: bool,
    /// `"*"` or `{"AWS": "*"}`.
    any: bool,
    /// An account ID is kept as its root's ARN.
    arns: Vec<String>,
    federated: Vec<String>,
    services: Vec<String>,
}

impl Principals {
    /// Whether it is `NotPrincipal`.
    pub fn is_not(&self) -> bool {
        self.not
    }

    /// Whether it has `*`, all principals of all accounts.
    pub fn is_any(&self) -> bool {
        self.any
    }

    /// The ARNs of the kind `AWS`, an account ID as its root's.
    pub fn arns(&self) -> &[String] {
        &self.arns
    }

    /// The identity providers, of the kind `Federated`: their ARNs, or the names of those that
    /// have none.
    pub fn federated(&self) -> &[String] {
        &self.federated
    }

    /// The services, of the kind `Service`: `logs.us-east-1.amazonaws.com`.
    pub fn services(&self) -> &[String] {
        &self.services
    }
}

/// The element `Action` or `Resource`, or `NotAction` or `NotResource`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Patterns {
    not: bool,
    patterns: Vec<String>,
}

impl Patterns {
    /// Whether it is `NotAction` or `NotResource`.
    pub fn is_not(&self) -> bool {
        self.not
    }

    /// As they are written, with wildcards and policy variables.
    pub fn patterns(&self) -> &[String] {
        &self.patterns
    }

    /// The same without a negation: whom or what it names.
    pub(crate) fn named(&self) -> Patterns {
        Patterns {
            not: false,
            patterns: self.patterns.clone(),
        }
    }
}

/// The ARN of an account's root principal, which stands for the whole account.
pub fn root_arn(account: &str) -> String {
    format!("arn:aws:iam::{account}:root")
}

/// The account of an ARN.
pub fn account_of(arn: &str) -> Option<&str> {
    let account = arn.split(':').nth(4)?;
    is_account(account).then_some(account)
}

/// Whether an ARN is that of an account's root principal, of whatever partition.
pub(crate) fn is_root_of(arn: &str, account: &str) -> bool {
    let of_root = arn.strip_suffix(":root").and_then(|rest| {
        let (partition, account) = rest.strip_prefix("arn:")?.split_once(":iam::")?;
        (!partition.contains(':')).then_some(account)
    });
    of_root == Some(account)
}

pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// The members of a JSON object, in their order and with the place of each.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfObject;
        impl<'de> Visitor<'de> for OfObject {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(OfObject)
    }
}

/// Whether a statement has a `Resource`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resources {
    Needed,
    /// Of key policies: a statement without one, or without an `Action`, is taken and has no
    /// effect (KMS API reference, CreateKey, `Policy`).
    Ineffective,
    Refused,
}

/// A document being read. All raw values are pieces of its text, so that their lines are known.
pub(crate) struct Reader<'a> {
    text: &'a str,
    resources: Resources,
    /// Where its lines end.
    line_ends: Vec<usize>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str, resources: Resources) -> Reader<'a> {
        let line_ends = text.match_indices('\n').map(|(end, _)| end).collect();
        Reader {
            text,
            resources,
            line_ends,
        }
    }

    /// All of the text as one piece of JSON.
    pub(crate) fn whole(&self) -> Result<&'a RawValue, PolicyError> {
        serde_json::from_str(self.text).map_err(|error| PolicyError {
            what: error.to_string(),
            place: Place {
                line: error.line().max(1),
                column: error.column().max(1),
            },
        })
    }

    fn document(&self) -> Result<PolicyDocument, PolicyError> {
        let whole = self.whole()?;
        let (mut variables, mut statements) = (false, Vec::new());
        for (name, raw) in self.members(whole, "a policy is a JSON object")? {
            match name.as_str() {
                "Version" => match self.value(raw)?.as_str() {
                    Some("2012-10-17") => variables = true,
                    Some("2008-10-17") => variables = false,
                    _ => return self.refuse(raw, format!("unknown Version {}", raw.get())),
                },
                "Id" => {}
                "Statement" => {
                    for (index, statement) in self.items(raw)?.into_iter().enumerate() {
                        statements.push(self.statement(index, statement)?);
                    }
                }
                other => return self.refuse(raw, format!("unknown element {other}")),
            }
        }
        if statements.is_empty() {
            return self.refuse(whole, "a policy needs a Statement".to_owned());
        }
        Ok(PolicyDocument {
            variables,
            statements: statements.into(),
        })
    }

    fn statement(&self, index: usize, whole: &'a RawValue) -> Result<Statement, PolicyError> {
        let (mut sid, mut effect, mut principals) = (None, None, None);
        let (mut actions, mut resources) = (None, None);
        let mut conditions = Vec::new();
        for (name, raw) in self.members(whole, "a Statement is a JSON object")? {
            match name.as_str() {
                "Sid" => match self.value(raw)? {
                    Value::String(text) => sid = Some(text),
                    _ => return self.refuse(raw, "Sid takes a string".to_owned()),
                },
                "Effect" => match self.value(raw)?.as_str() {
                    Some("Allow") => effect = Some(Effect::Allow),
                    Some("Deny") => effect = Some(Effect::Deny),
                    _ => return self.refuse(raw, format!("unknown Effect {}", raw.get())),
                },
                "NotPrincipal" if self.resources == Resources::Refused => {
                    return self.refuse(raw, format!("a trust policy has no {name}"));
                }
                "Principal" | "NotPrincipal" => {
                    once(&principals, || self.either_or(raw, "Principal"))?;
                    principals = Some(self.principals(raw, name == "NotPrincipal")?);
                }
                "Action" | "NotAction" => {
                    once(&actions, || self.either_or(raw, "Action"))?;
                    actions = Some(Patterns {
                        not: name == "NotAction",
                        patterns: self.strings(raw, &name)?,
                    });
                }
                "Resource" | "NotResource" if self.resources == Resources::Refused => {
                    return self.refuse(raw, format!("a trust policy has no {name}"));
                }
                "Resource" | "NotResource" => {
                    once(&resources, || self.either_or(raw, "Resource"))?;
                    resources = Some(Patterns {
                        not: name == "NotResource",
                        patterns: self.strings(raw, &name)?,
                    });
                }
                "Condition" => conditions = self.conditions(raw)?,
                other => return self.refuse(raw, format!("unknown element {other}")),
            }
        }
        if self.resources == Resources::Refused {
            resources = Some(Patterns {
                not: false,
                patterns: vec!["*".to_owned()],
            });
        }
        if self.resources == Resources::Ineffective {
            let nothing = || Patterns {
                not: false,
                patterns: Vec::new(),
            };
            actions.get_or_insert_with(nothing);
            resources.get_or_insert_with(nothing);
        }
        let missing = |element: &str| self.error(whole, format!("a Statement needs {element}"));
        Ok(Statement {
            sid,
            index,
            place: self.place(whole),
            effect: effect.ok_or_else(|| missing("Effect"))?,
            principals,
            actions: actions.ok_or_else(|| missing("Action"))?,
            resources: resources.ok_or_else(|| missing("Resource"))?,
            conditions,
        })
    }

    fn principals(&self, raw: &'a RawValue, not: bool) -> Result<Principals, PolicyError> {
        let mut principals = Principals {
            not,
            any: false,
            arns: Vec::new(),
            federated: Vec::new(),
            services: Vec::new(),
        };
        let wanted = "Principal takes \"*\" or an object";
        if self.value(raw)? == "*" {
            principals.any = true;
            return Ok(principals);
        }
        for (kind, raw) in self.members(raw, wanted)? {
            for name in self.strings(raw, "Principal")? {
                match kind.as_str() {
                    "AWS" if name == "*" => principals.any = true,
                    "AWS" if is_account(&name) => principals.arns.push(root_arn(&name)),
                    "AWS" => principals.arns.push(name),
                    "Federated" => principals.federated.push(name),
                    "Service" => principals.services.push(name),
                    "CanonicalUser" => {}
                    other => return self.refuse(raw, format!("unknown Principal {other}")),
                }
            }
        }
        Ok(principals)
    }

    fn conditions(&self, raw: &'a RawValue) -> Result<Vec<Condition>, PolicyError> {
        let mut conditions = Vec::new();
        for (operator, raw) in self.members(raw, "Condition is a JSON object")? {
            let keys = self.members(raw, &format!("{operator} takes a JSON object"))?;
            for (key, values) in keys {
                let values = self.strings(values, &operator)?;
                match Condition::new(&operator, &key, values) {
                    Some(condition) => conditions.push(condition),
                    None => {
                        return self.refuse(raw, format!("unknown condition operator {operator}"));
                    }
                }
            }
        }
        Ok(conditions)
    }

    /// The members of an object, each name once. `wanted` says that it is to be one.
    pub(crate) fn members(
        &self,
        raw: &'a RawValue,
        wanted: &str,
    ) -> Result<Vec<(String, &'a RawValue)>, PolicyError> {
        if !raw.get().starts_with('{') {
            return self.refuse(raw, wanted.to_owned());
        }
        let Members(members) = self.piece(raw)?;
        let mut names = HashSet::new();
        for (name, raw) in &members {
            if !names.insert(name) {
                return self.refuse(raw, format!("{name} stands there twice"));
            }
        }
        Ok(members)
    }

    /// The items of a list; what is no list is one item.
    pub(crate) fn items(&self, raw: &'a RawValue) -> Result<Vec<&'a RawValue>, PolicyError> {
        match raw.get().starts_with('[') {
            true => self.piece(raw),
            false => Ok(vec![raw]),
        }
    }

    pub(crate) fn strings(
        &self,
        raw: &'a RawValue,
        element: &str,
    ) -> Result<Vec<String>, PolicyError> {
        let items = self.items(raw)?.into_iter();
        let texts = items.map(|item| match self.value(item)? {
            Value::String(text) => Ok(text),
            Value::Bool(flag) => Ok(flag.to_string()),
            Value::Number(number) => Ok(number.to_string()),
            _ => self.refuse(item, format!("{element} takes strings")),
        });
        texts.collect()
    }

    pub(crate) fn value(&self, raw: &'a RawValue) -> Result<Value, PolicyError> {
        self.piece(raw)
    }

    fn piece<T: Deserialize<'a>>(&self, raw: &'a RawValue) -> Result<T, PolicyError> {
        serde_json::from_str(raw.get()).map_err(|error| self.error(raw, error.to_string()))
    }

    fn either_or(&self, raw: &RawValue, element: &str) -> PolicyError {
        self.error(
            raw,
            format!("a Statement takes one of {element} and Not{element}"),
        )
    }

    fn refuse<T>(&self, raw: &RawValue, what: String) -> Result<T, PolicyError> {
        Err(self.error(raw, what))
    }

    fn error(&self, raw: &RawValue, what: String) -> PolicyError {
        PolicyError {
            what,
            place: self.place(raw),
        }
    }

    /// Where a piece of the text begins.
    pub(crate) fn place(&self, raw: &RawValue) -> Place {
        let offset = (raw.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        self.place_of(offset)
    }

    /// The place of a byte of the text.
    pub(crate) fn place_of(&self, offset: usize) -> Place {
        let before = self.line_ends.partition_point(|end| *end < offset);
        let begins = match before {
            0 => 0,
            _ => self.line_ends[before - 1] + 1,
        };
        Place {
            line: before + 1,
            column: offset - begins + 1,
        }
    }
}

fn once<T>(there: &Option<T>, error: impl FnOnce() -> PolicyError) -> Result<(), PolicyError> {
    match there {
        Some(_) => Err(error()),
        None => Ok(()),
    }
}
