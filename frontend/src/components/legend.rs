//! What the symbols mean: only those in use.
//!
//! Must not know the grid beyond what it shows.

use std::collections::BTreeSet;
use yew::{Html, html};

use super::symbol::{mark_class, swatch};
use crate::model::change::ChangeClass;
use crate::model::grid::Grid;
use crate::model::verdict::{CellVerdict, Shown};
use crate::model::view::View;

pub(crate) fn legend(grid: &Grid, view: &View) -> Html {
    let (mut verdicts, mut changes) = (BTreeSet::new(), BTreeSet::new());
    for row in view.rows.iter() {
        for column in view.columns.iter() {
            if let Some(cell) = grid.cell(row.index, column.index) {
                verdicts.insert(match cell.shown {
                    // Drawn alike, so explained once.
                    Shown::Own(CellVerdict::NotReached) => Shown::Own(CellVerdict::Planned),
                    Shown::Own(_) | Shown::CarriedFail | Shown::CarriedPass => cell.shown,
                });
                changes.extend(cell.change);
            }
        }
    }
    let still = changes.contains(&ChangeClass::StillFailing);
    html! {
        <ul class="legend" aria-label="Legend">
            { for verdicts.into_iter().map(|shown| html! {
                <li>{ swatch(shown, None) }{ meaning(shown) }</li>
            }) }
            if still {
                <li title={ChangeClass::StillFailing.meaning()}>
                    { swatch(Shown::Own(CellVerdict::Fail), Some(ChangeClass::StillFailing)) }
                    { ChangeClass::StillFailing.word() }
                </li>
            }
            { for changes.into_iter().filter(|change| change.mark().is_some()).map(|change| html! {
                <li title={change.meaning()}>
                    <span class="sw mk">
                        <span class={mark_class(change)} aria-hidden="true">{ change.mark() }</span>
                    </span>
                    { change.word() }
                </li>
            }) }
        </ul>
    }
}

fn meaning(shown: Shown) -> &'static str {
    match shown {
        Shown::Own(CellVerdict::Planned) => "planned or not reached",
        Shown::Own(_) | Shown::CarriedFail | Shown::CarriedPass => shown.meaning(),
    }
}
