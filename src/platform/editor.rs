//! The user's own editor, as the environment names it.

use std::io;
use std::path::Path;
use std::process::ExitStatus;

use tokio::process::{Child, Command};

/// Where an editor is looked for, the first first: what a terminal's own programs take.
const VARIABLES: [&str; 2] = ["VISUAL", "EDITOR"];

/// An editor that the environment names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Editor {
    variable: &'static str,
    /// A command for the shell: it may have arguments.
    command: String,
}

/// What came of editing a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// What the file holds now.
    pub text: String,
    /// Why that is not to be taken as said, where the editor did not end well: a sentence.
    pub failed: Option<String>,
}

/// Why a file was not edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// There is no editor: what was looked at.
    #[error("{0}")]
    NoEditor(String),
    /// What it left cannot be read.
    #[error("{0}")]
    Unreadable(String),
}

impl Editor {
    /// The editor that the environment names.
    ///
    /// Errors: it names none.
    pub fn of_env() -> Result<Editor, EditError> {
        Editor::named(|variable| std::env::var(variable).ok())
    }

    fn named(value: impl Fn(&str) -> Option<String>) -> Result<Editor, EditError> {
        let mut named = VARIABLES.into_iter().filter_map(|variable| {
            let command = value(variable)?.trim().to_owned();
            Some(Editor { variable, command })
        });
        named
            .find(|editor| !editor.command.is_empty())
            .ok_or_else(|| {
                EditError::NoEditor("Neither $VISUAL nor $EDITOR names an editor.".to_owned())
            })
    }

    /// Starts it on a file, with the terminal.
    ///
    /// Errors: there is no shell that could.
    pub fn start(&self, path: &Path) -> io::Result<Child> {
        Command::new("sh")
            .arg("-c")
            .arg(format!("{} \"$@\"", self.command))
            .arg(&self.command)
            .arg(path)
            .spawn()
    }

    /// What its end says; None where it ended well.
    ///
    /// Errors: there is no such editor.
    pub fn ending(&self, status: ExitStatus) -> Result<Option<String>, EditError> {
        let (variable, command) = (self.variable, &self.command);
        match status.code() {
            Some(0) => Ok(None),
            // The shell's own.
            Some(126 | 127) => Err(EditError::NoEditor(format!(
                "${variable} is {command:?}, which cannot be run."
            ))),
            Some(code) => Ok(Some(format!("${variable} ended with exit code {code}."))),
            None => Ok(Some(format!("${variable} was ended ({status})."))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visual_comes_before_editor_and_an_empty_one_is_none() {
        let named = |visual: &str, editor: &str| {
            let (visual, editor) = (visual.to_owned(), editor.to_owned());
            Editor::named(move |name| {
                Some(match name {
                    "VISUAL" => visual.clone(),
                    _ => editor.clone(),
                })
            })
        };
        assert_eq!(named("code --wait", "vi").unwrap().command, "code --wait");
        assert_eq!(named(" ", "vi").unwrap().variable, "EDITOR");
        let error = named("", "").unwrap_err().to_string();
        assert!(
            error.contains("$VISUAL") && error.contains("$EDITOR"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn the_command_has_arguments_and_its_end_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a policy.json");
        let run = async |command: &str| {
            let editor = Editor {
                variable: "EDITOR",
                command: command.to_owned(),
            };
            let status = editor.start(&path).unwrap().wait().await.unwrap();
            editor.ending(status)
        };
        assert_eq!(run("printf '%s' 'a b' >").await, Ok(None));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a b");
        let failed = run("f() { exit 3; }; f").await.unwrap().unwrap();
        assert!(failed.contains("exit code 3"), "{failed}");
        let killed = run("f() { kill -9 $$; }; f").await.unwrap().unwrap();
        assert!(killed.contains("signal: 9"), "{killed}");
        let none = run("/no/such/editor").await.unwrap_err().to_string();
        assert!(none.contains("\"/no/such/editor\""), "{none}");
    }
}
