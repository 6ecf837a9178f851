//! The list of lessons.

use std::sync::Arc;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::Screen;
use crate::kms::text::counted;
use crate::kms::text::{cut_end, fit, printable, width};
use crate::lessons::Lesson;
use crate::tui::core::Core;
use crate::tui::core::note::Tone;
use crate::tui::flow::Flow;
use crate::tui::jobs::{Job, JobEvent, JobId};
use crate::tui::keymap::{Action, Context};
use crate::tui::route::{Asks, Route};
use crate::tui::theme::Theme;
use crate::tui::view;
use crate::tui::widgets::scroll;

pub struct LessonsScreen {
    /// Reads the lessons' files.
    job: Option<JobId>,
    selected: usize,
}

impl LessonsScreen {
    pub fn new(core: &mut Core) -> Self {
        LessonsScreen {
            job: Some(core.start(Job::Lessons)),
            selected: 0,
        }
    }

    fn current<'a>(&self, core: &'a Core) -> Option<&'a Arc<Lesson>> {
        core.kept.lessons.lessons.get(self.selected)
    }

    /// What the lesson is about, and what is wrong with the user's own.
    fn draw_about(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let mut lines = Vec::new();
        if let Some(lesson) = self.current(core) {
            lines.extend(view::wrapped(
                &printable(&lesson.about),
                area.width,
                theme.text,
            ));
            let places: Vec<&str> = lesson.places.iter().map(|p| p.title.as_str()).collect();
            let key = core.keymap.key_of(Context::Lessons, Action::OpenDetails);
            let how = key.map_or(String::new(), |key| format!(" {key} opens it."));
            lines.extend(view::wrapped(
                &printable(&format!("Between {}.{how}", places.join(", "))),
                area.width,
                theme.dim,
            ));
        }
        for problem in &core.kept.lessons.problems {
            lines.push(Line::default());
            let text = format!("Left out: {problem}");
            lines.extend(view::wrapped(&printable(&text), area.width, theme.warn));
        }
        scroll::text(frame, area, &lines, 0, theme);
    }
}

impl Screen for LessonsScreen {
    fn contexts(&self) -> Vec<Context> {
        vec![Context::Lessons]
    }

    fn is_at(&self, route: &Route) -> bool {
        matches!(route, Route::Lessons)
    }

    fn can(&self, action: Action, core: &Core) -> bool {
        match action {
            Action::OpenDetails => self.current(core).is_some(),
            Action::OnRealKey => self.current(core).is_some_and(|lesson| lesson.real),
            _ => true,
        }
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        match action {
            Action::Back => return Flow::Back,
            Action::Refresh => {
                self.leave(core);
                self.job = Some(core.start(Job::Lessons));
            }
            Action::LargeType => {
                core.kept.lessons.large = !core.kept.lessons.large;
                let text = match core.kept.lessons.large {
                    true => "Lessons are shown in large type.",
                    false => "Lessons are shown in the usual type.",
                };
                core.say(Tone::Plain, text);
            }
            Action::OpenDetails => {
                if let Some(lesson) = self.current(core).cloned() {
                    return Flow::Open(Route::Lesson(lesson));
                }
            }
            Action::OnRealKey => {
                let Some(lesson) = self.current(core).cloned() else {
                    return Flow::Stay;
                };
                match (core.is_read_only(), core.session()) {
                    (true, _) => core.say(
                        Tone::Bad,
                        "Read-only: on a real key a lesson makes data keys and decrypts them.",
                    ),
                    (_, None) => core.say(Tone::Bad, "Not connected."),
                    (_, Some(session)) => {
                        let account = core.account().unwrap_or("not known");
                        let place = match &session.endpoint {
                            Some(endpoint) => format!("{} at {endpoint}", session.region),
                            None => session.region.clone(),
                        };
                        let place = format!("Account {account}, Region {place}.");
                        return Flow::Open(Route::Prompt(Asks::LessonKey(lesson, place)));
                    }
                }
            }
            _ => {
                let len = core.kept.lessons.lessons.len();
                scroll::step(&mut self.selected, action, len, len);
            }
        }
        Flow::Stay
    }

    fn click(&mut self, _x: u16, y: u16, core: &mut Core) -> bool {
        let row = (y as usize).checked_sub(HEAD as usize);
        let row = row.filter(|row| *row < core.kept.lessons.lessons.len());
        if let Some(row) = row {
            self.selected = row;
        }
        row.is_some()
    }

    fn moves(&self) -> bool {
        self.job.is_some()
    }

    fn waits_for(&self, id: JobId) -> bool {
        self.job == Some(id)
    }

    fn answer(&mut self, _id: JobId, event: JobEvent, core: &mut Core) -> Flow {
        if let JobEvent::Lessons(lessons, problems) = event {
            self.job = None;
            core.kept.lessons.lessons = lessons;
            core.kept.lessons.problems = problems;
            let last = core.kept.lessons.lessons.len().saturating_sub(1);
            self.selected = self.selected.min(last);
        }
        Flow::Stay
    }

    fn leave(&mut self, core: &mut Core) {
        if let Some(job) = self.job.take() {
            core.cancel(job);
        }
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, area: Rect) {
        let shelf = &core.kept.lessons;
        let [head, list, below] = Layout::vertical([
            Constraint::Length(HEAD),
            Constraint::Length(shelf.lessons.len().max(1) as u16),
            Constraint::Fill(1),
        ])
        .areas(area);
        let title = Line::from(vec![
            Span::styled(" Lessons", theme.title),
            Span::styled(
                "   Envelope encryption by doing it. Each has a sandbox of its own.",
                theme.dim,
            ),
        ]);
        frame.render_widget(title, head);
        if shelf.lessons.is_empty() {
            let text = match self.job {
                Some(_) => format!("  {} Reading the lessons …", view::spinner(core.ticks)),
                None => "  There are no lessons.".to_owned(),
            };
            frame.render_widget(Line::styled(text, theme.dim), list);
        }
        let titles = shelf.lessons.iter().map(|lesson| width(&lesson.title));
        let columns = titles.max().unwrap_or(0).clamp(20, 44);
        for (at, lesson) in shelf.lessons.iter().enumerate().take(list.height.into()) {
            let marker = if at == self.selected { "▌ " } else { "  " };
            let steps = counted(lesson.steps.len(), "step");
            let (style, progress) = match shelf.course(&lesson.id) {
                Some(course) if course.done() > 0 => {
                    let done = course.done();
                    let all = lesson.steps.len();
                    match done == all {
                        true => (theme.good, format!("✓ {steps}")),
                        false => (theme.accent, format!("{done} of {steps}")),
                    }
                }
                _ => (theme.dim, steps),
            };
            let title = cut_end(&printable(&lesson.title), columns).into_owned();
            let line = Line::from(vec![
                Span::raw(marker),
                Span::raw(format!("{:>2}  {}  ", at + 1, fit(&title, columns))),
                Span::styled(fit(&progress, 14), style),
                Span::styled(
                    if lesson.real {
                        "also on a real key"
                    } else {
                        ""
                    },
                    theme.dim,
                ),
            ]);
            let row = Rect::new(list.x, list.y + at as u16, list.width, 1);
            frame.render_widget(line, row);
            if at == self.selected {
                frame.buffer_mut().set_style(row, theme.selected);
            }
        }
        self.draw_about(core, theme, frame, view::pad(below, 2, 1));
    }
}

/// Rows above the list.
const HEAD: u16 = 2;
