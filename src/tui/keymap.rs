//! Which key does what, where. One table, under the user's own keys, serves dispatch, the hint line
//! and the help.

mod rebind;

use std::borrow::Cow;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::kms::OpId;
use crate::kms::field::kebab;
use crate::ops::spec;

/// Where the keyboard acts. A screen gives its contexts from the innermost out, and the first
/// binding that fits wins; [`Context::Global`] is always the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    Global,
    Keys,
    Filter,
    /// A text to look for, while it is typed.
    Search,
    KeyDetail,
    /// What a search in the details found.
    KeyDetailFound,
    Aliases,
    Grants,
    /// The custom key stores.
    KeyStores,
    /// A custom key store, with the keys in it.
    KeyStore,
    CallLog,
    Matrix,
    /// Who may do what.
    Access,
    /// Why somebody may or may not.
    Why,
    /// One operation on several keys.
    Bulk,
    Form,
    /// A field of the form that takes no text: a choice, a switch, a button.
    FormChoice,
    /// The name of a file in the form.
    FormPath,
    /// The list of keys under the form's KeyId.
    Completion,
    Outcome,
    /// A key policy with what is different, before it is put.
    PolicyReview,
    /// A draft of a key policy that was there.
    PolicyDraft,
    /// What came of several requests that one yes was for.
    Steps,
    /// The list of lessons.
    Lessons,
    Lesson,
    /// A step of a lesson that is still to be done.
    LessonToDo,
    /// A step that flips a bit.
    LessonFlip,
    /// A popup with a list to choose from.
    Menu,
    /// A popup that takes a line of text.
    Prompt,
    CommandLine,
    /// A popup with a list that is narrowed by typing.
    Picker,
    /// The choice of the list's columns.
    Columns,
    Confirm,
    /// A question that is answered by typing.
    ConfirmTyped,
    Help,
    /// Around every list of rows: how the cursor goes through it.
    List,
    /// Around every text to read: how it is scrolled.
    Text,
}

impl Context {
    pub fn title(self) -> &'static str {
        match self {
            Context::Global => "Everywhere",
            Context::Keys => "Keys",
            Context::Filter => "Filter",
            Context::Search => "Search",
            Context::KeyDetail => "Key details",
            Context::KeyDetailFound => "Key details, after a search",
            Context::Aliases => "Aliases",
            Context::Grants => "Grants",
            Context::KeyStores => "Custom key stores",
            Context::KeyStore => "Custom key store",
            Context::CallLog => "Call log",
            Context::Matrix => "Permission matrix",
            Context::Access => "Access",
            Context::Why => "Why",
            Context::Bulk => "Operation on several keys",
            Context::CommandLine => "Command line",
            Context::Form => "Form",
            Context::FormChoice => "Form, on a choice or a button",
            Context::FormPath => "Form, naming a file",
            Context::Completion => "Form, completing a KeyId",
            Context::Outcome => "Outcome",
            Context::PolicyReview => "Policy, before it is put",
            Context::PolicyDraft => "Draft of a policy",
            Context::Steps => "Outcome, step by step",
            Context::Lessons => "Lessons",
            Context::Lesson => "Lesson",
            Context::LessonToDo => "Lesson, at a step that is to be done",
            Context::LessonFlip => "Lesson, choosing a bit",
            Context::Menu => "Menu",
            Context::Prompt => "Prompt",
            Context::Picker => "Choice",
            Context::Columns => "Columns",
            Context::Confirm => "Question",
            Context::ConfirmTyped => "Question answered by typing",
            Context::Help => "Help",
            Context::List => "Lists",
            Context::Text => "Texts",
        }
    }

    /// The context around it that binds the keys of moving about, once for all of its kind.
    pub fn around(self) -> Option<Context> {
        match self {
            Context::Keys
            | Context::Aliases
            | Context::Grants
            | Context::KeyStores
            | Context::KeyStore
            | Context::CallLog
            | Context::Matrix
            | Context::Access
            | Context::Bulk
            | Context::Lessons
            | Context::Columns
            | Context::Steps
            | Context::Menu => Some(Context::List),
            Context::KeyDetail
            | Context::Why
            | Context::Outcome
            | Context::PolicyReview
            | Context::PolicyDraft
            | Context::Lesson
            | Context::Help => Some(Context::Text),
            Context::Global
            | Context::Filter
            | Context::Search
            | Context::KeyDetailFound
            | Context::Form
            | Context::FormChoice
            | Context::FormPath
            | Context::Completion
            | Context::LessonToDo
            | Context::LessonFlip
            | Context::Prompt
            | Context::CommandLine
            | Context::Picker
            | Context::Confirm
            | Context::ConfirmTyped
            | Context::List
            | Context::Text => None,
        }
    }

    /// What it is called in the configuration: `key-detail`.
    pub fn name(self) -> String {
        kebab(&format!("{self:?}"))
    }

    /// Whether a printable key is text here, and so must not be bound.
    pub fn takes_text(self) -> bool {
        matches!(
            self,
            Context::Filter
                | Context::Search
                | Context::Form
                | Context::FormPath
                | Context::Completion
                | Context::Prompt
                | Context::CommandLine
                | Context::Picker
                | Context::ConfirmTyped
        )
    }
}

