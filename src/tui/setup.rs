//! What the console starts with, made of the user's configuration.

use std::path::Path;

use super::core::history::History;
use super::keymap::KeyMap;
use super::theme::Theme;
use crate::config::Config;
use crate::platform::drafts::Drafts;
use crate::platform::toml_doc::Problem;

/// The configuration, and what it means to the console.
#[derive(Default)]
pub struct Setup {
    pub config: Config,
    pub keymap: KeyMap,
    /// All that is wrong in the user's files.
    pub problems: Vec<String>,
    pub history: History,
    /// Where policies that are being edited are kept.
    pub policy_drafts: Option<Drafts>,
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
        let (keymap, in_keys) = KeyMap::new(&config);
        problems.extend(in_keys);
        problems.sort_by_key(|problem| problem.line);
        problems.extend(in_theme);
        let setup = Setup {
            config,
            keymap,
            problems: problems.iter().map(ToString::to_string).collect(),
            history: History::default(),
            policy_drafts: None,
        };
        (setup, theme.for_env())
    }
}
