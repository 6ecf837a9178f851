//! DescribeCustomKeyStores (KMS API reference).

use aws_sdk_kms::types::{CustomKeyStoresListEntry, XksProxyConfigurationType};

use super::sdk::timestamp;
use super::spec::{ReadAnswer, ReadSpec};
use crate::gateway::Session;
use crate::gateway::error::from_sdk;
use crate::gateway::pages::{Page, all_items};
use crate::kms::key_store::{KeyStore, XksProxy};
use crate::kms::{KmsError, OpId};

/// The largest page.
const LIMIT: i32 = 1000;

pub static DESCRIBE_CUSTOM_KEY_STORES: ReadSpec = ReadSpec {
    id: OpId("DescribeCustomKeyStores"),
    iam: "kms:DescribeCustomKeyStores",
    takes_alias: false,
    call: |session, _| {
        Box::pin(async move {
            key_stores(session, Wanted::All)
                .await
                .map(ReadAnswer::KeyStores)
        })
    },
};

/// Which key stores are asked for.
#[derive(Clone, Copy)]
pub enum Wanted<'a> {
    All,
    /// By its CustomKeyStoreId.
    Id(&'a str),
    /// By its CustomKeyStoreName.
    Name(&'a str),
}

/// The key stores of the account in the session's Region, by name.
pub async fn key_stores(session: &Session, wanted: Wanted<'_>) -> Result<Vec<KeyStore>, KmsError> {
    let mut stores = all_items(|marker| page(session, wanted, marker), |_, _| {}).await?;
    stores.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    Ok(stores)
}

async fn page(
    session: &Session,
    wanted: Wanted<'_>,
    marker: Option<String>,
) -> Result<Page<KeyStore>, KmsError> {
    let call = session
        .kms
        .describe_custom_key_stores()
        .limit(LIMIT)
        .set_marker(marker);
    let call = match wanted {
        Wanted::All => call,
        Wanted::Id(id) => call.custom_key_store_id(id),
        Wanted::Name(name) => call.custom_key_store_name(name),
    };
    let answer = call
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    let (truncated, marker) = (answer.truncated, answer.next_marker);
    Ok(Page::of(
        answer.custom_key_stores,
        "CustomKeyStoreId",
        key_store,
        truncated,
        marker,
    ))
}

/// None for one without an ID, by which alone it can be named.
fn key_store(entry: CustomKeyStoresListEntry) -> Option<KeyStore> {
    Some(KeyStore {
        id: entry.custom_key_store_id.filter(|id| !id.is_empty())?,
        name: entry.custom_key_store_name.unwrap_or_default(),
        store_type: entry.custom_key_store_type.map(|v| v.to_string()),
        connection_state: entry.connection_state.map(|v| v.to_string()),
        connection_error: entry.connection_error_code.map(|v| v.to_string()),
        creation_date: timestamp(entry.creation_date),
        cloud_hsm_cluster_id: entry.cloud_hsm_cluster_id,
        trust_anchor: entry.trust_anchor_certificate,
        proxy: entry.xks_proxy_configuration.map(proxy),
    })
}

fn proxy(proxy: XksProxyConfigurationType) -> XksProxy {
    XksProxy {
        connectivity: proxy.connectivity.map(|v| v.to_string()),
        access_key_id: proxy.access_key_id,
        uri_endpoint: proxy.uri_endpoint,
        uri_path: proxy.uri_path,
        vpc_service: proxy.vpc_endpoint_service_name,
        vpc_service_owner: proxy.vpc_endpoint_service_owner,
    }
}
