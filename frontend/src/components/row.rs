//! One row of the grid: its header, its sums and the cells in sight.
//!
//! Must not know the other rows.

use std::ops::Range;
use std::rc::Rc;

use yew::{Html, Properties, classes, component, html};

use super::chunk::Chunk;
use super::name;
use super::symbol::{Glyph, glyph};
use crate::model::address::Density;
use crate::model::grid::{Grid, GridRow, VersionKind};
use crate::model::label;
use crate::model::layout::{self, Shape};
use crate::model::time;
use crate::model::verdict::{CellVerdict, Shown};
use crate::model::view::{Fold, View, ViewRow};
use crate::route::Route;

#[derive(PartialEq, Properties)]
pub(crate) struct RowProps {
    pub shape: Shape,
    pub density: Density,
    pub grid: Rc<Grid>,
    pub view: Rc<View>,
    pub entry: ViewRow,
    /// Place in the view.
    pub row: usize,
    pub top: u32,
    pub columns: Range<usize>,
    /// Pixels of the columns before them.
    pub skipped: u32,
    /// Columns in the view, 0 being the header.
    pub selected: Option<usize>,
    pub tab_stop: Option<usize>,
    /// Columns in the view that the last reading changed.
    pub fresh: Rc<[usize]>,
    pub reading: u32,
    pub lit: bool,
}

#[component]
pub(crate) fn Row(props: &RowProps) -> Html {
    let Some(row) = props.grid.rows.get(props.entry.index) else {
        return Html::default();
    };
    let release = row.header.kind == Some(VersionKind::Release);
    let class = classes!("r", release.then_some("rel"), props.lit.then_some("on"));
    html! {
        // A property, which is written through the CSSOM: a style attribute is against the page's policy.
        <div ~style={format!("top:{}px", props.top)} role="row" {class} data-row={props.row.to_string()}
            aria-rowindex={(props.row + 2).to_string()}>
            <div class="side" role="none">
                { header(props, row) }
                { sums(props.shape, row) }
            </div>
            { skip(props.skipped) }
            // A list of its own: among nodes without keys these would not be known by theirs.
            <>{ for layout::chunks(&props.columns, props.view.columns.len()).map(|columns| chunk(props, columns)) }</>
        </div>
    }
}

/// The room of the columns that are not drawn. On the spacer itself: a property that all cells inherit would have each
/// of them styled anew.
pub(super) fn skip(pixels: u32) -> Html {
    html! { <div class="skip" ~style={format!("width:{pixels}px")} aria-hidden="true"></div> }
}

fn chunk(props: &RowProps, columns: Range<usize>) -> Html {
    let here = columns.clone();
    let is_here = |column: &usize| column.checked_sub(1).is_some_and(|at| here.contains(&at));
    let fresh: Rc<[usize]> = props.fresh.iter().copied().filter(is_here).collect();
    let reading = if fresh.is_empty() { 0 } else { props.reading };
    let key = columns.start;
    html! {
        <Chunk {key} density={props.density} grid={Rc::clone(&props.grid)}
            view={Rc::clone(&props.view)} index={props.entry.index}
            selected={props.selected.filter(is_here)} tab_stop={props.tab_stop.filter(is_here)}
            {fresh} {reading} {columns} />
    }
}

fn header(props: &RowProps, row: &GridRow) -> Html {
    let tabindex = if props.tab_stop == Some(0) { "0" } else { "-1" };
    let class = classes!("h", (props.selected == Some(0)).then_some("sel"));
    let text = row.header.name.clone();
    match props.shape {
        Shape::Versions | Shape::Feature => {
            let date = row
                .header
                .summary
                .as_ref()
                .and_then(|summary| summary.last_at.as_deref())
                .map(time::day);
            html! {
                <div role="rowheader" {class} aria-colindex="1" {tabindex}
                    aria-label={label::version(row)}
                    aria-expanded={props.entry.fold.map(|fold| fold.open.to_string())}>
                    <a class="t" tabindex="-1" href={Route::version(&text).to_path()}>
                        { name::version(&text) }
                    </a>
                    { fold_button(props.entry.fold) }
                    if let Some(date) = date {
                        <span class="date">{ date }</span>
                    }
                </div>
            }
        }
        Shape::Version => html! {
            <div role="rowheader" {class} aria-colindex="1" {tabindex}
                aria-label={text.to_string()}>
                <span class="t">{ name::feature(&text) }</span>
            </div>
        },
    }
}

fn fold_button(fold: Option<Fold>) -> Html {
    let Some(fold) = fold else {
        return Html::default();
    };
    let what = if fold.open { "Hide" } else { "Show" };
    html! {
        <button class={classes!("fold", fold.open.then_some("open"))} type="button" tabindex="-1"
            data-fold="" title={format!("{what} {} development versions (Space)", fold.versions)}>
            { glyph(Glyph::Open) }{ fold.versions }
        </button>
    }
}

/// Heard as part of the header, so hidden from assistive tools here.
fn sums(shape: Shape, row: &GridRow) -> Html {
    match shape {
        Shape::Versions | Shape::Feature => {
            let Some(summary) = row.header.summary.as_ref() else {
                return html! { <div class="ks" aria-hidden="true"></div> };
            };
            let count = |number: u32, loud: &'static str| {
                let class = classes!("k", if number == 0 { "zero" } else { loud });
                html! { <span {class}>{ number }</span> }
            };
            html! {
                <div class="ks" aria-hidden="true">
                    { count(summary.regressions, "hot") }
                    { count(summary.fixed, "good") }
                    <span class="k k-wide">{ format!("{} %", summary.tested_percent()) }</span>
                </div>
            }
        }
        Shape::Version => {
            let folded = row.header.folded;
            let Some(sum) = folded.counts else {
                return Html::default();
            };
            let fails = folded.shown == Shown::Own(CellVerdict::Fail);
            let class = classes!(
                "k",
                "k-wide",
                fails.then_some("hot"),
                (sum.passed == sum.total).then_some("full")
            );
            html! {
                <div class="ks" aria-hidden="true">
                    <span {class}>{ format!("{}/{}", sum.passed, sum.total) }</span>
                </div>
            }
        }
    }
}
