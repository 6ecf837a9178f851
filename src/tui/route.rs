//! Where to go, as data: an action names a place, and [`open`](super::open) makes it.

use std::path::PathBuf;
use std::sync::Arc;

use super::copy_items::CopyItem;
use super::keymap::Context;
use crate::access::refused::Refused;
use crate::access::why::Why;
use crate::catalog::list_table::ListTable;
use crate::kms::key_store::KeyStore;
use crate::kms::{KeyRef, Outcome, Request, SecretBytes};
use crate::lessons::Lesson;
use crate::matrix::report::Subject;
use crate::matrix::{Matrix, Row, Variant};
use crate::ops::bulk::BulkJob;
use crate::ops::bulk_question::BulkQuestion;
use crate::ops::question::Question;
use crate::ops::{OpSpec, StepsOutcome};

/// A screen or a popup, with all that it begins with.
pub enum Route {
    /// Who may do what with these keys, by what people call them.
    Access(Vec<(KeyRef, String)>),
    /// What a principal may do with the keys of the list.
    AccessOf(String),
    Aliases,
    CallLog,
    KeyDetail(KeyRef),
    /// The details of a key, at the grant of that ID.
    GrantOfKey(KeyRef, String),
    /// The grants of all keys.
    Grants,
    /// The grants that the caller may retire.
    RetirableGrants,
    /// The custom key stores.
    KeyStores,
    /// A custom key store, by its Region and as it is known.
    KeyStore(String, Box<KeyStore>),
    /// The form of an operation, for a key where one is meant, as it was left.
    Form(&'static OpSpec, KeyRef),
    /// The form of an operation, for all marked keys.
    BulkForm(&'static OpSpec),
    /// What the user said yes to for several keys, under way.
    Bulk(Box<BulkJob>),
    /// A form filled in with a request.
    FilledForm(Box<Request>, KeyRef),
    /// What came of a request about a key.
    Outcome(Box<Outcome>, KeyRef),
    /// What came of requests that one yes was for, about the key that the first made.
    Steps(Box<StepsOutcome>, KeyRef),
    /// The policy of a key is edited: of which key, and what people call it. Or another text is put
    /// in its place as it is.
    EditPolicy(KeyRef, String, Option<String>),
    /// An outcome to be read alone: nothing follows from it.
    OutcomeToRead(Box<Outcome>),
    Matrix(Vec<Row>),
    /// Why somebody may or may not do something with a key; what people call it.
    Why(Box<Why>, KeyRef, String),
    /// Why KMS refused a request.
    WhyRefused(Box<Refused>),
    Lessons,
    /// A lesson in a sandbox of its own.
    Lesson(Arc<Lesson>),
    /// A lesson on a key of the user's.
    LessonOnKey(Arc<Lesson>, KeyRef),

    Actions(KeyRef),
    /// What can be done with all marked keys; the key under the cursor beside.
    ActionsOnMarked(KeyRef),
    Columns,
    CommandLine,
    Copy(Vec<CopyItem>),
    /// The keys of these contexts.
    Help(Vec<Context>),
    Overwrite(PathBuf, SecretBytes),
    Profiles,
    Prompt(Asks),
    Question(Box<Question>),
    BulkQuestion(Box<BulkQuestion>),
    Regions,
    /// Labels and values to read.
    Text(&'static str, Vec<(String, String)>),
}

/// What a prompt asks for.
pub enum Asks {
    /// A file for the bytes of a response's field.
    Save(&'static str, SecretBytes),
    /// Another file, after one that could not be written: why not.
    SaveElsewhere(PathBuf, SecretBytes, String),
    /// A file for the calls of the log, as JSON lines.
    ExportCalls(String),
    /// A file for a matrix, in the format that its name says.
    ExportMatrix(Box<(Matrix, Subject)>),
    /// A file for a list, in the format that its name says; and what is not known of it yet.
    ExportList(Box<ListTable>, Option<String>),
    /// A file for a lesson's handout: its name as proposed, and Markdown.
    Handout(String, String),
    /// A KeyId, to open its details.
    OpenKey,
    /// A KeyId, to run a lesson on; which account and Region it will be in.
    LessonKey(Arc<Lesson>, String),
    /// The code of an MFA device, for a new connection: the question.
    MfaCode(String),
    /// An exported matrix, to compare with.
    Baseline,
    /// The encryption contexts of a matrix.
    Contexts(Vec<Variant>),
    /// The grant tokens of a matrix.
    GrantTokens(Vec<String>),
}
