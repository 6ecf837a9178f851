//! The state, with what of it the state file does not have yet.

use std::collections::HashSet;
use std::ops::Deref;
use std::sync::{Arc, RwLockWriteGuard};

use crate::account::{Alias, Home, Key, LastUse, State};
use crate::crypto::Material;
use crate::grants::Grant;
use crate::key_stores::KeyStore;

/// What has changed: the whole of it is written anew, as it is when it is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Change {
    Key(Arc<Home>, Arc<str>),
    /// The materials of a key, which related multi-Region keys share.
    Materials(Arc<Home>, Arc<str>),
    Alias(Arc<Home>, Arc<str>),
    Grants(Arc<Home>, Arc<str>),
    LastUse(Arc<Home>, Arc<str>),
    KeyStore(Arc<Home>, Arc<str>),
    /// A secret was deleted, and is to be nowhere in the file.
    Erasure,
}

/// The state, to be read; it is changed through [`Changing`] alone, so that no change can be
/// forgotten.
#[derive(Debug)]
pub(crate) struct Tracked {
    state: State,
    /// None where there is no state file.
    changes: Option<HashSet<Change>>,
}

impl Tracked {
    pub(crate) fn new(state: State, is_kept: bool) -> Tracked {
        Tracked {
            state,
            changes: is_kept.then(HashSet::new),
        }
    }

    /// Whether there is something that the state file does not have.
    pub(crate) fn has_changes(&self) -> bool {
        self.changes
            .as_ref()
            .is_some_and(|changes| !changes.is_empty())
    }
}

impl Deref for Tracked {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

/// The state while it is changed.
pub(crate) struct Changing<'a>(pub RwLockWriteGuard<'a, Tracked>);

impl Deref for Changing<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0.state
    }
}

impl Changing<'_> {
    fn note(&mut self, change: Change) {
        if let Some(changes) = &mut self.0.changes {
            changes.insert(change);
        }
    }

    /// What has changed since it was last asked.
    pub(crate) fn take_changes(&mut self) -> HashSet<Change> {
        self.0
            .changes
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// Notes again what could not be written.
    pub(crate) fn put_back(&mut self, changes: HashSet<Change>) {
        if let Some(noted) = &mut self.0.changes {
            noted.extend(changes);
        }
    }

    pub(crate) fn insert_key(&mut self, key: Key) {
        let (home, id) = (key.home.clone(), key.id.clone());
        self.0.state.note_due_at(key.due());
        self.0.state.insert_key(key);
        self.note(Change::Key(home.clone(), id.clone()));
        self.note(Change::Materials(home, id));
    }

    /// Changes the key as it is now; nothing where there is none.
    pub(crate) fn change_key(
        &mut self,
        home: &Arc<Home>,
        id: &Arc<str>,
        change: impl FnOnce(&mut Key),
    ) {
        let Some(key) = self.0.state.key_mut(home, id) else {
            return;
        };
        let before = key.materials.clone();
        change(key);
        let after = &key.materials;
        let is_same =
            before.len() == after.len() && before.iter().zip(after).all(|(a, b)| Arc::ptr_eq(a, b));
        let is_erased = !is_same && {
            let has_secret = |material: &&Arc<Material>| material.drawn().is_some();
            let secrets = |materials: &[Arc<Material>]| materials.iter().filter(has_secret).count();
            secrets(&before) > secrets(after)
        };
        let due = key.due();
        self.0.state.note_due_at(due);
        self.note(Change::Key(home.clone(), id.clone()));
        if !is_same {
            self.note(Change::Materials(home.clone(), id.clone()));
        }
        if is_erased {
            self.note(Change::Erasure);
        }
    }

    /// Changes the key and all multi-Region keys related to it.
    pub(crate) fn change_related(&mut self, key: &Key, change: impl Fn(&mut Key)) {
        let related = self.related(key);
        let homes: Vec<Arc<Home>> = related.iter().map(|key| key.home.clone()).collect();
        for home in homes {
            self.change_key(&home, &key.id, &change);
        }
    }

    pub(crate) fn put_alias(&mut self, home: &Arc<Home>, name: Arc<str>, alias: Alias) {
        self.0.state.store_mut(home).put_alias(name.clone(), alias);
        self.note(Change::Alias(home.clone(), name));
    }

    pub(crate) fn remove_alias(&mut self, home: &Arc<Home>, name: &str) {
        if self.0.state.store_mut(home).remove_alias(name).is_some() {
            self.note(Change::Alias(home.clone(), name.into()));
        }
    }

    /// A key store as it is from now on.
    pub(crate) fn put_key_store(&mut self, home: &Arc<Home>, key_store: KeyStore) {
        self.0.state.note_due_at(key_store.connects_at());
        let id: Arc<str> = key_store.id.as_str().into();
        let store = self.0.state.store_mut(home);
        store.key_stores.insert(id.clone(), Arc::new(key_store));
        self.note(Change::KeyStore(home.clone(), id));
    }

    pub(crate) fn remove_key_store(&mut self, home: &Arc<Home>, id: &str) {
        self.0.state.store_mut(home).key_stores.remove(id);
        self.note(Change::KeyStore(home.clone(), id.into()));
    }

    /// The state knows anew when something is due.
    pub(crate) fn note_due(&mut self) {
        self.0.state.note_due();
    }

    /// The grants of a key, to be changed.
    pub(crate) fn grants_mut(&mut self, home: &Arc<Home>, id: &Arc<str>) -> &mut Vec<Arc<Grant>> {
        self.note(Change::Grants(home.clone(), id.clone()));
        let store = self.0.state.store_mut(home);
        store.grants.entry(id.clone()).or_default()
    }

    /// Notes that the secret of a key was drawn, if the state file does not have it. It is told by
    /// the material and not by who drew it: another call may have, and may not be done.
    pub(crate) fn note_secrets(&mut self, key: &Key) {
        if key.materials.iter().any(|material| material.is_unkept()) {
            self.note(Change::Materials(key.home.clone(), key.id.clone()));
        }
    }

    pub(crate) fn note_use(&mut self, key: &Key, last_use: LastUse) {
        self.note_secrets(key);
        let store = self.0.state.store_mut(&key.home);
        store.last_use.insert(key.id.clone(), last_use);
        self.note(Change::LastUse(key.home.clone(), key.id.clone()));
    }
}
