//! `cargo xtask dist`: what is released of kmsdeck, for one target. The same commit makes the same
//! bytes, wherever it is built with the same tools; packaging/README.md says how to see that.

mod archive;
mod build;
mod graph;
mod manifests;
mod notices;
mod sbom;
mod stage;
mod workspace;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use build::Build;
use graph::Graph;
use workspace::{Result, root};

const USAGE: &str = "\
cargo xtask dist [--target TRIPLE] [--profile NAME] [--out FOLDER]
  Builds kmsdeck, and puts into FOLDER (target/dist):
    kmsdeck-VERSION-TARGET.tar.gz   for Windows .zip: binary, manual, completions, licences, SBOM
    stage/                          the same unpacked, for the packagers of .deb and .rpm
    SHA256SUMS                      of all archives and packages that are there

cargo xtask sums [--out FOLDER]
  SHA256SUMS anew.

cargo xtask manifests --repository URL [--out FOLDER]
  Fills the manifests of packaging/ in, into FOLDER/manifests.";

/// What is to be made.
#[derive(Default)]
struct Options {
    target: Option<String>,
    profile: Option<String>,
    out: PathBuf,
    repository: Option<String>,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Result<()> {
    let (task, rest) = args.split_first().ok_or(USAGE)?;
    let options = options(rest)?;
    match task.as_str() {
        "dist" => dist(&options),
        "sums" => sums(&options.out),
        "manifests" => manifests(&options),
        _ => Err(USAGE.into()),
    }
}

fn options(args: &[String]) -> Result<Options> {
    let mut options = Options {
        out: root().join("target/dist"),
        ..Options::default()
    };
    for pair in args.chunks(2) {
        let [flag, value] = pair else {
            return Err(USAGE.into());
        };
        match flag.as_str() {
            "--target" => options.target = Some(value.clone()),
            "--profile" => options.profile = Some(value.clone()),
            "--repository" => options.repository = Some(value.clone()),
            "--out" => options.out = std::path::absolute(value)?,
            _ => return Err(USAGE.into()),
        }
    }
    Ok(options)
}

fn dist(options: &Options) -> Result<()> {
    let target = match &options.target {
        Some(target) => target.clone(),
        None => build::host()?,
    };
    let build = Build::of(&target, options.profile.as_deref().unwrap_or("shipped"))?;
    let binary = build.run()?;
    let graph = Graph::of(&target)?;
    let name = format!("kmsdeck-{}-{target}", graph.version());
    fs::create_dir_all(&options.out)?;
    let stage = options.out.join("stage");
    stage::fill(&stage, &binary, &graph, &build)?;
    let changelog = stage::debian_changelog(graph.version(), build.epoch)?;
    fs::write(options.out.join("debian-changelog"), changelog)?;
    let archive = archive::pack(&options.out, &name, &stage, build.epoch)?;
    let size = fs::metadata(&archive)?.len();
    println!("{} ({size} bytes)", archive.display());
    sums(&options.out)
}

fn manifests(options: &Options) -> Result<()> {
    let repository = options.repository.as_deref().ok_or(USAGE)?;
    let graph = Graph::of(&build::host()?)?;
    for left_out in manifests::fill(&options.out, graph.version(), repository)? {
        println!("left out: {left_out}");
    }
    Ok(())
}

/// Writes SHA256SUMS of the archives and packages in a folder.
fn sums(out: &Path) -> Result<()> {
    const ENDS: [&str; 4] = [".tar.gz", ".zip", ".deb", ".rpm"];
    let mut names: Vec<String> = fs::read_dir(out)?
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| ENDS.iter().any(|end| name.ends_with(end)))
        .collect();
    names.sort();
    let mut text = String::new();
    for name in names {
        let sum = archive::sha256(&fs::read(out.join(&name))?);
        text.push_str(&format!("{sum}  {name}\n"));
    }
    fs::write(out.join("SHA256SUMS"), &text)?;
    print!("{text}");
    Ok(())
}
