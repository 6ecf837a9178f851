//! `kmsdeck keys`: every key and its aliases.

use std::process::ExitCode;

use clap::ArgMatches;
use serde_json::json;

use super::output;
use crate::catalog::inventory::Inventory;
use crate::catalog::view::KeyView;
use crate::gateway::pages::{Owner, list_aliases, list_keys};
use crate::gateway::{Session, Target};
use crate::kms::KmsError;

pub async fn run(target: &Target, matches: &ArgMatches) -> ExitCode {
    let session = match super::session(target).await {
        Ok(session) => session,
        Err(code) => return code,
    };
    let mut inventory = Inventory::new(vec![session.region.clone()]);
    let (keys, aliases) = tokio::join!(all_keys(&session), all_aliases(&session));
    let keys = match keys {
        Ok(keys) => keys,
        Err(error) => return super::failed("ListKeys", &error),
    };
    inventory.add_keys(0, keys);
    let mut code = super::DONE;
    match aliases {
        Ok(aliases) => inventory.add_aliases(0, aliases),
        Err(error) => {
            // The keys are there all the same, and the exit code tells of the hole.
            super::failed("ListAliases", &error);
            code = super::exit_code(&error);
        }
    }
    print(&inventory, matches);
    code.into()
}

async fn all_keys(session: &Session) -> Result<Vec<crate::kms::key::KeySummary>, KmsError> {
    let mut keys = Vec::new();
    let mut marker = None;
    loop {
        let page = list_keys(session, Owner::Own, marker).await?;
        keys.extend(page.items);
        marker = page.next;
        if marker.is_none() {
            return Ok(keys);
        }
    }
}

async fn all_aliases(session: &Session) -> Result<Vec<crate::kms::key::Alias>, KmsError> {
    let mut aliases = Vec::new();
    let mut marker = None;
    loop {
        let page = list_aliases(session, marker).await?;
        aliases.extend(page.items);
        marker = page.next;
        if marker.is_none() {
            return Ok(aliases);
        }
    }
}

fn print(inventory: &Inventory, matches: &ArgMatches) {
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
        output::print_json(&json!({ "Keys": keys }));
    } else {
        let rows: Vec<Vec<String>> = entries
            .map(|entry| vec![entry.key_id.to_string(), entry.aliases.join(", ")])
            .collect();
        output::print(&output::table(&["KEY ID", "ALIASES"], &rows));
    }
}
