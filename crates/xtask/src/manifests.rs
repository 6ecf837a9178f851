//! The package managers' manifests, filled in with what was released.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::workspace::{Result, root};

/// The folders of `packaging/` that hold templates.
const TEMPLATES: [&str; 4] = ["homebrew", "aur", "scoop", "winget"];

/// Fills every template in, into `manifests/` beside SHA256SUMS; what was left out, for want of
/// an archive.
pub(crate) fn fill(out: &Path, version: &str, repository: &str) -> Result<Vec<String>> {
    let text = fs::read_to_string(out.join("SHA256SUMS"))?;
    let sums = sums(&text);
    let mut left_out = Vec::new();
    for folder in TEMPLATES {
        let from = root().join("packaging").join(folder);
        let to = out.join("manifests").join(folder);
        let mut filled = Vec::new();
        for entry in fs::read_dir(&from)? {
            let entry = entry?;
            let text = fs::read_to_string(entry.path())?;
            filled.push((
                to.join(entry.file_name()),
                filled_in(&text, version, repository, &sums),
            ));
        }
        // Some of several files would be none.
        let lacks = filled.iter().find_map(|(_, text)| text.as_ref().err());
        if let Some(lacks) = lacks {
            left_out.push(format!("{folder}: {lacks}"));
            continue;
        }
        fs::create_dir_all(&to)?;
        for (path, text) in filled {
            write(&path, text)?;
        }
    }
    Ok(left_out)
}

fn write(path: &PathBuf, text: std::result::Result<String, String>) -> Result<()> {
    Ok(fs::write(path, text?)?)
}

/// The sums by the names of their files.
fn sums(text: &str) -> BTreeMap<&str, &str> {
    let lines = text.lines().filter_map(|line| line.split_once("  "));
    lines.map(|(sum, name)| (name, sum)).collect()
}

/// Errors: the archive that a sum is wanted of, or a name that nobody knows.
fn filled_in(
    template: &str,
    version: &str,
    repository: &str,
    sums: &BTreeMap<&str, &str>,
) -> std::result::Result<String, String> {
    let mut text = template
        .replace("@VERSION@", version)
        .replace("@REPOSITORY@", repository);
    while let Some((before, rest)) = text.split_once("@SHA256 ") {
        let (end, after) = rest.split_once('@').ok_or("a name that does not end")?;
        let name = format!("kmsdeck-{version}-{end}");
        let sum = sums
            .get(&*name)
            .ok_or_else(|| format!("{name} is not in SHA256SUMS"))?;
        text = format!("{before}{sum}{after}");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TARGETS: [&str; 5] = [
        "aarch64-apple-darwin.tar.gz",
        "x86_64-apple-darwin.tar.gz",
        "aarch64-unknown-linux-gnu.tar.gz",
        "x86_64-unknown-linux-gnu.tar.gz",
        "x86_64-pc-windows-msvc.zip",
    ];

    #[test]
    fn every_manifest_is_filled_in_with_the_sums_of_what_was_released() {
        let out = tempfile::tempdir().unwrap();
        let sums: String = TARGETS
            .iter()
            .enumerate()
            .map(|(n, end)| format!("{n:064x}  kmsdeck-1.2.3-{end}\n"))
            .collect();
        fs::write(out.path().join("SHA256SUMS"), sums).unwrap();
        let left_out = fill(out.path(), "1.2.3", "https://host/kmsdeck").unwrap();
        assert_eq!(left_out, Vec::<String>::new());
        let read =
            |path: &str| fs::read_to_string(out.path().join("manifests").join(path)).unwrap();
        let scoop: serde_json::Value = serde_json::from_str(&read("scoop/kmsdeck.json")).unwrap();
        let of_windows = &scoop["architecture"]["64bit"];
        assert_eq!(of_windows["hash"], format!("{:064x}", 4));
        let url = "https://host/kmsdeck/releases/download/v1.2.3/kmsdeck-1.2.3-x86_64-pc-windows-msvc.zip";
        assert_eq!(of_windows["url"], url);
        for file in [
            "homebrew/kmsdeck.rb",
            "aur/PKGBUILD",
            "winget/kmsdeck.kmsdeck.installer.yaml",
        ] {
            let text = read(file);
            assert!(text.contains("1.2.3") && !text.contains("@SHA") && !text.contains("@VERSION"));
        }
        assert!(read("aur/PKGBUILD").contains(&format!("sha256sums_x86_64=('{:064x}')", 3)));
    }

    #[test]
    fn a_manifest_whose_archive_is_not_there_is_left_out_and_named() {
        let out = tempfile::tempdir().unwrap();
        fs::write(out.path().join("SHA256SUMS"), "").unwrap();
        let left_out = fill(out.path(), "1.2.3", "https://host/kmsdeck").unwrap();
        assert_eq!(left_out.len(), TEMPLATES.len());
        assert!(left_out[2].contains("kmsdeck-1.2.3-x86_64-pc-windows-msvc.zip is not in"));
        assert!(!out.path().join("manifests").exists());
    }
}
