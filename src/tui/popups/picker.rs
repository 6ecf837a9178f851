//! Choosing another profile, principal or Region.

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Popup;
use crate::gateway::Place;
use crate::kms::KmsError;
use crate::kms::regions::{REGIONS, looks_like_region};
use crate::kms::text::{fit, printable, width};
use crate::tui::core::Core;
use crate::tui::flow::Flow;
use crate::tui::jobs::{Job, JobEvent, JobId};
use crate::tui::keymap::{Action, Context};
use crate::tui::theme::Theme;
use crate::tui::view::{self, spinner};
use crate::tui::widgets::input::Input;
use crate::tui::widgets::narrowing;
use crate::tui::widgets::popup_box::open_box;
use crate::tui::widgets::scroll;

/// What is chosen.
#[derive(Clone, Copy, PartialEq)]
enum Of {
    /// A profile; in the sandbox, a principal.
    Profile,
    Region,
}

/// A list to type in: what is typed narrows it, and a Region that is not in it can be typed out.
pub struct Picker {
    of: Of,
    title: &'static str,
    /// Name, and what is said of it.
    items: Vec<(String, String)>,
    waits_for: Option<JobId>,
    error: Option<KmsError>,
    input: Input,
    chosen: usize,
    /// What is chosen now.
    current: Option<String>,
}

impl Picker {
    fn new(of: Of, title: &'static str, current: Option<String>) -> Self {
        Picker {
            of,
            title,
            items: Vec::new(),
            waits_for: None,
            error: None,
            input: Input::default(),
            chosen: 0,
            current,
        }
    }

    /// What there is to choose from, with the cursor on what is chosen now.
    fn offer(&mut self, items: Vec<(String, String)>) {
        let current = self.current.as_ref();
        let place = items.iter().position(|(name, _)| Some(name) == current);
        self.chosen = place.unwrap_or(0);
        self.items = items;
    }

    /// Profiles of the configuration files, or principals of the sandbox.
    pub fn profiles(core: &mut Core) -> Self {
        let current = core.session().and_then(|session| session.profile.clone());
        let mut picker = Picker::new(Of::Profile, "Profile", current);
        match &core.connection.target.place {
            Place::Sandbox { sandbox, .. } => {
                picker.title = "Principal of the sandbox";
                let principals = sandbox.principals().iter();
                let items = principals.map(|who| (who.name.clone(), who.arn.clone()));
                picker.offer(items.collect());
            }
            Place::Aws { .. } => picker.waits_for = Some(core.start(Job::Profiles)),
        }
        picker
    }

    pub fn regions(core: &Core) -> Self {
        let current = core.session().map(|session| session.region.clone());
        let mut picker = Picker::new(Of::Region, "Region", current);
        picker.offer(match &core.connection.target.place {
            Place::Sandbox { sandbox, .. } => sandbox
                .regions()
                .iter()
                .map(|region| (region.clone(), "has keys".to_owned()))
                .collect(),
            Place::Aws { .. } => REGIONS
                .iter()
                .map(|region| ((*region).to_owned(), String::new()))
                .collect(),
        });
        picker
    }

    /// The name that would be taken.
    fn taken(&self) -> Option<String> {
        let typed = self.input.text().trim();
        match self.matching().get(self.chosen) {
            Some((name, _)) => Some(name.clone()),
            // A new Region may not be in the list yet.
            None if self.of == Of::Region && looks_like_region(typed) => Some(typed.to_owned()),
            None => None,
        }
    }

    fn matching(&self) -> Vec<&(String, String)> {
        let typed = self.input.text().trim().to_lowercase();
        self.items
            .iter()
            .filter(|(name, about)| {
                name.to_lowercase().contains(&typed) || about.to_lowercase().contains(&typed)
            })
            .collect()
    }
}

impl Popup for Picker {
    fn context(&self) -> Context {
        Context::Picker
    }

