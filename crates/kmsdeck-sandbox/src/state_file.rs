//! The service's state in a file, kept between runs.
//!
//! JSON, a line a document. The first line is the state as it was when the file was made, and has
//! the version; each further line is what has changed since, written before the change is
//! acknowledged. A line that a crash left half written has no end and counts for nothing. When the
//! changes have become more than the state, a new file takes the place of the old.
//!
//! One process at a time has it, by a lock that ends with the process; a line says which.
//!
//! It holds key material of made-up keys; on Unix only its owner may read it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::BASE64;
use kmsdeck_atomic_file::{AtomicFile, replaceable, sweep};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::account::{
    Alias, AutoRotation, Extra, Home, Key, KeyPolicy, LastUse, Later, MultiRegion, State, Store,
    Tag,
};
use crate::changes::Change;
use crate::crypto::{Import, Material, drawn_id};
use crate::error::SandboxError;
use crate::grants::Grant;
use crate::key_stores::KeyStore;
use crate::spec::{KeyFault, KeyManager, KeySpec, KeyState, KeyUsage, Origin, RotationType};
use crate::wire::Millis;

const FORMAT: &str = "kmsdeck sandbox state";
/// Version 1 was one document without lines of changes; it is read, and written as this one.
const VERSION: u32 = 2;
/// The most bytes that are read: several times what 100,000 keys take.
const MOST: u64 = 1 << 30;
/// Changes of fewer bytes are no reason to write the file anew.
const FEW: u64 = 1 << 20;

/// What is read first, so that another version is told from a damaged file.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

/// The first line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstLine {
    format: String,
    version: u32,
    /// Counts what was made, so that identifiers are not given twice.
    made: u64,
    homes: Vec<HomeFile>,
    /// By account and key ID; related multi-Region keys share theirs, but for imported ones.
    materials: Vec<MaterialsFile>,
}

/// Each further line. What it names is as it says from then on; the rest is as it was.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// A process that has begun to use the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    process: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    made: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    homes: Vec<HomeFile>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    materials: Vec<MaterialsFile>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HomeFile {
    account: String,
    region: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    keys: Vec<KeyFile>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<AliasFile>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    removed_aliases: Vec<String>,
    #[serde(default, skip_serializing_if = "HashMap::is_empty")]
    grants: HashMap<String, Vec<Grant>>,
    #[serde(default, skip_serializing_if = "HashMap::is_empty")]
    last_use: HashMap<String, LastUse>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    key_stores: Vec<KeyStore>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    removed_key_stores: Vec<String>,
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
    /// Of a file of before materials had their own.
    #[serde(default, skip_serializing)]
    valid_to: Option<Millis>,
    key_store: Option<String>,
    cluster: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    xks_key: Option<String>,
    multi_region: Option<MultiRegion>,
    rotation: Option<AutoRotation>,
    fault: Option<KeyFault>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    shared_with: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    later: Option<Later>,
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
    /// Of imported materials, which each Region has or has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    materials: Vec<MaterialFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MaterialFile {
    ordinal: u32,
    rotated: Option<(Millis, RotationType)>,
    /// Base64; none while it was never used, or is not imported.
    secret: Option<Zeroizing<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    import: Option<Import>,
}

/// A state file that this process has, and no other.
pub(crate) struct StateFile {
    /// Where it is, behind all links.
    path: PathBuf,
    file: File,
    /// How far its lines are whole; what a failed write left behind them is written over.
    length: u64,
    /// With how many bytes it is written anew.
    longest: u64,
}

