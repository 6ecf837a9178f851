//! `kmsdeck lessons`: lists them, checks a teacher's own, and runs one without a screen.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Arg, ArgMatches, Command, value_parser};
use kmsdeck_atomic_file::write_whole;
use serde_json::json;

use super::exit::{DONE, NOT_KNOWN, REFUSED, USAGE, written};
use super::output;
use crate::gateway::{CallSink, Target};
use crate::kms::key_id;
use crate::kms::text::{counted, printable};
use crate::lessons::course::{Course, Standing};
use crate::lessons::world::World;
use crate::lessons::{self, Lesson, handout};
use crate::platform::dirs;
use crate::platform::toml_doc::Problem;

/// `lessons` and its three subcommands.
pub(super) fn command(output_format: Arg) -> Command {
    Command::new("lessons")
        .about("Envelope encryption, taught live; in the console by :lessons")
        .subcommand_required(true)
        .subcommand(
            Command::new("list")
                .about("Lists the lessons: those built in, and your own")
                .after_help("Your own are .toml files in lessons/ beside config.toml.")
                .arg(output_format),
        )
        .subcommand(
            Command::new("check")
                .about("Checks lessons: reads them, and does each step in a sandbox")
                .after_help("Says what is wrong with file and line; exit code 2 where anything is.")
                .arg(
                    Arg::new("path")
                        .value_name("FOLDER")
                        .required(true)
                        .value_parser(value_parser!(PathBuf))
                        .help("A folder of .toml files, or one such file"),
                ),
        )
        .subcommand(
            Command::new("run")
                .about("Does all steps of a lesson, and prints them as a Markdown handout")
                .after_help("In a sandbox of its own; with --key-id, on your key.")
                .arg(
                    Arg::new("lesson")
                        .value_name("LESSON")
                        .required(true)
                        .help("Its ID, as lessons list shows it, or a .toml file"),
                )
                .arg(
                    Arg::new("key-id")
                        .long("key-id")
                        .value_name("KEY")
                        .help("A key of yours, where the lesson can do with one"),
                )
                .arg(
                    Arg::new("handout")
                        .long("handout")
                        .value_name("FILE")
                        .value_parser(value_parser!(PathBuf))
                        .help("Writes the handout to a file, which must not exist"),
                ),
        )
}

/// Runs one of the three.
pub(super) async fn run(target: &Target, matches: &ArgMatches, read_only: bool) -> ExitCode {
    match matches.subcommand() {
        Some(("list", sub)) => list(sub),
        Some(("check", sub)) => match sub.get_one::<PathBuf>("path") {
            Some(path) => check(path).await,
            None => USAGE.into(),
        },
        Some((_, sub)) => play(target, sub, read_only).await,
        None => USAGE.into(),
    }
}

fn list(matches: &ArgMatches) -> ExitCode {
    let (lessons, problems) = lessons::all();
    complain(&problems);
    let format = matches.get_one::<String>("output");
    let printed = if format.is_some_and(|format| format == "json") {
        let lessons: Vec<_> = lessons
            .iter()
            .map(|lesson| {
                json!({
                    "LessonId": lesson.id,
                    "Title": lesson.title,
                    "About": lesson.about,
                    "Steps": lesson.steps.len(),
                    "RunsOnRealKey": lesson.real,
                })
            })
            .collect();
        output::print_json(&json!({ "Lessons": lessons }))
    } else {
        let rows: Vec<_> = lessons
            .iter()
            .map(|lesson| {
                vec![
                    lesson.id.clone(),
                    lesson.steps.len().to_string(),
                    lesson.title.clone(),
                ]
            })
            .collect();
        output::print(&output::table(&["LESSON", "STEPS", "TITLE"], &rows))
    };
    written(printed, DONE)
}

fn complain(problems: &[Problem]) {
    for problem in problems {
        output::complain(&problem.to_string());
    }
}