/// What a key can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    Quit,
    Suspend,
    Redraw,
    Help,
    Back,
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    Accept,
    Left,
    Right,
    OpenDetails,
    OpenByKeyId,
    SwitchProfile,
    SwitchRegion,
    GenerateDataKey,
    Actions,
    Matrix,
    Access,
    Why,
    Prove,
    OpenPrincipal,
    NewGrant,
    MarkKey,
    MarkAll,
    Columns,
    ShowFailed,
    TryAgain,
    Run,
    RunRow,
    RunColumn,
    NextVariant,
    OpenForm,
    KeepBaseline,
    OpenBaseline,
    Compare,
    SetContexts,
    SetGrantTokens,
    AskAll,
    Filter,
    Sort,
    SortReverse,
    Refresh,
    DescribeAll,
    Aliases,
    CallLog,
    Export,
    CommandLine,
    ToggleMouse,
    Older,
    Newer,
    Copy,
    Save,
    ToggleDump,
    Reveal,
    UseInDecrypt,
    UseInReEncrypt,
    UseInVerify,
    RevokeGrant,
    RetireGrant,
    RunAgain,
    NextTab,
    PrevTab,
    NextMatch,
    PrevMatch,
    New,
    Edit,
    Remove,
    Connect,
    Undo,
    DiscardDraft,
    NewKey,
    NextField,
    PrevField,
    Submit,
    ToggleDryRun,
    BlobForm,
    BlobFormBack,
    AddRow,
    RemoveRow,
    RowUp,
    RowDown,
    ClearForm,
    NextSnippet,
    CopySnippet,
    Toggle,
    Complete,
    CompletePath,
    Yes,
    OnRealKey,
    RunStep,
    SkipStep,
    NextStep,
    PrevStep,
    ResetLesson,
    LargeType,
    CloudTrail,
    AnswerOne,
    AnswerTwo,
    AnswerThree,
    AnswerFour,
    NextBit,
    PrevBit,
    NextByteRow,
    PrevByteRow,
    /// The form of an operation, for the key that the screen is about.
    Operation(OpId),
}

impl Action {
    /// What it is called in the configuration: `generate-data-key`; an operation as the command
    /// line calls it.
    pub fn name(self) -> String {
        match self {
            Action::Operation(id) => spec(id).command(),
            action => kebab(&format!("{action:?}")),
        }
    }
}

/// A key press.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub code: KeyCode,
    pub modifiers: KeyModifiers,
}

impl Key {
    /// Whether it is a character, to be typed as it is.
    fn is_printable(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && self.modifiers.is_empty()
    }

    /// Whether nobody can type a text without it.
    fn is_text(self) -> bool {
        self.is_printable() || (self.code == KeyCode::Backspace && self.modifiers.is_empty())
    }
}

const fn key(code: KeyCode) -> Key {
    Key {
        code,
        modifiers: KeyModifiers::NONE,
    }
}

const fn ch(c: char) -> Key {
    key(KeyCode::Char(c))
}

const fn ctrl(c: char) -> Key {
    Key {
        code: KeyCode::Char(c),
        modifiers: KeyModifiers::CONTROL,
    }
}

const fn alt(code: KeyCode) -> Key {
    Key {
        code,
        modifiers: KeyModifiers::ALT,
    }
}

impl From<KeyEvent> for Key {
    /// Shift is in the character itself, and terminals differ on whether they also say so.
    fn from(event: KeyEvent) -> Self {
        let mut modifiers =
            event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        if matches!(event.code, KeyCode::Char(_) | KeyCode::BackTab) {
            modifiers -= KeyModifiers::SHIFT;
        }
        Key {
            code: event.code,
            modifiers,
        }
    }
}

