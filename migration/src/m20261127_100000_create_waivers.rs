//! Waivers: failures that somebody takes responsibility for.

use sea_orm_migration::prelude::*;

use crate::table::{drop_all, references, table, unique_where};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut waiver = table("waiver")
            .col(ColumnDef::new("version_id").big_integer().not_null())
            .col(ColumnDef::new("feature_id").big_integer().not_null())
            .col(ColumnDef::new("device_type_id").big_integer())
            .col(ColumnDef::new("reason").text().not_null())
            .col(ColumnDef::new("url").text().not_null())
            .col(moment("ends_at").not_null())
            .col(ColumnDef::new("from_event").big_integer().not_null())
            .col(moment("from_at").not_null())
            .col(ColumnDef::new("waived_by").string_len(200).not_null())
            .col(ColumnDef::new("until_event").big_integer())
            .col(moment("until_at"))
            .col(ColumnDef::new("ended_by").string_len(200))
            .take();
        references(&mut waiver, "version_id", "version");
        references(&mut waiver, "feature_id", "feature");
        references(&mut waiver, "device_type_id", "device_type");
        manager.create_table(waiver).await?;
        unique_where(
            manager,
            "waiver_of_device_type",
            "waiver",
            "version_id, feature_id, device_type_id",
            "until_event IS NULL AND device_type_id IS NOT NULL",
        )
        .await?;
        unique_where(
            manager,
            "waiver_generic",
            "waiver",
            "version_id, feature_id",
            "until_event IS NULL AND device_type_id IS NULL",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["waiver"]).await
    }
}

fn moment(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).timestamp_with_time_zone().take()
}
