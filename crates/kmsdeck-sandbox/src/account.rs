//! What the service holds: keys and aliases by account and Region.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use kmsdeck_policy::{PolicyDocument, PolicyError, root_arn};

use crate::crypto::Material;
use crate::grants::Grant;
use crate::key_stores::KeyStore;
use crate::regions::partition;
use crate::spec::{KeyFault, KeyManager, KeySpec, KeyState, KeyUsage, Origin};
use crate::wire::Millis;

/// An account in a Region: what a KMS endpoint sees of one customer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Home {
    pub account: Arc<str>,
    pub region: Arc<str>,
}

impl Home {
    pub(crate) fn key_arn(&self, key_id: &str) -> String {
        self.arn(&format!("key/{key_id}"))
    }

    /// `alias` with its `alias/` prefix.
    pub(crate) fn alias_arn(&self, alias: &str) -> String {
        self.arn(alias)
    }

    fn arn(&self, resource: &str) -> String {
        let Home { account, region } = self;
        let partition = partition(region);
        format!("arn:{partition}:kms:{region}:{account}:{resource}")
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub(crate) struct Tag {
    pub key: String,
    pub value: String,
}

/// A KMS key in one Region. Changed by copy: a call works on the key as it
/// was when the call looked it up, and holds no lock meanwhile.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub id: Arc<str>,
    pub home: Arc<Home>,
    pub description: Arc<str>,
    pub spec: KeySpec,
    pub usage: KeyUsage,
    pub state: KeyState,
    pub origin: Origin,
    pub manager: KeyManager,
    pub created: Millis,
    pub policy: Arc<KeyPolicy>,
    pub tags: Arc<[Tag]>,
    /// Oldest first; the last that is not pending is current. Replicas share their primary's, but
    /// for imported ones, which each Region has or has not.
    pub materials: Vec<Arc<Material>>,
    /// What few keys have, kept apart so that a plain key stays small.
    pub extra: Option<Box<Extra>>,
}

/// A key policy: the text as it was put, and what it says.
#[derive(Debug)]
pub(crate) struct KeyPolicy {
    pub text: String,
    pub document: PolicyDocument,
}

impl KeyPolicy {
    pub(crate) fn parse(text: String) -> Result<KeyPolicy, PolicyError> {
        let document = PolicyDocument::parse_key_policy(&text)?;
        Ok(KeyPolicy { text, document })
    }

    /// The default key policy: the account's root, and so its IAM policies.
    pub(crate) fn default_text(account: &str) -> String {
        let policy = serde_json::json!({
            "Version": "2012-10-17",
            "Id": "key-default-1",
            "Statement": [{
                "Sid": "Enable IAM User Permissions",
                "Effect": "Allow",
                "Principal": { "AWS": root_arn(account) },
                "Action": "kms:*",
                "Resource": "*",
            }],
        });
        format!("{policy:#}")
    }

    pub(crate) fn of_account(account: &str) -> Result<Arc<KeyPolicy>, PolicyError> {
        KeyPolicy::parse(KeyPolicy::default_text(account)).map(Arc::new)
    }
}

/// Whether a text has the form of a key ID: a UUID, or of a multi-Region key `mrk-` and 32 digits.
pub(crate) fn is_key_id(text: &str) -> bool {
    let hex = |part: &str| part.bytes().all(|b| b.is_ascii_hexdigit());
    match text.strip_prefix("mrk-") {
        Some(rest) => rest.len() == 32 && hex(rest),
        None => {
            let parts: Vec<&str> = text.split('-').collect();
            let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
            lengths == [8, 4, 4, 4, 12] && parts.iter().all(|part| hex(part))
        }
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Extra {
    pub deletion: Option<Millis>,
    pub pending_window: Option<i64>,
    pub key_store: Option<String>,
    pub cluster: Option<String>,
    /// The external key of a key in an external key store.
    pub xks_key: Option<String>,
    pub multi_region: Option<MultiRegion>,
    pub rotation: Option<AutoRotation>,
    pub fault: Option<KeyFault>,
    /// Accounts that see the key by Resource Access Manager.
    pub shared_with: Vec<String>,
    pub later: Option<Later>,
}

/// The state that a key comes to by itself, out of one that does not last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Later {
    pub state: KeyState,
    /// None: when its key store is connected.
    pub at: Option<Millis>,
}

/// The Regions of a multi-Region key.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct MultiRegion {
    pub primary: String,
    pub replicas: Vec<String>,
}

/// Automatic rotation that is switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct AutoRotation {
    pub period_days: i64,
    pub since: Millis,
}

