//! The command line at the bottom of the screen.

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Popup;
use crate::gateway::url_as_shown;
use crate::kms::text::{cut_end, fit, printable, width};
use crate::tui::commands;
use crate::tui::core::Core;
use crate::tui::core::history::Recall;
use crate::tui::flow::Flow;
use crate::tui::keymap::{Action, Context};
use crate::tui::theme::Theme;
use crate::tui::view;
use crate::tui::widgets::input::Input;

/// Completions shown at once.
const SHOWN: usize = 8;

/// The line as it is kept: without the password of a URL in it.
fn to_keep(line: &str) -> String {
    let words = line.split(' ').map(|word| match word.contains("://") {
        true => url_as_shown(word),
        false => word.into(),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[derive(Default)]
pub struct CommandLine {
    input: Input,
    error: Option<String>,
    /// What Tab has put in, so that the next Tab puts in the next one: the line as typed, and
    /// which completion of it.
    completing: Option<(String, usize)>,
    recall: Recall,
}

impl CommandLine {
    fn typed(&self) -> &str {
        match &self.completing {
            Some((typed, _)) => typed,
            None => self.input.text(),
        }
    }

    fn complete(&mut self, core: &Core, step: isize) {
        let typed = self.typed().to_owned();
        let all = commands::completions(&typed, core);
        if all.is_empty() {
            return;
        }
        let at = match &self.completing {
            Some((_, at)) => (*at as isize + step).rem_euclid(all.len() as isize) as usize,
            // The first that is not there already.
            None => {
                let places: Vec<usize> = match step < 0 {
                    true => (0..all.len()).rev().collect(),
                    false => (0..all.len()).collect(),
                };
                let other = places.iter().find(|at| all[**at].0 != typed);
                other.copied().unwrap_or(0)
            }
        };
        self.input = Input::new(&all[at].0);
        // With only one, Tab goes on to its argument.
        self.completing = (all.len() > 1).then_some((typed, at));
        self.error = None;
    }

    fn recall(&mut self, core: &Core, older: bool) {
        if let Some(line) = self.recall.go(&core.kept.history.lines(':'), older) {
            self.input = Input::new(&line);
            self.completing = None;
            self.error = None;
        }
    }
}

impl Popup for CommandLine {
    fn context(&self) -> Context {
        Context::CommandLine
    }

    fn can(&self, action: Action, core: &Core) -> bool {
        match action {
            // It would only be refused once more.
            Action::Accept => self.error.is_none(),
            Action::Complete => match commands::completions(self.typed(), core).as_slice() {
                [] => false,
                [(only, _)] => only != self.input.text(),
                _ => true,
            },
            Action::Up | Action::Down => !core.kept.history.lines(':').is_empty(),
            _ => true,
        }
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        match action {
            Action::Accept => {
                let line = self.input.text().trim().to_owned();
                if line.is_empty() {
                    return Flow::Close;
                }
                return match commands::run(&line, core) {
                    Ok(flow) => {
                        core.kept.history.add(&format!(":{}", to_keep(&line)));
                        match flow {
                            Flow::Stay => Flow::Close,
                            flow => flow,
                        }
                    }
                    Err(error) => {
                        self.error = Some(error);
                        Flow::Stay
                    }
                };
            }
            Action::Complete => self.complete(core, 1),
            Action::PrevField => self.complete(core, -1),
            Action::Up => self.recall(core, true),
            Action::Down => self.recall(core, false),
            _ => {}
        }
        Flow::Stay
    }

    fn key(&mut self, key: KeyEvent) {
        if self.input.key(key) {
            self.error = None;
            self.completing = None;
        }
    }

    fn paste(&mut self, text: &str, core: &mut Core) {
        core.say_pasted(self.input.paste(text));
        self.completing = None;
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, body: Rect) {
        let all = commands::completions(self.typed(), core);
        let chosen = self.completing.as_ref().map(|(_, at)| *at);
        let columns = body.width;
        let mut lines: Vec<Line> = Vec::new();
        if let Some(error) = &self.error {
            let wrapped = view::wrapped(&printable(error), columns.saturating_sub(2), theme.bad);
            lines.extend(wrapped);
        } else {
            let from = chosen.unwrap_or(0).saturating_sub(SHOWN - 1);
            let names = all
                .iter()
                .map(|(line, _)| width(&printable(line)))
                .max()
                .unwrap_or(0)
                .clamp(14, 40);
            for (at, (line, about)) in all.iter().enumerate().skip(from).take(SHOWN) {
                let style = if chosen == Some(at) {
                    theme.selected
                } else {
                    theme.text
                };
                let room = (columns as usize).saturating_sub(names + 6);
                lines.push(Line::from(vec![
                    Span::styled(format!(" {} ", fit(&printable(line), names)), style),
                    Span::styled(format!(" {}", cut_end(about, room)), theme.dim),
                ]));
            }
            let below = all.len().saturating_sub(from + SHOWN);
            if below > 0 {
                lines.push(Line::styled(format!(" … {below} more: Tab"), theme.dim));
            }
        }
        let height = (lines.len() as u16 + 2).min(body.height);
        let area = Rect {
            y: body.bottom() - height,
            height,
            ..body
        };
        view::clear(frame, area, theme);
        let row = |y: u16| Rect::new(area.x, area.y + y, area.width, 1);
        frame.render_widget(
            Line::styled("─".repeat(area.width as usize), theme.dim),
            row(0),
        );
        for (y, line) in lines.into_iter().enumerate() {
            if (y as u16) + 2 < height {
                frame.render_widget(line, row(1 + y as u16));
            }
        }
        let (field, cursor) = self
            .input
            .spans(columns.saturating_sub(3) as usize, theme.text);
        let line = Line::from(vec![Span::styled(" :", theme.accent), field]);
        frame.render_widget(line, row(height - 1));
        frame.set_cursor_position((area.x + 2 + cursor as u16, area.y + height - 1));
    }
}
