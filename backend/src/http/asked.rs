//! What the doors beside `/graphql` are asked for cells by: `?query=…&asOf=…`,
//! and whether who asks may read.

use axum::http::{HeaderMap, Uri};

use super::{Edge, graphql};
use crate::{
    error::{Error, Result},
    service::grid,
};

#[derive(Debug)]
pub(super) struct Asked {
    pub(super) query: query::Query,
    pub(super) as_of: Option<i64>,
}

impl Asked {
    /// Other parameters are for others.
    pub(super) fn read(uri: &Uri) -> Result<Self> {
        let mut query = String::new();
        let mut as_of = None;
        let parameters = uri.query().unwrap_or_default();
        for (name, value) in form_urlencoded::parse(parameters.as_bytes()) {
            match name.as_ref() {
                "query" => query = value.into_owned(),
                "asOf" => {
                    let event = value.parse().map_err(|_| {
                        Error::input("asOf", "asOf is the number of an event, such as 1234.")
                    })?;
                    as_of = Some(event);
                }
                _ => {}
            }
        }
        let query = grid::parse(&query)?;
        Ok(Self { query, as_of })
    }
}

/// # Errors
/// `UNAUTHENTICATED` or `FORBIDDEN`.
pub(super) async fn may_read(edge: &Edge, headers: &HeaderMap) -> Result<()> {
    match graphql::caller(edge, headers).await {
        Ok(_) => Ok(()),
        Err(refusal) => Err(Error::new(refusal.code, refusal.message)),
    }
}
