//! Where a lesson runs: an embedded sandbox of its own, as new for each run, or a real key on the
//! user's word.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{Mutex, OnceCell};

use super::parts::StepCaller;
use crate::gateway::{CallSink, Session, Target, connect, sandbox_target};
use crate::kms::{Cause, KmsError};
use crate::reads;

/// See the [module](self). Cloned cheaply; clones share their sandbox.
#[derive(Clone)]
pub struct World(Arc<Inner>);

struct Inner {
    setting: Setting,
    /// Who makes the calls of steps that name nobody.
    principal: String,
    key: String,
    key_arn: OnceCell<String>,
    /// The ARNs of the principals, by name.
    arns: Mutex<HashMap<String, String>>,
}

enum Setting {
    Sandbox {
        target: Box<Target>,
        /// By principal.
        sessions: Mutex<HashMap<String, Session>>,
    },
    /// As the caller of the session, whoever is named.
    Real(Session),
}

impl World {
    /// A sandbox of the lesson's own, with nothing done in it yet. Calls go on record in `calls`.
    ///
    /// Errors: half a sentence, where the sandbox cannot start.
    pub fn sandbox(principal: &str, key: &str, calls: CallSink) -> Result<World, String> {
        let setting = Setting::Sandbox {
            target: Box::new(sandbox_target(calls.of_lesson())?),
            sessions: Mutex::default(),
        };
        Ok(World::at(setting, principal, key.to_owned()))
    }

    /// A key of the user's own, as the caller of the session.
    pub fn real(principal: &str, session: Session, key: String) -> World {
        World::at(Setting::Real(session), principal, key)
    }

    fn at(setting: Setting, principal: &str, key: String) -> World {
        World(Arc::new(Inner {
            setting,
            principal: principal.to_owned(),
            key,
            key_arn: OnceCell::new(),
            arns: Mutex::default(),
        }))
    }

    /// The user's session, where it runs on a key of theirs.
    pub fn real_session(&self) -> Option<&Session> {
        match &self.0.setting {
            Setting::Real(session) => Some(session),
            Setting::Sandbox { .. } => None,
        }
    }

    /// The lesson's key, in any of the four notations.
    pub fn key(&self) -> &str {
        &self.0.key
    }

    /// The session of a principal; of the lesson's own where none is named.
    pub async fn session(&self, named: Option<&str>) -> Result<Session, KmsError> {
        let (target, sessions) = match &self.0.setting {
            Setting::Real(session) => return Ok(session.clone()),
            Setting::Sandbox { target, sessions } => (target, sessions),
        };
        let principal = self.principal(named);
        let mut sessions = sessions.lock().await;
        if let Some(session) = sessions.get(principal) {
            return Ok(session.clone());
        }
        let session = connect(&target.as_principal(principal)).await?;
        sessions.insert(principal.to_owned(), session.clone());
        Ok(session)
    }

    fn principal<'a>(&'a self, named: Option<&'a str>) -> &'a str {
        named.unwrap_or(&self.0.principal)
    }

    /// Who makes the calls of that session.
    pub async fn caller(&self, named: Option<&str>, session: &Session) -> StepCaller {
        let name = self.principal(named);
        let mut arns = self.0.arns.lock().await;
        if !arns.contains_key(name) {
            let identity = reads::caller_identity(session).await;
            let arn = identity.map(|caller| caller.arn).unwrap_or_default();
            arns.insert(name.to_owned(), arn);
        }
        StepCaller {
            name: self.real_session().is_none().then(|| name.to_owned()),
            arn: arns.get(name).cloned().unwrap_or_default(),
            region: session.region.clone(),
        }
    }

    /// The ARN of the lesson's key, by DescribeKey.
    pub async fn key_arn(&self) -> Result<&str, KmsError> {
        let arn = self.0.key_arn.get_or_try_init(async || {
            let session = self.session(None).await?;
            let key = reads::describe_key(&session, self.key()).await?;
            key.arn.ok_or_else(|| {
                KmsError::local(
                    Cause::Response,
                    "NoKeyArn",
                    "DescribeKey gave no ARN for the lesson's key.",
                    "Choose another key or endpoint.",
                )
            })
        });
        Ok(arn.await?.as_str())
    }
}
