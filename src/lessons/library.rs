//! The lessons that there are: those built in, and the user's own.

use std::path::Path;

use super::lesson::Lesson;
use super::parse;
use crate::assets;
use crate::platform::dirs;
use crate::platform::toml_doc::Problem;
use crate::platform::user_file;

/// The lessons that are there: those built in, then the user's own in `lessons/` of the
/// configuration folder. And what is wrong with these; a lesson with a mistake is left out.
pub fn all() -> (Vec<Lesson>, Vec<Problem>) {
    let (mut lessons, mut problems) = built_in();
    if let Some(folder) = dirs::config_folder().map(|folder| folder.join("lessons"))
        && folder.is_dir()
    {
        let (own, found) = of_folder(&folder);
        lessons.extend(own);
        problems.extend(found);
    }
    (lessons, problems)
}

/// The lessons that are built in. They have no problems: a test sees to that.
pub fn built_in() -> (Vec<Lesson>, Vec<Problem>) {
    let mut lessons = Vec::new();
    let mut problems = Vec::new();
    for (id, text) in assets::LESSONS {
        match parse::parse(id, &format!("{id}.toml"), text) {
            Ok(lesson) => lessons.push(lesson),
            Err(found) => problems.extend(found),
        }
    }
    (lessons, problems)
}

/// The lessons in the `.toml` files of a folder, by name, or in that one file; and what is wrong.
pub fn of_folder(folder: &Path) -> (Vec<Lesson>, Vec<Problem>) {
    let whole = |text: String| Problem {
        file: dirs::shown(folder),
        line: None,
        text,
    };
    let mut files = Vec::new();
    if folder.is_dir() {
        match std::fs::read_dir(folder) {
            Ok(entries) => files.extend(
                entries
                    .flatten()
                    .map(|entry| entry.path())
                    .filter(|path| path.extension().is_some_and(|end| end == "toml")),
            ),
            Err(error) => return (Vec::new(), vec![whole(format!("cannot be read: {error}"))]),
        }
        files.sort();
        if files.is_empty() {
            return (
                Vec::new(),
                vec![whole("holds no lesson: a lesson is a .toml file".into())],
            );
        }
    } else {
        files.push(folder.to_owned());
    }
    let mut lessons = Vec::new();
    let mut problems = Vec::new();
    for path in files {
        let shown = dirs::shown(&path);
        let id = path.file_stem().unwrap_or_default().to_string_lossy();
        match user_file::read_text(&path) {
            Ok(text) => match parse::parse(&id, &shown, &text) {
                Ok(lesson) => lessons.push(Lesson {
                    file: path,
                    ..lesson
                }),
                Err(found) => problems.extend(found),
            },
            Err(error) => problems.push(Problem {
                file: shown,
                line: None,
                text: format!("cannot be read: {error}"),
            }),
        }
    }
    (lessons, problems)
}
