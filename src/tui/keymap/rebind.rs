//! The keys that the user's configuration binds, and what is wrong with them.

use std::str::FromStr;

use crossterm::event::{KeyCode, KeyModifiers};

use super::{ABOUT_A_KEY, Action, BINDINGS, Binding, Context, Key, KeyMap};
use crate::config::{Config, Rebinding};
use crate::kms::text::is_unsafe;
use crate::ops::{OPS, OpSpec};
use crate::platform::toml_doc::Problem;

/// Names of keys in the configuration, beside a character and `f1` to `f12`.
const KEYS: [(&str, KeyCode); 16] = [
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("space", KeyCode::Char(' ')),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
];

const MODIFIERS: [(&str, KeyModifiers); 3] = [
    ("ctrl-", KeyModifiers::CONTROL),
    ("alt-", KeyModifiers::ALT),
    ("shift-", KeyModifiers::SHIFT),
];

/// The way out of everything: whatever is configured, it quits.
const ALWAYS_QUITS: Key = super::ctrl('c');

impl FromStr for Key {
    /// The rule that the text breaks, with what to write.
    type Err = String;

    /// `a`, `A`, `ctrl-a`, `alt-up`, `f5`, `enter`: only what terminals can tell apart.
    fn from_str(text: &str) -> Result<Key, String> {
        let mut modifiers = KeyModifiers::NONE;
        let mut name = text;
        while let Some((prefix, modifier)) = MODIFIERS.iter().find(|(prefix, _)| {
            name.len() > prefix.len()
                && name
                    .get(..prefix.len())
                    .is_some_and(|head| head.eq_ignore_ascii_case(prefix))
        }) {
            modifiers |= *modifier;
            name = &name[prefix.len()..];
        }
        let code = key_code(name).ok_or_else(|| {
            let names: Vec<&str> = KEYS.iter().map(|(name, _)| *name).collect();
            format!(
                "{text:?} is no key: write a character, {}, f1 to f12, or one of them after ctrl-, \
                 alt- or shift-",
                names.join(", ")
            )
        })?;
        let not_sent = |other: &str| Err(format!("{text:?} reaches no terminal program: {other}"));
        let (code, modifiers) = match code {
            KeyCode::Tab if modifiers.contains(KeyModifiers::SHIFT) => {
                (KeyCode::BackTab, modifiers - KeyModifiers::SHIFT)
            }
            _ => (code, modifiers),
        };
        let has = |modifier| modifiers.contains(modifier);
        match code {
            KeyCode::Char(c) if has(KeyModifiers::SHIFT) => match c {
                ' ' => return not_sent("it arrives as space"),
                _ => return not_sent("write the capital, without shift-"),
            },
            KeyCode::Char(c) if has(KeyModifiers::CONTROL) => match c.to_ascii_lowercase() {
                'i' => return not_sent("it arrives as tab"),
                'm' => return not_sent("it arrives as enter"),
                'a'..='z' | ' ' => {
                    let code = KeyCode::Char(c.to_ascii_lowercase());
                    return Ok(Key { code, modifiers });
                }
                _ => return not_sent("ctrl- goes with letters and keys that have a name"),
            },
            KeyCode::Char('[' | 'O') | KeyCode::Esc if has(KeyModifiers::ALT) => {
                return not_sent("it begins another key's sequence");
            }
            KeyCode::Enter
            | KeyCode::Esc
            | KeyCode::Tab
            | KeyCode::BackTab
            | KeyCode::Backspace
                if has(KeyModifiers::CONTROL) || has(KeyModifiers::SHIFT) =>
            {
                return not_sent("ctrl- and shift- change nothing about this key");
            }
            _ => {}
        }
        Ok(Key { code, modifiers })
    }
}

fn key_code(name: &str) -> Option<KeyCode> {
    let mut chars = name.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return (!c.is_whitespace() && !is_unsafe(c)).then_some(KeyCode::Char(c));
    }
    let name = name.to_ascii_lowercase();
    let known = KEYS.iter().find(|(known, _)| *known == name);
    known.map(|(_, code)| *code).or_else(|| {
        let number = (1..=12).find(|number| name == format!("f{number}"))?;
        Some(KeyCode::F(number))
    })
}

/// A rebinding whose words mean something.
struct Wanted<'a> {
    from: &'a Rebinding,
    what: What,
    keys: Vec<Key>,
}

