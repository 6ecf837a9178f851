//! What the user has configured, in `config.toml`. Plain data: what names mean to the console, the
//! console looks up.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::platform::dirs;
use crate::platform::log::{LOG_LEVELS, LogLevel};
use crate::platform::toml_doc::{Problem, TomlDocument, TomlEntry, TomlValue};
use crate::platform::user_file;

/// The settings, each with its default where the file says nothing, or something wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The file that this was read from, as people write it.
    pub file: String,
    /// A theme's name.
    pub theme: String,
    /// Where the file names the theme.
    pub theme_line: Option<usize>,
    pub mouse: bool,
    /// For profiles that do not say otherwise; see [`is_read_only`](Self::is_read_only).
    pub read_only: bool,
    pub start: Start,
    pub log_level: LogLevel,
    /// After which time a copied secret is taken out of the clipboard; None leaves it there.
    pub clipboard_clear: Option<Duration>,
    /// After which time the list of keys is read again by itself; None never does.
    pub auto_refresh: Option<Duration>,
    /// The names of the list's columns, and the line that has them; None leaves them as they are
    /// by default.
    pub columns: Option<(usize, Vec<String>)>,
    /// In the order of the file.
    pub rebindings: Vec<Rebinding>,
    /// What is particular to an AWS profile, by its name.
    pub profiles: BTreeMap<String, ProfileConfig>,
}

/// The list that the console starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    Keys,
    Aliases,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileConfig {
    pub read_only: Option<bool>,
    /// A word that the header shows, such as `PROD`.
    pub badge: Option<String>,
    /// Its colour, as themes write it.
    pub color: Option<ProfileColor>,
}

/// A colour, and where the file names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileColor {
    pub value: TomlValue,
    pub line: usize,
}

/// Characters of a badge.
const BADGE: usize = 16;

/// `submit = ["ctrl-s"]` in the table `[keys.form]`; in `[keys]` itself, `disable-key = "ctrl-d"`.
/// The words are not looked up yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebinding {
    /// Empty for one in `[keys]` itself.
    pub context: String,
    pub action: String,
    pub keys: Vec<String>,
    pub line: usize,
    /// Of the table's head.
    pub context_line: usize,
}

/// A setting.
pub struct Setting {
    pub name: &'static str,
    /// What it is set to.
    pub takes: &'static str,
    /// As the file would say it; None where nothing stands for it.
    pub default: Option<&'static str>,
    pub about: &'static str,
}

/// Every setting of the file, in the order in which they are told.
#[rustfmt::skip]
pub static SETTINGS: [Setting; 10] = [
    Setting { name: "theme", takes: "a theme's name", default: Some("\"dark\""), about: "colours: dark, light, high-contrast, mono, or a file of your own in `themes/` beside `config.toml`" },
    Setting { name: "mouse", takes: "true or false", default: Some("true"), about: "whether the mouse is kmsdeck's, or the terminal's own" },
    Setting { name: "read-only", takes: "true or false", default: Some("false"), about: "nothing but reads and dry runs, for every profile that does not say otherwise" },
    Setting { name: "start", takes: "\"keys\" or \"aliases\"", default: Some("\"keys\""), about: "the list that the console starts with" },
    Setting { name: "log-level", takes: "\"off\", \"error\", \"warn\", \"info\" or \"debug\"", default: Some("\"info\""), about: "how much goes to `kmsdeck.log`" },
    Setting { name: "clipboard-clear", takes: "0 to 3600", default: Some("30"), about: "seconds until a copied secret is taken out of the clipboard; 0 is never" },
    Setting { name: "auto-refresh", takes: "10 to 86400, or 0", default: Some("0"), about: "seconds until the list is read again by itself; 0 is never" },
    Setting { name: "columns", takes: "a list of columns' names", default: None, about: "the columns of the list of keys, and their order" },
    Setting { name: "keys", takes: "tables of key bindings", default: None, about: "`[keys.CONTEXT]`, and in `[keys]` itself operations" },
    Setting { name: "profile", takes: "tables of AWS profiles", default: None, about: "`[profile.NAME]`, with the settings below" },
];

/// Every setting of a profile.
#[rustfmt::skip]
pub static PROFILE_SETTINGS: [Setting; 3] = [
    Setting { name: "read-only", takes: "true or false", default: None, about: "nothing but reads and dry runs; else as the whole file says" },
    Setting { name: "badge", takes: "a word of up to 16 letters and digits", default: None, about: "a word that the header shows, such as PROD" },
    Setting { name: "color", takes: "a colour, as in a theme", default: None, about: "the colour of the badge" },
];

