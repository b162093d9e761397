//! A whole day of a lab: what the stories of `tests/lease/` tell of a fake, told of a real one.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use lavafed_tests::lava::wait::eventually;
use lavafed_tests::lava::{Release, say};
use serde_json::Value;

use crate::site::Site;
use crate::town::{DEVICES, Door, Town, jobs, list, text};

crate::for_each_release!(
    a_lab_lends_its_devices,
    a_lab_that_trusts_us_with_its_devices_only
);

/// From the opening of the window until the dispatcher is online and the devices are taken.
const TAKEN: Duration = Duration::from_secs(180);
/// From there until the plan is done and everything is given back.
const OVER: Duration = Duration::from_secs(360);

/// lavafed's user may add and change all devices of the lab, and does so by REST.
async fn a_lab_lends_its_devices(site: &Site) -> Result<()> {
    day(site, Door::Rest).await
}

/// lavafed's user may change these devices and nothing else, which only XML-RPC allows.
async fn a_lab_that_trusts_us_with_its_devices_only(site: &Site) -> Result<()> {
    day(site, Door::XmlRpc).await
}

/// Good and Unknown devices are borrowed, tested and given back; Bad ones and those in Maintenance are left alone; and
/// what the owner changes meanwhile stays.
async fn day(site: &Site, door: Door) -> Result<()> {
    let release = site.lava.release;
    let town = Town::start(release, site.listener.url(), door).await?;
    let told = live(&town, release).await;
    if told.is_err() {
        say(release, &story(&town).await);
    }
    told
}

async fn live(town: &Town, release: Release) -> Result<()> {
    say(
        release,
        &format!("doctor:\n{}", town.app.command(&["doctor"])?),
    );
    let before = town.health().await?;
    town.open_window()?;

    eventually("what may be borrowed is ours", TAKEN, || async {
        let states = states(&town.told().await?);
        let held = states.iter().filter(|(_, state, _)| state == "HELD");
        Ok((held.count() == 3).then_some(()))
    })
    .await?;
    let during = town.health().await?;
    // the owner takes one of them from under us
    town.lab.set_health("wanted", "Bad").await?;

    eventually("everything is over", OVER, || async {
        let told = town.told().await?;
        let rounds = list(&told, "/rounds/nodes");
        let ended =
            !rounds.is_empty() && rounds.iter().all(|round| text(round, "state") == "ENDED");
        Ok(ended.then_some(()))
    })
    .await?;
    let after = town.health().await?;
    say(release, &table(&before, &during, &after));
    let told = town.told().await?;

    let expected = |changed: &[(&str, &str)]| -> Vec<(String, String)> {
        let health = |name, found| {
            changed
                .iter()
                .find(|(of, _)| *of == name)
                .map_or(found, |(_, new)| *new)
        };
        DEVICES
            .map(|(name, found)| (name.to_owned(), health(name, found).to_owned()))
            .into()
    };
    let ours = "Maintenance";
    same(before, expected(&[]))?;
    same(
        during,
        expected(&[("idle", ours), ("new", ours), ("wanted", ours)]),
    )?;
    same(after, expected(&[("wanted", "Bad")]))?;
    let mut ended: Vec<_> = states(&told);
    ended.sort();
    let ended: Vec<_> = ended
        .iter()
        .map(|(name, state, code)| format!("{name} {state} {code}"))
        .collect();
    same(
        ended,
        [
            "broken SKIPPED HEALTH_NOT_LENT",
            "idle RELEASED RESTORED",
            "new RELEASED RESTORED",
            "repair SKIPPED HEALTH_NOT_LENT",
            "wanted RELEASED OWNER_CHANGED",
        ],
    )?;
    same(
        town.app.cells(&town.federated.version).await?,
        "boot.qemu P, deploy.tmpfs P, test.shell P",
    )?;
    nothing_is_left(town).await?;
    each_intent_has_an_outcome(&told)
}

/// No job of ours goes on, and the SLAVE job did not end by itself.
async fn nothing_is_left(town: &Town) -> Result<()> {
    let lab = jobs(&town.lab.admin).await?;
    let federated = jobs(&town.federated.admin).await?;
    for job in lab.iter().chain(&federated) {
        ensure!(text(job, "state") == "Finished", "it goes on: {job}");
        same(text(job, "submitter"), "lavafed")?;
    }
    let [slave] = lab.as_slice() else {
        anyhow::bail!("not one job in the lab: {lab:?}")
    };
    same(text(slave, "health"), "Canceled")?;
    same(text(slave, "actual_device"), "docker01")?;
    let complete = federated
        .iter()
        .filter(|job| text(job, "health") == "Complete");
    ensure!(complete.count() >= 2, "{federated:?}");
    Ok(())
}

/// An assertion that leaves it to the caller to tell the story of the day.
fn same<T: PartialEq<U> + std::fmt::Debug, U: std::fmt::Debug>(
    found: T,
    expected: U,
) -> Result<()> {
    ensure!(found == expected, "found {found:?}, expected {expected:?}");
    Ok(())
}

fn each_intent_has_an_outcome(told: &Value) -> Result<()> {
    for place in list(told, "/leases/nodes")
        .iter()
        .chain(list(told, "/rounds/nodes"))
    {
        let mut calls = list(place, "/trail/nodes")
            .iter()
            .filter(|entry| matches!(text(entry, "kind"), "INTENT" | "OUTCOME"));
        while let Some(intent) = calls.next() {
            ensure!(
                text(intent, "kind") == "INTENT",
                "an outcome of nothing: {intent}"
            );
            let outcome = calls
                .next()
                .with_context(|| format!("without an outcome: {intent}"))?;
            ensure!(
                text(outcome, "kind") == "OUTCOME"
                    && text(outcome, "action") == text(intent, "action"),
                "{intent} became {outcome}"
            );
        }
    }
    Ok(())
}

/// Each device with the state of its lease and why.
fn states(told: &Value) -> Vec<(String, String, String)> {
    let lease = |lease: &Value| {
        let name = lease
            .pointer("/device/hostname")
            .and_then(Value::as_str)
            .unwrap_or_default();
        (
            name.to_owned(),
            text(lease, "state").to_owned(),
            text(lease, "code").to_owned(),
        )
    };
    list(told, "/leases/nodes").iter().map(lease).collect()
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
async fn story(town: &Town) -> String {
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
