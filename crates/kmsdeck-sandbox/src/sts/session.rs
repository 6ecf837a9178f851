//! Sessions as they are made, and as answers show them.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use crate::identity::{Identity, Kind, Principal, Role, Session, Tags};
use crate::query::{Xml, time};
use crate::service::Sandbox;
use crate::sessions::NewCredentials;
use crate::wire::{ApiResult, Millis};

/// Gives out temporary credentials to whom has a session, but nothing to sign with yet.
pub(super) fn open_session(
    sandbox: &Sandbox,
    identity: Identity,
    seconds: i64,
) -> ApiResult<Arc<Identity>> {
    let credentials = NewCredentials::draw()?;
    let identity = Arc::new(Identity {
        principal: Principal {
            access_key_id: credentials.access_key_id,
            secret_access_key: credentials.secret_access_key,
            ..identity.principal
        },
        session: identity.session.map(|session| Session {
            token: credentials.token,
            expires: Millis(session.issued.0 + seconds * 1000),
            ..session
        }),
        ..identity
    });
    let mut sessions = sandbox
        .sessions
        .write()
        .unwrap_or_else(PoisonError::into_inner);
    sessions.insert(identity.clone());
    Ok(identity)
}

/// A session that has nothing yet but its beginning.
pub(super) fn session_from(now: Millis) -> Session {
    Session {
        token: String::new(),
        issued: now,
        expires: now,
        mfa: None,
        policies: None,
        transitive_tags: BTreeSet::new(),
        source_identity: None,
        federated_provider: None,
    }
}

/// Who acts in a session of a role; `tags` are the session's, which go over the role's.
pub(super) fn role_session(
    role: &Arc<Role>,
    name: &str,
    tags: &Tags,
    session: Session,
) -> Identity {
    let arn = role.session_arn(name);
    let mut all = role.tags.clone();
    for (key, value) in tags {
        // Tag keys do not tell case apart.
        all.retain(|old, _| !old.eq_ignore_ascii_case(key));
        all.insert(key.clone(), value.clone());
    }
    Identity {
        principal: Principal {
            name: format!("{}/{name}", role.name),
            arn,
            account_id: role.account_id.clone(),
            access_key_id: String::new(),
            secret_access_key: String::new(),
        },
        kind: Kind::RoleSession { role: role.clone() },
        user_id: format!("{}:{name}", role.id()),
        policies: role.policies.clone(),
        boundary: role.boundary.clone(),
        tags: all,
        session: Some(session),
    }
}

/// `Credentials`, of every answer that has some.
pub(super) fn credentials(identity: &Identity) -> Xml {
    let principal = &identity.principal;
    let xml = Xml::new()
        .text("AccessKeyId", &principal.access_key_id)
        .text("SecretAccessKey", &principal.secret_access_key);
    match &identity.session {
        Some(session) => xml
            .text("SessionToken", &session.token)
            .text("Expiration", &time(session.expires)),
        None => xml,
    }
}

/// `AssumedRoleUser`.
pub(super) fn assumed_role_user(identity: &Identity) -> Xml {
    Xml::new()
        .text("AssumedRoleId", &identity.user_id)
        .text("Arn", &identity.principal.arn)
}
