//! Walks through pages until enough is gathered.

use crate::error::CliError;
use std::future::Future;

/// The most that a hub gives at once.
const PAGE_SIZE_MAX: usize = 500;

/// A page, whatever is on it.
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next: String,
    pub(crate) total: i64,
}

/// Gathers `limit` items, all if 0; `fetch` takes the page's size and token.
pub(crate) async fn gather<T, F>(
    limit: usize,
    mut fetch: impl FnMut(i32, String) -> F,
) -> Result<(Vec<T>, i64), CliError>
where
    F: Future<Output = Result<Page<T>, CliError>>,
{
    let limit = if limit == 0 { usize::MAX } else { limit };
    let mut items = Vec::new();
    let mut token = String::new();
    loop {
        let size = (limit - items.len()).min(PAGE_SIZE_MAX);
        let page = fetch(i32::try_from(size).unwrap_or(i32::MAX), token).await?;
        items.extend(page.items);
        items.truncate(limit);
        if page.next.is_empty() || items.len() == limit {
            return Ok((items, page.total));
        }
        token = page.next;
    }
}
