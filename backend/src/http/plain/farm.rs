//! Jobs, leases and devices as plain tables.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::{
    device,
    job::{self, JobId},
    lease::{self, LeaseId},
    trail,
};

use super::{Asked, Named, Plain, Row, Table, lending::moment};
use crate::{
    app::App,
    error::{Error, Result},
    graphql::node::{self, Kind},
    service::{
        self,
        job::JobNames,
        lease::{LeaseFilter, Trail},
        lookup,
        page::Window,
    },
};

/// Leases of a device, and entries of the trail, that are told: the newest.
const NEWEST: i32 = 100;
/// By what the list of jobs is narrowed, as the page writes it into its address.
pub(super) const NARROWS: [&str; 7] = [
    "version",
    "feature",
    "device-type",
    "lab",
    "type",
    "state",
    "health",
];

/// A word of LAVA's, or of ours, in small letters.
fn word(value: impl std::fmt::Debug) -> String {
    format!("{value:?}").to_lowercase()
}

fn moment_if(at: Option<DateTime<Utc>>) -> String {
    at.map(moment).unwrap_or_default()
}

/// What the address of a page says by a global id.
fn key(kind: Kind, what: &str, id: &str) -> Result<i64> {
    node::parse_as(&id.into(), kind).map_err(|_| Error::not_found(what, id))
}

pub(super) fn path(place: &str, kind: Kind, key: i64) -> Option<String> {
    Some(format!("/{place}/{}", node::id(kind, key).0))
}

pub(super) fn device_path(lab: &str, hostname: &str) -> String {
    let (lab, hostname) = (urlencoding::encode(lab), urlencoding::encode(hostname));
    format!("/devices/{lab}/{hostname}")
}

/// That only the newest are told.
fn cut(told: usize, all: u64, what: &str) -> Option<String> {
    let is_cut = u64::try_from(told).is_ok_and(|told| told < all);
    is_cut.then(|| format!("Its newest {told} of {all} {what} are told here."))
}

/// What is not known of it is left out.
fn facts(caption: String, facts: Vec<(&str, String)>) -> Table {
    let known = facts.into_iter().filter(|(_, value)| !value.is_empty());
    Table {
        caption,
        corner: "what",
        columns: vec![Named::only("is")],
        rows: known
            .map(|(name, value)| Row {
                head: Named::only(name),
                cells: vec![value],
            })
            .collect(),
    }
}

/// Newest first, narrowed as the address says.
pub(super) async fn jobs(app: &Arc<App>, asked: Asked) -> Result<Plain> {
    let db = app.db.read();
    let narrows = &asked.narrows;
    let name = |name| narrows.get(name).cloned();
    let word = |name| narrows.get(name).map(String::as_str);
    let names = JobNames {
        version: name("version"),
        feature: name("feature"),
        device_type: name("device-type"),
        lab: name("lab"),
        job_type: service::job::by_word("type", word("type"))?,
        state: service::job::by_word("state", word("state"))?,
        health: service::job::by_word("health", word("health"))?,
    };
    let filter = service::job::filter(db, &names).await?;
    let window = Window {
        after: asked.after.clone(),
        ..Window::default()
    };
    let page = service::job::page(db, &filter, &window).await?;
    let all = service::job::count(db, &filter).await?;
    let next = page.rows.last().filter(|_| page.has_next);
    let older = next.map(|(cursor, _)| Named {
        name: "Older jobs".to_owned(),
        href: Some({
            let after = Some(cursor.clone());
            format!(
                "/jobs?{}",
                Asked {
                    after,
                    ..asked.clone()
                }
                .write()
            )
        }),
    });
    let rows: Vec<_> = page.rows.into_iter().map(|(_, row)| row).collect();
    Ok(Plain {
        heading: "Jobs".to_owned(),
        sentences: vec![match all {
            1 => "1 job is known.".to_owned(),
            all => format!("{all} jobs are known."),
        }],
        tables: vec![table(app, "Jobs, newest first", &rows).await?],
        links: older.into_iter().collect(),
        ..Plain::default()
    })
}

