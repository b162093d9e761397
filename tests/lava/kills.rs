//! kill -9 of the real lavafed at random moments of real days: each time it starts again, and in the end everything is
//! as it was. How often is told by `TEST_KILLS`.

use std::time::Duration;

use anyhow::{Result, ensure};
use lavafed_tests::lava::say;
use lavafed_tests::lava::wait::eventually;
use rand::Rng as _;

use crate::day::{same, story};
use crate::site::Site;
use crate::town::{Callbacks, DEVICES, Door, Town, WINDOW, finished_jobs, list, text};
use crate::witness::invariants;

crate::for_each_release!(a_lab_gets_all_back_from_a_lavafed_that_is_killed);

/// Seconds of a life: who starts again waits 15 before it drives, should its predecessor still be about to send.
const LIFE: std::ops::Range<f64> = 1.0..40.0;
/// How long a burst of calls is waited for.
const BURST: Duration = Duration::from_secs(20);
/// Until a day is over for who is not killed any more.
const OVER: Duration = Duration::from_secs((WINDOW as u64 + 4) * 60);

/// A few where each submission waits for it; as many as promised when asked for.
fn kills() -> u32 {
    let asked = std::env::var("TEST_KILLS").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(3)
}

async fn a_lab_gets_all_back_from_a_lavafed_that_is_killed(site: &Site) -> Result<()> {
    let url = site.listener.url();
    let mut town = Town::start(site.lava.release, url, Door::Rest, Callbacks::Arrive).await?;
    let told = days(&mut town).await;
    if told.is_err() {
        say(site.lava.release, &story(&town).await);
    }
    told
}

/// Waits until something changes, and a little: calls come in bursts, and a moment by chance is mostly between them.
async fn amid_a_burst(town: &Town) -> Result<()> {
    let before = town.newest_event().await?;
    let changed = eventually("something changes", BURST, || async {
        Ok((town.newest_event().await? != before).then_some(()))
    });
    // a day in which nothing changes any more has no burst
    let _ = changed.await;
    let little = rand::rng().random_range(0.0..0.6);
    tokio::time::sleep(Duration::from_secs_f64(little)).await;
    Ok(())
}

async fn days(town: &mut Town) -> Result<()> {
    let (kills, before) = (kills(), town.health().await?);
    let (mut done, mut day) = (0, 0);
    while done < kills {
        day += 1;
        town.open_window()?;
        while done < kills {
            let life = Duration::from_secs_f64(rand::rng().random_range(LIFE));
            if let Ok(over) = tokio::time::timeout(life, town.over(day, OVER)).await {
                over?;
                break;
            }
            if done % 2 == 1 {
                amid_a_burst(town).await?;
            }
            town.app.kill_and_restart().await?;
            done += 1;
        }
        town.over(day, OVER).await?;
        let after = town.health().await?;
        let shown = after
            .iter()
            .map(|(name, health)| format!("{name} {health}"));
        let shown: Vec<_> = shown.collect();
        say(
            town.lab.release,
            &format!("after day {day} and {done} kills: {}", shown.join(", ")),
        );
        same(&after, &before)?;
    }
    let (lab, federated) = finished_jobs(town).await?;
    let told = town.told().await?;
    invariants(town, &told)?;
    let leases = list(&told, "/leases/nodes");
    ensure!(
        leases.len() == day * DEVICES.len(),
        "{} leases in {day} days",
        leases.len()
    );
    let places = leases.iter().chain(list(&told, "/rounds/nodes"));
    let unanswered = places
        .flat_map(|place| list(place, "/trail/nodes"))
        .filter(|entry| text(entry, "kind") == "OUTCOME" && text(entry, "code") == "UNANSWERED");
    say(
        town.lab.release,
        &format!(
            "{kills} kills in {day} days, {} of them amid a call; 0 devices left held, 0 of wrong health, 0 of {} \
             SLAVE and {} FED jobs going on",
            unanswered.count(),
            lab.len(),
            federated.len()
        ),
    );
    Ok(())
}
