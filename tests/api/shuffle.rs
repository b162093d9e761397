//! Notifications come late, twice and swapped: what they add up to is the same as in order once.

use anyhow::Result;
use futures_util::future;
use lavafed_tests::app::TestApp;
use lavafed_tests::database::{Database, Home};
use lavafed_tests::notification::{Notification, suite};
use lavafed_tests::postgres::Durability;
use lavafed_tests::{story, sums};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};

/// How a job of the day goes.
#[derive(Clone, Copy, Debug)]
enum Course {
    Completes,
    FailsACase,
    FailsToBoot,
    IsCanceled,
    /// Nothing is heard of its end.
    Runs,
}

#[derive(Clone, Debug)]
struct Job {
    course: Course,
    device_type: &'static str,
    version: &'static str,
}

impl Job {
    /// What LAVA tells of it, in order.
    fn told(&self, id: u32) -> Result<Vec<Notification>> {
        let base = |name: &str| -> Result<Notification> {
            Ok(Notification::recorded(name)?
                .definition_with_device_type(self.device_type)
                .declares(
                    "FED",
                    self.version,
                    "deploy.tmpfs boot.qemu test.shell=0_smoke/uname generic.notifications",
                )
                .with("actual_device_id", format!("{}-01", self.device_type))
                .job(id))
        };
        let complete = base("2026.10/complete-results-json")?;
        let ended = match self.course {
            Course::Completes => vec![base("2026.10/complete-minimal-json")?, complete.clone()],
            Course::FailsACase => {
                let failed = json!({ "0_smoke": suite("0_smoke", &[("uname", "fail")]), "lava": suite("lava", &[("0_smoke", "pass")]) });
                vec![complete.clone().with("results", failed)]
            }
            Course::FailsToBoot => vec![base("2026.10/incomplete-boot-timeout-all-json")?],
            Course::IsCanceled => vec![base("2026.10/canceled-while-running-all-json")?],
            Course::Runs => Vec::new(),
        };
        let running = ended.last().cloned().unwrap_or(complete).running();
        Ok(std::iter::once(running).chain(ended).collect())
    }
}

fn jobs() -> impl Strategy<Value = Vec<Job>> {
    let course = prop::sample::select(vec![
        Course::Completes,
        Course::FailsACase,
        Course::FailsToBoot,
        Course::IsCanceled,
        Course::Runs,
    ]);
    let device_type = prop::sample::select(vec!["qemu", "bbb"]);
    let version = prop::sample::select(vec!["2026.09", "2026.10"]);
    let job = (course, device_type, version).prop_map(|(course, device_type, version)| Job {
        course,
        device_type,
        version,
    });
    prop::collection::vec(job, 1..6)
}

#[test]
fn sqlite() -> Result<()> {
    holds_on(Database::Sqlite)
}

#[test]
fn postgres() -> Result<()> {
    holds_on(Database::Postgres)
}

fn holds_on(database: Database) -> Result<()> {
    let config = Config {
        cases: 12,
        failure_persistence: None,
        ..Config::default()
    };
    let days = jobs().prop_flat_map(|jobs| {
        let told: usize = jobs
            .iter()
            .zip(1..)
            .map(|(job, id)| job.told(id).map_or(0, |told| told.len()))
            .sum();
        let order: Vec<usize> = (0..told).cycle().take(told * 3).collect();
        (Just(jobs), Just(order).prop_shuffle())
    });
    let mut runner = TestRunner::new(config);
    let tried = runner.run(&days, |(jobs, order)| {
        let same = story::run(compare(database, &jobs, &order));
        same.map_err(|error| TestCaseError::fail(format!("{error:#}")))
    });
    tried.map_err(|failure| anyhow::anyhow!("{failure}"))
}

async fn compare(database: Database, jobs: &[Job], order: &[usize]) -> Result<()> {
    let mut told = Vec::new();
    for (job, id) in jobs.iter().zip(1..) {
        told.extend(job.told(id)?);
    }
    let homes = (
        Home::make(database, Durability::Fast).await?,
        Home::make(database, Durability::Fast).await?,
    );
    let (Some(one), Some(other)) = homes else {
        eprintln!("SKIPPED: there is no PostgreSQL server; install it to run this story");
        return Ok(());
    };
    let in_order = TestApp::start(one).await?;
    let lava = prepared(&in_order).await?;
    for one in &told {
        in_order.tell(&lava, one).await?;
    }
    let shuffled = TestApp::start(other).await?;
    let lava = prepared(&shuffled).await?;
    for some in order.chunks(7) {
        let sent = some.iter().filter_map(|at| told.get(*at));
        let answers = future::try_join_all(sent.map(|one| shuffled.callback(&lava, one))).await?;
        assert!(
            answers.iter().all(|answer| answer.status == 200),
            "{answers:?}"
        );
    }
    shuffled.settled().await?;
    let (one, other) = (seen(&in_order).await?, seen(&shuffled).await?);
    anyhow::ensure!(one == other, "in order {one:#}\nshuffled {other:#}");
    let deliveries = shuffled
        .ask("{ receipts { nodes { deliveries } } }")
        .await?;
    anyhow::ensure!(
        deliveries["receipts"]["nodes"]
            .as_array()
            .is_some_and(|all| all.iter().all(|receipt| receipt["deliveries"] == 3)),
        "each came three times: {deliveries}"
    );
    sums::check(in_order.app.db.read()).await?;
    sums::check(shuffled.app.db.read()).await
}

async fn prepared(app: &TestApp) -> Result<String> {
    app.declare("deploy.tmpfs boot.qemu test.shell generic.notifications")
        .await?;
    app.device_types("bbb qemu").await?;
    app.expect("deploy.tmpfs", "bbb qemu").await?;
    app.admin("mutation { a: addVersion(input: { name: \"2026.09\" }) { errors { code } } b: addVersion(input: { name: \"2026.10\" }) { errors { code } } }")
        .await?;
    app.reporter("federated").await
}

/// Everything but numbers of events and receipts.
async fn seen(app: &TestApp) -> Result<Value> {
    let mut seen = app
        .ask("{ types: grid(rows: FEATURE, columns: DEVICE_TYPE) { columns { name verdict } rows { header { name verdict change passed total } verdicts changes counts } }
            versions: grid(rows: VERSION, columns: FEATURE) { rows { header { summary { pass fail flaky infra running planned notReached tested lastAt } } verdicts changes counts } }
            a: cell(version: \"2026.10\", feature: \"boot.qemu\", deviceType: \"qemu\") { verdict attempts passes fails infras notReached lastAt
                recentAttempts { verdict message job { externalId } } }
            b: cell(version: \"2026.10\", feature: \"generic.notifications\") { verdict attempts passes fails lastAt }
            devices { totalCount } }")
        .await?;
    let jobs = app
        .ask("{ jobs { nodes { externalId state health submittedAt startedAt endedAt errorType errorMessage failingAction logLine description
            version { name } deviceType { name } device { hostname } features { name } verdicts { verdict message feature { name } } } } }")
        .await?;
    let mut jobs = jobs["jobs"]["nodes"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    jobs.sort_by_key(|job| job["externalId"].to_string());
    for job in &mut jobs {
        for list in ["features", "verdicts"] {
            if let Some(list) = job[list].as_array_mut() {
                list.sort_by_key(Value::to_string);
            }
        }
    }
    seen["jobs"] = jobs.into();
    Ok(seen)
}
