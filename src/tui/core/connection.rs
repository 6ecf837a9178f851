//! What the console is connected to, and as whom.

use jiff::Timestamp;

use super::jobs::{JobBook, Owner, Purpose};
use crate::gateway::{MFA_CODE_NEEDED, Place, Session, Target};
use crate::kms::key::CallerIdentity;
use crate::kms::{CallRecord, KmsError, Signer};
use crate::ops::AsWhom;
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
    /// Since when it is asked for, or was.
    identity_asked: Option<Timestamp>,
    /// With whose credentials.
    identity_signer: Option<Signer>,
    /// Whom other credentials have taken the place of, until STS says who that is.
    former: Option<CallerIdentity>,
    /// Whose credentials signed the newest call to KMS, and when it began.
    acting: Option<(Timestamp, Signer)>,
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
            identity_asked: None,
            identity_signer: None,
            former: None,
            acting: None,
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

    /// Whether a call was made by the caller: their credentials signed it.
    pub(in crate::tui) fn is_by_caller(&self, record: &CallRecord) -> bool {
        let is_theirs = record.signer.is_some() && record.signer == self.identity_signer;
        is_theirs && !record.in_lesson
    }

    /// Who acts, and by whose credentials that is known.
    pub(in crate::tui) fn as_whom(&self) -> Option<AsWhom> {
        Some(AsWhom {
            principal: self.principal()?.to_owned(),
            signer: self.identity_signer?,
        })
    }

    /// Connects to what the target says now.
    pub(in crate::tui) fn connect(&mut self, jobs: &mut JobBook) {
        self.state = ConnectionState::Connecting;
        self.mfa_asked = false;
        let mut target = self.target.clone();
        // A code counts once.
        target.mfa_code = self.target.mfa_code.take();
        jobs.start(Purpose::Connect, Job::Connect(Box::new(target)));
    }

    /// Forgets the session and whose it was. Nothing of it comes any more.
    pub(in crate::tui) fn forget(&mut self, jobs: &mut JobBook) {
        jobs.cancel_of(Owner::Connection);
        self.identity = None;
        self.identity_asked = None;
        self.identity_signer = None;
        self.former = None;
        self.acting = None;
        self.state = ConnectionState::Connecting;
    }

    pub(in crate::tui) fn connected(&mut self, answer: Result<Box<Session>, KmsError>) {
        self.state = match answer {
            Ok(session) => ConnectionState::Ready(session),
            Err(error) => ConnectionState::Failed(Box::new(error)),
        };
    }

    /// Asks who the caller is, where that is neither known nor asked.
    pub(in crate::tui) fn ask_identity(&mut self, jobs: &mut JobBook, now: Timestamp) {
        if self.identity_asked.is_none()
            && let Some(session) = self.session().cloned()
        {
            self.identity_asked = Some(now);
            jobs.start(Purpose::CallerIdentity, Job::CallerIdentity(session));
        }
    }

    /// Has the identity asked for again, where the last answer was none.
    pub(in crate::tui) fn ask_identity_again(&mut self) {
        if !matches!(self.identity, Some(Ok(_))) {
            self.identity_asked = None;
        }
    }

    /// Whether STS is being asked who the caller is.
    pub fn asks_identity(&self) -> bool {
        self.identity.is_none() && self.identity_asked.is_some()
    }

    /// Whether somebody has taken over, and STS has not said yet who.
    pub fn is_taken_over(&self) -> bool {
        self.former.is_some() && self.asks_identity()
    }

    /// Takes in what STS answered, and to whose credentials; whom the caller has taken the place
    /// of, where that is another.
    pub(in crate::tui) fn identified(
        &mut self,
        answer: Result<CallerIdentity, KmsError>,
        signer: Option<Signer>,
    ) -> Option<CallerIdentity> {
        self.identity_signer = signer;
        let former = match &answer {
            Ok(caller) => self.former.take().filter(|former| former.arn != caller.arn),
            Err(_) => None,
        };
        self.identity = Some(answer);
        former
    }

    /// Takes in whose credentials signed a call.
    pub(in crate::tui) fn signed(&mut self, record: &CallRecord) {
        let is_newest = self.acting.is_none_or(|(at, _)| record.at >= at);
        if let Some(signer) = record.signer
            && record.service == "kms"
            && !record.in_lesson
            && is_newest
        {
            self.acting = Some((record.at, signer));
        }
    }

    /// Whether calls are signed by other credentials than STS was asked with: a credential_process
    /// or a new sign-in gave others. Who the caller was says nothing then, and is forgotten.
    pub(in crate::tui) fn forget_former(&mut self) -> bool {
        let (Some((at, acting)), Some(known)) = (self.acting, self.identity_signer) else {
            return false;
        };
        // A call that began before may have been signed with what was given before.
        let is_since = self.identity_asked.is_some_and(|asked| at > asked);
        if acting == known || !is_since || self.identity.is_none() {
            return false;
        }
        if let Some(Ok(caller)) = self.identity.take() {
            self.former.get_or_insert(caller);
        }
        self.identity_asked = None;
        true
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