impl StateFile {
    /// Opens it, and gives what it says and how much was made; with the `fresh` state where there
    /// is none.
    ///
    /// Errors: another process has it; what is wrong with it, and then it is left as it is.
    pub(crate) fn open(
        path: &Path,
        fresh: impl Fn() -> Result<State, SandboxError>,
    ) -> Result<(StateFile, State, u64), SandboxError> {
        let refuse = |what: String| SandboxError::StateFile {
            path: path.to_owned(),
            what,
        };
        let refuse_io = |error: io::Error| refuse(error.to_string());
        let place = match fs::symlink_metadata(path) {
            Ok(_) => replaceable(path).map_err(refuse_io)?,
            Err(_) => path.to_owned(),
        };
        sweep(&place);
        loop {
            let file = match OpenOptions::new().read(true).write(true).open(&place) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let state = fresh()?;
                    match StateFile::create(&place, &state, 0, false) {
                        Ok(file) => return Ok((file, state, 0)),
                        // Another process was faster.
                        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                        Err(error) => return Err(refuse_io(error)),
                    }
                }
                Err(error) => return Err(refuse_io(error)),
            };
            let locked = file.try_lock();
            // Meanwhile another file may have taken its place.
            if !is_at(&file, &place) {
                continue;
            }
            match locked {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(SandboxError::StateFileInUse {
                        path: path.to_owned(),
                        process: process_of(&place),
                    });
                }
                Err(TryLockError::Error(error)) => {
                    return Err(refuse(format!("it cannot be locked ({error})")));
                }
            }
            return StateFile::read(file, place).map_err(refuse);
        }
    }

    fn read(mut file: File, path: PathBuf) -> Result<(StateFile, State, u64), String> {
        let length = file.metadata().map_err(|error| error.to_string())?.len();
        if length > MOST {
            return Err(format!(
                "it has {length} bytes, and no state file is over 1 GiB"
            ));
        }
        let mut text = Zeroizing::new(Vec::new());
        file.read_to_end(&mut text)
            .map_err(|error| error.to_string())?;
        let head = Head::deserialize(&mut serde_json::Deserializer::from_slice(&text))
            .map_err(|error| format!("it is damaged or no state file ({error})"))?;
        if head.format != FORMAT {
            return Err("it is no state file of the sandbox".into());
        }
        let mut contents = Contents::default();
        match head.version {
            1 => {
                contents.first_line(&text)?;
                let (state, made) = contents.finish();
                let file = StateFile::create(&path, &state, made, true)
                    .map_err(|error| error.to_string())?;
                Ok((file, state, made))
            }
            VERSION => {
                let (first, length) = contents.lines(&text)?;
                let (state, made) = contents.finish();
                let mut file = StateFile {
                    path,
                    file,
                    length: length as u64,
                    longest: longest(first as u64),
                };
                file.begin().map_err(|error| error.to_string())?;
                Ok((file, state, made))
            }
            other => Err(format!(
                "it has version {other}, this kmsdeck reads version {VERSION}"
            )),
        }
    }

    /// Takes away a line that was half written, and says who has the file now.
    fn begin(&mut self) -> io::Result<()> {
        self.file.set_len(self.length)?;
        self.append(&Line::of_this_process(), false)
    }

    /// A new file with all of the state; whoever reads sees all of it, or what was there before.
    fn create(path: &Path, state: &State, made: u64, replace: bool) -> io::Result<StateFile> {
        let mut text = serialize(&capture(state, made))?;
        let longest = longest(text.len() as u64);
        text.extend_from_slice(&serialize(&Line::of_this_process())?);
        let file = AtomicFile::for_path(path)?;
        let mut writer = file.writer()?;
        // It was locked when it was made, where that can be.
        writer.try_lock().map_err(|error| {
            io::Error::other(format!("a file there cannot be locked ({error})"))
        })?;
        writer.write_all(&text)?;
        writer.sync_all()?;
        file.finish(path, replace)?;
        Ok(StateFile {
            path: path.to_owned(),
            file: writer,
            length: text.len() as u64,
            longest,
        })
    }

    /// What is to be written of the changes.
    pub(crate) fn prepare(&self, state: &State, made: u64, changes: &HashSet<Change>) -> Unwritten {
        let is_gone = !self.path.exists();
        // A secret that was deleted is not to stay in an earlier line.
        let is_erased = changes.contains(&Change::Erasure);
        let is_anew = is_gone || is_erased || self.length > self.longest;
        Unwritten {
            line: capture_changes(state, made, changes),
            drawn: drawn(state, changes),
            lasts: changes
                .iter()
                .any(|change| !matches!(change, Change::LastUse(..))),
            // A copy shares the keys, so that no lock is held while it is written.
            all: is_anew.then(|| (state.clone(), made)),
            is_gone,
        }
    }

    /// Writes it: from then on the file has it, even if the process is killed. What is worth it
    /// lasts beyond a power failure, too.
    pub(crate) fn write(&mut self, unwritten: &Unwritten) -> io::Result<()> {
        let is_anew = match &unwritten.all {
            Some((state, made)) => self.write_anew(state, *made, unwritten.is_gone)?,
            None => false,
        };
        if !is_anew {
            if !is_at(&self.file, &self.path) {
                return Err(io::Error::other("another file has taken its place"));
            }
            self.append(&unwritten.line, unwritten.lasts)?;
        }
        for material in &unwritten.drawn {
            material.set_kept();
        }
        Ok(())
    }

    /// Whether it could be. Where it could not, for want of space, say, there are more changes in
    /// the old file; where that is gone there is no other way.
    fn write_anew(&mut self, state: &State, made: u64, is_gone: bool) -> io::Result<bool> {
        if !is_gone && !is_at(&self.file, &self.path) {
            return Ok(false);
        }
        match StateFile::create(&self.path, state, made, !is_gone) {
            Ok(file) => {
                *self = file;
                Ok(true)
            }
            Err(error) if is_gone => Err(error),
            Err(_) => {
                self.longest = self.longest.saturating_mul(2);
                Ok(false)
            }
        }
    }

    /// Has the file have that state, and nothing of what it had.
    pub(crate) fn replace(&mut self, state: &State, made: u64) -> Result<(), SandboxError> {
        let is_gone = !self.path.exists();
        let refuse = |what: String| SandboxError::StateFile {
            path: self.path.clone(),
            what,
        };
        if !is_gone && !is_at(&self.file, &self.path) {
            return Err(refuse("another file has taken its place".to_owned()));
        }
        let file = StateFile::create(&self.path, state, made, !is_gone);
        *self = file.map_err(|error| refuse(error.to_string()))?;
        Ok(())
    }

    fn append(&mut self, line: &Line, lasts: bool) -> io::Result<()> {
        let text = serialize(line)?;
        self.file.seek(SeekFrom::Start(self.length))?;
        self.file.write_all(&text)?;
        if lasts {
            self.file.sync_data()?;
        }
        self.length += text.len() as u64;
        Ok(())
    }
}

