//! The question before an account is changed: what the request hits, as whom, and what will be
//! different. The console and the command line ask it in the same words.

use jiff::Timestamp;

use super::alias_use::in_key_policy;
use super::facts::Facts;
use super::fields::{ALIAS_NAME, GRANT_ID, KEY_STORE_ID, POLICY, key_in};
use super::gate::{Cleared, Unanswered};
use super::lockout::{Keeper, keeper};
use super::op_spec::{Changes, Impact};
use super::table::spec;
use crate::gateway::Session;
use crate::kms::encryption_context;
use crate::kms::key_store::KeyStore;
use crate::kms::{KeyRef, Request, key_id};
use crate::reads::{self, WantedStores};

/// What a yes takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consent {
    /// One key press.
    Yes,
    /// One of these, typed: an alias of the key, or the last eight characters of its ID.
    Typed(Vec<String>),
}

/// See the [module](self).
pub struct Question {
    unanswered: Unanswered,
    /// What the same yes is for: requests about the key that the first one makes.
    then: Vec<Unanswered>,
    session: Session,
    key: KeyRef,
    account: Option<String>,
    principal: Option<String>,
    facts: Facts,
    /// Who could put another key policy afterwards, as far as is known by now.
    keeper: Keeper,
}

/// Which facts a question is better with.
#[derive(Clone)]
pub struct Wanted {
    session: Session,
    key_id: String,
    alias: bool,
    metadata: bool,
    last_usage: bool,
    grant_id: Option<String>,
    /// An alias that is to name another key, or none.
    changed_alias: Option<String>,
    /// A custom key store.
    key_store_id: Option<String>,
    /// Whether the keys in it are to be counted.
    store_keys: bool,
    caller: bool,
}

impl Wanted {
    /// Reads them, all at once.
    pub async fn read(self) -> Facts {
        let (session, key) = (&self.session, self.key_id.as_str());
        let store_id = self.key_store_id.as_deref();
        let (aliases, metadata, alias_target, last_usage, grants, stores, store_keys, caller) = tokio::join!(
            async {
                match self.alias {
                    true => reads::aliases_of(session, key).await.ok(),
                    false => None,
                }
            },
            async {
                match self.metadata {
                    true => reads::describe_key(session, key).await.ok(),
                    false => None,
                }
            },
            async {
                let alias = self.changed_alias.as_ref()?;
                let target = reads::describe_key(session, alias).await.ok()?;
                let policy = reads::key_policy(session, &target.key_id).await.ok();
                let used = policy.and_then(|policy| in_key_policy(&policy, alias));
                Some((target, used))
            },
            async {
                match self.last_usage {
                    true => reads::last_usage(session, key).await.ok(),
                    false => None,
                }
            },
            async {
                match self.grant_id {
                    Some(_) => reads::grants(session, key).await.ok(),
                    None => None,
                }
            },
            async {
                let wanted = WantedStores::Id(store_id?);
                reads::key_stores(session, wanted).await.ok()
            },
            async {
                let id = store_id.filter(|_| self.store_keys)?;
                reads::keys_in_store(session, id).await.ok()
            },
            async {
                match self.caller {
                    true => reads::caller_identity(session).await.ok(),
                    false => None,
                }
            },
        );
        let wanted = self.grant_id.as_deref();
        let grants_read = grants.is_some();
        let grant = grants
            .into_iter()
            .flatten()
            .find(|grant| Some(grant.grant_id.as_str()) == wanted);
        let aliases = aliases.into_iter().flatten();
        let (alias_target, alias_used) = alias_target.unzip();
        Facts {
            alias_used: alias_used.flatten().into_iter().collect(),
            aliases: aliases.map(|alias| alias.name).collect(),
            metadata,
            alias_target,
            last_usage,
            grant_is_not_there: grants_read && grant.is_none(),
            grant,
            key_store: stores.into_iter().flatten().next(),
            store_keys,
            caller,
        }
    }
}

impl Question {
    /// `account` and `principal` are those that STS answered for the session, where it did.
    pub fn new(
        unanswered: Unanswered,
        session: Session,
        key: KeyRef,
        account: Option<String>,
        principal: Option<String>,
        facts: Facts,
    ) -> Self {
        let key = key.with_id(key_in(unanswered.request()).unwrap_or_default());
        let mut question = Question {
            unanswered,
            then: Vec::new(),
            session,
            key,
            account,
            principal,
            facts,
            keeper: Keeper::NotKnown,
        };
        question.keeper = question.keeper_afterwards();
        question
    }

    /// Asks for that, too, which follows on what was asked for so far.
    pub fn and_then(&mut self, unanswered: Unanswered) {
        self.then.push(unanswered);
    }

    /// The first request; what follows on it is about the key that it makes.
    pub fn request(&self) -> &Request {
        self.unanswered.request()
    }

    /// All requests that one yes is for, the first among them.
    pub fn requests(&self) -> impl Iterator<Item = &Request> {
        let then = self.then.iter().map(Unanswered::request);
        std::iter::once(self.request()).chain(then)
    }

