//! Every command that the documentation shows is run, page by page, as a reader would: against a
//! served sandbox, one block after the other, in a folder with the files that the page names.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::page::{Block, Page, chapters, root};
use crate::served::Served;
use crate::tools::kmsdeck;

/// How long a block may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a block's fence says, where it is not to be run; the line before it says why.
const NOT_RUN: &str = "norun";
/// At most as many.
const MOST_NOT_RUN: usize = 12;

/// Whether a block's first command is kmsdeck.
fn is_of_kmsdeck(block: &Block) -> bool {
    block.info[0] == "sh" && block.text.starts_with("kmsdeck")
}

/// Whether a block needs jq, and there is none; says so.
fn lacks_jq(block: &Block) -> bool {
    let lacks = block.text.contains("| jq ")
        && Command::new("jq").arg("--version").output().is_err()
        && !std::env::var("KMSDECK_TESTS").is_ok_and(|tests| tests == "all");
    if lacks {
        // Not by eprintln!, whose words are kept back of a test that passes.
        let _ = writeln!(io::stderr(), "left out of the documentation's commands: jq");
    }
    lacks
}

/// The files that commands read, beside those that a page shows (`file=NAME` on the fence).
fn make_files(page: &Page, folder: &Path) {
    fs::write(folder.join("report.pdf"), "an invoice").unwrap();
    fs::write(folder.join("secret.bin"), [7; 32]).unwrap();
    fs::create_dir(folder.join("folder")).unwrap();
    fs::write(folder.join("folder/letter.txt"), "a letter").unwrap();
    fs::create_dir_all(folder.join(".local/share/bash-completion/completions")).unwrap();
    let docs = root().join("docs");
    fs::copy(
        docs.join("sandbox-account.json"),
        folder.join("account.json"),
    )
    .unwrap();
    for block in page.blocks() {
        let name = block
            .info
            .iter()
            .find_map(|word| word.strip_prefix("file="));
        if let Some(name) = name {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &block.text).unwrap();
        }
    }
}

/// The pages with commands.
fn pages() -> Vec<Page> {
    let mut pages = chapters();
    pages.push(Page::read(&root().join("README.md")));
    pages
}

/// Runs a block, as bash does where each command must succeed; what is wrong.
fn run(block: &Block, folder: &Path, served: &Served) -> Option<String> {
    let program = Path::new(env!("CARGO_BIN_EXE_kmsdeck"));
    let path = std::env::var("PATH").unwrap();
    let mut command = Command::new("bash");
    // What kmsdeck is kept from seeing in other tests, it does not see here.
    for (name, value) in kmsdeck().get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = folder.join(".output");
    let file = fs::File::create(&output).unwrap();
    let mut child = command
        .args(["-euo", "pipefail", "-c", &block.text])
        .current_dir(folder)
        .envs(&served.environment)
        .env("HOME", folder)
        .env(
            "PATH",
            format!("{}:{path}", program.parent().unwrap().display()),
        )
        .stdin(Stdio::null())
        .stdout(file.try_clone().unwrap())
        .stderr(file)
        .spawn()
        .unwrap();
    let until = Instant::now() + PATIENCE;
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if Instant::now() > until => {
                child.kill().unwrap();
                child.wait().unwrap();
                return Some("it does not end".to_owned());
            }
            None => thread::sleep(Duration::from_millis(20)),
        }
    };
    let said = String::from_utf8_lossy(&fs::read(output).unwrap()).into_owned();
    (!status.success()).then(|| format!("{status}: {said}"))
}

fn run_page(page: &Page) -> (usize, Vec<String>) {
    let blocks: Vec<Block> = page.blocks().into_iter().filter(is_of_kmsdeck).collect();
    let is_run = |block: &&Block| !block.info.iter().any(|word| word == NOT_RUN);
    if !blocks.iter().any(|block| is_run(&block)) {
        return (0, Vec::new());
    }
    let folder = tempfile::tempdir().unwrap();
    make_files(page, folder.path());
    let served = Served::start(&[]);
    let mut problems = Vec::new();
    let mut count = 0;
    for block in blocks.iter().filter(is_run) {
        count += 1;
        if lacks_jq(block) {
            continue;
        }
        if let Some(problem) = run(block, folder.path(), &served) {
            problems.push(format!("{}:\n{}{problem}", page.name, block.text));
        }
    }
    (count, problems)
}

#[test]
fn every_command_that_is_shown_does_what_it_is_to_do() {
    let (mut count, mut problems) = (0, Vec::new());
    for page in pages() {
        let (run, wrong) = run_page(&page);
        count += run;
        problems.extend(wrong);
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(count > 15, "{count} blocks");
}

#[test]
fn what_is_not_run_says_why() {
    let mut count = 0;
    for page in pages() {
        for block in page.blocks() {
            if block.info.iter().any(|word| word == NOT_RUN) {
                count += 1;
                assert!(
                    block.line_before.starts_with("<!-- norun: "),
                    "{}: no reason before\n{}",
                    page.name,
                    block.text
                );
            }
        }
    }
    assert!(count <= MOST_NOT_RUN, "{count} blocks are not run");
}
