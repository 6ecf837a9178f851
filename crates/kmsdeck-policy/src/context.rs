//! What is known of a request beside who asks for what.

use std::collections::BTreeMap;

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

/// The context of a request: condition keys, whose names do not tell case apart, and their values.
#[derive(Debug, Clone, Default)]
pub struct RequestContext {
    /// By the key in lower case.
    keys: BTreeMap<String, Vec<String>>,
    encryption_context: Option<EncryptionContext>,
    child_grant: Option<ChildGrant>,
}

impl RequestContext {
    /// Sets a key to one value.
    pub fn set(&mut self, key: &str, value: impl ToString) {
        self.keys
            .insert(key.to_lowercase(), vec![value.to_string()]);
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
            self.keys.insert(key.to_lowercase(), values);
        }
    }

    /// The encryption context of an operation that takes one, be it empty: `kms:EncryptionContext:KEY`,
    /// `kms:EncryptionContextKeys`, and what the constraints of grants are held against.
    pub fn set_encryption_context(&mut self, context: &EncryptionContext) {
        for (key, value) in context {
            self.keys
                .entry(format!("kms:EncryptionContext:{key}").to_lowercase())
                .or_default()
                .push(value.clone());
        }
        self.set_all("kms:EncryptionContextKeys", context.keys());
        self.encryption_context = Some(context.clone());
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

    /// Takes over all that `other` has; where both have a key, it is the other's.
    pub fn extend(&mut self, other: &RequestContext) {
        for (key, values) in &other.keys {
            self.keys.insert(key.clone(), values.clone());
        }
        if let Some(context) = &other.encryption_context {
            self.encryption_context = Some(context.clone());
        }
        if let Some(child) = &other.child_grant {
            self.child_grant = Some(child.clone());
        }
    }

    /// The values of a condition key.
    pub fn get(&self, key: &str) -> Option<&[String]> {
        self.keys.get(&key.to_lowercase()).map(Vec::as_slice)
    }

    /// None for an operation that takes no encryption context.
    pub fn encryption_context(&self) -> Option<&EncryptionContext> {
        self.encryption_context.as_ref()
    }

    /// None where it is not known which grant is to be made.
    pub(crate) fn child_grant(&self) -> Option<&ChildGrant> {
        self.child_grant.as_ref()
    }

    /// Resolves policy variables (`${aws:username}`, `${key, 'default'}`, `${*}`). None where one
    /// has no value: such an element matches nothing.
    pub(crate) fn resolve<'a>(&self, text: &'a str, variables: bool) -> Option<Pattern<'a>> {
        if !variables || !text.contains("${") {
            return Some(Pattern::plain(text));
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
                    match self.get(key.trim()) {
                        Some([value]) => value.clone(),
                        _ => default?.to_owned(),
                    }
                }
            };
            parts.push((value.into(), false));
            rest = &rest[start + len + 1..];
        }
        parts.push((rest.into(), true));
        Some(Pattern { parts })
    }
}
