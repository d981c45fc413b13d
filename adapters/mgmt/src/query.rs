//! Query parameters: paging, order, search and the switches of lists, read as hawkBit reads them.

use crate::error::Fault;
use crate::{rsql, sort};
use otahub_client::proto::DeletedMode;
use std::collections::HashMap;
use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;

/// Items of a page unless the request says otherwise.
const LIMIT_DEFAULT: i32 = 50;
/// The most items of a page.
const LIMIT_MAX: i32 = 500;

/// The query parameters of a request; of a repeated one the first counts.
#[derive(Debug, Default)]
pub(crate) struct Query(HashMap<String, String>);

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl Query {
    fn parse(query: &str) -> Self {
        let mut values = HashMap::new();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            values.entry(key.into_owned()).or_insert_with(|| value.into_owned());
        }
        Self(values)
    }

    /// A parameter that is there and not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A whole number, or `default`.
    pub(crate) fn number(&self, name: &str, default: i32) -> Result<i32, Fault> {
        let Some(text) = self.text(name) else {
            return Ok(default);
        };
        text.trim().parse().map_err(|_| Fault::unreadable(format!("{name} is not a number")))
    }

    /// A switch, off without it; the words are Spring's.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Fault> {
        match self.text(name).map(str::to_ascii_lowercase).as_deref() {
            None | Some("false" | "off" | "no" | "0") => Ok(false),
            Some("true" | "on" | "yes" | "1") => Ok(true),
            Some(_) => Err(Fault::unreadable(format!("{name} is neither true nor false"))),
        }
    }

    /// Whether `representation=full` is asked for; unknown words count as `compact`.
    pub(crate) fn is_full(&self) -> bool {
        self.text("representation").is_some_and(|word| word.eq_ignore_ascii_case("full"))
    }

    /// Whether soft-deleted entities are listed.
    pub(crate) fn deleted_mode(&self) -> Result<DeletedMode, Fault> {
        match self.text("soft_deleted_mode").map(str::to_ascii_uppercase).as_deref() {
            None | Some("EXCLUDE_SOFT_DELETED") => Ok(DeletedMode::Exclude),
            Some("INCLUDE_SOFT_DELETED") => Ok(DeletedMode::Include),
            Some("ONLY_SOFT_DELETED") => Ok(DeletedMode::Only),
            Some(_) => Err(Fault::unreadable("unknown soft_deleted_mode".to_owned())),
        }
    }

    /// Which part of a list is wanted, in which order; `fields` are what it can be sorted by.
    pub(crate) fn window(&self, fields: &[sort::Field]) -> Result<Window, Fault> {
        let limit = self.number("limit", LIMIT_DEFAULT)?;
        Ok(Window {
            skip: self.number("offset", 0)?.max(0),
            page_size: if limit < 1 { LIMIT_DEFAULT } else { limit.min(LIMIT_MAX) },
            order_by: self.text("sort").map_or(Ok(String::new()), |s| sort::order_by(s, fields))?,
        })
    }

    /// The hub's filter for the search, empty without one; `fields` are what can be searched by.
    pub(crate) fn filter(&self, fields: &[rsql::Field]) -> Result<String, Fault> {
        match self.text("q") {
            None => Ok(String::new()),
            Some(query) => rsql::filter(query, fields).map_err(Fault::search),
        }
    }
}

/// Which part of a list is wanted, in the words of the hub's list requests.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) skip: i32,
    pub(crate) page_size: i32,
    pub(crate) order_by: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_page_has_fifty_items_unless_asked_otherwise_and_never_more_than_five_hundred() {
        for (query, skip, page_size) in [
            ("", 0, 50),
            ("offset=-3&limit=-1", 0, 50),
            ("offset=7&limit=0", 7, 50),
            ("limit=100000", 0, 500),
            ("limit=500&limit=many", 0, 500),
            ("offset=&limit=", 0, 50),
        ] {
            let window = Query::parse(query).window(sort::TARGETS).unwrap();
            assert_eq!((window.skip, window.page_size), (skip, page_size), "{query}");
        }
        assert!(Query::parse("limit=many").window(sort::TARGETS).is_err());
    }

    #[test]
    fn what_is_searched_for_goes_to_the_hub_in_its_words() {
        let query = Query::parse("q=name%3D%3Da*%3Bid%3D%3Db");
        let filter = query.filter(rsql::TARGETS).unwrap();
        assert_eq!(filter, r#"(display_name = "a*" AND controller_id = "b")"#);
        assert_eq!(Query::parse("q=").filter(rsql::TARGETS).unwrap(), "");
    }

    #[test]
    fn each_search_that_cannot_be_used_has_its_code() {
        for (query, key) in [
            ("q=name", "rest.param.rsqlParamSyntax"),
            ("q=colour%3D%3Dred", "rest.param.rsqlInvalidField"),
        ] {
            let refused = Query::parse(query).filter(rsql::TARGETS).unwrap_err();
            assert_eq!(refused.key(), Some(key), "{query}");
        }
    }

    proptest! {
        #[test]
        fn no_query_makes_the_reader_panic(query in ".{0,80}") {
            let query = Query::parse(&query);
            let _ = query.window(sort::TARGETS);
            let _ = (query.deleted_mode(), query.flag("force"), query.is_full());
        }

        #[test]
        fn no_order_makes_the_reader_panic(sort in "[a-zA-Z:, ]{0,40}") {
            let query = Query::parse(&format!("sort={sort}&limit=7"));
            if let Ok(window) = query.window(sort::TARGETS) {
                prop_assert_eq!(window.page_size, 7);
            }
        }
    }
}
