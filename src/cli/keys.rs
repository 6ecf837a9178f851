//! `kmsdeck keys`: every key and its aliases, or those that a filter finds, in the columns of the
//! console's list.

use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Arg, ArgMatches, Command};
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::output;
use crate::catalog::columns::{COLUMNS, ColumnId, facts_of, named};
use crate::catalog::facts::FactSet;
use crate::catalog::inventory::Inventory;
use crate::catalog::list_table::ListTable;
use crate::catalog::view::KeyView;
use crate::gateway::pages::{Page, items_and_end};
use crate::gateway::{Session, Target};
use crate::kms::KmsError;
use crate::kms::table_file::Format;
use crate::kms::text::counted;
use crate::reads::key_facts::{fact_answer, read_of};
use crate::reads::{ResourceOwner, list_aliases, list_keys};

/// A wait that one is told of.
const LONG_WAIT: Duration = Duration::from_secs(1);
/// Calls for single keys under way at once.
const CALLS_AT_ONCE: usize = 12;

pub(super) fn command() -> Command {
    let columns: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
    Command::new("keys")
        .about("Lists the keys and their aliases (ListKeys, ListAliases)")
        .arg(
            Arg::new("columns")
                .long("columns")
                .value_name("NAME,...")
                .help(format!("What to tell of each: {}", columns.join(", "))),
        )
        .arg(Arg::new("filter").long("filter").value_name("TEXT").help(
            "Only those that this finds, as in the console: state:disabled unused:90d tag:env=prod",
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
    let columns = match text("columns").map(|names| named(names.split(','))) {
        None => None,
        Some(Ok(columns)) => Some(columns),
        Some(Err(why)) => return usage(&format!("--columns: {why}")),
    };
    let mut view = KeyView::default();
    view.set_query(text("filter").map_or("", String::as_str), Timestamp::now());
    if let Some(problem) = view.problems().first() {
        return usage(&format!("--filter: {problem}"));
    }
    let session = match super::exit::session(target).await {
        Ok(session) => session,
        Err(code) => return code,
    };
    let Listed {
        mut inventory,
        mut code,
        mut is_whole,
    } = match list(&session).await {
        Ok(listed) => listed,
        Err(code) => return code,
    };
    let all: Vec<u32> = (0..inventory.len() as u32).collect();
    let first = ask_facts(&session, &mut inventory, &all, view.needs()).await;
    view.update(&inventory);
    // Of the keys that the filter finds alone, what they are shown by.
    let shown = columns.as_deref().map(facts_of).unwrap_or_default();
    let second = ask_facts(&session, &mut inventory, view.rows(), shown).await;
    if let Some(hole) = first.or(second) {
        code = hole.complain();
        is_whole = false;
    }
    view.update(&inventory);
    let output = text("output").map_or("table", String::as_str);
    super::exit::written(
        print(&inventory, view.rows(), columns, output, is_whole),
        code,
    )
}

/// The keys of an account with their aliases, as far as they were told.
pub(super) struct Listed {
    pub inventory: Inventory,
    /// What the command ends with.
    pub code: u8,
    pub is_whole: bool,
}

impl Listed {
    /// Where nothing of the keys is needed.
    pub(super) fn nothing(region: &str) -> Self {
        Listed {
            inventory: Inventory::new(vec![region.to_owned()]),
            code: super::exit::DONE,
            is_whole: true,
        }
    }
}

/// Lists the keys and their aliases. What came is there all the same where something is missing.
///
/// Errors: there are no keys.
pub(super) async fn list(session: &Session) -> Result<Listed, ExitCode> {
    let mut inventory = Inventory::new(vec![session.region.clone()]);
    let (keys, aliases) = tokio::join!(
        listed("ListKeys", |marker| list_keys(
            session,
            ResourceOwner::Own,
            marker
        )),
        listed("ListAliases", |marker| list_aliases(session, marker))
    );
    let (keys, end) = keys;
    if let Err(error) = &end
        && keys.is_empty()
    {
        return Err(super::exit::failed("ListKeys", error));
    }
    inventory.add_keys(0, keys);
    inventory.add_aliases(0, aliases.0);
    // What came is there all the same, and the exit code tells of the hole.
    let mut code = super::exit::DONE;
    let ends = [("ListAliases", aliases.1), ("ListKeys", end)];
    let is_whole = ends.iter().all(|(_, end)| end.is_ok());
    for (operation, end) in ends {
        if let Err(error) = end {
            super::exit::failed(operation, &error);
            code = super::exit::exit_code(&error);
        }
    }
    Ok(Listed {
        inventory,
        code,
        is_whole,
    })
}

pub(super) fn usage(problem: &str) -> ExitCode {
    output::complain(problem);
    super::exit::USAGE.into()
}

/// What was not told of some keys.
pub(super) struct Hole {
    operation: &'static str,
    /// The first.
    error: KmsError,
    keys: usize,
}

impl Hole {
    /// Says so; the code that the command ends with.
    pub(super) fn complain(&self) -> u8 {
        output::complain(&format!(
            "{}: not told of {}: {}",
            self.operation,
            counted(self.keys, "key"),
            self.error
        ));
        super::exit::exit_code(&self.error)
    }
}

/// Asks the facts of the keys at those places, after saying what that costs.
pub(super) async fn ask_facts(
    session: &Session,
    inventory: &mut Inventory,
    places: &[u32],
    facts: FactSet,
) -> Option<Hole> {
    let at_once = Arc::new(Semaphore::new(CALLS_AT_ONCE));
    let mut failed: Option<Hole> = None;
    for fact in facts.iter() {
        let unasked = places
            .iter()
            .filter(|place| inventory.entries()[**place as usize].is_unasked(fact));
        let unasked: Vec<u32> = unasked.copied().collect();
        if unasked.is_empty() {
            continue;
        }
        let operation = fact.operation();
        output::complain(&format!(
            "{operation} of {}.",
            counted(unasked.len(), "key")
        ));
        let mut tasks = JoinSet::new();
        for place in unasked {
            let key = inventory.entries()[place as usize].key_id.to_string();
            let (session, at_once) = (session.clone(), at_once.clone());
            tasks.spawn(async move {
                // It is never closed.
                let _permit = at_once.acquire_owned().await;
                (place, (read_of(fact).call)(&session, &key).await)
            });
        }
        while let Some(done) = tasks.join_next().await {
            match done {
                Ok((place, answer)) => {
                    let refused = answer.as_ref().err();
                    if let Some(error) = refused.filter(|error| !error.is_not_for_key()) {
                        match &mut failed {
                            Some(hole) => hole.keys += 1,
                            None => {
                                failed = Some(Hole {
                                    operation,
                                    error: error.clone(),
                                    keys: 1,
                                });
                            }
                        }
                    }
                    if let Some(told) = fact_answer(fact, answer) {
                        inventory.set(place, told);
                    }
                }
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Err(_) => {}
            }
        }
    }
    failed
}

/// The items of a list that came, and why they are not all. Says on standard error when a page is
/// waited for that long.
pub(super) async fn listed<T, F>(
    operation: &str,
    page: impl Fn(Option<String>) -> F,
) -> (Vec<T>, Result<(), KmsError>)
where
    F: Future<Output = Result<Page<T>, KmsError>>,
{
    items_and_end(page, |error, wait| {
        if wait >= LONG_WAIT {
            let seconds = wait.as_secs_f64().ceil();
            output::complain(&format!(
                "{operation}: {}. Trying again in {seconds} s.",
                error.code
            ));
        }
    })
    .await
}

fn print(
    inventory: &Inventory,
    rows: &[u32],
    columns: Option<Vec<ColumnId>>,
    output: &str,
    is_whole: bool,
) -> io::Result<()> {
    let format = match output {
        "csv" => Some(Format::Csv),
        "markdown" => Some(Format::Markdown),
        _ => None,
    };
    let entries = rows.iter().map(|row| &inventory.entries()[*row as usize]);
    let mut listed = match (&columns, format) {
        (None, None) if output == "json" => {
            let keys: Vec<_> = entries
                .map(|entry| {
                    json!({"KeyId": entry.key_id, "KeyArn": entry.arn, "Aliases": entry.aliases})
                })
                .collect();
            json!({ "Keys": keys })
        }
        (None, None) => {
            let rows: Vec<Vec<String>> = entries
                .map(|entry| vec![entry.key_id.to_string(), entry.aliases.join(", ")])
                .collect();
            return output::print(&output::table(&["KEY ID", "ALIASES"], &rows));
        }
        _ => {
            let columns = columns.unwrap_or_else(|| vec![ColumnId::KeyId, ColumnId::Alias]);
            let table = ListTable::of_keys(&columns, rows, inventory);
            match format {
                Some(format) => return output::print_made(&table.render(format)),
                None if output == "json" => table.json(),
                None => return output::print(&output::table(table.heads(), table.rows())),
            }
        }
    };
    if !is_whole {
        listed["Partial"] = true.into();
    }
    output::print_json(&listed)
}
