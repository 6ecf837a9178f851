//! Everything that takes time: one tokio task a job. A job answers with exactly one event, but
//! for a list, which gives one a page: [`JobEvent::is_last`] tells.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kmsdeck_atomic_file::write_whole;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinError, JoinSet};
use zeroize::Zeroizing;

use crate::access::run::{self, AccessEvent, AccessQuestion};
use crate::access::what_if::{self, WhatIf, WhatIfQuestion};
use crate::gateway::limiter::Limits;
use crate::gateway::pages::{PageEvent, every_page};
use crate::gateway::profiles::{self, Profile};
use crate::gateway::record::signed;
use crate::gateway::{Session, Target, connect};
use crate::kms::key::{Alias, CallerIdentity, KeySummary};
use crate::kms::{Blob, KmsError, Outcome, SecretBytes, Signer};
use crate::lessons::course::Course;
use crate::lessons::{self, Came, Lesson};
use crate::matrix::report::{Verdicts, parse_verdicts};
use crate::matrix::runner;
use crate::matrix::{CellId, Matrix};
use crate::ops::bulk::{BulkEvent, BulkJob, Steering, run_all};
use crate::ops::bulk_journal::Journal;
use crate::ops::facts::Facts;
use crate::ops::question::Wanted;
use crate::ops::{self, AsWhom, Cleared, StepsOutcome};
use crate::platform::blocking::blocking;
use crate::platform::clipboard::{Clipboard, Copied};
use crate::platform::dirs;
use crate::platform::drafts::{Draft, Drafts};
use crate::platform::editor::{EditError, Edited};
use crate::platform::path_completion;
use crate::platform::toml_doc::Problem;
use crate::platform::user_file;
use crate::reads::{self, ReadAnswer, ReadSpec, ResourceOwner};

/// Tells a job's answer from those to questions no longer asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// A job, with all that it needs.
pub enum Job {
    Connect(Box<Target>),
    CallerIdentity(Session),
    /// Every page, each as it comes: the next one is asked for while the last one is shown.
    ListKeys(Session, ResourceOwner),
    ListAliases(Session),
    /// A read, of that key where it is about one.
    Read(Session, &'static ReadSpec, String),
    /// Of the configuration files.
    Profiles,
    Wait(Duration),
    /// Keeps the history of typed lines.
    KeepHistory(String),
    /// As whom the user has said yes to, where that was asked.
    Run(Session, Cleared, Option<AsWhom>),
    /// One operation on several keys; answers with one event a key.
    Bulk {
        job: Box<BulkJob>,
        /// Where it writes down what it does.
        journals: Option<PathBuf>,
        steering: watch::Receiver<Steering>,
    },
    /// Takes files away that kmsdeck itself has written.
    Remove(Vec<PathBuf>),
    /// A request that makes a key, and those about that key.
    RunSteps(Session, Box<Cleared>, Vec<Cleared>, Option<AsWhom>),
    /// The draft of that name.
    ReadDraft(Drafts, String),
    /// Writes a draft: its name, and its text.
    KeepDraft(Drafts, String, String),
    DropDraft(Drafts, String),
    /// What a question before a change is better with.
    Facts(Box<Wanted>),
    /// Dry runs of a matrix; answers with one event a cell.
    Matrix {
        matrix: Box<Matrix>,
        cells: Vec<CellId>,
        /// Of the rows' Regions.
        sessions: Vec<Session>,
        caller: Option<String>,
        limits: Limits,
        /// Whether also what is not for the key is asked.
        all: bool,
    },
    /// Who may do what with keys; answers with one event a key.
    Access(Box<AccessQuestion>),
    /// What another key policy would change.
    WhatIf(Box<WhatIfQuestion>),
    /// Reads the lessons: those built in, and the user's own.
    Lessons,
    /// Does the step that the course is at; the bit is the one to flip, where it does that.
    LessonStep(Box<Course>, Option<usize>),
    /// What the path as typed can become.
    CompletePath(String),
    /// The bytes of a file that the user has named.
    ReadFile(String),
    /// An exported matrix, to compare with.
    ReadBaseline(String),
    /// A secret one is also kept in mind, to be taken out of the clipboard when kmsdeck ends.
    Copy {
        text: Zeroizing<String>,
        secret: bool,
    },
    /// Takes a secret out of the clipboard after that time, where it is still there.
    ClearClipboard(Duration),
    Save {
        path: PathBuf,
        bytes: SecretBytes,
        overwrite: bool,
    },
    /// For the tests of what a panic leaves behind.
    #[cfg(debug_assertions)]
    Panic,
}

impl std::fmt::Debug for Job {
    /// The kind alone: what a job carries may be long, or the user's own.
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(match self {
            Job::Connect(_) => "Connect",
            Job::CallerIdentity(_) => "CallerIdentity",
            Job::ListKeys(..) => "ListKeys",
            Job::ListAliases(_) => "ListAliases",
            Job::Read(..) => "Read",
            Job::Profiles => "Profiles",
            Job::Wait(_) => "Wait",
            Job::KeepHistory(_) => "KeepHistory",
            Job::Run(..) => "Run",
            Job::Bulk { .. } => "Bulk",
            Job::Remove(_) => "Remove",
            Job::RunSteps(..) => "RunSteps",
            Job::ReadDraft(..) => "ReadDraft",
            Job::KeepDraft(..) => "KeepDraft",
            Job::DropDraft(..) => "DropDraft",
            Job::Facts(_) => "Facts",
            Job::Matrix { .. } => "Matrix",
            Job::Access(_) => "Access",
            Job::WhatIf(_) => "WhatIf",
            Job::Lessons => "Lessons",
            Job::LessonStep(..) => "LessonStep",
            Job::CompletePath(_) => "CompletePath",
            Job::ReadFile(_) => "ReadFile",
            Job::ReadBaseline(_) => "ReadBaseline",
            Job::Copy { .. } => "Copy",
            Job::ClearClipboard(_) => "ClearClipboard",
            Job::Save { .. } => "Save",
            #[cfg(debug_assertions)]
            Job::Panic => "Panic",
        })
    }
}

