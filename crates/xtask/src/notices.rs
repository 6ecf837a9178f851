//! The licences of all that is in the binary, each text once.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::graph::Graph;
use super::workspace::Result;

const HEAD: &str = "\
kmsdeck is made of the crates below, and of Rust's standard library (MIT OR Apache-2.0,
https://github.com/rust-lang/rust). First each crate with its licence, then the texts that the
crates bring along.
";

/// What is said of a crate without a text of its own.
const NO_TEXT: &str = "  (brings no text of it along)";

/// The whole text, and how many crates bring no text along.
pub(crate) fn text(graph: &Graph) -> Result<(String, usize)> {
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut list = String::new();
    let mut without = 0;
    for package in graph.needed() {
        let name = format!("{} {}", package.name, package.version);
        let from = package.repository.as_deref().unwrap_or("crates.io");
        list.push_str(&format!("{name}: {}, {from}\n", package.licence));
        let found = licences(&package.folder)?;
        if found.is_empty() {
            without += 1;
            list.push_str(NO_TEXT);
            list.push('\n');
        }
        for text in found {
            let users = texts.entry(text).or_default();
            if !users.contains(&name) {
                users.push(name.clone());
            }
        }
    }
    let mut whole = format!("{HEAD}\n{list}");
    let mut texts: Vec<(String, Vec<String>)> = texts.into_iter().collect();
    texts.sort_by(|a, b| a.1.cmp(&b.1).then(a.0.cmp(&b.0)));
    for (text, users) in texts {
        let rule = "=".repeat(80);
        whole.push_str(&format!(
            "\n{rule}\n{}\n{rule}\n\n{text}\n",
            users.join(", ")
        ));
    }
    Ok((whole, without))
}

/// The texts of licences and notices in a crate's folder, and in the folders that only hold such.
fn licences(folder: &Path) -> Result<Vec<String>> {
    const BEGINNINGS: [&str; 6] = [
        "license",
        "licence",
        "copying",
        "notice",
        "copyright",
        "unlicense",
    ];
    let mut names: Vec<_> = fs::read_dir(folder)?.flatten().collect();
    names.sort_by_key(fs::DirEntry::file_name);
    let mut texts = Vec::new();
    for entry in names {
        let name = entry.file_name().to_string_lossy().to_lowercase();
        let is_code = [".rs", ".py", ".sh"].iter().any(|end| name.ends_with(end));
        if is_code || !BEGINNINGS.iter().any(|start| name.starts_with(start)) {
            continue;
        }
        if entry.path().is_dir() {
            for inner in fs::read_dir(entry.path())?.flatten() {
                texts.extend(read(&inner.path()));
            }
        } else {
            texts.extend(read(&entry.path()));
        }
    }
    // The sources of aws-lc lie one folder deeper, under licences of their own.
    let inner = folder.join("aws-lc");
    if inner.is_dir() {
        texts.extend(licences(&inner)?);
    }
    texts.sort();
    texts.dedup();
    Ok(texts)
}

/// The same text has blanks and line ends of all kinds.
fn read(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let text = lines.join("\n").trim_matches('\n').to_owned();
    (!text.is_empty()).then_some(text)
}
