//! What a tab is.

use ratatui::text::Line;

use crate::kms::key::KeyMetadata;
use crate::kms::{Request, Value};
use crate::ops::OpSpec;
use crate::ops::fields::KEY_ID;
use crate::reads::{ReadAnswer, ReadSpec};
use crate::tui::copy_items::CopyItem;
use crate::tui::core::Core;
use crate::tui::keymap::Action;
use crate::tui::screens::key_detail::load::Load;
use crate::tui::theme::Theme;
use crate::tui::view::labelled;

/// A tab.
pub(crate) struct TabSpec {
    pub title: &'static str,
    /// At least one. The tab stands and falls with the first; what became of the others is drawn.
    pub reads: &'static [&'static ReadSpec],
    /// How many there are of what it lists, for the title.
    pub count: fn(&ReadAnswer) -> Option<usize>,
    /// What is said where keys of some kinds have no such thing.
    pub absent: Option<&'static str>,
    /// A text of it to copy, with its label.
    pub text: Option<TabText>,
    pub body: Body,
    /// What an action begins here; None where it begins nothing.
    pub begins: fn(Action, &Subject) -> Option<Begun>,
}

/// What a tab shows.
pub(crate) enum Body {
    /// A text, which is scrolled.
    Text(fn(&TabView) -> Vec<Line<'static>>),
    /// Things, each with its lines: the cursor is on one of them.
    Rows {
        rows: fn(&TabView) -> Vec<Vec<Line<'static>>>,
        /// What is said where there are none.
        none: &'static str,
    },
}

/// What an action is about.
pub(crate) struct Subject<'a> {
    /// Of the first read.
    pub answer: &'a ReadAnswer,
    /// Of the other reads.
    pub others: &'a [Load],
    /// The thing under the cursor, by its place.
    pub row: usize,
    /// The key as requests name it: its ARN, or its ID.
    pub key_id: &'a str,
    pub metadata: Option<&'a KeyMetadata>,
}

impl Subject<'_> {
    /// A request about the key.
    pub(crate) fn request(&self, spec: &OpSpec) -> Request {
        Request::new(spec.id).with(&KEY_ID, Value::Text(self.key_id.to_owned()))
    }
}

/// What an action leads to.
pub(crate) enum Begun {
    /// The form of an operation, with what is known.
    Form(Request),
    /// The question of a request that is whole.
    Send(Request),
    /// A choice of what is to be copied of the thing under the cursor.
    Copy(Vec<CopyItem>),
}

/// Of a tab that is only read.
pub(super) fn nothing(_: Action, _: &Subject) -> Option<Begun> {
    None
}

/// A text of a tab, with its label.
pub(super) type TabText = (&'static str, fn(&ReadAnswer) -> Option<String>);

/// What a tab is drawn from.
pub(crate) struct TabView<'a> {
    /// Of the first read.
    pub answer: &'a ReadAnswer,
    /// Of the other reads.
    pub others: &'a [Load],
    /// Of the key.
    pub aliases: &'a [String],
    pub core: &'a Core,
    pub columns: u16,
    pub theme: &'a Theme,
}

impl TabView<'_> {
    /// A value with its name, where there is one.
    pub(crate) fn labelled(&self, label: &str, value: Option<&str>) -> Vec<Line<'static>> {
        match value.filter(|value| !value.is_empty()) {
            Some(value) => labelled(label, value, self.columns, self.theme),
            None => Vec::new(),
        }
    }
}
