//! Builds the binary so that nothing of the machine is in it: no path, no time.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::workspace::{Result, root, said};

/// How it is built.
pub(crate) struct Build {
    target: String,
    profile: String,
    pub commit: String,
    /// Seconds since 1970 that all files are dated: SOURCE_DATE_EPOCH, else the commit's.
    pub epoch: u64,
}

impl Build {
    pub(crate) fn of(target: &str, profile: &str) -> Result<Self> {
        let commit = match env::var("KMSDECK_COMMIT") {
            Ok(commit) => commit,
            Err(_) => commit()?,
        };
        let epoch = match env::var("SOURCE_DATE_EPOCH") {
            Ok(epoch) => epoch,
            Err(_) => said(Command::new("git").args(["log", "-1", "--format=%ct"]))?,
        };
        let epoch = epoch
            .parse()
            .map_err(|_| format!("SOURCE_DATE_EPOCH is {epoch:?}: it is a number of seconds"))?;
        Ok(Build {
            target: target.to_owned(),
            profile: profile.to_owned(),
            commit,
            epoch,
        })
    }

    /// Builds; the binary's path.
    pub(crate) fn run(&self) -> Result<PathBuf> {
        let root = root();
        let folder = env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
        // Other flags than those of daily builds: these would be made anew each time.
        let folder = std::path::absolute(folder)?.join("dist-build");
        let homes = self.homes(&folder)?;
        let remaps: Vec<String> = homes
            .iter()
            .map(|(from, to)| format!("--remap-path-prefix={from}={to}"))
            .collect();
        // The same for the C of aws-lc, whose assertions name their files.
        let maps: Vec<String> = homes
            .iter()
            .map(|(from, to)| format!("-ffile-prefix-map={from}={to}"))
            .collect();
        let mut flags = remaps;
        if let Ok(own) = env::var("RUSTFLAGS") {
            flags.extend(own.split_whitespace().map(str::to_owned));
        }
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo
            .current_dir(&root)
            .args(["build", "--locked", "--bin", "kmsdeck"])
            .args(["--profile", &self.profile])
            .args(["--target", &self.target])
            .arg("--target-dir")
            .arg(&folder)
            .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
            .env("SOURCE_DATE_EPOCH", self.epoch.to_string())
            .env("KMSDECK_COMMIT", &self.commit)
            .env_remove("RUSTFLAGS");
        if !self.is_windows_msvc() {
            let own = env::var("CFLAGS").unwrap_or_default();
            cargo.env("CFLAGS", format!("{} {own}", maps.join(" ")).trim());
        }
        let status = cargo.status()?;
        if !status.success() {
            return Err(format!("the build failed: {status}").into());
        }
        let name = match self.is_windows() {
            true => "kmsdeck.exe",
            false => "kmsdeck",
        };
        let profile = match self.profile.as_str() {
            "dev" => "debug",
            profile => profile,
        };
        Ok(folder.join(&self.target).join(profile).join(name))
    }

    pub(crate) fn is_windows(&self) -> bool {
        self.target.contains("windows")
    }

    fn is_windows_msvc(&self) -> bool {
        self.target.ends_with("windows-msvc")
    }

    /// Folders of this machine, and what stands in their place: the last that fits counts.
    fn homes(&self, folder: &Path) -> Result<Vec<(String, &'static str)>> {
        let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
        let cargo_home = cargo_home
            .or_else(|| Some(env::home_dir()?.join(".cargo")))
            .ok_or("neither CARGO_HOME nor HOME is set")?;
        let sysroot = said(Command::new("rustc").args(["--print", "sysroot"]))?;
        let text = |path: &Path| path.display().to_string();
        Ok(vec![
            (text(&root()), "/kmsdeck"),
            (text(folder), "/build"),
            (text(&cargo_home), "/cargo"),
            (sysroot, "/rust"),
        ])
    }
}

/// The machine's own target.
pub(crate) fn host() -> Result<String> {
    let about = said(Command::new("rustc").arg("-vV"))?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.ok_or("rustc names no host")?.to_owned())
}

/// The commit; where the work tree differs from it, that is said.
fn commit() -> Result<String> {
    let commit = said(Command::new("git").args(["rev-parse", "HEAD"]))?;
    let changed =
        said(Command::new("git").args(["status", "--porcelain", "--untracked-files=no"]))?;
    Ok(match changed.is_empty() {
        true => commit,
        false => format!("{commit} (with changes)"),
    })
}