/// What a rebinding gives keys to.
#[derive(Clone, Copy)]
enum What {
    /// A row of the table: the first of this action in this context.
    Row(usize),
    /// An operation, which has no keys in the table.
    Operation(Context, &'static OpSpec),
}

impl What {
    fn at(self) -> Context {
        match self {
            What::Row(row) => BINDINGS[row].at,
            What::Operation(at, _) => at,
        }
    }

    fn does(self) -> Action {
        match self {
            What::Row(row) => BINDINGS[row].does,
            What::Operation(_, spec) => Action::Operation(spec.id),
        }
    }
}

impl KeyMap {
    /// The table under the configuration's keys. Where one is wrong, the table's keys stay.
    pub fn new(config: &Config) -> (KeyMap, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut wanted: Vec<Wanted> = Vec::new();
        for from in &config.rebindings {
            match look_up(from) {
                Ok((whats, keys)) => wanted.extend(whats.into_iter().map(|what| Wanted {
                    from,
                    what,
                    keys: keys.clone(),
                })),
                Err((line, rule)) => {
                    let problem = config.problem(Some(line), rule);
                    // A context that is not there is said once.
                    if !problems.contains(&problem) {
                        problems.push(problem);
                    }
                }
            }
        }
        // Keys may change places, so that only the whole can be judged. A rebinding that is taken
        // back needs its default keys again, which another may have taken meanwhile.
        loop {
            let map = KeyMap::with(&wanted);
            let Some((at, rule)) = conflict(&map, &wanted) else {
                return (map, problems);
            };
            let taken_back = wanted.remove(at);
            problems.push(config.problem(Some(taken_back.from.line), rule));
        }
    }

