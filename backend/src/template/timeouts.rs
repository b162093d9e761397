//! The time-outs of a job definition: reading them, and making them fit. Must
//! not know why a job has only so much time.

use chrono::TimeDelta;

use super::tree;
use crate::lava::yaml::{Node, ScalarKind};

/// LAVA takes whole numbers of one of these.
const UNITS: [(&str, i64); 4] = [
    ("days", 86_400),
    ("hours", 3_600),
    ("minutes", 60),
    ("seconds", 1),
];

/// What LAVA may take for a time-out; longer ones are slips of the pen.
const LONGEST: i64 = 30 * 86_400;

/// Reads `{minutes: 10}`.
pub(super) fn read(node: &Node) -> Result<TimeDelta, &'static str> {
    let wrong = "is no time-out: write one of days, hours, minutes and seconds with a whole number, as in {minutes: 10}";
    let entries = node.entries();
    let mut told = UNITS
        .iter()
        .filter_map(|(unit, seconds)| entries.get(unit).map(|count| (*count, *seconds)));
    let (Some((Node::Scalar(count), seconds)), None) = (told.next(), told.next()) else {
        return Err(wrong);
    };
    if count.kind != ScalarKind::Number {
        return Err(wrong);
    }
    let total = count.text.parse::<i64>().ok();
    match total.and_then(|count| count.checked_mul(seconds)) {
        Some(total) if (1..=LONGEST).contains(&total) => Ok(TimeDelta::seconds(total)),
        Some(_) | None => Err(wrong),
    }
}

/// The time-out of the whole job.
pub(super) fn of_job(root: &Node) -> Option<&Node> {
    root.get("timeouts")
        .and_then(|timeouts| timeouts.get("job"))
}

/// All time-outs below the whole job's, each with its place.
pub(super) fn all(root: &Node) -> Vec<(String, &Node)> {
    let mut found = Vec::new();
    if let Some(timeouts) = root.get("timeouts") {
        for (name, value) in timeouts.entries() {
            match name {
                "actions" | "connections" => named(&mut found, &format!("timeouts.{name}"), value),
                "job" | "queue" => {}
                _ => found.push((format!("timeouts.{name}"), value)),
            }
        }
    }
    let actions = root.get("actions").map(Node::items).unwrap_or_default();
    for (nth, action) in actions.iter().enumerate() {
        for (kind, parameters) in action.entries() {
            let place = format!("actions[{nth}].{kind}");
            if let Some(value) = parameters.get("timeout") {
                found.push((format!("{place}.timeout"), value));
            }
            if let Some(values) = parameters.get("timeouts") {
                named(&mut found, &format!("{place}.timeouts"), values);
            }
        }
    }
    found
}

fn named<'a>(found: &mut Vec<(String, &'a Node)>, place: &str, values: &'a Node) {
    for (name, value) in values.entries() {
        found.push((format!("{place}.{name}"), value));
    }
}

/// Shortens every time-out that is longer than the job may take.
pub(super) fn cap(root: &mut Node, most: TimeDelta) {
    if let Some(timeouts) = tree::own(root, "timeouts") {
        for name in tree::keys(timeouts) {
            match (name.as_str(), tree::own(timeouts, &name)) {
                ("actions" | "connections", Some(values)) => cap_each(values, most),
                (_, Some(value)) => shorten(value, most),
                (_, None) => {}
            }
        }
    }
    let Some(Node::List(actions)) = tree::own(root, "actions") else {
        return;
    };
    for action in actions {
        for kind in tree::keys(action) {
            let Some(parameters) = tree::own(action, &kind) else {
                continue;
            };
            if let Some(value) = tree::own(parameters, "timeout") {
                shorten(value, most);
            }
            if let Some(values) = tree::own(parameters, "timeouts") {
                cap_each(values, most);
            }
        }
    }
}

fn cap_each(values: &mut Node, most: TimeDelta) {
    for name in tree::keys(values) {
        if let Some(value) = tree::own(values, &name) {
            shorten(value, most);
        }
    }
}

fn shorten(node: &mut Node, most: TimeDelta) {
    if read(node).is_ok_and(|told| told <= most) {
        return;
    }
    let skip = node.get("skip").cloned();
    *node = written(most);
    if let Some(skip) = skip {
        tree::set(node, "skip", skip);
    }
}

/// Writes whole minutes as minutes, anything else as seconds.
pub(super) fn written(time: TimeDelta) -> Node {
    let seconds = time.num_seconds();
    if seconds % 60 == 0 {
        tree::map([("minutes", tree::number(seconds / 60))])
    } else {
        tree::map([("seconds", tree::number(seconds))])
    }
}