/// A job's answer.
pub enum JobEvent {
    Connected(Result<Box<Session>, KmsError>),
    /// With whose credentials asked.
    CallerIdentity(Result<CallerIdentity, KmsError>, Option<Signer>),
    Keys(PageEvent<KeySummary>),
    Aliases(PageEvent<Alias>),
    Read(Result<ReadAnswer, KmsError>),
    Profiles(Result<Vec<Profile>, KmsError>),
    Waited,
    HistoryKept,
    Ran(Box<Outcome>),
    Bulk(BulkEvent),
    Removed,
    RanSteps(Box<StepsOutcome>),
    DraftRead(Result<Option<Draft>, String>),
    /// Its path.
    DraftKept(Result<PathBuf, String>),
    DraftDropped,
    /// A file, after the user's own editor.
    Edited(Result<Edited, EditError>),
    Facts(Box<Facts>),
    Matrix(runner::RunEvent),
    Access(AccessEvent),
    WhatIf(Box<WhatIf>),
    /// The lessons, and what is wrong with the user's own.
    Lessons(Vec<Arc<Lesson>>, Vec<Problem>),
    LessonStep(Box<Came>),
    /// A path as typed, and what it can become.
    PathCompleted(String, Vec<String>),
    /// A file by its name as typed: its bytes, or why there are none.
    FileRead(String, Result<Blob, String>),
    BaselineRead(String, Result<Box<Verdicts>, String>),
    /// Whether it was a secret, too.
    Copied(Copied, bool),
    /// What is to be written to the terminal, where that holds the clipboard.
    ClipboardCleared(Option<Zeroizing<String>>),
    Saved(Result<Saved, SaveError>),
}

impl JobEvent {
    /// Whether the job has no more to say.
    pub fn is_last(&self) -> bool {
        match self {
            JobEvent::Keys(step) => step.is_last(),
            JobEvent::Aliases(step) => step.is_last(),
            JobEvent::Matrix(step) => matches!(step, runner::RunEvent::Done),
            JobEvent::Access(step) => matches!(step, AccessEvent::Done),
            JobEvent::Bulk(step) => matches!(step, BulkEvent::Done),
            _ => true,
        }
    }
}