    fn with(wanted: &[Wanted]) -> KeyMap {
        let mut map = KeyMap::default();
        for Wanted { what, keys, .. } in wanted {
            let (at, does) = (what.at(), what.does());
            let row = match what {
                What::Row(row) => row,
                What::Operation(_, spec) => {
                    map.bindings.push(Binding {
                        at,
                        keys: keys.clone().into(),
                        does,
                        text: spec.summary,
                        hint: None,
                    });
                    continue;
                }
            };
            let mut own: Vec<Key> = Vec::new();
            for key in keys {
                let in_another_row = BINDINGS[row + 1..]
                    .iter()
                    .any(|other| other.at == at && other.does == does && other.keys.contains(key));
                if !in_another_row && !own.contains(key) {
                    own.push(*key);
                }
            }
            map.bindings[*row].keys = own.into();
        }
        map
    }
}

/// What a rebinding is about, and its keys.
///
/// Errors: the line, and the rule.
fn look_up(from: &Rebinding) -> Result<(Vec<What>, Vec<Key>), (usize, String)> {
    let wrong = |rule: String| Err((from.line, rule));
    let operation = OPS.iter().find(|spec| spec.command() == from.action);
    if from.context.is_empty() {
        let Some(spec) = operation else {
            return wrong(format!(
                "{:?} is no operation: write [keys.form] or another context above it, or a name as \
                 in disable-key = \"ctrl-d\"",
                from.action
            ));
        };
        let whats = ABOUT_A_KEY.map(|at| What::Operation(at, spec));
        return Ok((whats.to_vec(), keys(from, &whats[0])?));
    }
    let Some(at) = BINDINGS
        .iter()
        .map(|binding| binding.at)
        .find(|at| at.name() == from.context)
    else {
        return Err((
            from.context_line,
            format!(
                "there is no context {:?}: choose {}",
                from.context,
                names(BINDINGS.iter().map(|binding| binding.at.name()))
            ),
        ));
    };
    let row = BINDINGS
        .iter()
        .position(|binding| binding.at == at && binding.does.name() == from.action);
    let Some(row) = row else {
        if let Some(spec) = operation.filter(|_| ABOUT_A_KEY.contains(&at)) {
            let what = What::Operation(at, spec);
            return Ok((vec![what], keys(from, &what)?));
        }
        if operation.is_some() {
            let contexts = names(ABOUT_A_KEY.iter().map(|at| at.name()));
            return wrong(format!(
                "{} is an operation: bind it in [keys], or in one of {contexts}",
                from.action
            ));
        }
        let elsewhere = BINDINGS
            .iter()
            .any(|binding| binding.does.name() == from.action);
        let choices = names(
            BINDINGS
                .iter()
                .filter(|binding| binding.at == at)
                .map(|binding| binding.does.name()),
        );
        // The keys of moving about are bound once for all lists, and once for all texts.
        let around = at.around().filter(|around| {
            let is_it =
                |binding: &Binding| binding.at == *around && binding.does.name() == from.action;
            BINDINGS.iter().any(is_it)
        });
        if let Some(around) = around {
            let name = around.name();
            return wrong(format!(
                "{} is bound in [keys.{name}], for all of them at once: move it there",
                from.action
            ));
        }
        return wrong(match elsewhere {
            true => format!(
                "{} is no action of [keys.{}]: choose {choices}",
                from.action, from.context
            ),
            false => format!("there is no action {:?}: choose {choices}", from.action),
        });
    };
    let what = What::Row(row);
    Ok((vec![what], keys(from, &what)?))
}

/// The keys of a rebinding.
///
/// Errors: the line, and the rule.
fn keys(from: &Rebinding, what: &What) -> Result<Vec<Key>, (usize, String)> {
    let wrong = |rule: String| Err((from.line, rule));
    let (at, does) = (what.at(), what.does());
    if from.keys.is_empty() && matches!(does, Action::Back | Action::Quit | Action::Help) {
        return wrong(format!(
            "{} must keep a key: name at least one",
            from.action
        ));
    }
    let mut keys = Vec::new();
    for text in &from.keys {
        let key: Key = match text.parse() {
            Ok(key) => key,
            Err(rule) => return wrong(format!("{}: {rule}", from.action)),
        };
        if key == ALWAYS_QUITS && does != Action::Quit {
            return wrong(format!(
                "{}: {text:?} always quits: choose another key",
                from.action
            ));
        }
        if at.takes_text() && key.is_text() {
            return wrong(format!(
                "{}: text is typed in [keys.{}], where {text:?} is part of it: choose a key with \
                 ctrl- or alt-, or a function key",
                from.action, from.context
            ));
        }
        keys.push(key);
    }
    Ok(keys)
}

/// The last rebinding that takes a key of another action in its context, and the rule.
fn conflict(map: &KeyMap, wanted: &[Wanted]) -> Option<(usize, String)> {
    wanted
        .iter()
        .enumerate()
        .rev()
        .find_map(|(index, Wanted { from, what, keys })| {
            let (at, does) = (what.at(), what.does());
            let (key, other) = keys.iter().zip(&from.keys).find_map(|(key, text)| {
                let other = map.bindings.iter().find(|other| {
                    other.at == at && other.does != does && other.keys.contains(key)
                })?;
                Some((text, other.does.name()))
            })?;
            let rule = format!(
                "{}: {key:?} is {other}'s in [keys.{}]: choose another key, or give {other} \
                 another one",
                from.action,
                at.name()
            );
            Some((index, rule))
        })
}

/// Each name once.
fn names(all: impl Iterator<Item = String>) -> String {
    let mut names: Vec<String> = Vec::new();
    for name in all {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::{DISABLE_KEY, ENABLE_KEY};

    fn map(text: &str) -> (KeyMap, Vec<String>) {
        let (config, problems) = Config::parse("config.toml", text);
        assert!(problems.is_empty(), "{problems:#?}");
        let (map, problems) = KeyMap::new(&config);
        (map, problems.iter().map(ToString::to_string).collect())
    }

    fn key(text: &str) -> Key {
        text.parse().unwrap()
    }

    #[test]
    fn keys_are_read_as_they_arrive() {
        for (text, shown) in [
            ("a", "a"),
            ("A", "A"),
            ("-", "-"),
            ("é", "é"),
            ("ctrl-a", "Ctrl-A"),
            ("Ctrl-A", "Ctrl-A"),
            ("ctrl-space", "Ctrl-Space"),
            ("alt-x", "Alt-X"),
            ("alt-X", "Alt-Shift-X"),
            ("alt--", "Alt--"),
            ("alt-up", "Alt-↑"),
            ("ctrl-alt-left", "Ctrl-Alt-←"),
            ("shift-down", "Shift-↓"),
            ("f5", "F5"),
            ("F12", "F12"),
            ("enter", "↵"),
            ("alt-enter", "Alt-↵"),
            ("Esc", "Esc"),
            ("space", "Space"),
            ("backtab", "Shift-Tab"),
            ("shift-tab", "Shift-Tab"),
            ("pageup", "PgUp"),
            ("pagedown", "PgDn"),
            ("backspace", "Backspace"),
            ("delete", "Delete"),
            ("insert", "Insert"),
        ] {
            assert_eq!(key(text).to_string(), shown, "{text}");
        }
        assert_eq!(key("shift-tab"), key("backtab"));
        assert_eq!(key("ctrl-S"), key("ctrl-s"));
        for text in [
            "", " ", "ctrl-", "f0", "f13", "escape", "ab", "\u{1b}", "f+5",
        ] {
            let rule = text.parse::<Key>().unwrap_err();
            assert!(
                rule.contains("is no key: write a character, enter,"),
                "{rule}"
            );
        }
        for (text, why) in [
            ("ctrl-i", "it arrives as tab"),
            ("ctrl-m", "it arrives as enter"),
            ("ctrl-1", "ctrl- goes with letters"),
            ("ctrl-enter", "change nothing"),
            ("shift-a", "write the capital"),
            ("alt-[", "another key's sequence"),
            ("alt-esc", "another key's sequence"),
        ] {
            let rule = text.parse::<Key>().unwrap_err();
            assert!(rule.contains(why), "{rule}");
        }
    }

    #[test]
    fn every_default_key_can_be_written() {
        for binding in BINDINGS {
            for key in binding.keys.iter() {
                let written = match (key.code, key.modifiers) {
                    (KeyCode::BackTab, _) => "backtab".to_owned(),
                    (KeyCode::Char(' '), _) => "space".to_owned(),
                    (KeyCode::Char(c), KeyModifiers::NONE) => c.to_string(),
                    (KeyCode::Char(c), KeyModifiers::CONTROL) => format!("ctrl-{c}"),
                    (KeyCode::Char(c), _) => format!("alt-{c}"),
                    (code, KeyModifiers::ALT) => format!("alt-{code:?}"),
                    (KeyCode::F(n), _) => format!("f{n}"),
                    (code, _) => format!("{code:?}"),
                };
                assert_eq!(written.parse(), Ok(*key));
            }
        }
    }

    #[test]
    fn a_rebound_action_has_its_new_keys_alone() {
        let (map, problems) = map(
            "[keys.keys]\ngenerate-data-key = [\"G\", \"ctrl-g\"]\nsort = []\n\
             [keys.list]\nlast = \"end\"\n[keys.global]\nquit = \"Q\"\n",
        );
        assert!(problems.is_empty(), "{problems:#?}");
        let at = [Context::Keys, Context::List, Context::Global];
        for (pressed, action) in [
            ("G", Some(Action::GenerateDataKey)),
            ("ctrl-g", Some(Action::GenerateDataKey)),
            ("g", None),
            ("end", Some(Action::Last)),
            ("s", None),
            ("Q", Some(Action::Quit)),
            ("q", None),
            ("ctrl-c", Some(Action::Quit)),
            ("y", Some(Action::Copy)),
        ] {
            assert_eq!(map.resolve(&at, key(pressed)), action, "{pressed}");
        }
        assert!(map.active(&at).iter().all(|b| b.does != Action::Sort));
        assert_eq!(map.key_of(Context::Keys, Action::Sort), None);
        assert_eq!(map.key_of(Context::Global, Action::Quit), Some(key("Q")));
    }

    #[test]
    fn a_key_of_moving_about_is_pointed_to_where_it_is_bound() {
        let (_, problems) = map("[keys.outcome]\nlast = \"end\"\n");
        assert_eq!(
            problems[0].clone(),
            "config.toml:2: last is bound in [keys.text], for all of them at once: move it there"
        );
    }

    #[test]
    fn an_operation_is_bound_by_its_command_wherever_a_screen_is_about_a_key() {
        let (map, problems) = map(
            "[keys]\ndisable-key = \"ctrl-d\"\nquit = \"Q\"\n[keys.aliases]\nenable-key = \"E\"\n\
             sign = \"g\"\n[keys.form]\nverify = \"f9\"\n",
        );
        let disable = Some(Action::Operation(DISABLE_KEY.id));
        for at in ABOUT_A_KEY {
            assert_eq!(map.resolve(&[at, Context::Global], key("ctrl-d")), disable);
        }
        assert_eq!(map.resolve(&[Context::Form], key("ctrl-d")), None);
        let enable = Some(Action::Operation(ENABLE_KEY.id));
        assert_eq!(map.resolve(&[Context::Aliases], key("E")), enable);
        assert_eq!(map.resolve(&[Context::Keys], key("E")), None);
        assert_eq!(
            problems,
            [
                "config.toml:3: \"quit\" is no operation: write [keys.form] or another context \
                 above it, or a name as in disable-key = \"ctrl-d\"",
                "config.toml:8: verify is an operation: bind it in [keys], or in one of keys, \
                 key-detail, aliases, grants",
                "config.toml:6: sign: \"g\" is generate-data-key's in [keys.aliases]: choose \
                 another key, or give generate-data-key another one",
            ]
        );
    }

    #[test]
    fn keys_can_change_places() {
        let (map, problems) = map("[keys.keys]\ncopy = \"g\"\ngenerate-data-key = \"y\"\n");
        assert!(problems.is_empty(), "{problems:#?}");
        let action = |pressed| map.resolve(&[Context::Keys], key(pressed));
        assert_eq!(action("g"), Some(Action::Copy));
        assert_eq!(action("y"), Some(Action::GenerateDataKey));
    }

    #[test]
    fn each_wrong_binding_is_said_with_its_line_and_leaves_the_default() {
        let (map, problems) = map(r#"[keys.from]
submit = "ctrl-s"
back = "f2"
[keys.form]
sumbit = "ctrl-s"
sort = "ctrl-o"
submit = "ctl-s"
back = []
complete = "k"
add-row = ["ctrl-r", "f7"]
remove-row = "ctrl-c"
clear-form = "ctrl-i"
[keys.keys]
copy = "c"
sort = "c"
refresh = ["r", "r", "f6"]
[keys.global]
quit = []
help = []
"#);
        let expected = [
            "config.toml:1: there is no context \"from\": choose keys, filter, search, key-detail-found, key-detail, \
             aliases, grants, key-stores, key-store, call-log, matrix, access, why, bulk, completion, form-path, form, form-choice, outcome, policy-review, policy-draft, steps, lessons, lesson-flip, lesson-to-do, lesson, menu, prompt, command-line, picker, columns, confirm, confirm-typed, help, list, text, global",
            "config.toml:5: there is no action \"sumbit\": choose submit, toggle-dry-run, \
             next-field, prev-field, down, up, accept, blob-form, blob-form-back, add-row, remove-row, row-up, row-down, \
             clear-form, complete, back, next-snippet, copy-snippet",
            "config.toml:6: sort is no action of [keys.form]: choose submit, toggle-dry-run, \
             next-field, prev-field, down, up, accept, blob-form, blob-form-back, add-row, remove-row, row-up, row-down, \
             clear-form, complete, back, next-snippet, copy-snippet",
            "config.toml:7: submit: \"ctl-s\" is no key: write a character, enter, esc, space, \
             tab, backtab, backspace, delete, insert, up, down, left, right, pageup, pagedown, \
             home, end, f1 to f12, or one of them after ctrl-, alt- or shift-",
            "config.toml:8: back must keep a key: name at least one",
            "config.toml:9: complete: text is typed in [keys.form], where \"k\" is part of it: \
             choose a key with ctrl- or alt-, or a function key",
            "config.toml:11: remove-row: \"ctrl-c\" always quits: choose another key",
            "config.toml:12: clear-form: \"ctrl-i\" reaches no terminal program: it arrives as \
             tab",
            "config.toml:18: quit must keep a key: name at least one",
            "config.toml:19: help must keep a key: name at least one",
            "config.toml:15: sort: \"c\" is copy's in [keys.keys]: choose another key, or give \
             copy another one",
            "config.toml:10: add-row: \"ctrl-r\" is submit's in [keys.form]: choose another key, \
             or give submit another one",
        ];
        assert_eq!(problems, expected);
        let form = |pressed| map.resolve(&[Context::Form], key(pressed));
        assert_eq!(form("ctrl-r"), Some(Action::Submit));
        assert_eq!(form("ctrl-n"), Some(Action::AddRow));
        assert_eq!(form("f7"), None);
        assert_eq!(form("esc"), Some(Action::Back));
        let keys = |pressed| map.resolve(&[Context::Keys, Context::Global], key(pressed));
        assert_eq!(keys("c"), Some(Action::Copy));
        assert_eq!(keys("s"), Some(Action::Sort));
        assert_eq!(keys("f6"), Some(Action::Refresh));
        assert_eq!(keys("q"), Some(Action::Quit));
    }

    #[test]
    fn what_is_taken_back_takes_its_default_key_back() {
        let (map, problems) = map("[keys.keys]\ncopy = \"g\"\ngenerate-data-key = \"s\"\n");
        assert_eq!(
            problems,
            [
                "config.toml:3: generate-data-key: \"s\" is sort's in [keys.keys]: choose \
                 another key, or give sort another one",
                "config.toml:2: copy: \"g\" is generate-data-key's in [keys.keys]: choose \
                 another key, or give generate-data-key another one",
            ]
        );
        assert_eq!(map, KeyMap::default());
    }
}
