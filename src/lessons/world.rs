//! Where a lesson runs: an embedded sandbox of its own, as new for each run, or a real key on the
//! user's word.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{Mutex, OnceCell};

use super::{Caller, Lesson};
use crate::gateway::{CallSink, Session, Target, connect, reads, sandbox_target};
use crate::kms::{Cause, KmsError};

/// See the [module](self). Cloned cheaply; clones share their sandbox.
#[derive(Clone)]
pub struct World(Arc<Inner>);

struct Inner {
    /// The sandbox; None where a real key is used.
    target: Option<Target>,
    /// By principal.
    sessions: Mutex<HashMap<String, Session>>,
    /// The ARNs of their principals.
    arns: Mutex<HashMap<String, String>>,
    real: Option<Session>,
    principal: String,
    key: String,
    key_arn: OnceCell<String>,
}

impl World {
    /// A sandbox of the lesson's own, with nothing done in it yet. Calls go on record in `calls`.
    ///
    /// Errors: half a sentence, where the sandbox cannot start.
    pub fn sandbox(lesson: &Lesson, calls: CallSink) -> Result<World, String> {
        Ok(World(Arc::new(Inner {
            target: Some(sandbox_target(calls.of_lesson())?),
            sessions: Mutex::default(),
            arns: Mutex::default(),
            real: None,
            principal: lesson.principal.clone(),
            key: lesson.key.clone(),
            key_arn: OnceCell::new(),
        })))
    }

    /// A key of the user's own, as the caller of the session.
    pub fn real(lesson: &Lesson, session: Session, key: String) -> World {
        World(Arc::new(Inner {
            target: None,
            sessions: Mutex::default(),
            arns: Mutex::default(),
            real: Some(session),
            principal: lesson.principal.clone(),
            key,
            key_arn: OnceCell::new(),
        }))
    }

    pub fn is_real(&self) -> bool {
        self.0.real.is_some()
    }

    /// The lesson's key, in any of the four notations.
    pub fn key(&self) -> &str {
        &self.0.key
    }

    /// Who makes a step's call: the principal that it names, else the lesson's.
    pub fn principal<'a>(&'a self, named: Option<&'a str>) -> &'a str {
        named.unwrap_or(&self.0.principal)
    }

    /// The session of a principal; with a real key that of the caller, whoever is named.
    pub async fn session(&self, named: Option<&str>) -> Result<Session, KmsError> {
        let (Some(target), None) = (&self.0.target, &self.0.real) else {
            return self.0.real.clone().ok_or_else(KmsError::cancelled);
        };
        let principal = self.principal(named);
        let mut sessions = self.0.sessions.lock().await;
        if let Some(session) = sessions.get(principal) {
            return Ok(session.clone());
        }
        let session = connect(&target.as_principal(principal)).await?;
        sessions.insert(principal.to_owned(), session.clone());
        Ok(session)
    }

    /// Who makes the calls of that session.
    pub async fn caller(&self, named: Option<&str>, session: &Session) -> Caller {
        let name = self.principal(named);
        let mut arns = self.0.arns.lock().await;
        if !arns.contains_key(name) {
            let identity = reads::caller_identity(session).await;
            arns.insert(
                name.to_owned(),
                identity.map(|caller| caller.arn).unwrap_or_default(),
            );
        }
        Caller {
            name: (!self.is_real()).then(|| name.to_owned()),
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
