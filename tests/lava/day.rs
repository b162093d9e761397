//! A whole day of a lab: what the stories of `tests/lease/` tell of a fake, told of a real one.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use chrono::DateTime;
use lavafed_tests::lava::wait::eventually;
use lavafed_tests::lava::{Release, say};
use serde_json::Value;

use crate::site::Site;
use crate::town::{
    Callbacks, DEVICES, DOCKER, Door, Town, finished_jobs, hostname, jobs, list, text,
};
use crate::witness::{Witness, invariants};

crate::for_each_release!(
    a_lab_lends_its_devices,
    a_lab_that_trusts_us_with_its_devices_only
);

/// From the opening of the window until the dispatchers are online and the devices are taken.
const TAKEN: Duration = Duration::from_secs(240);
/// From there until the plan is done and everything is given back.
const OVER: Duration = Duration::from_secs(720);
/// How soon after its end a job is known, whether LAVA tells of it or not.
const KNOWN: i64 = 60;

/// lavafed's user may add and change all devices of the lab, and does so by REST.
async fn a_lab_lends_its_devices(site: &Site) -> Result<()> {
    day(site, Door::Rest, Callbacks::Arrive).await
}

/// lavafed's user may change these devices and nothing else, which only XML-RPC allows; and no callback arrives.
async fn a_lab_that_trusts_us_with_its_devices_only(site: &Site) -> Result<()> {
    day(site, Door::XmlRpc, Callbacks::Lost).await
}

/// Good and Unknown devices are borrowed, tested and given back; Bad ones and those in Maintenance are left alone; and
/// what the owner changes meanwhile stays.
async fn day(site: &Site, door: Door, callbacks: Callbacks) -> Result<()> {
    let release = site.lava.release;
    let town = Town::start(release, site.listener.url(), door, callbacks).await?;
    let told = live(&town, release, callbacks).await;
    if told.is_err() {
        say(release, &story(&town).await);
    }
    told
}

async fn live(town: &Town, release: Release, callbacks: Callbacks) -> Result<()> {
    say(
        release,
        &format!("doctor:\n{}", town.app.command(&["doctor"])?),
    );
    let witness = Witness::follow(&town.app).await?;
    let before = town.health().await?;
    town.open_window()?;
    let during = taken(town, &before).await?;
    town.over(1, OVER).await?;
    let after = town.health().await?;
    say(release, &table(&before, &during, &after));
    let told = town.told().await?;

    let ours = "Maintenance";
    same(&before, &expected(&[]))?;
    same(
        &during,
        &expected(&[("idle", ours), ("new", ours), ("wanted", ours)]),
    )?;
    same(&after, &expected(&[("wanted", "Bad")]))?;
    same(
        ends(&told),
        [
            "broken planned skipped HEALTH_NOT_LENT",
            "idle planned acquiring held releasing released RESTORED",
            "new planned acquiring held releasing released RESTORED",
            "repair planned skipped HEALTH_NOT_LENT",
            "wanted planned acquiring held releasing released OWNER_CHANGED",
        ],
    )?;
    same(
        town.app.cells(&town.federated.version).await?,
        "boot.qemu P, deploy.tmpfs P, test.shell P",
    )?;
    dispatchers(town, &told).await?;
    let slowest = results(town, &told, callbacks).await?;
    the_federated_server_lets_go(town).await?;
    invariants(town, &told)?;
    let steps = witness.saw_all(&told).await?;
    say(
        release,
        &format!(
            "{steps} steps seen; callbacks {callbacks:?}: each result known within {slowest} s of its job's end"
        ),
    );
    Ok(())
}

/// Waits until each device that may be borrowed was held, and returns how the lab shows all of them then. As soon as
/// the owner's own is held the owner takes it from under us.
async fn taken(town: &Town, before: &[(String, String)]) -> Result<Vec<(String, String)>> {
    let mut during = BTreeMap::new();
    let seen = tokio::sync::Mutex::new(&mut during);
    eventually("what may be borrowed is ours", TAKEN, || async {
        let mut seen = seen.lock().await;
        for name in town.held().await? {
            if seen.contains_key(&name) {
                continue;
            }
            let health = town.health_of(&name).await?;
            if name == "wanted" {
                town.lab.set_health("wanted", "Bad").await?;
            }
            seen.insert(name, health);
        }
        Ok((seen.len() == 3).then_some(()))
    })
    .await?;
    let mut all = Vec::new();
    for (name, _) in before {
        let health = match during.get(name) {
            Some(health) => health.clone(),
            None => town.health_of(name).await?,
        };
        all.push((name.clone(), health));
    }
    Ok(all)
}

/// One SLAVE job for each docker device, which brought a worker of the server's version before any device was taken,
/// and did not end by itself.
async fn dispatchers(town: &Town, told: &Value) -> Result<()> {
    let (lab, _) = finished_jobs(town).await?;
    let mut on: Vec<_> = lab.iter().map(|job| text(job, "actual_device")).collect();
    on.sort_unstable();
    same(on, DOCKER)?;
    ensure!(
        lab.iter().all(|job| text(job, "health") == "Canceled"),
        "{lab:?}"
    );
    let rows = list(told, "/rounds/nodes/0/dispatchers");
    let mut workers: Vec<_> = rows.iter().map(|row| text(row, "worker")).collect();
    workers.sort_unstable();
    same(
        &workers,
        &DOCKER.map(|name| format!("lavafed-north-{name}")),
    )?;
    for name in workers {
        let worker = town
            .federated
            .admin
            .get(&format!("workers/{name}/"))
            .await?;
        same(text(&worker, "version"), &*town.federated.version)?;
    }
    let online = |row: &Value| time(row, "onlineAt");
    let first = rows.iter().map(online).collect::<Result<Vec<_>>>()?;
    let first = first
        .into_iter()
        .min()
        .context("no dispatcher was online")?;
    for lease in list(told, "/leases/nodes") {
        if let Ok(asked) = time(lease, "askedAt") {
            ensure!(
                first <= asked,
                "taken before a dispatcher was online: {lease}"
            );
        }
    }
    Ok(())
}

