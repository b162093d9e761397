//! Several servers on one PostgreSQL: they share the labs, one that dies or sleeps is replaced, and however many ask for
//! a device at once, one lease comes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use chrono::{TimeDelta, Utc};
use entity::{lab_driver, lease, token::Scope};
use futures_util::{StreamExt as _, stream};
use lavafed_tests::client;
use lavafed_tests::database::Database;
use lavafed_tests::lava::wait::eventually;
use lavafed_tests::server::Server;
use lavafed_tests::story;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reqwest::header;
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use serde_json::json;

use crate::town::{HANGS, Town, after};

const LABS: usize = 9;
const LIMIT: Duration = Duration::from_secs(60);

/// How many labs each replica drives.
async fn shares(town: &Town) -> Result<BTreeMap<String, BTreeSet<i64>>> {
    let mut shares: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for row in lab_driver::Entity::find().all(&town.db).await? {
        if let Some(holder) = row.holder {
            shares.entry(holder).or_default().insert(row.lab_id.0);
        }
    }
    Ok(shares)
}

/// Waits until so many replicas drive all labs, none of them more than its share.
async fn shared_by(town: &Town, replicas: usize) -> Result<BTreeMap<String, BTreeSet<i64>>> {
    let shared = eventually("the labs are shared out", LIMIT, || async {
        let shares = shares(town).await?;
        let all: usize = shares.values().map(BTreeSet::len).sum();
        let fair = shares
            .values()
            .all(|labs| labs.len() <= LABS.div_ceil(replicas));
        Ok((shares.len() == replicas && all == LABS && fair).then_some(shares))
    })
    .await;
    match shared {
        Ok(shares) => Ok(shares),
        Err(error) => Err(error.context(format!("at last: {:?}", shares(town).await?))),
    }
}

/// Waits until none of these labs is driven by `holder`, and all are driven.
async fn taken_over(town: &Town, holder: &str) -> Result<()> {
    eventually("others drive its labs", LIMIT, || async {
        let shares = shares(town).await?;
        let all: usize = shares.values().map(BTreeSet::len).sum();
        Ok((all == LABS && !shares.contains_key(holder)).then_some(()))
    })
    .await
}

#[test]
fn replicas_share_and_replace_each_other() -> Result<()> {
    story::run(async {
        let Some(town) = Town::build(Database::Postgres, LABS, 4).await? else {
            return Ok(());
        };
        let mut first = Server::at(&town.home)?;
        first.start().await?;
        let alone = shared_by(&town, 1).await?;
        let first_id = alone.keys().next().context("one replica")?.clone();
        let mut second = Server::at(&town.home)?;
        second.start().await?;
        let two = shared_by(&town, 2).await?;
        let mut third = Server::at(&town.home)?;
        third.start().await?;
        let three = shared_by(&town, 3).await?;
        eprintln!("shares: {:?}, then {:?}", lens(&two), lens(&three));
        town.every_lab_lends(0..LABS).await?;

        // one dies while owners want their devices back
        let its = three.get(&first_id).context("its labs")?;
        let its: Vec<_> = (0..LABS)
            .filter(|nth| {
                town.labs
                    .get(*nth)
                    .is_some_and(|lab| its.contains(&lab.row.id.0))
            })
            .collect();
        for lab in its.iter().filter_map(|nth| town.labs.get(*nth)) {
            town.want_back(lab, HANGS).await?;
        }
        let died = Utc::now();
        first.kill()?;
        taken_over(&town, &first_id).await?;
        eprintln!(
            "a dead replica's labs were taken over after {:.1} s",
            since(died)
        );
        eventually("its devices are given back", LIMIT, || async {
            let times = town.given_back(its.iter().copied());
            Ok((times.len() >= its.len() && town.closed(&its, HANGS)).then_some(()))
        })
        .await?;
        let times = town.given_back_since(died, its.iter().copied());
        eprintln!("given back after its death: {}", after(died, &times));
        ensure!(times.iter().all(|at| *at - died <= TimeDelta::seconds(90)));
        first.start().await?;
        shared_by(&town, 3).await?;

        // one sleeps for longer than the lock delay, and wakes up
        let before = shares(&town).await?;
        let pid = Pid::from_raw(second.pid()?);
        let stopped = Utc::now();
        kill(pid, Signal::SIGSTOP)?;
        let asleep = eventually("others drive the sleeper's labs", LIMIT, || async {
            let now = shares(&town).await?;
            let all: usize = now.values().map(BTreeSet::len).sum();
            let gone: Vec<_> = before.keys().filter(|id| !now.contains_key(*id)).collect();
            Ok((all == LABS && gone.len() == 1).then(|| gone.first().map(|id| (*id).clone())))
        })
        .await?
        .context("the sleeper")?;
        eprintln!(
            "a stopped replica's labs were taken over after {:.1} s",
            since(stopped)
        );
        race(&town, &[&first, &third]).await?;
        kill(pid, Signal::SIGCONT)?;
        let again = shared_by(&town, 3).await?;
        ensure!(again.contains_key(&asleep), "it has its share again");

        race(&town, &[&first, &second, &third]).await?;
        town.ends_well().await
    })
}

