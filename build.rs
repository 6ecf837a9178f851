//! Which commit, target and features kmsdeck is built of, for `kmsdeck --version`. It makes no file
//! and needs no tool: where nothing tells of the commit, it is not known.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=KMSDECK_COMMIT={}", commit());
    let target = env::var("TARGET").unwrap_or_default();
    println!("cargo::rustc-env=KMSDECK_TARGET={target}");
    println!("cargo::rustc-env=KMSDECK_FEATURES={}", features());
}

/// What whoever packages it says; else what `cargo package` wrote into the package; else, of what is
/// built to be used, the commit that the work tree stands on, which may have been changed since.
fn commit() -> String {
    println!("cargo::rerun-if-env-changed=KMSDECK_COMMIT");
    if let Ok(commit) = env::var("KMSDECK_COMMIT") {
        return commit;
    }
    let folder = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let folder = Path::new(&folder);
    if let Ok(info) = fs::read_to_string(folder.join(".cargo_vcs_info.json")) {
        let commit = info.split("\"sha1\": \"").nth(1);
        let commit = commit.and_then(|rest| rest.split('"').next());
        return commit.unwrap_or_default().to_owned();
    }
    // A debug build would be made anew after each commit.
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        return of_work_tree(folder).unwrap_or_default();
    }
    String::new()
}

fn of_work_tree(folder: &Path) -> Option<String> {
    let git = |args: &[&str]| {
        let output = Command::new("git").current_dir(folder).args(args).output();
        let output = output.ok().filter(|output| output.status.success())?;
        Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
    };
    // Unpacked within somebody else's repository, it is none of its commits.
    let top = git(&["rev-parse", "--show-toplevel"])?;
    if fs::canonicalize(top).ok()? != fs::canonicalize(folder).ok()? {
        return None;
    }
    let log = folder.join(git(&["rev-parse", "--git-path", "logs/HEAD"])?);
    if log.is_file() {
        println!("cargo::rerun-if-changed={}", log.display());
    }
    let commit = git(&["rev-parse", "HEAD"])?;
    Some(format!("{commit} (a work tree of it)"))
}

fn features() -> String {
    let mut names: Vec<String> = env::vars()
        .filter_map(|(name, _)| Some(name.strip_prefix("CARGO_FEATURE_")?.to_lowercase()))
        .map(|name| name.replace('_', "-"))
        .collect();
    names.sort();
    names.join(", ")
}
