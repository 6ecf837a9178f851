//! DescribeCustomKeyStores: all of the account in the Region, or one by ID or name.

use std::sync::Arc;

use kmsdeck_policy::RequestContext;

use crate::account::slice_page;
use crate::call::{Call, paged};
use crate::key_stores::{Backing, Connection, KeyStore};
use crate::wire::{ApiError, ApiResult, Params, Reply, marker};

const SCOPE: &str = "DescribeCustomKeyStores";

pub(super) fn handle(call: &Call<'_>, params: &mut Params) -> ApiResult<Reply> {
    let id = params.text("CustomKeyStoreId", 1..=64);
    let name = params.text("CustomKeyStoreName", 1..=256);
    let limit = params.number("Limit", 1..=1000).unwrap_or(100) as usize;
    let after = params.text("Marker", 1..=1024);
    params.check()?;
    call.authorize_account(&RequestContext::default())?;
    if id.is_some() && name.is_some() {
        return Err(ApiError::validation(
            "Specify either CustomKeyStoreId or CustomKeyStoreName, not both.",
        ));
    }
    let after = after.map(|text| marker::read(SCOPE, &text)).transpose()?;
    let state = call.sandbox.state();
    let all = state.store(&call.home).into_iter();
    let all = all.flat_map(|store| store.key_stores.values());
    let wanted = |key_store: &&Arc<KeyStore>| {
        id.as_ref().is_none_or(|id| *id == key_store.id)
            && name.as_ref().is_none_or(|name| *name == key_store.name)
    };
    let found: Vec<_> = all.filter(wanted).collect();
    if let Some(named) = id.or(name).filter(|_| found.is_empty()) {
        return Err(ApiError::new(
            "CustomKeyStoreNotFoundException",
            format!("The custom key store {named} is not found."),
        ));
    }
    let id_of = |key_store: &&Arc<KeyStore>| key_store.id.clone();
    let (items, more) = slice_page(&found, id_of, after.as_deref(), limit)
        .ok_or_else(|| ApiError::new("InvalidMarkerException", "Invalid marker."))?;
    let next = items
        .last()
        .filter(|_| more)
        .map(|key_store| key_store.id.as_str());
    let entries = items.iter().map(|key_store| entry(key_store));
    let reply = Reply::new().list("CustomKeyStores", entries);
    Ok(paged(reply, SCOPE, next))
}

fn entry(key_store: &KeyStore) -> Reply {
    let reply = Reply::new()
        .set("CustomKeyStoreId", key_store.id.as_str())
        .set("CustomKeyStoreName", key_store.name.as_str());
    let reply = match &key_store.backing {
        Backing::CloudHsm {
            cluster,
            trust_anchor,
        } => reply
            .set("CloudHsmClusterId", cluster.as_str())
            .set("TrustAnchorCertificate", trust_anchor.as_str()),
        Backing::External(proxy) => {
            let configuration = Reply::new()
                .set("Connectivity", proxy.connectivity.name())
                .set("AccessKeyId", proxy.access_key_id.as_str())
                .set("UriEndpoint", proxy.endpoint.as_str())
                .set("UriPath", proxy.path.as_str())
                .opt("VpcEndpointServiceName", proxy.vpc_service.as_deref())
                .opt(
                    "VpcEndpointServiceOwner",
                    proxy.vpc_service_owner.as_deref(),
                );
            reply.set("XksProxyConfiguration", configuration)
        }
    };
    let error = match key_store.connection {
        Connection::Failed(error) => Some(error.name()),
        _ => None,
    };
    reply
        .set("ConnectionState", key_store.connection.name())
        .opt("ConnectionErrorCode", error)
        .time("CreationDate", key_store.created)
        .set("CustomKeyStoreType", key_store.origin().name())
}
