//! Lists that come in pages.

use std::time::Duration;

use aws_smithy_types::body::SdkBody;

use crate::kms::KmsError;
use crate::kms::key::{Alias, KeySummary};

use super::error::from_sdk;
use super::session::Session;
use super::throttle::page_wait;

/// A page of a list, and where the next one starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// NextMarker, where Truncated is true.
    pub next: Option<String>,
}

/// The largest page of ListKeys.
const KEYS_LIMIT: i32 = 1000;
/// The largest page of ListAliases.
const ALIASES_LIMIT: i32 = 100;

/// Whose keys ListKeys lists (`ResourceOwners`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The caller's account: SELF.
    Own,
    /// Other accounts that share them by Resource Access Manager: OTHER_ACCOUNTS_VIA_RAM.
    Shared,
}

/// A step of [`every_page`].
#[derive(Debug)]
pub enum Step<T> {
    Page(Page<T>),
    /// A page failed, and is tried again after this wait.
    Waits(KmsError, Duration),
    /// A page failed for good; the list has a hole.
    Failed(KmsError),
}

impl<T> Step<T> {
    /// Whether nothing follows.
    pub fn is_last(&self) -> bool {
        match self {
            Step::Page(page) => page.next.is_none(),
            Step::Waits(..) => false,
            Step::Failed(_) => true,
        }
    }
}

/// Asks for page after page, and tries one that failed for a passing reason again, so that no
/// hole is left while there is hope. `tell` hears each step; the last is a page with no next one,
/// or a failure.
pub async fn every_page<T, F>(page: impl Fn(Option<String>) -> F, tell: impl Fn(Step<T>))
where
    F: Future<Output = Result<Page<T>, KmsError>>,
{
    let mut marker = None;
    let mut tries = 0;
    loop {
        match page(marker.clone()).await {
            Ok(page) => {
                tries = 0;
                marker = page.next.clone();
                tell(Step::Page(page));
                if marker.is_none() {
                    return;
                }
            }
            Err(error) => {
                tries += 1;
                let Some(wait) = page_wait(&error, tries, marker.is_some()) else {
                    tell(Step::Failed(error));
                    return;
                };
                tell(Step::Waits(error, wait));
                tokio::time::sleep(wait).await;
            }
        }
    }
}

/// ListKeys: up to 1,000 keys from `marker` on.
pub async fn list_keys(
    session: &Session,
    owner: Owner,
    marker: Option<String>,
) -> Result<Page<KeySummary>, KmsError> {
    let call = session.kms.list_keys().limit(KEYS_LIMIT).set_marker(marker);
    let answer = match owner {
        Owner::Own => call.send().await,
        Owner::Shared => call.customize().mutate_request(ask_for_shared).send().await,
    };
    let answer = answer.map_err(|error| from_sdk(session, error))?;
    let next = next_marker(answer.truncated, answer.next_marker);
    let items = answer
        .keys
        .unwrap_or_default()
        .into_iter()
        .filter_map(|key| {
            Some(KeySummary {
                key_id: key.key_id?,
                key_arn: key.key_arn.unwrap_or_default(),
            })
        })
        .collect();
    Ok(Page { items, next })
}

/// ListAliases: up to 100 aliases from `marker` on, of the whole account and Region.
pub async fn list_aliases(
    session: &Session,
    marker: Option<String>,
) -> Result<Page<Alias>, KmsError> {
    let answer = session
        .kms
        .list_aliases()
        .limit(ALIASES_LIMIT)
        .set_marker(marker)
        .send()
        .await
        .map_err(|error| from_sdk(session, error))?;
    let next = next_marker(answer.truncated, answer.next_marker);
    let items = answer
        .aliases
        .unwrap_or_default()
        .into_iter()
        .filter_map(|alias| {
            Some(Alias {
                name: alias.alias_name?,
                arn: alias.alias_arn,
                target_key_id: alias.target_key_id,
            })
        })
        .collect();
    Ok(Page { items, next })
}

/// Adds ResourceOwners to a request of ListKeys: KMS's API has it, `aws-sdk-kms` 1.129 does not.
fn ask_for_shared(request: &mut aws_sdk_kms::config::http::HttpRequest) {
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

/// A page that is truncated and names no marker would be asked for for ever.
pub(super) fn next_marker(truncated: bool, marker: Option<String>) -> Option<String> {
    marker.filter(|marker| truncated && !marker.is_empty())
}