    /// Who could put another key policy, where the request puts one.
    fn keeper_afterwards(&self) -> Keeper {
        let Some(policy) = self.request().text(&POLICY) else {
            return Keeper::NotKnown;
        };
        let metadata = self.facts.metadata.as_ref();
        let arn = metadata.and_then(|key| key.arn.as_deref());
        let account = arn.and_then(key_id::account_of);
        keeper(
            policy,
            account.or(self.account.as_deref()),
            arn,
            self.principal.as_deref(),
        )
    }

    /// Where the requests go.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The key that the request names.
    pub fn key(&self) -> &KeyRef {
        &self.key
    }

    /// What is to be read, so that the question says more; None where it knows all.
    pub fn wanted(&self) -> Option<Wanted> {
        let has_key = !self.key.is_none();
        let ends_use = matches!(self.request().op.0, "DisableKey" | "ScheduleKeyDeletion");
        let grant_id = self.request().text(&GRANT_ID).map(str::to_owned);
        let store_id = self.store_id().map(str::to_owned);
        let has_store = store_id.is_some();
        let wanted = Wanted {
            session: self.session.clone(),
            key_id: self.key.id.clone(),
            alias: has_key && self.facts.aliases.is_empty(),
            // What the list knows of the key may be of a while ago.
            metadata: has_key,
            last_usage: has_key && ends_use && self.facts.last_usage.is_none(),
            changed_alias: matches!(self.request().op.0, "UpdateAlias" | "DeleteAlias")
                .then(|| self.request().text(&ALIAS_NAME).map(str::to_owned))
                .flatten(),
            key_store_id: store_id,
            store_keys: self.is_loss() && self.facts.store_keys.is_none(),
            grant_id: grant_id.filter(|_| has_key && self.facts.grant.is_none()),
            caller: self.principal.is_none(),
        };
        (has_key || has_store || wanted.caller).then_some(wanted)
    }

    /// As whom it asks, where STS answered that.
    pub fn principal(&self) -> Option<&str> {
        self.principal.as_deref()
    }

    /// Takes in what was read.
    pub fn learn(&mut self, facts: Facts) {
        let known = &mut self.facts;
        if !facts.aliases.is_empty() {
            known.aliases = facts.aliases;
        }
        known.metadata = facts.metadata.or(known.metadata.take());
        known.alias_target = known.alias_target.take().or(facts.alias_target);
        known.alias_used.extend(facts.alias_used);
        known.last_usage = known.last_usage.take().or(facts.last_usage);
        known.key_store = facts.key_store.or(known.key_store.take());
        known.store_keys = known.store_keys.take().or(facts.store_keys);
        known.grant = known.grant.take().or(facts.grant);
        known.grant_is_not_there = facts.grant_is_not_there;
        if let Some(caller) = facts.caller {
            self.account = Some(caller.account);
            self.principal = Some(caller.arn);
        }
        self.keeper = self.keeper_afterwards();
    }

    /// `ScheduleKeyDeletion of alias/payments?`
    pub fn title(&self) -> String {
        match self.name() {
            Some(name) => format!("{} of {name}?", self.request().op),
            None => format!("{}?", self.request().op),
        }
    }

    /// The custom key store that the request is about.
    fn store_id(&self) -> Option<&str> {
        let is_about_it = spec(self.request().op).changes == Changes::KeyStores;
        self.request().text(&KEY_STORE_ID).filter(|_| is_about_it)
    }

    /// What people call the key: its alias, else what the request calls it.
    fn name(&self) -> Option<&str> {
        if let Some(id) = self.store_id() {
            let known = self.facts.key_store.as_ref();
            return Some(known.map_or(id, KeyStore::label));
        }
        let named = (!self.key.is_none()).then_some(self.key.id.as_str());
        self.facts.aliases.first().map(String::as_str).or(named)
    }

    /// Whether something is lost that cannot be made again.
    pub fn is_loss(&self) -> bool {
        let locks_out = || !self.key.is_none() && self.keeper == Keeper::Nobody;
        spec(self.request().op).impact == Impact::Destroy || locks_out()
    }

    pub fn consent(&self) -> Consent {
        if !self.is_loss() {
            return Consent::Yes;
        }
        let mut names: Vec<String> = Vec::new();
        if let Some(id) = self.store_id() {
            let known = self.facts.key_store.as_ref();
            let name = known.map(|store| store.name.clone());
            names.extend(name.filter(|name| !name.is_empty()));
            names.push(last_eight(id).unwrap_or(id).to_owned());
            return Consent::Typed(names);
        }
        let id = match &self.facts.metadata {
            Some(metadata) => Some(metadata.key_id.as_str()),
            None => key_id::parse(&self.key.id).ok().map(|id| id.resource),
        };
        names.extend(self.facts.aliases.iter().cloned());
        let last_eight = id
            .filter(|id| !id.starts_with("alias/"))
            .and_then(last_eight);
        names.extend(last_eight.map(str::to_owned));
        if names.is_empty() {
            names.push(self.key.id.clone());
        }
        Consent::Typed(names)
    }

