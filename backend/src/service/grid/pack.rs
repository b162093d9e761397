//! Packs cells into one string per row, so that a grid costs its rows and
//! columns whatever its size.

use std::collections::{HashMap, HashSet};

use entity::{device_type::DeviceTypeId, feature::FeatureId, version};

use super::{
    Axis, Grid, GridQuery, Header, Key, View,
    catalog::Catalog,
    course,
    fold::{self, Fold, Told, change_letter},
    found::{Labs, Names},
    slice::Spot,
};
use crate::{
    app::App,
    error::{Error, Result},
};

/// The cells of a row as strings, one place a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    pub verdicts: String,
    pub changes: String,
    /// Passed and all cells of each place, two base-36 digits each.
    pub counts: String,
}

/// Largest number that two base-36 digits hold; more are shown as this.
const MOST: u32 = 36 * 36 - 1;

/// The members of one axis, and where each key stands.
struct Members {
    headers: Vec<Header>,
    places: HashMap<Key, usize>,
    /// Which have a cell that is shown.
    found: Vec<bool>,
}

/// Where a page lies among all rows.
#[derive(Default)]
struct Paging {
    begin: usize,
    total: usize,
    end_cursor: Option<String>,
    more: bool,
}

pub(super) fn grid(app: &App, view: &View, query: &GridQuery, labs: &Labs) -> Result<Grid> {
    let all = members(view, query, query.rows)?;
    // Which rows are found is known in the end, unless they are versions: of those only a page is read.
    let (mut rows, mut paging) = match (&query.query, query.rows) {
        (None, _) | (Some(_), Axis::Version) => page(all, query)?,
        (Some(_), Axis::Feature | Axis::DeviceType) => (all, Paging::default()),
    };
    let mut columns = members(view, query, query.columns)?;
    let versions = match query.rows {
        // Rows are a page: only its versions count.
        Axis::Version => shown_on_page(view, &rows),
        Axis::Feature | Axis::DeviceType => versions_shown(&view.catalog, query)?,
    };
    let width = columns.headers.len();
    let mut folds = vec![Fold::default(); width * rows.headers.len()];
    let axes = Axes::of(view, query)?;
    let names = Names::of(&view.catalog);
    let mut failed = None;
    view.walk(&versions, |version, slice, rolling| {
        let base = match view.baseline_of(version, query.baseline.as_deref()) {
            Ok(baseline) => baseline.and_then(|row| view.slice(row.id)),
            Err(error) => {
                failed = Some(error);
                return;
            }
        };
        let key = Key::Version(version.id, version.kind);
        for (spot, told) in fold::tell_all(view, slice, base, rolling) {
            if let Some(asked) = &query.query {
                let numbers = slice.spots.get(&spot).and_then(|entry| entry.numbers);
                let last_at = numbers.map(|numbers| numbers.last_at);
                let cell = names.candidate(version, spot, told, last_at, view.now, labs);
                if !cell.is_some_and(|cell| asked.matches(&cell)) {
                    continue;
                }
            }
            let Some(place) = axes.place(&spot, key) else {
                continue;
            };
            let row = place
                .on(query.rows)
                .and_then(|key| rows.places.get(&key).copied());
            let column = place
                .on(query.columns)
                .and_then(|key| columns.places.get(&key).copied());
            if let Some(at) = row {
                rows.add(at, &told);
            }
            if let Some(at) = column {
                columns.add(at, &told);
            }
            if let (Some(row), Some(column)) = (row, column)
                && let Some(fold) = folds.get_mut(row * width + column)
            {
                fold.add(&told);
            }
        }
    });
    if let Some(error) = failed {
        return Err(error);
    }
    for header in rows.headers.iter_mut().chain(&mut columns.headers) {
        if let Key::Version(id, _) = header.key
            && let Some(version) = view.catalog.version_by_id(id)
        {
            let baseline = view.baseline_of(version, query.baseline.as_deref())?;
            header.summary = Some(fold::summarize(app, view, version, baseline, |spot| {
                axes.lets(spot)
            }));
        }
    }
    let folded = folded(query, &view.catalog)?;
    let everything = query.query.is_none();
    let packed = folds.chunks(width.max(1)).map(|row| {
        let shown = row.iter().zip(&columns.found);
        let shown = shown.filter(|(_, found)| everything || **found);
        pack(shown.map(|(fold, _)| fold), folded)
    });
    // Without columns there are no chunks, but the rows remain.
    let packed = packed.chain(std::iter::repeat_with(|| pack([].iter(), folded)));
    let packed = rows.found.iter().zip(packed);
    let packed: Vec<_> = packed
        .filter(|(found, _)| everything || **found)
        .map(|(_, packed)| packed)
        .collect();
    let mut packed = packed.into_iter();
    if !everything {
        rows = rows.only_found();
        columns = columns.only_found();
        if query.rows != Axis::Version {
            (rows, paging) = page(rows, query)?;
            packed.by_ref().take(paging.begin).for_each(drop);
        }
    }
    Ok(Grid {
        event: view.event,
        sentence: course::told(view, query),
        columns: columns.headers,
        rows: rows.headers.into_iter().zip(packed).collect(),
        total_rows: paging.total,
        end_cursor: paging.end_cursor,
        has_next_page: paging.more,
    })
}

