//! A lesson in large type, for a projector: one thing at a time.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use tui_big_text::{BigText, PixelSize};

use super::LessonScreen;
use super::draw::paragraphs;
use crate::kms::text::counted;
use crate::kms::text::{cut_end, printable, width};
use crate::lessons::{Came, StepEnd};
use crate::tui::core::Core;
use crate::tui::layout;
use crate::tui::theme::Theme;
use crate::tui::view;
use crate::tui::widgets::scroll;

/// Columns and rows of a letter.
const LETTER: (u16, u16) = (4, 4);
/// Lines of a title or a result that are drawn large.
const MOST_LINES: usize = 2;

/// What is drawn, from the top. Texts that have no room as large letters are among the lines.
#[derive(Default)]
struct LargeParts {
    title: Vec<String>,
    /// What came of the step, and in which style.
    result: (Vec<String>, Style),
    text: Vec<String>,
    lines: Vec<Line<'static>>,
}

impl LessonScreen {
    pub(super) fn draw_large(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let area = view::pad(area, 1, 0);
        let parts = self.parts(area, theme);
        let [head, title, result, text, lines] = areas(area, &parts);
        let at = format!(
            " Step {} of {}",
            self.course.at() + 1,
            self.course.lesson.steps.len()
        );
        let columns = head.width.saturating_sub(at.len() as u16);
        let mut line = self.head(core, columns, theme);
        line.push_span(Span::styled(at, theme.dim));
        frame.render_widget(line, head);
        big(&parts.title, theme.title, frame, title);
        big(&parts.result.0, parts.result.1, frame, result);
        big(&parts.text, theme.text, frame, text);
        scroll::text(frame, lines, &parts.lines, self.scroll, theme);
    }

    pub(super) fn large_text_size(&self, core: &Core, theme: &Theme) -> (usize, usize) {
        let area = Rect::new(0, 0, core.size.0, layout::body_rows(core.size));
        let area = view::pad(area, 1, 0);
        let parts = self.parts(area, theme);
        let lines = areas(area, &parts)[4];
        (parts.lines.len(), lines.height.into())
    }

    fn parts(&self, area: Rect, theme: &Theme) -> LargeParts {
        let step = self.course.step();
        let columns = area.width;
        let came = self.course.came_here();
        let mut parts = LargeParts::default();
        let mut lines = Vec::new();
        // Where there is a result, it has the place of the title.
        match came.and_then(|came| self.result(came, theme)) {
            Some((text, style)) => parts.result = (letters(&text, columns, MOST_LINES), style),
            None => parts.title = letters(&step.title, columns, MOST_LINES),
        }
        if parts.title.is_empty() {
            let text = format!("{}. {}", self.course.at() + 1, printable(&step.title));
            lines.push(Line::styled(text, theme.title));
        }
        let mut text = step.text.as_str();
        match came {
            None => {
                lines.extend(self.question_lines(columns, theme));
                lines.extend(self.flip_lines(columns, theme));
            }
            Some(came) => {
                match came.asked.is_empty() {
                    true => lines.extend(self.new_boxes(columns, theme)),
                    false => lines.extend(self.diagram(columns.into(), theme)),
                }
                lines.extend(self.prediction(columns, theme));
                if !step.after.is_empty() {
                    text = &step.after;
                }
                if let StepEnd::Refused(error) = &came.ended
                    && !error.message.is_empty()
                {
                    lines.push(Line::default());
                    let said = printable(&error.message).into_owned();
                    lines.extend(view::wrapped(&said, columns, theme.dim));
                }
            }
        }
        parts.lines = lines;
        let left = areas(area, &parts)[4].height as usize;
        let spare = left.saturating_sub(parts.lines.len() + 2) / usize::from(LETTER.1);
        parts.text = letters(&text.replace('\n', " "), columns, spare);
        if parts.text.is_empty() {
            let mut small = paragraphs(text, columns, theme.bold);
            small.push(Line::default());
            // The answers of several principals are what the text is about.
            match came.is_some_and(|came| !came.asked.is_empty()) {
                true => parts.lines.extend(small),
                false => {
                    small.append(&mut parts.lines);
                    parts.lines = small;
                }
            }
        }
        parts
    }

    /// What came of the step, in a few words.
    fn result(&self, came: &Came, theme: &Theme) -> Option<(String, Style)> {
        let as_meant = came.is_as_meant(&self.course.step().ends);
        let refused = if as_meant { theme.warn } else { theme.bad };
        match &came.ended {
            StepEnd::Refused(error) => {
                // A name that is too long for a line breaks before its last word.
                Some((error.code.replace("Exception", " Exception"), refused))
            }
            StepEnd::Caught(why) => {
                let check = why.split(':').next().unwrap_or(why);
                Some((check.to_owned(), refused))
            }
            StepEnd::Well if came.outcome.is_some() => {
                let mut new = self.course.filled(self.course.at());
                let new = new.next().and_then(|at| self.held(at));
                let new = new.map(|held| counted(held.bytes.len(), "byte"));
                let is_dry = came
                    .outcome
                    .as_ref()
                    .is_some_and(|made| made.result.is_err());
                let text = match is_dry {
                    true => "Would succeed".to_owned(),
                    false => new.unwrap_or_else(|| "Done".to_owned()),
                };
                Some((text, theme.good))
            }
            StepEnd::Well => None,
        }
    }

    /// The boxes that this step filled, each on a line.
    pub(super) fn new_boxes(&self, columns: u16, theme: &Theme) -> Vec<Line<'static>> {
        let lesson = &self.course.lesson;
        let new = self.course.filled(self.course.at());
        new.map(|at| {
            let spec = &lesson.boxes[at];
            let place = &lesson.places[spec.place].title;
            let label = format!("● {}, {place}: ", spec.title);
            let room = (columns as usize).saturating_sub(width(&label));
            let value = self.value_of(at, room);
            let line = format!("{label}{value}");
            let line = cut_end(&printable(&line), columns.into()).into_owned();
            Line::styled(line, theme.accent)
        })
        .collect()
    }
}

fn areas(area: Rect, parts: &LargeParts) -> [Rect; 5] {
    let rows = |lines: &[String]| match lines.len() as u16 {
        0 => 0,
        lines => lines * LETTER.1 + 1,
    };
    Layout::vertical([
        Constraint::Length(2),
        Constraint::Length(rows(&parts.title)),
        Constraint::Length(rows(&parts.result.0)),
        Constraint::Length(rows(&parts.text)),
        Constraint::Fill(1),
    ])
    .areas(area)
}

/// A text in lines of large letters; none where it would take more than `most`.
fn letters(text: &str, columns: u16, most: usize) -> Vec<String> {
    let lines = view::wrap(text, (columns / LETTER.0).into());
    let lines: Vec<String> = lines.iter().map(|line| line.trim().to_owned()).collect();
    // Only what the font has can be drawn.
    let drawable = text.chars().all(|c| c == ' ' || c.is_ascii_graphic());
    match drawable && lines.len() <= most && !text.is_empty() {
        true => lines,
        false => Vec::new(),
    }
}

fn big(lines: &[String], style: Style, frame: &mut Frame, area: Rect) {
    if lines.is_empty() {
        return;
    }
    let text = BigText::builder()
        .pixel_size(PixelSize::Quadrant)
        .style(style)
        .lines(
            lines
                .iter()
                .map(|line| Line::raw(line.clone()))
                .collect::<Vec<_>>(),
        )
        .build();
    frame.render_widget(text, area);
}
