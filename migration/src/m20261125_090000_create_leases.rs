//! What lavafed needs to borrow devices: how a lab is spoken to, rounds, leases,
//! the jobs it submits, its audit trail, who drives a lab, and alerts.

use sea_orm_migration::prelude::*;

use crate::table::{
    add_columns, drop_all, drop_columns, index, references, table, unique, unique_where,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        known_tables(manager).await?;
        veto_days(manager).await?;
        rounds(manager).await?;
        leases(manager).await?;
        submissions(manager).await?;
        trail(manager).await?;
        drivers(manager).await?;
        alerts(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(
            manager,
            &[
                "alert",
                "replica",
                "lab_driver",
                "trail",
                "submission",
                "lease",
                "round",
                "veto_day",
            ],
        )
        .await?;
        for (table, columns) in ADDED {
            drop_columns(manager, table, columns).await?;
        }
        Ok(())
    }
}

/// Columns that tables of earlier steps get.
const ADDED: &[(&str, &[&str])] = &[
    ("lab", &["door", "lava_user", "api_token"]),
    (
        "device",
        &["docker_device", "dictionary", "share_dictionary"],
    ),
    ("plan", &["template"]),
    ("job", &["callback_at", "poll_at"]),
    ("event", &["lease_id"]),
];

async fn known_tables(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let time = |name| {
        ColumnDef::new(name)
            .timestamp_with_time_zone()
            .null()
            .take()
    };
    add_columns(
        manager,
        "lab",
        [
            ColumnDef::new("door")
                .string_len(8)
                .not_null()
                .default("rest")
                .take(),
            ColumnDef::new("lava_user").string_len(150).null().take(),
            ColumnDef::new("api_token").blob().null().take(),
        ],
    )
    .await?;
    add_columns(
        manager,
        "device",
        [
            ColumnDef::new("docker_device")
                .string_len(200)
                .null()
                .take(),
            ColumnDef::new("dictionary").text().null().take(),
            ColumnDef::new("share_dictionary")
                .boolean()
                .not_null()
                .default(false)
                .take(),
        ],
    )
    .await?;
    add_columns(
        manager,
        "plan",
        [ColumnDef::new("template").string_len(200).null().take()],
    )
    .await?;
    add_columns(manager, "job", [time("callback_at"), time("poll_at")]).await?;
    add_columns(
        manager,
        "event",
        [ColumnDef::new("lease_id").big_integer().null().take()],
    )
    .await
}

async fn veto_days(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut veto = table("veto_day")
        .col(ColumnDef::new("lab_id").big_integer().not_null())
        .col(ColumnDef::new("day").date().not_null())
        .take();
    references(&mut veto, "lab_id", "lab");
    manager.create_table(veto).await?;
    unique(manager, "veto_day_once", "veto_day", &["lab_id", "day"]).await
}

async fn rounds(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut round = table("round")
        .col(ColumnDef::new("lab_id").big_integer().not_null())
        .col(ColumnDef::new("version_id").big_integer().not_null())
        .col(moment("opens_at").not_null())
        .col(moment("ends_at").not_null())
        .col(ColumnDef::new("state").string_len(8).not_null())
        .col(ColumnDef::new("code").string_len(64))
        .col(ColumnDef::new("reason").text())
        .col(moment("started_at").not_null())
        .col(moment("closing_at"))
        .col(moment("ended_at"))
        .take();
    references(&mut round, "lab_id", "lab");
    references(&mut round, "version_id", "version");
    manager.create_table(round).await?;
    unique_where(manager, "round_open", "round", "lab_id", "state <> 'ended'").await?;
    index(manager, "round_by_lab", "round", &["lab_id", "opens_at"]).await
}

async fn leases(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut lease = table("lease")
        .col(ColumnDef::new("round_id").big_integer().not_null())
        .col(ColumnDef::new("lab_id").big_integer().not_null())
        .col(ColumnDef::new("device_id").big_integer().not_null())
        .col(ColumnDef::new("state").string_len(16).not_null())
        .col(ColumnDef::new("code").string_len(64).not_null())
        .col(ColumnDef::new("reason").text().not_null())
        .col(ColumnDef::new("saved_health").string_len(16))
        .col(moment("ends_at").not_null())
        .col(moment("planned_at").not_null())
        .col(moment("asked_at"))
        .col(moment("taken_at"))
        .col(moment("idle_at"))
        .col(moment("prepared_at"))
        .col(moment("opened_at"))
        .col(moment("released_from_at"))
        .col(moment("closed_at"))
        .col(moment("restored_at"))
        .col(moment("unsettled_until"))
        .col(moment("ended_at"))
        .col(ColumnDef::new("retakes").integer().not_null())
        .col(ColumnDef::new("release_asked").string_len(64))
        .col(ColumnDef::new("release_reason").text())
        .col(ColumnDef::new("keep_in_maintenance").boolean().not_null())
        .col(ColumnDef::new("fence").big_integer().not_null())
        .col(ColumnDef::new("event_no").big_integer().not_null())
        .take();
    references(&mut lease, "round_id", "round");
    references(&mut lease, "lab_id", "lab");
    references(&mut lease, "device_id", "device");
    manager.create_table(lease).await?;
    // the promise itself: one open lease per device
    unique_where(
        manager,
        "lease_open",
        "lease",
        "device_id",
        "state NOT IN ('released', 'skipped')",
    )
    .await?;
    index(manager, "lease_by_round", "lease", &["round_id"]).await?;
    index(manager, "lease_by_device", "lease", &["device_id"]).await?;
    index(manager, "lease_by_lab", "lease", &["lab_id", "state"]).await
}