impl std::fmt::Display for Key {
    /// `Ctrl-R`, `↵`, `Esc`.
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            f.write_str("Ctrl-")?;
        }
        if self.modifiers.contains(KeyModifiers::ALT) {
            f.write_str("Alt-")?;
        }
        let capital = matches!(self.code, KeyCode::Char(c) if c.is_uppercase());
        if self.modifiers.contains(KeyModifiers::SHIFT)
            || (capital && self.modifiers.contains(KeyModifiers::ALT))
        {
            f.write_str("Shift-")?;
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("Space"),
            KeyCode::Char(c) if self.modifiers.contains(KeyModifiers::CONTROL) => {
                write!(f, "{}", c.to_ascii_uppercase())
            }
            KeyCode::Char(c) if self.modifiers.contains(KeyModifiers::ALT) => {
                write!(f, "{}", c.to_ascii_uppercase())
            }
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::Enter => f.write_str("↵"),
            KeyCode::Esc => f.write_str("Esc"),
            KeyCode::Tab => f.write_str("Tab"),
            KeyCode::BackTab => f.write_str("Shift-Tab"),
            KeyCode::Up => f.write_str("↑"),
            KeyCode::Down => f.write_str("↓"),
            KeyCode::Left => f.write_str("←"),
            KeyCode::Right => f.write_str("→"),
            KeyCode::PageUp => f.write_str("PgUp"),
            KeyCode::PageDown => f.write_str("PgDn"),
            KeyCode::Home => f.write_str("Home"),
            KeyCode::End => f.write_str("End"),
            KeyCode::F(n) => write!(f, "F{n}"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// Where a screen is about a key, so that an operation can be begun.
const ABOUT_A_KEY: [Context; 4] = [
    Context::Keys,
    Context::KeyDetail,
    Context::Aliases,
    Context::Grants,
];

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    pub at: Context,
    pub keys: Cow<'static, [Key]>,
    pub does: Action,
    /// For the help.
    pub text: &'static str,
    /// For the hint line; None where it would only take room.
    pub hint: Option<&'static str>,
}

const fn bind(at: Context, keys: &'static [Key], does: Action, text: &'static str) -> Binding {
    Binding {
        at,
        keys: Cow::Borrowed(keys),
        does,
        text,
        hint: None,
    }
}

const fn hinted(
    at: Context,
    keys: &'static [Key],
    does: Action,
    hint: &'static str,
    text: &'static str,
) -> Binding {
    Binding {
        at,
        keys: Cow::Borrowed(keys),
        does,
        text,
        hint: Some(hint),
    }
}

use Action as A;
use Context as C;
use KeyCode as K;

const UP: &[Key] = &[key(K::Up), ch('k')];
const DOWN: &[Key] = &[key(K::Down), ch('j')];
const PAGE_UP: &[Key] = &[key(K::PageUp), ctrl('b')];
const PAGE_DOWN: &[Key] = &[key(K::PageDown), ctrl('f')];
const FIRST: &[Key] = &[key(K::Home)];
const LAST: &[Key] = &[key(K::End), ch('G')];
const ENTER: &[Key] = &[key(K::Enter)];
const ESC: &[Key] = &[key(K::Esc)];

/// Every binding, before the user's own keys. Hints are shown in this order.
#[rustfmt::skip]
pub static BINDINGS: &[Binding] = &[
    hinted(C::Keys, ENTER, A::OpenDetails, "details", "Open the key's details"),
    hinted(C::Keys, &[ch('g')], A::GenerateDataKey, "data key", "Open the form of GenerateDataKeyWithoutPlaintext for this key"),
    hinted(C::Keys, &[ch('a')], A::Actions, "actions", "All operations, and which of them fit this key"),
    hinted(C::Keys, &[ch('m')], A::Matrix, "matrix", "The permission matrix of the marked keys, else of those that the filter finds"),
    hinted(C::Keys, &[ch('w')], A::Access, "who may", "Who may use this key, or the marked keys, and by which statement"),
    bind(C::Keys, &[ch(' ')], A::MarkKey, "Mark the key, or take its mark away: actions and the matrix take what is marked"),
    bind(C::Keys, &[ch('*')], A::MarkAll, "Mark all keys that the filter finds; again takes their marks away"),
    hinted(C::Keys, &[ch('/')], A::Filter, "filter", "Filter by name, or by state:disabled, tag:env=prod ..."),
    hinted(C::Keys, &[ch('s')], A::Sort, "sort", "Sort by the next column"),
    bind(C::Keys, &[ch('S')], A::SortReverse, "Turn the sort order around"),
    hinted(C::Keys, &[ch('y')], A::Copy, "copy", "Copy the key's ID, ARN or alias"),
    hinted(C::Keys, &[ch('n')], A::NewKey, "new key", "Make a key: kind, alias, tags, policy and rotation in one form"),
    hinted(C::Keys, &[ch('o')], A::OpenByKeyId, "open a KeyId", "Type a KeyId, and open its details"),
    hinted(C::Keys, &[ch('r'), key(K::F(5))], A::Refresh, "refresh", "List again; connect again where that failed"),
    bind(C::Keys, &[ch('D')], A::DescribeAll, "Ask of every key what filter, order and columns need; again stops"),
    hinted(C::Keys, &[ch('p')], A::SwitchProfile, "profile", "Another profile; in the sandbox, another principal"),
    hinted(C::Keys, &[ch('R')], A::SwitchRegion, "Region", "Another Region"),
    hinted(C::Keys, &[ch('A')], A::Aliases, "aliases", "The aliases, and what they point to"),
    bind(C::Keys, &[ch('C')], A::Columns, "Choose the columns of the list, and their order"),
    bind(C::Keys, &[ch('x')], A::Export, "Write the list to a file: CSV, Markdown or JSON"),
    bind(C::Keys, ESC, A::Back, "Clear the filter"),

    hinted(C::Filter, ENTER, A::Accept, "keep", "Keep the filter and go to the list"),
    hinted(C::Filter, ESC, A::Back, "clear", "Clear the filter"),
    hinted(C::Filter, &[key(K::Up)], A::Up, "up", "Up a key"),
    hinted(C::Filter, &[key(K::Down)], A::Down, "down", "Down a key"),
    hinted(C::Filter, &[key(K::Tab)], A::Complete, "complete", "Complete the last word: state:, rotation:, unused: ...; again the next way"),
    bind(C::Filter, &[key(K::BackTab)], A::PrevField, "The completion before"),
    bind(C::Filter, &[ctrl('p')], A::Older, "The filter before, of those that were kept"),
    bind(C::Filter, &[ctrl('n')], A::Newer, "The filter after"),
    bind(C::Filter, &[key(K::PageUp)], A::PageUp, "Up a page"),
    bind(C::Filter, &[key(K::PageDown)], A::PageDown, "Down a page"),

    hinted(C::Search, ENTER, A::Accept, "keep", "Keep what was found: n and N go through it"),
    hinted(C::Search, ESC, A::Back, "clear", "End the search"),

    hinted(C::KeyDetailFound, &[ch('n')], A::NextMatch, "next place", "To the next place that was found"),
    bind(C::KeyDetailFound, &[ch('N')], A::PrevMatch, "To the place before"),

    hinted(C::KeyDetail, &[key(K::Tab), key(K::Right), ch('l')], A::NextTab, "next tab", "To the next tab"),
    bind(C::KeyDetail, &[key(K::BackTab), key(K::Left), ch('h')], A::PrevTab, "To the tab before"),
    hinted(C::KeyDetail, &[ch('/')], A::Filter, "search", "Search in what is shown"),
    hinted(C::KeyDetail, &[ch('n')], A::New, "new", "On the tags, the grants or the rotation: a new one"),
    hinted(C::KeyDetail, &[ch('e')], A::Edit, "edit", "On the metadata, the tags or the rotation: change it; on the policy: edit it in $VISUAL or $EDITOR"),
    hinted(C::KeyDetail, &[ch('d')], A::Remove, "remove", "On the tags, the grants or the rotation: take it away, after a question"),
    hinted(C::KeyDetail, &[ch('T')], A::RetireGrant, "retire", "On the grants: retire it, as one whom the grant names, after a question"),
    hinted(C::KeyDetail, &[ch('u')], A::Undo, "undo", "Put the policy before back, after its question"),
    hinted(C::KeyDetail, &[ch('s')], A::Save, "save", "Save the public key to a file, as PEM or DER"),
    hinted(C::KeyDetail, &[ch('g')], A::GenerateDataKey, "data key", "Open the form of GenerateDataKeyWithoutPlaintext for this key"),
    hinted(C::KeyDetail, &[ch('a')], A::Actions, "actions", "All operations, and which of them fit this key"),
    bind(C::KeyDetail, &[ch('m')], A::Matrix, "The permission matrix of this key"),
    hinted(C::KeyDetail, &[ch('w')], A::Access, "who may", "Who may use this key, and why"),
    hinted(C::KeyDetail, &[ch('y')], A::Copy, "copy", "Copy the key's ID, ARN, alias or policy; on the grants, each value of the grant"),
    hinted(C::KeyDetail, &[ch('r'), key(K::F(5))], A::Refresh, "refresh", "Load all tabs again"),
    hinted(C::KeyDetail, ESC, A::Back, "back", "End the search, else back to the keys"),

    hinted(C::Aliases, ENTER, A::OpenDetails, "details", "Open the details of the key"),
    hinted(C::Aliases, &[ch('g')], A::GenerateDataKey, "data key", "Open the form of GenerateDataKeyWithoutPlaintext with this alias"),
    hinted(C::Aliases, &[ch('n')], A::New, "new", "Another alias for this key, or for one that is typed"),
    hinted(C::Aliases, &[ch('e')], A::Edit, "move", "Let this alias name another key"),
    hinted(C::Aliases, &[ch('d')], A::Remove, "delete", "Delete this alias, after a question"),
    hinted(C::Aliases, &[ch('a')], A::Actions, "actions", "All operations, and which of them fit this alias"),
    hinted(C::Aliases, &[ch('/')], A::Filter, "filter", "Filter by name, or by the start of a key ID"),
    hinted(C::Aliases, &[ch('y')], A::Copy, "copy", "Copy the alias or its target"),
    hinted(C::Aliases, &[ch('r'), key(K::F(5))], A::Refresh, "refresh", "List again"),
    hinted(C::Aliases, ESC, A::Back, "back", "Clear the filter, else back to the keys"),

    hinted(C::Grants, ENTER, A::OpenDetails, "at the key", "Open the grants of its key, at this grant"),
    hinted(C::Grants, &[ch(' ')], A::MarkKey, "mark", "Mark the grant, or take its mark away: what is marked is what is revoked or retired"),
    bind(C::Grants, &[ch('*')], A::MarkAll, "Mark all grants that the filter finds; again takes their marks away"),
    hinted(C::Grants, &[ch('d')], A::Remove, "revoke", "Revoke the marked grants, else this one, after a question"),
    hinted(C::Grants, &[ch('T')], A::RetireGrant, "retire", "Retire the marked grants, else this one, as one whom they name, after a question"),
    hinted(C::Grants, &[ch('/')], A::Filter, "filter", "Filter by words, or by grantee:, key:, age:>90d, constraint:no, foreign:yes ..."),
    hinted(C::Grants, &[ch('s')], A::Sort, "sort", "Sort by the next column"),
    bind(C::Grants, &[ch('S')], A::SortReverse, "Turn the sort order around"),
    hinted(C::Grants, &[ch('n')], A::New, "new", "Another grant for this key"),
    hinted(C::Grants, &[ch('y')], A::Copy, "copy", "Copy a value of the grant, or of its key"),
    hinted(C::Grants, &[ch('x')], A::Export, "export", "Write the grants that the filter finds to a file: CSV, Markdown or JSON"),
    hinted(C::Grants, &[ch('D')], A::DescribeAll, "ask/stop", "Ask ListGrants of every key; again stops"),
    bind(C::Grants, &[ch('a')], A::Actions, "All operations, and which of them fit this key"),
    hinted(C::Grants, &[ch('r'), key(K::F(5))], A::Refresh, "refresh", "Read the grants again"),
    hinted(C::Grants, ESC, A::Back, "back", "Clear the filter, else go back"),

    hinted(C::KeyStores, ENTER, A::OpenDetails, "details", "Open the key store, with the keys in it"),
    hinted(C::KeyStores, &[ch('c')], A::Connect, "connect", "Connect the key store, after a question"),
    hinted(C::KeyStores, &[ch('d')], A::Remove, "disconnect", "Disconnect the key store, after a question that counts the keys that stop working"),
    bind(C::KeyStores, &[ch('D')], A::DescribeAll, "Describe every key, so that those in the key stores are known; again stops"),
    hinted(C::KeyStores, &[ch('y')], A::Copy, "copy", "Copy the key store's ID, its name or what is behind it"),
    hinted(C::KeyStores, &[ch('r'), key(K::F(5))], A::Refresh, "refresh", "Read the key stores again"),
    hinted(C::KeyStores, ESC, A::Back, "back", "Back to the keys"),

    hinted(C::KeyStore, ENTER, A::OpenDetails, "key details", "Open the details of the key"),
    hinted(C::KeyStore, &[ch('c')], A::Connect, "connect", "Connect the key store, after a question"),
    hinted(C::KeyStore, &[ch('d')], A::Remove, "disconnect", "Disconnect the key store, after a question that counts the keys that stop working"),
    hinted(C::KeyStore, &[ch('a')], A::Actions, "actions", "All operations, and which of them fit the key under the cursor"),
    bind(C::KeyStore, &[ch('D')], A::DescribeAll, "Describe every key, so that those in the key store are known; again stops"),
    hinted(C::KeyStore, &[ch('y')], A::Copy, "copy", "Copy the key store's ID, its name or what is behind it"),
    hinted(C::KeyStore, &[ch('r'), key(K::F(5))], A::Refresh, "refresh", "Read the key store and its keys again"),
    hinted(C::KeyStore, ESC, A::Back, "back", "Back to the key stores"),

    hinted(C::CallLog, ENTER, A::OpenDetails, "details", "All that is known of the call"),
    hinted(C::CallLog, &[ch('/')], A::Filter, "filter", "Filter by operation, key, Region, result or request ID"),
    hinted(C::CallLog, &[ch('w')], A::Why, "why", "Why KMS refused the call, and what would allow it"),
    hinted(C::CallLog, &[ch('r')], A::RunAgain, "send again", "Send the call again"),
    hinted(C::CallLog, &[ch('x')], A::Export, "export", "Write the calls to a file, as JSON lines"),
    hinted(C::CallLog, &[ch('y')], A::Copy, "copy", "Copy the request ID, the call as JSON, or its request as a snippet"),
    hinted(C::CallLog, ESC, A::Back, "back", "Clear the filter, else go back"),

    hinted(C::Matrix, &[ch(' ')], A::Run, "ask/pause", "Ask what is not asked yet; pause, and go on"),
    hinted(C::Matrix, ENTER, A::Accept, "answer", "All that KMS said to this cell"),
    hinted(C::Matrix, &[ch('w')], A::Why, "why", "Why this cell is denied, and what would allow it"),
    hinted(C::Matrix, &[ch('e')], A::SetContexts, "contexts", "The encryption contexts to ask with"),
    hinted(C::Matrix, &[ch('x')], A::Export, "export", "Write the matrix to a file: CSV, Markdown or JSON"),
    hinted(C::Matrix, &[ch('b')], A::KeepBaseline, "baseline", "Keep these answers, to compare another principal's or another day's with them"),
    hinted(C::Matrix, &[ch('c')], A::Compare, "diff", "Show what was gained and lost since the baseline, or hide it"),
    hinted(C::Matrix, &[ch('r')], A::RunAgain, "again", "Ask this cell again"),
    bind(C::Matrix, &[ch('R')], A::RunRow, "Ask this key's row again"),
    bind(C::Matrix, &[ch('C')], A::RunColumn, "Ask this operation's column again"),
    hinted(C::Matrix, &[ch('p')], A::SwitchProfile, "principal", "Ask as another principal: the same keys, with these answers to compare with"),
    bind(C::Matrix, &[ch('o')], A::OpenBaseline, "Compare with a matrix that was exported as JSON"),
    bind(C::Matrix, &[ch('t')], A::SetGrantTokens, "The grant tokens to ask with"),
    bind(C::Matrix, &[ch('i')], A::AskAll, "Ask also what the KeyUsage or KeySpec rules out, or not"),
    bind(C::Matrix, &[ch('f')], A::OpenForm, "Open the operation's form, filled in as this cell asks"),
    bind(C::Matrix, &[ch('y')], A::Copy, "Copy what KMS said to this cell"),
    hinted(C::Matrix, ESC, A::Back, "back", "Stop what is under way, else go back"),
    bind(C::Matrix, &[key(K::Tab)], A::NextVariant, "To the next context"),
    bind(C::Matrix, &[key(K::Left), ch('h')], A::Left, "To the operation on the left"),
    bind(C::Matrix, &[key(K::Right), ch('l')], A::Right, "To the operation on the right"),

    hinted(C::Access, ENTER, A::Accept, "why", "The statements and grants that say so, and what would allow it"),
    hinted(C::Access, &[ch('/')], A::Filter, "filter", "Filter by words, or by can:Decrypt, external:yes, via:grant, conditional:yes ..."),
    hinted(C::Access, &[ch('P')], A::Prove, "prove", "Ask by dry runs what you may yourself, to stand beside the verdicts; again stops"),
    hinted(C::Access, &[ch('w')], A::OpenPrincipal, "all keys", "What this principal may do with the keys of the list"),
    hinted(C::Access, &[ch('x')], A::Export, "export", "Write what the filter finds to a file: CSV, Markdown or JSON"),
    hinted(C::Access, &[ch('o')], A::OpenDetails, "key", "Open the key's details"),
    bind(C::Access, &[ch('y')], A::Copy, "Copy the principal, or the key's ARN"),
    hinted(C::Access, &[ch('r'), key(K::F(5))], A::Refresh, "refresh", "Read users, roles, policies and grants again"),
    hinted(C::Access, ESC, A::Back, "back", "Clear the filter, stop what is under way, else go back"),
    bind(C::Access, &[key(K::Left), ch('h')], A::Left, "To the operation on the left"),
    bind(C::Access, &[key(K::Right), ch('l')], A::Right, "To the operation on the right"),

    hinted(C::Why, &[ch('g')], A::NewGrant, "grant form", "The form of CreateGrant, filled in with the grant that would allow it"),
    hinted(C::Why, &[ch('e')], A::Edit, "policy", "The key policy with the statement that would allow it, to be looked at before it is put"),
    hinted(C::Why, &[ch('o')], A::OpenDetails, "key", "Open the key's details"),
    hinted(C::Why, &[ch('y')], A::Copy, "copy", "Copy the principal, the verdict, or a change that would allow it"),
    hinted(C::Why, ESC, A::Back, "back", "Back"),

    hinted(C::Bulk, &[ch(' ')], A::Run, "pause/go on", "Begin no more calls for now, and go on"),
    hinted(C::Bulk, ENTER, A::OpenDetails, "answer", "All that KMS said to this key"),
    hinted(C::Bulk, &[ch('f')], A::ShowFailed, "failed", "Show only what has failed, or all"),
    hinted(C::Bulk, &[ch('t')], A::TryAgain, "try again", "Ask to do it again with the keys that failed or were not sent"),
    hinted(C::Bulk, ESC, A::Back, "stop/back", "Send nothing more; once all is answered, back to the keys"),

    hinted(C::Completion, &[key(K::Down)], A::Down, "choose", "Down the list of keys"),
    bind(C::Completion, &[key(K::Up)], A::Up, "Up the list of keys"),
    hinted(C::Completion, ENTER, A::Accept, "take", "Take the chosen key"),
    hinted(C::Completion, ESC, A::Back, "close", "Close the list"),

    hinted(C::FormPath, &[key(K::Tab)], A::CompletePath, "complete", "Complete the path; where it is whole, to the next field"),

    hinted(C::Form, &[ctrl('r')], A::Submit, "submit", "Send the request"),
    hinted(C::Form, &[ctrl('t')], A::ToggleDryRun, "dry run", "Switch DryRun on or off"),
    hinted(C::Form, &[key(K::Tab)], A::NextField, "next", "To the next field"),
    bind(C::Form, &[key(K::BackTab)], A::PrevField, "To the field before"),
    bind(C::Form, &[key(K::Down)], A::Down, "Down a line"),
    bind(C::Form, &[key(K::Up)], A::Up, "Up a line"),
    bind(C::Form, ENTER, A::Accept, "Use what is under the cursor: a button, a new line in text, or go on to the next field"),
    hinted(C::Form, &[ctrl('o')], A::BlobForm, "base64/hex/text/file", "Give the bytes in another form: base64, hex, text, or a file"),
    bind(C::Form, &[alt(K::Char('o'))], A::BlobFormBack, "The form of the bytes before"),
    hinted(C::Form, &[ctrl('n')], A::AddRow, "add pair", "Add a pair or a token"),
    hinted(C::Form, &[ctrl('x')], A::RemoveRow, "remove", "Remove the pair or the token"),
    bind(C::Form, &[alt(K::Up)], A::RowUp, "Move the pair or token up"),
    bind(C::Form, &[alt(K::Down)], A::RowDown, "Move the pair or token down"),
    bind(C::Form, &[alt(K::Char('c'))], A::ClearForm, "Empty the form, but for the KeyId"),
    hinted(C::Form, &[ctrl('p')], A::Complete, "keys", "List the keys that complete the KeyId"),
    hinted(C::Form, ESC, A::Back, "back", "Cancel the call in flight, else go back; the form keeps its text"),
    hinted(C::Form, &[key(K::F(3)), alt(K::Char('s'))], A::NextSnippet, "snippet", "The request as AWS CLI, boto3, Rust, JSON; then none"),
    bind(C::Form, &[key(K::F(4)), alt(K::Char('y'))], A::CopySnippet, "Copy the request as it is shown, whole"),
    hinted(C::FormChoice, &[ch(' ')], A::Toggle, "choose", "Choose, or switch on and off"),
    bind(C::FormChoice, &[key(K::Left)], A::Left, "The choice to the left"),
    bind(C::FormChoice, &[key(K::Right)], A::Right, "The choice to the right"),

    hinted(C::Outcome, &[ch('w')], A::Why, "why", "Why KMS refused it, and what would allow it"),
    hinted(C::Outcome, &[ch('y')], A::Copy, "copy", "Copy a field as base64, hex or JSON"),
    hinted(C::Outcome, &[ch('s')], A::Save, "save", "Save the raw bytes to a file"),
    hinted(C::Outcome, &[ch('v')], A::Reveal, "reveal", "Show or hide what is secret"),
    hinted(C::Outcome, &[ch('o')], A::UseInDecrypt, "decrypt", "Decrypt (or decapsulate) the ciphertext: opens the form, filled in"),
    hinted(C::Outcome, &[ch('E')], A::UseInReEncrypt, "re-encrypt", "ReEncrypt the ciphertext: opens the form, filled in"),
    hinted(C::Outcome, &[ch('V')], A::UseInVerify, "verify", "Verify the signature or the MAC: opens the form, filled in"),
    hinted(C::Outcome, &[ch('d')], A::RevokeGrant, "revoke", "Revoke the grant: opens the form, filled in"),
    bind(C::Outcome, &[ch('T')], A::RetireGrant, "Retire the grant by its token: opens the form, filled in"),
    hinted(C::Outcome, &[ch('b')], A::ToggleDump, "base64/hex", "Show the bytes as base64 or as a hex dump"),
    hinted(C::Outcome, &[ch('r')], A::RunAgain, "again", "Send the same request again"),
    hinted(C::Outcome, ESC, A::Back, "back", "Back to where it was asked; a form is as it was"),

    hinted(C::PolicyReview, ENTER, A::Submit, "put it", "Put the policy, after its question"),
    hinted(C::PolicyReview, &[ch('e')], A::Edit, "edit on", "Edit the text again"),
    hinted(C::PolicyReview, &[ch('f')], A::OpenForm, "form", "Open the form of PutKeyPolicy with the text"),
    hinted(C::PolicyReview, &[ch('d')], A::DiscardDraft, "throw away", "Throw the draft away, and go back"),
    hinted(C::PolicyReview, ESC, A::Back, "back", "Back; what was written stays as a draft"),
    hinted(C::PolicyDraft, &[key(K::Enter), ch('e')], A::Edit, "edit it", "Edit the draft"),
    hinted(C::PolicyDraft, &[ch('d')], A::DiscardDraft, "throw away", "Throw the draft away, and go back"),
    hinted(C::PolicyDraft, &[ch('f')], A::OpenForm, "form", "Open the form of PutKeyPolicy with the draft"),
    hinted(C::PolicyDraft, ESC, A::Back, "back", "Back; the draft stays"),

    hinted(C::Steps, ENTER, A::Accept, "open", "The form of a step that is left, else the details of the key"),
    hinted(C::Steps, &[ch('y')], A::Copy, "copy", "Copy the new key's ID or ARN"),
    hinted(C::Steps, ESC, A::Back, "back", "Back to where it was asked; a form is as it was"),

    hinted(C::Lessons, ENTER, A::OpenDetails, "open", "Open the lesson, where it was left"),
    hinted(C::Lessons, &[ch('K')], A::OnRealKey, "on a real key", "Run the lesson on a key of yours"),
    hinted(C::Lessons, &[ch('z')], A::LargeType, "large type", "Large type for a projector, or not"),
    hinted(C::Lessons, &[ch('r'), key(K::F(5))], A::Refresh, "refresh", "Read the lessons' files again"),
    hinted(C::Lessons, ESC, A::Back, "back", "Back"),

    hinted(C::LessonFlip, &[key(K::Left), ch('h')], A::PrevBit, "bit left", "To the bit on the left"),
    hinted(C::LessonFlip, &[key(K::Right), ch('l')], A::NextBit, "bit right", "To the bit on the right"),
    hinted(C::LessonFlip, &[key(K::Up), ch('k')], A::PrevByteRow, "row up", "Up a row of bytes"),
    hinted(C::LessonFlip, &[key(K::Down), ch('j')], A::NextByteRow, "row down", "Down a row of bytes"),

    hinted(C::LessonToDo, ENTER, A::RunStep, "run", "Do the step"),
    hinted(C::LessonToDo, &[ch('n'), key(K::Right)], A::SkipStep, "skip", "Leave the step out"),
    bind(C::LessonToDo, &[ch('1')], A::AnswerOne, "Predict the first answer"),
    bind(C::LessonToDo, &[ch('2')], A::AnswerTwo, "Predict the second answer"),
    bind(C::LessonToDo, &[ch('3')], A::AnswerThree, "Predict the third answer"),
    bind(C::LessonToDo, &[ch('4')], A::AnswerFour, "Predict the fourth answer"),

    hinted(C::Lesson, &[key(K::Enter), ch('n'), key(K::Right)], A::NextStep, "next", "To the next step"),
    hinted(C::Lesson, &[ch('b'), key(K::Left)], A::PrevStep, "back a step", "To the step before"),
    hinted(C::Lesson, &[ch('r')], A::RunAgain, "again", "Do the step again; those after it are then to be done again"),
    hinted(C::Lesson, &[ch('v')], A::Reveal, "reveal", "Show or hide what is secret"),
    hinted(C::Lesson, &[ch('o')], A::OpenDetails, "answer", "All that KMS answered"),
    hinted(C::Lesson, &[ch('s'), key(K::F(3))], A::NextSnippet, "snippet", "The request as AWS CLI, boto3, Rust, JSON; then none"),
    bind(C::Lesson, &[ch('y'), key(K::F(4))], A::CopySnippet, "Copy the request as it is shown, whole"),
    hinted(C::Lesson, &[ch('t')], A::CloudTrail, "CloudTrail", "What CloudTrail would record of the call, or not"),
    hinted(C::Lesson, &[ch('z')], A::LargeType, "large type", "Large type for a projector, or not"),
    hinted(C::Lesson, &[ch('x')], A::Export, "handout", "Write what was done to a file, as Markdown"),
    hinted(C::Lesson, &[ch('R')], A::ResetLesson, "reset", "Begin anew, in a sandbox in which nothing was done"),
    hinted(C::Lesson, ESC, A::Back, "lessons", "Give up the call under way, else back to the lessons"),

    hinted(C::Menu, UP, A::Up, "up", "Up"),
    hinted(C::Menu, DOWN, A::Down, "down", "Down"),
    hinted(C::Menu, ENTER, A::Accept, "take", "Take it"),
    hinted(C::Menu, ESC, A::Back, "close", "Close"),
    hinted(C::Prompt, ENTER, A::Accept, "go", "Go on with what is typed"),
    hinted(C::Prompt, &[key(K::Tab)], A::Complete, "complete", "Complete the path; again, the next that fits"),
    hinted(C::Prompt, ESC, A::Back, "close", "Close"),
    hinted(C::CommandLine, ENTER, A::Accept, "run", "Run the command"),
    hinted(C::CommandLine, &[key(K::Tab)], A::Complete, "complete", "The next completion"),
    bind(C::CommandLine, &[key(K::BackTab)], A::PrevField, "The completion before"),
    hinted(C::CommandLine, &[key(K::Up)], A::Up, "older", "The command before"),
    bind(C::CommandLine, &[key(K::Down)], A::Down, "The command after"),
    hinted(C::CommandLine, ESC, A::Back, "close", "Close"),
    hinted(C::Picker, &[key(K::Up)], A::Up, "up", "Up"),
    hinted(C::Picker, &[key(K::Down)], A::Down, "down", "Down"),
    bind(C::Picker, &[key(K::PageUp)], A::PageUp, "Up a page"),
    bind(C::Picker, &[key(K::PageDown)], A::PageDown, "Down a page"),
    hinted(C::Picker, ENTER, A::Accept, "take", "Take it, and connect anew"),
    hinted(C::Picker, ESC, A::Back, "close", "Close"),
    hinted(C::Columns, &[ch(' ')], A::Toggle, "show/hide", "Show the column, or hide it"),
    hinted(C::Columns, &[alt(K::Up), ch('K')], A::RowUp, "move up", "Move the column further to the left"),
    hinted(C::Columns, &[alt(K::Down), ch('J')], A::RowDown, "move down", "Move the column further to the right"),
    hinted(C::Columns, &[ch('y')], A::Copy, "copy", "Copy the line that keeps the choice in config.toml"),
    hinted(C::Columns, ENTER, A::Accept, "take", "Show these columns"),
    hinted(C::Columns, ESC, A::Back, "close", "Leave the columns as they were"),
    hinted(C::Confirm, &[ch('y')], A::Yes, "yes", "Yes"),
    hinted(C::Confirm, &[ch('n'), key(K::Esc), ch('q')], A::Back, "no", "No: nothing is sent, and kmsdeck goes on"),
    bind(C::Confirm, UP, A::Up, "Scroll up"),
    bind(C::Confirm, DOWN, A::Down, "Scroll down"),
    hinted(C::ConfirmTyped, ENTER, A::Accept, "go on", "Go on, where the name is typed"),
    hinted(C::ConfirmTyped, ESC, A::Back, "leave it", "No: nothing is sent, and kmsdeck goes on"),
    bind(C::ConfirmTyped, &[key(K::Up)], A::Up, "Scroll up"),
    bind(C::ConfirmTyped, &[key(K::Down)], A::Down, "Scroll down"),
    hinted(C::Help, &[key(K::Esc), ch('q'), ch('?')], A::Back, "close", "Close"),
    hinted(C::Help, UP, A::Up, "up", "Scroll up"),
    hinted(C::Help, DOWN, A::Down, "down", "Scroll down"),

    bind(C::List, UP, A::Up, "Up a row"),
    bind(C::List, DOWN, A::Down, "Down a row"),
    bind(C::List, PAGE_UP, A::PageUp, "Up a page"),
    bind(C::List, PAGE_DOWN, A::PageDown, "Down a page"),
    bind(C::List, FIRST, A::First, "To the first row"),
    bind(C::List, LAST, A::Last, "To the last row"),
    bind(C::Text, UP, A::Up, "Scroll up"),
    bind(C::Text, DOWN, A::Down, "Scroll down"),
    bind(C::Text, PAGE_UP, A::PageUp, "Scroll up a page"),
    bind(C::Text, PAGE_DOWN, A::PageDown, "Scroll down a page"),
    bind(C::Text, FIRST, A::First, "To the top"),
    bind(C::Text, LAST, A::Last, "To the end"),

    hinted(C::Global, &[ch('?'), key(K::F(1))], A::Help, "help", "All keys of this place"),
    hinted(C::Global, &[ch(':')], A::CommandLine, "command", "The command line: Tab lists the commands"),
    bind(C::Global, &[ch('L')], A::CallLog, "Every SDK call of this run"),
    bind(C::Global, &[key(K::F(2))], A::ToggleMouse, "Take the mouse, or leave it to the terminal's own selection"),
    hinted(C::Global, &[ch('q')], A::Quit, "quit", "Quit"),
    bind(C::Global, &[ctrl('c')], A::Quit, "Quit from anywhere, also while typing"),
    bind(C::Global, &[ctrl('z')], A::Suspend, "Put kmsdeck in the background; fg brings it back"),
    bind(C::Global, &[ctrl('l')], A::Redraw, "Draw the screen anew"),
];

/// The bindings that count: those of [`BINDINGS`], under the keys of the user's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyMap {
    /// In the table's order.
    bindings: Vec<Binding>,
}

