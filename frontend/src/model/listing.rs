//! What a list shows, as the query part of its address: by which words it is
//! narrowed, and behind what it goes on.
//!
//! Must not know which list it is.

use super::address::pair;

/// Behind what the page begins; left behind when something else is asked for.
const AFTER: &str = "after";

/// What is listed, from one cursor to the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Page<T> {
    pub rows: Vec<T>,
    /// On all pages.
    pub total: i64,
    /// Behind what the next page begins, if there is one.
    pub next: Option<String>,
    /// What is asked for cannot be: nobody knows such a name.
    pub wrong: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Listing(Vec<(&'static str, String)>);

impl Listing {
    /// Reads a query; what the list does not know is left out.
    pub(crate) fn of(query: &str, known: &[&'static str]) -> Self {
        let mut listing = Self::default();
        for (key, value) in query.trim_start_matches('?').split('&').filter_map(pair) {
            let known = known.iter().chain(&[AFTER]).find(|known| **known == key);
            if let Some(key) = known {
                listing = listing.with(key, value);
            }
        }
        listing
    }

    pub(crate) fn to_query(&self) -> String {
        let pairs: Vec<String> = self
            .0
            .iter()
            .map(|(key, value)| format!("{key}={}", urlencoding::encode(value)))
            .collect();
        pairs.join("&")
    }

    /// Empty when it is not narrowed by that.
    pub(crate) fn get(&self, key: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| *known == key);
        found.map_or("", |(_, value)| value)
    }

    pub(crate) fn get_if(&self, key: &str) -> Option<String> {
        let value = self.get(key);
        (!value.is_empty()).then(|| value.to_owned())
    }

    pub(crate) fn after(&self) -> Option<String> {
        self.get_if(AFTER)
    }

    /// Narrowed by that too, from the beginning; an empty value takes it away.
    pub(crate) fn narrowed(&self, key: &'static str, value: String) -> Self {
        self.with(AFTER, String::new()).with(key, value)
    }

    /// The next page.
    pub(crate) fn behind(&self, cursor: &str) -> Self {
        self.with(AFTER, cursor.to_owned())
    }

    /// The first page.
    pub(crate) fn begin(&self) -> Self {
        self.with(AFTER, String::new())
    }

    /// It shows all there is.
    pub(crate) fn is_whole(&self) -> bool {
        self.begin().0.is_empty()
    }

    fn with(&self, key: &'static str, value: String) -> Self {
        let mut pairs = self.0.clone();
        pairs.retain(|(known, _)| *known != key);
        if !value.is_empty() {
            pairs.push((key, value));
        }
        pairs.sort_unstable_by_key(|(key, _)| *key);
        Self(pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_the_round_trip() {
        let query = "after=NDI%3D&feature=boot.u-boot&version=2026.10%26x";
        let listing = Listing::of(query, &["version", "feature"]);
        assert_eq!(listing.to_query(), query);
        assert_eq!(listing.get("version"), "2026.10&x");
        assert_eq!(Listing::of("?what=1&version=", &["version"]).to_query(), "");
    }

    #[test]
    fn what_is_narrowed_begins_anew() {
        let listing = Listing::of("after=NDI", &["lab"]);
        assert!(listing.is_whole());
        let narrowed = listing.narrowed("lab", "paris".into());
        assert_eq!(narrowed.to_query(), "lab=paris");
        assert!(!narrowed.is_whole());
        assert_eq!(narrowed.behind("Mw").to_query(), "after=Mw&lab=paris");
        assert_eq!(narrowed.narrowed("lab", String::new()), Listing::default());
    }
}
