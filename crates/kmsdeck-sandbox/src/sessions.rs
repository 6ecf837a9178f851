//! The sessions that STS has given out: temporary credentials. They live in memory, with a state
//! file, too.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use data_encoding::{BASE32_NOPAD, BASE64};

use crate::identity::Identity;
use crate::secret::random;
use crate::wire::ApiResult;

/// The oldest beyond these is forgotten, and its credentials are unknown then and not expired.
const MOST: usize = 20_000;

#[derive(Debug, Default)]
pub(crate) struct Sessions {
    by_access_key_id: HashMap<String, Arc<Identity>>,
    /// Access key IDs, the oldest first.
    order: VecDeque<String>,
}

impl Sessions {
    pub(crate) fn get(&self, access_key_id: &str) -> Option<&Arc<Identity>> {
        self.by_access_key_id.get(access_key_id)
    }

    pub(crate) fn insert(&mut self, identity: Arc<Identity>) {
        let id = identity.principal.access_key_id.clone();
        self.by_access_key_id.insert(id.clone(), identity);
        self.order.push_back(id);
        while self.order.len() > MOST {
            if let Some(oldest) = self.order.pop_front() {
                self.by_access_key_id.remove(&oldest);
            }
        }
    }
}

/// Temporary credentials, drawn.
pub(crate) struct NewCredentials {
    /// `ASIA` and more.
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
    pub(crate) token: String,
}

impl NewCredentials {
    pub(crate) fn draw() -> ApiResult<NewCredentials> {
        Ok(NewCredentials {
            access_key_id: format!("ASIA{}", BASE32_NOPAD.encode(&random(10)?)),
            secret_access_key: BASE64.encode(&random(30)?),
            token: BASE64.encode(&random(144)?),
        })
    }
}
