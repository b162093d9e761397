//! Labs that do not answer, and a server that is off when it should give back: the others do not wait, whoever comes
//! back is served at once, and a server that is told to stop does not wait for them either.

use std::time::Duration;

use anyhow::{Result, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use entity::alert::{self, AlertKind};
use fake_lab::{Applied, Fault};
use lavafed_tests::client;
use lavafed_tests::database::Database;
use lavafed_tests::lava::wait::eventually;
use lavafed_tests::server::Server;
use lavafed_tests::story;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use tokio::io::AsyncWriteExt as _;

use crate::town::{HANGS, Town, after};

const LIMIT: Duration = Duration::from_secs(240);

/// What is promised, and three times as much on a machine that others use too.
fn kept(since: DateTime<Utc>, times: &[DateTime<Utc>], promise: TimeDelta) -> bool {
    times.iter().all(|at| *at - since <= promise * 3)
}

/// The sum of a metric's lines that begin so.
fn count(metrics: &str, begin: &str) -> f64 {
    let lines = metrics.lines().filter(|line| line.starts_with(begin));
    lines
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum()
}

#[test]
fn labs_that_hang_hold_up_nobody() -> Result<()> {
    story::run(async {
        let Some(town) = Town::build(Database::Sqlite, 10, 4).await? else {
            return Ok(());
        };
        let mut server = Server::at(&town.home)?;
        server.start().await?;
        town.every_lab_lends(0..5).await?;
        for lab in town.labs.iter().take(5) {
            lab.fake.set_faults(|_| Fault::Late {
                by: TimeDelta::hours(1),
                applied: Applied::Never,
            });
        }
        let others = 5..10;
        eventually("the other labs are done", LIMIT, || async {
            Ok((town.open_leases_of(others.clone()).await? == 0).then_some(()))
        })
        .await?;
        let times = town.given_back(others);
        eprintln!(
            "five of ten labs hang; the others give back after the window's end: {}",
            after(town.window_ends, &times)
        );
        ensure!(kept(town.window_ends, &times, TimeDelta::seconds(10)));
        eventually("the hanging ones are overdue", LIMIT, || async {
            let overdue = alert::Entity::find()
                .filter(alert::Column::Kind.eq(AlertKind::Overdue))
                .filter(alert::Column::Until.is_null())
                .all(&town.db)
                .await?;
            Ok((!overdue.is_empty()).then_some(()))
        })
        .await?;
        ensure!(
            town.open_leases_of(0..5).await? > 0,
            "they are not given back"
        );
        let shown = client::new()?
            .get(format!("{}/metrics", server.url))
            .send()
            .await?
            .text()
            .await?;
        ensure!(
            count(&shown, "lavafed_alerts{kind=\"overdue\"}") > 0.0
                && count(&shown, "lavafed_leases{") > 0.0,
            "who watches is told: {shown}"
        );
        let back = Utc::now();
        for lab in town.labs.iter().take(5) {
            lab.fake.set_faults(|_| Fault::None);
        }
        town.ends_well().await?;
        let times = town.given_back_since(back, 0..5);
        eprintln!(
            "given back after the labs answer again: {}",
            after(back, &times)
        );
        ensure!(!times.is_empty() && kept(back, &times, TimeDelta::seconds(30)));
        Ok(())
    })
}

#[test]
fn a_server_that_was_off_gives_back_when_it_is_on() -> Result<()> {
    story::run(async {
        let Some(town) = Town::build(Database::Sqlite, 5, 3).await? else {
            return Ok(());
        };
        let mut server = Server::at(&town.home)?;
        server.start().await?;
        town.every_lab_lends(0..5).await?;
        server.kill()?;
        for lab in &town.labs {
            town.want_back(lab, HANGS).await?;
        }
        eventually("the window is over", LIMIT, || async {
            Ok((Utc::now() > town.window_ends).then_some(()))
        })
        .await?;
        ensure!(town.open_leases().await? > 0, "something is still held");
        let on = Utc::now();
        server.start().await?;
        town.ends_well().await?;
        let times = town.given_back_since(on, 0..5);
        eprintln!("given back after a restart: {}", after(on, &times));
        ensure!(!times.is_empty() && kept(on, &times, TimeDelta::seconds(15)));
        Ok(())
    })
}

/// Labs hang, and somebody reads all that is told: a server that is told to stop cuts them off.
#[test]
fn a_server_that_is_told_to_stop_leaves_nothing_half_done() -> Result<()> {
    story::run(async {
        let Some(town) = Town::build(Database::Sqlite, 4, 3).await? else {
            return Ok(());
        };
        let mut server = Server::at(&town.home)?;
        server.start().await?;
        town.every_lab_lends(0..4).await?;
        for lab in &town.labs {
            lab.fake.set_faults(|_| Fault::Late {
                by: TimeDelta::hours(1),
                applied: Applied::Never,
            });
            town.want_back(lab, HANGS).await?;
        }
        let address = server.url.trim_start_matches("http://").to_owned();
        let mut slow = tokio::net::TcpStream::connect(address).await?;
        slow.write_all(b"POST /graphql HTTP/1.1\r\nHost: lavafed\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{").await?;
        // its calls to the labs are under way
        eventually("the labs are waited for", LIMIT, || async {
            let waited = town.labs.iter().all(|lab| {
                let calls = lab.fake.calls();
                calls.iter().any(|call| call.fault != Fault::None)
            });
            Ok(waited.then_some(()))
        })
        .await?;
        let took = server.stop().await?;
        eprintln!("it stopped after {:.1} s", took.as_secs_f64());
        ensure!(took <= Duration::from_secs(10), "it took {took:?}");
        for lab in &town.labs {
            lab.fake.set_faults(|_| Fault::None);
        }
        server.start().await?;
        town.ends_well().await
    })
}

/// The connections of the server to its database are cut again and again, and it is away for longer than a heartbeat may
/// be old: the day goes on, and everything is given back.
#[test]
fn a_database_that_goes_away_keeps_no_device() -> Result<()> {
    story::run(async {
        let Some(town) = Town::build(Database::Postgres, 2, 4).await? else {
            return Ok(());
        };
        let mut server = Server::at(&town.home)?;
        server.start().await?;
        town.every_lab_lends(0..2).await?;
        let mut cuts = 0;
        while Utc::now() < town.window_ends - TimeDelta::seconds(20) {
            // now and then for so long that nobody may send any more
            let away = if cuts % 5 == 4 { 8000 } else { 0 };
            town.home.let_in(false).await?;
            tokio::time::sleep(Duration::from_millis(away)).await;
            town.home.let_in(true).await?;
            cuts += 1;
            tokio::time::sleep(Duration::from_millis(2300)).await;
        }
        town.ends_well().await?;
        let times = town.given_back(0..2);
        eprintln!(
            "the database was taken away {cuts} times; given back after the window's end: {}",
            after(town.window_ends, &times)
        );
        ensure!(cuts >= 10 && times.len() >= 4, "{cuts} {times:?}");
        Ok(())
    })
}
