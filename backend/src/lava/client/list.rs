//! Lists that come in pages. Must not follow the address of the next page,
//! which the server builds from what it thinks its name is.

use serde::{Deserialize, de::DeserializeOwned};

use super::{
    CallError, Client,
    call::{Ask, path},
};

const PAGE: usize = 100;
/// A list that is longer is not read to its end, and that is an error: what is
/// looked for could stand there.
const PAGES: usize = 100;

impl Client {
    /// All items of a list.
    pub(super) async fn list<T: DeserializeOwned + Send + 'static>(
        &self,
        name: &str,
        filter: &[(&str, &str)],
    ) -> Result<Vec<T>, CallError> {
        self.list_until(name, filter, |_| false).await
    }

    /// The items of a list up to the page that holds the last one wanted.
    pub(super) async fn list_until<T: DeserializeOwned + Send + 'static>(
        &self,
        name: &str,
        filter: &[(&str, &str)],
        enough: impl Fn(&T) -> bool + Send,
    ) -> Result<Vec<T>, CallError> {
        let limit = PAGE.to_string();
        let mut items: Vec<T> = Vec::new();
        for _ in 0..PAGES {
            let offset = items.len().to_string();
            let mut asked = filter.to_vec();
            asked.push(("limit", limit.as_str()));
            if !items.is_empty() {
                asked.push(("offset", offset.as_str()));
            }
            let ask = Ask::get(path(&[name])? + &query(&asked));
            let page: Page<T> = self.fetch(ask).await?;
            let last = page.next.is_none() || page.results.is_empty();
            let last = last || page.results.iter().any(&enough);
            items.extend(page.results);
            if last {
                return Ok(items);
            }
        }
        Err(CallError::garbled(format!(
            "{}: the list of {name} does not end after {PAGES} pages; nothing was made of it",
            self.base
        )))
    }
}

/// A query with its question mark.
pub(super) fn query(pairs: &[(&str, &str)]) -> String {
    let mut text = form_urlencoded::Serializer::for_suffix("?".to_owned(), 1);
    text.extend_pairs(pairs);
    text.finish()
}

#[derive(Deserialize)]
struct Page<T> {
    next: Option<serde::de::IgnoredAny>,
    results: Vec<T>,
}
