//! Numbered events, and the one row under whose lock they get their numbers.

use sea_orm_migration::prelude::*;

use crate::table::{drop_all, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let event = Table::create()
            .table("event")
            .col(ColumnDef::new("no").big_integer().not_null().primary_key())
            .col(ColumnDef::new("kind").string_len(32).not_null())
            .col(ColumnDef::new("at").timestamp_with_time_zone().not_null())
            .col(ColumnDef::new("job_id").big_integer())
            .col(ColumnDef::new("version_id").big_integer())
            .take();
        manager.create_table(event).await?;
        index(manager, "event_by_time", "event", &["at"]).await?;

        let head = Table::create()
            .table("event_head")
            .col(ColumnDef::new("id").integer().not_null().primary_key())
            .col(ColumnDef::new("no").big_integer().not_null())
            .col(ColumnDef::new("oldest").big_integer().not_null())
            .take();
        manager.create_table(head).await?;
        manager
            .get_connection()
            .execute_unprepared("INSERT INTO event_head (id, no, oldest) VALUES (1, 0, 1)")
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["event_head", "event"]).await
    }
}
