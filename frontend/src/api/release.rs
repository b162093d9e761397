//! Release and comparison as the server tells them: asked for and read.
//!
//! Must not know how they are shown. Read member by member, see `json::Facts`.

use super::cells::{count, shown, word, word_if};
use super::http::{self, About, Failure};
use super::json::Facts;
use super::operations::{compare_facts, release_facts};
use crate::model::cell::HoleReason;
use crate::model::change::ChangeClass;
use crate::model::release::{Changed, Listed, Missing, Place, Release, Terms, Waiver};

/// Which version, against which, as of which event.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Asked {
    pub version: String,
    pub baseline: Option<String>,
    pub at: Option<i64>,
}

pub(crate) async fn release(asked: Asked) -> Result<Release, Failure> {
    let (query, name) = (release_facts::QUERY, release_facts::OPERATION_NAME);
    let about = About::default()
        .text("version", asked.version)
        .text_if("baseline", asked.baseline)
        .number_if("asOf", asked.at);
    let data = http::ask_facts(query, name, about).await?;
    let read = Facts::read(data, |facts| {
        let release = facts.of("release");
        let missing = release.of("missing");
        Release {
            event: release.number("event"),
            changes: listed(&release.of("changes"), changed),
            missing: listed(&missing, self::missing),
            missing_counts: release
                .list("missingCounts")
                .iter()
                .map(|one| (reason(one), count(one, "count")))
                .collect(),
            waivers: release.list("waivers").iter().map(waiver).collect(),
        }
    });
    read.map_err(|misfit| http::misunderstood(misfit.0))
}

/// The event as of which it is, and all that changed between two versions.
pub(crate) async fn compare(
    base: String,
    version: String,
    at: Option<i64>,
) -> Result<(i64, Vec<Changed>), Failure> {
    let mut all = Vec::new();
    let mut after = None;
    let mut as_of = at;
    loop {
        let about = About::default()
            .text("base", base.clone())
            .text("version", version.clone())
            .text_if("after", after)
            .number_if("asOf", as_of);
        let (query, name) = (compare_facts::QUERY, compare_facts::OPERATION_NAME);
        let data = http::ask_facts(query, name, about).await?;
        let read = Facts::read(data, |facts| {
            let compare = facts.of("compare");
            let page = compare.of("changes");
            let next = page.of("pageInfo");
            (
                compare.number("event"),
                listed(&page, changed).read,
                next.is("hasNextPage")
                    .then(|| next.text_if("endCursor"))
                    .flatten(),
            )
        });
        let (event, changes, next) = read.map_err(|misfit| http::misunderstood(misfit.0))?;
        all.extend(changes);
        if next.is_none() {
            return Ok((event, all));
        }
        // All pages are of one event, whatever happens meanwhile.
        (after, as_of) = (next, Some(event));
    }
}

fn listed<T>(page: &Facts, read: fn(&Facts) -> T) -> Listed<T> {
    Listed {
        read: page.list("nodes").iter().map(read).collect(),
        total: count(page, "totalCount"),
    }
}

fn place(of: &Facts) -> Place {
    Place {
        feature: of.of("feature").text("name"),
        device_type: of.of_if("deviceType").map(|row| row.text("name")),
    }
}

fn changed(change: &Facts) -> Changed {
    Changed {
        place: place(change),
        class: word(change, "class", ChangeClass::read, ChangeClass::Gone),
        base: shown(change, "base"),
        head: shown(change, "head"),
        failing_since: change.of_if("failingSince").map(|row| row.text("name")),
        failing_versions: count(change, "failingVersions"),
        waiver: change.of_if("waiver").map(|waiver| terms(&waiver)),
    }
}

fn missing(cell: &Facts) -> Missing {
    Missing {
        place: place(cell),
        verdict: shown(cell, "verdict"),
        reason: reason(cell),
    }
}

fn waiver(waiver: &Facts) -> Waiver {
    Waiver {
        place: place(waiver),
        terms: terms(waiver),
        at: waiver.text("waivedAt"),
        by: waiver.text("waivedBy"),
    }
}

fn terms(waiver: &Facts) -> Terms {
    Terms {
        reason: waiver.text("reason"),
        url: waiver.text("url"),
        until: waiver.text("until"),
    }
}

fn reason(of: &Facts) -> Option<HoleReason> {
    word_if(of, "reason", HoleReason::read)
}