/// A cell by its three keys; a generic feature has no device-type.
struct CellAt {
    version: Key,
    feature: Key,
    device_type: Option<Key>,
}

impl CellAt {
    fn on(&self, axis: Axis) -> Option<Key> {
        match axis {
            Axis::Version => Some(self.version),
            Axis::Feature => Some(self.feature),
            Axis::DeviceType => self.device_type,
        }
    }
}

/// The features and device-types a query lets through.
struct Axes {
    features: HashMap<FeatureId, Key>,
    device_types: HashSet<DeviceTypeId>,
    generic: bool,
}

impl Axes {
    fn of(view: &View, query: &GridQuery) -> Result<Self> {
        let keys = |axis| -> Result<_> {
            let members = members(view, query, axis)?;
            Ok(members.headers.into_iter().map(|row| row.key))
        };
        let features = keys(Axis::Feature)?.filter_map(|key| match key {
            Key::Feature(id, _) => Some((id, key)),
            Key::Version(..) | Key::DeviceType(_) => None,
        });
        let device_types = keys(Axis::DeviceType)?.filter_map(|key| match key {
            Key::DeviceType(id) => Some(id),
            Key::Version(..) | Key::Feature(..) => None,
        });
        Ok(Self {
            features: features.collect(),
            device_types: device_types.collect(),
            // Who asks for certain device-types does not ask for generic features.
            generic: query.device_types.is_none(),
        })
    }

    fn lets(&self, spot: &Spot) -> bool {
        self.features.contains_key(&spot.0)
            && match spot.1 {
                Some(id) => self.device_types.contains(&id),
                None => self.generic,
            }
    }

    fn place(&self, spot: &Spot, version: Key) -> Option<CellAt> {
        let feature = *self.features.get(&spot.0)?;
        self.lets(spot).then_some(CellAt {
            version,
            feature,
            device_type: spot.1.map(Key::DeviceType),
        })
    }
}

/// Whether one place stands for several cells.
fn folded(query: &GridQuery, catalog: &Catalog) -> Result<bool> {
    let third = [Axis::Version, Axis::Feature, Axis::DeviceType]
        .into_iter()
        .find(|axis| *axis != query.rows && *axis != query.columns);
    Ok(match third {
        Some(Axis::Version) => versions_shown(catalog, query)?.len() != 1,
        Some(Axis::Feature) => query.features.as_ref().is_none_or(|names| names.len() != 1),
        Some(Axis::DeviceType) => query
            .device_types
            .as_ref()
            .is_none_or(|names| names.len() != 1),
        None => false,
    })
}

fn pack<'f>(folds: impl Iterator<Item = &'f Fold>, folded: bool) -> Packed {
    let width = folds.size_hint().1.unwrap_or_default();
    let mut packed = Packed {
        verdicts: String::with_capacity(width),
        changes: String::with_capacity(width),
        counts: String::with_capacity(if folded { width * 4 } else { 0 }),
    };
    for fold in folds {
        packed.verdicts.push(fold.letter().packed());
        packed.changes.push(change_letter(fold.change()));
        if folded {
            push_base36(&mut packed.counts, fold.pass);
            push_base36(&mut packed.counts, fold.total());
        }
    }
    packed
}

fn push_base36(text: &mut String, number: u32) {
    let number = number.min(MOST);
    for digit in [number / 36, number % 36] {
        text.push(char::from_digit(digit, 36).unwrap_or('z'));
    }
}

/// The versions a query lets through, newest first.
pub(super) fn versions_shown<'c>(
    catalog: &'c Catalog,
    query: &'c GridQuery,
) -> Result<Vec<&'c version::Model>> {
    let Some(names) = &query.versions else {
        return Ok(page_of_versions(catalog, query));
    };
    for name in names {
        catalog.version(name)?;
    }
    Ok(versions_let_through(catalog, query)
        .filter(|row| names.contains(&row.name))
        .collect())
}

