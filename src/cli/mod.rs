//! The command line: how the console is started, and its headless twin.

mod access;
mod args;
mod describe;
mod doctor;
mod exit;
mod files;
mod grants;
mod help;
mod key_stores;
mod keys;
mod lessons;
mod matrix;
mod operation;
mod output;
mod param_file;
mod policy;
mod sandbox_serve;
mod shell;
mod version;
mod why;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::ArgMatches;
use exit::{DONE, NOT_KNOWN, USAGE};

use crate::gateway::Target;
use crate::ops::OPS;
use crate::ops::bulk_journal::cut_off;
use crate::platform::{core_dumps, dirs, hangup, log};
use crate::tui::setup::Setup;
use crate::tui::theme::Theme;
use crate::tui::{self, Ending};

/// The whole command line, for what is told of it elsewhere.
pub fn command() -> clap::Command {
    args::command()
}

/// Runs kmsdeck with the process's arguments.
pub fn main() -> ExitCode {
    core_dumps::forbid();
    // The groups of the help take the whole command line to be built: a few milliseconds that no
    // other start has to wait for.
    let matches = match args::command().try_get_matches() {
        Ok(matches) => matches,
        Err(_) => match args::parser().try_get_matches() {
            Ok(matches) => matches,
            Err(said) => return told(&said),
        },
    };
    if matches.subcommand_name().is_some() && kmsdeck_startup::stdout_was_closed() {
        output::complain(STDOUT_CLOSED);
        return USAGE.into();
    }
    // Two threads: one for the loop, one for the SDK's work beside it.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            output::complain(&format!("kmsdeck cannot start its runtime: {error}"));
            return NOT_KNOWN.into();
        }
    };
    let code = runtime.block_on(run(&matches));
    // A credential chain that still waits for IMDS must not hold the exit back.
    runtime.shutdown_background();
    code
}

/// Nothing was sent: an answer that cannot be had again would be lost.
const STDOUT_CLOSED: &str = "standard output is closed: open it, or let it be /dev/null where \
                             nobody is to read it; nothing was done";

/// Ends with what clap says: the help or the version, or what is wrong with the arguments.
fn told(said: &clap::Error) -> ExitCode {
    if said.use_stderr() {
        // Where nobody can be told, the code is all there is.
        let _ = said.print();
        return USAGE.into();
    }
    if kmsdeck_startup::stdout_was_closed() {
        output::complain(STDOUT_CLOSED);
        return USAGE.into();
    }
    let text = said.render();
    let printed = match std::io::stdout().is_terminal() {
        true => output::print_bytes(text.ansi().to_string().as_bytes()),
        false => output::print_bytes(text.to_string().as_bytes()),
    };
    exit::written(printed, DONE)
}

async fn run(matches: &ArgMatches) -> ExitCode {
    match matches.subcommand() {
        Some(("sandbox", sub)) => return sandbox_serve::run(matches, sub).await,
        Some(("completions", sub)) => return shell::completions(sub),
        Some(("man", sub)) => return shell::man(sub),
        Some(("policy", sub)) => return policy::run(sub),
        _ => {}
    }
    let inputs = args::target(matches).and_then(|target| Ok((target, args::config(matches)?)));
    let (target, (config, problems)) = match inputs {
        Ok(inputs) => inputs,
        Err(problem) => {
            output::complain(&problem);
            return USAGE.into();
        }
    };
    let (mut setup, theme) = Setup::new(config, problems, dirs::config_folder().as_deref());
    // Dropped at the end, which writes the last lines.
    let (_log, log_problem) = match log::start(setup.config.log_level) {
        Ok(guard) => (guard, None),
        Err(problem) => (None, Some(problem)),
    };
    if let Some(("doctor", sub)) = matches.subcommand() {
        return doctor::run(&target, &setup, log_problem.as_deref(), sub).await;
    }
    setup.problems.extend(log_problem);
    let Some((name, sub)) = matches.subcommand() else {
        return console(target, setup, theme).await;
    };
    for problem in &setup.problems {
        output::complain(problem);
    }
    match name {
        "keys" => keys::run(&target, sub).await,
        "grants" => grants::run(&target, sub).await,
        "describe" => describe::run(&target, sub).await,
        key_stores::NAME => key_stores::run(&target, sub).await,
        "matrix" => matrix::run(&target, sub).await,
        "access" => access::run(&target, sub).await,
        "why" => why::run(&target, sub).await,
        "lessons" => {
            let read_only = setup.config.is_read_only(target.name().as_deref());
            lessons::run(&target, sub, read_only).await
        }
        "encrypt-file" | "decrypt-file" => {
            let read_only = setup.config.is_read_only(target.name().as_deref());
            files::run(&target, name, sub, read_only).await
        }
        name => match OPS.iter().find(|spec| spec.command() == name) {
            Some(spec) => {
                let read_only = setup.config.is_read_only(target.name().as_deref());
                operation::run(&target, spec, sub, read_only).await
            }
            None => USAGE.into(),
        },
    }
}

async fn console(target: Target, setup: Setup, theme: Theme) -> ExitCode {
    let ended = tui::run(target, setup, theme).await;
    // Whoever quits in the middle of a job on several keys is told what it did.
    let folder = dirs::state_folder();
    for job in folder.as_deref().map(cut_off).unwrap_or_default() {
        if job.is_of_this_process() {
            output::complain(&job.text());
        }
    }
    match ended {
        Ok(Ending::Quit) => DONE.into(),
        Ok(Ending::Signal(number)) => (128 + number as u8).into(),
        // Nobody is there to be told. The signal may come after the terminal's own error.
        Err(_) if hangup::terminal_is_gone() => (128 + hangup::SIGHUP as u8).into(),
        Err(error) => {
            output::complain(&error.to_string());
            NOT_KNOWN.into()
        }
    }
}