async fn table(app: &App, caption: &str, jobs: &[job::Model]) -> Result<Table> {
    let versions: Vec<_> = jobs.iter().filter_map(|job| job.version_id).collect();
    let versions = lookup::versions(app, &versions).await?;
    let types: Vec<_> = jobs.iter().filter_map(|job| job.device_type_id).collect();
    let types = lookup::device_types(app, &types).await?;
    let sources: Vec<_> = jobs.iter().map(|job| job.source_id).collect();
    let sources = lookup::sources(app, &sources).await?;
    let devices: Vec<_> = jobs.iter().filter_map(|job| job.device_id).collect();
    let devices = lookup::devices(app, &devices).await?;
    let row = |job: &job::Model| {
        let version = job.version_id.and_then(|id| versions.get(&id));
        let device_type = job.device_type_id.and_then(|id| types.get(&id));
        let device = job.device_id.and_then(|id| devices.get(&id));
        let source = sources.get(&job.source_id);
        Row {
            head: Named {
                name: job.external_id.clone(),
                href: path("jobs", Kind::Job, job.id.0),
            },
            cells: vec![
                version.map(|row| row.name.clone()).unwrap_or_default(),
                device_type.map(|row| row.name.clone()).unwrap_or_default(),
                device.map(|row| row.hostname.clone()).unwrap_or_default(),
                source.map(|row| row.name.clone()).unwrap_or_default(),
                word(job.job_type).to_uppercase(),
                word(job.state),
                word(job.health),
                moment(job.submitted_at),
            ],
        }
    };
    let columns = [
        "version",
        "device-type",
        "device",
        "source",
        "type",
        "state",
        "health",
        "submitted",
    ];
    Ok(Table {
        caption: caption.to_owned(),
        corner: "job",
        columns: columns.map(Named::only).into(),
        rows: jobs.iter().map(row).collect(),
    })
}

pub(super) async fn job(app: &Arc<App>, id: &str) -> Result<Plain> {
    let key = JobId(key(Kind::Job, "job", id)?);
    let job = lookup::jobs(app, &[key]).await?.remove(&key);
    let job = job.ok_or_else(|| Error::not_found("job", id))?;
    let source = lookup::sources(app, &[job.source_id]).await?;
    let source = source.get(&job.source_id).map_or("", |row| &row.name);
    let mut links = Vec::new();
    if let Some(id) = job.version_id
        && let Some(row) = lookup::versions(app, &[id]).await?.get(&id)
    {
        links.push(Named::at("versions", &row.name));
    }
    if let Some(id) = job.device_type_id
        && let Some(row) = lookup::device_types(app, &[id]).await?.get(&id)
    {
        links.push(Named::at("device-types", &row.name));
    }
    if let Some(id) = job.device_id
        && let Some(row) = lookup::devices(app, &[id]).await?.get(&id)
    {
        links.extend(device_link(app, row).await?);
    }
    // whoever reports may write anything there
    let is_web = |url: &String| url.starts_with("https://") || url.starts_with("http://");
    links.extend(job.url.clone().filter(is_web).map(|url| Named {
        name: "The job in LAVA".to_owned(),
        href: Some(url),
    }));
    let verdicts = service::job::latest_verdicts(app.db.read(), &[job.id]).await?;
    let (state, health) = (word(job.state), word(job.health));
    Ok(Plain {
        heading: format!("Job {}", job.external_id),
        sentences: vec![format!(
            "Job {} of {source} is {state}, its health is {health}.",
            job.external_id
        )],
        tables: vec![
            facts(
                "What is known of the job".to_owned(),
                vec![
                    ("name", job.description.clone()),
                    ("type", word(job.job_type).to_uppercase()),
                    ("submitted", moment(job.submitted_at)),
                    ("started", moment_if(job.started_at)),
                    ("ended", moment_if(job.ended_at)),
                    ("type of its error", job.error_type.unwrap_or_default()),
                    ("error", job.error_message.unwrap_or_default()),
                    ("failing action", job.failing_action.unwrap_or_default()),
                ],
            ),
            Table {
                caption: "What it says of features".to_owned(),
                corner: "feature",
                columns: ["verdict", "message"].map(Named::only).into(),
                rows: verdicts
                    .into_iter()
                    .map(|(said, feature)| Row {
                        head: Named::at("features", &feature.name),
                        cells: vec![
                            verdict_word(said.verdict).to_owned(),
                            said.message.unwrap_or_default(),
                        ],
                    })
                    .collect(),
            },
        ],
        links,
        ..Plain::default()
    })
}

fn verdict_word(verdict: entity::verdict::Verdict) -> &'static str {
    use entity::verdict::Verdict;
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Infra => "infra",
        Verdict::NotReached => "not reached",
    }
}

/// None: nobody lends it.
async fn device_link(app: &App, device: &device::Model) -> Result<Option<Named>> {
    let Some(id) = device.lab_id else {
        return Ok(None);
    };
    let labs = lookup::labs(app, &[id]).await?;
    Ok(labs.get(&id).map(|lab| Named {
        name: format!("{} of {}", device.hostname, lab.name),
        href: Some(device_path(&lab.name, &device.hostname)),
    }))
}

