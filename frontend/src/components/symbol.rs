//! Glyphs and marks: how a verdict, a change and a state look.
//!
//! Must not know where they stand.

use yew::{Html, classes, html};

use crate::model::change::ChangeClass;
use crate::model::verdict::{CellVerdict, Shown};

/// The drawings, each on 16 × 16.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Glyph {
    Check,
    Cross,
    Wave,
    Bolt,
    Ring,
    Point,
    Dash,
    Disc,
    Half,
    Close,
    Open,
}

struct Drawing {
    path: &'static str,
    /// 0: filled.
    stroke: &'static str,
}

impl Glyph {
    fn drawing(self) -> Drawing {
        let (path, stroke) = match self {
            Self::Check => ("M3.2 8.7 6.4 11.8 12.6 4.6", "1.6"),
            Self::Cross => ("M3.8 3.8 12.2 12.2M12.2 3.8 3.8 12.2", "2.6"),
            Self::Wave => ("M1.6 10.2C3 5 6.2 5 8 8S13 11 14.4 5.8", "2.3"),
            Self::Bolt => ("M9.8 1.2 3.2 9.1H7L6.1 14.8 12.8 6.7H8.9Z", "0"),
            Self::Ring => ("M8 3A5 5 0 1 0 13 8", "2"),
            Self::Point => ("M8 6.2A1.8 1.8 0 1 0 8 9.8 1.8 1.8 0 1 0 8 6.2Z", "0"),
            Self::Dash => ("M3.5 8H12.5", "1.6"),
            Self::Disc => ("M8 2.5A5.5 5.5 0 1 0 8 13.5 5.5 5.5 0 1 0 8 2.5Z", "0"),
            Self::Half => (
                "M8 3A5 5 0 1 0 8 13 5 5 0 1 0 8 3ZM8 4.5V11.5M10.2 5V11",
                "2.2",
            ),
            Self::Close => ("M4 4 12 12M12 4 4 12", "1.8"),
            Self::Open => ("M5.6 3.2 10.6 8 5.6 12.8", "2"),
        };
        Drawing { path, stroke }
    }
}

pub(crate) fn glyph_of(shown: Shown) -> Glyph {
    match shown {
        Shown::Own(CellVerdict::Pass | CellVerdict::PassSoFar) | Shown::CarriedPass => Glyph::Check,
        Shown::Own(CellVerdict::Fail) | Shown::CarriedFail => Glyph::Cross,
        Shown::Own(CellVerdict::Flaky) => Glyph::Wave,
        Shown::Own(CellVerdict::Infra) => Glyph::Bolt,
        Shown::Own(CellVerdict::Running) => Glyph::Ring,
        Shown::Own(CellVerdict::Planned | CellVerdict::NotReached) => Glyph::Point,
        Shown::Own(CellVerdict::NotApplicable) => Glyph::Dash,
    }
}

/// The class that colours a cell or swatch. A failure the baseline had too is
/// duller than a new one: it is not what this version broke.
pub(crate) fn class_of(shown: Shown, change: Option<ChangeClass>) -> &'static str {
    match shown {
        Shown::Own(CellVerdict::Fail) if change == Some(ChangeClass::StillFailing) => "v-still",
        Shown::Own(CellVerdict::Pass) => "v-pass",
        Shown::Own(CellVerdict::PassSoFar) => "v-part",
        Shown::Own(CellVerdict::Fail) => "v-fail",
        Shown::Own(CellVerdict::Flaky) => "v-flaky",
        Shown::Own(CellVerdict::Infra) => "v-infra",
        Shown::Own(CellVerdict::Running) => "v-running",
        Shown::Own(CellVerdict::Planned | CellVerdict::NotReached) => "v-planned",
        Shown::Own(CellVerdict::NotApplicable) => "v-na",
        Shown::CarriedPass => "v-cpass",
        Shown::CarriedFail => "v-cfail",
    }
}

pub(crate) fn mark_class(change: ChangeClass) -> &'static str {
    match change {
        ChangeClass::Regression => "m m-bad",
        ChangeClass::NewFailure => "m m-bad",
        ChangeClass::Fixed => "m m-good",
        ChangeClass::StillFailing
        | ChangeClass::Flaky
        | ChangeClass::NewPass
        | ChangeClass::Appeared
        | ChangeClass::Gone => "m",
    }
}

pub(crate) fn glyph(glyph: Glyph) -> Html {
    let drawing = glyph.drawing();
    let filled = drawing.stroke == "0";
    html! {
        <svg class={if filled { "g solid" } else { "g" }} viewBox="0 0 16 16" aria-hidden="true">
            <path d={drawing.path} stroke-width={drawing.stroke} />
        </svg>
    }
}

/// The corner mark of a change, if it has one.
pub(crate) fn mark(change: Option<ChangeClass>) -> Html {
    match change.and_then(|change| Some((change, change.mark()?))) {
        Some((change, letter)) => html! {
            <span class={mark_class(change)} aria-hidden="true">{ letter }</span>
        },
        None => Html::default(),
    }
}

/// A small square as the cell has it, for chips, legend and lists.
pub(crate) fn swatch(shown: Shown, change: Option<ChangeClass>) -> Html {
    html! {
        <span class={classes!("sw", class_of(shown, change))}>{ glyph(glyph_of(shown)) }</span>
    }
}

/// A verdict with its word.
pub(crate) fn verdict(shown: Shown) -> Html {
    html! {
        <span class="verdict">{ swatch(shown, None) }{ shown.word() }</span>
    }
}
