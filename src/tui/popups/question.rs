//! The question before an account is changed: what is hit, what will be different, and a yes that
//! takes a key press, or typing where something is lost.

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Popup;
use crate::kms::text::{cut_end, printable, width};
use crate::ops::question::{Consent, Question};
use crate::tui::core::Core;
use crate::tui::core::note::Tone;
use crate::tui::flow::Flow;
use crate::tui::jobs::{Job, JobEvent, JobId};
use crate::tui::keymap::{Action, Context};
use crate::tui::theme::Theme;
use crate::tui::view::{self, spinner};
use crate::tui::widgets::choices::choices;
use crate::tui::widgets::input::Input;
use crate::tui::widgets::popup_box::open_box;
use crate::tui::widgets::scroll;

/// Columns of the text where the terminal has them.
const COLUMNS: u16 = 72;

pub struct QuestionPopup {
    /// None once it was answered.
    asked: Option<Box<Question>>,
    /// What is typed, where a loss is confirmed by typing.
    typed: Input,
    /// Reads what the question does not know yet.
    reading: Option<JobId>,
    /// Lines that the user has scrolled up from the end, where not all has room.
    up: usize,
}

impl QuestionPopup {
    /// Asks; what is not known of the key yet is read meanwhile.
    pub fn new(asked: Box<Question>, core: &mut Core) -> Self {
        let reading = asked.wanted().map(|wanted| core.start(Job::Facts(wanted)));
        QuestionPopup {
            asked: Some(asked),
            typed: Input::default(),
            reading,
            up: 0,
        }
    }

    fn consent(&self) -> Consent {
        match &self.asked {
            Some(asked) => asked.consent(),
            None => Consent::Yes,
        }
    }

    fn yes(&mut self, core: &mut Core) -> Flow {
        match self.asked.take() {
            Some(asked) => Flow::Sent(core.confirmed(*asked)),
            None => Flow::Close,
        }
    }
}

impl Popup for QuestionPopup {
    fn context(&self) -> Context {
        match self.consent() {
            Consent::Yes => Context::Confirm,
            Consent::Typed(_) => Context::ConfirmTyped,
        }
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        match (action, self.consent()) {
            (Action::Yes, Consent::Yes) => self.yes(core),
            (Action::Accept, Consent::Typed(names)) => {
                let typed = self.typed.text().trim();
                if names.iter().any(|name| name == typed) {
                    return self.yes(core);
                }
                core.say(
                    Tone::Warn,
                    format!("Not sent: type {} to go on.", names.join(" or ")),
                );
                Flow::Stay
            }
            (Action::Up, _) => {
                self.up += 1;
                Flow::Stay
            }
            (Action::Down, _) => {
                self.up = self.up.saturating_sub(1);
                Flow::Stay
            }
            _ => Flow::Stay,
        }
    }

    fn key(&mut self, key: KeyEvent) {
        if matches!(self.consent(), Consent::Typed(_)) {
            self.typed.key(key);
        }
    }

    fn paste(&mut self, _text: &str, core: &mut Core) {
        if matches!(self.consent(), Consent::Typed(_)) {
            core.say(Tone::Warn, "A loss is confirmed by typing, not by pasting.");
        }
    }

    fn moves(&self) -> bool {
        self.reading.is_some()
    }

    fn waits_for(&self, job: JobId) -> bool {
        self.reading == Some(job)
    }

    fn answer(&mut self, event: JobEvent, _core: &mut Core) {
        if let (JobEvent::Facts(facts), Some(asked)) = (event, &mut self.asked) {
            self.reading = None;
            asked.learn(*facts);
        }
    }

    fn leave(&mut self, core: &mut Core) {
        if let Some(job) = self.reading.take() {
            core.cancel(job);
        }
    }

    fn question(&self) -> Option<&Question> {
        self.asked.as_deref()
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, body: Rect) {
        let Some(asked) = &self.asked else {
            return;
        };
        let columns = COLUMNS.min(body.width.saturating_sub(6));
        let (glyph, style) = match asked.is_loss() {
            true => ("✖ ", theme.bad),
            false => ("! ", theme.warn),
        };
        let mut lines = Vec::new();
        let consequence = printable(&asked.consequence(core.now)).into_owned();
        for (row, mut line) in view::wrapped(&consequence, columns.saturating_sub(2), theme.text)
            .into_iter()
            .enumerate()
        {
            let head = if row == 0 { glyph } else { "  " };
            line.spans.insert(0, Span::styled(head, style));
            lines.push(line);
        }
        lines.push(Line::default());
        for (label, value) in asked.rows(core.now) {
            lines.extend(view::labelled(label, &value, columns, theme));
        }
        if self.reading.is_some() {
            lines.push(Line::styled(
                format!("{} Reading what else is known …", spinner(core.ticks)),
                theme.dim,
            ));
        }
        lines.push(Line::default());
        let mut cursor_at = None;
        match asked.consent() {
            Consent::Yes => lines.push(choices(Context::Confirm, "do it", "leave it", core, theme)),
            Consent::Typed(names) => {
                let text = format!("To go on, type {}:", names.join(" or "));
                lines.extend(view::wrapped(&printable(&text), columns, theme.text));
                let (field, cursor) = self.typed.spans(columns.into(), theme.field);
                cursor_at = Some((lines.len(), cursor));
                lines.push(Line::from(field));
            }
        }
        let room = (body.width as usize).saturating_sub(8);
        let title = cut_end(&printable(&asked.title()), room).into_owned();
        let inside = open_box(frame, body, &title, columns.into(), lines.len(), theme);
        // What is asked for stays in sight where not all has room.
        let last = lines.len().saturating_sub(inside.height.into());
        let offset = last.saturating_sub(self.up);
        scroll::text(frame, inside, &lines, offset, theme);
        if offset > 0 {
            let note = format!(" ↑ {offset} more ");
            let columns = (width(&note) as u16).min(inside.width);
            let place = Rect::new(inside.right() - columns, inside.y, columns, 1);
            frame.render_widget(Span::styled(note, theme.warn), place);
        }
        if let Some((row, column)) = cursor_at
            && let Some(row) = row.checked_sub(offset)
            && row < inside.height.into()
        {
            frame.set_cursor_position((inside.x + column as u16, inside.y + row as u16));
        }
    }
}
