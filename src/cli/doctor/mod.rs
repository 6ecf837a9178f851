//! `kmsdeck doctor`: what kmsdeck finds where it runs, each with what to do where something is
//! wrong, and nothing in it that is secret.

mod connection;
mod finding;
mod machine;

use std::io;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::json;

use super::exit::{DONE, REFUSED, unwritten, written};
use super::{output, version};
use crate::gateway::Target;
use crate::tui::setup::Setup;
use finding::{Finding, State};

/// Shows what is left out for others.
const REVEAL: &str = "reveal";

/// Columns of a finding's state and name.
const STATE: usize = 7;
const NAME: usize = 14;

pub(super) fn command(output: Arg) -> Command {
    Command::new("doctor")
        .about("Looks at the terminal, files, credentials and endpoints: what is wrong, and what to do")
        .after_help(
            "Ends with 1 where something is wrong. It sends GetCallerIdentity and ListKeys, once. \
             What it says can be pasted into a bug report: of accounts four digits are left, and of \
             a role's session the role.",
        )
        .arg(
            Arg::new(REVEAL)
                .long(REVEAL)
                .action(ArgAction::SetTrue)
                .help("Shows accounts and the names of sessions whole"),
        )
        .arg(output)
}

/// `log_problem` is why there is no log.
pub(super) async fn run(
    target: &Target,
    setup: &Setup,
    log_problem: Option<&str>,
    matches: &ArgMatches,
) -> ExitCode {
    let is_whole = matches.get_flag(REVEAL);
    let as_shown = |findings: Vec<Finding>| -> Vec<Finding> {
        let findings = findings.into_iter();
        match is_whole {
            true => findings.collect(),
            false => findings.map(Finding::for_others).collect(),
        }
    };
    // One answer is asked for, and not the patience of the console.
    let mut target = target.clone();
    target.limits.max_attempts.get_or_insert(1);
    let here = as_shown(machine::findings(setup, log_problem).await);
    if matches
        .get_one::<String>("output")
        .is_some_and(|output| output == "json")
    {
        let findings = [here, as_shown(connection::findings(&target).await)].concat();
        let report = json!({
            "Kmsdeck": version::pairs(),
            "System": system(),
            "Findings": findings.iter().map(Finding::to_json).collect::<Vec<_>>(),
        });
        return written(output::print_json(&report), code(&findings));
    }
    // What takes time comes after what is known.
    let head = format!("{}\n{}\n", version::line(), system());
    if let Some(code) = unwritten(output::print(&head).and_then(|()| print(&here))) {
        return code;
    }
    let there = as_shown(connection::findings(&target).await);
    let findings = [here, there.clone()].concat();
    written(
        print(&there).and_then(|()| output::print(&format!("\n{}", sum(&findings)))),
        code(&findings),
    )
}

fn code(findings: &[Finding]) -> u8 {
    match findings.iter().any(|finding| finding.state == State::Wrong) {
        true => REFUSED,
        false => DONE,
    }
}

fn sum(findings: &[Finding]) -> String {
    match findings
        .iter()
        .filter(|finding| finding.state == State::Wrong)
        .count()
    {
        0 => "Nothing is wrong.".to_owned(),
        1 => "1 thing is wrong.".to_owned(),
        count => format!("{count} things are wrong."),
    }
}

fn print(findings: &[Finding]) -> io::Result<()> {
    for finding in findings {
        let (state, name) = (finding.state.word(), finding.name);
        output::print_printable(&format!("{state:STATE$}{name:NAME$}{}", finding.text))?;
        if let Some(todo) = &finding.todo {
            output::print_printable(&format!("{:indent$}-> {todo}", "", indent = STATE + NAME))?;
        }
    }
    Ok(())
}

/// The operating system, without the machine's name.
fn system() -> String {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    #[cfg(unix)]
    {
        let uname = rustix::system::uname();
        format!("{os} {arch}, {}", uname.release().to_string_lossy())
    }
    #[cfg(not(unix))]
    format!("{os} {arch}")
}