    fn can(&self, action: Action, _core: &Core) -> bool {
        match action {
            Action::Accept => self.taken().is_some(),
            Action::Up | Action::Down => self.matching().len() > 1,
            _ => true,
        }
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Flow {
        if action != Action::Accept {
            let len = self.matching().len();
            scroll::step(&mut self.chosen, action, 8, len);
            return Flow::Stay;
        }
        let Some(name) = self.taken() else {
            return Flow::Stay;
        };
        self.leave(core);
        match self.of {
            Of::Region => core.connection.switch_regions(vec![name]),
            Of::Profile => core.connection.switch_profile(name),
        }
        Flow::Reconnect
    }

    fn key(&mut self, key: KeyEvent) {
        if self.input.key(key) {
            self.chosen = 0;
        }
    }

    fn paste(&mut self, text: &str, core: &mut Core) {
        core.say_pasted(self.input.paste(text));
        self.chosen = 0;
    }

    fn moves(&self) -> bool {
        self.waits_for.is_some()
    }

    fn waits_for(&self, id: JobId) -> bool {
        self.waits_for == Some(id)
    }

    fn answer(&mut self, event: JobEvent, _core: &mut Core) {
        self.waits_for = None;
        match event {
            JobEvent::Profiles(Ok(profiles)) => {
                let items = profiles
                    .into_iter()
                    .map(|profile| {
                        let about = [profile.source.map(str::to_owned), profile.region];
                        (
                            profile.name,
                            about.into_iter().flatten().collect::<Vec<_>>().join(" · "),
                        )
                    })
                    .collect();
                self.offer(items);
            }
            JobEvent::Profiles(Err(error)) => self.error = Some(error),
            _ => {}
        }
    }

    fn leave(&mut self, core: &mut Core) {
        if let Some(id) = self.waits_for.take() {
            core.cancel(id);
        }
    }

    fn draw(&self, core: &Core, theme: &Theme, frame: &mut Frame, body: Rect) {
        let names = self
            .items
            .iter()
            .map(|(name, _)| width(&printable(name)))
            .max()
            .unwrap_or(0)
            .clamp(20, 40);
        let abouts = self
            .items
            .iter()
            .map(|(_, about)| width(&printable(about)))
            .max()
            .unwrap_or(0)
            .min(50);
        let columns = (names + abouts + 4).max(44);
        let rows = self.items.len().clamp(3, 14) + 2;
        let inside = open_box(frame, body, self.title, columns, rows, theme);
        narrowing::draw(&self.input, theme, frame, inside);
        let list = Rect {
            y: inside.y + 2,
            height: inside.height.saturating_sub(2),
            ..inside
        };
        let matching = self.matching();
        let lines: Vec<Line> = if self.waits_for.is_some() {
            vec![Line::styled(
                format!("{} Reading the configuration files …", spinner(core.ticks)),
                theme.dim,
            )]
        } else if let Some(error) = &self.error {
            view::wrapped(&printable(&error.message), inside.width, theme.bad)
        } else if matching.is_empty() {
            let text = match self.of {
                Of::Region if looks_like_region(self.input.text().trim()) => {
                    let key = core.keymap.key_of(Context::Picker, Action::Accept);
                    let key = key.map(|key| key.to_string()).unwrap_or_default();
                    &format!("{key} takes this Region, though it is not listed.")
                }
                Of::Region => "No Region matches. One that is not listed can be typed out.",
                Of::Profile if self.items.is_empty() => {
                    "There are no profiles: make one with aws configure."
                }
                Of::Profile => "No name matches.",
            };
            view::wrapped(text, inside.width, theme.dim)
        } else {
            matching
                .iter()
                .enumerate()
                .map(|(at, (name, about))| {
                    let chosen = at == self.chosen;
                    let style = if chosen { theme.selected } else { theme.text };
                    Line::from(vec![
                        Span::styled(
                            match (chosen, self.current.as_deref() == Some(name)) {
                                (true, _) => "▌",
                                (false, true) => "•",
                                _ => " ",
                            },
                            style,
                        ),
                        Span::styled(format!("{}  ", fit(&printable(name), names)), style),
                        Span::styled(
                            fit(
                                &printable(about),
                                (inside.width as usize).saturating_sub(names + 3),
                            ),
                            if chosen { style } else { theme.dim },
                        ),
                    ])
                })
                .collect()
        };
        let offset = scroll::follow(0, self.chosen, list.height as usize, lines.len());
        scroll::text(frame, list, &lines, offset, theme);
    }
}
