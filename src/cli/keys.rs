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
use crate::gateway::pages::{Page, all_items};
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
    let keys = match keys {
        Ok(keys) => keys,
        Err(error) => return super::exit::failed("ListKeys", &error),
    };
    inventory.add_keys(0, keys);
    let mut code = super::exit::DONE;
    match aliases {
        Ok(aliases) => inventory.add_aliases(0, aliases),
        Err(error) => {
            // The keys are there all the same, and the exit code tells of the hole.
            super::exit::failed("ListAliases", &error);
            code = super::exit::exit_code(&error);
        }
    }
    super::exit::written(print(&inventory, matches), code)
}

/// Every item of a list. Says on standard error when a page is waited for that long.
///
/// Errors: that of a page that failed for good.
pub(super) async fn listed<T, F>(
    operation: &str,
    page: impl Fn(Option<String>) -> F,
) -> Result<Vec<T>, KmsError>
where
    F: Future<Output = Result<Page<T>, KmsError>>,
{
    all_items(page, |error, wait| {
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

fn print(inventory: &Inventory, matches: &ArgMatches) -> io::Result<()> {
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
        output::print_json(&json!({ "Keys": keys }))
    } else {
        let rows: Vec<Vec<String>> = entries
            .map(|entry| vec![entry.key_id.to_string(), entry.aliases.join(", ")])
            .collect();
        output::print(&output::table(&["KEY ID", "ALIASES"], &rows))
    }
}