/// What the file does not have yet.
pub(crate) struct Unwritten {
    line: Line,
    /// The materials in it that have a secret.
    drawn: Vec<Arc<Material>>,
    /// It is more than when a key was last used.
    lasts: bool,
    /// All of the state, where the file is to be written anew.
    all: Option<(State, u64)>,
    /// Somebody removed the file.
    is_gone: bool,
}

impl Line {
    fn of_this_process() -> Line {
        Line {
            process: Some(std::process::id()),
            ..Line::default()
        }
    }
}

/// A line with its end. JSON has no other line break in it.
fn serialize(line: &impl Serialize) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut text = Zeroizing::new(serde_json::to_vec(line)?);
    text.push(b'\n');
    Ok(text)
}

fn longest(first: u64) -> u64 {
    first + first.max(FEW)
}

/// Whether the path leads to this file and to no other.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let (Ok(of_file), Ok(of_path)) = (file.metadata(), fs::metadata(path)) else {
        return false;
    };
    (of_file.dev(), of_file.ino()) == (of_path.dev(), of_path.ino())
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

/// The process that has a state file, as the file says.
fn process_of(path: &Path) -> Option<u32> {
    let text = Zeroizing::new(fs::read(path).ok()?);
    let mut lines = text.rsplit(|byte| *byte == b'\n');
    lines.find_map(|line| {
        let is_it = line.starts_with(b"{\"process\":");
        let line: Line = is_it.then(|| serde_json::from_slice(line).ok())??;
        line.process
    })
}

/// Whose materials they are: the account, the key ID, and the Region if they are imported.
type Owner = (String, String, Option<String>);

/// What a file says, line by line.
#[derive(Default)]
struct Contents {
    state: State,
    made: u64,
    materials: HashMap<Owner, Vec<Arc<Material>>>,
    /// Of keys whose materials say nothing of it.
    valid_to: HashMap<(Arc<Home>, Arc<str>), Millis>,
    policies: HashMap<String, Arc<KeyPolicy>>,
}

impl Contents {
    /// The lengths of the first line and of all lines that are whole.
    fn lines(&mut self, text: &[u8]) -> Result<(usize, usize), String> {
        let end = |text: &[u8]| text.iter().position(|byte| *byte == b'\n');
        let first = end(text).ok_or("it is damaged (its first line has no end)")? + 1;
        self.first_line(&text[..first])?;
        let mut length = first;
        let mut number = 1;
        while let Some(end) = end(&text[length..]) {
            number += 1;
            let line: Line = serde_json::from_slice(&text[length..length + end])
                .map_err(|error| format!("its line {number} is damaged ({error})"))?;
            self.made = line.made.unwrap_or(self.made);
            self.add(line.homes, line.materials)?;
            length += end + 1;
        }
        Ok((first, length))
    }

