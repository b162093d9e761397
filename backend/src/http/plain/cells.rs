//! The grid from each of its sides as plain tables.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use query::Word as _;

use super::{Asked, Named, Plain, Row, Table};
use crate::{
    app::App,
    error::Result,
    release as rule,
    service::{
        compare as comparing,
        grid::{self, Axis, Grid, GridQuery, Place, change_word, verdict_word},
        release as releasing,
    },
};

/// Versions of one page: a reader without script, and a machine, turn pages.
const VERSIONS: usize = 30;
/// Rows of the other sides: all there are.
const ROWS: usize = 1000;

fn sides(asked: &Asked, rows: Axis, columns: Axis) -> Result<GridQuery> {
    Ok(GridQuery {
        rows,
        columns,
        versions: None,
        features: None,
        device_types: None,
        baseline: asked.baseline.clone(),
        first: if rows == Axis::Version {
            VERSIONS
        } else {
            ROWS
        },
        after: asked.after.clone(),
        as_of: asked.as_of,
        query: asked.query()?,
    })
}

fn kind(axis: Axis) -> &'static str {
    match axis {
        Axis::Version => "versions",
        Axis::Feature => "features",
        Axis::DeviceType => "device-types",
    }
}

fn table(caption: String, corner: &'static str, grid: &Grid, asked: (Axis, Axis)) -> Table {
    let (rows, columns) = asked;
    let named = |axis: Axis, header: &grid::Header| Named::at(kind(axis), &header.name);
    Table {
        caption,
        corner,
        columns: grid
            .columns
            .iter()
            .map(|header| named(columns, header))
            .collect(),
        rows: grid
            .rows
            .iter()
            .map(|(header, packed)| Row {
                head: named(rows, header),
                cells: packed.places().map(|place| place.words()).collect(),
            })
            .collect(),
    }
}

/// The page behind this one, with all that was asked for.
fn older(grid: &Grid, path: &str, asked: &Asked) -> Vec<Named> {
    let next = grid.end_cursor.clone().filter(|_| grid.has_next_page);
    let link = next.map(|after| {
        let asked = Asked {
            after: Some(after),
            ..asked.clone()
        };
        Named {
            name: "Older versions".to_owned(),
            href: Some(format!("{path}?{}", asked.write())),
        }
    });
    link.into_iter().collect()
}

pub(super) async fn versions(app: &Arc<App>, asked: Asked, now: DateTime<Utc>) -> Result<Plain> {
    let axes = (Axis::Version, Axis::Feature);
    let query = GridQuery {
        device_types: asked.device_type.clone().map(|name| vec![name]),
        ..sides(&asked, axes.0, axes.1)?
    };
    let grid = grid::grid(app, &query, now).await?;
    let tested = grid
        .rows
        .iter()
        .filter_map(|(header, _)| header.summary.as_ref());
    // of a device-type the grid has one sentence, of all the newest tested version
    let newest = tested
        .clone()
        .find(|summary| summary.standing.tested > 0)
        .or_else(|| tested.clone().next());
    let newest = newest.map(|summary| summary.sentence.clone());
    let is_narrow = asked.text.is_some() || asked.show.is_some() || asked.after.is_some();
    // what is pressed hides versions here, and not where the sentence is read again
    let newest = newest.filter(|_| !is_narrow);
    let top = grid.sentence.clone().or(newest);
    let mut sentences = vec![
        "Which feature of LAVA works on which device-type, in which version: tested every day on real boards that labs lend.".to_owned(),
    ];
    if grid.rows.is_empty() {
        let nothing = if is_narrow {
            "No cell is found."
        } else {
            "No version was tested yet."
        };
        sentences.push(nothing.to_owned());
    }
    Ok(Plain {
        heading: "lavafed".to_owned(),
        top,
        sentences,
        links: older(&grid, "/", &asked),
        tables: vec![table(
            "Features by version, over all device-types".to_owned(),
            "version",
            &grid,
            axes,
        )],
    })
}

pub(super) async fn version(
    app: &Arc<App>,
    name: &str,
    asked: Asked,
    now: DateTime<Utc>,
) -> Result<Plain> {
    let baseline = asked.baseline.as_deref();
    let release = releasing::release(app, name, baseline, asked.as_of, now).await?;
    let baseline = release.baseline.as_ref().map(|row| row.name.as_str());
    let answer = rule::sentence(name, baseline, &release.standing);
    let axes = (Axis::Feature, Axis::DeviceType);
    let query = GridQuery {
        versions: Some(vec![name.to_owned()]),
        ..sides(&asked, axes.0, axes.1)?
    };
    let mut grid = grid::grid(app, &query, now).await?;
    // a generic feature has no device-type: what it shows stands at its row
    let generic = grid.rows.extract_if(.., |(header, _)| {
        matches!(header.key, grid::Key::Feature(_, None))
    });
    let generic: Vec<_> = generic
        .map(|(header, _)| Row {
            cells: vec![Place::from(&header.fold).words()],
            head: Named::at("features", &header.name),
        })
        .collect();
    let mut tables = vec![table(
        format!("Features by device-type in LAVA {name}"),
        "feature",
        &grid,
        axes,
    )];
    if !generic.is_empty() {
        tables.push(Table {
            caption: format!("Features of no device-type in LAVA {name}"),
            corner: "feature",
            columns: vec![Named::only("all")],
            rows: generic,
        });
    }
    Ok(Plain {
        heading: format!("LAVA {name}"),
        top: Some(answer.clone()),
        sentences: vec![answer],
        tables,
        links: Vec::new(),
    })
}

