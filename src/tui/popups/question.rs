//! The question before an account is changed: what is hit, what will be different, and a yes that
//! takes a key press, or typing where something is lost.

use crossterm::event::KeyEvent;
use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::Popup;
use crate::kms::text::{cut_end, printable};
use crate::ops::bulk_question::BulkQuestion;
use crate::ops::question::{Consent, Question};
use crate::tui::core::Core;
use crate::tui::core::note::Tone;
use crate::tui::flow::Flow;
use crate::tui::jobs::{Job, JobEvent, JobId};
use crate::tui::keymap::{Action, Context};
use crate::tui::layout;
use crate::tui::route::Route;
use crate::tui::theme::Theme;
use crate::tui::view::{self, spinner};
use crate::tui::widgets::choices::choices;
use crate::tui::widgets::input::Input;
use crate::tui::widgets::popup_box::open_box;
use crate::tui::widgets::scroll;

/// Columns of the text where the terminal has them.
const COLUMNS: u16 = 72;

/// How a question is answered: a key, or a field.
#[derive(Default)]
struct Answer {
    lines: Vec<Line<'static>>,
    /// Row and column.
    cursor: Option<(usize, usize)>,
}

/// Columns of the text.
fn columns(core: &Core) -> u16 {
    COLUMNS.min(core.size.0.saturating_sub(6))
}

/// What is asked.
enum Asked {
    One(Box<Question>),
    Several(Box<BulkQuestion>),
}

impl Asked {
    fn one(&self) -> Option<&Question> {
        match self {
            Asked::One(question) => Some(question),
            Asked::Several(_) => None,
        }
    }

    fn title(&self) -> String {
        match self {
            Asked::One(question) => question.title(),
            Asked::Several(question) => question.title(),
        }
    }

    fn is_loss(&self) -> bool {
        match self {
            Asked::One(question) => question.is_loss(),
            Asked::Several(question) => question.is_loss(),
        }
    }

    fn consent(&self) -> Consent {
        match self {
            Asked::One(question) => question.consent(),
            Asked::Several(question) => question.consent(),
        }
    }

    /// Whether it names somebody else than who acts now, as far as both are known.
    fn names_another_than(&self, acting: Option<&str>) -> bool {
        let named = match self {
            Asked::One(question) => question.principal(),
            Asked::Several(question) => question.principal(),
        };
        named.is_some() && acting.is_some() && named != acting
    }

    fn consequence(&self, now: Timestamp) -> String {
        match self {
            Asked::One(question) => question.consequence(now),
            Asked::Several(question) => question.consequence(now),
        }
    }

    fn rows(&self, now: Timestamp) -> Vec<(&'static str, String)> {
        match self {
            Asked::One(question) => question.rows(now),
            Asked::Several(question) => question.rows(),
        }
    }
}

pub struct QuestionPopup {
    /// None once it was answered.
    asked: Option<Asked>,
    /// What is typed, where a loss is confirmed by typing.
    typed: Input,
    /// Reads what the question does not know yet.
    reading: Option<JobId>,
    /// Lines that the user has scrolled down, where not all has room.
    down: usize,
}

impl QuestionPopup {
    /// Asks; what is not known of the key yet is read meanwhile.
    pub fn new(asked: Box<Question>, core: &mut Core) -> Self {
        let reading = asked
            .wanted()
            .map(|wanted| core.start(Job::Facts(Box::new(wanted))));
        QuestionPopup {
            asked: Some(Asked::One(asked)),
            typed: Input::default(),
            reading,
            down: 0,
        }
    }

    /// Asks about several keys: what is known of them, the list of keys knows.
    pub fn about_several(asked: Box<BulkQuestion>) -> Self {
        QuestionPopup {
            asked: Some(Asked::Several(asked)),
            typed: Input::default(),
            reading: None,
            down: 0,
        }
    }

    fn consent(&self) -> Consent {
        match &self.asked {
            Some(asked) => asked.consent(),
            None => Consent::Yes,
        }
    }

    /// Whether a yes would not know what it hits, and soon will.
    fn is_blind(&self) -> bool {
        let asked = self.asked.as_ref().and_then(Asked::one);
        self.reading.is_some() && asked.is_some_and(Question::waits_for_grant)
    }