async fn check(path: &Path) -> ExitCode {
    let (lessons, mut problems) = lessons::of_folder(path);
    let good = lessons.len();
    for lesson in lessons {
        let lesson = Arc::new(lesson);
        let problem = |line, text| Problem {
            file: dirs::shown(&lesson.file),
            line,
            text,
        };
        let mut course = match lesson.world(CallSink::default()) {
            Ok(world) => Course::new(lesson.clone(), world),
            Err(why) => {
                problems.push(problem(None, why));
                continue;
            }
        };
        course.perform_all().await;
        for (at, step) in lesson.steps.iter().enumerate() {
            if let (Standing::Otherwise, Some(came)) = (course.standing(at), course.came(at)) {
                let text = format!(
                    "step {} is to {}, and it ended with {}",
                    at + 1,
                    step.ends.in_words(),
                    came.headline()
                );
                problems.push(problem(Some(step.line), text));
            }
        }
    }
    complain(&problems);
    match problems.is_empty() {
        true => {
            let told = output::print(&format!("{}: nothing is wrong.", counted(good, "lesson")));
            written(told, DONE)
        }
        false => USAGE.into(),
    }
}

async fn play(target: &Target, matches: &ArgMatches, read_only: bool) -> ExitCode {
    let name = matches.get_one::<String>("lesson").cloned();
    let lesson = match found(&name.unwrap_or_default()) {
        Ok(lesson) => Arc::new(lesson),
        Err(problem) => {
            output::complain(&problem);
            return USAGE.into();
        }
    };
    let world = match matches.get_one::<String>("key-id") {
        None => lesson.world(CallSink::default()),
        Some(key) => match real_world(target, &lesson, key, read_only).await {
            Ok(world) => Ok(world),
            Err(code) => return code,
        },
    };
    let mut course = match world {
        Ok(world) => Course::new(lesson.clone(), world),
        Err(why) => {
            output::complain(&format!("{}: {why}", lesson.id));
            return NOT_KNOWN.into();
        }
    };
    course.perform_all().await;
    let text = handout::markdown(&course);
    let printed = match matches.get_one::<PathBuf>("handout") {
        None => output::print_made(&text),
        Some(path) => match write_whole(path, text.as_bytes(), false) {
            Ok(()) => output::print(&printable(&format!("Wrote {}.", dirs::shown(path)))),
            Err(error) => {
                let why = match error.kind() {
                    std::io::ErrorKind::AlreadyExists => {
                        "it exists: choose another name".to_owned()
                    }
                    _ => error.to_string(),
                };
                output::complain(&format!("--handout {}: {why}", dirs::shown(path)));
                return USAGE.into();
            }
        },
    };
    let otherwise = |at: &usize| course.standing(*at) == Standing::Otherwise;
    match (0..lesson.steps.len()).find(otherwise) {
        None => written(printed, DONE),
        Some(at) => {
            let headline = course.came(at).map(lessons::Came::headline);
            output::complain(&format!(
                "{}: step {}, {:?}, did not end as it is meant to: {}",
                lesson.id,
                at + 1,
                lesson.steps[at].title,
                headline.unwrap_or_default()
            ));
            written(printed, REFUSED)
        }
    }
}

async fn real_world(
    target: &Target,
    lesson: &Lesson,
    key: &str,
    read_only: bool,
) -> Result<World, ExitCode> {
    let refuse = |problem: String| {
        output::complain(&problem);
        Err(USAGE.into())
    };
    if let Err(error) = key_id::parse(key) {
        return refuse(error.to_string());
    }
    if !lesson.real {
        return refuse(format!(
            "{} changes keys, or needs principals of the sandbox: leave --key-id out",
            lesson.id
        ));
    }
    if read_only {
        return refuse("Read-only: a lesson uses its key. Leave --read-only out.".to_owned());
    }
    let session = super::exit::session(target).await?;
    Ok(lesson.world_on(session, key.to_owned()))
}

/// A lesson by its ID, or by its file.
///
/// Errors: a sentence.
fn found(name: &str) -> Result<Lesson, String> {
    let all = |problems: Vec<Problem>| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        lines.join("\n")
    };
    if name.ends_with(".toml") {
        let (lessons, problems) = lessons::of_folder(Path::new(name));
        return lessons.into_iter().next().ok_or_else(|| all(problems));
    }
    let (lessons, _) = lessons::all();
    let names: Vec<String> = lessons.iter().map(|lesson| lesson.id.clone()).collect();
    let fitting = lessons.into_iter().find(|lesson| lesson.id == name);
    fitting.ok_or_else(|| {
        format!(
            "There is no lesson {name:?}: choose {}, or give a .toml file",
            names.join(", ")
        )
    })
}
