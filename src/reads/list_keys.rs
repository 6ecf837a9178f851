//! ListKeys (KMS API reference).

use aws_sdk_kms::config::http::HttpRequest;
use aws_sdk_kms::types::KeyListEntry;
use aws_smithy_types::body::SdkBody;

use super::spec::{ReadAnswer, ReadSpec};
use crate::gateway::Session;
use crate::gateway::error::from_sdk;
use crate::gateway::pages::Page;
use crate::kms::key::KeySummary;
use crate::kms::{KmsError, OpId};

/// The largest page.
const LIMIT: i32 = 1000;

/// Whose keys ListKeys lists (`ResourceOwners`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceOwner {
    /// The caller's account: SELF.
    Own,
    /// Other accounts that share them by Resource Access Manager: OTHER_ACCOUNTS_VIA_RAM.
    Shared,
}

/// The first page of the caller's own keys: the list itself comes page by page.
pub static LIST_KEYS: ReadSpec = ReadSpec {
    id: OpId("ListKeys"),
    iam: "kms:ListKeys",
    takes_alias: false,
    call: |session, _| {
        Box::pin(async move {
            list_keys(session, ResourceOwner::Own, None)
                .await
                .map(ReadAnswer::Keys)
        })
    },
};

/// Up to 1,000 keys from `marker` on.
pub async fn list_keys(
    session: &Session,
    owner: ResourceOwner,
    marker: Option<String>,
) -> Result<Page<KeySummary>, KmsError> {
    let call = session.kms.list_keys().limit(LIMIT).set_marker(marker);
    let answer = match owner {
        ResourceOwner::Own => call.send().await,
        ResourceOwner::Shared => call.customize().mutate_request(ask_for_shared).send().await,
    };
    let answer = answer.map_err(|error| from_sdk(session, error))?;
    let take = |key: KeyListEntry| {
        Some(KeySummary {
            key_id: key.key_id.filter(|id| !id.is_empty())?,
            key_arn: key.key_arn.unwrap_or_default(),
        })
    };
    let (truncated, marker) = (answer.truncated, answer.next_marker);
    Ok(Page::of(answer.keys, "KeyId", take, truncated, marker))
}

/// Adds ResourceOwners to a request of ListKeys: KMS's API has it, `aws-sdk-kms` 1.129 does not.
fn ask_for_shared(request: &mut HttpRequest) {
    let Some(body) = request.body().bytes() else {
        return;
    };
    let Ok(serde_json::Value::Object(mut params)) = serde_json::from_slice(body) else {
        return;
    };
    params.insert(
        "ResourceOwners".to_owned(),
        serde_json::json!(["OTHER_ACCOUNTS_VIA_RAM"]),
    );
    let body = serde_json::Value::Object(params).to_string();
    request
        .headers_mut()
        .insert("content-length", body.len().to_string());
    *request.body_mut() = SdkBody::from(body);
}
