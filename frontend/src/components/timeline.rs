//! A day drawn: hours, windows, leases and jobs. Places are attributes of SVG,
//! since the page's policy knows no other way to say where something lies.
//!
//! Must not know which lab or device it is.

use yew::{AttrValue, Html, html};

use crate::hooks::clock;
use crate::hooks::zone::Zone;
use crate::model::answer::plural;
use crate::model::lab::Lab;
use crate::model::lending::{DeviceRow, LeaseJob};
use crate::model::timeline::{Day, JobLook, Phase, Span, Tick, boxes, lines, percent, told};

/// What all lines of a lab have behind them.
pub(crate) struct Ground {
    pub day: Day,
    ticks: Vec<Tick>,
    /// Looks and their paths, from the back to the front.
    paths: [(&'static str, AttrValue); 5],
    /// "07:42", by the lab's clock.
    now: String,
}

impl Ground {
    pub(crate) fn of(lab: &Lab, day: Day) -> Self {
        let zone = Zone::named(&lab.zone);
        let local = |at| zone.as_ref().and_then(|zone| zone.local(at));
        let windows: Vec<Span> = lab
            .windows
            .iter()
            .filter_map(|(opens, closes)| day.span(clock::millis(opens)?, clock::millis(closes)?))
            .collect();
        let ticks = day.ticks(local);
        let hours = |is_midnight| {
            let ticks = ticks.iter();
            lines(
                ticks
                    .filter(move |tick| tick.is_midnight == is_midnight)
                    .map(|tick| tick.x),
            )
        };
        let paths = [
            ("window", boxes(&windows, 0, 1)),
            ("hour", hours(false)),
            ("midnight", hours(true)),
            ("edge", lines(windows.iter().map(|span| span.x))),
            ("now", lines([day.share(day.now)])),
        ];
        Self {
            day,
            paths: paths.map(|(class, path)| (class, AttrValue::from(path))),
            ticks,
            now: local(day.now).map_or_else(String::new, |local| {
                format!("{:02}:{:02} ", local.hour, local.minute)
            }),
        }
    }

    fn drawn(&self) -> Html {
        html! {
            <svg viewBox="0 0 10000 1" preserveAspectRatio="none">
                { for self.paths.iter().map(|(class, d)| html! { <path class={*class} {d} /> }) }
            </svg>
        }
    }
}

/// The hours by the lab's clock.
pub(crate) fn axis(ground: &Ground) -> Html {
    let texts = ground.ticks.iter().filter(|tick| !tick.text.is_empty());
    let now = percent(ground.day.share(ground.day.now));
    html! {
        <svg class="axis" aria-hidden="true">
            { for texts.map(|tick| {
                let class = match (tick.is_midnight, tick.is_major) {
                    (true, true) => "day",
                    (true, false) => "day minor",
                    (false, true) => "",
                    (false, false) => "minor",
                };
                html! { <text {class} x={percent(tick.x)} y="16">{ &tick.text }</text> }
            }) }
            <text class="now" x={now} y="16">{ format!("{}now", ground.now) }</text>
        </svg>
    }
}

/// An empty line: the window of a lab that lends nothing.
pub(crate) fn bare(ground: &Ground) -> Html {
    html! { <div class="line"><svg class="track" aria-hidden="true">{ ground.drawn() }</svg></div> }
}

/// What a device was lent for, and what ran on it meanwhile.
pub(crate) fn track(ground: &Ground, row: &DeviceRow<'_>) -> Html {
    html! {
        <div class="line">
            <svg class="track" role="img" aria-label={label(row)}>
                { ground.drawn() }
                // From the middle of the row, however high it is.
                <svg y="50%" width="100%" height="1" overflow="visible"
                    viewBox="0 0 10000 1" preserveAspectRatio="none">
                    { for phases(ground, row) }
                    { for jobs_before(ground, row) }
                    { for row.shown.jobs.iter().filter_map(|job| drawn(ground, job)) }
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

fn phases(ground: &Ground, row: &DeviceRow<'_>) -> impl Iterator<Item = Html> {
    let leases = row.older.iter().copied().chain([row.shown]);
    let all: Vec<(Phase, Span)> = leases
        .flat_map(|lease| ground.day.phases(lease, clock::millis))
        .collect();
    let looks = [
        (Phase::Waiting, "waiting"),
        (Phase::Held, "held"),
        (Phase::Overdue, "overdue"),
    ];
    looks.into_iter().map(move |(phase, class)| {
        let its = all.iter().filter(|(of, _)| *of == phase);
        let d = boxes(its.map(|(_, span)| span), -9, 18);
        html! { <path {class} {d}><title>{ class }</title></path> }
    })
}

/// What ran while the device was lent before, told together.
fn jobs_before(ground: &Ground, row: &DeviceRow<'_>) -> impl Iterator<Item = Html> {
    let jobs: Vec<&LeaseJob> = row.older.iter().flat_map(|lease| &lease.jobs).collect();
    let of = move |one: JobLook| {
        let its = jobs.iter().filter(|job| job.look == one);
        let spans: Vec<Span> = its
            .filter_map(|job| ground.day.job(job, clock::millis))
            .collect();
        let (class, top, height) = look(one);
        let d = boxes(&spans, top, height);
        let count = u32::try_from(spans.len()).unwrap_or(u32::MAX);
        let said = format!("{} before: {}", plural(count, "job"), one.word());
        (!spans.is_empty()).then(|| html! { <path {class} {d}><title>{ said }</title></path> })
    };
    JobLook::ALL.into_iter().filter_map(of)
}

fn drawn(ground: &Ground, job: &LeaseJob) -> Option<Html> {
    let span = ground.day.job(job, clock::millis)?;
    let (class, top, height) = look(job.look);
    let d = boxes([&span], top, height);
    let said = format!("{}, job {}: {}", job.name, job.number, job.look.word());
    Some(html! { <path {class} {d}><title>{ said }</title></path> })
}

/// They differ by height and outline, not by colour alone.
pub(crate) fn look(look: JobLook) -> (&'static str, i64, i64) {
    match look {
        JobLook::Complete => ("complete", -3, 6),
        JobLook::Failed => ("failed", -7, 14),
        JobLook::Infra => ("infra", -5, 10),
        JobLook::Canceled => ("canceled", -1, 2),
        JobLook::Running => ("running", -5, 10),
    }
}

/// What the drawing means.
pub(crate) fn legend() -> Html {
    let sign = |class: &'static str, top, height| {
        html! {
            <svg class="track sign" aria-hidden="true">
                <svg y="50%" width="100%" height="1" overflow="visible">
                    <path {class} d={boxes([&Span { x: 1, width: 16 }], top, height)} />
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
            { for phases.map(|(class, said)| html! { <li>{ sign(class, -9, 18) }{ said }</li> }) }
            { for JobLook::ALL.map(|one| {
                let (class, top, height) = look(one);
                html! { <li>{ sign(class, top, height) }{ format!("job {}", one.word()) }</li> }
            }) }
        </ul>
    }
}
