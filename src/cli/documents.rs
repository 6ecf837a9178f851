//! What is made from the command line's own description: shell completions and manual pages.

use std::process::ExitCode;

use clap::ArgMatches;
use clap_complete::Shell;

use super::{args, output};

/// `kmsdeck completions SHELL`.
pub fn completions(matches: &ArgMatches) -> ExitCode {
    let Some(shell) = matches.get_one::<Shell>("shell") else {
        return super::USAGE.into();
    };
    let mut script = Vec::new();
    clap_complete::generate(*shell, &mut args::command(), "kmsdeck", &mut script);
    output::print_made(&String::from_utf8_lossy(&script));
    super::DONE.into()
}

/// `kmsdeck man [COMMAND]`: a page in troff.
pub fn man(matches: &ArgMatches) -> ExitCode {
    let mut command = args::command();
    // Global flags are shown with the commands that they go with only once it is built.
    command.build();
    let page = match matches.get_one::<String>("command") {
        None => command,
        Some(name) => match command.find_subcommand(name) {
            Some(found) => found.clone().name(format!("kmsdeck-{name}")),
            None => {
                output::complain(&format!(
                    "there is no command {name:?}: kmsdeck --help lists them"
                ));
                return super::USAGE.into();
            }
        },
    };
    let mut troff = Vec::new();
    if let Err(error) = clap_mangen::Man::new(page).render(&mut troff) {
        output::complain(&format!("the page cannot be made: {error}"));
        return super::NOT_KNOWN.into();
    }
    output::print_made(&String::from_utf8_lossy(&troff));
    super::DONE.into()
}
