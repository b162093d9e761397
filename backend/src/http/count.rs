//! What is counted of each request. Each counter is looked up by its labels
//! once, not with each request.

use std::time::Duration;

use axum::http::StatusCode;
use metrics::{Counter, Histogram};

/// Where a request comes in: a short word for its path, so that paths do not
/// fill the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    Graphql,
    Callback,
    Session,
    Export,
    Feed,
    Badge,
    Probe,
    Page,
}

impl Door {
    const ALL: [Self; 8] = [
        Self::Graphql,
        Self::Callback,
        Self::Session,
        Self::Export,
        Self::Feed,
        Self::Badge,
        Self::Probe,
        Self::Page,
    ];

    pub(super) fn of(path: &str) -> Self {
        match path {
            "/graphql" => Self::Graphql,
            "/api/lava/callback" | "/api/lava/callback/" => Self::Callback,
            "/api/session" => Self::Session,
            "/export/cells.csv" | "/export/cells.json" => Self::Export,
            "/feed.atom" => Self::Feed,
            "/healthz" | "/readyz" | "/metrics" => Self::Probe,
            _ if path.starts_with("/badge/") => Self::Badge,
            _ => Self::Page,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Graphql => "graphql",
            Self::Callback => "callback",
            Self::Session => "session",
            Self::Export => "export",
            Self::Feed => "feed",
            Self::Badge => "badge",
            Self::Probe => "probe",
            Self::Page => "page",
        }
    }
}

const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

#[derive(Clone)]
pub(super) struct Counts {
    doors: [DoorCounts; Door::ALL.len()],
    /// GraphQL answers that were kept.
    pub(super) kept: Counter,
    /// GraphQL answers made to be kept.
    pub(super) made: Counter,
    /// GraphQL answers for the caller alone.
    pub(super) own: Counter,
}

#[derive(Clone)]
struct DoorCounts {
    requests: [Counter; CLASSES.len()],
    seconds: Histogram,
}

impl Counts {
    /// To be made once the recorder is there; before, nothing is counted.
    pub(super) fn new() -> Self {
        let answers = |from| metrics::counter!("lavafed_answers_total", "from" => from);
        Self {
            doors: Door::ALL.map(|door| {
                let door = door.name();
                DoorCounts {
                    requests: CLASSES.map(|class| {
                        metrics::counter!("lavafed_http_requests_total", "door" => door, "status" => class)
                    }),
                    seconds: metrics::histogram!("lavafed_http_request_seconds", "door" => door),
                }
            }),
            kept: answers("kept"),
            made: answers("made"),
            own: answers("own"),
        }
    }

    pub(super) fn answered(&self, door: Door, status: StatusCode, time: Duration) {
        let Some(counts) = self.doors.get(door as usize) else {
            return;
        };
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let Some(requests) = counts.requests.get(class) {
            requests.increment(1);
        }
        counts.seconds.record(time.as_secs_f64());
    }
}
