//! When a round of a lab begins and why it closes. Pure.

use chrono::{DateTime, Utc};
use entity::{lab, round};

use super::{
    Timing,
    reason::{Code, Reason},
};
use crate::window::Window;

/// What decides over a round.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    pub lab: &'a lab::Model,
    pub window: Window,
    /// The federated server's version, if it was told just now.
    pub version: Option<&'a str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// Not now; the sentence says why not.
    No(String),
    Yes {
        opens_at: DateTime<Utc>,
        ends_at: DateTime<Utc>,
    },
}

/// Whether a round begins now. `last` is the lab's latest round.
#[must_use]
pub fn start(
    seen: &Seen<'_>,
    last: Option<&round::Model>,
    timing: &Timing,
    now: DateTime<Utc>,
) -> Start {
    let no = |sentence: &str| Start::No(sentence.to_owned());
    if seen.lab.paused {
        return no("The lab is paused.");
    }
    let Window::Open { since, until } = seen.window else {
        return no("The window is closed.");
    };
    if until - now < timing.closing + timing.worthwhile {
        return no("What is left of the window is not worth a round.");
    }
    if let Some(last) = last.filter(|last| last.opens_at == since)
        && last.code.as_deref() != Some(Code::VersionMoved.as_str())
    {
        return no("This window had its round.");
    }
    if seen.version.is_none() {
        return no("The federated server does not tell its version.");
    }
    Start::Yes {
        opens_at: since,
        ends_at: until,
    }
}

/// Why an open round closes now; None while it goes on.
#[must_use]
pub fn close(
    row: &round::Model,
    version: &str,
    seen: &Seen<'_>,
    timing: &Timing,
    now: DateTime<Utc>,
) -> Option<Reason> {
    if let Some(told) = seen.version.filter(|told| *told != version) {
        return Some(Reason::new(
            Code::VersionMoved,
            format!("The federated server went from {version} to {told}."),
        ));
    }
    if now >= row.ends_at - timing.closing {
        return Some(Reason::new(Code::WindowEnds, "The lab's window ends."));
    }
    if seen.lab.paused {
        return Some(Reason::new(Code::LabPaused, "The lab was paused."));
    }
    match seen.window {
        Window::Open { since, until } if since == row.opens_at && until == row.ends_at => None,
        Window::Open { .. } | Window::Closed { .. } => Some(Reason::new(
            Code::LabChanged,
            "The lab's window was changed.",
        )),
    }
}
