//! What is known of a request beside who asks for what.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::pattern::Pattern;

/// The encryption context of a request: its pairs, by their keys.
pub type EncryptionContext = BTreeMap<String, String>;

/// The grant that a request for CreateGrant is to make. Who may only by a grant ask for that can
/// make none that allows more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChildGrant {
    /// `Operations`.
    pub operations: Vec<String>,
    /// `Constraints.EncryptionContextSubset`.
    pub encryption_context_subset: Option<EncryptionContext>,
    /// `Constraints.EncryptionContextEquals`.
    pub encryption_context_equals: Option<EncryptionContext>,
    /// `Constraints.SourceArn`.
    pub source_arn: Option<String>,
}

/// What is known of one condition key of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContextValue<'a> {
    /// It has these values.
    Known(&'a [String]),
    /// The request does not have the key.
    Absent,
    /// Only the request itself would tell.
    Unknown,
}

/// The context of a request: condition keys, whose names do not tell case apart, and their values.
///
/// A [`default`](RequestContext::default) one is that of a request which is known: a key that was
/// not set is one that the request does not have. An [`open`](RequestContext::open) one is that of
/// any request: whatever was not set may be anything, or be missing.
#[derive(Debug, Clone, Default)]
pub struct RequestContext {
    /// By the key in lower case.
    keys: BTreeMap<String, Entry>,
    encryption_context: Pairs,
    child_grant: Option<ChildGrant>,
    is_open: bool,
    /// What is said in none of the keys above is looked for in these, one after the other.
    beneath: Vec<Arc<RequestContext>>,
    /// How keys begin, in lower case, of which all are known that there are.
    complete: Vec<String>,
}

/// What was said of a key.
#[derive(Debug, Clone)]
enum Entry {
    Known(Vec<String>),
    Absent,
    Unknown,
}

/// What was said of the encryption context.
#[derive(Debug, Clone, Default)]
enum Pairs {
    /// Nothing.
    #[default]
    Unsaid,
    NotTaken,
    Known(EncryptionContext),
}

/// How the condition keys begin, in lower case, that an encryption context sets.
const ENCRYPTION_CONTEXT: &str = "kms:encryptioncontext";

impl RequestContext {
    /// The context of any request at all: what is not set is unknown.
    pub fn open() -> RequestContext {
        RequestContext {
            is_open: true,
            ..RequestContext::default()
        }
    }

    /// As [`open`](RequestContext::open), with what others say for the keys that are not set here:
    /// what is true of a principal, and of a key, stands once for many requests.
    pub fn open_over(beneath: impl IntoIterator<Item = Arc<RequestContext>>) -> RequestContext {
        RequestContext {
            beneath: beneath.into_iter().collect(),
            ..RequestContext::open()
        }
    }

    /// Says that of the keys that begin so, the request has none but those that are set:
    /// `aws:ResourceTag/`.
    pub fn set_complete(&mut self, prefix: &str) {
        self.complete.push(prefix.to_lowercase());
    }

    /// Sets a key to one value.
    pub fn set(&mut self, key: &str, value: impl ToString) {
        let values = vec![value.to_string()];
        self.keys.insert(key.to_lowercase(), Entry::Known(values));
    }

