//! `kmsdeck describe-custom-key-stores`: the custom key stores, and what became of their
//! connections.

use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command};
use serde_json::json;

use super::output;
use crate::gateway::Target;
use crate::kms::key_store::KeyStore;
use crate::reads::{self, WantedStores};

pub(super) const NAME: &str = "describe-custom-key-stores";

pub(super) fn command(output: Arg) -> Command {
    Command::new(NAME)
        .about("Tells of the custom key stores and their connections")
        .after_help("Needs kms:DescribeCustomKeyStores. kmsdeck keys --filter store:ID lists the keys in one.")
        .arg(
            Arg::new("custom-key-store-id")
                .long("custom-key-store-id")
                .value_name("ID")
                .conflicts_with("custom-key-store-name")
                .help("The one with this ID"),
        )
        .arg(
            Arg::new("custom-key-store-name")
                .long("custom-key-store-name")
                .value_name("NAME")
                .help("The one with this name"),
        )
        .arg(output)
}

pub(super) async fn run(target: &Target, matches: &ArgMatches) -> ExitCode {
    let text = |id: &str| matches.get_one::<String>(id).map(String::as_str);
    let wanted = match (text("custom-key-store-id"), text("custom-key-store-name")) {
        (Some(id), _) => WantedStores::Id(id),
        (_, Some(name)) => WantedStores::Name(name),
        _ => WantedStores::All,
    };
    let session = match super::exit::session(target).await {
        Ok(session) => session,
        Err(code) => return code,
    };
    let stores = match reads::key_stores(&session, wanted).await {
        Ok(stores) => stores,
        Err(error) => return super::exit::failed("DescribeCustomKeyStores", &error),
    };
    let printed = match text("output") {
        Some("json") => {
            let stores: Vec<_> = stores.iter().map(KeyStore::to_json).collect();
            output::print_json(&json!({ "CustomKeyStores": stores }))
        }
        _ if stores.is_empty() => {
            output::complain("There are no custom key stores in this account and Region.");
            Ok(())
        }
        _ => {
            let told: Vec<String> = stores.iter().map(told).collect();
            output::print(&told.join("\n\n"))
        }
    };
    super::exit::written(printed, super::exit::DONE)
}

/// A key store, with what its failure means.
fn told(store: &KeyStore) -> String {
    let fields = store.fields().into_iter();
    let mut rows: Vec<_> = fields
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    if let Some(explained) = store.explained() {
        rows.push(("Means".to_owned(), explained.means.to_owned()));
        rows.push(("What to do".to_owned(), explained.todo.to_owned()));
    }
    output::labelled(&rows)
}
