//! The crates that the binary is made of, by Cargo's own metadata.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::workspace::{Result, root, said};

/// A crate.
pub(crate) struct Package {
    pub name: String,
    pub version: String,
    /// An SPDX expression.
    pub licence: String,
    pub repository: Option<String>,
    /// Where its sources are.
    pub folder: PathBuf,
    /// Whether it is of this workspace.
    pub is_own: bool,
    /// Its SHA-256 in the registry.
    pub checksum: Option<String>,
    /// What it is made of, by IDs.
    pub needs: BTreeSet<String>,
}

impl Package {
    /// Its package URL (purl-spec), which names it in the graph.
    pub(crate) fn purl(&self) -> String {
        format!("pkg:cargo/{}@{}", self.name, self.version)
    }
}

/// kmsdeck and all that is linked into it, by Cargo's IDs.
pub(crate) struct Graph {
    pub packages: BTreeMap<String, Package>,
    root: String,
}

impl Graph {
    /// For that target. What only builds or tests is left out.
    pub(crate) fn of(target: &str) -> Result<Self> {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo.args(["metadata", "--locked", "--format-version", "1"]);
        cargo.args(["--filter-platform", target]);
        let metadata: Value = serde_json::from_str(&said(&mut cargo)?)?;
        let checksums = checksums(&std::fs::read_to_string(root().join("Cargo.lock"))?);
        let mut known = BTreeMap::new();
        for package in list(&metadata["packages"]) {
            let text = |key: &str| package[key].as_str().map(str::to_owned);
            let of = |key: &str| text(key).ok_or(format!("a package without {key}"));
            let (name, version) = (of("name")?, of("version")?);
            let mut folder = PathBuf::from(of("manifest_path")?);
            folder.pop();
            let checksum = checksums.get(&(name.clone(), version.clone())).cloned();
            known.insert(
                of("id")?,
                Package {
                    licence: text("license").ok_or(format!("{name} names no licence"))?,
                    repository: text("repository"),
                    is_own: package["source"].is_null(),
                    needs: BTreeSet::new(),
                    name,
                    version,
                    folder,
                    checksum,
                },
            );
        }
        for node in list(&metadata["resolve"]["nodes"]) {
            let linked = list(&node["deps"]).filter(|dep| {
                let mut kinds = list(&dep["dep_kinds"]);
                kinds.any(|kind| kind["kind"].is_null())
            });
            let needs = linked.filter_map(|dep| dep["pkg"].as_str().map(str::to_owned));
            if let Some(package) = node["id"].as_str().and_then(|id| known.get_mut(id)) {
                package.needs = needs.collect();
            }
        }
        let root = known
            .iter()
            .find(|(_, package)| package.name == "kmsdeck" && package.is_own)
            .map(|(id, _)| id.clone())
            .ok_or("no package kmsdeck")?;
        let mut reached = BTreeSet::new();
        let mut open = vec![root.clone()];
        while let Some(id) = open.pop() {
            if reached.insert(id.clone()) {
                open.extend(known.get(&id).into_iter().flat_map(|one| one.needs.clone()));
            }
        }
        known.retain(|id, _| reached.contains(id));
        Ok(Graph {
            packages: known,
            root,
        })
    }

    pub(crate) fn root(&self) -> &Package {
        &self.packages[&self.root]
    }

    pub(crate) fn version(&self) -> &str {
        &self.root().version
    }

    /// All but kmsdeck, by name and version.
    pub(crate) fn needed(&self) -> Vec<&Package> {
        let packages = self.packages.iter().filter(|(id, _)| **id != self.root);
        let mut packages: Vec<&Package> = packages.map(|(_, package)| package).collect();
        packages.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
        packages
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The checksums of Cargo.lock, by name and version.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let mut found = BTreeMap::new();
    for part in lock.split("[[package]]").skip(1) {
        let value = |key: &str| {
            let line = part.lines().find_map(|line| line.strip_prefix(key))?;
            Some(line.strip_prefix(" = \"")?.strip_suffix('"')?.to_owned())
        };
        if let (Some(name), Some(version), Some(sum)) =
            (value("name"), value("version"), value("checksum"))
        {
            found.insert((name, version), sum);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_binary_is_made_of_is_found_and_what_tests_it_is_not() {
        let graph = Graph::of(&crate::build::host().unwrap()).unwrap();
        let names: Vec<&str> = graph.needed().iter().map(|one| &*one.name).collect();
        for linked in [
            "aws-lc-rs",
            "aws-lc-sys",
            "kmsdeck-policy",
            "ratatui",
            "zeroize",
        ] {
            assert!(names.contains(&linked), "{linked}");
        }
        for other in ["criterion", "insta", "xtask", "cmake", "kmsdeck"] {
            assert!(!names.contains(&other), "{other}");
        }
        let sums = graph.needed().into_iter().filter(|one| !one.is_own);
        assert!(sums.into_iter().all(|one| one.checksum.is_some()));
    }
}
