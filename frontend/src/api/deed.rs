//! What those who may can do by a form, and the waivers of a version.
//!
//! Must not know the forms. Read member by member, see `json::Facts`.

use super::cells::word;
use super::http::{self, About, Failure};
use super::lending::{name_of, nodes, read};
use super::operations::{
    give_back, pause_lab, replay_receipts, resume_lab, revoke_token, unveto_day, unwaive_cell,
    veto_day, waive_cell, waivers as waivers_of,
};
use crate::api::json::Facts;
use crate::model::change::ChangeClass;
use crate::model::release::{Place, Terms, is_broken};
use crate::model::waiver::{Broken, Past, Waivers};

/// What can be done; each is one mutation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Deed {
    Waive {
        version: String,
        place: Place,
        terms: Terms,
    },
    Unwaive {
        version: String,
        place: Place,
    },
    Pause(String),
    Resume(String),
    TakeOff {
        lab: String,
        day: String,
    },
    TakeBack {
        lab: String,
        day: String,
    },
    Replay(String),
    GiveBack {
        lease: String,
        /// It stays in Maintenance.
        keep: bool,
    },
    Revoke(String),
}

/// `NotFound` of the version is a failure.
pub(crate) async fn waivers(version: String) -> Result<Waivers, Failure> {
    let (query, name) = (waivers_of::QUERY, waivers_of::OPERATION_NAME);
    let data = http::ask_facts(query, name, About::default().text("version", version)).await?;
    read(data, |facts| {
        let release = facts.of("release");
        let changes = nodes(&release, "changes");
        Waivers {
            sentence: release.text("sentence"),
            broken: changes.iter().filter_map(broken).collect(),
            breaks: release
                .list("counts")
                .iter()
                .filter(|of| is_broken(word(of, "class", ChangeClass::read, ChangeClass::Gone)))
                .map(|of| of.number("count"))
                .sum(),
            total: facts.of("waivers").number("totalCount"),
            past: nodes(facts, "waivers").iter().map(past).collect(),
        }
    })
}

fn place(of: &Facts) -> Place {
    Place {
        feature: name_of(of, "feature"),
        device_type: of.of_if("deviceType").map(|row| row.text("name")),
    }
}

fn terms(of: &Facts) -> Terms {
    Terms {
        reason: of.text("reason"),
        url: of.text("url"),
        until: of.text("until"),
    }
}

fn broken(change: &Facts) -> Option<Broken> {
    let class = word(change, "class", ChangeClass::read, ChangeClass::Gone);
    is_broken(class).then(|| Broken {
        class,
        place: place(change),
        since: change.of_if("failingSince").map(|row| row.text("name")),
        waiver: change.of_if("waiver").map(|waiver| terms(&waiver)),
    })
}

fn past(waiver: &Facts) -> Past {
    Past {
        place: place(waiver),
        terms: terms(waiver),
        at: waiver.text("waivedAt"),
        by: waiver.text("waivedBy"),
        ended: waiver
            .text_if("endedAt")
            .map(|at| (at, waiver.text_if("endedBy").unwrap_or_default())),
    }
}

/// Does it, or says in a sentence why not.
pub(crate) async fn act(deed: Deed) -> Result<(), Failure> {
    let of_cell = |version, place: Place| {
        About::default()
            .text("version", version)
            .text("feature", place.feature)
            .text_if("deviceType", place.device_type)
    };
    let of_lab = |lab| About::default().text("lab", lab);
    let (query, name, about) = match deed {
        Deed::Waive {
            version,
            place,
            terms,
        } => (
            waive_cell::QUERY,
            waive_cell::OPERATION_NAME,
            of_cell(version, place)
                .text("reason", terms.reason)
                .text("url", terms.url)
                .text("until", terms.until),
        ),
        Deed::Unwaive { version, place } => (
            unwaive_cell::QUERY,
            unwaive_cell::OPERATION_NAME,
            of_cell(version, place),
        ),
        Deed::Pause(lab) => (pause_lab::QUERY, pause_lab::OPERATION_NAME, of_lab(lab)),
        Deed::Resume(lab) => (resume_lab::QUERY, resume_lab::OPERATION_NAME, of_lab(lab)),
        Deed::TakeOff { lab, day } => (
            veto_day::QUERY,
            veto_day::OPERATION_NAME,
            of_lab(lab).text("day", day),
        ),
        Deed::TakeBack { lab, day } => (
            unveto_day::QUERY,
            unveto_day::OPERATION_NAME,
            of_lab(lab).text("day", day),
        ),
        Deed::Replay(id) => (
            replay_receipts::QUERY,
            replay_receipts::OPERATION_NAME,
            About::default().list("ids", vec![id]),
        ),
        Deed::GiveBack { lease, keep } => (
            give_back::QUERY,
            give_back::OPERATION_NAME,
            About::default().text("lease", lease).flag("keep", keep),
        ),
        Deed::Revoke(id) => (
            revoke_token::QUERY,
            revoke_token::OPERATION_NAME,
            About::default().text("id", id),
        ),
    };
    let data = http::ask_facts(query, name, about).await?;
    let wrong = read(data, |facts| {
        let errors = facts.of("done").list("errors");
        errors.first().map(|error| error.text("message"))
    })?;
    wrong.map_or(Ok(()), |sentence| Err(Failure::new(&sentence)))
}
