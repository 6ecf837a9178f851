//! `cargo xtask dist`: what is released of kmsdeck, for one target. The same commit makes the same
//! bytes, wherever it is built with the same tools; packaging/README.md says how to see that.

mod archive;
mod build;
mod graph;
mod notices;
mod sbom;
mod stage;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use build::Build;
use graph::Graph;

const USAGE: &str = "\
cargo xtask dist [--target TRIPLE] [--profile NAME] [--out FOLDER]

Builds kmsdeck, and puts into FOLDER (target/dist):
  kmsdeck-VERSION-TARGET.tar.gz   for Windows .zip: binary, manual, completions, licences, SBOM
  stage/                          the same unpacked, for the packagers of .deb and .rpm
  SHA256SUMS                      of all archives and packages that are there";

/// What may go wrong here ends the program, with its words.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What is to be made.
struct Options {
    target: String,
    profile: String,
    out: PathBuf,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let made = match args.split_first() {
        Some((task, rest)) if task == "dist" => options(rest).and_then(|options| dist(&options)),
        Some((task, _)) if task == "sums" => out_of(&args[1..]).and_then(|out| sums(&out)),
        _ => Err(USAGE.into()),
    };
    match made {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The workspace's folder.
fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_owned()
}

fn options(args: &[String]) -> Result<Options> {
    let mut options = Options {
        target: build::host()?,
        profile: "release".to_owned(),
        out: root().join("target/dist"),
    };
    for pair in args.chunks(2) {
        match pair {
            [flag, value] if flag == "--target" => options.target.clone_from(value),
            [flag, value] if flag == "--profile" => options.profile.clone_from(value),
            [flag, value] if flag == "--out" => options.out = std::path::absolute(value)?,
            _ => return Err(USAGE.into()),
        }
    }
    Ok(options)
}

fn out_of(args: &[String]) -> Result<PathBuf> {
    match args {
        [] => Ok(root().join("target/dist")),
        [folder] => Ok(folder.into()),
        _ => Err(USAGE.into()),
    }
}

fn dist(options: &Options) -> Result<()> {
    let build = Build::of(&options.target, &options.profile)?;
    let binary = build.run()?;
    let graph = Graph::of(&options.target)?;
    let name = format!("kmsdeck-{}-{}", graph.version(), options.target);
    fs::create_dir_all(&options.out)?;
    let stage = options.out.join("stage");
    stage::fill(&stage, &binary, &graph, &build)?;
    let archive = archive::pack(&options.out, &name, &stage, build.epoch)?;
    println!(
        "{} ({} bytes)",
        archive.display(),
        fs::metadata(&archive)?.len()
    );
    sums(&options.out)
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
