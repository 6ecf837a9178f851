//! `kmsdeck grants`: the grants of every key, or those that a filter finds, in the columns of the
//! console's list; or those that the caller may retire.

use std::io;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};
use jiff::Timestamp;

use super::keys::{Listed, ask_facts, list, usage};
use super::{exit, output};
use crate::catalog::facts::{Fact, FactSet};
use crate::catalog::grant_columns::{
    GRANT_COLUMNS, GRANT_DEFAULT, GrantColumnId, grant_columns_named,
};
use crate::catalog::grant_row::{GrantRow, grants_of};
use crate::catalog::grant_view::GrantView;
use crate::catalog::list_table::ListTable;
use crate::gateway::Target;
use crate::kms::table_file::Format;
use crate::reads::retirable_grants;

pub(super) fn command() -> Command {
    let columns: Vec<&str> = GRANT_COLUMNS.iter().map(|column| column.name).collect();
    Command::new("grants")
        .about("Lists the grants of all keys (ListKeys, ListAliases, ListGrants)")
        .arg(
            Arg::new("retirable")
                .long("retirable")
                .action(ArgAction::SetTrue)
                .help(
                    "Those that you may retire, also of other accounts' keys (ListRetirableGrants)",
                ),
        )
        .arg(
            Arg::new("columns")
                .long("columns")
                .value_name("NAME,...")
                .help(format!("What to tell of each: {}", columns.join(", "))),
        )
        .arg(Arg::new("filter").long("filter").value_name("TEXT").help(
            "Only those that this finds, as in the console: age:>90d constraint:no foreign:yes",
        ))
        .arg(
            Arg::new("output")
                .long("output")
                .value_name("FORMAT")
                .value_parser(["table", "json", "csv", "markdown"])
                .default_value("table")
                .help("For people, as JSON, or as a file has it"),
        )
}

pub(super) async fn run(target: &Target, matches: &ArgMatches) -> ExitCode {
    let text = |id: &str| matches.get_one::<String>(id);
    let columns = match text("columns").map(|names| grant_columns_named(names.split(','))) {
        None => None,
        Some(Ok(columns)) => Some(columns),
        Some(Err(why)) => return usage(&format!("--columns: {why}")),
    };
    let mut view = GrantView::default();
    view.set_query(text("filter").map_or("", String::as_str), Timestamp::now());
    if let Some(problem) = view.problems().first() {
        return usage(&format!("--filter: {problem}"));
    }
    let session = match exit::session(target).await {
        Ok(session) => session,
        Err(code) => return code,
    };
    let Listed {
        mut inventory,
        mut code,
        mut is_whole,
    } = match list(&session).await {
        Ok(listed) => listed,
        // Who may retire a grant need not be one who may list keys.
        Err(_) if matches.get_flag("retirable") => Listed::nothing(&session.region),
        Err(code) => return code,
    };
    let rows: Vec<GrantRow> = if matches.get_flag("retirable") {
        match retirable_grants(&session).await {
            Ok(grants) => grants
                .into_iter()
                .map(|grant| GrantRow::of_key_grant(grant, &session.region, &inventory))
                .collect(),
            Err(error) => return exit::failed("ListRetirableGrants", &error),
        }
    } else {
        let all: Vec<u32> = (0..inventory.len() as u32).collect();
        let grants = FactSet::of(Fact::Grants);
        if let Some(hole) = ask_facts(&session, &mut inventory, &all, grants).await {
            code = hole.complain();
            is_whole = false;
        }
        grants_of(&inventory)
    };
    view.set_all(rows);
    let output = text("output").map_or("table", String::as_str);
    exit::written(print(&view, columns, output, is_whole), code)
}

fn print(
    view: &GrantView,
    columns: Option<Vec<GrantColumnId>>,
    output: &str,
    is_whole: bool,
) -> io::Result<()> {
    let rows = view.rows().iter().map(|at| &view.all()[*at as usize]);
    // For people what fits, for programs all of it.
    let columns = columns.unwrap_or_else(|| match output {
        "table" => GRANT_DEFAULT.to_vec(),
        _ => GRANT_COLUMNS.iter().map(|column| column.id).collect(),
    });
    let table = ListTable::of_grants(&columns, rows);
    match output {
        "csv" => output::print_made(&table.render(Format::Csv)),
        "markdown" => output::print_made(&table.render(Format::Markdown)),
        "json" => {
            let mut listed = table.json();
            if !is_whole {
                listed["Partial"] = true.into();
            }
            output::print_json(&listed)
        }
        _ => output::print(&output::table(table.heads(), table.rows())),
    }
}
