//! Where links lead: to a page, a heading of one, or a file that is there.

use std::path::Path;

use super::page::{Page, chapters, root};

/// The pages outside of `docs/`.
fn other_pages() -> Vec<Page> {
    let mut pages: Vec<Page> = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
    ]
    .iter()
    .map(|name| Page::read(&root().join(name)))
    .collect();
    for entry in std::fs::read_dir(root().join("crates")).unwrap() {
        let path = entry.unwrap().path().join("README.md");
        if path.is_file() {
            pages.push(Page::read(&path));
        }
    }
    pages
}

/// What links of a page lead to, with the number of the line.
fn targets(page: &Page) -> Vec<(usize, String)> {
    let mut targets = Vec::new();
    for (line, text) in page.prose() {
        for rest in without_code(text).split("](").skip(1) {
            let target = rest.split(')').next().unwrap_or_default();
            targets.push((line, target.to_owned()));
        }
    }
    targets
}

/// A line without what stands between backquotes.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

/// What is wrong with a link.
fn problem(page: &Page, target: &str) -> Option<String> {
    if target.contains("://") {
        return None;
    }
    let (file, anchor) = match target.split_once('#') {
        Some((file, anchor)) => (file, Some(anchor)),
        None => (target, None),
    };
    let folder = page.path.parent().unwrap_or(Path::new(""));
    let path = match file {
        "" => page.path.clone(),
        file => folder.join(file),
    };
    let Ok(path) = path.canonicalize() else {
        return Some("there is no such file".to_owned());
    };
    let docs = root().join("docs").canonicalize().unwrap();
    if page.path.starts_with(root().join("docs")) && !path.starts_with(docs) {
        return Some("the book has what is in docs/ alone".to_owned());
    }
    let anchor = anchor?;
    let is_there = Page::read(&path).anchors().iter().any(|one| one == anchor);
    (!is_there).then(|| format!("{file} has no heading #{anchor}"))
}

#[test]
fn every_link_leads_somewhere() {
    let mut pages = chapters();
    pages.extend(other_pages());
    let mut problems = Vec::new();
    let mut count = 0;
    for page in &pages {
        for (line, target) in targets(page) {
            count += 1;
            if let Some(problem) = problem(page, &target) {
                problems.push(format!("{}:{line}: {target}: {problem}", page.name));
            }
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
    assert!(count > 50, "{count} links");
}

#[test]
fn the_summary_has_every_chapter_once() {
    let summary = Page::read(&root().join("docs/SUMMARY.md"));
    let mut named: Vec<String> = targets(&summary)
        .into_iter()
        .map(|(_, target)| format!("docs/{target}"))
        .collect();
    let mut there: Vec<String> = chapters()
        .into_iter()
        .map(|page| page.name)
        .filter(|name| name != "docs/SUMMARY.md")
        .collect();
    named.sort();
    there.sort();
    assert_eq!(named, there);
}
