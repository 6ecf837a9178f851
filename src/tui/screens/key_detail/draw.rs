//! Draws the details of a key.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::KeyDetailScreen;
use super::layout::{self, TABS_ROW};
use super::load::Load;
use super::tabs::{Body, TABS, TabView};
use crate::kms::KmsError;
use crate::kms::text::printable;
use crate::kms::times::ago;
use crate::reads::ReadAnswer;
use crate::tui::core::Core;
use crate::tui::keymap::{Action, Context};
use crate::tui::theme::Theme;
use crate::tui::view::{self, spinner};
use crate::tui::widgets::key_summary::metadata_lines;
use crate::tui::widgets::scroll;

/// Seconds for which an answer is as good as new.
const FRESH: i64 = 10;

/// What stands before each line of what the cursor goes through.
const CURSOR: &str = "  ";

/// How a tab stands: by its first read, once all of them have answered.
enum TabState<'a> {
    NotAsked,
    Loading,
    Ready(&'a ReadAnswer),
    Failed(&'a KmsError),
}

impl KeyDetailScreen {
    fn tab_state(&self, tab: usize) -> TabState<'_> {
        let loads = self.loads.of_tab(tab);
        if loads.iter().any(|load| matches!(load, Load::NotAsked)) {
            return TabState::NotAsked;
        }
        if loads.iter().any(|load| matches!(load, Load::Loading(_))) {
            return TabState::Loading;
        }
        match loads.first() {
            Some(Load::Ready(answer)) => TabState::Ready(answer),
            Some(Load::Failed(error)) => TabState::Failed(error),
            _ => TabState::NotAsked,
        }
    }

    /// A tab's title with what is known of its content.
    pub(super) fn tab_text(&self, tab: usize, ticks: usize) -> String {
        let mark = match self.tab_state(tab) {
            TabState::NotAsked | TabState::Loading => spinner(ticks).to_owned(),
            TabState::Failed(error) if self.lacks(tab, error) => String::new(),
            TabState::Failed(_) => "✗".to_owned(),
            TabState::Ready(answer) => {
                (TABS[tab].count)(answer).map_or(String::new(), |count| format!(" {count}"))
            }
        };
        // The mark stands in the place of the space before the next title.
        let pad = if mark.is_empty() || mark.starts_with(' ') {
            " "
        } else {
            ""
        };
        format!(" {}{mark}{pad}", TABS[tab].title)
    }

    pub(super) fn draw_tabs(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let title = match self.aliases(core).first() {
            Some(alias) => printable(alias).into_owned(),
            None => printable(&self.key.id).into_owned(),
        };
        let title_row = Rect { height: 1, ..area };
        frame.render_widget(
            Line::from(vec![Span::raw(" "), Span::styled(title, theme.title)]),
            title_row,
        );
        // What was asked just now needs no age.
        let old = |at: &Timestamp| self.was_kept || core.now.duration_since(*at).as_secs() >= FRESH;
        if let Some(at) = self.loaded_at.filter(old) {
            let refresh = core.keymap.key_of(Context::KeyDetail, Action::Refresh);
            let how = refresh.map_or(String::new(), |key| format!("; {key} refreshes"));
            let note = format!("as it was {}{how} ", ago(at, core.now));
            frame.render_widget(Line::styled(note, theme.dim).right_aligned(), title_row);
        }
        let row = |y: u16| Rect::new(area.x, area.y + y, area.width, 1);
        self.draw_titles(core, theme, frame, row(TABS_ROW));
        let below = Rect {
            y: area.y + 4,
            height: area.height.saturating_sub(4),
            ..area
        };
        let (body, second) = layout::panes(below, self.has_second_pane());
        if let (Some(second), Some(key)) = (second, self.metadata()) {
            view::rule(frame, second, theme);
            let inside = Rect {
                x: second.x + 2,
                width: second.width.saturating_sub(3),
                ..second
            };
            let aliases = self.aliases(core);
            let lines = metadata_lines(key, &aliases, core, inside.width, theme);
            scroll::text(frame, inside, &lines, 0, theme);
        }
        let mut lines = self.lines(core, body.width, theme);
        self.search.draw(&lines, theme, frame, row(TABS_ROW + 1));
        self.search.mark(&mut lines, theme);
        scroll::text(frame, body, &lines, self.scroll, theme);
    }

    fn draw_titles(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let shown = self.shown_tabs(core);
        let row = self.tab_row(&shown, core);
        for (at, columns) in row.titles {
            let tab = shown[at];
            let style = match tab == self.tab {
                true => theme.selected,
                false => theme.dim,
            };
            let place = Rect {
                x: area.x + columns.start,
                width: columns.end - columns.start,
                ..area
            };
            frame.render_widget(Span::styled(self.tab_text(tab, core.ticks), style), place);
        }
        if row.more.0 {
            frame.render_widget(Span::styled("‹", theme.accent), area);
        }
        if row.more.1 {
            frame.render_widget(Line::styled("›", theme.accent).right_aligned(), area);
        }
    }

    /// Whether the error only says that keys of this kind have no such thing: rotation of an
    /// asymmetric key, the public key of a symmetric one.
    fn lacks(&self, tab: usize, error: &KmsError) -> bool {
        if TABS[tab].absent.is_none() {
            return false;
        }
        let symmetric = self.metadata().is_some_and(|key| {
            key.is_symmetric_encryption()
                || key
                    .key_spec
                    .as_deref()
                    .is_some_and(|spec| spec.starts_with("HMAC"))
        });
        match error.code.as_str() {
            "UnsupportedOperationException" => true,
            "InvalidKeyUsageException" | "ValidationException" => symmetric,
            _ => false,
        }
    }

    pub(super) fn lines(&self, core: &Core, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
        let tab = &TABS[self.tab];
        let iam = tab.reads.first().map_or("", |read| read.iam);
        match self.tab_state(self.tab) {
            TabState::NotAsked => vec![Line::styled(
                "Waits for DescribeKey, which tells the key ID.",
                theme.dim,
            )],
            TabState::Loading => {
                let text = format!("{} {iam} …", spinner(core.ticks));
                let mut lines = vec![Line::styled(text, theme.dim)];
                // Meanwhile, what the list knows.
                if let Some(key) = self.known_metadata(core).filter(|_| self.tab == 0) {
                    lines.push(Line::default());
                    let aliases = self.aliases(core);
                    lines.extend(metadata_lines(key, &aliases, core, columns, theme));
                }
                lines
            }
            TabState::Failed(error) => match tab.absent.filter(|_| self.lacks(self.tab, error)) {
                Some(text) => {
                    let mut lines = view::wrapped(text, columns, theme.text);
                    let said = printable(&error.message);
                    lines.extend(view::wrapped(&said, columns, theme.dim));
                    lines
                }
                None => {
                    let title = match error.is_access_denied() {
                        true => format!("This takes the permission {iam}"),
                        false => format!("{} could not be loaded", tab.title),
                    };
                    view::failure(&title, error, columns, theme)
                }
            },
            TabState::Ready(answer) => match &tab.body {
                Body::Text(lines) => {
                    lines(&self.view(answer, &self.aliases(core), core, columns, theme))
                }
                Body::Rows { none, .. } => match self.rows(core, columns, theme) {
                    rows if rows.is_empty() => vec![Line::from(*none)],
                    rows => rows.into_iter().flatten().collect(),
                },
            },
        }
    }

    fn view<'a>(
        &'a self,
        answer: &'a ReadAnswer,
        aliases: &'a [String],
        core: &'a Core,
        columns: u16,
        theme: &'a Theme,
    ) -> TabView<'a> {
        TabView {
            answer,
            others: &self.loads.of_tab(self.tab)[1..],
            aliases,
            core,
            columns,
            theme,
        }
    }

    /// The things that the tab lists, each with its lines; none where it is a text.
    pub(super) fn rows(&self, core: &Core, columns: u16, theme: &Theme) -> Vec<Vec<Line<'static>>> {
        let (Body::Rows { rows, .. }, TabState::Ready(answer)) =
            (&TABS[self.tab].body, self.tab_state(self.tab))
        else {
            return Vec::new();
        };
        let aliases = self.aliases(core);
        let room = columns.saturating_sub(CURSOR.len() as u16);
        let mut rows = rows(&self.view(answer, &aliases, core, room, theme));
        for (at, row) in rows.iter_mut().enumerate() {
            for (line_at, line) in row.iter_mut().enumerate() {
                let here = at == self.row && line_at == 0;
                let mark = match here {
                    true => Span::styled("▌ ", theme.accent),
                    false => Span::raw(CURSOR),
                };
                line.spans.insert(0, mark);
            }
        }
        rows
    }

    /// What is shown, as an action takes it.
    pub(super) fn answer_shown(&self) -> Option<&ReadAnswer> {
        match self.tab_state(self.tab) {
            TabState::Ready(answer) => Some(answer),
            _ => None,
        }
    }
}
