//! What a sandbox begins with: `seed/*.json` or a file of the user's, and generated keys for scale.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kmsdeck_policy::{PolicyDocument, root_arn};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::account::{
    Alias, AutoRotation, Home, Key, KeyPolicy, MultiRegion, State, Tag, is_key_id,
};
use crate::accounts::{self, Accounts};
use crate::contents::Contents;
use crate::crypto::{Import, Material, drawn_id};
use crate::error::SandboxError;
use crate::grants::{Constraints, Grant};
use crate::key_stores::{Backing, Connection, KeyStore};
use crate::regions::is_region;
use crate::source::{Named, Part, Source};
use crate::spec::{
    GrantOperation, KeyFault, KeyManager, KeySpec, KeyState, KeyUsage, Origin, RotationType,
};
use crate::wire::Millis;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedFile<'a> {
    #[serde(borrow, default)]
    accounts: Vec<&'a RawValue>,
    /// Key policies, by names that keys have them by.
    #[serde(borrow, default)]
    policies: Named<&'a RawValue>,
    #[serde(borrow, default)]
    keys: Vec<&'a RawValue>,
    #[serde(default)]
    predefined_aliases: Vec<PredefinedSeed>,
    #[serde(borrow, default)]
    key_stores: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyStoreSeed {
    account: String,
    #[serde(default = "us_east_1")]
    region: String,
    id: String,
    name: String,
    cluster: String,
    #[serde(default)]
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
struct KeySeed<'a> {
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
    /// A name, or a document; the default of the account, if there is none.
    #[serde(borrow)]
    policy: Option<&'a RawValue>,
    #[serde(default)]
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
    #[serde(default)]
    days_ago: i64,
}

/// The users, roles and policies of the teaching accounts.
pub(crate) fn accounts() -> Result<Accounts, SandboxError> {
    Ok(read(
        Path::new("accounts.json"),
        include_str!("../seed/accounts.json"),
    )?
    .accounts)
}

/// Who is there, in a sandbox with such contents.
pub(crate) fn accounts_of(contents: &Contents) -> Result<Accounts, SandboxError> {
    let accounts = match contents {
        Contents::Teaching | Contents::Empty => accounts()?,
        Contents::File { path, text } => {
            let source = Source { path, text };
            let accounts = read(path, text)?.accounts;
            if accounts.identities.is_empty() {
                return Err(source
                    .whole()
                    .refuse("there is no user in it, who could sign"));
            }
            accounts
        }
    };
    Ok(accounts)
}

/// The keys of a sandbox with such contents, as of `now`.
pub(crate) fn state_of(contents: &Contents, now: Millis) -> Result<State, SandboxError> {
    match contents {
        Contents::Teaching => state(now),
        Contents::Empty => Ok(State::default()),
        Contents::File { path, text } => {
            let file = read(path, text)?;
            keys(file, now)
        }
    }
}

/// The seeded keys as of `now`.
pub(crate) fn state(now: Millis) -> Result<State, SandboxError> {
    let accounts = accounts()?;
    let file = read(Path::new("keys.json"), include_str!("../seed/keys.json"))?;
    keys(ContentsFile { accounts, ..file }, now)
}

/// What a file says, of which the keys are still to be read.
struct ContentsFile<'a> {
    whole: Part<'a>,
    accounts: Accounts,
    policies: Named<&'a RawValue>,
    keys: Vec<&'a RawValue>,
    predefined_aliases: Vec<PredefinedSeed>,
    key_stores: Vec<&'a RawValue>,
}

fn read<'a>(path: &'a Path, text: &'a str) -> Result<ContentsFile<'a>, SandboxError> {
    let whole = Source { path, text }.whole();
    let file: SeedFile<'a> = whole.read()?;
    Ok(ContentsFile {
        accounts: accounts::read(&whole.items("accounts", &file.accounts))?,
        policies: file.policies,
        keys: file.keys,
        predefined_aliases: file.predefined_aliases,
        key_stores: file.key_stores,
        whole,
    })
}

