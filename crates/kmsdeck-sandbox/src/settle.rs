//! What happens by itself when its time has come, by the service's clock: imported material
//! expires, a state that does not last ends, a key store is connected.
//!
//! It is seen to before each call: nobody can tell it from what happens in between.

use std::sync::Arc;

use crate::account::{Home, Key};
use crate::changes::Changing;
use crate::key_stores::{Connection, KeyStore};
use crate::service::Sandbox;
use crate::spec::KeyState;
use crate::wire::Millis;

impl Sandbox {
    pub(crate) fn settle(&self, now: Millis) {
        let is_due = |due: Option<Millis>| due.is_some_and(|due| due <= now);
        if !is_due(self.state().due()) {
            return;
        }
        let mut state = self.state_mut();
        let mut keys: Vec<(Arc<Home>, Arc<str>)> = Vec::new();
        let mut key_stores: Vec<(Arc<Home>, Arc<KeyStore>)> = Vec::new();
        for (home, store) in state.homes() {
            let due = store.keys.values().filter(|key| is_due(key.due()));
            keys.extend(due.map(|key| (home.clone(), key.id.clone())));
            let key_stores_of = store.key_stores.values();
            let due = key_stores_of.filter(|key_store| is_due(key_store.connects_at()));
            key_stores.extend(due.map(|key_store| (home.clone(), key_store.clone())));
        }
        for (home, key_store) in &key_stores {
            end_connecting(&mut state, home, key_store);
        }
        for (home, id) in &keys {
            state.change_key(home, id, |key| settle_key(key, now));
        }
        state.note_due();
    }
}

fn end_connecting(state: &mut Changing<'_>, home: &Arc<Home>, key_store: &KeyStore) {
    let connection = match key_store.connection_error() {
        None => Connection::Connected,
        Some(error) => Connection::Failed(error),
    };
    let key_store = KeyStore {
        connection,
        ..key_store.clone()
    };
    if connection == Connection::Connected {
        change_keys_of(state, home, &key_store.id, Key::connect);
    }
    state.put_key_store(home, key_store);
}

/// Changes all keys in a key store.
pub(crate) fn change_keys_of(
    state: &mut Changing<'_>,
    home: &Arc<Home>,
    key_store: &str,
    change: fn(&mut Key),
) {
    let keys = state.store(home).into_iter().flat_map(|s| s.keys.values());
    let in_it = keys.filter(|key| key.extra().key_store.as_deref() == Some(key_store));
    let ids: Vec<Arc<str>> = in_it.map(|key| key.id.clone()).collect();
    for id in ids {
        state.change_key(home, &id, change);
    }
}

fn settle_key(key: &mut Key, now: Millis) {
    let is_over = |at: Option<Millis>| at.is_some_and(|at| at <= now);
    let mut has_expired = false;
    for material in &mut key.materials {
        // What is pending does not belong to the key yet, and may be rotated to.
        if !material.is_pending() && is_over(material.valid_to()) {
            *material = Arc::new(material.without_secret());
            has_expired = true;
        }
    }
    let is_to_go = matches!(
        key.state,
        KeyState::PendingDeletion | KeyState::PendingReplicaDeletion
    );
    if has_expired && !is_to_go {
        key.come_to(KeyState::PendingImport);
    }
    if let Some(later) = key.extra().later.filter(|later| is_over(later.at)) {
        key.extra_mut().later = None;
        if matches!(key.state, KeyState::Creating | KeyState::Updating) {
            key.state = later.state;
        }
    }
}
