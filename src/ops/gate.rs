//! The one gate that every request goes through before it is sent. [`run`](super::run()) takes a
//! [`Cleared`] request and nothing else, and only this module makes one: what would change the
//! account is held back until somebody has answered its question.

use super::fields::{key_in, naming_key};
use super::op_spec::Impact;
use super::table::spec;
use crate::gateway::session::Session;
use crate::kms::{OpId, Request, Value};

/// A request that may be sent.
#[derive(Debug, Clone)]
pub struct Cleared(Request);

/// A request that changes something, and that nobody has said yes to so far.
#[derive(Debug)]
pub struct Unanswered(Request);

/// What the gate says to a request.
#[derive(Debug)]
pub enum Gate {
    Clear(Cleared),
    /// Only with the user's word: the request changes the account.
    Ask(Unanswered),
    /// Not at all: read-only, and the request is neither a read nor a dry run.
    ReadOnly(OpId),
}

impl Gate {
    /// For a request that goes by that session.
    pub fn of(request: Request, read_only: bool, session: &Session) -> Gate {
        let harmless = spec(request.op).is_harmless(&request);
        match Cleared::unchanging(request, session) {
            Ok(cleared) if read_only && !harmless => Gate::ReadOnly(cleared.0.op),
            Err(unanswered) if read_only => Gate::ReadOnly(unanswered.0.op),
            Ok(cleared) => Gate::Clear(cleared),
            Err(unanswered) => Gate::Ask(unanswered),
        }
    }
}

impl Unanswered {
    pub fn request(&self) -> &Request {
        &self.0
    }

    /// The user's own yes to this request. It goes on record, since nothing tells afterwards why
    /// an account was changed.
    pub fn confirmed(self, session: &Session) -> Cleared {
        let request = self.0;
        tracing::info!(
            target: "kmsdeck::change",
            operation = request.op.0,
            region = session.region,
            profile = session.profile,
            endpoint = session.endpoint,
            key = key_in(&request),
            "confirmed"
        );
        Cleared(request)
    }
}

impl Cleared {
    /// A request that leaves the account as it is: a read, the use of a key, or a dry run where
    /// the endpoint is known to carry none out.
    ///
    /// Errors: any other comes back unanswered.
    pub fn unchanging(request: Request, session: &Session) -> Result<Cleared, Unanswered> {
        let spec = spec(request.op);
        let is_dry = request.dry_run() && spec.has_dry_run() && session.honours_dry_run();
        match spec.changes_account() && !is_dry {
            false => Ok(Cleared(request)),
            true => Err(Unanswered(request)),
        }
    }

    /// Any request, in the sandbox that a lesson has of its own.
    ///
    /// Errors: what changes something comes back unanswered where the session is another.
    pub fn in_lesson(request: Request, session: &Session) -> Result<Cleared, Unanswered> {
        match session.is_of_lesson() {
            true => Ok(Cleared(request)),
            false => Cleared::unchanging(request, session),
        }
    }

    /// A request that uses a key and can be nothing else: those of [`super::data_keys`].
    pub(super) fn using_a_key(request: Request) -> Cleared {
        debug_assert_eq!(spec(request.op).impact, Impact::Use);
        Cleared(request)
    }

    /// The same about a key that was just made, where it names none: it was confirmed as what
    /// follows the making.
    pub(super) fn about_new_key(mut self, key_id: &str) -> Cleared {
        if let Some(field) = naming_key(spec(self.0.op))
            && self.0.get(field).is_none()
        {
            self.0.set(field, Value::Text(key_id.to_owned()));
        }
        self
    }

    pub fn request(&self) -> &Request {
        &self.0
    }

    pub(super) fn into_request(self) -> Request {
        self.0
    }
}
