//! Draws a lesson: steps on the left, the diagram on the right, below it what the step says.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::LessonScreen;
use crate::kms::outcome::latency_text;
use crate::kms::text::{cut_end, fit, printable, width};
use crate::lessons::course::Standing;
use crate::lessons::{Came, StepEnd, StepKind, place_of, trail};
use crate::tui::core::Core;
use crate::tui::keymap::{Action, Context};
use crate::tui::layout;
use crate::tui::theme::Theme;
use crate::tui::view::{self, spinner};
use crate::tui::widgets::{json, scroll, snippet_pane};

/// Columns of the steps: at most, and where the diagram needs all that there is.
const STEPS: (usize, usize) = (36, 18);
/// Columns of a screen that has room for the steps' whole titles.
const WIDE: u16 = 100;

/// The parts, where they go, and the lines of those that take as much room as they have lines. The
/// pane has no rows where it is not shown.
struct LessonParts {
    head: Rect,
    steps: Rect,
    diagram: (Rect, Vec<Line<'static>>),
    rule: Rect,
    text: (Rect, Vec<Line<'static>>),
    pane: (Rect, Vec<String>),
}

impl LessonScreen {
    fn parts_in(&self, core: &Core, area: Rect, theme: &Theme) -> LessonParts {
        let [head, _, body] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Fill(1),
        ])
        .areas(area);
        let titles = self.course.lesson.steps.iter().map(|s| width(&s.title) + 7);
        let most = if area.width < WIDE { STEPS.1 } else { STEPS.0 };
        let columns = titles.max().unwrap_or(0).min(most) as u16;
        let [steps, _, right, _] = Layout::horizontal([
            Constraint::Length(columns),
            Constraint::Length(2),
            Constraint::Fill(1),
            Constraint::Length(1),
        ])
        .areas(body);
        let diagram = self.diagram(right.width.into(), theme);
        let text = self.text_lines(core, right.width, theme);
        let pane = self.snippet_lines(core).unwrap_or_default();
        // However many boxes there are, the text keeps half of the rows.
        let diagram_rows = (diagram.len() as u16).min(right.height / 2 + 1);
        let left = right.height.saturating_sub(diagram_rows + 1);
        let spare = left.saturating_sub(text.len() as u16 + 1);
        let wanted = pane.len() as u16 + 1;
        let pane_rows = match core.kept.snippets.asked {
            _ if pane.is_empty() => 0,
            true => wanted.min((left / 2).max(spare)),
            false if spare >= wanted => wanted,
            false => 0,
        };
        let [diagram_area, rule, text_area, pane_area] = Layout::vertical([
            Constraint::Length(diagram_rows),
            Constraint::Length(1),
            Constraint::Fill(1),
            Constraint::Length(pane_rows),
        ])
        .areas(right);
        LessonParts {
            head,
            steps,
            diagram: (diagram_area, diagram),
            rule,
            text: (text_area, text),
            pane: (pane_area, pane),
        }
    }

    fn parts_of(&self, core: &Core) -> LessonParts {
        let (columns, _) = core.size;
        let area = Rect::new(0, 0, columns, layout::body_rows(core.size));
        self.parts_in(core, area, &Theme::mono())
    }

    /// Lines of the text, and how many are seen.
    pub(super) fn text_size(&self, core: &Core) -> (usize, usize) {
        if core.kept.lessons.large {
            return self.large_text_size(core, &Theme::mono());
        }
        let (area, lines) = self.parts_of(core).text;
        (lines.len(), area.height.into())
    }

    pub(super) fn snippet_is_seen(&self, core: &Core) -> bool {
        !core.kept.lessons.large && self.parts_of(core).pane.0.height > 0
    }

    pub(super) fn draw_all(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let parts = self.parts_in(core, area, theme);
        frame.render_widget(self.head(core, area.width, theme), parts.head);
        self.draw_steps(theme, frame, parts.steps);
        scroll::text(frame, parts.diagram.0, &parts.diagram.1, 0, theme);
        let rule = "─".repeat(parts.rule.width.into());
        frame.render_widget(Line::styled(rule, theme.dim), parts.rule);
        scroll::text(frame, parts.text.0, &parts.text.1, self.scroll, theme);
        let (area, lines) = parts.pane;
        if area.height > 0 {
            snippet_pane::draw(Context::Lesson, core, &lines, theme, frame, area);
        }
    }