/// The names of settings, as a message lists them.
fn names_of(settings: &[Setting]) -> String {
    let names: Vec<&str> = settings.iter().map(|setting| setting.name).collect();
    names.join(", ")
}

const STARTS: [(&str, Start); 2] = [("keys", Start::Keys), ("aliases", Start::Aliases)];

impl Default for Config {
    fn default() -> Self {
        Config {
            file: String::new(),
            theme: "dark".to_owned(),
            theme_line: None,
            mouse: true,
            read_only: false,
            start: Start::Keys,
            log_level: LogLevel::Info,
            clipboard_clear: Some(Duration::from_secs(30)),
            auto_refresh: None,
            columns: None,
            rebindings: Vec::new(),
            profiles: BTreeMap::new(),
        }
    }
}

impl Config {
    /// Reads `file`, or where none is given the user's `config.toml`, which need not be there; and
    /// what is wrong with it.
    ///
    /// Errors: one sentence, where `file` cannot be read.
    pub fn load(file: Option<&Path>) -> Result<(Config, Vec<Problem>), String> {
        let usual = dirs::config_folder().map(|folder| folder.join("config.toml"));
        let Some(path) = file.or(usual.as_deref()) else {
            return Ok((Config::default(), Vec::new()));
        };
        let shown = dirs::shown(path);
        match user_file::read_text(path) {
            Ok(text) => Ok(Config::parse(&shown, &text)),
            Err(error) if file.is_some() => Err(format!("{shown} cannot be read: {error}")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Ok((Config::default(), Vec::new()))
            }
            Err(error) => {
                let problem = Problem {
                    file: shown,
                    line: None,
                    text: format!("this cannot be read, so that all is as by default: {error}"),
                };
                Ok((Config::default(), vec![problem]))
            }
        }
    }

    /// Reads a configuration's text. Where an entry is wrong, its default stays.
    pub fn parse(file: &str, text: &str) -> (Config, Vec<Problem>) {
        let mut config = Config {
            file: file.to_owned(),
            ..Config::default()
        };
        let mut document = TomlDocument::parse(file, text);
        for entry in std::mem::take(&mut document.entries) {
            config.read(&entry, &mut document);
        }
        document.problems.sort_by_key(|problem| problem.line);
        (config, document.problems)
    }

    /// Whether nothing may be changed through `profile`.
    pub fn is_read_only(&self, profile: Option<&str>) -> bool {
        profile
            .and_then(|name| self.profiles.get(name)?.read_only)
            .unwrap_or(self.read_only)
    }

    /// A problem with what the file says on `line`.
    pub fn problem(&self, line: Option<usize>, text: String) -> Problem {
        Problem {
            file: self.file.clone(),
            line,
            text,
        }
    }

    fn read(&mut self, entry: &TomlEntry, document: &mut TomlDocument) {
        match entry.name.as_str() {
            "theme" => match &entry.value {
                TomlValue::Text(name) => {
                    self.theme.clone_from(name);
                    self.theme_line = Some(entry.line);
                }
                other => document.problem(
                    entry.line,
                    format!(
                        "theme is a theme's name, not {}: write theme = \"dark\"",
                        other.kind()
                    ),
                ),
            },
            "mouse" => set(&mut self.mouse, flag(entry), document),
            "read-only" => self.read_only = read_only(entry, document),
            "start" => set(&mut self.start, choice(entry, &STARTS), document),
            "log-level" => set(&mut self.log_level, choice(entry, &LOG_LEVELS), document),
            "clipboard-clear" => set(&mut self.clipboard_clear, seconds(entry), document),
            "auto-refresh" => set(&mut self.auto_refresh, refresh_seconds(entry), document),
            "columns" => set(&mut self.columns, names(entry).map(Some), document),
            "keys" => {
                let TomlValue::Table(inner) = &entry.value else {
                    tables(entry, "[keys.form]", document);
                    return;
                };
                for entry in inner {
                    let (name, entries) = match &entry.value {
                        TomlValue::Table(entries) => (entry.name.as_str(), entries.as_slice()),
                        _ => ("", std::slice::from_ref(entry)),
                    };
                    let line = entry.line;
                    self.read_keys(
                        &Table {
                            name,
                            line,
                            entries,
                        },
                        document,
                    );
                }
            }
            "profile" => {
                for profile in tables(entry, "[profile.prod]", document) {
                    self.read_profile(&profile, document);
                }
            }
            name => {
                // Written otherwise, it is meant all the same.
                self.read_only |= name.replace('_', "").eq_ignore_ascii_case("readonly");
                document.problem(
                    entry.line,
                    format!(
                        "there is no setting {name:?}: choose {}",
                        names_of(&SETTINGS)
                    ),
                );
            }
        }
    }

