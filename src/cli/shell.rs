//! What a shell and `man` need of kmsdeck: completions and manual pages, made from the arguments.

use std::process::ExitCode;

use clap::ArgMatches;
use clap_complete::Shell;

use super::exit::{DONE, written};
use super::version::VERSION;
use super::{args, output};

/// `kmsdeck completions SHELL`.
pub(super) fn completions(matches: &ArgMatches) -> ExitCode {
    let Some(shell) = matches.get_one::<Shell>("shell").copied() else {
        return super::exit::USAGE.into();
    };
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut args::command(), "kmsdeck", &mut text);
    written(output::print_bytes(&text), DONE)
}

/// `kmsdeck man [COMMAND]...`: the page of kmsdeck, or of a command.
pub(super) fn man(matches: &ArgMatches) -> ExitCode {
    let mut root = args::command();
    root.build();
    let mut command = &root;
    for name in matches.get_many::<String>("command").into_iter().flatten() {
        match command.find_subcommand(name) {
            Some(sub) => command = sub,
            None => {
                let names: Vec<&str> = command
                    .get_subcommands()
                    .map(clap::Command::get_name)
                    .filter(|name| *name != "help")
                    .collect();
                let choose = match names.is_empty() {
                    true => format!("leave {name} out"),
                    false => format!("choose one of {}", names.join(", ")),
                };
                output::complain(&format!("COMMAND has no page for {name:?}: {choose}"));
                return super::exit::USAGE.into();
            }
        }
    }
    let source = format!("kmsdeck {VERSION}");
    let man = clap_mangen::Man::new(command.clone()).source(source);
    let mut page = Vec::new();
    if let Err(error) = man.render(&mut page) {
        output::complain(&format!("the page cannot be made: {error}"));
        return super::exit::NOT_KNOWN.into();
    }
    written(output::print_bytes(&page), DONE)
}
