//! The column headers of the grid.
//!
//! Must not know the rows.

use std::ops::Range;
use std::rc::Rc;

use yew::{Html, classes, html};

use super::row::skip;
use crate::model::grid::Grid;
use crate::model::layout::Shape;
use crate::model::names;
use crate::model::view::View;
use crate::route::Route;

pub(crate) struct Head {
    pub shape: Shape,
    pub grid: Rc<Grid>,
    pub view: Rc<View>,
    pub columns: Range<usize>,
    /// Pixels of the columns before them.
    pub skipped: u32,
    /// Column in the view, 0 being the row's header.
    pub lit: Option<usize>,
}

pub(crate) fn head(props: &Head) -> Html {
    let (corner, date, sums): (_, _, &[&str]) = match props.shape {
        Shape::Versions | Shape::Feature => (
            "Version",
            Some("tested"),
            &["regressions", "fixed", "cells tested"],
        ),
        Shape::Version => ("Feature", None, &["pass"]),
    };
    html! {
        <div role="row" class="r head" aria-rowindex="1">
            <div class="side" role="none">
                <div role="columnheader" class="h" aria-colindex="1">
                    <span class="t">{ corner }</span>
                    if let Some(date) = date {
                        <span class="date">{ date }</span>
                    }
                </div>
                <div class="ks" aria-hidden="true">
                    { for sums.iter().enumerate().map(|(place, sum)| html! {
                        <span class={classes!("k", (place + 1 == sums.len()).then_some("k-wide"))}>
                            <span class="rot">{ *sum }</span>
                        </span>
                    }) }
                </div>
            </div>
            { skip(props.skipped) }
            <>{ for props.columns.clone().filter_map(|column| header(props, column)) }</>
        </div>
    }
}

fn header(props: &Head, column: usize) -> Option<Html> {
    let entry = props.view.columns.get(column)?;
    let header = props.grid.columns.get(entry.index)?;
    let (text, to) = match props.shape {
        Shape::Versions => (
            names::short_feature(&header.name),
            Route::feature(&header.name),
        ),
        Shape::Feature | Shape::Version => (&*header.name, Route::device_type(&header.name)),
    };
    let class = classes!(
        "ch",
        entry.group.map(|_| "gs"),
        (props.lit == Some(column + 1)).then_some("on")
    );
    let next = props.view.columns.get(column + 1);
    let tight = next.is_some_and(|next| next.group.is_some());
    Some(html! {
        <div key={entry.index} role="columnheader" {class} aria-colindex={(column + 2).to_string()}
            title={header.name.to_string()}>
            if let Some(group) = entry.group {
                <span class={classes!("grp", tight.then_some("tight"))} aria-hidden="true">{ group }</span>
            }
            <a class="rot" tabindex="-1" href={to.to_path()}>{ text.to_owned() }</a>
        </div>
    })
}