    fn read_keys(&mut self, context: &Table, document: &mut TomlDocument) {
        for entry in context.entries {
            let keys = match &entry.value {
                TomlValue::Text(key) => Some(vec![key.clone()]),
                TomlValue::List(items) => items
                    .iter()
                    .map(|item| match item {
                        TomlValue::Text(key) => Some(key.clone()),
                        _ => None,
                    })
                    .collect(),
                _ => None,
            };
            match keys {
                Some(keys) => self.rebindings.push(Rebinding {
                    context: context.name.to_owned(),
                    action: entry.name.clone(),
                    keys,
                    line: entry.line,
                    context_line: context.line,
                }),
                None if is_stray(entry, document) => {}
                None => document.problem(
                    entry.line,
                    format!(
                        "{name} is a key or a list of keys, each a string: \
                         write {name} = \"ctrl-s\" or {name} = [\"s\", \"f2\"]",
                        name = entry.name
                    ),
                ),
            }
        }
    }

    fn read_profile(&mut self, profile: &Table, document: &mut TomlDocument) {
        let config = self.profiles.entry(profile.name.to_owned()).or_default();
        for entry in profile.entries {
            match entry.name.as_str() {
                "read-only" => config.read_only = Some(read_only(entry, document)),
                "badge" => set(&mut config.badge, badge(entry).map(Some), document),
                "color" => {
                    config.color = Some(ProfileColor {
                        value: entry.value.clone(),
                        line: entry.line,
                    });
                }
                _ if is_stray(entry, document) => {}
                name => document.problem(
                    entry.line,
                    format!(
                        "a profile has no setting {name:?}: it has {}",
                        names_of(&PROFILE_SETTINGS)
                    ),
                ),
            }
        }
    }
}

/// A line, and the rule that it breaks.
type Broken = (usize, String);

struct Table<'a> {
    name: &'a str,
    line: usize,
    entries: &'a [TomlEntry],
}

/// The tables in the table that `entry` is to be.
fn tables<'a>(entry: &'a TomlEntry, example: &str, document: &mut TomlDocument) -> Vec<Table<'a>> {
    let TomlValue::Table(inner) = &entry.value else {
        document.problem(
            entry.line,
            format!(
                "{} is a table, not {}: write {example}, and its entries below",
                entry.name,
                entry.value.kind()
            ),
        );
        return Vec::new();
    };
    inner
        .iter()
        .filter_map(|inner| match &inner.value {
            TomlValue::Table(entries) => Some(Table {
                name: &inner.name,
                line: inner.line,
                entries,
            }),
            _ => {
                if !is_stray(inner, document) {
                    document.problem(
                        inner.line,
                        format!(
                            "{:?} is in no table within [{}]: write one above it, such as {example}",
                            inner.name, entry.name
                        ),
                    );
                }
                None
            }
        })
        .collect()
}

/// Whether a setting of the whole file stands in a table; if so, it says so.
fn is_stray(entry: &TomlEntry, document: &mut TomlDocument) -> bool {
    let stray = SETTINGS.iter().any(|setting| setting.name == entry.name);
    if stray {
        document.problem(
            entry.line,
            format!(
                "{} is not part of this table: move it above the file's first [table]",
                entry.name
            ),
        );
    }
    stray
}

fn set<T>(setting: &mut T, read: Result<T, Broken>, document: &mut TomlDocument) {
    match read {
        Ok(value) => *setting = value,
        Err((line, rule)) => document.problem(line, rule),
    }
}

/// Whoever writes of read-only means to be safe: what cannot be read is a yes.
fn read_only(entry: &TomlEntry, document: &mut TomlDocument) -> bool {
    flag(entry).unwrap_or_else(|(line, rule)| {
        document.problem(line, rule);
        true
    })
}

/// A word of few columns, and no other text.
fn badge(entry: &TomlEntry) -> Result<String, Broken> {
    match &entry.value {
        TomlValue::Text(text) if is_badge(text) => Ok(text.trim().to_owned()),
        _ => Err((
            entry.line,
            format!("badge is a word of up to {BADGE} letters and digits: write badge = \"PROD\""),
        )),
    }
}

fn is_badge(text: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || " -_.".contains(c);
    !text.trim().is_empty() && text.chars().count() <= BADGE && text.chars().all(is_plain)
}

