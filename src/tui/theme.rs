//! Colours by meaning, out of the files of `assets/themes` or one of the user's. Whatever a colour
//! says, a glyph or a word says too.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::LazyLock;

use ratatui::style::{Color, Modifier, Style};

use crate::assets;
use crate::platform::dirs;
use crate::platform::toml_doc::{Problem, TomlDocument, TomlEntry, TomlValue};
use crate::platform::user_file;

/// Declares the styles once: as fields, and as the names that they have in files.
macro_rules! styles {
    ($($(#[$about:meta])* $name:ident,)*) => {
        /// What each part of the screen looks like.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct Theme {
            $($(#[$about])* pub $name: Style,)*
        }

        impl Theme {
            /// Every style by its name in files.
            fn named(&mut self) -> Vec<(String, &mut Style)> {
                vec![$((stringify!($name).replace('_', "-"), &mut self.$name),)*]
            }
        }
    };
}

styles! {
    /// All that has no style of its own, the empty cells too.
    text,
    /// Names of things, labels, what is beside the point.
    dim,
    bold,
    /// The one accent: what the keyboard acts on.
    accent,
    /// The row or item under the cursor.
    selected,
    /// Keys in hints.
    key,
    /// Column heads and titles.
    title,
    badge,
    good,
    warn,
    bad,
    /// What a filter matched.
    matched,
    /// A text field being typed in.
    field,
    /// A name in a JSON object.
    json_key,
    json_string,
    /// A number, true, false or null in JSON.
    json_literal,
}

/// The modifiers that a style may have.
const MODIFIERS: [(&str, Modifier); 5] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underlined", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
];

/// The theme where none is chosen.
pub const DEFAULT: &str = "dark";
/// The theme without colours.
const MONO: &str = "mono";

static BUILT_IN: LazyLock<Vec<(&str, Theme)>> = LazyLock::new(|| {
    assets::THEMES
        .iter()
        .map(|(name, text)| (*name, Theme::parse(name, text).0))
        .collect()
});

impl Theme {
    pub fn dark() -> Self {
        Theme::built_in(DEFAULT).unwrap_or_default()
    }

    pub fn mono() -> Self {
        Theme::built_in(MONO).unwrap_or_default()
    }

    fn built_in(name: &str) -> Option<Self> {
        BUILT_IN
            .iter()
            .find(|(built_in, _)| *built_in == name)
            .map(|(_, theme)| theme.clone())
    }

    /// The theme of that name, and what is wrong with its file: a file `themes/NAME.toml` in
    /// `folder`, else a built-in one.
    ///
    /// Errors: one sentence, where there is no such theme or its file cannot be read.
    pub fn load(name: &str, folder: Option<&Path>) -> Result<(Self, Vec<Problem>), String> {
        if name.is_empty()
            || !name
                .chars()
                .all(|c| c.is_alphanumeric() || "-_".contains(c))
        {
            return Err(format!(
                "{name:?} cannot be a theme's name: that is letters, digits, - and _"
            ));
        }
        let mut ways_on = format!("choose {}", built_in_names());
        if let Some(folder) = folder {
            let path = folder.join("themes").join(format!("{name}.toml"));
            let shown = dirs::shown(&path);
            match user_file::read_text(&path) {
                Ok(text) => return Ok(Theme::parse_user(&shown, &text)),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(format!("{shown} cannot be read: {error}")),
            }
            ways_on.push_str(&format!(", or write {shown}"));
        }
        match Theme::built_in(name) {
            Some(theme) => Ok((theme, Vec::new())),
            None => Err(format!("there is no theme {name:?}: {ways_on}")),
        }
    }

    /// This theme, but without colours where NO_COLOR is set (no-color.org).
    pub fn for_env(self) -> Self {
        match std::env::var_os("NO_COLOR") {
            Some(value) if !value.is_empty() => Theme::mono(),
            _ => self,
        }
    }

    /// Reads a whole theme.
    fn parse(file: &str, text: &str) -> (Self, Vec<Problem>) {
        let mut theme = Theme::default();
        let mut document = TomlDocument::parse(file, text);
        for entry in std::mem::take(&mut document.entries) {
            theme.read(&entry, &mut document);
        }
        (theme, document.problems)
    }

    /// Reads a theme that need not be whole: what it leaves out, or what is wrong in it, is as in
    /// the built-in theme that it inherits.
    fn parse_user(file: &str, text: &str) -> (Self, Vec<Problem>) {
        let mut document = TomlDocument::parse(file, text);
        let mut theme = Theme::dark();
        let entries = std::mem::take(&mut document.entries);
        if let Some(entry) = entries.iter().find(|entry| entry.name == "inherits") {
            let parent = match &entry.value {
                TomlValue::Text(name) => Theme::built_in(name),
                _ => None,
            };
            match parent {
                Some(parent) => theme = parent,
                None => document.problem(
                    entry.line,
                    format!("inherits names a built-in theme: {}", built_in_names()),
                ),
            }
        }
        for entry in entries.iter().filter(|entry| entry.name != "inherits") {
            theme.read(entry, &mut document);
        }
        document.problems.sort_by_key(|problem| problem.line);
        (theme, document.problems)
    }

    /// Takes one style in; where it is wrong, the one that is there stays.
    fn read(&mut self, entry: &TomlEntry, document: &mut TomlDocument) {
        let mut styles = self.named();
        let Some((_, style)) = styles.iter_mut().find(|(name, _)| *name == entry.name) else {
            let names: Vec<&str> = styles.iter().map(|(name, _)| name.as_str()).collect();
            document.problem(
                entry.line,
                format!(
                    "there is no style {:?}: choose {}",
                    entry.name,
                    names.join(", ")
                ),
            );
            return;
        };
        match to_style(&entry.value) {
            Ok(read) => **style = read,
            Err((line, rule)) => document.problem(
                line.unwrap_or(entry.line),
                format!("{}: {rule}", entry.name),
            ),
        }
    }
}

/// A style out of a table such as `{ fg = "cyan", bold = true }`.
///
/// Errors: the rule, and the line where that is not the entry's.
fn to_style(value: &TomlValue) -> Result<Style, (Option<usize>, String)> {
    let TomlValue::Table(parts) = value else {
        let rule = format!(
            "a style is a table such as {{ fg = \"cyan\", bold = true }}, not {}",
            value.kind()
        );
        return Err((None, rule));
    };
    let mut style = Style::new();
    for part in parts {
        let wrong = |rule| (Some(part.line), rule);
        let modifier = MODIFIERS.iter().find(|(name, _)| *name == part.name);
        style = match (part.name.as_str(), modifier) {
            ("fg", _) => style.fg(to_color(&part.value).map_err(wrong)?),
            ("bg", _) => style.bg(to_color(&part.value).map_err(wrong)?),
            (name, Some((_, modifier))) => match part.value {
                TomlValue::Flag(true) => style.add_modifier(*modifier),
                TomlValue::Flag(false) => style,
                _ => {
                    let kind = part.value.kind();
                    return Err(wrong(format!("{name} is true or false, not {kind}")));
                }
            },
            (name, None) => {
                let modifiers = MODIFIERS.map(|(name, _)| name).join(", ");
                return Err(wrong(format!(
                    "a style has no {name:?}: it has fg, bg, {modifiers}"
                )));
            }
        };
    }
    Ok(style)
}

/// A colour as themes write it.
///
/// Errors: the rule.
pub(super) fn to_color(value: &TomlValue) -> Result<Color, String> {
    let (color, found) = match value {
        TomlValue::Text(text) => (text.parse().ok(), format!("{text:?}")),
        TomlValue::Whole(index) => (
            u8::try_from(*index).ok().map(Color::Indexed),
            index.to_string(),
        ),
        other => (None, other.kind().to_owned()),
    };
    color.ok_or(format!(
        "a colour is a name such as \"light-red\", \"#rrggbb\" or an index from 0 to 255, not {found}"
    ))
}

fn built_in_names() -> String {
    assets::THEMES.map(|(name, _)| name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the terminal's background is not known, a theme is made for these.
    const WHITE: Color = Color::Indexed(231);
    const SOLARIZED_DARK: Color = Color::Rgb(0x00, 0x2b, 0x36);
    const DRACULA: Color = Color::Rgb(0x28, 0x2a, 0x36);

    #[test]
    fn every_built_in_theme_is_whole_and_in_order() {
        for (name, text) in assets::THEMES {
            let (_, problems) = Theme::parse(name, text);
            assert!(problems.is_empty(), "{name}: {problems:?}");
            let entries = TomlDocument::parse(name, text).entries;
            for (style, _) in Theme::default().named() {
                assert!(
                    entries.iter().any(|entry| entry.name == style),
                    "{name} lacks {style}"
                );
            }
        }
    }

    #[test]
    fn without_colours_the_selection_is_still_seen() {
        let mut mono = Theme::mono();
        assert!(mono.selected.add_modifier.contains(Modifier::REVERSED));
        for (name, style) in mono.named() {
            assert_eq!((style.fg, style.bg), (None, None), "{name}");
        }
    }

    /// The contrast ratios of WCAG 2: 4.5 for AA, 7 for AAA.
    #[test]
    fn every_theme_with_colours_can_be_read() {
        for (name, ratio, ground) in [
            ("dark", 4.5, Color::Indexed(16)),
            ("dark", 4.5, SOLARIZED_DARK),
            ("dark", 4.5, DRACULA),
            ("light", 4.5, WHITE),
            ("high-contrast", 7.0, Color::Indexed(16)),
        ] {
            let mut theme = Theme::built_in(name).unwrap();
            for (style_name, style) in theme.named() {
                let Some(fg) = style.fg else { continue };
                let seen = contrast(fg, style.bg.unwrap_or(ground));
                assert!(seen >= ratio, "{name} on {ground}, {style_name}: {seen:.1}");
            }
        }
    }

    fn contrast(a: Color, b: Color) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn luminance(color: Color) -> f64 {
        let step = |at: u8| [0, 95, 135, 175, 215, 255][at as usize];
        let rgb: [u8; 3] = match color {
            Color::Rgb(r, g, b) => [r, g, b],
            Color::Indexed(index @ 232..) => [8 + 10 * (index - 232); 3],
            Color::Indexed(index @ 16..) => {
                let cube = index - 16;
                [step(cube / 36), step(cube / 6 % 6), step(cube % 6)]
            }
            _ => panic!("{color}: how bright it is depends on the terminal"),
        };
        let [r, g, b] = rgb.map(|part| {
            let part = f64::from(part) / 255.0;
            match part <= 0.03928 {
                true => part / 12.92,
                false => ((part + 0.055) / 1.055).powf(2.4),
            }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    #[test]
    fn a_users_theme_inherits_what_it_leaves_out() {
        let (theme, problems) = Theme::parse_user(
            "mine.toml",
            "selected = { fg = \"#ff8800\", bg = 17, italic = true }\n",
        );
        assert!(problems.is_empty());
        assert_eq!(
            theme,
            Theme {
                selected: Style::new()
                    .fg(Color::Rgb(0xff, 0x88, 0))
                    .bg(Color::Indexed(17))
                    .add_modifier(Modifier::ITALIC),
                ..Theme::dark()
            }
        );
        let (theme, _) = Theme::parse_user("mine.toml", "inherits = \"light\"\n");
        assert_eq!(Some(theme), Theme::built_in("light"));
    }

    #[test]
    fn what_is_wrong_in_a_theme_is_said_with_its_line_and_the_rest_counts() {
        let text = "\
inherits = \"nord\"
good = { fg = \"blue\" }
fancy = { fg = \"blue\" }
warn = { fg = \"blurple\" }
bad = \"red\"
key = { fg = 256 }
[title]
bold = 1
[badge]
blink = true
[dim
";
        let (theme, problems) = Theme::parse_user("mine.toml", text);
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        for (problem, wanted) in problems.iter().zip([
            "mine.toml:1: inherits names a built-in theme: dark, light, high-contrast, mono",
            "mine.toml:3: there is no style \"fancy\": choose text, dim, bold,",
            "mine.toml:4: warn: a colour is a name such as \"light-red\", \"#rrggbb\" or an index \
             from 0 to 255, not \"blurple\"",
            "mine.toml:5: bad: a style is a table such as { fg = \"cyan\", bold = true }, not a \
             string",
            "mine.toml:6: key: a colour is",
            "mine.toml:8: title: bold is true or false, not a number",
            "mine.toml:10: badge: a style has no \"blink\": it has fg, bg, bold, dim, italic,",
            "mine.toml:11: this is not TOML: ",
        ]) {
            assert!(problem.starts_with(wanted), "{problem}");
        }
        assert_eq!(problems.len(), 8, "{problems:#?}");
        assert_eq!(
            theme,
            Theme {
                good: Style::new().fg(Color::Blue),
                ..Theme::dark()
            }
        );
    }

    #[test]
    fn a_users_file_goes_before_a_built_in_theme() {
        let folder = tempfile::tempdir().unwrap();
        let themes = folder.path().join("themes");
        std::fs::create_dir(&themes).unwrap();
        std::fs::write(themes.join("light.toml"), "bad = { bold = true }\n").unwrap();
        let load = |name: &str| Theme::load(name, Some(folder.path()));
        let (light, _) = load("light").unwrap();
        assert_eq!(light.bad, Style::new().add_modifier(Modifier::BOLD));
        assert_eq!(load("dark").unwrap().0, Theme::dark());
        assert_eq!(Theme::load("dark", None).unwrap().0, Theme::dark());
        let error = load("nord").unwrap_err();
        assert!(error.starts_with("there is no theme \"nord\": choose dark, light,"));
        assert!(error.ends_with("nord.toml"), "{error}");
        assert!(load("../x").unwrap_err().contains("letters, digits"));
    }
}