impl std::fmt::Debug for JobEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("JobEvent")
    }
}

/// What a file is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileUse {
    /// A field of a request.
    FormField,
    /// An exported matrix, to compare with.
    Baseline,
}

impl FileUse {
    /// The most bytes that are read for it, and what is said of a file that has more.
    fn bound(self) -> (u64, &'static str) {
        match self {
            FileUse::FormField => (1 << 20, "it is over 1 MiB, and KMS takes far less"),
            // Far more than a matrix of every key of an account.
            FileUse::Baseline => (256 << 20, "it is over 256 MiB, far more than a matrix has"),
        }
    }
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    pub path: PathBuf,
    pub bytes: usize,
}

/// Why a file was not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SaveError {
    /// There is one already; the bytes come back for another try.
    #[error("{} exists already", .path.display())]
    Exists { path: PathBuf, bytes: SecretBytes },
    #[error("{} cannot be written: {why}", .path.display())]
    Failed {
        path: PathBuf,
        bytes: SecretBytes,
        why: String,
    },
}

/// The running jobs.
pub struct Jobs {
    tasks: JoinSet<()>,
    handles: HashMap<JobId, AbortHandle>,
    sender: UnboundedSender<(JobId, JobEvent)>,
    receiver: UnboundedReceiver<(JobId, JobEvent)>,
    clipboard: Arc<Mutex<Clipboard>>,
}

impl Jobs {
    pub fn new(clipboard: Clipboard) -> Self {
        let (sender, receiver) = unbounded_channel();
        Jobs {
            tasks: JoinSet::new(),
            handles: HashMap::new(),
            sender,
            receiver,
            clipboard: Arc::new(Mutex::new(clipboard)),
        }
    }

    pub fn start(&mut self, id: JobId, job: Job) {
        let clipboard = self.clipboard.clone();
        let sender = self.sender.clone();
        let handle = self.tasks.spawn(async move {
            let tell = |event| {
                // The loop that would listen is gone when the app ends.
                let _ = sender.send((id, event));
            };
            perform(job, clipboard, tell).await;
        });
        self.handles.insert(id, handle);
    }

    /// Gives a job up. Events of it that were sent already may still come.
    pub fn cancel(&mut self, id: JobId) {
        if let Some(handle) = self.handles.remove(&id) {
            handle.abort();
        }
    }

    /// The next answer. Safe to drop while waiting.
    ///
    /// Errors: a job that panicked.
    pub async fn next(&mut self) -> Result<(JobId, JobEvent), JoinError> {
        loop {
            tokio::select! {
                biased;
                Some((id, event)) = self.receiver.recv() => return Ok(self.answered(id, event)),
                Some(ended) = self.tasks.join_next() => check(ended)?,
            }
        }
    }

    /// Like [`next`](Self::next), for an answer that is there already.
    pub fn try_next(&mut self) -> Option<Result<(JobId, JobEvent), JoinError>> {
        if let Ok((id, event)) = self.receiver.try_recv() {
            return Some(Ok(self.answered(id, event)));
        }
        while let Some(ended) = self.tasks.try_join_next() {
            if let Err(error) = check(ended) {
                return Some(Err(error));
            }
        }
        None
    }

    /// Takes a secret out of the clipboard where one is there still; what is to be written to the
    /// terminal for it.
    pub fn clear_secret(&mut self) -> Option<Zeroizing<String>> {
        self.clipboard.lock().ok()?.clear_secret()
    }

    fn answered(&mut self, id: JobId, event: JobEvent) -> (JobId, JobEvent) {
        if event.is_last() {
            self.handles.remove(&id);
        }
        (id, event)
    }
}

fn check(ended: Result<(), JoinError>) -> Result<(), JoinError> {
    match ended {
        Err(error) if !error.is_cancelled() => Err(error),
        _ => Ok(()),
    }
}