    /// Sets a key to one value, where there is one.
    pub fn set_opt(&mut self, key: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.set(key, value);
        }
    }

    /// Sets a multi-valued key; no values is no key.
    pub fn set_all(&mut self, key: &str, values: impl IntoIterator<Item = impl ToString>) {
        let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
        if !values.is_empty() {
            self.keys.insert(key.to_lowercase(), Entry::Known(values));
        } else if self.is_open {
            self.keys.entry(key.to_lowercase()).or_insert(Entry::Absent);
        }
    }

    /// Says that the request does not have a key.
    pub fn set_absent(&mut self, key: &str) {
        self.keys.insert(key.to_lowercase(), Entry::Absent);
    }

    /// Says that it is not known whether the request has a key, and which values.
    pub fn set_unknown(&mut self, key: &str) {
        self.keys.insert(key.to_lowercase(), Entry::Unknown);
    }

    /// The encryption context of an operation that takes one, be it empty: `kms:EncryptionContext:KEY`,
    /// `kms:EncryptionContextKeys`, and what the constraints of grants are held against.
    pub fn set_encryption_context(&mut self, context: &EncryptionContext) {
        for (key, value) in context {
            let key = format!("kms:EncryptionContext:{key}").to_lowercase();
            match self.keys.get_mut(&key) {
                Some(Entry::Known(values)) => values.push(value.clone()),
                _ => {
                    self.keys.insert(key, Entry::Known(vec![value.clone()]));
                }
            }
        }
        self.set_all("kms:EncryptionContextKeys", context.keys());
        self.encryption_context = Pairs::Known(context.clone());
    }

    /// The same without what was said of the encryption context.
    pub(crate) fn without_encryption_context(&self) -> RequestContext {
        let mut context = self.clone();
        context
            .keys
            .retain(|key, _| !key.starts_with(ENCRYPTION_CONTEXT));
        context.encryption_context = Pairs::Unsaid;
        context
    }

    /// Says that the operation takes no encryption context.
    pub fn set_no_encryption_context(&mut self) {
        self.encryption_context = Pairs::NotTaken;
    }

    /// The grant that CreateGrant is to make: a grant that allows CreateGrant bounds it.
    pub fn set_child_grant(&mut self, child: ChildGrant) {
        self.child_grant = Some(child);
    }

    /// `aws:RequestTag/KEY` and `aws:TagKeys`.
    pub fn set_request_tags<'a>(&mut self, tags: impl IntoIterator<Item = (&'a str, &'a str)>) {
        let mut keys = Vec::new();
        for (key, value) in tags {
            self.set(&format!("aws:RequestTag/{key}"), value);
            keys.push(key);
        }
        self.set_all("aws:TagKeys", keys);
    }

    /// Takes over all that was set in `other`; where both have a key, it is the other's.
    pub fn extend(&mut self, other: &RequestContext) {
        self.complete.extend_from_slice(&other.complete);
        for (key, values) in &other.keys {
            self.keys.insert(key.clone(), values.clone());
        }
        if !matches!(other.encryption_context, Pairs::Unsaid) {
            self.encryption_context = other.encryption_context.clone();
        }
        if let Some(child) = &other.child_grant {
            self.child_grant = Some(child.clone());
        }
    }

    /// The values of a condition key, where they are known.
    pub fn get(&self, key: &str) -> Option<&[String]> {
        match self.value(key) {
            ContextValue::Known(values) => Some(values),
            ContextValue::Absent | ContextValue::Unknown => None,
        }
    }

    /// What is known of a condition key.
    pub fn value(&self, key: &str) -> ContextValue<'_> {
        self.value_of(&key.to_lowercase())
    }

    /// The same by the key in lower case.
    pub(crate) fn value_of(&self, key: &str) -> ContextValue<'_> {
        match self.said(key) {
            Some(Entry::Known(values)) => ContextValue::Known(values),
            Some(Entry::Absent) => ContextValue::Absent,
            Some(Entry::Unknown) => ContextValue::Unknown,
            None if !self.is_open || self.is_complete(key) => ContextValue::Absent,
            None if key.starts_with(ENCRYPTION_CONTEXT)
                && !self.is_encryption_context_unknown() =>
            {
                ContextValue::Absent
            }
            None => ContextValue::Unknown,
        }
    }

    fn said(&self, key: &str) -> Option<&Entry> {
        let mut beneath = self.beneath.iter();
        let here = self.keys.get(key);
        here.or_else(|| beneath.find_map(|context| context.said(key)))
    }

    fn is_complete(&self, key: &str) -> bool {
        let mut prefixes = self.complete.iter();
        let mut beneath = self.beneath.iter();
        prefixes.any(|prefix| key.starts_with(prefix.as_str()))
            || beneath.any(|context| context.is_complete(key))
    }

    /// None for an operation that takes no encryption context, and where it is unknown.
    pub fn encryption_context(&self) -> Option<&EncryptionContext> {
        match &self.encryption_context {
            Pairs::Known(context) => Some(context),
            Pairs::NotTaken | Pairs::Unsaid => None,
        }
    }

    /// Whether the operation may take an encryption context that is not known here.
    pub fn is_encryption_context_unknown(&self) -> bool {
        self.is_open && matches!(self.encryption_context, Pairs::Unsaid)
    }

    /// None where it is not known which grant is to be made.
    pub(crate) fn child_grant(&self) -> Option<&ChildGrant> {
        self.child_grant.as_ref()
    }

    /// Whether it counts that the grant to be made is not known. Of a known request that was not
    /// said, it does not: nothing bounds it.
    pub(crate) fn is_child_grant_unknown(&self) -> bool {
        self.is_open && self.child_grant.is_none()
    }

    /// Resolves policy variables (`${aws:username}`, `${key, 'default'}`, `${*}`). One that has no
    /// value matches nothing.
    pub(crate) fn resolve<'a>(&self, text: &'a str, variables: bool) -> Resolved<'a> {
        if !variables || !text.contains("${") {
            return Resolved::Pattern(Pattern::plain(text));
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let Some(len) = rest[start..].find('}') else {
                break;
            };
            parts.push((rest[..start].into(), true));
            let inner = &rest[start + 2..start + len];
            let value = match inner {
                "*" | "?" | "$" => inner.to_owned(),
                _ => {
                    let (key, default) = match inner.split_once(',') {
                        Some((key, default)) => (key, Some(default.trim().trim_matches('\''))),
                        None => (inner, None),
                    };
                    match (self.value(key.trim()), default) {
                        (ContextValue::Known([value]), _) => value.clone(),
                        (ContextValue::Unknown, _) => return Resolved::Unknown,
                        (_, Some(default)) => default.to_owned(),
                        (_, None) => return Resolved::Nothing,
                    }
                }
            };
            parts.push((value.into(), false));
            rest = &rest[start + len + 1..];
        }
        parts.push((rest.into(), true));
        Resolved::Pattern(Pattern { parts })
    }
}

/// What a value of a policy comes to, its variables resolved.
pub(crate) enum Resolved<'a> {
    Pattern(Pattern<'a>),
    /// One of its variables has no value.
    Nothing,
    /// One of them is unknown.
    Unknown,
}
