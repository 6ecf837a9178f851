//! `kmsdeck keys`: every key and its aliases.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use clap::ArgMatches;
use serde_json::json;

use super::output;
use crate::catalog::inventory::Inventory;
use crate::catalog::view::KeyView;
use crate::gateway::Target;
use crate::gateway::pages::{Page, items_and_end};
use crate::kms::KmsError;
use crate::reads::{ResourceOwner, list_aliases, list_keys};

/// A wait that one is told of.
const LONG_WAIT: Duration = Duration::from_secs(1);

pub(super) async fn run(target: &Target, matches: &ArgMatches) -> ExitCode {
    let session = match super::exit::session(target).await {
        Ok(session) => session,
        Err(code) => return code,
    };
    let mut inventory = Inventory::new(vec![session.region.clone()]);
    let (keys, aliases) = tokio::join!(
        listed("ListKeys", |marker| list_keys(
            &session,
            ResourceOwner::Own,
            marker
        )),
        listed("ListAliases", |marker| list_aliases(&session, marker))
    );
    let (keys, end) = keys;
    if let Err(error) = &end
        && keys.is_empty()
    {
        return super::exit::failed("ListKeys", error);
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
    super::exit::written(print(&inventory, is_whole, matches), code)
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

fn print(inventory: &Inventory, is_whole: bool, matches: &ArgMatches) -> io::Result<()> {
    let mut view = KeyView::default();
    view.update(inventory);
    let entries = view
        .rows()
        .iter()
        .map(|row| &inventory.entries()[*row as usize]);
    if matches
        .get_one::<String>("output")
        .is_some_and(|output| output == "json")
    {
        let keys: Vec<_> = entries
            .map(|entry| json!({"KeyId": entry.key_id, "KeyArn": entry.arn, "Aliases": entry.aliases}))
            .collect();
        let mut listed = json!({ "Keys": keys });
        if !is_whole {
            listed["Partial"] = true.into();
        }
        output::print_json(&listed)
    } else {
        let rows: Vec<Vec<String>> = entries
            .map(|entry| vec![entry.key_id.to_string(), entry.aliases.join(", ")])
            .collect();
        output::print(&output::table(&["KEY ID", "ALIASES"], &rows))
    }
}