async fn submissions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut submission = table("submission")
        .col(ColumnDef::new("round_id").big_integer().not_null())
        .col(ColumnDef::new("lease_id").big_integer())
        .col(ColumnDef::new("source_id").big_integer().not_null())
        .col(ColumnDef::new("job_type").string_len(8).not_null())
        .col(
            ColumnDef::new("name")
                .string_len(200)
                .not_null()
                .unique_key(),
        )
        .col(ColumnDef::new("docker_device").string_len(200))
        .col(ColumnDef::new("worker").string_len(200))
        .col(ColumnDef::new("template").string_len(200))
        .col(ColumnDef::new("attempt").integer().not_null())
        .col(ColumnDef::new("state").string_len(16).not_null())
        .col(ColumnDef::new("code").string_len(64).not_null())
        .col(ColumnDef::new("reason").text().not_null())
        .col(ColumnDef::new("external_id").string_len(200))
        .col(ColumnDef::new("job_id").big_integer())
        .col(ColumnDef::new("token_id").big_integer())
        .col(moment("planned_at").not_null())
        .col(moment("asked_at"))
        .col(moment("submitted_at"))
        .col(moment("pinged_at"))
        .col(moment("online_at"))
        .col(moment("cancel_at"))
        .col(moment("lost_at"))
        .col(moment("over_at"))
        .col(moment("seen_at"))
        .col(moment("times_out_at"))
        .take();
    references(&mut submission, "round_id", "round");
    references(&mut submission, "lease_id", "lease");
    references(&mut submission, "source_id", "source");
    references(&mut submission, "job_id", "job");
    references(&mut submission, "token_id", "token");
    manager.create_table(submission).await?;
    unique_where(
        manager,
        "submission_dispatcher",
        "submission",
        "round_id, docker_device",
        "job_type = 'SLAVE' AND state <> 'over'",
    )
    .await?;
    unique_where(
        manager,
        "submission_of_lease",
        "submission",
        "lease_id",
        "job_type = 'FED' AND state <> 'over'",
    )
    .await?;
    index(manager, "submission_by_round", "submission", &["round_id"]).await?;
    index(manager, "submission_by_lease", "submission", &["lease_id"]).await?;
    index(manager, "submission_by_job", "submission", &["job_id"]).await?;
    index(manager, "submission_by_token", "submission", &["token_id"]).await
}

async fn trail(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut trail = table("trail")
        .col(ColumnDef::new("lab_id").big_integer().not_null())
        .col(ColumnDef::new("round_id").big_integer())
        .col(ColumnDef::new("lease_id").big_integer())
        .col(ColumnDef::new("submission_id").big_integer())
        .col(moment("at").not_null())
        .col(ColumnDef::new("actor").string_len(200).not_null())
        .col(ColumnDef::new("fence").big_integer().not_null())
        .col(ColumnDef::new("kind").string_len(16).not_null())
        .col(ColumnDef::new("action").string_len(64).not_null())
        .col(ColumnDef::new("before").string_len(64))
        .col(ColumnDef::new("after").string_len(64))
        .col(ColumnDef::new("code").string_len(64).not_null())
        .col(ColumnDef::new("sentence").text().not_null())
        .col(ColumnDef::new("event_no").big_integer())
        .take();
    references(&mut trail, "lab_id", "lab");
    references(&mut trail, "round_id", "round");
    references(&mut trail, "lease_id", "lease");
    references(&mut trail, "submission_id", "submission");
    manager.create_table(trail).await?;
    index(manager, "trail_by_lease", "trail", &["lease_id", "id"]).await?;
    index(manager, "trail_by_round", "trail", &["round_id", "id"]).await?;
    index(manager, "trail_by_event", "trail", &["event_no"]).await
}

async fn drivers(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut driver = Table::create()
        .table("lab_driver")
        .col(
            ColumnDef::new("lab_id")
                .big_integer()
                .not_null()
                .primary_key(),
        )
        .col(ColumnDef::new("holder").string_len(64))
        .col(ColumnDef::new("fence").big_integer().not_null())
        .col(moment("heartbeat_at").not_null())
        .col(moment("contacted_at"))
        .col(moment("failing_since"))
        .col(ColumnDef::new("failure_code").string_len(64))
        .col(ColumnDef::new("failure").text())
        .take();
    references(&mut driver, "lab_id", "lab");
    manager.create_table(driver).await?;
    let replica = Table::create()
        .table("replica")
        .col(ColumnDef::new("id").string_len(64).not_null().primary_key())
        .col(moment("heartbeat_at").not_null())
        .take();
    manager.create_table(replica).await
}

async fn alerts(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut alert = table("alert")
        .col(ColumnDef::new("key").string_len(200).not_null())
        .col(ColumnDef::new("kind").string_len(32).not_null())
        .col(ColumnDef::new("lab_id").big_integer())
        .col(ColumnDef::new("lease_id").big_integer())
        .col(ColumnDef::new("sentence").text().not_null())
        .col(moment("since").not_null())
        .col(moment("until"))
        .col(moment("told_at"))
        .col(moment("told_end_at"))
        .take();
    references(&mut alert, "lab_id", "lab");
    references(&mut alert, "lease_id", "lease");
    manager.create_table(alert).await?;
    unique_where(manager, "alert_open", "alert", "key", "until IS NULL").await
}

fn moment(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).timestamp_with_time_zone().take()
}
