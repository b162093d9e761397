//! Packs cells into one string per row, so that a grid costs its rows and
//! columns whatever its size.

use std::collections::{HashMap, HashSet};

use entity::{device_type::DeviceTypeId, feature::FeatureId, version};

use super::{
    Axis, Grid, GridQuery, Header, Key, View,
    catalog::Catalog,
    fold::{self, Fold, change_letter},
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
}

pub(super) fn grid(app: &App, view: &View, query: &GridQuery) -> Result<Grid> {
    let (mut rows, total_rows, has_next_page) = page(members(view, query, query.rows)?, query)?;
    let mut columns = members(view, query, query.columns)?;
    let versions = match query.rows {
        // Rows are a page: only its versions count.
        Axis::Version => shown_on_page(view, &rows),
        Axis::Feature | Axis::DeviceType => versions_shown(&view.catalog, query)?,
    };
    let width = columns.headers.len();
    let mut folds = vec![Fold::default(); width * rows.headers.len()];
    let axes = Axes::of(view, query)?;
    let mut failed = None;
    view.walk(&versions, |version, slice, rolling| {
        let base = match view.baseline_of(version, query.baseline.as_deref()) {
            Ok(baseline) => baseline.and_then(|row| view.slice(row.id)),
            Err(error) => {
                failed = Some(error);
                return;
            }
        };
        let version = Key::Version(version.id, version.kind);
        for (spot, told) in fold::tell_all(view, slice, base, rolling) {
            let Some(place) = axes.place(&spot, version) else {
                continue;
            };
            let row = place
                .on(query.rows)
                .and_then(|key| rows.places.get(&key).copied());
            let column = place
                .on(query.columns)
                .and_then(|key| columns.places.get(&key).copied());
            if let Some(header) = row.and_then(|at| rows.headers.get_mut(at)) {
                header.fold.add(&told);
            }
            if let Some(header) = column.and_then(|at| columns.headers.get_mut(at)) {
                header.fold.add(&told);
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
            header.summary = Some(fold::summarize(app, view, version, baseline));
        }
    }
    let folded = folded(query, &view.catalog)?;
    let packed = folds.chunks(width.max(1)).map(|row| pack(row, folded));
    // Without columns there are no chunks, but the rows remain.
    let packed = packed.chain(std::iter::repeat_with(|| pack(&[], folded)));
    Ok(Grid {
        event: view.event,
        columns: columns.headers,
        rows: rows.headers.into_iter().zip(packed).collect(),
        total_rows,
        has_next_page,
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

    fn place(&self, spot: &Spot, version: Key) -> Option<CellAt> {
        let feature = *self.features.get(&spot.0)?;
        let shown = match spot.1 {
            Some(id) => self.device_types.contains(&id),
            None => self.generic,
        };
        shown.then_some(CellAt {
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

fn pack(folds: &[Fold], folded: bool) -> Packed {
    let mut packed = Packed {
        verdicts: String::with_capacity(folds.len()),
        changes: String::with_capacity(folds.len()),
        counts: String::with_capacity(if folded { folds.len() * 4 } else { 0 }),
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
    query: &GridQuery,
) -> Result<Vec<&'c version::Model>> {
    let Some(names) = &query.versions else {
        return Ok(page_of_versions(catalog, query));
    };
    for name in names {
        catalog.version(name)?;
    }
    Ok(catalog
        .versions
        .iter()
        .filter(|row| names.contains(&row.name))
        .collect())
}

/// With versions as rows only the page is read.
fn page_of_versions<'c>(catalog: &'c Catalog, query: &GridQuery) -> Vec<&'c version::Model> {
    if query.rows != Axis::Version {
        return catalog.versions.iter().take(query.first).collect();
    }
    let begin = match &query.after {
        Some(after) => catalog
            .versions
            .iter()
            .position(|row| row.name == *after)
            .map_or(0, |place| place + 1),
        None => 0,
    };
    catalog
        .versions
        .iter()
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
                None if query.rows == Axis::Version => catalog.versions.iter().collect(),
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
        Self { headers, places }
    }
}

/// One page of the rows, how many there are, and whether more follow.
fn page(rows: Members, query: &GridQuery) -> Result<(Members, usize, bool)> {
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
    let more = begin + headers.len() < total;
    Ok((Members::new(headers), total, more))
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