/// A lease with its trail.
pub(super) async fn lease(app: &Arc<App>, id: &str) -> Result<Plain> {
    let db = app.db.read();
    let key = LeaseId(key(Kind::Lease, "lease", id)?);
    let lease = service::lease::find(db, key).await?;
    let lease = lease.ok_or_else(|| Error::not_found("lease", id))?;
    let devices = lookup::devices(app, &[lease.device_id]).await?;
    let link = match devices.get(&lease.device_id) {
        Some(device) => device_link(app, device).await?,
        None => None,
    };
    let device = link.as_ref().map_or("A device", |link| &link.name);
    let jobs = lookup::jobs_of_leases(app, &[lease.id]).await?;
    let jobs: Vec<_> = jobs.into_values().flatten().collect();
    let known: Vec<_> = jobs.iter().filter_map(|job| job.job_id).collect();
    let known = lookup::jobs(app, &known).await?;
    let mut known: Vec<_> = known.into_values().collect();
    known.sort_by_key(|job| job.submitted_at);
    let window = Window {
        last: Some(NEWEST),
        ..Window::default()
    };
    let trail = service::lease::trail(db, Trail::Lease(lease.id), &window).await?;
    let length = service::lease::trail_length(db, Trail::Lease(lease.id)).await?;
    let mut sentences = vec![format!("{device}: {}. {}", word(lease.state), lease.reason)];
    sentences.extend(cut(trail.rows.len(), length, "entries of its trail"));
    Ok(Plain {
        heading: format!("Lease {}", lease.id),
        sentences,
        tables: vec![
            facts("When it was what".to_owned(), times(&lease)),
            table(app, "Jobs that ran in it", &known).await?,
            told(trail.rows.into_iter().map(|(_, row)| row)),
        ],
        links: link.into_iter().collect(),
        ..Plain::default()
    })
}

fn times(lease: &lease::Model) -> Vec<(&'static str, String)> {
    vec![
        ("planned", moment(lease.planned_at)),
        ("asked for", moment_if(lease.asked_at)),
        ("taken", moment_if(lease.taken_at)),
        ("opened", moment_if(lease.opened_at)),
        ("closed", moment_if(lease.closed_at)),
        ("restored", moment_if(lease.restored_at)),
        ("over", moment_if(lease.ended_at)),
        ("back by", moment(lease.ends_at)),
        (
            "health found",
            lease.saved_health.map(word).unwrap_or_default(),
        ),
    ]
}

fn told(trail: impl Iterator<Item = trail::Model>) -> Table {
    let row = |entry: trail::Model| Row {
        head: Named::only(moment(entry.at)),
        cells: vec![
            word(entry.kind),
            entry.action,
            entry.before.unwrap_or_default(),
            entry.after.unwrap_or_default(),
            entry.sentence,
        ],
    };
    Table {
        caption: "What was decided, done and found".to_owned(),
        corner: "at",
        columns: ["kind", "action", "before", "after", "why"]
            .map(Named::only)
            .into(),
        rows: trail.map(row).collect(),
    }
}

/// A device with what it was lent for.
pub(super) async fn device(app: &Arc<App>, lab: &str, hostname: &str) -> Result<Plain> {
    let db = app.db.read();
    let device = service::device::get(db, Some(lab), hostname).await?;
    let types = lookup::device_types(app, &[device.device_type_id]).await?;
    let device_type = types.get(&device.device_type_id).map(|row| &row.name);
    let filter = LeaseFilter {
        device: Some(device.id),
        ..LeaseFilter::default()
    };
    let window = Window {
        first: Some(NEWEST),
        ..Window::default()
    };
    let leases = service::lease::page(db, &filter, &window).await?;
    let count = service::lease::count(db, &filter).await?;
    let newest = leases.rows.first().map(|(_, lease)| lease);
    let stands = newest.filter(|lease| !lease.state.is_final());
    let stands = stands.map_or("not lent now".to_owned(), |lease| word(lease.state));
    let kind = device_type.map_or("a device", String::as_str);
    let mut sentences = vec![format!("{hostname} of {lab}, {kind}: {stands}.")];
    sentences.extend(cut(leases.rows.len(), count, "leases"));
    let row = |lease: lease::Model| Row {
        head: Named {
            name: lease.id.to_string(),
            href: path("leases", Kind::Lease, lease.id.0),
        },
        cells: vec![
            word(lease.state),
            lease.reason,
            moment_if(lease.taken_at),
            moment_if(lease.ended_at),
        ],
    };
    let mut links = vec![Named::at("labs", lab)];
    links.extend(device_type.map(|name| Named::at("device-types", name)));
    Ok(Plain {
        heading: format!("{hostname} of {lab}"),
        sentences,
        tables: vec![Table {
            caption: "Its leases, newest first".to_owned(),
            corner: "lease",
            columns: ["state", "reason", "taken", "over"].map(Named::only).into(),
            rows: leases
                .rows
                .into_iter()
                .map(|(_, lease)| row(lease))
                .collect(),
        }],
        links,
        ..Plain::default()
    })
}
