//! Lists that come in pages.

use std::time::Duration;

use super::limiter::backoff;
use crate::kms::{Cause, KmsError};

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

/// A page that is truncated and names no marker would be asked for for ever.
pub fn next_marker(truncated: bool, marker: Option<String>) -> Option<String> {
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
