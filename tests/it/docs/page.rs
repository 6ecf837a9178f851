//! A page of Markdown, as far as the tests look into it.

use std::fs;
use std::path::{Path, PathBuf};

/// The folder that everything is in.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The pages in `docs/`, with those of its folders.
pub(super) fn chapters() -> Vec<Page> {
    let docs = root().join("docs");
    let mut pages = Vec::new();
    for folder in [docs.clone(), docs.join("reference")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(Page::read(&path));
            }
        }
    }
    assert!(pages.len() > 10);
    pages
}

/// A page.
pub(super) struct Page {
    /// From the root on.
    pub(super) name: String,
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// What stands between two fences.
pub(super) struct Block {
    /// What stands behind the first one: the language, and what the tests are told.
    pub(super) info: Vec<String>,
    pub(super) text: String,
    /// The last line with text before it.
    pub(super) line_before: String,
}

impl Page {
    pub(super) fn read(path: &Path) -> Page {
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"));
        let path = path.to_owned();
        Page { name, path, text }
    }

    /// The fenced blocks.
    pub(super) fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        let mut line_before = "";
        for line in self.text.lines() {
            match (open.take(), line.strip_prefix("```")) {
                (Some(block), Some(_)) => blocks.push(block),
                (Some(mut block), None) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                    open = Some(block);
                }
                (None, Some(info)) => {
                    open = Some(Block {
                        info: info.split(',').map(str::to_owned).collect(),
                        text: String::new(),
                        line_before: line_before.to_owned(),
                    });
                }
                (None, None) => {}
            }
            if !line.is_empty() {
                line_before = line;
            }
        }
        assert!(open.is_none(), "{}: a fence is left open", self.name);
        blocks
    }

    /// The lines outside of fences, with the number of each.
    pub(super) fn prose(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut fenced = false;
        self.text.lines().enumerate().filter_map(move |(at, line)| {
            if line.starts_with("```") {
                fenced = !fenced;
                return None;
            }
            (!fenced).then_some((at + 1, line))
        })
    }

    /// The anchors of the headings, as GitHub and mdbook make them.
    pub(super) fn anchors(&self) -> Vec<String> {
        let mut anchors: Vec<String> = Vec::new();
        for (_, line) in self.prose() {
            let Some(heading) = line.trim_start_matches('#').strip_prefix(' ') else {
                continue;
            };
            if !line.starts_with('#') {
                continue;
            }
            let anchor: String = heading
                .trim()
                .to_lowercase()
                .chars()
                .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect();
            let same = anchors.iter().filter(|other| **other == anchor).count();
            anchors.push(match same {
                0 => anchor,
                number => format!("{anchor}-{number}"),
            });
        }
        anchors
    }
}