    fn first_line(&mut self, text: &[u8]) -> Result<(), String> {
        let line: FirstLine =
            serde_json::from_slice(text).map_err(|error| format!("it is damaged ({error})"))?;
        self.made = line.made;
        self.add(line.homes, line.materials)
    }

    fn add(&mut self, homes: Vec<HomeFile>, materials: Vec<MaterialsFile>) -> Result<(), String> {
        for of_key in materials {
            let list = of_key.materials.into_iter().map(restore_material);
            let list = list.collect::<Result<Vec<_>, _>>()?;
            let owner = (of_key.account, of_key.key_id, of_key.region);
            self.materials.insert(owner, list);
        }
        for home_file in homes {
            let home = Arc::new(Home {
                account: home_file.account.into(),
                region: home_file.region.into(),
            });
            for key in home_file.keys {
                let policy = self.policy(&key)?;
                if let Some(valid_to) = key.valid_to {
                    let id = key.id.as_str().into();
                    self.valid_to.insert((home.clone(), id), valid_to);
                }
                self.state
                    .insert_key(restore_key(key, home.clone(), policy));
            }
            let store = self.state.store_mut(&home);
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
            for name in home_file.removed_aliases {
                store.remove_alias(&name);
            }
            for (id, grants) in home_file.grants {
                let grants = grants.into_iter().map(Arc::new).collect();
                store.grants.insert(id.into(), grants);
            }
            for (id, last_use) in home_file.last_use {
                store.last_use.insert(id.into(), last_use);
            }
            for key_store in home_file.key_stores {
                let id = key_store.id.as_str().into();
                store.key_stores.insert(id, Arc::new(key_store));
            }
            for id in home_file.removed_key_stores {
                store.key_stores.remove(id.as_str());
            }
        }
        Ok(())
    }

    /// Keys with the same text share it.
    fn policy(&mut self, key: &KeyFile) -> Result<Arc<KeyPolicy>, String> {
        if let Some(policy) = self.policies.get(&key.policy) {
            return Ok(policy.clone());
        }
        let policy = KeyPolicy::parse(key.policy.clone())
            .map_err(|error| format!("the policy of key {}: {error}", key.id))?;
        let policy = Arc::new(policy);
        self.policies.insert(key.policy.clone(), policy.clone());
        Ok(policy)
    }

    fn finish(mut self) -> (State, u64) {
        for key in self.state.keys_mut() {
            let (account, id) = (key.home.account.to_string(), key.id.to_string());
            let in_region = (account, id, Some(key.home.region.to_string()));
            let materials = self.materials.get(&in_region).or_else(|| {
                let (account, id, _) = in_region;
                self.materials.get(&(account, id, None))
            });
            key.materials = materials.cloned().unwrap_or_default();
            if key.origin == Origin::External {
                let valid_to = self.valid_to.get(&(key.home.clone(), key.id.clone()));
                let materials = key.materials.iter();
                let with_import = |material| with_import(material, &key.id, valid_to.copied());
                key.materials = materials.map(with_import).collect();
            }
        }
        self.state.note_due();
        (self.state, self.made)
    }
}

/// A material of before imported ones were told from others.
fn with_import(material: &Arc<Material>, key_id: &str, valid_to: Option<Millis>) -> Arc<Material> {
    if material.import.is_some() {
        return material.clone();
    }
    let import = Import::of_drawn(drawn_id(key_id, material.ordinal), valid_to);
    let secret = material.drawn().map(|bytes| Zeroizing::new(bytes.to_vec()));
    let (ordinal, rotated) = (material.ordinal, material.rotated);
    Arc::new(Material::imported(ordinal, rotated, import, secret))
}

fn restore_material(material: MaterialFile) -> Result<Arc<Material>, String> {
    let (ordinal, rotated) = (material.ordinal, material.rotated);
    let decode = |text: Zeroizing<String>| {
        let bytes = BASE64.decode(text.as_bytes());
        bytes.map_err(|error| format!("it is damaged ({error})"))
    };
    let secret = material.secret.map(decode).transpose()?.map(Zeroizing::new);
    let material = match (material.import, secret) {
        (Some(import), secret) => Material::imported(ordinal, rotated, import, secret),
        (None, None) => Material::new(ordinal, rotated),
        (None, Some(secret)) => Material::with_secret(ordinal, rotated, secret),
    };
    // One that was never used is yet to be drawn, and to be kept then.
    if material.drawn().is_some() {
        material.set_kept();
    }
    Ok(Arc::new(material))
}