    /// What the box tells, how it is answered, and the rows that the terminal has for both.
    fn parts(&self, core: &Core, theme: &Theme) -> (Vec<Line<'static>>, Answer, usize) {
        let rows = layout::body_rows(core.size).saturating_sub(2) as usize;
        let (told, answer) = match &self.asked {
            Some(asked) => (
                self.told(asked, core, theme),
                self.answer_lines(asked, core, theme),
            ),
            None => (Vec::new(), Answer::default()),
        };
        (told, answer, rows)
    }

    fn told(&self, asked: &Asked, core: &Core, theme: &Theme) -> Vec<Line<'static>> {
        let columns = columns(core);
        let (glyph, style) = match asked.is_loss() {
            true => ("✖ ", theme.bad),
            false => ("! ", theme.warn),
        };
        let consequence = asked.consequence(core.now);
        let rows = consequence
            .lines()
            .flat_map(|line| view::wrapped(line, columns.saturating_sub(2), theme.text));
        let mut lines = view::behind_sign(Span::styled(glyph, style), rows);
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
        lines
    }

    fn answer_lines(&self, asked: &Asked, core: &Core, theme: &Theme) -> Answer {
        let mut lines = vec![Line::default()];
        let mut cursor = None;
        match asked.consent() {
            Consent::Yes => lines.push(choices(Context::Confirm, "do it", "leave it", core, theme)),
            Consent::Typed(names) => {
                let columns = columns(core);
                let text = format!("To go on, type {}:", names.join(" or "));
                lines.extend(view::wrapped(&printable(&text), columns, theme.text));
                let (field, column) = self.typed.spans(columns.into(), theme.field);
                cursor = Some((lines.len(), column));
                lines.push(Line::from(field));
            }
        }
        Answer { lines, cursor }
    }

    fn yes(&mut self, core: &mut Core) -> Flow {
        if core.connection.is_taken_over() {
            core.say(
                Tone::Warn,
                "Not sent yet: STS is being asked who you are. Say yes when it is there.",
            );
            return Flow::Stay;
        }
        match self.asked.take() {
            Some(asked) if asked.names_another_than(core.connection.principal()) => {
                core.say(
                    Tone::Warn,
                    "Not sent: the credentials are others now, and you act as somebody else.",
                );
                Flow::Close
            }
            Some(Asked::One(asked)) => Flow::Sent(core.confirmed(*asked)),
            Some(Asked::Several(asked)) => Flow::Open(Route::Bulk(Box::new(
                asked.confirmed(core.connection.as_whom()),
            ))),
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
            (Action::Yes, Consent::Yes) if self.is_blind() => {
                core.say(
                    Tone::Warn,
                    "Not sent yet: whose grant it is is being read. Say yes when it is there.",
                );
                Flow::Stay
            }
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
            (action, _) => {
                let (told, asked, rows) = self.parts(core, &Theme::mono());
                let room = rows.saturating_sub(asked.lines.len());
                let furthest = scroll::furthest(told.len(), room);
                scroll::step(&mut self.down, action, room, furthest + 1);
                Flow::Stay
            }
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
        if let (JobEvent::Facts(facts), Some(Asked::One(asked))) = (event, &mut self.asked) {
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
        self.asked.as_ref()?.one()
    }

    fn bulk_question(&self) -> Option<&BulkQuestion> {
        match self.asked.as_ref()? {
            Asked::Several(question) => Some(question),
            Asked::One(_) => None,
        }
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, body: Rect) {
        let Some(asked) = &self.asked else {
            return;
        };
        let (told, answer, most) = self.parts(core, theme);
        let room = (body.width as usize).saturating_sub(8);
        let title = cut_end(&printable(&asked.title()), room).into_owned();
        let rows = (told.len() + answer.lines.len()).min(most);
        let inside = open_box(frame, body, &title, columns(core).into(), rows, theme);
        // What is asked for stays in sight where not all has room.
        let below = (answer.lines.len() as u16).min(inside.height);
        let [above, below] =
            Layout::vertical([Constraint::Fill(1), Constraint::Length(below)]).areas(inside);
        scroll::text(frame, above, &told, self.down, theme);
        scroll::text(frame, below, &answer.lines, 0, theme);
        if let Some((row, column)) = answer.cursor
            && row < below.height.into()
        {
            frame.set_cursor_position((below.x + column as u16, below.y + row as u16));
        }
    }
}
