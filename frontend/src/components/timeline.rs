//! A day drawn: hours, windows, leases and jobs. Places are attributes of SVG,
//! since the page's policy knows no other way to say where something lies.
//!
//! Must not know which lab or device it is.

use yew::{Html, html};

use crate::hooks::clock;
use crate::hooks::zone::Zone;
use crate::model::lab::Lab;
use crate::model::lending::{DeviceRow, Lease};
use crate::model::timeline::{Day, JobLook, Phase, Span, Tick, told};

/// What all lines of a lab have behind them.
pub(crate) struct Ground {
    pub day: Day,
    ticks: Vec<Tick>,
    windows: Vec<Span>,
    /// "07:42", by the lab's clock.
    now: String,
}

impl Ground {
    pub(crate) fn of(lab: &Lab, day: Day) -> Self {
        let zone = Zone::named(&lab.zone);
        let local = |at| zone.as_ref().and_then(|zone| zone.local(at));
        let windows = lab
            .windows
            .iter()
            .filter_map(|(opens, closes)| day.span(clock::millis(opens)?, clock::millis(closes)?));
        Self {
            day,
            ticks: day.ticks(local),
            windows: windows.collect(),
            now: local(day.now).map_or_else(String::new, |local| {
                format!("{:02}:{:02} ", local.hour, local.minute)
            }),
        }
    }

    fn lines(&self) -> Html {
        let now = self.day.at(self.day.now);
        html! {
            <>
            { for self.windows.iter().map(|span| bar("window", span, "0", "100%")) }
            { for self.ticks.iter().map(|tick| html! {
                <line class={if tick.is_midnight { "midnight" } else { "hour" }}
                    x1={tick.x.clone()} x2={tick.x.clone()} y1="0" y2="100%" />
            }) }
            { for self.windows.iter().map(|span| html! {
                <line class="edge" x1={span.x.clone()} x2={span.x.clone()} y1="0" y2="100%" />
            }) }
            <line class="now" x1={now.clone()} x2={now} y1="0" y2="100%" />
            </>
        }
    }
}

/// The hours by the lab's clock.
pub(crate) fn axis(ground: &Ground) -> Html {
    let texts = ground.ticks.iter().filter(|tick| !tick.text.is_empty());
    html! {
        <svg class="axis" aria-hidden="true">
            { for texts.map(|tick| {
                let class = match (tick.is_midnight, tick.is_major) {
                    (true, true) => "day",
                    (true, false) => "day minor",
                    (false, true) => "",
                    (false, false) => "minor",
                };
                html! { <text {class} x={tick.x.clone()} y="16">{ &tick.text }</text> }
            }) }
            <text class="now" x={ground.day.at(ground.day.now)} y="16">
                { format!("{}now", ground.now) }
            </text>
        </svg>
    }
}

/// An empty line: the window of a lab that lends nothing.
pub(crate) fn bare(ground: &Ground) -> Html {
    html! { <div class="line"><svg class="track" aria-hidden="true">{ ground.lines() }</svg></div> }
}

/// What a device was lent for, and what ran on it meanwhile.
pub(crate) fn track(ground: &Ground, row: &DeviceRow<'_>) -> Html {
    let leases = row.older.iter().rev().chain(std::iter::once(&row.shown));
    html! {
        <div class="line">
            <svg class="track" role="img" aria-label={label(row)}>
                { ground.lines() }
                // From the middle of the row, however high it is.
                <svg y="50%" width="100%" height="1" overflow="visible">
                    { for leases.map(|lease| drawn(ground, lease)) }
                </svg>
            </svg>
        </div>
    }
}

fn label(row: &DeviceRow<'_>) -> String {
    let before = match row.older.len() {
        0 => String::new(),
        1 => ", lent once before".to_owned(),
        more => format!(", lent {more} times before"),
    };
    format!("{}, {}{before}", row.shown.word(), told(&row.shown.jobs))
}

fn drawn(ground: &Ground, lease: &Lease) -> Html {
    let phases = ground.day.phases(lease, clock::millis);
    html! {
        <>
        { for phases.iter().map(|(phase, span)| {
            bar(match phase {
                Phase::Waiting => "waiting",
                Phase::Held => "held",
                Phase::Overdue => "overdue",
            }, span, "-9", "18")
        }) }
        { for lease.jobs.iter().filter_map(|job| {
            let span = ground.day.job(job, clock::millis)?;
            let (class, y, height) = look(job.look);
            Some(html! {
                <rect {class} x={span.x} {y} width={span.width} {height}>
                    <title>{ format!("{}, job {}: {}", job.name, job.number, job.look.word()) }</title>
                </rect>
            })
        }) }
        </>
    }
}

/// They differ by height and outline, not by colour alone.
pub(crate) fn look(look: JobLook) -> (&'static str, &'static str, &'static str) {
    match look {
        JobLook::Complete => ("complete", "-3", "6"),
        JobLook::Failed => ("failed", "-7", "14"),
        JobLook::Infra => ("infra", "-5", "10"),
        JobLook::Canceled => ("canceled", "-1", "2"),
        JobLook::Running => ("running", "-5", "10"),
    }
}

fn bar(class: &'static str, span: &Span, y: &'static str, height: &'static str) -> Html {
    html! {
        <rect {class} x={span.x.clone()} {y} width={span.width.clone()} {height} />
    }
}

/// What the drawing means.
pub(crate) fn legend() -> Html {
    let sign = |class: &'static str, y, height| {
        html! {
            <svg class="track sign" aria-hidden="true">
                <svg y="50%" width="100%" height="1" overflow="visible">
                    <rect {class} x="1" {y} width="16" {height} />
                </svg>
            </svg>
        }
    };
    let phases = [
        ("window", "lent window"),
        ("held", "held"),
        ("waiting", "planned or waiting"),
        ("overdue", "overdue"),
    ];
    html! {
        <ul class="signs" aria-label="What the lines mean">
            { for phases.map(|(class, said)| html! { <li>{ sign(class, "-9", "18") }{ said }</li> }) }
            { for JobLook::ALL.map(|one| {
                let (class, y, height) = look(one);
                html! { <li>{ sign(class, y, height) }{ format!("job {}", one.word()) }</li> }
            }) }
        </ul>
    }
}
