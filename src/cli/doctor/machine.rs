//! What is looked at on this machine: the terminal, the clipboard, the user's files.

use std::env;
use std::fs;
use std::path::Path;
use std::time::Duration;

use super::finding::Finding;
use crate::lessons;
use crate::platform::blocking::blocking;
use crate::platform::clipboard::{Clipboard, Surroundings, Way};
use crate::platform::log::LogLevel;
use crate::platform::terminal_answers::{self, TerminalAnswers};
use crate::platform::{core_dumps, dirs, log, private};
use crate::tui::setup::Setup;

/// How long a window system may take to tell of its clipboard.
const CLIPBOARD_PATIENCE: Duration = Duration::from_secs(3);

/// All of it, in the order in which it is told. `log_problem` is why there is no log.
pub(super) async fn findings(setup: &Setup, log_problem: Option<&str>) -> Vec<Finding> {
    let surroundings = Surroundings::from_env();
    let answers = terminal_answers::ask(&surroundings.term);
    let mut findings = vec![terminal(&surroundings, answers.is_some())];
    if terminal_answers::size().is_some() {
        findings.push(colours(&surroundings.term));
    }
    findings.push(text_encoding());
    findings.extend(answers.map(|answers| modes(setup.config.mouse, answers)));
    findings.push(clipboard(surroundings, answers).await);
    findings.extend(configuration(setup));
    findings.push(state_folder());
    findings.push(log_file(setup.config.log_level, log_problem));
    findings.push(memory());
    findings
}

fn terminal(surroundings: &Surroundings, answers: bool) -> Finding {
    const NAME: &str = "terminal";
    let Some((columns, rows)) = terminal_answers::size() else {
        return Finding::note(
            NAME,
            "none: neither standard output nor standard error is one",
        )
        .better("To see what the console will find, run this in its terminal.");
    };
    let term = &surroundings.term;
    let mut text = match term.as_str() {
        "" => "TERM is not set".to_owned(),
        term => term.to_owned(),
    };
    let program = env::var("TERM_PROGRAM").unwrap_or_default();
    if !program.is_empty() {
        text.push_str(&format!(" ({program})"));
    }
    text.push_str(&format!(", {columns} x {rows}"));
    for (is_there, what) in [
        (surroundings.tmux, "in tmux"),
        (surroundings.screen, "in screen"),
        (surroundings.ssh, "over SSH"),
    ] {
        if is_there {
            text.push_str(", ");
            text.push_str(what);
        }
    }
    if matches!(term.as_str(), "" | "dumb") {
        return Finding::wrong(
            NAME,
            text,
            "The console needs a terminal that moves its cursor: set TERM to what it is, as in \
             TERM=xterm-256color.",
        );
    }
    if columns < 80 || rows < 24 {
        return Finding::note(NAME, text).better("From 80 x 24 on the console shows all of a row.");
    }
    match answers {
        true => Finding::ok(NAME, text),
        false => Finding::note(NAME, format!("{text}; it did not say what it can do")),
    }
}

fn colours(term: &str) -> Finding {
    const NAME: &str = "colours";
    let set = |name: &str| env::var(name).unwrap_or_default();
    if !set("NO_COLOR").is_empty() {
        return Finding::note(
            NAME,
            "none, by NO_COLOR: what a colour says, a word says too",
        );
    }
    let depth = set("COLORTERM");
    if matches!(depth.as_str(), "truecolor" | "24bit") || term.ends_with("-direct") {
        return Finding::ok(NAME, "all, by COLORTERM or TERM");
    }
    if term.contains("256color") {
        return Finding::ok(NAME, "256, by TERM");
    }
    Finding::note(NAME, "perhaps 8 or 16, by TERM, and the themes use 256").better(
        "Where colours are wrong: --theme mono, or TERM=xterm-256color if the terminal has them.",
    )
}

/// Glyphs are of Unicode, and a locale that has none may show others.
fn text_encoding() -> Finding {
    const NAME: &str = "text";
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let Some((name, locale)) = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| Some((name, set(name)?)))
    else {
        return Finding::note(NAME, "no locale is set: kmsdeck writes UTF-8 all the same");
    };
    let plain = locale.to_ascii_lowercase().replace('-', "");
    match plain.contains("utf8") {
        true => Finding::ok(NAME, format!("UTF-8, by {name}")),
        false => Finding::note(
            NAME,
            format!("{name} is {locale}, and kmsdeck writes UTF-8"),
        )
        .better("Where glyphs are wrong: LANG=C.UTF-8."),
    }
}

fn modes(wants_mouse: bool, answers: TerminalAnswers) -> Finding {
    let says = |has: Option<bool>| match has {
        Some(true) => "yes",
        Some(false) => "no",
        None => "not told",
    };
    let mouse = match wants_mouse {
        true => says(answers.mouse).to_owned(),
        false => format!("{} (off in config.toml)", says(answers.mouse)),
    };
    Finding::ok(
        "input",
        format!(
            "mouse: {mouse}; pastes told from keys: {}; whole frames at once: {}",
            says(answers.bracketed_paste),
            says(answers.synchronized_updates)
        ),
    )
}