/// 0 to 3,600 seconds; 0 is never.
fn seconds(entry: &TomlEntry) -> Result<Option<Duration>, Broken> {
    match entry.value {
        TomlValue::Whole(0) => Ok(None),
        TomlValue::Whole(number @ 1..=3600) => Ok(Some(Duration::from_secs(number as u64))),
        _ => Err((
            entry.line,
            format!(
                "{} is a number of seconds from 0 to 3600, and 0 is never: write {} = 30",
                entry.name, entry.name
            ),
        )),
    }
}

/// 10 to 86,400 seconds, so that no list is read again before it is there; 0 is never.
fn refresh_seconds(entry: &TomlEntry) -> Result<Option<Duration>, Broken> {
    match entry.value {
        TomlValue::Whole(0) => Ok(None),
        TomlValue::Whole(number @ 10..=86_400) => Ok(Some(Duration::from_secs(number as u64))),
        _ => Err((
            entry.line,
            format!(
                "{} is a number of seconds from 10 to 86400, or 0 for never: write {} = 300",
                entry.name, entry.name
            ),
        )),
    }
}

/// A list of names, and the line that it is on.
fn names(entry: &TomlEntry) -> Result<(usize, Vec<String>), Broken> {
    let broken = || {
        let example = format!("{} = [\"alias\", \"state\"]", entry.name);
        let rule = format!(
            "{} is a list of names, each a string: write {example}",
            entry.name
        );
        (entry.line, rule)
    };
    let TomlValue::List(items) = &entry.value else {
        return Err(broken());
    };
    let names: Option<Vec<String>> = items
        .iter()
        .map(|item| match item {
            TomlValue::Text(name) => Some(name.clone()),
            _ => None,
        })
        .collect();
    Ok((entry.line, names.ok_or_else(broken)?))
}

fn flag(entry: &TomlEntry) -> Result<bool, Broken> {
    let name = &entry.name;
    match &entry.value {
        TomlValue::Flag(is) => Ok(*is),
        other => Err((
            entry.line,
            format!(
                "{name} is true or false, not {}: write {name} = true or {name} = false",
                other.kind()
            ),
        )),
    }
}

