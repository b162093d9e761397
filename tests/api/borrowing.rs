//! A lab that lends, and the hand of who drives it: rounds and the steps of
//! leases are written as the driver writes them.

use anyhow::{Context as _, Result};
use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    lease::{self, LeaseId, LeaseState},
    round::{self, RoundState},
    token::Scope,
    version,
};
use lavafed::lease::reason::{Code, Reason};
use lavafed::service::transition::{self, By, LAVAFED};
use lavafed_tests::app::{TestApp, global_id};
use lavafed_tests::client::{Answer, at, list, text};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, EntityTrait as _, QueryFilter as _,
};
use serde_json::{Value, json};

/// The fence of the driver that the stories play.
pub(crate) const FENCE: i64 = 7;

/// Two labs that lend, each with its owner; paris has three devices, rennes one.
pub(crate) struct Labs {
    pub(crate) paris: String,
    pub(crate) rennes: String,
}

pub(crate) async fn labs(app: &TestApp) -> Result<Labs> {
    app.device_types("bbb").await?;
    for (lab, hostnames) in [("paris", "bbb-01 bbb-02 bbb-03"), ("rennes", "bbb-01")] {
        let add = format!(
            "mutation {{ addLab(input: {{ name: \"{lab}\", url: \"https://{lab}.example.org\", timeZone: \"Europe/Paris\",
                windowOpens: \"20:00\", windowMinutes: 600, apiToken: \"secret-of-{lab}\" }}) {{ errors {{ message }} }} }}"
        );
        assert_eq!(app.admin(&add).await?["addLab"]["errors"], json!([]));
        for hostname in hostnames.split(' ') {
            let add = format!(
                "mutation {{ addDevice(input: {{ lab: \"{lab}\", hostname: \"{hostname}\", deviceType: \"bbb\", lendable: true,
                    dockerDevice: \"docker-01\", shareDictionary: true }}) {{ errors {{ message }} }} }}"
            );
            assert_eq!(app.admin(&add).await?["addDevice"]["errors"], json!([]));
        }
    }
    Ok(Labs {
        paris: app.token(Scope::Lend, Some("lab:paris")).await?,
        rennes: app.token(Scope::Lend, Some("lab:rennes")).await?,
    })
}

/// Begins a round of a lab that ends in so many minutes.
pub(crate) async fn round(app: &TestApp, lab: &str, minutes: i64) -> Result<round::Model> {
    let now = Utc::now();
    if app.ask("{ version(name: \"2026.10\") { id } }").await?["version"].is_null() {
        app.admin("mutation { addVersion(input: { name: \"2026.10\" }) { errors { message } } }")
            .await?;
    }
    let txn = app.app.db.begin().await?;
    let version = version::Entity::find()
        .filter(version::Column::Name.eq("2026.10"))
        .one(&txn)
        .await?
        .context("the version")?;
    let row = round::ActiveModel {
        id: NotSet,
        lab_id: Set(lavafed::service::lab::get(&txn, lab).await?.id),
        version_id: Set(version.id),
        opens_at: Set(now - TimeDelta::minutes(1)),
        ends_at: Set(now + TimeDelta::minutes(minutes)),
        state: Set(RoundState::Open),
        code: Set(None),
        reason: Set(None),
        started_at: Set(now),
        closing_at: Set(None),
        ended_at: Set(None),
    };
    let row = round::Entity::insert(row).exec_with_returning(&txn).await?;
    txn.commit().await?;
    Ok(row)
}

pub(crate) async fn row(app: &TestApp, id: LeaseId) -> Result<lease::Model> {
    Ok(lavafed::service::lease::get(app.app.db.read(), id).await?)
}

/// Moves a lease as its driver does: the number of the event.
pub(crate) async fn drive(
    app: &TestApp,
    id: LeaseId,
    to: LeaseState,
    code: Code,
    facts: lease::ActiveModel,
    now: DateTime<Utc>,
) -> Result<i64> {
    let lease = row(app, id).await?;
    let why = Reason::new(code, format!("The story says {}.", code.as_str()));
    let by = By {
        actor: LAVAFED,
        fence: Some(FENCE),
    };
    let txn = app.app.db.begin().await?;
    let no = transition::move_lease(&txn, &lease, to, &why, facts, by, now).await?;
    txn.commit().await?;
    app.app.head.advance(no);
    Ok(no)
}

/// The fields of a mutation's payload, whatever it is.
pub(crate) async fn change(app: &TestApp, token: &str, mutation: &str) -> Result<Answer> {
    let query = format!("mutation {{ m: {mutation} }}");
    app.graphql(token, &query, json!({})).await
}

const LEASE: &str = "{ errors { code path message } lease { id number state code releaseAsked keepInMaintenance } }";

pub(crate) async fn acquire(
    app: &TestApp,
    token: &str,
    lab: &str,
    hostname: &str,
) -> Result<Answer> {
    let input = format!("{{ lab: \"{lab}\", hostname: \"{hostname}\" }}");
    change(
        app,
        token,
        &format!("acquireDevice(input: {input}) {LEASE}"),
    )
    .await
}

pub(crate) async fn release(app: &TestApp, token: &str, input: &str) -> Result<Answer> {
    change(
        app,
        token,
        &format!("releaseDevice(input: {{ {input} }}) {LEASE}"),
    )
    .await
}

/// Acquires a device: its lease.
pub(crate) async fn lease(
    app: &TestApp,
    token: &str,
    lab: &str,
    hostname: &str,
) -> Result<LeaseId> {
    let answer = acquire(app, token, lab, hostname).await?.data()?;
    let number = at(&answer, "/m/lease/number").as_i64();
    Ok(LeaseId(number.with_context(|| answer.to_string())?))
}

pub(crate) fn lease_id(id: LeaseId) -> String {
    global_id("Lease", id.0)
}

/// The trail of a lease, a line for each entry.
pub(crate) async fn trail(app: &TestApp, id: LeaseId) -> Result<Vec<String>> {
    let query = format!(
        "{{ lease(id: \"{}\") {{ trail {{ nodes {{ actor kind action before after code }} }} }} }}",
        lease_id(id)
    );
    let answer = app.admin(&query).await?;
    Ok(list(&answer, "/lease/trail/nodes")
        .iter()
        .map(line)
        .collect())
}

/// An entry of the trail as a line.
pub(crate) fn line(entry: &Value) -> String {
    let part = |name: &str| text(entry, name).unwrap_or("-");
    format!(
        "{} {} {} {}>{} {}",
        part("/actor"),
        part("/kind"),
        part("/action"),
        part("/before"),
        part("/after"),
        part("/code")
    )
}
