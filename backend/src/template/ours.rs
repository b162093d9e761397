//! What lavafed adds to every definition it submits: set in its tree, whatever
//! the template says. Must not know of FED and SLAVE jobs.

use chrono::TimeDelta;

use super::{Callback, timeouts, tree};
use crate::lava::yaml::Node;

/// What a job is to LAVA.
pub(super) struct Ours<'a> {
    /// The name by which it is found again.
    pub(super) name: &'a str,
    pub(super) visibility: Visibility,
    pub(super) tags: &'a [&'a str],
    /// How long it may wait for its device.
    pub(super) queue: TimeDelta,
    /// How long it may run then.
    pub(super) job: TimeDelta,
    pub(super) dataset: Dataset,
    pub(super) callback: Callback<'a>,
    pub(super) metadata: Vec<(&'static str, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Visibility {
    Public,
    /// To whoever submitted it.
    Personal,
}

/// What LAVA sends when the job has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dataset {
    Minimal,
    Results,
}

/// Sets it all.
pub(super) fn add(root: &mut Node, ours: Ours<'_>) {
    let visibility = match ours.visibility {
        Visibility::Public => "public",
        Visibility::Personal => "personal",
    };
    tree::set(root, "job_name", tree::text(ours.name));
    tree::set(root, "visibility", tree::text(visibility));
    // A lent device is there for this alone and only for a while: nothing else
    // that waits for its device-type is to take it meanwhile.
    tree::set(root, "priority", tree::text("high"));
    if !ours.tags.is_empty() {
        let tags = ours.tags.iter().map(|tag| tree::text(*tag)).collect();
        tree::set(root, "tags", Node::List(tags));
    }
    timeouts::cap(root, ours.job);
    match tree::own(root, "timeouts") {
        Some(timeouts) => tree::set(timeouts, "queue", timeouts::written(ours.queue)),
        None => {
            let job = timeouts::written(ours.job);
            let queue = timeouts::written(ours.queue);
            tree::set(
                root,
                "timeouts",
                tree::map([("job", job), ("queue", queue)]),
            );
        }
    }
    let mut metadata = match root.get("metadata") {
        Some(Node::Map(pairs)) => Node::Map(pairs.clone()),
        Some(Node::Scalar(_) | Node::List(_)) | None => Node::Map(Vec::new()),
    };
    for (key, value) in ours.metadata {
        tree::set(&mut metadata, key, tree::text(value));
    }
    tree::set(root, "metadata", metadata);
    tree::set(root, "notify", notify(ours.dataset, ours.callback));
}

/// One callback when the job has ended. LAVA's defaults are GET, urlencoded
/// and no results, so each is said.
fn notify(dataset: Dataset, callback: Callback<'_>) -> Node {
    let dataset = match dataset {
        Dataset::Minimal => "minimal",
        Dataset::Results => "results",
    };
    let callback = tree::map([
        ("url", tree::text(callback.url)),
        ("method", tree::text("POST")),
        ("dataset", tree::text(dataset)),
        ("content-type", tree::text("json")),
        ("token", tree::text(callback.token)),
        ("header", tree::text("Authorization")),
    ]);
    tree::map([
        ("criteria", tree::map([("status", tree::text("finished"))])),
        ("callbacks", Node::List(vec![callback])),
    ])
}
