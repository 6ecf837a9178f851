//! The question before several keys are changed at once. It lists them all, and its yes is the only
//! maker of a [`BulkJob`].

use std::sync::Arc;

use jiff::Timestamp;

use super::bulk::{BulkItem, BulkJob, BulkKey};
use super::facts::Facts;
use super::fields::DESCRIPTION;
use super::gate::{Gate, Unanswered};
use super::op_spec::{Impact, OpSpec};
use super::question::Consent;
use super::run::AsWhom;
use crate::gateway::Session;
use crate::kms::key::Grant;
use crate::kms::text::{counted, grouped};
use crate::kms::{KeyRef, OpId, Request};

/// A request that nobody has said yes to so far.
struct Hit {
    unanswered: Unanswered,
    session: Session,
    key: KeyRef,
    name: String,
    state: Option<String>,
    grant: Option<Arc<Grant>>,
}

/// See the [module](self).
pub struct BulkQuestion {
    spec: &'static OpSpec,
    pattern: Request,
    hits: Vec<Hit>,
    /// Keys that it does not fit, and why.
    left_out: Vec<(String, String)>,
    account: Option<String>,
    principal: Option<String>,
}

impl BulkQuestion {
    /// For these keys, each with the session that its request goes by. `account` and `principal`
    /// are those that STS answered, where it did.
    ///
    /// Errors: the operation, where nothing may be changed.
    pub fn new(
        spec: &'static OpSpec,
        pattern: Request,
        keys: Vec<(BulkKey, Session)>,
        read_only: bool,
        account: Option<String>,
        principal: Option<String>,
    ) -> Result<Self, OpId> {
        let mut question = BulkQuestion {
            spec,
            pattern,
            hits: Vec::new(),
            left_out: Vec::new(),
            account,
            principal,
        };
        for (key, session) in keys {
            let name = key.name();
            let request = match key.request(spec, &question.pattern) {
                Ok(request) => request,
                Err(why) => {
                    question.left_out.push((name, why));
                    continue;
                }
            };
            match Gate::of(request, read_only, &session) {
                Gate::ReadOnly(operation) => return Err(operation),
                Gate::Ask(unanswered) => question.hits.push(Hit {
                    unanswered,
                    key: KeyRef::new(session.region.clone(), key.id),
                    session,
                    name,
                    grant: key.grant,
                    state: key.metadata.and_then(|key| key.key_state),
                }),
                Gate::Clear(_) => {
                    let why = "it would not be changed".to_owned();
                    question.left_out.push((name, why));
                }
            }
        }
        Ok(question)
    }

    pub fn spec(&self) -> &'static OpSpec {
        self.spec
    }

    /// `key`, or `grant`.
    fn noun(&self) -> &'static str {
        self.spec.noun()
    }

    /// Keys that a yes changes, or grants that it ends.
    pub fn len(&self) -> usize {
        self.hits.len()
    }

    pub fn is_empty(&self) -> bool {
        self.hits.is_empty()
    }

    /// Keys that are left out, and why.
    pub fn left_out(&self) -> &[(String, String)] {
        &self.left_out
    }

    /// `DisableKey of 12 keys?`
    pub fn title(&self) -> String {
        format!(
            "{} of {}?",
            self.spec.id,
            counted(self.hits.len(), self.noun())
        )
    }

    /// Whether something is lost that cannot be made again: of a key, or what others work by.
    pub fn is_loss(&self) -> bool {
        self.spec.impact == Impact::Destroy || self.hits.iter().any(|hit| hit.grant.is_some())
    }

    /// What a yes takes: a key press, or for a loss the number of the keys or grants.
    pub fn consent(&self) -> Consent {
        match self.is_loss() {
            true => Consent::Typed(vec![self.hits.len().to_string()]),
            false => Consent::Yes,
        }
    }

    /// What will be different after a yes, for each of the keys.
    pub fn consequence(&self, now: Timestamp) -> String {
        let each = match self.spec.consequence {
            Some(consequence) => consequence(&self.pattern, &Facts::default(), now),
            None => format!("{}.", self.spec.summary),
        };
        format!(
            "For each of {}: {each}",
            counted(self.hits.len(), self.noun())
        )
    }

    /// What it hits, label by label: who and where, what is left out, and every key.
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        let mut rows = Vec::new();
        let account = self.account.clone();
        rows.push(("Account", account.unwrap_or_else(|| "not known".to_owned())));
        let mut regions: Vec<String> = Vec::new();
        for hit in &self.hits {
            let region = match &hit.session.endpoint {
                Some(endpoint) => format!("{} at {endpoint}", hit.session.region),
                None => hit.session.region.clone(),
            };
            if !regions.contains(&region) {
                regions.push(region);
            }
        }
        rows.push(("Region", regions.join(", ")));
        let profile = || {
            let profile = self.hits.first()?.session.profile.as_deref()?;
            Some(format!("profile {profile}"))
        };
        let principal = self.principal.clone().or_else(profile);
        rows.push(("As", principal.unwrap_or_else(|| "not known".to_owned())));
        let mut label = "Left out";
        for (name, why) in &self.left_out {
            rows.push((label, format!("{name}: {why}")));
            label = "";
        }
        let mut label = match self.noun() {
            "grant" => "Grants",
            _ => "Keys",
        };
        for (at, hit) in self.hits.iter().enumerate() {
            let mut text = format!("{} {}", grouped(at + 1), hit.name);
            if let Some(grant) = &hit.grant {
                text.push_str(&format!(": {}", grant.operations.join(", ")));
                if let Some(name) = &grant.name {
                    text.push_str(&format!(" ({name})"));
                }
                rows.push((label, text));
                label = "";
                continue;
            }
            if hit.name != hit.key.id {
                text.push_str(&format!(", {}", hit.key.id));
            }
            if let Some(state) = &hit.state {
                text.push_str(&format!(", {state}"));
            }
            let field = self.spec.field(DESCRIPTION.name);
            let described = field.and_then(|field| hit.unanswered.request().text(field));
            if let Some(described) = described {
                text.push_str(&format!(": {described:?}"));
            }
            rows.push((label, text));
            label = "";
        }
        rows
    }

    /// The user's own yes: the requests as they may be sent, each by the session that was named.
    /// They are sent as `whom`, where that is known, and as nobody else.
    pub fn confirmed(self, whom: Option<AsWhom>) -> BulkJob {
        let items = self.hits.into_iter().map(|hit| BulkItem {
            cleared: hit.unanswered.confirmed(&hit.session),
            key: hit.key,
            name: hit.name,
            grant: hit.grant,
            session: hit.session,
        });
        BulkJob {
            spec: self.spec,
            items: items.collect(),
            pattern: self.pattern,
            principal: self.principal,
            whom,
        }
    }

    /// As whom it asks, where STS answered that.
    pub fn principal(&self) -> Option<&str> {
        self.principal.as_deref()
    }
}
