//! What the console is connected to, and as whom.

use super::jobs::{JobBook, Owner, Purpose};
use crate::gateway::{MFA_CODE_NEEDED, Place, Session, Target};
use crate::kms::key::CallerIdentity;
use crate::kms::{CallRecord, KmsError};
use crate::tui::jobs::Job;

/// How the connection stands.
pub enum ConnectionState {
    Connecting,
    Ready(Box<Session>),
    Failed(Box<KmsError>),
}

/// See the [module](self).
pub struct Connection {
    pub target: Target,
    pub state: ConnectionState,
    /// What STS answered; None until then.
    pub identity: Option<Result<CallerIdentity, KmsError>>,
    identity_asked: bool,
    /// Counts up with each try to connect.
    number: usize,
    /// Whether the code was asked for since the last try to connect.
    mfa_asked: bool,
    /// Whether a call failed since, in a way that credentials read anew may mend.
    pub credentials_failed: bool,
    /// Whether the user asked for read-only in the app.
    pub read_only_asked: bool,
}

impl Connection {
    pub(in crate::tui) fn new(target: Target) -> Self {
        Connection {
            target,
            state: ConnectionState::Connecting,
            identity: None,
            identity_asked: false,
            number: 0,
            mfa_asked: false,
            credentials_failed: false,
            read_only_asked: false,
        }
    }

    pub fn session(&self) -> Option<&Session> {
        match &self.state {
            ConnectionState::Ready(session) => Some(session),
            _ => None,
        }
    }

    /// The caller's account, once STS has answered.
    pub fn own_account(&self) -> Option<&str> {
        Some(&self.identity.as_ref()?.as_ref().ok()?.account)
    }

    /// The caller's ARN, once STS has answered.
    pub fn principal(&self) -> Option<&str> {
        Some(&self.identity.as_ref()?.as_ref().ok()?.arn)
    }

    /// Whether a call was made by the caller: over this connection, and not to become the caller.
    pub(in crate::tui) fn is_by_caller(&self, record: &CallRecord) -> bool {
        let is_theirs = record.service != "sts" || record.operation == "GetCallerIdentity";
        record.connection == self.number && is_theirs && !record.in_lesson
    }

    /// Connects to what the target says now.
    pub(in crate::tui) fn connect(&mut self, jobs: &mut JobBook) {
        self.state = ConnectionState::Connecting;
        self.mfa_asked = false;
        self.number += 1;
        let mut target = self.target.clone();
        target.calls = target.calls.of_connection(self.number);
        // A code counts once.
        target.mfa_code = self.target.mfa_code.take();
        jobs.start(Purpose::Connect, Job::Connect(Box::new(target)));
    }

    /// Forgets the session and whose it was. Nothing of it comes any more.
    pub(in crate::tui) fn forget(&mut self, jobs: &mut JobBook) {
        jobs.cancel_of(Owner::Connection);
        self.identity = None;
        self.identity_asked = false;
        self.state = ConnectionState::Connecting;
    }

    pub(in crate::tui) fn connected(&mut self, answer: Result<Box<Session>, KmsError>) {
        self.state = match answer {
            Ok(session) => ConnectionState::Ready(session),
            Err(error) => ConnectionState::Failed(Box::new(error)),
        };
    }

    /// Asks who the caller is, where that is neither known nor asked.
    pub(in crate::tui) fn ask_identity(&mut self, jobs: &mut JobBook) {
        if !self.identity_asked
            && let Some(session) = self.session().cloned()
        {
            self.identity_asked = true;
            jobs.start(Purpose::CallerIdentity, Job::CallerIdentity(session));
        }
    }

    /// Has the identity asked for again, where the last answer was none.
    pub(in crate::tui) fn ask_identity_again(&mut self) {
        if !matches!(self.identity, Some(Ok(_))) {
            self.identity_asked = false;
        }
    }

    /// The question of a profile's role for its code: once for each try to connect.
    pub(in crate::tui) fn take_mfa_question(&mut self) -> Option<String> {
        match &self.state {
            ConnectionState::Failed(error) if error.code == MFA_CODE_NEEDED && !self.mfa_asked => {
                self.mfa_asked = true;
                Some(error.message.clone())
            }
            _ => None,
        }
    }

    /// Another profile; in the sandbox, another principal.
    pub(in crate::tui) fn switch_profile(&mut self, name: String) {
        match &mut self.target.place {
            Place::Sandbox { principal, .. } => *principal = Some(name),
            Place::Aws { profile, role, .. } => {
                *profile = Some(name);
                // It was to be assumed by the other profile.
                *role = None;
                // The other profile's own Region counts now.
                self.target.region = None;
                self.target.more_regions.clear();
            }
        }
    }

    /// Another Region, or several in one list.
    pub(in crate::tui) fn switch_regions(&mut self, regions: Vec<String>) {
        let mut regions = regions.into_iter();
        self.target.region = regions.next();
        self.target.more_regions = regions.collect();
    }

    /// The Regions to list: the session's own, then the others that were asked for.
    pub(in crate::tui) fn regions(&self) -> Vec<String> {
        let own = self.session().map(|session| session.region.clone());
        let mut regions: Vec<String> = own.into_iter().collect();
        for region in &self.target.more_regions {
            if !regions.contains(region) {
                regions.push(region.clone());
            }
        }
        regions
    }
}
