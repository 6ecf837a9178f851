//! The service's state in a file, kept between runs.
//!
//! JSON, versioned, written to a temporary file beside it that then takes its
//! place, so that a crash leaves the old state or the new one. It holds key
//! material of made-up keys; on Unix only its owner may read it.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::account::{
    Alias, AutoRotation, Extra, Home, Key, KeyPolicy, LastUse, MultiRegion, State, Store, Tag,
};
use crate::crypto::Material;
use crate::grants::Grant;
use crate::spec::{KeyFault, KeyManager, KeySpec, KeyState, KeyUsage, Origin, RotationType};
use crate::wire::Millis;

const FORMAT: &str = "kmsdeck sandbox state";
const VERSION: u32 = 1;

/// What is read first, so that another version is told from a damaged file.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StateFile {
    format: String,
    version: u32,
    /// Counts what was made, so that identifiers are not given twice.
    made: u64,
    homes: Vec<HomeFile>,
    /// By account and key ID; related multi-Region keys share theirs.
    materials: Vec<MaterialsFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HomeFile {
    account: String,
    region: String,
    keys: Vec<KeyFile>,
    aliases: Vec<AliasFile>,
    grants: HashMap<String, Vec<Grant>>,
    last_use: HashMap<String, LastUse>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    id: String,
    description: String,
    spec: KeySpec,
    usage: KeyUsage,
    state: KeyState,
    origin: Origin,
    manager: KeyManager,
    created: Millis,
    policy: String,
    tags: Vec<Tag>,
    deletion: Option<Millis>,
    pending_window: Option<i64>,
    valid_to: Option<Millis>,
    key_store: Option<String>,
    cluster: Option<String>,
    multi_region: Option<MultiRegion>,
    rotation: Option<AutoRotation>,
    fault: Option<KeyFault>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    shared_with: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AliasFile {
    name: String,
    target: Option<String>,
    created: Option<Millis>,
    updated: Option<Millis>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MaterialsFile {
    account: String,
    key_id: String,
    materials: Vec<MaterialFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MaterialFile {
    ordinal: u32,
    rotated: Option<(Millis, RotationType)>,
    /// Base64; none while it was never used.
    secret: Option<Zeroizing<String>>,
}

/// Reads the file; none if there is none. The error says what is wrong with
/// it, and the file is left as it is.
pub(crate) fn read(path: &Path) -> Result<Option<(State, u64)>, String> {
    let text = match fs::read(path) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let head: Head = serde_json::from_slice(&text)
        .map_err(|error| format!("it is damaged or no state file ({error})"))?;
    if head.format != FORMAT {
        return Err("it is no state file of the sandbox".into());
    }
    if head.version != VERSION {
        return Err(format!(
            "it has version {}, this kmsdeck reads version {VERSION}",
            head.version
        ));
    }
    let file: StateFile =
        serde_json::from_slice(&text).map_err(|error| format!("it is damaged ({error})"))?;
    let made = file.made;
    Ok(Some((restore(file)?, made)))
}

fn restore(file: StateFile) -> Result<State, String> {
    let mut materials: HashMap<(String, String), Vec<Arc<Material>>> = HashMap::new();
    for of_key in file.materials {
        let mut list = Vec::new();
        for material in of_key.materials {
            list.push(Arc::new(match material.secret {
                None => Material::new(material.ordinal, material.rotated),
                Some(text) => {
                    let secret = BASE64
                        .decode(text.as_bytes())
                        .map_err(|error| format!("it is damaged ({error})"))?;
                    let secret = Zeroizing::new(secret);
                    Material::with_secret(material.ordinal, material.rotated, secret)
                }
            }));
        }
        materials.insert((of_key.account, of_key.key_id), list);
    }
    let mut policies: HashMap<String, Arc<KeyPolicy>> = HashMap::new();
    let mut state = State::default();
    for home_file in file.homes {
        let home = Arc::new(Home {
            account: home_file.account.as_str().into(),
            region: home_file.region.into(),
        });
        for key in home_file.keys {
            let policy = match policies.get(&key.policy) {
                Some(policy) => policy.clone(),
                None => {
                    let policy = KeyPolicy::parse(key.policy.clone())
                        .map_err(|error| format!("the policy of key {}: {error}", key.id))?;
                    let policy = Arc::new(policy);
                    policies.insert(key.policy.clone(), policy.clone());
                    policy
                }
            };
            let of_key = (home_file.account.clone(), key.id.clone());
            state.insert_key(Key {
                id: key.id.into(),
                home: home.clone(),
                description: key.description.into(),
                spec: key.spec,
                usage: key.usage,
                state: key.state,
                origin: key.origin,
                manager: key.manager,
                created: key.created,
                policy,
                tags: key.tags.into(),
                materials: materials.get(&of_key).cloned().unwrap_or_default(),
                extra: Some(Box::new(Extra {
                    deletion: key.deletion,
                    pending_window: key.pending_window,
                    valid_to: key.valid_to,
                    key_store: key.key_store,
                    cluster: key.cluster,
                    multi_region: key.multi_region,
                    rotation: key.rotation,
                    fault: key.fault,
                    shared_with: key.shared_with,
                })),
            });
        }
        let store = state.store_mut(&home);
        for alias in home_file.aliases {
            store.put_alias(
                alias.name.into(),
                Alias {
                    target: alias.target.map(Into::into),
                    created: alias.created,
                    updated: alias.updated,
                },
            );
        }
        for (id, grants) in home_file.grants {
            let grants = grants.into_iter().map(Arc::new).collect();
            store.grants.insert(id.into(), grants);
        }
        for (id, last_use) in home_file.last_use {
            store.last_use.insert(id.into(), last_use);
        }
    }
    Ok(state)
}

/// Writes the state; whoever reads sees all of it, or the one before.
pub(crate) fn write(path: &Path, state: &State, made: u64) -> io::Result<()> {
    let text = Zeroizing::new(serde_json::to_vec(&capture(state, made))?);
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(name);
    let written = write_new(&beside, &text).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written?;
    sync_directory(path)
}

fn write_new(path: &PathBuf, text: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

/// Makes the rename last, where directories can be synced.
fn sync_directory(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let directory = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        File::open(directory)?.sync_all()?;
    }
    Ok(())
}

fn capture(state: &State, made: u64) -> StateFile {
    let mut file = StateFile {
        format: FORMAT.into(),
        version: VERSION,
        made,
        homes: Vec::new(),
        materials: Vec::new(),
    };
    let mut seen = std::collections::HashSet::new();
    let mut homes: Vec<_> = state.homes().collect();
    homes.sort_by(|a, b| a.0.cmp(b.0));
    for (home, store) in homes {
        for key in store.keys.values() {
            if seen.insert((home.account.clone(), key.id.clone())) {
                file.materials.push(MaterialsFile {
                    account: home.account.to_string(),
                    key_id: key.id.to_string(),
                    materials: key.materials.iter().map(|m| capture_material(m)).collect(),
                });
            }
        }
        file.homes.push(capture_home(home, store));
    }
    file
}

fn capture_material(material: &Material) -> MaterialFile {
    MaterialFile {
        ordinal: material.ordinal,
        rotated: material.rotated,
        secret: material
            .drawn()
            .map(|bytes| Zeroizing::new(BASE64.encode(bytes))),
    }
}

fn capture_home(home: &Home, store: &Store) -> HomeFile {
    HomeFile {
        account: home.account.to_string(),
        region: home.region.to_string(),
        keys: store.keys.values().map(|key| capture_key(key)).collect(),
        aliases: store
            .aliases
            .iter()
            .map(|(name, alias)| AliasFile {
                name: name.to_string(),
                target: alias.target.as_deref().map(Into::into),
                created: alias.created,
                updated: alias.updated,
            })
            .collect(),
        grants: store
            .grants
            .iter()
            .map(|(id, grants)| {
                let grants = grants.iter().map(|grant| Grant::clone(grant)).collect();
                (id.to_string(), grants)
            })
            .collect(),
        last_use: store
            .last_use
            .iter()
            .map(|(id, last_use)| (id.to_string(), last_use.clone()))
            .collect(),
    }
}

fn capture_key(key: &Key) -> KeyFile {
    let extra = key.extra().clone();
    KeyFile {
        id: key.id.to_string(),
        description: key.description.to_string(),
        spec: key.spec,
        usage: key.usage,
        state: key.state,
        origin: key.origin,
        manager: key.manager,
        created: key.created,
        policy: key.policy.text.clone(),
        tags: key.tags.to_vec(),
        deletion: extra.deletion,
        pending_window: extra.pending_window,
        valid_to: extra.valid_to,
        key_store: extra.key_store,
        cluster: extra.cluster,
        multi_region: extra.multi_region,
        rotation: extra.rotation,
        fault: extra.fault,
        shared_with: extra.shared_with,
    }
}
