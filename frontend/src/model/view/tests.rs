//! Which rows and columns are shown, of grids made by hand.

use super::*;
use crate::model::grid::tests::grid;

const FEATURES: [&str; 4] = ["test.shell", "boot.fastboot", "notifications", "boot.grub"];

fn sample() -> Grid {
    grid(
        &FEATURES,
        &[
            ("2026.11", "PFPP", ".R.."),
            ("2026.10.0052.g7", "PFPP", ".R.."),
            ("2026.10.0049.g4", "PPPP", "...."),
            ("2026.10", "PPPF", "...R"),
            ("2026.09", "PPPP", "...."),
            ("2026.08.0001.g1", "PPPP", "...."),
            ("2026.08", "PPPP", "...."),
        ],
    )
}

fn shown<'a>(grid: &'a Grid, view: &View) -> (Vec<&'a str>, Vec<&'a str>) {
    (
        view.rows
            .iter()
            .filter_map(|row| grid.rows.get(row.index))
            .map(|row| &*row.header.name)
            .collect(),
        view.columns
            .iter()
            .filter_map(|column| grid.columns.get(column.index))
            .map(|header| &*header.name)
            .collect(),
    )
}

fn view_spot(grid: &Grid, column: &str) -> Option<Spot> {
    versions_view(grid, &Asked::default()).find(grid, "2026.11", Some(column))
}

#[test]
fn features_are_grouped_by_what_they_do() {
    let grid = sample();
    let view = versions_view(&grid, &Asked::default());
    let (_, columns) = shown(&grid, &view);
    assert_eq!(
        columns,
        ["notifications", "boot.fastboot", "boot.grub", "test.shell"]
    );
    let groups: Vec<Option<&str>> = view.columns.iter().map(|column| column.group).collect();
    assert_eq!(groups, [Some("generic"), Some("boot"), None, Some("test")]);
}

#[test]
fn old_releases_are_folded_until_asked_for() {
    let grid = sample();
    let (rows, _) = shown(&grid, &versions_view(&grid, &Asked::default()));
    assert_eq!(
        rows,
        [
            "2026.11",
            "2026.10.0052.g7",
            "2026.10.0049.g4",
            "2026.10",
            "2026.09",
            "2026.08"
        ]
    );
    let asked = Asked::from_query("fold=2026.08,2026.10");
    let view = versions_view(&grid, &asked);
    let (rows, _) = shown(&grid, &view);
    assert_eq!(
        rows,
        [
            "2026.11",
            "2026.10",
            "2026.09",
            "2026.08.0001.g1",
            "2026.08"
        ]
    );
    let folds: Vec<Option<Fold>> = view.rows.iter().map(|row| row.fold).collect();
    assert_eq!(
        folds.get(1),
        Some(&Some(Fold {
            versions: 2,
            open: false
        }))
    );
    let seams: Vec<bool> = view.rows.iter().map(|row| row.seam).collect();
    assert_eq!(seams, [false, true, true, true, false]);
}

#[test]
fn a_filter_keeps_what_the_version_in_question_shows() {
    let grid = sample();
    let view = versions_view(&grid, &Asked::from_query("show=regression"));
    let (rows, columns) = shown(&grid, &view);
    assert_eq!(columns, ["boot.fastboot"]);
    assert_eq!(rows.len(), 6);
}

#[test]
fn what_a_query_found_is_shown_whole() {
    let grid = sample();
    let (rows, columns) = shown(
        &grid,
        &versions_view(&grid, &Asked::from_query("q=verdict:fail")),
    );
    assert_eq!((rows.len(), columns.len()), (7, 4));
}

#[test]
fn a_history_has_no_column_without_a_cell() {
    let grid = grid(
        &["x15", "qemu", "juno"],
        &[("2026.11", "P-L", "..."), ("2026.10", "P--", "...")],
    );
    let view = history_view(&grid, &Asked::default(), false);
    let (_, columns) = shown(&grid, &view);
    assert_eq!(columns, ["x15", "juno"]);
    assert!(view.columns.iter().all(|column| column.group.is_none()));
    let grouped = history_view(&grid, &Asked::default(), true);
    let groups: Vec<_> = grouped.columns.iter().map(|column| column.group).collect();
    assert_eq!(groups, [Some("generic"), None]);
}

#[test]
fn words_find_rows_or_columns() {
    let grid = sample();
    let (rows, columns) = shown(
        &grid,
        &versions_view(&grid, &Asked::from_query("q=2026.08+GRUB")),
    );
    assert_eq!(rows, ["2026.08.0001.g1", "2026.08"]);
    assert_eq!(columns, ["boot.grub"]);
    assert!(versions_view(&grid, &Asked::from_query("q=fastbot")).is_empty());
    assert_eq!(
        view_spot(&grid, "boot.grub"),
        Some(Spot { row: 0, column: 3 })
    );
}

#[test]
fn a_version_shows_device_features_in_bands() {
    let grid = grid(
        &["x15", "qemu"],
        &[
            ("test.shell", "PP", ".."),
            ("notifications", "--", ".."),
            ("deploy.nbd", "F-", "R."),
        ],
    );
    let view = version_view(&grid, &Asked::default());
    let (rows, _) = shown(&grid, &view);
    assert_eq!(rows, ["deploy.nbd", "test.shell"]);
    assert!(view.rows.iter().map(|row| row.seam).eq([false, true]));

    let view = version_view(&grid, &Asked::from_query("show=regression"));
    assert_eq!(shown(&grid, &view), (vec!["deploy.nbd"], vec!["x15"]));
}