fn choice<T: Copy>(entry: &TomlEntry, choices: &[(&str, T)]) -> Result<T, Broken> {
    let found = match &entry.value {
        TomlValue::Text(text) => match choices.iter().find(|(name, _)| name == text) {
            Some((_, value)) => return Ok(*value),
            None => format!("{text:?}"),
        },
        other => other.kind().to_owned(),
    };
    let names: Vec<String> = choices
        .iter()
        .map(|(name, _)| format!("{name:?}"))
        .collect();
    Err((
        entry.line,
        format!("{} is one of {}, not {found}", entry.name, names.join(", ")),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (Config, Vec<String>) {
        let (config, problems) = Config::parse("config.toml", text);
        (config, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn every_setting_is_taken_in() {
        let (config, problems) = parse(
            r#"
theme = "light"
mouse = false
read-only = true
start = "aliases"
log-level = "debug"
clipboard-clear = 5
auto-refresh = 300
columns = ["alias", "last-used"]
[keys]
disable-key = "ctrl-d"
[keys.form]
submit = "ctrl-s"
[keys.global]
quit = ["Q", "f10"]
[profile.dev]
read-only = false
badge = "DEV"
color = "light-blue"
"#,
        );
        assert!(problems.is_empty(), "{problems:#?}");
        let rebinding =
            |context: &str, action: &str, keys: &[&str], line, context_line| Rebinding {
                context: context.to_owned(),
                action: action.to_owned(),
                keys: keys.iter().map(ToString::to_string).collect(),
                line,
                context_line,
            };
        let expected = Config {
            file: "config.toml".to_owned(),
            theme: "light".to_owned(),
            theme_line: Some(2),
            mouse: false,
            read_only: true,
            start: Start::Aliases,
            log_level: LogLevel::Debug,
            clipboard_clear: Some(Duration::from_secs(5)),
            auto_refresh: Some(Duration::from_secs(300)),
            columns: Some((9, vec!["alias".to_owned(), "last-used".to_owned()])),
            rebindings: vec![
                rebinding("", "disable-key", &["ctrl-d"], 11, 11),
                rebinding("form", "submit", &["ctrl-s"], 13, 12),
                rebinding("global", "quit", &["Q", "f10"], 15, 14),
            ],
            profiles: BTreeMap::from([(
                "dev".to_owned(),
                ProfileConfig {
                    read_only: Some(false),
                    badge: Some("DEV".to_owned()),
                    color: Some(ProfileColor {
                        value: TomlValue::Text("light-blue".to_owned()),
                        line: 19,
                    }),
                },
            )]),
        };
        assert_eq!(config, expected);
        assert!(config.is_read_only(None) && config.is_read_only(Some("prod")));
        assert!(!config.is_read_only(Some("dev")));
        assert_eq!(parse("").0.log_level, LogLevel::Info);
    }

    #[test]
    fn the_settings_table_tells_of_every_setting_and_of_its_default() {
        let written = SETTINGS
            .iter()
            .filter_map(|setting| Some(format!("{} = {}\n", setting.name, setting.default?)));
        let (config, problems) = parse(&written.collect::<String>());
        assert!(problems.is_empty(), "{problems:#?}");
        let file = "config.toml".to_owned();
        let defaults = Config {
            file,
            theme_line: Some(1),
            ..Config::default()
        };
        assert_eq!(config, defaults);
        let wrong = |settings: &[Setting], head: &str| {
            for setting in settings {
                let (_, problems) = parse(&format!("{head}{} = -1\n", setting.name));
                let [problem] = &*problems else {
                    panic!("{}: {problems:?}", setting.name);
                };
                assert!(!problem.contains("no setting"), "{problem}");
            }
        };
        wrong(&SETTINGS, "");
        wrong(&PROFILE_SETTINGS[..2], "[profile.x]\n");
    }

    #[test]
    fn each_wrong_entry_is_said_with_its_line_and_leaves_the_default() {
        let (config, problems) = parse(
            r#"theme = 1
mouse = "yes"
read_only = true
start = "grants"
log-level = 3
read-only = true
[keys]
quit = 1
[keys.form]
submit = 5
complete = ["ctrl-k", 1]
mouse = false
[profile.prod]
region = "eu-west-1"
read-only = "no"
log-level = "off"
[profile]
dev = true
"#,
        );
        let expected = [
            "config.toml:1: theme is a theme's name, not a number: write theme = \"dark\"",
            "config.toml:2: mouse is true or false, not a string: write mouse = true or mouse = \
             false",
            "config.toml:3: there is no setting \"read_only\": choose theme, mouse, read-only, \
             start, log-level, clipboard-clear, auto-refresh, columns, keys, profile",
            "config.toml:4: start is one of \"keys\", \"aliases\", not \"grants\"",
            "config.toml:5: log-level is one of \"off\", \"error\", \"warn\", \"info\", \
             \"debug\", not a number",
            "config.toml:8: quit is a key or a list of keys, each a string: write quit = \
             \"ctrl-s\" or quit = [\"s\", \"f2\"]",
            "config.toml:10: submit is a key or a list of keys, each a string: write submit = \
             \"ctrl-s\" or submit = [\"s\", \"f2\"]",
            "config.toml:11: complete is a key or a list of keys, each a string: write complete \
             = \"ctrl-s\" or complete = [\"s\", \"f2\"]",
            "config.toml:12: mouse is not part of this table: move it above the file's first \
             [table]",
            "config.toml:14: a profile has no setting \"region\": it has read-only, badge, \
             color",
            "config.toml:15: read-only is true or false, not a string: write read-only = true or \
             read-only = false",
            "config.toml:16: log-level is not part of this table: move it above the file's first \
             [table]",
            "config.toml:18: \"dev\" is in no table within [profile]: write one above it, such \
             as [profile.prod]",
        ];
        assert_eq!(problems, expected);
        let defaults = Config {
            file: "config.toml".to_owned(),
            read_only: true,
            profiles: BTreeMap::from([(
                "prod".to_owned(),
                ProfileConfig {
                    read_only: Some(true),
                    ..ProfileConfig::default()
                },
            )]),
            ..Config::default()
        };
        assert_eq!(config, defaults);
    }

    #[test]
    fn a_read_only_that_cannot_be_read_is_a_yes() {
        for text in [
            "read-only = \"yes\"",
            "read-only = 1",
            "read_only = true",
            "readonly = true",
        ] {
            let (config, problems) = parse(text);
            assert!(config.is_read_only(None), "{text}");
            assert_eq!(problems.len(), 1, "{text}");
        }
    }

    #[test]
    fn a_file_that_was_asked_for_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.toml");
        let error = Config::load(Some(&path)).unwrap_err();
        assert!(error.contains("mine.toml cannot be read: "), "{error}");
        std::fs::write(&path, "mouse = false\n").unwrap();
        let (config, problems) = Config::load(Some(&path)).unwrap();
        assert!(!config.mouse && problems.is_empty());
        std::fs::write(&path, b"mouse = \xff\n").unwrap();
        assert!(Config::load(Some(&path)).is_err());
    }
}
