//! `kmsdeck describe`: what DescribeKey tells.

use std::process::ExitCode;

use clap::ArgMatches;
use serde_json::json;

use super::output;
use crate::gateway::Target;
use crate::kms::key_id;
use crate::reads;

pub(super) async fn run(target: &Target, matches: &ArgMatches) -> ExitCode {
    let key = matches
        .get_one::<String>("key-id")
        .map(String::as_str)
        .unwrap_or_default();
    if let Err(error) = key_id::parse(key) {
        output::complain(&error.to_string());
        return super::exit::USAGE.into();
    }
    let session = match super::exit::session(target).await {
        Ok(session) => session,
        Err(code) => return code,
    };
    match reads::describe_key(&session, key).await {
        Ok(metadata) => {
            let printed = if matches
                .get_one::<String>("output")
                .is_some_and(|output| output == "json")
            {
                output::print_json(&json!({ "KeyMetadata": metadata.to_json() }))
            } else {
                let pairs: Vec<_> = metadata
                    .texts()
                    .map(|(name, text)| (name.to_owned(), text))
                    .collect();
                output::print(&output::labelled(&pairs))
            };
            super::exit::written(printed, super::exit::DONE)
        }
        Err(error) => super::exit::failed("DescribeKey", &error),
    }
}