impl Key {
    pub(crate) fn arn(&self) -> String {
        self.home.key_arn(&self.id)
    }

    pub(crate) fn extra(&self) -> &Extra {
        static NONE: Extra = Extra {
            deletion: None,
            pending_window: None,
            key_store: None,
            cluster: None,
            xks_key: None,
            multi_region: None,
            rotation: None,
            fault: None,
            shared_with: Vec::new(),
            later: None,
        };
        self.extra.as_deref().unwrap_or(&NONE)
    }

    pub(crate) fn extra_mut(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }

    /// The material that encrypts; none before the first import. After a deletion its secret is
    /// missing, and the key's state lets nobody use it.
    pub(crate) fn current(&self) -> Option<&Arc<Material>> {
        let mut newest_first = self.materials.iter().rev();
        newest_first.find(|material| !material.is_pending())
    }

    /// The imported material that waits for RotateKeyOnDemand.
    pub(crate) fn pending(&self) -> Option<&Arc<Material>> {
        self.materials.iter().find(|material| material.is_pending())
    }

    /// Whether a material that belongs to it is missing: deleted, expired, or not imported yet.
    pub(crate) fn awaits_import(&self) -> bool {
        let mut own = self.materials.iter().filter(|m| !m.is_pending());
        self.origin == Origin::External
            && (self.current().is_none() || own.any(|material| !material.is_here()))
    }

    /// When the first of the materials that belong to it expires.
    pub(crate) fn valid_to(&self) -> Option<Millis> {
        let own = self.materials.iter().filter(|m| !m.is_pending());
        own.filter_map(|material| material.valid_to()).min()
    }

    /// When it changes by itself next.
    pub(crate) fn due(&self) -> Option<Millis> {
        let later = self.extra().later.and_then(|later| later.at);
        later.into_iter().chain(self.valid_to()).min()
    }

    /// Whether it is a replica of a multi-Region key.
    pub(crate) fn is_replica(&self) -> bool {
        let related = self.extra().multi_region.as_ref();
        related.is_some_and(|related| related.primary != *self.home.region)
    }

    /// Puts another material into the place of the one with its ordinal, or at the end.
    pub(crate) fn put_material(&mut self, material: Material) {
        let material = Arc::new(material);
        let is_it = |other: &&mut Arc<Material>| other.ordinal == material.ordinal;
        match self.materials.iter_mut().find(is_it) {
            Some(place) => *place = material,
            None => self.materials.push(material),
        }
    }