    /// The lesson, where it runs, and how the predictions went.
    pub(super) fn head(&self, core: &Core, columns: u16, theme: &Theme) -> Line<'static> {
        let lesson = &self.course.lesson;
        let place = match self.course.world.real_session() {
            None => " OWN SANDBOX ".to_owned(),
            Some(session) => {
                let account = core.account().unwrap_or("account not known");
                let key = printable(self.course.world.key()).into_owned();
                format!(" {key} · {account} · {} ", session.region)
            }
        };
        let (right, answered) = self.course.score();
        let score = match answered {
            0 => String::new(),
            _ => format!("predicted {right} of {answered} right "),
        };
        let title = printable(&lesson.title).into_owned();
        let used = width(&title) + width(&place) + width(&score) + 4;
        let gap = (columns as usize).saturating_sub(used);
        Line::from(vec![
            Span::styled(format!(" {title}  "), theme.title),
            Span::styled(place, theme.badge),
            Span::raw(" ".repeat(gap + 1)),
            Span::styled(score, theme.dim),
        ])
    }

    fn draw_steps(&self, theme: &Theme, frame: &mut Frame, area: Rect) {
        let steps = &self.course.lesson.steps;
        let height = area.height as usize;
        let from = scroll::follow(
            self.course.at().saturating_sub(height / 2),
            self.course.at(),
            height,
            steps.len(),
        );
        for (row, at) in (from..steps.len()).take(height).enumerate() {
            let (glyph, style) = match self.course.standing(at) {
                Standing::AsMeant => ("✓", theme.good),
                Standing::Otherwise => ("✗", theme.bad),
                Standing::Skipped => ("–", theme.dim),
                Standing::NotDone => (" ", theme.dim),
            };
            let is_here = at == self.course.at();
            let marker = if is_here { "▌" } else { " " };
            let title = printable(&steps[at].title).into_owned();
            let room = (area.width as usize).saturating_sub(7);
            let line = Line::from(vec![
                Span::raw(format!("{marker}{:>2} ", at + 1)),
                Span::styled(format!("{glyph} "), style),
                Span::raw(fit(&cut_end(&title, room), room + 1)),
            ]);
            let place = Rect::new(area.x, area.y + row as u16, area.width, 1);
            frame.render_widget(line, place);
            if is_here {
                frame.buffer_mut().set_style(place, theme.selected);
            }
        }
    }

    /// What the step says: text, question, what came of it.
    fn text_lines(&self, core: &Core, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
        let step = self.course.step();
        let mut lines = vec![Line::styled(
            format!("{}. {}", self.course.at() + 1, printable(&step.title)),
            theme.title,
        )];
        // What came of it is what is looked for: it stands before what is known already.
        let came = self.course.came_here().filter(|_| self.job.is_none());
        if let Some(came) = came.filter(|_| !matches!(step.kind, StepKind::Read)) {
            lines.extend(self.came_lines(came, columns, theme));
            lines.extend(self.question_lines(columns, theme));
            lines.push(Line::default());
            lines.extend(self.flip_lines(columns, theme));
            lines.extend(paragraphs(&step.text, columns, theme.dim));
            return lines;
        }
        // What is acted on is in sight also where there is little room.
        lines.extend(self.flip_lines(columns, theme));
        lines.extend(paragraphs(&step.text, columns, theme.text));
        lines.extend(self.question_lines(columns, theme));
        if self.job.is_some() {
            lines.push(Line::default());
            let text = format!("{} Under way …", spinner(core.ticks));
            lines.push(Line::styled(text, theme.accent));
        } else if !self.course.is_done_here()
            && let Some(key) = core.keymap.key_of(Context::LessonToDo, Action::RunStep)
        {
            lines.push(Line::default());
            let does = match self.course.request() {
                Some(request) => format!("{key} sends {}", request.op),
                None => format!("{key} does it"),
            };
            lines.push(Line::styled(does, theme.accent));
        }
        lines
    }

    pub(super) fn question_lines(&self, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
        let Some(question) = &self.course.step().question else {
            return Vec::new();
        };
        let done = self.course.standing(self.course.at()) == Standing::AsMeant;
        let chosen = self.course.predicted(self.course.at());
        let head = match self.course.came_here() {
            Some(_) => question.text.clone(),
            None => format!("Predict first: {}", question.text),
        };
        let mut lines = vec![Line::default()];
        lines.extend(view::wrapped(&printable(&head), columns, theme.bold));
        for (at, answer) in question.answers.iter().enumerate() {
            let is_chosen = chosen == Some(at);
            let (mark, style) = match (done, at == question.right) {
                (true, true) => ("✓", theme.good),
                (true, false) if is_chosen => ("✗", theme.bad),
                (false, _) if is_chosen => ("▸", theme.accent),
                _ => (" ", theme.text),
            };
            let text = format!("{mark} {} {}", at + 1, printable(answer));
            lines.extend(view::wrapped(&text, columns, style));
        }
        lines
    }

    /// How the prediction went, in a line; none where there was none.
    pub(super) fn prediction(&self, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
        let at = self.course.at();
        let question = self.course.step().question.as_ref();
        let (Some(question), Some(chosen), Standing::AsMeant) = (
            question,
            self.course.predicted(at),
            self.course.standing(at),
        ) else {
            return Vec::new();
        };
        let answer = |at: usize| question.answers.get(at).map_or("", String::as_str);
        let (text, style) = match chosen == question.right {
            true => (
                format!("✓ As you predicted: {}", answer(chosen)),
                theme.good,
            ),
            false => (
                format!(
                    "✗ You predicted: {}. It is: {}",
                    answer(chosen),
                    answer(question.right)
                ),
                theme.warn,
            ),
        };
        view::wrapped(&printable(&text), columns, style)
    }

    /// The bytes around the bit that is to be flipped.
    pub(super) fn flip_lines(&self, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
        /// Rows of the window, and the cursor's place in it.
        const WINDOW: (usize, usize) = (3, 1);
        let Some((bytes, first)) = self.course.flips() else {
            return Vec::new();
        };
        let bit = self.bit.unwrap_or(first);
        let in_row = bytes_in_row(columns);
        let at = bit / 8;
        let rows = bytes.len().div_ceil(in_row);
        let from = (at / in_row).saturating_sub(WINDOW.1);
        let from = from.min(rows.saturating_sub(WINDOW.0));
        let mut lines = Vec::new();
        let place = format!("{}: {:08b}", place_of(bytes, bit), bytes[at]);
        let bits = width(&place) - 8;
        let mut spans = vec![Span::styled(place[..bits].to_owned(), theme.accent)];
        for (number, digit) in place[bits..].chars().enumerate() {
            let style = if number == bit % 8 {
                theme.selected.patch(theme.accent)
            } else {
                theme.text
            };
            spans.push(Span::styled(digit.to_string(), style));
        }
        lines.push(Line::from(spans));
        for row in from..(from + WINDOW.0).min(rows) {
            let start = row * in_row;
            let mut spans = vec![Span::styled(format!("{start:04x} "), theme.dim)];
            for (number, byte) in bytes[start..].iter().take(in_row).enumerate() {
                let style = if start + number == at {
                    theme.selected.patch(theme.accent)
                } else {
                    theme.text
                };
                spans.push(Span::raw(" "));
                spans.push(Span::styled(format!("{byte:02x}"), style));
            }
            lines.push(Line::from(spans));
        }
        lines.push(Line::default());
        lines
    }

    pub(super) fn bits_in_row(&self, core: &Core) -> isize {
        let columns = match core.kept.lessons.large {
            true => core.size.0,
            false => self.parts_of(core).text.0.width,
        };
        bytes_in_row(columns) as isize * 8
    }

    fn came_lines(&self, came: &Came, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
        let step = self.course.step();
        let as_meant = came.is_as_meant(&step.ends);
        let mut lines = Vec::new();
        let (glyph, style) = match (&came.ended, as_meant) {
            (StepEnd::Well, true) => ("✓", theme.good),
            (_, true) => ("✗", theme.warn),
            (_, false) => ("✗", theme.bad),
        };
        let mut head = format!("{glyph} {}", came.headline());
        if let Some(outcome) = &came.outcome {
            let who = came.caller.as_ref().and_then(|who| who.name.as_deref());
            let who = who.map_or(String::new(), |name| format!("as {name}, "));
            let op = match came.headline().starts_with(outcome.request.op.0) {
                true => String::new(),
                false => format!("{} ", outcome.request.op),
            };
            let time = latency_text(outcome.meta.latency);
            head.push_str(&format!(" ({op}{who}{time})"));
        }
        lines.extend(view::wrapped(&printable(&head), columns, style));
        if came.outcome.is_some() && !came.note.is_empty() {
            let note = format!("{glyph} {}", came.note);
            lines.extend(view::wrapped(&note, columns, style));
        }
        for verdict in &came.verdicts {
            let told = view::wrapped(verdict, columns.saturating_sub(2), theme.text);
            lines.extend(view::behind_sign(Span::styled("· ", theme.dim), told));
        }
        lines.extend(self.prediction(columns, theme));
        if let StepEnd::Refused(error) = &came.ended {
            for said in [error.message.clone(), error.advice().means] {
                if !said.is_empty() {
                    lines.extend(view::wrapped(&printable(&said), columns, theme.dim));
                }
            }
        }
        lines.extend(self.new_boxes(columns, theme));
        if as_meant {
            if !step.after.is_empty() {
                lines.push(Line::default());
                lines.extend(paragraphs(&step.after, columns, theme.text));
            }
        } else {
            let why = match self.course.world.real_session() {
                Some(_) => "with your key it came out otherwise",
                None => "a step before it was left out, or done twice",
            };
            let text = format!("The lesson means this to {}: {why}.", step.ends.in_words());
            lines.extend(view::wrapped(&text, columns, theme.bad));
        }
        if self.shows_trail()
            && let Some(record) = trail::text(came)
        {
            lines.push(Line::default());
            lines.push(Line::styled("CloudTrail would record:", theme.bold));
            lines.extend(json::lines(&record, columns, theme));
        }
        lines
    }
}

/// Bytes of a row of the hex dump.
fn bytes_in_row(columns: u16) -> usize {
    match columns {
        0..53 => 8,
        53..101 => 16,
        _ => 32,
    }
}

/// Paragraphs, with an empty line between two.
pub(super) fn paragraphs(
    text: &str,
    columns: u16,
    style: ratatui::style::Style,
) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (at, paragraph) in text.lines().filter(|line| !line.is_empty()).enumerate() {
        if at > 0 {
            lines.push(Line::default());
        }
        lines.extend(view::wrapped(&printable(paragraph), columns, style));
    }
    lines
}
