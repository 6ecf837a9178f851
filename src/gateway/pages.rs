//! Lists that come in pages.

use std::time::Duration;

use aws_smithy_types::body::SdkBody;

use crate::kms::key::{Alias, KeySummary};
use crate::kms::{Cause, KmsError};

use super::error::from_sdk;
use super::limiter::backoff;
use super::session::Session;

/// A page of a list, and where the next one starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// NextMarker, where Truncated is true.
    pub next: Option<String>,
}

/// The wait after a page's first failure; doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(400);
/// The longest.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// Tries of a page that the service throttles.
const THROTTLED_TRIES: u32 = 12;
/// Tries of a page that fails for another passing reason, once the list has begun.
const FAILED_TRIES: u32 = 5;

/// The largest page of ListKeys.
const KEYS_LIMIT: i32 = 1000;
/// The largest page of ListAliases.
const ALIASES_LIMIT: i32 = 100;

/// Whose keys ListKeys lists (`ResourceOwners`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceOwner {
    /// The caller's account: SELF.
    Own,
    /// Other accounts that share them by Resource Access Manager: OTHER_ACCOUNTS_VIA_RAM.
    Shared,
}

/// What [`every_page`] tells.
#[derive(Debug)]
pub enum PageEvent<T> {
    Page(Page<T>),
    /// A page failed, and is tried again after this wait.
    Waits(KmsError, Duration),
    /// A page failed for good; the list has a hole.
    Failed(KmsError),
}

impl<T> PageEvent<T> {
    /// Whether nothing follows.
    pub fn is_last(&self) -> bool {
        match self {
            PageEvent::Page(page) => page.next.is_none(),
            PageEvent::Waits(..) => false,
            PageEvent::Failed(_) => true,
        }
    }
}

/// Asks for page after page, and tries one that failed for a passing reason again, so that no
/// hole is left while there is hope. `tell` hears each event; the last is a page with no next one,
/// or a failure.
pub async fn every_page<T, F>(
    page: impl Fn(Option<String>) -> F,
    mut tell: impl FnMut(PageEvent<T>),
) where
    F: Future<Output = Result<Page<T>, KmsError>>,
{
    let mut marker = None;
    let mut tries = 0;
    loop {
        match page(marker.clone()).await {
            Ok(page) => {
                tries = 0;
                marker = page.next.clone();
                tell(PageEvent::Page(page));
                if marker.is_none() {
                    return;
                }
            }
            Err(error) => {
                tries += 1;
                let Some(wait) = page_wait(&error, tries, marker.is_some()) else {
                    tell(PageEvent::Failed(error));
                    return;
                };
                tell(PageEvent::Waits(error, wait));
                tokio::time::sleep(wait).await;
            }
        }
    }
}

/// The items of every page, asked for by [`every_page`]. `waits` hears of each page that is tried
/// again.
///
/// Errors: that of a page that failed for good.
pub async fn all_items<T, F>(
    page: impl Fn(Option<String>) -> F,
    waits: impl Fn(&KmsError, Duration),
) -> Result<Vec<T>, KmsError>
where
    F: Future<Output = Result<Page<T>, KmsError>>,
{
    let mut items = Vec::new();
    let mut failed = None;
    every_page(page, |event| match event {
        PageEvent::Page(page) => items.extend(page.items),
        PageEvent::Waits(error, wait) => waits(&error, wait),
        PageEvent::Failed(error) => failed = Some(error),
    })
    .await;
    match failed {
        None => Ok(items),
        Some(error) => Err(error),
    }
}

/// Whether a page that failed `tries` times is worth another try, and after which wait. `begun`
/// says that pages came before: then the connection works, and a hole would be left.
fn page_wait(error: &KmsError, tries: u32, begun: bool) -> Option<Duration> {
    let most = match error.cause {
        Cause::Throttled => THROTTLED_TRIES,
        Cause::Timeout | Cause::Network | Cause::Response if begun => FAILED_TRIES,
        Cause::Service if error.status.is_some_and(|status| status >= 500) => FAILED_TRIES,
        _ => return None,
    };
    (tries < most).then(|| backoff(tries, FIRST_WAIT, LONGEST_WAIT))
}

/// ListKeys: up to 1,000 keys from `marker` on.
pub async fn list_keys(
    session: &Session,
    owner: ResourceOwner,
    marker: Option<String>,
) -> Result<Page<KeySummary>, KmsError> {
    let call = session.kms.list_keys().limit(KEYS_LIMIT).set_marker(marker);
    let answer = match owner {
        ResourceOwner::Own => call.send().await,
        ResourceOwner::Shared => call.customize().mutate_request(ask_for_shared).send().await,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denied_page_is_not_tried_again_a_throttled_one_is_for_a_while() {
        let denied = KmsError {
            status: Some(400),
            ..KmsError::local(Cause::Service, "AccessDeniedException", "", "")
        };
        assert_eq!(page_wait(&denied, 1, true), None);
        let throttled = KmsError::local(Cause::Throttled, "ThrottlingException", "", "");
        assert_eq!(page_wait(&throttled, 1, false), Some(FIRST_WAIT));
        assert_eq!(page_wait(&throttled, 8, false), Some(LONGEST_WAIT));
        assert_eq!(page_wait(&throttled, THROTTLED_TRIES, false), None);
        let broken = KmsError::local(Cause::Network, "EndpointNotReachable", "", "");
        assert_eq!(page_wait(&broken, 1, false), None);
        assert!(page_wait(&broken, 1, true).is_some());
    }
}