fn lens(shares: &BTreeMap<String, BTreeSet<i64>>) -> Vec<usize> {
    shares.values().map(BTreeSet::len).collect()
}

fn since(at: chrono::DateTime<Utc>) -> f64 {
    (Utc::now() - at).as_seconds_f64()
}

/// Thousands ask for the same few devices at once, through every replica; some give them back again.
async fn race(town: &Town, servers: &[&Server<'_>]) -> Result<()> {
    const ASKED: usize = 2_500;
    let token = town.token(Scope::Admin).await?;
    let http = client::new()?;
    let begun = Instant::now();
    let before = lease::Entity::find().count(&town.db).await?;
    let codes = stream::iter(0..ASKED)
        .map(|nth| {
            let lab = town.labs.get(nth % LABS).map_or("", |lab| &lab.row.name);
            let acquire = nth % 10 != 9;
            let name = if acquire { "acquireDevice" } else { "releaseDevice" };
            let input = if acquire { "AcquireDeviceInput" } else { "ReleaseDeviceInput" };
            let request = servers.get(nth % servers.len()).map(|server| {
                http.post(format!("{}/graphql", server.url))
                    .header(header::AUTHORIZATION, format!("Bearer {token}"))
                    .json(&json!({
                        "query": format!("mutation($input: {input}!) {{ {name}(input: $input) {{ lease {{ id }} errors {{ code }} }} }}"),
                        "variables": { "input": { "lab": lab, "hostname": "board-1" } },
                    }))
            });
            async move {
                let answer = client::send(request.context("a server")?).await?;
                let pointer = format!("/data/{name}/errors/0/code");
                let code = client::text(&answer.body, &pointer).map(str::to_owned);
                anyhow::Ok(match code {
                    Some(code) => format!("{name} {code}"),
                    None if answer.status == 200 && client::at(&answer.body, "/errors").is_null() => name.to_owned(),
                    None => format!("{name} {} {}", answer.status, answer.code()),
                })
            }
        })
        .buffer_unordered(64)
        .collect::<Vec<_>>()
        .await;
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for code in codes {
        *told.entry(code?).or_default() += 1;
    }
    let leases = lease::Entity::find().count(&town.db).await? - before;
    eprintln!(
        "{ASKED} asked for {LABS} devices within {:.1} s, {leases} new leases: {told:?}",
        begun.elapsed().as_secs_f64()
    );
    let won = told.get("acquireDevice").copied().unwrap_or_default();
    ensure!(
        u64::try_from(won)? == leases,
        "as many leases as were told of"
    );
    Ok(())
}