/// Newest first; the others have no cell that is asked for.
fn versions_let_through<'c>(
    catalog: &'c Catalog,
    query: &'c GridQuery,
) -> impl Iterator<Item = &'c version::Model> {
    let versions = catalog.versions.iter();
    versions.filter(|row| query.may_find_in(row))
}

/// With versions as rows only the page is read.
fn page_of_versions<'c>(catalog: &'c Catalog, query: &'c GridQuery) -> Vec<&'c version::Model> {
    if query.rows != Axis::Version {
        return versions_let_through(catalog, query)
            .take(query.first)
            .collect();
    }
    let begin = match &query.after {
        Some(after) => versions_let_through(catalog, query)
            .position(|row| row.name == *after)
            .map_or(0, |place| place + 1),
        None => 0,
    };
    versions_let_through(catalog, query)
        .skip(begin)
        .take(query.first)
        .collect()
}

fn members(view: &View, query: &GridQuery, axis: Axis) -> Result<Members> {
    let catalog = &view.catalog;
    let named = |key: Key, name: &str| Header {
        name: name.to_owned(),
        key,
        fold: Fold::default(),
        summary: None,
    };
    let headers: Vec<Header> = match axis {
        Axis::Version => {
            let all: Vec<_> = match &query.versions {
                Some(_) => versions_shown(catalog, query)?,
                None if query.rows == Axis::Version => {
                    versions_let_through(catalog, query).collect()
                }
                None => page_of_versions(catalog, query),
            };
            all.into_iter()
                .map(|row| named(Key::Version(row.id, row.kind), &row.name))
                .collect()
        }
        Axis::Feature => {
            let names = query.features.as_ref();
            for name in names.into_iter().flatten() {
                catalog.feature(name)?;
            }
            let shown = catalog.features.iter();
            shown
                .filter(|row| names.is_none_or(|names| names.contains(&row.name)))
                .map(|row| named(Key::Feature(row.id, row.action), &row.name))
                .collect()
        }
        Axis::DeviceType => {
            let names = query.device_types.as_ref();
            for name in names.into_iter().flatten() {
                catalog.device_type(name)?;
            }
            let shown = catalog.device_types.iter();
            shown
                .filter(|row| names.is_none_or(|names| names.contains(&row.name)))
                .map(|row| named(Key::DeviceType(row.id), &row.name))
                .collect()
        }
    };
    Ok(Members::new(headers))
}

impl Members {
    fn new(headers: Vec<Header>) -> Self {
        let places = headers
            .iter()
            .enumerate()
            .map(|(place, header)| (header.key, place))
            .collect();
        let found = vec![false; headers.len()];
        Self {
            headers,
            places,
            found,
        }
    }

    fn add(&mut self, at: usize, told: &Told) {
        if let Some(header) = self.headers.get_mut(at) {
            header.fold.add(told);
        }
        if let Some(found) = self.found.get_mut(at) {
            *found = true;
        }
    }

    fn only_found(self) -> Self {
        let headers = self.headers.into_iter().zip(self.found);
        let headers = headers.filter(|(_, found)| *found);
        Self::new(headers.map(|(header, _)| header).collect())
    }
}

/// One page of the rows, and where it lies.
fn page(rows: Members, query: &GridQuery) -> Result<(Members, Paging)> {
    let total = rows.headers.len();
    let begin = match &query.after {
        Some(after) => match rows.headers.iter().position(|row| row.name == *after) {
            Some(place) => place + 1,
            None => return Err(Error::input("after", format!("There is no row {after:?}."))),
        },
        None => 0,
    };
    let headers: Vec<_> = rows
        .headers
        .into_iter()
        .skip(begin)
        .take(query.first)
        .collect();
    let paging = Paging {
        begin,
        total,
        end_cursor: headers.last().map(|header| header.name.clone()),
        more: begin + headers.len() < total,
    };
    Ok((Members::new(headers), paging))
}

fn shown_on_page<'v>(view: &'v View, rows: &Members) -> Vec<&'v version::Model> {
    let ids = rows.headers.iter().filter_map(|header| match header.key {
        Key::Version(id, _) => Some(id),
        Key::Feature(..) | Key::DeviceType(_) => None,
    });
    ids.filter_map(|id| view.catalog.version_by_id(id))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_two_digits_each() {
        let mut text = String::new();
        for number in [0, 35, 36, MOST, MOST + 1] {
            push_base36(&mut text, number);
        }
        assert_eq!(text, "000z10zzzz");
    }
}