fn keys(file: ContentsFile<'_>, now: Millis) -> Result<State, SandboxError> {
    let mut policies = HashMap::new();
    for (name, raw) in file.policies.0 {
        let part = file.whole.part(&format!("policies.{name}"), raw);
        policies.insert(name, key_policy(&part)?);
    }
    let mut state = State::default();
    for part in file.whole.items("key_stores", &file.key_stores) {
        let seed: KeyStoreSeed = part.read()?;
        check_key_store(&part, &seed, &file.accounts, &state)?;
        add_key_store(&mut state, seed, now);
    }
    for part in file.whole.items("keys", &file.keys) {
        let seed: KeySeed<'_> = part.read()?;
        let policy = match seed.policy {
            Some(raw) if raw.get().starts_with('"') => {
                let name: String = part.part("policy", raw).read()?;
                let named = policies.get(&name).cloned();
                named.ok_or_else(|| part.refuse(format!("there is no policy {name}")))?
            }
            Some(raw) => key_policy(&part.part("policy", raw))?,
            None => KeyPolicy::of_account(&seed.account).map_err(|error| part.refuse(error))?,
        };
        check_key(&part, &seed, &file.accounts, &state)?;
        add_key(&mut state, seed, policy, now);
    }
    for predefined in file.predefined_aliases {
        let home = home(&predefined.account, &predefined.region);
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
    state.note_due();
    Ok(state)
}

/// What stands in the place of the certificate of a cluster that is not there.
const TRUST_ANCHOR: &str = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";

/// What KMS would not have of a key store.
fn check_key_store(
    part: &Part<'_>,
    seed: &KeyStoreSeed,
    accounts: &Accounts,
    state: &State,
) -> Result<(), SandboxError> {
    let (id, name) = (&seed.id, &seed.name);
    let home = home(&seed.account, &seed.region);
    let mut others = state.store(&home).into_iter().flat_map(|store| {
        let key_stores = store.key_stores.values();
        key_stores.map(|other| (&other.id, &other.name))
    });
    let wrong = if accounts.account(&seed.account).is_none() {
        format!("there is no account {}", seed.account)
    } else if !is_region(&seed.region) {
        format!("{:?} is no Region", seed.region)
    } else if !is_key_store_id(id) {
        format!("{id:?} is no ID of a key store: cks- and 17 hex digits")
    } else if !(1..=256).contains(&name.len()) {
        "the name of a key store has 1 to 256 characters".to_owned()
    } else if others.any(|(other_id, other)| other_id == id || other == name) {
        format!("the key store {id} or its name {name} is there twice")
    } else {
        return Ok(());
    };
    Err(part.refuse(wrong))
}

fn is_key_store_id(id: &str) -> bool {
    id.strip_prefix("cks-").is_some_and(|digits| {
        digits.len() == 17 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn add_key_store(state: &mut State, seed: KeyStoreSeed, now: Millis) {
    let home = home(&seed.account, &seed.region);
    let id = seed.id.as_str().into();
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
    let store = state.store_mut(&home);
    store.key_stores.insert(id, Arc::new(key_store));
}

fn home(account: &str, region: &str) -> Arc<Home> {
    Arc::new(Home {
        account: account.into(),
        region: region.into(),
    })
}

fn key_policy(part: &Part<'_>) -> Result<Arc<KeyPolicy>, SandboxError> {
    PolicyDocument::parse_key_policy(part.text())
        .map_err(|error| part.refuse_at(error.line(), &error))?;
    let text = format!("{:#}", part.read::<Value>()?);
    let policy = KeyPolicy::parse(text).map_err(|error| part.refuse(&error))?;
    Ok(Arc::new(policy))
}

/// What KMS would not have of a key.
fn check_key(
    part: &Part<'_>,
    seed: &KeySeed<'_>,
    accounts: &Accounts,
    state: &State,
) -> Result<(), SandboxError> {
    let refuse = |what: String| Err(part.refuse(what));
    let id = &seed.id;
    if !is_key_id(id) {
        return refuse(format!(
            "{id:?} is no key ID: a UUID, or mrk- and 32 hex digits"
        ));
    }
    if !seed.replicas.is_empty() && !id.starts_with("mrk-") {
        return refuse("a key with replicas has an ID of mrk- and 32 hex digits".to_owned());
    }
    if accounts.account(&seed.account).is_none() {
        return refuse(format!("there is no account {}", seed.account));
    }
    if !seed.spec.usages().contains(&seed.usage) {
        return refuse(format!(
            "the usage {} is none of {}",
            seed.usage.name(),
            seed.spec.name()
        ));
    }
    let key_store = seed.key_store.as_ref().filter(|id| {
        let store = state.store(&home(&seed.account, &seed.region));
        !store.is_some_and(|store| store.key_stores.contains_key(id.as_str()))
    });
    if let Some(id) = key_store {
        return refuse(format!("there is no key store {id} in its Region"));
    }
    if seed.key_store.is_some() != (seed.origin == Origin::CloudHsm) {
        return refuse("key_store and the origin AWS_CLOUDHSM go together".to_owned());
    }
    if seed.valid_to_in_days.is_some() && seed.origin != Origin::External {
        return refuse("valid_to_in_days is for keys of the origin EXTERNAL".to_owned());
    }
    if (seed.state == KeyState::PendingDeletion) != seed.deletion_in_days.is_some() {
        return refuse("deletion_in_days and the state PendingDeletion go together".to_owned());
    }
    for region in std::iter::once(&seed.region).chain(&seed.replicas) {
        if !is_region(region) {
            return refuse(format!("{region:?} is no Region"));
        }
        let Some(store) = state.store(&home(&seed.account, region)) else {
            continue;
        };
        if store.keys.contains_key(id.as_str()) {
            return refuse(format!("the key {id} is there twice"));
        }
        let mut aliases = seed.aliases.iter();
        if let Some(twice) = aliases.find(|name| store.aliases.contains_key(name.as_str())) {
            return refuse(format!("{twice} is there twice"));
        }
    }
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "/_-".contains(c);
    for alias in &seed.aliases {
        let name = alias.strip_prefix("alias/").unwrap_or_default();
        let is_aws = name.starts_with("aws/");
        if name.is_empty() || !name.chars().all(is_allowed) || alias.len() > 256 {
            return refuse(format!("{alias:?} is no alias as alias/orders is"));
        }
        if is_aws != (seed.manager == KeyManager::Aws) {
            return refuse(format!(
                "{alias}: alias/aws/ is for keys whose manager is AWS"
            ));
        }
    }
    for grant in &seed.grants {
        if !grant.grantee.starts_with("arn:") || grant.operations.is_empty() {
            return refuse(format!(
                "the grant {} needs the ARN of its grantee, and an operation",
                grant.name
            ));
        }
    }
    Ok(())
}

fn add_key(state: &mut State, seed: KeySeed<'_>, policy: Arc<KeyPolicy>, now: Millis) {
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
    let mut key = Key {
        id: seed.id.as_str().into(),
        home: home(&seed.account, &seed.region),
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
        let home = home(&seed.account, region);
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
pub(crate) fn add_extra_keys(
    state: &mut State,
    account: &str,
    count: usize,
    id_base: u64,
    now: Millis,
) -> Result<(), SandboxError> {
    const SERVICES: [&str; 8] = [
        "orders", "billing", "search", "media", "mail", "ledger", "metrics", "sessions",
    ];
    let home = Arc::new(Home {
        account: account.into(),
        region: "us-east-1".into(),
    });
    let policy = KeyPolicy::of_account(account).map_err(|error| SandboxError::Contents {
        path: PathBuf::from("the default key policy"),
        line: error.line(),
        what: error.to_string(),
    })?;
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
        let id: Arc<str> = uuid(mix(id_base + 2 * n), mix(id_base + 2 * n + 1)).into();
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
    Ok(())
}
