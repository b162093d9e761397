//! Verdicts and what is kept of them: cells, their changes and their folds.

use sea_orm_migration::prelude::*;

use crate::table::{drop_all, index, references, table, unique, unique_where};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        verdicts(manager).await?;
        cells(manager).await?;
        cell_changes(manager).await?;
        folds(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["fold", "cell_change", "cell", "verdict"]).await
    }
}

async fn verdicts(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut verdict = table("verdict")
        .col(ColumnDef::new("event_no").big_integer().not_null())
        .col(ColumnDef::new("job_id").big_integer().not_null())
        .col(ColumnDef::new("feature_id").big_integer().not_null())
        .col(ColumnDef::new("version_id").big_integer().not_null())
        .col(ColumnDef::new("device_type_id").big_integer())
        .col(ColumnDef::new("verdict").string_len(16).not_null())
        .col(ColumnDef::new("message").text())
        .take();
    references(&mut verdict, "job_id", "job");
    axes(&mut verdict);
    manager.create_table(verdict).await?;
    unique(
        manager,
        "verdict_of_job",
        "verdict",
        &["job_id", "feature_id", "event_no"],
    )
    .await?;
    index(
        manager,
        "verdict_by_cell",
        "verdict",
        &["version_id", "feature_id", "device_type_id"],
    )
    .await
}

async fn cells(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut cell = table("cell");
    rollup(&mut cell);
    manager.create_table(cell).await?;
    unique_where(
        manager,
        "cell_of_device_type",
        "cell",
        "version_id, feature_id, device_type_id",
        "device_type_id IS NOT NULL",
    )
    .await?;
    unique_where(
        manager,
        "cell_generic",
        "cell",
        "version_id, feature_id",
        "device_type_id IS NULL",
    )
    .await?;
    index(
        manager,
        "cell_by_feature",
        "cell",
        &["feature_id", "device_type_id", "version_id"],
    )
    .await
}

async fn cell_changes(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut change = table("cell_change");
    rollup(&mut change);
    manager.create_table(change).await?;
    index(
        manager,
        "cell_change_by_event",
        "cell_change",
        &["event_no"],
    )
    .await?;
    index(
        manager,
        "cell_change_by_cell",
        "cell_change",
        &["version_id", "feature_id", "device_type_id", "event_no"],
    )
    .await
}

async fn folds(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut fold = table("fold")
        .col(ColumnDef::new("version_id").big_integer().not_null())
        .col(ColumnDef::new("feature_id").big_integer())
        .col(ColumnDef::new("device_type_id").big_integer())
        .col(ColumnDef::new("passed").integer().not_null())
        .col(ColumnDef::new("failed").integer().not_null())
        .col(ColumnDef::new("flaky").integer().not_null())
        .col(ColumnDef::new("infra").integer().not_null())
        .col(ColumnDef::new("not_reached").integer().not_null())
        .col(
            ColumnDef::new("last_at")
                .timestamp_with_time_zone()
                .not_null(),
        )
        .check(Expr::cust(
            "(feature_id IS NULL) <> (device_type_id IS NULL)",
        ))
        .take();
    references(&mut fold, "version_id", "version");
    references(&mut fold, "feature_id", "feature");
    references(&mut fold, "device_type_id", "device_type");
    manager.create_table(fold).await?;
    unique_where(
        manager,
        "fold_by_feature",
        "fold",
        "version_id, feature_id",
        "device_type_id IS NULL",
    )
    .await?;
    unique_where(
        manager,
        "fold_by_device_type",
        "fold",
        "version_id, device_type_id",
        "feature_id IS NULL",
    )
    .await
}

/// The numbers of a cell, in its row and in each of its changes.
fn rollup(table: &mut TableCreateStatement) {
    table
        .col(ColumnDef::new("version_id").big_integer().not_null())
        .col(ColumnDef::new("feature_id").big_integer().not_null())
        .col(ColumnDef::new("device_type_id").big_integer())
        .col(ColumnDef::new("latest").string_len(8))
        .col(ColumnDef::new("passes").integer().not_null())
        .col(ColumnDef::new("fails").integer().not_null())
        .col(ColumnDef::new("infras").integer().not_null())
        .col(ColumnDef::new("not_reached").integer().not_null())
        .col(ColumnDef::new("last_job_id").big_integer().not_null())
        .col(
            ColumnDef::new("last_at")
                .timestamp_with_time_zone()
                .not_null(),
        )
        .col(ColumnDef::new("event_no").big_integer().not_null());
    axes(table);
    references(table, "last_job_id", "job");
}

fn axes(table: &mut TableCreateStatement) {
    references(table, "version_id", "version");
    references(table, "feature_id", "feature");
    references(table, "device_type_id", "device_type");
}
