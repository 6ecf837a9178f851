//! What this kmsdeck is made of, for `--version` and bug reports. The build script knows.

use serde_json::{Value, json};

/// The package's version.
pub(super) const VERSION: &str = clap::crate_version!();

/// The commit, and how it is known; empty where it is not.
const COMMIT: &str = env!("KMSDECK_COMMIT");
const TARGET: &str = env!("KMSDECK_TARGET");
/// Of the package, by name; empty for none.
const FEATURES: &str = env!("KMSDECK_FEATURES");

fn commit() -> &'static str {
    match COMMIT {
        "" => "not known",
        commit => commit,
    }
}

fn features() -> &'static str {
    match FEATURES {
        "" => "none",
        features => features,
    }
}

fn build() -> &'static str {
    match cfg!(debug_assertions) {
        true => "debug",
        false => "release",
    }
}

/// What `--version` says after the program's name.
pub(super) fn long() -> String {
    format!(
        "{VERSION}\ncommit: {}\ntarget: {TARGET}\nbuild: {}\nfeatures: {}",
        commit(),
        build(),
        features()
    )
}

/// The same on one line.
pub(super) fn line() -> String {
    format!(
        "kmsdeck {VERSION}, commit {}, {TARGET}, {}, features: {}",
        commit(),
        build(),
        features()
    )
}

/// The same as JSON.
pub(super) fn pairs() -> Value {
    json!({
        "Version": VERSION,
        "Commit": commit(),
        "Target": TARGET,
        "Build": build(),
        "Features": features(),
    })
}
