//! Lists that come in pages.

use std::collections::HashSet;
use std::time::Duration;

use super::limiter::backoff;
use crate::kms::{Cause, KmsError, Who};

/// A page of a list, and where the next one starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// NextMarker, where Truncated is true.
    pub next: Option<String>,
    /// What the answer leaves out, as a sentence's part: the list is partial then.
    pub flaw: Option<String>,
}

impl<T> Page<T> {
    /// A page of an answer. `take` makes an item of an entry; an entry that gives none has no
    /// `id`, the member without which it is of no use.
    pub fn of<E>(
        entries: Option<Vec<E>>,
        id: &str,
        take: impl FnMut(E) -> Option<T>,
        truncated: bool,
        marker: Option<String>,
    ) -> Self {
        let is_missing = entries.is_none();
        let entries = entries.unwrap_or_default();
        let came = entries.len();
        let items: Vec<T> = entries.into_iter().filter_map(take).collect();
        let next = marker.filter(|marker| truncated && !marker.is_empty());
        let flaw = match came - items.len() {
            _ if truncated && next.is_none() => Some(
                "it says that there is more (Truncated), but not where (NextMarker)".to_owned(),
            ),
            _ if is_missing => Some("an answer of it holds no list".to_owned()),
            0 => None,
            1 => Some(format!("an entry of it has no {id}")),
            lost => Some(format!("{lost} entries of it have no {id}")),
        };
        Page { items, next, flaw }
    }
}

/// The wait after a page's first failure; doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(400);
/// The longest.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// Tries of a page that the service throttles.
const THROTTLED_TRIES: u32 = 12;
/// Tries of a page that fails for another passing reason, once the list has begun.
const FAILED_TRIES: u32 = 5;

/// Pages in a row that hold nothing, after which a list is given up: KMS may answer with some.
const EMPTY_PAGES: u32 = 100;
/// Entries after which a list is given up: five times the keys that an account may have.
const MOST_ENTRIES: usize = 500_000;

/// Pages after which a list is given up: what answers with a new marker for ever may send the same
/// entries again and again.
const MOST_PAGES: usize = 10_000;

/// What [`every_page`] tells.
#[derive(Debug)]
pub enum PageEvent<T> {
    Page(Page<T>),
    /// A page failed, and is tried again after this wait.
    Waits(KmsError, Duration),
    /// The list is whole.
    Done,
    /// The list ended before its end, or has a hole.
    Failed(KmsError),
}

impl<T> PageEvent<T> {
    /// Whether nothing follows.
    pub fn is_last(&self) -> bool {
        matches!(self, PageEvent::Done | PageEvent::Failed(_))
    }
}

/// Asks for page after page, and tries one that failed for a passing reason again, so that no
/// hole is left while there is hope. `tell` hears each event; the last says whether the list is
/// whole. A service that sends a marker twice, or never comes to an end, is asked no more.
pub async fn every_page<T, F>(
    page: impl Fn(Option<String>) -> F,
    mut tell: impl FnMut(PageEvent<T>),
) where
    F: Future<Output = Result<Page<T>, KmsError>>,
{
    let mut marker = None;
    let mut markers = HashSet::new();
    let mut tries = 0;
    let (mut entries, mut empty) = (0, 0);
    let mut flaw = None;
    let end = loop {
        match page(marker.clone()).await {
            Ok(page) => {
                tries = 0;
                entries += page.items.len();
                empty = if page.items.is_empty() { empty + 1 } else { 0 };
                marker = page.next.clone();
                flaw = flaw.or_else(|| page.flaw.clone());
                tell(PageEvent::Page(page));
                let Some(next) = &marker else {
                    break flaw.map(|flaw| partial("PartialList", flaw));
                };
                if !markers.insert(next.clone()) {
                    let why = "it sent the same page marker twice".to_owned();
                    break Some(partial("RepeatedMarker", why));
                }
                let pages = markers.len();
                if empty == EMPTY_PAGES || entries > MOST_ENTRIES || pages == MOST_PAGES {
                    let why = match empty {
                        EMPTY_PAGES => format!("{EMPTY_PAGES} pages in a row held nothing"),
                        _ => format!("it did not end after {pages} pages with {entries} entries"),
                    };
                    break Some(partial("EndlessList", why));
                }
            }
            Err(error) => {
                tries += 1;
                let Some(wait) = page_wait(&error, tries, marker.is_some()) else {
                    break Some(error);
                };
                tell(PageEvent::Waits(error, wait));
                tokio::time::sleep(wait).await;
            }
        }
    };
    tell(end.map_or(PageEvent::Done, PageEvent::Failed));
}

