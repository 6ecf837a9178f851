//! What the console starts with, made of the user's configuration.

use std::path::{Path, PathBuf};

use super::core::history::History;
use super::keymap::KeyMap;
use super::theme::{Theme, to_color};
use crate::catalog::columns::{ColumnId, DEFAULT, named};
use crate::config::Config;
use crate::ops::bulk_journal::CutOff;
use crate::platform::drafts::Drafts;
use crate::platform::toml_doc::Problem;

/// The configuration, and what it means to the console.
pub struct Setup {
    pub config: Config,
    pub keymap: KeyMap,
    /// All that is wrong in the user's files.
    pub problems: Vec<String>,
    pub history: History,
    /// The columns of the list of keys.
    pub columns: Vec<ColumnId>,
    /// The folder in which jobs on several keys write down what they do; None where they do not.
    pub journals: Option<PathBuf>,
    /// Such jobs that were cut off.
    pub cut_off: Vec<CutOff>,
    /// Where policies that are being edited are kept.
    pub policy_drafts: Option<Drafts>,
}

impl Default for Setup {
    fn default() -> Self {
        Setup {
            config: Config::default(),
            keymap: KeyMap::default(),
            problems: Vec::new(),
            history: History::default(),
            columns: DEFAULT.to_vec(),
            journals: None,
            cut_off: Vec::new(),
            policy_drafts: None,
        }
    }
}

impl Setup {
    /// Looks up what `config` names, themes also in the user's `folder`; `problems` are those
    /// known so far. The theme is as the environment allows.
    pub fn new(
        config: Config,
        mut problems: Vec<Problem>,
        folder: Option<&Path>,
    ) -> (Setup, Theme) {
        let (theme, in_theme) = Theme::load(&config.theme, folder).unwrap_or_else(|problem| {
            problems.push(config.problem(config.theme_line, format!("theme: {problem}")));
            (Theme::dark(), Vec::new())
        });
        let columns = match &config.columns {
            None => DEFAULT.to_vec(),
            Some((line, names)) => named(names.iter().map(String::as_str)).unwrap_or_else(|why| {
                problems.push(config.problem(Some(*line), format!("columns: {why}")));
                DEFAULT.to_vec()
            }),
        };
        let (keymap, in_keys) = KeyMap::new(&config);
        problems.extend(in_keys);
        for color in config
            .profiles
            .values()
            .filter_map(|profile| profile.color.as_ref())
        {
            if let Err(rule) = to_color(&color.value) {
                problems.push(config.problem(Some(color.line), format!("color: {rule}")));
            }
        }
        problems.sort_by_key(|problem| problem.line);
        problems.extend(in_theme);
        let setup = Setup {
            config,
            keymap,
            columns,
            problems: problems.iter().map(ToString::to_string).collect(),
            ..Setup::default()
        };
        (setup, theme.for_env())
    }
}
