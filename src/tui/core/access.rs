//! What the questions of who may do what have in common: the sessions that they read by, and the
//! users and roles, which are read once in a run.

use std::sync::Arc;

use super::Core;
use crate::access::principals::Principals;
use crate::access::run::AccessQuestion;
use crate::gateway::Session;
use crate::kms::KeyRef;
use crate::kms::key::CallerIdentity;

impl Core {
    /// The caller, once STS has answered.
    pub fn caller(&self) -> Option<&CallerIdentity> {
        self.connection.identity.as_ref()?.as_ref().ok()
    }

    /// The connection's own session, and those of these Regions; empty where there is none.
    pub fn sessions_of<'a>(&self, regions: impl Iterator<Item = &'a str>) -> Vec<Session> {
        let mut sessions: Vec<Session> = self.session().cloned().into_iter().collect();
        for region in regions {
            let is_there = sessions.iter().any(|one| one.region == region);
            if let Some(other) = self.session_in(region).filter(|_| !is_there) {
                sessions.push(other.clone());
            }
        }
        sessions
    }

    /// The question of who may do what with these keys, or what one principal may. None where there
    /// is no connection.
    pub fn access_question(
        &self,
        keys: Vec<(KeyRef, String)>,
        principal: Option<String>,
    ) -> Option<AccessQuestion> {
        let sessions = self.sessions_of(keys.iter().map(|(key, _)| &*key.region));
        let caller = self.caller();
        (!sessions.is_empty()).then(|| AccessQuestion {
            keys,
            sessions,
            account: caller.map(|caller| caller.account.clone()),
            caller: caller.map(|caller| caller.arn.clone()),
            principal,
            known: self.known_principals().cloned(),
        })
    }

    /// The users and roles of the caller's account, where they were read.
    pub fn known_principals(&self) -> Option<&Arc<Principals>> {
        let (account, known) = self.kept.principals.as_ref()?;
        (Some(account) == self.caller().map(|caller| &caller.account)).then_some(known)
    }

    /// Keeps users and roles for the run. Those that IAM did not tell are asked for again.
    pub fn keep_principals(&mut self, principals: &Arc<Principals>) {
        if let Some(caller) = self.caller()
            && principals.missing.is_empty()
        {
            self.kept.principals = Some((caller.account.clone(), principals.clone()));
        }
    }

    /// What people call a key: its alias where it is listed with one.
    pub fn name_of(&self, key: &KeyRef) -> String {
        let entry = self.listing.keys.find(key);
        entry.map_or_else(|| key.id.clone(), |entry| entry.reference().to_owned())
    }
}
