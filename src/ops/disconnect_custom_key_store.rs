//! DisconnectCustomKeyStore (KMS API reference).

use jiff::Timestamp;

use super::facts::Facts;
use super::fields::KEY_STORE_ID;
use super::key_requirement::KeyRequirement;
use super::op_spec::{Changes, Group, Impact, OpSpec};
use super::rules::no_rules;
use super::sdk;
use crate::gateway::error::from_sdk;
use crate::gateway::session::Session;
use crate::kms::key_store::StoreKeys;
use crate::kms::text::counted;
use crate::kms::{KmsError, OpId, Request, ResponseField};

pub static DISCONNECT_CUSTOM_KEY_STORE: OpSpec = OpSpec {
    id: OpId("DisconnectCustomKeyStore"),
    short: "DCN",
    group: Group::Life,
    iam: "kms:DisconnectCustomKeyStore",
    impact: Impact::Destroy,
    changes: Changes::KeyStores,
    consequence: Some(consequence),
    summary: "Disconnects a custom key store: none of its keys can be used until it is connected again",
    verb: "Disconnect",
    done: "Key store disconnected",
    key: KeyRequirement::NoKey,
    fields: &[&KEY_STORE_ID],
    exactly_one: &[],
    answers: &[],
    rules: no_rules,
    call: |session, request| Box::pin(call(session, request)),
};

/// Keys that a question names.
const NAMED: usize = 5;

fn consequence(_: &Request, facts: &Facts, _: Timestamp) -> String {
    let stops = match &facts.store_keys {
        None => "Every KMS key in it stops working at once.".to_owned(),
        Some(keys) => stops(keys),
    };
    format!(
        "{stops} Until the store is connected again, which can take up to 20 minutes, nobody can encrypt or decrypt with the keys in it, make keys there, or read what AWS services encrypted by them."
    )
}

fn stops(keys: &StoreKeys) -> String {
    let known = keys.names.len();
    let named = keys.names.iter().take(NAMED).cloned().collect::<Vec<_>>();
    let more = match known.saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let unknown = counted(keys.not_described, "key");
    if known == 0 && keys.not_described > 0 {
        return format!(
            "How many KMS keys stop working at once is not known: {unknown} may be in it."
        );
    }
    let mut text = match known {
        0 => "No KMS key that is known stops working.".to_owned(),
        1 => format!("1 KMS key stops working at once: {}.", named[0]),
        _ => format!(
            "{} stop working at once: {}{more}.",
            counted(known, "KMS key"),
            named.join(", ")
        ),
    };
    if keys.not_described > 0 {
        text.push_str(&format!(
            " Of {unknown} it is not known whether they are in it, too."
        ));
    }
    text
}

async fn call(session: &Session, request: &Request) -> Result<Vec<ResponseField>, KmsError> {
    session
        .kms
        .disconnect_custom_key_store()
        .set_custom_key_store_id(sdk::text(request, &KEY_STORE_ID))
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_that_stop_working_are_counted_and_named() {
        let of = |known: usize, not_described| {
            stops(&StoreKeys {
                names: (0..known).map(|at| format!("alias/{at}")).collect(),
                not_described,
            })
        };
        assert_eq!(of(0, 0), "No KMS key that is known stops working.");
        assert_eq!(
            of(0, 9),
            "How many KMS keys stop working at once is not known: 9 keys may be in it."
        );
        assert_eq!(of(1, 0), "1 KMS key stops working at once: alias/0.");
        assert_eq!(
            of(7, 2),
            "7 KMS keys stop working at once: alias/0, alias/1, alias/2, alias/3, alias/4 and 2 more. Of 2 keys it is not known whether they are in it, too."
        );
    }
}