async fn perform(job: Job, clipboard: Arc<Mutex<Clipboard>>, tell: impl Fn(JobEvent)) {
    let event = match job {
        Job::Connect(target) => JobEvent::Connected(connect(&target).await.map(Box::new)),
        Job::CallerIdentity(session) => {
            let (identity, signer) = signed(reads::caller_identity(&session)).await;
            JobEvent::CallerIdentity(identity, signer)
        }
        Job::ListKeys(session, owner) => {
            let page = |marker| reads::list_keys(&session, owner, marker);
            return every_page(page, |step| tell(JobEvent::Keys(step))).await;
        }
        Job::ListAliases(session) => {
            let page = |marker| reads::list_aliases(&session, marker);
            return every_page(page, |step| tell(JobEvent::Aliases(step))).await;
        }
        Job::Read(session, read, key) => JobEvent::Read((read.call)(&session, &key).await),
        Job::Profiles => JobEvent::Profiles(profiles::profiles().await),
        Job::Wait(time) => {
            tokio::time::sleep(time).await;
            JobEvent::Waited
        }
        Job::KeepHistory(text) => {
            blocking(move || {
                // A history that cannot be kept is no reason to stop anyone's work.
                let _ = dirs::write_state("history", text.as_bytes());
            })
            .await;
            JobEvent::HistoryKept
        }
        Job::Run(session, cleared, whom) => JobEvent::Ran(Box::new(
            ops::run_as(&session, cleared, whom.as_ref()).await,
        )),
        Job::Bulk {
            job,
            journals,
            steering,
        } => {
            let tell = |step| tell(JobEvent::Bulk(step));
            let keys = job
                .items
                .iter()
                .map(|item| (&item.key, item.journal_name()));
            let begin = |folder: PathBuf| {
                Journal::begin(&folder, job.spec.id, job.principal.as_deref(), keys)
            };
            let journal = match journals.map(begin).transpose() {
                Ok(journal) => journal,
                Err(error) => {
                    tell(BulkEvent::NoJournal(error.to_string()));
                    None
                }
            };
            return run_all(job.items, job.whom, journal, steering, tell).await;
        }
        Job::Remove(paths) => {
            blocking(move || {
                for path in paths {
                    // One that is not there is as good as removed.
                    let _ = std::fs::remove_file(path);
                }
            })
            .await;
            JobEvent::Removed
        }
        Job::RunSteps(session, first, then, whom) => {
            let outcome = ops::run_steps(&session, whom.as_ref(), *first, then).await;
            JobEvent::RanSteps(Box::new(outcome))
        }
        Job::ReadDraft(drafts, name) => {
            let read = blocking(move || drafts.read(&name)).await;
            JobEvent::DraftRead(read.map_err(|error| error.to_string()))
        }
        Job::KeepDraft(drafts, name, text) => {
            let kept = blocking(move || drafts.keep(&name, &text)).await;
            JobEvent::DraftKept(kept.map_err(|error| error.to_string()))
        }
        Job::DropDraft(drafts, name) => {
            if let Err(error) = blocking(move || drafts.drop(&name)).await {
                tracing::warn!(%error, "a draft is not taken away");
            }
            JobEvent::DraftDropped
        }
        Job::Facts(wanted) => JobEvent::Facts(Box::new(wanted.read().await)),
        Job::Matrix {
            matrix,
            cells,
            sessions,
            caller,
            limits,
            all,
        } => {
            let tell = |step| tell(JobEvent::Matrix(step));
            return runner::run(*matrix, cells, sessions, caller, limits, all, tell).await;
        }
        Job::Access(question) => {
            let tell = |step| tell(JobEvent::Access(step));
            return run::run(*question, tell).await;
        }
        Job::WhatIf(question) => JobEvent::WhatIf(Box::new(what_if::run(*question).await)),
        Job::Lessons => {
            let (lessons, problems) = blocking(lessons::all).await;
            JobEvent::Lessons(lessons.into_iter().map(Arc::new).collect(), problems)
        }
        Job::LessonStep(course, bit) => JobEvent::LessonStep(Box::new(course.perform(bit).await)),
        Job::CompletePath(typed) => {
            let path = typed.clone();
            let paths = blocking(move || path_completion::completions(&path)).await;
            JobEvent::PathCompleted(typed, paths)
        }
        Job::ReadFile(name) => {
            let path = dirs::with_home(&name);
            let read = move || read_file(path, FileUse::FormField);
            JobEvent::FileRead(name, blocking(read).await)
        }
        Job::ReadBaseline(name) => {
            let path = dirs::with_home(&name);
            JobEvent::BaselineRead(name, blocking(move || read_baseline(path)).await)
        }
        Job::Copy { text, secret } => {
            let copied = blocking(move || match clipboard.lock() {
                Ok(mut clipboard) if secret => clipboard.copy_secret(text),
                Ok(mut clipboard) => clipboard.copy(&text),
                Err(_) => Copied::Unavailable("the clipboard failed before".into()),
            });
            JobEvent::Copied(copied.await, secret)
        }
        Job::ClearClipboard(after) => {
            tokio::time::sleep(after).await;
            let cleared = blocking(move || clipboard.lock().ok()?.clear_secret());
            JobEvent::ClipboardCleared(cleared.await)
        }
        Job::Save {
            path,
            bytes,
            overwrite,
        } => JobEvent::Saved(blocking(move || save(&path, bytes, overwrite)).await),
        #[cfg(debug_assertions)]
        Job::Panic => panic!("asked for by KMSDECK_TEST_PANIC"),
    };
    tell(event);
}