/// Each job ran on the device of its lease alone, and became known by its callback and by asking, or by asking alone;
/// returns how long that took at most.
async fn results(town: &Town, told: &Value, callbacks: Callbacks) -> Result<i64> {
    let (_, federated) = finished_jobs(town).await?;
    let (mut slowest, mut complete) = (0, 0);
    for lease in list(told, "/leases/nodes") {
        for row in list(lease, "/jobs") {
            let Some(number) = row.get("externalId").and_then(Value::as_str) else {
                continue;
            };
            let job = federated
                .iter()
                .find(|job| job["id"].as_u64() == number.parse().ok())
                .with_context(|| format!("no such job: {row}"))?;
            let device = text(job, "actual_device");
            let own = format!("north-{}", hostname(lease));
            ensure!(device == own || device.is_empty(), "{own}: {job}");
            let provenance = row.pointer("/job/provenance").and_then(Value::as_str);
            let expected = match callbacks {
                Callbacks::Arrive => "BOTH",
                Callbacks::Lost => "POLL",
            };
            if text(job, "health") == "Complete" {
                ensure!(provenance == Some(expected), "{row}: {job}");
                complete += 1;
            }
            let known = (time(row, "overAt")? - time(job, "end_time")?).num_seconds();
            slowest = slowest.max(known);
        }
    }
    ensure!(complete >= 4, "two devices, two templates: {federated:?}");
    ensure!(slowest <= KNOWN, "known {slowest} s after the job's end");
    Ok(slowest)
}

/// The lent devices stay there, closed, each with a tag of its own.
async fn the_federated_server_lets_go(town: &Town) -> Result<()> {
    let devices = town.federated.admin.get("devices/?limit=100").await?;
    let mut shown: Vec<_> = list(&devices, "/results")
        .iter()
        .map(|device| {
            let tags = list(device, "/tags").len();
            let [name, health, state] =
                ["hostname", "health", "state"].map(|field| text(device, field));
            format!("{name} {health} {state}, {tags} tag")
        })
        .collect();
    shown.sort();
    same(
        shown,
        ["idle", "new", "wanted"].map(|name| format!("north-{name} Maintenance Idle, 1 tag")),
    )?;
    let mut tags: Vec<_> = list(&devices, "/results")
        .iter()
        .filter_map(|device| device.pointer("/tags/0").and_then(Value::as_u64))
        .collect();
    tags.dedup();
    same(tags.len(), 3)
}

/// How the owner left the devices, but for these.
fn expected(changed: &[(&str, &str)]) -> Vec<(String, String)> {
    let of = |name, found| {
        let change = changed.iter().find(|(of, _)| *of == name);
        change.map_or(found, |(_, new)| *new)
    };
    DEVICES
        .map(|(name, found)| (name.to_owned(), of(name, found).to_owned()))
        .into()
}

fn time(of: &Value, field: &str) -> Result<DateTime<chrono::FixedOffset>> {
    DateTime::parse_from_rfc3339(text(of, field)).with_context(|| format!("no {field}: {of}"))
}

/// An assertion that leaves it to the caller to tell the story of the day.
pub(crate) fn same<T: PartialEq<U> + std::fmt::Debug, U: std::fmt::Debug>(
    found: T,
    expected: U,
) -> Result<()> {
    ensure!(found == expected, "found {found:?}, expected {expected:?}");
    Ok(())
}

/// Each device with the states of its lease and why it ended.
fn ends(told: &Value) -> Vec<String> {
    let lease = |lease: &Value| {
        let states = list(lease, "/trail/nodes")
            .iter()
            .filter(|entry| text(entry, "kind") == "TRANSITION" && entry["event"].is_number());
        let states: Vec<_> = states.map(|entry| text(entry, "after")).collect();
        format!(
            "{} {} {}",
            hostname(lease),
            states.join(" "),
            text(lease, "code")
        )
    };
    let mut all: Vec<_> = list(told, "/leases/nodes").iter().map(lease).collect();
    all.sort();
    all
}

fn table(
    before: &[(String, String)],
    during: &[(String, String)],
    after: &[(String, String)],
) -> String {
    let mut lines = format!(
        "\n  {:10} {:12} {:12} {:12}\n",
        "device", "before", "during", "after"
    );
    for (((name, before), (_, during)), (_, after)) in before.iter().zip(during).zip(after) {
        lines.push_str(&format!("  {name:10} {before:12} {during:12} {after:12}\n"));
    }
    lines
}

/// All that can be told of a day that failed.
pub(crate) async fn story(town: &Town) -> String {
    let mut lines = match town.told().await {
        Ok(told) => format!("{told:#}"),
        Err(error) => format!("{error:#}"),
    };
    for (place, server) in [("lab", &town.lab), ("federated server", &town.federated)] {
        lines.push_str(&format!("\n{place}: logs in {}", server.logs.display()));
        for job in jobs(&server.admin).await.unwrap_or_default() {
            let short = [
                "id",
                "description",
                "state",
                "health",
                "actual_device",
                "failure_comment",
            ]
            .map(|field| job.get(field).map(Value::to_string).unwrap_or_default());
            lines.push_str(&format!("\n  {}", short.join(" ")));
        }
    }
    lines
}
