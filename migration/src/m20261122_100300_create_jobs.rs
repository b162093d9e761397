//! Jobs, the features they exercise, and the notifications that tell of them.

use sea_orm_migration::prelude::*;

use crate::table::{drop_all, index, references, table, unique};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        jobs(manager).await?;
        job_features(manager).await?;
        receipts(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["receipt", "job_feature", "job"]).await
    }
}

async fn jobs(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut job = table("job")
        .col(ColumnDef::new("source_id").big_integer().not_null())
        .col(ColumnDef::new("external_id").string_len(200).not_null())
        .col(
            ColumnDef::new("submitted_at")
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(ColumnDef::new("job_type").string_len(8).not_null())
        .col(ColumnDef::new("description").text().not_null())
        .col(ColumnDef::new("version_id").big_integer())
        .col(ColumnDef::new("device_type_id").big_integer())
        .col(ColumnDef::new("device_id").big_integer())
        .col(ColumnDef::new("state").small_integer().not_null())
        .col(ColumnDef::new("health").small_integer().not_null())
        .col(ColumnDef::new("started_at").timestamp_with_time_zone())
        .col(ColumnDef::new("ended_at").timestamp_with_time_zone())
        .col(ColumnDef::new("error_type").string_len(64))
        .col(ColumnDef::new("error_message").text())
        .col(ColumnDef::new("failing_action").string_len(200))
        .col(ColumnDef::new("log_line").integer())
        .col(ColumnDef::new("url").text())
        .col(
            ColumnDef::new("created_at")
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(ColumnDef::new("event_no").big_integer().not_null())
        .take();
    references(&mut job, "source_id", "source");
    references(&mut job, "version_id", "version");
    references(&mut job, "device_type_id", "device_type");
    references(&mut job, "device_id", "device");
    manager.create_table(job).await?;
    unique(
        manager,
        "job_of_source",
        "job",
        &["source_id", "external_id", "submitted_at"],
    )
    .await?;
    index(manager, "job_by_version", "job", &["version_id", "state"]).await?;
    index(manager, "job_by_device", "job", &["device_id"]).await?;
    index(manager, "job_by_device_type", "job", &["device_type_id"]).await
}

async fn job_features(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut job_feature = Table::create()
        .table("job_feature")
        .col(ColumnDef::new("job_id").big_integer().not_null())
        .col(ColumnDef::new("feature_id").big_integer().not_null())
        .primary_key(Index::create().col("job_id").col("feature_id"))
        .take();
    references(&mut job_feature, "job_id", "job");
    references(&mut job_feature, "feature_id", "feature");
    manager.create_table(job_feature).await?;
    index(
        manager,
        "job_feature_by_feature",
        "job_feature",
        &["feature_id", "job_id"],
    )
    .await
}

async fn receipts(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut receipt = table("receipt")
        .col(ColumnDef::new("source_id").big_integer().not_null())
        .col(ColumnDef::new("token_id").big_integer().not_null())
        .col(
            ColumnDef::new("received_at")
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(ColumnDef::new("format").string_len(16).not_null())
        .col(ColumnDef::new("hash").string_len(64).not_null())
        .col(ColumnDef::new("body").blob().not_null())
        .col(ColumnDef::new("deliveries").integer().not_null())
        .col(ColumnDef::new("state").string_len(16).not_null())
        .col(ColumnDef::new("code").string_len(64))
        .col(ColumnDef::new("message").text())
        .col(ColumnDef::new("job_id").big_integer())
        .col(ColumnDef::new("applied_at").timestamp_with_time_zone())
        .col(ColumnDef::new("failures").integer().not_null())
        .take();
    references(&mut receipt, "source_id", "source");
    references(&mut receipt, "token_id", "token");
    references(&mut receipt, "job_id", "job");
    manager.create_table(receipt).await?;
    unique(manager, "receipt_once", "receipt", &["source_id", "hash"]).await?;
    index(manager, "receipt_by_state", "receipt", &["state", "id"]).await?;
    index(manager, "receipt_by_job", "receipt", &["job_id"]).await
}