async fn clipboard(surroundings: Surroundings, answers: Option<TerminalAnswers>) -> Finding {
    const NAME: &str = "clipboard";
    let way = blocking(move || Clipboard::new(surroundings).way());
    match tokio::time::timeout(CLIPBOARD_PATIENCE, way).await {
        Ok(Way::Local) => Finding::ok(NAME, "this machine's"),
        Ok(Way::Osc52 { .. }) if terminal_answers::size().is_none() => Finding::note(
            NAME,
            "none of this machine's; the console asks its terminal, by OSC 52",
        ),
        Ok(Way::Osc52 { through }) => {
            let says = answers.and_then(|answers| answers.clipboard);
            let text = format!("OSC 52, through {through}");
            match (says, through) {
                (Some(true), _) => {
                    Finding::ok(NAME, format!("{text}, which says that it takes it"))
                }
                (_, "tmux") => Finding::note(NAME, text)
                    .better("Where nothing is copied: set -g set-clipboard on, in tmux."),
                _ => Finding::note(
                    NAME,
                    format!("{text}: whether it takes it, it does not say"),
                )
                .better("Where nothing is copied: allow the terminal OSC 52 in its settings."),
            }
        }
        Ok(Way::Unavailable(why)) => Finding::note(NAME, format!("none: {why}"))
            .better("Outcomes can be saved to files all the same, by s."),
        Err(_) => Finding::wrong(
            NAME,
            "the window system does not answer",
            "Check DISPLAY or WAYLAND_DISPLAY, or unset them.",
        ),
    }
}

/// What is wrong in the user's files, a line of theirs each; or that nothing is.
fn configuration(setup: &Setup) -> Vec<Finding> {
    const NAME: &str = "config";
    const TODO: &str = "Correct that line: until then it is as by default.";
    let (all, in_lessons) = lessons::all();
    let mut wrong: Vec<String> = setup.problems.clone();
    wrong.extend(in_lessons.iter().map(ToString::to_string));
    if !wrong.is_empty() {
        let findings = wrong.into_iter();
        return findings
            .map(|problem| Finding::wrong(NAME, problem, TODO))
            .collect();
    }
    let file = match setup.config.file.as_str() {
        "" => "no config.toml, so that all is as by default".to_owned(),
        file => file.to_owned(),
    };
    let own = all.len().saturating_sub(lessons::built_in().0.len());
    let text = match own {
        0 => file,
        own => format!("{file}; {own} lessons of your own"),
    };
    vec![Finding::ok(NAME, text)]
}

fn state_folder() -> Finding {
    const NAME: &str = "state";
    let Some(folder) = dirs::state_folder() else {
        return Finding::wrong(
            NAME,
            format!("there is no folder for it: {}", dirs::NO_STATE_FOLDER),
            "Set it. Without it, no history, draft, journal or log is kept.",
        );
    };
    let shown = dirs::shown(&folder);
    let Ok(about) = fs::metadata(&folder) else {
        return Finding::note(NAME, format!("{shown} is not there yet"));
    };
    if !about.is_dir() {
        return Finding::wrong(
            NAME,
            format!("{shown} is no folder"),
            format!("Move it: mv {shown} {shown}.old"),
        );
    }
    if let Err(error) = tempfile::tempfile_in(&folder) {
        return Finding::wrong(
            NAME,
            format!("{shown} cannot be written to: {error}"),
            format!("chown it to you, and chmod 700 {shown}"),
        );
    }
    match open_within(&folder) {
        None => Finding::ok(NAME, format!("{shown}, for you alone")),
        Some((path, mode)) => {
            let path = dirs::shown(&path);
            Finding::wrong(
                NAME,
                format!("{path} is of mode {mode}: others on this machine may read it"),
                format!("chmod -R go= {shown}"),
            )
        }
    }
}

/// The first file that others may read: in a folder that they may not enter there is none.
fn open_within(folder: &Path) -> Option<(std::path::PathBuf, String)> {
    private::open_to_others(&fs::metadata(folder).ok()?)?;
    let mut names: Vec<_> = fs::read_dir(folder).ok()?.flatten().collect();
    names.sort_by_key(fs::DirEntry::file_name);
    names.into_iter().find_map(|entry| {
        let about = entry.metadata().ok()?;
        let mode = private::open_to_others(&about).filter(|_| about.is_file())?;
        Some((entry.path(), mode))
    })
}

fn log_file(level: LogLevel, problem: Option<&str>) -> Finding {
    const NAME: &str = "log";
    if let Some(problem) = problem {
        return Finding::wrong(
            NAME,
            problem,
            "Let the folder be writable, or choose --log-level off.",
        );
    }
    if level == LogLevel::Off {
        return Finding::note(NAME, "off, by log-level");
    }
    let path = log::path();
    let shown = path.as_deref().map(dirs::shown).unwrap_or_default();
    let size = path.and_then(|path| fs::metadata(path).ok());
    let size = size.map_or(0, |about| about.len());
    Finding::ok(
        NAME,
        format!("{shown}, {size} bytes, level {}", level.name()),
    )
}

fn memory() -> Finding {
    const NAME: &str = "memory";
    match core_dumps::are_forbidden() {
        Some(true) => Finding::ok(NAME, "no core is dumped; what is freed is wiped"),
        Some(false) => Finding::note(NAME, "the system did not let core dumps be switched off")
            .better("ulimit -c 0, before kmsdeck is started."),
        None => Finding::note(NAME, "whether cores are dumped, this system does not say"),
    }
}