/// Without its materials, which may be on another line.
fn restore_key(key: KeyFile, home: Arc<Home>, policy: Arc<KeyPolicy>) -> Key {
    Key {
        id: key.id.into(),
        home,
        description: key.description.into(),
        spec: key.spec,
        usage: key.usage,
        state: key.state,
        origin: key.origin,
        manager: key.manager,
        created: key.created,
        policy,
        tags: key.tags.into(),
        materials: Vec::new(),
        extra: Some(Box::new(Extra {
            deletion: key.deletion,
            pending_window: key.pending_window,
            key_store: key.key_store,
            cluster: key.cluster,
            xks_key: key.xks_key,
            multi_region: key.multi_region,
            rotation: key.rotation,
            fault: key.fault,
            shared_with: key.shared_with,
            later: key.later,
        })),
    }
}

fn capture(state: &State, made: u64) -> FirstLine {
    let mut file = FirstLine {
        format: FORMAT.into(),
        version: VERSION,
        made,
        homes: Vec::new(),
        materials: Vec::new(),
    };
    let mut seen = HashSet::new();
    let mut homes: Vec<_> = state.homes().collect();
    homes.sort_by(|a, b| a.0.cmp(b.0));
    for (home, store) in homes {
        for key in store.keys.values() {
            let materials = capture_materials(key);
            if materials.region.is_some() || seen.insert((home.account.clone(), key.id.clone())) {
                file.materials.push(materials);
            }
        }
        file.homes.push(capture_home(home, store));
    }
    file
}

fn capture_changes(state: &State, made: u64, changes: &HashSet<Change>) -> Line {
    let mut homes: BTreeMap<&Home, HomeFile> = BTreeMap::new();
    let mut materials = Vec::new();
    for change in changes {
        let (Change::Key(home, name)
        | Change::Materials(home, name)
        | Change::Alias(home, name)
        | Change::Grants(home, name)
        | Change::LastUse(home, name)
        | Change::KeyStore(home, name)) = change
        else {
            continue;
        };
        let Some(store) = state.store(home) else {
            continue;
        };
        let file = homes.entry(home).or_insert_with(|| empty_home(home));
        let key = store.keys.get(name);
        match change {
            Change::Key(..) => file.keys.extend(key.map(|key| capture_key(key))),
            Change::Materials(..) => materials.extend(key.map(|key| capture_materials(key))),
            Change::Alias(..) => match store.aliases.get(name) {
                Some(alias) => file.aliases.push(capture_alias(name, alias)),
                None => file.removed_aliases.push(name.to_string()),
            },
            Change::Grants(..) => {
                let grants = capture_grants(store.grants_of(name));
                file.grants.insert(name.to_string(), grants);
            }
            Change::LastUse(..) => {
                let last_use = store.last_use.get(name).cloned();
                file.last_use
                    .extend(last_use.map(|last_use| (name.to_string(), last_use)));
            }
            Change::KeyStore(..) => match store.key_stores.get(name) {
                Some(key_store) => file.key_stores.push(KeyStore::clone(key_store)),
                None => file.removed_key_stores.push(name.to_string()),
            },
            Change::Erasure => {}
        }
    }
    Line {
        process: None,
        made: Some(made),
        homes: homes.into_values().collect(),
        materials,
    }
}

/// The materials with a secret of the keys whose materials have changed.
fn drawn(state: &State, changes: &HashSet<Change>) -> Vec<Arc<Material>> {
    let of_change = |change: &Change| match change {
        Change::Materials(home, id) => state.key(home, id).cloned(),
        _ => None,
    };
    let keys = changes.iter().filter_map(of_change);
    keys.flat_map(|key| key.materials.clone())
        .filter(|material| material.drawn().is_some())
        .collect()
}

fn capture_materials(key: &Key) -> MaterialsFile {
    MaterialsFile {
        account: key.home.account.to_string(),
        key_id: key.id.to_string(),
        region: (key.origin == Origin::External).then(|| key.home.region.to_string()),
        materials: key.materials.iter().map(|m| capture_material(m)).collect(),
    }
}