    /// KMS reports key materials for symmetric encryption keys only, and not for those in custom
    /// key stores.
    pub(crate) fn current_material_id(&self) -> Option<String> {
        let is_told = self.spec.is_symmetric_encryption()
            && matches!(self.origin, Origin::AwsKms | Origin::External);
        let current = self.current().filter(|_| is_told);
        current.map(|material| material.id(&self.id))
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Alias {
    /// None: a predefined alias of an AWS service that has made no key yet.
    pub target: Option<Arc<str>>,
    pub created: Option<Millis>,
    pub updated: Option<Millis>,
}

/// The last successful cryptographic use of a key (GetKeyLastUsage).
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub(crate) struct LastUse {
    pub operation: String,
    pub at: Millis,
    pub request_id: String,
}

/// The keys and aliases of one [`Home`], in the order in which they are listed.
#[derive(Debug, Default, Clone)]
pub(crate) struct Store {
    pub keys: BTreeMap<Arc<str>, Arc<Key>>,
    /// By full name, `alias/…`.
    pub aliases: BTreeMap<Arc<str>, Alias>,
    /// (key ID, alias name), for the look-up the other way.
    pub alias_index: BTreeSet<(Arc<str>, Arc<str>)>,
    /// By key ID, oldest first.
    pub grants: HashMap<Arc<str>, Vec<Arc<Grant>>>,
    pub last_use: HashMap<Arc<str>, LastUse>,
    /// Custom key stores, by their IDs.
    pub key_stores: BTreeMap<Arc<str>, Arc<KeyStore>>,
}

impl Store {
    /// The aliases of a key, in the order of their names.
    pub(crate) fn aliases_of(&self, key_id: &Arc<str>) -> Vec<Arc<str>> {
        let empty: Arc<str> = Arc::from("");
        self.alias_index
            .range((key_id.clone(), empty)..)
            .take_while(|(id, _)| id == key_id)
            .map(|(_, alias)| alias.clone())
            .collect()
    }

    pub(crate) fn grants_of(&self, key_id: &str) -> &[Arc<Grant>] {
        self.grants.get(key_id).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn put_alias(&mut self, name: Arc<str>, alias: Alias) {
        if let Some(target) = &alias.target {
            self.alias_index.insert((target.clone(), name.clone()));
        }
        if let Some(old) = self.aliases.insert(name.clone(), alias.clone())
            && let Some(target) = old.target
            && Some(&target) != alias.target.as_ref()
        {
            self.alias_index.remove(&(target, name));
        }
    }

    pub(crate) fn remove_alias(&mut self, name: &str) -> Option<Alias> {
        let (name, alias) = self.aliases.remove_entry(name)?;
        if let Some(target) = &alias.target {
            self.alias_index.remove(&(target.clone(), name));
        }
        Some(alias)
    }
}

/// One page of a sorted map: at most `limit` entries after `after`, and
/// whether more follow. Costs the page, not the map.
pub(crate) fn page<'a, V>(
    map: &'a BTreeMap<Arc<str>, V>,
    after: Option<&str>,
    limit: usize,
) -> (Vec<(&'a Arc<str>, &'a V)>, bool) {
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let mut entries = map.range::<str, _>((from, Bound::Unbounded));
    let items: Vec<_> = entries.by_ref().take(limit).collect();
    (items, entries.next().is_some())
}

/// One page of a short list: at most `limit` items after the one named
/// `after`. None where no item has that name.
pub(crate) fn slice_page<'a, T>(
    items: &'a [T],
    name: impl Fn(&T) -> String,
    after: Option<&str>,
    limit: usize,
) -> Option<(&'a [T], bool)> {
    let start = match after {
        None => 0,
        Some(after) => items.iter().position(|item| name(item) == after)? + 1,
    };
    let end = items.len().min(start + limit);
    Some((&items[start..end], end < items.len()))
}

/// Everything that may change, behind one lock.
#[derive(Debug, Default, Clone)]
pub(crate) struct State {
    stores: HashMap<Arc<Home>, Store>,
    /// When something happens by itself next, or earlier.
    due: Option<Millis>,
}

impl State {
    pub(crate) fn store(&self, home: &Home) -> Option<&Store> {
        self.stores.get(home)
    }

    pub(crate) fn store_mut(&mut self, home: &Arc<Home>) -> &mut Store {
        self.stores.entry(home.clone()).or_default()
    }

    pub(crate) fn homes(&self) -> impl Iterator<Item = (&Arc<Home>, &Store)> {
        self.stores.iter()
    }

    pub(crate) fn key(&self, home: &Home, id: &str) -> Option<&Arc<Key>> {
        self.stores.get(home)?.keys.get(id)
    }