/// Why a list is not whole though each page of it was answered.
fn partial(code: &str, why: String) -> KmsError {
    KmsError::local(
        Cause::Response,
        code,
        format!("The list is partial: what answers is not as KMS is, {why}."),
        "Check the endpoint, then refresh.",
    )
    .by(Who::Kms)
}

/// The items of every page that came, asked for by [`every_page`], and why they are not all.
/// `waits` hears of each page that is tried again.
pub async fn items_and_end<T, F>(
    page: impl Fn(Option<String>) -> F,
    waits: impl Fn(&KmsError, Duration),
) -> (Vec<T>, Result<(), KmsError>)
where
    F: Future<Output = Result<Page<T>, KmsError>>,
{
    let mut items = Vec::new();
    let mut end = Ok(());
    every_page(page, |event| match event {
        PageEvent::Page(page) => items.extend(page.items),
        PageEvent::Waits(error, wait) => waits(&error, wait),
        PageEvent::Done => {}
        PageEvent::Failed(error) => end = Err(error),
    })
    .await;
    (items, end)
}

/// Like [`items_and_end`], where a part is of no use.
///
/// Errors: why they are not all.
pub async fn all_items<T, F>(
    page: impl Fn(Option<String>) -> F,
    waits: impl Fn(&KmsError, Duration),
) -> Result<Vec<T>, KmsError>
where
    F: Future<Output = Result<Page<T>, KmsError>>,
{
    let (items, end) = items_and_end(page, waits).await;
    end.map(|()| items)
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
    /// What a service with these pages, by marker, leads to.
    fn walk(answer: impl Fn(Option<String>) -> Page<u32>) -> (Vec<u32>, Result<(), String>) {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.build().expect("a runtime");
        let page = |marker| std::future::ready(Ok(answer(marker)));
        let (items, end) = runtime.block_on(items_and_end(page, |_, _| {}));
        (items, end.map_err(|error| error.code))
    }

    fn page(entries: Vec<Option<u32>>, truncated: bool, marker: &str) -> Page<u32> {
        let marker = Some(marker.to_owned());
        Page::of(Some(entries), "KeyId", |entry| entry, truncated, marker)
    }

    #[test]
    fn a_service_that_repeats_or_never_ends_is_asked_no_more_and_what_came_is_kept() {
        let (items, end) = walk(|_| page(vec![Some(1)], true, "again"));
        assert_eq!((items, end), (vec![1, 1], Err("RepeatedMarker".to_owned())));
        // A circle of two.
        let (items, end) = walk(|marker| match marker.as_deref() {
            Some("b") => page(vec![Some(2)], true, "a"),
            _ => page(vec![Some(1)], true, "b"),
        });
        assert_eq!(
            (items, end),
            (vec![1, 2, 1], Err("RepeatedMarker".to_owned()))
        );
        let count = std::cell::Cell::new(0);
        let (items, end) = walk(|_| {
            count.set(count.get() + 1);
            page(vec![], true, &count.get().to_string())
        });
        assert_eq!((items, end), (vec![], Err("EndlessList".to_owned())));
        assert_eq!(count.get(), EMPTY_PAGES);
    }

    #[test]
    fn a_service_that_always_has_a_new_marker_is_given_up() {
        let count = std::cell::Cell::new(0);
        let (items, end) = walk(|_| {
            count.set(count.get() + 1);
            page(vec![Some(1)], true, &count.get().to_string())
        });
        assert_eq!(
            (items.len(), end),
            (MOST_PAGES, Err("EndlessList".to_owned()))
        );
    }

    #[test]
    fn half_answers_make_a_partial_list() {
        let (items, end) = walk(|_| page(vec![Some(1)], true, ""));
        assert_eq!((items, end), (vec![1], Err("PartialList".to_owned())));
        let (items, end) = walk(|marker| match marker {
            None => page(vec![None, Some(1)], true, "b"),
            Some(_) => page(vec![Some(2)], false, ""),
        });
        assert_eq!((items, end), (vec![1, 2], Err("PartialList".to_owned())));
        let (items, end) = walk(|_| page(vec![Some(1)], false, "left over"));
        assert_eq!((items, end), (vec![1], Ok(())));
    }
}
