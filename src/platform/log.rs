//! The log file: kmsdeck's own events, every SDK call among them. What other crates say is not
//! written at any level, since the SDK's own events may hold what is secret.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::{dirs, private};

/// From this size on a new file is begun; the one before is kept as `kmsdeck.log.1`.
const MOST_BYTES: u64 = 5_000_000;

/// Lines that may wait to be written; more are dropped.
const LINES_WAITING: usize = 8_192;

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    Off,
    Error,
    Warn,
    Info,
    Debug,
}

impl LogLevel {
    /// The names of all, from the quietest.
    pub fn names() -> [&'static str; 5] {
        LOG_LEVELS.map(|(name, _)| name)
    }

    pub fn name(self) -> &'static str {
        let found = LOG_LEVELS.iter().find(|(_, level)| *level == self);
        found.map_or("", |(name, _)| name)
    }

    pub fn of_name(name: &str) -> Option<LogLevel> {
        let found = LOG_LEVELS.iter().find(|(known, _)| *known == name);
        found.map(|(_, level)| *level)
    }
}

/// The levels by their names in `config.toml` and on the command line, from the quietest.
pub const LOG_LEVELS: [(&str, LogLevel); 5] = [
    ("off", LogLevel::Off),
    ("error", LogLevel::Error),
    ("warn", LogLevel::Warn),
    ("info", LogLevel::Info),
    ("debug", LogLevel::Debug),
];

/// Begins to log to `kmsdeck.log` in the state folder, of mode 0600. What is written while the
/// guard lives is there when it is dropped. None where the level is off.
///
/// Errors: a sentence, where the file cannot be written.
pub fn start(level: LogLevel) -> Result<Option<WorkerGuard>, String> {
    let level = match level {
        LogLevel::Off => return Ok(None),
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    let Some(path) = path() else {
        return Err(format!("There is no log file: {}.", dirs::NO_STATE_FOLDER));
    };
    let file = open(&path).map_err(|error| {
        let shown = dirs::shown(&path);
        format!("There is no log file: {shown} cannot be written ({error}).")
    })?;
    // The room for lines is taken at once, and the default is for servers.
    let (writer, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(LINES_WAITING)
        .finish(file);
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        // On standard error, into the console's screen.
        .log_internal_errors(false)
        .with_writer(writer);
    // A second start, in tests, finds a subscriber there already.
    let _ = tracing_subscriber::registry()
        .with(Targets::new().with_target("kmsdeck", level))
        .with(layer)
        .try_init();
    Ok(Some(guard))
}

/// Where the log is written.
pub fn path() -> Option<PathBuf> {
    dirs::state_folder().map(|folder| folder.join("kmsdeck.log"))
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        private::create_folder(folder)?;
    }
    let file = private::append(path)?;
    if file.metadata()?.len() <= MOST_BYTES {
        return Ok(file);
    }
    std::fs::rename(path, path.with_extension("log.1"))?;
    private::append(path)
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use rustix::fs::OFlags;

    use super::*;

    #[test]
    fn a_log_that_others_could_read_is_closed_to_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kmsdeck.log");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        for length in [0, MOST_BYTES + 1] {
            File::create(&path).unwrap().set_len(length).unwrap();
            std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
            open(&path).unwrap();
            assert_eq!(mode(&path), 0o600);
        }
        assert_eq!(mode(&path.with_extension("log.1")), 0o600);
    }

    #[test]
    fn a_log_that_is_no_file_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kmsdeck.log");
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        let fifo = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, &path, fifo, mode, 0).unwrap();
        assert!(open(&path).is_err());
        // Somebody reads of it.
        let reader = rustix::fs::open(&path, OFlags::NONBLOCK, mode).unwrap();
        assert!(open(&path).is_err());
        drop(reader);
    }

    #[test]
    fn a_log_that_is_a_link_is_refused_and_what_it_leads_to_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kmsdeck.log");
        let other = folder.path().join("other");
        std::fs::write(&other, "text").unwrap();
        std::os::unix::fs::symlink(&other, &path).unwrap();
        let error = open(&path).unwrap_err();
        assert!(error.to_string().contains("it is a link"), "{error}");
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "text");
    }

    #[test]
    fn a_large_log_makes_room_for_a_new_one_and_both_are_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/kmsdeck.log");
        let file = open(&path).unwrap();
        file.set_len(MOST_BYTES + 1).unwrap();
        assert_eq!(open(&path).unwrap().metadata().unwrap().len(), 0);
        assert!(path.with_extension("log.1").is_file());
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
