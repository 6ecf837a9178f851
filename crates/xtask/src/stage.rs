//! All that is in an archive, in a folder: the packagers of .deb and .rpm take it from there.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::build::Build;
use super::graph::Graph;
use super::workspace::{Result, root};
use super::{archive, notices, sbom};

/// The shells, and what their completions' files are called.
const COMPLETIONS: [(&str, &str); 5] = [
    ("bash", "kmsdeck.bash"),
    ("zsh", "_kmsdeck"),
    ("fish", "kmsdeck.fish"),
    ("elvish", "kmsdeck.elv"),
    ("powershell", "_kmsdeck.ps1"),
];

const TEXTS: [&str; 5] = [
    "README.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
];

/// Fills `stage` anew. The binary has to run on this machine: its manual and its completions are
/// what it says itself.
pub(crate) fn fill(stage: &Path, binary: &Path, graph: &Graph, build: &Build) -> Result<()> {
    if stage.exists() {
        fs::remove_dir_all(stage)?;
    }
    for folder in ["", "man", "completions"] {
        fs::create_dir_all(stage.join(folder))?;
    }
    let name = binary.file_name().ok_or("a binary without a name")?;
    fs::copy(binary, stage.join(name))?;
    let say = |args: &[&str]| -> Result<Vec<u8>> {
        let output = Command::new(binary).args(args).output()?;
        match output.status.success() {
            true => Ok(output.stdout),
            false => Err(format!("{binary:?} {args:?}: {}", output.status).into()),
        }
    };
    for (shell, file) in COMPLETIONS {
        fs::write(
            stage.join("completions").join(file),
            say(&["completions", shell])?,
        )?;
    }
    let main = say(&["man"])?;
    for command in commands(&String::from_utf8_lossy(&main)) {
        let path: Vec<&str> = command.split(' ').collect();
        let page = say(&[&["man"], &path[..]].concat())?;
        let file = format!("kmsdeck-{}.1", path.join("-"));
        fs::write(stage.join("man").join(file), page)?;
    }
    fs::write(stage.join("man/kmsdeck.1"), main)?;
    for file in TEXTS {
        fs::copy(root().join(file), stage.join(file))?;
    }
    let (texts, without) = notices::text(graph)?;
    fs::write(stage.join("THIRD-PARTY.txt"), texts)?;
    println!(
        "{} crates, {without} of them without a licence's text",
        graph.needed().len()
    );
    let time = archive::rfc3339(build.epoch);
    fs::write(
        stage.join("kmsdeck.cdx.json"),
        sbom::text(graph, &build.commit, &time)?,
    )?;
    Ok(())
}

/// What Debian's tools want beside the changelog for people (Debian policy, 4.4).
pub(crate) fn debian_changelog(version: &str, epoch: u64) -> Result<String> {
    let date = archive::rfc2822(epoch)?;
    Ok(format!(
        "kmsdeck ({version}-1) unstable; urgency=medium\n\n  * Version {version}: see changelog.gz.\n\n \
         -- The kmsdeck authors <kmsdeck@example.org>  {date}\n"
    ))
}

/// The commands that kmsdeck's own page names, `sandbox serve` among them.
fn commands(page: &str) -> Vec<String> {
    let mut commands: Vec<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("kmsdeck\\-")?.strip_suffix("(1)"))
        .map(|name| name.replace('\\', ""))
        .filter(|name| name != "help")
        .collect();
    commands.push("sandbox serve".to_owned());
    commands
}