    /// The key, to be changed in place; earlier look-ups keep what they saw.
    pub(crate) fn key_mut(&mut self, home: &Home, id: &str) -> Option<&mut Key> {
        self.stores
            .get_mut(home)?
            .keys
            .get_mut(id)
            .map(Arc::make_mut)
    }

    /// The key and the multi-Region keys related to it, where they are.
    pub(crate) fn related(&self, key: &Key) -> Vec<&Arc<Key>> {
        let mut regions = vec![&*key.home.region];
        if let Some(related) = &key.extra().multi_region {
            regions.push(&related.primary);
            regions.extend(related.replicas.iter().map(String::as_str));
        }
        regions.sort_unstable();
        regions.dedup();
        let of_region = |region: &str| {
            let home = Home {
                account: key.home.account.clone(),
                region: region.into(),
            };
            self.key(&home, &key.id)
        };
        regions.into_iter().filter_map(of_region).collect()
    }

    /// All keys, to be changed in place.
    pub(crate) fn keys_mut(&mut self) -> impl Iterator<Item = &mut Key> {
        let stores = self.stores.values_mut();
        stores.flat_map(|store| store.keys.values_mut().map(Arc::make_mut))
    }

    /// When something happens by itself next: never before.
    pub(crate) fn due(&self) -> Option<Millis> {
        self.due
    }

    pub(crate) fn note_due_at(&mut self, at: Option<Millis>) {
        self.due = self.due.into_iter().chain(at).min();
    }

    /// Looks through all that is there.
    pub(crate) fn note_due(&mut self) {
        let stores = || self.stores.values();
        let keys = stores().flat_map(|store| store.keys.values());
        let key_stores = stores().flat_map(|store| store.key_stores.values());
        let of_keys = keys.filter_map(|key| key.due());
        let of_key_stores = key_stores.filter_map(|key_store| key_store.connects_at());
        self.due = of_keys.chain(of_key_stores).min();
    }

    pub(crate) fn insert_key(&mut self, key: Key) {
        let home = key.home.clone();
        self.store_mut(&home)
            .keys
            .insert(key.id.clone(), Arc::new(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_cover_the_map_once_each() {
        let map: BTreeMap<Arc<str>, u32> = (0..10)
            .map(|n| (Arc::from(format!("k{n}").as_str()), n))
            .collect();
        for limit in 1..=11 {
            let (mut seen, mut after) = (Vec::new(), None::<String>);
            loop {
                let (items, more) = page(&map, after.as_deref(), limit);
                assert!(items.len() <= limit);
                seen.extend(items.iter().map(|(_, n)| **n));
                after = items.last().map(|(key, _)| key.to_string());
                if !more {
                    break;
                }
            }
            assert_eq!(seen, (0..10).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_slice_page_after_an_unknown_item_is_none() {
        let items = ["a", "b", "c"];
        let name = |item: &&str| item.to_string();
        assert_eq!(slice_page(&items, name, None, 2), Some((&items[..2], true)));
        assert_eq!(
            slice_page(&items, name, Some("b"), 2),
            Some((&items[2..], false))
        );
        assert_eq!(slice_page(&items, name, Some("x"), 2), None);
    }

    #[test]
    fn an_alias_that_moves_leaves_its_old_key() {
        let mut store = Store::default();
        let (one, two): (Arc<str>, Arc<str>) = ("k1".into(), "k2".into());
        let alias = |target: &Arc<str>| Alias {
            target: Some(target.clone()),
            created: None,
            updated: None,
        };
        store.put_alias("alias/a".into(), alias(&one));
        store.put_alias("alias/a".into(), alias(&two));
        assert!(store.aliases_of(&one).is_empty());
        assert_eq!(store.aliases_of(&two), [Arc::from("alias/a")]);
        store.remove_alias("alias/a");
        assert!(store.aliases_of(&two).is_empty());
    }
}
