//! Relay's connections over the pages of the use cases.

use async_graphql::{
    OutputType, SimpleObject,
    connection::{Connection, Edge},
};

use crate::service::page::Page;

/// How many there are in all, on all pages.
#[derive(SimpleObject)]
pub(super) struct Total {
    /// How many there are on all pages.
    total_count: i64,
}

pub(super) type List<T> = Connection<String, T, Total>;

pub(super) fn connection<R, T: OutputType + From<R>>(page: Page<R>, total: u64) -> List<T> {
    let total = Total {
        total_count: i64::try_from(total).unwrap_or(i64::MAX),
    };
    let mut connection =
        Connection::with_additional_fields(page.has_previous, page.has_next, total);
    connection.edges.extend(
        page.rows
            .into_iter()
            .map(|(cursor, row)| Edge::new(cursor, T::from(row))),
    );
    connection
}
