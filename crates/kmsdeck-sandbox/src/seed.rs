//! The seed: `seed/*.json`, and generated keys for scale.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use kmsdeck_policy::{PolicyDocument, root_arn};
use serde::Deserialize;
use serde_json::Value;

use crate::account::{Alias, AutoRotation, Home, Key, KeyPolicy, MultiRegion, State, Tag};
use crate::crypto::Material;
use crate::grants::{Constraints, Grant};
use crate::spec::{
    GrantOperation, KeyFault, KeyManager, KeySpec, KeyState, KeyUsage, Origin, RotationType,
};
use crate::wire::Millis;
use crate::{Identity, Principal, SandboxError};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountsFile {
    accounts: Vec<AccountSeed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountSeed {
    id: String,
    principals: Vec<PrincipalSeed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PrincipalSeed {
    name: String,
    user: String,
    access_key_id: String,
    secret_access_key: String,
    policies: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeysFile {
    policies: HashMap<String, Value>,
    keys: Vec<KeySeed>,
    predefined_aliases: Vec<PredefinedSeed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PredefinedSeed {
    account: String,
    region: String,
    names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeySeed {
    id: String,
    account: String,
    #[serde(default = "us_east_1")]
    region: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    description: String,
    #[serde(default = "symmetric")]
    spec: KeySpec,
    #[serde(default = "encrypt_decrypt")]
    usage: KeyUsage,
    #[serde(default = "enabled")]
    state: KeyState,
    #[serde(default = "aws_kms")]
    origin: Origin,
    #[serde(default = "customer")]
    manager: KeyManager,
    #[serde(default = "default_policy")]
    policy: String,
    created_days_ago: i64,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    deletion_in_days: Option<i64>,
    pending_window_days: Option<i64>,
    valid_to_in_days: Option<i64>,
    key_store: Option<String>,
    cluster: Option<String>,
    #[serde(default)]
    replicas: Vec<String>,
    rotation_period_days: Option<i64>,
    #[serde(default)]
    rotations: Vec<RotationSeed>,
    fault: Option<KeyFault>,
    /// Accounts that see it by Resource Access Manager.
    #[serde(default)]
    shared_with: Vec<String>,
    #[serde(default)]
    grants: Vec<GrantSeed>,
}

fn us_east_1() -> String {
    "us-east-1".into()
}
fn symmetric() -> KeySpec {
    KeySpec::SymmetricDefault
}
fn encrypt_decrypt() -> KeyUsage {
    KeyUsage::EncryptDecrypt
}
fn enabled() -> KeyState {
    KeyState::Enabled
}
fn aws_kms() -> Origin {
    Origin::AwsKms
}
fn customer() -> KeyManager {
    KeyManager::Customer
}
fn default_policy() -> String {
    "default".into()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RotationSeed {
    days_ago: i64,
    #[serde(rename = "type")]
    kind: RotationType,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantSeed {
    name: String,
    grantee: String,
    retiring: Option<String>,
    operations: Vec<GrantOperation>,
    constraints: Option<Constraints>,
    days_ago: i64,
}

fn broken(file: &'static str, what: impl ToString) -> SandboxError {
    SandboxError::Seed {
        file,
        what: what.to_string(),
    }
}

/// The seeded principals, in the order of the file.
pub(crate) fn identities() -> Result<Vec<Identity>, SandboxError> {
    const FILE: &str = "accounts.json";
    let file: AccountsFile = serde_json::from_str(include_str!("../seed/accounts.json"))
        .map_err(|error| broken(FILE, error))?;
    let mut identities = Vec::new();
    for account in file.accounts {
        for seed in account.principals {
            let policies = seed
                .policies
                .iter()
                .map(|policy| PolicyDocument::parse(&policy.to_string()))
                .collect::<Result<Vec<_>, _>>()
                .map_err(|error| broken(FILE, format!("{}: {error}", seed.name)))?;
            identities.push(Identity {
                user: seed.user.clone(),
                policies,
                principal: Principal {
                    arn: format!("arn:aws:iam::{}:user/{}", account.id, seed.user),
                    name: seed.name,
                    account_id: account.id.clone(),
                    access_key_id: seed.access_key_id,
                    secret_access_key: seed.secret_access_key,
                },
            });
        }
    }
    Ok(identities)
}

/// The seeded keys as of `now`.
pub(crate) fn state(now: Millis) -> Result<State, SandboxError> {
    const FILE: &str = "keys.json";
    let file: KeysFile = serde_json::from_str(include_str!("../seed/keys.json"))
        .map_err(|error| broken(FILE, error))?;
    let mut policies = HashMap::new();
    for (name, policy) in file.policies {
        let text = serde_json::to_string_pretty(&policy).map_err(|error| broken(FILE, error))?;
        let policy = KeyPolicy::parse(text).map_err(|error| broken(FILE, error))?;
        policies.insert(name, Arc::new(policy));
    }
    let mut state = State::default();
    for seed in file.keys {
        let policy = policies
            .get(&seed.policy)
            .ok_or_else(|| broken(FILE, format!("no policy {}", seed.policy)))?;
        add_key(&mut state, seed, policy.clone(), now);
    }
    for predefined in file.predefined_aliases {
        let home = Arc::new(Home {
            account: predefined.account.into(),
            region: predefined.region.into(),
        });
        for name in predefined.names {
            state.store_mut(&home).put_alias(
                name.into(),
                Alias {
                    target: None,
                    created: None,
                    updated: None,
                },
            );
        }
    }
    Ok(state)
}

fn add_key(state: &mut State, seed: KeySeed, policy: Arc<KeyPolicy>, now: Millis) {
    let created = now.days(-seed.created_days_ago);
    let mut materials = Vec::new();
    if seed.state != KeyState::PendingImport {
        materials.push(Arc::new(Material::new(0, None)));
    }
    for (index, rotation) in seed.rotations.iter().enumerate() {
        let rotated = Some((now.days(-rotation.days_ago), rotation.kind));
        materials.push(Arc::new(Material::new(index as u32 + 1, rotated)));
    }
    let multi_region = (!seed.replicas.is_empty()).then(|| MultiRegion {
        primary: seed.region.clone(),
        replicas: seed.replicas.clone(),
    });
    let home = |region: &str| {
        Arc::new(Home {
            account: seed.account.as_str().into(),
            region: region.into(),
        })
    };
    let mut key = Key {
        id: seed.id.as_str().into(),
        home: home(&seed.region),
        description: seed.description.as_str().into(),
        spec: seed.spec,
        usage: seed.usage,
        state: seed.state,
        origin: seed.origin,
        manager: seed.manager,
        created,
        policy,
        tags: seed
            .tags
            .into_iter()
            .map(|(key, value)| Tag { key, value })
            .collect(),
        materials,
        extra: None,
    };
    *key.extra_mut() = crate::account::Extra {
        deletion: seed.deletion_in_days.map(|days| now.days(days)),
        pending_window: seed.pending_window_days,
        valid_to: seed.valid_to_in_days.map(|days| now.days(days)),
        key_store: seed.key_store,
        cluster: seed.cluster,
        multi_region,
        rotation: seed.rotation_period_days.map(|period_days| AutoRotation {
            period_days,
            since: created,
        }),
        fault: seed.fault,
        shared_with: seed.shared_with,
    };
    for region in std::iter::once(&seed.region).chain(&seed.replicas) {
        let home = home(region);
        let store = state.store_mut(&home);
        for alias in &seed.aliases {
            let alias_value = Alias {
                target: Some(key.id.clone()),
                created: Some(created),
                updated: Some(created),
            };
            store.put_alias(alias.as_str().into(), alias_value);
        }
        if *region == seed.region {
            let grants: Vec<_> = seed
                .grants
                .iter()
                .enumerate()
                .map(|(index, grant)| {
                    Arc::new(Grant {
                        id: grant_id(&key.id, index as u64),
                        name: Some(grant.name.clone()),
                        grantee: grant.grantee.clone(),
                        retiring: grant.retiring.clone(),
                        issuing_account: root_arn(&seed.account),
                        operations: grant.operations.clone(),
                        constraints: grant.constraints.clone(),
                        created: now.days(-grant.days_ago),
                    })
                })
                .collect();
            if !grants.is_empty() {
                store.grants.insert(key.id.clone(), grants);
            }
        }
        state.insert_key(Key {
            home,
            ..key.clone()
        });
    }
}

/// A grant's ID: 64 hex digits, the same in every run.
pub(crate) fn grant_id(key_id: &str, number: u64) -> String {
    let text = format!("kmsdeck sandbox grant {key_id} {number}");
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    data_encoding::HEXLOWER.encode(digest.as_ref())
}

/// A well-mixed number for the n-th of a series (splitmix64).
pub(crate) fn mix(n: u64) -> u64 {
    let mut z = n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A UUID of version 4's shape from two numbers.
pub(crate) fn uuid(high: u64, low: u64) -> String {
    let high = high & !0xF000 | 0x4000;
    let low = low & !(0b11 << 62) | (0b10 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xFFFF,
        high & 0xFFFF,
        low >> 48,
        low & 0xFFFF_FFFF_FFFF
    )
}

/// Adds `count` keys to the first account in us-east-1. They share policy
/// text and tags, and draw no material until they are used.
pub(crate) fn add_extra_keys(state: &mut State, account: &str, count: usize, now: Millis) {
    const SERVICES: [&str; 8] = [
        "orders", "billing", "search", "media", "mail", "ledger", "metrics", "sessions",
    ];
    let home = Arc::new(Home {
        account: account.into(),
        region: "us-east-1".into(),
    });
    let Some(policy) = state
        .store(&home)
        .and_then(|store| store.keys.values().find(|key| key.tags.is_empty()))
        .map(|key| key.policy.clone())
    else {
        return;
    };
    let tag_sets: Vec<Arc<[Tag]>> = SERVICES
        .iter()
        .map(|service| {
            let tag = |key: &str, value: &str| Tag {
                key: key.into(),
                value: value.into(),
            };
            Arc::from([tag("service", service), tag("generated", "yes")])
        })
        .collect();
    let descriptions: Vec<Arc<str>> = SERVICES
        .iter()
        .map(|service| Arc::from(format!("Generated for {service}")))
        .collect();
    let mut keys = Vec::with_capacity(count);
    let mut aliases = Vec::with_capacity(count);
    let mut index = Vec::with_capacity(count);
    for n in 0..count as u64 {
        let which = (n % SERVICES.len() as u64) as usize;
        let id: Arc<str> = uuid(mix(2 * n), mix(2 * n + 1)).into();
        let created = now.days(-((mix(n) % 1500) as i64) - 1);
        let (spec, usage) = match n % 40 {
            7 => (KeySpec::P256, KeyUsage::SignVerify),
            19 => (KeySpec::Hmac256, KeyUsage::GenerateVerifyMac),
            31 => (KeySpec::Rsa2048, KeyUsage::SignVerify),
            _ => (KeySpec::SymmetricDefault, KeyUsage::EncryptDecrypt),
        };
        let key_state = match n % 50 {
            11 | 12 => KeyState::Disabled,
            23 => KeyState::PendingDeletion,
            _ => KeyState::Enabled,
        };
        let mut key = Key {
            id: id.clone(),
            home: home.clone(),
            description: descriptions[which].clone(),
            spec,
            usage,
            state: key_state,
            origin: Origin::AwsKms,
            manager: KeyManager::Customer,
            created,
            policy: policy.clone(),
            tags: tag_sets[which].clone(),
            materials: vec![Arc::new(Material::new(0, None))],
            extra: None,
        };
        if key_state == KeyState::PendingDeletion {
            key.extra_mut().deletion = Some(now.days((n % 30) as i64 + 1));
            key.extra_mut().pending_window = Some(30);
        }
        let name: Arc<str> = format!("alias/{}/{n:06}", SERVICES[which]).into();
        let alias = Alias {
            target: Some(id.clone()),
            created: Some(created),
            updated: Some(created),
        };
        index.push((id.clone(), name.clone()));
        aliases.push((name, alias));
        keys.push((id, Arc::new(key)));
    }
    let store = state.store_mut(&home);
    // Sorted input builds the maps in one pass, and packs them tightly.
    keys.extend(std::mem::take(&mut store.keys));
    aliases.extend(std::mem::take(&mut store.aliases));
    index.extend(std::mem::take(&mut store.alias_index));
    store.keys = keys.into_iter().collect();
    store.aliases = aliases.into_iter().collect();
    store.alias_index = index.into_iter().collect();
}