impl Default for KeyMap {
    fn default() -> Self {
        KeyMap {
            bindings: BINDINGS.to_vec(),
        }
    }
}

impl KeyMap {
    /// The action of `pressed` in the innermost of `contexts` that binds it. A printable key is
    /// text where text is typed, so that nothing further out gets it.
    pub fn resolve(&self, contexts: &[Context], pressed: Key) -> Option<Action> {
        self.innermost(contexts, pressed)
            .map(|binding| binding.does)
    }

    /// The binding that counts of `pressed`.
    fn innermost(&self, contexts: &[Context], pressed: Key) -> Option<&Binding> {
        for context in contexts {
            if let Some(binding) = self
                .at(*context)
                .find(|binding| binding.keys.contains(&pressed))
            {
                return Some(binding);
            }
            if pressed.is_printable() && context.takes_text() {
                return None;
            }
        }
        None
    }

    /// The bindings that count in `contexts`: of each key only the innermost.
    pub fn active(&self, contexts: &[Context]) -> Vec<&Binding> {
        contexts
            .iter()
            .flat_map(|context| self.at(*context))
            .filter(|binding| self.key_for(binding, contexts).is_some())
            .collect()
    }

    /// The keys of a binding that work in `contexts`.
    pub fn keys_for<'a>(
        &'a self,
        binding: &'a Binding,
        contexts: &'a [Context],
    ) -> impl Iterator<Item = Key> + 'a {
        binding.keys.iter().copied().filter(|key| {
            let innermost = self.innermost(contexts, *key);
            innermost.is_some_and(|inner| inner.at == binding.at && inner.does == binding.does)
        })
    }

    /// The first key of a binding that works in `contexts`.
    pub fn key_for(&self, binding: &Binding, contexts: &[Context]) -> Option<Key> {
        self.keys_for(binding, contexts).next()
    }

    /// The first key of an action, for texts that name it; None where the user unbound it.
    pub fn key_of(&self, at: Context, does: Action) -> Option<Key> {
        self.at(at)
            .filter(|binding| binding.does == does)
            .find_map(|binding| binding.keys.first().copied())
    }

    fn at(&self, context: Context) -> impl Iterator<Item = &Binding> {
        self.bindings
            .iter()
            .filter(move |binding| binding.at == context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_bound_twice_in_a_context_and_each_binding_is_described() {
        for (i, binding) in BINDINGS.iter().enumerate() {
            assert!(!binding.text.is_empty());
            assert!(!binding.keys.is_empty());
            for other in &BINDINGS[i + 1..] {
                if binding.at == other.at {
                    let twice = binding.keys.iter().find(|key| other.keys.contains(key));
                    assert!(twice.is_none(), "{twice:?} twice in {:?}", binding.at);
                }
            }
        }
    }

    #[test]
    fn where_text_is_typed_no_printable_key_is_bound() {
        for binding in BINDINGS.iter().filter(|binding| binding.at.takes_text()) {
            for key in binding.keys.iter() {
                assert!(!key.is_printable(), "{key} in {:?}", binding.at);
            }
        }
        let typing = [Context::Form, Context::Global];
        let map = KeyMap::default();
        assert_eq!(map.resolve(&typing, ch('q')), None);
        assert_eq!(map.resolve(&typing, ctrl('c')), Some(Action::Quit));
        assert_eq!(
            map.resolve(&[Context::Keys, Context::Global], ch('q')),
            Some(Action::Quit)
        );
    }

    #[test]
    fn of_a_key_with_one_action_in_several_contexts_the_innermost_is_shown() {
        let map = KeyMap::default();
        let at = [Context::Search, Context::KeyDetail, Context::Global];
        let escapes: Vec<&str> = map
            .active(&at)
            .into_iter()
            .filter(|binding| binding.does == Action::Back)
            .filter_map(|binding| binding.hint)
            .collect();
        assert_eq!(escapes, ["clear"]);
    }

    #[test]
    fn shift_is_part_of_the_character() {
        let event = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(Key::from(event), ch('G'));
        assert_eq!(ctrl('r').to_string(), "Ctrl-R");
        assert_eq!(alt(KeyCode::Up).to_string(), "Alt-↑");
    }
}
