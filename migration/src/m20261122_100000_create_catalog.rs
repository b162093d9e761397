//! What is tested, where and with what: labs, sources, versions, device-types,
//! devices, features and the plan.

use sea_orm_migration::prelude::*;

use crate::table::{drop_all, index, references, table, unique, unique_where};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        labs(manager).await?;
        versions(manager).await?;
        devices(manager).await?;
        features(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(
            manager,
            &[
                "plan",
                "feature",
                "device",
                "device_type",
                "version",
                "source",
                "lab",
            ],
        )
        .await
    }
}

async fn labs(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let lab = table("lab")
        .col(
            ColumnDef::new("name")
                .string_len(100)
                .not_null()
                .unique_key(),
        )
        .col(ColumnDef::new("url").text())
        .col(ColumnDef::new("time_zone").string_len(64).not_null())
        .col(ColumnDef::new("window_opens").integer().not_null())
        .col(ColumnDef::new("window_minutes").integer().not_null())
        .col(ColumnDef::new("paused").boolean().not_null())
        .col(
            ColumnDef::new("created_at")
                .timestamp_with_time_zone()
                .not_null(),
        )
        .take();
    manager.create_table(lab).await?;

    let mut source = table("source")
        .col(
            ColumnDef::new("name")
                .string_len(110)
                .not_null()
                .unique_key(),
        )
        .col(ColumnDef::new("lab_id").big_integer().unique_key())
        .take();
    references(&mut source, "lab_id", "lab");
    manager.create_table(source).await?;
    manager
        .get_connection()
        .execute_unprepared("INSERT INTO source (name) VALUES ('federated'), ('ci')")
        .await?;
    Ok(())
}

async fn versions(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let version = table("version")
        .col(
            ColumnDef::new("name")
                .string_len(64)
                .not_null()
                .unique_key(),
        )
        .col(ColumnDef::new("ordinal").big_integer().not_null())
        .col(ColumnDef::new("kind").string_len(16).not_null())
        .col(
            ColumnDef::new("created_at")
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(ColumnDef::new("event_no").big_integer().not_null())
        .take();
    manager.create_table(version).await?;
    index(manager, "version_by_ordinal", "version", &["ordinal", "id"]).await
}

async fn devices(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let device_type = table("device_type")
        .col(
            ColumnDef::new("name")
                .string_len(200)
                .not_null()
                .unique_key(),
        )
        .col(
            ColumnDef::new("created_at")
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(ColumnDef::new("event_no").big_integer().not_null())
        .take();
    manager.create_table(device_type).await?;

    let mut device = table("device")
        .col(ColumnDef::new("hostname").string_len(200).not_null())
        .col(ColumnDef::new("lab_id").big_integer())
        .col(ColumnDef::new("device_type_id").big_integer().not_null())
        .col(
            ColumnDef::new("federated_name")
                .string_len(200)
                .unique_key(),
        )
        .col(ColumnDef::new("lendable").boolean().not_null())
        .col(
            ColumnDef::new("created_at")
                .timestamp_with_time_zone()
                .not_null(),
        )
        .take();
    references(&mut device, "lab_id", "lab");
    references(&mut device, "device_type_id", "device_type");
    manager.create_table(device).await?;
    unique(manager, "device_of_lab", "device", &["lab_id", "hostname"]).await?;
    unique_where(
        manager,
        "device_of_none",
        "device",
        "hostname",
        "lab_id IS NULL",
    )
    .await?;
    index(manager, "device_by_type", "device", &["device_type_id"]).await
}

async fn features(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let feature = table("feature")
        .col(
            ColumnDef::new("name")
                .string_len(100)
                .not_null()
                .unique_key(),
        )
        .col(ColumnDef::new("action").string_len(8))
        .col(ColumnDef::new("description").text().not_null())
        .col(
            ColumnDef::new("created_at")
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(ColumnDef::new("event_no").big_integer().not_null())
        .take();
    manager.create_table(feature).await?;

    let mut plan = table("plan")
        .col(ColumnDef::new("feature_id").big_integer().not_null())
        .col(ColumnDef::new("device_type_id").big_integer())
        .col(ColumnDef::new("from_event").big_integer().not_null())
        .col(
            ColumnDef::new("from_at")
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(ColumnDef::new("until_event").big_integer())
        .col(ColumnDef::new("until_at").timestamp_with_time_zone())
        .take();
    references(&mut plan, "feature_id", "feature");
    references(&mut plan, "device_type_id", "device_type");
    manager.create_table(plan).await?;
    unique_where(
        manager,
        "plan_in_force",
        "plan",
        "feature_id, device_type_id",
        "until_event IS NULL AND device_type_id IS NOT NULL",
    )
    .await?;
    unique_where(
        manager,
        "plan_in_force_generic",
        "plan",
        "feature_id",
        "until_event IS NULL AND device_type_id IS NULL",
    )
    .await
}
