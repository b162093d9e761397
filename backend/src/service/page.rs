//! One page of a list: keyset cursors in both directions, as Relay has them.

use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, ModelTrait, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _, Select, Value,
};

use crate::error::{Error, Result};

/// Most rows of a page, and how many there are unless something else is said.
pub const MOST: usize = 100;

/// Which page is asked for.
#[derive(Clone, Debug, Default)]
pub struct Window {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Page<T> {
    /// Each with its cursor.
    pub rows: Vec<(String, T)>,
    pub has_previous: bool,
    pub has_next: bool,
}

impl Window {
    /// How many rows, and whether they are taken from the end.
    pub(crate) fn length(&self) -> Result<(usize, bool)> {
        let (field, length, from_end) = match (self.first, self.last) {
            (Some(_), Some(_)) => {
                return Err(Error::input("last", "A page has either first or last."));
            }
            (Some(first), None) => ("first", first, false),
            (None, Some(last)) => ("last", last, true),
            (None, None) => return Ok((MOST, false)),
        };
        match usize::try_from(length) {
            Ok(length @ 1..=MOST) => Ok((length, from_end)),
            Ok(_) | Err(_) => Err(Error::input(
                field,
                format!("A page has 1 to {MOST} rows, not {length}."),
            )),
        }
    }
}

/// A page of a list that is in memory; `name` tells its members apart.
///
/// # Errors
/// `BAD_USER_INPUT` for a window that is none, or a cursor that is not ours.
pub fn of_list<T: Clone>(
    list: &[T],
    window: &Window,
    name: impl Fn(&T) -> &str,
) -> Result<Page<T>> {
    let (length, from_end) = window.length()?;
    let place = |field: &str, cursor: &String| {
        list.iter()
            .position(|row| name(row) == cursor)
            .ok_or_else(|| unknown(field))
    };
    let begin = match &window.after {
        Some(cursor) => place("after", cursor)? + 1,
        None => 0,
    };
    let end = match &window.before {
        Some(cursor) => place("before", cursor)?,
        None => list.len(),
    };
    let between = list.get(begin..end).unwrap_or_default();
    let dropped = between.len().saturating_sub(length);
    let shown = if from_end {
        between.get(dropped..)
    } else {
        between.get(..between.len() - dropped)
    };
    let shown = shown.unwrap_or_default();
    Ok(Page {
        has_previous: begin > 0 || (from_end && dropped > 0),
        has_next: end < list.len() || (!from_end && dropped > 0),
        rows: shown
            .iter()
            .map(|row| (name(row).to_owned(), row.clone()))
            .collect(),
    })
}

/// A page of rows by their numeric key, the newest first when `descending`.
///
/// # Errors
/// `BAD_USER_INPUT` as `of_list`, or when the database fails.
pub async fn by_id<E, M>(
    db: &impl ConnectionTrait,
    select: Select<E>,
    id: E::Column,
    descending: bool,
    window: &Window,
) -> Result<Page<M>>
where
    E: EntityTrait<Model = M>,
    M: ModelTrait<Entity = E> + FromQueryResult,
{
    let (length, from_end) = window.length()?;
    let mut page = select;
    for (field, cursor, behind) in [
        ("after", &window.after, true),
        ("before", &window.before, false),
    ] {
        let Some(cursor) = cursor else { continue };
        let key: i64 = cursor.parse().map_err(|_| unknown(field))?;
        page = page.filter(if behind == descending {
            id.lt(key)
        } else {
            id.gt(key)
        });
    }
    let page = if descending == from_end {
        page.order_by_asc(id)
    } else {
        page.order_by_desc(id)
    };
    let limit = u64::try_from(length).unwrap_or(u64::MAX).saturating_add(1);
    let mut rows = page.limit(limit).all(db).await?;
    let more = rows.len() > length;
    rows.truncate(length);
    if from_end {
        rows.reverse();
    }
    let rows = rows
        .into_iter()
        .map(|row| match row.get(id) {
            Value::BigInt(Some(key)) => Ok((key.to_string(), row)),
            other => Err(Error::internal(format!("a key is no number: {other:?}"))),
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Page {
        rows,
        has_previous: if from_end {
            more
        } else {
            window.after.is_some()
        },
        has_next: if from_end {
            window.before.is_some()
        } else {
            more
        },
    })
}

/// How many rows there are in all.
///
/// # Errors
/// When the database fails.
pub async fn count<E>(db: &impl ConnectionTrait, select: Select<E>) -> Result<u64>
where
    E: EntityTrait,
    E::Model: Sync,
{
    Ok(select.count(db).await?)
}

fn unknown(field: &str) -> Error {
    Error::input(field, "The cursor is not one of this list.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(window: &Window) -> (Vec<String>, bool, bool) {
        let list: Vec<String> = ["a", "b", "c", "d"].map(String::from).to_vec();
        let page = of_list(&list, window, |name| name).unwrap();
        (
            page.rows.into_iter().map(|(cursor, _)| cursor).collect(),
            page.has_previous,
            page.has_next,
        )
    }

    #[test]
    fn pages_meet_in_both_directions() {
        let first = Window {
            first: Some(2),
            ..Window::default()
        };
        assert_eq!(names(&first), (vec!["a".into(), "b".into()], false, true));
        let next = Window {
            first: Some(2),
            after: Some("b".into()),
            ..Window::default()
        };
        assert_eq!(names(&next), (vec!["c".into(), "d".into()], true, false));
        let back = Window {
            last: Some(1),
            before: Some("c".into()),
            ..Window::default()
        };
        assert_eq!(names(&back), (vec!["b".into()], true, true));
    }

    #[test]
    fn a_window_has_bounds() {
        let list = ["a".to_owned()];
        for first in [0, -1, 101] {
            let window = Window {
                first: Some(first),
                ..Window::default()
            };
            assert!(of_list(&list, &window, |name| name).is_err(), "{first}");
        }
    }
}