fn capture_material(material: &Material) -> MaterialFile {
    MaterialFile {
        ordinal: material.ordinal,
        rotated: material.rotated,
        secret: material
            .drawn()
            .map(|bytes| Zeroizing::new(BASE64.encode(bytes))),
        import: material.import.clone(),
    }
}

fn empty_home(home: &Home) -> HomeFile {
    HomeFile {
        account: home.account.to_string(),
        region: home.region.to_string(),
        ..HomeFile::default()
    }
}

fn capture_home(home: &Home, store: &Store) -> HomeFile {
    HomeFile {
        keys: store.keys.values().map(|key| capture_key(key)).collect(),
        aliases: store
            .aliases
            .iter()
            .map(|(name, alias)| capture_alias(name, alias))
            .collect(),
        grants: store
            .grants
            .iter()
            .map(|(id, grants)| (id.to_string(), capture_grants(grants)))
            .collect(),
        last_use: store
            .last_use
            .iter()
            .map(|(id, last_use)| (id.to_string(), last_use.clone()))
            .collect(),
        key_stores: store
            .key_stores
            .values()
            .map(|key_store| KeyStore::clone(key_store))
            .collect(),
        ..empty_home(home)
    }
}

fn capture_alias(name: &str, alias: &Alias) -> AliasFile {
    AliasFile {
        name: name.to_owned(),
        target: alias.target.as_deref().map(Into::into),
        created: alias.created,
        updated: alias.updated,
    }
}

fn capture_grants(grants: &[Arc<Grant>]) -> Vec<Grant> {
    grants.iter().map(|grant| Grant::clone(grant)).collect()
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
        valid_to: None,
        key_store: extra.key_store,
        cluster: extra.cluster,
        xks_key: extra.xks_key,
        multi_region: extra.multi_region,
        rotation: extra.rotation,
        fault: extra.fault,
        shared_with: extra.shared_with,
        later: extra.later,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::RwLock;

    use super::*;
    use crate::changes::{Changing, Tracked};

    /// However often it is written anew, it says the same, and stays of a size.
    #[test]
    fn a_file_that_is_far_too_long_is_refused_before_it_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        fs::File::create(&path).unwrap().set_len(MOST + 1).unwrap();
        let refused = StateFile::open(&path, || unreachable!())
            .err()
            .unwrap()
            .to_string();
        assert!(refused.contains("over 1 GiB"), "{refused}");
    }

    #[test]
    fn when_the_changes_are_more_than_the_state_it_is_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let fresh = || crate::seed::state(Millis(0));
        let (mut file, state, _) = StateFile::open(&path, fresh).unwrap();
        let first = file.length;
        file.longest = first + 10_000;
        let home = state.homes().next().unwrap().0.clone();
        let state = RwLock::new(Tracked::new(state, true));
        for number in 0..200 {
            let mut state = Changing(state.write().unwrap());
            let alias = Alias {
                target: None,
                created: Some(Millis(number)),
                updated: None,
            };
            state.put_alias(&home, format!("alias/{}", number % 7).into(), alias);
            state.remove_alias(&home, &format!("alias/{}", (number + 3) % 7));
            let changes = state.take_changes();
            let unwritten = file.prepare(&state, number as u64, &changes);
            drop(state);
            file.write(&unwritten).unwrap();
            file.longest = file.longest.min(first + 10_000);
            assert!(file.length < first + 15_000);
        }
        assert_eq!(fs::metadata(&path).unwrap().len(), file.length);
        let aliases = |state: &State| format!("{:?}", state.store(&home).unwrap().aliases);
        let expected = aliases(&state.read().unwrap());
        drop(file);
        let (_file, again, made) = StateFile::open(&path, fresh).unwrap();
        assert_eq!(aliases(&again), expected);
        assert_eq!(made, 199);
        let names = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(names, 1, "nothing is left beside it");
    }

    /// What a failed write left is written over.
    #[test]
    fn a_change_that_could_not_be_written_is_written_later() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let fresh = || crate::seed::state(Millis(0));
        let (mut file, ..) = StateFile::open(&path, fresh).unwrap();
        let end = file.length;
        file.file.seek(SeekFrom::Start(end)).unwrap();
        file.file
            .write_all(b"{\"made\":1, and then the disk was full")
            .unwrap();
        let line = Line {
            made: Some(7),
            ..Line::default()
        };
        file.append(&line, true).unwrap();
        drop(file);
        let (_file, _, made) = StateFile::open(&path, fresh).unwrap();
        assert_eq!(made, 7);
    }
}