/// Reads a file that the user has named.
///
/// Errors: half a sentence.
fn read_file(path: PathBuf, file_use: FileUse) -> Result<Blob, String> {
    let (most, too_long) = file_use.bound();
    match user_file::read(&path, most) {
        Ok(bytes) => Ok(Blob::of_file(bytes, path)),
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Err(too_long.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Reads an exported matrix, which may be long.
///
/// Errors: half a sentence.
fn read_baseline(path: PathBuf) -> Result<Box<Verdicts>, String> {
    let file = read_file(path, FileUse::Baseline)?;
    let text =
        std::str::from_utf8(file.bytes.reveal()).map_err(|_| "it is no UTF-8 text".to_owned())?;
    let verdicts = parse_verdicts(text).map_err(|rule| format!("it {rule}"))?;
    Ok(Box::new(verdicts))
}

/// Writes a file of mode 0600, whole or not at all.
fn save(path: &Path, bytes: SecretBytes, overwrite: bool) -> Result<Saved, SaveError> {
    match write_whole(path, bytes.reveal(), overwrite) {
        Ok(()) => Ok(Saved {
            path: path.to_owned(),
            bytes: bytes.len(),
        }),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(SaveError::Exists {
            path: path.to_owned(),
            bytes,
        }),
        Err(error) => Err(SaveError::Failed {
            path: path.to_owned(),
            bytes,
            why: error.to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_a_file_is_for_bounds_what_is_read_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("matrix.json");
        let file = std::fs::File::create(&path).unwrap();
        file.set_len((1 << 20) + 1).unwrap();
        let why = read_file(path.clone(), FileUse::FormField).unwrap_err();
        assert!(why.contains("1 MiB"), "{why}");
        let read = read_file(path.clone(), FileUse::Baseline).unwrap();
        assert_eq!(read.bytes.len(), (1 << 20) + 1);
        // It has holes for bytes: nothing is written.
        file.set_len((256 << 20) + 1).unwrap();
        let why = read_file(path, FileUse::Baseline).unwrap_err();
        assert!(why.contains("256 MiB"), "{why}");
    }

    #[test]
    fn a_file_is_private_and_never_overwritten_unasked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("blob.bin");
        let saved = save(&path, SecretBytes::new(vec![1, 2, 3]), false).unwrap();
        assert_eq!(saved.bytes, 3);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let again = save(&path, SecretBytes::new(vec![9]), false).unwrap_err();
        assert!(matches!(again, SaveError::Exists { .. }));
        assert_eq!(std::fs::read(&path).unwrap(), [1, 2, 3]);
        save(&path, SecretBytes::new(vec![9]), true).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), [9]);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let nowhere = save(
            &folder.path().join("no/such/x"),
            SecretBytes::new(vec![1]),
            false,
        )
        .unwrap_err();
        assert!(nowhere.to_string().contains("cannot be written"));
    }
}
