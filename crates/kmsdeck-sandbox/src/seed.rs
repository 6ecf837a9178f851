//! The seed: `seed/*.json`, and generated keys for scale.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use kmsdeck_policy::{PolicyDocument, root_arn};
use serde::Deserialize;
use serde_json::Value;

use crate::account::{Alias, AutoRotation, Home, Key, KeyPolicy, MultiRegion, State, Tag};
use crate::crypto::{Import, Material, drawn_id};
use crate::error::SandboxError;
use crate::grants::{Constraints, Grant};
use crate::identity::{Identity, Kind, Principal, Role, Tags};
use crate::key_stores::{Backing, Connection, KeyStore};
use crate::spec::{
    GrantOperation, KeyFault, KeyManager, KeySpec, KeyState, KeyUsage, Origin, RotationType,
};
use crate::wire::Millis;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountsFile {
    /// Of AWS, by their names.
    managed_policies: BTreeMap<String, Value>,
    accounts: Vec<AccountSeed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountSeed {
    id: String,
    principals: Vec<PrincipalSeed>,
    #[serde(default)]
    roles: Vec<RoleSeed>,
    /// Its own managed policies, by their names.
    #[serde(default)]
    managed_policies: BTreeMap<String, Value>,
    /// OpenID Connect identity providers: the address without its scheme, and the audiences.
    #[serde(default)]
    oidc_providers: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleSeed {
    name: String,
    trust: Value,
    policies: Vec<Value>,
    boundary: Option<Value>,
    #[serde(default)]
    tags: Tags,
    #[serde(default = "an_hour")]
    longest_session: i64,
}

fn an_hour() -> i64 {
    3600
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PrincipalSeed {
    name: String,
    user: String,
    access_key_id: String,
    secret_access_key: String,
    policies: Vec<Value>,
    boundary: Option<Value>,
    #[serde(default)]
    tags: Tags,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeysFile {
    policies: HashMap<String, Value>,
    keys: Vec<KeySeed>,
    predefined_aliases: Vec<PredefinedSeed>,
    key_stores: Vec<KeyStoreSeed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyStoreSeed {
    account: String,
    region: String,
    id: String,
    name: String,
    cluster: String,
    created_days_ago: i64,
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

/// Who is there: users, roles, and what roles and sessions refer to.
#[derive(Debug)]
pub(crate) struct Accounts {
    /// The users, in the order of the file.
    pub(crate) identities: Vec<Arc<Identity>>,
    /// By their ARNs.
    pub(crate) roles: HashMap<String, Arc<Role>>,
    /// By their ARNs.
    pub(crate) managed_policies: HashMap<String, PolicyDocument>,
    /// The audiences of the identity providers, by their ARNs.
    pub(crate) oidc_providers: HashMap<String, Vec<String>>,
}

pub(crate) fn accounts() -> Result<Accounts, SandboxError> {
    const FILE: &str = "accounts.json";
    let file: AccountsFile = serde_json::from_str(include_str!("../seed/accounts.json"))
        .map_err(|error| broken(FILE, error))?;
    let policy = |owner: &str, policy: &Value| {
        PolicyDocument::parse(&policy.to_string())
            .map_err(|error| broken(FILE, format!("{owner}: {error}")))
    };
    let policies = |owner: &str, policies: &[Value]| {
        let policies = policies.iter().map(|one| policy(owner, one));
        policies.collect::<Result<Arc<[PolicyDocument]>, _>>()
    };
    let boundary = |owner: &str, boundary: &Option<Value>| {
        let boundary = boundary
            .as_ref()
            .map(|one| policy(owner, one).map(Arc::new));
        boundary.transpose()
    };
    let mut accounts = Accounts {
        identities: Vec::new(),
        roles: HashMap::new(),
        managed_policies: HashMap::new(),
        oidc_providers: HashMap::new(),
    };
    for (name, document) in &file.managed_policies {
        let arn = format!("arn:aws:iam::aws:policy/{name}");
        accounts
            .managed_policies
            .insert(arn, policy(name, document)?);
    }
    for account in file.accounts {
        let id = &account.id;
        for seed in account.principals {
            let key = &seed.access_key_id;
            let tail: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
            accounts.identities.push(Arc::new(Identity {
                policies: policies(&seed.name, &seed.policies)?,
                boundary: boundary(&seed.name, &seed.boundary)?,
                user_id: format!("AIDA{tail}"),
                tags: seed.tags,
                session: None,
                principal: Principal {
                    arn: format!("arn:aws:iam::{id}:user/{}", seed.user),
                    name: seed.name,
                    account_id: id.clone(),
                    access_key_id: seed.access_key_id,
                    secret_access_key: seed.secret_access_key,
                },
                kind: Kind::User { name: seed.user },
            }));
        }
        for seed in account.roles {
            let arn = format!("arn:aws:iam::{id}:role/{}", seed.name);
            let trust = PolicyDocument::parse_trust_policy(&seed.trust.to_string())
                .map_err(|error| broken(FILE, format!("{}: {error}", seed.name)))?;
            let role = Role {
                arn: arn.clone(),
                account_id: id.clone(),
                trust,
                policies: policies(&seed.name, &seed.policies)?,
                boundary: boundary(&seed.name, &seed.boundary)?,
                tags: seed.tags,
                longest_session: seed.longest_session,
                name: seed.name,
            };
            accounts.roles.insert(arn, Arc::new(role));
        }
        for (name, document) in &account.managed_policies {
            let arn = format!("arn:aws:iam::{id}:policy/{name}");
            accounts
                .managed_policies
                .insert(arn, policy(name, document)?);
        }
        for (address, audiences) in account.oidc_providers {
            let arn = format!("arn:aws:iam::{id}:oidc-provider/{address}");
            accounts.oidc_providers.insert(arn, audiences);
        }
    }
    Ok(accounts)
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
    for seed in file.key_stores {
        let home = Arc::new(Home {
            account: seed.account.into(),
            region: seed.region.into(),
        });
        let key_store = KeyStore {
            created: now.days(-seed.created_days_ago),
            backing: Backing::CloudHsm {
                cluster: seed.cluster,
                trust_anchor: TRUST_ANCHOR.into(),
            },
            connection: Connection::Disconnected,
            name: seed.name,
            id: seed.id,
        };
        let id = key_store.id.as_str().into();
        let store = state.store_mut(&home);
        store.key_stores.insert(id, Arc::new(key_store));
    }
    state.note_due();
    Ok(state)
}

/// What stands in the place of the certificate of a cluster that is not there.
const TRUST_ANCHOR: &str = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";

fn add_key(state: &mut State, seed: KeySeed, policy: Arc<KeyPolicy>, now: Millis) {
    let created = now.days(-seed.created_days_ago);
    let mut materials = Vec::new();
    if seed.state != KeyState::PendingImport {
        let material = match seed.origin {
            Origin::External => {
                let valid_to = seed.valid_to_in_days.map(|days| now.days(days));
                let import = Import::of_drawn(drawn_id(&seed.id, 0), valid_to);
                Material::imported(0, None, import, None)
            }
            _ => Material::new(0, None),
        };
        materials.push(Arc::new(material));
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
        key_store: seed.key_store,
        cluster: seed.cluster,
        xks_key: None,
        multi_region,
        rotation: seed.rotation_period_days.map(|period_days| AutoRotation {
            period_days,
            since: created,
        }),
        fault: seed.fault,
        shared_with: seed.shared_with,
        later: None,
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