    /// Whether it would be blind to say yes yet: whom the grant is of is not read.
    pub fn waits_for_grant(&self) -> bool {
        !self.key.is_none()
            && self.request().text(&GRANT_ID).is_some()
            && self.facts.grant.is_none()
            && !self.facts.grant_is_not_there
    }

    /// What will be different after a yes: a line a request.
    pub fn consequence(&self, now: Timestamp) -> String {
        let request = self.request();
        if request.dry_run() {
            return "A dry run carries nothing out, but this endpoint has not shown yet that it knows DryRun: some emulators carry the call out all the same.".to_owned();
        }
        let mut told = self.consequence_of(request, now);
        if let Some(keeper) = self.keeper.text() {
            told = format!("{told} {keeper}");
        }
        for unanswered in &self.then {
            let request = unanswered.request();
            told = format!(
                "{told}\nThen {}: {}",
                request.op,
                self.consequence_of(request, now)
            );
        }
        told
    }

    fn consequence_of(&self, request: &Request, now: Timestamp) -> String {
        match spec(request.op).consequence {
            Some(consequence) => consequence(request, &self.facts, now),
            None => format!("{}.", spec(request.op).summary),
        }
    }

    /// What the request hits, label by label.
    pub fn rows(&self, now: Timestamp) -> Vec<(&'static str, String)> {
        let metadata = self.facts.metadata.as_ref();
        let mut rows = Vec::new();
        if !self.facts.aliases.is_empty() {
            rows.push(("Alias", self.facts.aliases.join(", ")));
        }
        if !self.key.is_none() {
            let id = metadata.map_or(self.key.id.as_str(), |key| &key.key_id);
            rows.push(("Key", id.to_owned()));
        }
        if let Some(key) = metadata {
            if !key.description.is_empty() {
                rows.push(("Description", key.description.clone()));
            }
            rows.extend(key.key_state.clone().map(|state| ("State now", state)));
        }
        if let Some(usage) = &self.facts.last_usage {
            let made = metadata.and_then(|key| key.creation_date);
            rows.push(("Last used", usage.text(made, now)));
        }
        if let Some(grant) = &self.facts.grant {
            let name = grant.name.as_deref().filter(|name| !name.is_empty());
            let id = match name {
                Some(name) => format!("{name}, {}", grant.grant_id),
                None => grant.grant_id.clone(),
            };
            rows.push(("Grant", id));
            rows.extend(grant.grantee().map(|who| ("Grantee", who.to_owned())));
            rows.push(("Operations", grant.operations.join(", ")));
            rows.extend(
                grant
                    .retiring_principal
                    .clone()
                    .map(|who| ("May retire it", who)),
            );
            rows.extend(grant.source_arn.clone().map(|arn| ("SourceArn", arn)));
            for (name, pairs) in &grant.constraints {
                rows.push((
                    "Constraint",
                    format!("{name}: {}", encryption_context::shown(pairs)),
                ));
            }
        } else if let Some(id) = self.request().text(&GRANT_ID) {
            let missing = match self.facts.grant_is_not_there {
                true => " (not among the key's grants)",
                false => "",
            };
            rows.push(("Grant", format!("{id}{missing}")));
        }
        if let Some(id) = self.store_id() {
            rows.extend(self.store_rows(id));
        }
        let account = self.account.clone();
        rows.push(("Account", account.unwrap_or_else(|| "not known".to_owned())));
        let region = &self.session.region;
        rows.push((
            "Region",
            match &self.session.endpoint {
                Some(endpoint) => format!("{region} at {endpoint}"),
                None => region.clone(),
            },
        ));
        let profile = || {
            let profile = self.session.profile.as_deref();
            profile.map(|profile| format!("profile {profile}"))
        };
        let principal = self.principal.clone().or_else(profile);
        let principal = principal.unwrap_or_else(|| "not known".to_owned());
        rows.push(("As", principal));
        rows
    }

    /// What is known of the custom key store.
    fn store_rows(&self, id: &str) -> Vec<(&'static str, String)> {
        let mut rows = Vec::new();
        if let Some(store) = &self.facts.key_store {
            rows.push(("Key store", store.name.clone()));
            rows.extend(store.store_type.clone().map(|of| ("Type", of)));
            rows.extend(
                store
                    .connection_state
                    .clone()
                    .map(|state| ("State now", state)),
            );
        }
        rows.push(("Key store ID", id.to_owned()));
        rows
    }

    /// The user's own yes: the request as it may be sent, those that follow on it, and the session
    /// that the question named.
    pub fn confirmed(self) -> (Cleared, Vec<Cleared>, Session) {
        let confirmed = |unanswered: Unanswered| unanswered.confirmed(&self.session);
        let then = self.then.into_iter().map(confirmed).collect();
        (self.unanswered.confirmed(&self.session), then, self.session)
    }
}

fn last_eight(id: &str) -> Option<&str> {
    let from = id.len().checked_sub(8)?;
    id.get(from..)
}