/// What broke in a version, and what of it is waived.
pub(super) async fn waivers(app: &Arc<App>, name: &str, now: DateTime<Utc>) -> Result<Plain> {
    let release = releasing::release(app, name, None, None, now).await?;
    let baseline = release.baseline.as_ref().map(|row| row.name.as_str());
    let broken = release.changes.iter();
    let rows = broken.filter(|change| rule::blocks(change.class));
    let rows = rows.map(|change| {
        let waiver = change.waiver.as_ref().map_or_else(
            || "not waived".to_owned(),
            |waiver| {
                let until = waiver.ends_at.format("%Y-%m-%d %H:%M UTC");
                format!("{}, until {until}", waiver.reason)
            },
        );
        let device_type = change.device_type.as_ref();
        Row {
            head: Named::at("features", &change.feature.name),
            cells: vec![
                device_type.map(|row| row.name.clone()).unwrap_or_default(),
                change_word(Some(change.class)).word().to_owned(),
                waiver,
            ],
        }
    });
    Ok(Plain {
        heading: format!("Waivers of LAVA {name}"),
        top: None,
        sentences: vec![rule::sentence(name, baseline, &release.standing)],
        tables: vec![Table {
            caption: format!("What broke in LAVA {name}"),
            corner: "feature",
            columns: ["device-type", "change", "waiver"].map(Named::only).into(),
            rows: rows.collect(),
        }],
        links: vec![Named::at("versions", name)],
    })
}

pub(super) async fn feature(
    app: &Arc<App>,
    name: &str,
    asked: Asked,
    now: DateTime<Utc>,
) -> Result<Plain> {
    let axes = (Axis::Version, Axis::DeviceType);
    let query = GridQuery {
        features: Some(vec![name.to_owned()]),
        ..sides(&asked, axes.0, axes.1)?
    };
    let grid = grid::grid(app, &query, now).await?;
    Ok(history(&grid, axes, (Axis::Feature, name), &asked))
}

pub(super) async fn device_type(
    app: &Arc<App>,
    name: &str,
    asked: Asked,
    now: DateTime<Utc>,
) -> Result<Plain> {
    let axes = (Axis::Version, Axis::Feature);
    let query = GridQuery {
        device_types: Some(vec![name.to_owned()]),
        ..sides(&asked, axes.0, axes.1)?
    };
    let grid = grid::grid(app, &query, now).await?;
    Ok(history(&grid, axes, (Axis::DeviceType, name), &asked))
}

fn history(grid: &Grid, axes: (Axis, Axis), of: (Axis, &str), asked: &Asked) -> Plain {
    let (axis, name) = of;
    let path = format!("/{}/{}", kind(axis), urlencoding::encode(name));
    Plain {
        heading: name.to_owned(),
        // A page of older versions has none.
        top: Some(grid.sentence.clone().unwrap_or_else(|| name.to_owned())),
        sentences: grid.sentence.iter().cloned().collect(),
        tables: vec![table(format!("{name} by version"), "version", grid, axes)],
        links: older(grid, &path, asked),
    }
}

pub(super) async fn compare(
    app: &Arc<App>,
    base: &str,
    head: &str,
    asked: Asked,
    now: DateTime<Utc>,
) -> Result<Plain> {
    let comparison = comparing::compare(app, base, head, asked.as_of, now).await?;
    let counts: Vec<_> = comparing::counts(&comparison)
        .into_iter()
        .map(|(class, count)| format!("{} {count}", change_word(Some(class)).word()))
        .collect();
    let sentence = if counts.is_empty() {
        format!("No cell changed from LAVA {base} to {head}.")
    } else {
        format!("From LAVA {base} to {head}: {}.", counts.join(", "))
    };
    let rows = comparison.changes.iter().map(|change| Row {
        head: Named::at("features", &change.feature.name),
        cells: vec![
            change
                .device_type
                .as_ref()
                .map(|row| row.name.clone())
                .unwrap_or_default(),
            change_word(Some(change.class)).word().to_owned(),
            verdict_word(change.base).word().to_owned(),
            verdict_word(change.head).word().to_owned(),
        ],
    });
    let columns = ["device-type", "change", base, head];
    Ok(Plain {
        heading: format!("{base} and {head}"),
        top: None,
        sentences: vec![sentence],
        tables: vec![Table {
            caption: format!("Cells that changed from LAVA {base} to {head}"),
            corner: "feature",
            columns: columns.map(Named::only).into(),
            rows: rows.collect(),
        }],
        links: vec![Named::at("versions", base), Named::at("versions", head)],
    })
}
